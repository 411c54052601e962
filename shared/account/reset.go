package account

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// How long a link for a new password is good, and how often one is sent for a login: what is asked for beyond that is
// answered alike, and nothing leaves.
const resetLasts = 60 * time.Minute

var (
	resetsOfLogin   = limit{3, 20 * time.Minute}
	resetsOfAddress = limit{10, time.Minute}
)

// The refusals of a change of password.
var (
	ErrPasswordWrong = errs.Define(errs.Invalid, "present_wrong", "the present password is wrong")
	ErrLinkOver      = errs.Define(errs.Gone, "reset_over", "the link was used, or is too old")
)

// AskReset sends a link for a new password to the address that is on file for a login. Nothing of its answer tells whether
// there is such a login, or whether it has an address. Errors: ErrTooManyTries as a [Waiting], for the place.
func (s *Service) AskReset(ctx context.Context, login string, from From) error {
	login = FoldLogin(login)
	if login == "" || len(login) > maxLogin {
		return nil
	}
	if place := around(from.Address); place != "" {
		if _, err := s.change(ctx, counter{"RESET ADDRESS " + digest(place), resetsOfAddress}, limit.count); err != nil {
			return err
		}
	}
	_, err := s.change(ctx, counter{"RESET LOGIN " + digest(login), resetsOfLogin}, limit.count)
	often := errors.Is(err, ErrTooManyTries)
	if err != nil && !often {
		return err
	}
	accounts := s.Tables.AccountsHandle()
	u, err := accounts.User(ctx, login)
	if errors.Is(err, table.ErrNotFound) || err == nil && (often || u.Mail == "" || !u.Operator && len(enabled(u)) == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	token, err := s.ticket()
	if err != nil {
		return err
	}
	until := now.Add(resetLasts)
	l, err := s.addressed(ctx, u, Letter{Kind: LetterReset, Token: token, Until: until, At: now})
	if err != nil {
		return err
	}
	err = accounts.Commit(ctx, store.TicketMade(digest(token), store.Ticket{
		What: store.TicketReset, Login: login, Generation: u.Generation, CreatedAt: now, Until: until,
	}))
	if err == nil {
		s.unsent(s.bring(ctx, l))
	}
	return err
}

// ticket draws the token of a link.
func (s *Service) ticket() (string, error) {
	raw, err := s.draw(24)
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// CheckReset tells whether a link for a new password can be used, and how many characters that must have at least.
// Errors: ErrLinkOver.
func (s *Service) CheckReset(ctx context.Context, token string) (shortest int, err error) {
	t, u, err := s.resetting(ctx, token)
	if err == nil && (t.UsedBy != "" || t.Generation != u.Generation) {
		err = ErrLinkOver
	}
	return shortestFor(u.Factor.On()), err
}

// resetting reads a ticket and its user. Errors: ErrLinkOver.
func (s *Service) resetting(ctx context.Context, token string) (store.Ticket, store.User, error) {
	t, err := s.Tables.AccountsHandle().Ticket(ctx, digest(token))
	if errors.Is(err, table.ErrNotFound) || err == nil && (t.What != store.TicketReset || !s.Now().Before(t.Until)) {
		return t, store.User{}, ErrLinkOver
	}
	if err != nil {
		return t, store.User{}, err
	}
	u, err := s.Tables.AccountsHandle().User(ctx, t.Login)
	if errors.Is(err, table.ErrNotFound) {
		err = ErrLinkOver
	}
	return t, u, err
}

// Reset gives the user of a link a new password, ends all her sessions, and tells her by mail. It signs nobody in: whoever
// has a second factor is still asked for it. The same password given again, after a lost answer, is taken again.
// Errors: ErrLinkOver, those of a new password.
func (s *Service) Reset(ctx context.Context, token, password string, from From) error {
	t, u, err := s.resetting(ctx, token)
	if err != nil {
		return err
	}
	if t.UsedBy != "" || t.Generation != u.Generation {
		return s.resetBefore(ctx, t, u, password)
	}
	after, err := s.withPassword(ctx, u, password)
	if err != nil {
		return err
	}
	err = s.replace(ctx, u, after, append(s.toldEverywhere(u, journal.PasswordReset), store.TicketUsed(digest(token), t, u.Login))...)
	if err != nil {
		return err
	}
	// whoever forgot it has tried some: those count no more where she is
	if _, err := s.change(ctx, placeCounter(u.Login, from.Address), forgiven); err != nil {
		return err
	}
	s.tell(ctx, after, Letter{Kind: LetterPasswordChanged, At: s.Now()})
	return nil
}

func forgiven(limit, store.Tries, time.Time) (store.Tries, error) {
	return store.Tries{Right: true}, nil
}

// resetBefore recognises who has used the link a moment ago. Wrong guesses at the password count for the link.
func (s *Service) resetBefore(ctx context.Context, t store.Ticket, u store.User, password string) error {
	if t.UsedBy == "" || t.Generation+1 != u.Generation {
		return ErrLinkOver
	}
	if _, err := s.change(ctx, counter{"RESET USED " + digest(t.Login), ofPlace}, limit.count); err != nil {
		return err
	}
	right, err := s.matches(ctx, u.Hash, password)
	if err == nil && !right {
		err = ErrLinkOver
	}
	return err
}

// withPassword gives a user a new password: all her sessions are over. Errors: those of a new password.
func (s *Service) withPassword(ctx context.Context, u store.User, password string) (store.User, error) {
	if err := checkPassword(password, u.Factor.On(), u.Login, u.Name, u.Mail); err != nil {
		return u, err
	}
	hash, err := s.hash(ctx, password)
	u.Hash = hash
	u.Generation++
	return u, err
}

// ChangePassword gives whoever is signed in a new password, ends all her sessions, begins another one, whose token it
// returns, and tells her by mail. The same change asked for again, after a lost answer, needs the new password to sign in.
// Errors: errs.ErrSignedOut, ErrPasswordWrong, ErrTooManyTries as a [Waiting], those of a new password.
func (s *Service) ChangePassword(ctx context.Context, token, present, password string, from From) (string, Session, error) {
	stored, u, err := s.current(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	if err := s.provePassword(ctx, u, present, from); err != nil {
		return "", Session{}, atField("present", err)
	}
	after, err := s.withPassword(ctx, u, password)
	if err != nil {
		return "", Session{}, err
	}
	fresh, err := s.draw(32)
	if err != nil {
		return "", Session{}, err
	}
	next := base64.RawURLEncoding.EncodeToString(fresh)
	now := s.Now()
	stored.Generation, stored.CreatedAt, stored.UsedAt = after.Generation, now, now
	if err := s.replace(ctx, u, after, append(s.toldEverywhere(u, journal.PasswordChanged), store.SessionBegun(digest(next), stored))...); err != nil {
		return "", Session{}, err
	}
	s.tell(ctx, after, Letter{Kind: LetterPasswordChanged, At: now})
	session, err := s.sessionOf(ctx, after, stored)
	return next, session, err
}

// provePassword is prove for somebody who is signed in: a code was given then.
func (s *Service) provePassword(ctx context.Context, u store.User, password string, from From) error {
	counted, err := s.admit(ctx, u.Login, from.Address)
	if err != nil {
		return err
	}
	right, err := s.matches(ctx, u.Hash, password)
	if err != nil {
		return errors.Join(err, s.takeBack(ctx, counted...))
	}
	if !right {
		return ErrWrongCredentials
	}
	return s.welcome(ctx, counted)
}

// SignOutEverywhere ends all sessions of whoever is signed in, this one too. Errors: errs.ErrSignedOut.
func (s *Service) SignOutEverywhere(ctx context.Context, token string) error {
	_, u, err := s.current(ctx, token)
	if err != nil {
		return err
	}
	after := u
	after.Generation++
	return s.replace(ctx, u, after)
}

// ChangeMail gives whoever is signed in another address for the mails about her account, and tells the one before. The
// links for a new password that were sent there are void. Errors: errs.ErrSignedOut, ErrPasswordWrong, ErrMailInvalid,
// ErrTooManyTries as a [Waiting].
func (s *Service) ChangeMail(ctx context.Context, token, present, mail string, from From) error {
	stored, u, err := s.current(ctx, token)
	if err != nil {
		return err
	}
	address, _, err := directory.CleanAddress(mail)
	if err != nil {
		return ErrMailInvalid.At("mail", "")
	}
	if err := s.provePassword(ctx, u, present, from); err != nil {
		return atField("present", err)
	}
	if u.Mail == string(address) {
		return nil
	}
	after := u
	after.Mail = string(address)
	after.Generation++ // other sessions end, and so do links on their way; this one goes on
	stored.Generation = after.Generation
	err = s.replace(ctx, u, after, append(s.toldEverywhere(u, journal.MailChanged), store.SessionBegun(digest(token), stored))...)
	if err == nil {
		s.tell(ctx, u, Letter{Kind: LetterMailChanged, At: s.Now()})
	}
	return err
}

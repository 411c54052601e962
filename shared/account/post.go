package account

import (
	"context"
	"errors"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// ErrUnsent: a mail did not leave. What it was to bring is ready: asked for again, another one leaves.
var ErrUnsent = errs.Define(errs.Unavailable, "mail_unsent", "the mail did not leave")

// Postman brings a user a mail about her account. It makes one try, and answers when it knows.
type Postman interface {
	// Bring sends a letter. Any error says that it may not have left; it names no person.
	Bring(ctx context.Context, l Letter) error
}

// LetterKind says what a letter is about.
type LetterKind string

// The kinds of letters.
const (
	LetterInvitation      LetterKind = "invitation"
	LetterReset           LetterKind = "reset"
	LetterPasswordChanged LetterKind = "password_changed"
	LetterMailChanged     LetterKind = "mail_changed" // to the address that was on file
	LetterSignIn          LetterKind = "sign_in"      // in a way that is new
	LetterFactorAdded     LetterKind = "factor_added"
	LetterFactorRemoved   LetterKind = "factor_removed"
)

// Letters lists the kinds.
func Letters() []LetterKind {
	return []LetterKind{
		LetterInvitation, LetterReset, LetterPasswordChanged, LetterMailChanged, LetterSignIn, LetterFactorAdded, LetterFactorRemoved,
	}
}

// Letter is a mail about an account. It holds no password.
type Letter struct {
	Kind         LetterKind
	ID           string // of this letter: another one for each
	Name, To     string // of the user; To is an address
	Login        string // empty: she has none yet
	Collectivity collectivity.Collectivity
	Token        string    // of the link; empty: there is none
	Until        time.Time // the link is good until then; UTC
	At           time.Time // when what it tells has happened; UTC

	Role             rights.Role // LetterInvitation
	By               string      // LetterInvitation: the name of who invites
	Browser, Address string      // LetterSignIn: both may be empty
}

// tell brings a letter that nobody waits for, where the user has an address. One that does not leave undoes nothing.
func (s *Service) tell(ctx context.Context, u store.User, l Letter) {
	if u.Mail == "" {
		return
	}
	l, err := s.addressed(ctx, u, l)
	if err == nil {
		err = s.bring(ctx, l)
	}
	s.unsent(err)
}

func (s *Service) unsent(err error) {
	if err != nil && s.Unsent != nil {
		s.Unsent(err)
	}
}

// addressed makes a letter one to a user, from the first of her collectivités.
func (s *Service) addressed(ctx context.Context, u store.User, l Letter) (Letter, error) {
	l.Name, l.To, l.Login = u.Name, u.Mail, u.Login
	if len(u.Memberships) == 0 {
		return l, nil
	}
	var err error
	l.Collectivity, err = s.sender(ctx, u.Memberships[0].Collectivity)
	return l, err
}

// sender is the collectivité that a letter is from.
func (s *Service) sender(ctx context.Context, id collectivity.ID) (collectivity.Collectivity, error) {
	c, err := s.Tables.Collectivity(id).Collectivity(ctx)
	if errors.Is(err, table.ErrNotFound) {
		return collectivity.Collectivity{ID: id}, nil
	}
	return c, err
}

func (s *Service) bring(ctx context.Context, l Letter) error {
	if s.Post == nil {
		return ErrUnsent
	}
	l.ID = s.event("", "", "").ID
	if err := s.Post.Bring(ctx, l); err != nil {
		return errors.Join(ErrUnsent, err)
	}
	return nil
}

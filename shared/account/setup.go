package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"convoc/shared/collectivity"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// The refusals of a first start.
var (
	ErrAlreadySetUp      = errs.Define(errs.Conflict, "already_set_up", "there is an administrator")
	ErrInvitationUnknown = errs.Define(errs.NotFound, "invitation_unknown", "no such invitation, or it was used")
	ErrNameEmpty         = errs.Define(errs.Invalid, "name_missing", "a name is needed")
	ErrLoginInvalid      = errs.Define(errs.Invalid, "login_invalid", "a login is 1 to 100 characters")
	ErrMailInvalid       = errs.Define(errs.Invalid, "mail_invalid", "the mail address is none")
)

// What keeps one kind of data from being used as the other. They are for the operator who starts the program: nobody
// meets them over HTTP.
var (
	ErrDemo    = errors.New("account: these are the data of a demonstration")
	ErrNotDemo = errors.New("account: these data have an administrator")
)

// Invite makes the invitation of the first administrator and returns its token; an older one is no longer valid.
// Errors: ErrAlreadySetUp, ErrDemo.
func (s *Service) Invite(ctx context.Context) (string, error) {
	raw := make([]byte, 24)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	err := s.Tables.AccountsHandle().PutInvitation(ctx, sum[:], s.Now())
	if !errors.Is(err, table.ErrCondition) {
		return token, err
	}
	demo, err := s.Tables.AccountsHandle().Demo(ctx)
	switch {
	case err != nil:
		return "", err
	case demo:
		return "", ErrDemo
	}
	return "", ErrAlreadySetUp
}

// Invited tells whether an invitation can still be used. Errors: ErrInvitationUnknown, ErrAlreadySetUp.
func (s *Service) Invited(ctx context.Context, token string) error {
	sum := sha256.Sum256([]byte(token))
	usedBy, err := s.Tables.AccountsHandle().Invited(ctx, sum[:])
	switch {
	case errors.Is(err, table.ErrNotFound):
		return ErrInvitationUnknown
	case err == nil && usedBy != "":
		return ErrAlreadySetUp
	default:
		return err
	}
}

// Acceptance is what the first administrator types.
type Acceptance struct {
	CollectivityName, SIREN  string
	Name, Login, Mail, Phone string
	Password                 string
}

// Accept creates the administrator and the collectivité, and begins a session. The same acceptance given again, after a
// lost answer, is accepted again. Errors: ErrInvitationUnknown, ErrNameEmpty, ErrLoginInvalid, ErrMailInvalid,
// collectivity.ErrSIREN, those of the password; ErrTooManyTries for one given again with wrong passwords.
func (s *Service) Accept(ctx context.Context, token string, a Acceptance) (string, Session, error) {
	sum := sha256.Sum256([]byte(token))
	accounts := s.Tables.AccountsHandle()
	usedBy, err := accounts.Invited(ctx, sum[:])
	if errors.Is(err, table.ErrNotFound) {
		return "", Session{}, ErrInvitationUnknown
	}
	if err != nil {
		return "", Session{}, err
	}
	if usedBy != "" {
		return s.accepted(ctx, usedBy, a)
	}
	c, u, err := s.check(a)
	if err != nil {
		return "", Session{}, err
	}
	if u.Hash, err = s.hash(ctx, a.Password); err != nil {
		return "", Session{}, err
	}
	entry := collectivity.Entry{ID: c.ID, Name: c.Name, CreatedAt: c.CreatedAt}
	err = accounts.UseInvitation(ctx, sum[:], u, u.CreatedAt, store.Entered(entry),
		store.Told(c.ID, s.event(u.Login, journal.CollectivityMade, string(c.ID))))
	if errors.Is(err, table.ErrCondition) {
		return s.accepted(ctx, u.Login, a)
	}
	if err != nil {
		return "", Session{}, err
	}
	// only now: of several who accept at once, one says what the collectivité is called
	if err := s.Tables.Collectivity(c.ID).PutCollectivity(ctx, c); err != nil {
		return "", Session{}, err
	}
	return s.begin(ctx, u)
}

// accepted answers somebody who comes again with an invitation that was used: only with the same login and password.
// What the first time left undone is done now.
func (s *Service) accepted(ctx context.Context, usedBy string, a Acceptance) (string, Session, error) {
	if FoldLogin(a.Login) != usedBy {
		return "", Session{}, ErrInvitationUnknown
	}
	token, session, err := s.SignIn(ctx, a.Login, a.Password, From{})
	if errors.Is(err, ErrWrongCredentials) {
		return "", Session{}, ErrInvitationUnknown
	}
	if err != nil {
		return "", Session{}, err
	}
	h := s.Tables.Collectivity(session.Collectivity)
	if _, err = h.Collectivity(ctx); !errors.Is(err, table.ErrNotFound) {
		return token, session, err
	}
	c, _, err := s.check(a)
	if err != nil {
		return "", Session{}, err
	}
	c.ID = session.Collectivity
	return token, session, h.PutCollectivity(ctx, c)
}

// check reads what was typed.
func (s *Service) check(a Acceptance) (collectivity.Collectivity, store.User, error) {
	now := s.Now()
	c := collectivity.Collectivity{
		Name: directory.CleanName(a.CollectivityName), Phone: directory.CleanName(a.Phone), TimeZone: "Europe/Paris", CreatedAt: now,
	}
	u := store.User{Login: FoldLogin(a.Login), Name: directory.CleanName(a.Name), Operator: true, CreatedAt: now}
	var err error
	if c.Name == "" {
		return c, u, ErrNameEmpty.At("collectivity_name", "")
	}
	if c.ID, err = collectivity.ParseID(a.SIREN); err != nil {
		return c, u, collectivity.ErrSIREN.At("siren", "")
	}
	if u.Name == "" {
		return c, u, ErrNameEmpty.At("name", "")
	}
	if err := checkLogin(u.Login); err != nil {
		return c, u, err
	}
	if strings.TrimSpace(a.Mail) != "" {
		address, _, err := directory.CleanAddress(a.Mail)
		if err != nil {
			return c, u, ErrMailInvalid.At("mail", "")
		}
		c.Mail, u.Mail = string(address), string(address)
	}
	if err := checkPassword(a.Password, false, u.Login, u.Name, c.Name, u.Mail); err != nil {
		return c, u, err
	}
	u.Memberships = []store.Membership{{Collectivity: c.ID, Role: rights.Administrator}}
	return c, u, nil
}

func checkLogin(login string) error {
	if login == "" || len(login) > maxLogin || strings.Contains(login, "#") {
		return ErrLoginInvalid.At("login", "")
	}
	return nil
}

// CreateDemo makes the data those of a demonstration, first of all, and creates its collectivité and its user, who keeps
// the installation too when she is an administrator, unless they are there. Errors: ErrNotDemo.
func (s *Service) CreateDemo(ctx context.Context, c collectivity.Collectivity, u store.User, role rights.Role, password string) error {
	accounts := s.Tables.AccountsHandle()
	u.Login = FoldLogin(u.Login)
	now := s.Now()
	err := accounts.BeginDemo(ctx, now)
	if errors.Is(err, table.ErrCondition) {
		return ErrNotDemo
	}
	if err != nil {
		return err
	}
	if _, err := accounts.User(ctx, u.Login); !errors.Is(err, table.ErrNotFound) {
		return err
	}
	c.CreatedAt, u.CreatedAt, u.Operator = now, now, role == rights.Administrator
	u.Memberships = []store.Membership{{Collectivity: c.ID, Role: role}}
	if u.Hash, err = s.hash(ctx, password); err != nil {
		return err
	}
	if err := s.Tables.Collectivity(c.ID).PutCollectivity(ctx, c); err != nil {
		return err
	}
	entry := store.Entered(collectivity.Entry{ID: c.ID, Name: c.Name, CreatedAt: now})
	if err := accounts.Commit(ctx, store.UserCreated(u), entry); !errors.Is(err, table.ErrCondition) {
		return err
	}
	return nil
}

// Package account signs users in: passwords as argon2id, sessions on the server, a delay after wrong tries.
//
// Wrong passwords make wait whoever gives them, not whose login it is: a login from a place (an address) where it was
// right before is looked at whatever strangers do elsewhere. See throttle.go for the limits. Few passwords are looked
// at together, because each takes memory.
//
// The data of an installation are a demonstration's, whose password everybody knows, or have an administrator: what is
// one is never the other.
//
// A session is a token of 256 random bits, of which only the SHA-256 is kept. It ends after 30 minutes without use and
// after 12 hours in any case. Reading it writes nothing: the pages touch it while they are in use.
//
// TODO(#7): reset by mail, second factor, OIDC, several collectivités per user.
package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// How long a session lasts.
const (
	Idle     = 30 * time.Minute
	Absolute = 12 * time.Hour
)

// connections shown of one user.
const connections = 30

// The refusals.
var (
	ErrWrongCredentials = errs.Define(errs.SignedOut, "wrong_credentials", "wrong login or password")
	ErrTooManyTries     = errs.Define(errs.TooMany, "too_many_tries", "too many wrong passwords, a while ago")
)

// Service signs in. All fields are needed.
type Service struct {
	Tables store.Tables
	Now    func() time.Time
	Random io.Reader
	Cost   Cost // of new passwords

	desk    desk       // where passwords are looked at
	hashing func(Cost) // when set, told of each hash: for the test that everybody's sign-in costs the same
}

// Session is who is signed in, and for which collectivité.
type Session struct {
	Login, Name  string
	Collectivity collectivity.ID
	Role         rights.Role
}

// From says from where somebody signs in.
type From struct {
	Address string // IP
	Browser string // in a few words
}

// FoldLogin is the one form of a login.
func FoldLogin(login string) string { return directory.Fold(login) }

// SignIn checks a password and begins a session, whose token it returns: a new one each time. A known and an unknown
// login get the same answers for the same work. Errors: ErrWrongCredentials, ErrTooManyTries as a [Waiting],
// errs.ErrUnavailable when too many sign in at this moment.
func (s *Service) SignIn(ctx context.Context, login, password string, from From) (string, Session, error) {
	login = FoldLogin(login)
	if login == "" || len(login) > maxLogin || len(password) > 4*maxPassword {
		return "", Session{}, ErrWrongCredentials
	}
	counted, err := s.admit(ctx, login, from.Address)
	if err != nil {
		return "", Session{}, err
	}
	accounts := s.Tables.AccountsHandle()
	u, err := accounts.User(ctx, login)
	name := login
	if errors.Is(err, table.ErrNotFound) {
		u, name, err = store.User{Hash: nobody(s.Cost)}, nobodySeen, nil
	}
	if err != nil {
		return "", Session{}, err
	}
	right, err := s.matches(ctx, u.Hash, password)
	if err != nil {
		return "", Session{}, errors.Join(err, s.takeBack(ctx, counted...))
	}
	seen := store.Seen{At: s.Now(), Success: right, Address: shorten(from.Address), Browser: from.Browser}
	if err := accounts.See(ctx, name, seen); err != nil {
		return "", Session{}, err
	}
	if !right {
		return "", Session{}, ErrWrongCredentials
	}
	if err := s.welcome(ctx, counted); err != nil {
		return "", Session{}, err
	}
	return s.begin(ctx, u)
}

func (s *Service) begin(ctx context.Context, u store.User) (string, Session, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return "", Session{}, err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := s.Now()
	err := s.Tables.AccountsHandle().CreateSession(ctx, digest(token), store.Session{Login: u.Login, CreatedAt: now, UsedAt: now})
	return token, session(u), err
}

func session(u store.User) Session { return Session{u.Login, u.Name, u.Collectivity, u.Role} }

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Session tells who is signed in. It writes nothing. Errors: errs.ErrSignedOut.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	_, u, err := s.current(ctx, token)
	return session(u), err
}

func (s *Service) current(ctx context.Context, token string) (store.Session, store.User, error) {
	if token == "" {
		return store.Session{}, store.User{}, errs.ErrSignedOut
	}
	accounts := s.Tables.AccountsHandle()
	current, err := accounts.Session(ctx, digest(token))
	if errors.Is(err, table.ErrNotFound) {
		return current, store.User{}, errs.ErrSignedOut
	}
	if err != nil {
		return current, store.User{}, err
	}
	if now := s.Now(); now.Sub(current.UsedAt) > Idle || now.Sub(current.CreatedAt) > Absolute {
		return current, store.User{}, errs.ErrSignedOut
	}
	u, err := accounts.User(ctx, current.Login)
	if errors.Is(err, table.ErrNotFound) {
		return current, u, errs.ErrSignedOut
	}
	return current, u, err
}

// Touch notes that a session is in use. Errors: errs.ErrSignedOut.
func (s *Service) Touch(ctx context.Context, token string) error {
	if _, _, err := s.current(ctx, token); err != nil {
		return err
	}
	err := s.Tables.AccountsHandle().TouchSession(ctx, digest(token), s.Now())
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrSignedOut
	}
	return err
}

// SignOut ends a session; one that has ended is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	return s.Tables.AccountsHandle().EndSession(ctx, digest(token))
}

// Connections lists a user's last sign-ins, the newest first.
func (s *Service) Connections(ctx context.Context, login string) ([]store.Seen, error) {
	return s.Tables.AccountsHandle().Sightings(ctx, login, connections)
}

// shorten keeps of an address what tells one place from another, not one person: /24 of IPv4, /48 of IPv6.
func shorten(address string) string {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

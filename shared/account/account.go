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
// after 12 hours in any case. Reading it writes nothing: the pages touch it while they are in use. It is for one
// collectivité: a user of several says which, and what she may is looked up each time, in the registry and among her
// roles: a role that is taken away is gone at once.
//
// Whatever leads to a password or a role without one leaves by mail as a ticket: 192 random bits in a link, of which only
// the SHA-256 is kept, good for once and for a while.
//
// TODO(#7): OIDC for each collectivité (ProConnect, Keycloak).
package account

import (
	"cmp"
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
	"convoc/shared/ident"
	"convoc/shared/journal"
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

// Service signs in, and keeps the users. Post is needed by whoever invites, resets or signs in; all others always are.
type Service struct {
	Tables store.Tables
	Now    func() time.Time
	Random io.Reader
	Cost   Cost // of new passwords
	Post   Postman
	Unsent func(error) // when set, is told of a mail that did not leave and that nobody waits for

	desk    desk       // where passwords are looked at
	hashing func(Cost) // when set, told of each hash: for the test that everybody's sign-in costs the same
}

// Session is who is signed in, and for which collectivité.
type Session struct {
	Login, Name  string
	Collectivity collectivity.ID // empty: she has not said yet for which
	Role         rights.Role     // there; rights.SignedIn without one
	Operator     bool            // keeps the installation
	Several      bool            // she works for others too
	Factor       bool            // she has a second factor
}

// May tells whether whoever is signed in may do something.
func (s Session) May(a rights.Action) bool {
	return rights.May(s.Role, a) || s.Operator && rights.May(rights.Operator, a)
}

// Rights lists what whoever is signed in may do.
func (s Session) Rights() []rights.Action {
	if s.Operator {
		return rights.Of(s.Role, rights.Operator)
	}
	return rights.Of(s.Role)
}

// From says from where somebody signs in.
type From struct {
	Address string // IP
	Browser string // in a few words
}

// FoldLogin is the one form of a login.
func FoldLogin(login string) string { return directory.Fold(login) }

// SignIn is SignInWithCode without a code.
func (s *Service) SignIn(ctx context.Context, login, password string, from From) (string, Session, error) {
	return s.SignInWithCode(ctx, login, password, "", from)
}

// SignInWithCode checks a password, and the code of whoever has a second factor, and begins a session, whose token it
// returns: a new one each time. A known and an unknown login get the same answers for the same work. A sign-in in a way
// that is new is told to the user by mail. Errors: ErrWrongCredentials, ErrTooManyTries as a [Waiting], ErrCodeNeeded,
// ErrCodeWrong, ErrNoAccess, errs.ErrUnavailable when too many sign in at this moment.
func (s *Service) SignInWithCode(ctx context.Context, login, password, code string, from From) (string, Session, error) {
	u, after, err := s.prove(ctx, login, password, code, from)
	if err != nil {
		return "", Session{}, err
	}
	var taken []store.Part
	if u.Factor.On() {
		taken = append(taken, store.UserChanged(u, after))
	}
	accounts := s.Tables.AccountsHandle()
	before, err := accounts.Sightings(ctx, u.Login, connections)
	if err != nil {
		return "", Session{}, err
	}
	seen := store.Seen{At: s.Now(), Success: true, Address: shorten(from.Address), Browser: from.Browser}
	if err := accounts.See(ctx, u.Login, seen); err != nil {
		return "", Session{}, err
	}
	token, session, err := s.begin(ctx, u, taken...)
	if err == nil && unusual(before, seen) {
		s.tell(ctx, u, Letter{Kind: LetterSignIn, At: seen.At, Browser: seen.Browser, Address: seen.Address})
	}
	return token, session, err
}

// prove checks who somebody says they are, and gives the user as she is, and as she is once a code of hers was taken,
// which is for the caller to write. Errors: those of SignInWithCode, but ErrNoAccess.
func (s *Service) prove(ctx context.Context, login, password, code string, from From) (u, after store.User, err error) {
	login = FoldLogin(login)
	if login == "" || len(login) > maxLogin || len(password) > 4*maxPassword || len(code) > maxCode {
		return u, u, ErrWrongCredentials
	}
	counted, err := s.admit(ctx, login, from.Address)
	if err != nil {
		return u, u, err
	}
	accounts := s.Tables.AccountsHandle()
	u, err = accounts.User(ctx, login)
	name := login
	if errors.Is(err, table.ErrNotFound) {
		u, name, err = store.User{Hash: nobody(s.Cost)}, nobodySeen, nil
	}
	if err != nil {
		return u, u, err
	}
	right, err := s.matches(ctx, u.Hash, password)
	if err != nil {
		return u, u, errors.Join(err, s.takeBack(ctx, counted...))
	}
	refusal := ErrWrongCredentials
	if right {
		if after, refusal = s.withCode(u, code); refusal == ErrCodeNeeded { // which the page asks for next: this was no try
			return u, u, cmp.Or[error](s.takeBack(ctx, counted...), refusal)
		}
	}
	if refusal != nil {
		failed := store.Seen{At: s.Now(), Address: shorten(from.Address), Browser: from.Browser}
		return u, u, cmp.Or[error](accounts.See(ctx, name, failed), refusal)
	}
	return u, after, s.welcome(ctx, counted)
}

// begin begins a session of a user for the collectivité that she works for, if there is just one. The transaction does
// also what else it is given. Errors: ErrNoAccess; ErrCodeWrong when the code was taken a moment ago.
func (s *Service) begin(ctx context.Context, u store.User, also ...store.Part) (string, Session, error) {
	if err := s.adopt(ctx, &u); err != nil {
		return "", Session{}, err
	}
	first, err := s.first(ctx, u)
	if err != nil {
		return "", Session{}, err
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return "", Session{}, err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := s.Now()
	stored := store.Session{Login: u.Login, Collectivity: first, Generation: u.Generation, CreatedAt: now, UsedAt: now}
	also = append(also, store.SessionBegun(digest(token), stored))
	if first != "" {
		also = append(also, store.Told(first, s.event(u.Login, journal.UserSignedIn, u.Login)))
	}
	err = s.Tables.AccountsHandle().Commit(ctx, also...)
	if errors.Is(err, table.ErrCondition) {
		return "", Session{}, ErrCodeWrong.At("code", "")
	}
	if err != nil {
		return "", Session{}, err
	}
	session, err := s.sessionOf(ctx, u, stored)
	return token, session, err
}

func (s *Service) event(who string, what journal.What, subject string) journal.Event {
	return journal.Event{ID: ident.New("evt_", s.Random), At: s.Now(), Who: who, What: what, Subject: subject}
}

// unusual tells whether a user who has signed in before never did so with this browser from this network.
func unusual(before []store.Seen, now store.Seen) bool {
	ever := false
	for _, b := range before {
		if b.Success && b.Browser == now.Browser && b.Address == now.Address {
			return false
		}
		ever = ever || b.Success
	}
	return ever
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Session tells who is signed in. It writes nothing. Errors: errs.ErrSignedOut.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	stored, u, err := s.current(ctx, token)
	if err != nil {
		return Session{}, err
	}
	session, err := s.sessionOf(ctx, u, stored)
	if errors.Is(err, ErrNoAccess) {
		return Session{}, errs.ErrSignedOut
	}
	return session, err
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
	if errors.Is(err, table.ErrNotFound) || err == nil && u.Generation != current.Generation {
		return current, u, errs.ErrSignedOut
	}
	return current, u, err
}

// Touch notes that a session is in use. Errors: errs.ErrSignedOut.
func (s *Service) Touch(ctx context.Context, token string) error {
	if _, err := s.Session(ctx, token); err != nil {
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

package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/account"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

const password = "les tilleuls de la place"

// mairie is where the secretary sits.
var mairie = account.From{Address: "192.0.2.7", Browser: "Firefox, Linux"}

func acceptance() account.Acceptance {
	return account.Acceptance{
		CollectivityName: "Commune de Saint-Aubin", SIREN: "000 000 000", Name: "Claire Bon", Login: "Mairie",
		Mail: "mairie@saint-aubin.fr", Phone: "02 00", Password: password,
	}
}

// installed is a town whose administrator « mairie » has accepted the invitation.
func installed(t *testing.T) *worldtest.World {
	t.Helper()
	w := worldtest.New(t)
	install(t, w)
	return w
}

func install(t *testing.T, w *worldtest.World) {
	t.Helper()
	invitation, err := w.Account.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil {
		t.Fatal(err)
	}
}

func signIn(t *testing.T, w *worldtest.World) string {
	t.Helper()
	token, _, err := w.Account.SignIn(t.Context(), "mairie", password, mairie)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSignInSaysWhoItIs(t *testing.T) {
	w := installed(t)
	want := account.Session{
		Login: "mairie", Name: "Claire Bon", Collectivity: worldtest.SIREN, Role: rights.Administrator, Operator: true,
	}
	for _, login := range []string{"mairie", "MAIRIE", " Mairié "} {
		token, got, err := w.Account.SignIn(t.Context(), login, password, mairie)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v", login, got, err)
		}
		if got, err := w.Account.Session(t.Context(), token); err != nil || got != want {
			t.Errorf("%q: the session is %+v, %v", login, got, err)
		}
	}
}

func TestSignInIsRefused(t *testing.T) {
	w := installed(t)
	for _, c := range []struct{ name, login, password string }{
		{"wrong password", "mairie", "les tilleuls du jardin"},
		{"the password in capitals", "mairie", strings.ToUpper(password)},
		{"no password", "mairie", ""},
		{"unknown login", "personne", password},
		{"no login", " ", password},
		{"a login that holds a key's separator", "mairie#user", password},
		{"the name of a counter", "LOGIN mairie", password},
		{"a login longer than any", strings.Repeat("m", 101), password},
		{"a password longer than any", "mairie", strings.Repeat("é", 513)},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, got, err := w.Account.SignIn(t.Context(), c.login, c.password, mairie)
			if !errors.Is(err, account.ErrWrongCredentials) || token != "" || got != (account.Session{}) {
				t.Errorf("got %q, %+v, %v", token, got, err)
			}
		})
	}
}

func TestEachSignInHasASessionOfItsOwn(t *testing.T) {
	w := installed(t)
	first, second := signIn(t, w), signIn(t, w)
	if first == second || len(first) != 43 {
		t.Fatalf("got tokens %q and %q, want two of 256 bits", first, second)
	}
	for range 2 { // a lost answer: pressed again
		if err := w.Account.SignOut(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Account.Session(t.Context(), first); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("signed out: got %v", err)
	}
	if err := w.Account.Touch(t.Context(), first); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("touched after signing out: got %v", err)
	}
	if _, err := w.Account.Session(t.Context(), second); err != nil {
		t.Errorf("the other session: %v", err)
	}
	if err := w.Account.SignOut(t.Context(), ""); err != nil {
		t.Errorf("signing out without a session: %v", err)
	}
}

func TestNoSession(t *testing.T) {
	w := installed(t)
	for _, token := range []string{"", "x", "user#mairie", strings.Repeat("A", 43)} {
		if got, err := w.Account.Session(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) || got != (account.Session{}) {
			t.Errorf("%q: got %+v, %v", token, got, err)
		}
		if err := w.Account.Touch(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) {
			t.Errorf("touching %q: got %v", token, err)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		touches int           // one every 29 minutes
		then    time.Duration // after the last of them
		alive   bool
	}{
		{"not used for 30 minutes", 0, account.Idle, true},
		{"not used for longer", 0, account.Idle + time.Millisecond, false},
		{"touched, then not used for 30 minutes", 3, account.Idle, true},
		{"touched, then not used for longer", 3, account.Idle + time.Millisecond, false},
		{"in use for 12 hours", 24, account.Absolute - 24*29*time.Minute, true},
		{"in use for longer", 24, account.Absolute - 24*29*time.Minute + time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := installed(t)
			token := signIn(t, w)
			for range c.touches {
				w.Clock = w.Clock.Add(29 * time.Minute)
				if err := w.Account.Touch(t.Context(), token); err != nil {
					t.Fatal(err)
				}
			}
			w.Clock = w.Clock.Add(c.then)
			_, err := w.Account.Session(t.Context(), token)
			touch := w.Account.Touch(t.Context(), token)
			if c.alive && (err != nil || touch != nil) {
				t.Errorf("got %v, touched %v", err, touch)
			}
			if !c.alive && (!errors.Is(err, errs.ErrSignedOut) || !errors.Is(touch, errs.ErrSignedOut)) {
				t.Errorf("ended: got %v, touched %v", err, touch)
			}
		})
	}
}

func TestTouchOfASessionThatEndsMeanwhile(t *testing.T) {
	w := installed(t)
	token := signIn(t, w)
	w.Meanwhile("write", func() {
		if err := w.Account.SignOut(t.Context(), token); err != nil {
			t.Error(err)
		}
	})
	if err := w.Account.Touch(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Account.Session(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("the touch brought the session back: got %v", err)
	}
}

func TestReadingASessionWritesNothing(t *testing.T) {
	w := installed(t)
	token := signIn(t, w)
	before := w.Counts().Writes
	if _, err := w.Account.Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Account.Connections(t.Context(), "mairie"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Account.Session(t.Context(), "x"); err == nil {
		t.Fatal("no refusal")
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
}

func TestConnectionsAreTheNewestThirty(t *testing.T) {
	w := installed(t)
	for n := range 32 {
		w.Clock = w.Clock.Add(time.Hour)
		from := account.From{Address: fmt.Sprintf("192.0.%d.7", n), Browser: "Firefox"}
		if _, _, err := w.Account.SignIn(t.Context(), "mairie", password, from); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock = w.Clock.Add(time.Hour)
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", "pas le bon", account.From{Address: "2001:db8:1:2::9"}); err == nil {
		t.Fatal("no refusal")
	}
	got, err := w.Account.Connections(t.Context(), "mairie")
	if err != nil || len(got) != 30 {
		t.Fatalf("got %d, %v", len(got), err)
	}
	want := []store.Seen{
		{At: w.Clock, Address: "2001:db8:1::/48"},
		{At: w.Clock.Add(-time.Hour), Success: true, Address: "192.0.31.0/24", Browser: "Firefox"},
	}
	if diff := cmp.Diff(want, got[:2]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, err := w.Account.Connections(t.Context(), "personne"); err != nil || len(got) != 0 {
		t.Errorf("of nobody: got %v, %v", got, err)
	}
}

// recorder keeps all that is written to a table.
type recorder struct {
	table.Table
	written []string
}

func (r *recorder) note(writes ...table.Write) {
	for _, w := range writes {
		r.written = append(r.written, w.Key.Partition, w.Key.Sort)
		for _, v := range w.Attrs {
			r.written = append(r.written, v.Text(), string(v.Bytes()))
		}
		for _, c := range w.Changes {
			r.written = append(r.written, c.Value.Text(), string(c.Value.Bytes()))
		}
	}
}

func (r *recorder) Write(ctx context.Context, w table.Write) (table.Item, error) {
	r.note(w)
	return r.Table.Write(ctx, w)
}

func (r *recorder) Transact(ctx context.Context, writes ...table.Write) error {
	r.note(writes...)
	return r.Table.Transact(ctx, writes...)
}

func TestSecretsAreNotStored(t *testing.T) {
	w := worldtest.New(t)
	accounts := &recorder{Table: w.Tables.Accounts}
	w.Account.Tables.Accounts = accounts
	invitation, err := w.Account.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := w.Account.Accept(t.Context(), invitation, acceptance())
	if err != nil {
		t.Fatal(err)
	}
	second := signIn(t, w)
	if err := w.Account.Touch(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	const typed = "motdepassedansl'autrecase" // as people do
	if _, _, err := w.Account.SignIn(t.Context(), typed, "x", mairie); err == nil {
		t.Fatal("no refusal")
	}
	for _, secret := range []string{invitation, first, second, password, typed, mairie.Address} {
		if slices.ContainsFunc(accounts.written, func(s string) bool { return strings.Contains(s, secret) }) {
			t.Errorf("%q was written", secret)
		}
	}
	if !slices.ContainsFunc(accounts.written, func(s string) bool { return strings.HasPrefix(s, "$argon2id$v=19$m=") }) {
		t.Error("no hash of the password was written")
	}
}

func TestInterruptedSessions(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(w *worldtest.World, token *string) error
	}{
		{"signing in", func(w *worldtest.World, token *string) (err error) {
			*token, _, err = w.Account.SignIn(t.Context(), "mairie", password, mairie)
			return err
		}},
		{"touching", func(w *worldtest.World, token *string) error { return w.Account.Touch(t.Context(), *token) }},
		{"signing out", func(w *worldtest.World, token *string) error { return w.Account.SignOut(t.Context(), *token) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				install(t, w)
				token := signIn(t, w)
				w.Clock = w.Clock.Add(20 * time.Minute)
				return worldtest.Flow{
					Run:   func() error { return c.run(w, &token) },
					State: func() any { return alive(t, w, token) },
				}
			})
		})
	}
}

// alive tells for how many more minutes a session that is not used goes on, and how many wrong passwords are free.
func alive(t *testing.T, w *worldtest.World, token string) any {
	minutes, fails := 0, 0
	for now := w.Clock; ; minutes++ {
		w.Clock = now.Add(time.Duration(minutes) * time.Minute)
		if _, err := w.Account.Session(t.Context(), token); err != nil {
			break
		}
	}
	for {
		_, _, err := w.Account.SignIn(t.Context(), "mairie", "pas le bon", account.From{})
		if !errors.Is(err, account.ErrWrongCredentials) {
			break
		}
		fails++
	}
	return []int{minutes, fails}
}

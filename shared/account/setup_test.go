package account_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

func invite(t *testing.T, w *worldtest.World) string {
	t.Helper()
	token, err := w.Account.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAcceptMakesTheCollectivityAndItsAdministrator(t *testing.T) {
	w := worldtest.New(t)
	token, got, err := w.Account.Accept(t.Context(), invite(t, w), acceptance())
	if err != nil {
		t.Fatal(err)
	}
	want := account.Session{Login: "mairie", Name: "Claire Bon", Collectivity: "000000000", Role: rights.Administrator, Operator: true}
	if again, err := w.Account.Session(t.Context(), token); got != want || again != want || err != nil {
		t.Errorf("got %+v, the session is %+v, %v", got, again, err)
	}
	c, err := w.Handle.Collectivity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	diff := cmp.Diff(collectivity.Collectivity{
		ID: "000000000", Name: "Commune de Saint-Aubin", Mail: "mairie@saint-aubin.fr", Phone: "02 00", TimeZone: "Europe/Paris",
		CreatedAt: w.Clock,
	}, c)
	if diff != "" {
		t.Errorf("the collectivité (-want +got)\n%s", diff)
	}
}

func TestAcceptIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*account.Acceptance)
		want   *errs.Error
		field  string
	}{
		{
			"no collectivité", func(a *account.Acceptance) { a.CollectivityName = " \u200b" },
			account.ErrNameEmpty, "collectivity_name",
		},
		{"no name", func(a *account.Acceptance) { a.Name = "" }, account.ErrNameEmpty, "name"},
		{"a SIREN of eight digits", func(a *account.Acceptance) { a.SIREN = "21270001" }, collectivity.ErrSIREN, "siren"},
		{"a SIREN with a wrong digit", func(a *account.Acceptance) { a.SIREN = "123456789" }, collectivity.ErrSIREN, "siren"},
		{"no login", func(a *account.Acceptance) { a.Login = " " }, account.ErrLoginInvalid, "login"},
		{"a login of 101", func(a *account.Acceptance) { a.Login = strings.Repeat("m", 101) }, account.ErrLoginInvalid, "login"},
		{"a login with #", func(a *account.Acceptance) { a.Login = "ma#irie" }, account.ErrLoginInvalid, "login"},
		{"a mail without a domain", func(a *account.Acceptance) { a.Mail = "mairie@" }, account.ErrMailInvalid, "mail"},
		{
			"a short password", func(a *account.Acceptance) { a.Password = "les tilleuls d" },
			account.ErrPasswordTooShort, "password",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			invitation := invite(t, w)
			a := acceptance()
			c.change(&a)
			before := w.Counts().Writes
			token, _, err := w.Account.Accept(t.Context(), invitation, a)
			refusal, _ := errs.As(err)
			if !errors.Is(err, c.want) || refusal.Field != c.field || token != "" {
				t.Errorf("got %v at %q, want %v at %q", err, refusal.Field, c.want, c.field)
			}
			if got := w.Counts().Writes; got != before {
				t.Errorf("%d writes", got-before)
			}
			if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil {
				t.Errorf("corrected: %v", err)
			}
		})
	}
}

func TestAcceptTakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*account.Acceptance)
	}{
		{"a login of 100", func(a *account.Acceptance) { a.Login = strings.Repeat("m", 100) }},
		{"no mail", func(a *account.Acceptance) { a.Mail = " " }},
		{"a real SIREN with no-break spaces", func(a *account.Acceptance) { a.SIREN = "212\u00a0700\u202f017" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			a := acceptance()
			c.change(&a)
			if _, _, err := w.Account.Accept(t.Context(), invite(t, w), a); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Account.SignIn(t.Context(), a.Login, password, mairie); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInvitationCountsOnce(t *testing.T) {
	w := worldtest.New(t)
	old, invitation := invite(t, w), invite(t, w)
	for _, token := range []string{"", "x", old, invitation + "x"} {
		if _, _, err := w.Account.Accept(t.Context(), token, acceptance()); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Errorf("invitation %q: got %v", token, err)
		}
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Account.Invite(t.Context()); !errors.Is(err, account.ErrAlreadySetUp) {
		t.Errorf("inviting again: got %v", err)
	}
	other := acceptance()
	other.Login, other.CollectivityName = "maire", "Commune de Sainte-Aubine"
	guess := acceptance()
	guess.Password = "les tilleuls du jardin"
	colleague := acceptance()
	colleague.Login, colleague.Password = "demo", "demonstration"
	addColleague(t, w)
	for _, a := range []account.Acceptance{other, guess, colleague} {
		if _, _, err := w.Account.Accept(t.Context(), invitation, a); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Errorf("used by %s with %q: got %v", a.Login, a.Password, err)
		}
		if c, err := w.Handle.Collectivity(t.Context()); err != nil || c.Name != "Commune de Saint-Aubin" {
			t.Errorf("%s renamed the collectivité %q, %v", a.Login, c.Name, err)
		}
	}
	if _, s, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil || s.Login != "mairie" {
		t.Errorf("the same again, after a lost answer: got %+v, %v", s, err)
	}
}

// addColleague adds a user « demo » who has a password of their own, « demonstration ».
func addColleague(t *testing.T, w *worldtest.World) {
	t.Helper()
	elsewhere := worldtest.New(t)
	if err := demo(t, elsewhere, "Essai"); err != nil {
		t.Fatal(err)
	}
	u, err := elsewhere.Tables.AccountsHandle().User(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Tables.AccountsHandle().CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

func TestInvitationIsLookedAtBeforeTheFormIsFilled(t *testing.T) {
	w := worldtest.New(t)
	old, invitation := invite(t, w), invite(t, w)
	before := w.Counts().Writes
	for _, token := range []string{"", "x", old} {
		if err := w.Account.Invited(t.Context(), token); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Errorf("invitation %q: got %v", token, err)
		}
	}
	for range 2 {
		if err := w.Account.Invited(t.Context(), invitation); err != nil {
			t.Error(err)
		}
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil {
		t.Fatal(err)
	}
	if err := w.Account.Invited(t.Context(), invitation); !errors.Is(err, account.ErrAlreadySetUp) {
		t.Errorf("used: got %v", err)
	}
}

func TestUsedInvitationIsNoWayAroundTheWait(t *testing.T) {
	w := worldtest.New(t)
	invitation := invite(t, w)
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); err != nil {
		t.Fatal(err)
	}
	guess := acceptance()
	guess.Password = "les tilleuls du jardin"
	for range 5 {
		if _, _, err := w.Account.Accept(t.Context(), invitation, guess); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Fatalf("got %v", err)
		}
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); !errors.Is(err, account.ErrTooManyTries) {
		t.Errorf("got %v", err)
	}
}

func TestOneOfFiftyAcceptsTheInvitation(t *testing.T) {
	w := worldtest.New(t)
	if err := w.Handle.PutCollectivity(t.Context(), collectivity.Collectivity{ID: worldtest.SIREN}); err != nil {
		t.Fatal(err)
	}
	invitation := invite(t, w)
	won := make(chan account.Session, 50)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			a := acceptance()
			a.Login, a.CollectivityName = fmt.Sprint("agent", n), fmt.Sprint("Commune ", n)
			_, s, err := w.Account.Accept(t.Context(), invitation, a)
			if err == nil {
				won <- s
			} else if !errors.Is(err, account.ErrInvitationUnknown) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(won)
	if len(won) != 1 {
		t.Fatalf("%d have won", len(won))
	}
	winner := <-won
	for n := range 50 {
		login := fmt.Sprint("agent", n)
		_, _, err := w.Account.SignIn(t.Context(), login, password, account.From{})
		if (err == nil) != (login == winner.Login) {
			t.Errorf("%s signs in with %v; %s has won", login, err, winner.Login)
		}
	}
	c, err := w.Handle.Collectivity(t.Context())
	if want := "Commune " + strings.TrimPrefix(winner.Login, "agent"); err != nil || c.Name != want {
		t.Errorf("the collectivité is called %q, want %q, %v", c.Name, want, err)
	}
}

func TestInterruptedAcceptance(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		invitation := invite(t, w)
		a := acceptance()
		a.SIREN = "212700017"
		token := ""
		return worldtest.Flow{
			Run: func() (err error) {
				token, _, err = w.Account.Accept(t.Context(), invitation, a)
				return err
			},
			State: func() any {
				s, err := w.Account.Session(t.Context(), token)
				if err != nil {
					t.Error(err)
				}
				c, err := w.Tables.Collectivity(s.Collectivity).Collectivity(t.Context())
				if err != nil {
					t.Error(err)
				}
				_, err = w.Account.Invite(t.Context())
				return []any{s, c, errors.Is(err, account.ErrAlreadySetUp)}
			},
		}
	})
}

func TestInterruptedInvitation(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		token := ""
		return worldtest.Flow{
			Run: func() (err error) {
				token, err = w.Account.Invite(t.Context())
				return err
			},
			State: func() any {
				_, s, err := w.Account.Accept(t.Context(), token, acceptance())
				return []any{s.Login, err == nil}
			},
		}
	})
}

func demo(t *testing.T, w *worldtest.World, name string) error {
	return w.Account.CreateDemo(t.Context(),
		collectivity.Collectivity{ID: worldtest.SIREN, Name: name},
		store.User{Login: "Demo", Name: "Secrétaire"}, rights.Sender, "demonstration")
}

func TestDemoIsMadeOnceAndEndsTheInvitation(t *testing.T) {
	w := worldtest.New(t)
	invitation := invite(t, w)
	created := w.Clock
	for _, name := range []string{"Essai", "Autre essai"} {
		if err := demo(t, w, name); err != nil {
			t.Fatal(err)
		}
		w.Clock = w.Clock.Add(time.Hour)
	}
	_, s, err := w.Account.SignIn(t.Context(), "demo", "demonstration", mairie)
	want := account.Session{Login: "demo", Name: "Secrétaire", Collectivity: worldtest.SIREN, Role: rights.Sender}
	if s != want || err != nil {
		t.Errorf("got %+v, %v", s, err)
	}
	if c, err := w.Handle.Collectivity(t.Context()); err != nil || c.Name != "Essai" || !c.CreatedAt.Equal(created) {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); !errors.Is(err, account.ErrInvitationUnknown) {
		t.Errorf("the invitation: got %v", err)
	}
	if c, err := w.Handle.Collectivity(t.Context()); err != nil || c.Name != "Essai" {
		t.Errorf("an invitation that has ended renamed the collectivité %q, %v", c.Name, err)
	}
}

// The password of a demonstration is known to all: its data never become those of a collectivité, nor the reverse.
func TestDataAreADemonstrationsOrNot(t *testing.T) {
	w := worldtest.New(t)
	invitation := invite(t, w)
	if err := demo(t, w, "Essai"); err != nil {
		t.Fatal(err)
	}
	if token, err := w.Account.Invite(t.Context()); !errors.Is(err, account.ErrDemo) || token != "" {
		t.Errorf("inviting to a demonstration: got %q, %v", token, err)
	}
	if _, _, err := w.Account.Accept(t.Context(), invitation, acceptance()); !errors.Is(err, account.ErrInvitationUnknown) {
		t.Errorf("accepting an invitation from before: got %v", err)
	}

	w = installed(t)
	if err := demo(t, w, "Essai"); !errors.Is(err, account.ErrNotDemo) {
		t.Errorf("a demonstration on a collectivité's data: got %v", err)
	}
	if c, err := w.Handle.Collectivity(t.Context()); err != nil || c.Name != "Commune de Saint-Aubin" {
		t.Errorf("the collectivité is called %q, %v", c.Name, err)
	}
	if _, _, err := w.Account.SignIn(t.Context(), "demo", "demonstration", mairie); !errors.Is(err, account.ErrWrongCredentials) {
		t.Errorf("the password that all know: got %v", err)
	}
}

// A kill may come between: what a demonstration had begun to be is not handed to an administrator.
func TestDemoThatWasKilledIsOneAlready(t *testing.T) {
	w := worldtest.New(t)
	invite(t, w)
	w.Fault = func(op string, key table.Key) table.Fault {
		if op == "write" && key.Sort == "collectivity" {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	if err := demo(t, w, "Essai"); !errors.Is(err, table.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	w.Fault = nil
	if _, err := w.Account.Invite(t.Context()); !errors.Is(err, account.ErrDemo) {
		t.Errorf("got %v", err)
	}
	if err := demo(t, w, "Essai"); err != nil {
		t.Errorf("begun again: %v", err)
	}
}

func TestInterruptedDemo(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		invite(t, w)
		return worldtest.Flow{
			Run: func() error { return demo(t, w, "Essai") },
			State: func() any {
				_, s, err := w.Account.SignIn(t.Context(), "demo", "demonstration", mairie)
				if err != nil {
					t.Error(err)
				}
				c, err := w.Handle.Collectivity(t.Context())
				if err != nil {
					t.Error(err)
				}
				_, err = w.Account.Invite(t.Context())
				return []any{s, c, errors.Is(err, account.ErrDemo)}
			},
		}
	})
}

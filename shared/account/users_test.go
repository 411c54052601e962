package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// A département, below it the town of the world, and a neighbour that has nothing to do with them.
const (
	neighbour collectivity.ID = "217500016"
	below     collectivity.ID = "212700017"
)

const guestPassword = "le marché du samedi"

// chief is the first administrator, who keeps the installation.
func chief(t *testing.T, w *worldtest.World) account.Session {
	t.Helper()
	s, err := w.Account.Session(t.Context(), signIn(t, w))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// settled is an installation with a collectivité below the first, and a neighbour.
func settled(t *testing.T) (*worldtest.World, account.Session) {
	t.Helper()
	w := installed(t)
	by := chief(t, w)
	create(t, w, by, below, worldtest.SIREN)
	create(t, w, by, neighbour, "")
	return w, by
}

func create(t *testing.T, w *worldtest.World, by account.Session, id, parent collectivity.ID) {
	t.Helper()
	if _, err := w.Account.CreateCollectivity(t.Context(), by, string(id), "Commune "+string(id), parent); err != nil {
		t.Fatal(err)
	}
}

// invited invites « paul » and gives the token of the letter.
func invited(t *testing.T, w *worldtest.World, by account.Session, id collectivity.ID, role rights.Role) string {
	t.Helper()
	if err := w.Account.InviteUser(t.Context(), by, id, account.Guest{Name: "Paul Roux", Mail: "paul@x.fr", Role: role}); err != nil {
		t.Fatal(err)
	}
	return w.Letter(account.LetterInvitation).Token
}

// joined makes « paul » a user of a collectivité, and gives his session.
func joined(t *testing.T, w *worldtest.World, by account.Session, id collectivity.ID, role rights.Role) string {
	t.Helper()
	token, _, err := w.Account.Join(t.Context(), invited(t, w, by, id, role), "Paul Roux", "paul", guestPassword, mairie)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// also gives « paul » another collectivité.
func also(t *testing.T, w *worldtest.World, by account.Session, id collectivity.ID, role rights.Role) {
	t.Helper()
	if _, _, err := w.Account.JoinAs(t.Context(), invited(t, w, by, id, role), "paul", guestPassword, "", mairie); err != nil {
		t.Fatal(err)
	}
}

func TestFirstAdministratorKeepsTheInstallation(t *testing.T) {
	w := installed(t)
	s := chief(t, w)
	if !s.May(rights.InstallationManage) || !s.May(rights.UsersManage) || s.Several {
		t.Errorf("got %+v", s)
	}
	all, err := w.Account.Installation(t.Context())
	want := []collectivity.Entry{{ID: worldtest.SIREN, Name: "Commune de Saint-Aubin", CreatedAt: w.Clock}}
	if diff := cmp.Diff(want, all); diff != "" || err != nil {
		t.Errorf("the registry: %v (-want +got)\n%s", err, diff)
	}
}

// What was written before there was a registry goes on working, and is entered into it at the next sign-in.
func TestUserFromBeforeTheRegistryWorksOn(t *testing.T) {
	w := installed(t)
	open := signIn(t, w)
	for _, i := range w.Items() {
		var err error
		switch {
		case i.Attrs.Has("hash"): // the user
			for name := range i.Attrs {
				if strings.HasPrefix(name, "at_") || name == "revision" || name == "operator" {
					delete(i.Attrs, name)
				}
			}
			_, err = w.Tables.Accounts.Write(t.Context(), table.Put(i.Key, i.Attrs))
		case strings.HasPrefix(i.Key.Partition, "session"):
			delete(i.Attrs, "collectivity")
			_, err = w.Tables.Accounts.Write(t.Context(), table.Put(i.Key, i.Attrs))
		case strings.HasPrefix(i.Key.Partition, "collectivities"), strings.HasPrefix(i.Key.Partition, "members"):
			_, err = w.Tables.Accounts.Write(t.Context(), table.Delete(i.Key))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := account.Session{Login: "mairie", Name: "Claire Bon", Collectivity: worldtest.SIREN, Role: rights.Administrator, Operator: true}
	if got, err := w.Account.Session(t.Context(), open); got != want || err != nil {
		t.Errorf("a session that was open: %+v, %v", got, err)
	}
	if _, got, err := w.Account.SignIn(t.Context(), "mairie", password, mairie); got != want || err != nil {
		t.Errorf("signed in: %+v, %v", got, err)
	}
	all, err := w.Account.Installation(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "Commune de Saint-Aubin" {
		t.Errorf("the registry: %+v, %v", all, err)
	}
	if members, _, err := w.Account.Users(t.Context(), worldtest.SIREN); err != nil || len(members) != 1 || members[0].Login != "mairie" {
		t.Errorf("the users: %+v, %v", members, err)
	}
}

func TestRightsFlowDownTheTree(t *testing.T) {
	w, by := settled(t)
	token := joined(t, w, by, worldtest.SIREN, rights.Sender)
	also(t, w, by, below, rights.Reader)
	for id, want := range map[collectivity.ID]rights.Role{worldtest.SIREN: rights.Sender, below: rights.Sender} {
		if s, err := w.Account.Choose(t.Context(), token, id); err != nil || s.Role != want || s.Collectivity != id {
			t.Errorf("%s: %+v, %v", id, s, err)
		}
	}
	for _, id := range []collectivity.ID{neighbour, "234400034", "0"} {
		if s, err := w.Account.Choose(t.Context(), token, id); !errors.Is(err, errs.ErrNotFound) || s != (account.Session{}) {
			t.Errorf("%s: %+v, %v", id, s, err)
		}
	}
	choices, err := w.Account.Choices(t.Context(), "paul")
	if err != nil || len(choices) != 2 || choices[0].ID != below || choices[1].ID != worldtest.SIREN {
		t.Errorf("the choices: %+v, %v", choices, err)
	}
}

// A role below gives none above, and none beside.
func TestRightsDoNotFlowUp(t *testing.T) {
	w, by := settled(t)
	token := joined(t, w, by, below, rights.Administrator)
	if s, err := w.Account.Session(t.Context(), token); err != nil || s.Collectivity != below || s.Operator || s.Several {
		t.Errorf("got %+v, %v", s, err)
	}
	for _, id := range []collectivity.ID{worldtest.SIREN, neighbour} {
		if _, err := w.Account.Choose(t.Context(), token, id); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestUserOfSeveralSaysForWhichSheWorks(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, below, rights.Reader)
	also(t, w, by, neighbour, rights.Writer)
	token, s, err := w.Account.SignIn(t.Context(), "paul", guestPassword, mairie)
	if err != nil || s.Collectivity != "" || s.Role != rights.SignedIn || !s.Several {
		t.Fatalf("got %+v, %v", s, err)
	}
	for _, id := range []collectivity.ID{below, neighbour, below} {
		if _, err := w.Account.Choose(t.Context(), token, id); err != nil {
			t.Fatal(err)
		}
		if s, err := w.Account.Session(t.Context(), token); err != nil || s.Collectivity != id || !s.Several {
			t.Errorf("%s: %+v, %v", id, s, err)
		}
	}
}

func TestRoleThatIsTakenIsGoneAtOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		role     rights.Role
		disabled bool
		want     rights.Role // empty: signed out
	}{
		{"a smaller role", rights.Reader, false, rights.Reader},
		{"a greater role", rights.Administrator, false, rights.Administrator},
		{"disabled", rights.Sender, true, ""},
		{"taken away", "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, by := settled(t)
			token := joined(t, w, by, worldtest.SIREN, rights.Sender)
			if err := w.Account.SetRole(t.Context(), by, "Paul", c.role, c.disabled); err != nil {
				t.Fatal(err)
			}
			s, err := w.Account.Session(t.Context(), token)
			touch := w.Account.Touch(t.Context(), token)
			_, again, signIn := w.Account.SignIn(t.Context(), "paul", guestPassword, mairie)
			if c.want == "" && (!errors.Is(err, errs.ErrSignedOut) || !errors.Is(touch, errs.ErrSignedOut) || !errors.Is(signIn, account.ErrNoAccess)) {
				t.Errorf("session %+v, %v, touched %v, signed in %v", s, err, touch, signIn)
			}
			if c.want != "" && (s.Role != c.want || err != nil || touch != nil || again.Role != c.want || signIn != nil) {
				t.Errorf("session %+v, %v, touched %v, signed in %+v, %v", s, err, touch, again, signIn)
			}
			if _, _, err := w.Account.SignIn(t.Context(), "paul", "pas le bon", mairie); !errors.Is(err, account.ErrWrongCredentials) {
				t.Errorf("a wrong password tells that there is no access: %v", err)
			}
		})
	}
}

func TestAnAdministratorReachesHerOwnUsersAlone(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, neighbour, rights.Sender)
	for _, login := range []string{"paul", "personne", "", "#", "NOBODY"} {
		if err := w.Account.SetRole(t.Context(), by, login, rights.Reader, false); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%q: got %v", login, err)
		}
		if err := w.Account.SetRole(t.Context(), by, login, "", false); login == "paul" && err != nil {
			t.Errorf("%q: taking what is not there: %v", login, err)
		}
	}
	if _, s, err := w.Account.SignIn(t.Context(), "paul", guestPassword, mairie); err != nil || s.Role != rights.Sender {
		t.Errorf("the neighbour's user is now %+v, %v", s, err)
	}
	if err := w.Account.SetRole(t.Context(), by, by.Login, rights.Reader, false); !errors.Is(err, account.ErrOwnRole) {
		t.Errorf("her own role: %v", err)
	}
	for _, role := range []rights.Role{"owner", rights.Operator, rights.SignedIn} {
		if err := w.Account.SetRole(t.Context(), by, "paul", role, false); !errors.Is(err, account.ErrRoleUnknown) {
			t.Errorf("the role %q: %v", role, err)
		}
	}
}

// Whoever has a role in a collectivité that was closed has none below it either, until it is opened again.
func TestInvitationOfAUserCountsOnceAndForAWhile(t *testing.T) {
	w, by := settled(t)
	first := invited(t, w, by, worldtest.SIREN, rights.Reader)
	second := invited(t, w, by, worldtest.SIREN, rights.Sender) // sent again: the one before is void
	for _, token := range []string{"", "x", first, second + "x"} {
		if _, err := w.Account.Welcomed(t.Context(), token); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Errorf("%q: %v", token, err)
		}
		if _, _, err := w.Account.Join(t.Context(), token, "Paul", "paul", guestPassword, mairie); !errors.Is(err, account.ErrInvitationUnknown) {
			t.Errorf("%q: %v", token, err)
		}
	}
	want := account.Welcome{Collectivity: "Commune de Saint-Aubin", Name: "Paul Roux", Mail: "paul@x.fr", Role: rights.Sender}
	if got, err := w.Account.Welcomed(t.Context(), second); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	w.Clock = w.Clock.Add(7*24*time.Hour - time.Millisecond)
	if _, s, err := w.Account.Join(t.Context(), second, "Paul", "paul", guestPassword, mairie); err != nil || s.Role != rights.Sender {
		t.Errorf("just in time: %+v, %v", s, err)
	}
	if _, _, err := w.Account.Join(t.Context(), second, "Autre", "autre", guestPassword, mairie); !errors.Is(err, account.ErrInvitationUnknown) {
		t.Errorf("used: %v", err)
	}
	third := invited(t, w, chief(t, w), below, rights.Reader)
	w.Clock = w.Clock.Add(7 * 24 * time.Hour)
	if _, _, err := w.Account.JoinAs(t.Context(), third, "paul", guestPassword, "", mairie); !errors.Is(err, account.ErrInvitationUnknown) {
		t.Errorf("too late: %v", err)
	}
}

func TestJoiningIsRefused(t *testing.T) {
	w, by := settled(t)
	token := invited(t, w, by, worldtest.SIREN, rights.Reader)
	for _, c := range []struct {
		what, name, login, password string
		want                        *errs.Error
	}{
		{"a login that is taken", "Paul", "Mairie", guestPassword, account.ErrLoginTaken},
		{"no login", "Paul", " ", guestPassword, account.ErrLoginInvalid},
		{"no name", " ", "paul", guestPassword, account.ErrNameEmpty},
		{"a short password", "Paul", "paul", "le marché du s", account.ErrPasswordTooShort},
		{"her own name as a password", "Paul Roux", "paul", "paul roux paul roux", account.ErrPasswordGuessed},
	} {
		if _, _, err := w.Account.Join(t.Context(), token, c.name, c.login, c.password, mairie); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.what, err)
		}
	}
	if _, _, err := w.Account.Join(t.Context(), token, "Paul", "paul", guestPassword, mairie); err != nil {
		t.Errorf("corrected: %v", err)
	}
}

// An invitation to a user who is there: only for whoever can sign in, and never less than she has.
func TestInvitationForAUserWhoIsThere(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, worldtest.SIREN, rights.Sender)
	token := invited(t, w, by, worldtest.SIREN, rights.Reader)
	if _, _, err := w.Account.JoinAs(t.Context(), token, "paul", "pas le bon", "", mairie); !errors.Is(err, account.ErrWrongCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, s, err := w.Account.JoinAs(t.Context(), token, "paul", guestPassword, "", mairie); err != nil || s.Role != rights.Sender {
		t.Errorf("a smaller role: %+v, %v", s, err)
	}
	also(t, w, by, worldtest.SIREN, rights.Administrator)
	members, waiting, err := w.Account.Users(t.Context(), worldtest.SIREN)
	if err != nil || len(members) != 2 || members[1].Role != rights.Administrator || len(waiting) > 0 {
		t.Errorf("a greater role: %+v, %+v, %v", members, waiting, err)
	}
}

func TestInvitationWaitsWhenItsMailDoesNotLeave(t *testing.T) {
	w, by := settled(t)
	w.Post.Away = true
	guest := account.Guest{Name: "Paul", Mail: "paul@x.fr", Role: rights.Reader}
	if err := w.Account.InviteUser(t.Context(), by, worldtest.SIREN, guest); !errors.Is(err, account.ErrUnsent) {
		t.Errorf("got %v", err)
	}
	_, waiting, err := w.Account.Users(t.Context(), worldtest.SIREN)
	if err != nil || len(waiting) != 1 || waiting[0].Mail != "paul@x.fr" {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	w.Post.Away = false
	if err := w.Account.Withdraw(t.Context(), by, waiting[0].ID); err != nil {
		t.Error(err)
	}
	if err := w.Account.Withdraw(t.Context(), by, waiting[0].ID); err != nil {
		t.Errorf("withdrawn again: %v", err)
	}
	if _, waiting, _ = w.Account.Users(t.Context(), worldtest.SIREN); len(waiting) > 0 {
		t.Errorf("still waiting: %+v", waiting)
	}
}

func TestNeighbourCannotWithdrawAnInvitation(t *testing.T) {
	w, by := settled(t)
	token := invited(t, w, by, neighbour, rights.Reader)
	_, waiting, err := w.Account.Users(t.Context(), neighbour)
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	if err := w.Account.Withdraw(t.Context(), by, waiting[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := w.Account.Welcomed(t.Context(), token); err != nil {
		t.Errorf("the neighbour's invitation is gone: %v", err)
	}
}

func TestACollectivityHas200UsersAtMost(t *testing.T) {
	w, by := settled(t)
	invite := func(n int) error {
		return w.Account.InviteUser(t.Context(), by, worldtest.SIREN, account.Guest{Name: "X", Mail: fmt.Sprintf("a%d@x.fr", n), Role: rights.Reader})
	}
	for n := range 199 { // and the administrator
		if err := invite(n); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := invite(199); !errors.Is(err, account.ErrTooManyUsers) {
		t.Errorf("one more: %v", err)
	}
	if err := invite(7); err != nil {
		t.Errorf("one of them again: %v", err)
	}
	sent := len(w.Post.Letters)
	for range 100 {
		err := invite(7)
		if err != nil && !errors.Is(err, account.ErrTooManyTries) {
			t.Fatal(err)
		}
	}
	if n := len(w.Post.Letters) - sent; n < 10 || n > 60 {
		t.Errorf("the same again and again: %d letters have left", n)
	}
}

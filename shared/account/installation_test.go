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
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/worldtest"
)

func TestClosedCollectivityIsClosedToAll(t *testing.T) {
	w, by := settled(t)
	token := joined(t, w, by, below, rights.Sender)
	if err := w.Account.SetClosed(t.Context(), by, below, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Account.Session(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("a session: %v", err)
	}
	if _, _, err := w.Account.SignIn(t.Context(), "paul", guestPassword, mairie); !errors.Is(err, account.ErrNoAccess) {
		t.Errorf("signing in: %v", err)
	}
	if _, err := w.Account.Choose(t.Context(), signIn(t, w), below); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("from above: %v", err)
	}
	if err := w.Account.SetClosed(t.Context(), by, below, false); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Account.Session(t.Context(), token); err != nil || s.Role != rights.Sender {
		t.Errorf("opened again: %+v, %v", s, err)
	}
	if err := w.Account.SetClosed(t.Context(), by, "234400034", true); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestRolesOfAClosedCollectivityDoNotFlow(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, worldtest.SIREN, rights.Sender)
	also(t, w, by, below, rights.Reader)
	if err := w.Account.SetClosed(t.Context(), by, worldtest.SIREN, true); err != nil {
		t.Fatal(err)
	}
	_, s, err := w.Account.SignIn(t.Context(), "paul", guestPassword, mairie)
	if err != nil || s.Collectivity != below || s.Role != rights.Reader {
		t.Errorf("got %+v, %v", s, err)
	}
	_, s, err = w.Account.SignIn(t.Context(), "mairie", password, mairie)
	if err != nil || s.Collectivity != "" || !s.May(rights.InstallationManage) || s.May(rights.ConvocationRead) {
		t.Errorf("the opérateur: %+v, %v", s, err)
	}
}

func TestCollectivityIsRefused(t *testing.T) {
	w, by := settled(t)
	deep := below
	for _, id := range []collectivity.ID{"200054781", "234400034"} {
		create(t, w, by, id, deep)
		deep = id
	}
	create(t, w, by, "552100554", deep)
	for _, c := range []struct {
		name, siren, called string
		parent              collectivity.ID
		want                *errs.Error
	}{
		{"a SIREN with a wrong digit", "217500017", "Paris", "", collectivity.ErrSIREN},
		{"no name", "213300635", " ", "", account.ErrNameEmpty},
		{"a name of 201 characters", "213300635", strings.Repeat("é", 201), "", account.ErrNameLong},
		{"below one that is not there", "213300635", "Bordeaux", "219999992", errs.ErrNotFound},
		{"on a sixth level", "213300635", "Bordeaux", "552100554", account.ErrTooDeep},
		{"one that is there under another name", string(neighbour), "Autre", "", account.ErrCollectivityExists},
		{"one that is there elsewhere in the tree", string(neighbour), "Commune " + string(neighbour), worldtest.SIREN, account.ErrCollectivityExists},
	} {
		if _, err := w.Account.CreateCollectivity(t.Context(), by, c.siren, c.called, c.parent); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestUsersActsAreToldInTheJournal(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, worldtest.SIREN, rights.Reader)
	for _, c := range []struct {
		role     rights.Role
		disabled bool
	}{{rights.Sender, false}, {rights.Sender, true}, {rights.Reader, false}, {"", false}} {
		w.Clock = w.Clock.Add(time.Second)
		for range 2 { // the second changes nothing, and tells nothing
			if err := w.Account.SetRole(t.Context(), by, "paul", c.role, c.disabled); err != nil {
				t.Fatal(err)
			}
		}
	}
	page, next, err := w.Account.Journal(t.Context(), worldtest.SIREN, "", journal.RoleGiven, journal.RoleTaken, journal.UserDisabled, journal.UserEnabled)
	var got []string
	for _, e := range page {
		got = append(got, fmt.Sprint(e.Who, " ", e.What, " ", e.Subject, " ", e.Role))
	}
	want := []string{
		"mairie role_taken paul reader", "mairie role_given paul reader", "mairie user_enabled paul reader",
		"mairie user_disabled paul sender", "mairie role_given paul sender",
	}
	if err != nil || next != "" || len(got) != 5 || got[0] != want[0] || !cmp.Equal(want[3:], got[3:]) {
		t.Errorf("got %q, %q, %v", got, next, err)
	}
}

func TestJournalIsOneListOfTwo(t *testing.T) {
	w, by := settled(t)
	for n := range 60 {
		w.Clock = w.Clock.Add(time.Second)
		w.Group(fmt.Sprint("Groupe ", n))
		w.Clock = w.Clock.Add(time.Second)
		if err := w.Account.InviteUser(t.Context(), by, worldtest.SIREN, account.Guest{Name: "X", Mail: fmt.Sprintf("a%d@x.fr", n), Role: rights.Reader}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		kinds []journal.What
		want  int
	}{{nil, 122}, {[]journal.What{journal.GroupSaved}, 60}, {[]journal.What{journal.UserInvited}, 60}, {[]journal.What{journal.SendAsked}, 0}} {
		var all []journal.Event
		before := ""
		for pages := 0; pages == 0 || before != ""; pages++ {
			page, next, err := w.Account.Journal(t.Context(), worldtest.SIREN, before, c.kinds...)
			if err != nil || len(page) > 50 || pages > 5 {
				t.Fatal(len(page), pages, err)
			}
			all, before = append(all, page...), next
		}
		if len(all) < c.want || len(c.kinds) > 0 && len(all) != c.want {
			t.Errorf("%q: %d events, want %d", c.kinds, len(all), c.want)
		}
		for i := 1; i < len(all); i++ {
			if all[i].At.After(all[i-1].At) {
				t.Fatalf("%q: event %d is newer than the one before", c.kinds, i)
			}
		}
	}
}

func TestSettingsAreSaved(t *testing.T) {
	w, by := settled(t)
	want := collectivity.Collectivity{
		ID: worldtest.SIREN, Version: 1, Name: "Saint-Aubin", Sender: "Mairie de Saint-Aubin", Mail: "mairie@saint-aubin.fr", Phone: "02",
		TimeZone: "Indian/Reunion", Kind: collectivity.Commune, Population: "500", Retention: 120, CreatedAt: w.Clock,
	}
	typed := want
	typed.ID, typed.CreatedAt, typed.Version, typed.Name = "217500016", time.Time{}, 9, " Saint-Aubin "
	for range 2 { // a lost answer: saved again
		got, err := w.Account.SaveSettings(t.Context(), by, 0, typed)
		if err != nil || got != want {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if got, err := w.Handle.Collectivity(t.Context()); err != nil || got != want {
		t.Errorf("stored: %+v, %v", got, err)
	}
	typed.Name = "Autre"
	if _, err := w.Account.SaveSettings(t.Context(), by, 0, typed); !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("an older version: %v", err)
	}
	if all, err := w.Account.Installation(t.Context()); err != nil || all[0].Name != "Saint-Aubin" {
		t.Errorf("the registry calls it %q, %v", all[0].Name, err)
	}
}

func TestSettingsAreRefused(t *testing.T) {
	w, by := settled(t)
	for name, change := range map[string]func(*collectivity.Collectivity){
		"name: none":                   func(c *collectivity.Collectivity) { c.Name = "" },
		"sender: of 201 characters":    func(c *collectivity.Collectivity) { c.Sender = strings.Repeat("x", 201) },
		"mail: none":                   func(c *collectivity.Collectivity) { c.Mail = "mairie" },
		"phone: of 51 characters":      func(c *collectivity.Collectivity) { c.Phone = strings.Repeat("0", 51) },
		"time_zone: none":              func(c *collectivity.Collectivity) { c.TimeZone = "" },
		"time_zone: the machine's own": func(c *collectivity.Collectivity) { c.TimeZone = "Local" },
		"time_zone: a file":            func(c *collectivity.Collectivity) { c.TimeZone = "../../etc/passwd" },
		"kind: another":                func(c *collectivity.Collectivity) { c.Kind = "royaume" },
		"population: another":          func(c *collectivity.Collectivity) { c.Population = "501" },
		"retention: less than nothing": func(c *collectivity.Collectivity) { c.Retention = -1 },
		"retention: over fifty years":  func(c *collectivity.Collectivity) { c.Retention = 601 },
	} {
		c := collectivity.Collectivity{Name: "Saint-Aubin", TimeZone: "Europe/Paris"}
		change(&c)
		before := w.Counts().Writes
		_, err := w.Account.SaveSettings(t.Context(), by, 0, c)
		refusal, _ := errs.As(err)
		field, _, _ := strings.Cut(name, ":")
		if refusal == nil || refusal.Kind != errs.Invalid || refusal.Field != field {
			t.Errorf("%s: got %v", name, err)
		}
		if w.Counts().Writes != before {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestOperatorNamesAnother(t *testing.T) {
	w, by := settled(t)
	token := joined(t, w, by, neighbour, rights.Reader)
	for _, operator := range []bool{true, true, false} {
		if err := w.Account.SetOperator(t.Context(), by, "Paul", operator); err != nil {
			t.Fatal(err)
		}
		s, err := w.Account.Session(t.Context(), token)
		if err != nil || s.May(rights.InstallationManage) != operator || s.May(rights.UsersManage) {
			t.Errorf("%v: %+v, %v", operator, s, err)
		}
		all, err := w.Account.Operators(t.Context())
		if want := map[bool]int{true: 2, false: 1}[operator]; err != nil || len(all) != want || all[0].Login != "mairie" {
			t.Errorf("%v: the list is %+v, %v", operator, all, err)
		}
	}
	if err := w.Account.SetOperator(t.Context(), by, "mairie", false); !errors.Is(err, account.ErrOwnRole) {
		t.Errorf("herself: %v", err)
	}
	if err := w.Account.SetOperator(t.Context(), by, "personne", true); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

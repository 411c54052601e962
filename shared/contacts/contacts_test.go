package contacts_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/worldtest"
)

const by = "secretaire"

func create(t *testing.T, w *worldtest.World, f contacts.Fields) contacts.Entry {
	t.Helper()
	e, err := w.Contacts.Create(t.Context(), w.Handle, by, f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func group(t *testing.T, w *worldtest.World, name string) directory.GroupID {
	t.Helper()
	g, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, name)
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func groups(t *testing.T, w *worldtest.World, n int) []directory.GroupID {
	t.Helper()
	var ids []directory.GroupID
	for i := range n {
		ids = append(ids, group(t, w, fmt.Sprintf("Groupe %02d", i)))
	}
	return ids
}

func TestCreateTidiesWhatWasTyped(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields contacts.Fields
		want   string
	}{
		{
			"a name and an address", contacts.Fields{Name: "  Jean \u00a0Dupont", Addresses: []string{" Jean@X.fr "}},
			"Jean Dupont <jean@x.fr> []",
		},
		{"no mail: convened on paper", contacts.Fields{Name: "Jean Dupont"}, "Jean Dupont []"},
		{"no name", contacts.Fields{Addresses: []string{"jean@x.fr"}}, "<jean@x.fr> []"},
		{
			"a name beside the address", contacts.Fields{Addresses: []string{"Jean Dupont <jean@x.fr>"}},
			"Jean Dupont <jean@x.fr> []",
		},
		{"two mails", contacts.Fields{Name: "Jean", Addresses: []string{"b@x.fr", "", "a@x.fr"}}, "Jean <b@x.fr> <a@x.fr> []"},
		{
			"the same mail twice", contacts.Fields{Name: "Jean", Addresses: []string{"a@x.fr", "A@X.FR", "a@x.fr"}},
			"Jean <a@x.fr> []",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			e := create(t, w, c.fields)
			if got := worldtest.Line(e); got != c.want || e.Version != 1 || !e.CreatedAt.Equal(w.Clock) {
				t.Errorf("got %q, version %d, created %s", got, e.Version, e.CreatedAt)
			}
			if diff := cmp.Diff([]string{c.want}, w.Directory().Contacts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// refusal is a case that Create and Change refuse alike.
var refusals = []struct {
	name   string
	fields contacts.Fields
	want   *errs.Error
	field  string
}{
	{"neither a name nor an address", contacts.Fields{Name: " \u200b", Addresses: []string{" "}}, contacts.ErrNameEmpty, "name"},
	{"a name of 201 characters", contacts.Fields{Name: strings.Repeat("é", 201)}, contacts.ErrNameTooLong, "name"},
	{
		"a name of 201 characters beside the address",
		contacts.Fields{Addresses: []string{strings.Repeat("é", 201) + " <a@x.fr>"}}, contacts.ErrNameTooLong, "name",
	},
	{"no address", contacts.Fields{Name: "Jean", Addresses: []string{"jean@"}}, contacts.ErrAddress, "addresses"},
	{
		"three addresses", contacts.Fields{Name: "J", Addresses: []string{"a@x.fr", "b@x.fr", "c@x.fr"}},
		contacts.ErrTooManyAddresses, "addresses",
	},
	{
		"an unknown group", contacts.Fields{Name: "J", Groups: []directory.GroupID{"grp_aaaaaaaaaaaaaaaa"}},
		contacts.ErrGroupGone, "groups",
	},
	{"no group at all", contacts.Fields{Name: "J", Groups: []directory.GroupID{"#"}}, contacts.ErrGroupGone, "groups"},
}

func TestContactIsRefused(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			there := create(t, w, contacts.Fields{Name: "Anne"})
			before := w.Counts().Writes
			_, create := w.Contacts.Create(t.Context(), w.Handle, by, c.fields)
			_, change := w.Contacts.Change(t.Context(), w.Handle, by, there.ID, there.Version, c.fields)
			for what, err := range map[string]error{"create": create, "change": change} {
				if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field {
					t.Errorf("%s: got %v at %q", what, err, refusal.Field)
				}
			}
			if got := w.Counts().Writes; got != before {
				t.Errorf("%d writes", got-before)
			}
		})
	}
}

func TestContactAtItsLimits(t *testing.T) {
	w := worldtest.New(t)
	all := groups(t, w, 65)
	f := contacts.Fields{
		Name: strings.Repeat("é", 200), Addresses: []string{"a@x.fr", "b@x.fr"}, Groups: slices.Concat(all[:64], all[:3]),
	}
	if e := create(t, w, f); len(e.Groups) != 64 || len([]rune(e.Name)) != 200 {
		t.Errorf("got %d groups, %q", len(e.Groups), e.Name)
	}
	f.Groups = all
	if _, err := w.Contacts.Create(t.Context(), w.Handle, by, f); !errors.Is(err, contacts.ErrTooManyGroups) {
		t.Errorf("in 65 groups: got %v", err)
	}
}

func TestChange(t *testing.T) {
	w := worldtest.New(t)
	council, board := group(t, w, "Conseil"), group(t, w, "Bureau")
	e := create(t, w, contacts.Fields{Name: "Jean Dupont", Addresses: []string{"jean@x.fr"}, Groups: []directory.GroupID{council}})
	w.Clock = w.Clock.Add(time.Hour)
	changed, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, contacts.Fields{
		Name: "Jeanne Martin", Addresses: []string{"martin@y.fr", "jean@x.fr"}, Groups: []directory.GroupID{board},
	})
	if err != nil {
		t.Fatal(err)
	}
	if changed.ID != e.ID || changed.Version != 2 || !changed.CreatedAt.Equal(e.CreatedAt) || !changed.UpdatedAt.Equal(w.Clock) {
		t.Errorf("got %+v", changed.Contact)
	}
	want := worldtest.Directory{
		Contacts: []string{"Jeanne Martin <martin@y.fr> <jean@x.fr> [Bureau]"}, Groups: []string{"Bureau (1)", "Conseil (0)"},
	}
	if diff := cmp.Diff(want, w.Directory()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := w.Entries(contacts.Filter{Words: "dupont"}); len(got) != 0 {
		t.Errorf("still found by the name it had: %v", got)
	}
}

func TestChangeIsRefused(t *testing.T) {
	w := worldtest.New(t)
	e := create(t, w, contacts.Fields{Name: "Jean"})
	change := func(version int64, f contacts.Fields) error {
		_, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, version, f)
		return err
	}
	if err := change(e.Version, contacts.Fields{Name: "Jeanne"}); err != nil {
		t.Fatal(err)
	}
	if err := change(e.Version, contacts.Fields{Name: "Jeanne"}); err != nil {
		t.Errorf("the same again, after a lost answer: %v", err)
	}
	for name, f := range map[string]contacts.Fields{
		"another name": {Name: "Jean"}, "another address": {Name: "Jeanne", Addresses: []string{"a@x.fr"}},
		"another group": {Name: "Jeanne", Groups: []directory.GroupID{group(t, w, "Bureau")}},
	} {
		if err := change(e.Version, f); !errors.Is(err, errs.ErrChangedMeanwhile) {
			t.Errorf("%s at an older version: got %v", name, err)
		}
	}
	if err := change(e.Version+2, contacts.Fields{Name: "Jeanne"}); !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("at a version to come: got %v", err)
	}
	w.Meanwhile("transact", func() {
		if err := change(e.Version+1, contacts.Fields{Name: "Jean-Paul"}); err != nil {
			t.Error(err)
		}
	})
	if err := change(e.Version+1, contacts.Fields{Name: "Jean-Pierre"}); !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("changed at this very moment: got %v", err)
	}
	_, err := w.Contacts.Change(t.Context(), w.Handle, by, "ctc_aaaaaaaaaaaaaaaa", 1, contacts.Fields{Name: "X"})
	if !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("nobody: got %v", err)
	}
	if got := w.Directory().Contacts; !slices.Equal(got, []string{"Jean-Paul []"}) {
		t.Errorf("got %v", got)
	}
}

func TestContactMayChangeAllItsGroupsAndItsName(t *testing.T) {
	w := worldtest.New(t)
	all := groups(t, w, 128)
	words := func(from int) (name string) {
		for n := range 12 {
			name += fmt.Sprintf("mot%02d ", from+n)
		}
		return name
	}
	e := create(t, w, contacts.Fields{Name: words(0), Addresses: []string{"a.b.c@x.fr", "d.e.f@y.fr"}, Groups: all[:64]})
	got, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, contacts.Fields{
		Name: words(50), Addresses: []string{"g.h.i@x.com", "j.k.l@y.com"}, Groups: all[64:],
	})
	if err != nil || len(got.Groups) != 64 {
		t.Fatalf("got %d groups, %v", len(got.Groups), err)
	}
	if d := w.Directory(); !slices.Contains(d.Groups, "Groupe 00 (0)") || !slices.Contains(d.Groups, "Groupe 127 (1)") {
		t.Errorf("got %v", d.Groups)
	}
}

func TestDelete(t *testing.T) {
	w := worldtest.New(t)
	g := group(t, w, "Conseil")
	var ids []directory.ContactID
	for _, name := range []string{"Anne", "Jean", "Paul"} {
		e := create(t, w, contacts.Fields{Name: name, Addresses: []string{name + "@x.fr"}, Groups: []directory.GroupID{g}})
		ids = append(ids, e.ID)
	}
	for _, want := range []int{2, 0} {
		n, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{ids[0], "ctc_aaaaaaaaaaaaaaaa", ids[2]})
		if err != nil || n != want {
			t.Errorf("deleted %d, want %d, %v", n, want, err)
		}
	}
	want := worldtest.Directory{Contacts: []string{"Jean <jean@x.fr> [Conseil]"}, Groups: []string{"Conseil (1)"}}
	if diff := cmp.Diff(want, w.Directory()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	w.Meanwhile("transact", func() {
		if _, err := w.Contacts.Change(t.Context(), w.Handle, by, ids[1], 1, contacts.Fields{Name: "Jeanne"}); err != nil {
			t.Error(err)
		}
	})
	n, err := w.Contacts.Delete(t.Context(), w.Handle, by, ids[1:2])
	if n != 0 || !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("changed at this very moment: deleted %d, %v", n, err)
	}
}

func TestTwoPersonsShareOneMailbox(t *testing.T) {
	w := worldtest.New(t)
	anne := create(t, w, contacts.Fields{Name: "Anne", Addresses: []string{"mairie@x.fr"}})
	create(t, w, contacts.Fields{Name: "Jean", Addresses: []string{"mairie@x.fr"}})
	if got := w.Entries(contacts.Filter{Words: "mairie"}); len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{anne.ID}); err != nil {
		t.Fatal(err)
	}
	if got := w.Directory().Contacts; !slices.Equal(got, []string{"Jean <mairie@x.fr> []"}) {
		t.Errorf("got %v", got)
	}
}

func TestInterruptedContact(t *testing.T) {
	fields := func(w *worldtest.World) contacts.Fields {
		return contacts.Fields{
			Name: "Jeanne Martin", Addresses: []string{"jeanne@x.fr"}, Groups: []directory.GroupID{group(t, w, "Bureau")},
		}
	}
	state := func(w *worldtest.World) func() any {
		return func() any { return []any{w.Directory(), w.Journal()} }
	}
	t.Run("created", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			f := fields(w)
			return worldtest.Flow{State: state(w), Run: func() error {
				_, err := w.Contacts.Create(t.Context(), w.Handle, by, f)
				return err
			}}
		})
	})
	t.Run("changed", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			f := fields(w)
			e := create(t, w, contacts.Fields{Name: "Jean", Groups: []directory.GroupID{group(t, w, "Conseil")}})
			return worldtest.Flow{State: state(w), Run: func() error {
				_, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, f)
				return err
			}}
		})
	})
	t.Run("deleted", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			f := fields(w)
			ids := []directory.ContactID{create(t, w, f).ID, create(t, w, f).ID}
			return worldtest.Flow{State: state(w), Run: func() error {
				_, err := w.Contacts.Delete(t.Context(), w.Handle, by, ids)
				return err
			}}
		})
	})
}

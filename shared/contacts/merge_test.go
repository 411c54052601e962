package contacts_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/worldtest"
)

func seen(entries ...contacts.Entry) []contacts.Seen {
	var all []contacts.Seen
	for _, e := range entries {
		all = append(all, contacts.Seen{ID: e.ID, Version: e.Version})
	}
	return all
}

// twins are two contacts who are one person, with a substitute of the second, and what they become.
func twins(t *testing.T, w *worldtest.World) (keep, other contacts.Entry, f contacts.Fields) {
	council, board := group(t, w, "Conseil"), group(t, w, "Bureau")
	keep = create(t, w, contacts.Fields{First: "Jean", Last: "Dupont", Addresses: []string{"jean@x.fr"}, Groups: []directory.GroupID{council}})
	other = create(t, w, contacts.Fields{Name: "DUPONT Jean", Addresses: []string{"dupont@y.fr"}, Groups: []directory.GroupID{board}})
	create(t, w, contacts.Fields{Name: "Luc", SubstituteOf: other.ID})
	return keep, other, contacts.Fields{
		First: "Jean", Last: "Dupont", Addresses: []string{"jean@x.fr", "dupont@y.fr"}, Groups: []directory.GroupID{council, board},
		SubstituteOf: other.ID, // her own: nobody's
	}
}

// merged is what is there, with who is whose substitute.
func merged(w *worldtest.World) []any {
	var substitutes []string
	for _, e := range w.Entries(contacts.Filter{}) {
		if e.Substitute.ID != "" {
			substitutes = append(substitutes, e.Name+" for "+e.Substitute.Name)
		}
	}
	return []any{w.Directory(), substitutes, w.Journal()}
}

func TestMerge(t *testing.T) {
	w := worldtest.New(t)
	keep, other, f := twins(t, w)
	got, err := w.Contacts.Merge(t.Context(), w.Handle, by, seen(keep)[0], seen(other), f)
	if err != nil || got.ID != keep.ID || got.SubstituteOf != "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := worldtest.Directory{
		Contacts: []string{"Jean Dupont <jean@x.fr> <dupont@y.fr> [Bureau, Conseil]", "Luc []"}, Groups: []string{"Bureau (1)", "Conseil (1)"},
	}
	if diff := cmp.Diff([]any{want, []string{"Luc for Jean Dupont"}}, merged(w)[:2]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := w.Journal(); n[journal.ContactsMerged] != 1 || n[journal.ContactDeleted] != 1 {
		t.Errorf("the journal tells %v", n)
	}
}

func TestInterruptedMerge(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		keep, other, f := twins(t, w)
		return worldtest.Flow{
			State: func() any { return merged(w) },
			Run: func() error {
				_, err := w.Contacts.Merge(t.Context(), w.Handle, by, seen(keep)[0], seen(other), f)
				return err
			},
		}
	})
}

func TestMergeIsRefused(t *testing.T) {
	w := worldtest.New(t)
	keep, other, f := twins(t, w)
	var many []contacts.Entry
	for n := range contacts.MaxMerged {
		many = append(many, create(t, w, contacts.Fields{Name: fmt.Sprint("Contact ", n)}))
	}
	older := other
	older.Version--
	before := w.Counts().Writes
	for _, c := range []struct {
		name   string
		keep   contacts.Entry
		others []contacts.Entry
		want   *errs.Error
	}{
		{"alone", keep, nil, contacts.ErrMergeFew},
		{"with herself", keep, []contacts.Entry{keep}, contacts.ErrMergeFew},
		{"twice the same", keep, []contacts.Entry{other, other}, contacts.ErrMergeFew},
		{"21", keep, many, contacts.ErrMergeFew},
		{"another that has changed since", keep, []contacts.Entry{older}, errs.ErrChangedMeanwhile},
		{"into one that has changed since", older, []contacts.Entry{keep}, errs.ErrChangedMeanwhile},
		{"into nobody", contacts.Entry{Contact: directory.Contact{ID: "ctc_aaaaaaaaaaaaaaaa"}}, []contacts.Entry{keep}, errs.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := w.Contacts.Merge(t.Context(), w.Handle, by, seen(c.keep)[0], seen(c.others...), f); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
	if _, err := w.Contacts.Merge(t.Context(), w.Handle, by, seen(keep)[0], seen(many[1:]...), f); err != nil {
		t.Errorf("20: %v", err)
	}
}

// found are the sets of all pages.
func found(t *testing.T, w *worldtest.World) (sets [][]string, pages int) {
	t.Helper()
	for after := ""; ; {
		page, err := w.Contacts.Duplicates(t.Context(), w.Handle, after)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, a := range page.Found {
			set := names(a.Entries)
			slices.Sort(set)
			if a.Address {
				set = append(set, "@")
			}
			sets = append(sets, set)
		}
		if after = page.Next; after == "" {
			slices.SortFunc(sets, func(a, b []string) int { return slices.Compare(a, b) })
			return sets, pages
		}
	}
}

func TestDuplicates(t *testing.T) {
	w := worldtest.New(t)
	for _, f := range []contacts.Fields{
		{Name: "Jean Dupont", Addresses: []string{"jean@x.fr"}},
		{Name: "DUPONT Jean", Addresses: []string{"jean@x.fr"}}, // told once, by name
		{First: "Jean", Last: "Dupont"},
		{Name: "Anne Roy", Addresses: []string{"mairie@x.fr"}},
		{Name: "Bruno Petit", Addresses: []string{"mairie@x.fr"}}, // two persons, one mailbox
		{Name: "A. Roy", Addresses: []string{"mairie@x.fr"}},
		{Name: "Élodie"}, {Name: "elodie "},
		{Addresses: []string{"sans@x.fr"}}, {Addresses: []string{"autre@x.fr"}},
	} {
		create(t, w, f)
		w.Clock = w.Clock.Add(1e9)
	}
	want := [][]string{{"A. Roy", "Anne Roy", "@"}, {"DUPONT Jean", "Jean Dupont", "Jean Dupont"}, {"elodie", "Élodie"}}
	if got, pages := found(t, w); cmp.Diff(want, got) != "" || pages != 1 {
		t.Errorf("%d pages, (-want +got)\n%s", pages, cmp.Diff(want, got))
	}
	page, err := w.Contacts.Duplicates(t.Context(), w.Handle, "")
	for _, found := range page.Found {
		if !slices.IsSortedFunc(found.Entries, func(a, b contacts.Entry) int { return a.CreatedAt.Compare(b.CreatedAt) }) {
			t.Errorf("%q: who was there first does not come first, %v", names(found.Entries), err)
		}
	}
	w.Contacts.SetWalked(2)
	if got, pages := found(t, w); cmp.Diff(want, got) != "" || pages < 4 {
		t.Errorf("a stretch at a time: %d pages, (-want +got)\n%s", pages, cmp.Diff(want, got))
	}
}

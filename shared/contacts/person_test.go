package contacts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/worldtest"
)

// whole is a contact with all that can be typed.
func whole(in ...directory.GroupID) contacts.Fields {
	return contacts.Fields{
		Civility: " Mme ", First: "Claire", Last: "Morel", Function: "2e  adjointe", Phone: "02 32 00 00 00", Paper: true, Rank: 3,
		Addresses: []string{"claire@x.fr", "morel@y.fr"}, Groups: in,
	}
}

func TestPersonKeepsAllThatWasTyped(t *testing.T) {
	w := worldtest.New(t)
	e := create(t, w, whole(group(t, w, "Conseil")))
	want := directory.Contact{
		ID: e.ID, Version: 1, Name: "Claire Morel", Civility: "Mme", First: "Claire", Last: "Morel", Function: "2e adjointe",
		Phone: "02 32 00 00 00", Addresses: []directory.Address{"claire@x.fr", "morel@y.fr"}, Paper: true, Rank: 3,
		CreatedAt: w.Clock, UpdatedAt: w.Clock,
	}
	if got := w.Entries(contacts.Filter{})[0].Contact; cmp.Diff(want, got) != "" {
		t.Errorf("(-want +got)\n%s", cmp.Diff(want, got))
	}
}

// What nobody typed follows the names it is made of; what somebody typed stays.
func TestDescriptionFollowsTheNamesUnlessTyped(t *testing.T) {
	for _, c := range []struct {
		name               string
		typed, then, first string
		want               string
	}{
		{"empty: it follows", "", "", "Clara", "Clara Morel"},
		{"sent back as it was shown: it follows", "", "Claire Morel", "Clara", "Clara Morel"},
		{"typed: it stays", "Madame la maire", "Madame la maire", "Clara", "Madame la maire"},
		{"typed and then emptied: it follows", "Madame la maire", "", "Claire", "Claire Morel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			e := create(t, w, contacts.Fields{Name: c.typed, First: "Claire", Last: "Morel"})
			got, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, contacts.Fields{Name: c.then, First: c.first, Last: "Morel"})
			if err != nil || got.Name != c.want {
				t.Errorf("got %q, %v, want %q", got.Name, err, c.want)
			}
		})
	}
}

func TestLimitsOfAPerson(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct {
		name   string
		fields func(n int) contacts.Fields
		most   int
		want   *errs.Error
		field  string
	}{
		{"civility", func(n int) contacts.Fields { return contacts.Fields{Name: "x", Civility: long(n)} }, 30, contacts.ErrFieldTooLong, "civility"},
		{"first name", func(n int) contacts.Fields { return contacts.Fields{First: long(n)} }, 100, contacts.ErrFieldTooLong, "first"},
		{"last name", func(n int) contacts.Fields { return contacts.Fields{Last: long(n)} }, 100, contacts.ErrFieldTooLong, "last"},
		{"function", func(n int) contacts.Fields { return contacts.Fields{Name: "x", Function: long(n)} }, 200, contacts.ErrFieldTooLong, "function"},
		{"phone", func(n int) contacts.Fields { return contacts.Fields{Name: "x", Phone: strings.Repeat("0", n)} }, 50, contacts.ErrFieldTooLong, "phone"},
		{"rank", func(n int) contacts.Fields { return contacts.Fields{Name: "x", Rank: n} }, 9999, contacts.ErrRank, "rank"},
		{"a negative rank", func(n int) contacts.Fields { return contacts.Fields{Name: "x", Rank: -n} }, 0, contacts.ErrRank, "rank"},
		{"two names of 100 make one of 201", func(n int) contacts.Fields { return contacts.Fields{First: long(n), Last: long(100)} }, 99, contacts.ErrNameTooLong, "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			for _, n := range []int{c.most - 1, c.most} {
				if n < 0 {
					continue
				}
				if _, err := w.Contacts.Create(t.Context(), w.Handle, by, c.fields(n)); err != nil {
					t.Errorf("%d: %v", n, err)
				}
			}
			_, err := w.Contacts.Create(t.Context(), w.Handle, by, c.fields(c.most+1))
			if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field {
				t.Errorf("%d: got %v", c.most+1, err)
			}
		})
	}
}

func TestSubstitutes(t *testing.T) {
	w := worldtest.New(t)
	claire, luc := create(t, w, contacts.Fields{Name: "Claire"}), create(t, w, contacts.Fields{Name: "Luc"})
	change := func(of directory.ContactID) error {
		e, err := w.Contacts.Contact(t.Context(), w.Handle, luc.ID)
		if err != nil {
			return err
		}
		_, err = w.Contacts.Change(t.Context(), w.Handle, by, luc.ID, e.Version, contacts.Fields{Name: "Luc", SubstituteOf: of})
		return err
	}
	for _, nobody := range []directory.ContactID{luc.ID, "ctc_aaaaaaaaaaaaaaaa", "ctc_"} {
		if err := change(nobody); !errors.Is(err, contacts.ErrSubstitute) {
			t.Errorf("of %s: got %v", nobody, err)
		}
	}
	if err := change(claire.ID); err != nil {
		t.Fatal(err)
	}
	d, err := w.Contacts.Contact(t.Context(), w.Handle, claire.ID)
	if err != nil || len(d.Substitutes) != 1 || d.Substitutes[0] != (contacts.Ref{ID: luc.ID, Name: "Luc"}) {
		t.Errorf("Claire's: %+v, %v", d.Substitutes, err)
	}
	if e := w.Entries(contacts.Filter{Words: "luc"})[0]; e.Substitute.Name != "Claire" {
		t.Errorf("Luc is the substitute of %+v", e.Substitute)
	}
	if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{claire.ID}); err != nil {
		t.Fatal(err)
	}
	if err := change(claire.ID); err != nil { // as the page sends it back
		t.Errorf("whose titulaire is gone cannot be changed: %v", err)
	}
	if e := w.Entries(contacts.Filter{Words: "luc"})[0]; e.Substitute != (contacts.Ref{}) {
		t.Errorf("Claire is gone, and yet: %+v", e.Substitute)
	}
	if err := change(""); err != nil {
		t.Error(err)
	}
	if _, err := w.Contacts.Contact(t.Context(), w.Handle, claire.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("reading who is gone: %v", err)
	}
}

// last is the newest event, less what is drawn at random.
func last(t *testing.T, w *worldtest.World) journal.Event {
	t.Helper()
	events, err := w.Handle.Events(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	events[0].ID = ""
	return events[0]
}

func TestJournalTellsWhatWasBeforeAndAfter(t *testing.T) {
	w := worldtest.New(t)
	council, board := group(t, w, "Conseil"), group(t, w, "Bureau")
	check := func(what string, want journal.Event) {
		t.Helper()
		w.Clock = w.Clock.Add(1e9)
		want.Who, want.Count = by, max(want.Count, 1)
		got := last(t, w)
		want.At = got.At
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	w.Clock = w.Clock.Add(1e9)
	e := create(t, w, contacts.Fields{Name: "Claire", Addresses: []string{"c@x.fr"}, Groups: []directory.GroupID{council}})
	check("created", journal.Event{What: journal.ContactSaved, Subject: string(e.ID), Changes: []journal.Change{
		{Field: "name", After: "Claire"}, {Field: "addresses", After: "c@x.fr"}, {Field: "groups", After: "Conseil"},
	}})
	e, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, contacts.Fields{
		Name: "Claire", Addresses: []string{"c@x.fr", "d@x.fr"}, Inactive: true, Groups: []directory.GroupID{council, board},
	})
	if err != nil {
		t.Fatal(err)
	}
	check("changed", journal.Event{What: journal.ContactSaved, Subject: string(e.ID), Changes: []journal.Change{
		{Field: "addresses", Before: "c@x.fr", After: "c@x.fr\nd@x.fr"}, {Field: "inactive", After: "yes"},
		{Field: "groups", Before: "Conseil", After: "Bureau\nConseil"},
	}})
	if _, err := w.Contacts.ShareGroup(t.Context(), w.Handle, by, board, true); err != nil {
		t.Fatal(err)
	}
	check("shared", journal.Event{What: journal.GroupSaved, Subject: string(board), Changes: []journal.Change{{Field: "shared", After: "yes"}}})
	if _, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, board, "Exécutif"); err != nil {
		t.Fatal(err)
	}
	check("renamed", journal.Event{What: journal.GroupSaved, Subject: string(board), Changes: []journal.Change{{Field: "name", Before: "Bureau", After: "Exécutif"}}})
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, board); err != nil {
		t.Fatal(err)
	}
	check("group deleted", journal.Event{What: journal.GroupDeleted, Subject: string(board), Changes: []journal.Change{
		{Field: "name", Before: "Exécutif"}, {Field: "shared", Before: "yes"},
	}})
	if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{e.ID}); err != nil {
		t.Fatal(err)
	}
	check("deleted", journal.Event{What: journal.ContactDeleted, Subject: string(e.ID), Changes: []journal.Change{
		{Field: "name", Before: "Claire"}, {Field: "addresses", Before: "c@x.fr\nd@x.fr"}, {Field: "inactive", Before: "yes"},
		{Field: "groups", Before: "Conseil"},
	}})
}

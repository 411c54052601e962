package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// found lists by what a contact is found: words, addresses and groups.
func (w *town) found(id directory.ContactID, words []string, addresses []directory.Address, groups []directory.GroupID) []string {
	w.t.Helper()
	var by []string
	note := func(what string, ids []directory.ContactID, err error) {
		w.must(err)
		if slices.Contains(ids, id) {
			by = append(by, what)
		}
	}
	for _, word := range words {
		ids, err := w.h.ContactsWithWord(w.ctx(), word)
		note(word, ids, err)
	}
	for _, a := range addresses {
		contacts, err := w.h.ContactsAt(w.ctx(), a)
		var ids []directory.ContactID
		for _, c := range contacts {
			ids = append(ids, c.ID)
		}
		note(string(a), ids, err)
	}
	for _, g := range groups {
		ids, err := w.h.Members(w.ctx(), g)
		note(string(g), ids, err)
		of, err := w.h.GroupsOf(w.ctx(), id)
		w.must(err)
		if slices.Contains(of, g) != slices.Contains(ids, id) {
			w.t.Errorf("%s is a member of %s one way only", id, g)
		}
	}
	return by
}

func TestContactIsFoundByWhatItIsNow(t *testing.T) {
	w := newTown(t)
	words := []string{"j", "jean", "dup", "dupont", "durand", "x", "fr", "mairie", "ea"}
	addresses := []directory.Address{"jean@x.fr", "jean@mairie.fr"}
	groups := []directory.GroupID{grp, grp2}
	check := func(what string, want ...string) {
		t.Helper()
		if got := w.found(ctc, words, addresses, groups); !slices.Equal(got, want) {
			t.Errorf("%s: found by %q, want %q", what, got, want)
		}
	}
	check("new", "j", "jean", "dup", "dupont", "x", "fr", "jean@x.fr", string(grp))
	changed := jean
	changed.Version, changed.Name, changed.Addresses = 2, "Jean Durand", []directory.Address{"jean@mairie.fr"}
	w.must(w.h.SaveContact(w.ctx(), jean, changed, []directory.GroupID{grp}, []directory.GroupID{grp2}))
	check("changed", "j", "jean", "durand", "fr", "mairie", "jean@mairie.fr", string(grp2))
	w.must(w.h.DeleteContact(w.ctx(), changed, []directory.GroupID{grp2}, saved))
	check("deleted")
	for k := range w.data.items(t) {
		if strings.Contains(k.Sort, string(ctc)) {
			t.Errorf("deleted, and yet there is %s", k.Sort)
		}
	}
}

func TestContactThatChangedMeanwhileIsNotOverwritten(t *testing.T) {
	w := newTown(t)
	newer := jean
	newer.Version, newer.Name = 2, "Jean Durand"
	w.must(w.h.SaveContact(w.ctx(), jean, newer, []directory.GroupID{grp}, []directory.GroupID{grp}))
	before := w.state()
	ours := jean
	ours.Version, ours.Name = 2, "Jean Martin"
	for name, err := range map[string]error{
		"saved":   w.h.SaveContact(w.ctx(), jean, ours, []directory.GroupID{grp}, nil, saved),
		"deleted": w.h.DeleteContact(w.ctx(), jean, []directory.GroupID{grp}, saved),
		"created": w.h.SaveContact(w.ctx(), directory.Contact{}, jean, nil, nil, saved),
	} {
		if !errors.Is(err, table.ErrCondition) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something was written\n%s", diff)
	}
}

// A contact with as much as can be is too much for one transaction.
func TestContactWithAllThatCanBe(t *testing.T) {
	w := newTown(t)
	c := busy('a', 1)
	groups := manyGroups('a')
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, c, nil, groups, saved))
	if n := len(w.found(ctc2, nil, c.Addresses, groups)); n != len(groups)+2 {
		t.Errorf("found by %d of its %d addresses and groups", n, len(groups)+2)
	}
	w.must(w.h.SaveContact(w.ctx(), c, busy('b', 2), groups, manyGroups('b'), saved))
	if by := w.found(ctc2, strings.Fields(manyWords('a')), c.Addresses, groups); len(by) > 0 {
		t.Errorf("it has changed in everything, and is still found by %q", by)
	}
	if n := len(w.found(ctc2, nil, busy('b', 2).Addresses, manyGroups('b'))); n != len(groups)+2 {
		t.Errorf("found by %d of its %d new addresses and groups", n, len(groups)+2)
	}
	w.must(w.h.DeleteContact(w.ctx(), busy('b', 2), manyGroups('b'), saved))
	for k := range w.data.items(t) {
		if strings.Contains(k.Sort, string(ctc2)) {
			t.Errorf("deleted, and yet there is %s", k.Sort)
		}
	}
}

// The groups come first, but not those of a contact that somebody else has changed.
func TestContactThatChangedMeanwhileKeepsItsManyGroups(t *testing.T) {
	w := newTown(t)
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, busy('a', 1), nil, manyGroups('a')))
	w.must(w.h.SaveContact(w.ctx(), busy('a', 1), busy('b', 2), manyGroups('a'), manyGroups('a')))
	before := w.state()
	for name, err := range map[string]error{
		"saved":   w.h.SaveContact(w.ctx(), busy('a', 1), busy('c', 2), manyGroups('a'), manyGroups('b'), saved),
		"deleted": w.h.DeleteContact(w.ctx(), busy('a', 1), manyGroups('a'), saved),
	} {
		if !errors.Is(err, table.ErrCondition) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something was written\n%s", diff)
	}
}

// Long words are cut in keys: two that begin alike are one key, and one write.
func TestWordsThatAreCutAlike(t *testing.T) {
	w := newTown(t)
	c := directory.Contact{ID: ctc2, Version: 1, Name: strings.Repeat("a", 210) + "b " + strings.Repeat("a", 210) + "c", CreatedAt: noon}
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, c, nil, nil))
	if by := w.found(ctc2, []string{"a", strings.Repeat("a", 210)}, nil, nil); len(by) != 2 {
		t.Errorf("found by %d of its words", len(by))
	}
}

func TestContactsComeByNameFromACursorOn(t *testing.T) {
	w := newTown(t)
	for i, name := range []string{"Zoé", "éric", "Eric Blanc", "Anne", ""} {
		c := directory.Contact{ID: directory.ContactID(fmt.Sprintf("ctc_%016d", i)), Version: 1, Name: name, CreatedAt: noon}
		w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, c, nil, nil))
	}
	var names, cursors []string
	visit := func(r Row) bool {
		c, err := w.h.Contact(w.ctx(), r.ID)
		w.must(err)
		names, cursors = append(names, c.Name), append(cursors, r.At)
		return true
	}
	w.must(w.h.Rows(w.ctx(), ByName, "", visit))
	want := []string{"", "Anne", "Eric Blanc", "éric", "Jean Dupont", "Zoé"}
	slices.Sort(want[2:4])
	if slices.Sort(names[2:4]); !slices.Equal(names, want) { // equal but for what follows: any order
		t.Errorf("got %q, want %q", names, want)
	}
	for i, after := range slices.Clone(cursors) {
		names = nil
		w.must(w.h.Rows(w.ctx(), ByName, after, visit))
		if len(names) != len(want)-i-1 {
			t.Errorf("after %d: got %q", i+1, names)
		}
	}
	n := 0
	w.must(w.h.Rows(w.ctx(), ByName, "", func(Row) bool { n++; return n < 2 }))
	if n != 2 {
		t.Errorf("visited %d after being told to stop", n)
	}
}

func TestNamesOfGroupsAreTakenOnce(t *testing.T) {
	w := newTown(t)
	create := func(name string) error {
		return w.h.CreateGroup(w.ctx(), directory.Group{ID: "grp_nnnnnnnnnnnnnnnn", Name: name}, saved)
	}
	for _, name := range []string{"Conseil", "CONSEIL", " conséil "} {
		if err := create(name); !errors.Is(err, table.ErrCondition) {
			t.Errorf("%q: got %v", name, err)
		}
		if g, err := w.h.GroupNamed(w.ctx(), name); err != nil || g.ID != grp {
			t.Errorf("%q is the name of %q, %v", name, g.ID, err)
		}
	}
	renamed := council
	renamed.Name = "BUREAU"
	if err := w.h.RenameGroup(w.ctx(), council, renamed, saved); !errors.Is(err, table.ErrCondition) {
		t.Errorf("renamed to another's name: got %v", err)
	}
	renamed.Name = "CONSEIL"
	w.must(w.h.RenameGroup(w.ctx(), council, renamed, saved)) // written another way: its own name
	again := renamed
	again.Name = "Assemblée"
	w.must(w.h.RenameGroup(w.ctx(), renamed, again, saved))
	w.must(create("Conseil")) // free now
	if _, err := w.h.GroupNamed(w.ctx(), "Personne"); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("no group of the name: got %v", err)
	}
}

// Names that differ in a sign, or only far from their beginning, are not one name.
func TestGroupsOfNamesThatAreAlmostOne(t *testing.T) {
	w := newTown(t)
	long := strings.Repeat("市", 80)
	names := []string{"Commission 1", "Commission #1", "Commission%231", "Commission  %1", long + "a", long + "b"}
	for i, name := range names {
		g := directory.Group{ID: directory.GroupID(fmt.Sprintf("grp_%016d", i)), Name: name, CreatedAt: noon}
		w.must(w.h.CreateGroup(w.ctx(), g, saved))
	}
	for i, name := range names {
		if g, err := w.h.GroupNamed(w.ctx(), name); err != nil || g.ID != directory.GroupID(fmt.Sprintf("grp_%016d", i)) {
			t.Errorf("%.20q is the name of %q, %v", name, g.Name, err)
		}
	}
}

// Somebody renames a group, somebody else takes its old name, and a third one deletes it as he still sees it.
func TestGroupRenamedBeforeItIsDeleted(t *testing.T) {
	w := newTown(t)
	renamed := council
	renamed.Name = "Assemblée"
	w.must(w.h.RenameGroup(w.ctx(), council, renamed, saved))
	other := directory.Group{ID: "grp_nnnnnnnnnnnnnnnn", Name: "Conseil", CreatedAt: noon}
	w.must(w.h.CreateGroup(w.ctx(), other, saved))
	w.must(w.h.DeleteGroup(w.ctx(), council, told(journal.GroupDeleted)))
	if g, err := w.h.GroupNamed(w.ctx(), "Conseil"); err != nil || g.ID != other.ID {
		t.Errorf("the name is %q's, %v: the other group has lost it", g.ID, err)
	}
	if _, err := w.h.GroupNamed(w.ctx(), "Assemblée"); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("the new name: %v", err)
	}
	third := directory.Group{ID: "grp_mmmmmmmmmmmmmmmm", Name: "assemblee", CreatedAt: noon}
	if err := w.h.CreateGroup(w.ctx(), third, saved); err != nil {
		t.Errorf("the new name can never be used again: %v", err)
	}
	if by := w.found(ctc, nil, nil, []directory.GroupID{grp}); len(by) > 0 {
		t.Error("a membership was left behind")
	}
}

// Killed after the group and before its members, deleting again finishes.
func TestDeletingAGroupAgainFinishesIt(t *testing.T) {
	w := newTown(t)
	o := op{do: func(ctx context.Context, w *town) error { return w.h.DeleteGroup(ctx, council, saved) }}
	if err := disturbed(w, o, 2, table.FaultBefore); !errors.Is(err, table.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, err := w.h.Group(w.ctx(), grp); !errors.Is(err, table.ErrNotFound) {
		t.Fatalf("the group: %v: it was killed elsewhere", err)
	}
	if by := w.found(ctc, nil, nil, []directory.GroupID{grp}); len(by) == 0 {
		t.Fatal("no membership is left: this tests nothing")
	}
	if err := o.do(w.ctx(), w); !errors.Is(err, table.ErrCondition) {
		t.Errorf("again: %v", err)
	}
	if by := w.found(ctc, nil, nil, []directory.GroupID{grp}); len(by) > 0 {
		t.Error("a membership was left behind")
	}
}

func TestMembersThatAreGoneAreLeftOut(t *testing.T) {
	w := newTown(t)
	if got, err := w.h.MemberContacts(w.ctx(), grp); err != nil || len(got) != 1 || got[0].ID != ctc {
		t.Fatalf("got %+v, %v", got, err)
	}
	w.must(w.h.DeleteContact(w.ctx(), jean, nil, saved)) // by somebody who did not know of its group
	if got, err := w.h.MemberContacts(w.ctx(), grp); err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

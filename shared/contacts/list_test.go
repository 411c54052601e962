package contacts_test

import (
	"fmt"
	"slices"
	"testing"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/worldtest"
)

func names(entries []contacts.Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Name)
	}
	return all
}

func TestListIsSortedByNameWithoutCaseAndAccents(t *testing.T) {
	w := worldtest.New(t)
	for _, name := range []string{"Zoé", "étienne", "Eric", "Ève", "anne", "Œdipe", "Odile"} {
		create(t, w, contacts.Fields{Name: name})
	}
	want := []string{"anne", "Eric", "étienne", "Ève", "Odile", "Œdipe", "Zoé"}
	if got := names(w.Entries(contacts.Filter{})); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSearch(t *testing.T) {
	w := worldtest.New(t)
	council := group(t, w, "Conseil")
	in := []directory.GroupID{council}
	create(t, w, contacts.Fields{Name: "Élodie Lefèvre-Dupont", Addresses: []string{"elodie@saint-aubin.fr"}, Groups: in})
	create(t, w, contacts.Fields{Name: "Jean Dupont", Addresses: []string{"j.dupont@mairie.fr"}, Groups: in})
	create(t, w, contacts.Fields{Name: "Marie Œuvrard"})
	for _, c := range []struct {
		name  string
		words string
		group directory.GroupID
		want  []string
	}{
		{"nothing", "", "", []string{"Élodie Lefèvre-Dupont", "Jean Dupont", "Marie Œuvrard"}},
		{"nothing that has letters", " @ . ", "", []string{"Élodie Lefèvre-Dupont", "Jean Dupont", "Marie Œuvrard"}},
		{"the beginning of a first name", "élo", "", []string{"Élodie Lefèvre-Dupont"}},
		{"without its accent", "elo", "", []string{"Élodie Lefèvre-Dupont"}},
		{"in capitals", "LEFÈV", "", []string{"Élodie Lefèvre-Dupont"}},
		{"a word after a hyphen", "dup", "", []string{"Élodie Lefèvre-Dupont", "Jean Dupont"}},
		{"two words in any order", "dupont jean", "", []string{"Jean Dupont"}},
		{"two beginnings", "du el", "", []string{"Élodie Lefèvre-Dupont"}},
		{"a ligature", "oeuv", "", []string{"Marie Œuvrard"}},
		{"a word of an address", "aubin", "", []string{"Élodie Lefèvre-Dupont"}},
		{"a whole address", "J.Dupont@mairie.fr", "", []string{"Jean Dupont"}},
		{"the end of a word", "pont", "", nil},
		{"one word that is not there", "jean martin", "", nil},
		{"a key's separator", "jean#dupont", "", []string{"Jean Dupont"}},
		{"a group", "", council, []string{"Élodie Lefèvre-Dupont", "Jean Dupont"}},
		{"a group and a word", "jean", council, []string{"Jean Dupont"}},
		{"a group that is not there", "", "grp_aaaaaaaaaaaaaaaa", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := names(w.Entries(contacts.Filter{Words: c.words, Group: c.group})); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPages(t *testing.T) {
	w := worldtest.New(t)
	var all []string
	for n := range 103 {
		all = append(all, fmt.Sprintf("Contact %03d", n))
		create(t, w, contacts.Fields{Name: all[n]})
	}
	for _, c := range []struct {
		name  string
		limit int
		sizes []int
	}{
		{"of 40", 40, []int{40, 40, 23}},
		{"of 103: at most 100", 103, []int{100, 3}},
		{"of 0: at least 1", 0, slices.Repeat([]int{1}, 103)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := contacts.Filter{Limit: c.limit}
			var got []string
			for n, size := range c.sizes {
				page, err := w.Contacts.List(t.Context(), w.Handle, f)
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Entries) != size || page.Total != 103 || (page.Next != "") != (n < len(c.sizes)-1) {
					t.Fatalf("page %d: %d of %d, more %v", n, len(page.Entries), page.Total, page.Next != "")
				}
				got = append(got, names(page.Entries)...)
				f.After = page.Next
			}
			if !slices.Equal(got, all) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// Between two pages contacts come, go and are renamed: the second goes on behind the place where the first ended.
func TestPagesOfAListThatChanges(t *testing.T) {
	w := worldtest.New(t)
	there := map[string]contacts.Entry{}
	for _, name := range []string{"Anne", "Bruno", "Chloé", "Denis", "Élise", "Farid"} {
		there[name] = create(t, w, contacts.Fields{Name: name})
	}
	remove := func(names ...string) {
		for _, name := range names {
			if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{there[name].ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	next := func(after string) contacts.Page {
		page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 2, After: after})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	first := next("")
	remove("Anne", "Bruno")
	second := next(first.Next)
	if got := names(second.Entries); !slices.Equal(got, []string{"Chloé", "Denis"}) {
		t.Errorf("the last of the page before is deleted: got %q", got)
	}
	create(t, w, contacts.Fields{Name: "Aline"})
	denis := there["Denis"]
	if _, err := w.Contacts.Change(t.Context(), w.Handle, by, denis.ID, denis.Version, contacts.Fields{Name: "Yves"}); err != nil {
		t.Fatal(err)
	}
	if got := names(next(second.Next).Entries); !slices.Equal(got, []string{"Élise", "Farid"}) {
		t.Errorf("the last of the page before has another name: got %q", got)
	}
	if got := next("zzz"); len(got.Entries) != 0 || got.Next != "" || got.Total != 5 {
		t.Errorf("after the end: got %+v", got)
	}
}

// All contacts of a page go while it is read: the next page is found all the same.
func TestPageWhoseContactsAreDeletedWhileItIsRead(t *testing.T) {
	w := worldtest.New(t)
	anne := create(t, w, contacts.Fields{Name: "Anne"})
	create(t, w, contacts.Fields{Name: "Jean"})
	w.Meanwhile("get", func() {
		if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{anne.ID}); err != nil {
			t.Error(err)
		}
	})
	page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 1})
	if err != nil || len(page.Entries) != 0 {
		t.Fatalf("got %+v, %v", page, err)
	}
	page, err = w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 1, After: page.Next})
	if got := names(page.Entries); err != nil || !slices.Equal(got, []string{"Jean"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPagesOfNothing(t *testing.T) {
	w := worldtest.New(t)
	page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 10})
	if err != nil || page.Total != 0 || page.Next != "" || len(page.Entries) != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestListLeavesOutAContactThatIsDeletedMeanwhile(t *testing.T) {
	w := worldtest.New(t)
	anne := create(t, w, contacts.Fields{Name: "Anne"})
	create(t, w, contacts.Fields{Name: "Jean"})
	w.Meanwhile("get", func() {
		if _, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{anne.ID}); err != nil {
			t.Error(err)
		}
	})
	if got := names(w.Entries(contacts.Filter{})); !slices.Equal(got, []string{"Jean"}) {
		t.Errorf("got %q", got)
	}
}

func TestSuggest(t *testing.T) {
	w := worldtest.New(t)
	council := group(t, w, "Conseil municipal")
	group(t, w, "Commission des finances")
	create(t, w, contacts.Fields{Name: "Constance Martin", Addresses: []string{"c@x.fr"}, Groups: []directory.GroupID{council}})
	create(t, w, contacts.Fields{Name: "Jean Conseil"})
	for _, c := range []struct {
		name, typed string
		want        []string
	}{
		{"nothing: the groups", "", []string{"Commission des finances (0)", "Conseil municipal (1)"}},
		{"groups first, then contacts", "cons", []string{"Conseil municipal (1)", "Constance Martin", "Jean Conseil"}},
		{"two beginnings", "FIN com", []string{"Commission des finances (0)"}},
		{"an address", "c@x", []string{"Constance Martin"}},
		{"nobody", "zzz", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := w.Contacts.Suggest(t.Context(), w.Handle, c.typed)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range found {
				if s.Group != nil {
					got = append(got, fmt.Sprintf("%s (%d)", s.Group.Name, s.Group.Members))
				} else {
					got = append(got, s.Contact.Name)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSuggestGivesEightOfEach(t *testing.T) {
	w := worldtest.New(t)
	groups(t, w, 9)
	for n := range 9 {
		create(t, w, contacts.Fields{Name: fmt.Sprint("Groupama ", n)})
	}
	found, err := w.Contacts.Suggest(t.Context(), w.Handle, "group")
	if err != nil || len(found) != 16 || found[7].Group == nil || found[8].Contact == nil {
		t.Errorf("got %d, %v", len(found), err)
	}
}

func TestReadingWritesNothing(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "a@x.fr")
	before := w.Counts().Writes
	w.Directory()
	w.Entries(contacts.Filter{Words: "a", Group: g})
	if _, err := w.Contacts.Suggest(t.Context(), w.Handle, "a"); err != nil {
		t.Fatal(err)
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
}

// A letter in a field of recipients costs no reading of groups that are not proposed.
func TestSuggestReadsOnlyTheMembersThatItShows(t *testing.T) {
	reads := func(others int) int {
		w := worldtest.New(t)
		for n := range others {
			w.Group(fmt.Sprint("Association ", n), "a@x.fr", "b@x.fr", "c@x.fr")
		}
		w.Group("Conseil", "d@x.fr")
		before := w.Counts().Reads
		found, err := w.Contacts.Suggest(t.Context(), w.Handle, "cons")
		if err != nil || len(found) != 1 || found[0].Group.Members != 1 {
			t.Fatalf("got %+v, %v", found, err)
		}
		return w.Counts().Reads - before
	}
	if none, many := reads(0), reads(20); many != none {
		t.Errorf("%d reads, with twenty other groups %d", none, many)
	}
}

package contacts_test

import (
	"fmt"
	"slices"
	"testing"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/worldtest"
)

// council is a directory with all that a filter asks for.
func council(t *testing.T, w *worldtest.World) (in directory.GroupID) {
	in = group(t, w, "Conseil")
	for n, f := range []contacts.Fields{
		{First: "Zoé", Last: "Albert", Rank: 2}, {First: "Anne", Last: "Zola", Rank: 1}, {Name: "Bruno Petit"},
		{Name: "Chloé Petit", Inactive: true}, {Name: "Denis Roy", Paper: true}, {Name: "Élise Roy", Rank: 2},
	} {
		if n%2 == 0 {
			f.Addresses = []string{fmt.Sprintf("p%d@x.fr", n)}
		}
		if n < 4 {
			f.Groups = []directory.GroupID{in}
		}
		create(t, w, f)
	}
	return in
}

func TestFilters(t *testing.T) {
	for _, walked := range []int{100, 1} { // all sets are small; each is too large to be read whole
		w := worldtest.New(t)
		in := council(t, w)
		w.Contacts.SetWalked(walked)
		for _, c := range []struct {
			name string
			f    contacts.Filter
			want []string
		}{
			{"all, by last name", contacts.Filter{}, []string{"Zoé Albert", "Bruno Petit", "Chloé Petit", "Denis Roy", "Élise Roy", "Anne Zola"}},
			{"by rank, then by name", contacts.Filter{ByRank: true}, []string{"Anne Zola", "Zoé Albert", "Élise Roy", "Bruno Petit", "Chloé Petit", "Denis Roy"}},
			{"active", contacts.Filter{State: contacts.Active}, []string{"Zoé Albert", "Bruno Petit", "Denis Roy", "Élise Roy", "Anne Zola"}},
			{"not active", contacts.Filter{State: contacts.Inactive}, []string{"Chloé Petit"}},
			{"without mail", contacts.Filter{State: contacts.NoMail}, []string{"Chloé Petit", "Élise Roy", "Anne Zola"}},
			{"on paper", contacts.Filter{State: contacts.Paper}, []string{"Denis Roy"}},
			{"of a group", contacts.Filter{Group: in}, []string{"Zoé Albert", "Bruno Petit", "Chloé Petit", "Anne Zola"}},
			{"of a group by rank", contacts.Filter{Group: in, ByRank: true}, []string{"Anne Zola", "Zoé Albert", "Bruno Petit", "Chloé Petit"}},
			{"of a group, active, with a word", contacts.Filter{Group: in, State: contacts.Active, Words: "pet"}, []string{"Bruno Petit"}},
			{"a word by rank", contacts.Filter{Words: "roy", ByRank: true}, []string{"Élise Roy", "Denis Roy"}},
			{"two words that find one", contacts.Filter{Words: "ro el"}, []string{"Élise Roy"}},
			{"nobody", contacts.Filter{State: contacts.Paper, Group: in}, nil},
		} {
			t.Run(fmt.Sprint(c.name, ", walking ", walked), func(t *testing.T) {
				if got := names(w.Entries(c.f)); !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
				c.f.Limit = contacts.MaxPage
				page, err := w.Contacts.List(t.Context(), w.Handle, c.f)
				if err != nil || !page.AtLeast && page.Total != len(c.want) || page.Total > len(c.want) {
					t.Errorf("%d in all, at least %v, %v, want %d", page.Total, page.AtLeast, err, len(c.want))
				}
				var all []string
				err = w.Contacts.Export(t.Context(), w.Handle, c.f, func(e contacts.Entry) error { all = append(all, e.Name); return nil })
				if err != nil || !slices.Equal(all, c.want) {
					t.Errorf("exported %q, %v", all, err)
				}
			})
		}
	}
}

// A page reads no more of a directory that is larger.
func TestPageOfALargeDirectoryReadsNoMore(t *testing.T) {
	crowd := func(n int) (*worldtest.World, directory.GroupID) {
		w := worldtest.New(t)
		in := []directory.GroupID{group(t, w, "Conseil")}
		for n := range n {
			create(t, w, contacts.Fields{Name: fmt.Sprintf("Élu %04d", n), Groups: in, Inactive: n%2 == 0})
		}
		w.Contacts.SetWalked(20)
		return w, in[0]
	}
	small, inSmall := crowd(260)
	large, inLarge := crowd(620)
	reads := func(w *worldtest.World, in directory.GroupID, f contacts.Filter) float64 {
		if f.Limit = 10; f.Group != "" {
			f.Group = in
		}
		before := w.Counts().ReadUnits
		if _, err := w.Contacts.List(t.Context(), w.Handle, f); err != nil {
			t.Fatal(err)
		}
		return float64(w.Counts().ReadUnits - before)
	}
	for name, f := range map[string]contacts.Filter{
		"all": {}, "a word that all have": {Words: "élu"}, "a group of all": {Group: "x"}, "active": {State: contacts.Active},
		"not active": {State: contacts.Inactive, Words: "élu"}, "by rank": {ByRank: true},
	} {
		t.Run(name, func(t *testing.T) {
			if of, ofMore := reads(small, inSmall, f), reads(large, inLarge, f); of < 1 || ofMore > 1.1*of {
				t.Errorf("%v units among 260 contacts, %v among 620", of, ofMore)
			}
		})
	}
}

func TestGroupOfManyCountsSoFar(t *testing.T) {
	w := worldtest.New(t)
	in := council(t, w)
	for _, c := range []struct {
		walked  int
		members int
		atLeast bool
	}{{3, 3, true}, {4, 4, false}, {5, 4, false}} {
		w.Contacts.SetWalked(c.walked)
		groups, err := w.Contacts.Groups(t.Context(), w.Handle)
		if err != nil || groups[0].ID != in || groups[0].Members != c.members || groups[0].AtLeast != c.atLeast {
			t.Errorf("walking %d: %+v, %v", c.walked, groups, err)
		}
	}
}

func TestMembersInOffice(t *testing.T) {
	w := worldtest.New(t)
	in := []directory.GroupID{group(t, w, "Conseil")}
	anne := create(t, w, contacts.Fields{Name: "Anne", Groups: in})
	create(t, w, contacts.Fields{Name: "Luc", SubstituteOf: anne.ID, Groups: in})
	create(t, w, contacts.Fields{Name: "Paul", Inactive: true, Groups: in})
	create(t, w, contacts.Fields{Name: "Odile", Paper: true, Groups: in})
	office := func() (int, int) {
		groups, err := w.Contacts.Groups(t.Context(), w.Handle)
		if err != nil {
			t.Fatal(err)
		}
		return groups[0].InOffice, groups[0].Members
	}
	if n, of := office(); n != 2 || of != 4 {
		t.Errorf("%d of %d", n, of)
	}
	if _, err := w.Contacts.Change(t.Context(), w.Handle, by, anne.ID, 1, contacts.Fields{Name: "Anne", Inactive: true, Groups: in}); err != nil {
		t.Fatal(err)
	}
	if n, of := office(); n != 1 || of != 4 {
		t.Errorf("Anne has left: %d of %d", n, of)
	}
}

func TestJoin(t *testing.T) {
	w := worldtest.New(t)
	all := groups(t, w, 65)
	full := create(t, w, contacts.Fields{Name: "Anne", Groups: all[:64]})
	paul := create(t, w, contacts.Fields{Name: "Paul", Phone: "01", Rank: 4, Groups: all[:1]})
	ids := []directory.ContactID{paul.ID, "ctc_aaaaaaaaaaaaaaaa"}
	for _, want := range []int{1, 0} {
		n, err := w.Contacts.Join(t.Context(), w.Handle, by, all[64], ids)
		if err != nil || n != want {
			t.Errorf("%d joined, %v, want %d", n, err, want)
		}
	}
	if e := w.Entries(contacts.Filter{Group: all[64]}); len(e) != 1 || e[0].Phone != "01" || e[0].Rank != 4 || len(e[0].Groups) != 2 {
		t.Errorf("got %+v", e)
	}
	if _, err := w.Contacts.Join(t.Context(), w.Handle, by, all[64], []directory.ContactID{full.ID}); err == nil {
		t.Error("in 65 groups")
	}
	if _, err := w.Contacts.Join(t.Context(), w.Handle, by, "grp_aaaaaaaaaaaaaaaa", ids); err == nil {
		t.Error("a group that is not there")
	}
}

func TestInterruptedJoinAndShare(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		g := group(t, w, "Conseil")
		ids := []directory.ContactID{create(t, w, contacts.Fields{Name: "Anne"}).ID, create(t, w, contacts.Fields{Name: "Paul"}).ID}
		return worldtest.Flow{
			State: func() any {
				groups, err := w.Contacts.Groups(t.Context(), w.Handle)
				return []any{w.Directory(), w.Journal(), groups[0].Shared, err}
			},
			Run: func() error {
				if _, err := w.Contacts.Join(t.Context(), w.Handle, by, g, ids); err != nil {
					return err
				}
				_, err := w.Contacts.ShareGroup(t.Context(), w.Handle, by, g, true)
				return err
			},
		}
	})
}

// Of many, those that were seen are counted: the page says « plus de ».
func TestCountOfManyIsAtLeastWhatWasSeen(t *testing.T) {
	w := worldtest.New(t)
	council(t, w)
	w.Contacts.SetWalked(3) // Zoé Albert, Bruno Petit, and Chloé Petit who is not active
	page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{State: contacts.Active, Limit: 1})
	if err != nil || page.Total != 2 || !page.AtLeast {
		t.Errorf("%d, at least %v, %v", page.Total, page.AtLeast, err)
	}
}

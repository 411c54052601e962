package csvimport_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// full is a contact of whom everything is known.
var full = contacts.Fields{
	Name: "Madame la Maire", Civility: "Mme", First: "Jeanne", Last: "Dupont", Function: "Maire", Phone: "01 02 03 04 05",
	Addresses: []string{"jeanne@x.fr"}, Inactive: true, Paper: true, Rank: 1,
}

func TestOnlyWhatTheFileSaysIsChanged(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       func(*directory.Contact) // what changes; nil: nothing
	}{
		{"an address alone", "mail\njeanne@x.fr\n", nil},
		{"columns that are empty", "mail;fonction;actif;papier;ordre du tableau;téléphone\njeanne@x.fr;;;;;\n", nil},
		{"names that a description stands for", "mail;prenom;nom\njeanne@x.fr;Jeanne;Dupont\n", nil},
		{"a phone written in another way", "mail;téléphone\njeanne@x.fr;01.02.03.04.05\n", nil},
		{"another phone", "mail;téléphone\njeanne@x.fr;06 00 00 00 00\n", func(c *directory.Contact) { c.Phone = "06 00 00 00 00" }},
		{"a function", "mail;fonction\njeanne@x.fr;Adjointe\n", func(c *directory.Contact) { c.Function = "Adjointe" }},
		{"a civility", "mail;civilité\njeanne@x.fr;Madame\n", func(c *directory.Contact) { c.Civility = "Madame" }},
		{"active", "mail;actif\njeanne@x.fr;oui\n", func(c *directory.Contact) { c.Inactive = false }},
		{"no paper", "mail;papier\njeanne@x.fr;non\n", func(c *directory.Contact) { c.Paper = false }},
		{"a rank", "mail;ordre du tableau\njeanne@x.fr;7\n", func(c *directory.Contact) { c.Rank = 7 }},
		{"a second address", "mail;mail 2\njeanne@x.fr;maire@x.fr\n", func(c *directory.Contact) { c.Addresses = append(c.Addresses, "maire@x.fr") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			e, err := w.Contacts.Create(t.Context(), w.Handle, by, full)
			if err != nil {
				t.Fatal(err)
			}
			w.Clock = w.Clock.Add(time.Minute)
			got := apply(t, w, sent(t, w, c.file), nil)
			want := e.Contact
			if c.want != nil {
				c.want(&want)
				want.Version, want.UpdatedAt = 2, w.Clock
			}
			if (got.Changed == 1) != (c.want != nil) || got.Imported() != 1 {
				t.Errorf("got %+v", got)
			}
			now, err := w.Handle.Contact(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, now); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLinesThatTheDirectoryCannotTake(t *testing.T) {
	long := func(n int) string { return fmt.Sprintf("%0*d", n, 1) }
	for _, c := range []struct {
		name, file string
		want       string
	}{
		{"a third address", "mail;mail 2\na@x.fr;c@x.fr\n", "2 third_address"},
		{"a civility of 30", "mail;civilité\nn@x.fr;" + long(30) + "\n", ""},
		{"a civility of 31", "mail;civilité\nn@x.fr;" + long(31) + "\n", "2 detail_too_long"},
		{"a substitute of nobody", "mail;suppléant de\nn@x.fr;Personne Ici\n", "2 substitute_unknown"},
		{"a substitute of one of two", "mail;suppléant de\nn@x.fr;Luc Roy\n", "2 substitute_several"},
		{"a substitute of herself", "mail;nom complet;suppléant de\nn@x.fr;Zoé Vidal;Zoé Vidal\n", "2 substitute_unknown"},
		{"a substitute of somebody further down", "mail;nom complet;suppléant de\nn@x.fr;Zoé Vidal;Yves Noël\ny@x.fr;Yves Noël;\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			for _, f := range []contacts.Fields{
				{Name: "Deux", Addresses: []string{"a@x.fr", "b@x.fr"}},
				{Name: "Luc Roy", Addresses: []string{"l@x.fr"}}, {Name: "Luc Roy", Addresses: []string{"m@x.fr"}},
			} {
				if _, err := w.Contacts.Create(t.Context(), w.Handle, by, f); err != nil {
					t.Fatal(err)
				}
			}
			id := sent(t, w, c.file)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := faults(preview(t, w, id).Errors); !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
			if got := apply(t, w, id, nil); got.Errors != len(want) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSubstitutesAreFoundInTheFile(t *testing.T) {
	for _, size := range []int{1, 100} {
		w := worldtest.New(t)
		w.Import.SetBatch(size)
		apply(t, w, sent(t, w, "mail;prenom;nom;suppléant de\nz@x.fr;Zoé;Vidal;Noël Yves\ny@x.fr;Yves;Noël;\n"), nil)
		page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Words: "zoe"})
		if err != nil || len(page.Entries) != 1 || page.Entries[0].Substitute.Name != "Yves Noël" {
			t.Errorf("got %+v, %v", page.Entries, err)
		}
	}
}

func TestPersonsWithoutAnAddress(t *testing.T) {
	const file = "mail;nom complet;papier\n;Rose Blanc;oui\n;Luc Roy;oui\n"
	w := worldtest.New(t)
	contact(t, w, "Luc Roy", "luc@x.fr")
	id := sent(t, w, file)
	p := preview(t, w, id)
	if p.Counts.New != 1 || p.Counts.Asked != 1 || p.Questions[0].Other != "Luc Roy" {
		t.Fatalf("got %+v", p.Counts)
	}
	apply(t, w, id, map[int]csvimport.Decision{3: csvimport.SamePerson})
	if got := apply(t, w, sent(t, w, "mail;nom complet;papier\n;blanc ROSE;oui\n"), nil); got.New != 0 {
		t.Errorf("the same person again: got %+v", got)
	}
	if got := w.Directory().Contacts; len(got) != 2 {
		t.Errorf("got %q", got)
	}
	without := sent(t, w, "mail;nom complet\n;Jean Neuf\na@x.fr;A\n")
	if p := preview(t, w, without); p.Counts.Errors != 1 {
		t.Errorf("nobody said so: got %+v", p.Counts)
	}
	if err := w.Import.Choose(t.Context(), w.Handle, without, store.ImportChoices{WithoutAddress: true}, nil); err != nil {
		t.Fatal(err)
	}
	if p := preview(t, w, without); p.Counts.Errors != 0 || p.Counts.New != 2 || p.Counts.Paper != 1 {
		t.Errorf("got %+v", p.Counts)
	}
}

func TestGroupsAreAddedOrReplaced(t *testing.T) {
	const file = "mail;nom complet;groupe\njean@x.fr;;Bureau\nluc@x.fr;;\n"
	for _, c := range []struct {
		name    string
		choices store.ImportChoices
		want    []string
		groups  int // created
	}{
		{"added", store.ImportChoices{}, []string{"jean@x.fr <jean@x.fr> [Bureau, Conseil]", "luc@x.fr <luc@x.fr> [Conseil]"}, 1},
		{"in their place", store.ImportChoices{Replace: true}, []string{"jean@x.fr <jean@x.fr> [Bureau]", "luc@x.fr <luc@x.fr> [Conseil]"}, 1},
		{"refused", store.ImportChoices{Refused: []string{"BUREAU"}}, []string{"jean@x.fr <jean@x.fr> [Conseil]", "luc@x.fr <luc@x.fr> [Conseil]"}, 0},
		{
			"in their place, but refused", store.ImportChoices{Replace: true, Refused: []string{"Bureau"}},
			[]string{"jean@x.fr <jean@x.fr> [Conseil]", "luc@x.fr <luc@x.fr> [Conseil]"}, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			w.Group("Conseil", "jean@x.fr", "luc@x.fr")
			id := sent(t, w, file)
			if err := w.Import.Choose(t.Context(), w.Handle, id, c.choices, nil); err != nil {
				t.Fatal(err)
			}
			if got := apply(t, w, id, nil); got.Groups != c.groups {
				t.Errorf("got %+v", got)
			}
			if diff := cmp.Diff(c.want, w.Directory().Contacts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLinesAreCorrectedAndLeftOut(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w, "mail;nom complet\na@x,fr;A\nfaux;B\nc@x.fr;C\n")
	choose := func(lines ...store.ImportLine) csvimport.Preview {
		t.Helper()
		if err := w.Import.Choose(t.Context(), w.Handle, id, store.ImportChoices{}, lines); err != nil {
			t.Fatal(err)
		}
		return preview(t, w, id)
	}
	p := choose(store.ImportLine{Line: 2, Cells: []string{"a@x.fr", "A"}}, store.ImportLine{Line: 3, Out: true})
	if p.Counts != (csvimport.Counts{New: 2, Out: 1}) {
		t.Errorf("got %+v", p.Counts)
	}
	if p = choose(store.ImportLine{Line: 3}); p.Counts != (csvimport.Counts{New: 2, Errors: 1}) {
		t.Errorf("taken back: got %+v", p.Counts)
	}
	if got := apply(t, w, id, nil); got.New != 2 || got.Errors != 1 {
		t.Errorf("got %+v", got)
	}
	var left []string
	err := w.Import.Errors(t.Context(), w.Handle, id, func(l contactfile.Layout) error {
		if len(l.Columns) != 2 {
			t.Errorf("got %+v", l)
		}
		return nil
	}, func(e contactfile.LineError) error {
		left = append(left, fmt.Sprint(e.Line, e.Cells))
		return nil
	})
	if err != nil || !slices.Equal(left, []string{"3 [faux B]"}) {
		t.Errorf("left are %q, %v", left, err)
	}
}

func TestChoicesHaveLimits(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w, "a@x.fr\n")
	lines := make([]store.ImportLine, csvimport.MaxChosen+1)
	for n := range lines {
		lines[n] = store.ImportLine{Line: n + 1, Out: true}
	}
	for _, c := range []struct {
		name    string
		choices store.ImportChoices
		lines   []store.ImportLine
		want    *errs.Error
	}{
		{"another encoding", store.ImportChoices{Encoding: "ebcdic"}, nil, contactfile.ErrOptions},
		{"another role", store.ImportChoices{Columns: []string{"shoe_size"}}, nil, contactfile.ErrOptions},
		{"3,001 lines", store.ImportChoices{}, lines, csvimport.ErrManyChosen},
		{"3,000 lines", store.ImportChoices{}, lines[1:], nil},
		{"one more", store.ImportChoices{}, lines[:1], csvimport.ErrManyChosen},
	} {
		if err := w.Import.Choose(t.Context(), w.Handle, id, c.choices, c.lines); !errors.Is(err, errOrNil(c.want)) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// Each request does what it has time for: one batch at least.
func TestImportGoesOnBatchByBatch(t *testing.T) {
	w := worldtest.New(t)
	w.Import.SetBatch(3)
	text := "mail;nom complet;groupe\n"
	for n := range 10 {
		text += fmt.Sprintf("a%d@x.fr;Prenom%d Nom%d;Conseil\n", n, n, n)
	}
	id := sent(t, w, text)
	var lines []int
	for {
		i, err := w.Import.Apply(t.Context(), w.Handle, by, id, -time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if i.Lines != 11 {
			t.Errorf("%d lines", i.Lines)
		}
		lines = append(lines, i.Line)
		if !i.AppliedAt.IsZero() {
			break
		}
	}
	if !slices.Equal(lines, []int{4, 7, 10, 11}) || len(w.Directory().Contacts) != 10 {
		t.Errorf("stopped at %v", lines)
	}
}

func TestInterruptedImportOfBatches(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		w.Import.SetBatch(2)
		found(t, w)
		id := sent(t, w, allKinds)
		var got store.Import
		return worldtest.Flow{
			Run: func() (err error) {
				got, err = applies(t, w, id)
				return err
			},
			State: func() any {
				return []any{w.Directory(), w.Journal(), got.New, got.Changed, got.Unchanged, got.Groups}
			},
		}
	})
}

package csvimport_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

func TestApplyCompletesAndNeverTakesAway(t *testing.T) {
	w := worldtest.New(t)
	w.Group("Conseil", "jean@x.fr")
	contact(t, w, "Anne-Marie Petit", "anne@x.fr")
	contact(t, w, "P. Roy", "paul@x.fr")
	const file = `mail;nom complet;groupe
jean@x.fr;;Bureau
anne@x.fr;A.-M. Petit;
paul@x.fr;Paul Roy;
neuf@x.fr;Neuf;bureau
neuf@x.fr;;Conseil
faux;;
`
	id := sent(t, w, file)
	got := apply(t, w, id, nil)
	if got.Imported() != 4 || got.Unchanged != 1 || got.Groups != 1 || !got.AppliedAt.Equal(w.Clock) || got.By != by {
		t.Errorf("got %+v", got)
	}
	want := worldtest.Directory{
		Contacts: []string{
			"Anne-Marie Petit <anne@x.fr> []", "jean@x.fr <jean@x.fr> [Bureau, Conseil]", "Neuf <neuf@x.fr> [Bureau, Conseil]",
			"Paul Roy <paul@x.fr> []",
		},
		Groups: []string{"Bureau (2)", "Conseil (2)"},
	}
	if diff := cmp.Diff(want, w.Directory()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	before, counts := w.Journal(), w.Counts()
	w.Clock = w.Clock.Add(time.Hour)
	if again := apply(t, w, id, nil); !reflect.DeepEqual(again, got) {
		t.Errorf("applied twice: got %+v, then %+v", got, again)
	}
	if n := w.Counts(); n.Writes != counts.Writes || n.Reads != counts.Reads+1 {
		t.Errorf("applied twice: %d writes, %d reads", n.Writes-counts.Writes, n.Reads-counts.Reads)
	}
	same := apply(t, w, sent(t, w, file), nil)
	if same.Imported() != 4 || same.Unchanged != 4 || same.Groups != 0 {
		t.Errorf("the same file again: got %+v", same)
	}
	if diff := cmp.Diff(want, w.Directory()); diff != "" {
		t.Errorf("the same file again (-want +got)\n%s", diff)
	}
	after := w.Journal()
	if before["contacts_imported"] != 1 || after["contacts_imported"] != 2 || after["contact_saved"] != before["contact_saved"] {
		t.Errorf("the journal had %v, has %v", before, after)
	}
}

func TestQuestionsAreAnsweredBeforeAnythingIsWritten(t *testing.T) {
	w := worldtest.New(t)
	contact(t, w, "Luc Roy", "mairie@x.fr")
	id := sent(t, w, "mail;nom complet\nneuf@x.fr;Neuf\nmairie@x.fr;Zoé Vidal\n")
	before := w.Counts().Writes
	for _, decisions := range []map[int]csvimport.Decision{nil, {2: csvimport.SamePerson}, {3: ""}, {3: "peut-être"}} {
		decide(t, w, id, decisions)
		before = w.Counts().Writes
		_, err := w.Import.Apply(t.Context(), w.Handle, by, id, time.Hour)
		if refusal, _ := errs.As(err); !errors.Is(err, csvimport.ErrUndecided) || refusal.About != "Zoé Vidal" {
			t.Errorf("%v: got %v about %q", decisions, err, refusal.About)
		}
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
	apply(t, w, id, map[int]csvimport.Decision{3: csvimport.OtherPerson})
	want := []string{"Luc Roy <mairie@x.fr> []", "Neuf <neuf@x.fr> []", "Zoé Vidal <mairie@x.fr> []"}
	if diff := cmp.Diff(want, w.Directory().Contacts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSamePersonIsTheOneThatTheQuestionNames(t *testing.T) {
	const same, other = csvimport.SamePerson, csvimport.OtherPerson
	type answers map[int]csvimport.Decision
	for _, c := range []struct {
		name      string
		directory []string
		file      []string // with « +group »
		decisions answers
		questions []string
		want      []string
	}{
		{
			"one of the directory", []string{"Anne"}, []string{"Zoé+G"}, answers{1: same},
			[]string{"Anne"}, []string{"Zoé [G]"},
		},
		{
			"the first of several of the directory", []string{"Anne", "Bruno", "Chloé"}, []string{"Zoé+G"}, answers{1: same},
			[]string{"Anne"}, []string{"Bruno []", "Chloé []", "Zoé [G]"},
		},
		{
			"one of the file", nil, []string{"Jean+G", "Marie+H"}, answers{2: same},
			[]string{"Jean"}, []string{"Marie [G, H]"},
		},
		{
			"the last of several of the file", nil, []string{"Jean+G", "Paul+H", "Marie+I"}, answers{2: other, 3: same},
			[]string{"Jean", "Paul"}, []string{"Jean [G]", "Marie [H, I]"},
		},
		{
			"one of the file who is one of the directory", []string{"Anne"}, []string{"Jean+G", "Marie+H"}, answers{1: same, 2: same},
			[]string{"Anne", "Jean"}, []string{"Marie [G, H]"},
		},
		{
			"one of the file beside one of the directory", []string{"Anne"}, []string{"Jean+G", "Marie+H"}, answers{1: other, 2: same},
			[]string{"Anne", "Jean"}, []string{"Anne []", "Marie [G, H]"},
		},
		{
			"everybody is somebody else", []string{"Anne"}, []string{"Jean", "Marie", "Paul"},
			answers{1: other, 2: other, 3: other},
			[]string{"Anne", "Jean", "Marie"}, []string{"Anne []", "Jean []", "Marie []", "Paul []"},
		},
		{
			"everybody is the same", []string{"Anne"}, []string{"Jean", "Marie", "Paul"}, answers{1: same, 2: same, 3: same},
			[]string{"Anne", "Jean", "Marie"}, []string{"Paul []"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := ""
			for _, line := range c.file {
				name, group, _ := strings.Cut(line, "+")
				text += "mairie@x.fr;" + name + ";" + group + "\n"
			}
			start := func(w *worldtest.World) string {
				for _, name := range c.directory {
					contact(t, w, name, "mairie@x.fr")
				}
				return sent(t, w, text)
			}
			w := worldtest.New(t)
			var asked []string
			for _, p := range preview(t, w, start(w)).Contacts {
				if p.State == csvimport.Ask {
					asked = append(asked, p.Other)
				}
			}
			if !slices.Equal(asked, c.questions) {
				t.Errorf("asked whether they are %q, want %q", asked, c.questions)
			}
			var want []string
			for _, line := range c.want {
				want = append(want, strings.Replace(line, " [", " <mairie@x.fr> [", 1))
			}
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				id := start(w)
				decide(t, w, id, c.decisions)
				return worldtest.Flow{
					Run: func() error {
						_, err := applies(t, w, id)
						return err
					},
					State: func() any {
						got := w.Directory()
						if diff := cmp.Diff(want, got.Contacts); diff != "" {
							t.Errorf("(-want +got)\n%s", diff)
						}
						return got
					},
				}
			})
		})
	}
}

func TestInterruptedImport(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		w.Group("Conseil", "jean@x.fr")
		id := sent(t, w, `mail;nom complet;groupe;groupe
jean@x.fr;;conseil
neuf@x.fr;Neuf;Bureau;Conseil
autre@x.fr;Autre;Bureau;Commission
autre@x.fr;;École
faux;;
`)
		var got store.Import
		return worldtest.Flow{
			Run: func() (err error) {
				got, err = applies(t, w, id)
				return err
			},
			State: func() any {
				return []any{w.Directory(), w.Journal(), got.Imported(), got.Unchanged, got.Groups}
			},
		}
	})
}

func TestImportThatCompletesContactsIsInterrupted(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		contact(t, w, "J. Dupont", "jean@x.fr")
		contact(t, w, "Anne Petit", "anne@x.fr")
		id := sent(t, w, "mail;nom complet;groupe\njean@x.fr;Jean Dupont;Conseil\nanne@x.fr;Anne Petit;Conseil\n")
		return worldtest.Flow{
			Run: func() error {
				i, err := applies(t, w, id)
				if err == nil && i.Imported() != 2 {
					t.Errorf("%d imported", i.Imported())
				}
				return err
			},
			State: func() any { return []any{w.Directory(), w.Journal()} },
		}
	})
}

func TestTooManyGroups(t *testing.T) {
	member := func(t *testing.T, w *worldtest.World, name, address string, n int) {
		f := contacts.Fields{Name: name, Addresses: []string{address}}
		for i := range n {
			g, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, fmt.Sprint("Groupe ", i))
			if err != nil {
				t.Fatal(err)
			}
			f.Groups = append(f.Groups, g.ID)
		}
		if _, err := w.Contacts.Create(t.Context(), w.Handle, by, f); err != nil {
			t.Fatal(err)
		}
	}
	line := func(name string, n int) string {
		text := "a@x.fr;" + name
		for i := range n {
			text += fmt.Sprint(";", name, i)
		}
		return text + strings.Repeat(";", 64-n) + "\n"
	}
	type answers map[int]csvimport.Decision
	const same, other = csvimport.SamePerson, csvimport.OtherPerson
	for _, c := range []struct {
		name      string
		in        int // groups that Jean is in
		file      string
		decisions answers
		errors    []string // lines in error
	}{
		{"64 with those of the directory", 40, line("Jean", 24), nil, nil},
		{"65 with those of the directory", 40, line("Jean", 25), nil, []string{"1 too_many_groups"}},
		{"groups that Jean is in already", 64, "a@x.fr;Jean;Groupe 1;groupe 2\n", nil, nil},
		{"64 with a decision", 40, line("Marie", 24), answers{1: same}, nil},
		{"65 with a decision", 40, line("Marie", 25), answers{1: same}, []string{"1 too_many_groups"}},
		{"65 with a decision about two lines", 1, line("Jean", 32) + line("Marie", 32), answers{2: same}, []string{"2 too_many_groups"}},
		{"two lines that are two persons", 1, line("Jean", 32) + line("Marie", 33), answers{2: other}, nil},
		{"two lines of one person", 1, line("Jean", 33) + line("J", 33), nil, []string{"2 too_many_groups"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			member(t, w, "Jean", "a@x.fr", c.in)
			id := sent(t, w, c.file+"autre@x.fr;Autre\n")
			decide(t, w, id, c.decisions)
			before := w.Counts().Writes
			p := preview(t, w, id)
			if got := faults(p.Errors); !slices.Equal(got, c.errors) || p.Counts.Errors != len(c.errors) {
				t.Errorf("the preview has %q, %d lines in error", got, p.Counts.Errors)
			}
			if n := w.Counts().Writes; n != before {
				t.Errorf("%d writes", n-before)
			}
			got := apply(t, w, id, nil)
			if want := p.Counts.Total(); got.Imported() != want || got.Groups != len(p.Groups) || got.Errors != len(c.errors) {
				t.Errorf("%d imported with %d groups, want %d with %d", got.Imported(), got.Groups, want, len(p.Groups))
			}
		})
	}
}

func TestImportMeetsSomebodyElse(t *testing.T) {
	const file = "mail;nom complet;groupe\njean@x.fr;Jean Dupont;Bureau\n"
	for _, c := range []struct {
		name string
		at   int // before which transaction of the import
		act  func(w *worldtest.World, e contacts.Entry) error
		want string
	}{
		{"who creates the group", 1, func(w *worldtest.World, _ contacts.Entry) error {
			_, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "BUREAU")
			return err
		}, "Jean Dupont <jean@x.fr> [BUREAU]"},
		{"who changes the contact", 2, func(w *worldtest.World, e contacts.Entry) error {
			f := contacts.Fields{Name: "J. Dupont", Addresses: []string{"jean@x.fr", "jd@y.fr"}}
			_, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, f)
			return err
		}, "Jean Dupont <jean@x.fr> <jd@y.fr> [Bureau]"},
		{"who gives the contact another name", 2, func(w *worldtest.World, e contacts.Entry) error {
			f := contacts.Fields{Name: "Jean Dupont", Addresses: []string{"jean@x.fr"}}
			_, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, f)
			return err
		}, "Jean Dupont <jean@x.fr> [Bureau]"},
		{"who deletes the contact", 2, func(w *worldtest.World, e contacts.Entry) error {
			_, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{e.ID})
			return err
		}, "Jean Dupont <jean@x.fr> [Bureau]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			e := contact(t, w, "J. Dupont", "jean@x.fr")
			id := sent(t, w, file)
			transactions := 0
			w.Fault = func(op string, _ table.Key) table.Fault {
				if op != "transact" {
					return table.FaultNone
				}
				if transactions++; transactions == c.at {
					if err := c.act(w, e); err != nil {
						t.Error(err)
					}
				}
				return table.FaultNone
			}
			apply(t, w, id, nil)
			if got := w.Directory().Contacts; !slices.Equal(got, []string{c.want}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestContactThatNeverStandsStill(t *testing.T) {
	w := worldtest.New(t)
	e := contact(t, w, "J. Dupont", "jean@x.fr")
	id := sent(t, w, "mail;nom complet\njean@x.fr;Jean Dupont\n")
	busy := false
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" && !busy {
			busy = true
			var err error
			f := contacts.Fields{Name: "J. Dupont", Addresses: []string{"jean@x.fr", fmt.Sprintf("j%d@y.fr", e.Version)}}
			if e, err = w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, f); err != nil {
				t.Error(err)
			}
			busy = false
		}
		return table.FaultNone
	}
	if _, err := applies(t, w, id); !errors.Is(err, table.ErrCondition) {
		t.Errorf("got %v", err)
	}
	w.Fault = nil
	if got := apply(t, w, id, nil); got.Imported() != 1 || got.Unchanged != 0 {
		t.Errorf("applied again: got %+v", got)
	}
}

// faults are the lines in error: « 3 address_missing ».
func faults(errors []contactfile.LineError) []string {
	var all []string
	for _, e := range errors {
		all = append(all, fmt.Sprintf("%d %s", e.Line, e.Code))
	}
	return all
}

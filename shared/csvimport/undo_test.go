package csvimport_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// undoes goes on with undoing an import until it is done.
func undoes(t *testing.T, w *worldtest.World, id string) (store.Import, error) {
	t.Helper()
	for range 1_000 {
		i, err := w.Import.Undo(t.Context(), w.Handle, by, id, 0)
		if err != nil || !i.UndoneAt.IsZero() {
			return i, err
		}
		w.Clock = w.Clock.Add(time.Millisecond)
	}
	t.Fatal("undoing never ends")
	return store.Import{}, nil
}

// everything is all that the directory holds, less what a contact keeps of being written: its version and its time.
func everything(t *testing.T, w *worldtest.World) []string {
	t.Helper()
	var all []string
	err := w.Contacts.Export(t.Context(), w.Handle, contacts.Filter{}, func(e contacts.Entry) error {
		e.Version, e.UpdatedAt = 0, time.Time{}
		all = append(all, fmt.Sprintf("%+v", e))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := w.Contacts.Groups(t.Context(), w.Handle)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		all = append(all, fmt.Sprintf("%+v", g))
	}
	return all
}

const allKinds = `mail;prenom;nom;civilité;fonction;téléphone;actif;papier;ordre du tableau;suppléant de;groupe;groupe
jean@x.fr;Jean;Dupont;M.;2e adjoint;01 02 03 04 05;non;;4;;Bureau;Conseil
neuf@x.fr;Paul;Neuf;;;;;;;Jean Dupont;Presse;
;Rose;Blanc;;;;;oui;;;Bureau;
anne@x.fr;Anne;Petit;;;;;;;;;
tiers@x.fr;Luc;Tiers;;;;;;;;Conseil;Bureau
`

// found is a directory in which allKinds changes one contact, leaves one, and adds three.
func found(t *testing.T, w *worldtest.World) {
	t.Helper()
	w.Group("Conseil", "jean@x.fr")
	if _, err := w.Contacts.Create(t.Context(), w.Handle, by, contacts.Fields{
		Name: "Anne Petit", First: "Anne", Last: "Petit", Addresses: []string{"anne@x.fr"},
	}); err != nil {
		t.Fatal(err)
	}
}

func TestUndoRestoresExactly(t *testing.T) {
	for _, size := range []int{1, 2, 100} {
		w := worldtest.New(t)
		w.Import.SetBatch(size)
		found(t, w)
		before := everything(t, w)
		id := sent(t, w, allKinds)
		if got := apply(t, w, id, nil); got.New != 3 || got.Changed != 1 || got.Unchanged != 1 || got.Groups != 2 {
			t.Errorf("batches of %d: applied %+v", size, got)
		}
		if diff := cmp.Diff(before, everything(t, w)); diff == "" {
			t.Fatal("the import changed nothing")
		}
		got, err := undoes(t, w, id)
		if err != nil || got.Restored != 4 || len(got.Kept) != 0 {
			t.Errorf("batches of %d: got %+v, %v", size, got, err)
		}
		if diff := cmp.Diff(before, everything(t, w)); diff != "" {
			t.Errorf("batches of %d (-before +undone)\n%s", size, diff)
		}
		writes := w.Counts().Writes
		if again, err := undoes(t, w, id); err != nil || again.Restored != 4 || w.Counts().Writes != writes {
			t.Errorf("undone twice: got %+v, %v, %d writes", again, err, w.Counts().Writes-writes)
		}
		if _, err := applies(t, w, id); !errors.Is(err, csvimport.ErrUndone) {
			t.Errorf("applied again: got %v", err)
		}
		if n := w.Journal(); n["contacts_imported"] != 1 || n["import_undone"] != 1 {
			t.Errorf("the journal has %v", n)
		}
	}
}

func TestUndoLeavesWhatWasChangedSince(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(t *testing.T, w *worldtest.World, e contacts.Entry) error
	}{
		{"a new one is changed", func(t *testing.T, w *worldtest.World, e contacts.Entry) error {
			_, err := w.Contacts.Change(t.Context(), w.Handle, by, e.ID, e.Version, contacts.Fields{Name: "Autre", Addresses: []string{"jean@x.fr"}})
			return err
		}},
		{"one joins a group", func(t *testing.T, w *worldtest.World, e contacts.Entry) error {
			g, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "Autre")
			if err == nil {
				_, err = w.Contacts.Join(t.Context(), w.Handle, by, g.ID, []directory.ContactID{e.ID})
			}
			return err
		}},
		{"one is deleted", func(t *testing.T, w *worldtest.World, e contacts.Entry) error {
			_, err := w.Contacts.Delete(t.Context(), w.Handle, by, []directory.ContactID{e.ID})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			found(t, w)
			id := sent(t, w, allKinds)
			apply(t, w, id, nil)
			page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Words: "dupont"})
			if err != nil || len(page.Entries) != 1 {
				t.Fatal(page, err)
			}
			if err := c.act(t, w, page.Entries[0]); err != nil {
				t.Fatal(err)
			}
			hers := func() []string {
				return slices.DeleteFunc(everything(t, w), func(s string) bool { return !strings.HasPrefix(s, "{Contact:{ID:"+string(page.Entries[0].ID)) })
			}
			changed := hers()
			got, err := undoes(t, w, id)
			if err != nil || got.Restored != 3 || !slices.Equal(got.Kept, []string{string(page.Entries[0].ID)}) {
				t.Errorf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(changed, hers()); diff != "" {
				t.Errorf("(-since +undone)\n%s", diff)
			}
		})
	}
}

// A group that somebody took away since is no change of its members, and does not come back.
func TestUndoAfterAGroupIsGone(t *testing.T) {
	w := worldtest.New(t)
	group := w.Group("Conseil", "jean@x.fr")
	id := sent(t, w, allKinds)
	apply(t, w, id, nil)
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, group); err != nil {
		t.Fatal(err)
	}
	got, err := undoes(t, w, id)
	if err != nil || len(got.Kept) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := w.Directory(); !slices.Equal(got.Contacts, []string{"jean@x.fr <jean@x.fr> []"}) || len(got.Groups) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestUndoIsPossibleFor24Hours(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  *errs.Error
	}{{0, nil}, {24 * time.Hour, nil}, {24*time.Hour + time.Millisecond, csvimport.ErrUndoLate}} {
		w := worldtest.New(t)
		id := sent(t, w, allKinds)
		if _, err := undoes(t, w, id); !errors.Is(err, csvimport.ErrNotBegun) {
			t.Errorf("not applied: got %v", err)
		}
		apply(t, w, id, nil)
		w.Clock = w.Clock.Add(c.after)
		if _, err := undoes(t, w, id); !errors.Is(err, errOrNil(c.want)) {
			t.Errorf("after %s: got %v", c.after, err)
		}
	}
}

// errOrNil is a nil error where there is no refusal.
func errOrNil(e *errs.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func TestInterruptedUndo(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		w.Import.SetBatch(2)
		found(t, w)
		id := sent(t, w, allKinds)
		apply(t, w, id, nil)
		var got store.Import
		return worldtest.Flow{
			Run: func() (err error) {
				got, err = undoes(t, w, id)
				return err
			},
			State: func() any { return []any{w.Directory(), w.Journal(), got.Restored, got.Kept} },
		}
	})
}

// What was applied of an import that was left half-way is undone too.
func TestUndoOfHalfAnImport(t *testing.T) {
	for batches := range 5 {
		w := worldtest.New(t)
		w.Import.SetBatch(1)
		found(t, w)
		before := everything(t, w)
		id := sent(t, w, allKinds)
		for range batches + 1 {
			if _, err := w.Import.Apply(t.Context(), w.Handle, by, id, -time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := undoes(t, w, id); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, everything(t, w)); diff != "" {
			t.Errorf("after %d batches (-before +undone)\n%s", batches+1, diff)
		}
	}
}

package contacts_test

import (
	"strings"
	"testing"

	"convoc/shared/contacts"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// older takes away what a directory of before the rows did not have.
func older(t *testing.T, w *worldtest.World) {
	t.Helper()
	for _, i := range w.Items() {
		if kind, _, _ := strings.Cut(i.Key.Sort, "#"); kind == "byname" || kind == "like" || kind == "count" {
			if _, err := w.Tables.Data.Write(t.Context(), table.Delete(i.Key)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDirectoryOfBeforeTheRows(t *testing.T) {
	for name, first := range map[string]func(w *worldtest.World) error{
		"is brought up at a start": func(w *worldtest.World) error {
			writes := w.Counts().Writes
			if page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 100}); err != nil || len(page.Entries) > 0 || w.Counts().Writes > writes {
				t.Errorf("before: got %+v, %d writes, %v", page, w.Counts().Writes-writes, err) // looking changes nothing
			}
			_, err := w.Handle.BringUp(t.Context())
			return err
		},
		"is changed": func(w *worldtest.World) error {
			_, err := w.Contacts.Create(t.Context(), w.Handle, "secretaire", contacts.Fields{Name: "Zoé"})
			if err == nil {
				_, err = w.Contacts.CreateGroup(t.Context(), w.Handle, "secretaire", "Autre")
			}
			return err
		},
	} {
		w := worldtest.New(t)
		w.Group("Conseil", "a@x.fr", "b@x.fr")
		older(t, w)
		if err := first(w); err != nil {
			t.Fatal(err)
		}
		page, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Words: "x", Limit: 100})
		if err != nil || len(page.Entries) != 2 {
			t.Errorf("%s: got %+v, %v", name, page, err)
		}
		all, err := w.Contacts.List(t.Context(), w.Handle, contacts.Filter{Limit: 100})
		if want := len(all.Entries); err != nil || all.Total != want || want < 2 {
			t.Errorf("%s: %d of %d, %v", name, want, all.Total, err)
		}
	}
}

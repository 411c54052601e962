package compose_test

import (
	"fmt"
	"slices"
	"testing"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/worldtest"
)

// members make the directory one that a draft may name.
func members(t *testing.T, w *worldtest.World) directory.GroupID {
	t.Helper()
	return w.Group("Conseil", "a@x.fr")
}

func TestInterruptedDraft(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(w *worldtest.World, d compose.Draft, g directory.GroupID) error
	}{
		{"created", func(w *worldtest.World, _ compose.Draft, _ directory.GroupID) error {
			_, err := w.Compose.Create(t.Context(), w.Handle, by)
			return err
		}},
		{"saved", func(w *worldtest.World, d compose.Draft, g directory.GroupID) error {
			text := compose.Text{Subject: "Autre", Bcc: []compose.Entry{{Group: g}}}
			_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
			return err
		}},
		{"saved with a meeting and a password", func(w *worldtest.World, d compose.Draft, g directory.GroupID) error {
			list, err := w.Compose.Assemblies(t.Context(), w.Handle)
			if err != nil {
				return err
			}
			password := "les tilleuls"
			text := compose.Text{
				Subject: "Autre", To: []compose.Entry{{Group: g}}, Password: &password, RepliesUntil: worldtest.Meeting,
				Meeting: &convocation.Meeting{Assembly: list[0], At: worldtest.Meeting, Place: "Mairie"},
			}
			_, err = w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
			return err
		}},
		{"beside a new assembly", func(w *worldtest.World, _ compose.Draft, g directory.GroupID) error {
			a := council("Bureau")
			a.Group = g
			_, err := w.Compose.SaveAssembly(t.Context(), w.Handle, by, a)
			return err
		}},
		{"beside an assembly that changes", func(w *worldtest.World, _ compose.Draft, g directory.GroupID) error {
			a := council("Conseil")
			list, err := w.Compose.Assemblies(t.Context(), w.Handle)
			if err != nil {
				return err
			}
			a.ID, a.Version, a.Members = list[0].ID, 1, 27
			_, err = w.Compose.SaveAssembly(t.Context(), w.Handle, by, a)
			return err
		}},
		{"beside an assembly that is deleted", func(w *worldtest.World, _ compose.Draft, _ directory.GroupID) error {
			list, err := w.Compose.Assemblies(t.Context(), w.Handle)
			if err != nil || len(list) == 0 {
				return err
			}
			return w.Compose.DeleteAssembly(t.Context(), w.Handle, by, list[0].ID)
		}},
		{"deleted", func(w *worldtest.World, d compose.Draft, _ directory.GroupID) error {
			return w.Compose.Delete(t.Context(), w.Handle, by, d.ID)
		}},
		{"less a document", func(w *worldtest.World, d compose.Draft, _ directory.GroupID) error {
			return w.Compose.RemoveDocument(t.Context(), w.Handle, d.ID, d.Documents[1].ID)
		}},
		{"with its documents in another order", func(w *worldtest.World, d compose.Draft, _ directory.GroupID) error {
			return w.Compose.OrderDocuments(t.Context(), w.Handle, d.ID, ids(d.Documents[2], d.Documents[0]))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				g := members(t, w)
				saveAssembly(t, w, council("Conseil"))
				d := w.Draft(1)
				var keys []string
				for _, name := range []string{"a.pdf", "b.pdf", "c.pdf"} {
					keys = append(keys, w.Put(d.ID, name, "%PDF-1.4 "+name).Key)
				}
				d = read(t, w, d.ID)
				return worldtest.Flow{
					Run:   func() error { return c.run(w, d, g) },
					State: func() any { return state(t, w, keys) },
				}
			})
		})
	}
}

// state is what the list and the drafts show, and which of the files are there.
func state(t *testing.T, w *worldtest.World, keys []string) any {
	t.Helper()
	var lines []string
	for _, id := range listed(t, w) {
		d := read(t, w, id)
		to := d.Audience
		line := fmt.Sprintf("%s, version %d, to %d %d %d, locked %v:", d.Subject, d.Version, len(to.To), len(to.Cc), len(to.Bcc), d.Password != "")
		if m := d.Meeting; m != nil {
			line += fmt.Sprintf(" %s of %d at %s", m.Place, m.Assembly.Members, m.At)
		}
		for _, doc := range d.Documents {
			line += " " + doc.Name
		}
		lines = append(lines, line)
	}
	slices.Sort(lines) // two of the same moment are listed in the order of their identifiers
	for _, key := range keys {
		_, err := w.Files.Stat(t.Context(), files.Key(key))
		lines = append(lines, fmt.Sprint("file: ", err == nil))
	}
	return []any{lines, assemblies(t, w), w.Journal()}
}

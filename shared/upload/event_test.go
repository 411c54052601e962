package upload_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// Until it expires a form may be posted again: what was decided on stays as it was.
func TestFirstFileOfAFormIsTheDocument(t *testing.T) {
	for name, first := range map[string]string{"taken": "%PDF-1.4", "refused": "<html>"} {
		t.Run(name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Draft(1).ID
			d, err := announce(t, w, id, "ordre.pdf", 10)
			if err != nil {
				t.Fatal(err)
			}
			arrived(t, w, d, first)
			want := document(t, w, id, d.ID)
			for _, again := range []string{first, "<html>", "%PDF-1.4 autre"} {
				arrived(t, w, d, again)
				if diff := cmp.Diff(want, document(t, w, id, d.ID)); diff != "" {
					t.Errorf("%q in its place: (-before +after)\n%s", again, diff)
				}
				if there(t, w, formKey(d)) {
					t.Errorf("%q stays where the form can write", again)
				}
			}
			if kept := there(t, w, d.Key); kept != (name == "taken") || kept && content(t, w, d.Key) != first {
				t.Errorf("its file is kept: %v", kept)
			}
		})
	}
}

// An earlier version left documents where their forms write: until these expire, what they bring is looked at again.
func TestDocumentUnderTheKeyOfItsForm(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	d, err := announce(t, w, id, "ordre.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	d.Key = formKey(d)
	if err := w.Handle.PutDocument(t.Context(), id, d); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		content string
		want    convocation.DocumentState
	}{{"%PDF-1.4", convocation.DocumentStored}, {"%PDF-1.4 autre", convocation.DocumentStored}, {"<html>", convocation.DocumentRefused}} {
		arrived(t, w, d, c.content)
		if got := document(t, w, id, d.ID); got.State != c.want || there(t, w, d.Key) != (c.want == convocation.DocumentStored) {
			t.Errorf("%q: got %s, its file is there: %v", c.content, got.State, there(t, w, d.Key))
		}
	}
}

func TestEventThatComesLate(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	lost, err := announce(t, w, id, "ordre.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(1, 2*time.Hour)
	if got := document(t, w, id, lost.ID); got.Reason != "upload_lost" {
		t.Fatalf("got %q", got.Reason)
	}
	arrived(t, w, lost, "%PDF-1.4")
	if got := document(t, w, id, lost.ID); got.State != convocation.DocumentStored || got.Reason != "" {
		t.Errorf("after it was given up: got %s %q", got.State, got.Reason)
	}

	removed := w.Put(id, "note.pdf", "%PDF-1.4")
	if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, removed.ID); err != nil {
		t.Fatal(err)
	}
	arrived(t, w, removed, "%PDF-1.4")
	if _, err := w.Handle.Document(t.Context(), id, removed.ID); err == nil || there(t, w, removed.Key) || there(t, w, formKey(removed)) {
		t.Errorf("after it was taken away: the document is back, or a file of it stays (%v)", err)
	}

	w.Send(w.Draft(1))
	d, err := w.Compose.Draft(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	before := document(t, w, id, lost.ID)
	arrived(t, w, lost, "<html>")
	if diff := cmp.Diff(before, document(t, w, id, lost.ID)); diff != "" {
		t.Errorf("after it was sent: (-before +after)\n%s", diff)
	}
}

// The same file by the same form as one that was too much: it is still too much, and stays nowhere.
func TestEventOfADocumentTooManyThatComesTwice(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	for n := range convocation.MaxReplyFiles {
		post(t, w, form(t, w, v), fmt.Sprint("%PDF-1.4 ", n))
	}
	for range 2 {
		post(t, w, key, "%PDF-1.4 de trop")
		kept := keptFiles(t, w, v)
		if len(kept) != convocation.MaxReplyFiles+1 || there(t, w, kept[convocation.MaxReplyFiles]) {
			t.Errorf("%d documents, or its file is there", len(kept))
		}
	}
}

func TestEventThatConcernsNobody(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	w.Send(d)
	before := w.Counts().Writes
	for _, key := range []string{
		"000000000/imports/imp_aaaaaaaaaaaaaaaa",
		"000000000/x/up/doc_aaaaaaaaaaaaaaaa",
		"000000000/" + string(d.ID) + "/up/x",
		"000000000/" + string(d.ID) + "/up/doc_aaaaaaaaaaaaaaaa",
		"000000000/" + string(d.ID) + "/kept/doc_aaaaaaaaaaaaaaaa",
		"000000000/" + string(d.ID) + "/ord_aaaaaaaaaaaaaaaa/doc_aaaaaaaaaaaaaaaa",
		"000000000/" + string(d.ID) + "/rcp_aaaaaaaaaaaaaaaa/doc_aaaaaaaaaaaaaaaa",
		"000000000/" + string(d.ID) + "/rcp_aaaaaaaaaaaaaaaa/kept/doc_aaaaaaaaaaaaaaaa-00",
		"000000000/cnv_aaaaaaaaaaaaaaaa/rcp_aaaaaaaaaaaaaaaa/doc_aaaaaaaaaaaaaaaa",
		"123/" + string(d.ID) + "/up/doc_aaaaaaaaaaaaaaaa",
		"", "/", "x",
	} {
		if err := w.Uploads.Stored(t.Context(), files.Key(key), files.Info{Size: 1}); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
}

func TestDocumentThatDoesNotArriveIsGivenUp(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	lost, err := announce(t, w, id, "perdu.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	silent, err := announce(t, w, id, "sans-nouvelle.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	removed, err := announce(t, w, id, "retire.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, removed.ID); err != nil {
		t.Fatal(err)
	}
	w.Store(formKey(silent), "%PDF-1.4 …")
	w.Store(formKey(removed), "%PDF-1.4 …")
	known := w.Put(id, "connu.pdf", "%PDF-1.4")

	w.Pass(1, 90*time.Minute-time.Millisecond)
	if got := document(t, w, id, lost.ID); got.State != convocation.DocumentPending {
		t.Errorf("before its time: got %s", got.State)
	}
	w.Pass(1, time.Millisecond)
	if got := document(t, w, id, lost.ID); got.State != convocation.DocumentRefused || got.Reason != "upload_lost" {
		t.Errorf("not arrived: got %s %q", got.State, got.Reason)
	}
	if got := document(t, w, id, silent.ID); got.State != convocation.DocumentStored || got.Media != "application/pdf" {
		t.Errorf("arrived without an event: got %s", got.State)
	}
	if got := document(t, w, id, known.ID); got.State != convocation.DocumentStored {
		t.Errorf("known since long: got %s", got.State)
	}
	if there(t, w, removed.Key) || there(t, w, formKey(removed)) {
		t.Error("the file of a document that was taken away stays")
	}
	if due := agenda(t, w); len(due) != 0 {
		t.Errorf("still in the agenda: %v", due)
	}
}

func TestInterruptedUpload(t *testing.T) {
	state := func(w *worldtest.World, id convocation.ID) func() any {
		return func() any {
			docs, err := w.Handle.Documents(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, d := range docs {
				lines = append(lines, fmt.Sprintf("%d %s %s %d %s", d.Position, d.Name, d.State, d.Size, d.Reason))
			}
			return lines
		}
	}
	t.Run("announced", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			id := w.Draft(1).ID
			announced(t, w, id, 1)
			return worldtest.Flow{State: state(w, id), Run: func() error {
				_, err := announce(t, w, id, "ordre.pdf", 10)
				return err
			}}
		})
	})
	t.Run("arrived", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			id := w.Draft(1).ID
			d, err := announce(t, w, id, "ordre.pdf", 1)
			if err != nil {
				t.Fatal(err)
			}
			info := w.Store(formKey(d), "%PDF-1.4")
			return worldtest.Flow{State: state(w, id), Run: func() error {
				return w.Uploads.Stored(t.Context(), files.Key(formKey(d)), info)
			}}
		})
	})
	t.Run("given up", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			id := w.Draft(1).ID
			d, err := announce(t, w, id, "ordre.pdf", 1)
			if err != nil {
				t.Fatal(err)
			}
			e := store.AgendaEntry{
				Collectivity: w.Handle.ID, Convocation: id, What: store.DueUpload, Order: convocation.OrderID(d.ID),
			}
			return worldtest.Flow{State: state(w, id), Run: func() error {
				_, err := w.Uploads.Due(t.Context(), e)
				return err
			}}
		})
	})
}

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

func TestAnotherFileInThePlaceOfOne(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	d := w.Put(id, "ordre.pdf", "%PDF-1.4")
	arrived(t, w, d, w.Store(d.Key, "<html>"))
	if got := document(t, w, id, d.ID); got.State != convocation.DocumentRefused {
		t.Errorf("a page in its place: got %s", got.State)
	}
	arrived(t, w, d, w.Store(d.Key, "%PDF-1.4 autre"))
	if got := document(t, w, id, d.ID); got.State != convocation.DocumentStored || got.Size != 14 {
		t.Errorf("another PDF in its place: got %s, %d bytes", got.State, got.Size)
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
	arrived(t, w, lost, w.Store(lost.Key, "%PDF-1.4"))
	if got := document(t, w, id, lost.ID); got.State != convocation.DocumentStored || got.Reason != "" {
		t.Errorf("after it was given up: got %s %q", got.State, got.Reason)
	}

	removed := w.Put(id, "note.pdf", "%PDF-1.4")
	if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, removed.ID); err != nil {
		t.Fatal(err)
	}
	arrived(t, w, removed, w.Store(removed.Key, "%PDF-1.4"))
	if _, err := w.Handle.Document(t.Context(), id, removed.ID); err == nil || there(t, w, removed.Key) {
		t.Errorf("after it was taken away: the document is back, or its file stays (%v)", err)
	}

	w.Send(w.Draft(1))
	d, err := w.Compose.Draft(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	before := document(t, w, id, lost.ID)
	arrived(t, w, lost, w.Store(lost.Key, "<html>"))
	if diff := cmp.Diff(before, document(t, w, id, lost.ID)); diff != "" {
		t.Errorf("after it was sent: (-before +after)\n%s", diff)
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
	w.Store(silent.Key, "%PDF-1.4 …")
	w.Store(removed.Key, "%PDF-1.4 …")
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
	if there(t, w, removed.Key) {
		t.Error("the file of a document that was taken away stays")
	}
	if due, err := w.Tables.AgendaHandle().Due(t.Context(), w.Clock.Add(24*time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("still in the agenda: %v, %v", due, err)
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
			info := w.Store(d.Key, "%PDF-1.4")
			return worldtest.Flow{State: state(w, id), Run: func() error {
				return w.Uploads.Stored(t.Context(), files.Key(d.Key), info)
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

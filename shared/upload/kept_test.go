package upload_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/worldtest"
)

// keptFiles are the files of the documents that were taken so far.
func keptFiles(t *testing.T, w *worldtest.World, v answer.Visit) (keys []string) {
	t.Helper()
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		keys = append(keys, d.Key)
	}
	return keys
}

func TestFileOfADocumentThatIsTakenOutOfAReplyGoes(t *testing.T) {
	w := worldtest.New(t)
	v, sent := elu(t, w)
	post(t, w, sent, "%PDF-1.4 envoyé")
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Absent"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Validate(t.Context(), v, 2); err != nil {
		t.Fatal(err)
	}
	again := form(t, w, v)
	for n, key := range []string{form(t, w, v), again, form(t, w, v)} {
		post(t, w, key, fmt.Sprint("%PDF-1.4 ", n))
	}
	keys := keptFiles(t, w, v)
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs[:3] { // the last one stays
		if err := w.Answer.RemoveDocument(t.Context(), v, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	post(t, w, again, "%PDF-1.4 1") // chosen again after all
	w.Pass(1, 90*time.Minute-time.Second)
	for n, key := range keys {
		if !there(t, w, key) {
			t.Errorf("file %d is gone while a form may still bring it back", n)
		}
	}
	w.Pass(1, time.Second)
	for n, want := range []bool{true, false, true, true} { // sent; taken out; taken out and back again; never taken out
		if got := there(t, w, keys[n]); got != want {
			t.Errorf("file %d is there: %v, want %v", n, got, want)
		}
	}
	if due := agenda(t, w); len(due) != 0 {
		t.Errorf("still in the agenda: %v", due)
	}
}

// Whoever holds a link cannot fill the disk by sending, taking out and sending again.
func TestDocumentsOfOneRecipientAreCounted(t *testing.T) {
	w := worldtest.New(t)
	v, _ := elu(t, w)
	remove := func() {
		docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Answer.RemoveDocument(t.Context(), v, docs[len(docs)-1].ID); err != nil {
			t.Fatal(err)
		}
	}
	for n := range convocation.MaxReplyUploads {
		post(t, w, form(t, w, v), fmt.Sprint("%PDF-1.4 ", n))
		if got := attached(t, w, v); len(got) != 1 || strings.HasSuffix(got[0], "refused") {
			t.Fatalf("document %d: got %q", n+1, got)
		}
		remove()
		post(t, w, form(t, w, v), "<html>") // what is refused takes no place
		remove()
	}
	post(t, w, form(t, w, v), "%PDF-1.4 de trop")
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil || len(docs) != 1 || docs[0].Reason != convocation.ErrReplyUploads.Code || there(t, w, docs[0].Key) {
		t.Errorf("one more: got %+v, %v", docs, err)
	}
}

func TestManyFormsPostedAtOnce(t *testing.T) {
	w := worldtest.New(t)
	v, _ := elu(t, w)
	var crowd sync.WaitGroup
	for n := range 10 {
		key := form(t, w, v)
		info := w.Store(key, fmt.Sprint("%PDF-1.4 ", n))
		crowd.Go(func() {
			if err := w.Uploads.Stored(t.Context(), files.Key(key), info); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	got := attached(t, w, v)
	refused := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !strings.HasSuffix(s, " refused") })
	if len(got) != 10 || len(refused) != 5 {
		t.Errorf("%d documents, %d refused: %q", len(got), len(refused), got)
	}
	for n, key := range keptFiles(t, w, v) {
		if there(t, w, key) == strings.HasSuffix(got[n], " refused") {
			t.Errorf("%s: its file is there or gone", got[n])
		}
	}
}

// stubborn is a store that cannot remove a file the first time.
type stubborn struct {
	files.Store
	asked int
}

func (s *stubborn) Delete(ctx context.Context, key files.Key) error {
	if s.asked++; s.asked == 1 {
		return files.ErrUnavailable
	}
	return s.Store.Delete(ctx, key)
}

// A document was noted as refused, and then its file could not be removed: the event comes again.
func TestFileOfARefusedDocumentGoesInTheEnd(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	w.Uploads.Files = files.Shared(&stubborn{Store: w.Files})
	info := w.Store(key, "<html>")
	if err := w.Uploads.Stored(t.Context(), files.Key(key), info); !errors.Is(err, files.ErrUnavailable) {
		t.Fatal(err)
	}
	if err := w.Uploads.Stored(t.Context(), files.Key(key), info); err != nil {
		t.Fatal(err)
	}
	if kept := keptFiles(t, w, v); len(kept) != 1 || there(t, w, kept[0]) || there(t, w, key) {
		t.Errorf("%q: a file is left", kept)
	}
}

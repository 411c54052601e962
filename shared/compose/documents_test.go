package compose_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/worldtest"
)

var all = follow.Filter{}

func ids(docs ...convocation.Document) []convocation.DocumentID {
	var all []convocation.DocumentID
	for _, d := range docs {
		all = append(all, d.ID)
	}
	return all
}

// order is the names of a draft's documents.
func order(t *testing.T, w *worldtest.World, id convocation.ID) string {
	t.Helper()
	var names []string
	for _, d := range read(t, w, id).Documents {
		names = append(names, strings.TrimSuffix(d.Name, ".pdf"))
	}
	return strings.Join(names, " ")
}

func TestOrderOfDocuments(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	named := map[string]convocation.DocumentID{"x": "doc_aaaaaaaaaaaaaaaa"}
	for _, name := range []string{"a", "b", "c", "d"} {
		named[name] = w.Put(id, name+".pdf", "%PDF-1.4 "+name).ID
	}
	if got := order(t, w, id); got != "a b c d" {
		t.Fatalf("as they came: got %q", got)
	}
	for _, c := range []struct{ name, given, want string }{
		{"all named", "d c b a", "d c b a"},
		{"those not named follow as they were", "b", "b d c a"},
		{"none named", "", "b d c a"},
		{"one named twice", "a b a", "a b d c"},
		{"one that is not there", "x c", "c a b d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var given []convocation.DocumentID
			for name := range strings.FieldsSeq(c.given) {
				given = append(given, named[name])
			}
			for range 2 { // given again, it changes nothing
				if err := w.Compose.OrderDocuments(t.Context(), w.Handle, id, given); err != nil {
					t.Fatal(err)
				}
				if got := order(t, w, id); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
	w.Put(id, "e.pdf", "%PDF-1.4 e")
	if got := order(t, w, id); got != "c a b d e" {
		t.Errorf("one more: got %q", got)
	}
}

func TestFiftyDocumentsCanBeOrderedAndDeleted(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	var last []convocation.DocumentID
	for n := range convocation.MaxDocuments {
		d, _, err := w.Uploads.Document(t.Context(), w.Handle, id, fmt.Sprintf("%02d.pdf", n), 10)
		if err != nil {
			t.Fatal(err)
		}
		last = append(last, d.ID)
	}
	slices.Reverse(last)
	if err := w.Compose.OrderDocuments(t.Context(), w.Handle, id, last); err != nil {
		t.Fatal(err)
	}
	if got := order(t, w, id); !strings.HasPrefix(got, "49 48 47") || !strings.HasSuffix(got, "01 00") {
		t.Errorf("got %q", got)
	}
	if err := w.Compose.Delete(t.Context(), w.Handle, by, id); err != nil {
		t.Error(err)
	}
}

func TestOrderMeetsADocumentThatIsRemoved(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	a := w.Put(id, "a.pdf", "%PDF-1.4 a")
	b := w.Put(id, "b.pdf", "%PDF-1.4 b")
	w.Meanwhile("transact", func() {
		if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, a.ID); err != nil {
			t.Error(err)
		}
	})
	err := w.Compose.OrderDocuments(t.Context(), w.Handle, id, ids(b, a))
	if !errors.Is(err, errs.ErrChangedMeanwhile) || order(t, w, id) != "b" {
		t.Errorf("got %v, documents %q", err, order(t, w, id))
	}
}

func TestOrderOfNoDocuments(t *testing.T) {
	w := worldtest.New(t)
	if err := w.Compose.OrderDocuments(t.Context(), w.Handle, w.Draft(1).ID, nil); err != nil {
		t.Error(err)
	}
}

func TestRemovedDocumentIsGoneWithItsFile(t *testing.T) {
	w := worldtest.New(t)
	id := w.Draft(1).ID
	a := w.Put(id, "a.pdf", "%PDF-1.4 a")
	w.Put(id, "b.pdf", "%PDF-1.4 b")
	for range 2 { // one that is gone is no error
		if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := order(t, w, id); got != "b" {
		t.Errorf("got %q", got)
	}
	if _, err := w.Files.Stat(t.Context(), files.Key(a.Key)); !errors.Is(err, files.ErrNotFound) {
		t.Errorf("its file: %v", err)
	}
}

func TestDownload(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	a, b := w.Put(d.ID, "a.pdf", "%PDF-1.4 a"), w.Put(d.ID, "b.pdf", "%PDF-1.4 b")
	refused := w.Put(d.ID, "c.pdf", "<html>")
	pending, _, err := w.Uploads.Document(t.Context(), w.Handle, d.ID, "d.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	for what, doc := range map[string]convocation.DocumentID{
		"one that was refused": refused.ID, "one that has not arrived": pending.ID, "none": "doc_aaaaaaaaaaaaaaaa",
	} {
		if to, err := w.Compose.Download(t.Context(), w.Handle, d.ID, doc); !errors.Is(err, convocation.ErrDocumentUnknown) {
			t.Errorf("%s: got %q, %v", what, to, err)
		}
		if err := w.Compose.RemoveDocument(t.Context(), w.Handle, d.ID, doc); err != nil {
			t.Fatal(err)
		}
	}
	if to, err := w.Compose.Zip(t.Context(), w.Handle, d.ID); !errors.Is(err, convocation.ErrDocumentUnknown) {
		t.Errorf("all, before the sending: got %q, %v", to, err)
	}
	before := w.Counts().Writes
	draft, err := w.Compose.Download(t.Context(), w.Handle, d.ID, a.ID)
	if err != nil || !strings.HasSuffix(draft, "/a.pdf") || w.Counts().Writes != before {
		t.Errorf("before the sending: got %q, %v, %d writes", draft, err, w.Counts().Writes-before)
	}
	w.Send(d)
	w.Pass(1, time.Minute)
	if err := w.Files.Delete(t.Context(), files.Key(b.Key)); err != nil { // what was sent does not lie there
		t.Fatal(err)
	}
	if to, err := w.Compose.Download(t.Context(), w.Handle, d.ID, b.ID); err != nil || !strings.HasSuffix(to, "/b.pdf") {
		t.Errorf("after it: got %q, %v", to, err)
	}
	if to, err := w.Compose.Zip(t.Context(), w.Handle, d.ID); err != nil || !strings.HasSuffix(to, "/Conseil.zip") {
		t.Errorf("all: got %q, %v", to, err)
	}
}

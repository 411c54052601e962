package upload_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// elu is somebody who has received a convocation, with the key of a form to attach a file.
func elu(t *testing.T, w *worldtest.World) (answer.Visit, string) {
	t.Helper()
	w.Send(w.Draft(1))
	v, err := w.Visit("a0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	return v, form(t, w, v)
}

func form(t *testing.T, w *worldtest.World, v answer.Visit) (key string) {
	t.Helper()
	f, err := w.Answer.UploadForm(t.Context(), v, "")
	if err != nil {
		t.Fatal(err)
	}
	return f.Fields[0].Value
}

// post puts a file by a form, with its event.
func post(t *testing.T, w *worldtest.World, key, content string) {
	t.Helper()
	if err := w.Uploads.Stored(t.Context(), files.Key(key), w.Store(key, content)); err != nil {
		t.Fatal(err)
	}
}

// attached are the documents of the draft: « document-1.pdf stored », each with what its file holds.
func attached(t *testing.T, w *worldtest.World, v answer.Visit) []string {
	t.Helper()
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range docs {
		line := fmt.Sprintf("%s %s", d.Name, d.State)
		if d.State == convocation.DocumentStored {
			line += ": " + content(t, w, d.Key)
		}
		lines = append(lines, line)
	}
	return lines
}

func content(t *testing.T, w *worldtest.World, key string) string {
	t.Helper()
	r, err := w.Files.Open(t.Context(), files.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// postNamed puts a file that the browser calls so.
func postNamed(t *testing.T, w *worldtest.World, key, name, content string) {
	t.Helper()
	if err := w.Uploads.Stored(t.Context(), files.Key(key), w.StoreNamed(key, name, content)); err != nil {
		t.Fatal(err)
	}
}

func TestReplyDocumentKeepsItsName(t *testing.T) {
	const pdf, png, page = "%PDF-1.4", "\x89PNG\r\n\x1a\n", "<html>"
	w := worldtest.New(t)
	v, _ := elu(t, w)
	for _, c := range []struct{ name, content, want string }{
		{"Procuration signée.pdf", pdf, "Procuration signée.pdf stored: " + pdf},
		{"image.jpg", png, "image.jpg.png stored: " + png},
		{"procuration SIGNÉE.pdf", pdf, "procuration SIGNÉE (2).pdf stored: " + pdf},
		{"Pouvoir", pdf, "Pouvoir.pdf stored: " + pdf},
		{"Pouvoir.docm", page, "Pouvoir.docm refused"},
		{"", pdf, "document-6.pdf stored: " + pdf},
	} {
		postNamed(t, w, form(t, w, v), c.name, c.content)
		if got := attached(t, w, v); got[len(got)-1] != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got[len(got)-1], c.want)
		}
	}
}

// Somebody chooses a second file on the page that is still open, without loading it again.
func TestSecondDocumentByTheSameForm(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	for _, c := range []struct{ name, content string }{
		{"page1.pdf", "%PDF-1.4 1"}, {"page2.pdf", "%PDF-1.4 2"}, {"page1.pdf", "%PDF-1.4 1"}, {"virus.pdf", "<html>"},
	} {
		postNamed(t, w, key, c.name, c.content)
	}
	want := []string{"page1.pdf stored: %PDF-1.4 1", "page2.pdf stored: %PDF-1.4 2", "virus.pdf refused"}
	if got := attached(t, w, v); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What replaces a document that was sent is another document: the secretary opens both.
func TestDocumentThatWasSentAndTheOneInItsPlace(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	var sent []convocation.DocumentID
	for n, content := range []string{"%PDF-1.4 1", "%PDF-1.4 2"} {
		post(t, w, key, content)
		if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: content}); err != nil {
			t.Fatal(err)
		}
		p, err := w.Answer.Page(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision)
		if err != nil || reply.Version != n+1 || len(reply.Documents) != 1 {
			t.Fatalf("got %+v, %v", reply, err)
		}
		sent = append(sent, reply.Documents[0].ID)
		if err := w.Answer.RemoveDocument(t.Context(), v, reply.Documents[0].ID); err != nil {
			t.Fatal(err)
		}
		if v, err = w.Visit("a0@x.fr"); err != nil {
			t.Fatal(err)
		}
	}
	if sent[0] == sent[1] {
		t.Error("two files are one document")
	}
}

func TestReplyDocumentIsNamedAfterItsKind(t *testing.T) {
	w := worldtest.New(t)
	v, _ := elu(t, w)
	for _, content := range []string{"%PDF-1.4", "\x89PNG\r\n\x1a\n", "<html>"} {
		post(t, w, form(t, w, v), content)
	}
	want := []string{"document-1.pdf stored: %PDF-1.4", "document-2.png stored: \x89PNG\r\n\x1a\n", "document-3 refused"}
	if got := attached(t, w, v); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEventOfAReplyThatComesTwice(t *testing.T) {
	for name, content := range map[string]string{"taken": "%PDF-1.4", "refused": "<html>"} {
		t.Run(name, func(t *testing.T) {
			w := worldtest.New(t)
			v, key := elu(t, w)
			info := w.Store(key, content)
			for range 3 {
				if err := w.Uploads.Stored(t.Context(), files.Key(key), info); err != nil {
					t.Fatal(err)
				}
			}
			docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
			if err != nil || len(docs) != 1 {
				t.Fatalf("got %v, %v", docs, err)
			}
			if there(t, w, key) {
				t.Error("the file stays where a form can write")
			}
			if kept := there(t, w, docs[0].Key); kept != (name == "taken") {
				t.Errorf("the file is kept: %v", kept)
			}
		})
	}
}

func TestEventOfAReplyThatComesAfterTheDocumentWasTakenAway(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	post(t, w, key, "%PDF-1.4")
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Answer.RemoveDocument(t.Context(), v, docs[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Uploads.Stored(t.Context(), files.Key(key), files.Info{Size: 8}); err != nil {
		t.Fatal(err)
	}
	if got := attached(t, w, v); len(got) != 0 {
		t.Errorf("it is back: %q", got)
	}
	post(t, w, key, "%PDF-1.4 autre") // the form is still open in the browser
	if got := attached(t, w, v); !slices.Equal(got, []string{"document-1.pdf stored: %PDF-1.4 autre"}) {
		t.Errorf("another by the same form: got %q", got)
	}
}

func TestReplyThatWasSentStaysAsItWas(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	post(t, w, key, "%PDF-1.4 pouvoir")
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Absent"}); err != nil {
		t.Fatal(err)
	}
	reply, err := w.Answer.Validate(t.Context(), v, 2)
	if err != nil {
		t.Fatal(err)
	}
	sent := reply.Documents[0]
	post(t, w, key, "<html>") // the form has not expired
	if got := content(t, w, sent.Key); got != "%PDF-1.4 pouvoir" {
		t.Errorf("another file by the same form: the reply now holds %q", got)
	}
	if err := w.Answer.RemoveDocument(t.Context(), v, sent.ID); err != nil {
		t.Fatal(err)
	}
	for n := range convocation.MaxReplyFiles {
		post(t, w, form(t, w, v), fmt.Sprint("%PDF-1.4 ", n))
	}
	post(t, w, key, "%PDF-1.4 pouvoir") // the same again, which is one too many now
	if got := attached(t, w, v); len(got) != 7 || got[0] != "document-2 refused" || !strings.HasSuffix(got[6], " refused") {
		t.Errorf("got %q", got)
	}
	if got := content(t, w, sent.Key); got != "%PDF-1.4 pouvoir" {
		t.Errorf("the same file refused later: the reply now holds %q", got)
	}
}

func TestRefusedDocumentsOfAReplyDoNotPileUp(t *testing.T) {
	w := worldtest.New(t)
	v, _ := elu(t, w)
	post(t, w, form(t, w, v), "%PDF-1.4")
	for range 12 {
		post(t, w, form(t, w, v), "<html>")
	}
	got := attached(t, w, v)
	if len(got) != 1+convocation.MaxReplyFiles || got[0] != "document-1.pdf stored: %PDF-1.4" || got[5] != "document-6 refused" {
		t.Errorf("got %q", got)
	}
	post(t, w, form(t, w, v), "%PDF-1.4 encore")
	if got := attached(t, w, v); len(got) != 2+convocation.MaxReplyFiles || got[6] != "document-7.pdf stored: %PDF-1.4 encore" {
		t.Errorf("one that is taken: got %q", got)
	}
}

func TestInterruptedReplyDocument(t *testing.T) {
	for name, content := range map[string]string{"taken": "%PDF-1.4", "refused": "<html>"} {
		t.Run(name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				v, key := elu(t, w)
				info := w.Store(key, content)
				return worldtest.Flow{
					Run:   func() error { return w.Uploads.Stored(t.Context(), files.Key(key), info) },
					State: func() any { return []any{attached(t, w, v), there(t, w, key)} },
				}
			})
		})
	}
}

// The draft changes at each try: the file stays, and the event that comes again finds it.
func TestFileOfADraftThatNeverRestsIsNotLost(t *testing.T) {
	w := worldtest.New(t)
	v, key := elu(t, w)
	info := w.Store(key, "%PDF-1.4 pouvoir")
	changes := 0
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op != "transact" {
			return table.FaultNone
		}
		fault := w.Fault
		w.Fault = nil
		changes++
		if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: fmt.Sprint("Absent ", changes)}); err != nil {
			t.Error(err)
		}
		w.Fault = fault
		return table.FaultNone
	}
	if err := w.Uploads.Stored(t.Context(), files.Key(key), info); !errors.Is(err, table.ErrCondition) {
		t.Errorf("after %d changes: got %v", changes, err)
	}
	w.Fault = nil
	if got := content(t, w, key); got != "%PDF-1.4 pouvoir" {
		t.Errorf("the file holds %q", got)
	}
	if err := w.Uploads.Stored(t.Context(), files.Key(key), info); err != nil {
		t.Fatal(err)
	}
	if got, want := attached(t, w, v), []string{"document-1.pdf stored: %PDF-1.4 pouvoir"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

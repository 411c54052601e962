package answer_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/worldtest"
)

// attach sends a file as a browser would, and returns what the draft says of it.
func attach(t *testing.T, w *worldtest.World, v answer.Visit, content string) convocation.Document {
	t.Helper()
	form, err := w.Answer.UploadForm(t.Context(), v, "")
	if err != nil {
		t.Fatal(err)
	}
	before := page(t, w, v).DraftDocuments
	key := form.Fields[0].Value
	if err := w.Uploads.Stored(t.Context(), files.Key(key), w.Store(key, content)); err != nil {
		t.Fatal(err)
	}
	for _, d := range page(t, w, v).DraftDocuments {
		if !slices.ContainsFunc(before, func(b convocation.Document) bool { return b.ID == d.ID }) {
			return d
		}
	}
	t.Fatalf("the document is not in the draft")
	return convocation.Document{}
}

// inflated makes believe that the files it stores are of this size.
type inflated struct {
	files.Store
	size int64
}

func (s *inflated) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	info, err := s.Store.Create(ctx, key, r)
	info.Size = s.size
	return info, err
}

func TestReplyDocumentsTogether(t *testing.T) {
	const mb = 1 << 20
	pdf := func(sizes ...int64) []int64 { return sizes }
	for _, c := range []struct {
		name  string
		sizes []int64 // negative: of a kind that is refused
		want  []string
	}{
		{"four", pdf(1, 1, 1, 1), []string{"", "", "", ""}},
		{"five", pdf(1, 1, 1, 1, 1), []string{"", "", "", "", ""}},
		{"six", pdf(1, 1, 1, 1, 1, 1), []string{"", "", "", "", "", "too_many_reply_documents"}},
		{"refused ones do not count", pdf(-1, 1, 1, 1, 1, 1), []string{"document_kind_refused", "", "", "", "", ""}},
		{"a byte under 20 MB", pdf(10*mb, 10*mb-1), []string{"", ""}},
		{"20 MB", pdf(10*mb, 10*mb-1, 1), []string{"", "", ""}},
		{"a byte over 20 MB", pdf(10*mb, 10*mb, 1), []string{"", "", "reply_documents_too_large"}},
		{
			"refused ones weigh nothing", pdf(-10*mb, 10*mb, 11*mb, 10*mb),
			[]string{"document_kind_refused", "", "reply_documents_too_large", ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			sent(t, w)
			store := &inflated{Store: w.Files}
			w.Uploads.Files = files.Shared(store)
			v := open(t, w, "a0@x.fr")
			for n, size := range c.sizes {
				content := fmt.Sprint("%PDF-1.4 ", n)
				if size < 0 {
					content, size = "<html>", -size
				}
				store.size = size
				d := attach(t, w, v, content)
				state := convocation.DocumentStored
				if c.want[n] != "" {
					state = convocation.DocumentRefused
				}
				if d.State != state || d.Reason != c.want[n] || d.Size != size {
					t.Errorf("document %d: %s %q, %d bytes, want %q", n+1, d.State, d.Reason, d.Size, c.want[n])
				}
			}
			want := len(slices.DeleteFunc(slices.Clone(c.want), func(s string) bool { return s != "" }))
			reply, err := w.Answer.Validate(t.Context(), v, save(t, w, v, "Présent"))
			if err != nil || len(reply.Documents) != want {
				t.Errorf("sent %d documents, want %d, %v", len(reply.Documents), want, err)
			}
		})
	}
}

// Several forms are posted at once: what is too much is refused where it can be seen, and the rest can be sent.
func TestReplyDocumentsThatArriveAtOnceAreTooMany(t *testing.T) {
	for _, c := range []struct {
		name   string
		before int
		size   int64
		want   *errs.Error
	}{
		{"a sixth", 4, 1, convocation.ErrReplyFiles},
		{"more than 20 MB", 1, 7 << 20, convocation.ErrReplyFilesSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			sent(t, w)
			w.Uploads.Files = files.Shared(&inflated{w.Files, c.size})
			v := open(t, w, "a0@x.fr")
			for n := range c.before {
				attach(t, w, v, fmt.Sprint("%PDF-1.4 ", n))
			}
			w.Meanwhile("transact", func() { attach(t, w, v, "%PDF-1.4 en même temps") })
			attach(t, w, v, "%PDF-1.4 dernier")
			docs := page(t, w, v).DraftDocuments
			if last := docs[len(docs)-1]; len(docs) != c.before+2 || last.State != convocation.DocumentRefused || last.Reason != c.want.Code {
				t.Errorf("%d documents, the last one is %s %q", len(docs), last.State, last.Reason)
			}
			reply, err := w.Answer.Validate(t.Context(), v, save(t, w, v, "Présent"))
			if err != nil || len(reply.Documents) != c.before+1 {
				t.Errorf("sent %d documents, %v", len(reply.Documents), err)
			}
		})
	}
}

func TestRemovedDocumentStaysInTheVersionsThatWereSent(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	v := open(t, w, "a0@x.fr")
	d := attach(t, w, v, "%PDF-1.4 pouvoir")
	if _, err := w.Answer.Validate(t.Context(), v, save(t, w, v, "Absent")); err != nil {
		t.Fatal(err)
	}
	v = visit(t, w, "a0@x.fr")
	if err := w.Answer.RemoveDocument(t.Context(), v, d.ID); err != nil {
		t.Fatal(err)
	}
	if p := page(t, w, v); len(p.DraftDocuments) != 0 || !p.Begun {
		t.Errorf("got %d documents, begun %v", len(p.DraftDocuments), p.Begun)
	}
	if _, err := w.Answer.Validate(t.Context(), v, save(t, w, v, "Présent")); err != nil {
		t.Fatal(err)
	}
	if got := replies(t, w, v); !slices.Equal(got, []string{"2. Présent", "1. Absent (document-1.pdf)"}) {
		t.Errorf("got %q", got)
	}
	if _, err := w.Follow.Download(t.Context(), w.Handle, v.Convocation.ID, v.Recipient.ID, d.ID); err != nil {
		t.Error(err)
	}
	for _, gone := range []convocation.DocumentID{d.ID, "doc_aaaaaaaaaaaaaaaa"} { // pressed again
		if err := w.Answer.RemoveDocument(t.Context(), v, gone); err != nil {
			t.Error(err)
		}
	}
	if page(t, w, v).Begun {
		t.Error("removing what is gone begins a reply")
	}
	attach(t, w, v, "%PDF-1.4 autre")
	before := page(t, w, v).Draft
	if err := w.Answer.RemoveDocument(t.Context(), v, d.ID); err != nil {
		t.Error(err)
	}
	if got := page(t, w, v).Draft; got != before {
		t.Errorf("removing what is gone changes a reply: it was %+v, is %+v", before, got)
	}
}

// formsStore keeps what the signed forms allow.
type formsStore struct {
	files.Store
	signed []files.Upload
}

func (s *formsStore) SignUpload(ctx context.Context, u files.Upload) (files.Form, error) {
	s.signed = append(s.signed, u)
	return s.Store.SignUpload(ctx, u)
}

func TestFormOfAReplyTakesUpTo10MB(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	store := &formsStore{Store: w.Files}
	w.Uploads.Files = files.Shared(store)
	v := open(t, w, "a0@x.fr")
	for range 2 {
		if _, err := w.Answer.UploadForm(t.Context(), v, "https://convoc/c/x/documents"); err != nil {
			t.Fatal(err)
		}
	}
	want := files.Upload{MinSize: 1, MaxSize: 10 << 20, Expiry: time.Hour, KeepName: true, Redirect: "https://convoc/c/x/documents"}
	if diff := cmp.Diff(want, store.signed[0], cmpopts.IgnoreFields(files.Upload{}, "Key")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if store.signed[0].Key == store.signed[1].Key {
		t.Error("two forms for one key")
	}
}

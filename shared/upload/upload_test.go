package upload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/worldtest"
)

const mb = 1 << 20

func announce(t *testing.T, w *worldtest.World, id convocation.ID, name string, size int64) (convocation.Document, error) {
	t.Helper()
	d, _, err := w.Uploads.Document(t.Context(), w.Handle, id, name, size)
	return d, err
}

// announced announces documents of these sizes.
func announced(t *testing.T, w *worldtest.World, id convocation.ID, sizes ...int64) {
	t.Helper()
	for n, size := range sizes {
		if _, err := announce(t, w, id, fmt.Sprintf("%d.pdf", n), size); err != nil {
			t.Fatal(err)
		}
	}
}

func document(t *testing.T, w *worldtest.World, id convocation.ID, d convocation.DocumentID) convocation.Document {
	t.Helper()
	got, err := w.Handle.Document(t.Context(), id, d)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// formKey is where the form of a document writes.
func formKey(d convocation.Document) string { return strings.Replace(d.Key, "/kept/", "/up/", 1) }

// arrived puts a file by the form of a document, with its event.
func arrived(t *testing.T, w *worldtest.World, d convocation.Document, content string) {
	t.Helper()
	post(t, w, formKey(d), content)
}

func there(t *testing.T, w *worldtest.World, key string) bool {
	t.Helper()
	_, err := w.Files.Stat(t.Context(), files.Key(key))
	if err != nil && !errors.Is(err, files.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAnnouncedDocument(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []int64
		file   string
		size   int64
		want   *errs.Error
	}{
		{"empty", nil, "ordre.pdf", 0, convocation.ErrDocumentEmpty},
		{"less than nothing", nil, "ordre.pdf", -1, convocation.ErrDocumentEmpty},
		{"one byte", nil, "ordre.pdf", 1, nil},
		{"a byte under 100 MB", nil, "ordre.pdf", 100*mb - 1, nil},
		{"100 MB", nil, "ordre.pdf", 100 * mb, nil},
		{"a byte over 100 MB", nil, "ordre.pdf", 100*mb + 1, convocation.ErrDocumentTooBig},
		{"a byte under 500 MB together", []int64{100 * mb, 100 * mb, 100 * mb, 100 * mb}, "ordre.pdf", 100*mb - 1, nil},
		{"500 MB together", []int64{100 * mb, 100 * mb, 100 * mb, 100 * mb}, "ordre.pdf", 100 * mb, nil},
		{
			"a byte over 500 MB together", []int64{100 * mb, 100 * mb, 100 * mb, 100 * mb, 1}, "ordre.pdf", 100 * mb,
			convocation.ErrDocumentsTooBig,
		},
		{"the 49th", ones(48), "ordre.pdf", 1, nil},
		{"the 50th", ones(49), "ordre.pdf", 1, nil},
		{"the 51st", ones(50), "ordre.pdf", 1, convocation.ErrTooManyDocs},
		{"a name without an extension", nil, "ordre", 1, convocation.ErrDocumentKind},
		{"a program", nil, "ordre.pdf.exe", 1, convocation.ErrDocumentKind},
		{"a text with macros", nil, "ordre.docm", 1, convocation.ErrDocumentKind},
		{"a page", nil, "ordre.html", 1, convocation.ErrDocumentKind},
		{"a picture that may hold a script", nil, "plan.svg", 1, convocation.ErrDocumentKind},
		{"an extension in capitals", nil, "ORDRE.PDF", 1, nil},
		{"a folder in front", nil, `C:\Mes documents\ordre.pdf`, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Draft(1).ID
			announced(t, w, id, c.before...)
			d, err := announce(t, w, id, c.file, c.size)
			docs, listed := w.Handle.Documents(t.Context(), id)
			if listed != nil {
				t.Fatal(listed)
			}
			if c.want != nil {
				if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.About != c.file || len(docs) != len(c.before) {
					t.Errorf("got %v about %q, %d documents", err, refusal.About, len(docs))
				}
				return
			}
			if err != nil || len(docs) != len(c.before)+1 {
				t.Fatalf("%d documents, %v", len(docs), err)
			}
			want := convocation.Document{
				ID: d.ID, Name: files.SafeName(c.file), Size: c.size, Position: len(docs), State: convocation.DocumentPending,
				Key: fmt.Sprintf("%s/%s/kept/%s", worldtest.SIREN, id, d.ID), AskedAt: w.Clock,
			}
			if diff := cmp.Diff(want, docs[len(docs)-1]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func ones(n int) []int64 {
	sizes := make([]int64, n)
	for i := range sizes {
		sizes[i] = 1
	}
	return sizes
}

func TestDocumentIsForADraftOnly(t *testing.T) {
	w := worldtest.New(t)
	if _, err := announce(t, w, "cnv_aaaaaaaaaaaaaaaa", "ordre.pdf", 1); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("of nothing: got %v", err)
	}
	d := w.Draft(1)
	w.Send(d)
	if _, err := announce(t, w, d.ID, "ordre.pdf", 1); !errors.Is(err, convocation.ErrAlreadySent) {
		t.Errorf("of what was sent: got %v", err)
	}
}

// forms keeps what the signed forms allow.
type forms struct {
	files.Store
	signed []files.Upload
}

func (s *forms) SignUpload(ctx context.Context, u files.Upload) (files.Form, error) {
	s.signed = append(s.signed, u)
	return s.Store.SignUpload(ctx, u)
}

func TestFormOfADocumentTakesUpTo100MB(t *testing.T) {
	w := worldtest.New(t)
	signed := &forms{Store: w.Files}
	w.Uploads.Files = files.Shared(signed)
	id := w.Draft(1).ID
	d, err := announce(t, w, id, "ordre.pdf", 10)
	if err != nil {
		t.Fatal(err)
	}
	key := files.Key(fmt.Sprintf("%s/%s/up/%s", worldtest.SIREN, id, d.ID))
	want := []files.Upload{{Key: key, MinSize: 1, MaxSize: 100 * mb, Expiry: time.Hour}}
	if diff := cmp.Diff(want, signed.signed); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDocumentsAnnouncedAtTheSameMoment(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []int64
		size   int64
		want   *errs.Error
	}{
		{"the 50th and the 51st", ones(49), 1, convocation.ErrTooManyDocs},
		{"over 500 MB together", []int64{100 * mb, 100 * mb, 100 * mb, 100 * mb}, 60 * mb, convocation.ErrDocumentsTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Draft(1).ID
			announced(t, w, id, c.before...)
			w.Meanwhile("transact", func() { announced(t, w, id, c.size) })
			if _, err := announce(t, w, id, "ordre.pdf", c.size); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			if docs, err := w.Handle.Documents(t.Context(), id); err != nil || len(docs) != len(c.before)+1 {
				t.Errorf("%d documents, %v", len(docs), err)
			}
		})
	}
}

func TestKindIsThatOfTheFirstBytes(t *testing.T) {
	const pdf, png, jpeg = "%PDF-1.7 …", "\x89PNG\r\n\x1a\n…", "\xff\xd8\xff\xe0…"
	for _, c := range []struct{ name, file, content, media string }{
		{"a PDF", "ordre.pdf", pdf, "application/pdf"},
		{"a PDF with a little before it", "ordre.pdf", "\r\n\r\n" + pdf, "application/pdf"},
		{"a JPEG of the longer extension", "plan.jpeg", jpeg, "image/jpeg"},
		{"a PNG", "plan.PNG", png, "image/png"},
		{"a PNG called PDF", "plan.pdf", png, ""},
		{"a page called PDF", "ordre.pdf", "<html><script>", ""},
		{"a program called PDF", "ordre.pdf", "MZ\x90\x00", ""},
		{"a zip called docx", "ordre.docx", "PK\x03\x04" + strings.Repeat("\x00", 40), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Draft(1).ID
			w.Clock = w.Clock.Add(time.Minute)
			got := document(t, w, id, w.Put(id, c.file, c.content).ID)
			if c.media == "" {
				if got.State != convocation.DocumentRefused || got.Reason != "document_kind_refused" || got.Media != "" {
					t.Errorf("got %s %q %q", got.State, got.Reason, got.Media)
				}
				return
			}
			if got.State != convocation.DocumentStored || got.Media != c.media || got.Reason != "" || !got.StoredAt.Equal(w.Clock) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// sized says of each file that it is so large.
type sized struct {
	files.Store
	size int64
}

func (s sized) Stat(ctx context.Context, key files.Key) (files.Info, error) {
	info, err := s.Store.Stat(ctx, key)
	info.Size = s.size
	return info, err
}

func (s sized) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	info, err := s.Store.Create(ctx, key, r)
	info.Size = s.size
	return info, err
}

func TestSizeIsThatOfTheStore(t *testing.T) {
	for _, c := range []struct {
		name      string
		announced int64
		arrived   int64
		reason    string
	}{
		{"as announced", 60 * mb, 60 * mb, ""},
		{"less than announced", 60 * mb, 8, ""},
		{"more than announced", 60 * mb, 61 * mb, ""},
		{"more, and 500 MB together", 60 * mb, 100 * mb, ""},
		{"more, and a byte over 500 MB together", 60 * mb, 100*mb + 1, "documents_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Draft(1).ID
			announced(t, w, id, 100*mb, 100*mb, 100*mb, 100*mb)
			d, err := announce(t, w, id, "ordre.pdf", c.announced)
			if err != nil {
				t.Fatal(err)
			}
			w.Uploads.Files = files.Shared(sized{w.Files, c.arrived})
			arrived(t, w, d, "%PDF-1.4")
			got := document(t, w, id, d.ID)
			if got.Size != c.arrived || got.Reason != c.reason || (got.State == convocation.DocumentStored) != (c.reason == "") {
				t.Errorf("got %d bytes, %s %q", got.Size, got.State, got.Reason)
			}
		})
	}
}

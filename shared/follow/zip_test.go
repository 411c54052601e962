package follow_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/worldtest"
)

// watched is a store that keeps the keys of the files it was given, and may make believe that they are of a size.
type watched struct {
	files.Store
	made []files.Key
	size int64
}

func (s *watched) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	info, err := s.Store.Create(ctx, key, r)
	if s.made = append(s.made, key); s.size > 0 {
		info.Size = s.size
	}
	return info, err
}

// names lists what a zip holds.
func names(t *testing.T, w *worldtest.World, key files.Key) []string {
	t.Helper()
	r, err := w.Files.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range z.File {
		all = append(all, f.Name)
	}
	return all
}

func TestZipOfAllReplies(t *testing.T) {
	w := worldtest.New(t)
	id, who, _ := replied(t, w)
	store := &watched{Store: w.Files}
	w.Follow.Files = files.Shared(store)
	for range 2 { // asked for again, it is there already
		to, err := w.Follow.Zip(t.Context(), w.Handle, id, "Réponses")
		if err != nil || !strings.Contains(to, "/R%C3%A9ponses%20%E2%80%93%20Conseil.zip") {
			t.Errorf("it is at %q, %v", to, err)
		}
	}
	if len(store.made) != 1 {
		t.Fatalf("made %d times", len(store.made))
	}
	if got := names(t, w, store.made[0]); !slices.Equal(got, []string{"a@x.fr – document-1.pdf", "a@x.fr – document-2.pdf"}) {
		t.Errorf("it holds %q", got)
	}
	v, err := w.Visit("a@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Answer.RemoveDocument(t.Context(), v, docs[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Follow.Zip(t.Context(), w.Handle, id, "Réponses"); err != nil || len(store.made) != 1 {
		t.Errorf("before it is sent: made %d times, %v", len(store.made), err)
	}
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Présent"}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Follow.Zip(t.Context(), w.Handle, id, "Réponses"); err != nil || len(store.made) != 2 {
		t.Fatalf("a reply has changed: made %d times, %v", len(store.made), err)
	}
	if got := names(t, w, store.made[1]); !slices.Equal(got, []string{"a@x.fr – document-2.pdf"}) {
		t.Errorf("it holds %q of %s", got, who)
	}
}

func TestZipOfRepliesIsRefused(t *testing.T) {
	w := worldtest.New(t)
	d := draft(t, w, "Conseil", "a@x.fr")
	w.Send(d)
	for id, want := range map[convocation.ID]*errs.Error{
		d.ID: follow.ErrNoReplyDocument, "cnv_aaaaaaaaaaaaaaaa": errs.ErrNotFound, draft(t, w, "Brouillon").ID: follow.ErrNoReplyDocument,
	} {
		if to, err := w.Follow.Zip(t.Context(), w.Handle, id, "Réponses"); !errors.Is(err, want) {
			t.Errorf("got %q, %v", to, err)
		}
	}
}

// 200 MB together are made into one file, a byte more is not: whoever asks waits for it.
func TestZipOfRepliesAtItsLimit(t *testing.T) {
	const each = 10 << 20 // what one document of a reply may be
	for _, c := range []struct {
		name string
		last int64 // size of the twentieth document
		more bool  // one byte in a twenty-first
		want *errs.Error
	}{
		{"a byte under 200 MB", each - 1, false, nil},
		{"200 MB", each - 1, true, nil},
		{"a byte over 200 MB", each, true, follow.ErrRepliesTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			var to []string
			for n := range 11 {
				to = append(to, fmt.Sprintf("a%d@x.fr", n))
			}
			d := draft(t, w, "Conseil", to...)
			w.Send(d)
			sizes := slices.Repeat([]int64{each}, 19)
			sizes = append(sizes, c.last)
			if c.more {
				sizes = append(sizes, 1)
			}
			for n := 0; n < len(sizes); n += 2 {
				attachAndSend(t, w, to[n/2], sizes[n:min(n+2, len(sizes))])
			}
			_, err := w.Follow.Zip(t.Context(), w.Handle, d.ID, "Réponses")
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// attachAndSend replies with documents of those sizes.
func attachAndSend(t *testing.T, w *worldtest.World, address string, sizes []int64) {
	t.Helper()
	v, err := w.Visit(address)
	if err != nil {
		t.Fatal(err)
	}
	kept := &watched{Store: w.Files}
	w.Uploads.Files = files.Shared(kept)
	for _, kept.size = range sizes {
		form, err := w.Answer.UploadForm(t.Context(), v, "")
		if err != nil {
			t.Fatal(err)
		}
		key := form.Fields[0].Value
		if err := w.Uploads.Stored(t.Context(), files.Key(key), w.Store(key, "%PDF-1.4")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Voici"}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision); err != nil {
		t.Fatal(err)
	}
}

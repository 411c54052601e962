package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// onlyReads is a store of one file, which notes how much is read of it.
type onlyReads struct {
	Store
	raw   io.ReaderAt
	size  int64
	err   error
	reads int
}

func (s *onlyReads) Stat(context.Context, Key) (Info, error) { return Info{Size: s.size}, nil }

func (s *onlyReads) ReadAt(_ context.Context, _ Key, p []byte, off int64) (int, error) {
	if s.reads++; s.err != nil {
		return 0, s.err
	}
	return s.raw.ReadAt(p, off)
}

// holed is a file with a hole of zeros in it.
type holed struct {
	begin, end []byte
	size       int64
}

func (h holed) ReadAt(p []byte, off int64) (n int, err error) {
	for i := range p {
		switch at := off + int64(i); {
		case at >= h.size:
			return i, io.EOF
		case at < int64(len(h.begin)):
			p[i] = h.begin[at]
		case at >= h.size-int64(len(h.end)):
			p[i] = h.end[at-(h.size-int64(len(h.end)))]
		default:
			p[i] = 0
		}
	}
	return len(p), nil
}

func TestLargeDocumentIsReadAtBothEndsOnly(t *testing.T) {
	const size = 100 << 20
	docx := zipped(t, append(word[:3:3], entry{"word/vbaProject.bin", "x"})...)
	directory := bytes.Index(docx, []byte("PK\x01\x02"))
	for name, c := range map[string]struct {
		s    holed
		most int
	}{
		"PDF":              {holed{begin: []byte("%PDF-1.7"), size: size}, 1},
		"Word with macros": {holed{begin: docx[:directory], end: docx[directory:], size: size}, 3},
	} {
		s := &onlyReads{raw: c.s, size: size}
		if _, _, err := SniffStored(t.Context(), s, "a/b", ""); err != nil || s.reads > c.most {
			t.Errorf("%s: %d reads, %v", name, s.reads, err)
		}
	}
}

// A list of parts that never ends would be read into memory.
func TestDocumentOfTooManyParts(t *testing.T) {
	parts := word[:3:3]
	for i := range 25_000 {
		parts = append(parts, entry{fmt.Sprintf("word/%d%s", i, strings.Repeat("x", 150)), ""})
	}
	raw := withInside(t, parts, "word/last", nil)
	s := &onlyReads{raw: bytes.NewReader(raw), size: int64(len(raw))}
	if k, ok, err := SniffStored(t.Context(), s, "a/b", ""); ok || err != nil || s.reads > maxBlocks {
		t.Errorf("got %v %v, %v after %d reads", k, ok, err, s.reads)
	}
}

func TestStoreThatFailsWhileItIsLookedAt(t *testing.T) {
	broken := errors.New("broken")
	if _, _, err := SniffStored(t.Context(), &onlyReads{err: broken, size: 10}, "a/b", ""); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A form may put a shorter file in the place of the one that is looked at.
func TestFileThatBecomesShorterWhileItIsLookedAt(t *testing.T) {
	raw := zipped(t, word...)
	s := &onlyReads{raw: bytes.NewReader(raw[:50]), size: int64(len(raw))}
	if k, ok, err := SniffStored(t.Context(), s, "a/b", ""); ok || err != nil {
		t.Errorf("got %v %v, %v", k, ok, err)
	}
}

func TestNameWithTheExtensionOfItsKind(t *testing.T) {
	pdf, _ := kindByExt(".pdf")
	jpg, _ := kindByExt(".jpg")
	for _, c := range []struct {
		kind       Kind
		name, want string
	}{
		{pdf, "pouvoir.pdf", "pouvoir.pdf"},
		{pdf, "POUVOIR.PDF", "POUVOIR.PDF"},
		{jpg, "photo.jpeg", "photo.jpeg"},
		{pdf, "pouvoir", "pouvoir.pdf"},
		{jpg, "photo.png", "photo.png.jpg"},
		{pdf, "facture.pdf.exe", "facture.pdf.exe.pdf"},
		{pdf, "M. Martin", "M. Martin.pdf"},
		{pdf, strings.Repeat("é", 88) + ".exe", strings.Repeat("é", 88) + ".pdf"},
	} {
		if got := c.kind.Named(c.name); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

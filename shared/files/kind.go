package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"
)

// PDF is the media type of what can be merged.
const PDF = "application/pdf"

// Kind is a kind of document that is taken.
type Kind struct {
	Media  string // media type with which it is sent
	Ext    string // its usual extension, with the dot
	Inline bool   // browsers show it themselves
}

// kinds are all that is taken: no macros, no HTML, no SVG, no script.
var kinds = []Kind{
	{PDF, ".pdf", true},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", false},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", false},
	{"application/vnd.oasis.opendocument.text", ".odt", false},
	{"application/vnd.oasis.opendocument.spreadsheet", ".ods", false},
	{"image/jpeg", ".jpg", true},
	{"image/png", ".png", true},
	{"image/heic", ".heic", false},
}

func kindByExt(ext string) (Kind, bool) {
	if ext = strings.ToLower(ext); ext == ".jpeg" {
		ext = ".jpg"
	}
	for _, k := range kinds {
		if k.Ext == ext {
			return k, true
		}
	}
	return Kind{}, false
}

// KindOf gives the kind of a media type; the zero Kind for one that is not taken.
func KindOf(media string) Kind {
	for _, k := range kinds {
		if k.Media == media {
			return k
		}
	}
	return Kind{}
}

// Inline tells whether browsers show this media type themselves.
func Inline(media string) bool { return KindOf(media).Inline }

// Named gives a file name the extension of its kind, unless it has it.
func (k Kind) Named(name string) string {
	if has, known := kindByExt(path.Ext(name)); known && has == k {
		return name
	}
	return SafeName(name + k.Ext)
}

// KnownName tells whether a file of this name can be of a kind that is taken: a first answer before the upload.
func KnownName(name string) bool {
	_, known := kindByExt(path.Ext(name))
	return known
}

// Sniff tells the kind of a document by its bytes. The name is only a witness: where it has an extension, it must not
// contradict them. A document that is no kind that is taken, or that cannot be read as what it says it is, gives false.
func Sniff(r io.ReaderAt, size int64, name string) (Kind, bool) {
	k, known := kindByExt(sniffExt(r, size))
	if !known {
		return Kind{}, false
	}
	named, has := kindByExt(path.Ext(name))
	if path.Ext(name) != "" && (!has || named != k) {
		return Kind{}, false
	}
	return k, true
}

// SniffStored is Sniff of a file in a store. Errors: those of [Store.Stat] and [Store.ReadAt].
func SniffStored(ctx context.Context, s Store, key Key, name string) (Kind, bool, error) {
	info, err := s.Stat(ctx, key)
	if err != nil {
		return Kind{}, false, err
	}
	r := &blocks{size: info.Size, read: func(p []byte, off int64) (int, error) { return s.ReadAt(ctx, key, p, off) }}
	k, ok := Sniff(r, info.Size, name)
	if r.err != nil {
		return Kind{}, false, r.err
	}
	return k, ok, nil
}

// blocks reads a file by few large reads, each once, and not more than a document needs: whoever makes a file whose list
// of parts is longer than that does not make us read it.
type blocks struct {
	read func(p []byte, off int64) (int, error)
	size int64
	kept map[int64][]byte
	err  error // of read
}

const (
	blockSize = 256 << 10
	maxBlocks = 16
)

var errManyBlocks = errors.New("files: too much to read of one document")

func (b *blocks) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off < 0 || off >= b.size {
			return n, io.EOF
		}
		block, err := b.block(off / blockSize)
		if err != nil {
			return n, err
		}
		begin := off % blockSize
		if begin >= int64(len(block)) {
			return n, io.EOF // it has become shorter
		}
		copied := copy(p[n:], block[begin:])
		n, off = n+copied, off+int64(copied)
	}
	return n, nil
}

func (b *blocks) block(i int64) ([]byte, error) {
	if block, known := b.kept[i]; known {
		return block, nil
	}
	if len(b.kept) == maxBlocks {
		return nil, errManyBlocks
	}
	block := make([]byte, min(blockSize, b.size-i*blockSize))
	n, err := b.read(block, i*blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
		return nil, err
	}
	if b.kept == nil {
		b.kept = map[int64][]byte{}
	}
	b.kept[i] = block[:n]
	return block[:n], nil
}

func sniffExt(r io.ReaderAt, size int64) string {
	head := make([]byte, min(size, 1024))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	head = head[:n]
	switch {
	case bytes.Contains(head, []byte("%PDF-")): // PDF allows a little before it
		return ".pdf"
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return ".jpg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return ".png"
	case len(head) >= 12 && string(head[4:8]) == "ftyp" && heic(string(head[8:12])):
		return ".heic"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffOffice(r, size)
	}
	return ""
}

func heic(brand string) bool {
	switch brand {
	case "heic", "heix", "heim", "heis", "mif1", "msf1", "hevc":
		return true
	}
	return false
}

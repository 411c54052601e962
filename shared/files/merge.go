package files

import (
	"context"
	"errors"
	"io"
)

// ErrUnmergeable: these documents do not become one PDF, in the memory and the time that there are for it.
var ErrUnmergeable = errors.New("files: cannot be merged")

// MaxMerge is how large the documents of one merged PDF may be together, in bytes: pdfcpu v0.15.0 takes up to 2.1 times
// that of memory (measured), and the smallest function that merges has 512 MB.
const MaxMerge = 100 << 20

// Part is one document of a merged PDF.
type Part struct {
	Title string // of its bookmark
	Size  int64  // bytes that Open gives
	Open  func() (io.ReadCloser, error)
}

// Merger puts PDFs into one. They come from outside: whatever they are, they end in a result or in an error, within
// limits of memory and time that the merger sets.
type Merger interface {
	// Merge writes the documents as one PDF, with a bookmark for each of them and its own bookmarks below it. One that is no
	// PDF, or is locked, cut off or broken, spoils all, and so do more than [MaxMerge] bytes. What was written counts only when there is no error.
	// Errors: [ErrUnmergeable]; those of the parts' readers and of w as they are; that of ctx.
	Merge(ctx context.Context, w io.Writer, parts []Part) error
}

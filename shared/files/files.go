// Package files is the port to the store of documents: a flat set of keys with bytes behind them, to which browsers
// upload and from which they download without passing through the functions, by signed requests.
//
// A signed upload is a plain HTML form (S3's « POST policy »): it works without a script, and the store itself enforces
// the exact key, the size range, the type and the expiry. A signed download is a GET address that lives a few minutes.
// What the browser says about an upload counts for nothing: the store's own event ([Stored]) does.
//
// Whether a file holds malware is asked of a [Scanner].
//
// Adapters are subpackages: of the store dirfiles (a directory, with the HTTP handler of the files' own host) and s3files
// (a bucket of S3, whose scanner it is too), of the scanner clamdscan. filestest has the suites that they pass.
package files

import (
	"context"
	"errors"
	"io"
	"time"
)

var (
	// ErrNotFound: nothing is stored under that key.
	ErrNotFound = errors.New("files: no such file")
	// ErrExists: the key is taken (only [Store.Create] says so). Nothing was written.
	ErrExists = errors.New("files: key is taken")
	// ErrInvalid: a bug of ours (a malformed key, an empty size range, an expiry over a day, a download without a type).
	// Nothing was done.
	ErrInvalid = errors.New("files: invalid request")
	// ErrUnavailable: the store could not answer (a full disk). The outcome is unknown.
	ErrUnavailable = errors.New("files: unavailable")
)

// Key names one file: 2 to 8 segments of [a-z0-9._-]{1,80} separated by "/", none beginning with a dot. The first
// segment is the collectivité's identifier, so that a guard can hold a caller to its own. A key is never the folder of
// another: where there is « a/b », nobody writes « a/b/c ».
type Key string

// Info says what is stored.
type Info struct {
	Size     int64
	StoredAt time.Time // UTC, second precision or better
	Name     string    // as the browser called it, made safe; only of an upload that keeps it, and empty where it said none
}

// Upload is what an upload form allows.
type Upload struct {
	Key              Key
	MinSize, MaxSize int64         // bytes, both inclusive; MaxSize at least 1
	Type             string        // the exact media type the form must carry; empty: any
	Expiry           time.Duration // from now; at most a day
	KeepName         bool          // the browser's name for the file stays with it: whoever has the form chooses it
	Redirect         string        // where a form without script is sent back to (303, the store may add a query); empty: 204
}

// Form is a signed upload: POST to URL as multipart/form-data with the Fields, then the file as the last part, named
// "file".
type Form struct {
	URL    string
	Fields []Field // in the order in which they must be sent
}

// Field is one hidden field of a form.
type Field struct{ Name, Value string }

// Download is what a signed address gives.
type Download struct {
	Key        Key
	Name       string // file name shown to the person; made safe by the adapter
	Type       string // media type sent, whatever the upload said; never empty
	Attachment bool   // true: saved; false: shown in the page (« inline »)
	Expiry     time.Duration
}

// downloadExpiry of an address that somebody follows at once: enough to begin a download.
const downloadExpiry = 5 * time.Minute

// ToSee is a download of what browsers show themselves where they do, and is saved otherwise. ToSave is always saved:
// what came from outside, and archives. Both are for somebody who follows the address at once.
func ToSee(key Key, name, media string) Download {
	return Download{Key: key, Name: name, Type: media, Attachment: !Inline(media), Expiry: downloadExpiry}
}

func ToSave(key Key, name, media string) Download {
	return Download{Key: key, Name: name, Type: media, Attachment: true, Expiry: downloadExpiry}
}

// ToSaveZip is the archive of all documents of what has that title.
func ToSaveZip(key Key, title string) Download {
	return ToSave(key, SafeName(title+".zip"), "application/zip")
}

// Store keeps files. All methods may be called from many goroutines.
type Store interface {
	// SignUpload makes the form for one upload. A second upload to the key replaces the first until the expiry. The store
	// refuses (4xx) a form of which one field was changed or left out (but for the one that may carry the file's name), and
	// a file out of its size range; what it refuses changes nothing.
	// Errors: [ErrInvalid].
	SignUpload(ctx context.Context, u Upload) (Form, error)
	// SignDownload makes the address for one download. It does not look whether the file is there: the address says so
	// (4xx). Ranges are answered, so that a cut download goes on and a viewer reads the page it shows.
	// Errors: [ErrInvalid].
	SignDownload(ctx context.Context, d Download) (string, error)
	// Stat tells the size, and the name if that was to be kept. Errors: [ErrNotFound], [ErrInvalid], [ErrUnavailable].
	Stat(ctx context.Context, key Key) (Info, error)
	// Open reads a file from its beginning; the caller closes it. Errors: [ErrNotFound], [ErrInvalid],
	// [ErrUnavailable].
	Open(ctx context.Context, key Key) (io.ReadCloser, error)
	// ReadAt reads from an offset on, as [io.ReaderAt] does: len(p) bytes, or fewer with io.EOF where the file ends. The file
	// may be another one at the next call, where a form can still write. Errors: io.EOF, [ErrNotFound], [ErrInvalid],
	// [ErrUnavailable].
	ReadAt(ctx context.Context, key Key, p []byte, off int64) (int, error)
	// Create stores a new file whole or not at all: nobody ever sees half of it. Durable when it returns. An error of r
	// is returned as it is, and nothing is stored. Errors: [ErrExists], [ErrInvalid], [ErrUnavailable].
	Create(ctx context.Context, key Key, r io.Reader) (Info, error)
	// Delete removes a file; one that is not there is no error. Errors: [ErrInvalid], [ErrUnavailable].
	Delete(ctx context.Context, key Key) error
}

// Stored is the store's event: an upload by form has ended under that key. It comes at least once for each upload that
// the browser was told has succeeded. After an error it comes again, or the browser is told that the upload failed.
type Stored func(ctx context.Context, key Key, info Info) error

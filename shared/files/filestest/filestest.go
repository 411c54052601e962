// Package filestest is the conformance suite of the files port: what every store must do, from the documentation of the
// port alone. Forms are posted and addresses are fetched over real HTTP, as a browser does. Each test has keys of its
// own, so that the suite also runs against a bucket that others use.
package filestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/files"
)

// Subject is a store under test.
type Subject struct {
	Store files.Store // its forms and addresses lead to a server that answers
	// Past gives the same store with a clock that is late: what it signs is already that old.
	Past func(late time.Duration) files.Store
}

// Run runs the suite on the store that open gives.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"create, stat, open, delete":              lifecycle,
		"a key is created once":                   createOnce,
		"one winner among twenty":                 oneWinner,
		"a file is there whole or not at all":     whole,
		"the error of a source comes back":        sourceError,
		"more than one part of a cloud store":     large,
		"an ended context creates nothing":        endedContext,
		"a part of a file is read":                readAt,
		"rules of keys":                           keys,
		"a folder is no file":                     folders,
		"invalid requests":                        invalid,
		"a form is posted":                        formPosted,
		"a form leads back":                       formRedirects,
		"the size range of a form":                formSizes,
		"a spoiled form is refused":               formSpoiled,
		"fields of another form are refused":      formMixed,
		"a form that is not whole is refused":     formNotWhole,
		"a form expires":                          formExpires,
		"a form may be posted again":              formAgain,
		"forms posted together leave one of them": formTogether,
		"a form keeps the name of the file":       formNames,
		"an address gives the file":               addressGives,
		"an address names the file":               addressNames,
		"an address answers ranges":               addressRanges,
		"an address expires":                      addressExpires,
		"a changed address gives nothing else":    addressChanged,
		"an address of nothing":                   addressOfNothing,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var (
	run    = strconv.FormatInt(time.Now().UnixNano(), 36)
	serial atomic.Int64
)

// fresh names a key that nobody uses.
func fresh() files.Key { return files.Key(fmt.Sprintf("filestest/%s/%d/file", run, serial.Add(1))) }

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func create(t *testing.T, s files.Store, key files.Key, content string) files.Info {
	t.Helper()
	info, err := s.Create(t.Context(), key, strings.NewReader(content))
	if err != nil {
		t.Fatalf("creating: %v", err)
	}
	return info
}

func read(t *testing.T, s files.Store, key files.Key) string {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Errorf("opening: %v", err)
		return ""
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Errorf("reading: %v", err)
	}
	return string(raw)
}

// nothing holds when there is no file.
func nothing(t *testing.T, what string, s files.Store, key files.Key) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	fails(t, "stat of "+what, err, files.ErrNotFound)
	r, err := s.Open(t.Context(), key)
	fails(t, "open of "+what, err, files.ErrNotFound)
	if r != nil {
		t.Errorf("open of %s: a reader beside the error", what)
	}
}

func lifecycle(t *testing.T, s Subject) {
	key := fresh()
	nothing(t, "a fresh key", s.Store, key)
	fails(t, "delete of what is not there", s.Store.Delete(t.Context(), key), nil)
	info := create(t, s.Store, key, "é\x00\r\n")
	check(t, "size", info.Size, int64(5))
	if off := time.Since(info.StoredAt).Abs(); off > time.Hour || info.StoredAt.Location() != time.UTC {
		t.Errorf("stored at %v, %v from now", info.StoredAt, off)
	}
	found, err := s.Store.Stat(t.Context(), key)
	fails(t, "stat", err, nil)
	check(t, "size in stat", found.Size, info.Size)
	if off := found.StoredAt.Sub(info.StoredAt).Abs(); off > time.Second || found.StoredAt.Location() != time.UTC {
		t.Errorf("stat says stored at %v, create said %v", found.StoredAt, info.StoredAt)
	}
	check(t, "content", read(t, s.Store, key), "é\x00\r\n")
	check(t, "content, read again from its beginning", read(t, s.Store, key), "é\x00\r\n")
	fails(t, "delete", s.Store.Delete(t.Context(), key), nil)
	nothing(t, "a deleted key", s.Store, key)
	fails(t, "delete again", s.Store.Delete(t.Context(), key), nil)
	create(t, s.Store, key, "")
	check(t, "an empty file is a file", read(t, s.Store, key), "")
}

func createOnce(t *testing.T, s Subject) {
	key := fresh()
	create(t, s.Store, key, "first")
	_, err := s.Store.Create(t.Context(), key, strings.NewReader("second, longer"))
	fails(t, "a key that is taken", err, files.ErrExists)
	check(t, "content", read(t, s.Store, key), "first")
	fails(t, "delete", s.Store.Delete(t.Context(), key), nil)
	create(t, s.Store, key, "third")
	check(t, "a deleted key is free", read(t, s.Store, key), "third")
}

func oneWinner(t *testing.T, s Subject) {
	key := fresh()
	var won atomic.Pointer[string]
	var crowd sync.WaitGroup
	for n := range 20 {
		crowd.Go(func() {
			mine := strings.Repeat(strconv.Itoa(n), 1000)
			switch _, err := s.Store.Create(t.Context(), key, strings.NewReader(mine)); {
			case err == nil && won.Swap(&mine) != nil:
				t.Error("two have won")
			case err != nil && !errors.Is(err, files.ErrExists):
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if won.Load() == nil {
		t.Fatal("nobody has won")
	}
	check(t, "content", read(t, s.Store, key), *won.Load())
}

func whole(t *testing.T, s Subject) {
	key := fresh()
	r, w := io.Pipe()
	created := make(chan error, 1)
	go func() {
		_, err := s.Store.Create(t.Context(), key, r)
		r.CloseWithError(errors.New("nobody reads any more"))
		created <- err
	}()
	_, err := w.Write(bytes.Repeat([]byte("a"), 1<<20))
	fails(t, "writing the first half", err, nil)
	nothing(t, "a file that is half there", s.Store, key)
	_, err = io.WriteString(w, "end")
	fails(t, "writing the end", errors.Join(err, w.Close()), nil)
	fails(t, "create", <-created, nil)
	check(t, "size", len(read(t, s.Store, key)), 1<<20+3)
}

func sourceError(t *testing.T, s Subject) {
	mine := errors.New("the source is broken")
	for name, source := range map[string]struct {
		r    io.Reader
		want error
	}{
		"at once":      {broken{mine}, mine},
		"after a part": {io.MultiReader(bytes.NewReader(make([]byte, 6<<20)), broken{mine}), mine},
		"a cut source is not an end": {
			io.MultiReader(strings.NewReader("half"), broken{io.ErrUnexpectedEOF}), io.ErrUnexpectedEOF,
		},
		"an end inside an error is no end": {broken{fmt.Errorf("%w: %w", mine, io.EOF)}, mine},
	} {
		key := fresh()
		_, err := s.Store.Create(t.Context(), key, source.r)
		fails(t, name, err, source.want)
		if errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: it is not the store's fault: %v", name, err)
		}
		nothing(t, name, s.Store, key)
	}
}

// broken is a reader that fails.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func large(t *testing.T, s Subject) {
	key := fresh()
	content := bytes.Repeat([]byte("0123456789abcde\n"), 6<<20/16)
	content[len(content)-1] = '.'
	info, err := s.Store.Create(t.Context(), key, io.MultiReader(bytes.NewReader(content))) // a reader of no known length
	fails(t, "create", err, nil)
	check(t, "size", info.Size, int64(len(content)))
	if read(t, s.Store, key) != string(content) {
		t.Error("another content")
	}
}

func readAt(t *testing.T, s Subject) {
	key := fresh()
	p := make([]byte, 4)
	_, err := s.Store.ReadAt(t.Context(), key, p, 0)
	fails(t, "nothing there", err, files.ErrNotFound)
	create(t, s.Store, key, "0123456789")
	for off, want := range map[int64]string{0: "0123", 3: "3456", 6: "6789"} {
		n, err := s.Store.ReadAt(t.Context(), key, p, off)
		check(t, fmt.Sprint("from ", off), string(p[:n]), want)
		if err != nil && (off < 6 || err != io.EOF) { // of a part that ends the file it may be said
			t.Errorf("from %d: %v", off, err)
		}
	}
	for off, want := range map[int64]string{8: "89", 9: "9", 10: "", 11: "", 1 << 40: ""} {
		n, err := s.Store.ReadAt(t.Context(), key, p, off)
		check(t, fmt.Sprint("from ", off), string(p[:n]), want)
		if err != io.EOF { // as readers compare it
			t.Errorf("from %d: got %v, want the end", off, err)
		}
	}
	n, err := s.Store.ReadAt(t.Context(), key, nil, 3)
	check(t, "nothing asked for", n, 0)
	fails(t, "nothing asked for", err, nil)
	empty := fresh()
	create(t, s.Store, empty, "")
	if n, err := s.Store.ReadAt(t.Context(), empty, p, 0); n != 0 || err != io.EOF {
		t.Errorf("of an empty file: %d, %v", n, err)
	}
}

func endedContext(t *testing.T, s Subject) {
	key := fresh()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Store.Create(ctx, key, strings.NewReader("x")); err == nil {
		t.Error("a file was created")
	}
	nothing(t, "it", s.Store, key)
}

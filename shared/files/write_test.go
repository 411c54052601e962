package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"convoc/shared/files"
	"convoc/shared/files/dirfiles"
)

func open(t *testing.T) files.Store {
	t.Helper()
	s, err := dirfiles.New(dirfiles.Config{Dir: t.TempDir(), BaseURL: "http://files", Secret: make([]byte, 32), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWriteStoresWhatIsProduced(t *testing.T) {
	s := open(t)
	info, err := files.Write(t.Context(), s, "a/b", func(w io.Writer) error {
		for n := range 1000 {
			if _, err := fmt.Fprintln(w, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || info.Size != 3890 {
		t.Fatalf("got %+v, %v", info, err)
	}
	r, err := s.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if raw, err := io.ReadAll(r); err != nil || !bytes.HasSuffix(raw, []byte("998\n999\n")) {
		t.Errorf("got %d bytes, %v", len(raw), err)
	}
}

// A producer that fails after a part leaves nothing, whatever its error is: an « end of file » of what it read is no end
// of what it writes.
func TestWriteOfAProducerThatFails(t *testing.T) {
	mine := errors.New("mine")
	for name, c := range map[string]struct{ fault, want error }{
		"an error of its own":       {mine, mine},
		"an end of file":            {io.EOF, io.ErrUnexpectedEOF},
		"an end of file, explained": {fmt.Errorf("reading: %w", io.EOF), io.EOF},
	} {
		s := open(t)
		_, err := files.Write(t.Context(), s, "a/b", func(w io.Writer) error {
			if _, err := io.WriteString(w, "half"); err != nil {
				return err
			}
			return c.fault
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if _, err := s.Stat(t.Context(), "a/b"); !errors.Is(err, files.ErrNotFound) {
			t.Errorf("%s: stored: %v", name, err)
		}
	}
}

// A store that refuses does not leave the producer waiting, and says its own error.
func TestWriteToAStoreThatRefuses(t *testing.T) {
	s := open(t)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[files.Key]error{"a/b": files.ErrExists, "A": files.ErrInvalid} {
		ended := false
		_, err := files.Write(t.Context(), s, key, func(w io.Writer) error {
			_, err := w.Write(make([]byte, 100_000))
			ended = true
			return err
		})
		if !errors.Is(err, want) || !ended {
			t.Errorf("%q: got %v, want %v; the producer has ended: %v", key, err, want, ended)
		}
	}
}

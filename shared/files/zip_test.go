package files

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 12, 7, 9, 30, 0, 0, time.FixedZone("CET", 3600))

// text is an entry whose content is its name, doubled; closed counts what was closed.
func text(name string, closed *int) Entry {
	return Entry{Name: name, Modified: monday, Open: func() (io.ReadCloser, error) {
		return closing{strings.NewReader(name + name), closed}, nil
	}}
}

type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error { *c.closed++; return nil }

// unzip reads a zip as programs do, by its list.
func unzip(t *testing.T, raw []byte) (names []string, contents map[string]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	contents = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r) // checks the sum
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
			t.Errorf("%s is deflated", f.Name)
		}
		names = append(names, f.Name)
		contents[f.Name] = string(content)
	}
	return names, contents
}

func TestZip(t *testing.T) {
	closed := 0
	given := []string{
		"budget.pdf", "budget.pdf", "BUDGET.PDF", "budget (2).pdf", "Délibération.pdf", "De\u0301libe\u0301ration.pdf", "../etc/budget.pdf",
		"sans extension", "sans extension", "", "con.txt", "a.tar.gz", "a.tar.gz",
	}
	want := []string{
		"budget.pdf", "budget (2).pdf", "BUDGET (3).PDF", "budget (2) (2).pdf", "Délibération.pdf", "Délibération (2).pdf", "budget (4).pdf",
		"sans extension", "sans extension (2)", "document", "_con.txt", "a.tar.gz", "a.tar (2).gz",
	}
	var entries []Entry
	for _, name := range given {
		entries = append(entries, text(name, &closed))
	}
	var raw, again bytes.Buffer
	if err := WriteZip(&raw, entries); err != nil {
		t.Fatal(err)
	}
	names, contents := unzip(t, raw.Bytes())
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	for i, name := range want {
		if contents[name] != given[i]+given[i] {
			t.Errorf("%s: got %q", name, contents[name])
		}
	}
	if closed != len(given) {
		t.Errorf("%d of %d sources were closed", closed, len(given))
	}
	for i := range entries {
		entries[i].Modified = entries[i].Modified.UTC() // the same moment
	}
	if err := WriteZip(&again, entries); err != nil || !bytes.Equal(raw.Bytes(), again.Bytes()) {
		t.Errorf("the same entries give other bytes: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if got := z.File[4]; !got.Modified.Equal(monday) || got.Flags&0x800 == 0 {
		t.Errorf("modified %v, flags %x: not the time, or not said to be UTF-8", got.Modified, got.Flags)
	}
}

func TestEmptyZipIsAZip(t *testing.T) {
	var raw bytes.Buffer
	if err := WriteZip(&raw, nil); err != nil {
		t.Fatal(err)
	}
	if names, _ := unzip(t, raw.Bytes()); len(names) != 0 {
		t.Errorf("got %q", names)
	}
}

func TestZipOfABrokenSource(t *testing.T) {
	closed := 0
	mine := errors.New("broken")
	for name, open := range map[string]func() (io.ReadCloser, error){
		"it does not open": func() (io.ReadCloser, error) { return nil, mine },
		"it breaks off": func() (io.ReadCloser, error) {
			return closing{io.MultiReader(strings.NewReader("half"), erring{mine}), &closed}, nil
		},
		"it is the first part": func() (io.ReadCloser, error) { return closing{erring{mine}, &closed}, nil },
	} {
		err := WriteZip(io.Discard, []Entry{text("a", &closed), {Name: "Dupont.pdf", Open: open}, text("c", &closed)})
		if !errors.Is(err, mine) || strings.Contains(err.Error(), "Dupont") {
			t.Errorf("%s: got %v, want %v and no name", name, err, mine)
		}
	}
	if closed != 3+2 {
		t.Errorf("%d sources were closed, want 5", closed)
	}
	if err := WriteZip(full{mine}, []Entry{text(strings.Repeat("x", 10_000), &closed)}); !errors.Is(err, mine) {
		t.Errorf("a disk that is full: got %v, want %v", err, mine)
	}
}

type erring struct{ err error }

func (e erring) Read([]byte) (int, error) { return 0, e.err }

type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

// Whatever the names, each entry keeps its content under a safe name of its own.
func FuzzZipNames(f *testing.F) {
	f.Add("a.pdf\na.pdf\nA.PDF\na (2).pdf")
	f.Add("\n..\n/\n\x00")
	f.Add("con\nCON\n_con")
	f.Add(strings.Repeat(strings.Repeat("é", 200)+".pdf\n", 3))
	f.Fuzz(func(t *testing.T, list string) {
		given := strings.SplitN(list, "\n", 30)
		closed := 0
		var entries []Entry
		for _, name := range given {
			entries = append(entries, text(name, &closed))
		}
		var raw bytes.Buffer
		if err := WriteZip(&raw, entries); err != nil {
			t.Fatal(err)
		}
		names, contents := unzip(t, raw.Bytes())
		seen := map[string]bool{}
		for i, name := range names {
			if seen[strings.ToLower(name)] || strings.ContainsAny(name, `/\`) || reserved(name) {
				t.Errorf("%q: got %q", given, names)
			}
			seen[strings.ToLower(name)] = true
			if contents[name] != given[i]+given[i] {
				t.Errorf("%q: got %q", name, contents[name])
			}
		}
		if len(names) != len(given) {
			t.Errorf("%d entries of %d", len(names), len(given))
		}
	})
}

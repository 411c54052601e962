package contactfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
)

func corpus(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("testdata/csv/*.csv")
	if err != nil || len(names) < 20 {
		f.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, text := range []string{
		"mail;nom\na@x.fr;\"Jean\nb@x.fr;Anne\nc@x.fr;\"Paul\"", "a@x.fr\n\"\n\"\"\n\"\"\"\n",
		"sep=\t\n\"a\"\t\"b@x.fr\"\"\t\"\n",
		"a@x.fr;A\na@x.fr;B\na@x.fr;\na@x.fr;A B\n@;@\n;;;\n", "\xff\xfea\x00@\x00x\x00.\x00f\x00r\x00", "\"\r\"\r\n\"", "é;\xe9@x.fr",
	} {
		f.Add([]byte(text))
	}
}

// Whatever comes, nothing panics; a file is refused with a code, or each of its lines is a contact, merged, blank, or an
// error with its number and its cells.
func FuzzRead(f *testing.F) {
	corpus(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := Read(Text(string(raw)), Options{})
		if err != nil {
			if _, is := errs.As(err); !is {
				t.Fatalf("got %v", err)
			}
			return
		}
		rows := parsed(t, decodedText(t, raw, file.Encoding), file.Separator[0])
		if file.Header {
			rows = slices.DeleteFunc(rows, func(r row) bool { return r.line == file.HeaderLine })
		}
		if got := len(file.Contacts) + file.Merged + file.Refused; got != len(rows) || (file.Refused <= maxErrors && file.Refused != len(file.Errors)) {
			t.Fatalf("%d contacts, %d merged, %d errors of %d rows", len(file.Contacts), file.Merged, len(file.Errors), len(rows))
		}
		begins := map[int]row{}
		for _, r := range rows {
			begins[r.line] = r
		}
		last := 0
		for _, c := range file.Contacts {
			if _, is := begins[c.Line]; !is || c.Line <= last || c.Address == "" || !utf8.ValidString(c.Name) {
				t.Fatalf("contact %+v after line %d", c, last)
			}
			last = c.Line
			delete(begins, c.Line)
		}
		for _, e := range file.Errors {
			if r, is := begins[e.Line]; !is || e.Code == "" || (e.Cells != nil && strings.Join(e.Cells, "|") != strings.Join(r.strings(), "|")) {
				t.Fatalf("error %+v", e)
			}
			delete(begins, e.Line)
		}
		if len(begins) != file.Merged {
			t.Fatalf("%d rows are nowhere, %d were merged", len(begins), file.Merged)
		}
	})
}

// decodedText decodes a whole file at once.
func decodedText(t *testing.T, raw []byte, encoding string) []byte {
	t.Helper()
	d := newDecoder(bytes.NewReader(raw), encoding, raw)
	var text []byte
	for {
		var err error
		if text, err = d.append(text); errors.Is(err, io.EOF) {
			return trimEnd(text)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// parsed cuts a text into its rows that are not blank, and checks that they cover all its lines, each once: a row goes
// on over several lines only inside of quotes.
func parsed(t *testing.T, text []byte, sep byte) []row {
	t.Helper()
	line := 1
	if length, _ := cutSepLine(text); length > 0 {
		text, line = text[length:], 2
	}
	var rows []row
	for p := newParser(textWindow(string(text)), sep, line); ; {
		from := p.at
		r, more, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		taken, cells := string(p.text[from:p.at]), strings.Join(r.strings(), "")
		if r.line != line {
			t.Fatalf("row %q begins on line %d, want %d", r.cells, r.line, line)
		}
		inside := strings.Count(strings.TrimSuffix(taken, "\n"), "\n")
		if inside > 0 && !strings.Contains(taken, `"`) || inside != strings.Count(cells, "\n") {
			t.Fatalf("row %q has taken %q", r.cells, taken)
		}
		if letters(cells) != letters(strings.ReplaceAll(taken, string(sep), "")) {
			t.Fatalf("row %q of %q", r.cells, taken)
		}
		line += strings.Count(taken, "\n")
		if !r.blank() {
			rows = append(rows, r.clone())
		}
	}
	return rows
}

// letters leaves out what quoting and separators add.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\" \n"+separators, r) {
			return -1
		}
		return r
	}, s)
}

// Cells written as RFC 4180 says are read as they were.
func FuzzQuotedCells(f *testing.F) {
	f.Add("Jean", "a@x.fr", uint8(0))
	f.Add("\"Jojo\"\nDupont;", "=\"007\"\r\n", uint8(2))
	f.Fuzz(func(t *testing.T, a, b string, which uint8) {
		sep := separators[int(which)%len(separators)]
		quote := func(cell string) string { return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"` }
		want := [][]string{{a, b}, {b, a, ""}}
		text := ""
		for _, cells := range want {
			for i, cell := range cells {
				if i > 0 {
					text += string(sep)
				}
				text += quote(cell)
			}
			text += "\n"
		}
		p := newParser(textWindow(text), sep, 1)
		for i, cells := range want {
			r, more, err := p.next()
			if err != nil || !more || !slices.Equal(r.strings(), cells) || r.line != 1+i*(1+strings.Count(a+b, "\n")) {
				t.Fatalf("row %d of %q: got %q on line %d", i, text, r.cells, r.line)
			}
		}
		if r, more, _ := p.next(); more {
			t.Fatalf("and then %q", r.cells)
		}
	})
}

// What is taken as a plain address is one, and the same, for whoever looks closer.
func FuzzPlainAddress(f *testing.F) {
	for _, s := range []string{
		"Jean.Dupont@X.fr", " a@b.c ", "a@b.co", "a+b@c-d.fr", "a..b@c.fr", "a@b..fr", "a@-b.fr", "a@b-.fr", "a@1.2", "a@b.c1", "a@xn--vreux-9ra.fr",
		"a_b@c.fr", "a@b_c.fr", ".a@b.fr", "a.@b.fr", "a@b@c.fr", "@b.fr", "a@", "a@fr", strings.Repeat("a", 64) + "@b.fr", strings.Repeat("a", 65) + "@b.fr",
		"a@" + strings.Repeat("b", 63) + ".fr", "a@" + strings.Repeat("b", 64) + ".fr", "a@b." + strings.Repeat("c", 64),
		"a@" + strings.Repeat("b.", 125) + "fr", "a@" + strings.Repeat("b.", 126) + "fr",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, plain := plainAddress(nil, []byte(s))
		if !plain {
			return
		}
		if want, beside, err := directory.CleanAddress(s); string(got) != string(want) || beside != "" || err != nil {
			t.Errorf("%q: got %q, want %q named %q, %v", s, got, want, beside, err)
		}
	})
}

func TestMostAddressesArePlain(t *testing.T) {
	for _, s := range []string{"jean.dupont@mairie-x.fr", " Jean_Dupont+cm@X2.Fr ", "a@b.co", "maire@ville.example.gouv.fr"} {
		if got, plain := plainAddress(nil, []byte(s)); !plain || string(got) != strings.ToLower(strings.TrimSpace(s)) {
			t.Errorf("%q: got %q, %v", s, got, plain)
		}
	}
}

package contactfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/errs"
)

func read(t *testing.T, text string) contactfile.File {
	t.Helper()
	f, err := contactfile.Read(contactfile.Text(text), contactfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines say what became of a file: « 2 jean@x.fr Jean [Conseil] », « 3 address_missing ».
func lines(f contactfile.File) []string {
	var all []string
	for _, c := range f.Contacts {
		line := fmt.Sprintf("%d %s %s [%s]", c.Line, c.Address, c.Name, strings.Join(c.Groups, ", "))
		if c.Other != "" {
			line += " or " + c.Other
		}
		all = append(all, line)
	}
	for _, e := range f.Errors {
		all = append(all, fmt.Sprintf("%d %s", e.Line, e.Code))
	}
	return all
}

func TestReadKeepsItsLimits(t *testing.T) {
	const line = "a@x.fr;Jean\n"
	header, other := "mail;nom\n", "mail;remarques\n"
	names := func(from, to int) (text string) {
		for n := from; n < to; n++ {
			text += fmt.Sprint(";Groupe ", n)
		}
		return text + "\n"
	}
	grouped := func(n int) string { return "mail" + strings.Repeat(";groupe", max(n, 33)) + "\na@x.fr" + names(0, n) }
	blank := func(n int) string { return strings.Repeat("\n", n) }
	cells := func(n int) string { return "a@x.fr" + strings.Repeat(";", n-2) + ";x\n" }
	for _, c := range []struct {
		name, text string
		want       *errs.Error
		contacts   int
		code       string // of the one line that is refused
	}{
		{"199,999 lines", blank(199_998) + line, nil, 1, ""},
		{"200,000 lines", blank(199_999) + line, nil, 1, ""},
		{"200,000 lines, the last without its end", blank(199_999) + "a@x.fr;Jean", nil, 1, ""},
		{"200,001 lines", blank(200_000) + line, contactfile.ErrTooManyLines, 0, ""},
		{"200,001 lines, the last without its end", blank(200_000) + "a@x.fr;Jean", contactfile.ErrTooManyLines, 0, ""},
		{"200,001 lines of old Macs", strings.Repeat("\r", 200_000) + "a@x.fr;Jean", contactfile.ErrTooManyLines, 0, ""},
		{"200,000 lines of Windows", strings.Repeat("\r\n", 199_999) + "a@x.fr;Jean\r\n", nil, 1, ""},
		{"65 columns", cells(65), nil, 1, ""},
		{"66 columns", cells(66), nil, 1, ""},
		{"67 columns", cells(67), nil, 0, "too_many_columns"},
		{"66 columns, and empty ones", strings.TrimSuffix(cells(66), "\n") + ";;; ;\n", nil, 1, ""},
		{"67 columns, quoted", "a@x.fr" + strings.Repeat(";", 65) + ";\"x\ny\";z\n", nil, 0, "too_many_columns"},
		{"64 groups", grouped(64), nil, 1, ""},
		{"65 groups", grouped(65), nil, 0, "too_many_groups"},
		{"64 groups on two lines of one person", grouped(32) + "a@x.fr" + names(32, 64), nil, 1, ""},
		{"65 groups on two lines of one person", grouped(32) + "a@x.fr" + names(32, 65), nil, 1, "too_many_groups"},
		{"a group of 100 characters", "mail;groupe\na@x.fr;" + strings.Repeat("é", 100), nil, 1, ""},
		{"a group of 101 characters", "mail;groupe\na@x.fr;" + strings.Repeat("é", 101), nil, 0, "group_too_long"},
		{"a name of 200 characters", header + "a@x.fr;" + strings.Repeat("é", 200), nil, 1, ""},
		{"a name of 201 characters", header + "a@x.fr;" + strings.Repeat("é", 201), nil, 0, "name_too_long"},
		{"a name of 201 characters beside its address", header + strings.Repeat("é", 201) + " <a@x.fr>;", nil, 0, "name_too_long"},
		{"a cell of 4,095 bytes", other + "a@x.fr;" + strings.Repeat("x", 4_095), nil, 1, ""},
		{"a cell of 4,096 bytes", other + "a@x.fr;" + strings.Repeat("x", 4_096), nil, 1, ""},
		{"a cell of 4,097 bytes", other + "a@x.fr;" + strings.Repeat("x", 4_097), nil, 0, "cell_too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := contactfile.Read(contactfile.Text(c.text), contactfile.Options{})
			if c.want != nil {
				if !errors.Is(err, c.want) {
					t.Errorf("got %v", err)
				}
				return
			}
			code := ""
			for _, e := range f.Errors {
				code += e.Code
			}
			if err != nil || len(f.Contacts) != c.contacts || code != c.code {
				t.Errorf("got %d contacts, errors %q, %v", len(f.Contacts), code, err)
			}
		})
	}
}

// spread is an address on the first line of so many bytes.
func spread(size int) contactfile.Source {
	head := "a@x.fr;Jean\n"
	return func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(head), io.LimitReader(filler{}, int64(size-len(head))))), nil
	}
}

// filler is blank without end.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestReadTakesUpTo20MB(t *testing.T) {
	for size, want := range map[int]error{20<<20 - 1: nil, 20 << 20: nil, 20<<20 + 1: contactfile.ErrTooLarge} {
		f, err := contactfile.Read(spread(size), contactfile.Options{})
		if !errors.Is(err, want) || (want == nil && len(f.Contacts) != 1) {
			t.Errorf("%d bytes: got %d contacts, %v", size, len(f.Contacts), err)
		}
	}
}

func TestReadRefusesWhatIsNoText(t *testing.T) {
	for _, c := range []struct{ name, text, code string }{
		{"nothing", "", contactfile.CodeEmpty},
		{"blanks", " \r\n\t\n", contactfile.CodeEmpty},
		{"a byte order mark alone", "\xef\xbb\xbf \n", contactfile.CodeEmpty},
		{"the end mark of DOS alone", "\x1a", contactfile.CodeEmpty},
		{"a page", "  <!DOCTYPE html><table>", contactfile.CodeHTML},
		{"a table of Excel as a page", "<table><tr>", contactfile.CodeHTML},
		{"a sheet of Excel 2003 as XML", `<?xml version="1.0"?>`, contactfile.CodeXML},
		{"an Excel workbook", "PK\x03\x04\x14\x00[Content_Types].xml", contactfile.CodeXLSX},
		{"an old Excel workbook", "\xd0\xcf\x11\xe0\xa1\xb1", contactfile.CodeXLS},
		{"a LibreOffice workbook", "PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet", contactfile.CodeODS},
		{"a PDF", "%PDF-1.4", contactfile.CodePDF},
		{"bytes with NUL", "a@x.fr;\x00\x01\x02Jean\n", contactfile.CodeBinary},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := contactfile.Read(contactfile.Text(c.text), contactfile.Options{})
			if refusal, _ := errs.As(err); !errors.Is(err, contactfile.ErrFile) || refusal.About != c.code || refusal.Field != "file" {
				t.Errorf("got %v about %q", err, refusal.About)
			}
		})
	}
}

func TestReadNeedsAnAddress(t *testing.T) {
	if _, err := contactfile.Read(contactfile.Text("nom;prénom\nDupont;Jean\n"), contactfile.Options{}); !errors.Is(err, contactfile.ErrNoAddress) {
		t.Errorf("got %v", err)
	}
	for name, text := range map[string]string{
		"separators only": ";;;\n;;\n", "titles only": "mail;nom\n", "titles and separators": "mail;nom\n;\n", "no word of addresses": "Jean\n",
	} {
		if _, err := contactfile.Read(contactfile.Text(text), contactfile.Options{}); !errors.Is(err, contactfile.ErrNoAddress) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got := lines(read(t, "mail;nom\n@;Jean\n")); len(got) != 1 || got[0] != "2 address_invalid" {
		t.Errorf("one that is none: got %q", got)
	}
}

func TestReadGivesTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("broken")
	if _, err := contactfile.Read(func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }, contactfile.Options{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{
			"two columns of addresses: the first that is not empty",
			"courriel;courriel 2;nom\na@x.fr;b@x.fr;Jean\n;c@x.fr;Anne\nd@x.fr;;Paul\n;;Luc\n",
			[]string{"2 a@x.fr Jean []", "3 c@x.fr Anne []", "4 d@x.fr Paul []", "5 address_missing"},
		},
		{
			"a name and a contact", "nom complet;contact;mail\nJean;;a@x.fr\n;Anne;b@x.fr\n",
			[]string{"2 a@x.fr Jean []", "3 b@x.fr Anne []"},
		},
		{
			"a name and a former name", "nom;nom de naissance;prénom;mail\nDupont;Martin;Jeanne;a@x.fr\n",
			[]string{"2 a@x.fr Jeanne Dupont []"},
		},
		{"more cells than headings", "mail;nom\na@x.fr;Jean;Conseil\n", []string{"2 a@x.fr Jean []"}},
		{
			"fewer cells than headings", "groupe;nom;mail\nConseil;Jean\n;Anne;a@x.fr\n",
			[]string{"3 a@x.fr Anne []", "2 address_missing"},
		},
		{
			"several groups", "mail;groupe;groupe 2\na@x.fr;Conseil;Bureau\nb@x.fr;CONSEIL;\n",
			[]string{"2 a@x.fr  [Conseil, Bureau]", "3 b@x.fr  [Conseil]"},
		},
		{"Excel's text", "mail;nom\n=\"a@x.fr\";=\"007\"\n", []string{"2 a@x.fr 007 []"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(read(t, c.text))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestQuotes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a separator inside", "a@x.fr;\"Dupont; Jean\"\n", []string{"1 a@x.fr Dupont; Jean []"}},
		{
			"a line end inside", "a@x.fr;\"Jean\nDupont\"\nb@x.fr;Anne\n",
			[]string{"1 a@x.fr Jean Dupont []", "3 b@x.fr Anne []"},
		},
		{"doubled ones and a line end inside", "a@x.fr;\"Jean \"\"Jojo\"\"\nDupont\"\n", []string{`1 a@x.fr Jean "Jojo" Dupont []`}},
		{"spaces around", "a@x.fr;  \"Jean\"  \n", []string{"1 a@x.fr Jean []"}},
		{"one in the middle", "a@x.fr;Jean \"Jojo\" Dupont\n", []string{`1 a@x.fr Jean "Jojo" Dupont []`}},
		{"one at the beginning that is no cell's", "a@x.fr;\"Jojo\" Dupont\n", []string{`1 a@x.fr "Jojo" Dupont []`}},
		{"one that is never closed", "a@x.fr;\"Jean\nb@x.fr;Anne\n", []string{`1 a@x.fr Jean []`, "2 b@x.fr Anne []"}},
		{
			"one that another cell would close", "a@x.fr;\"Jean\nb@x.fr;Anne\nc@x.fr;\"Paul\"\n",
			[]string{`1 a@x.fr Jean []`, "2 b@x.fr Anne []", "3 c@x.fr Paul []"},
		},
		{
			"nicknames", "a@x.fr;\"Jojo\" Martin\nb@x.fr;Anne\nc@x.fr;Paul \"Popol\"\n",
			[]string{`1 a@x.fr "Jojo" Martin []`, "2 b@x.fr Anne []", `3 c@x.fr Paul "Popol" []`},
		},
		{"an empty cell", "a@x.fr;\"\"\n", []string{"1 a@x.fr  []"}},
		{"an escaped one at the end", "a@x.fr;\"Jean \"\"Jojo\"\"\"\n", []string{`1 a@x.fr Jean "Jojo" []`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(read(t, c.text))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// However a file is made, what it takes in memory is a few times its size.
func TestReadOfAFileMadeToBeLarge(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		text  string
		times uint64 // its size
	}{
		"one line of separators":       {"a@x.fr" + strings.Repeat(";", size), 8},
		"one line of cells":            {"a@x.fr" + strings.Repeat(";x", size/2), 8},
		"lines of separators":          {strings.Repeat(strings.Repeat(";", 69)+"\n", size/70), 40},
		"lines in error":               {"a@x.fr;x\n" + strings.Repeat(strings.Repeat(";", 69)+"x\n", size/71), 40},
		"lines with too many columns":  {"a@x.fr;x\n" + strings.Repeat(strings.Repeat("x;", 34)+"x\n", size/70), 60},
		"lines of one cell that is so": {"a@x.fr;x\n" + strings.Repeat("x", size), 8},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := contactfile.Read(contactfile.Text(c.text), contactfile.Options{})
			runtime.ReadMemStats(&after)
			if err != nil && !errors.Is(err, contactfile.ErrNoAddress) {
				t.Fatal(err)
			}
			if got := (after.TotalAlloc - before.TotalAlloc) / size; got > c.times {
				t.Errorf("took %d times its size", got)
			}
			cells := 0
			for _, e := range f.Errors {
				cells += len(strings.Join(e.Cells, ""))
			}
			if len(f.Errors) > 1_000 || cells > 256<<10 || f.Refused < len(f.Errors) {
				t.Errorf("%d lines in error with %d bytes of %d", len(f.Errors), cells, f.Refused)
			}
		})
	}
}

func TestFirstLinesInErrorAreKeptAndAllAreCounted(t *testing.T) {
	f := read(t, "mail;nom\na@x.fr;Jean\n"+strings.Repeat("faux;x\n", 1_001))
	if len(f.Errors) != 1_000 || f.Refused != 1_001 || f.Errors[0].Line != 3 || f.Errors[999].Line != 1_002 {
		t.Errorf("%d lines in error of %d", len(f.Errors), f.Refused)
	}
	long := strings.Repeat("x", 150<<10)
	f = read(t, "mail;nom\na@x.fr;Jean\nfaux;"+long+"\nfaux;"+long+"\nfaux;y\n")
	var cells []int
	for _, e := range f.Errors {
		cells = append(cells, len(e.Cells))
	}
	if !slices.Equal(cells, []int{2, 0, 2}) {
		t.Errorf("cells %v", cells)
	}
}

// Nothing of a file takes time that grows faster than the file: what would take minutes takes a few hundredths of a
// second.
func TestReadOfAFileMadeToBeSlow(t *testing.T) {
	const size, patience = 256 << 10, 3 * time.Second
	files := map[string]string{}
	for name, part := range map[string]string{
		"quotes that are never closed": `"a;`, "the same in many lines": "\"a;\"b\n", "pairs": `"";`,
		"pairs that close nothing": `""x;`, "quotes only": `"`, "quotes and spaces": `"  `, "blank cells": " ;",
	} {
		text := "a@x.fr;x\n" + strings.Repeat(part, size/len(part))
		files[name], files[name+", closed at the end"] = text, text+"\nx@y.fr;\"z\"\n"
	}
	for n := range 3_000 {
		files["thousands at one address"] += fmt.Sprintf("mairie@x.fr;nom%d prenom%d\n", n, n)
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			if _, err := contactfile.Read(contactfile.Text(text), contactfile.Options{}); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > patience {
				t.Errorf("took %s", took)
			}
		})
	}
}

package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"convoc/shared/contactfile"
	"convoc/shared/contactfile/workbook"
	"convoc/shared/errs"
)

// made makes a workbook as Excel would.
func made(t *testing.T, fill func(f *excelize.File), options ...excelize.Options) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out, options...); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// set fills cells of a sheet: « A1 », « jean@x.fr », …
func set(t *testing.T, f *excelize.File, sheet string, cells ...any) {
	t.Helper()
	for i := 0; i < len(cells); i += 2 {
		if err := f.SetCellValue(sheet, cells[i].(string), cells[i+1]); err != nil {
			t.Fatal(err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, raw string, o contactfile.Options) contactfile.File {
	t.Helper()
	o.Workbooks = workbook.Open
	f, err := contactfile.Read(contactfile.Text(raw), o)
	must(t, err)
	return f
}

func TestCellsAreReadAsTheyAreShown(t *testing.T) {
	raw := made(t, func(f *excelize.File) {
		set(t, f, "Sheet1", "A1", "Courriel", "B1", "Nom", "C1", "Téléphone", "D1", "Groupe", "E1", "Groupe", "F1", "Fonction", "G1", "Actif", "H1", "Ordre du tableau")
		set(t, f, "Sheet1", "A2", "a@x.fr", "B2", "Zoé", "C2", 612345678, "D2", 213502727, "F2", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "G2", true, "H2", 1.0)
		set(t, f, "Sheet1", "A3", "b@x.fr", "C3", 33612345678, "D3", "#N/A")
		must(t, f.SetCellFormula("Sheet1", "B3", `LOWER(A9)`))
		format := `0#" "##" "##" "##" "##`
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		must(t, err)
		must(t, f.SetCellStyle("Sheet1", "C2", "C2", style))
		date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		must(t, err)
		must(t, f.SetCellStyle("Sheet1", "F2", "F2", date))
	})
	// What Excel keeps of a formula is its last value: the library does not compute it.
	raw = cached(t, raw, `<f>LOWER(A9)</f>`, `<f>LOWER(A9)</f><v>Anne</v>`)
	f := read(t, raw, contactfile.Options{})
	if f.Encoding != "" || f.Separator != "" || !f.Header || len(f.Contacts) != 2 {
		t.Fatalf("got %+v", f)
	}
	a, b := f.Contacts[0], f.Contacts[1]
	if a.Phone != "06 12 34 56 78" || !slices.Equal(a.Groups, []string{"213502727"}) || a.Function != "01/03/2026" || a.Active != contactfile.Yes || a.Rank != 1 {
		t.Errorf("got %+v", a)
	}
	if b.Name != "Anne" || b.Phone != "+33612345678" || len(b.Groups) > 0 || b.Line != 3 {
		t.Errorf("got %+v", b)
	}
}

// cached changes the text of the first sheet.
func cached(t *testing.T, raw string, pairs ...string) string {
	t.Helper()
	old, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	must(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range old.File {
		r, err := part.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		to, err := w.Create(part.Name)
		must(t, err)
		if part.Name == "xl/worksheets/sheet1.xml" {
			old := string(text)
			if text = []byte(strings.NewReplacer(pairs...).Replace(old)); string(text) == old {
				t.Fatalf("nothing to replace in %s", old)
			}
		}
		_, err = to.Write(text)
		must(t, err)
	}
	must(t, w.Close())
	return out.String()
}

func TestSheetIsTheFirstThatHoldsSomething(t *testing.T) {
	raw := made(t, func(f *excelize.File) {
		for _, name := range []string{"Cachée", "Élus", "Personnel"} {
			_, err := f.NewSheet(name)
			must(t, err)
			set(t, f, name, "A1", strings.ToLower(name[:1])+"@x.fr", "B1", name)
		}
		must(t, f.SetSheetVisible("Cachée", false))
		set(t, f, "Élus", "A1", "e@x.fr")
	})
	f := read(t, raw, contactfile.Options{})
	if want := []string{"Sheet1", "Élus", "Personnel", "Cachée"}; f.Sheet != "Élus" || !slices.Equal(f.Sheets, want) || f.Contacts[0].Name != "Élus" {
		t.Errorf("got %q of %q, %+v", f.Sheet, f.Sheets, f.Contacts)
	}
	if f := read(t, raw, contactfile.Options{Sheet: "Personnel"}); f.Sheet != "Personnel" || f.Contacts[0].Address != "p@x.fr" {
		t.Errorf("the one that is asked for: got %q, %+v", f.Sheet, f.Contacts)
	}
	_, err := contactfile.Read(contactfile.Text(raw), contactfile.Options{Sheet: "Absente", Workbooks: workbook.Open})
	if !errors.Is(err, contactfile.ErrOptions) {
		t.Errorf("one that there is not: got %v", err)
	}
}

func TestEmptyRowsThatExcelTakesForUsedAreNone(t *testing.T) {
	raw := made(t, func(f *excelize.File) {
		set(t, f, "Sheet1", "A1", "a@x.fr", "B1", "A", "A7", "b@x.fr", "A1048576", " ", "XFD2", " ")
	})
	f := read(t, raw, contactfile.Options{})
	if len(f.Contacts) != 2 || f.Contacts[1].Line != 7 || f.Refused != 0 {
		t.Errorf("got %+v, %+v", f.Contacts, f.Errors)
	}
}

func TestLimitOfLinesOfAWorkbook(t *testing.T) {
	for line, want := range map[int]error{199_999: nil, 200_000: nil, 200_001: contactfile.ErrTooManyLines} {
		raw := made(t, func(f *excelize.File) { set(t, f, "Sheet1", "A1", "a@x.fr", fmt.Sprint("A", line), "b@x.fr") })
		_, err := contactfile.Read(contactfile.Text(raw), contactfile.Options{Workbooks: workbook.Open})
		if !errors.Is(err, want) {
			t.Errorf("line %d: got %v", line, err)
		}
	}
}

func TestWorkbooksThatCannotBeRead(t *testing.T) {
	whole := made(t, func(f *excelize.File) { set(t, f, "Sheet1", "A1", "a@x.fr") })
	for _, c := range []struct{ name, raw, code string }{
		{"with a password", made(t, func(f *excelize.File) { set(t, f, "Sheet1", "A1", "a@x.fr") }, excelize.Options{Password: "secret"}), contactfile.CodeEncrypted},
		{"cut short", whole[:len(whole)/2], contactfile.CodeXLSX},
		{"with nothing in it", made(t, func(*excelize.File) {}), contactfile.CodeEmpty},
		{"whose sheet is no XML", cached(t, whole, "<sheetData>", "<<<"), contactfile.CodeEmpty},
		{"with macros", with(t, whole, "xl/vbaProject.bin"), contactfile.CodeXLSM},
		{"binary", archive(t, "xl/workbook.bin"), contactfile.CodeXLSB},
		{"of words", archive(t, "word/document.xml"), contactfile.CodeWord},
		{"of Apple", archive(t, "Index/Document.iwa"), contactfile.CodeNumbers},
		{"an archive", archive(t, "contacts.csv"), contactfile.CodeZIP},
		{"of which only the name is there", archive(t, "xl/workbook.xml"), contactfile.CodeXLSX},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := contactfile.Read(contactfile.Text(c.raw), contactfile.Options{Workbooks: workbook.Open})
			if refusal, _ := errs.As(err); !errors.Is(err, contactfile.ErrFile) || refusal.About != c.code {
				t.Errorf("got %v about %+v", err, refusal)
			}
		})
	}
}

// A small file that would fill the memory is refused.
func TestWorkbookThatUnpacksToTooMuchIsRefused(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	part, err := w.Create("xl/worksheets/sheet1.xml")
	must(t, err)
	zeros := make([]byte, 1<<20)
	for range 257 {
		_, err := part.Write(zeros)
		must(t, err)
	}
	must(t, w.Close())
	_, err = contactfile.Read(contactfile.Text(out.String()), contactfile.Options{Workbooks: workbook.Open})
	if !errors.Is(err, contactfile.ErrFile) {
		t.Errorf("%d bytes: got %v", out.Len(), err)
	}
}

func archive(t *testing.T, name string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	_, err := w.Create(name)
	must(t, err)
	must(t, w.Close())
	return out.String()
}

// with adds an empty part to a workbook.
func with(t *testing.T, raw, name string) string {
	t.Helper()
	old, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	must(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range old.File {
		must(t, w.Copy(part))
	}
	_, err = w.Create(name)
	must(t, err)
	must(t, w.Close())
	return out.String()
}

// FuzzOpen: whatever comes, nothing panics.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		book, err := workbook.Open(raw)
		if err != nil {
			if !errors.Is(err, contactfile.ErrFile) {
				t.Errorf("got %v", err)
			}
			return
		}
		for _, name := range book.Sheets() {
			sheet, err := book.Sheet(name)
			if err != nil {
				continue
			}
			for range 1_000 {
				if _, _, err := sheet.Next(); err != nil {
					break
				}
			}
		}
	})
}

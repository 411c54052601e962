package files

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// entry is one entry of a zip: its name and its content.
type entry struct{ name, content string }

// zipped writes a zip as office programs do: the first entry of ODF is stored, others are deflated.
func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, e := range entries {
		var out io.Writer
		var err error
		if e.name == "mimetype" {
			out, err = z.CreateRaw(&zip.FileHeader{
				Name: e.name, Method: zip.Store, CompressedSize64: uint64(len(e.content)), UncompressedSize64: uint64(len(e.content)),
			})
		} else {
			out, err = z.Create(e.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// withInside is a zip with another one inside, stored: as Word keeps the sheet behind a chart.
func withInside(t testing.TB, first []entry, name string, inner []byte) []byte {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	for _, e := range append(first, entry{name, string(inner)}) {
		out, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

var (
	word  = []entry{{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", "<R/>"}, {"word/document.xml", "<w/>"}}
	excel = []entry{{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", "<R/>"}, {"xl/workbook.xml", "<x/>"}}
)

func odf(kind string) []entry {
	return []entry{{"mimetype", "application/vnd.oasis.opendocument." + kind}, {"content.xml", "<o/>"}}
}

func sniff(raw []byte, name string) (Kind, bool) {
	return Sniff(bytes.NewReader(raw), int64(len(raw)), name)
}

// far is a part so long that what follows is not among the first bytes of a document.
var far = entry{"word/media/image1.png", pseudo(200 << 10)}

// pseudo are bytes that cannot be made shorter.
func pseudo(n int) string {
	random := rand.New(rand.NewChaCha8([32]byte{}))
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	return string(raw)
}

// types is a list of types of Office that says this of its main part.
func types(main string) entry {
	return entry{"[Content_Types].xml", strings.Repeat(" ", 300) + `<Types><Override PartName="/word/document.xml" ContentType="` + main + `"/></Types>`}
}

func TestSniff(t *testing.T) {
	docx, xlsx, odt := zipped(t, word...), zipped(t, excel...), zipped(t, odf("text")...)
	const pdf, jpg, png = "%PDF-1.7\n", "\xff\xd8\xff\xe0\x00\x10JFIF", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	for _, c := range []struct {
		name string
		head []byte
		file string
		want string // extension of the kind; empty: none
	}{
		{"PDF", []byte(pdf), "a.pdf", ".pdf"},
		{"PDF, upper case", []byte(pdf), "A.PDF", ".pdf"},
		{"PDF without a name", []byte(pdf), "", ".pdf"},
		{"PDF without an extension", []byte(pdf), "document-1", ".pdf"},
		{"PDF after a little else", []byte(strings.Repeat("x", 1000) + pdf), "a.pdf", ".pdf"},
		{"PDF after too much else", []byte(strings.Repeat("x", 1020) + pdf), "a.pdf", ""},
		{"PDF that says it is Word", []byte(pdf), "a.docx", ""},
		{"PDF that says it is a program", []byte(pdf), "a.pdf.exe", ""},
		{"JPEG", []byte(jpg), "a.jpg", ".jpg"},
		{"JPEG by its other name", []byte(jpg), "a.JPEG", ".jpg"},
		{"JPEG that says it is PNG", []byte(jpg), "a.png", ""},
		{"PNG", []byte(png), "a.png", ".png"},
		{"PNG, its line ends converted", []byte("\x89PNG\n\x1a\n"), "a.png", ""},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00"), "a.heic", ".heic"},
		{"HEIC of another brand", []byte("\x00\x00\x00\x18ftypmif1\x00\x00"), "a.heic", ".heic"},
		{"a film", []byte("\x00\x00\x00\x18ftypisom\x00\x00"), "a.heic", ""},
		{"Word", docx, "a.docx", ".docx"},
		{"Excel", xlsx, "a.xlsx", ".xlsx"},
		{"Word that says it is Excel", docx, "a.xlsx", ""},
		{"Word, its list of types last", zipped(t, word[2], word[1], word[0]), "a.docx", ".docx"},
		{"Word with a sheet inside", withInside(t, word, "word/embeddings/a.xlsx", xlsx), "a.docx", ".docx"},
		{"Excel with a text inside", withInside(t, excel, "xl/embeddings/a.docx", docx), "a.xlsx", ".xlsx"},
		{"Word with an OpenDocument inside", withInside(t, word, "word/embeddings/a.odt", odt), "a.docx", ".docx"},
		{"Word with macros", zipped(t, append(word[:3:3], entry{"word/vbaProject.bin", "x"})...), "a.docx", ""},
		{"Word with macros, by its own name", zipped(t, append(word[:3:3], entry{"word/vbaProject.bin", "x"})...), "a.docm", ""},
		{"Excel with macros", zipped(t, append([]entry{{"xl/vbaProject.bin", "x"}}, excel...)...), "a.xlsx", ""},
		{"Word whose types say macros", withInside(t, word, "[Content_Types].xml",
			[]byte("application/vnd.ms-word.document.macroEnabled.main+xml")), "a.docx", ""},
		{"Word with macros far from its beginning", zipped(t, append(word[:3:3], far, entry{"word/vbaProject.bin", "x"})...), "a.docx", ""},
		{"Word with macros of another case", zipped(t, append(word[:3:3], entry{"word/VBAProject.BIN", "x"})...), "a.docx", ""},
		{"Word with macros by another name", zipped(t, append(word[1:3:3], far, entry{"word/x.bin", "x"},
			types("application/vnd.ms-office.vbaProject"))...), "a.docx", ""},
		{"Word whose packed types say macros", zipped(t, append(word[1:3:3],
			types("application/vnd.ms-word.document.macroEnabled.main+xml"))...), "a.docx", ""},
		{"Word with a sheet with macros inside", zipped(t, append(word[:3:3], entry{"word/embeddings/a.xlsm", "x"})...), "a.docx", ""},
		{"Word with two lists of types", zipped(t, append(word[:3:3], entry{"[content_types].xml", "<Types/>"})...), "a.docx", ""},
		{"Word without a list of types", zipped(t, word[1:]...), "a.docx", ""},
		{"Word whose list of types is too long", zipped(t, append(word[1:3:3],
			entry{"[Content_Types].xml", strings.Repeat(" ", 1<<20+1)})...), "a.docx", ""},
		{"Word that is large", zipped(t, append(word[:3:3], far)...), "a.docx", ".docx"},
		{"Word whose end is missing", docx[:len(docx)-30], "a.docx", ""},
		{"Excel with a sheet of macros", zipped(t, append(excel[:3:3], entry{"xl/macrosheets/sheet1.xml", "x"})...), "a.xlsx", ""},
		{"OpenDocument with macros", zipped(t, append(odf("text"), far, entry{"Basic/Standard/Module1.xml", "x"})...), "a.odt", ""},
		{"OpenDocument with an empty folder of macros", zipped(t, append(odf("text"), entry{"Basic/", ""})...), "a.odt", ""},
		{"OpenDocument with scripts", zipped(t, append(odf("text"), entry{"Scripts/python/a.py", "x"})...), "a.odt", ""},
		{"OpenDocument with macros in a document inside", zipped(t, append(odf("text"), entry{"Object 1/Basic/a.xml", "x"})...), "a.odt", ""},
		{"OpenDocument about BASIC", zipped(t, append(odf("text"), entry{"Pictures/basic.png", "x"})...), "a.odt", ".odt"},
		{"PowerPoint", zipped(t, word[0], word[1], entry{"ppt/presentation.xml", ""}), "a.pptx", ""},
		{"OpenDocument text", odt, "a.odt", ".odt"},
		{"OpenDocument sheet", zipped(t, odf("spreadsheet")...), "a.ods", ".ods"},
		{"OpenDocument drawing", zipped(t, odf("graphics")...), "a.odg", ""},
		{"OpenDocument template", zipped(t, odf("text-template")...), "a.odt", ""},
		{"a book", zipped(t, entry{"mimetype", "application/epub+zip"}), "a.epub", ""},
		{"a zip that says it is PDF", zipped(t, entry{"mimetype", "application/pdf"}), "a.pdf", ""},
		{"a zip that says it is a picture", zipped(t, entry{"mimetype", "image/png"}), "a.png", ""},
		{"a zip whose second entry says it is text", zipped(t, append([]entry{{"a.exe", "MZ"}}, odf("text")...)...), "a.odt", ""},
		{"a plain zip", zipped(t, entry{"word.txt", "x"}), "a.zip", ""},
		{"a zip with a folder of Word's name", zipped(t, word[2]), "a.docx", ""},
		{"the end of a zip", []byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "a.docx", ""},
		{"old Word", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "a.doc", ""},
		{"HTML", []byte("<!doctype html><script>"), "a.html", ""},
		{"HTML that says it is PDF", []byte("<!doctype html><script>"), "a.pdf", ""},
		{"SVG", []byte("<svg xmlns=\"http://www.w3.org/2000/svg\">"), "a.svg", ""},
		{"a program", []byte("MZ\x90\x00"), "a.pdf", ""},
		{"text", []byte("Bonjour"), "a.pdf", ""},
		{"empty", nil, "a.pdf", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := sniff(c.head, c.file)
			if got.Ext != c.want || ok != (c.want != "") {
				t.Errorf("got %q %v, want %q", got.Ext, ok, c.want)
			}
		})
	}
}

// A file that is cut anywhere.
func TestSniffOfACutFile(t *testing.T) {
	heic, pdf := []byte("\x00\x00\x00\x18ftypheic"), []byte("%PDF-")
	for _, whole := range [][]byte{zipped(t, word...), zipped(t, odf("text")...), heic, pdf} {
		want, known := sniff(whole, "")
		if !known {
			t.Fatal("the whole is known")
		}
		for n := range whole {
			if got, ok := sniff(whole[:n], ""); ok && got != want {
				t.Errorf("%d bytes: got %s, want %s or nothing", n, got.Ext, want.Ext)
			}
		}
	}
}

func TestKnownNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a.pdf": true, "A.PDF": true, "a.Jpeg": true, "a.jpg": true, "a.docx": true, "a.xlsx": true, "a.odt": true, "a.ods": true,
		"a.png": true, "a.heic": true, "a.docm": false, "a.doc": false, "a.html": false, "a.svg": false, "a.zip": false, "a.exe": false,
		"a.pdf.exe": false, "a": false, "": false, "pdf": false, ".": false,
	} {
		if KnownName(name) != want {
			t.Errorf("%q: got %v", name, !want)
		}
	}
}

// What a browser shows itself runs no script: PDF and pictures.
func TestInlineKinds(t *testing.T) {
	for media, want := range map[string]bool{
		"application/pdf": true, "image/jpeg": true, "image/png": true, "image/heic": false, "text/html": false, "image/svg+xml": false,
		"application/vnd.oasis.opendocument.text": false, "": false, "APPLICATION/PDF": false,
	} {
		if Inline(media) != want {
			t.Errorf("%q: got %v", media, !want)
		}
	}
}

// A kind that was told by its bytes is told again beside its own extension, and beside no other.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.7"), "a.pdf")
	f.Add([]byte("\x00\x00\x00\x18ftypheic"), "")
	f.Add(zipped(f, word...), "a.docx")
	f.Add(zipped(f, odf("spreadsheet")...), "a")
	f.Add([]byte("PK\x03\x04"+strings.Repeat("\xff", 40)), "a.odt")
	f.Add([]byte("PK\x03\x04"+strings.Repeat("\x00", 14)+"\xff\xff\xff\xff"+strings.Repeat("\x00",
		4)+"\x08\x00\x00\x00mimetype"), "a.odt")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		named, ok := sniff(head, name)
		bare, known := sniff(head, "")
		if ok && (!known || named != bare) {
			t.Errorf("by name %v, without %v", named, bare)
		}
		for _, k := range kinds {
			got, ok := sniff(head, "x"+strings.ToUpper(k.Ext))
			if ok != (known && k == bare) || (ok && got != k) {
				t.Errorf("as %s: got %v %v, its bytes are %v %v", k.Ext, got, ok, bare, known)
			}
		}
	})
}

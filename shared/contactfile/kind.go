package contactfile

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"unicode/utf16"
)

// container tells a file that is no text by its first bytes, and whose kind is found further on.
func container(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0"))
}

// workbook tells a workbook that can be read.
const workbook = "workbook"

// kind names what is no table in text: one of the codes, workbook, or empty.
func (s *survey) kind() string {
	switch {
	case bytes.HasPrefix(s.head, []byte("PK")) && s.body != nil:
		return zipped(s.body)
	case s.body != nil:
		return compound(s.body)
	}
	for _, m := range magic {
		if bytes.HasPrefix(s.head, []byte(m.bytes)) {
			return m.code
		}
	}
	if bytes.HasPrefix(s.head, []byte("BM")) && s.binary || len(s.head) > 12 && string(s.head[4:8]) == "ftyp" {
		return CodeImage
	}
	if utf16Order(s.head) == none && s.binary {
		return CodeBinary
	}
	start := s.start()
	if strings.Trim(start, " \t\r\n\v\f\x1a\x00\u00a0\ufeff") == "" && s.size <= headSize {
		return CodeEmpty
	}
	return written(start)
}

// magic is how files begin that are no text.
var magic = []struct{ bytes, code string }{
	{"%PDF", CodePDF}, {"\xef\xbb\xbf%PDF", CodePDF}, {"{\\rtf", CodeRTF}, {"\xffWPC", CodeWord}, {"\xdb\xa5", CodeWord},
	{"\x89PNG", CodeImage}, {"\xff\xd8\xff", CodeImage}, {"GIF8", CodeImage}, {"II*\x00", CodeImage}, {"MM\x00*", CodeImage}, {"RIFF", CodeImage},
	{"\x1f\x8b", CodeZIP}, {"7z\xbc\xaf", CodeZIP}, {"Rar!", CodeZIP}, {"BZh", CodeZIP}, {"\xfd7zXZ", CodeZIP},
	{"\x09\x08", CodeXLS}, {"\x09\x04\x06\x00", CodeXLS}, {"\x09\x02\x06\x00", CodeXLS}, {"\x09\x00\x04\x00", CodeXLS},
}

// start is the beginning as text, without the blanks before it.
func (s *survey) start() string {
	head := s.head[:min(len(s.head), 8<<10)]
	d := newDecoder(bytes.NewReader(head), s.encoding(), head)
	var text []byte
	for {
		var err error
		if text, err = d.append(text); err != nil {
			return strings.TrimLeft(string(text), " \t\r\n\u00a0\ufeff")
		}
	}
}

// written names what is text and no table.
func written(start string) string {
	lower := strings.ToLower(start)
	begins := func(parts ...string) bool {
		for _, p := range parts {
			if strings.HasPrefix(lower, p) {
				return true
			}
		}
		return false
	}
	switch {
	case begins("<?xml", "<workbook", "<office:document"):
		return marked(lower)
	case begins("<!doctype", "<!--"), tag(lower):
		return CodeHTML
	case begins("mime-version:", "from: <saved by", "content-type: multipart/related"):
		return CodeMHT
	case symbolic(start):
		return CodeSLK
	case begins("table\n0,1\n"):
		return CodeDIF
	case begins("begin:vcard", "begin:vcalendar"):
		return CodeVCard
	case begins("dn: ", "version: 1\ndn:", "version: 1\n\ndn:", "dn:: "):
		return CodeLDIF
	case begins("{\"", "{\n", "[{", "[\n", "[\""):
		return CodeJSON
	}
	return ""
}

// tags with which pages and tables of pages begin.
const tags = " html head body table thead tbody tr meta style div p script center font link title h1 h2 span "

// tag tells a text that begins with one, and not with an address in brackets: « <tremblay@x.fr> ».
func tag(lower string) bool {
	name, found := strings.CutPrefix(lower, "<")
	end := strings.IndexAny(name, " \t\n/>")
	return found && end > 0 && strings.Contains(tags, " "+name[:end]+" ")
}

// symbolic tells a file in SYLK, and not the headings « ID;Prénom »: a record comes after the first line.
func symbolic(start string) bool {
	first, rest, _ := strings.Cut(start, "\n")
	record, _, found := strings.Cut(rest, ";")
	return strings.HasPrefix(first, "ID;") && found && slices.Contains([]string{"P", "F", "B", "O", "C", "NN", "NE", "NU", "W"}, record)
}

// marked names XML.
func marked(lower string) string {
	switch {
	case strings.Contains(lower, "<html"), strings.Contains(lower, "<!doctype html"):
		return CodeHTML
	case strings.Contains(lower, "opendocument") || strings.Contains(lower, "<office:document"):
		return CodeODS
	}
	return CodeXML
}

// zipped names what an archive is.
func zipped(raw []byte) string {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	found := CodeZIP
	if err != nil { // cut short: its beginning says what it was
		start := raw[:min(len(raw), 4<<10)]
		switch {
		case bytes.Contains(start, []byte("opendocument.spreadsheet")):
			return CodeODS
		case bytes.Contains(start, []byte("word/")):
			return CodeWord
		case bytes.Contains(start, []byte("[Content_Types].xml")), bytes.Contains(start, []byte("docProps/")), bytes.Contains(start, []byte("xl/")):
			return CodeXLSX
		}
		return found
	}
	for _, f := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		switch {
		case name == "xl/vbaproject.bin":
			return CodeXLSM
		case name == "xl/workbook.bin":
			return CodeXLSB
		case name == "xl/workbook.xml", strings.HasPrefix(name, "xl/worksheets/"):
			found = workbook
		case strings.HasPrefix(name, "word/"):
			return CodeWord
		case name == "index/document.iwa", name == "index.zip":
			return CodeNumbers
		case name == "mimetype":
			return openDocument(f)
		}
	}
	return found
}

// openDocument names a file of LibreOffice by its type.
func openDocument(f *zip.File) string {
	r, err := f.Open()
	if err != nil {
		return CodeZIP
	}
	defer r.Close()
	kind := make([]byte, 100)
	n, _ := r.Read(kind)
	switch text := string(kind[:n]); {
	case strings.Contains(text, "opendocument.spreadsheet"):
		return CodeODS
	case strings.Contains(text, "opendocument"):
		return CodeWord
	}
	return CodeZIP
}

// compound names what a compound file of Microsoft is, by the streams that it has.
func compound(raw []byte) string {
	has := func(name string) bool {
		wide := []byte{}
		for _, u := range utf16.Encode([]rune(name)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		return bytes.Contains(raw, wide)
	}
	switch {
	case has("EncryptedPackage"):
		return CodeEncrypted
	case has("WordDocument"):
		return CodeWord
	}
	return CodeXLS
}

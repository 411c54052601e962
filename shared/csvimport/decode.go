package csvimport

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// Names of encodings as a preview says them.
const (
	UTF8        = "utf-8" // pure ASCII too
	UTF16       = "utf-16"
	Windows1252 = "windows-1252"
	CP850       = "cp850"
	Macintosh   = "macintosh"
)

// decode finds the encoding of a file and gives its text with LF line ends.
func decode(raw []byte) (text, name string, err error) {
	switch kind := recognise(raw); {
	case kind != "":
		return "", "", refused(kind)
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		text, name = strings.ToValidUTF8(string(raw[3:]), "\uFFFD"), UTF8
	case utf16Order(raw) != nil:
		decoded, err := utf16Order(raw).NewDecoder().Bytes(raw)
		if err != nil {
			return "", "", refused(CodeBinary)
		}
		text, name = string(decoded), UTF16
	case utf8.Valid(raw):
		text, name = string(raw), UTF8
	default:
		text, name = guess(raw)
	}
	if strings.IndexByte(text, 0) >= 0 {
		return "", "", refused(CodeBinary)
	}
	text = strings.TrimSuffix(text, "\x1a") // the end mark of DOS
	if strings.Contains(text, "\r") {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	}
	if strings.TrimSpace(text) == "" {
		return "", "", refused(CodeEmpty)
	}
	return text, name, nil
}

// recognise names what is no text at all, by its first bytes.
func recognise(raw []byte) string {
	start := strings.ToLower(string(bytes.TrimSpace(raw[:min(len(raw), 512)])))
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		return CodeEmpty
	case strings.HasPrefix(start, "pk\x03\x04") && bytes.Contains(raw[:min(len(raw), 200)], []byte("opendocument")):
		return CodeODS
	case strings.HasPrefix(start, "pk\x03\x04"):
		return CodeXLSX
	case bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return CodeXLS
	case strings.HasPrefix(start, "%pdf"):
		return CodePDF
	case strings.HasPrefix(start, "<!doctype"), strings.HasPrefix(start, "<html"), strings.HasPrefix(start, "<table"),
		strings.HasPrefix(start, "<head"), strings.HasPrefix(start, "<?xml"):
		return CodeHTML
	}
	return ""
}

// utf16Order tells UTF-16 with or without a byte order mark; nil when it is none.
func utf16Order(raw []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM)
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM)
	}
	even, odd := 0, 0
	for i, b := range raw[:min(len(raw), 4096)] {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	half := min(len(raw), 4096) / 2
	switch {
	case odd > half*3/4 && even == 0:
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)
	case even > half*3/4 && odd == 0:
		return xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)
	}
	return nil
}

// guess chooses the eight-bit encoding whose reading looks most like French.
func guess(raw []byte) (text, name string) {
	best := -1 << 30
	for _, candidate := range []struct {
		name    string
		charmap *charmap.Charmap
	}{{Windows1252, charmap.Windows1252}, {CP850, charmap.CodePage850}, {Macintosh, charmap.Macintosh}} {
		decoded, err := candidate.charmap.NewDecoder().Bytes(raw)
		if err != nil {
			continue
		}
		if score := frenchness(string(decoded)); score > best {
			best, text, name = score, string(decoded), candidate.name
		}
	}
	return text, name
}

// frenchness weighs the letters beyond ASCII: those of French by how common they are, others against.
func frenchness(s string) int {
	score := 0
	var before rune
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
		case unicode.IsUpper(r) && unicode.IsLower(before):
			score -= 8 // « RenÄ »
		case strings.ContainsRune("éè", r):
			score += 10
		case strings.ContainsRune("àêçÉîôûùëïâÈÀÇÊÎÔœ", r):
			score += 4
		case strings.ContainsRune("’«»°€–\u00a0", r):
			score += 2
		case unicode.IsLetter(r):
			score -= 2
		default:
			score -= 5
		}
		before = r
	}
	return score
}

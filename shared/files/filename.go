package files

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is the length of a safe name in bytes, its extension included.
const maxName = 180

// SafeName makes a file name fit to be shown and saved anywhere: NFC, no folders, no control, invisible or reserved
// characters, at most 180 bytes with its extension; never empty.
func SafeName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(func(r rune) rune { // composed last: what stood between a letter and its accent is gone
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`<>:"|?*`, r):
			return '-'
		}
		return r
	}, name))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	base := strings.Trim(strings.TrimSuffix(name, ext), ". ")
	if base == "" {
		base = "document"
	}
	if reserved(base) {
		base = "_" + base
	}
	for len(base)+len(ext) > maxName {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return strings.TrimRight(base, ". ") + ext
}

// UploadedName is the file name that a browser sends in a form, made safe; empty for none. Browsers write a quote and line
// ends as the URL standard does, and nothing else (HTML, 4.10.21.8).
func UploadedName(sent string) string {
	sent = strings.NewReplacer("%22", `"`, "%0D", " ", "%0A", " ").Replace(sent)
	if strings.TrimSpace(sent) == "" {
		return ""
	}
	return SafeName(sent)
}

// reserved names cannot be files on Windows, whatever their extension.
func reserved(base string) bool {
	base, _, _ = strings.Cut(strings.ToUpper(base), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, numbered := strings.CutPrefix(base, "COM")
	if !numbered {
		port, numbered = strings.CutPrefix(base, "LPT")
	}
	return numbered && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// Disposition is the Content-Disposition of a download: RFC 6266 with an ASCII name for old programs beside the real
// one in RFC 8187 form.
func Disposition(attachment bool, name string) string {
	kind := "inline"
	if attachment {
		kind = "attachment"
	}
	ascii := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`"\%/<>:|?*`, r) || r > '~' || r < ' ': // decomposed, a wide stroke is a plain one
			return '_'
		}
		return r
	}, norm.NFKD.String(strings.Map(dropMarks, norm.NFKD.String(name))))
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, kind, ascii, percent(name))
}

func dropMarks(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

// percent is the ext-value encoding of RFC 8187.
func percent(s string) string {
	var out strings.Builder
	for i := range len(s) {
		c := s[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
		if plain {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

package page

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mask hides an address enough that a neighbour cannot copy it and that its owner knows it: « m•••@orange.fr ».
func Mask(address string) string {
	local, domain, found := strings.Cut(address, "@")
	first, size := utf8.DecodeRuneInString(local)
	switch {
	case !found:
		return "•••"
	case size == len(local): // one letter is the whole name
		return "•••@" + domain
	default:
		return string(first) + "•••@" + domain
	}
}

// Kind names the kind of a document for people; « Document » when the media type is not one that is taken.
func Kind(media string) string {
	switch media {
	case "application/pdf":
		return "PDF"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return "Document Word"
	case "application/vnd.oasis.opendocument.text":
		return "Document LibreOffice"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return "Tableau Excel"
	case "application/vnd.oasis.opendocument.spreadsheet":
		return "Tableau LibreOffice"
	case "image/jpeg", "image/png", "image/heic", "image/heif":
		return "Image"
	case "application/zip":
		return "Archive ZIP"
	default:
		return "Document"
	}
}

// dial is the number that a telephone calls for one that is printed; empty when it cannot be told.
func dial(printed string) string {
	var digits strings.Builder
	for _, r := range strings.TrimSpace(printed) {
		switch {
		case r >= '0' && r <= '9', r == '+' && digits.Len() == 0:
			digits.WriteRune(r)
		case r == '.' || r == '-' || unicode.IsSpace(r):
		default:
			return ""
		}
	}
	if n := digits.Len(); n < 4 || n > 16 {
		return ""
	}
	return digits.String()
}

// piece is a part of a message: plain text, or an address that may be followed.
type piece struct {
	Text string
	URL  string // empty for plain text
}

var address = regexp.MustCompile(`https://[^\s<>"'«»“”]+`)

// linked cuts a message at the https addresses in it. What is shown is exactly what is followed.
func linked(message string) []piece {
	var pieces []piece
	rest := 0
	for _, at := range address.FindAllStringIndex(message, -1) {
		before, _ := utf8.DecodeLastRuneInString(message[:at[0]])
		found := trimmed(message[at[0]:at[1]])
		if unicode.IsLetter(before) || unicode.IsDigit(before) || !plainAddress(found) {
			continue
		}
		if at[0] > rest {
			pieces = append(pieces, piece{Text: message[rest:at[0]]})
		}
		pieces = append(pieces, piece{Text: found, URL: found})
		rest = at[0] + len(found)
	}
	if rest < len(message) {
		pieces = append(pieces, piece{Text: message[rest:]})
	}
	return pieces
}

// trimmed takes off the punctuation of the sentence around an address, but not a bracket that the address opened.
func trimmed(s string) string {
	for s != "" {
		last := s[len(s)-1]
		if !strings.ContainsRune(".,;:!?)]}", rune(last)) || (last == ')' && strings.Count(s, "(") >= strings.Count(s, ")")) {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// plainAddress refuses what can be read as another place than where it leads: a user before the host, letters that
// imitate others, marks that turn the direction of reading.
func plainAddress(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.User == nil && strings.Contains(u.Hostname(), ".")
}

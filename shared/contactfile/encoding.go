package contactfile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Names of encodings.
const (
	UTF8        = "utf-8" // pure ASCII too
	UTF16       = "utf-16"
	Windows1252 = "windows-1252"
	Latin9      = "iso-8859-15"
	CP850       = "cp850"
	Macintosh   = "macintosh"
)

// Encodings lists them for whoever chooses one.
func Encodings() []string { return []string{UTF8, UTF16, Windows1252, Latin9, CP850, Macintosh} }

// eightBit are those in one byte a letter, the likeliest first.
func eightBit(name string) *charmap.Charmap {
	switch name {
	case Windows1252:
		return charmap.Windows1252
	case Latin9:
		return charmap.ISO8859_15
	case CP850:
		return charmap.CodePage850
	case Macintosh:
		return charmap.Macintosh
	}
	return nil
}

// order of the two bytes of UTF-16.
type order int

const (
	none order = iota
	littleEndian
	bigEndian
)

// utf16Order tells UTF-16 with or without a byte order mark.
func utf16Order(head []byte) order {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return littleEndian
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return bigEndian
	}
	even, odd := 0, 0
	for i, b := range head[:min(len(head), 4096)] {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	half := min(len(head), 4096) / 2
	switch {
	case odd > half*3/4 && even == 0:
		return littleEndian
	case even > half*3/4 && odd == 0:
		return bigEndian
	}
	return none
}

// encoding finds the encoding of a text. A few bytes that UTF-8 does not have, in a text that is UTF-8 otherwise, were
// pasted from elsewhere.
func (s *survey) encoding() string {
	switch {
	case utf16Order(s.head) != none:
		return UTF16
	case s.wrong == 0, bytes.HasPrefix(s.head, bom), s.runes > 3*s.wrong:
		return UTF8
	}
	best, found := -1<<30, ""
	for _, name := range []string{Windows1252, Latin9, CP850, Macintosh} {
		if score := s.frenchness(eightBit(name)); score > best {
			best, found = score, name
		}
	}
	return found
}

var bom = []byte("\xef\xbb\xbf")

func (s *survey) warnings(encoding string) []string {
	var all []string
	if s.double > 0 && encoding == UTF8 {
		all = append(all, WarningMojibake)
	}
	if s.lost > 0 && encoding == UTF8 {
		all = append(all, WarningLostAccents)
	}
	if s.wrong > 0 && encoding == UTF8 {
		all = append(all, WarningMixed)
	}
	return all
}

// frenchness weighs how a text reads in an encoding.
func (s *survey) frenchness(c *charmap.Charmap) int {
	score := 0
	for pair, n := range s.pairs {
		if n > 0 {
			score += int(n) * french(c.DecodeByte(byte(pair>>8)), c.DecodeByte(byte(pair)))
		}
	}
	return score
}

// french weighs a letter beyond ASCII after another one: those of French by how common they are there, others against.
func french(before, r rune) int {
	vowel, inside := strings.ContainsRune("aeiouyAEIOUY", before), unicode.IsLetter(before)
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -8 // « RenÄ »
	case strings.ContainsRune("éè", r):
		return 10
	case strings.ContainsRune("ëï", r): // Noël, Anaïs
		return pick(vowel, 5, 0)
	case r == 'â': // Château
		return pick(vowel || !inside, 0, 5)
	case r == 'à': // a word of its own
		return pick(inside, 1, 6)
	case strings.ContainsRune("êçîôûùœÉÈÀÇÊÎÔŒËÏ", r):
		return 4
	case strings.ContainsRune("’«»°€–\u00a0", r):
		return 2
	case unicode.IsLetter(r):
		return -2
	}
	return -5
}

func pick(is bool, then, otherwise int) int {
	if is {
		return then
	}
	return otherwise
}

// lettersOf gives the UTF-8 of each byte beyond ASCII.
func lettersOf(c *charmap.Charmap) [128]string {
	var letters [128]string
	for i := range letters {
		r := c.DecodeByte(byte(i + 128))
		if r == utf8.RuneError { // a hole: what Windows has there
			r = rune(i + 128)
		}
		letters[i] = string(r)
	}
	return letters
}

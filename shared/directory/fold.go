package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ligatures are letters that decomposition leaves whole.
var ligatures = strings.NewReplacer("œ", "oe", "æ", "ae", "ß", "ss", "ø", "o", "ł", "l", "đ", "d")

// apostrophes are written instead of the straight one, by programs that improve what is typed.
const apostrophes = "’‘‛ʼ′`"

// Fold gives the identity of a name: lower case, no accents, straight apostrophes, ordinary spaces, one between words,
// none outside.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r) || invisible(r):
			return -1
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case strings.ContainsRune(apostrophes, r):
			return '\''
		default:
			return unicode.ToLower(r)
		}
	}, norm.NFKD.String(s))
	return strings.Join(strings.Fields(ligatures.Replace(s)), " ")
}

// Words gives the folded words of a name or an address: runs of letters and digits.
func Words(s string) []string {
	return strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// CleanName tidies a name that was typed or pasted: composed accents, no control or invisible characters, single
// ordinary spaces.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			return -1
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// invisible tells characters that show nothing and could make two names look alike, or text run backwards.
func invisible(r rune) bool {
	switch {
	case r == '\u00ad' || r == '\ufeff' || r == '\u061c' || r == '\u180e':
		return true
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2069':
		return true
	}
	return false
}

// SamePerson tells whether two names at one address can be the same person: equal but for case and accents, one empty,
// or one the initial or the first word of the other.
func SamePerson(a, b string) bool {
	x, y := Words(a), Words(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 || strings.Join(x, " ") == strings.Join(y, " ") {
		return true
	}
	if len(x) == 1 {
		return x[0] == y[0] || initial(x[0], y[0]) || (len(y) == 1 && initial(y[0], x[0]))
	}
	return len(x) == len(y) && initialsOf(x, y)
}

func initial(short, long string) bool {
	return utf8.RuneCountInString(short) == 1 && strings.HasPrefix(long, short)
}

// initialsOf tells whether the words are the same but for initials: « J. Dupont » and « Jean Dupont ». At least one word
// must be written out in both.
func initialsOf(x, y []string) bool {
	whole := false
	for i := range x {
		if x[i] == y[i] {
			whole = true
			continue
		}
		if !initial(x[i], y[i]) && !initial(y[i], x[i]) {
			return false
		}
	}
	return whole
}

package french

import (
	"slices"
	"strings"
	"unicode"
)

// Typo gives our own sentences their typography: ’ for ' between letters, no-break spaces inside « », before ; : ! ?
// and units, and between thousands. It is for texts of the product, never for what a person has typed. Applied twice
// it changes nothing more.
func Typo(s string) string {
	in := []rune(s)
	out := slices.Clone(in)
	for i := 1; i < len(in)-1; i++ {
		switch before, after := in[i-1], in[i+1]; {
		case in[i] == '\'' && unicode.IsLetter(before) && unicode.IsLetter(after):
			out[i] = '’'
		case in[i] != ' ':
		case strings.ContainsRune("»;:!?%€", after) || before == '«':
			out[i] = '\u00a0'
		case unicode.IsDigit(before) && unicode.IsDigit(after):
			out[i] = '\u202f'
		case unicode.IsDigit(before) && unit(in[i+1:]), before == 'h' && unicode.IsDigit(after) && i > 1 && space(in[i-2]):
			out[i] = '\u00a0'
		}
	}
	return string(out)
}

func space(r rune) bool { return r == ' ' || r == '\u00a0' }

// unit tells whether a text begins with a word that must stay beside its number.
func unit(s []rune) bool {
	end := slices.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(s)
	}
	switch string(s[:end]) {
	case "octet", "octets", "Ko", "Mo", "Go", "h", "min", "s":
		return true
	default:
		return false
	}
}

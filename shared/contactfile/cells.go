package contactfile

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"convoc/shared/directory"
)

// formulas are the characters with which a spreadsheet takes a cell as a formula.
const formulas = "=+-@\t\r\n＝＋－＠"

// opening are the quotes of programs that improve what is typed; a cell that is all in them is what they hold.
const opening = "“«„"

// escaped tells a text that the apostrophe of [literal], or of a spreadsheet, stands before.
func escaped(s string) bool {
	inner := strings.TrimLeft(s, "'")
	if len(inner) == len(s) || inner == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(inner)
	return strings.ContainsRune(formulas+opening, r)
}

// unwrap gives the text of a cell: without the apostrophe that keeps it from being a formula, without Excel's ="text".
func unwrap(cell string) string {
	s := strings.TrimSpace(cell)
	if escaped(s) {
		return s[1:]
	}
	if inner, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(inner, `"`) {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	if r, n := utf8.DecodeRuneInString(s); strings.ContainsRune(opening, r) {
		inner := strings.TrimRight(s[n:], "”»“")
		if inner != s[n:] && !strings.ContainsAny(inner, opening+"”»") {
			return inner
		}
	}
	return cell
}

// neutral is a text as no spreadsheet takes it for a formula.
func neutral(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	if s != "" && strings.ContainsRune(formulas, r) || unwrap(s) != s {
		return "'" + s
	}
	return s
}

// flag reads an answer to yes or no, and what people write for it in columns of their own.
func flag(text string) (Flag, bool) {
	switch strings.Join(directory.Words(text), " ") {
	case "":
		return Unsaid, strings.TrimSpace(directory.CleanName(text)) == ""
	case "oui", "o", "yes", "y", "x", "1", "vrai", "true", "actif", "active", "papier", "courrier", "postal", "courrier papier", "voie postale", "en exercice":
		return Yes, true
	case "non", "n", "no", "0", "faux", "false", "inactif", "inactive", "mail", "email", "e mail", "courriel", "electronique", "dematerialise", "numerique":
		return No, true
	}
	return Unsaid, false
}

// rank reads a place in the order: 3, « 3e », « n° 3 », « 1er », « 3,00 ».
func rank(text string) (int, bool) {
	text = directory.CleanName(text)
	if text == "" {
		return 0, true
	}
	from := strings.IndexFunc(text, unicode.IsDigit)
	if from < 0 || from > 4 {
		return 0, false
	}
	end := from
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	rest := strings.ToLower(strings.TrimSpace(text[end:]))
	known := slices.Contains([]string{"", "er", "ère", "ere", "re", "e", "è", "ème", "eme", "nd", "nde", ".", ",0", ".0", ",00", ".00"}, rest)
	n, err := strconv.Atoi(text[from:end])
	return n, err == nil && known && n >= 1 && n <= MaxRank
}

// phoneText tidies a phone: a French one that a spreadsheet took as a number gets its zero back.
func phoneText(text string) string {
	text = directory.CleanName(text)
	digits := text
	if strings.ContainsAny(text, "eE") {
		if f, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64); err == nil && f >= 1e8 && f < 1e15 {
			digits = strconv.FormatFloat(f, 'f', 0, 64)
		}
	}
	digits = strings.TrimSuffix(strings.TrimSuffix(digits, ".0"), ",0")
	plain := strings.Trim(digits, "0123456789") == ""
	switch {
	case plain && len(digits) == 9 && digits[0] != '0':
		return "0" + digits
	case plain && len(digits) == 11 && strings.HasPrefix(digits, "33"):
		return "+" + digits
	case plain:
		return digits
	}
	return text
}

// splitGroups gives the names in a cell of groups. Commas part them too where all that they part is known by itself.
func (r *Reader) splitGroups(cell string) []string {
	var names []string
	rest := strings.TrimSpace(cell)
	for rest != "" {
		var name string
		var quoted bool
		if name, rest, quoted = cutGroup(rest); !quoted {
			names = append(names, r.splitCommas(name)...)
		} else {
			names = append(names, name)
		}
	}
	return names
}

// cutGroup takes the first of several names. In quotes it is what they hold.
func cutGroup(s string) (name, rest string, quoted bool) {
	if strings.HasPrefix(s, `"`) {
		if name, rest, quoted = cutQuoted(s); quoted {
			return name, rest, true
		}
	}
	end := len(s)
	after := end
	for _, sep := range []string{"|", ";", ":::", "\n", "\r"} {
		if i := strings.Index(s, sep); i >= 0 && i < end {
			end, after = i, i+len(sep)
		}
	}
	if name = strings.TrimSpace(s[:end]); name == "* myContacts" { // Google's, of everybody
		name = ""
	}
	return name, strings.TrimSpace(s[after:]), false
}

// cutQuoted takes a name in quotes that a separator or the end comes after.
func cutQuoted(s string) (name, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		rest = strings.TrimSpace(s[i+1:])
		if rest != "" && !strings.ContainsAny(rest[:1], "|;") {
			return "", s, false
		}
		return strings.ReplaceAll(s[1:i], `""`, `"`), strings.TrimSpace(strings.TrimLeft(rest, "|;")), true
	}
	return "", s, false
}

func (r *Reader) splitCommas(name string) []string {
	parts := strings.Split(name, ",")
	if len(parts) == 1 || r.options.GroupComma == No {
		return []string{name}
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
		if r.options.GroupComma != Yes && !r.alone[directory.Fold(p)] {
			return []string{name}
		}
	}
	return parts
}

// standAlone gives the groups of the first rows that stand without a comma, or between commas of two different cells.
func (r *Reader) standAlone(rows []row, roles []Role) map[string]bool {
	in, alone := map[string]string{}, map[string]bool{}
	for _, row := range rows {
		for i, cell := range row.cells[:min(len(row.cells), len(roles))] {
			if roles[i] != RoleGroup || len(cell) > MaxCell {
				continue
			}
			for rest := strings.TrimSpace(unwrap(string(cell))); rest != ""; {
				var name string
				if name, rest, _ = cutGroup(rest); name == "" {
					continue
				}
				for _, part := range strings.Split(name, ",") {
					folded := directory.Fold(part)
					before, seen := in[folded]
					whole := directory.Fold(name)
					alone[folded] = alone[folded] || whole == folded || (seen && before != whole)
					in[folded] = whole
				}
			}
		}
	}
	return alone
}

// quoteGroup writes a name so that it is read as one.
func quoteGroup(name string) string {
	if strings.ContainsAny(name, "|;,\"\n\r") || strings.Contains(name, ":::") || name == "* myContacts" {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

package contactfile

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/store"
)

// fault is why a row is no contact.
type fault struct {
	code       string
	column     int
	suggestion string
}

// person reads a row.
func (r *Reader) person(p *Contact, row row) *fault {
	p.Line = row.line
	switch {
	case row.long:
		return &fault{code: LineTooLong, column: -1}
	case len(row.cells) > MaxColumns:
		return &fault{code: LineTooManyColumns, column: -1}
	}
	grouped := false
	for i, cell := range row.cells[:min(len(row.cells), len(r.roles))] {
		if len(cell) > MaxCell {
			return &fault{code: LineCellTooLong, column: i}
		}
		if len(cell) == 0 || r.roles[i] == RoleIgnored {
			continue
		}
		if r.roles[i] == RoleGroup {
			grouped = true
			continue
		}
		if f := r.cell(p, i, cell); f != nil {
			return f
		}
	}
	if grouped {
		if f := r.groups(p, row); f != nil {
			return f
		}
	}
	switch {
	case p.Name != "":
	case p.FirstName != "" || p.LastName != "":
		p.Name = r.joined(p.FirstName, p.LastName)
	default:
		p.Name = r.beside
	}
	return r.check(p, row)
}

// check says what the whole row lacks, or has too much of.
func (r *Reader) check(p *Contact, row row) *fault {
	switch {
	case p.Address == "" && !(p.Name != "" && (p.Paper != Unsaid || r.options.WithoutAddress)):
		return &fault{LineAddressMissing, slices.Index(r.roles, RoleAddress), r.elsewhere(row)}
	case len(p.Name) > directory.MaxName && utf8.RuneCountInString(p.Name) > directory.MaxName,
		len(p.SubstituteOf) > directory.MaxName && utf8.RuneCountInString(p.SubstituteOf) > directory.MaxName:
		return &fault{code: LineNameTooLong, column: -1}
	case tooLong(p.Civility) || tooLong(p.Function) || tooLong(p.Phone) || tooLong(p.FirstName) || tooLong(p.LastName):
		return &fault{code: LineDetailTooLong, column: -1}
	case len(p.Groups) > store.MaxGroupsOf:
		return &fault{code: LineTooManyGroups, column: -1}
	}
	return nil
}

func tooLong(s string) bool { return len(s) > MaxDetail && utf8.RuneCountInString(s) > MaxDetail }

func (r *Reader) joined(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	r.scratch = append(append(append(r.scratch[:0], first...), ' '), last...)
	return r.texts.keep(r.scratch)
}

// elsewhere looks for an address in another cell than those where it belongs.
func (r *Reader) elsewhere(row row) string {
	for _, cell := range row.cells {
		if bytes.IndexByte(cell, '@') < 0 {
			continue
		}
		if found, _, code := addresses(string(cell)); code == "" && len(found) == 1 {
			return string(found[0])
		}
	}
	return ""
}

// cell takes one cell of a row.
func (r *Reader) cell(p *Contact, i int, cell []byte) *fault {
	switch role := r.roles[i]; role {
	case RoleAddress:
		return r.address(p, i, cell)
	case RoleName:
		r.once(&p.Name, cell)
	case RoleFirstName:
		r.once(&p.FirstName, cell)
	case RoleLastName:
		r.once(&p.LastName, cell)
	case RoleCivility:
		r.once(&p.Civility, cell)
	case RoleFunction:
		r.once(&p.Function, cell)
	case RoleSubstituteOf:
		r.once(&p.SubstituteOf, cell)
	case RolePhone:
		if text := phoneText(unwrap(string(cell))); text != "" && !slices.Contains(strings.Split(p.Phone, " / "), text) {
			p.Phone = strings.TrimPrefix(p.Phone+" / "+text, " / ")
		}
	default:
		return setting(p, i, role, unwrap(string(cell)))
	}
	return nil
}

// setting takes a cell that is a yes, a no or a number.
func setting(p *Contact, i int, role Role, text string) *fault {
	understood := true
	var n int
	var answer Flag
	if role == RoleRank {
		n, understood = rank(text)
		p.Rank = cmp.Or(p.Rank, n)
		if !understood {
			return &fault{code: LineRankInvalid, column: i}
		}
		return nil
	}
	if answer, understood = flag(text); !understood {
		return &fault{code: LineYesNoInvalid, column: i}
	}
	switch role {
	case RoleActive:
		p.Active = cmp.Or(p.Active, answer)
	case RolePaper:
		p.Paper = cmp.Or(p.Paper, answer)
	}
	return nil
}

// once keeps the first text that is not empty.
func (r *Reader) once(into *string, cell []byte) {
	if *into == "" {
		*into = r.name(cell)
	}
}

// name cleans a text as [directory.CleanName] does.
func (r *Reader) name(cell []byte) string {
	for len(cell) > 0 && cell[0] == ' ' {
		cell = cell[1:]
	}
	for len(cell) > 0 && cell[len(cell)-1] == ' ' {
		cell = cell[:len(cell)-1]
	}
	if tidy(cell) {
		return r.texts.keep(cell)
	}
	return directory.CleanName(unwrap(string(cell)))
}

// tidy tells a text that nothing has to be done to: letters of Western Europe, single spaces.
func tidy(s []byte) bool {
	if len(s) > 0 && (s[0] == '=' || s[0] == '\'') { // to be unwrapped
		return false
	}
	before := byte(0)
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == ' ' && before == ' ', b < ' ', b == 0x7f:
			return false
		case b < utf8.RuneSelf:
		case b == 0xc3 && i+1 < len(s): // À to ÿ
			i++
		default:
			return false
		}
		before = s[i]
	}
	return true
}

// address takes a cell of addresses.
func (r *Reader) address(p *Contact, i int, cell []byte) *fault {
	if lower, plain := plainAddress(r.scratch[:0], cell); plain {
		r.scratch = lower
		return r.has(p, i, directory.Address(r.texts.keep(lower)))
	}
	text := unwrap(string(cell))
	if strings.TrimSpace(directory.CleanName(text)) == "" {
		return nil
	}
	found, beside, code := addresses(text)
	if code == LineSeveralPersons {
		return &fault{code: code, column: i}
	}
	if code != "" {
		return &fault{code, i, cmp.Or(besideName(text), suggest(text))}
	}
	r.beside = cmp.Or(r.beside, beside)
	for _, a := range found {
		if f := r.has(p, i, a); f != nil {
			return f
		}
	}
	return nil
}

// besideName finds an address after a name: « Jean Dupont jean@x.fr ».
func besideName(text string) string {
	words := strings.Fields(directory.CleanName(text))
	if first, _ := utf8.DecodeRuneInString(text); len(words) < 2 || len(words) == 2 && !unicode.IsUpper(first) {
		return ""
	}
	for _, word := range words {
		if a, _, err := directory.CleanAddress(strings.Trim(word, "()[]{}<>.:")); err == nil {
			return string(a)
		}
	}
	return ""
}

// has notes one address of a person.
func (r *Reader) has(p *Contact, i int, a directory.Address) *fault {
	switch {
	case p.Address == a || p.Second == a:
		return nil
	case p.Address == "":
		p.Address = a
	case p.Second == "":
		p.Second = a
	default:
		return &fault{code: LineTooManyAddresses, column: i}
	}
	if better := r.doubt(string(a)); better != "" && r.line.Suggestion == "" {
		r.line.Suggestion, r.line.Column = better, i
	}
	return nil
}

// What is remembered of the cells of groups: rows of the same groups share them.
const (
	maxSame    = 2_000 // combinations
	maxSameKey = 500   // bytes
)

// groups takes the cells of groups of a row.
func (r *Reader) groups(p *Contact, row row) *fault {
	r.scratch = r.scratch[:0]
	for i, cell := range row.cells[:min(len(row.cells), len(r.roles))] {
		if r.roles[i] == RoleGroup {
			r.scratch = append(append(r.scratch, cell...), 0)
		}
	}
	var known bool
	if p.Groups, known = r.same[string(r.scratch)]; known {
		return nil
	}
	for i, cell := range row.cells[:min(len(row.cells), len(r.roles))] {
		if r.roles[i] != RoleGroup || len(cell) == 0 {
			continue
		}
		names, fits := r.namesOf(unwrap(string(cell)))
		if !fits {
			return &fault{code: LineGroupTooLong, column: i}
		}
		for _, name := range names {
			if !slices.Contains(p.Groups, name) {
				p.Groups = append(p.Groups, name)
			}
		}
	}
	p.Groups = slices.Clip(p.Groups)
	if len(r.same) < maxSame && len(r.scratch) <= maxSameKey {
		r.same[string(r.scratch)] = p.Groups
	}
	return nil
}

// namesOf gives the groups that a cell names, each in the form first written.
func (r *Reader) namesOf(cell string) (names []string, fits bool) {
	for _, text := range r.splitGroups(cell) {
		name := directory.CleanName(text)
		folded := directory.Fold(name)
		if folded == "" {
			continue
		}
		if utf8.RuneCountInString(name) > directory.MaxGroupName {
			return nil, false
		}
		if _, known := r.written[folded]; !known {
			r.written[folded] = name
		}
		names = append(names, r.written[folded])
	}
	return names, true
}

// texts keeps what contacts say, many in one piece of memory.
type texts struct{ b strings.Builder }

func (t *texts) keep(s []byte) string {
	if t.b.Cap()-t.b.Len() < len(s) {
		t.b = strings.Builder{}
		t.b.Grow(max(32<<10, len(s)))
	}
	from := t.b.Len()
	t.b.Write(s)
	return t.b.String()[from:]
}

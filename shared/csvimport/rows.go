package csvimport

import (
	"strings"
	"unicode/utf8"
)

// row is one record of the file.
type row struct {
	line  int      // physical line it begins on, from 1
	cells []string // at most MaxColumns; then what is beyond as it stands in the file, unless it is blank
}

func (r row) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// separators in the order of preference.
const separators = ";,\t|"

// cutSepLine takes Excel's « sep=; » first line away; 0 when there is none.
func cutSepLine(text string) (rest string, sep rune) {
	first, rest, _ := strings.Cut(text, "\n")
	value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(first)), "sep=")
	if !found {
		return text, 0
	}
	if value == "" && strings.Contains(first, "\t") {
		value = "\t"
	}
	r, _ := utf8.DecodeRuneInString(value)
	if !strings.ContainsRune(separators, r) {
		return text, 0
	}
	return rest, r
}

// sampled rows decide the separator.
const sampled = 50

// findSeparator chooses the separator that cuts the most of the first rows; then the one that cuts them into the most
// cells; then the first of the list.
func findSeparator(text string) rune {
	best, bestRows, bestCells := rune(separators[0]), 0, 0
	for _, sep := range separators {
		cut, cells := 0, 0
		for _, r := range sample(text, sep) {
			if len(r.cells) > 1 {
				cut++
				cells += len(r.cells)
			}
		}
		if cut > bestRows || (cut == bestRows && cells > bestCells) {
			best, bestRows, bestCells = sep, cut, cells
		}
	}
	return best
}

func sample(text string, sep rune) []row {
	var rows []row
	p := parser{text: text, sep: sep, line: 1}
	for len(rows) < sampled {
		r, ok := p.next()
		if !ok {
			break
		}
		rows = append(rows, r)
	}
	return rows
}

// parser cuts a text into rows: quotes as RFC 4180 where a cell begins with one. A quote that is never closed is a
// character like others. So is one whose cell would go on over several lines and hold a quote that is not doubled: what
// closes it then belongs to another cell, and whole lines would be lost in between.
type parser struct {
	text string
	sep  rune
	line int
	at   int // offset of what is not read yet

	// Offsets of the next ones from where they were last looked for, so that the text is looked through once.
	closer  int // a quote that can close a cell
	newline int
}

// next gives the next row; false at the end.
func (p *parser) next() (row, bool) {
	if p.at == len(p.text) {
		return row{}, false
	}
	r := row{line: p.line}
	for end := false; !end; {
		if len(r.cells) == MaxColumns {
			if rest := p.rest(); rest != "" {
				r.cells = append(r.cells, rest)
			}
			break
		}
		var cell string
		cell, end = p.cell()
		r.cells = append(r.cells, cell)
	}
	return r, true
}

// rest takes what is left of a row in one piece; empty when all cells of it are blank.
func (p *parser) rest() string {
	from, blank := p.at, true
	for end := false; !end; {
		var cell string
		cell, end = p.cell()
		blank = blank && strings.TrimSpace(cell) == ""
	}
	if blank {
		return ""
	}
	return strings.TrimSuffix(p.text[from:p.at], "\n")
}

// cell takes one cell and what ends it; true when it ends the row.
func (p *parser) cell() (string, bool) {
	open := p.at + spaces(p.text[p.at:])
	if open < len(p.text) && p.text[open] == '"' {
		if end := p.closing(open + 1); end < len(p.text) && !p.swallows(open+1, end) {
			cell := p.text[open+1 : end]
			p.line += strings.Count(cell, "\n")
			p.at = end + 1
			_, last := p.plain() // spaces, and what ends the cell
			return strings.ReplaceAll(cell, `""`, `"`), last
		}
	}
	return p.plain()
}

func spaces(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// closing finds the quote that closes a cell whose text begins at from: the last of an odd number of them, before a
// separator or an end of line. It is the end of the text when there is none.
func (p *parser) closing(from int) int {
	n := quotes(p.text[from:])
	if p.closes(from, n) {
		return from + n - 1
	}
	from += n
	for p.closer < from {
		i := strings.IndexByte(p.text[from:], '"')
		if i < 0 {
			p.closer = len(p.text)
			break
		}
		n := quotes(p.text[from+i:])
		if p.closes(from+i, n) {
			p.closer = from + i + n - 1
			break
		}
		from += i + n
	}
	return p.closer
}

// quotes counts those at the beginning.
func quotes(s string) int { return len(s) - len(strings.TrimLeft(s, `"`)) }

// closes tells whether n quotes at an offset close a cell.
func (p *parser) closes(at, n int) bool {
	if n%2 == 0 {
		return false
	}
	after := p.text[at+n:]
	after = after[spaces(after):]
	next, _ := utf8.DecodeRuneInString(after)
	return after == "" || next == '\n' || next == p.sep
}

// swallows tells whether a quoted cell would take in lines that are not its own.
func (p *parser) swallows(from, end int) bool {
	if p.newline < from {
		p.newline = len(p.text)
		if i := strings.IndexByte(p.text[from:], '\n'); i >= 0 {
			p.newline = from + i
		}
	}
	return p.newline < end && bare(p.text[from:end])
}

// bare tells whether one of the quotes is not doubled.
func bare(s string) bool {
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return false
		}
		n := quotes(s[i:])
		if n%2 == 1 {
			return true
		}
		s = s[i+n:]
	}
}

// plain reads to the next separator or end of line.
func (p *parser) plain() (string, bool) {
	rest := p.text[p.at:]
	i := strings.IndexFunc(rest, func(r rune) bool { return r == p.sep || r == '\n' })
	if i < 0 {
		p.at = len(p.text)
		return rest, true
	}
	p.at += i + 1
	end := rest[i] == '\n'
	if end {
		p.line++
	}
	return rest[:i], end
}

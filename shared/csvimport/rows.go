package csvimport

import (
	"strings"
	"unicode/utf8"
)

// row is one record of the file.
type row struct {
	line  int // physical line it begins on, from 1
	cells []string
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

// parser cuts a text into rows: quotes as RFC 4180 where a cell begins with one; a quote that is never closed is a
// character like others.
type parser struct {
	text string
	sep  rune
	line int
}

// next gives the next row; false at the end.
func (p *parser) next() (row, bool) {
	if p.text == "" {
		return row{}, false
	}
	r := row{line: p.line}
	for {
		cell, end := p.cell()
		r.cells = append(r.cells, cell)
		if end {
			return r, true
		}
	}
}

// cell takes one cell and what ends it; true when it ends the row.
func (p *parser) cell() (string, bool) {
	if trimmed := strings.TrimLeft(p.text, " "); strings.HasPrefix(trimmed, `"`) {
		if cell, rest, ok := p.quoted(trimmed[1:]); ok {
			p.line += strings.Count(p.text[:len(p.text)-len(rest)], "\n")
			p.text = rest
			tail, end := p.plain()
			return cell + strings.TrimSpace(tail), end
		}
	}
	return p.plain()
}

// quoted reads to the closing quote, which a separator or an end of line must follow; "" inside is a quote.
func (p *parser) quoted(s string) (cell, rest string, ok bool) {
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		out.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, `"`) {
			out.WriteByte('"')
			s = s[1:]
			continue
		}
		after := strings.TrimLeft(s, " ")
		next, _ := utf8.DecodeRuneInString(after)
		if after == "" || next == '\n' || next == p.sep {
			return out.String(), s, true
		}
		out.WriteByte('"') // a quote in the middle of a cell
	}
}

// plain reads to the next separator or end of line.
func (p *parser) plain() (string, bool) {
	i := strings.IndexFunc(p.text, func(r rune) bool { return r == p.sep || r == '\n' })
	if i < 0 {
		cell := p.text
		p.text = ""
		return cell, true
	}
	cell := p.text[:i]
	end := p.text[i] == '\n'
	p.text = p.text[i+1:]
	if end {
		p.line++
	}
	return cell, end
}

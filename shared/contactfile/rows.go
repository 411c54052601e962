package contactfile

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// row is one record of the file.
type row struct {
	line  int      // physical line it begins on, from 1
	cells [][]byte // at most MaxColumns; then what is beyond as it stands in the file, unless it is blank; until the next row
	long  bool     // over MaxLine; then cells holds its beginning
}

func (r row) blank() bool {
	for _, c := range r.cells {
		if !blank(c) {
			return false
		}
	}
	return true
}

// blank tells a cell in which nothing is seen.
func blank(c []byte) bool {
	for len(c) > 0 {
		if c[0] > ' ' && c[0] < utf8.RuneSelf {
			return false
		}
		r, n := utf8.DecodeRune(c)
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			return false
		}
		c = c[n:]
	}
	return true
}

// clone copies a row, so that it stays.
func (r row) clone() row {
	cells := make([][]byte, len(r.cells))
	for i, c := range r.cells {
		cells[i] = bytes.Clone(c)
	}
	r.cells = cells
	return r
}

// strings copies the cells in one piece.
func (r row) strings() []string {
	all := string(bytes.Join(r.cells, nil))
	cells := make([]string, len(r.cells))
	for i, c := range r.cells {
		cells[i], all = all[:len(c)], all[len(c):]
	}
	return cells
}

func (r row) size() int {
	n := 0
	for _, c := range r.cells {
		n += len(c)
	}
	return n
}

// maxQuoted bytes of a cell in quotes: a quote that is not closed by then is never closed.
const maxQuoted = 64 << 10

// parser cuts a text into rows: quotes as RFC 4180 where a cell begins with one. A quote that is never closed is a
// character like others. So is one whose cell would go on over several lines and hold a quote that is not doubled: what
// closes it then belongs to another cell, and whole lines would be lost in between. Where such a quote is the only one of
// its cell, it is left out.
type parser struct {
	*window
	sep   byte
	line  int
	cells [][]byte
	plain []byte // of cells with doubled quotes, of one row

	// Offsets of the next ones from where they were last looked for, so that the text is looked through once.
	closer   int // a quote that can close a cell
	searched int // there is none from closer to here
	newline  int
	bare     int // a quote that is not doubled
	bareFrom int // where it was looked for
	quote    int // the first one after what is read
	unquoted int // there is none from what is read to here, but that one
}

func newParser(w *window, sep byte, line int) *parser {
	p := &parser{window: w, sep: sep, line: line, closer: -1, newline: -1, bare: -1, quote: -1}
	w.shifted = func(n int) {
		p.closer, p.searched, p.newline, p.bare, p.bareFrom = p.closer-n, max(0, p.searched-n), p.newline-n, p.bare-n, p.bareFrom-n
		p.quote, p.unquoted = p.quote-n, max(0, p.unquoted-n)
	}
	return p
}

// next gives the next row; false at the end.
func (p *parser) next() (row, bool, error) {
	if err := p.fill(); err != nil {
		return row{}, false, err
	}
	if p.at == len(p.text) {
		return row{}, false, nil
	}
	rest := p.text[p.at:]
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		end = len(rest)
	}
	if end <= MaxLine && !p.quoted(p.at+end) {
		r := p.simple(rest[:end])
		p.at = min(p.at+end+1, len(p.text))
		return r, true, nil
	}
	return p.careful()
}

// quoted tells whether there is a quote before an offset.
func (p *parser) quoted(end int) bool {
	if p.quote < p.at && p.unquoted < end {
		from := max(p.at, p.unquoted)
		p.quote, p.unquoted = -1, len(p.text)
		if i := bytes.IndexByte(p.text[from:], '"'); i >= 0 {
			p.quote, p.unquoted = from+i, from+i
		}
	}
	return p.quote >= p.at && p.quote < end
}

// simple cuts a line that has no quote.
func (p *parser) simple(line []byte) row {
	r := row{line: p.line}
	p.line++
	p.cells = p.cells[:0]
	for {
		if len(p.cells) == MaxColumns {
			if rest := bytes.ReplaceAll(line, []byte{p.sep}, []byte{' '}); !blank(rest) {
				p.cells = append(p.cells, line)
			}
			break
		}
		i := bytes.IndexByte(line, p.sep)
		if i < 0 {
			p.cells = append(p.cells, line)
			break
		}
		p.cells = append(p.cells, line[:i])
		line = line[i+1:]
	}
	r.cells = p.cells
	return r
}

// careful cuts a row that has quotes, or is very long.
func (p *parser) careful() (row, bool, error) {
	r := row{line: p.line}
	p.cells, p.plain = p.cells[:0], p.plain[:0]
	begin := p.at
	for end := false; !end; {
		if p.at-begin > MaxLine {
			return p.skip(r, begin)
		}
		if len(p.cells) == MaxColumns {
			rest, fits := p.rest(begin)
			if !fits {
				return p.skip(r, begin)
			}
			if rest != nil {
				p.cells = append(p.cells, rest)
			}
			break
		}
		var cell []byte
		cell, end = p.cell()
		p.cells = append(p.cells, cell)
	}
	if p.at-begin > MaxLine+1 {
		return p.skip(r, begin)
	}
	r.cells = p.cells
	return r, true, nil
}

// skip passes over a row that is too long, to the end of the line that is too long.
func (p *parser) skip(r row, begin int) (row, bool, error) {
	r.long = true
	start := bytes.Clone(p.text[begin:min(len(p.text), begin+MaxCell)])
	empty := true
	p.at, p.line = begin, r.line
	for passed := 0; ; {
		rest := p.text[p.at:]
		i := bytes.IndexByte(rest, '\n')
		end := i + 1
		if i < 0 {
			i, end = len(rest), len(rest)
		}
		empty = empty && blank(bytes.ReplaceAll(rest[:i], []byte{p.sep}, []byte{' '}))
		p.at += end
		passed += end
		if end > i {
			p.line++
		}
		if (end > i && passed > MaxLine) || (p.at == len(p.text) && p.whole) {
			break
		}
		if err := p.fill(); err != nil {
			return row{}, false, err
		}
	}
	r.cells = [][]byte{start}
	if empty {
		r.cells, r.long = nil, false
	}
	return r, true, nil
}

// rest takes what is left of a row in one piece; nil when all cells of it are blank, false when it is too long.
func (p *parser) rest(begin int) (left []byte, fits bool) {
	from, empty := p.at, true
	for end := false; !end; {
		if p.at-begin > MaxLine {
			return nil, false
		}
		var cell []byte
		cell, end = p.cell()
		empty = empty && blank(cell)
	}
	if empty {
		return nil, true
	}
	return bytes.TrimSuffix(p.text[from:p.at], []byte("\n")), true
}

// cell takes one cell and what ends it; true when it ends the row.
func (p *parser) cell() ([]byte, bool) {
	open := p.at + spaces(p.text[p.at:])
	if open < len(p.text) && p.text[open] == '"' {
		if end := p.closing(open + 1); end >= 0 && !p.swallows(open+1, end) {
			cell := p.text[open+1 : end]
			p.line += bytes.Count(cell, []byte("\n"))
			p.at = end + 1
			_, last := p.open() // spaces, and what ends the cell
			return p.unquote(cell), last
		}
		cell, last := p.open()
		if inner := bytes.TrimLeft(cell, " "); bytes.LastIndexByte(inner, '"') == 0 {
			cell = inner[1:] // never closed, and the only one
		}
		return cell, last
	}
	return p.open()
}

func (p *parser) unquote(cell []byte) []byte {
	if bytes.IndexByte(cell, '"') < 0 {
		return cell
	}
	from := len(p.plain)
	for i := 0; i < len(cell); i++ {
		p.plain = append(p.plain, cell[i])
		if cell[i] == '"' && i+1 < len(cell) && cell[i+1] == '"' {
			i++
		}
	}
	return p.plain[from:len(p.plain):len(p.plain)]
}

func spaces(s []byte) int { return len(s) - len(bytes.TrimLeft(s, " ")) }

// closing finds the quote that closes a cell whose text begins at from: the last of an odd number of them, before a
// separator or an end of line. It is -1 when there is none near enough.
func (p *parser) closing(from int) int {
	limit := min(len(p.text), from+maxQuoted)
	n := quotes(p.text[from:])
	if p.closes(from, n) {
		return p.within(from+n-1, limit)
	}
	from += n
	if p.closer >= from {
		return p.within(p.closer, limit)
	}
	for at := max(from, p.searched); at < limit; {
		i := bytes.IndexByte(p.text[at:limit], '"')
		if i < 0 {
			p.searched = max(p.searched, limit)
			return -1
		}
		n := quotes(p.text[at+i:])
		p.searched = max(p.searched, at+i+n)
		if p.closes(at+i, n) {
			p.closer = at + i + n - 1
			return p.within(p.closer, limit)
		}
		at += i + n
	}
	return -1
}

func (p *parser) within(at, limit int) int {
	if at >= limit {
		return -1
	}
	return at
}

// quotes counts those at the beginning.
func quotes(s []byte) int { return len(s) - len(bytes.TrimLeft(s, `"`)) }

// closes tells whether n quotes at an offset close a cell.
func (p *parser) closes(at, n int) bool {
	if n%2 == 0 {
		return false
	}
	after := p.text[at+n:]
	after = after[spaces(after):]
	return len(after) == 0 || after[0] == '\n' || after[0] == p.sep
}

// swallows tells whether a quoted cell would take in lines that are not its own.
func (p *parser) swallows(from, end int) bool {
	if p.newline < from {
		p.newline = len(p.text)
		if i := bytes.IndexByte(p.text[from:], '\n'); i >= 0 {
			p.newline = from + i
		}
	}
	return p.newline < end && p.single(from, end)
}

// single tells whether one of the quotes is not doubled.
func (p *parser) single(from, end int) bool {
	if p.bareFrom <= from && p.bare >= from {
		return p.bare < end
	}
	p.bareFrom, p.bare = from, end
	for at := from; at < end; {
		i := bytes.IndexByte(p.text[at:end], '"')
		if i < 0 {
			break
		}
		n := quotes(p.text[at+i : end])
		if n%2 == 1 {
			p.bare = at + i
			break
		}
		at += i + n
	}
	return p.bare < end
}

// open reads to the next separator or end of line.
func (p *parser) open() ([]byte, bool) {
	rest := p.text[p.at:]
	for i, c := range rest {
		if c != p.sep && c != '\n' {
			continue
		}
		p.at += i + 1
		if c == '\n' {
			p.line++
		}
		return rest[:i], c == '\n'
	}
	p.at = len(p.text)
	return rest, true
}

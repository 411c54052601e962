package contactfile

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"convoc/shared/directory"
)

// rows are the records of a file, one after the other; a row is valid until the next.
type rows interface {
	next() (row, bool, error)
}

// Reader gives what becomes of the rows of a file.
type Reader struct {
	options Options
	layout  Layout
	rows    rows
	first   []row // of the beginning, looked at already
	roles   []Role
	alone   map[string]bool // folded names of groups that stand by themselves
	closers []io.Closer
	done    error

	groups     map[string]string   // folded name → form first written
	cellGroups map[string][]string // what a cell has said before
	groupsOf   []string            // of many contacts, in one piece of memory
	groupsFrom int                 // where those of the current one begin
	seen       *seen
	doubts     map[string]string
	texts      texts
	scratch    []byte

	contacts int
	signs    bool // some line holds an @
}

// Open looks a file through and begins to read it; the caller closes the reader. Errors: [ErrFile], [ErrTooLarge],
// [ErrOptions], those of src.
func Open(src Source, o Options) (*Reader, error) {
	o.Limits.Size, o.Limits.Lines = cmp.Or(o.Limits.Size, MaxSize), cmp.Or(o.Limits.Lines, MaxLines)
	if err := o.check(); err != nil {
		return nil, err
	}
	s, err := look(src, o.Limits.Size)
	if err != nil {
		return nil, err
	}
	r := &Reader{
		options: o, groups: map[string]string{}, cellGroups: map[string][]string{}, seen: newSeen(), doubts: map[string]string{},
		layout: Layout{Size: s.size},
	}
	if err := r.open(src, s); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (o Options) check() error {
	switch {
	case o.Encoding != "" && !slices.Contains(Encodings(), o.Encoding):
		return ErrOptions.At("encoding", o.Encoding)
	case o.Separator != "" && (len(o.Separator) > 1 || !strings.Contains(separators, o.Separator)):
		return ErrOptions.At("separator", o.Separator)
	case len(o.Columns) > MaxColumns:
		return ErrOptions.At("columns", "")
	}
	for _, c := range o.Columns {
		if !slices.Contains(Roles(), c) {
			return ErrOptions.At("columns", string(c))
		}
	}
	return nil
}

// Close ends reading.
func (r *Reader) Close() error {
	var all []error
	for _, c := range slices.Backward(r.closers) {
		all = append(all, c.Close())
	}
	r.closers = nil
	return errors.Join(all...)
}

// Layout says what was found of the file.
func (r *Reader) Layout() Layout { return r.layout }

func (r *Reader) open(src Source, s *survey) (err error) {
	switch kind := s.kind(); {
	case kind == workbook && r.options.Workbooks == nil:
		return refused(CodeXLSX)
	case kind == workbook:
		book, err := r.options.Workbooks(s.body)
		if err != nil {
			return err
		}
		r.closers = append(r.closers, book)
		if r.rows, err = r.openSheet(book); err != nil {
			return err
		}
	case kind != "":
		return refused(kind)
	default:
		if r.rows, err = r.openText(src, s); err != nil {
			return err
		}
	}
	if err := r.peek(); err != nil {
		return err
	}
	r.arrange()
	return nil
}

// openText decides encoding and separator.
func (r *Reader) openText(src Source, s *survey) (rows, error) {
	encoding := cmp.Or(r.options.Encoding, s.encoding())
	file, err := src()
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, file)
	w := &window{decoder: newDecoder(file, encoding, s.head), text: make([]byte, 0, 2*ahead), shifted: func(int) {}}
	if err := w.fill(); err != nil {
		return nil, err
	}
	if slices.Contains(w.text, 0) {
		return nil, refused(CodeBinary)
	}
	r.layout.Encoding, r.layout.Warnings = encoding, s.warnings(encoding)
	line := 1
	length, sep := cutSepLine(w.text)
	if length > 0 {
		w.at, line = length, 2
	}
	if r.options.Separator != "" {
		sep = r.options.Separator[0]
	}
	if sep == 0 {
		sep = findSeparator(w.text)
		if aligned(sample(w.text, sep)) {
			return nil, refused(CodePRN)
		}
	}
	r.layout.Separator = string(sep)
	return newParser(w, sep, line), nil
}

// peek reads the first rows that are not blank.
func (r *Reader) peek() error {
	for size := 0; len(r.first) < sampled && size < sampledBytes; {
		next, more, err := r.rows.next()
		if err != nil || !more {
			return err
		}
		if !next.blank() {
			r.first = append(r.first, next.clone())
			size += next.size()
		}
		if next.line > r.options.Limits.Lines {
			return nil
		}
	}
	return nil
}

// arrange decides what the columns hold, by the first rows, and takes the headings out of them.
func (r *Reader) arrange() {
	at, roles := -1, []Role(nil)
	switch r.options.Header {
	case Yes:
		if len(r.first) > 0 {
			at = 0
			roles, _ = header(r.first[0])
		}
	case Unsaid:
		at, roles = findHeader(r.first)
	}
	var titles [][]byte
	data := r.first
	if at >= 0 {
		r.layout.Header, r.layout.HeaderLine, titles = true, r.first[at].line, r.first[at].cells
		data = slices.Delete(slices.Clone(r.first), at, at+1)
	}
	c := columnsOf(data)
	switch {
	case r.options.Columns != nil:
		r.roles = r.options.Columns
	case at >= 0:
		r.roles = c.settle(append(roles, make([]Role, max(0, len(titles)-len(roles)))...)[:len(titles)], titles)
	default:
		r.roles = c.positions()
	}
	r.first = data
	r.layout.Columns = c.layout(titles, r.roles)
	r.alone = r.standAlone(data, r.roles)
}

// Next gives what became of the next row that is not blank; io.EOF at the end. Errors: [ErrTooManyLines], [ErrManyGroups],
// [ErrNoAddress], [ErrFile], those of the source.
func (r *Reader) Next() (Line, error) {
	for r.done == nil {
		next, more, err := r.nextRow()
		switch {
		case err != nil:
			r.done = err
		case !more && r.contacts == 0 && !r.signs:
			r.done = ErrNoAddress
		case !more:
			r.done = io.EOF
		case next.line > r.options.Limits.Lines:
			r.done = ErrTooManyLines
		case !next.blank():
			line := r.line(next)
			if len(r.groups) > MaxGroups {
				r.done = ErrManyGroups
				break
			}
			return line, nil
		}
	}
	return Line{}, r.done
}

func (r *Reader) nextRow() (next row, more bool, err error) {
	if len(r.first) > 0 {
		next, more, r.first = r.first[0], true, r.first[1:]
	} else if next, more, err = r.rows.next(); err != nil || !more {
		return next, more, err
	}
	if cells, corrected := r.options.Corrections[next.line]; corrected {
		next.long, next.cells = false, make([][]byte, len(cells))
		for i, c := range cells {
			next.cells[i] = []byte(c)
		}
	}
	return next, true, nil
}

// line says what becomes of a row.
func (r *Reader) line(row row) Line {
	if len(r.groupsOf) > cap(r.groupsOf)-MaxColumns {
		r.groupsOf = make([]string, 0, 1024)
	}
	r.groupsFrom = len(r.groupsOf)
	p, f := r.person(row)
	if f != nil {
		r.groupsOf = r.groupsOf[:r.groupsFrom]
		line := Line{Number: row.line, Code: f.code, Column: f.column, Suggestion: f.suggestion, Cells: row.strings()}
		r.signs = r.signs || slices.ContainsFunc(line.Cells, at)
		return line
	}
	r.contacts++
	line := Line{Number: row.line, Contact: p.Contact, Column: p.doubt.column, Suggestion: p.doubt.suggestion}
	r.meet(&line)
	return line
}

// meet compares a person with those before.
func (r *Reader) meet(line *Line) {
	c := &line.Contact
	keys := [2][]byte{}
	if r.scratch = append(r.scratch[:0], c.Address...); c.Address == "" {
		r.scratch = append(append(r.scratch, 0), directory.Fold(c.Name)...)
	}
	end := len(r.scratch)
	r.scratch = append(r.scratch, c.Second...)
	keys[0], keys[1] = r.scratch[:end], r.scratch[end:]
	for _, key := range keys {
		if len(key) == 0 {
			continue
		}
		same, other := r.seen.find(key, c.Name)
		if same != nil {
			line.Into = int(same.line)
			c.Other, c.OtherLine = "", 0
			r.seen.rename(same, c.Name)
			return
		}
		if other != nil && c.Other == "" {
			c.Other, c.OtherLine = string(r.seen.name(other)), int(other.line)
		}
	}
	for _, key := range keys {
		if len(key) > 0 {
			r.seen.add(key, c.Name, line.Number)
		}
	}
}

package contactfile

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
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

	written map[string]string   // folded name of a group → form first written
	same    map[string][]string // cells of groups → what they say
	seen    *seen
	doubts  map[string]string // domain → the one that may be meant
	texts   texts
	scratch []byte
	line    *Line  // that is being read
	beside  string // the name next to the address of the line

	lines  [batched]Line
	hashes [batched]uint64
	batch  []Line // of lines; those from given on are to come
	given  int

	contacts int
	signs    bool // some line holds an @
}

// Open looks a file through and begins to read it; the caller closes the reader. Errors: [ErrFile], [ErrTooLarge],
// [ErrOptions], those of src.
func Open(src Source, o Options) (*Reader, error) {
	o.Limits.Size, o.Limits.Lines = cmp.Or(o.Limits.Size, MaxSize), cmp.Or(o.Limits.Lines, MaxLines)
	if err := o.Check(); err != nil {
		return nil, err
	}
	s, err := look(src, o.Limits.Size)
	if err != nil {
		return nil, err
	}
	r := &Reader{
		options: o, written: map[string]string{}, same: map[string][]string{}, seen: newSeen(), doubts: map[string]string{},
		layout: Layout{Size: s.size},
	}
	if err := r.open(src, s); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Check refuses what there is not to choose, of all but the sheet. Errors: [ErrOptions].
func (o Options) Check() error {
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
	w := &window{decoder: newDecoder(file, encoding, s.head), text: make([]byte, 0, min(2*ahead, 3*s.size+decoded)), shifted: func(int) {}}
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
			roles = headingsOf(r.first[0])
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

// Next gives what became of the next row that is not blank, until the next call (its texts stay); io.EOF at the end. Errors:
// [ErrTooManyLines], [ErrManyGroups], [ErrNoAddress], [ErrFile], those of the source.
func (r *Reader) Next() (*Line, error) {
	if r.given == len(r.batch) {
		r.fill()
	}
	if r.given == len(r.batch) {
		return nil, r.done
	}
	line := &r.batch[r.given]
	if line.Code == "" {
		line.Into = r.meet(&line.Contact, r.hashes[r.given])
	}
	r.given++
	return line, nil
}

// batched lines are read before they are compared.
const batched = 16

// fill reads some lines.
func (r *Reader) fill() {
	r.batch, r.given = r.lines[:0], 0
	for r.done == nil && len(r.batch) < batched {
		next, more, err := r.nextRow()
		switch {
		case err != nil:
			r.done = err
		case !more && r.contacts == 0 && !r.signs:
			r.done = ErrNoAddress
		case !more:
			r.done = io.EOF
		case next.line > r.options.Limits.Lines, r.seen.last >= maxPersons-2*batched:
			r.done = ErrTooManyLines
		case !next.blank():
			r.batch = r.batch[:len(r.batch)+1]
			r.line = &r.batch[len(r.batch)-1]
			if r.read(next); len(r.written) > MaxGroups {
				r.done, r.batch = ErrManyGroups, r.batch[:len(r.batch)-1]
			}
		}
	}
	r.seen.fetch(r.batch, r.hashes[:])
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

// read says what becomes of a row.
func (r *Reader) read(row row) {
	*r.line = Line{}
	r.line.Number, r.line.Column, r.beside = row.line, -1, ""
	if f := r.person(&r.line.Contact, row); f != nil {
		*r.line = Line{Number: row.line, Code: f.code, Column: f.column, Suggestion: f.suggestion, Cells: row.strings()}
		r.signs = r.signs || slices.ContainsFunc(r.line.Cells, at)
		return
	}
	if r.options.KeepCells {
		r.line.Cells = row.strings()
	}
	r.contacts++
}

// meet compares a person with those before: the line of the one that it is, 0 when it is new.
func (r *Reader) meet(c *Contact, hash uint64) (into int) {
	same, other := r.seen.find(hash, c.Name)
	second := uint64(0)
	if same == nil && c.Second != "" {
		second = r.seen.hash(&Contact{Address: c.Second})
		var another *mention
		same, another = r.seen.find(second, c.Name)
		other = cmp.Or(other, another)
	}
	if same != nil {
		r.seen.rename(same, c.Name)
		return int(same.line)
	}
	if other != nil {
		c.Other, c.OtherLine = string(r.seen.name(other)), int(other.line)
	}
	r.seen.add(hash, c.Name, c.Line)
	if c.Second != "" {
		r.seen.add(second, c.Name, c.Line)
	}
	return 0
}

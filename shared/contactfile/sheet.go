package contactfile

import "io"

// Workbooks opens a workbook; package workbook has the one for Excel. Errors: [ErrFile].
type Workbooks func(raw []byte) (Book, error)

// Book is an open workbook.
type Book interface {
	Sheets() []string
	// Sheet begins to read one. Errors: [ErrFile].
	Sheet(name string) (Sheet, error)
	io.Closer
}

// Sheet gives rows one after the other.
type Sheet interface {
	// Next gives the number of a row, from 1, and its cells as they are shown, until the next call; io.EOF at the end.
	Next() (line int, cells []string, err error)
	io.Closer
}

// sheetRows are the rows of a sheet.
type sheetRows struct {
	sheet Sheet
	cells [][]byte
}

// next gives the next row that holds something: sheets go on for a million empty ones.
func (s *sheetRows) next() (row, bool, error) {
	for {
		r, more, err := s.any()
		if err != nil || !more || !r.blank() {
			return r, more, err
		}
	}
}

func (s *sheetRows) any() (row, bool, error) {
	line, cells, err := s.sheet.Next()
	if err == io.EOF {
		return row{}, false, nil
	}
	if err != nil {
		return row{}, false, err
	}
	r := row{line: line, cells: s.cells[:0]}
	size := 0
	for i, c := range cells {
		if i >= MaxColumns && blank([]byte(c)) {
			continue
		}
		if size += len(c); size > MaxLine {
			r.cells, r.long = append(r.cells[:0], []byte(clipped(c, 200))), true
			break
		}
		if r.cells = append(r.cells, []byte(c)); len(r.cells) > MaxColumns {
			break
		}
	}
	s.cells = r.cells
	return r, true, nil
}

// openSheet chooses a sheet: the one that is asked for, else the first that holds something.
func (r *Reader) openSheet(book Book) (rows, error) {
	r.layout.Sheets = book.Sheets()
	for _, name := range r.layout.Sheets {
		if r.options.Sheet != "" && r.options.Sheet != name {
			continue
		}
		if filled, err := holds(book, name); err != nil {
			return nil, err
		} else if !filled && r.options.Sheet == "" {
			continue
		}
		sheet, err := book.Sheet(name)
		if err != nil {
			return nil, err
		}
		r.layout.Sheet = name
		r.closers = append(r.closers, sheet)
		return &sheetRows{sheet: sheet}, nil
	}
	if r.options.Sheet != "" {
		return nil, ErrOptions.At("sheet", r.options.Sheet)
	}
	return nil, refused(CodeEmpty)
}

// holds tells whether anything is in a sheet.
func holds(book Book, name string) (bool, error) {
	sheet, err := book.Sheet(name)
	if err != nil {
		return false, err
	}
	defer sheet.Close()
	_, more, err := (&sheetRows{sheet: sheet}).next()
	return more, err
}

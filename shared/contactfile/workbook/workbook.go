// Package workbook reads and writes the workbooks of Excel (.xlsx), in memory that does not grow with their rows. It is
// apart from contactfile because it makes a program larger: who imports or exports workbooks carries it, and nobody else.
//
// Cells are what Excel shows: the last value of a formula, a date as a date, a phone in its own format. An error of a
// formula (« #N/A ») is an empty cell.
package workbook

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"convoc/shared/contactfile"
)

// Limits of what comes out of the archive.
const (
	maxUnzipped = 256 << 20 // bytes
	maxInMemory = 16 << 20  // bytes of one part: larger ones go through a temporary file
)

var damaged = contactfile.ErrFile.At("file", contactfile.CodeXLSX)

// Open opens a workbook; it is a [contactfile.Workbooks]. Errors: [contactfile.ErrFile].
func Open(raw []byte) (b contactfile.Book, err error) {
	defer rescue(&err)
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxInMemory, CultureInfo: excelize.CultureNameUnknown,
		ShortDatePattern: "dd/mm/yyyy", LongDatePattern: "dd/mm/yyyy", LongTimePattern: "hh:mm:ss",
	})
	if err != nil {
		return nil, damaged
	}
	return &book{f}, nil
}

// rescue takes a workbook that the library stumbles over as one that is damaged.
func rescue(err *error) {
	if recover() != nil {
		*err = damaged
	}
}

type book struct{ f *excelize.File }

// Sheets lists them in the order of the workbook, the hidden ones last.
func (b *book) Sheets() []string {
	var shown, hidden []string
	for _, name := range b.f.GetSheetList() {
		if visible, err := b.f.GetSheetVisible(name); err == nil && visible {
			shown = append(shown, name)
		} else {
			hidden = append(hidden, name)
		}
	}
	return append(shown, hidden...)
}

func (b *book) Close() error { return b.f.Close() }

func (b *book) Sheet(name string) (s contactfile.Sheet, err error) {
	defer rescue(&err)
	rows, err := b.f.Rows(name)
	if err != nil {
		return nil, damaged
	}
	return &sheet{rows: rows}, nil
}

type sheet struct {
	rows *excelize.Rows
	line int
}

func (s *sheet) Close() error { return s.rows.Close() }

func (s *sheet) Next() (line int, cells []string, err error) {
	defer rescue(&err)
	if !s.rows.Next() {
		if s.rows.Error() != nil {
			return 0, nil, damaged
		}
		return 0, nil, io.EOF
	}
	s.line++
	cells, err = s.rows.Columns()
	if err != nil {
		return 0, nil, damaged
	}
	for i, c := range cells {
		if failed(c) {
			cells[i] = ""
		}
	}
	return s.line, cells, nil
}

// failed tells what Excel shows for a formula that has no value.
func failed(cell string) bool {
	switch cell {
	case "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA":
		return true
	}
	return false
}

// writer is a workbook of one sheet.
type writer struct {
	to     io.Writer
	f      *excelize.File
	stream *excelize.StreamWriter
	text   int // the style of a text: Excel leaves the zero of a phone
	bold   int
	row    int
}

// New begins a workbook of one sheet, whose first row is its headings. It is written when it is closed.
func New(to io.Writer, name string) (contactfile.Writer, error) {
	f := excelize.NewFile()
	w := &writer{to: to, f: f}
	err := f.SetSheetName(f.GetSheetName(0), name)
	if err == nil {
		w.text, err = f.NewStyle(&excelize.Style{NumFmt: 49})
	}
	if err == nil {
		w.bold, err = f.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	}
	if err == nil {
		w.stream, err = f.NewStreamWriter(name)
	}
	if err == nil {
		err = w.stream.SetColWidth(1, contactfile.MaxColumns, 24)
	}
	if err == nil {
		err = w.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	if err != nil {
		return nil, fmt.Errorf("beginning a workbook: %w", err)
	}
	return w, nil
}

// Write adds a row of texts: none is a formula.
func (w *writer) Write(cells []string) error {
	w.row++
	style := w.text
	if w.row == 1 {
		style = w.bold
	}
	values := make([]any, len(cells))
	for i, text := range cells {
		values[i] = excelize.Cell{StyleID: style, Value: contactfile.Literal(strings.ToValidUTF8(text, "\uFFFD"))}
	}
	at, err := excelize.CoordinatesToCellName(1, w.row)
	if err != nil {
		return err
	}
	return w.stream.SetRow(at, values)
}

func (w *writer) Close() error {
	err := w.stream.Flush()
	if err == nil {
		_, err = w.f.WriteTo(w.to)
	}
	if closing := w.f.Close(); err == nil {
		err = closing
	}
	return err
}

// Package csvimport reads files of contacts as Excel, LibreOffice and old tools write them, says what an import would
// do before it does it, and does it.
//
// A line is never lost in silence: each becomes a contact, is merged into an earlier one, is blank, or is an error with
// its number, its cells and a code. The codes of lines: address_missing and address_invalid, cell_too_long,
// too_many_columns, too_many_groups. The codes of whole files: empty, html, xlsx, xls, ods, pdf, binary, too_many_lines,
// file_too_large, no_address.
//
// TODO(#6): streaming, XLSX, corrections in place, columns that the secretary changes, undo.
package csvimport

import (
	"io"
	"slices"
	"strings"

	"convoc/shared/directory"
	"convoc/shared/errs"
)

// Limits of a file.
const (
	MaxSize    = 20 << 20 // bytes
	MaxLines   = 200_000
	MaxColumns = 66
	MaxCell    = 4 << 10 // bytes
)

// Codes of whole files that are refused.
const (
	CodeEmpty  = "empty"
	CodeHTML   = "html"
	CodeXLSX   = "xlsx"
	CodeXLS    = "xls"
	CodeODS    = "ods"
	CodePDF    = "pdf"
	CodeBinary = "binary"
)

// The refusals of whole files; ErrFile carries one of the codes above as its About.
var (
	ErrFile         = errs.Define(errs.Invalid, "import_file", "the file is no text that can be read")
	ErrTooLarge     = errs.Define(errs.TooLarge, "import_too_large", "the file is over 20 MB")
	ErrTooManyLines = errs.Define(errs.Invalid, "import_too_many_lines", "the file has over 200,000 lines")
	ErrNoAddress    = errs.Define(errs.Invalid, "import_no_address", "no line of the file holds an address")
)

func refused(code string) error { return ErrFile.At("file", code) }

// File is a file as it was read.
type File struct {
	Encoding  string
	Separator string
	Header    bool
	Contacts  []Contact   // in the order of the file
	Errors    []LineError // in the order of the file
	Merged    int         // lines merged into an earlier contact
}

// Contact is one person of a file.
type Contact struct {
	Line    int // of the first mention
	Address directory.Address
	Name    string
	Groups  []string // each in the form first written in the file
	Other   string   // name of another person at the same address, earlier in the file: to be confirmed; else empty
}

// Codes of lines that are refused.
const (
	LineAddressMissing = "address_missing"
	LineAddressInvalid = "address_invalid"
	LineCellTooLong    = "cell_too_long"
	LineTooManyColumns = "too_many_columns"
)

// LineError is a line that cannot be a contact.
type LineError struct {
	Line  int
	Code  string
	Cells []string // as they were, for « Télécharger les lignes en erreur »
}

// Read reads a whole file. Errors: [ErrFile], [ErrTooLarge], [ErrTooManyLines], [ErrNoAddress], those of r.
func Read(r io.Reader) (File, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return File{}, err
	}
	if len(raw) > MaxSize {
		return File{}, ErrTooLarge
	}
	text, encoding, err := decode(raw)
	if err != nil {
		return File{}, err
	}
	if strings.Count(text, "\n") > MaxLines {
		return File{}, ErrTooManyLines
	}
	body, sep := cutSepLine(text)
	line := 1
	if sep == 0 {
		sep = findSeparator(text)
	} else {
		line = 2
	}
	f := File{Encoding: encoding, Separator: string(sep)}
	rows := f.parse(body, sep, line)
	if len(f.Contacts) == 0 && len(rows) > 0 && !strings.Contains(text, "@") {
		return File{}, ErrNoAddress
	}
	return f, nil
}

// parse makes contacts and errors of the rows.
func (f *File) parse(body string, sep rune, line int) []row {
	var rows []row
	p := parser{text: body, sep: sep, line: line}
	for {
		r, ok := p.next()
		if !ok {
			break
		}
		if !r.blank() {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return rows
	}
	data := rows
	roles, isHeader := header(rows[0])
	if isHeader {
		f.Header, data = true, rows[1:]
	} else {
		roles = positions(rows)
	}
	m := merger{file: f, groups: map[string]string{}, at: map[directory.Address][]int{}}
	for _, r := range data {
		m.row(r, roles)
	}
	return data
}

// merger puts rows together into contacts.
type merger struct {
	file   *File
	groups map[string]string // folded name → form first written
	at     map[directory.Address][]int
}

func (m *merger) row(r row, roles []Role) {
	c, code := m.contact(r, roles)
	if code != "" {
		m.file.Errors = append(m.file.Errors, LineError{r.line, code, r.cells})
		return
	}
	for _, i := range m.at[c.Address] {
		earlier := &m.file.Contacts[i]
		if directory.SamePerson(earlier.Name, c.Name) {
			earlier.merge(c)
			m.file.Merged++
			return
		}
		c.Other = earlier.Name
	}
	m.at[c.Address] = append(m.at[c.Address], len(m.file.Contacts))
	m.file.Contacts = append(m.file.Contacts, c)
}

// merge adds what another line says of the same person.
func (c *Contact) merge(other Contact) {
	if len(other.Name) > len(c.Name) {
		c.Name = other.Name
	}
	for _, g := range other.Groups {
		if !slices.Contains(c.Groups, g) {
			c.Groups = append(c.Groups, g)
		}
	}
}

// contact reads a row; code is empty when it is one.
func (m *merger) contact(r row, roles []Role) (c Contact, code string) {
	c.Line = r.line
	if len(r.cells) > MaxColumns && slices.ContainsFunc(r.cells[MaxColumns:], func(s string) bool { return strings.TrimSpace(s) != "" }) {
		return c, LineTooManyColumns
	}
	var first, last, name, beside string
	for i, cell := range r.cells[:min(len(r.cells), len(roles))] {
		if len(cell) > MaxCell {
			return c, LineCellTooLong
		}
		switch text := unwrap(cell); roles[i] {
		case RoleAddress:
			if strings.TrimSpace(text) == "" {
				return c, LineAddressMissing
			}
			address, displayed, err := directory.CleanAddress(text)
			if err != nil {
				return c, LineAddressInvalid
			}
			c.Address, beside = address, displayed
		case RoleName:
			name = directory.CleanName(text)
		case RoleFirstName:
			first = directory.CleanName(text)
		case RoleLastName:
			last = directory.CleanName(text)
		case RoleGroup:
			m.group(&c, text)
		}
	}
	if c.Address == "" {
		return c, LineAddressMissing
	}
	if c.Name = name; c.Name == "" {
		c.Name = strings.TrimSpace(first + " " + last)
	}
	if c.Name == "" {
		c.Name = beside
	}
	return c, ""
}

// unwrap takes Excel's ="text" as the text.
func unwrap(cell string) string {
	s := strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(inner, `"`) {
		return strings.TrimSuffix(inner, `"`)
	}
	return cell
}

func (m *merger) group(c *Contact, text string) {
	name := directory.CleanName(text)
	folded := directory.Fold(name)
	if folded == "" {
		return
	}
	if _, known := m.groups[folded]; !known {
		m.groups[folded] = name
	}
	if written := m.groups[folded]; !slices.Contains(c.Groups, written) {
		c.Groups = append(c.Groups, written)
	}
}

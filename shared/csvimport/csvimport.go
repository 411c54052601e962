// Package csvimport reads files of contacts as Excel, LibreOffice and old tools write them, says what an import would
// do before it does it, and does it.
//
// A line is never lost in silence: each becomes a contact, is merged into an earlier one, is blank, or is an error with
// its number, its cells and a code. The codes of lines: address_missing and address_invalid, cell_too_long,
// too_many_columns, name_too_long, group_too_long, too_many_groups, many_questions. The codes of whole files that are no
// text: empty, html, xlsx, xls, ods, pdf, binary.
//
// However a file is made, what is kept of it in memory is a few times its size: rows are read one after the other, and of
// those that are refused the first ones are kept.
//
// Where several columns hold the same thing (« Courriel », « Courriel 2 »), the first that is not empty counts.
//
// TODO(#6): streaming, XLSX, corrections in place, columns that the secretary changes, undo, second addresses.
package csvimport

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
)

// Limits of a file.
const (
	MaxSize    = 20 << 20 // bytes
	MaxLines   = 200_000
	MaxColumns = 66
	MaxCell    = 4 << 10 // bytes
	MaxGroups  = 1_000   // groups named in one file: more are columns that hold something else

	MaxQuestions = 1_000 // asked in one import: nobody answers more, and the file can be imported again

	maxErrors     = 1_000     // lines that are kept of those that are refused
	maxErrorCells = 256 << 10 // bytes of their cells
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
	ErrManyGroups   = errs.Define(errs.Invalid, "import_many_groups", "the file names over 1,000 groups")
)

func refused(code string) error { return ErrFile.At("file", code) }

// File is a file as it was read.
type File struct {
	Encoding  string
	Separator string
	Header    bool
	Contacts  []Contact   // in the order of the file
	Errors    []LineError // in the order of the file, the first ones
	Refused   int         // lines in error, those that are not in Errors too
	Merged    int         // lines merged into an earlier contact

	cells int // bytes of the cells in Errors
}

// Contact is one person of a file.
type Contact struct {
	Line    int // of the first mention
	Address directory.Address
	Name    string
	Groups  []string // each in the form first written in the file
	Other   string   // name of another person at the same address, earlier in the file: to be confirmed; else empty

	otherLine int // of Other in the file; 0 when it is not there
}

// Codes of lines that are refused.
const (
	LineAddressMissing = "address_missing"
	LineAddressInvalid = "address_invalid"
	LineCellTooLong    = "cell_too_long"
	LineTooManyColumns = "too_many_columns"
	LineNameTooLong    = "name_too_long"
	LineGroupTooLong   = "group_too_long"
	LineTooManyGroups  = "too_many_groups"
	LineManyQuestions  = "many_questions"
)

// LineError is a line that cannot be a contact.
type LineError struct {
	Line  int
	Code  string
	Cells []string // as they were; empty once those of the lines before take up too much
}

// refuse notes a line in error.
func (f *File) refuse(e LineError) {
	f.Refused++
	if len(f.Errors) == maxErrors {
		return
	}
	size := 0
	for _, c := range e.Cells {
		size += len(c)
	}
	if f.cells += size; f.cells > maxErrorCells {
		f.cells, e.Cells = f.cells-size, nil
	}
	f.Errors = append(f.Errors, e)
}

// Read reads a whole file. Errors: [ErrFile], [ErrTooLarge], [ErrTooManyLines], [ErrNoAddress], [ErrManyGroups], those of
// r.
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
	if strings.Count(strings.TrimSuffix(text, "\n"), "\n") >= MaxLines {
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
	groups := f.parse(&parser{text: body, sep: sep, line: line})
	if len(f.Contacts) == 0 && (f.Refused == 0 || !strings.Contains(text, "@")) {
		return File{}, ErrNoAddress
	}
	if groups > MaxGroups {
		return File{}, ErrManyGroups
	}
	return f, nil
}

// parse makes contacts and errors of the rows, and tells how many groups they name. The first rows say what the columns
// hold.
func (f *File) parse(p *parser) (groups int) {
	var first []row
	for len(first) < sampled {
		r, more := p.nextFilled()
		if !more {
			break
		}
		first = append(first, r)
	}
	if len(first) == 0 {
		return 0
	}
	roles, isHeader := header(first[0])
	if isHeader {
		f.Header, first = true, first[1:]
	} else {
		roles = positions(first)
	}
	m := merger{file: f, groups: map[string]string{}, at: map[directory.Address][]int{}, named: map[string]int{}}
	for _, r := range first {
		m.row(r, roles)
	}
	for len(m.groups) <= MaxGroups {
		r, more := p.nextFilled()
		if !more {
			break
		}
		m.row(r, roles)
	}
	return len(m.groups)
}

// nextFilled gives the next row that is not blank.
func (p *parser) nextFilled() (row, bool) {
	for {
		r, more := p.next()
		if !more || !r.blank() {
			return r, more
		}
	}
}

// merger puts rows together into contacts.
type merger struct {
	file   *File
	groups map[string]string // folded name → form first written
	at     map[directory.Address][]int
	named  map[string]int // address and folded name → contact
}

// compared persons at one address, the newest ones: of a mailbox that thousands share, each further name is asked about.
const compared = 30

func (m *merger) row(r row, roles []Role) {
	c, code := m.contact(r, roles)
	if code != "" {
		m.file.refuse(LineError{r.line, code, r.cells})
		return
	}
	name := string(c.Address) + " " + strings.Join(directory.Words(c.Name), " ")
	i, known := m.named[name]
	if !known {
		i, known = m.same(&c)
	}
	if !known {
		i = len(m.file.Contacts)
		m.at[c.Address] = append(m.at[c.Address], i)
		m.file.Contacts = append(m.file.Contacts, c)
	} else if !m.file.Contacts[i].merge(c) {
		m.file.refuse(LineError{r.line, LineTooManyGroups, r.cells})
		return
	} else {
		m.file.Merged++
	}
	m.named[name] = i
}

// same finds the person that a contact is, among those before at its address; else it notes whom it may be.
func (m *merger) same(c *Contact) (int, bool) {
	there := m.at[c.Address]
	for _, i := range there[max(0, len(there)-compared):] {
		earlier := m.file.Contacts[i]
		if directory.SamePerson(earlier.Name, c.Name) {
			c.Other, c.otherLine = "", 0
			return i, true
		}
		c.Other, c.otherLine = earlier.Name, earlier.Line
	}
	return 0, false
}

// merge adds what another line says of the same person; false when these would be too many groups.
func (c *Contact) merge(other Contact) bool {
	groups := c.Groups
	for _, g := range other.Groups {
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(groups) > store.MaxGroupsOf {
		return false
	}
	c.Groups = groups
	if len(other.Name) > len(c.Name) {
		c.Name = other.Name
	}
	return true
}

// contact reads a row; code is empty when it is one.
func (m *merger) contact(r row, roles []Role) (c Contact, code string) {
	c.Line = r.line
	if len(r.cells) > MaxColumns {
		return c, LineTooManyColumns
	}
	var first, last, name, beside string
	keep := func(into *string, text string) {
		if *into == "" {
			*into = directory.CleanName(text)
		}
	}
	for i, cell := range r.cells[:min(len(r.cells), len(roles))] {
		if len(cell) > MaxCell {
			return c, LineCellTooLong
		}
		switch text := unwrap(cell); roles[i] {
		case RoleAddress:
			if c.Address != "" || strings.TrimSpace(text) == "" {
				continue
			}
			address, displayed, err := directory.CleanAddress(text)
			if err != nil {
				return c, LineAddressInvalid
			}
			c.Address, beside = address, displayed
		case RoleName:
			keep(&name, text)
		case RoleFirstName:
			keep(&first, text)
		case RoleLastName:
			keep(&last, text)
		case RoleGroup:
			if !m.group(&c, text) {
				return c, LineGroupTooLong
			}
		}
	}
	c.Name = cmp.Or(name, strings.TrimSpace(first+" "+last), beside)
	switch {
	case c.Address == "":
		return c, LineAddressMissing
	case utf8.RuneCountInString(c.Name) > directory.MaxName:
		return c, LineNameTooLong
	case len(c.Groups) > store.MaxGroupsOf:
		return c, LineTooManyGroups
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

// group adds a group to a contact; false when its name is too long.
func (m *merger) group(c *Contact, text string) bool {
	name := directory.CleanName(text)
	folded := directory.Fold(name)
	if folded == "" {
		return true
	}
	if utf8.RuneCountInString(name) > directory.MaxGroupName {
		return false
	}
	if _, known := m.groups[folded]; !known {
		m.groups[folded] = name
	}
	if written := m.groups[folded]; !slices.Contains(c.Groups, written) {
		c.Groups = append(c.Groups, written)
	}
	return true
}

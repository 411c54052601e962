package contactfile

import (
	"cmp"
	"errors"
	"io"
	"slices"

	"convoc/shared/directory"
	"convoc/shared/store"
)

// What is kept of the lines in error.
const (
	maxErrors     = 1_000     // the first ones
	maxErrorCells = 256 << 10 // bytes of their cells
)

// File is a file as it was read, all in memory.
type File struct {
	Layout
	Contacts []Contact   // in the order of the file; lines of the same person are one
	Errors   []LineError // in the order of the file, the first ones
	Refused  int         // lines in error, those that are not in Errors too
	Merged   int         // lines merged into an earlier contact
	Doubts   []LineError // contacts whose address may be mistyped, the first ones; Code is empty

	cells int // bytes of the cells in Errors
	most  int // of Errors; zero: maxErrors
}

// LineError is a line that cannot be a contact.
type LineError struct {
	Line       int
	Code       string
	Column     int      // the cell concerned, from 0; -1: none
	Suggestion string   // what it may be meant to be
	Cells      []string // as they were; empty once those of the lines before take up too much
}

// Read reads a whole file. Errors: those of [Open] and [Reader.Next].
func Read(src Source, o Options) (File, error) {
	r, err := Open(src, o)
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	f := File{Layout: r.Layout(), most: o.Limits.Errors}
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return File{}, err
		}
		f.add(line)
	}
}

func (f *File) add(l *Line) {
	switch {
	case l.Code != "":
		f.Refuse(LineError{l.Number, l.Code, l.Column, l.Suggestion, l.Cells})
		return
	case l.Into == 0:
		f.Contacts = append(f.Contacts, l.Contact)
	case !f.at(l.Into).Merge(l.Contact):
		f.Refuse(LineError{l.Number, LineTooManyGroups, -1, "", l.Contact.cells()})
		return
	default:
		f.Merged++
	}
	if l.Suggestion != "" && len(f.Doubts) < maxErrors {
		f.Doubts = append(f.Doubts, LineError{Line: l.Number, Column: l.Column, Suggestion: l.Suggestion})
	}
}

// at is the contact of a line.
func (f *File) at(line int) *Contact {
	i, _ := slices.BinarySearchFunc(f.Contacts, line, func(c Contact, line int) int { return cmp.Compare(c.Line, line) })
	return &f.Contacts[i]
}

// cells are what is shown of a contact that cannot be taken.
func (c Contact) cells() []string { return append([]string{string(c.Address), c.Name}, c.Groups...) }

// Merge adds what another line says of the same person; false when these would be too many groups, and nothing is added.
func (c *Contact) Merge(other Contact) bool {
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
	for _, a := range []directory.Address{other.Address, other.Second} {
		if c.Second == "" && a != c.Address {
			c.Second = a
		}
	}
	c.Civility, c.FirstName, c.LastName = cmp.Or(c.Civility, other.Civility), cmp.Or(c.FirstName, other.FirstName), cmp.Or(c.LastName, other.LastName)
	c.Function, c.Phone, c.SubstituteOf = cmp.Or(c.Function, other.Function), cmp.Or(c.Phone, other.Phone), cmp.Or(c.SubstituteOf, other.SubstituteOf)
	c.Active, c.Paper, c.Rank = cmp.Or(c.Active, other.Active), cmp.Or(c.Paper, other.Paper), cmp.Or(c.Rank, other.Rank)
	return true
}

// Refuse notes a line in error.
func (f *File) Refuse(e LineError) {
	f.Refused++
	if len(f.Errors) == cmp.Or(f.most, maxErrors) {
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

package contactfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"convoc/shared/directory"
)

// Writer takes the rows of a table; [NewCSV] and package workbook make one.
type Writer interface {
	Write(cells []string) error
	Close() error // ends the table; what it is written to stays open
}

// CSV writes « ; », CRLF, UTF-8 with its mark: what Excel opens in France with a double click.
type CSV struct{ w *csv.Writer }

// NewCSV begins a table.
func NewCSV(w io.Writer) (*CSV, error) {
	if _, err := w.Write(bom); err != nil {
		return nil, err
	}
	c := csv.NewWriter(w)
	c.Comma, c.UseCRLF = ';', true
	return &CSV{c}, nil
}

// Write adds a row whose cells no spreadsheet takes for formulas.
func (c *CSV) Write(cells []string) error {
	safe := make([]string, len(cells))
	for i, text := range cells {
		safe[i] = neutral(text)
	}
	return c.w.Write(safe)
}

// Close writes what is left.
func (c *CSV) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// Literal is a text as it has to stand in a workbook, whose cells are texts and no formulas, to be read as it is.
func Literal(text string) string {
	if unwrap(text) != text {
		return "'" + text
	}
	return text
}

// ordered are the columns of an export before those of groups: the first ones are those of the guide.
var ordered = []Role{
	RoleAddress, RoleAddress, RoleName, RoleCivility, RoleFirstName, RoleLastName, RoleFunction, RolePhone, RoleActive, RolePaper, RoleRank,
	RoleSubstituteOf,
}

// maxGroupColumns of an export: a contact of more groups has several in a cell.
const maxGroupColumns = 50

// Export is a table of contacts that [Read] reads back as they are.
type Export struct {
	groups int // columns
}

// NewExport makes one for contacts of so many groups at most.
func NewExport(groups int) Export { return Export{min(max(groups, 1), maxGroupColumns)} }

// Titles are the headings: « Courriel », « Courriel 2 »…
func (e Export) Titles() []string {
	all, times := []string{}, map[Role]int{}
	add := func(r Role) {
		times[r]++
		title := Title(r)
		if times[r] > 1 {
			title = fmt.Sprint(title, " ", times[r])
		}
		all = append(all, title)
	}
	for _, r := range ordered {
		add(r)
	}
	for range e.groups {
		add(RoleGroup)
	}
	return all
}

// Row is one contact.
func (e Export) Row(c Contact) []string {
	rank := ""
	if c.Rank > 0 {
		rank = strconv.Itoa(c.Rank)
	}
	row := []string{
		string(c.Address), string(c.Second), c.Name, c.Civility, c.FirstName, c.LastName, c.Function, c.Phone, yesNo(c.Active), yesNo(c.Paper),
		rank, c.SubstituteOf,
	}
	each := (len(c.Groups) + e.groups - 1) / e.groups
	for i := range e.groups {
		cell := ""
		for _, g := range c.Groups[min(i*each, len(c.Groups)):min((i+1)*each, len(c.Groups))] {
			if cell != "" {
				cell += " | "
			}
			cell += quoteGroup(g)
		}
		row = append(row, cell)
	}
	return row
}

func yesNo(f Flag) string {
	switch f {
	case Yes:
		return "oui"
	case No:
		return "non"
	}
	return ""
}

// Faulty is a table of the lines in error of a file, with its columns and one more that says what is wrong: put right, it
// is read in its place.
type Faulty struct{ columns []Column }

// NewFaulty makes one for a file.
func NewFaulty(l Layout) Faulty { return Faulty{l.Columns} }

// Titles are those of the file; where it has none, what its columns were read as.
func (f Faulty) Titles() []string {
	all, times := make([]string, len(f.columns), len(f.columns)+1), map[string]int{}
	for i, c := range f.columns {
		title := c.Title
		if title == "" {
			if title = Title(c.Role); c.Role == RoleIgnored {
				title = fmt.Sprint("Colonne ", i+1)
			}
			if times[title]++; times[title] > 1 && c.Role != RoleIgnored {
				title = fmt.Sprint(title, " ", times[title])
			}
		}
		all[i] = directory.CleanName(title)
	}
	return append(all, "Erreur")
}

// Row is one line and what is wrong with it. Cells beyond the columns of the file stand after it.
func (f Faulty) Row(cells []string, wrong string) []string {
	row := make([]string, len(f.columns)+1)
	for i, cell := range cells {
		if i < len(f.columns) {
			row[i] = unwrap(cell)
		} else {
			row = append(row, unwrap(cell))
		}
	}
	row[len(f.columns)] = wrong
	return row
}

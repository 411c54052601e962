package contactfile

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"convoc/shared/directory"
)

// titleRows may stand above the headings: « Liste des élus ».
const titleRows = 5

// findHeader looks for the headings among the first rows: those above hold next to nothing. -1: there are none.
func findHeader(rows []row) (int, []Role) {
	for i, r := range rows[:min(len(rows), titleRows)] {
		if roles, is := header(r); is {
			return i, roles
		}
		filled := 0
		for _, c := range r.cells {
			if !blank(c) {
				filled++
			}
			if bytes.IndexByte(c, '@') >= 0 {
				return -1, nil
			}
		}
		if filled > 2 {
			return -1, nil
		}
	}
	return -1, nil
}

// columns are the cells of the first rows, by column.
type columns [][]string

func columnsOf(rows []row) columns {
	var c columns
	for _, r := range rows {
		for i, cell := range r.cells[:min(len(r.cells), MaxColumns)] {
			for len(c) <= i {
				c = append(c, nil)
			}
			if !blank(cell) {
				c[i] = append(c[i], directory.CleanName(unwrap(string(cell[:min(len(cell), MaxCell)]))))
			}
		}
	}
	return c
}

// share of the cells of a column that are so, from 0 to 1; 0 for a column without cells.
func (c columns) share(i int, is func(string) bool) float64 {
	if i >= len(c) || len(c[i]) == 0 {
		return 0
	}
	n := 0
	for _, cell := range c[i] {
		if is(cell) {
			n++
		}
	}
	return float64(n) / float64(len(c[i]))
}

func at(cell string) bool { return strings.Contains(cell, "@") }

// settle completes what headings say by what the cells hold.
func (c columns) settle(roles []Role, titles [][]byte) []Role {
	for len(roles) < min(len(c), MaxColumns) {
		roles = append(roles, "")
	}
	for i, r := range roles {
		switch {
		case r == titled && c.share(i, civility) > 0.5:
			roles[i] = RoleCivility
		case r == titled:
			roles[i] = RoleFunction
		case r == "" && i > 0 && roles[i-1] == RoleGroup && (i >= len(titles) || blank(titles[i])): // one heading over several columns
			roles[i] = RoleGroup
		}
	}
	if !slices.Contains(roles, RoleFirstName) && !slices.Contains(roles, RoleName) { // « Nom » alone is the whole name
		replace(roles, RoleLastName, RoleName)
	}
	c.settleAddresses(roles)
	replace(roles, "", RoleIgnored)
	return roles
}

func replace(roles []Role, old, with Role) {
	for i, r := range roles {
		if r == old {
			roles[i] = with
		}
	}
}

// settleAddresses takes columns as those of addresses that hold some, where headings do not say it, and leaves out those
// that have none while others do.
func (c columns) settleAddresses(roles []Role) {
	most, best := -1, 0.0
	for i, r := range roles {
		if share := c.share(i, at); (r == RoleAddress || r == "") && share > best {
			most, best = i, share
		}
	}
	switch {
	case most < 0:
		return
	case !slices.Contains(roles, RoleAddress):
		roles[most] = RoleAddress
	case roles[most] == "" && best < 0.5:
		return
	}
	for i, r := range roles {
		if r == RoleAddress && c.share(i, at) == 0 && len(c) > i && len(c[i]) > 0 {
			roles[i] = RoleIgnored
		}
	}
	if roles[most] == "" {
		roles[most] = RoleAddress
	}
}

// positions gives the roles of a file without headings: those of the guide are an address, a description, groups. Columns
// of addresses, phones, civilities and numbers are told by their cells; of the others the first is the description, unless
// two stand before the address: last and first name. All that come then are groups.
func (c columns) positions() []Role {
	roles := make([]Role, MaxColumns)
	address := 0
	for i := range c {
		if n := c.count(i); n > c.count(address) {
			address = i
		}
	}
	roles[address] = RoleAddress
	var texts []int // before the address
	for i := range c {
		switch {
		case i == address:
		case c.share(i, at) > 0.5:
			roles[i] = RoleAddress
		case c.share(i, phone) > 0.5:
			roles[i] = RolePhone
		case c.share(i, civility) > 0.5:
			roles[i] = RoleCivility
		case c.share(i, numeric) > 0.9:
			roles[i] = RoleIgnored
		case i < address && len(c[i]) > 0:
			texts = append(texts, i)
		}
	}
	if len(texts) == 2 {
		first, last := texts[1], texts[0]
		if c.share(first, capitals) > 0.5 && c.share(last, capitals) < 0.5 { // « Jean;DUPONT »
			first, last = last, first
		}
		roles[first], roles[last] = RoleFirstName, RoleLastName
	}
	named := len(texts) == 2
	for i, r := range roles {
		switch {
		case r != "":
		case !named:
			roles[i], named = RoleName, true
		default:
			roles[i] = RoleGroup
		}
	}
	return roles
}

func (c columns) count(i int) int {
	n := 0
	if i < len(c) {
		for _, cell := range c[i] {
			if at(cell) {
				n++
			}
		}
	}
	return n
}

func civility(cell string) bool {
	return slices.Contains([]string{
		"m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "mrs", "ms", "dr", "me", "m et mme", "mme et m", "m mme",
	}, strings.Join(directory.Words(cell), " "))
}

// phone tells a number of phone: French, with or without its first zero, or with a country.
func phone(cell string) bool {
	digits := 0
	for _, r := range cell {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" .-/+()", r):
			return false
		}
	}
	return digits == 9 && cell[0] > '0' && cell[0] <= '9' || digits >= 10 && digits <= 25 && strings.ContainsAny(cell[:1], "0+(")
}

func numeric(cell string) bool {
	return !strings.ContainsFunc(cell, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune(" /.,-:", r) })
}

func capitals(cell string) bool {
	return len(cell) > 1 && strings.ToUpper(cell) == cell
}

// layout describes columns for whoever looks at them.
func (c columns) layout(titles [][]byte, roles []Role) []Column {
	all := make([]Column, min(max(len(c), len(titles)), MaxColumns))
	for i := range all {
		all[i].Role = RoleIgnored
		if i < len(roles) {
			all[i].Role = roles[i]
		}
		if i < len(titles) {
			all[i].Title = directory.CleanName(string(titles[i][:min(len(titles[i]), MaxDetail)]))
		}
		if i < len(c) {
			for _, cell := range c[i][:min(len(c[i]), 3)] {
				all[i].Sample = append(all[i].Sample, clipped(cell, 80))
			}
		}
	}
	return all
}

// clipped takes the first characters.
func clipped(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

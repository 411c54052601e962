package contactfile

import (
	"bytes"
	"strings"

	"convoc/shared/directory"
)

// plainAddress appends an address that is written as most are, in lower case; false when it needs a closer look.
// [directory.CleanAddress] says the same of all those that it takes.
func plainAddress(to, cell []byte) ([]byte, bool) {
	cell = bytes.Trim(cell, " ")
	at := bytes.IndexByte(cell, '@')
	if at < 1 || at > 64 || len(cell) > 254 || !plainLocal(cell[:at]) || !plainDomain(cell[at+1:]) {
		return to, false
	}
	for _, c := range cell {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to, true
}

// classes of the bytes of an address.
const (
	letter  = 1 << iota // and digits
	digit               //
	connect             // what else a local part has, where it is not the first or the last
)

var classes = func() (c [256]byte) {
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		c[b] = letter
	}
	for _, b := range []byte("0123456789") {
		c[b] |= digit
	}
	for _, b := range []byte("-_.+") {
		c[b] = connect
	}
	return c
}()

func plainLocal(s []byte) bool {
	before := byte(connect)
	for _, b := range s {
		c := classes[b]
		if c == 0 || (c == connect && before == connect) {
			return false
		}
		before = c
	}
	return before != connect
}

// plainDomain takes labels of letters and digits with single hyphens, apart by dots, the last of letters.
func plainDomain(s []byte) bool {
	before, label, numeric, dots := byte('.'), 0, true, 0
	for _, b := range s {
		switch c := classes[b]; {
		case c&letter != 0:
			label++
			numeric = numeric && c&digit != 0
		case (b != '.' && b != '-') || before == '.' || before == '-':
			return false
		case b == '-':
			label++
		default:
			dots, label, numeric = dots+1, 0, true
		}
		if label > 63 {
			return false
		}
		before = b
	}
	return dots > 0 && label > 1 && before != '-' && !numeric
}

// holdsAddress tells a cell that is an address, or several.
func holdsAddress(cell []byte) bool {
	if bytes.IndexByte(cell, '@') < 0 || len(cell) > MaxCell {
		return false
	}
	if _, plain := plainAddress(nil, cell); plain {
		return true
	}
	found, _, code := addresses(string(cell))
	return code == "" && len(found) > 0
}

// addresses reads a cell of one address or several, and the name beside; code says why not. All several have to be of one
// person: a name beside each of two is two persons.
func addresses(cell string) (found []directory.Address, name, code string) {
	one, name, err := directory.CleanAddress(cell)
	if err == nil {
		return []directory.Address{one}, name, ""
	}
	parts := splitAddresses(cell)
	if len(parts) < 2 {
		return nil, name, LineAddressInvalid
	}
	name = ""
	for _, p := range parts {
		a, beside, err := directory.CleanAddress(p)
		switch {
		case err != nil:
			return nil, "", LineAddressInvalid
		case beside != "" && name != "" && !directory.SamePerson(beside, name):
			return nil, "", LineSeveralPersons
		case beside != "":
			name = beside
		}
		found = append(found, a)
	}
	return found, name, ""
}

var marks = strings.NewReplacer(";", "\n", "/", "\n", "|", "\n", "\r", "\n", " et ", "\n", " ou ", "\n", ">", ">\n", "\u00a0", " ")

// splitAddresses parts a cell where an address ends: at « ; », « , », « / », « | », a line end, a space, « et », « ou ».
func splitAddresses(cell string) []string {
	var parts []string
	for _, p := range strings.Split(marks.Replace(cell), "\n") {
		if strings.Count(p, "@") > 1 {
			for _, q := range strings.FieldsFunc(p, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
				parts = append(parts, q)
			}
			continue
		}
		if strings.Trim(p, " ,\t.") != "" {
			parts = append(parts, strings.Trim(p, " ,\t"))
		}
	}
	return parts
}

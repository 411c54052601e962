package contactfile

import (
	"bytes"
	"strings"

	"convoc/shared/directory"
)

// plainAddress appends an address that is written as most are, in lower case; false when it needs a closer look.
// [directory.CleanAddress] says the same of all those that it takes.
func plainAddress(to, cell []byte) ([]byte, bool) {
	for len(cell) > 0 && cell[0] == ' ' {
		cell = cell[1:]
	}
	for len(cell) > 0 && cell[len(cell)-1] == ' ' {
		cell = cell[:len(cell)-1]
	}
	if len(cell) > 254 {
		return to, false
	}
	at, begun := -1, 0                   // begun: where the label or the local part does
	lettered, before := false, byte('.') // what came last
	for i, b := range cell {
		c := classes[b]
		switch {
		case !joins(c):
			lettered = lettered || c >= 'a'
		case c == 0 || joins(before), b == '@' && at >= 0, at >= 0 && c != '.' && c != '-' && b != '@':
			return to, false
		case b == '@':
			at, begun, lettered = i, i+1, false
		case b == '.' && at >= 0:
			if i-begun > 63 {
				return to, false
			}
			begun, lettered = i+1, false
		}
		to = append(to, c)
		before = b
	}
	last := len(cell) - begun // of the letters after the last dot
	return to, at >= 1 && at <= 64 && begun > at+1 && last > 1 && last <= 63 && lettered && !joins(before)
}

// classes gives each byte of an address in lower case: letters, digits, and what joins them. 0: it needs a closer look.
var classes = func() (c [256]byte) {
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyz0123456789-_.+@") {
		c[b] = b
	}
	for b := byte('A'); b <= 'Z'; b++ {
		c[b] = b + 'a' - 'A'
	}
	return c
}()

func joins(c byte) bool { return c < '0' || c == '@' || c == '_' }

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
	if strings.ContainsAny(cell, "([") {
		if one, name, err := directory.CleanAddress(bracketed(cell)); err == nil {
			return []directory.Address{one}, name, ""
		}
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

// bracketed takes « Jean (jean@x.fr) » as « Jean <jean@x.fr> », and leaves a remark in brackets out: « jean@x.fr (maire) ».
func bracketed(cell string) string {
	open := strings.IndexAny(cell, "([")
	end := open + strings.IndexAny(cell[open:]+")", ")]")
	inside, rest := cell[open+1:max(open+1, end)], cell[min(end+1, len(cell)):]
	if strings.Contains(inside, "@") {
		return cell[:open] + "<" + inside + ">" + rest
	}
	return cell[:open] + rest
}

var marks = strings.NewReplacer(";", "\n", "/", "\n", "|", "\n", "\r", "\n", " et ", "\n", " ou ", "\n", ">", ">\n", "\u00a0", " ")

// splitAddresses parts a cell where an address ends: at « ; », « , », « / », « | », a line end, a space, « et », « ou ».
func splitAddresses(cell string) []string {
	var parts []string
	for _, p := range strings.Split(marks.Replace(cell), "\n") {
		if strings.Count(p, "@") > 1 {
			parts = append(parts, strings.FieldsFunc(p, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })...)
			continue
		}
		if strings.Trim(p, " ,\t.") != "" {
			parts = append(parts, strings.Trim(p, " ,\t"))
		}
	}
	return parts
}

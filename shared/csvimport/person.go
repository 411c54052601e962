package csvimport

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/store"
)

// completed is a person with what a row says of it: nothing that it does not speak of is changed. code is why that cannot
// be; empty when it can.
func completed(old person, c contactfile.Contact, holder directory.ContactID, joins []directory.GroupID, replace bool) (p person, code string) {
	p = person{old.Contact, slices.Clone(old.groups)}
	p.Addresses = slices.Clone(old.Addresses)
	for _, a := range []directory.Address{c.Address, c.Second} {
		switch {
		case a == "" || slices.Contains(p.Addresses, a):
		case len(p.Addresses) == 2:
			return p, LineThirdAddress
		default:
			p.Addresses = append(p.Addresses, a)
		}
	}
	p.Name = called(old.Contact, c)
	p.Civility, p.First, p.Last = cmp.Or(c.Civility, p.Civility), cmp.Or(c.FirstName, p.First), cmp.Or(c.LastName, p.Last)
	p.Function = cmp.Or(c.Function, p.Function)
	if digits(c.Phone) != digits(p.Phone) || digits(c.Phone) == "" {
		p.Phone = cmp.Or(c.Phone, p.Phone)
	}
	if c.Active != contactfile.Unsaid {
		p.Inactive = c.Active == contactfile.No
	}
	if c.Paper != contactfile.Unsaid {
		p.Paper = c.Paper == contactfile.Yes
	}
	p.Rank, p.SubstituteOf = cmp.Or(c.Rank, p.Rank), cmp.Or(holder, p.SubstituteOf)
	if replace && len(joins) > 0 {
		p.groups = nil
	}
	for _, g := range joins {
		if !slices.Contains(p.groups, g) {
			p.groups = append(p.groups, g)
		}
	}
	slices.Sort(p.groups)
	return p, fits(p)
}

// fits tells why a person cannot be stored; empty when it can.
func fits(p person) string {
	for text, most := range map[string]int{
		p.Civility: directory.MaxCivility, p.First: directory.MaxNamePart, p.Last: directory.MaxNamePart,
		p.Function: directory.MaxFunction, p.Phone: directory.MaxPhone,
	} {
		if len(text) > most && utf8.RuneCountInString(text) > most {
			return contactfile.LineDetailTooLong
		}
	}
	if len(p.groups) > store.MaxGroupsOf {
		return contactfile.LineTooManyGroups
	}
	return ""
}

// called chooses between what the directory and the file call a person: the file's, unless it says less, or has only first
// and last name where somebody wrote a name of another kind.
func called(old directory.Contact, c contactfile.Contact) string {
	full := directory.FullName(old.First, old.Last)
	described := full != "" && old.Name != full
	composed := c.Name == directory.FullName(c.FirstName, c.LastName)
	switch {
	case c.Name == "", composed && described:
		return old.Name
	case unnamed(old):
		return c.Name
	case len(c.Name) < len(old.Name) && directory.SamePerson(old.Name, c.Name):
		return old.Name
	}
	return c.Name
}

// digits are what tells two numbers of a phone apart, however they are written.
func digits(phone string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone), "0")
}

// same tells whether two are the same but for versions and times.
func same(a, b person) bool { return len(changes(a, b, nil)) == 0 }

// Fields of a change that are lists, one entry a line.
const fieldGroups = "groups"

// changes tells what differs, in the order of the fields; name tells what a group is called.
func changes(a, b person, name func(directory.GroupID) string) []journal.Change {
	if name == nil {
		name = func(g directory.GroupID) string { return string(g) }
	}
	before, after := told(a, name), told(b, name)
	var all []journal.Change
	for i := range before {
		if before[i].After != after[i].After {
			all = append(all, journal.Change{Field: before[i].Field, Before: before[i].After, After: after[i].After})
		}
	}
	return all
}

// told is all that is told of a person.
func told(p person, name func(directory.GroupID) string) []journal.Change {
	flag := map[bool]string{true: "yes"}
	mails := make([]string, len(p.Addresses))
	for i, a := range p.Addresses {
		mails[i] = string(a)
	}
	groups := make([]string, len(p.groups))
	for i, g := range p.groups {
		groups[i] = name(g)
	}
	slices.Sort(groups)
	rank := strconv.Itoa(p.Rank)
	return []journal.Change{
		{Field: "name", After: p.Name}, {Field: "civility", After: p.Civility}, {Field: "first", After: p.First},
		{Field: "last", After: p.Last}, {Field: "function", After: p.Function}, {Field: "phone", After: p.Phone},
		{Field: "addresses", After: strings.Join(mails, "\n")}, {Field: "inactive", After: flag[p.Inactive]},
		{Field: "paper", After: flag[p.Paper]}, {Field: "rank", After: strings.TrimLeft(rank, "0")},
		{Field: "substitute_of", After: string(p.SubstituteOf)}, {Field: fieldGroups, After: strings.Join(groups, "\n")},
	}
}

// stored is how a person is written down in a part.
type stored struct {
	Name         string    `json:"name,omitempty"`
	Civility     string    `json:"civility,omitempty"`
	First        string    `json:"first,omitempty"`
	Last         string    `json:"last,omitempty"`
	Function     string    `json:"function,omitempty"`
	Phone        string    `json:"phone,omitempty"`
	Addresses    []string  `json:"addresses,omitempty"`
	Inactive     bool      `json:"inactive,omitempty"`
	Paper        bool      `json:"paper,omitempty"`
	Rank         int       `json:"rank,omitempty"`
	SubstituteOf string    `json:"substitute_of,omitempty"`
	Groups       []string  `json:"groups,omitempty"`
	Created      time.Time `json:"created"`
}

func written(p person) *stored {
	s := &stored{
		Name: p.Name, Civility: p.Civility, First: p.First, Last: p.Last, Function: p.Function, Phone: p.Phone, Inactive: p.Inactive,
		Paper: p.Paper, Rank: p.Rank, SubstituteOf: string(p.SubstituteOf), Created: p.CreatedAt,
	}
	for _, a := range p.Addresses {
		s.Addresses = append(s.Addresses, string(a))
	}
	for _, g := range p.groups {
		s.Groups = append(s.Groups, string(g))
	}
	return s
}

func (s stored) person(id directory.ContactID) person {
	p := person{Contact: directory.Contact{
		ID: id, Name: s.Name, Civility: s.Civility, First: s.First, Last: s.Last, Function: s.Function, Phone: s.Phone,
		Inactive: s.Inactive, Paper: s.Paper, Rank: s.Rank, SubstituteOf: directory.ContactID(s.SubstituteOf), CreatedAt: s.Created,
	}}
	for _, a := range s.Addresses {
		p.Addresses = append(p.Addresses, directory.Address(a))
	}
	for _, g := range s.Groups {
		p.groups = append(p.groups, directory.GroupID(g))
	}
	return p
}

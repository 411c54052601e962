package contacts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// filled checks the fields and puts them into the contact. Errors: the refusals of this package, with the field.
func (s *Service) filled(ctx context.Context, h *store.Handle, c directory.Contact, f Fields, groups groupsByID) (directory.Contact, error) {
	composed := directory.FullName(c.First, c.Last)
	c.Name = directory.CleanName(f.Name)
	c.Civility, c.First, c.Last = directory.CleanName(f.Civility), directory.CleanName(f.First), directory.CleanName(f.Last)
	c.Function, c.Phone = directory.CleanName(f.Function), directory.CleanName(f.Phone)
	c.Inactive, c.Paper, c.Rank = f.Inactive, f.Paper, f.Rank
	var beside string
	var err error
	if c.Addresses, beside, err = addresses(f.Addresses); err != nil {
		return c, err
	}
	if now := directory.FullName(c.First, c.Last); now != "" && (c.Name == "" || c.Name == composed) {
		c.Name = now // a name that nobody typed follows the names it is made of
	}
	c.Name = cmp.Or(c.Name, beside)
	if err := fits(c, chosen(f), groups); err != nil {
		return c, err
	}
	return s.substituted(ctx, h, c, f.SubstituteOf)
}

// addresses reads what was typed, each address once, with the first name that stands beside one.
func addresses(typed []string) (all []directory.Address, beside string, err error) {
	for _, t := range typed {
		if strings.TrimSpace(t) == "" {
			continue
		}
		a, name, err := directory.CleanAddress(t)
		if err != nil {
			return nil, "", ErrAddress.At("addresses", t)
		}
		beside = cmp.Or(beside, name)
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all, beside, nil
}

// fits checks lengths and numbers, and that the groups are there.
func fits(c directory.Contact, in []directory.GroupID, groups groupsByID) error {
	for _, l := range []struct {
		field, text string
		max         int
	}{
		{"civility", c.Civility, directory.MaxCivility}, {"first", c.First, directory.MaxNamePart},
		{"last", c.Last, directory.MaxNamePart}, {"function", c.Function, directory.MaxFunction}, {"phone", c.Phone, directory.MaxPhone},
	} {
		if utf8.RuneCountInString(l.text) > l.max {
			return ErrFieldTooLong.At(l.field, strconv.Itoa(l.max))
		}
	}
	switch {
	case utf8.RuneCountInString(c.Name) > directory.MaxName:
		return ErrNameTooLong.At("name", "")
	case len(c.Addresses) > MaxAddresses:
		return ErrTooManyAddresses.At("addresses", "")
	case len(c.Addresses) == 0 && c.Name == "":
		return ErrNameEmpty.At("name", "")
	case c.Rank < 0 || c.Rank > directory.MaxRank:
		return ErrRank.At("rank", "")
	case len(in) > store.MaxGroupsOf:
		return ErrTooManyGroups.At("groups", "")
	}
	for _, g := range in {
		if _, there := groups[g]; !there {
			return ErrGroupGone.At("groups", "")
		}
	}
	return nil
}

// substituted says whose substitute a contact is. Whose it was already is taken as it is, also when she is gone.
func (s *Service) substituted(ctx context.Context, h *store.Handle, c directory.Contact, of directory.ContactID) (directory.Contact, error) {
	if of == c.SubstituteOf {
		return c, nil
	}
	if of != "" {
		if of == c.ID {
			return c, ErrSubstitute.At("substitute_of", "")
		}
		_, err := h.Contact(ctx, of)
		if errors.Is(err, table.ErrNotFound) {
			return c, ErrSubstitute.At("substitute_of", "")
		}
		if err != nil {
			return c, err
		}
	}
	c.SubstituteOf = of
	return c, nil
}

// changes tells what was before and what is after, of what differs.
func changes(c change, groups groupsByID) []journal.Change {
	before, after := told(c.old, c.oldGroups, groups), told(c.to, c.in, groups)
	var all []journal.Change
	for i, b := range before {
		if a := after[i]; a.After != b.After {
			all = append(all, journal.Change{Field: b.Field, Before: b.After, After: a.After})
		}
	}
	return all
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// told is all that the journal tells of a contact, in the order of its fields.
func told(c directory.Contact, in []directory.GroupID, groups groupsByID) []journal.Change {
	var mails, names []string
	for _, a := range c.Addresses {
		mails = append(mails, string(a))
	}
	for _, g := range in {
		if group, there := groups[g]; there {
			names = append(names, group.Name)
		}
	}
	slices.Sort(names)
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return []journal.Change{
		{Field: "name", After: c.Name}, {Field: "civility", After: c.Civility}, {Field: "first", After: c.First},
		{Field: "last", After: c.Last}, {Field: "function", After: c.Function}, {Field: "phone", After: c.Phone},
		{Field: "addresses", After: strings.Join(mails, "\n")}, {Field: "inactive", After: yes(c.Inactive)},
		{Field: "paper", After: yes(c.Paper)}, {Field: "rank", After: number(c.Rank)},
		{Field: "substitute_of", After: string(c.SubstituteOf)}, {Field: "groups", After: strings.Join(names, "\n")},
	}
}

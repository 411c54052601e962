// Package contacts keeps the directory: contacts, groups, and the search that finds them.
package contacts

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Limits.
const (
	MaxAddresses = 2
	MaxPage      = 100 // contacts of one page
	maxHeads     = 3   // first members shown beside a group
)

// The refusals.
var (
	ErrNameTooLong      = errs.Define(errs.Invalid, "name_too_long", "the name is over 200 characters")
	ErrNameEmpty        = errs.Define(errs.Invalid, "name_empty", "neither a name nor an address")
	ErrTooManyAddresses = errs.Define(errs.Invalid, "too_many_addresses", "over 2 addresses")
	ErrAddress          = errs.Define(errs.Invalid, "address_invalid", "an address is no address")
	ErrTooManyGroups    = errs.Define(errs.Invalid, "too_many_groups", "a contact in over 64 groups")
	ErrGroupNameEmpty   = errs.Define(errs.Invalid, "group_name_empty", "an empty group name")
	ErrGroupNameTooLong = errs.Define(errs.Invalid, "group_name_too_long", "a group name over 100 characters")
	ErrGroupExists      = errs.Define(errs.Conflict, "group_exists", "another group has the name")
	ErrGroupGone        = errs.Define(errs.Invalid, "group_gone", "one of the chosen groups does not exist any more")
)

// Service keeps the directory of a collectivité. All fields are needed.
type Service struct {
	Tables store.Tables
	Now    func() time.Time
	Random io.Reader
}

// Entry is a contact with its groups, sorted by name.
type Entry struct {
	directory.Contact
	Groups []directory.Group
}

// Fields are what the secretary typed.
type Fields struct {
	Name      string
	Addresses []string
	Groups    []directory.GroupID
}

// Filter narrows the list of contacts.
type Filter struct {
	Words string            // beginnings of words of the name or the address; empty: all
	Group directory.GroupID // empty: all
	After string            // cursor: the Next of the page before; empty: the first page
	Limit int               // 1 to MaxPage
}

// Page is a part of the list, sorted by name.
type Page struct {
	Entries []Entry
	Total   int    // of all pages
	Next    string // cursor of the next page: the place of the last contact in the list; empty at the end
}

// place is where a contact stands in the list.
type place struct {
	id directory.ContactID
	at string // in the order of the list; others may come and go around it
}

// List reads a page of contacts.
func (s *Service) List(ctx context.Context, h *store.Handle, f Filter) (Page, error) {
	places, err := s.matching(ctx, h, f)
	if err != nil {
		return Page{}, err
	}
	shown := slices.DeleteFunc(slices.Clone(places), func(p place) bool { return p.at <= f.After })
	page := Page{Total: len(places)}
	if limit := max(1, min(f.Limit, MaxPage)); limit < len(shown) {
		shown, page.Next = shown[:limit], shown[limit-1].at
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return page, err
	}
	for _, p := range shown {
		e, err := s.entry(ctx, h, p.id, groups)
		if errors.Is(err, table.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return page, err
		}
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

// matching lists the contacts that pass the filter, sorted by name.
func (s *Service) matching(ctx context.Context, h *store.Handle, f Filter) ([]place, error) {
	var keep []map[directory.ContactID]bool
	for _, w := range directory.Words(f.Words) {
		ids, err := h.ContactsWithWord(ctx, w)
		if err != nil {
			return nil, err
		}
		keep = append(keep, set(ids))
	}
	if f.Group != "" {
		ids, err := h.Members(ctx, f.Group)
		if err != nil {
			return nil, err
		}
		keep = append(keep, set(ids))
	}
	var places []place
	err := h.ContactsByName(ctx, "", func(id directory.ContactID, at string) bool {
		if !slices.ContainsFunc(keep, func(k map[directory.ContactID]bool) bool { return !k[id] }) {
			places = append(places, place{id, at})
		}
		return true
	})
	return places, err
}

func set(ids []directory.ContactID) map[directory.ContactID]bool {
	m := make(map[directory.ContactID]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// groupsByID are all groups of the directory.
type groupsByID map[directory.GroupID]directory.Group

func (s *Service) groups(ctx context.Context, h *store.Handle) (groupsByID, error) {
	groups, err := h.Groups(ctx)
	byID := make(groupsByID, len(groups))
	for _, g := range groups {
		byID[g.ID] = g
	}
	return byID, err
}

func (s *Service) entry(ctx context.Context, h *store.Handle, id directory.ContactID, groups groupsByID) (Entry, error) {
	c, err := h.Contact(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	of, err := h.GroupsOf(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return entryOf(c, of, groups), nil
}

func entryOf(c directory.Contact, of []directory.GroupID, groups groupsByID) Entry {
	e := Entry{Contact: c}
	for _, g := range of {
		if group, there := groups[g]; there { // a deleted group leaves its memberships behind for a moment
			e.Groups = append(e.Groups, group)
		}
	}
	slices.SortFunc(e.Groups, byName)
	return e
}

func byName(a, b directory.Group) int {
	return strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name))
}

// Create adds a contact. Errors: the refusals of this package.
func (s *Service) Create(ctx context.Context, h *store.Handle, by string, f Fields) (Entry, error) {
	groups, err := s.groups(ctx, h)
	if err != nil {
		return Entry{}, err
	}
	now := s.Now()
	c, err := filled(directory.Contact{ID: directory.ContactID(ident.New("ctc_", s.Random)), CreatedAt: now}, f, groups)
	if err != nil {
		return Entry{}, err
	}
	return s.save(ctx, h, by, change{to: c, in: chosen(f)}, groups)
}

// Change replaces a contact that was read at that version. The same change given again, after a lost answer, is taken
// again. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, the refusals of this package.
func (s *Service) Change(ctx context.Context, h *store.Handle, by string, id directory.ContactID, version int64, f Fields) (Entry, error) {
	old, err := h.Contact(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Entry{}, errs.ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	oldGroups, err := h.GroupsOf(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return Entry{}, err
	}
	c, refused := filled(old, f, groups)
	switch {
	case refused == nil && old.Version == version+1 && same(c, old) && sameGroups(oldGroups, chosen(f), groups):
		return s.entry(ctx, h, id, groups)
	case old.Version != version:
		return Entry{}, errs.ErrChangedMeanwhile
	case refused != nil:
		return Entry{}, refused
	}
	return s.save(ctx, h, by, change{old, c, oldGroups, chosen(f)}, groups)
}

// change is a contact as it was and as it is to be, with its groups; old is zero for a new one.
type change struct {
	old, to       directory.Contact
	oldGroups, in []directory.GroupID
}

// save writes a contact. After an error it looks whether it was written all the same.
func (s *Service) save(ctx context.Context, h *store.Handle, by string, c change, groups groupsByID) (Entry, error) {
	now := s.Now()
	c.to.Version, c.to.UpdatedAt = c.old.Version+1, now
	e := s.event(now, by, journal.ContactSaved, string(c.to.ID), 1)
	err := h.SaveContact(ctx, c.old, c.to, c.oldGroups, c.in, e)
	if err != nil && !s.written(ctx, h, c.to) {
		if errors.Is(err, table.ErrCondition) {
			return Entry{}, errs.ErrChangedMeanwhile
		}
		return Entry{}, err
	}
	return entryOf(c.to, c.in, groups), nil // not read again: an error now would make the secretary save it twice
}

// written tells whether a contact is there as it was to be written.
func (s *Service) written(ctx context.Context, h *store.Handle, c directory.Contact) bool {
	there, err := h.Contact(ctx, c.ID)
	return err == nil && there.Version == c.Version && there.UpdatedAt.Equal(c.UpdatedAt) && same(there, c)
}

// same compares what the secretary types.
func same(a, b directory.Contact) bool {
	return a.Name == b.Name && slices.Equal(a.Addresses, b.Addresses)
}

// sameGroups compares memberships; those of groups that are gone do not count.
func sameGroups(of, in []directory.GroupID, groups groupsByID) bool {
	of = slices.DeleteFunc(slices.Clone(of), func(g directory.GroupID) bool { _, there := groups[g]; return !there })
	slices.Sort(of)
	return slices.Equal(of, in)
}

// chosen are the groups of a contact, each once.
func chosen(f Fields) []directory.GroupID {
	in := slices.Clone(f.Groups)
	slices.Sort(in)
	return slices.Compact(in)
}

// filled checks the fields and puts them into the contact.
func filled(c directory.Contact, f Fields, groups groupsByID) (directory.Contact, error) {
	c.Name, c.Addresses = directory.CleanName(f.Name), nil
	for _, typed := range f.Addresses {
		if strings.TrimSpace(typed) == "" {
			continue
		}
		a, name, err := directory.CleanAddress(typed)
		if err != nil {
			return c, ErrAddress.At("addresses", typed)
		}
		if c.Name == "" {
			c.Name = name
		}
		if !slices.Contains(c.Addresses, a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	in := chosen(f)
	switch {
	case utf8.RuneCountInString(c.Name) > directory.MaxName:
		return c, ErrNameTooLong.At("name", "")
	case len(c.Addresses) > MaxAddresses:
		return c, ErrTooManyAddresses.At("addresses", "")
	case len(c.Addresses) == 0 && c.Name == "":
		return c, ErrNameEmpty.At("name", "")
	case len(in) > store.MaxGroupsOf:
		return c, ErrTooManyGroups.At("groups", "")
	}
	for _, g := range in {
		if _, there := groups[g]; !there {
			return c, ErrGroupGone.At("groups", "")
		}
	}
	return c, nil
}

// Delete removes contacts and returns how many were there. Errors: errs.ErrChangedMeanwhile.
func (s *Service) Delete(ctx context.Context, h *store.Handle, by string, ids []directory.ContactID) (int, error) {
	deleted := 0
	for _, id := range ids {
		c, err := h.Contact(ctx, id)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return deleted, err
		}
		groups, err := h.GroupsOf(ctx, id)
		if err != nil {
			return deleted, err
		}
		err = h.DeleteContact(ctx, c, groups, s.event(s.Now(), by, journal.ContactDeleted, string(id), 1))
		if errors.Is(err, table.ErrCondition) {
			return deleted, errs.ErrChangedMeanwhile
		}
		if err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}

func (s *Service) event(at time.Time, by string, what journal.What, subject string, count int) journal.Event {
	return journal.Event{ID: ident.New("evt_", s.Random), At: at, Who: by, What: what, Subject: subject, Count: count}
}

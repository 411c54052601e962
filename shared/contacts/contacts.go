// Package contacts keeps the directory: contacts, groups, and the search that finds them.
package contacts

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Limits.
const (
	MaxName      = 200 // characters of the description of a contact
	MaxGroupName = 100 // characters
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
	ErrTooManyGroups    = errs.Define(errs.Invalid, "too_many_groups", "a contact in over 20 groups")
	ErrGroupNameEmpty   = errs.Define(errs.Invalid, "group_name_empty", "an empty group name")
	ErrGroupNameTooLong = errs.Define(errs.Invalid, "group_name_too_long", "a group name over 100 characters")
	ErrGroupExists      = errs.Define(errs.Conflict, "group_exists", "another group has the name")
	ErrGroupUnknown     = errs.Define(errs.Invalid, "group_unknown", "no such group")
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
	Words string              // beginnings of words of the name or the address; empty: all
	Group directory.GroupID   // empty: all
	After directory.ContactID // last contact of the page before; empty: the first page
	Limit int                 // 1 to MaxPage
}

// Page is a part of the list, sorted by name.
type Page struct {
	Entries []Entry
	Total   int  // of all pages
	More    bool // there is a next page
}

// List reads a page of contacts.
func (s *Service) List(ctx context.Context, h *store.Handle, f Filter) (Page, error) {
	ids, err := s.matching(ctx, h, f)
	if err != nil {
		return Page{}, err
	}
	start := slices.Index(ids, f.After) + 1
	end := min(start+max(1, min(f.Limit, MaxPage)), len(ids))
	page := Page{Total: len(ids), More: end < len(ids)}
	groups, err := s.groupsByID(ctx, h)
	if err != nil {
		return page, err
	}
	for _, id := range ids[start:end] {
		e, err := s.entry(ctx, h, id, groups)
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
func (s *Service) matching(ctx context.Context, h *store.Handle, f Filter) ([]directory.ContactID, error) {
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
	var ids []directory.ContactID
	err := h.ContactsByName(ctx, "", func(id directory.ContactID, _ string) bool {
		if !slices.ContainsFunc(keep, func(k map[directory.ContactID]bool) bool { return !k[id] }) {
			ids = append(ids, id)
		}
		return true
	})
	return ids, err
}

func set(ids []directory.ContactID) map[directory.ContactID]bool {
	m := make(map[directory.ContactID]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}

func (s *Service) groupsByID(ctx context.Context, h *store.Handle) (map[directory.GroupID]directory.Group, error) {
	groups, err := h.Groups(ctx)
	byID := make(map[directory.GroupID]directory.Group, len(groups))
	for _, g := range groups {
		byID[g.ID] = g
	}
	return byID, err
}

func (s *Service) entry(ctx context.Context, h *store.Handle, id directory.ContactID, groups map[directory.GroupID]directory.Group) (Entry, error) {
	c, err := h.Contact(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	of, err := h.GroupsOf(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Contact: c}
	for _, g := range of {
		if group, there := groups[g]; there { // a deleted group leaves its memberships behind for a moment
			e.Groups = append(e.Groups, group)
		}
	}
	slices.SortFunc(e.Groups, byName)
	return e, nil
}

func byName(a, b directory.Group) int {
	return strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name))
}

// Create adds a contact. Errors: the refusals of this package.
func (s *Service) Create(ctx context.Context, h *store.Handle, by string, f Fields) (Entry, error) {
	now := s.Now()
	c := directory.Contact{ID: directory.ContactID(ident.New("ctc_", s.Random)), CreatedAt: now}
	return s.save(ctx, h, by, directory.Contact{}, c, nil, f, now)
}

// Change replaces a contact that was read at that version.
// Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, the refusals of this package.
func (s *Service) Change(ctx context.Context, h *store.Handle, by string, id directory.ContactID, version int64, f Fields) (Entry, error) {
	old, err := h.Contact(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Entry{}, errs.ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	if old.Version != version {
		return Entry{}, errs.ErrChangedMeanwhile
	}
	groups, err := h.GroupsOf(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return s.save(ctx, h, by, old, old, groups, f, s.Now())
}

func (s *Service) save(ctx context.Context, h *store.Handle, by string, old, c directory.Contact, oldGroups []directory.GroupID, f Fields, now time.Time) (Entry, error) {
	groups, err := s.groupsByID(ctx, h)
	if err != nil {
		return Entry{}, err
	}
	if err := apply(&c, f, groups); err != nil {
		return Entry{}, err
	}
	c.Version, c.UpdatedAt = old.Version+1, now
	chosen := slices.Clone(f.Groups)
	slices.Sort(chosen)
	chosen = slices.Compact(chosen)
	err = h.SaveContact(ctx, old, c, oldGroups, chosen, s.event(now, by, journal.ContactSaved, string(c.ID), 1))
	if errors.Is(err, table.ErrCondition) {
		return Entry{}, errs.ErrChangedMeanwhile
	}
	if err != nil {
		return Entry{}, err
	}
	return s.entry(ctx, h, c.ID, groups)
}

// apply checks the fields and puts them into the contact.
func apply(c *directory.Contact, f Fields, groups map[directory.GroupID]directory.Group) error {
	c.Name = directory.CleanName(f.Name)
	if len([]rune(c.Name)) > MaxName {
		return ErrNameTooLong.At("name", "")
	}
	c.Addresses = nil
	for _, typed := range f.Addresses {
		if strings.TrimSpace(typed) == "" {
			continue
		}
		a, name, err := directory.CleanAddress(typed)
		if err != nil {
			return ErrAddress.At("addresses", typed)
		}
		if c.Name == "" {
			c.Name = name
		}
		if !slices.Contains(c.Addresses, a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	switch {
	case len(c.Addresses) > MaxAddresses:
		return ErrTooManyAddresses.At("addresses", "")
	case len(c.Addresses) == 0 && c.Name == "":
		return ErrNameEmpty.At("name", "")
	case len(f.Groups) > store.MaxGroupsOf:
		return ErrTooManyGroups.At("groups", "")
	}
	for _, g := range f.Groups {
		if _, there := groups[g]; !there {
			return ErrGroupUnknown.At("groups", "")
		}
	}
	return nil
}

// Delete removes contacts and returns how many were there.
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

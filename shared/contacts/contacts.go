// Package contacts keeps the directory: contacts, groups, and the search that finds them.
package contacts

import (
	"cmp"
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
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
	MaxAddresses = 2
	MaxPage      = 100 // contacts of one page
	MaxMerged    = 20  // contacts that become one
	maxHeads     = 3   // first members shown beside a group
)

// The refusals.
var (
	ErrNameTooLong      = errs.Define(errs.Invalid, "name_too_long", "the name is over 200 characters")
	ErrNameEmpty        = errs.Define(errs.Invalid, "name_empty", "neither a name nor an address")
	ErrTooManyAddresses = errs.Define(errs.Invalid, "too_many_addresses", "over 2 addresses")
	ErrAddress          = errs.Define(errs.Invalid, "address_invalid", "an address is no address")
	ErrTooManyGroups    = errs.Define(errs.Invalid, "too_many_groups", "a contact in over 64 groups")
	ErrFieldTooLong     = errs.Define(errs.Invalid, "contact_field_too_long", "a field is longer than it may be")
	ErrRank             = errs.Define(errs.Invalid, "rank_invalid", "a rank is 1 to 9999, or 0")
	ErrSubstitute       = errs.Define(errs.Invalid, "substitute_invalid", "a substitute of herself, or of nobody that there is")
	ErrMergeFew         = errs.Define(errs.Invalid, "merge_few", "two to 20 different contacts become one")
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

	walked int // 0: Walked; less in tests
}

func (s *Service) bound() int { return cmp.Or(s.walked, Walked) }

// Ref names a contact beside another one.
type Ref struct {
	ID   directory.ContactID
	Name string
}

// Entry is a contact with its groups, sorted by name.
type Entry struct {
	directory.Contact
	Groups     []directory.Group
	Substitute Ref // whose substitute (« suppléant ») she is; zero: nobody's, or of somebody who is gone
}

// Detail is an entry with who her substitutes are.
type Detail struct {
	Entry
	Substitutes []Ref
}

// Fields are what the secretary typed. The zero value of each but the name may be left; see [directory.Contact].
type Fields struct {
	Name         string // empty: « First Last », or the name beside an address
	Civility     string
	First, Last  string
	Function     string
	Phone        string
	Addresses    []string
	Inactive     bool
	Paper        bool
	Rank         int
	SubstituteOf directory.ContactID
	Groups       []directory.GroupID
}

// Create adds a contact. Errors: the refusals of this package.
func (s *Service) Create(ctx context.Context, h *store.Handle, by string, f Fields) (Entry, error) {
	groups, err := s.groups(ctx, h)
	if err != nil {
		return Entry{}, err
	}
	now := s.Now()
	c, err := s.filled(ctx, h, directory.Contact{ID: directory.ContactID(ident.New("ctc_", s.Random)), CreatedAt: now}, f, groups)
	if err != nil {
		return Entry{}, err
	}
	return s.save(ctx, h, by, change{to: c, in: chosen(f), what: journal.ContactSaved, count: 1}, groups)
}

// Contact reads one. Errors: errs.ErrNotFound.
func (s *Service) Contact(ctx context.Context, h *store.Handle, id directory.ContactID) (Detail, error) {
	c, of, err := s.read(ctx, h, id)
	if err != nil {
		return Detail{}, err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return Detail{}, err
	}
	e, err := s.entryOf(ctx, h, c, of, groups)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Entry: e}
	substitutes, err := h.Substitutes(ctx, id)
	for _, sub := range substitutes {
		d.Substitutes = append(d.Substitutes, Ref{sub.ID, sub.Display()})
	}
	return d, err
}

// read reads a contact with its groups. Errors: errs.ErrNotFound.
func (s *Service) read(ctx context.Context, h *store.Handle, id directory.ContactID) (directory.Contact, []directory.GroupID, error) {
	c, err := h.Contact(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return c, nil, errs.ErrNotFound
	}
	if err != nil {
		return c, nil, err
	}
	of, err := h.GroupsOf(ctx, id)
	return c, of, err
}

// Change replaces a contact that was read at that version. The same change given again, after a lost answer, is taken
// again. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, the refusals of this package.
func (s *Service) Change(ctx context.Context, h *store.Handle, by string, id directory.ContactID, version int64, f Fields) (Entry, error) {
	return s.change(ctx, h, by, id, version, f, change{what: journal.ContactSaved, count: 1})
}

// change is Change, told in the journal as ch says.
func (s *Service) change(ctx context.Context, h *store.Handle, by string, id directory.ContactID, version int64, f Fields, ch change) (Entry, error) {
	old, oldGroups, err := s.read(ctx, h, id)
	if err != nil {
		return Entry{}, err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return Entry{}, err
	}
	c, refused := s.filled(ctx, h, old, f, groups)
	switch {
	case refused == nil && old.Version == version+1 && same(c, old) && sameGroups(oldGroups, chosen(f), groups):
		return s.entryOf(ctx, h, old, oldGroups, groups)
	case old.Version != version:
		return Entry{}, errs.ErrChangedMeanwhile
	case refused != nil:
		return Entry{}, refused
	}
	ch.old, ch.to, ch.oldGroups, ch.in = old, c, oldGroups, chosen(f)
	return s.save(ctx, h, by, ch, groups)
}

// change is a contact as it was and as it is to be, with its groups, and what the journal calls that; old is zero for a new
// one.
type change struct {
	old, to       directory.Contact
	oldGroups, in []directory.GroupID
	what          journal.What
	count         int
}

// save writes a contact. After an error it looks whether it was written all the same.
func (s *Service) save(ctx context.Context, h *store.Handle, by string, c change, groups groupsByID) (Entry, error) {
	if _, err := h.BringUp(ctx); err != nil {
		return Entry{}, err
	}
	now := s.Now()
	c.to.Version, c.to.UpdatedAt = c.old.Version+1, now
	e := s.event(now, by, c.what, string(c.to.ID), c.count)
	e.Changes = changes(c, groups)
	err := h.SaveContact(ctx, c.old, c.to, c.oldGroups, c.in, e)
	if err != nil && !s.written(ctx, h, c.to) {
		if errors.Is(err, table.ErrCondition) {
			return Entry{}, errs.ErrChangedMeanwhile
		}
		return Entry{}, err
	}
	saved, err := s.entryOf(ctx, h, c.to, c.in, groups)
	if err != nil { // it is saved: an error now would make the secretary save it twice
		saved.Contact = c.to
	}
	return saved, nil
}

// written tells whether a contact is there as it was to be written.
func (s *Service) written(ctx context.Context, h *store.Handle, c directory.Contact) bool {
	there, err := h.Contact(ctx, c.ID)
	return err == nil && there.Version == c.Version && there.UpdatedAt.Equal(c.UpdatedAt) && same(there, c)
}

// same compares what the secretary types.
func same(a, b directory.Contact) bool {
	addresses := slices.Equal(a.Addresses, b.Addresses)
	for _, c := range []*directory.Contact{&a, &b} {
		c.Version, c.Addresses, c.CreatedAt, c.UpdatedAt = 0, nil, time.Time{}, time.Time{}
	}
	return addresses && reflect.DeepEqual(a, b)
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

// Delete removes contacts and returns how many were there. Errors: errs.ErrChangedMeanwhile.
func (s *Service) Delete(ctx context.Context, h *store.Handle, by string, ids []directory.ContactID) (int, error) {
	groups, err := s.groups(ctx, h)
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, id := range ids {
		switch err := s.deleteOne(ctx, h, by, id, groups); {
		case errors.Is(err, errs.ErrNotFound):
		case err != nil:
			return deleted, err
		default:
			deleted++
		}
	}
	return deleted, nil
}

// deleteOne removes a contact. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile.
func (s *Service) deleteOne(ctx context.Context, h *store.Handle, by string, id directory.ContactID, groups groupsByID) error {
	if _, err := h.BringUp(ctx); err != nil {
		return err
	}
	c, of, err := s.read(ctx, h, id)
	if err != nil {
		return err
	}
	e := s.event(s.Now(), by, journal.ContactDeleted, string(id), 1)
	e.Changes = changes(change{old: c, oldGroups: of}, groups)
	err = h.DeleteContact(ctx, c, of, e)
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	return err
}

// Join puts contacts into a group and returns how many were not there yet. What was done stays done after an error, and
// doing it again goes on with the others. Errors: errs.ErrNotFound, ErrTooManyGroups, errs.ErrChangedMeanwhile.
func (s *Service) Join(ctx context.Context, h *store.Handle, by string, group directory.GroupID, ids []directory.ContactID) (int, error) {
	groups, err := s.groups(ctx, h)
	if err != nil {
		return 0, err
	}
	if _, there := groups[group]; !there {
		return 0, errs.ErrNotFound
	}
	joined := 0
	for _, id := range ids {
		c, of, err := s.read(ctx, h, id)
		if errors.Is(err, errs.ErrNotFound) || slices.Contains(of, group) {
			continue
		}
		if err != nil {
			return joined, err
		}
		in := append(slices.Clone(of), group)
		if len(in) > store.MaxGroupsOf {
			return joined, ErrTooManyGroups.At("groups", c.Display())
		}
		_, err = s.save(ctx, h, by, change{old: c, to: c, oldGroups: of, in: in, what: journal.ContactSaved, count: 1}, groups)
		if err != nil {
			return joined, err
		}
		joined++
	}
	return joined, nil
}

func (s *Service) event(at time.Time, by string, what journal.What, subject string, count int) journal.Event {
	return journal.Event{ID: ident.New("evt_", s.Random), At: at, Who: by, What: what, Subject: subject, Count: count}
}

package contacts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Seen is a contact as the secretary saw it.
type Seen struct {
	ID      directory.ContactID
	Version int64
}

// Merge makes one person of several: keep becomes what the fields say, the others go. Who was a substitute of one of them
// becomes keep's. What was sent keeps its recipients: they are snapshots. Interrupted, it is done again with the same
// arguments. Errors: ErrMergeFew, errs.ErrNotFound, errs.ErrChangedMeanwhile (nothing was written), the refusals of a
// change.
func (s *Service) Merge(ctx context.Context, h *store.Handle, by string, keep Seen, others []Seen, f Fields) (Entry, error) {
	ids := []directory.ContactID{keep.ID}
	for _, o := range others {
		if slices.Contains(ids, o.ID) {
			return Entry{}, ErrMergeFew
		}
		ids = append(ids, o.ID)
	}
	if len(ids) < 2 || len(ids) > MaxMerged {
		return Entry{}, ErrMergeFew
	}
	if slices.Contains(ids, f.SubstituteOf) {
		f.SubstituteOf = "" // nobody is her own
	}
	if err := unchanged(ctx, h, others); err != nil {
		return Entry{}, err
	}
	e, err := s.change(ctx, h, by, keep.ID, keep.Version, f, change{what: journal.ContactsMerged, count: len(ids)})
	if err != nil {
		return Entry{}, err
	}
	for _, o := range others {
		if err := s.substitutesOf(ctx, h, by, o.ID, keep.ID); err != nil {
			return Entry{}, err
		}
	}
	_, err = s.Delete(ctx, h, by, ids[1:])
	return e, err
}

// unchanged checks that contacts are as they were seen. One that is gone is no obstacle: an earlier try removed it.
func unchanged(ctx context.Context, h *store.Handle, seen []Seen) error {
	for _, o := range seen {
		c, err := h.Contact(ctx, o.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if c.Version != o.Version {
			return errs.ErrChangedMeanwhile
		}
	}
	return nil
}

// substitutesOf gives the substitutes of one contact to another.
func (s *Service) substitutesOf(ctx context.Context, h *store.Handle, by string, from, to directory.ContactID) error {
	substitutes, err := h.Substitutes(ctx, from)
	if err != nil {
		return err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return err
	}
	for _, c := range substitutes {
		in, err := h.GroupsOf(ctx, c.ID)
		if err != nil {
			return err
		}
		next := c
		next.SubstituteOf = to
		_, err = s.save(ctx, h, by, change{old: c, to: next, oldGroups: in, in: in, what: journal.ContactSaved, count: 1}, groups)
		if err != nil {
			return err
		}
	}
	return nil
}

// Alike are contacts who may be one person.
type Alike struct {
	Address bool // they have an address in common, and names that may be one; else the same words in their names
	Entries []Entry
}

// AlikePage is a stretch of the directory: those who may be one person in it.
type AlikePage struct {
	Found []Alike
	Next  string // cursor of the next stretch; empty at the end
}

// maxAlike sets are read for one page.
const maxAlike = 20

// Duplicates looks for contacts who may be one person, a stretch of at most Walked contacts at a time; a page may find
// none while Next is not empty.
func (s *Service) Duplicates(ctx context.Context, h *store.Handle, after string) (AlikePage, error) {
	sets, next, err := alike(ctx, h, after, s.bound())
	if err != nil {
		return AlikePage{}, err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return AlikePage{}, err
	}
	page := AlikePage{Next: next}
	for _, set := range sets {
		found, err := s.alikeOf(ctx, h, set, groups)
		if err != nil {
			return page, err
		}
		page.Found = append(page.Found, found...)
	}
	return page, nil
}

// candidates have a key in common.
type candidates struct {
	byAddress bool
	ids       []directory.ContactID
}

// alike gathers what follows each other under one key.
func alike(ctx context.Context, h *store.Handle, after string, bound int) (sets []candidates, next string, err error) {
	var run candidates
	was, last, n := "", "", 0
	flush := func() {
		if len(run.ids) > 1 {
			sets = append(sets, run)
		}
		run = candidates{}
	}
	err = h.Alike(ctx, after, func(what, key string, byAddress bool, id directory.ContactID) bool {
		if what != was {
			flush()
			if n >= bound || len(sets) >= maxAlike {
				next = last
				return false
			}
		}
		was, last, n = what, key, n+1
		run.byAddress = byAddress
		if len(run.ids) < MaxMerged {
			run.ids = append(run.ids, id)
		}
		return true
	})
	flush()
	return sets, next, err
}

// alikeOf reads a set, whoever was there first before the others. Behind one address there may be several persons, each perhaps several times: those whose names may
// be one are alike. Who has the very same name was found by it.
func (s *Service) alikeOf(ctx context.Context, h *store.Handle, set candidates, groups groupsByID) ([]Alike, error) {
	var found []Alike
	for _, id := range set.ids {
		c, of, err := s.read(ctx, h, id)
		if errors.Is(err, errs.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return nil, err
		}
		e, err := s.entryOf(ctx, h, c, of, groups)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(found, func(a Alike) bool { return !set.byAddress || directory.SamePerson(a.Entries[0].Name, c.Name) })
		if i < 0 {
			i, found = len(found), append(found, Alike{Address: set.byAddress})
		}
		found[i].Entries = append(found[i].Entries, e)
	}
	for _, a := range found {
		slices.SortFunc(a.Entries, func(a, b Entry) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.ID), string(b.ID)))
		})
	}
	return slices.DeleteFunc(found, func(a Alike) bool { return len(a.Entries) < 2 || a.Address && allNamed(a.Entries) }), nil
}

// allNamed tells whether all have the same words in their names.
func allNamed(entries []Entry) bool {
	like := entries[0].Likeness()
	return like != "" && !slices.ContainsFunc(entries, func(e Entry) bool { return e.Likeness() != like })
}

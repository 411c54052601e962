package csvimport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Apply does the import: groups that are missing are created, contacts are added or completed, no membership is ever
// taken away. Killed anywhere, it is applied again; applied twice, it changes nothing and gives the same result. Of one
// that was killed, contacts that it had completed before may count as unchanged.
// Errors: ErrUndecided, ErrTooManyGroups, those of Preview.
func (s *Service) Apply(ctx context.Context, h *store.Handle, by, id string, decisions map[int]Decision) (store.Import, error) {
	done, err := s.imported(ctx, h, id)
	if err != nil || !done.AppliedAt.IsZero() {
		return done, err
	}
	p, err := s.preview(ctx, h, id, decisions)
	if err != nil {
		return done, err
	}
	if err := undecided(p, decisions); err != nil {
		return done, err
	}
	r := p.run
	becomes, tooMany, err := r.assign(ctx, p.Planned, decisions)
	if err != nil {
		return done, err
	}
	for _, c := range p.Planned {
		if tooMany[c.Line] {
			return done, ErrTooManyGroups.At("file", cmp.Or(c.Name, string(c.Address)))
		}
	}
	if err := r.createGroups(ctx, by, p.Groups); err != nil {
		return done, err
	}
	for _, c := range p.Planned {
		changed, err := r.one(ctx, c.Contact, becomes[c.Line])
		if err != nil {
			return done, fmt.Errorf("line %d of %s: %w", c.Line, id, err)
		}
		done.Imported++
		if !changed {
			done.Unchanged++
		}
	}
	for g, group := range r.groups {
		if group == groupID(id, g) {
			done.Groups++
		}
	}
	return s.finish(ctx, h, by, done)
}

func (s *Service) finish(ctx context.Context, h *store.Handle, by string, done store.Import) (store.Import, error) {
	done.AppliedAt = s.Now()
	err := h.FinishImport(ctx, done, journal.Event{
		ID: ident.New("evt_", s.Random), At: done.AppliedAt, Who: by, What: journal.ContactsImported, Subject: done.ID,
		Count: done.Imported,
	})
	if errors.Is(err, table.ErrCondition) {
		return h.Import(ctx, done.ID)
	}
	return done, err
}

func undecided(p Preview, decisions map[int]Decision) error {
	for _, c := range p.Planned {
		if d := decisions[c.Line]; c.State == Ask && d != SamePerson && d != OtherPerson {
			return ErrUndecided.At("decisions", c.Name)
		}
	}
	return nil
}

// assign says which contact each line becomes, and which lines would put one into too many groups. Lines that are not
// decided are left out.
func (r run) assign(ctx context.Context, planned []Planned, decisions map[int]Decision) (becomes map[int]directory.ContactID, tooMany map[int]bool, err error) {
	becomes, tooMany = make(map[int]directory.ContactID, len(planned)), map[int]bool{}
	lines := map[directory.ContactID]int{}
	for _, c := range planned {
		if c.State != Ask || decisions[c.Line] != "" {
			becomes[c.Line] = c.becomes(r.id, decisions[c.Line], becomes)
			lines[becomes[c.Line]]++
		}
	}
	in := map[directory.ContactID][]directory.GroupID{} // of those whom several lines become
	for _, c := range planned {
		is, decided := becomes[c.Line]
		if !decided {
			continue
		}
		of, seen := in[is]
		if !seen && is == c.other {
			if of, err = r.h.GroupsOf(ctx, is); err != nil {
				return nil, nil, err
			}
		}
		of = union(of, c.oldGroups, r.joins(c))
		switch {
		case len(of) > store.MaxGroupsOf:
			tooMany[c.Line] = true
		case lines[is] > 1:
			in[is] = of
		}
	}
	return becomes, tooMany, nil
}

// union is all groups, each once.
func union(lists ...[]directory.GroupID) []directory.GroupID {
	var all []directory.GroupID
	for _, g := range slices.Concat(lists...) {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// becomes is the contact that a line becomes; earlier lines are known already.
func (c Planned) becomes(id string, d Decision, earlier map[int]directory.ContactID) directory.ContactID {
	switch {
	case c.old.ID != "":
		return c.old.ID
	case c.State == Ask && d == SamePerson && c.other != "":
		return c.other
	case c.State == Ask && d == SamePerson && earlier[c.OtherLine] != "":
		return earlier[c.OtherLine]
	default:
		return contactID(id, c.Line)
	}
}

// joins are the groups that the file names for a contact.
func (r run) joins(c Planned) []directory.GroupID {
	groups := make([]directory.GroupID, len(c.Groups))
	for i, g := range c.Groups {
		groups[i] = cmp.Or(r.groups[g], groupID(r.id, g))
	}
	return groups
}

// createGroups makes the groups that are missing.
func (r run) createGroups(ctx context.Context, by string, missing []string) error {
	for _, name := range missing {
		now := r.Now()
		g := directory.Group{ID: groupID(r.id, name), Name: name, CreatedAt: now}
		err := r.h.CreateGroup(ctx, g, journal.Event{
			ID: ident.New("evt_", r.Random), At: now, Who: by, What: journal.GroupSaved, Subject: string(g.ID), Count: 1,
		})
		if errors.Is(err, table.ErrCondition) { // somebody was faster
			g, err = r.h.GroupNamed(ctx, name)
		}
		if err != nil {
			return err
		}
		r.groups[name] = g.ID
	}
	return nil
}

// tries of one contact that changes while it is imported.
const tries = 3

// one adds or completes one contact, and tells whether the import changed anything of it.
func (r run) one(ctx context.Context, c contactfile.Contact, becomes directory.ContactID) (bool, error) {
	var err error
	for range tries {
		var p Planned
		if p, err = r.decided(ctx, c, becomes); err != nil {
			return false, err
		}
		if p.State == Unchanged {
			return p.old.ID == contactID(r.id, c.Line), nil // added before the import was interrupted
		}
		if err = r.save(ctx, p); !errors.Is(err, table.ErrCondition) {
			return err == nil, err
		}
	}
	return false, err
}

// decided plans one contact with the secretary's answer, as the directory is now. Behind an address that many share it
// looks at the contact only that the line is known to become.
func (r run) decided(ctx context.Context, c contactfile.Contact, becomes directory.ContactID) (Planned, error) {
	if !r.crowded[c.Address] {
		there, err := r.mailbox(ctx, c.Address)
		if err != nil {
			return Planned{}, err
		}
		p, err := r.plan(ctx, c, there)
		if err != nil || p.State != Ask {
			return p, err
		}
	}
	p := Planned{Contact: c, State: New}
	old, err := r.h.Contact(ctx, becomes)
	if errors.Is(err, table.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return r.against(ctx, p, old)
}

func (r run) save(ctx context.Context, p Planned) error {
	now := r.Now()
	c := p.old
	if p.old.Version == 0 {
		c = directory.Contact{ID: contactID(r.id, p.Line), CreatedAt: now}
	}
	c.Addresses = addresses(c.Addresses, p.Contact)
	c.Name, c.Version, c.UpdatedAt = name(c.Name, p.Name), p.old.Version+1, now
	of := union(p.oldGroups, r.joins(p))
	if len(of) > store.MaxGroupsOf { // joined others since the import was looked at
		return ErrTooManyGroups.At("file", cmp.Or(c.Name, string(p.Address)))
	}
	return r.h.SaveContact(ctx, p.old, c, p.oldGroups, of)
}

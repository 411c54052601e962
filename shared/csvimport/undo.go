package csvimport

import (
	"context"
	"errors"
	"slices"
	"time"

	"convoc/shared/directory"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// maxKept identifiers of contacts that were changed since are listed.
const maxKept = 1_000

// Undo goes on with undoing an import, for about as long as it may: contacts that it made are removed, those that it
// changed become again what they were, groups that it made are removed when nobody is in them. A contact that was changed
// since is left and listed. It is done when UndoneAt is set; undone again, nothing changes.
// Errors: errs.ErrNotFound, ErrNotBegun, ErrUndoLate, table.ErrCondition when contacts never stand still.
func (s *Service) Undo(ctx context.Context, h *store.Handle, by, id string, may time.Duration) (store.Import, error) {
	i, err := s.Import(ctx, h, id)
	switch {
	case err != nil:
		return i, err
	case i.BegunAt.IsZero():
		return i, ErrNotBegun
	case !i.UndoneAt.IsZero():
		return i, nil
	case i.UndoAt.IsZero() && !i.AppliedAt.IsZero() && s.Now().Sub(i.AppliedAt) > UndoFor:
		return i, ErrUndoLate
	}
	u := undoer{Service: s, h: h, i: i, until: s.Now().Add(may)}
	if i.UndoAt.IsZero() {
		to := i
		to.UndoAt = s.Now()
		if err := u.step(ctx, to); err != nil {
			return u.i, err
		}
	}
	for u.i.UndoneAt.IsZero() && !u.stop {
		if err := u.batch(ctx, by); err != nil {
			return u.i, err
		}
		u.stop = s.Now().After(u.until)
	}
	return u.i, nil
}

// undoer goes back through the parts of an import.
type undoer struct {
	*Service
	h     *store.Handle
	i     store.Import
	until time.Time
	stop  bool

	groups map[directory.GroupID]bool // that there are
}

func (u *undoer) step(ctx context.Context, to store.Import, events ...journal.Event) error {
	if err := u.h.StepImport(ctx, u.i, to, events...); err != nil {
		return err
	}
	u.i = to
	return nil
}

// batch undoes the newest batch that is left, i.Batch, which may have been under way. The one before it is next.
func (u *undoer) batch(ctx context.Context, by string) error {
	var records []record
	if _, err := u.readParts(ctx, u.h, u.i.ID, u.i.Batch, func(r record) { records = append(records, r) }); err != nil {
		return err
	}
	slices.Reverse(records)
	if err := u.readGroups(ctx); err != nil {
		return err
	}
	to := u.i
	if err := u.persons(ctx, records, &to); err != nil {
		return err
	}
	if err := u.removeGroups(ctx, records); err != nil {
		return err
	}
	if to.Batch > 0 {
		to.Batch--
		return u.step(ctx, to)
	}
	to.UndoneAt = u.Now()
	return u.step(ctx, to, journal.Event{
		ID: ident.New("evt_", u.Random), At: to.UndoneAt, Who: by, What: journal.ImportUndone, Subject: to.ID, Count: to.Restored,
	})
}

func (u *undoer) readGroups(ctx context.Context) error {
	groups, err := u.h.Groups(ctx)
	u.groups = map[directory.GroupID]bool{}
	for _, g := range groups {
		u.groups[g.ID] = true
	}
	return err
}

// persons brings back those of the records, the newest of which come first. A contact that changes meanwhile is looked at
// again.
func (u *undoer) persons(ctx context.Context, records []record, to *store.Import) error {
	for try := 1; ; try++ {
		changes, kept, restored, err := u.plan(ctx, records)
		if err != nil {
			return err
		}
		err = u.h.SaveContacts(ctx, changes)
		if errors.Is(err, table.ErrCondition) && try < tries {
			continue
		}
		to.Restored += restored
		for _, id := range kept {
			if len(to.Kept) < maxKept && !slices.Contains(to.Kept, id) {
				to.Kept = append(to.Kept, id)
			}
		}
		return err
	}
}

// plan compares each contact with what the import made of it. Several records of one contact are undone one after the
// other. Those that are restored already count too.
func (u *undoer) plan(ctx context.Context, records []record) (changes []store.ContactChange, kept []string, restored int, err error) {
	now, err := u.read(ctx, records)
	if err != nil {
		return nil, nil, 0, err
	}
	was := map[directory.ContactID]person{}
	for id, p := range now {
		was[id] = *p
	}
	left, touched := map[directory.ContactID]bool{}, []directory.ContactID{}
	for _, r := range records {
		id := directory.ContactID(r.Contact)
		if id == "" {
			continue
		}
		if !slices.Contains(touched, id) {
			touched = append(touched, id)
		}
		before, after := r.persons()
		current := now[id]
		switch {
		case current == nil && r.Before == nil, current != nil && r.Before != nil && u.alike(*current, before):
		case current != nil && u.alike(*current, after) && r.Before == nil:
			delete(now, id)
		case current != nil && u.alike(*current, after):
			before.Version, before.UpdatedAt, before.CreatedAt = current.Version, current.UpdatedAt, current.CreatedAt
			before.groups = u.there(before.groups)
			now[id] = &before
		default:
			left[id] = true
		}
	}
	for _, id := range touched {
		old, existed := was[id]
		switch current := now[id]; {
		case left[id]:
			kept = append(kept, string(id))
			continue
		case current == nil && existed:
			changes = append(changes, store.ContactChange{Old: old.Contact, OldGroups: old.groups})
		case current != nil && !same(old, *current):
			current.Version, current.UpdatedAt = old.Version+1, u.Now()
			changes = append(changes, store.ContactChange{Old: old.Contact, New: current.Contact, OldGroups: old.groups, Groups: current.groups})
		}
		restored++
	}
	return changes, kept, restored, nil
}

// read reads the contacts of the records as they are.
func (u *undoer) read(ctx context.Context, records []record) (map[directory.ContactID]*person, error) {
	k := &known{persons: map[directory.ContactID]*person{}}
	for _, r := range records {
		if r.Contact != "" {
			k.persons[directory.ContactID(r.Contact)] = nil
		}
	}
	total, err := u.h.ContactCount(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.read(ctx, u.h, total); err != nil {
		return nil, err
	}
	for id, p := range k.persons {
		if p == nil {
			delete(k.persons, id)
		}
	}
	return k.persons, nil
}

// alike tells whether a contact is as a record says, but for groups that are gone.
func (u *undoer) alike(now, recorded person) bool {
	now.groups, recorded.groups = u.there(now.groups), u.there(recorded.groups)
	return same(now, recorded)
}

func (u *undoer) there(groups []directory.GroupID) []directory.GroupID {
	return slices.DeleteFunc(slices.Clone(groups), func(g directory.GroupID) bool { return !u.groups[g] })
}

// removeGroups removes those that the import made and that are empty again. A group that was renamed is somebody's.
func (u *undoer) removeGroups(ctx context.Context, records []record) error {
	for _, r := range records {
		if r.Group == nil || !u.groups[directory.GroupID(r.Group.ID)] {
			continue
		}
		members, err := u.h.Members(ctx, directory.GroupID(r.Group.ID))
		if err != nil {
			return err
		}
		if len(members) > 0 {
			continue
		}
		if err := u.h.RemoveGroup(ctx, r.Group.group()); err != nil && !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
	return nil
}

// Kept reads the contacts that undoing left as they are. Of one that was deleted only the identifier is known.
func (s *Service) Kept(ctx context.Context, h *store.Handle, i store.Import) ([]directory.Contact, error) {
	var all []directory.Contact
	for _, id := range i.Kept {
		c, err := h.Contact(ctx, directory.ContactID(id))
		if errors.Is(err, table.ErrNotFound) {
			c, err = directory.Contact{ID: directory.ContactID(id)}, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

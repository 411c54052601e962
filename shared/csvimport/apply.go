package csvimport

import (
	"cmp"
	"context"
	"errors"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// A batch ends after so many changes, or so many rows.
const (
	maxBatch     = 500
	maxBatchRows = 20_000
)

// tries of a batch whose contacts change while it is applied.
const tries = 4

// Apply goes on with an import, for about as long as it may once the file is read: groups that are missing are created,
// contacts added or completed. It is done when AppliedAt is set; applied again, nothing changes.
// Errors: ErrUndecided (nothing was written), ErrUndone, table.ErrCondition when contacts never stand still, those of
// Preview.
func (s *Service) Apply(ctx context.Context, h *store.Handle, by, id string, may time.Duration) (store.Import, error) {
	i, err := s.Import(ctx, h, id)
	switch {
	case err != nil:
		return i, err
	case !i.UndoAt.IsZero():
		return i, ErrUndone
	case !i.AppliedAt.IsZero():
		return i, nil
	}
	p, err := s.begin(ctx, h, i)
	if err != nil {
		return i, err
	}
	a := applier{pass: p, by: by, until: s.Now().Add(may), size: cmp.Or(s.batch, maxBatch)}
	if i.BegunAt.IsZero() {
		if err := a.decided(ctx); err != nil {
			return a.i, err
		}
	}
	err = a.run(ctx)
	return a.i, err
}

// decided begins an import all of whose questions are answered. Errors: ErrUndecided.
func (a *applier) decided(ctx context.Context) error {
	err := a.each(ctx, 0, func(c Planned) error {
		if c.State == Ask {
			return ErrUndecided.At("decisions", c.Name)
		}
		return nil
	}, func(contactfile.LineError) error { return nil })
	if err != nil {
		return err
	}
	if _, err := a.h.BringUp(ctx); err != nil {
		return err
	}
	begun := a.i
	begun.BegunAt, begun.Lines = a.Now(), a.rows
	if err := a.step(ctx, begun); err != nil && !errors.Is(err, table.ErrCondition) {
		return err
	}
	return a.again(ctx)
}

// step notes how far the import has come. Errors: table.ErrCondition when somebody else took it there.
func (p *pass) step(ctx context.Context, to store.Import, events ...journal.Event) error {
	if err := p.h.StepImport(ctx, p.i, to, events...); err != nil {
		return err
	}
	p.i = to
	return nil
}

// applier applies batches.
type applier struct {
	*pass
	by    string
	until time.Time
	size  int

	batch batch
}

// batch is what is to be written together.
type batch struct {
	groups  map[string]directory.Group // by folded name
	order   []directory.ContactID
	changes map[directory.ContactID]*contactChange
	rows    int
	last    int // line
	counts  store.Import
	states  map[int]State   // what rows did at an earlier try
	made    map[string]bool // groups of earlier tries, by identifier
	tries   int
}

type contactChange struct {
	before, after person
	lines         map[int]State
}

var errStop = errors.New("csvimport: out of time")

// run applies batch after batch. One that met somebody else's change is planned again.
func (a *applier) run(ctx context.Context) error {
	for try := 1; a.i.AppliedAt.IsZero(); try++ {
		batch := a.i.Batch
		err := a.pages(ctx)
		switch {
		case errors.Is(err, errStop):
			return nil
		case errors.Is(err, table.ErrCondition) && (try < tries || a.i.Batch > batch):
			if a.i.Batch > batch {
				try = 1
			}
			if err := a.again(ctx); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
	return nil
}

// again looks where the import stands, and at the directory.
func (a *applier) again(ctx context.Context) (err error) {
	if a.i, err = a.Import(ctx, a.h, a.i.ID); err != nil {
		return err
	}
	if !a.i.UndoAt.IsZero() {
		return ErrUndone
	}
	return a.refresh(ctx)
}

// pages goes through the rows that are left. Errors: errStop, table.ErrCondition.
func (a *applier) pages(ctx context.Context) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	err := a.each(ctx, a.i.Line,
		func(p Planned) error { return a.row(ctx, p) },
		func(e contactfile.LineError) error {
			a.batch.counts.Errors++
			return a.after(ctx, e.Line)
		})
	if err != nil {
		return err
	}
	a.batch.last = max(a.rows, a.i.Line)
	return a.flush(ctx, true)
}

// open begins a batch with what was done of it already.
func (a *applier) open(ctx context.Context) (err error) {
	a.batch = batch{
		groups: map[string]directory.Group{}, changes: map[directory.ContactID]*contactChange{}, states: map[int]State{}, made: map[string]bool{},
	}
	a.batch.tries, err = a.readParts(ctx, a.h, a.i.ID, a.i.Batch, func(r record) {
		for line, state := range r.Lines {
			a.batch.states[line] = state
		}
		if r.Group != nil {
			a.batch.made[r.Group.ID] = true
		}
	})
	return err
}

// row adds one to the batch.
func (a *applier) row(ctx context.Context, p Planned) error {
	state := p.State
	if done, recorded := a.batch.states[p.Line]; recorded && state == Unchanged {
		state = done
	}
	switch state {
	case New:
		a.batch.counts.New++
	case Changed:
		a.batch.counts.Changed++
	default:
		a.batch.counts.Unchanged++
	}
	if p.State != Unchanged {
		a.change(p)
	}
	return a.after(ctx, p.Line)
}

// change notes what becomes of a contact, and which groups that needs.
func (a *applier) change(p Planned) {
	for _, name := range p.Groups {
		folded := directory.Fold(name)
		if a.groups[folded] == "" && !a.refused[folded] {
			a.batch.groups[folded] = directory.Group{ID: groupID(a.i.ID, name), Name: name}
		}
	}
	c := a.batch.changes[p.id]
	if c == nil {
		c = &contactChange{before: p.before, lines: map[int]State{}}
		a.batch.changes[p.id], a.batch.order = c, append(a.batch.order, p.id)
	}
	c.after, c.lines[p.Line] = p.after, p.State
}

// after ends a row, and the batch when it is full.
func (a *applier) after(ctx context.Context, line int) error {
	a.batch.rows++
	a.batch.last = line
	if len(a.batch.order) < a.size && a.batch.rows < maxBatchRows {
		return nil
	}
	if err := a.flush(ctx, false); err != nil {
		return err
	}
	if a.Now().After(a.until) {
		return errStop
	}
	return a.open(ctx)
}

// flush writes the batch: what was and will be, then groups, then contacts, then how far the import is.
func (a *applier) flush(ctx context.Context, end bool) error {
	changes, records := a.write()
	if len(records) > 0 {
		err := a.writePart(ctx, a.h, a.i.ID, a.i.Batch, a.batch.tries, records)
		if errors.Is(err, files.ErrExists) { // somebody else applies it too
			return table.ErrCondition
		}
		if err != nil {
			return err
		}
	}
	groups := sorted(a.batch.groups)
	for i := range groups {
		groups[i].CreatedAt = a.Now()
	}
	if err := a.h.CreateGroups(ctx, groups); err != nil {
		return err
	}
	for folded, g := range a.batch.groups {
		a.groups[folded], a.names[g.ID] = g.ID, g.Name
		a.batch.made[string(g.ID)] = true
	}
	if err := a.h.SaveContacts(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		if k := a.known.persons[c.New.ID]; k != nil {
			*k = person{c.New, c.Groups}
		}
	}
	return a.advance(ctx, end)
}

// write gives what is to be written of contacts, and told of it. A contact that ends as it was is left.
func (a *applier) write() (changes []store.ContactChange, records []record) {
	for _, g := range sorted(a.batch.groups) {
		records = append(records, record{Group: &recordedGroup{string(g.ID), g.Name}})
	}
	for _, id := range a.batch.order {
		c := a.batch.changes[id]
		if c.before.Version > 0 && same(c.before, c.after) {
			continue
		}
		now := a.Now()
		c.after.Version, c.after.UpdatedAt = c.before.Version+1, now
		r := record{Contact: string(id), Lines: c.lines}
		if c.before.Version == 0 {
			c.after.CreatedAt = now
		} else {
			r.Before = written(c.before)
		}
		r.After = written(c.after)
		records = append(records, r)
		changes = append(changes, store.ContactChange{
			Old: c.before.Contact, New: c.after.Contact, OldGroups: c.before.groups, Groups: c.after.groups,
		})
	}
	return changes, records
}

// advance notes that the batch is done, and at the end that the import is.
func (a *applier) advance(ctx context.Context, end bool) error {
	to, n := a.i, a.batch.counts
	to.Batch, to.Line = to.Batch+1, a.batch.last
	to.New, to.Changed, to.Unchanged, to.Errors = to.New+n.New, to.Changed+n.Changed, to.Unchanged+n.Unchanged, to.Errors+n.Errors
	for id := range a.batch.made {
		if _, there := a.names[directory.GroupID(id)]; there {
			to.Groups++
		}
	}
	if !end {
		return a.step(ctx, to)
	}
	to.AppliedAt = a.Now()
	return a.step(ctx, to, journal.Event{
		ID: ident.New("evt_", a.Random), At: to.AppliedAt, Who: a.by, What: journal.ContactsImported, Subject: to.ID, Count: to.Imported(),
	})
}

// Package follow shows what became of convocations: the list, newest change first, and one convocation with all its
// recipients. Totals are recounted from the recipients at each reading, never incremented.
package follow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
)

// PageSize of the list.
const PageSize = 20

// Service reads. All fields are needed.
type Service struct {
	Tables store.Tables
	Files  files.Shelves
	Now    func() time.Time
}

// Filter narrows the list.
type Filter struct {
	Title string            // part of the subject, without regard to case and accents; empty: all
	State convocation.State // empty: all
	After string            // cursor: the Next of the page before; empty: the first page
}

// Line is one convocation in the list.
type Line struct {
	convocation.Convocation
	Counts    convocation.Counts
	State     convocation.State
	ChangedAt time.Time
	CountedAt time.Time // when the totals were counted: of a large one, not at each look
}

// List is one page of the list.
type List struct {
	Lines []Line
	Total int    // of all pages
	First int    // place of the first line, from 1; 0 when there is none
	Next  string // cursor of the next page: where the last line stood; empty at the end
}

// List reads one page. The titles are filtered before anything is counted; a filter by state counts them all.
func (s *Service) List(ctx context.Context, h *store.Handle, f Filter) (List, error) {
	var listed []store.Listed
	title := directory.Fold(f.Title)
	err := h.List(ctx, "", func(l store.Listed) bool {
		if strings.Contains(directory.Fold(l.Subject), title) {
			listed = append(listed, l)
		}
		return true
	})
	if err != nil {
		return List{}, err
	}
	if f.State != "" {
		if listed, err = s.inState(ctx, h, listed, f.State); err != nil {
			return List{}, err
		}
	}
	start := 0
	for f.After != "" && start < len(listed) && listed[start].Cursor >= f.After { // the newest first
		start++
	}
	shown := listed[start:]
	page := List{Total: len(listed)}
	if len(shown) > PageSize {
		shown, page.Next = shown[:PageSize], shown[PageSize-1].Cursor
	}
	for _, l := range shown {
		line, err := s.line(ctx, h, l.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return List{}, err
		}
		page.Lines = append(page.Lines, line)
	}
	if len(page.Lines) > 0 {
		page.First = start + 1
	}
	return page, nil
}

func (s *Service) inState(ctx context.Context, h *store.Handle, listed []store.Listed, state convocation.State) ([]store.Listed, error) {
	var kept []store.Listed
	for _, l := range listed {
		line, err := s.line(ctx, h, l.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if line.State == state {
			kept = append(kept, l)
		}
	}
	return kept, nil
}

func (s *Service) line(ctx context.Context, h *store.Handle, id convocation.ID) (Line, error) {
	c, err := h.Convocation(ctx, id)
	if err != nil {
		return Line{}, err
	}
	now := s.Now()
	t, err := s.totals(ctx, h, c, now)
	return Line{Convocation: c, Counts: t.Counts, State: convocation.StateOf(c, t.Counts, now), ChangedAt: newest(c, t.Counts), CountedAt: t.At}, err
}

// totals counts the recipients of a convocation; of a large one it takes what was counted last.
func (s *Service) totals(ctx context.Context, h *store.Handle, c convocation.Convocation, now time.Time) (store.Totals, error) {
	if c.Large() {
		if known, err := h.Totals(ctx, c.ID); err != nil || !known.At.IsZero() {
			return known, err
		}
	}
	return recount(ctx, h, c, now)
}

func recount(ctx context.Context, h *store.Handle, c convocation.Convocation, now time.Time) (store.Totals, error) {
	t := store.Totals{At: now}
	err := h.Recipients(ctx, c.ID, c.Shards, func(r convocation.Recipient) bool {
		t.Counts.Count(r, now)
		return true
	})
	return t, err
}

// newest is « dernier changement »: the newest of what the secretary did and what the recipients did.
func newest(c convocation.Convocation, n convocation.Counts) time.Time {
	at := c.ChangedAt
	for _, other := range []time.Time{c.SendAskedAt, c.ClosedAt, n.ChangedAt} {
		if other.After(at) {
			at = other
		}
	}
	return at
}

// Detail is one convocation with its recipients.
type Detail struct {
	Line
	Documents  []convocation.Document
	Recipients []convocation.Recipient // À, then copie, then copie cachée; each by name, by address without one
	Register   convocation.Register    // zero without a meeting
	Facts      *Facts                  // nil without a meeting
	Why        mail.Reason             // why no mail leaves at the moment, of nobody's; empty while mails do
	WhySince   time.Time
	Next       string    // where the next part of a large one goes on; empty at the end
	At         time.Time // when it was read: states are derived at this time
}

// Detail reads one convocation whole. Errors: errs.ErrNotFound.
func (s *Service) Detail(ctx context.Context, h *store.Handle, id convocation.ID) (Detail, error) {
	d, err := s.begin(ctx, h, id)
	if err != nil {
		return d, err
	}
	err = h.Recipients(ctx, id, d.Shards, func(r convocation.Recipient) bool {
		d.Counts.Count(r, d.At)
		d.Recipients = append(d.Recipients, r)
		return true
	})
	if err != nil {
		return d, err
	}
	slices.SortFunc(d.Recipients, byTypeAndName)
	return d, s.complete(ctx, h, &d, d.Recipients)
}

// PartSize is how many recipients of a large convocation are shown at a time.
const PartSize = 500

// Part reads one convocation as it is shown: all of its recipients, or so many of a large one, in no order that means
// anything, after the Next of the part before; its totals are those that were counted last. Errors: errs.ErrNotFound.
func (s *Service) Part(ctx context.Context, h *store.Handle, id convocation.ID, after string) (Detail, error) {
	d, err := s.begin(ctx, h, id)
	if err != nil {
		return d, err
	}
	if !d.Large() {
		return s.Detail(ctx, h, id)
	}
	t, err := s.totals(ctx, h, d.Convocation, d.At)
	if err != nil {
		return d, err
	}
	d.Counts, d.CountedAt = t.Counts, t.At
	if d.Recipients, d.Next, err = h.RecipientsPart(ctx, id, d.Shards, after, PartSize); err != nil {
		return d, err
	}
	var councillors []convocation.Recipient
	if d.Meeting != nil { // they are somewhere among the others
		sits := map[convocation.PersonID]bool{}
		for _, c := range d.Frozen.Councillors {
			sits[c.ID] = true
		}
		err = h.Recipients(ctx, id, d.Shards, func(r convocation.Recipient) bool {
			if sits[r.Person] {
				councillors = append(councillors, r)
			}
			return true
		})
		if err != nil {
			return d, err
		}
	}
	return d, s.complete(ctx, h, &d, councillors)
}

// begin reads the head of a convocation.
func (s *Service) begin(ctx context.Context, h *store.Handle, id convocation.ID) (Detail, error) {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Detail{}, errs.ErrNotFound
	}
	d := Detail{At: s.Now()}
	d.Convocation, d.CountedAt = c, d.At
	return d, err
}

// complete adds what follows from the totals, and what stands beside the recipients; those given are all who count at the
// meeting.
func (s *Service) complete(ctx context.Context, h *store.Handle, d *Detail, councillors []convocation.Recipient) error {
	d.State, d.ChangedAt = convocation.StateOf(d.Convocation, d.Counts, d.At), newest(d.Convocation, d.Counts)
	if d.Counts.Waiting > 0 || d.Frozen.At.IsZero() {
		p, err := s.Tables.AgendaHandle().Pump(ctx)
		if err != nil {
			return err
		}
		d.Why, d.WhySince = p.Why, p.StoppedAt
	}
	var err error
	if d.Documents = d.Frozen.Documents; d.Frozen.At.IsZero() {
		d.Documents, err = h.Documents(ctx, d.ID)
		return err
	}
	if d.Meeting == nil {
		return nil
	}
	if d.Register, err = h.Register(ctx, d.ID); err != nil {
		return err
	}
	d.Facts = factsOf(*d, councillors)
	return nil
}

func byTypeAndName(a, b convocation.Recipient) int {
	if a.Type != b.Type {
		return slices.Index(convocation.Types(), a.Type) - slices.Index(convocation.Types(), b.Type)
	}
	if n := strings.Compare(directory.Fold(cmp.Or(a.Name, string(a.Address))), directory.Fold(cmp.Or(b.Name, string(b.Address)))); n != 0 {
		return n
	}
	return strings.Compare(string(a.Address), string(b.Address))
}

// recountEvery is how often a large convocation is counted again while people act.
const recountEvery = time.Minute

// Due answers an agenda entry after somebody acted: the convocation takes its place in the list, and a large one is counted
// again, once a minute at most.
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
	if next, err := s.recountLarge(ctx, h, e.Convocation); err != nil || !next.IsZero() {
		return next, err
	}
	line, err := s.line(ctx, h, e.Convocation)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	err = h.Relist(ctx, line.Convocation, line.ChangedAt)
	if errors.Is(err, table.ErrCondition) {
		return s.Now().Add(time.Second), nil
	}
	return time.Time{}, err
}

// recountLarge counts the recipients of a large convocation again; or says when to, while it was done a moment ago.
func (s *Service) recountLarge(ctx context.Context, h *store.Handle, id convocation.ID) (time.Time, error) {
	c, err := h.Convocation(ctx, id)
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && !c.Large():
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	}
	known, err := h.Totals(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	now := s.Now()
	if wait := known.At.Add(recountEvery).Sub(now); wait > 0 && wait <= recountEvery {
		return now.Add(wait), nil
	}
	t, err := recount(ctx, h, c, now)
	if err != nil {
		return time.Time{}, err
	}
	return time.Time{}, h.PutTotals(ctx, id, t)
}

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
}

// List is one page of the list.
type List struct {
	Lines []Line
	Total int    // of all pages
	First int    // place of the first line, from 1; 0 when there is none
	Next  string // cursor of the next page: where the last line stood; empty at the end
}

// List reads one page. The titles are filtered before anything is counted; a filter by state counts them all.
//
// TODO(#5): above 1,000 recipients the sweeper's totals are to be read instead of the recipients.
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
	var n convocation.Counts
	now := s.Now()
	err = h.Recipients(ctx, id, c.Shards, func(r convocation.Recipient) bool {
		n.Count(r, now)
		return true
	})
	return Line{Convocation: c, Counts: n, State: convocation.StateOf(c, n, now), ChangedAt: newest(c, n)}, err
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
	At         time.Time // when it was read: states are derived at this time
}

// Detail reads one convocation whole. Errors: errs.ErrNotFound.
func (s *Service) Detail(ctx context.Context, h *store.Handle, id convocation.ID) (Detail, error) {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Detail{}, errs.ErrNotFound
	}
	if err != nil {
		return Detail{}, err
	}
	d := Detail{At: s.Now()}
	d.Convocation = c
	err = h.Recipients(ctx, id, c.Shards, func(r convocation.Recipient) bool {
		d.Counts.Count(r, d.At)
		d.Recipients = append(d.Recipients, r)
		return true
	})
	if err != nil {
		return d, err
	}
	d.State, d.ChangedAt = convocation.StateOf(c, d.Counts, d.At), newest(c, d.Counts)
	slices.SortFunc(d.Recipients, byTypeAndName)
	if d.Counts.Waiting > 0 || c.Frozen.At.IsZero() {
		p, err := s.Tables.AgendaHandle().Pump(ctx)
		if err != nil {
			return d, err
		}
		d.Why, d.WhySince = p.Why, p.StoppedAt
	}
	if d.Documents = c.Frozen.Documents; c.Frozen.At.IsZero() {
		d.Documents, err = h.Documents(ctx, id)
		return d, err
	}
	if c.Meeting != nil {
		if d.Register, err = h.Register(ctx, id); err != nil {
			return d, err
		}
		d.Facts = factsOf(d)
	}
	return d, nil
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

// Due answers an agenda entry after somebody acted: the convocation takes its place in the list.
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
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

package contacts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Walked is how many rows of an index are read for one page, at most: a directory of any size answers as quickly as one of
// that many contacts. What is beyond is found on the pages that follow, and counts are « at least ».
const Walked = 5000

// State narrows a list to some contacts.
type State string

// The states.
const (
	AnyState State = ""
	Active   State = "active"
	Inactive State = State(store.Inactive)
	NoMail   State = State(store.NoMail)
	Paper    State = State(store.Paper)
)

// Valid tells whether there is such a state.
func (s State) Valid() bool {
	return slices.Contains([]State{AnyState, Active, Inactive, NoMail, Paper}, s)
}

// Filter narrows the list of contacts.
type Filter struct {
	Words  string            // beginnings of words of the names or the addresses; empty: all
	Group  directory.GroupID // empty: all
	State  State             // AnyState: all
	ByRank bool              // sorted by the order of the council, those without a rank last; else by name
	After  string            // cursor: the Next of the page before; empty: the first page
	Limit  int               // 1 to MaxPage
}

// Page is a part of the list. It may hold fewer than the limit, even none, while Next is not empty.
type Page struct {
	Entries []Entry
	Total   int    // of all pages
	AtLeast bool   // there may be more than Total
	Next    string // cursor of the next page: the place of the last contact in the list; empty at the end
}

// List reads a page of contacts. What few contacts have in common (a word, a group, a state) is read whole and sorted; what
// many have is found by walking all contacts in their order.
func (s *Service) List(ctx context.Context, h *store.Handle, f Filter) (Page, error) {
	l := lister{h: h, f: f, words: directory.Words(f.Words), bound: s.bound()}
	l.limit = max(1, min(f.Limit, MaxPage))
	rows, page, err := l.rows(ctx)
	if err != nil {
		return Page{}, err
	}
	groups, err := s.groups(ctx, h)
	if err != nil {
		return page, err
	}
	for _, r := range rows {
		c, of, err := s.read(ctx, h, r.ID)
		if errors.Is(err, errs.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return page, err
		}
		e, err := s.entryOf(ctx, h, c, of, groups)
		if err != nil {
			return page, err
		}
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

// Export visits all contacts that pass the filter, in their order, until visit returns an error. Those who come or go
// meanwhile may be left out.
func (s *Service) Export(ctx context.Context, h *store.Handle, f Filter, visit func(Entry) error) error {
	f.After, f.Limit = "", MaxPage
	for {
		page, err := s.List(ctx, h, f)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if f.After = page.Next; f.After == "" {
			return nil
		}
	}
}

// lister reads one page.
type lister struct {
	h     *store.Handle
	f     Filter
	words []string
	limit int
	bound int // rows of an index that are read

	counted int // who passes the filter among the first contacts by name, where no set was small
}

// rows finds the rows of the page.
func (l *lister) rows(ctx context.Context) ([]store.Row, Page, error) {
	few, found, err := l.few(ctx)
	if err != nil {
		return nil, Page{}, err
	}
	if found {
		rows, page := l.cut(few)
		return rows, page, nil
	}
	return l.walk(ctx)
}

// few reads whole the smallest set of contacts in which all that pass the filter are. found is false where each set is
// larger than Walked.
func (l *lister) few(ctx context.Context) (few []store.Row, found bool, err error) {
	for _, in := range l.sets() {
		if found && in == store.ByName {
			break
		}
		rows, whole, err := l.first(ctx, in)
		if err != nil {
			return nil, false, err
		}
		switch {
		case whole && (!found || len(rows) < len(few)):
			few, found = rows, true
		case in == store.ByName:
			l.counted = len(slices.DeleteFunc(rows, func(r store.Row) bool { return !l.passes(r) }))
		}
		if found && len(few) <= MaxPage {
			break
		}
	}
	return few, found, nil
}

// sets are the indexes in each of which all contacts are that pass the filter; all contacts come last.
func (l *lister) sets() []store.Index {
	var sets []store.Index
	for _, w := range l.words {
		sets = append(sets, store.WithWord(w))
	}
	if l.f.Group != "" {
		sets = append(sets, store.InGroup(l.f.Group))
	}
	if l.f.State != AnyState && l.f.State != Active {
		sets = append(sets, store.InState(store.ContactState(l.f.State)))
	}
	if l.filtered() {
		sets = append(sets, store.ByName)
	}
	return sets
}

func (l *lister) filtered() bool {
	return len(l.words) > 0 || l.f.Group != "" || l.f.State != AnyState
}

// first reads an index as far as it may, each contact once, and tells whether that is all of it.
func (l *lister) first(ctx context.Context, in store.Index) (rows []store.Row, whole bool, err error) {
	seen, n := map[directory.ContactID]bool{}, 0
	err = l.h.Rows(ctx, in, "", func(r store.Row) bool {
		if n++; n <= l.bound && !seen[r.ID] {
			seen[r.ID] = true
			rows = append(rows, r)
		}
		return n <= l.bound
	})
	return rows, n <= l.bound, err
}

// passes tells whether a contact passes the filter.
func (l *lister) passes(r store.Row) bool {
	switch {
	case l.f.Group != "" && !slices.Contains(r.Groups, l.f.Group),
		l.f.State == Active && r.Has(store.Inactive),
		l.f.State != AnyState && l.f.State != Active && !r.Has(store.ContactState(l.f.State)):
		return false
	}
	return beginAll(r.Words, l.words)
}

// beginAll tells whether each typed word begins one of the words.
func beginAll(words, typed []string) bool {
	for _, t := range typed {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, t) }) {
			return false
		}
	}
	return true
}

// place is where a contact stands in the list: who has a rank stands before who has none.
func (l *lister) place(r store.Row) string {
	switch {
	case !l.f.ByRank:
		return r.Place()
	case r.Rank > 0:
		return ranked + r.RankPlace()
	default:
		return unranked + r.Place()
	}
}

// The beginnings of places in a list by rank.
const ranked, unranked = "r", "z"

// cut sorts rows and takes the page.
func (l *lister) cut(rows []store.Row) ([]store.Row, Page) {
	rows = slices.DeleteFunc(rows, func(r store.Row) bool { return !l.passes(r) })
	slices.SortFunc(rows, func(a, b store.Row) int { return strings.Compare(l.place(a), l.place(b)) })
	page := Page{Total: len(rows)}
	rows = slices.DeleteFunc(rows, func(r store.Row) bool { return l.place(r) <= l.f.After })
	if l.limit < len(rows) {
		rows = rows[:l.limit]
		page.Next = l.place(rows[l.limit-1])
	}
	return rows, page
}

// walk goes through all contacts in their order.
func (l *lister) walk(ctx context.Context) (rows []store.Row, page Page, err error) {
	last, n, more := "", 0, false
	err = l.each(ctx, l.f.After, func(r store.Row) bool {
		if more = n == l.bound || len(rows) == l.limit; more {
			return false
		}
		n++
		last = l.place(r)
		if l.passes(r) {
			rows = append(rows, r)
		}
		return true
	})
	if err != nil {
		return nil, page, err
	}
	if more {
		page.Next = last
	}
	if l.filtered() {
		page.Total, page.AtLeast = l.counted, true
	} else {
		page.Total, err = l.h.ContactCount(ctx)
	}
	return rows, page, err
}

// each visits all contacts in the order of the list after a place.
func (l *lister) each(ctx context.Context, after string, visit func(store.Row) bool) error {
	if !l.f.ByRank {
		return l.h.Rows(ctx, store.ByName, after, visit)
	}
	rest, behind := strings.CutPrefix(after, unranked)
	if !behind {
		more := true
		err := l.h.Rows(ctx, store.ByRank, strings.TrimPrefix(after, ranked), func(r store.Row) bool {
			more = visit(r)
			return more
		})
		if err != nil || !more {
			return err
		}
		rest = ""
	}
	return l.h.Rows(ctx, store.ByName, rest, func(r store.Row) bool { return r.Rank > 0 || visit(r) })
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

func (s *Service) entryOf(ctx context.Context, h *store.Handle, c directory.Contact, of []directory.GroupID, groups groupsByID) (Entry, error) {
	e := Entry{Contact: c}
	for _, g := range of {
		if group, there := groups[g]; there { // a deleted group leaves its memberships behind for a moment
			e.Groups = append(e.Groups, group)
		}
	}
	slices.SortFunc(e.Groups, byName)
	if c.SubstituteOf == "" {
		return e, nil
	}
	holder, err := h.Contact(ctx, c.SubstituteOf)
	if errors.Is(err, table.ErrNotFound) {
		return e, nil
	}
	e.Substitute = Ref{holder.ID, holder.Display()}
	return e, err
}

func byName(a, b directory.Group) int {
	return cmp.Or(strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name)), strings.Compare(string(a.ID), string(b.ID)))
}

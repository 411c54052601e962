package account

import (
	"cmp"
	"context"
	"slices"

	"convoc/shared/collectivity"
	"convoc/shared/journal"
	"convoc/shared/store"
)

// How much of a journal is read: a page of it, and so many events at most to find a page of some kinds.
const (
	journalPage = 50
	journalRead = 1000
)

// Journal lists a page of what was done for a collectivité, the newest first, before a place in it; empty: from the newest
// on. With kinds it lists those alone. next is the place from which to go on; empty at the end.
func (s *Service) Journal(ctx context.Context, id collectivity.ID, before string, kinds ...journal.What) (page []journal.Event, next string, err error) {
	for read := 0; read < journalRead; {
		events, err := s.journalPage(ctx, id, before)
		if err != nil {
			return nil, "", err
		}
		for _, e := range events {
			before = store.EventPlace(e)
			if len(kinds) == 0 || slices.Contains(kinds, e.What) {
				page = append(page, e)
			}
			if len(page) == journalPage {
				return page, before, nil
			}
		}
		if read += len(events); len(events) < journalPage {
			return page, "", nil
		}
	}
	return page, before, nil
}

// journalPage makes one list of the two in which a journal is kept.
func (s *Service) journalPage(ctx context.Context, id collectivity.ID, before string) ([]journal.Event, error) {
	acts, err := s.Tables.Collectivity(id).EventsBefore(ctx, before, journalPage)
	if err != nil {
		return nil, err
	}
	users, err := s.Tables.AccountsHandle().UserEvents(ctx, id, before, journalPage)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(acts, users)
	slices.SortFunc(all, func(a, b journal.Event) int { return cmp.Compare(store.EventPlace(b), store.EventPlace(a)) })
	return all[:min(len(all), journalPage)], nil
}

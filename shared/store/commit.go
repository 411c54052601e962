package store

import (
	"context"
	"slices"

	"convoc/shared/collectivity"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// Part is one of the things that a transaction of the accounts does. Each says what must be true for it; when that is
// not so, nothing of the transaction is done.
type Part []table.Write

// Commit does all parts or none. Errors: table.ErrCondition when what one of them needs is not so.
func (a *Accounts) Commit(ctx context.Context, parts ...Part) error {
	writes := slices.Concat(parts...)
	if len(writes) == 1 && writes[0].Op != table.OpCheck { // alone, it costs half
		_, err := a.table.Write(ctx, writes[0])
		return err
	}
	return a.table.Transact(ctx, writes...)
}

// SessionBegun writes a session under the digest of its token.
func SessionBegun(digest string, s Session) Part {
	return Part{table.Put(sessionKey(digest), sessionAttrs(s))}
}

// SessionMoved makes a session one for a collectivité. It must not have ended.
func SessionMoved(digest string, s collectivity.ID) Part {
	return Part{table.Update(sessionKey(digest), []table.Change{table.Set("collectivity", table.Text(string(s)))}, table.ItemPresent())}
}

// Told writes an event into the journal of a collectivité's users.
func Told(s collectivity.ID, e journal.Event) Part {
	return Part{table.Put(userEventKey(s, e.At, e.ID), eventAttrs(e))}
}

// UserEvents lists the newest events that concern a collectivité's users first, at most limit, before a place in the
// journal (see [EventPlace]); empty: from the newest on.
func (a *Accounts) UserEvents(ctx context.Context, s collectivity.ID, before string, limit int) ([]journal.Event, error) {
	return events(ctx, a.table, userEventsPartition(s), before, limit)
}

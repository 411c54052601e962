package store

import (
	"context"

	"convoc/shared/journal"
	"convoc/shared/table"
)

// event is the write of a journal entry, for the transaction of the change it tells.
func (h *Handle) event(e journal.Event) table.Write {
	a := newAttrs()
	a.time("at", e.At)
	a.text("who", e.Who)
	a.text("what", string(e.What))
	a.text("subject", e.Subject)
	a.int("count", int64(e.Count))
	return table.Put(eventKey(h.ID, e.At, e.ID), a.Attrs)
}

// Events lists the newest events first, at most limit.
func (h *Handle) Events(ctx context.Context, limit int) ([]journal.Event, error) {
	var events []journal.Event
	q := table.Query{Partition: journalPartition(h.ID), Reverse: true, Limit: limit}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		events = append(events, journal.Event{
			ID: id, At: timeOf(i.Attrs, "at"), Who: i.Attrs.Text("who"), What: journal.What(i.Attrs.Text("what")),
			Subject: i.Attrs.Text("subject"), Count: int(i.Attrs.Int("count")),
		})
		return len(events) < limit
	})
	return events, err
}

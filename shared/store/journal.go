package store

import (
	"context"
	"encoding/json"

	"convoc/shared/journal"
	"convoc/shared/table"
)

// A collectivité's journal is kept in two places: what concerns its users stands with them, so that it is written with
// their change. Both have the same places, so that one list can be made of them.

func eventAttrs(e journal.Event) table.Attrs {
	a := newAttrs()
	a.time("at", e.At)
	a.text("who", e.Who)
	a.text("what", string(e.What))
	a.text("subject", e.Subject)
	a.int("count", int64(e.Count))
	a.text("role", e.Role)
	a.text("changes", changesText(e.Changes))
	return a.Attrs
}

// event is the write of a journal entry, for the transaction of the change it tells.
func (h *Handle) event(e journal.Event) table.Write {
	return table.Put(eventKey(h.ID, e.At, e.ID), eventAttrs(e))
}

// EventPlace is where an event stands in its journal: later ones have greater places.
func EventPlace(e journal.Event) string { return join(stamp(e.At), e.ID) }

// Events lists the newest events first, at most limit.
func (h *Handle) Events(ctx context.Context, limit int) ([]journal.Event, error) {
	return h.EventsBefore(ctx, "", limit)
}

// EventsBefore lists the newest events first, at most limit, before a place in the journal (see [EventPlace]); empty: from the
// newest on.
func (h *Handle) EventsBefore(ctx context.Context, before string, limit int) ([]journal.Event, error) {
	return events(ctx, h.data, journalPartition(h.ID), before, limit)
}

func events(ctx context.Context, t table.Table, partition, before string, limit int) ([]journal.Event, error) {
	var found []journal.Event
	q := table.Query{Partition: partition, To: before, Reverse: true, Limit: limit}
	err := each(ctx, t, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		found = append(found, journal.Event{
			ID: id, At: timeOf(i.Attrs, "at"), Who: i.Attrs.Text("who"), What: journal.What(i.Attrs.Text("what")),
			Subject: i.Attrs.Text("subject"), Count: int(i.Attrs.Int("count")), Role: i.Attrs.Text("role"), Changes: changesOf(i.Attrs.Text("changes")),
		})
		return len(found) < limit
	})
	return found, err
}

// storedChange is a line of the attribute « changes », in JSON. The longest that a contact can make is far under the size
// of an item: 64 names of groups of 100 characters, before and after.
type storedChange struct {
	Field  string `json:"f"`
	Before string `json:"b,omitempty"`
	After  string `json:"a,omitempty"`
}

func changesText(changes []journal.Change) string {
	if len(changes) == 0 {
		return ""
	}
	lines := make([]storedChange, len(changes))
	for i, c := range changes {
		lines[i] = storedChange(c)
	}
	raw, err := json.Marshal(lines)
	if err != nil {
		panic("store: changes: " + err.Error()) // strings only: a bug of ours
	}
	return string(raw)
}

// changesOf reads changes; what cannot be read is none: an event is shown without them rather than not at all.
func changesOf(text string) []journal.Change {
	var lines []storedChange
	if text == "" || json.Unmarshal([]byte(text), &lines) != nil {
		return nil
	}
	changes := make([]journal.Change, len(lines))
	for i, l := range lines {
		changes[i] = journal.Change(l)
	}
	return changes
}

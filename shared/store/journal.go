package store

import (
	"context"
	"encoding/json"

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
	a.text("changes", changesText(e.Changes))
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
			Subject: i.Attrs.Text("subject"), Count: int(i.Attrs.Int("count")), Changes: changesOf(i.Attrs.Text("changes")),
		})
		return len(events) < limit
	})
	return events, err
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

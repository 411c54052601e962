package store

import (
	"context"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// Totals are what was counted of a large convocation, so that nobody waits while thousands are counted again.
type Totals struct {
	At     time.Time // when; zero: never
	Counts convocation.Counts
}

// totalsAttrs names the attribute of each count.
func totalsAttrs(n *convocation.Counts) map[string]*int {
	return map[string]*int{
		"recipients": &n.Recipients, "transmitted": &n.Transmitted, "read": &n.Read, "replied": &n.Replied, "failed": &n.Failed,
		"review": &n.Review, "waiting": &n.Waiting, "returned": &n.Returned, "delivered": &n.Delivered, "paper": &n.Paper,
		"doubted": &n.Doubted, "closed": &n.Closed,
	}
}

// PutTotals writes what was counted, unless something was counted later.
func (h *Handle) PutTotals(ctx context.Context, c convocation.ID, t Totals) error {
	a := newAttrs()
	a.time("at", t.At)
	a.time("changed", t.Counts.ChangedAt)
	for name, n := range totalsAttrs(&t.Counts) {
		a.int(name, int64(*n))
	}
	_, err := h.data.Write(ctx, table.Put(totalsKey(h.ID, c), a.Attrs, table.Or(table.Absent("at"), table.Less("at", timeValue(t.At)))))
	if isCondition(err) {
		return nil
	}
	return err
}

// Totals reads what was counted last; zero where nothing was.
func (h *Handle) Totals(ctx context.Context, c convocation.ID) (Totals, error) {
	item, err := h.data.Get(ctx, totalsKey(h.ID, c))
	if isNotFound(err) {
		return Totals{}, nil
	}
	t := Totals{At: timeOf(item.Attrs, "at")}
	t.Counts.ChangedAt = timeOf(item.Attrs, "changed")
	for name, n := range totalsAttrs(&t.Counts) {
		*n = int(item.Attrs.Int(name))
	}
	return t, err
}

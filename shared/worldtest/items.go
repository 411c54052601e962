package worldtest

import (
	"context"
	"sync"

	"convoc/shared/table"
)

// noted is a table that knows its partitions, so that a test can look at all that is stored.
type noted struct {
	table.Table
	mu         sync.Mutex
	partitions map[string]bool
}

func (n *noted) note(writes ...table.Write) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range writes {
		n.partitions[w.Key.Partition] = true
	}
}

func (n *noted) Write(ctx context.Context, w table.Write) (table.Item, error) {
	n.note(w)
	return n.Table.Write(ctx, w)
}

func (n *noted) Transact(ctx context.Context, writes ...table.Write) error {
	n.note(writes...)
	return n.Table.Transact(ctx, writes...)
}

func (n *noted) Batch(ctx context.Context, writes ...table.Write) error {
	n.note(writes...)
	return n.Table.Batch(ctx, writes...)
}

// Items are all that the tables hold, in no order that means anything.
func (w *World) Items() []table.Item {
	w.T.Helper()
	var all []table.Item
	for _, n := range w.noted {
		for partition := range n.partitions {
			for q := (table.Query{Partition: partition}); ; {
				page, err := n.Query(w.ctx(), q)
				w.must(err)
				all = append(all, page.Items...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
		}
	}
	return all
}

package table

import (
	"context"
	"sync"
)

// Counter counts what is asked of a table, in calls and in DynamoDB's units, for the benchmarks of cost.
//
// Write units are one per started KB of the item as written (a delete and a failed condition count one), doubled in a
// transaction; what a smaller new item replaces is not known here and not counted. Read units are one per started 4 KB
// of an item, or of the items of a page together; nothing found counts one.
type Counter struct {
	Table
	mu     sync.Mutex
	counts Counts
}

// Counts are totals since the start.
type Counts struct {
	Reads, Writes         int // calls
	ReadUnits, WriteUnits int
}

// Counts gives the totals so far.
func (c *Counter) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

func units(size, block int) int { return max(1, (size+block-1)/block) }

func (c *Counter) add(more Counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Reads += more.Reads
	c.counts.Writes += more.Writes
	c.counts.ReadUnits += more.ReadUnits
	c.counts.WriteUnits += more.WriteUnits
}

// Get counts one read.
func (c *Counter) Get(ctx context.Context, key Key) (Item, error) {
	item, err := c.Table.Get(ctx, key)
	c.add(Counts{Reads: 1, ReadUnits: units(item.Size(), 4<<10)})
	return item, err
}

// Query counts one read.
func (c *Counter) Query(ctx context.Context, q Query) (Page, error) {
	page, err := c.Table.Query(ctx, q)
	size := 0
	for _, i := range page.Items {
		size += i.Size()
	}
	c.add(Counts{Reads: 1, ReadUnits: units(size, 4<<10)})
	return page, err
}

// Write counts one write.
func (c *Counter) Write(ctx context.Context, w Write) (Item, error) {
	item, err := c.Table.Write(ctx, w)
	c.add(Counts{Writes: 1, WriteUnits: units(item.Size(), 1<<10)})
	return item, err
}

// Transact counts one call, and twice the units of its writes.
func (c *Counter) Transact(ctx context.Context, writes ...Write) error {
	err := c.Table.Transact(ctx, writes...)
	c.add(Counts{Writes: 1, WriteUnits: 2 * unitsOf(writes)})
	return err
}

// Batch counts one call, and the units of its writes.
func (c *Counter) Batch(ctx context.Context, writes ...Write) error {
	err := c.Table.Batch(ctx, writes...)
	c.add(Counts{Writes: 1, WriteUnits: unitsOf(writes)})
	return err
}

func unitsOf(writes []Write) int {
	n := 0
	for _, w := range writes {
		n += units(Item{Key: w.Key, Attrs: w.Attrs}.Size(), 1<<10)
	}
	return n
}

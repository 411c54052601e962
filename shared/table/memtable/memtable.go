// Package memtable is the table in memory: for the simulator and for tests. It keeps the order of sort keys and the
// whole contract of the port; nothing survives the process.
package memtable

import (
	"context"
	"slices"
	"strings"
	"sync"

	"convoc/shared/table"
)

// Table is one table in memory; make it with New.
type Table struct {
	mu         sync.Mutex
	partitions map[string]*partition
}

// partition keeps the items of one partition by sort key, and the sort keys in order.
type partition struct {
	sorts []string
	items map[string]table.Item
}

// New makes an empty table.
func New() *Table { return &Table{partitions: map[string]*partition{}} }

// Get reads one item.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.CheckKey(key); err != nil {
		return table.Item{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Item{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	item, exists := t.get(key)
	if !exists {
		return table.Item{}, table.ErrNotFound
	}
	return item.Clone(), nil
}

func (t *Table) get(key table.Key) (table.Item, bool) {
	p := t.partitions[key.Partition]
	if p == nil {
		return table.Item{}, false
	}
	item, exists := p.items[key.Sort]
	return item, exists
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Page{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.partitions[q.Partition]
	if p == nil {
		return table.Page{}, nil
	}
	var page table.Page
	size := 0
	for _, sort := range p.between(q) {
		item := p.items[sort]
		full := q.Limit > 0 && len(page.Items) == q.Limit
		if size += item.Size(); full || (size > table.MaxPageSize && len(page.Items) > 0) {
			page.Next = page.Items[len(page.Items)-1].Key.Sort
			break
		}
		page.Items = append(page.Items, item.Clone())
	}
	return page, nil
}

// between lists the sort keys that a query asks for, in its order.
func (p *partition) between(q table.Query) []string {
	sorts := p.sorts
	if q.From != "" {
		i, _ := slices.BinarySearch(sorts, q.From)
		sorts = sorts[i:]
	}
	if q.Prefix != "" {
		i, _ := slices.BinarySearch(sorts, q.Prefix)
		sorts = sorts[i:]
		end := 0
		for end < len(sorts) && strings.HasPrefix(sorts[end], q.Prefix) {
			end++
		}
		sorts = sorts[:end]
	}
	if q.To != "" {
		i, _ := slices.BinarySearch(sorts, q.To)
		sorts = sorts[:i]
	}
	sorts = after(sorts, q)
	if q.Reverse {
		sorts = slices.Clone(sorts)
		slices.Reverse(sorts)
	}
	return sorts
}

func after(sorts []string, q table.Query) []string {
	if q.After == "" {
		return sorts
	}
	i, found := slices.BinarySearch(sorts, q.After)
	if q.Reverse {
		return sorts[:i]
	}
	if found {
		i++
	}
	return sorts[i:]
}

// Write applies one write.
func (t *Table) Write(ctx context.Context, w table.Write) (table.Item, error) {
	if err := table.CheckSingle(w); err != nil {
		return table.Item{}, err
	}
	items, err := t.apply(ctx, []table.Write{w})
	if err != nil {
		return table.Item{}, err
	}
	return items[0].Clone(), nil
}

// Transact applies all writes or none.
func (t *Table) Transact(ctx context.Context, writes ...table.Write) error {
	if err := table.CheckTransact(writes); err != nil {
		return err
	}
	_, err := t.apply(ctx, writes)
	return err
}

// Batch applies unconditional writes.
func (t *Table) Batch(ctx context.Context, writes ...table.Write) error {
	if err := table.CheckBatch(writes); err != nil {
		return err
	}
	_, err := t.apply(ctx, writes)
	return err
}

func (t *Table) apply(ctx context.Context, writes []table.Write) ([]table.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	results, err := table.Evaluate(writes, func(k table.Key) (table.Item, bool, error) {
		item, exists := t.get(k)
		return item.Clone(), exists, nil
	})
	if err != nil {
		return nil, err
	}
	items := make([]table.Item, len(results))
	for i, r := range results {
		items[i] = r.Item
		if r.Changed {
			t.set(r)
		}
	}
	return items, nil
}

func (t *Table) set(r table.Result) {
	p := t.partitions[r.Key.Partition]
	if p == nil {
		p = &partition{items: map[string]table.Item{}}
		t.partitions[r.Key.Partition] = p
	}
	i, found := slices.BinarySearch(p.sorts, r.Key.Sort)
	switch {
	case !r.Exists && found:
		p.sorts = slices.Delete(p.sorts, i, i+1)
		delete(p.items, r.Key.Sort)
		return
	case !r.Exists:
		return
	case !found:
		p.sorts = slices.Insert(p.sorts, i, r.Key.Sort)
	}
	p.items[r.Key.Sort] = r.Item.Clone()
}

package table

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrForeign: a key of another tenant. It is a bug of ours or an attack; nothing was read or written.
var ErrForeign = errors.New("table: key of another tenant")

// Guard binds a table to one tenant: every partition of every call must be the tenant or begin with « tenant# ». watch,
// when not nil, is told each key that is asked for, refused ones included.
func Guard(t Table, tenant string, watch func(op string, key Key)) Table {
	return &guard{t, tenant, watch}
}

type guard struct {
	table  Table
	tenant string
	watch  func(op string, key Key)
}

func (g *guard) check(op string, keys ...Key) error {
	if g.tenant == "" {
		return fmt.Errorf("%w: %s without a tenant", ErrForeign, op)
	}
	var err error
	for _, k := range keys {
		if g.watch != nil {
			g.watch(op, k)
		}
		if k.Partition == "" {
			continue // no key at all: the engine refuses it
		}
		if k.Partition != g.tenant && !strings.HasPrefix(k.Partition, g.tenant+"#") {
			owner, _, _ := strings.Cut(k.Partition, "#") // what follows may name a person
			err = fmt.Errorf("%w: %s of %s for %s", ErrForeign, op, owner, g.tenant)
		}
	}
	return err
}

func (g *guard) Get(ctx context.Context, key Key) (Item, error) {
	if err := g.check("get", key); err != nil {
		return Item{}, err
	}
	return g.table.Get(ctx, key)
}

func (g *guard) Query(ctx context.Context, q Query) (Page, error) {
	if err := g.check("query", Key{Partition: q.Partition, Sort: q.Prefix}); err != nil {
		return Page{}, err
	}
	return g.table.Query(ctx, q)
}

func (g *guard) Write(ctx context.Context, w Write) (Item, error) {
	if err := g.check("write", w.Key); err != nil {
		return Item{}, err
	}
	return g.table.Write(ctx, w)
}

func (g *guard) Transact(ctx context.Context, writes ...Write) error {
	if err := g.check("transact", keysOf(writes)...); err != nil {
		return err
	}
	return g.table.Transact(ctx, writes...)
}

func (g *guard) Batch(ctx context.Context, writes ...Write) error {
	if err := g.check("batch", keysOf(writes)...); err != nil {
		return err
	}
	return g.table.Batch(ctx, writes...)
}

func keysOf(writes []Write) []Key {
	keys := make([]Key, len(writes))
	for i, w := range writes {
		keys[i] = w.Key
	}
	return keys
}

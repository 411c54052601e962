package table

import (
	"context"
	"fmt"
)

// Fault is what happens to one call.
type Fault uint8

// The faults: none; the call never arrives; it is applied and its answer is lost.
const (
	FaultNone Fault = iota
	FaultBefore
	FaultAfter
)

// Faulty makes calls fail as decide says, asked before each call with the kind of call and its first key. A fault is
// reported as [ErrUnavailable]: the caller cannot tell which of the two it was.
func Faulty(t Table, decide func(op string, key Key) Fault) Table { return &faulty{t, decide} }

type faulty struct {
	table  Table
	decide func(op string, key Key) Fault
}

// through makes one call with the fault that was decided.
func (f *faulty) through(op string, key Key, call func() error) error {
	switch f.decide(op, key) {
	case FaultBefore:
		return fmt.Errorf("%w: before the call", ErrUnavailable)
	case FaultAfter:
		_ = call() // whatever came of it, its answer is lost
		return fmt.Errorf("%w: after the call", ErrUnavailable)
	}
	return call()
}

func (f *faulty) Get(ctx context.Context, key Key) (item Item, err error) {
	err = f.through("get", key, func() error { item, err = f.table.Get(ctx, key); return err })
	return item, err
}

func (f *faulty) Query(ctx context.Context, q Query) (page Page, err error) {
	err = f.through("query", Key{Partition: q.Partition}, func() error { page, err = f.table.Query(ctx, q); return err })
	return page, err
}

func (f *faulty) Write(ctx context.Context, w Write) (item Item, err error) {
	err = f.through("write", w.Key, func() error { item, err = f.table.Write(ctx, w); return err })
	return item, err
}

func (f *faulty) Transact(ctx context.Context, writes ...Write) error {
	return f.through("transact", firstKey(writes), func() error { return f.table.Transact(ctx, writes...) })
}

func (f *faulty) Batch(ctx context.Context, writes ...Write) error {
	return f.through("batch", firstKey(writes), func() error { return f.table.Batch(ctx, writes...) })
}

func firstKey(writes []Write) Key {
	if len(writes) == 0 {
		return Key{}
	}
	return writes[0].Key
}

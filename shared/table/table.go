// Package table is the port to the one database of the product: a small algebra that DynamoDB, bbolt and plain memory
// all speak, so that the same use cases run on each of them.
//
// An item is found by its partition key and its sort key and carries flat attributes (no lists, no maps). There is no
// secondary index: what must be found another way gets an item of its own. Reads are strongly consistent. Writes are
// conditional: a use case says what must still be true, and learns what was there when it was not.
//
// Adapters are subpackages: bolttable (one file, durable when a write returns), dynamotable (DynamoDB) and memtable
// (simulation and tests).
// Both share the evaluator of this package; tabletest is the suite that every engine passes.
//
// # What an error means
//
// [ErrCondition], [ErrNotFound], [ErrInvalid] and [ErrTooLarge] say that nothing was written. Any other error,
// [ErrUnavailable] included, leaves the outcome unknown: the write may have been applied. Whoever repeats it must
// recognise its own first try by the condition.
package table

import (
	"context"
	"errors"
	"fmt"
)

// Limits of the algebra. They are DynamoDB's, and every engine keeps them, so that nothing grows on one machine that
// the cloud could not carry.
const (
	MaxItemSize     = 400 * 1024 // bytes of one item, as [Item.Size] counts them
	MaxPartitionKey = 2048       // bytes
	MaxSortKey      = 1024       // bytes
	MaxTransact     = 100        // writes in one transaction
	MaxTransactSize = 4 << 20    // bytes of all items in one transaction
	MaxBatch        = 25         // writes in one batch
	MaxPageSize     = 1 << 20    // bytes of the items of one page
)

var (
	// ErrNotFound: there is no item with that key.
	ErrNotFound = errors.New("table: no such item")
	// ErrCondition: the condition did not hold, nothing was written. The error is a [*ConditionError].
	ErrCondition = errors.New("table: condition failed")
	// ErrTooLarge: an item over [MaxItemSize], or a transaction over [MaxTransactSize]. Nothing was written.
	ErrTooLarge = errors.New("table: item too large")
	// ErrInvalid: a bug of ours (an empty key, one attribute changed twice, more writes than allowed, a condition in
	// a batch, one key twice in a transaction, adding to a text). Nothing was written.
	ErrInvalid = errors.New("table: invalid request")
	// ErrUnavailable: the engine could not answer (a full disk, a throttle that lasted). The outcome is unknown.
	ErrUnavailable = errors.New("table: unavailable")
)

// Table is one table. All methods may be called from many goroutines.
type Table interface {
	// Get returns one item. Errors: [ErrNotFound], [ErrInvalid], [ErrUnavailable].
	Get(ctx context.Context, key Key) (Item, error)
	// Query returns one page of one partition in the order of the sort keys (bytes). A page may be shorter than its
	// limit, even empty, while Next is not empty. Errors: [ErrInvalid], [ErrUnavailable].
	Query(ctx context.Context, q Query) (Page, error)
	// Write applies one write and returns the item as it now is (the zero Item after a delete).
	// Errors: [ErrCondition] with the old item, [ErrTooLarge], [ErrInvalid], [ErrUnavailable].
	Write(ctx context.Context, w Write) (Item, error)
	// Transact applies all writes or none; at most [MaxTransact], each key once. It costs double.
	// Errors: [ErrCondition] with the old item of each failed condition, [ErrTooLarge], [ErrInvalid], [ErrUnavailable].
	Transact(ctx context.Context, writes ...Write) error
	// Batch applies unconditional puts and deletes, each on its own, at most [MaxBatch]. After an error any subset may
	// have been applied. Only for places where nothing else can be writing.
	// Errors: [ErrTooLarge], [ErrInvalid], [ErrUnavailable].
	Batch(ctx context.Context, writes ...Write) error
}

// Key names one item. Both parts are non-empty UTF-8 text, compared as bytes.
type Key struct{ Partition, Sort string }

// Item is a key with its attributes. The zero Item stands for « no item ».
type Item struct {
	Key   Key
	Attrs Attrs
}

// Attrs are the attributes of an item by name. A missing attribute and one holding the zero value differ for
// conditions, not for the readers below.
type Attrs map[string]Value

// Text, Int, Bool and Bytes read an attribute; absent, or of another kind, it reads as the zero value.
func (a Attrs) Text(name string) string  { return a[name].Text() }
func (a Attrs) Int(name string) int64    { return a[name].Int() }
func (a Attrs) Bool(name string) bool    { return a[name].Bool() }
func (a Attrs) Bytes(name string) []byte { return a[name].Bytes() }

// Has tells whether the attribute is there.
func (a Attrs) Has(name string) bool { _, ok := a[name]; return ok }

// Query asks for the items of one partition: those whose sort key begins with Prefix, or those with
// From <= sort key < To. Prefix excludes From and To; an empty bound is open.
type Query struct {
	Partition string
	Prefix    string
	From, To  string
	After     string // cursor: the Next of the page before; empty for the first page
	Reverse   bool   // from the highest sort key down
	Limit     int    // items a page holds at most; 0: as many as fit [MaxPageSize]
}

// Page is a part of an answer.
type Page struct {
	Items []Item
	Next  string // cursor of the next page: the last sort key seen; empty at the end
}

// Op says what a write does.
type Op uint8

// The kinds of writes. OpCheck is for transactions only: it writes nothing and fails the transaction when its
// condition does not hold.
const (
	OpPut Op = iota + 1
	OpUpdate
	OpDelete
	OpCheck
)

// Write is one write with its condition; made by [Put], [Update], [Delete] and [Check].
type Write struct {
	Op      Op
	Key     Key
	Attrs   Attrs    // OpPut: the whole item
	Changes []Change // OpUpdate: each attribute at most once
	Cond    Cond     // the zero Cond always holds
}

// Put replaces the whole item.
func Put(key Key, attrs Attrs, conds ...Cond) Write {
	return Write{Op: OpPut, Key: key, Attrs: attrs, Cond: And(conds...)}
}

// Update changes attributes one by one and creates the item when there is none: add a condition where that would be
// wrong.
func Update(key Key, changes []Change, conds ...Cond) Write {
	return Write{Op: OpUpdate, Key: key, Changes: changes, Cond: And(conds...)}
}

// Delete removes the item; removing what is not there is no error.
func Delete(key Key, conds ...Cond) Write {
	return Write{Op: OpDelete, Key: key, Cond: And(conds...)}
}

// Check only tests a condition, inside a transaction.
func Check(key Key, conds ...Cond) Write {
	return Write{Op: OpCheck, Key: key, Cond: And(conds...)}
}

// ChangeOp says how a change alters its attribute.
type ChangeOp uint8

// The kinds of changes.
const (
	ChangeSet ChangeOp = iota + 1
	ChangeSetIfAbsent
	ChangeAdd
	ChangeRemove
)

// Change alters one attribute of an update.
type Change struct {
	Op    ChangeOp
	Attr  string
	Value Value // unused by ChangeRemove
}

// Set gives the attribute a value; SetIfAbsent only when it has none (facts that never change); Add counts from 0;
// Remove takes it away.
func Set(attr string, v Value) Change         { return Change{ChangeSet, attr, v} }
func SetIfAbsent(attr string, v Value) Change { return Change{ChangeSetIfAbsent, attr, v} }
func Add(attr string, n int64) Change         { return Change{ChangeAdd, attr, Int(n)} }
func Remove(attr string) Change               { return Change{Op: ChangeRemove, Attr: attr} }

// ConditionError tells which conditions failed and what was there. errors.Is(err, [ErrCondition]) holds.
type ConditionError struct{ Failed []Failure }

// Failure is one failed condition.
type Failure struct {
	Index int  // place of the write in the transaction; 0 for a single write
	Old   Item // what is there; the zero Item when there is nothing
}

func (e *ConditionError) Error() string {
	return fmt.Sprintf("%v (%d of the writes)", ErrCondition, len(e.Failed))
}

// Is makes the error match [ErrCondition].
func (e *ConditionError) Is(target error) bool { return target == ErrCondition }

// Old returns the item that made write number index fail, and whether err says that it failed.
func Old(err error, index int) (Item, bool) {
	var ce *ConditionError
	if errors.As(err, &ce) {
		for _, f := range ce.Failed {
			if f.Index == index {
				return f.Old, true
			}
		}
	}
	return Item{}, false
}

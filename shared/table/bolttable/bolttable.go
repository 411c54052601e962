// Package bolttable is the table on one machine: one bbolt file that holds several tables, each a bucket. A write is on
// the disk when it returns; concurrent writers share one fsync; a killed process loses nothing that was acknowledged.
//
// A key in the bucket is the length of the partition (two bytes, big-endian), the partition and the sort key: a
// partition lies together, in the order of its sort keys. See codec.go for the shape of an item.
package bolttable

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"convoc/shared/table"
)

// ErrLocked: another process has the file open.
var ErrLocked = errors.New("bolttable: the database is in use by another process")

// batchDelay is how long a write waits for others to share its fsync; an fsync takes longer.
const batchDelay = time.Millisecond

// DB is one file of tables.
type DB struct{ bolt *bbolt.DB }

// Open opens the file, or makes it. Errors: [ErrLocked].
func Open(path string) (*DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("bolttable: opening: %w", err)
	}
	db.MaxBatchDelay = batchDelay
	return &DB{db}, nil
}

// Close waits for what is running and closes the file.
func (d *DB) Close() error { return d.bolt.Close() }

// Backup writes a consistent copy of the whole file while others read and write.
func (d *DB) Backup(ctx context.Context, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.bolt.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

// Table gives one table of the file, made when it is first named.
func (d *DB) Table(name string) (*Table, error) {
	bucket := []byte(name)
	err := d.bolt.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		return nil, unavailable(err)
	}
	return &Table{d.bolt, bucket}, nil
}

// Table is one table of a file.
type Table struct {
	bolt   *bbolt.DB
	bucket []byte
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", table.ErrUnavailable, err) }

func boltKey(k table.Key) []byte {
	raw := binary.BigEndian.AppendUint16(nil, uint16(len(k.Partition)))
	raw = append(raw, k.Partition...)
	return append(raw, k.Sort...)
}

// Get reads one item.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.CheckKey(key); err != nil {
		return table.Item{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Item{}, err
	}
	var item table.Item
	var exists bool
	err := t.bolt.View(func(tx *bbolt.Tx) error {
		var err error
		item, exists, err = read(tx.Bucket(t.bucket), key)
		return err
	})
	if err != nil {
		return table.Item{}, unavailable(err)
	}
	if !exists {
		return table.Item{}, table.ErrNotFound
	}
	return item, nil
}

func read(b *bbolt.Bucket, key table.Key) (table.Item, bool, error) {
	raw := b.Get(boltKey(key))
	if raw == nil {
		return table.Item{}, false, nil
	}
	attrs, err := decode(raw)
	return table.Item{Key: key, Attrs: attrs}, true, err
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Page{}, err
	}
	var page table.Page
	err := t.bolt.View(func(tx *bbolt.Tx) error {
		var err error
		page, err = scan(tx.Bucket(t.bucket).Cursor(), q)
		return err
	})
	if err != nil {
		return table.Page{}, unavailable(err)
	}
	return page, nil
}

// scan walks a cursor over what a query asks for.
func scan(c *bbolt.Cursor, q table.Query) (table.Page, error) {
	var page table.Page
	base := boltKey(table.Key{Partition: q.Partition})
	size := 0
	for key, raw := start(c, base, q); key != nil && within(key, base, q); key, raw = step(c, q) {
		attrs, err := decode(raw)
		if err != nil {
			return page, err
		}
		item := table.Item{Key: table.Key{Partition: q.Partition, Sort: string(key[len(base):])}, Attrs: attrs}
		full := q.Limit > 0 && len(page.Items) == q.Limit
		if size += item.Size(); full || (size > table.MaxPageSize && len(page.Items) > 0) {
			page.Next = page.Items[len(page.Items)-1].Key.Sort
			return page, nil
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

func step(c *bbolt.Cursor, q table.Query) ([]byte, []byte) {
	if q.Reverse {
		return c.Prev()
	}
	return c.Next()
}

// start puts the cursor on the first key of a query in its order.
func start(c *bbolt.Cursor, base []byte, q table.Query) ([]byte, []byte) {
	if !q.Reverse {
		low := max(q.From, q.Prefix, q.After)
		key, raw := c.Seek(append(bytes.Clone(base), low...))
		if q.After != "" && key != nil && string(key) == string(base)+q.After {
			return c.Next()
		}
		return key, raw
	}
	key, _ := c.Seek(upper(base, q))
	if key == nil {
		return c.Last()
	}
	return c.Prev()
}

// upper is the first key above those of a query: all of them are below it.
func upper(base []byte, q table.Query) []byte {
	high := ""
	switch {
	case q.To != "":
		high = q.To
	case q.Prefix != "":
		high = q.Prefix + "\xff" // no UTF-8 text continues with it
	}
	if q.After != "" && (high == "" || q.After < high) {
		high = q.After
	}
	if high == "" {
		high = "\xff"
	}
	return append(bytes.Clone(base), high...)
}

// within tells whether a key belongs to a query.
func within(key, base []byte, q table.Query) bool {
	sort, ok := bytes.CutPrefix(key, base)
	return ok && bytes.HasPrefix(sort, []byte(q.Prefix)) && string(sort) >= q.From && (q.To == "" || string(sort) < q.To)
}

// Write applies one write.
func (t *Table) Write(ctx context.Context, w table.Write) (table.Item, error) {
	if err := table.CheckSingle(w); err != nil {
		return table.Item{}, err
	}
	results, err := t.apply(ctx, []table.Write{w})
	if err != nil {
		return table.Item{}, err
	}
	return results[0].Item, nil
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

// apply runs writes in a transaction that concurrent writers share. bbolt may run it several times, and a refusal of
// one writer must not undo the others: so a refusal is kept aside and the transaction goes on without it.
func (t *Table) apply(ctx context.Context, writes []table.Write) ([]table.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var results []table.Result
	var refused error
	err := t.bolt.Batch(func(tx *bbolt.Tx) error {
		b := tx.Bucket(t.bucket)
		results, refused = table.Evaluate(writes, func(k table.Key) (table.Item, bool, error) { return read(b, k) })
		if refused != nil {
			return nil
		}
		return store(b, results)
	})
	switch {
	case err != nil:
		return nil, unavailable(err)
	case refused != nil && !final(refused):
		return nil, unavailable(refused)
	}
	return results, refused
}

func store(b *bbolt.Bucket, results []table.Result) error {
	for _, r := range results {
		var err error
		switch {
		case !r.Changed:
		case r.Exists:
			err = b.Put(boltKey(r.Key), encode(r.Item.Attrs))
		default:
			err = b.Delete(boltKey(r.Key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgotten is how many items a sweep of Expire takes away in one transaction: others write in between.
const forgotten = 500

// Expire removes the items whose attribute, seconds since 1970 UTC, lies before a time: what DynamoDB does by itself
// (« time to live »). It looks at the whole table, and returns how many are gone.
func (t *Table) Expire(ctx context.Context, attribute string, now time.Time) (int, error) {
	gone := 0
	for from := []byte{}; from != nil; {
		if err := ctx.Err(); err != nil {
			return gone, err
		}
		n, next, err := t.expireSome(attribute, now, from)
		if err != nil {
			return gone, unavailable(err)
		}
		gone, from = gone+n, next
	}
	return gone, nil
}

// expireSome looks on from a key until it has found enough, and says from which key to go on; nil: there are no more.
func (t *Table) expireSome(attribute string, now time.Time, from []byte) (gone int, next []byte, err error) {
	var past [][]byte
	err = t.bolt.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(t.bucket).Cursor()
		for k, raw := c.Seek(from); k != nil; k, raw = c.Next() {
			if len(past) == forgotten {
				next = bytes.Clone(k)
				return nil
			}
			attrs, err := decode(raw)
			if err != nil {
				return err
			}
			if attrs.Has(attribute) && attrs.Int(attribute) < now.Unix() {
				past = append(past, bytes.Clone(k))
			}
		}
		return nil
	})
	if err != nil || len(past) == 0 {
		return 0, next, err
	}
	err = t.bolt.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(t.bucket)
		gone = 0
		for _, k := range past {
			raw := b.Get(k)
			attrs, err := decode(raw)
			if raw == nil || err != nil || attrs.Int(attribute) >= now.Unix() { // gone, or written anew, in between
				continue
			}
			if err := b.Delete(k); err != nil {
				return err
			}
			gone++
		}
		return nil
	})
	return gone, next, err
}

// final tells whether an error is an answer of the port, not a fault of the file.
func final(err error) bool {
	return errors.Is(err, table.ErrCondition) || errors.Is(err, table.ErrInvalid) || errors.Is(err, table.ErrTooLarge)
}

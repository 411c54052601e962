package simtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"convoc/shared/files"
	"convoc/shared/queue"
	"convoc/shared/table"
)

// through makes one call of a process to a port: it takes a while, and then what its fate is.
func (p *process) through(op, key string, lost error, effect func() error) error {
	s := p.sim
	s.report.Calls++
	wait := s.between(s.pace/20, s.pace)
	if s.chance(s.faults.slow) {
		wait = s.between(time.Second, time.Minute)
	}
	s.pause(wait)
	fate := s.decide(site{s.task.what, op, key}, s.faults.killTable)
	s.trace(p.owner, op, key, fate.String())
	switch fate {
	case diesBefore:
		p.die()
		panic(killed{})
	case requestLost:
		return lost
	}
	err := effect()
	switch fate {
	case diesAfter:
		p.die()
		panic(killed{})
	case answerLost:
		return lost
	}
	return err
}

// port is one table as a process sees it.
type port struct {
	of   *process
	name string
	to   func() *noted // the table as it is: a backup takes its place
}

// kindOf is what is known of a key whatever the run: the first part of its sort key.
func kindOf(k table.Key) string {
	kind, _, _ := strings.Cut(k.Sort, "#")
	if strings.HasPrefix(kind, "20") { // a time
		return "entry"
	}
	return kind
}

func (t port) call(op, key string, effect func() error) error {
	return t.of.through(op+" "+t.name, key, table.ErrUnavailable, effect)
}

// Get is table.Table's, and so are the others.
func (t port) Get(ctx context.Context, key table.Key) (item table.Item, err error) {
	err = t.call("get", kindOf(key), func() error { item, err = t.to().Get(ctx, key); return err })
	return item, err
}

func (t port) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = t.call("query", strings.TrimSuffix(q.Prefix, "#"), func() error { page, err = t.to().Query(ctx, q); return err })
	return page, err
}

func (t port) Write(ctx context.Context, w table.Write) (item table.Item, err error) {
	err = t.call("write", kindOf(w.Key), func() error {
		item, err = t.to().Write(ctx, w)
		if t.of.sim.keep {
			t.of.sim.trace("  ", fmt.Sprint(w.Op), w.Key.Sort, fmt.Sprint(err == nil))
		}
		t.of.sim.truth.written(t.name, w.Key)
		return err
	})
	return item, err
}

func (t port) Transact(ctx context.Context, writes ...table.Write) error {
	return t.all("transact", writes, func() error { return t.to().Transact(ctx, writes...) })
}

func (t port) Batch(ctx context.Context, writes ...table.Write) error {
	return t.all("batch", writes, func() error { return t.to().Batch(ctx, writes...) })
}

func (t port) all(op string, writes []table.Write, effect func() error) error {
	return t.call(op, kindOf(writes[0].Key), func() error {
		err := effect()
		for _, w := range writes {
			t.of.sim.truth.written(t.name, w.Key)
		}
		return err
	})
}

// noted is a table that knows its partitions, so that it can be copied.
type noted struct {
	table.Table
	partitions map[string]bool
	order      []string // of the partitions
}

func newNoted(t table.Table) *noted { return &noted{Table: t, partitions: map[string]bool{}} }

func (n *noted) note(writes ...table.Write) {
	for _, w := range writes {
		if !n.partitions[w.Key.Partition] {
			n.partitions[w.Key.Partition] = true
			n.order = append(n.order, w.Key.Partition)
		}
	}
}

// Write is table.Table's, and so are the others.
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

// items are all that the table holds.
func (n *noted) items(ctx context.Context) (all []table.Item, err error) {
	for _, partition := range n.order {
		for q := (table.Query{Partition: partition}); ; {
			page, err := n.Query(ctx, q)
			if err != nil {
				return nil, err
			}
			all = append(all, page.Items...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	return all, nil
}

// bells is the queue as a process sees it.
type bells struct{ of *process }

// Ring is queue.Queue's. Each bell may be lost, doubled and delayed by itself.
func (q bells) Ring(_ context.Context, all ...queue.Bell) error {
	if len(all) == 0 {
		return nil
	}
	return q.of.through("ring", string(all[0].Kind), errRing, func() error {
		for _, b := range all {
			q.of.sim.rung(b)
		}
		return nil
	})
}

// documents are the files as a process sees them.
type documents struct {
	files.Store
	of *process
}

// Stat is files.Store's, and so are the others. Signed forms are the store's own.
func (d documents) Stat(ctx context.Context, key files.Key) (info files.Info, err error) {
	err = d.call("stat", key, func() error { info, err = d.Store.Stat(ctx, key); return err })
	return info, err
}

func (d documents) Open(ctx context.Context, key files.Key) (r io.ReadCloser, err error) {
	err = d.call("open", key, func() error { r, err = d.Store.Open(ctx, key); return err })
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (d documents) ReadAt(ctx context.Context, key files.Key, p []byte, off int64) (n int, err error) {
	err = d.call("read", key, func() error { n, err = d.Store.ReadAt(ctx, key, p, off); return err })
	return n, err
}

// Create reads all that is to be stored before the call, because whoever produces it is another goroutine.
func (d documents) Create(ctx context.Context, key files.Key, r io.Reader) (info files.Info, err error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return files.Info{}, err
	}
	err = d.call("create", key, func() error { info, err = d.Store.Create(ctx, key, bytes.NewReader(raw)); return err })
	return info, err
}

func (d documents) Delete(ctx context.Context, key files.Key) error {
	return d.call("delete", key, func() error { return d.Store.Delete(ctx, key) })
}

func (d documents) call(op string, key files.Key, effect func() error) error {
	name := string(key[strings.LastIndexByte(string(key), '/')+1:])
	if prefix, _, drawn := strings.Cut(name, "_"); drawn {
		name = prefix
	}
	return d.of.through(op+" files", name, files.ErrUnavailable, effect)
}

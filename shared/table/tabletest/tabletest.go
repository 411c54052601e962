// Package tabletest is the conformance suite of the table port: what every engine must do, from the documentation of
// the port alone. Each test works in a partition of its own, so that the suite also runs against a table that others
// use.
package tabletest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"convoc/shared/table"
)

// equate compares items; an empty map is no map.
var equate = cmp.Options{cmp.AllowUnexported(table.Value{}), cmpopts.EquateEmpty()}

var serial atomic.Int64

// fresh names a partition that nobody uses.
func fresh(t *testing.T) string {
	return fmt.Sprintf("test#%s#%d", strings.NewReplacer("/", "-", "#", "-").Replace(t.Name()), serial.Add(1))
}

// Lack is something that an engine under test is known not to do; what needs it is left out, by name.
type Lack string

// What referees lack. No engine of the product lacks anything.
const (
	Transactions Lack = "transactions"
	OldItems     Lack = "the old item of a failed condition"
)

// Run runs the suite on the engine that open gives.
func Run(t *testing.T, open func(t *testing.T) table.Table, lacks ...Lack) {
	for _, test := range []struct {
		name  string
		needs []Lack
		run   func(*testing.T, table.Table)
	}{
		{"put, get, delete", nil, lifecycle},
		{"conditions", nil, conditions},
		{"changes", nil, changes},
		{"old item on a failed condition", []Lack{OldItems}, oldItem},
		{"transactions", []Lack{Transactions, OldItems}, transactions},
		{"batches", nil, batches},
		{"order and ranges", nil, ranges},
		{"pages and cursors", nil, pages},
		{"limits", nil, limits},
		{"invalid requests", nil, invalid},
		{"one winner among fifty", nil, oneWinner},
		{"one winner among fifty transactions", []Lack{Transactions}, oneTransaction},
		{"no lost addition", nil, additions},
		{"an ended context does nothing", nil, endedContext},
		{"nobody shares a map with a caller", []Lack{OldItems}, aliasing},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, l := range test.needs {
				if slices.Contains(lacks, l) {
					t.Skipf("this engine lacks %s", l)
				}
			}
			test.run(t, open(t))
		})
	}
}

func write(t *testing.T, tb table.Table, w table.Write) table.Item {
	t.Helper()
	item, err := tb.Write(t.Context(), w)
	if err != nil {
		t.Fatalf("writing %q: %v", w.Key.Sort, err)
	}
	return item
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, equate); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func lifecycle(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	_, err := tb.Get(t.Context(), key)
	fails(t, "nothing there", err, table.ErrNotFound)
	attrs := table.Attrs{
		"text": table.Text("é\x00\n"), "empty": table.Text(""), "int": table.Int(-1 << 63), "yes": table.Bool(true), "no": table.Bool(false),
		"bytes": table.Bytes([]byte{0, 255}), "none": table.Bytes(nil),
	}
	want := table.Item{Key: key, Attrs: attrs}
	check(t, "written", write(t, tb, table.Put(key, attrs)), want)
	got, err := tb.Get(t.Context(), key)
	check(t, "read", got, want)
	fails(t, "read", err, nil)
	smaller := table.Attrs{"text": table.Text("b")}
	check(t, "a put replaces the whole item", write(t, tb, table.Put(key, smaller)), table.Item{Key: key, Attrs: smaller})
	check(t, "deleted", write(t, tb, table.Delete(key)), table.Item{})
	check(t, "deleted again", write(t, tb, table.Delete(key)), table.Item{})
	_, err = tb.Get(t.Context(), key)
	fails(t, "deleted", err, table.ErrNotFound)
	check(t, "an item without attributes is an item", write(t, tb, table.Put(key, nil)), table.Item{Key: key})
	_, err = tb.Get(t.Context(), key)
	fails(t, "empty item", err, nil)
}

func conditions(t *testing.T, tb table.Table) {
	p := fresh(t)
	there, missing := table.Key{Partition: p, Sort: "there"}, table.Key{Partition: p, Sort: "missing"}
	write(t, tb, table.Put(there, table.Attrs{
		"n": table.Int(5), "s": table.Text("m"), "b": table.Bool(true), "y": table.Bytes([]byte("m")),
	}))
	eq := table.Equals("n", table.Int(5))
	for _, c := range []struct {
		name             string
		cond             table.Cond
		onThere, onEmpty bool
	}{
		{"no condition", table.Cond{}, true, true},
		{"item absent", table.ItemAbsent(), false, true},
		{"item present", table.ItemPresent(), true, false},
		{"attribute absent, it is there", table.Absent("n"), false, true},
		{"attribute absent, it is not there", table.Absent("x"), true, true},
		{"attribute present", table.Present("n"), true, false},
		{"equals", eq, true, false},
		{"equals another", table.Equals("n", table.Int(6)), false, false},
		{"equals another kind", table.Equals("n", table.Text("5")), false, false},
		{"equals bytes of the same text", table.Equals("s", table.Bytes([]byte("m"))), false, false},
		{"less", table.Less("n", table.Int(6)), true, false},
		{"not less than itself", table.Less("n", table.Int(5)), false, false},
		{"less by number, not by text", table.Less("n", table.Int(10)), true, false},
		{"less text", table.Less("s", table.Text("n")), true, false},
		{"less bytes", table.Less("y", table.Bytes([]byte("n"))), true, false},
		{"less than another kind", table.Less("n", table.Text("9")), false, false},
		{"not of less on a missing attribute", table.Not(table.Less("x", table.Int(1))), true, true},
		{"in", table.In("n", table.Int(1), table.Int(5)), true, false},
		{"not in", table.In("n", table.Int(1), table.Text("5")), false, false},
		{"and", table.And(eq, table.Present("s")), true, false},
		{"and, one fails", table.And(eq, table.Absent("s")), false, false},
		{"and of nothing", table.And(), true, true},
		{"or", table.Or(table.ItemAbsent(), eq), true, true},
		{"or, none", table.Or(table.Absent("n"), table.Equals("n", table.Int(1))), false, true},
		{"nested", table.Not(table.And(table.Or(eq, table.Absent("s")), table.Not(table.Present("x")))), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for key, holds := range map[table.Key]bool{there: c.onThere, missing: c.onEmpty} {
				_, err := tb.Write(t.Context(), table.Update(key, []table.Change{table.Set("touched", table.Int(1))}, c.cond))
				if (err == nil) != holds || (err != nil && !errors.Is(err, table.ErrCondition)) {
					t.Errorf("on %q: got %v, want it to hold: %v", key.Sort, err, holds)
				}
			}
			write(t, tb, table.Delete(missing))
		})
	}
}

func changes(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	item := func(a table.Attrs) table.Item { return table.Item{Key: key, Attrs: a} }
	check(t, "an update creates", write(t, tb, table.Update(key, []table.Change{
		table.Set("s", table.Text("a")), table.Add("n", 2), table.SetIfAbsent("first", table.Int(1)), table.Remove("gone"),
	})), item(table.Attrs{"s": table.Text("a"), "n": table.Int(2), "first": table.Int(1)}))
	check(t, "an update changes", write(t, tb, table.Update(key, []table.Change{
		table.Set("s", table.Int(3)), table.Add("n", -5), table.SetIfAbsent("first", table.Int(9)), table.Remove("s2"),
	})), item(table.Attrs{"s": table.Int(3), "n": table.Int(-3), "first": table.Int(1)}))
	check(t, "an update removes", write(t, tb, table.Update(key, []table.Change{table.Remove("s"), table.Remove("n")})),
		item(table.Attrs{"first": table.Int(1)}))
	_, err := tb.Write(t.Context(), table.Update(key, []table.Change{table.Set("first", table.Text("x")), table.Add("first2", 1)}))
	fails(t, "two attributes", err, nil)
	_, err = tb.Write(t.Context(), table.Update(key, []table.Change{table.Add("first", 1)}))
	fails(t, "adding to a text", err, table.ErrInvalid)
}

func oldItem(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	_, err := tb.Write(t.Context(), table.Update(key, []table.Change{table.Add("n", 1)}, table.ItemPresent()))
	old, failed := table.Old(err, 0)
	if !failed {
		t.Fatalf("got %v", err)
	}
	check(t, "nothing was there", old, table.Item{})
	want := write(t, tb, table.Put(key, table.Attrs{"n": table.Int(1)}))
	for name, w := range map[string]table.Write{
		"put":    table.Put(key, nil, table.ItemAbsent()),
		"update": table.Update(key, []table.Change{table.Add("n", 1)}, table.Equals("n", table.Int(2))),
		"delete": table.Delete(key, table.Absent("n")),
	} {
		_, err := tb.Write(t.Context(), w)
		old, failed := table.Old(err, 0)
		if !failed {
			t.Errorf("%s: got %v", name, err)
		}
		check(t, name, old, want)
	}
	got, err := tb.Get(t.Context(), key)
	fails(t, "get", err, nil)
	check(t, "nothing changed", got, want)
}

func transactions(t *testing.T, tb table.Table) {
	p := fresh(t)
	key := func(n int) table.Key { return table.Key{Partition: p, Sort: fmt.Sprintf("%03d", n)} }
	var writes []table.Write
	for n := range table.MaxTransact {
		writes = append(writes, table.Put(key(n), table.Attrs{"n": table.Int(int64(n))}, table.ItemAbsent()))
	}
	fails(t, "a hundred", tb.Transact(t.Context(), writes...), nil)
	fails(t, "a hundred and one", tb.Transact(t.Context(), append(writes, table.Put(key(999), nil))...), table.ErrInvalid)
	fails(t, "none", tb.Transact(t.Context()), table.ErrInvalid)
	fails(t, "one key twice", tb.Transact(t.Context(), table.Put(key(500), nil), table.Delete(key(500))), table.ErrInvalid)
	err := tb.Transact(t.Context(),
		table.Put(key(600), nil, table.ItemAbsent()),
		table.Put(key(1), nil, table.ItemAbsent()),
		table.Update(key(2), []table.Change{table.Add("n", 1)}),
		table.Delete(key(601), table.ItemPresent()),
		table.Check(key(3), table.Equals("n", table.Int(3))),
	)
	fails(t, "two conditions fail", err, table.ErrCondition)
	for index, want := range []struct {
		failed bool
		old    table.Item
	}{{}, {true, table.Item{Key: key(1), Attrs: table.Attrs{"n": table.Int(1)}}}, {}, {true, table.Item{}}, {}} {
		old, failed := table.Old(err, index)
		if failed != want.failed {
			t.Errorf("write %d: failed is %v", index, failed)
		}
		check(t, fmt.Sprintf("old item of write %d", index), old, want.old)
	}
	_, err = tb.Get(t.Context(), key(600))
	fails(t, "all or none", err, table.ErrNotFound)
	got, err := tb.Get(t.Context(), key(2))
	fails(t, "get", err, nil)
	check(t, "all or none", got.Attrs, table.Attrs{"n": table.Int(2)})
	fails(t, "mixed", tb.Transact(t.Context(), table.Delete(key(1)), table.Update(key(2), []table.Change{table.Add("n", 1)}),
		table.Check(key(3), table.ItemPresent())), nil)
	_, err = tb.Get(t.Context(), key(1))
	fails(t, "deleted", err, table.ErrNotFound)
}

func batches(t *testing.T, tb table.Table) {
	p := fresh(t)
	var writes []table.Write
	for n := range table.MaxBatch {
		writes = append(writes, table.Put(table.Key{Partition: p, Sort: fmt.Sprint(n)}, table.Attrs{"n": table.Int(int64(n))}))
	}
	fails(t, "25", tb.Batch(t.Context(), writes...), nil)
	fails(t, "26", tb.Batch(t.Context(), append(writes, table.Delete(table.Key{Partition: p, Sort: "x"}))...), table.ErrInvalid)
	fails(t, "a condition", tb.Batch(t.Context(), table.Put(writes[0].Key, nil, table.ItemAbsent())), table.ErrInvalid)
	fails(t, "an update", tb.Batch(t.Context(), table.Update(writes[0].Key, []table.Change{table.Add("n", 1)})), table.ErrInvalid)
	fails(t, "deletes", tb.Batch(t.Context(), table.Delete(writes[0].Key), table.Delete(writes[1].Key)), nil)
	check(t, "left", len(all(t, tb, table.Query{Partition: p})), table.MaxBatch-2)
}

// all walks all pages of a query.
func all(t *testing.T, tb table.Table, q table.Query) []string {
	t.Helper()
	var sorts []string
	for range 10_000 {
		page, err := tb.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if q.Limit > 0 && len(page.Items) > q.Limit {
			t.Errorf("a page of %d items, limit %d", len(page.Items), q.Limit)
		}
		for _, i := range page.Items {
			sorts = append(sorts, i.Key.Sort)
		}
		if page.Next == "" {
			return sorts
		}
		q.After = page.Next
	}
	t.Fatal("the query never ends")
	return nil
}

func ranges(t *testing.T, tb table.Table) {
	p := fresh(t)
	sorted := []string{"A", "a", "a#1", "a#10", "a#2", "ab", "b", "z", "é", "日", "\U0001F600"}
	for _, s := range sorted {
		write(t, tb, table.Put(table.Key{Partition: p, Sort: s}, nil))
	}
	for _, neighbour := range []string{p + "0", p[:len(p)-1]} {
		write(t, tb, table.Put(table.Key{Partition: neighbour, Sort: "a#1"}, nil))
	}
	for _, c := range []struct {
		name string
		q    table.Query
		want []string
	}{
		{"all in the order of bytes", table.Query{}, sorted},
		{"prefix", table.Query{Prefix: "a#"}, []string{"a#1", "a#10", "a#2"}},
		{"prefix that is a key", table.Query{Prefix: "a"}, []string{"a", "a#1", "a#10", "a#2", "ab"}},
		{"prefix of nothing", table.Query{Prefix: "x"}, nil},
		{"prefix beyond ASCII", table.Query{Prefix: "日"}, []string{"日"}},
		{"from is taken", table.Query{From: "b"}, []string{"b", "z", "é", "日", "\U0001F600"}},
		{"to is not", table.Query{To: "a#1"}, []string{"A", "a"}},
		{"from and to", table.Query{From: "a#1", To: "b"}, []string{"a#1", "a#10", "a#2", "ab"}},
		{"an empty range", table.Query{From: "b", To: "a"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.Partition = p
			for _, limit := range []int{0, 1, 2, 3, 100} {
				c.q.Limit, c.q.Reverse = limit, false
				check(t, fmt.Sprintf("limit %d", limit), all(t, tb, c.q), c.want)
				c.q.Reverse = true
				var back []string
				for _, s := range c.want {
					back = append([]string{s}, back...)
				}
				check(t, fmt.Sprintf("backwards, limit %d", limit), all(t, tb, c.q), back)
			}
		})
	}
	check(t, "after a key that is gone", all(t, tb, table.Query{Partition: p, After: "a#11"}), sorted[4:])
	check(t, "after it, backwards", all(t, tb, table.Query{Partition: p, After: "a#11", Reverse: true}), []string{"a#10", "a#1", "a", "A"})
	check(t, "a partition nobody has", all(t, tb, table.Query{Partition: p + "#none"}), []string(nil))
}

func pages(t *testing.T, tb table.Table) {
	p := fresh(t)
	big := table.Bytes(make([]byte, 300<<10))
	for n := range 8 { // 2.4 MB: more than a page holds
		write(t, tb, table.Put(table.Key{Partition: p, Sort: fmt.Sprint(n)}, table.Attrs{"big": big}))
	}
	page, err := tb.Query(t.Context(), table.Query{Partition: p})
	fails(t, "query", err, nil)
	if len(page.Items) >= 8 || page.Next == "" {
		t.Errorf("a page of %d items, next %q: over the size of a page", len(page.Items), page.Next)
	}
	check(t, "all pages", len(all(t, tb, table.Query{Partition: p})), 8)
}

func limits(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	sized := func(n int) table.Attrs {
		bare := table.Item{Key: key, Attrs: table.Attrs{"b": table.Bytes(nil)}}.Size()
		return table.Attrs{"b": table.Bytes(make([]byte, n-bare))}
	}
	for size, want := range map[int]error{table.MaxItemSize - 1: nil, table.MaxItemSize: nil, table.MaxItemSize + 1: table.ErrTooLarge} {
		_, err := tb.Write(t.Context(), table.Put(key, sized(size)))
		fails(t, fmt.Sprintf("an item of %d bytes", size), err, want)
	}
	write(t, tb, table.Put(key, sized(table.MaxItemSize)))
	_, err := tb.Write(t.Context(), table.Update(key, []table.Change{table.Set("more", table.Int(1))}))
	fails(t, "an update that grows over it", err, table.ErrTooLarge)
	got, err := tb.Get(t.Context(), key)
	fails(t, "get", err, nil)
	if got.Attrs.Has("more") {
		t.Error("the update was applied")
	}
	for n, want := range map[int]error{table.MaxSortKey: nil, table.MaxSortKey + 1: table.ErrInvalid} {
		_, err := tb.Write(t.Context(), table.Put(table.Key{Partition: key.Partition, Sort: strings.Repeat("k", n)}, nil))
		fails(t, fmt.Sprintf("a sort key of %d bytes", n), err, want)
	}
}

func invalid(t *testing.T, tb table.Table) {
	p := fresh(t)
	key := table.Key{Partition: p, Sort: "a"}
	for name, w := range map[string]table.Write{
		"no partition":               table.Put(table.Key{Sort: "a"}, nil),
		"no sort key":                table.Put(table.Key{Partition: p}, nil),
		"no value":                   table.Put(key, table.Attrs{"a": {}}),
		"no name":                    table.Put(key, table.Attrs{"": table.Int(1)}),
		"the name of a key":          table.Put(key, table.Attrs{"pk": table.Int(1)}),
		"no change":                  table.Update(key, nil),
		"an attribute changed twice": table.Update(key, []table.Change{table.Set("a", table.Int(1)), table.Add("a", 1)}),
		"a comparison without value": table.Put(key, nil, table.Equals("a", table.Value{})),
		"in nothing":                 table.Put(key, nil, table.In("a")),
		"or of nothing":              table.Put(key, nil, table.Or()),
		"text that is none":          table.Put(key, table.Attrs{"a": table.Text("\xff")}),
		"a write of no kind":         {Key: key},
		"a check on its own":         table.Check(key, table.ItemAbsent()),
	} {
		_, err := tb.Write(t.Context(), w)
		fails(t, name, err, table.ErrInvalid)
	}
	_, err := tb.Get(t.Context(), table.Key{Partition: p})
	fails(t, "get without a sort key", err, table.ErrInvalid)
	for name, q := range map[string]table.Query{
		"no partition": {}, "prefix and range": {Partition: p, Prefix: "a", To: "b"}, "negative limit": {Partition: p, Limit: -1},
	} {
		_, err := tb.Query(t.Context(), q)
		fails(t, name, err, table.ErrInvalid)
	}
}

// together runs fifty at once and counts those who succeed.
func together(t *testing.T, do func(n int) error) int {
	t.Helper()
	var won atomic.Int64
	var crowd sync.WaitGroup
	for n := range 50 {
		crowd.Go(func() {
			switch err := do(n); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, table.ErrCondition):
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	return int(won.Load())
}

func oneWinner(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	won := together(t, func(n int) error {
		_, err := tb.Write(t.Context(), table.Put(key, table.Attrs{"n": table.Int(int64(n))}, table.ItemAbsent()))
		return err
	})
	check(t, "winners", won, 1)
}

func oneTransaction(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	other := table.Key{Partition: key.Partition, Sort: "b"}
	won := together(t, func(n int) error {
		return tb.Transact(t.Context(), table.Update(key, []table.Change{table.Set("taken", table.Int(int64(n)))}, table.Absent("taken")),
			table.Put(other, table.Attrs{"by": table.Int(int64(n))}))
	})
	check(t, "winners", won, 1)
	a, err := tb.Get(t.Context(), key)
	fails(t, "get", err, nil)
	b, err := tb.Get(t.Context(), other)
	fails(t, "get", err, nil)
	check(t, "both by the same", a.Attrs.Int("taken"), b.Attrs.Int("by"))
}

func additions(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	check(t, "all succeed", together(t, func(int) error {
		_, err := tb.Write(t.Context(), table.Update(key, []table.Change{table.Add("n", 1)}))
		return err
	}), 50)
	got, err := tb.Get(t.Context(), key)
	fails(t, "get", err, nil)
	check(t, "sum", got.Attrs.Int("n"), int64(50))
}

func endedContext(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tb.Write(ctx, table.Put(key, nil)); err == nil {
		t.Error("a write was made")
	}
	if err := tb.Transact(ctx, table.Put(key, nil)); err == nil {
		t.Error("a transaction was made")
	}
	_, err := tb.Get(t.Context(), key)
	fails(t, "get", err, table.ErrNotFound)
}

func aliasing(t *testing.T, tb table.Table) {
	key := table.Key{Partition: fresh(t), Sort: "a"}
	given := table.Attrs{"n": table.Int(1)}
	returned := write(t, tb, table.Put(key, given))
	given["n"] = table.Int(2)
	returned.Attrs["n"] = table.Int(3)
	got, err := tb.Get(t.Context(), key)
	fails(t, "get", err, nil)
	check(t, "what was written", got.Attrs.Int("n"), int64(1))
	got.Attrs["n"] = table.Int(4)
	_, err = tb.Write(t.Context(), table.Delete(key, table.ItemAbsent()))
	old, _ := table.Old(err, 0)
	check(t, "the old item", old.Attrs.Int("n"), int64(1))
	old.Attrs["n"] = table.Int(5)
	check(t, "what is there", all(t, tb, table.Query{Partition: key.Partition}), []string{"a"})
}

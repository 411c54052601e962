package tabletest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"convoc/shared/table"
)

// RunModel runs the same random programs on two engines and compares every answer: items, and kinds of errors; cursors
// are compared by what follows them.
func RunModel(t *testing.T, a, b table.Table) {
	rapid.Check(t, func(rt *rapid.T) {
		partition := fmt.Sprintf("model#%d", serial.Add(1))
		steps := rapid.IntRange(1, 40).Draw(rt, "steps")
		for range steps {
			step(rt, t, partition, a, b)
		}
	})
}

func step(rt *rapid.T, t *testing.T, partition string, a, b table.Table) {
	switch rapid.IntRange(0, 5).Draw(rt, "what") {
	case 0:
		key := drawKey(rt, partition)
		x, errX := a.Get(t.Context(), key)
		y, errY := b.Get(t.Context(), key)
		same(rt, "get", x, y, errX, errY)
	case 1:
		q := drawQuery(rt, partition)
		x, errX := walk(t, a, q)
		y, errY := walk(t, b, q)
		same(rt, "query", x, y, errX, errY)
	case 2, 3:
		w := drawWrite(rt, drawKey(rt, partition), false)
		x, errX := a.Write(t.Context(), w)
		y, errY := b.Write(t.Context(), w)
		same(rt, "write", x, y, errX, errY)
	default:
		var writes []table.Write
		for _, s := range rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 1, 4, rapid.ID).Draw(rt, "keys") {
			writes = append(writes, drawWrite(rt, table.Key{Partition: partition, Sort: sorts[s]}, true))
		}
		same(rt, "transact", nil, nil, a.Transact(t.Context(), writes...), b.Transact(t.Context(), writes...))
	}
}

// walk reads all pages.
func walk(t *testing.T, tb table.Table, q table.Query) ([]table.Item, error) {
	var items []table.Item
	for {
		page, err := tb.Query(t.Context(), q)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items, nil
		}
		q.After = page.Next
	}
}

func same(rt *rapid.T, what string, x, y any, errX, errY error) {
	for _, kind := range []error{table.ErrNotFound, table.ErrCondition, table.ErrInvalid, table.ErrTooLarge, table.ErrUnavailable} {
		if errors.Is(errX, kind) != errors.Is(errY, kind) {
			rt.Fatalf("%s: one engine says %v, the other %v", what, errX, errY)
		}
	}
	if (errX == nil) != (errY == nil) {
		rt.Fatalf("%s: one engine says %v, the other %v", what, errX, errY)
	}
	var cx, cy *table.ConditionError
	if errors.As(errX, &cx) && errors.As(errY, &cy) {
		x, y = cx.Failed, cy.Failed
	}
	if diff := cmp.Diff(x, y, equate); diff != "" {
		rt.Fatalf("%s: the engines differ\n%s", what, diff)
	}
}

var (
	sorts = []string{"a", "a#1", "a#2", "b", "é", "z"}
	names = []string{"p", "q", "r"}
)

func drawKey(rt *rapid.T, partition string) table.Key {
	return table.Key{Partition: partition, Sort: rapid.SampledFrom(sorts).Draw(rt, "sort")}
}

func drawQuery(rt *rapid.T, partition string) table.Query {
	q := table.Query{
		Partition: partition, Limit: rapid.IntRange(0, 3).Draw(rt, "limit"), Reverse: rapid.Bool().Draw(rt, "reverse"),
		After: rapid.SampledFrom(append([]string{"", "", "c"}, sorts...)).Draw(rt, "after"),
	}
	if rapid.Bool().Draw(rt, "by prefix") {
		q.Prefix = rapid.SampledFrom([]string{"a", "a#", "é", "x"}).Draw(rt, "prefix")
	} else {
		q.From = rapid.SampledFrom(append([]string{""}, sorts...)).Draw(rt, "from")
		q.To = rapid.SampledFrom(append([]string{""}, sorts...)).Draw(rt, "to")
	}
	return q
}

func drawValue(rt *rapid.T) table.Value {
	return rapid.SampledFrom([]table.Value{
		table.Int(0), table.Int(1), table.Int(-7), table.Text(""), table.Text("m"), table.Bool(true), table.Bytes([]byte{1}),
	}).Draw(rt, "value")
}

func drawName(rt *rapid.T) string { return rapid.SampledFrom(names).Draw(rt, "name") }

func drawCond(rt *rapid.T, depth int) table.Cond {
	most := 9
	if depth == 0 {
		most = 6
	}
	switch rapid.IntRange(0, most).Draw(rt, "condition") {
	case 0:
		return table.ItemAbsent()
	case 1:
		return table.ItemPresent()
	case 2:
		return table.Absent(drawName(rt))
	case 3:
		return table.Present(drawName(rt))
	case 4:
		return table.Equals(drawName(rt), drawValue(rt))
	case 5:
		return table.Less(drawName(rt), rapid.SampledFrom([]table.Value{table.Int(1), table.Text("n")}).Draw(rt, "bound"))
	case 6:
		return table.In(drawName(rt), drawValue(rt), drawValue(rt))
	case 7:
		return table.And(drawCond(rt, depth-1), drawCond(rt, depth-1))
	case 8:
		return table.Or(drawCond(rt, depth-1), drawCond(rt, depth-1))
	default:
		return table.Not(drawCond(rt, depth-1))
	}
}

func drawWrite(rt *rapid.T, key table.Key, inTransaction bool) table.Write {
	var conds []table.Cond
	if rapid.Bool().Draw(rt, "conditional") {
		conds = []table.Cond{drawCond(rt, 2)}
	}
	most := 2
	if inTransaction && len(conds) > 0 {
		most = 3
	}
	switch rapid.IntRange(0, most).Draw(rt, "write") {
	case 0:
		attrs := table.Attrs{}
		for _, name := range names {
			if rapid.Bool().Draw(rt, "has") {
				attrs[name] = drawValue(rt)
			}
		}
		return table.Put(key, attrs, conds...)
	case 1:
		return table.Update(key, drawChanges(rt), conds...)
	case 2:
		return table.Delete(key, conds...)
	default:
		return table.Check(key, conds...)
	}
}

func drawChanges(rt *rapid.T) []table.Change {
	var changes []table.Change
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID).Draw(rt, "changed") {
		switch rapid.IntRange(0, 3).Draw(rt, "change") {
		case 0:
			changes = append(changes, table.Set(name, drawValue(rt)))
		case 1:
			changes = append(changes, table.SetIfAbsent(name, drawValue(rt)))
		case 2:
			changes = append(changes, table.Add(name, rapid.Int64Range(-3, 3).Draw(rt, "by")))
		default:
			changes = append(changes, table.Remove(name))
		}
	}
	return changes
}

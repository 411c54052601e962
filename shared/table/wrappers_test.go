package table_test

import (
	"context"
	"errors"
	"testing"

	"convoc/shared/table"
	"convoc/shared/table/memtable"
	"convoc/shared/table/tabletest"
)

func TestWrappersKeepTheContract(t *testing.T) {
	t.Run("guard", func(t *testing.T) {
		tabletest.Run(t, func(*testing.T) table.Table { return table.Guard(memtable.New(), "test", nil) })
	})
	t.Run("fault injector without faults", func(t *testing.T) {
		tabletest.Run(t, func(*testing.T) table.Table {
			return table.Faulty(memtable.New(), func(string, table.Key) table.Fault { return table.FaultNone })
		})
	})
	t.Run("counter", func(t *testing.T) {
		tabletest.Run(t, func(*testing.T) table.Table { return &table.Counter{Table: memtable.New()} })
	})
}

// calls makes each kind of call on a partition.
func calls(ctx context.Context, t table.Table, partition string) map[string]error {
	key := table.Key{Partition: partition, Sort: "a"}
	_, get := t.Get(ctx, key)
	_, query := t.Query(ctx, table.Query{Partition: partition})
	_, write := t.Write(ctx, table.Put(key, nil))
	return map[string]error{
		"get": get, "query": query, "write": write,
		"transact": t.Transact(ctx, table.Put(table.Key{Partition: "100", Sort: "own"}, nil), table.Delete(key)),
		"batch":    t.Batch(ctx, table.Put(key, nil)),
	}
}

func TestGuardRefusesTheNeighbour(t *testing.T) {
	for _, partition := range []string{"200", "200#x", "1000", "1000#x", "10", "#100", "agenda"} {
		inner := &table.Counter{Table: memtable.New()}
		seen := 0
		guarded := table.Guard(inner, "100", func(string, table.Key) { seen++ })
		for name, err := range calls(t.Context(), guarded, partition) {
			if !errors.Is(err, table.ErrForeign) {
				t.Errorf("%s of %q: got %v", name, partition, err)
			}
		}
		if inner.Counts() != (table.Counts{}) {
			t.Errorf("%q: %+v reached the table", partition, inner.Counts())
		}
		if seen != 6 {
			t.Errorf("%q: the watch saw %d keys, want 6", partition, seen)
		}
	}
	for name, err := range calls(t.Context(), table.Guard(memtable.New(), "100", nil), "100#x") {
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			t.Errorf("%s of its own: got %v", name, err)
		}
	}
	for name, err := range calls(t.Context(), table.Guard(memtable.New(), "", nil), "100") {
		if !errors.Is(err, table.ErrForeign) {
			t.Errorf("%s of a guard without a tenant: got %v", name, err)
		}
	}
}

func TestFaults(t *testing.T) {
	key := table.Key{Partition: "p", Sort: "a"}
	for fault, applied := range map[table.Fault]bool{table.FaultBefore: false, table.FaultAfter: true} {
		inner := memtable.New()
		_, err := table.Faulty(inner, func(string, table.Key) table.Fault { return fault }).Write(t.Context(), table.Put(key, nil))
		if !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		if _, err := inner.Get(t.Context(), key); (err == nil) != applied {
			t.Errorf("fault %d: applied is %v", fault, err == nil)
		}
	}
}

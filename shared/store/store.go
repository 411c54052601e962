// Package store keeps the vocabulary in the three tables: it builds all keys (keys.go holds the schema), and turns the
// product's types into items and back. Stored structs are private to it, so that changing one does not change the API.
//
// A [Handle] is made for one collectivité and cannot reach another: its table refuses foreign partitions. Only the
// agenda and the accounts have handles of their own, given to those who need them.
//
// Methods return the port's errors: table.ErrNotFound, table.ErrCondition with nothing written, anything else with an
// unknown outcome. Whoever repeats a write recognises its own first try.
package store

import (
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/table"
)

// Tables are the three tables of an installation.
type Tables struct {
	Data     table.Table // of all collectivités; not needed where DataOf is set
	Accounts table.Table // users, sessions
	Agenda   table.Table // what is due when
	// DataOf, when set, gives a collectivité its own way to the data, with rights for its keys only. It must be quick.
	DataOf func(collectivity.ID) table.Table
	// Watch, when set, is told each key that a handle touches (op and key), for the tests of the walls.
	Watch func(op string, key table.Key)
}

// Handle reads and writes the data of one collectivité.
type Handle struct {
	ID   collectivity.ID
	data table.Table
}

// Collectivity makes the handle of one collectivité.
func (t Tables) Collectivity(id collectivity.ID) *Handle {
	data := t.Data
	if t.DataOf != nil {
		data = t.DataOf(id)
	}
	return &Handle{ID: id, data: table.Guard(data, string(id), t.Watch)}
}

// version of all stored items; each item carries it in the attribute "v".
const version = 1

// Times are stored as milliseconds since 1970 UTC; the zero time is an absent attribute.

func timeValue(t time.Time) table.Value { return table.Int(t.UnixMilli()) }

func timeOf(a table.Attrs, name string) time.Time {
	if !a.Has(name) {
		return time.Time{}
	}
	return time.UnixMilli(a.Int(name)).UTC()
}

// attrs builds the attributes of an item, leaving out zero values: absent and zero read alike, and cost nothing.
type attrs struct{ table.Attrs }

func newAttrs() attrs {
	return attrs{table.Attrs{"v": table.Int(version)}}
}

func (a attrs) text(name, s string) {
	if s != "" {
		a.Attrs[name] = table.Text(s)
	}
}

func (a attrs) int(name string, n int64) {
	if n != 0 {
		a.Attrs[name] = table.Int(n)
	}
}

func (a attrs) bool(name string, b bool) {
	if b {
		a.Attrs[name] = table.Bool(true)
	}
}

func (a attrs) bytes(name string, b []byte) {
	if len(b) > 0 {
		a.Attrs[name] = table.Bytes(b)
	}
}

func (a attrs) time(name string, t time.Time) {
	if !t.IsZero() {
		a.Attrs[name] = timeValue(t)
	}
}

// TTL is the attribute by which DynamoDB removes what is past: seconds since 1970 UTC. The other engines keep it like
// any other; on one machine the runner has bolttable remove what it says.
const TTL = ttl

const ttl = "ttl"

func ttlValue(from time.Time, kept time.Duration) table.Value {
	return table.Int(from.Add(kept).Unix())
}

// forget lets the table remove the item some time after another.
func (a attrs) forget(from time.Time, kept time.Duration) { a.Attrs[ttl] = ttlValue(from, kept) }

package store

import (
	"context"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/table"
)

func entryAttrs(e collectivity.Entry) table.Attrs {
	a := newAttrs()
	above := make([]string, len(e.Above))
	for i, id := range e.Above {
		above[i] = string(id)
	}
	a.text("above", strings.Join(above, " "))
	a.text("name", e.Name)
	a.bool("parent", e.Parent)
	a.time("created", e.CreatedAt)
	a.time("closed", e.ClosedAt)
	return a.Attrs
}

func entryOf(i table.Item) collectivity.Entry {
	_, id, _ := cutLast(i.Key.Sort)
	e := collectivity.Entry{
		ID: collectivity.ID(id), Name: i.Attrs.Text("name"), Parent: i.Attrs.Bool("parent"),
		CreatedAt: timeOf(i.Attrs, "created"), ClosedAt: timeOf(i.Attrs, "closed"),
	}
	for above := range strings.FieldsSeq(i.Attrs.Text("above")) {
		e.Above = append(e.Above, collectivity.ID(above))
	}
	return e
}

// Entry reads one collectivité of the registry. Errors: table.ErrNotFound.
func (a *Accounts) Entry(ctx context.Context, s collectivity.ID) (collectivity.Entry, error) {
	item, err := a.table.Get(ctx, entryKey(s))
	if err != nil {
		return collectivity.Entry{}, err
	}
	return entryOf(item), nil
}

// Registry lists all collectivités of the installation, by SIREN.
func (a *Accounts) Registry(ctx context.Context) ([]collectivity.Entry, error) {
	var all []collectivity.Entry
	err := each(ctx, a.table, table.Query{Partition: registryPartition}, func(i table.Item) bool {
		all = append(all, entryOf(i))
		return true
	})
	return all, err
}

// NameEntry gives a collectivité of the registry the name that it has. Errors: table.ErrCondition when it is not there.
func (a *Accounts) NameEntry(ctx context.Context, s collectivity.ID, name string) error {
	_, err := a.table.Write(ctx, table.Update(entryKey(s), []table.Change{table.Set("name", table.Text(name))}, table.ItemPresent()))
	return err
}

// Entered adds a collectivité to the registry, below the first of those above it, which must be there. It must not be
// there itself.
func Entered(e collectivity.Entry) Part {
	p := Part{table.Put(entryKey(e.ID), entryAttrs(e), table.ItemAbsent())}
	if len(e.Above) > 0 {
		p = append(p, table.Update(entryKey(e.Above[0]), []table.Change{table.Set("parent", table.Bool(true))}, table.ItemPresent()))
	}
	return p
}

// EntryClosed closes a collectivité that is open, at a time; the zero time opens one that is closed.
func EntryClosed(s collectivity.ID, at time.Time) Part {
	if at.IsZero() {
		return Part{table.Update(entryKey(s), []table.Change{table.Remove("closed")}, table.Present("closed"))}
	}
	return Part{table.Update(entryKey(s), []table.Change{table.Set("closed", timeValue(at))},
		table.ItemPresent(), table.Absent("closed"))}
}

package store

import (
	"context"

	"convoc/shared/collectivity"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// Collectivity reads the settings of the collectivité. Errors: table.ErrNotFound.
func (h *Handle) Collectivity(ctx context.Context) (collectivity.Collectivity, error) {
	item, err := h.data.Get(ctx, collectivityKey(h.ID))
	if err != nil {
		return collectivity.Collectivity{}, err
	}
	a := item.Attrs
	return collectivity.Collectivity{
		ID:         h.ID,
		Version:    a.Int("version"),
		Name:       a.Text("name"),
		Sender:     a.Text("sender"),
		Mail:       a.Text("mail"),
		Phone:      a.Text("phone"),
		TimeZone:   a.Text("zone"),
		Kind:       collectivity.Kind(a.Text("kind")),
		Population: collectivity.Population(a.Text("population")),
		Retention:  int(a.Int("retention")),
		CreatedAt:  timeOf(a, "created"),
	}, nil
}

func collectivityAttrs(c collectivity.Collectivity) table.Attrs {
	a := newAttrs()
	a.int("version", c.Version)
	a.text("name", c.Name)
	a.text("sender", c.Sender)
	a.text("mail", c.Mail)
	a.text("phone", c.Phone)
	a.text("zone", c.TimeZone)
	a.text("kind", string(c.Kind))
	a.text("population", string(c.Population))
	a.int("retention", int64(c.Retention))
	a.time("created", c.CreatedAt)
	return a.Attrs
}

// PutCollectivity writes the settings of the collectivité, whole; writing the same twice changes nothing.
func (h *Handle) PutCollectivity(ctx context.Context, c collectivity.Collectivity) error {
	_, err := h.data.Write(ctx, table.Put(collectivityKey(h.ID), collectivityAttrs(c)))
	return err
}

// SaveCollectivity writes the settings that follow those of a version, and tells the journal.
// Errors: table.ErrCondition when they have changed since.
func (h *Handle) SaveCollectivity(ctx context.Context, version int64, c collectivity.Collectivity, e journal.Event) error {
	unchanged := table.Equals("version", table.Int(version))
	if version == 0 {
		unchanged = table.And(table.ItemPresent(), table.Absent("version"))
	}
	c.Version = version + 1
	return h.data.Transact(ctx, table.Put(collectivityKey(h.ID), collectivityAttrs(c), unchanged), h.event(e))
}

package store

import (
	"context"

	"convoc/shared/collectivity"
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
		ID:        h.ID,
		Name:      a.Text("name"),
		Mail:      a.Text("mail"),
		Phone:     a.Text("phone"),
		TimeZone:  a.Text("zone"),
		CreatedAt: timeOf(a, "created"),
	}, nil
}

// PutCollectivity writes the settings of the collectivité, whole; writing the same twice changes nothing.
func (h *Handle) PutCollectivity(ctx context.Context, c collectivity.Collectivity) error {
	a := newAttrs()
	a.text("name", c.Name)
	a.text("mail", c.Mail)
	a.text("phone", c.Phone)
	a.text("zone", c.TimeZone)
	a.time("created", c.CreatedAt)
	_, err := h.data.Write(ctx, table.Put(collectivityKey(h.ID), a.Attrs))
	return err
}

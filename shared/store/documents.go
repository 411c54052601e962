package store

import (
	"cmp"
	"context"
	"slices"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

func documentAttrs(d convocation.Document) table.Attrs {
	a := newAttrs()
	a.text("name", d.Name)
	a.int("size", d.Size)
	a.text("media", d.Media)
	a.Attrs["position"] = table.Int(int64(d.Position))
	a.text("state", string(d.State))
	a.text("reason", d.Reason)
	a.text("key", d.Key)
	a.time("asked", d.AskedAt)
	a.time("stored", d.StoredAt)
	a.text("frozen_key", d.FrozenKey)
	a.text("sha256", d.SHA256)
	a.text("scan", string(d.Scan))
	return a.Attrs
}

func documentOf(i table.Item) convocation.Document {
	_, id, _ := cutLast(i.Key.Sort)
	a := i.Attrs
	return convocation.Document{
		ID: convocation.DocumentID(id), Name: a.Text("name"), Size: a.Int("size"), Media: a.Text("media"),
		Position: int(a.Int("position")), State: convocation.DocumentState(a.Text("state")), Reason: a.Text("reason"),
		Key: a.Text("key"), AskedAt: timeOf(a, "asked"), StoredAt: timeOf(a, "stored"),
		FrozenKey: a.Text("frozen_key"), SHA256: a.Text("sha256"), Scan: convocation.Scan(a.Text("scan")),
	}
}

// Documents lists the documents of a convocation in their order.
func (h *Handle) Documents(ctx context.Context, c convocation.ID) ([]convocation.Document, error) {
	q := table.Query{Partition: convocationPartition(h.ID, c), Prefix: prefix("doc")}
	return h.documents(ctx, q)
}

func (h *Handle) documents(ctx context.Context, q table.Query) ([]convocation.Document, error) {
	var docs []convocation.Document
	err := each(ctx, h.data, q, func(i table.Item) bool {
		docs = append(docs, documentOf(i))
		return true
	})
	slices.SortFunc(docs, func(a, b convocation.Document) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), a.AskedAt.Compare(b.AskedAt), cmp.Compare(a.ID, b.ID))
	})
	return docs, err
}

// Document reads one. Errors: table.ErrNotFound.
func (h *Handle) Document(ctx context.Context, c convocation.ID, d convocation.DocumentID) (convocation.Document, error) {
	item, err := h.data.Get(ctx, documentKey(h.ID, c, d))
	if err != nil {
		return convocation.Document{}, err
	}
	return documentOf(item), nil
}

// PutDocument writes a document of a draft. Errors: table.ErrCondition when the convocation is no draft (any more).
func (h *Handle) PutDocument(ctx context.Context, c convocation.ID, d convocation.Document) error {
	return h.data.Transact(ctx,
		table.Check(headKey(h.ID, c), table.ItemPresent(), table.Absent("asked")),
		table.Put(documentKey(h.ID, c, d.ID), documentAttrs(d)),
	)
}

// ReplaceDocuments writes several documents of a draft at once (a new order of them).
func (h *Handle) ReplaceDocuments(ctx context.Context, c convocation.ID, docs []convocation.Document) error {
	writes := []table.Write{table.Check(headKey(h.ID, c), table.ItemPresent(), table.Absent("asked"))}
	for _, d := range docs {
		writes = append(writes, table.Update(documentKey(h.ID, c, d.ID),
			[]table.Change{table.Set("position", table.Int(int64(d.Position)))}, table.ItemPresent()))
	}
	return h.data.Transact(ctx, writes...)
}

// DeleteDocument removes a document of a draft. Errors: table.ErrCondition when the convocation is no draft any more.
func (h *Handle) DeleteDocument(ctx context.Context, c convocation.ID, d convocation.DocumentID) error {
	return h.data.Transact(ctx,
		table.Check(headKey(h.ID, c), table.ItemPresent(), table.Absent("asked")),
		table.Delete(documentKey(h.ID, c, d)),
	)
}

// SettleDocument notes what became of an upload: stored, refused, or still looked at. Only a document that is as it was read
// changes: of two who look at once, the slower one overwrites nothing. Errors: table.ErrCondition otherwise.
func (h *Handle) SettleDocument(ctx context.Context, c convocation.ID, was, d convocation.Document) error {
	_, err := h.data.Write(ctx, table.Update(documentKey(h.ID, c, d.ID), settleChanges(d),
		asRead("state", string(was.State)), asRead("scan", string(was.Scan)), table.Absent("frozen_key")))
	return err
}

// asRead holds while a text attribute is what was read of it; none and empty read alike.
func asRead(attr, was string) table.Cond {
	same := table.Equals(attr, table.Text(was))
	if was == "" {
		same = table.Or(table.Absent(attr), same)
	}
	return same
}

func settleChanges(d convocation.Document) []table.Change {
	return []table.Change{
		table.Set("state", table.Text(string(d.State))), table.Set("reason", table.Text(d.Reason)),
		table.Set("size", table.Int(d.Size)), table.Set("media", table.Text(d.Media)),
		table.Set("stored", timeValue(d.StoredAt)), table.Set("scan", table.Text(string(d.Scan))),
	}
}

package store

import (
	"fmt"
	"slices"
	"testing"

	"convoc/shared/directory"
	"convoc/shared/table"
	"convoc/shared/table/memtable"
)

// older makes the directory one of before the rows: contacts, words and memberships, and nothing else of them.
func (w *town) older(contacts int) {
	w.t.Helper()
	for n := range contacts {
		c := directory.Contact{
			ID: directory.ContactID(fmt.Sprintf("ctc_older%011d", n)), Version: 3, Name: fmt.Sprintf("Ancien %d", n),
			Addresses: []directory.Address{directory.Address(fmt.Sprintf("a%d@x.fr", n))},
		}
		w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, c, nil, []directory.GroupID{grp}))
	}
	var gone []table.Write
	err := each(w.ctx(), w.h.data, table.Query{Partition: directoryPartition(siren)}, func(i table.Item) bool {
		for _, p := range []string{"byname#", "byrank#", "is#", "like#", "sub#", "count"} {
			if len(i.Key.Sort) >= len(p) && i.Key.Sort[:len(p)] == p {
				gone = append(gone, table.Delete(i.Key))
			}
		}
		if len(i.Key.Sort) > 7 && i.Key.Sort[:7] == "member#" || i.Key.Sort[:2] == "w#" {
			gone = append(gone, table.Put(i.Key, newAttrs().Attrs))
		}
		return true
	})
	w.must(err)
	for batch := range slices.Chunk(gone, table.MaxBatch) {
		w.must(w.h.data.Batch(w.ctx(), batch...))
	}
}

func (w *town) rowsIn(in Index) int {
	w.t.Helper()
	n := 0
	w.must(w.h.Rows(w.ctx(), in, "", func(r Row) bool {
		if len(r.Words) > 0 {
			n++
		}
		return true
	}))
	return n
}

func TestOlderDirectoryIsBroughtUp(t *testing.T) {
	w := newTown(t)
	w.older(7)
	all := w.rowsIn(ByName)
	if all != 0 {
		t.Fatalf("%d rows are left of an older directory", all)
	}
	done, err := w.h.BringUp(w.ctx())
	w.must(err)
	contacts := 0
	w.must(w.h.AllContacts(w.ctx(), func(directory.Contact) bool { contacts++; return true }))
	n, err := w.h.ContactCount(w.ctx())
	w.must(err)
	if !done || n != contacts || w.rowsIn(ByName) != contacts || w.rowsIn(InGroup(grp)) < 7 || w.rowsIn(WithWord("ancien")) != 7 {
		t.Errorf("done: %v; %d counted of %d, %d by name, %d in the group", done, n, contacts, w.rowsIn(ByName), w.rowsIn(InGroup(grp)))
	}
	if done, err := w.h.BringUp(w.ctx()); err != nil || done {
		t.Errorf("again: %v, %v", done, err)
	}
}

// Half of it is done by somebody else, or was before it was interrupted; a contact is added meanwhile.
func TestBringingUpGoesOn(t *testing.T) {
	w := newTown(t)
	w.older(5)
	w.must(w.h.addRow(w.ctx(), directory.Contact{ID: "ctc_older00000000002", Version: 3, Name: "Ancien 2", Addresses: []directory.Address{"a2@x.fr"}}))
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, directory.Contact{ID: "ctc_newernewernewerne", Version: 1, Name: "Neuf"}, nil, nil))
	_, err := w.h.BringUp(w.ctx())
	w.must(err)
	contacts := 0
	w.must(w.h.AllContacts(w.ctx(), func(directory.Contact) bool { contacts++; return true }))
	if n, err := w.h.ContactCount(w.ctx()); err != nil || n != contacts || w.rowsIn(ByName) != contacts {
		t.Errorf("%d counted of %d, %d by name, %v", n, contacts, w.rowsIn(ByName), err)
	}
}

func TestEmptyDirectoryIsNotWrittenTo(t *testing.T) {
	h := Tables{Data: memtable.New()}.Collectivity(siren)
	if done, err := h.BringUp(t.Context()); err != nil || done {
		t.Errorf("got %v, %v", done, err)
	}
	if _, err := h.data.Get(t.Context(), contactCountKey(h.ID)); !isNotFound(err) {
		t.Errorf("got %v", err)
	}
}

package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// maxWords of one contact are searchable: a contact with its words, addresses and groups is one transaction.
const maxWords = 24

// MaxGroupsOf one contact, for the same reason.
const MaxGroupsOf = 20

func contactAttrs(c directory.Contact) table.Attrs {
	a := newAttrs()
	a.text("name", c.Name)
	addresses := make([]string, len(c.Addresses))
	for i, addr := range c.Addresses {
		addresses[i] = string(addr)
	}
	a.text("addresses", strings.Join(addresses, "\n"))
	a.int("version", c.Version)
	a.time("created", c.CreatedAt)
	a.time("updated", c.UpdatedAt)
	return a.Attrs
}

func contactOf(id directory.ContactID, a table.Attrs) directory.Contact {
	c := directory.Contact{
		ID: id, Name: a.Text("name"), Version: a.Int("version"), CreatedAt: timeOf(a, "created"), UpdatedAt: timeOf(a, "updated"),
	}
	for addr := range strings.SplitSeq(a.Text("addresses"), "\n") {
		if addr != "" {
			c.Addresses = append(c.Addresses, directory.Address(addr))
		}
	}
	return c
}

// Contact reads one. Errors: table.ErrNotFound.
func (h *Handle) Contact(ctx context.Context, id directory.ContactID) (directory.Contact, error) {
	item, err := h.data.Get(ctx, contactKey(h.ID, id))
	if err != nil {
		return directory.Contact{}, err
	}
	return contactOf(id, item.Attrs), nil
}

// GroupsOf lists the groups of a contact.
func (h *Handle) GroupsOf(ctx context.Context, id directory.ContactID) ([]directory.GroupID, error) {
	var groups []directory.GroupID
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: prefix("of", string(id))}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		_, g, _ := cutLast(i.Key.Sort)
		groups = append(groups, directory.GroupID(g))
		return true
	})
	return groups, err
}

// ContactsAt lists the contacts behind an address.
func (h *Handle) ContactsAt(ctx context.Context, a directory.Address) ([]directory.Contact, error) {
	var ids []directory.ContactID
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: prefix("address", addressPart(a))}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		ids = append(ids, directory.ContactID(id))
		return true
	})
	if err != nil {
		return nil, err
	}
	return h.contacts(ctx, ids)
}

// contacts reads contacts one by one; those deleted meanwhile are left out.
func (h *Handle) contacts(ctx context.Context, ids []directory.ContactID) ([]directory.Contact, error) {
	var contacts []directory.Contact
	for _, id := range ids {
		c, err := h.Contact(ctx, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		contacts = append(contacts, c)
	}
	return contacts, nil
}

// SaveContact writes a contact with all that finds it again (name, words, addresses, groups) in one transaction.
// old is what it was when read, with its groups; the zero Contact for a new one. c.Version must be old.Version+1.
// Events may be none (an import has one for all). Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) SaveContact(ctx context.Context, old, c directory.Contact, oldGroups, groups []directory.GroupID, events ...journal.Event) error {
	cond := table.ItemAbsent()
	if old.Version > 0 {
		cond = table.Equals("version", table.Int(old.Version))
	}
	writes := []table.Write{table.Put(contactKey(h.ID, c.ID), contactAttrs(c), cond)}
	before := map[table.Key]bool{}
	if old.Version > 0 {
		for _, k := range h.contactIndex(old, oldGroups) {
			before[k] = true
		}
	}
	for _, k := range h.contactIndex(c, groups) {
		if !before[k] {
			writes = append(writes, table.Put(k, newAttrs().Attrs))
		}
		delete(before, k)
	}
	for k := range before {
		writes = append(writes, table.Delete(k))
	}
	slices.SortFunc(writes[1:], func(a, b table.Write) int { return strings.Compare(a.Key.Sort, b.Key.Sort) })
	for _, e := range events {
		writes = append(writes, h.event(e))
	}
	return h.data.Transact(ctx, writes...)
}

// DeleteContact removes a contact and all that finds it. Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) DeleteContact(ctx context.Context, c directory.Contact, groups []directory.GroupID, e journal.Event) error {
	writes := []table.Write{
		table.Delete(contactKey(h.ID, c.ID), table.Equals("version", table.Int(c.Version))), h.event(e),
	}
	for _, k := range h.contactIndex(c, groups) {
		writes = append(writes, table.Delete(k))
	}
	return h.data.Transact(ctx, writes...)
}

// contactIndex lists the keys of the items that find a contact.
func (h *Handle) contactIndex(c directory.Contact, groups []directory.GroupID) []table.Key {
	keys := []table.Key{byNameKey(h.ID, directory.Fold(c.Name), c.ID)}
	words := directory.Words(c.Name)
	for _, a := range c.Addresses {
		keys = append(keys, addressKey(h.ID, a, c.ID))
		words = append(words, directory.Words(string(a))...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	for _, w := range words[:min(len(words), maxWords)] {
		keys = append(keys, wordKey(h.ID, w, c.ID))
	}
	for _, g := range groups {
		keys = append(keys, memberKey(h.ID, g, c.ID), memberOfKey(h.ID, c.ID, g))
	}
	return keys
}

// ContactsByName visits contacts sorted by name, after a cursor, until visit returns false.
func (h *Handle) ContactsByName(ctx context.Context, after string, visit func(id directory.ContactID, cursor string) bool) error {
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: prefix("byname"), After: after}
	return each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		return visit(directory.ContactID(id), i.Key.Sort)
	})
}

// ContactsWithWord lists the contacts that have a word beginning with the (folded) prefix.
func (h *Handle) ContactsWithWord(ctx context.Context, word string) ([]directory.ContactID, error) {
	var ids []directory.ContactID
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: strings.TrimSuffix(prefix("w", text(word)), "#")}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		ids = append(ids, directory.ContactID(id))
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Import is one import of contacts.
type Import struct {
	ID        string // « imp_… »
	Name      string // of the file
	Key       string // files key of the upload
	By        string // login
	CreatedAt time.Time
	AppliedAt time.Time // zero until done
	Imported  int       // contacts new, changed or found unchanged
	Unchanged int
	Groups    int // groups created
}

// Import reads one. Errors: table.ErrNotFound.
func (h *Handle) Import(ctx context.Context, id string) (Import, error) {
	item, err := h.data.Get(ctx, importKey(h.ID, id))
	if err != nil {
		return Import{}, err
	}
	a := item.Attrs
	return Import{
		ID: id, Name: a.Text("name"), Key: a.Text("key"), By: a.Text("by"), CreatedAt: timeOf(a, "created"),
		AppliedAt: timeOf(a, "applied"), Imported: int(a.Int("imported")), Unchanged: int(a.Int("unchanged")),
		Groups: int(a.Int("groups")),
	}, nil
}

// PutImport writes an import that was just asked for.
func (h *Handle) PutImport(ctx context.Context, i Import) error {
	_, err := h.data.Write(ctx, table.Put(importKey(h.ID, i.ID), importAttrs(i), table.ItemAbsent()))
	return err
}

// FinishImport writes the result of an import and its one event. Errors: table.ErrCondition when it was done already.
func (h *Handle) FinishImport(ctx context.Context, i Import, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Put(importKey(h.ID, i.ID), importAttrs(i), table.Absent("applied")), h.event(e))
}

func importAttrs(i Import) table.Attrs {
	a := newAttrs()
	a.text("name", i.Name)
	a.text("key", i.Key)
	a.text("by", i.By)
	a.time("created", i.CreatedAt)
	a.time("applied", i.AppliedAt)
	a.int("imported", int64(i.Imported))
	a.int("unchanged", int64(i.Unchanged))
	a.int("groups", int64(i.Groups))
	return a.Attrs
}

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

// maxWords of one contact are searchable: a contact with its words and addresses is one transaction.
const maxWords = 24

// MaxGroupsOf one contact: as many as a file of contacts has columns for.
const MaxGroupsOf = 64

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

// SaveContact writes a contact with all that finds it again (name, words, addresses, groups) in one transaction, or in
// several where that would be too large. old is what it was when read, with its groups; the zero Contact for a new one.
// c.Version must be old.Version+1. Events may be none (an import has one for all).
// Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) SaveContact(ctx context.Context, old, c directory.Contact, oldGroups, groups []directory.GroupID, events ...journal.Event) error {
	cond := table.ItemAbsent()
	var before []table.Key
	if old.Version > 0 {
		cond, before = table.Equals("version", table.Int(old.Version)), h.contactIndex(old)
	}
	writes := append([]table.Write{table.Put(contactKey(h.ID, c.ID), contactAttrs(c), cond)}, replace(before, h.contactIndex(c))...)
	for _, e := range events {
		writes = append(writes, h.event(e))
	}
	return h.withMemberships(ctx, writes, h.memberships(c.ID, oldGroups, groups))
}

// withMemberships makes the writes of a contact, the first of which has the condition for all, together with those of
// its groups. Where they are too many for one transaction, the groups come first, a part at a time; killed in between,
// doing it again does the rest.
func (h *Handle) withMemberships(ctx context.Context, writes []table.Write, memberships [][]table.Write) error {
	unchanged := table.Check(writes[0].Key, writes[0].Cond)
	for len(memberships) > 0 && len(writes)+2*len(memberships) > table.MaxTransact {
		n := min(len(memberships), (table.MaxTransact-1)/2)
		if err := h.data.Transact(ctx, append([]table.Write{unchanged}, slices.Concat(memberships[:n]...)...)...); err != nil {
			return err
		}
		memberships = memberships[n:]
	}
	return h.data.Transact(ctx, append(writes, slices.Concat(memberships...)...)...)
}

// replace makes the writes that turn one set of empty items into another, in the order of their keys.
func replace(old, keys []table.Key) []table.Write {
	var writes []table.Write
	for _, k := range keys {
		if !slices.Contains(old, k) {
			writes = append(writes, table.Put(k, newAttrs().Attrs))
		}
	}
	for _, k := range old {
		if !slices.Contains(keys, k) {
			writes = append(writes, table.Delete(k))
		}
	}
	slices.SortFunc(writes, func(a, b table.Write) int { return strings.Compare(a.Key.Sort, b.Key.Sort) })
	return writes
}

// DeleteContact removes a contact and all that finds it, as SaveContact writes them.
// Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) DeleteContact(ctx context.Context, c directory.Contact, groups []directory.GroupID, e journal.Event) error {
	writes := []table.Write{
		table.Delete(contactKey(h.ID, c.ID), table.Equals("version", table.Int(c.Version))), h.event(e),
	}
	for _, k := range h.contactIndex(c) {
		writes = append(writes, table.Delete(k))
	}
	return h.withMemberships(ctx, writes, h.memberships(c.ID, groups, nil))
}

// contactIndex lists the keys of the items that find a contact, each once.
func (h *Handle) contactIndex(c directory.Contact) []table.Key {
	keys := []table.Key{byNameKey(h.ID, directory.Fold(c.Name), c.ID)}
	words := directory.Words(c.Name)
	for _, a := range c.Addresses {
		keys = append(keys, addressKey(h.ID, a, c.ID))
		words = append(words, directory.Words(string(a))...)
	}
	for i := range words {
		words[i] = text(words[i])
	}
	slices.Sort(words)
	words = slices.Compact(words)
	for _, w := range words[:min(len(words), maxWords)] {
		keys = append(keys, wordKey(h.ID, w, c.ID))
	}
	return keys
}

// memberships makes the writes that turn the groups of a contact into others: two for each group, which belong together.
func (h *Handle) memberships(c directory.ContactID, old, groups []directory.GroupID) [][]table.Write {
	var writes [][]table.Write
	for _, g := range groups {
		if !slices.Contains(old, g) {
			empty := newAttrs().Attrs
			writes = append(writes, []table.Write{table.Put(memberKey(h.ID, g, c), empty), table.Put(memberOfKey(h.ID, c, g), empty)})
		}
	}
	for _, g := range old {
		if !slices.Contains(groups, g) {
			writes = append(writes, []table.Write{table.Delete(memberKey(h.ID, g, c)), table.Delete(memberOfKey(h.ID, c, g))})
		}
	}
	return writes
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

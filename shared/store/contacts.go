package store

import (
	"context"
	"maps"
	"slices"
	"strings"

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
	a.text("civility", c.Civility)
	a.text("first", c.First)
	a.text("last", c.Last)
	a.text("function", c.Function)
	a.text("phone", c.Phone)
	a.bool("inactive", c.Inactive)
	a.bool("paper", c.Paper)
	a.int("rank", int64(c.Rank))
	a.text("substitute_of", string(c.SubstituteOf))
	a.int("version", c.Version)
	a.time("created", c.CreatedAt)
	a.time("updated", c.UpdatedAt)
	return a.Attrs
}

func contactOf(id directory.ContactID, a table.Attrs) directory.Contact {
	c := directory.Contact{
		ID: id, Name: a.Text("name"), Version: a.Int("version"), CreatedAt: timeOf(a, "created"), UpdatedAt: timeOf(a, "updated"),
		Civility: a.Text("civility"), First: a.Text("first"), Last: a.Text("last"), Function: a.Text("function"),
		Phone: a.Text("phone"), Inactive: a.Bool("inactive"), Paper: a.Bool("paper"), Rank: int(a.Int("rank")),
		SubstituteOf: directory.ContactID(a.Text("substitute_of")),
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
	ids, err := h.idsUnder(ctx, prefix("address", addressPart(a)))
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
	writes := h.contactWrites(old, c, oldGroups, groups)
	if old.Version == 0 {
		writes = append(writes, h.countContact(1))
	}
	for _, e := range events {
		writes = append(writes, h.event(e))
	}
	return h.withMemberships(ctx, writes, h.memberships(c.ID, rowAttrs(old, oldGroups), rowAttrs(c, groups), oldGroups, groups))
}

// contactWrites makes those of a contact and of what finds it, less its groups; the first has the condition for all.
func (h *Handle) contactWrites(old, c directory.Contact, oldGroups, groups []directory.GroupID) []table.Write {
	cond := table.ItemAbsent()
	var before []table.Item
	if old.Version > 0 {
		cond, before = table.Equals("version", table.Int(old.Version)), h.contactIndex(old, oldGroups)
	}
	return append([]table.Write{table.Put(contactKey(h.ID, c.ID), contactAttrs(c), cond)}, replace(before, h.contactIndex(c, groups))...)
}

// countContact counts one more or one less. It is in the transaction that creates or deletes the contact under a
// condition, so that it happens once.
func (h *Handle) countContact(n int64) table.Write {
	return table.Update(contactCountKey(h.ID), []table.Change{table.Add("n", n), table.Set("v", table.Int(version))})
}

// ContactCount is how many contacts there are.
func (h *Handle) ContactCount(ctx context.Context) (int, error) {
	item, err := h.data.Get(ctx, contactCountKey(h.ID))
	if isNotFound(err) {
		return 0, nil
	}
	return int(item.Attrs.Int("n")), err
}

// withMemberships makes the writes of a contact, the first of which has the condition for all, together with those of
// its groups. Where they are too many for one transaction, the groups come first, a part at a time; killed in between,
// doing it again does the rest.
func (h *Handle) withMemberships(ctx context.Context, writes []table.Write, memberships [][]table.Write) error {
	unchanged := table.Check(writes[0].Key, writes[0].Cond)
	for len(memberships) > 0 && len(writes)+len(slices.Concat(memberships...)) > table.MaxTransact {
		n := min(len(memberships), (table.MaxTransact-1)/2)
		if err := h.data.Transact(ctx, append([]table.Write{unchanged}, slices.Concat(memberships[:n]...)...)...); err != nil {
			return err
		}
		memberships = memberships[n:]
	}
	return h.data.Transact(ctx, append(writes, slices.Concat(memberships...)...)...)
}

// replace makes the writes that turn one set of items into another, in the order of their keys.
func replace(old, items []table.Item) []table.Write {
	before := make(map[table.Key]table.Attrs, len(old))
	for _, i := range old {
		before[i.Key] = i.Attrs
	}
	var writes []table.Write
	for _, i := range items {
		if attrs, there := before[i.Key]; !there || !maps.Equal(attrs, i.Attrs) {
			writes = append(writes, table.Put(i.Key, i.Attrs))
		}
		delete(before, i.Key)
	}
	for k := range before {
		writes = append(writes, table.Delete(k))
	}
	slices.SortFunc(writes, func(a, b table.Write) int { return strings.Compare(a.Key.Sort, b.Key.Sort) })
	return writes
}

// DeleteContact removes a contact and all that finds it, as SaveContact writes them.
// Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) DeleteContact(ctx context.Context, c directory.Contact, groups []directory.GroupID, e journal.Event) error {
	writes := []table.Write{
		table.Delete(contactKey(h.ID, c.ID), table.Equals("version", table.Int(c.Version))), h.event(e), h.countContact(-1),
	}
	writes = append(writes, replace(h.contactIndex(c, groups), nil)...)
	return h.withMemberships(ctx, writes, h.memberships(c.ID, nil, nil, groups, nil))
}

// contactIndex lists the items that find a contact, each key once.
func (h *Handle) contactIndex(c directory.Contact, groups []directory.GroupID) []table.Item {
	row, bare := rowAttrs(c, groups), newAttrs().Attrs
	items := []table.Item{{Key: byNameKey(h.ID, c.SortName(), c.ID), Attrs: row}}
	if c.Rank > 0 {
		items = append(items, table.Item{Key: byRankKey(h.ID, c.Rank, c.SortName(), c.ID), Attrs: row})
	}
	for _, state := range statesOf(c) {
		items = append(items, table.Item{Key: stateKey(h.ID, state, c.ID), Attrs: row})
	}
	for _, w := range indexed(c) {
		items = append(items, table.Item{Key: wordKey(h.ID, w, c.ID), Attrs: row})
	}
	for _, a := range c.Addresses {
		items = append(items, table.Item{Key: addressKey(h.ID, a, c.ID), Attrs: bare})
	}
	if like := c.Likeness(); like != "" {
		items = append(items, table.Item{Key: likenessKey(h.ID, like, c.ID), Attrs: bare})
	}
	if c.SubstituteOf != "" {
		items = append(items, table.Item{Key: substituteKey(h.ID, c.SubstituteOf, c.ID), Attrs: bare})
	}
	return items
}

// memberships makes the writes that turn the groups of a contact into others: two for each group that she joins or leaves,
// which belong together, one for each that she stays in when her row has changed.
func (h *Handle) memberships(c directory.ContactID, oldRow, row table.Attrs, old, groups []directory.GroupID) [][]table.Write {
	var writes [][]table.Write
	changed := !maps.Equal(oldRow, row)
	for _, g := range groups {
		switch {
		case !slices.Contains(old, g):
			writes = append(writes, []table.Write{table.Put(memberKey(h.ID, g, c), row), table.Put(memberOfKey(h.ID, c, g), newAttrs().Attrs)})
		case changed:
			writes = append(writes, []table.Write{table.Put(memberKey(h.ID, g, c), row)})
		}
	}
	for _, g := range old {
		if !slices.Contains(groups, g) {
			writes = append(writes, []table.Write{table.Delete(memberKey(h.ID, g, c)), table.Delete(memberOfKey(h.ID, c, g))})
		}
	}
	return writes
}

// ContactsWithWord lists the contacts that have a word beginning with the (folded) prefix.
func (h *Handle) ContactsWithWord(ctx context.Context, word string) ([]directory.ContactID, error) {
	var ids []directory.ContactID
	err := h.Rows(ctx, WithWord(word), "", func(r Row) bool {
		ids = append(ids, r.ID)
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Substitutes reads the substitutes (« suppléants ») of a contact.
func (h *Handle) Substitutes(ctx context.Context, of directory.ContactID) ([]directory.Contact, error) {
	ids, err := h.idsUnder(ctx, prefix("sub", string(of)))
	if err != nil {
		return nil, err
	}
	return h.contacts(ctx, ids)
}

// idsUnder lists the contacts whose identifiers end the keys with a prefix.
func (h *Handle) idsUnder(ctx context.Context, under string) ([]directory.ContactID, error) {
	var ids []directory.ContactID
	err := each(ctx, h.data, table.Query{Partition: directoryPartition(h.ID), Prefix: under}, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		ids = append(ids, directory.ContactID(id))
		return true
	})
	return ids, err
}

package store

import (
	"context"

	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

func groupAttrs(g directory.Group) table.Attrs {
	a := newAttrs()
	a.text("name", g.Name)
	a.bool("shared", g.Shared)
	a.time("created", g.CreatedAt)
	return a.Attrs
}

func groupOf(id directory.GroupID, a table.Attrs) directory.Group {
	return directory.Group{ID: id, Name: a.Text("name"), Shared: a.Bool("shared"), CreatedAt: timeOf(a, "created")}
}

// Group reads one. Errors: table.ErrNotFound.
func (h *Handle) Group(ctx context.Context, id directory.GroupID) (directory.Group, error) {
	item, err := h.data.Get(ctx, groupKey(h.ID, id))
	if err != nil {
		return directory.Group{}, err
	}
	return groupOf(id, item.Attrs), nil
}

// Groups lists all groups of the collectivité, in no order.
func (h *Handle) Groups(ctx context.Context) ([]directory.Group, error) {
	var groups []directory.Group
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: prefix("group")}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		groups = append(groups, groupOf(directory.GroupID(id), i.Attrs))
		return true
	})
	return groups, err
}

// GroupNamed finds a group by its name without regard to case, accents and outer spaces. Errors: table.ErrNotFound.
func (h *Handle) GroupNamed(ctx context.Context, name string) (directory.Group, error) {
	item, err := h.data.Get(ctx, groupNameKey(h.ID, directory.Fold(name)))
	if err != nil {
		return directory.Group{}, err
	}
	return h.Group(ctx, directory.GroupID(item.Attrs.Text("group")))
}

// CreateGroup writes a group and takes its name. Errors: table.ErrCondition when the name is taken.
func (h *Handle) CreateGroup(ctx context.Context, g directory.Group, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Put(groupKey(h.ID, g.ID), groupAttrs(g), table.ItemAbsent()),
		h.takeName(g),
		h.event(e),
	)
}

// takeName gives the folded name to the group, unless another group has it.
func (h *Handle) takeName(g directory.Group) table.Write {
	a := newAttrs()
	a.text("group", string(g.ID))
	return table.Put(groupNameKey(h.ID, directory.Fold(g.Name)), a.Attrs,
		table.Or(table.ItemAbsent(), table.Equals("group", table.Text(string(g.ID)))))
}

// RenameGroup gives a group another name, or shares it. Errors: table.ErrCondition when the name is taken or the group has
// changed.
func (h *Handle) RenameGroup(ctx context.Context, old, g directory.Group, e journal.Event) error {
	writes := []table.Write{
		table.Put(groupKey(h.ID, g.ID), groupAttrs(g), sameGroup(old)),
		h.takeName(g),
		h.event(e),
	}
	if before := groupNameKey(h.ID, directory.Fold(old.Name)); before != groupNameKey(h.ID, directory.Fold(g.Name)) {
		writes = append(writes, table.Delete(before))
	}
	return h.data.Transact(ctx, writes...)
}

// sameGroup holds while a group is as it was read. « Not shared » is an absent attribute.
func sameGroup(g directory.Group) table.Cond {
	shared := table.Absent("shared")
	if g.Shared {
		shared = table.Equals("shared", table.Bool(true))
	}
	return table.And(table.Equals("name", table.Text(g.Name)), shared)
}

// DeleteGroup removes a group and its name, then its memberships; the members stay contacts. Killed in between, what is
// left finds no group and is left out everywhere, and deleting again removes it.
// Errors: table.ErrCondition when there is no such group (any more).
func (h *Handle) DeleteGroup(ctx context.Context, g directory.Group, e journal.Event) error {
	gone := h.dropGroup(ctx, g, e)
	if isCondition(gone) { // renamed since it was read: the old name may be another group's by now
		gone = h.dropRenamed(ctx, g.ID, e, gone)
	}
	if gone != nil && !isCondition(gone) {
		return gone
	}
	if err := h.DropMembers(ctx, g.ID); err != nil {
		return err
	}
	return gone
}

// DropMembers removes the memberships of a group that is gone: deleting it was interrupted.
func (h *Handle) DropMembers(ctx context.Context, g directory.GroupID) error {
	members, err := h.Members(ctx, g)
	if err != nil {
		return err
	}
	for _, c := range members {
		if err := h.data.Transact(ctx, table.Delete(memberKey(h.ID, g, c)), table.Delete(memberOfKey(h.ID, c, g))); err != nil {
			return err
		}
	}
	return nil
}

// dropGroup removes a group with the name it has.
func (h *Handle) dropGroup(ctx context.Context, g directory.Group, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Delete(groupKey(h.ID, g.ID), table.Equals("name", table.Text(g.Name))),
		table.Delete(groupNameKey(h.ID, directory.Fold(g.Name))),
		h.event(e),
	)
}

// dropRenamed removes a group under whatever name it has now; gone is its error when there is none.
func (h *Handle) dropRenamed(ctx context.Context, id directory.GroupID, e journal.Event, gone error) error {
	g, err := h.Group(ctx, id)
	if isNotFound(err) {
		return gone
	}
	if err != nil {
		return err
	}
	return h.dropGroup(ctx, g, e)
}

// Members lists the contacts of a group.
func (h *Handle) Members(ctx context.Context, g directory.GroupID) ([]directory.ContactID, error) {
	return h.idsUnder(ctx, prefix("member", string(g)))
}

// MemberContacts reads the contacts of a group.
func (h *Handle) MemberContacts(ctx context.Context, g directory.GroupID) ([]directory.Contact, error) {
	ids, err := h.Members(ctx, g)
	if err != nil {
		return nil, err
	}
	return h.contacts(ctx, ids)
}

package store

import (
	"context"

	"convoc/shared/directory"
	"convoc/shared/table"
)

// bringUpTries of the count, which others may change meanwhile.
const bringUpTries = 5

// BringUp gives the contacts of a directory that is older than the rows what finds them in lists, and counts them. It tells
// whether there was anything to do: of a directory that is as it should be, or empty, it writes nothing. Interrupted, it
// goes on with those that are left.
func (h *Handle) BringUp(ctx context.Context) (bool, error) {
	for try := 1; ; try++ {
		before, err := h.data.Get(ctx, contactCountKey(h.ID))
		if err != nil && !isNotFound(err) {
			return false, err
		}
		if before.Attrs.Bool("whole") {
			return false, nil
		}
		n, err := h.addRows(ctx)
		if err != nil || n == 0 && before.Attrs == nil {
			return false, err
		}
		same := table.ItemAbsent()
		if before.Attrs != nil {
			same = table.Equals("n", table.Int(before.Attrs.Int("n")))
			if !before.Attrs.Has("n") {
				same = table.Absent("n")
			}
		}
		_, err = h.data.Write(ctx, table.Put(contactCountKey(h.ID), table.Attrs{
			"v": table.Int(version), "n": table.Int(int64(n)), "whole": table.Bool(true),
		}, same))
		if !isCondition(err) || try == bringUpTries {
			return err == nil, err
		}
	}
}

// addRows adds what is missing and counts the contacts.
func (h *Handle) addRows(ctx context.Context) (n int, err error) {
	has := map[directory.ContactID]bool{}
	if err := h.Rows(ctx, ByName, "", func(r Row) bool { has[r.ID] = true; return true }); err != nil {
		return 0, err
	}
	var lacking []directory.Contact
	err = h.AllContacts(ctx, func(c directory.Contact) bool {
		if n++; !has[c.ID] {
			lacking = append(lacking, c)
		}
		return true
	})
	if err != nil {
		return 0, err
	}
	for _, c := range lacking {
		if err := h.addRow(ctx, c); err != nil && !isCondition(err) { // who changes it adds its row
			return 0, err
		}
	}
	return n, nil
}

// addRow writes all that finds a contact. Its row by name, by which it is known to be there, comes with the last part.
// Errors: table.ErrCondition when it changed meanwhile.
func (h *Handle) addRow(ctx context.Context, c directory.Contact) error {
	groups, err := h.GroupsOf(ctx, c.ID)
	if err != nil {
		return err
	}
	writes := []table.Write{table.Check(contactKey(h.ID, c.ID), table.Equals("version", table.Int(c.Version)))}
	writes = append(writes, replace(nil, h.contactIndex(c, groups))...)
	return h.withMemberships(ctx, writes, h.memberships(c.ID, nil, rowAttrs(c, groups), nil, groups))
}

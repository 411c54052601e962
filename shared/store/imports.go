package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// Import is one import of contacts.
type Import struct {
	ID        string // « imp_… »
	Name      string // of the file
	Key       string // files key of the upload
	By        string // login
	CreatedAt time.Time
	Choices   ImportChoices

	BegunAt   time.Time // zero until it begins to be applied: its choices do not change any more
	AppliedAt time.Time // zero until done
	Lines     int       // of the file, once it has begun
	Batch     int       // the one to be applied next, from 0
	Line      int       // rows up to this line are done
	New       int       // contacts
	Changed   int
	Unchanged int
	Errors    int // rows that were left, each with its reason
	Groups    int // created

	UndoAt   time.Time // zero until it begins to be undone
	UndoneAt time.Time // zero until that is done
	Restored int       // contacts that are as they were before, or gone again
	Kept     []string  // identifiers of contacts that were changed since, and left as they are
}

// Imported are the contacts that are now as the file says.
func (i Import) Imported() int { return i.New + i.Changed + i.Unchanged }

// ImportChoices are what the secretary chose for a whole file. The zero value chooses nothing.
type ImportChoices struct {
	Encoding, Separator, Sheet string   // empty: found
	Header                     string   // « yes », « no »; empty: found
	Columns                    []string // roles by position; nil: found
	WithoutAddress             bool     // who has no address is convened on paper
	Replace                    bool     // the groups of the file take the place of those of its persons
	Refused                    []string // names of groups that are not to be created
}

// ImportLine is what the secretary chose for one line.
type ImportLine struct {
	Line     int
	Cells    []string // instead of the file's; nil: those
	Out      bool     // it is left out
	Decision string   // « same », « other »; empty: none
}

// Import reads one. Errors: table.ErrNotFound.
func (h *Handle) Import(ctx context.Context, id string) (Import, error) {
	item, err := h.data.Get(ctx, importKey(h.ID, id))
	if err != nil {
		return Import{}, err
	}
	return importOf(id, item.Attrs), nil
}

// Imports lists all, in no order.
func (h *Handle) Imports(ctx context.Context) ([]Import, error) {
	var all []Import
	err := each(ctx, h.data, table.Query{Partition: importsPartition(h.ID), Prefix: prefix("import")}, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		all = append(all, importOf(id, i.Attrs))
		return true
	})
	return all, err
}

// ImportLines lists what was chosen for lines, by line.
func (h *Handle) ImportLines(ctx context.Context, id string) ([]ImportLine, error) {
	var all []ImportLine
	err := each(ctx, h.data, table.Query{Partition: importsPartition(h.ID), Prefix: prefix("line", id)}, func(i table.Item) bool {
		a := i.Attrs
		l := ImportLine{Line: int(a.Int("line")), Out: a.Bool("out"), Decision: a.Text("decision")}
		if json.Unmarshal([]byte(a.Text("cells")), &l.Cells) != nil {
			l.Cells = nil
		}
		all = append(all, l)
		return true
	})
	return all, err
}

// ChooseImport writes choices for the file and for lines of it; choices for other lines stay. Lines without any choice
// lose theirs. Interrupted, it is done again. Errors: table.ErrCondition when the import has begun.
func (h *Handle) ChooseImport(ctx context.Context, i Import, lines []ImportLine) error {
	const most = table.MaxTransact - 1
	open := table.And(table.ItemPresent(), table.Absent("begun"))
	for len(lines) > most {
		if err := h.data.Transact(ctx, append(h.importLines(i.ID, lines[:most]), table.Check(importKey(h.ID, i.ID), open))...); err != nil {
			return err
		}
		lines = lines[most:]
	}
	return h.data.Transact(ctx, append(h.importLines(i.ID, lines), table.Put(importKey(h.ID, i.ID), importAttrs(i), open))...)
}

func (h *Handle) importLines(id string, lines []ImportLine) []table.Write {
	writes := make([]table.Write, len(lines))
	for i, l := range lines {
		key := importLineKey(h.ID, id, l.Line)
		if len(l.Cells) == 0 && !l.Out && l.Decision == "" {
			writes[i] = table.Delete(key)
			continue
		}
		a := newAttrs()
		a.int("line", int64(l.Line))
		a.bool("out", l.Out)
		a.text("decision", l.Decision)
		if len(l.Cells) > 0 {
			a.text("cells", jsonText(l.Cells))
		}
		writes[i] = table.Put(key, a.Attrs)
	}
	return writes
}

// PutImport writes an import that was just asked for.
func (h *Handle) PutImport(ctx context.Context, i Import) error {
	_, err := h.data.Write(ctx, table.Put(importKey(h.ID, i.ID), importAttrs(i), table.ItemAbsent()))
	return err
}

// StepImport writes how far an import has come, with its one event at the end. Errors: table.ErrCondition when somebody
// else took the step.
func (h *Handle) StepImport(ctx context.Context, old, i Import, events ...journal.Event) error {
	put := table.Put(importKey(h.ID, i.ID), importAttrs(i), sameStep(old))
	if len(events) == 0 {
		_, err := h.data.Write(ctx, put)
		return err
	}
	writes := []table.Write{put}
	for _, e := range events {
		writes = append(writes, h.event(e))
	}
	return h.data.Transact(ctx, writes...)
}

// sameStep holds while an import is as far as it was read. What is zero is an absent attribute.
func sameStep(i Import) table.Cond {
	conds := []table.Cond{table.ItemPresent()}
	attrs := importAttrs(i)
	for _, name := range []string{"begun", "applied", "batch", "line", "undo", "undone", "restored"} {
		if v, there := attrs[name]; there {
			conds = append(conds, table.Equals(name, v))
		} else {
			conds = append(conds, table.Absent(name))
		}
	}
	return table.And(conds...)
}

func importAttrs(i Import) table.Attrs {
	a := newAttrs()
	a.text("name", i.Name)
	a.text("key", i.Key)
	a.text("by", i.By)
	a.time("created", i.CreatedAt)
	a.text("encoding", i.Choices.Encoding)
	a.text("separator", i.Choices.Separator)
	a.text("sheet", i.Choices.Sheet)
	a.text("header", i.Choices.Header)
	a.text("columns", strings.Join(i.Choices.Columns, " "))
	a.bool("without_address", i.Choices.WithoutAddress)
	a.bool("replace", i.Choices.Replace)
	a.text("refused", strings.Join(i.Choices.Refused, "\n"))
	a.time("begun", i.BegunAt)
	a.time("applied", i.AppliedAt)
	a.int("lines", int64(i.Lines))
	a.int("batch", int64(i.Batch))
	a.int("line", int64(i.Line))
	a.int("new", int64(i.New))
	a.int("changed", int64(i.Changed))
	a.int("unchanged", int64(i.Unchanged))
	a.int("errors", int64(i.Errors))
	a.int("groups", int64(i.Groups))
	a.time("undo", i.UndoAt)
	a.time("undone", i.UndoneAt)
	a.int("restored", int64(i.Restored))
	a.text("kept", strings.Join(i.Kept, " "))
	return a.Attrs
}

func importOf(id string, a table.Attrs) Import {
	return Import{
		ID: id, Name: a.Text("name"), Key: a.Text("key"), By: a.Text("by"), CreatedAt: timeOf(a, "created"),
		Choices: ImportChoices{
			Encoding: a.Text("encoding"), Separator: a.Text("separator"), Sheet: a.Text("sheet"), Header: a.Text("header"),
			Columns: fields(a.Text("columns")), WithoutAddress: a.Bool("without_address"), Replace: a.Bool("replace"),
			Refused: lines(a.Text("refused")),
		},
		BegunAt: timeOf(a, "begun"), AppliedAt: timeOf(a, "applied"), Lines: int(a.Int("lines")), Batch: int(a.Int("batch")), Line: int(a.Int("line")),
		New: int(a.Int("new")), Changed: int(a.Int("changed")), Unchanged: int(a.Int("unchanged")), Errors: int(a.Int("errors")),
		Groups: int(a.Int("groups")), UndoAt: timeOf(a, "undo"), UndoneAt: timeOf(a, "undone"), Restored: int(a.Int("restored")),
		Kept: fields(a.Text("kept")),
	}
}

func fields(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Fields(s)
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func jsonText(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error()) // texts only: a bug of ours
	}
	return string(raw)
}

// ContactChange is one contact as it was read and as it is to be. Old is zero for a new one, New for one that goes.
type ContactChange struct {
	Old, New          directory.Contact
	OldGroups, Groups []directory.GroupID
}

// SaveContacts writes many contacts as SaveContact and DeleteContact do, in as few transactions as they fit in; nobody
// is told. Of each contact New.Version must be Old.Version+1. Errors: table.ErrCondition when one has changed; what was
// written before it stays, and doing the rest again is for whoever reads them again.
func (h *Handle) SaveContacts(ctx context.Context, changes []ContactChange) error {
	var pending []table.Write
	counted := int64(0)
	flush := func() error {
		if len(pending) == 0 {
			return nil
		}
		if counted != 0 {
			pending = append(pending, h.countContact(counted))
		}
		err := h.data.Transact(ctx, pending...)
		pending, counted = nil, 0
		return err
	}
	for _, c := range changes {
		writes, n := h.changeWrites(c)
		if len(writes) >= table.MaxTransact {
			if err := h.saveLarge(ctx, c); err != nil {
				return err
			}
			continue
		}
		if len(pending)+len(writes) >= table.MaxTransact {
			if err := flush(); err != nil {
				return err
			}
		}
		pending, counted = append(pending, writes...), counted+n
	}
	return flush()
}

// changeWrites makes all writes of one contact, but the count of contacts, which grows by n.
func (h *Handle) changeWrites(c ContactChange) (writes []table.Write, n int64) {
	var memberships [][]table.Write
	switch {
	case c.New.Version == 0:
		writes = []table.Write{table.Delete(contactKey(h.ID, c.Old.ID), table.Equals("version", table.Int(c.Old.Version)))}
		writes = append(writes, replace(h.contactIndex(c.Old, c.OldGroups), nil)...)
		memberships, n = h.memberships(c.Old.ID, nil, nil, c.OldGroups, nil), -1
	default:
		writes = h.contactWrites(c.Old, c.New, c.OldGroups, c.Groups)
		memberships = h.memberships(c.New.ID, rowAttrs(c.Old, c.OldGroups), rowAttrs(c.New, c.Groups), c.OldGroups, c.Groups)
		if c.Old.Version == 0 {
			n = 1
		}
	}
	for _, m := range memberships {
		writes = append(writes, m...)
	}
	return writes, n
}

// saveLarge writes a contact of so many groups that it is no part of a transaction of several.
func (h *Handle) saveLarge(ctx context.Context, c ContactChange) error {
	if c.New.Version > 0 {
		return h.SaveContact(ctx, c.Old, c.New, c.OldGroups, c.Groups)
	}
	writes := []table.Write{table.Delete(contactKey(h.ID, c.Old.ID), table.Equals("version", table.Int(c.Old.Version))), h.countContact(-1)}
	writes = append(writes, replace(h.contactIndex(c.Old, c.OldGroups), nil)...)
	return h.withMemberships(ctx, writes, h.memberships(c.Old.ID, nil, nil, c.OldGroups, nil))
}

// CreateGroups makes groups and takes their names; nobody is told. A group that is there already is no error.
// Errors: table.ErrCondition when another group has one of the names; those before it are made.
func (h *Handle) CreateGroups(ctx context.Context, groups []directory.Group) error {
	const most = table.MaxTransact / 2
	for len(groups) > 0 {
		var writes []table.Write
		for _, g := range groups[:min(most, len(groups))] {
			writes = append(writes, table.Put(groupKey(h.ID, g.ID), groupAttrs(g)), h.takeName(g))
		}
		if err := h.data.Transact(ctx, writes...); err != nil {
			return err
		}
		groups = groups[min(most, len(groups)):]
	}
	return nil
}

// RemoveGroup removes a group that an import made, unless its name was changed; nobody is told. Its memberships are
// removed by [Handle.DropMembers]. Errors: table.ErrCondition.
func (h *Handle) RemoveGroup(ctx context.Context, g directory.Group) error {
	return h.data.Transact(ctx,
		table.Delete(groupKey(h.ID, g.ID), sameGroup(g)),
		table.Delete(groupNameKey(h.ID, directory.Fold(g.Name)), table.Equals("group", table.Text(string(g.ID)))),
	)
}

// Addresses visits who is behind each address, until visit returns false.
func (h *Handle) Addresses(ctx context.Context, visit func(directory.Address, directory.ContactID) bool) error {
	under := prefix("address")
	return each(ctx, h.data, table.Query{Partition: directoryPartition(h.ID), Prefix: under}, func(i table.Item) bool {
		what, id, _ := cutLast(i.Key.Sort)
		return visit(addressOf(strings.TrimPrefix(what, under)), directory.ContactID(id))
	})
}

// AllContacts visits all contacts, in no order that means anything, until visit returns false.
func (h *Handle) AllContacts(ctx context.Context, visit func(directory.Contact) bool) error {
	return each(ctx, h.data, table.Query{Partition: directoryPartition(h.ID), Prefix: prefix("contact")}, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		return visit(contactOf(directory.ContactID(id), i.Attrs))
	})
}

// Memberships visits all groups of all contacts, until visit returns false.
func (h *Handle) Memberships(ctx context.Context, visit func(directory.ContactID, directory.GroupID) bool) error {
	under := prefix("of")
	return each(ctx, h.data, table.Query{Partition: directoryPartition(h.ID), Prefix: under}, func(i table.Item) bool {
		c, g, _ := cutLast(strings.TrimPrefix(i.Key.Sort, under))
		return visit(directory.ContactID(c), directory.GroupID(g))
	})
}

// LikeAny visits the contacts of some likenesses, in no order that means anything.
func (h *Handle) LikeAny(ctx context.Context, likenesses map[string]bool, visit func(likeness string, id directory.ContactID)) error {
	const few = 200 // queries: beyond, the index is read whole
	if len(likenesses) <= few {
		for like := range likenesses {
			ids, err := h.idsUnder(ctx, prefix("like", text(like)))
			if err != nil {
				return err
			}
			for _, id := range ids {
				visit(like, id)
			}
		}
		return nil
	}
	parts := make(map[string]string, len(likenesses))
	for like := range likenesses {
		parts[text(like)] = like
	}
	under := prefix("like")
	return each(ctx, h.data, table.Query{Partition: directoryPartition(h.ID), Prefix: under}, func(i table.Item) bool {
		what, id, _ := cutLast(i.Key.Sort)
		if like, wanted := parts[strings.TrimPrefix(what, under)]; wanted {
			visit(like, directory.ContactID(id))
		}
		return true
	})
}

// BehindAddress visits who is behind an address.
func (h *Handle) BehindAddress(ctx context.Context, a directory.Address, visit func(directory.ContactID)) error {
	ids, err := h.idsUnder(ctx, prefix("address", addressPart(a)))
	for _, id := range ids {
		visit(id)
	}
	return err
}

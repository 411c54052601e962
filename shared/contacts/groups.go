package contacts

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Group is a group with what the list shows of it.
type Group struct {
	directory.Group
	Members  int
	InOffice int      // members who are active and nobody's substitute (« membres en exercice »)
	AtLeast  bool     // there are more than Walked: Members and InOffice count so far
	Heads    []string // what the first members by name are called, at most three
}

// Groups lists all groups by name.
func (s *Service) Groups(ctx context.Context, h *store.Handle) ([]Group, error) {
	return s.firstGroups(ctx, h, math.MaxInt, func(directory.Group) bool { return true })
}

// firstGroups lists the first wanted groups by name. Only of those the members are read.
func (s *Service) firstGroups(ctx context.Context, h *store.Handle, limit int, wanted func(directory.Group) bool) ([]Group, error) {
	all, err := h.Groups(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(g directory.Group) bool { return !wanted(g) })
	slices.SortFunc(all, byName)
	groups := make([]Group, min(limit, len(all)))
	for i := range groups {
		if groups[i], err = s.heads(ctx, h, all[i]); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// heads counts the members of a group and reads the first ones.
func (s *Service) heads(ctx context.Context, h *store.Handle, g directory.Group) (Group, error) {
	l := lister{h: h, bound: s.bound()}
	members, whole, err := l.first(ctx, store.InGroup(g.ID))
	if err != nil {
		return Group{}, err
	}
	out := Group{Group: g, Members: len(members), AtLeast: !whole}
	for _, r := range members {
		if !r.Has(store.Inactive) && !r.Substitute {
			out.InOffice++
		}
	}
	slices.SortFunc(members, func(a, b store.Row) int { return strings.Compare(a.Place(), b.Place()) })
	for _, r := range members[:min(maxHeads, len(members))] {
		c, err := h.Contact(ctx, r.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return Group{}, err
		}
		out.Heads = append(out.Heads, c.Display())
	}
	return out, nil
}

// CreateGroup adds an empty group. Errors: ErrGroupNameEmpty, ErrGroupNameTooLong, ErrGroupExists,
// errs.ErrChangedMeanwhile.
func (s *Service) CreateGroup(ctx context.Context, h *store.Handle, by, name string) (Group, error) {
	name, err := groupName(name)
	if err != nil {
		return Group{}, err
	}
	now := s.Now()
	g := directory.Group{ID: directory.GroupID(ident.New("grp_", s.Random)), Name: name, CreatedAt: now}
	err = h.CreateGroup(ctx, g, s.groupEvent(by, journal.GroupSaved, directory.Group{}, g))
	return Group{Group: g}, s.named(ctx, h, g, err)
}

// named finds out what an error of giving a group its name came to: nothing (our own write, reported as failed), another
// group of the name, or a change meanwhile.
func (s *Service) named(ctx context.Context, h *store.Handle, g directory.Group, failed error) error {
	if failed == nil {
		return nil
	}
	there, err := h.GroupNamed(ctx, g.Name)
	switch {
	case err == nil && there.ID == g.ID && there.Name == g.Name && there.Shared == g.Shared:
		return nil
	case !errors.Is(failed, table.ErrCondition):
		return failed
	case err == nil && there.ID != g.ID:
		return ErrGroupExists.At("name", g.Name)
	case err == nil || errors.Is(err, table.ErrNotFound):
		return errs.ErrChangedMeanwhile
	default:
		return err
	}
}

func groupName(name string) (string, error) {
	name = directory.CleanName(name)
	switch {
	case directory.Fold(name) == "":
		return "", ErrGroupNameEmpty.At("name", "")
	case utf8.RuneCountInString(name) > directory.MaxGroupName:
		return "", ErrGroupNameTooLong.At("name", "")
	}
	return name, nil
}

// RenameGroup gives a group another name. Errors: errs.ErrNotFound, those of CreateGroup.
func (s *Service) RenameGroup(ctx context.Context, h *store.Handle, by string, id directory.GroupID, name string) (Group, error) {
	name, err := groupName(name)
	if err != nil {
		return Group{}, err
	}
	old, err := h.Group(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Group{}, errs.ErrNotFound
	}
	if err != nil {
		return Group{}, err
	}
	g := old
	g.Name = name
	return s.regroup(ctx, h, by, old, g)
}

// ShareGroup lets the child collectivités use a group, or not any more. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile.
// TODO(#7): the tree of collectivités, through which the children find it; and groups made of roles.
func (s *Service) ShareGroup(ctx context.Context, h *store.Handle, by string, id directory.GroupID, shared bool) (Group, error) {
	old, err := h.Group(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Group{}, errs.ErrNotFound
	}
	if err != nil {
		return Group{}, err
	}
	g := old
	g.Shared = shared
	return s.regroup(ctx, h, by, old, g)
}

// regroup writes what a group has become.
func (s *Service) regroup(ctx context.Context, h *store.Handle, by string, old, g directory.Group) (Group, error) {
	if old == g {
		return s.heads(ctx, h, old)
	}
	err := h.RenameGroup(ctx, old, g, s.groupEvent(by, journal.GroupSaved, old, g))
	if err := s.named(ctx, h, g, err); err != nil {
		return Group{}, err
	}
	return s.heads(ctx, h, g)
}

// groupEvent tells what became of a group; before is zero for a new one, after for one that is deleted.
func (s *Service) groupEvent(by string, what journal.What, before, after directory.Group) journal.Event {
	e := s.event(s.Now(), by, what, string(cmp.Or(after.ID, before.ID)), 1)
	if before.Name != after.Name {
		e.Changes = append(e.Changes, journal.Change{Field: "name", Before: before.Name, After: after.Name})
	}
	if before.Shared != after.Shared {
		e.Changes = append(e.Changes, journal.Change{Field: "shared", Before: yes(before.Shared), After: yes(after.Shared)})
	}
	return e
}

// DeleteGroup removes a group; its members stay contacts. One that is gone already is no error: deleting it may have been
// interrupted, so its memberships go too.
func (s *Service) DeleteGroup(ctx context.Context, h *store.Handle, by string, id directory.GroupID) error {
	g, err := h.Group(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return h.DropMembers(ctx, id)
	}
	if err != nil {
		return err
	}
	err = h.DeleteGroup(ctx, g, s.groupEvent(by, journal.GroupDeleted, g, directory.Group{}))
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

// Suggestion is one proposal while a recipient is typed: a group or a contact.
type Suggestion struct {
	Group   *Group
	Contact *directory.Contact
}

// MaxSuggestions of each kind.
const MaxSuggestions = 8

// Suggest proposes groups first, then active contacts, that have words beginning with what was typed.
func (s *Service) Suggest(ctx context.Context, h *store.Handle, typed string) ([]Suggestion, error) {
	words := directory.Words(typed)
	groups, err := s.firstGroups(ctx, h, MaxSuggestions, func(g directory.Group) bool { return beginAll(directory.Words(g.Name), words) })
	if err != nil {
		return nil, err
	}
	var found []Suggestion
	for i := range groups {
		found = append(found, Suggestion{Group: &groups[i]})
	}
	if len(words) == 0 {
		return found, nil
	}
	page, err := s.List(ctx, h, Filter{Words: typed, State: Active, Limit: MaxSuggestions})
	for i := range page.Entries {
		found = append(found, Suggestion{Contact: &page.Entries[i].Contact})
	}
	return found, err
}

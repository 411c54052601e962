package contacts

import (
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
	Members int
	Heads   []string // names of the first members by name, at most three
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

func (s *Service) heads(ctx context.Context, h *store.Handle, g directory.Group) (Group, error) {
	members, err := h.MemberContacts(ctx, g.ID)
	if err != nil {
		return Group{}, err
	}
	out := Group{Group: g, Members: len(members)}
	slices.SortFunc(members, func(a, b directory.Contact) int {
		return strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name))
	})
	for _, c := range members[:min(maxHeads, len(members))] {
		out.Heads = append(out.Heads, Display(c))
	}
	return out, nil
}

// Display is how a contact without a name is called: by its address.
func Display(c directory.Contact) string {
	if c.Name == "" && len(c.Addresses) > 0 {
		return string(c.Addresses[0])
	}
	return c.Name
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
	err = h.CreateGroup(ctx, g, s.event(now, by, journal.GroupSaved, string(g.ID), 1))
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
	case err == nil && there.ID == g.ID && there.Name == g.Name:
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
	if old.Name == name {
		return s.heads(ctx, h, old)
	}
	g := old
	g.Name = name
	err = h.RenameGroup(ctx, old, g, s.event(s.Now(), by, journal.GroupSaved, string(id), 1))
	if err := s.named(ctx, h, g, err); err != nil {
		return Group{}, err
	}
	return s.heads(ctx, h, g)
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
	err = h.DeleteGroup(ctx, g, s.event(s.Now(), by, journal.GroupDeleted, string(id), 1))
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

// Suggest proposes groups first, then contacts, that have words beginning with what was typed.
func (s *Service) Suggest(ctx context.Context, h *store.Handle, typed string) ([]Suggestion, error) {
	words := directory.Words(typed)
	groups, err := s.firstGroups(ctx, h, MaxSuggestions, func(g directory.Group) bool { return begins(g.Name, words) })
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
	page, err := s.List(ctx, h, Filter{Words: typed, Limit: MaxSuggestions})
	for i := range page.Entries {
		found = append(found, Suggestion{Contact: &page.Entries[i].Contact})
	}
	return found, err
}

// begins tells whether each typed word begins a word of the name.
func begins(name string, typed []string) bool {
	words := directory.Words(name)
	for _, t := range typed {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, t) }) {
			return false
		}
	}
	return true
}

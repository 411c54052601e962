package contacts

import (
	"context"
	"errors"
	"slices"
	"strings"

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
	all, err := h.Groups(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, byName)
	groups := make([]Group, len(all))
	for i, g := range all {
		if groups[i], err = s.heads(ctx, h, g); err != nil {
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

// CreateGroup adds an empty group. Errors: ErrGroupNameEmpty, ErrGroupNameTooLong, ErrGroupExists.
func (s *Service) CreateGroup(ctx context.Context, h *store.Handle, by, name string) (Group, error) {
	name, err := groupName(name)
	if err != nil {
		return Group{}, err
	}
	now := s.Now()
	g := directory.Group{ID: directory.GroupID(ident.New("grp_", s.Random)), Name: name, CreatedAt: now}
	err = h.CreateGroup(ctx, g, s.event(now, by, journal.GroupSaved, string(g.ID), 1))
	if errors.Is(err, table.ErrCondition) {
		return Group{Group: g}, s.taken(ctx, h, g)
	}
	return Group{Group: g}, err
}

// taken tells our own creation, reported as failed, from another group of the name.
func (s *Service) taken(ctx context.Context, h *store.Handle, g directory.Group) error {
	there, err := h.GroupNamed(ctx, g.Name)
	if err == nil && there.ID == g.ID {
		return nil
	}
	return ErrGroupExists.At("name", g.Name)
}

func groupName(name string) (string, error) {
	name = directory.CleanName(name)
	switch {
	case directory.Fold(name) == "":
		return "", ErrGroupNameEmpty.At("name", "")
	case len([]rune(name)) > MaxGroupName:
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
	err = h.RenameGroup(ctx, old, g, s.event(s.Now(), by, journal.GroupSaved, string(id), 1))
	if errors.Is(err, table.ErrCondition) {
		return Group{}, s.taken(ctx, h, g)
	}
	if err != nil {
		return Group{}, err
	}
	return s.heads(ctx, h, g)
}

// DeleteGroup removes a group; its members stay contacts. One that is gone already is no error.
func (s *Service) DeleteGroup(ctx context.Context, h *store.Handle, by string, id directory.GroupID) error {
	g, err := h.Group(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return nil
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

// maxSuggestions of each kind.
const maxSuggestions = 8

// Suggest proposes groups first, then contacts, that have words beginning with what was typed.
func (s *Service) Suggest(ctx context.Context, h *store.Handle, typed string) ([]Suggestion, error) {
	words := directory.Words(typed)
	groups, err := s.Groups(ctx, h)
	if err != nil {
		return nil, err
	}
	var found []Suggestion
	for i := range groups {
		if len(found) < maxSuggestions && begins(groups[i].Name, words) {
			found = append(found, Suggestion{Group: &groups[i]})
		}
	}
	if len(words) == 0 {
		return found, nil
	}
	page, err := s.List(ctx, h, Filter{Words: typed, Limit: maxSuggestions})
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

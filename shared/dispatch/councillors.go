package dispatch

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/store"
)

// personOf names who somebody is, however many addresses she has.
func personOf(c convocation.Convocation, p Person) convocation.PersonID {
	who := []string{"person", "address", string(p.Address), directory.Fold(p.Name)}
	if p.Contact != "" {
		who = []string{"person", "contact", string(p.Contact)}
	}
	return convocation.PersonID(ident.Derive(convocation.PersonPrefix, c.Key, who...))
}

// Councillors lists who would count at the meeting of a draft; nobody while its audience cannot be resolved.
func (s *Service) Councillors(ctx context.Context, h *store.Handle, c convocation.Convocation) ([]convocation.Councillor, error) {
	a, err := Resolve(ctx, h, c.Audience)
	if _, refused := errs.As(err); refused {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return councillors(ctx, h, c, a.Persons)
}

// councillors lists who counts among these persons.
func councillors(ctx context.Context, h *store.Handle, c convocation.Convocation, persons []Person) ([]convocation.Councillor, error) {
	counts, err := whoCounts(ctx, h, c)
	if err != nil {
		return nil, err
	}
	var b bench
	for _, p := range persons {
		b.seat(frozen(c, p, counts(p)))
	}
	return b.sorted(), nil
}

// whoCounts tells who counts at the meeting of a convocation: the addressees (never the copies) who are members of the
// assembly's group; all addressees where it has none. A substitute (« suppléant ») does not count beside whom she stands
// in for: titulaire and suppléant are both convened, one of them sits (CGCT L5211-6). Without a meeting, nobody.
func whoCounts(ctx context.Context, h *store.Handle, c convocation.Convocation) (func(Person) bool, error) {
	if c.Meeting == nil {
		return func(Person) bool { return false }, nil
	}
	group := c.Meeting.Assembly.Group
	if group == "" {
		return func(p Person) bool { return p.Type == convocation.To && p.Substitute == "" }, nil
	}
	members, err := h.Members(ctx, group)
	return func(p Person) bool {
		return p.Type == convocation.To && slices.Contains(members, p.Contact) && !slices.Contains(members, p.Substitute)
	}, err
}

// bench seats councillors, each once with all her mailboxes.
type bench []convocation.Councillor

func (b *bench) seat(p frozenPerson) {
	if !p.Councillor || len(*b) > convocation.MaxMembers { // too many are refused, however many they are
		return
	}
	id, mailbox := convocation.PersonID(p.Person), convocation.RecipientID(p.ID)
	i := slices.IndexFunc(*b, func(c convocation.Councillor) bool { return c.ID == id })
	if i < 0 {
		i = len(*b)
		*b = append(*b, convocation.Councillor{ID: id, Name: cmp.Or(p.Name, p.Address)})
	}
	if c := &(*b)[i]; !slices.Contains(c.Recipients, mailbox) {
		c.Recipients = append(c.Recipients, mailbox)
	}
}

// sorted lists them by name.
func (b bench) sorted() []convocation.Councillor {
	slices.SortFunc(b, func(a, b convocation.Councillor) int {
		return cmp.Or(strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name)), strings.Compare(string(a.ID), string(b.ID)))
	})
	return b
}

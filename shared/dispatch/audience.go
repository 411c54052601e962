package dispatch

import (
	"context"
	"errors"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Person is somebody who is convened, or gets a copy.
type Person struct {
	Contact directory.ContactID // empty for a free address
	Name    string
	Address directory.Address // empty: to be convened on paper
	Type    convocation.Type

	Substitute   directory.ContactID // whose substitute (« suppléant ») she is; empty: nobody's
	SubstituteOf string              // her name; empty too when she is gone from the directory
}

// Audience is whom the three fields come to.
type Audience struct {
	Persons  []Person             // in the order of the fields, each once
	Merged   int                  // entries that named somebody already there
	NoMail   []string             // names of those without an address, or who asked for letters: to be convened on paper
	Resolved convocation.Audience // the fields with today's names and counts

	Meeting *convocation.Meeting // of [Service.Check]: with its assembly as it is today; nil without one
}

// Resolve reads the directory and says who will get a copy: groups become their members, the same person named twice
// is one (the strongest type counts), a group that is unknown or has nobody to write to is refused by its name. Members who
// are not active are left out; whoever is named herself must be active.
// Errors: convocation.ErrGroupUnknown, ErrGroupEmpty, ErrContactUnknown, ErrContactInactive, ErrNoRecipient, with the field and the name.
func Resolve(ctx context.Context, h *store.Handle, fields convocation.Audience) (Audience, error) {
	r := resolver{h: h, contacts: map[directory.ContactID]bool{}, addresses: map[directory.Address][]int{}}
	for _, t := range convocation.Types() {
		entries, err := r.field(ctx, t, fields.Of(t))
		if err != nil {
			return Audience{}, err
		}
		switch t {
		case convocation.To:
			r.out.Resolved.To = entries
		case convocation.Cc:
			r.out.Resolved.Cc = entries
		case convocation.Bcc:
			r.out.Resolved.Bcc = entries
		}
	}
	if r.out.Mails() == 0 {
		return Audience{}, convocation.ErrNoRecipient.At("to", "")
	}
	return r.out, nil
}

// Mails is how many mails that makes.
func (a Audience) Mails() int {
	n := 0
	for _, p := range a.Persons {
		if p.Address != "" {
			n++
		}
	}
	return n
}

type resolver struct {
	h         *store.Handle
	out       Audience
	contacts  map[directory.ContactID]bool
	addresses map[directory.Address][]int // indexes into out.Persons
}

// field resolves the entries of one field and returns them with today's names and counts.
func (r *resolver) field(ctx context.Context, t convocation.Type, entries []convocation.Entry) ([]convocation.Entry, error) {
	resolved := make([]convocation.Entry, 0, len(entries))
	for _, e := range entries {
		var err error
		switch {
		case e.Group != "":
			e, err = r.group(ctx, t, e)
		case e.Contact != "":
			e, err = r.contact(ctx, t, e)
		default:
			r.free(t, e)
		}
		if err != nil {
			return nil, err
		}
		resolved = append(resolved, e)
	}
	return resolved, nil
}

func (r *resolver) group(ctx context.Context, t convocation.Type, e convocation.Entry) (convocation.Entry, error) {
	g, err := r.h.Group(ctx, e.Group)
	if errors.Is(err, table.ErrNotFound) {
		return e, convocation.ErrGroupUnknown.At(string(t), e.Name)
	}
	if err != nil {
		return e, err
	}
	members, err := r.h.MemberContacts(ctx, e.Group)
	if err != nil {
		return e, err
	}
	e.Name, e.Count = g.Name, 0
	for _, c := range members {
		if c.Inactive {
			continue
		}
		if c.Mailed() {
			e.Count++
		}
		if err := r.person(ctx, t, c); err != nil {
			return e, err
		}
	}
	if e.Count == 0 {
		return e, convocation.ErrGroupEmpty.At(string(t), g.Name)
	}
	return e, nil
}

func (r *resolver) contact(ctx context.Context, t convocation.Type, e convocation.Entry) (convocation.Entry, error) {
	c, err := r.h.Contact(ctx, e.Contact)
	if errors.Is(err, table.ErrNotFound) {
		return e, convocation.ErrContactUnknown.At(string(t), e.Name)
	}
	if err != nil {
		return e, err
	}
	e.Name = c.Name
	if c.Inactive {
		return e, convocation.ErrContactInactive.At(string(t), c.Display())
	}
	return e, r.person(ctx, t, c)
}

// person adds a contact: a copy for each of its addresses, none for whom asked for letters.
func (r *resolver) person(ctx context.Context, t convocation.Type, c directory.Contact) error {
	if r.contacts[c.ID] {
		r.out.Merged++
		return nil
	}
	r.contacts[c.ID] = true
	p := Person{Contact: c.ID, Name: c.Name, Type: t, Substitute: c.SubstituteOf}
	if c.SubstituteOf != "" {
		holder, err := r.h.Contact(ctx, c.SubstituteOf)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return err
		}
		p.SubstituteOf = holder.Display()
	}
	if !c.Mailed() {
		r.out.NoMail = append(r.out.NoMail, c.Display())
		if t == convocation.To { // whoever is convened is kept account of; a copy on paper is not
			r.out.Persons = append(r.out.Persons, p)
		}
		return nil
	}
	for _, a := range c.Addresses {
		if i := r.typed(a, c.Name); i >= 0 { // the address was typed before: it is hers
			as := r.out.Persons[i].Type
			r.out.Persons[i] = p
			r.out.Persons[i].Address, r.out.Persons[i].Type = a, as
			r.out.Merged++
			continue
		}
		p.Address = a
		r.add(p)
	}
	return nil
}

// typed finds the free address that is already there of somebody of that name; -1 when there is none.
func (r *resolver) typed(a directory.Address, name string) int {
	for _, i := range r.addresses[a] {
		if p := r.out.Persons[i]; p.Contact == "" && directory.SamePerson(p.Name, name) {
			return i
		}
	}
	return -1
}

// free adds a free address, unless it is somebody's who is there already.
func (r *resolver) free(t convocation.Type, e convocation.Entry) {
	for _, i := range r.addresses[e.Address] {
		if directory.SamePerson(r.out.Persons[i].Name, e.Name) {
			r.out.Merged++
			return
		}
	}
	r.add(Person{Name: e.Name, Address: e.Address, Type: t})
}

func (r *resolver) add(p Person) {
	r.addresses[p.Address] = append(r.addresses[p.Address], len(r.out.Persons))
	r.out.Persons = append(r.out.Persons, p)
}

// Count tells how many would get a copy; fields that cannot be resolved yet count nobody.
func (s *Service) Count(ctx context.Context, h *store.Handle, fields convocation.Audience) (int, error) {
	a, err := Resolve(ctx, h, fields)
	if _, refused := errs.As(err); refused {
		return 0, nil
	}
	return a.Mails(), err
}

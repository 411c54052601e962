package csvimport

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strings"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/store"
	"convoc/shared/table"
)

// person is a contact with its groups.
type person struct {
	directory.Contact
	groups []directory.GroupID
}

// known are those persons of the directory whom a file mentions.
type known struct {
	persons map[directory.ContactID]*person
	at      map[directory.Address][]directory.ContactID
	like    map[string][]directory.ContactID
	boxes   map[directory.Address]map[string]directory.ContactID // words of the name → who, where many share an address
}

// mentions are what a file says of persons, by which they are looked for.
type mentions struct {
	seed   maphash.Seed
	hashes []uint64            // of the addresses; sorted when all are there
	first  []directory.Address // the first ones, as they are
	likes  map[string]bool     // likenesses of who has no address, and of whose substitutes are in the file
}

// Where a directory is this many times larger than what is looked for, each is read by itself: reading a thousand
// contacts that follow each other costs about as much as twenty by themselves.
const sparse = 50

// maxFirst addresses are kept to be looked for one by one.
const maxFirst = 500

func (m *mentions) add(a directory.Address) {
	if a == "" {
		return
	}
	m.hashes = append(m.hashes, maphash.String(m.seed, string(a)))
	if len(m.first) <= maxFirst {
		m.first = append(m.first, a)
	}
}

func (m *mentions) sort() {
	slices.Sort(m.hashes)
	m.hashes = slices.Compact(m.hashes)
}

func (m *mentions) has(a directory.Address) bool {
	_, found := slices.BinarySearch(m.hashes, maphash.String(m.seed, string(a)))
	return found
}

// look finds whom a file mentions.
func look(ctx context.Context, h *store.Handle, m mentions) (*known, error) {
	k := &known{
		persons: map[directory.ContactID]*person{}, at: map[directory.Address][]directory.ContactID{},
		like: map[string][]directory.ContactID{}, boxes: map[directory.Address]map[string]directory.ContactID{},
	}
	total, err := h.ContactCount(ctx)
	if err != nil {
		return k, err
	}
	if err := k.addresses(ctx, h, m, total); err != nil {
		return k, err
	}
	err = h.LikeAny(ctx, m.likes, func(like string, id directory.ContactID) {
		k.like[like] = append(k.like[like], id)
		k.persons[id] = nil
	})
	if err != nil {
		return k, err
	}
	return k, k.read(ctx, h, total)
}

func (k *known) addresses(ctx context.Context, h *store.Handle, m mentions, total int) error {
	note := func(a directory.Address, id directory.ContactID) {
		k.at[a] = append(k.at[a], id)
		k.persons[id] = nil
	}
	if len(m.first) <= maxFirst && len(m.first)*sparse < total {
		for _, a := range slices.Compact(slices.Sorted(slices.Values(m.first))) {
			if err := h.BehindAddress(ctx, a, func(id directory.ContactID) { note(a, id) }); err != nil {
				return err
			}
		}
		return nil
	}
	return h.Addresses(ctx, func(a directory.Address, id directory.ContactID) bool {
		if m.has(a) {
			note(a, id)
		}
		return true
	})
}

// read reads the persons that were found.
func (k *known) read(ctx context.Context, h *store.Handle, total int) error {
	if len(k.persons) == 0 {
		return nil
	}
	if len(k.persons)*sparse < total {
		for id := range k.persons {
			p, err := readPerson(ctx, h, id)
			if errors.Is(err, table.ErrNotFound) {
				delete(k.persons, id)
				continue
			}
			if err != nil {
				return err
			}
			k.persons[id] = p
		}
		return nil
	}
	err := h.AllContacts(ctx, func(c directory.Contact) bool {
		if _, wanted := k.persons[c.ID]; wanted {
			k.persons[c.ID] = &person{Contact: c}
		}
		return true
	})
	if err != nil {
		return err
	}
	return h.Memberships(ctx, func(c directory.ContactID, g directory.GroupID) bool {
		if p := k.persons[c]; p != nil {
			p.groups = append(p.groups, g)
		}
		return true
	})
}

// readPerson reads one. Errors: table.ErrNotFound.
func readPerson(ctx context.Context, h *store.Handle, id directory.ContactID) (*person, error) {
	c, err := h.Contact(ctx, id)
	if err != nil {
		return nil, err
	}
	groups, err := h.GroupsOf(ctx, id)
	return &person{c, groups}, err
}

// crowd is how many persons of one address are compared by their names.
const crowd = 30

// box is who is at an address, by the words of the names.
func (k *known) box(a directory.Address) map[string]directory.ContactID {
	if box, made := k.boxes[a]; made {
		return box
	}
	box := map[string]directory.ContactID{}
	for _, id := range k.at[a] {
		if p := k.persons[id]; p != nil {
			for _, name := range names(p.Contact) {
				if _, taken := box[name]; !taken {
					box[name] = id
				}
			}
		}
	}
	k.boxes[a] = box
	return box
}

// names are what a person may be called, as words; empty ones left out.
func names(c directory.Contact) []string {
	var all []string
	for _, name := range []string{c.Name, directory.FullName(c.First, c.Last)} {
		if words := strings.Join(directory.Words(name), " "); words != "" && !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return all
}

// of gives the names of a row as those of a person.
func of(c contactfile.Contact) directory.Contact {
	return directory.Contact{Name: c.Name, First: c.FirstName, Last: c.LastName}
}

// find looks for the person that a row is: the one that it made before the import was interrupted, one of the same name,
// one whose name may be the same. other is who else is at the address, or of the name: the one who was there first.
func (k *known) find(own directory.ContactID, c contactfile.Contact) (found, other *person) {
	if p := k.persons[own]; p != nil {
		return p, nil
	}
	if c.Address == "" {
		return k.unmailed(c)
	}
	for _, a := range []directory.Address{c.Address, c.Second} {
		box := k.box(a)
		for _, name := range names(of(c)) {
			if id, there := box[name]; there {
				return k.persons[id], nil
			}
		}
	}
	for _, a := range []directory.Address{c.Address, c.Second} {
		for n, id := range k.at[a] {
			p := k.persons[id]
			if p == nil {
				continue
			}
			if n < crowd && compatible(p.Contact, of(c)) {
				return p, nil
			}
			if other == nil || p.CreatedAt.Before(other.CreatedAt) {
				other = p
			}
		}
	}
	return nil, other
}

// unmailed looks for somebody without an address, by the name.
func (k *known) unmailed(c contactfile.Contact) (found, other *person) {
	for _, id := range k.like[of(c).Likeness()] {
		p := k.persons[id]
		switch {
		case p == nil:
		case len(p.Addresses) == 0:
			return p, nil
		case other == nil || p.CreatedAt.Before(other.CreatedAt):
			other = p
		}
	}
	return nil, other
}

// unnamed tells whether a person has no name, or one that is only her address.
func unnamed(c directory.Contact) bool {
	return c.Name == "" || slices.Contains(c.Addresses, directory.Address(strings.ToLower(c.Name)))
}

// compatible tells whether two may be one person by what they are called.
func compatible(a, b directory.Contact) bool {
	for _, x := range []string{a.Name, directory.FullName(a.First, a.Last)} {
		for _, y := range []string{b.Name, directory.FullName(b.First, b.Last)} {
			if x != "" && y != "" && directory.SamePerson(x, y) {
				return true
			}
		}
	}
	return unnamed(a) || b.Name == ""
}

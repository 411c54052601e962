package contactfile

import (
	"hash/maphash"
	"strings"

	"convoc/shared/directory"
)

// seen remembers the persons of a file, in about 40 bytes each: addresses as 64 bits, names as they are.
type seen struct {
	seed  maphash.Seed
	slots []uint32 // number of the newest mention of each, from 1, and a mark of each mention; a power of two of them
	last  uint32
	pages [][]mention
	names [][]byte
	named map[uint64]uint32 // address and folded name, where several persons share an address → the mention
	twice map[uint64]bool   // addresses that several persons share
	there []uint32

	fetched uint32 // keeps fetch from being left out
}

// mention is one person at one address. Its two halves of the hash keep it to 20 bytes.
type mention struct {
	low, high uint32
	next      uint32 // older entry of the same slot
	line      uint32
	name      uint32 // where it is in names
}

const (
	pageBits   = 12
	textBits   = 16
	numberBits = 24
	maxPersons = 1<<numberBits - 1
)

// mark is the bit that a hash leaves in its slot: most addresses that are new are told without a look at others.
func mark(h uint64) uint32 { return 1 << (numberBits + h>>61) }

func number(slot uint32) uint32 { return slot & maxPersons }

func newSeen() *seen {
	return &seen{seed: maphash.MakeSeed(), slots: make([]uint32, 1<<10), named: map[uint64]uint32{}, twice: map[uint64]bool{}}
}

func (s *seen) mention(n uint32) *mention {
	n--
	return &s.pages[n>>pageBits][n&(1<<pageBits-1)]
}

func (m *mention) is(h uint64) bool { return m.low == uint32(h) && m.high == uint32(h>>32) }

// hash is what stands for an address, or for the name of who has none.
func (s *seen) hash(c *Contact) uint64 {
	if c.Address == "" {
		return maphash.String(s.seed, "\x00"+directory.Fold(c.Name))
	}
	return maphash.String(s.seed, string(c.Address))
}

// fetch brings the slots of several addresses from memory at once: waiting for each would take a third of all time.
func (s *seen) fetch(batch []Line, hashes []uint64) {
	for i := range batch {
		if batch[i].Code == "" {
			hashes[i] = s.hash(&batch[i].Contact)
			s.fetched |= s.slots[hashes[i]&uint64(len(s.slots)-1)]
		}
	}
}

// compared persons at one address, the newest ones: of a mailbox that thousands share, each further name is asked about.
const compared = 30

// find looks for the person of a name at an address: the line of the same one, else line and name of the newest other.
func (s *seen) find(h uint64, name string) (same *mention, other *mention) {
	slot := s.slots[h&uint64(len(s.slots)-1)]
	if slot&mark(h) == 0 {
		return nil, nil
	}
	s.there = s.there[:0]
	for n := number(slot); n != 0 && len(s.there) < compared; {
		m := s.mention(n)
		if m.is(h) {
			s.there = append(s.there, n)
		}
		n = m.next
	}
	if len(s.there) == 0 {
		return nil, nil
	}
	if n, known := s.named[s.nameHash(h, name)]; known {
		return s.mention(n), nil
	}
	for i := len(s.there) - 1; i >= 0; i-- {
		m := s.mention(s.there[i])
		if earlier := s.name(m); string(earlier) == name || directory.SamePerson(string(earlier), name) {
			if s.twice[h] {
				s.named[s.nameHash(h, name)] = s.there[i]
			}
			return m, nil
		}
	}
	return nil, s.mention(s.there[0])
}

func (s *seen) nameHash(h uint64, name string) uint64 {
	if len(s.named) == 0 {
		return 0
	}
	return s.hashName(h, name)
}

func (s *seen) hashName(h uint64, name string) uint64 {
	words := strings.Join(directory.Words(name), " ")
	return (h^maphash.String(s.seed, words))*0x9e3779b97f4a7c15 | 1
}

// add remembers a person at an address.
func (s *seen) add(h uint64, name string, line int) {
	if int(s.last) == len(s.slots) {
		s.grow()
	}
	if s.last>>pageBits == uint32(len(s.pages)) {
		s.pages = append(s.pages, make([]mention, 1<<pageBits))
	}
	slot := &s.slots[h&uint64(len(s.slots)-1)]
	if *slot&mark(h) != 0 {
		s.share(h, number(*slot))
	}
	s.last++
	*s.mention(s.last) = mention{uint32(h), uint32(h >> 32), number(*slot), uint32(line), s.keep(name)}
	*slot = *slot&^maxPersons | mark(h) | s.last
	if s.twice[h] {
		s.named[s.hashName(h, name)] = s.last
	}
}

// share notes that a second person comes to an address.
func (s *seen) share(h uint64, n uint32) {
	for ; n != 0; n = s.mention(n).next {
		if m := s.mention(n); m.is(h) {
			if !s.twice[h] {
				s.twice[h] = true
				s.named[s.hashName(h, string(s.name(m)))] = n
			}
			return
		}
	}
}

// grow makes twice as many slots.
func (s *seen) grow() {
	s.slots = make([]uint32, 2*len(s.slots))
	for n := uint32(1); n <= s.last; n++ {
		m := s.mention(n)
		h := uint64(m.low) | uint64(m.high)<<32
		slot := &s.slots[h&uint64(len(s.slots)-1)]
		m.next, *slot = number(*slot), *slot&^maxPersons|mark(h)|n
	}
}

// keep stores a name after its length, in two bytes.
func (s *seen) keep(name string) uint32 {
	if len(name) > directory.MaxName {
		name = clipped(name, directory.MaxName)
	}
	last := len(s.names) - 1
	if last < 0 || len(s.names[last])+2+len(name) > cap(s.names[last]) {
		s.names = append(s.names, make([]byte, 0, 1<<textBits))
		last++
	}
	at := uint32(last<<textBits | len(s.names[last]))
	s.names[last] = append(append(s.names[last], byte(len(name)), byte(len(name)>>8)), name...)
	return at
}

func (s *seen) name(m *mention) []byte {
	text := s.names[m.name>>textBits][m.name&(1<<textBits-1):]
	n := int(text[0]) | int(text[1])<<8
	return text[2 : 2+n]
}

// rename takes the fuller name of a person.
func (s *seen) rename(m *mention, name string) {
	if len(name) > len(s.name(m)) {
		m.name = s.keep(name)
	}
}

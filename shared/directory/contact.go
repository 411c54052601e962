// Package directory is the vocabulary of the directory (« annuaire »): persons, their groups, addresses and names.
//
// A contact is a person, not an address: it has an identifier of its own, may have no mail, two mails, or share one
// with somebody (a couple, the mairie's mailbox). Two mentions are the same person by address *and* name.
package directory

import (
	"slices"
	"strings"
	"time"
)

// Limits of what is written of a person or a group, in characters, wherever it comes from.
const (
	MaxName      = 200 // of a person
	MaxNamePart  = 100 // the first or the last name
	MaxCivility  = 30
	MaxFunction  = 200
	MaxPhone     = 50
	MaxRank      = 9999
	MaxGroupName = 100
)

// ContactID names a contact: « ctc_ » and 16 characters. GroupID names a group: « grp_ » and 16 characters.
type (
	ContactID string
	GroupID   string
)

// Contact is a person of the directory (« contact »).
type Contact struct {
	ID        ContactID
	Version   int64     // grows by one at each change; the condition of the next; 0: not stored yet
	Name      string    // how she is called, the guide's « description »; « First Last » when none was given; may be empty
	Civility  string    // « Mme », « M. », as it was typed; may be empty
	First     string    // first name (« prénom »); may be empty
	Last      string    // last name (« nom de famille »), by which she is sorted; may be empty
	Function  string    // « 2e adjoint »; may be empty
	Phone     string    // as it was typed; may be empty
	Addresses []Address // none: to be convened on paper; at most two
	Inactive  bool      // does not sit any more: kept, and convened by nobody
	Paper     bool      // asked to be convened by letter (CGCT L2121-10); gets no mail
	Rank      int       // in the order of the council (« ordre du tableau »), 1 to MaxRank; 0: none
	// SubstituteOf is whose substitute she is (« suppléant de »); empty: nobody's. Who is deleted stays named here.
	SubstituteOf ContactID
	CreatedAt    time.Time // UTC
	UpdatedAt    time.Time // UTC
}

// FullName is how somebody of a first and a last name is called; either may be empty.
func FullName(first, last string) string { return strings.TrimSpace(first + " " + last) }

// Display is how she is called in a list: by her address when she has no name.
func (c Contact) Display() string {
	if c.Name == "" && len(c.Addresses) > 0 {
		return string(c.Addresses[0])
	}
	return c.Name
}

// SortName is what she is sorted by: the last name, then the first; what she is called where no last name was given.
func (c Contact) SortName() string {
	if c.Last == "" {
		return Fold(c.Name)
	}
	return Fold(c.Last + " " + c.First)
}

// Words are the folded words that find her: of her names and of her addresses, sorted, each once.
func (c Contact) Words() []string {
	words := slices.Concat(Words(c.Name), Words(c.First), Words(c.Last))
	for _, a := range c.Addresses {
		words = append(words, Words(string(a))...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Likeness is the same for two who may be one person by name: « DUPONT Jean » and « Jean Dupont ». Empty without a name.
func (c Contact) Likeness() string {
	words := Words(FullName(c.First, c.Last))
	if c.Last == "" || c.First == "" {
		words = Words(c.Name)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// Mailed tells whether she is convened by mail: what is written to on paper has no mail, or asked for none.
func (c Contact) Mailed() bool { return !c.Paper && len(c.Addresses) > 0 }

// Group is a named set of contacts (« groupe »). Its name is unique without regard to case and accents.
type Group struct {
	ID        GroupID
	Name      string // as first written
	Shared    bool   // « partagé » with child collectivités
	CreatedAt time.Time
}

// Package directory is the vocabulary of the directory (« annuaire »): persons, their groups, addresses and names.
//
// A contact is a person, not an address: it has an identifier of its own, may have no mail, two mails, or share one
// with somebody (a couple, the mairie's mailbox). Two mentions are the same person by address *and* name.
package directory

import "time"

// Limits of names, in characters, wherever they come from.
const (
	MaxName      = 200 // of a person
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
	Name      string    // the guide's « description »; may be empty
	Addresses []Address // none: to be convened on paper; at most two
	CreatedAt time.Time // UTC
	UpdatedAt time.Time // UTC
}

// Group is a named set of contacts (« groupe »). Its name is unique without regard to case and accents.
type Group struct {
	ID        GroupID
	Name      string // as first written
	Shared    bool   // « partagé » with child collectivités
	CreatedAt time.Time
}

// Package collectivity names those who convene (« collectivité »): a commune, an EPCI, a département.
package collectivity

import (
	"cmp"
	"slices"
	"time"

	"convoc/shared/errs"
)

// ID is the SIREN of a collectivité: nine digits. Every partition of the data table begins with one.
type ID string

// Collectivity is what every page and mail says of the sender, and what its administrator sets.
type Collectivity struct {
	ID         ID
	Version    int64  // counts the changes; zero: never changed since it was created
	Name       string // « Commune de Saint-Aubin » (dénomination)
	Sender     string // « Mairie de Saint-Aubin »: who mails are from; empty: the name
	Mail       string // where answers to a mail go; may be empty
	Phone      string // the secretary's, as printed; may be empty
	TimeZone   string // IANA name; « Europe/Paris » unless overseas
	Kind       Kind
	Population Population // empty: not said
	// Retention is how many months a convocation is kept after its meeting; zero: for ever.
	// TODO(#7): nothing is erased by it yet.
	Retention int
	CreatedAt time.Time // UTC
}

// From is who mails are from.
func (c Collectivity) From() string { return cmp.Or(c.Sender, c.Name) }

// Entry is a collectivité in the registry of the installation: that it is there, and below which others.
type Entry struct {
	ID        ID
	Above     []ID // from its parent up to the root of the tree; empty: it is a root. It never changes.
	Name      string
	Parent    bool // there are others below it
	CreatedAt time.Time
	ClosedAt  time.Time // zero: open. Nobody works for one that is closed, and links to élus stay as they are.
}

// Below tells whether the entry is somewhere below another.
func (e Entry) Below(id ID) bool { return slices.Contains(e.Above, id) }

// Kind is what sort of body a collectivité is.
type Kind string

// The kinds. The empty one is not said.
const (
	Commune     Kind = "commune"
	EPCI        Kind = "epci"
	Syndicat    Kind = "syndicat"
	Departement Kind = "departement"
	Region      Kind = "region"
	CCAS        Kind = "ccas"
	Other       Kind = "other"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Commune, EPCI, Syndicat, Departement, Region, CCAS, Other} }

// Population is a class of population, written as its least number of inhabitants: « 0 », « 100 », « 500 »…
type Population string

// Populations lists the classes by which the law counts the members of a municipal council (CGCT L2121-2).
func Populations() []Population {
	return []Population{
		"0", "100", "500", "1500", "2500", "3500", "5000", "10000", "20000", "30000", "40000", "50000", "60000", "80000",
		"100000", "150000", "200000", "250000", "300000",
	}
}

// Test is the SIREN of the guide's test collectivité. It passes the checksum; nobody real has it.
const Test ID = "000000000"

// ErrSIREN: not nine digits, or the check digit is wrong.
var ErrSIREN = errs.Define(errs.Invalid, "siren_invalid", "not a SIREN")

// ParseID reads a SIREN, with or without spaces. Errors: [ErrSIREN].
func ParseID(s string) (ID, error) {
	digits := make([]byte, 0, 9)
	for _, r := range s {
		switch {
		case r == ' ' || r == '\u00a0' || r == '\u202f':
		case r >= '0' && r <= '9' && len(digits) < 9:
			digits = append(digits, byte(r))
		default:
			return "", ErrSIREN
		}
	}
	if len(digits) == 9 && luhn(digits) {
		return ID(digits), nil
	}
	return "", ErrSIREN
}

// luhn is the checksum of SIREN numbers (ISO/IEC 7812-1): from the right, every second digit counts double.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// Location is the collectivité's own zone, in which legal days are counted; UTC when the name is unknown.
func (c Collectivity) Location() *time.Location { return Location(c.TimeZone) }

// Location is the zone of an IANA name; UTC when the name is unknown.
func Location(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Package collectivity names those who convene (« collectivité »): a commune, an EPCI, a département.
package collectivity

import (
	"time"

	"convoc/shared/errs"
)

// ID is the SIREN of a collectivité: nine digits. Every partition of the data table begins with one.
type ID string

// Collectivity is what every page and mail says of the sender.
type Collectivity struct {
	ID        ID
	Name      string    // « Commune de Saint-Aubin »
	Mail      string    // where answers to a mail go; may be empty
	Phone     string    // the secretary's, as printed; may be empty
	TimeZone  string    // IANA name; « Europe/Paris » unless overseas
	CreatedAt time.Time // UTC
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

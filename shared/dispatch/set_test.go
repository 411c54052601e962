package dispatch

import (
	"bytes"
	"strings"
	"testing"

	"convoc/shared/convocation"
)

// What would be one recipient twice is one line: no transaction takes a key twice, and the whole sending would wait.
func TestOneIdentifierIsOneLineOfTheFrozenSet(t *testing.T) {
	c := convocation.Convocation{Key: bytes.Repeat([]byte{1}, 32)}
	jean := Person{Name: "Jean Dupont", Address: "mairie@x.fr", Type: convocation.To}
	marie, louder, clerk := jean, jean, jean
	marie.Name, louder.Name = "Marie Martin", "JEAN  DUPONT"
	clerk.Contact = "ctc_aaaaaaaaaaaaaaaa"
	home := clerk
	home.Address = "jean@x.fr"
	for _, set := range []struct {
		name    string
		persons []Person
		lines   int
	}{
		{"nobody", nil, 0},
		{"one twice", []Person{jean, marie, jean}, 2},
		{"a name in capitals", []Person{jean, louder}, 1},
		{"two names at one address", []Person{jean, marie}, 2},
		{"a contact and a free address of the same name", []Person{clerk, jean}, 2},
		{"two addresses of one contact, one of them twice", []Person{clerk, home, clerk}, 2},
	} {
		t.Run(set.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeSet(&out, c, set.persons, func(Person) bool { return false }); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n"); got != set.lines {
				t.Errorf("%d lines, want %d:\n%s", got, set.lines, out.String())
			}
		})
	}
}

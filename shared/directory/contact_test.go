package directory

import (
	"slices"
	"testing"
)

func TestHowAContactIsCalledSortedAndFound(t *testing.T) {
	for _, c := range []struct {
		name                    string
		in                      Contact
		display, sorted, likely string
		words                   []string
	}{
		{"nothing", Contact{}, "", "", "", nil},
		{"a description", Contact{Name: "Mme Élise Roy"}, "Mme Élise Roy", "mme elise roy", "elise mme roy", []string{"elise", "mme", "roy"}},
		{"an address only", Contact{Addresses: []Address{"b@x.fr", "a@x.fr"}}, "b@x.fr", "", "", []string{"a", "b", "fr", "x"}},
		{"first and last name", Contact{Name: "Élise Roy", First: "Élise", Last: "Roy"}, "Élise Roy", "roy elise", "elise roy", []string{"elise", "roy"}},
		{"a description beside them", Contact{Name: "La maire", First: "Élise", Last: "Roy"}, "La maire", "roy elise", "elise roy", []string{"elise", "la", "maire", "roy"}},
		{"a last name only", Contact{Name: "M. Roy", Last: "Roy"}, "M. Roy", "roy", "m roy", []string{"m", "roy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.in.Display(); got != c.display {
				t.Errorf("called %q", got)
			}
			if got := c.in.SortName(); got != c.sorted {
				t.Errorf("sorted by %q", got)
			}
			if got := c.in.Likeness(); got != c.likely {
				t.Errorf("like %q", got)
			}
			if got := c.in.Words(); !slices.Equal(got, c.words) {
				t.Errorf("found by %q", got)
			}
		})
	}
}

func TestWhoGetsMail(t *testing.T) {
	mail := []Address{"a@x.fr"}
	for want, c := range map[bool]Contact{true: {Addresses: mail}, false: {Addresses: mail, Paper: true}} {
		if c.Mailed() != want {
			t.Errorf("%+v: %v", c, !want)
		}
	}
	if (Contact{}).Mailed() {
		t.Error("without an address")
	}
}

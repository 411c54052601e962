package directory

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

// label is a label of a domain, n letters long.
func label(n int) string { return strings.Repeat("d", n) }

// long is an address of n characters: a local part of 64, labels of 63, 63 and what is left, and « .fr ».
func long(n int) string {
	return strings.Repeat("l", maxLocal) + "@" + label(63) + "." + label(63) + "." + label(n-maxLocal-1-63-1-63-1-3) + ".fr"
}

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Address
		err      error
	}{
		{"an ordinary one", "jean@x.fr", "jean@x.fr", nil},
		{"capitals are folded", "Jean.DUPONT@Mairie-X.FR", "jean.dupont@mairie-x.fr", nil},
		{"all that a dot-atom may hold", "!#$%&'*+-/=?^_`{|}~.0@x.fr", "!#$%&'*+-/=?^_`{|}~.0@x.fr", nil},
		{"a part after +", "jean+conseil@x.fr", "jean+conseil@x.fr", nil},
		{"an accented domain", "contact@Évreux.fr", "contact@xn--vreux-9ra.fr", nil},
		{"an accent in two characters", "contact@e\u0301vreux.fr", "contact@xn--vreux-9ra.fr", nil},
		{"the same domain in its ASCII form", "contact@XN--vreux-9ra.fr", "contact@xn--vreux-9ra.fr", nil},
		{"an ideographic full stop", "jean@x。fr", "jean@x.fr", nil},
		{"a domain with a digit last in its name", "jean@x.fr2", "jean@x.fr2", nil},

		{"empty", "", "", ErrAddressEmpty},
		{"no @", "jean.x.fr", "", ErrAddressNoAt},
		{"nothing before the @", "@x.fr", "", ErrAddressLocal},
		{"nothing after the @", "jean@", "", ErrAddressDomain},
		{"two @", "jean@dupont@x.fr", "", ErrAddressLocal},
		{"a dot first", ".jean@x.fr", "", ErrAddressLocal},
		{"a dot last", "jean.@x.fr", "", ErrAddressLocal},
		{"two dots", "jean..dupont@x.fr", "", ErrAddressLocal},
		{"an accent before the @", "rené@x.fr", "", ErrAddressLocal},
		{"a Kelvin sign is no k", "\u212aarl@x.fr", "", ErrAddressLocal},
		{"a dotted capital i is no i", "\u0130nfo@x.fr", "", ErrAddressLocal},
		{"a quoted local part", `"jean"@x.fr`, "", ErrAddressLocal},
		{"a comma", "jean,dupont@x.fr", "", ErrAddressLocal},
		{"a comma for a dot", "a@x,fr", "", ErrAddressDomain},
		{"no dot in the domain", "jean@localhost", "", ErrAddressDomain},
		{"a dot at the end", "jean@x.fr.", "", ErrAddressDomain},
		{"a dot first in the domain", "jean@.fr", "", ErrAddressDomain},
		{"two dots in the domain", "jean@x..fr", "", ErrAddressDomain},
		{"a hyphen first", "jean@-x.fr", "", ErrAddressDomain},
		{"a hyphen last", "jean@x-.fr", "", ErrAddressDomain},
		{"an underscore in the domain", "jean@a_b.fr", "", ErrAddressDomain},
		{"a broken ASCII form", "jean@xn--a.fr", "", ErrAddressDomain},
		{"an IP address", "jean@192.0.2.1", "", ErrAddressDomain},
		{"an IP address in brackets", "jean@[192.0.2.1]", "", ErrAddressDomain},
		{"bytes that are no text", "jean@\xff.fr", "", ErrAddressCharacter},
		{"a character lost in a wrong encoding", "jean@\ufffdvreux.fr", "", ErrAddressDomain},
		{"letters of both directions in one label", "jean@aא.fr", "", ErrAddressDomain},
		{"a space", "jean @x.fr", "", ErrAddressCharacter},
		{"a no-break space", "jean@x.fr\u00a0", "", ErrAddressCharacter},
		{"a zero-width space", "je\u200ban@x.fr", "", ErrAddressCharacter},
		{"a soft hyphen", "jean@x\u00ad.fr", "", ErrAddressCharacter},
		{"a line end: another header would follow", "jean@x.fr\r\nBcc:a@x.fr", "", ErrAddressCharacter},
		{"a NUL", "jean\x00@x.fr", "", ErrAddressCharacter},
		{"a DEL", "jean\x7f@x.fr", "", ErrAddressCharacter},
		{"text that runs backwards", "jean\u202e@x.fr", "", ErrAddressCharacter},

		{"local part of 63", strings.Repeat("l", maxLocal-1) + "@x.fr", Address(strings.Repeat("l", maxLocal-1) + "@x.fr"), nil},
		{"local part of 64", strings.Repeat("l", maxLocal) + "@x.fr", Address(strings.Repeat("l", maxLocal) + "@x.fr"), nil},
		{"local part of 65", strings.Repeat("l", maxLocal+1) + "@x.fr", "", ErrAddressTooLong},
		{"253 in all", long(maxAddress - 1), Address(long(maxAddress - 1)), nil},
		{"254 in all", long(maxAddress), Address(long(maxAddress)), nil},
		{"255 in all", long(maxAddress + 1), "", ErrAddressTooLong},
		{"label of 63", "jean@" + label(63) + ".fr", Address("jean@" + label(63) + ".fr"), nil},
		{"label of 64", "jean@" + label(64) + ".fr", "", ErrAddressDomain},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseAddress(c.in)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%q: got %q, %v, want %q, %v", c.in, got, err, c.want, c.err)
			}
		})
	}
	if n := len(long(maxAddress)); n != 254 {
		t.Errorf("the longest address of this test has %d characters", n)
	}
}

func TestCleanAddress(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       Address
		wantedName string
		err        error
		nameAnyway bool
	}{
		{name: "as it should be", in: "jean@x.fr", want: "jean@x.fr"},
		{name: "spaces around", in: "\t jean@x.fr \r\n", want: "jean@x.fr"},
		{name: "no-break and thin spaces around, as web pages have them", in: "\u00a0jean@x.fr\u202f", want: "jean@x.fr"},
		{name: "zero-width characters anywhere", in: "\ufeffjean\u200b@x\u2060.fr", want: "jean@x.fr"},
		{name: "marks of direction that reverse nothing", in: "\u200ejean@x.fr\u202c", want: "jean@x.fr"},
		{name: "double quotes", in: `"jean@x.fr"`, want: "jean@x.fr"},
		{name: "single quotes", in: "'jean@x.fr'", want: "jean@x.fr"},
		{name: "French quotes with their spaces", in: "«\u00a0jean@x.fr\u00a0»", want: "jean@x.fr"},
		{name: "Excel's formula for a text", in: `="jean@x.fr"`, want: "jean@x.fr"},
		{name: "a semicolon left over from a list", in: "jean@x.fr;", want: "jean@x.fr"},
		{name: "a comma left over from a list", in: "jean@x.fr ,", want: "jean@x.fr"},
		{name: "quotes and a semicolon", in: `"jean@x.fr";`, want: "jean@x.fr"},
		{name: "a link", in: "mailto:jean@x.fr", want: "jean@x.fr"},
		{name: "a link in capitals", in: "MAILTO:jean@x.fr", want: "jean@x.fr"},
		{name: "a link with a subject", in: "mailto:jean@x.fr?subject=Conseil", want: "jean@x.fr"},
		{name: "a link with quotes inside", in: "mailto:'jean@x.fr'", want: "jean@x.fr"},
		{name: "angle brackets alone", in: "<jean@x.fr>", want: "jean@x.fr"},
		{name: "a name beside", in: "Jean  Dupont <jean@x.fr>", want: "jean@x.fr", wantedName: "Jean Dupont"},
		{name: "a quoted name beside", in: `"Dupont, Jean" <jean@x.fr>`, want: "jean@x.fr", wantedName: "Dupont, Jean"},
		{name: "no space before the bracket", in: "Jean<jean@x.fr>;", want: "jean@x.fr", wantedName: "Jean"},
		{name: "a link in brackets", in: "Jean <mailto:jean@x.fr>", want: "jean@x.fr", wantedName: "Jean"},
		{name: "an accent in two characters", in: "Rene\u0301 <rene@x.fr>", want: "rene@x.fr", wantedName: "René"},
		{name: "the address itself as a name", in: "Jean@x.fr <jean@x.fr>", want: "jean@x.fr"},
		{name: "the address again beside the name", in: "Jean Dupont (jean@x.fr) <jean@x.fr>", want: "jean@x.fr", wantedName: "Jean Dupont (jean@x.fr)"},
		{name: "a remark after it", in: "Jean <jean@x.fr> (maire)", want: "jean@x.fr", wantedName: "Jean"},
		{name: "an @ at the end of a word", in: "Mairie@ Évreux <jean@x.fr>", want: "jean@x.fr", wantedName: "Mairie@ Évreux"},
		{name: "an @ that is no address", in: "Jean @ Mairie <jean@x.fr>", want: "jean@x.fr", wantedName: "Jean @ Mairie"},

		{name: "blank", in: " \u00a0\u200b", err: ErrAddressEmpty},
		{name: "quotes only", in: `""`, err: ErrAddressEmpty},
		{name: "a name only", in: "Jean", err: ErrAddressNoAt},
		{name: "a name and no bracket", in: "Jean Dupont jean@x.fr", err: ErrAddressCharacter},
		{name: "a bracket that is not closed", in: "Jean <jean@x.fr", err: ErrAddressCharacter},
		{name: "empty brackets", in: "Jean <>", err: ErrAddressEmpty, wantedName: "Jean"},
		{name: "a space inside", in: "jean @x.fr", err: ErrAddressCharacter},
		{name: "a comma for a dot", in: "a@x,fr", err: ErrAddressDomain},
		{name: "a control character", in: "je\x00an@x.fr", err: ErrAddressCharacter},
		{name: "overridden to the left", in: "\u202erf.x@naej", err: ErrAddressCharacter},
		{name: "embedded to the left", in: "\u202bjean@x.fr", err: ErrAddressCharacter},
		{name: "isolated to the left", in: "\u2067jean@x.fr", err: ErrAddressCharacter},
		{name: "two addresses", in: "a@x.fr, b@x.fr", err: ErrAddressCharacter},
		{name: "two addresses with names", in: "Anne <a@x.fr>, Bruno <b@x.fr>", err: ErrAddressSeveral, nameAnyway: true},
		{name: "another address before", in: "a@x.fr, Bruno <b@x.fr>", err: ErrAddressSeveral, nameAnyway: true},
		{name: "another address after", in: "Anne <a@x.fr>; b@x.fr", err: ErrAddressSeveral, nameAnyway: true},
		{name: "another address, mistyped", in: "Anne <a@x.fr>; b@x,fr", err: ErrAddressSeveral, nameAnyway: true},
		{name: "a name that is another address", in: "maire@x.fr <jean@autre.fr>", err: ErrAddressSeveral, nameAnyway: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, name, err := CleanAddress(c.in)
			if got != c.want || !errors.Is(err, c.err) || (!c.nameAnyway && name != c.wantedName) {
				t.Errorf("%q: got %q named %q, %v, want %q named %q, %v", c.in, got, name, err, c.want, c.wantedName, c.err)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"jean@x.fr", "Jean <mailto:'jean@x.fr'>;", `="a@x.fr"`, "contact@évreux.fr", "a@x。fr", "Anne <a@x.fr>, <b@x.fr>",
		"\u202ea@x.fr", "\u212aa@x.fr", "a@xn--vreux-9ra.fr", "`'a@x.fr", "a@ß.fr", "a@faß\u0345.fr", long(254),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseAddress(s); err == nil {
			canonical(t, a)
		}
		a, name, err := CleanAddress(s)
		if err != nil {
			if a != "" {
				t.Errorf("refused, and yet %q", a)
			}
			return
		}
		canonical(t, a)
		if again, beside, err := CleanAddress(string(a)); again != a || beside != "" || err != nil {
			t.Errorf("%q cleaned again is %q named %q, %v", a, again, beside, err)
		}
		if CleanName(name) != name {
			t.Errorf("the name %q is not clean", name)
		}
		if again, beside, err := CleanAddress(name + " <" + string(a) + ">"); name != "" && !strings.ContainsAny(name, quotes+"<>=@") &&
			(again != a || beside != name || err != nil) {
			t.Errorf("%q of %q is read as %q of %q, %v", a, name, again, beside, err)
		}
	})
}

// canonical checks what holds of every address.
func canonical(t *testing.T, a Address) {
	t.Helper()
	again, err := ParseAddress(string(a))
	if again != a || err != nil {
		t.Errorf("%q parsed again is %q, %v", a, again, err)
	}
	if strings.ContainsFunc(string(a), func(r rune) bool { return r <= ' ' || r > '~' || unicode.IsUpper(r) }) {
		t.Errorf("%q is not printable lower-case ASCII", a)
	}
	local, domain, _ := strings.Cut(string(a), "@")
	if len(a) > 254 || local == "" || len(local) > 64 || !strings.Contains(domain, ".") || strings.Contains(domain, "@") {
		t.Errorf("%q breaks a limit", a)
	}
}

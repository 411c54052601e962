package directory

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mail address in its one form: lower case, ASCII, the domain in its IDNA form.
type Address string

// What can be wrong with an address.
var (
	ErrAddressEmpty     = errors.New("directory: empty address")
	ErrAddressNoAt      = errors.New("directory: address without a domain")
	ErrAddressLocal     = errors.New("directory: the part before the @ is not allowed")
	ErrAddressDomain    = errors.New("directory: the domain is not one")
	ErrAddressTooLong   = errors.New("directory: address too long")
	ErrAddressCharacter = errors.New("directory: a character that no address has")
	ErrAddressSeveral   = errors.New("directory: several addresses where one is asked for")
)

const (
	maxAddress = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	maxLocal   = 64  // RFC 5321 section 4.5.3.1.1
)

// ParseAddress reads an address strictly: a dot-atom, an @, a domain with a dot.
func ParseAddress(s string) (Address, error) {
	if s == "" {
		return "", ErrAddressEmpty
	}
	foreign := func(r rune) bool { return r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r) || invisible(r) }
	if strings.ContainsFunc(s, foreign) || !utf8.ValidString(s) {
		return "", ErrAddressCharacter
	}
	local, domain, found := cutLastAt(s)
	if !found {
		return "", ErrAddressNoAt
	}
	if len(local) > maxLocal {
		return "", ErrAddressTooLong
	}
	if !dotAtom(local) { // before case is folded: the Kelvin sign folds to k, and would be somebody else's k
		return "", ErrAddressLocal
	}
	local = strings.ToLower(local)
	domain, err := canonicalDomain(domain)
	if err != nil {
		return "", err
	}
	if len(local)+1+len(domain) > maxAddress {
		return "", ErrAddressTooLong
	}
	return Address(local + "@" + domain), nil
}

func cutLastAt(s string) (local, domain string, found bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// dotAtom is RFC 5322 section 3.2.3, ASCII only.
func dotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return false
		}
	}
	return true
}

// domains is the strict registration profile: STD3 rules, lengths, bidi.
var domains = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule())

func canonicalDomain(domain string) (string, error) {
	ascii, err := domains.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") {
		return "", ErrAddressDomain
	}
	if last := ascii[strings.LastIndexByte(ascii, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return "", ErrAddressDomain // nothing, an IP address or a number
	}
	return ascii, nil
}

// quotes that people and programs put around an address.
const quotes = "\"'`“”«»‘’„‹›"

// backwards are the characters that make text run backwards: an address with one is refused, not tidied.
const backwards = "\u202b\u202d\u202e\u2066\u2067\u2068"

// CleanAddress reads an address as people write and paste it: « mailto: », « Jean Dupont <jean@x.fr> », no-break and
// zero-width spaces, quotes, Excel's ="…". It returns the name beside it, which may be empty. Where several addresses
// stand, none is taken: the others would be lost in silence.
func CleanAddress(cell string) (Address, string, error) {
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(backwards, r):
			return r
		case invisible(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, cell))
	if inner, ok := strings.CutPrefix(s, `="`); ok {
		s = strings.TrimSuffix(inner, `"`)
	}
	name, beside := "", ""
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		if inside, after, closed := strings.Cut(s[open+1:], ">"); closed {
			name, beside, s = CleanName(strings.Trim(strings.TrimSpace(s[:open]), quotes)), s[:open]+" "+after, inside
		}
	}
	a, err := ParseAddress(bare(s))
	if err == nil && mentionsAnother(beside, a) {
		return "", name, ErrAddressSeveral
	}
	if same, err := ParseAddress(bare(name)); err == nil && same == a {
		name = "" // « jean@x.fr <jean@x.fr> » names nobody
	}
	return a, name, err
}

// bare takes off what stands around an address.
func bare(s string) string {
	const around = quotes + " ;,"
	s = strings.Trim(s, around)
	if rest, ok := cutPrefixFold(s, "mailto:"); ok {
		s, _, _ = strings.Cut(rest, "?")
	}
	return strings.Trim(s, around)
}

// mentionsAnother tells whether the text beside an address holds what looks like another one.
func mentionsAnother(beside string, a Address) bool {
	words := strings.FieldsFunc(beside, func(r rune) bool { return strings.ContainsRune(quotes+" ;,<>()[]", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		at := strings.IndexByte(w, '@')
		other, _ := ParseAddress(bare(w))
		return at > 0 && at < len(w)-1 && other != a
	})
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

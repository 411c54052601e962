package directory

import (
	"errors"
	"strings"
	"unicode"

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
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r) || invisible(r) }) {
		return "", ErrAddressCharacter
	}
	local, domain, found := cutLastAt(s)
	if !found {
		return "", ErrAddressNoAt
	}
	local = strings.ToLower(local)
	if len(local) > maxLocal {
		return "", ErrAddressTooLong
	}
	if !dotAtom(local) {
		return "", ErrAddressLocal
	}
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
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
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
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return "", ErrAddressDomain
	}
	if last := ascii[strings.LastIndexByte(ascii, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return "", ErrAddressDomain // an IP address, or a number
	}
	return ascii, nil
}

// quotes that people and programs put around an address.
const quotes = "\"'`“”«»‘’„‹›"

// CleanAddress reads an address as people write and paste it: « mailto: », « Jean Dupont <jean@x.fr> », no-break and
// zero-width spaces, quotes, Excel's ="…". It returns the name beside it, which may be empty.
func CleanAddress(cell string) (Address, string, error) {
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\u202e' || r == '\u202d' || r == '\u2066' || r == '\u2067' || r == '\u2068':
			return r // text that runs backwards is refused, not tidied
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
	name := ""
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		inside, _, closed := strings.Cut(s[open+1:], ">")
		if closed {
			name, s = CleanName(strings.Trim(strings.TrimSpace(s[:open]), quotes)), inside
		}
	}
	s = strings.Trim(strings.TrimSpace(strings.Trim(strings.TrimSpace(s), quotes)), ";,")
	if rest, ok := cutPrefixFold(s, "mailto:"); ok {
		s, _, _ = strings.Cut(rest, "?")
	}
	a, err := ParseAddress(strings.TrimSpace(s))
	return a, name, err
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// SplitAddresses cuts a pasted list at commas, semicolons and line ends, except inside quotes and angle brackets.
func SplitAddresses(text string) []string {
	var parts []string
	var part strings.Builder
	quoted, angle := false, false
	flush := func() {
		if p := strings.TrimSpace(part.String()); p != "" {
			parts = append(parts, p)
		}
		part.Reset()
	}
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted && r != '\n':
		case r == '<':
			angle = true
		case r == '>':
			angle = false
		case r == '\n' || r == '\r' || (!angle && (r == ',' || r == ';')):
			quoted, angle = false, false
			flush()
			continue
		}
		part.WriteRune(r)
	}
	flush()
	return parts
}

package contactfile

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"convoc/shared/directory"
)

// providers of mailboxes in France: what is nearly one of them is likely that one.
var providers = []string{
	"gmail.com", "orange.fr", "wanadoo.fr", "hotmail.com", "hotmail.fr", "outlook.com", "outlook.fr", "laposte.net", "yahoo.fr",
	"yahoo.com", "live.fr", "free.fr", "sfr.fr", "icloud.com", "bbox.fr", "neuf.fr", "numericable.fr", "aliceadsl.fr", "club-internet.fr",
	"protonmail.com", "proton.me", "msn.com", "googlemail.com", "aol.com",
}

// longestProvider with a letter too many.
const longestProvider = len("numericable.fr") + 1

// others are domains that are nearly one of these, and their own.
var others = []string{"mail.com", "email.com", "ymail.com", "gmx.com", "live.com", "free.com", "orange.com", "sfr.com", "laposte.fr"}

// nearly gives the provider that a domain is a mistyped form of; empty when it is none.
func nearly(domain string) string {
	if slices.Contains(providers, domain) || slices.Contains(others, domain) {
		return ""
	}
	for _, p := range providers {
		if len(p) >= 7 && near(domain, p) {
			return p
		}
	}
	name, _, _ := strings.Cut(domain, ".")
	for _, p := range providers {
		if own, end, _ := strings.Cut(p, "."); own == name && wrongEnds[domain[len(name):]] == end {
			return p
		}
	}
	return ""
}

// wrongEnds are mistyped ends of domains.
var wrongEnds = map[string]string{
	".con": "com", ".cm": "com", ".co": "com", ".om": "com", ".cmo": "com", ".comm": "com", ".ocm": "com", ".vom": "com", ".xom": "com",
	".f": "fr", ".rf": "fr", ".fe": "fr", ".ft": "fr", ".fre": "fr", ".frr": "fr", ".ffr": "fr", ".ne": "net", ".nte": "net",
}

// near tells two words that differ by one letter: more, less, another, or two that have changed places.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return i < len(a) && (a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
}

// doubt proposes another address where the domain is nearly one that many have; empty: it is as good as any.
func (r *Reader) doubt(address string) string {
	at := strings.IndexByte(address, '@')
	domain := address[at+1:]
	if len(domain) > longestProvider {
		return ""
	}
	for i := range len(domain) { // as most of those of a mairie
		if c := domain[i]; c < 'a' && c != '.' {
			return ""
		}
	}
	better, known := r.doubts[domain]
	if !known {
		if len(r.doubts) > 10_000 {
			clear(r.doubts)
		}
		better = nearly(domain)
		r.doubts[domain] = better
	}
	if better == "" {
		return ""
	}
	return address[:at+1] + better
}

// What is written instead of an @, and of a dot.
var (
	ats = strings.NewReplacer(
		"(at)", "@", "[at]", "@", "{at}", "@", " at ", "@", "(a)", "@", "[a]", "@", "(arobase)", "@", "[arobase]", "@", " arobase ", "@", "@@", "@", "&at;", "@",
	)
	spelled = strings.NewReplacer("(point)", ".", "[dot]", ".", "(dot)", ".", " ", "", "\u00a0", "", "\t", "", "œ", "oe", "æ", "ae")
	dotted  = strings.NewReplacer(",", ".", ";", ".", ":", ".", "..", ".", "/", ".")
)

// suggest proposes the address that was meant; empty: no idea.
func suggest(cell string) string {
	s := strings.ToLower(norm.NFC.String(strings.TrimSpace(cell)))
	s = ats.Replace(s)
	s = spelled.Replace(s)
	if !strings.Contains(s, "@") {
		s = withAt(s)
	}
	local, domain, found := strings.Cut(s, "@")
	if !found {
		return ""
	}
	if i := strings.LastIndexAny(local, "<:"); i >= 0 {
		local = local[i+1:]
	}
	local = strings.Trim(ascii(local), ".,;'\"()[]")
	domain = dotted.Replace(strings.Trim(domain, ".,;'\"()[]<>@-"))
	if !strings.Contains(domain, ".") {
		domain = withEnd(domain)
	}
	if better := nearly(domain); better != "" {
		domain = better
	}
	for strings.Contains(local, "..") {
		local = strings.ReplaceAll(local, "..", ".")
	}
	address, err := directory.ParseAddress(local + "@" + domain)
	if err != nil {
		return ""
	}
	return string(address)
}

// ascii takes accents off: no address in use has them before the @.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x7f {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// withAt puts an @ before a provider's name: « jean.dupontorange.fr », « jean.dupont.orange.fr », « jeanàorange.fr ».
func withAt(s string) string {
	for _, p := range providers {
		if local, found := strings.CutSuffix(s, p); found {
			return strings.TrimRight(local, ".àa-_ ") + "@" + p
		}
	}
	return s
}

// withEnd completes « orange » and « gmailcom ».
func withEnd(domain string) string {
	for _, p := range providers {
		if name, end, _ := strings.Cut(p, "."); domain == name || domain == name+end {
			return p
		}
	}
	if name, found := strings.CutSuffix(domain, "fr"); found && len(name) > 2 {
		return name + ".fr"
	}
	return domain
}

package static_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// What French typography and the product's own words refuse in a sentence. No-break spaces (U+00A0, U+202F) stand
// before ; : ! ? » % and after «.
var faults = []struct {
	what string
	is   *regexp.Regexp
}{
	{"a plain space before a double sign", regexp.MustCompile(`\p{L}[)”’]? [;:!?»%](\s|$)|\d %|» [;:!?]`)},
	{"no space before a double sign", regexp.MustCompile(`\p{Ll}[;!?»](\s|$)|\p{Ll}:\s`)},
	{"a plain space after «", regexp.MustCompile(`«[ \p{L}\d]`)},
	{"a straight apostrophe", regexp.MustCompile(`\p{L}'\p{L}`)},
	{"straight quotes", regexp.MustCompile(`\p{L} "\p{L}`)},
	{"three dots", regexp.MustCompile(`\.\.\.`)},
	{"a word that is not ours", regexp.MustCompile(`(?i)\bsoumettre\b|\bflux\b|\bdossiers?\b|\be-?mails?\b|\btu\b|\bton\b|\bvalider$`)},
}

func checkSentence(t *testing.T, where, text string) {
	t.Helper()
	for _, fault := range faults {
		if found := fault.is.FindString(text); found != "" {
			t.Errorf("%s: %s, %q in %q", where, fault.what, found, text)
		}
	}
}

func TestTypographyOfPages(t *testing.T) {
	said := []string{"title", "placeholder", "aria-label", "alt", "data-label"}
	for _, name := range named(t, ".html") {
		for _, n := range nodes(t, name) {
			if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
				checkSentence(t, name, strings.Join(strings.FieldsFunc(n.Data, func(r rune) bool { return r == '\n' }), " "))
			}
			for _, key := range said {
				if text, ok := attribute(n, key); ok {
					checkSentence(t, name, text)
				}
			}
		}
	}
}

func TestTypographyOfScripts(t *testing.T) {
	sentence := regexp.MustCompile(`\p{L}{2,}.* .*\p{L}|^\p{Lu}\p{Ll}+`)
	for _, name := range named(t, ".js") {
		for _, text := range literals(read(t, name)) {
			if sentence.MatchString(text) && !strings.ContainsAny(text, "[]#=/<>") {
				checkSentence(t, name, text)
			}
		}
	}
}

// literals lists the strings of a script, the expressions of templates replaced by « X ». Comments are skipped; a
// slash after an operator or a bracket begins a regular expression, which is skipped too.
func literals(script string) []string {
	var found []string
	s := scanner{text: script}
	s.code(&found, 0)
	return found
}

type scanner struct {
	text string
	at   int
	last byte // last character of code that is no space
}

// code reads until the text ends or, inside a template, until its closing brace.
func (s *scanner) code(found *[]string, closing byte) {
	for depth := 0; s.at < len(s.text); {
		c := s.text[s.at]
		switch {
		case strings.HasPrefix(s.text[s.at:], "//"):
			s.skipTo("\n")
			continue
		case strings.HasPrefix(s.text[s.at:], "/*"):
			s.skipTo("*/")
			continue
		case c == '/' && strings.IndexByte("(,=:[!&|?{};\x00", s.last) >= 0:
			s.regexp()
		case c == '\'' || c == '"' || c == '`':
			*found = append(*found, s.literal(found, c))
		case c == closing && depth == 0:
			s.at++
			return
		default:
			depth += strings.Count("{", string(c)) - strings.Count("}", string(c))
			s.at++
		}
		if c > ' ' {
			s.last = c
		}
	}
}

func (s *scanner) skipTo(end string) {
	i := strings.Index(s.text[s.at:], end)
	if i < 0 {
		s.at = len(s.text)
		return
	}
	s.at += i + len(end)
}

func (s *scanner) regexp() {
	class := false
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\':
			s.at++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			s.at++
			return
		}
	}
}

// literal reads one string; the strings inside a template's expressions are found as their own.
func (s *scanner) literal(found *[]string, quote byte) string {
	var b strings.Builder
	for s.at++; s.at < len(s.text); {
		c := s.text[s.at]
		switch {
		case c == quote:
			s.at++
			return b.String()
		case strings.HasPrefix(s.text[s.at:], `\u00a0`) || strings.HasPrefix(s.text[s.at:], `\u202f`):
			b.WriteString("\u00a0")
			s.at += 6
		case c == '\\':
			s.at += 2
		case quote == '`' && strings.HasPrefix(s.text[s.at:], "${"):
			s.at += 2
			s.code(found, '}')
			b.WriteString("X")
		default:
			b.WriteByte(c)
			s.at++
		}
	}
	return b.String()
}

func TestLiteralsOfScripts(t *testing.T) {
	got := literals("const a = 'un'; // 'non'\n/* \"non\" */ b(`deux ${c ? 'trois' : \"quatre\"}\\u00a0!`, /'[/']/g, x / y);")
	want := []string{"un", "trois", "quatre", "deux X\u00a0!"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

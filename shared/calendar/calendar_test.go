package calendar_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/calendar"
)

var update = flag.Bool("update", false, "write the golden file")

func event() calendar.Event {
	paris := time.FixedZone("CET", 3600)
	return calendar.Event{
		UID: "cnv_0123456789abcdef@saint-aubin.fr", Stamp: time.Date(2026, 12, 1, 9, 5, 7, 0, paris), Sequence: 3,
		Start: time.Date(2026, 12, 10, 18, 30, 0, 0, paris), Summary: "Conseil municipal – Commune de Saint-Aubin",
		Location:    `Salle des fêtes, place de l’Église ; entrée « B »`,
		Description: "Convoqué par : Le maire, Marc Assin\n\nOrdre du jour\n1. Approbation du procès-verbal\n2. Budget primitif 2027\n",
	}
}

// property is a line as it is read: unfolded, its value unescaped where it is a text.
type property struct{ name, value string }

// read reads a file as strictly as RFC 5545 lets it: CRLF only, lines of at most 75 octets that are UTF-8 by themselves,
// no control character, no escape that is none.
func read(file []byte) ([]property, error) {
	body, ended := strings.CutSuffix(string(file), "\r\n")
	if !ended {
		return nil, errors.New("the last line has no end")
	}
	var lines []string
	for line := range strings.SplitSeq(body, "\r\n") {
		control := strings.IndexFunc(line, unicode.IsControl)
		switch {
		case len(line) > 75, line == "", !utf8.ValidString(line), control >= 0:
			return nil, fmt.Errorf("line %q", line)
		case line[0] == ' ' && len(lines) > 0:
			lines[len(lines)-1] += line[1:]
		default:
			lines = append(lines, line)
		}
	}
	var all []property
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if !found || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, fmt.Errorf("no property: %q", line)
		}
		if value, found = unescape(value); !found {
			return nil, fmt.Errorf("escapes of %q", line)
		}
		all = append(all, property{name, value})
	}
	return all, nil
}

func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ',' || c == ';':
			return "", false
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(s) || !strings.ContainsRune(`\,;n`, rune(s[i+1])):
			return "", false
		default:
			i++
			b.WriteString(strings.Replace(string(s[i]), "n", "\n", 1))
		}
	}
	return b.String(), true
}

func properties(t *testing.T, e calendar.Event) []property {
	t.Helper()
	all, err := read(calendar.File(e))
	if err != nil {
		t.Fatalf("%v in\n%s", err, calendar.File(e))
	}
	return all
}

func TestFileIsReadAsItWasWritten(t *testing.T) {
	e := event()
	want := []property{
		{"BEGIN", "VCALENDAR"}, {"VERSION", "2.0"}, {"PRODID", "-//Convoc//Convoc//FR"}, {"METHOD", "PUBLISH"},
		{"BEGIN", "VEVENT"}, {"UID", e.UID}, {"DTSTAMP", "20261201T080507Z"}, {"SEQUENCE", "3"},
		{"DTSTART", "20261210T173000Z"}, {"DURATION", "PT2H"}, {"SUMMARY", e.Summary}, {"LOCATION", e.Location},
		{"DESCRIPTION", e.Description}, {"STATUS", "CONFIRMED"}, {"TRANSP", "OPAQUE"},
		{"END", "VEVENT"}, {"END", "VCALENDAR"},
	}
	if diff := cmp.Diff(want, properties(t, e), cmp.AllowUnexported(property{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFileIsAsLastReviewed(t *testing.T) {
	path := filepath.Join("testdata", "meeting.ics")
	got := calendar.File(event())
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is another file; run with -update and read the change", path)
	}
}

func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	e := event()
	e.Location, e.Description = "", ""
	for _, p := range properties(t, e) {
		if p.name == "LOCATION" || p.name == "DESCRIPTION" {
			t.Errorf("%s is there with %q", p.name, p.value)
		}
	}
}

func TestTexts(t *testing.T) {
	for name, c := range map[string]struct{ given, want string }{
		"what is escaped":         {`a, b; c \ d`, `a, b; c \ d`},
		"what looks escaped":      {`\n \, \\`, `\n \, \\`},
		"line ends of all kinds":  {"a\r\nb\rc\nd\u2028e\u2029f", "a\nb\nc\nd\ne\nf"},
		"a property of its own":   {"a\r\nATTENDEE:mailto:x@y.fr\r\n b", "a\nATTENDEE:mailto:x@y.fr\n b"},
		"control characters":      {"a\x00b\x1b\x7f\u0085c\td", "abc d"},
		"not UTF-8":               {"a\xffb\xc3", "a\uFFFDb\uFFFD"},
		"spaces around":           {" a ", " a "},
		"colons and quotes":       {`a: "b" 'c'`, `a: "b" 'c'`},
		"the end of the calendar": {"\nEND:VEVENT\nEND:VCALENDAR\n", "\nEND:VEVENT\nEND:VCALENDAR\n"},
	} {
		t.Run(name, func(t *testing.T) {
			e := event()
			e.Summary = c.given
			if got := properties(t, e)[10]; got != (property{"SUMMARY", c.want}) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A fold falls on every octet of every width of character, and cuts none.
func TestFoldsFallBetweenCharacters(t *testing.T) {
	for _, letter := range []string{"a", "é", "–", "🏛", "e\u0301", ","} {
		for shift := range 80 {
			e := event()
			e.Description = strings.Repeat("x", shift) + strings.Repeat(letter, 200)
			if got := properties(t, e)[12].value; got != e.Description {
				t.Fatalf("%q after %d: got %q", letter, shift, got)
			}
		}
	}
}

func TestLineOfExactly75OctetsIsNotFolded(t *testing.T) {
	e := event()
	for _, c := range []struct {
		octets int
		folded bool
	}{{74, false}, {75, false}, {76, true}} {
		e.Summary = strings.Repeat("x", c.octets-len("SUMMARY:"))
		if got := !bytes.Contains(calendar.File(e), []byte("SUMMARY:"+e.Summary+"\r\n")); got != c.folded {
			t.Errorf("a line of %d octets: folded %v", c.octets, got)
		}
	}
}

// Whatever a meeting is called, its file has the same properties, and its texts but for what no text may hold.
func FuzzFile(f *testing.F) {
	f.Add("cnv_a@b", "Conseil municipal", "Salle, 1", "1. Budget\n2. Divers", int64(1_796_923_800), 0)
	f.Add("", "", "", "", int64(0), -1)
	f.Add("\r\n", "\\n;,\\", "\xff\u2028", strings.Repeat("é\n", 90), int64(4_102_444_800), 9)
	f.Fuzz(func(t *testing.T, uid, summary, place, description string, start int64, sequence int) {
		at := time.Unix(start%4_102_444_800, 0)
		e := calendar.Event{
			UID: uid, Stamp: at, Sequence: sequence, Start: at, Summary: summary, Location: "x" + place, Description: "x" + description,
		}
		file := calendar.File(e)
		all, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range all {
			names = append(names, p.name)
		}
		want := "BEGIN VERSION PRODID METHOD BEGIN UID DTSTAMP SEQUENCE DTSTART DURATION SUMMARY LOCATION DESCRIPTION STATUS TRANSP END END"
		if got := strings.Join(names, " "); got != want {
			t.Fatalf("properties %s", got)
		}
		for i, given := range map[int]string{5: uid, 10: summary, 11: "x" + place, 12: "x" + description} {
			if plain := !strings.ContainsFunc(given, unusual); plain && utf8.ValidString(given) && all[i].value != given {
				t.Errorf("%s: got %q, want %q", all[i].name, all[i].value, given)
			}
		}
		// read again from what was read, nothing changes any more
		e.UID, e.Summary, e.Location, e.Description = all[5].value, all[10].value, all[11].value, all[12].value
		if again := calendar.File(e); !bytes.Equal(again, file) {
			t.Errorf("read and written again:\n%s\nwas\n%s", again, file)
		}
	})
}

func unusual(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || r == '\u2028' || r == '\u2029'
}

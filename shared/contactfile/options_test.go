package contactfile_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"convoc/shared/contactfile"
)

func with(t *testing.T, text string, o contactfile.Options) contactfile.File {
	t.Helper()
	f, err := contactfile.Read(contactfile.Text(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The secretary sees what was found, and changes it.
func TestLayoutIsShownAndGivenBackChanged(t *testing.T) {
	text := "Titre;Nom;Courriel;Inconnu\nMme;Zoé;a@x.fr;CM\n;Luc;b@x.fr;\nM.;Paul;c@x.fr;Bureau\n"
	f := read(t, text)
	want := contactfile.Layout{
		Encoding: "utf-8", Separator: ";", Header: true, HeaderLine: 1, Size: int64(len(text)),
		Columns: []contactfile.Column{
			{Title: "Titre", Role: contactfile.RoleCivility, Sample: []string{"Mme", "M."}},
			{Title: "Nom", Role: contactfile.RoleName, Sample: []string{"Zoé", "Luc", "Paul"}},
			{Title: "Courriel", Role: contactfile.RoleAddress, Sample: []string{"a@x.fr", "b@x.fr", "c@x.fr"}},
			{Title: "Inconnu", Role: contactfile.RoleIgnored, Sample: []string{"CM", "Bureau"}},
		},
	}
	if diff := cmp.Diff(want, f.Layout); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	roles := []contactfile.Role{contactfile.RoleIgnored, contactfile.RoleLastName, contactfile.RoleAddress, contactfile.RoleGroup}
	f = with(t, text, contactfile.Options{Columns: roles, Header: contactfile.No})
	if got := lines(f); !slices.Equal(got, []string{"2 a@x.fr Zoé [CM]", "3 b@x.fr Luc []", "4 c@x.fr Paul [Bureau]", "1 address_invalid"}) {
		t.Errorf("got %q", got)
	}
}

func TestOptionsOverruleWhatIsFound(t *testing.T) {
	latin := string([]byte("a@x.fr;Ren\xe9|CM\n"))
	for name, c := range map[string]struct {
		text string
		o    contactfile.Options
		want []string
	}{
		"encoding":             {latin, contactfile.Options{Encoding: contactfile.Macintosh}, []string{"1 a@x.fr RenÈ|CM []"}},
		"separator":            {"a@x.fr|A;CM\n", contactfile.Options{Separator: "|"}, []string{"1 a@x.fr A;CM []"}},
		"headings":             {"a@x.fr;Nom\nb@x.fr;B\n", contactfile.Options{Header: contactfile.Yes}, []string{"2 b@x.fr B []"}},
		"no headings":          {"mail;nom\nb@x.fr;B\n", contactfile.Options{Header: contactfile.No}, []string{"2 b@x.fr B []", "1 address_invalid"}},
		"commas part groups":   {"a@x.fr;A;\"CM, Bureau\"\n", contactfile.Options{GroupComma: contactfile.Yes}, []string{"1 a@x.fr A [CM, Bureau]"}},
		"commas never do":      {"a@x.fr;A;\"CM,X\"\nb@x.fr;B;CM\nc@x.fr;C;X\n", contactfile.Options{GroupComma: contactfile.No}, []string{"1 a@x.fr A [CM,X]", "2 b@x.fr B [CM]", "3 c@x.fr C [X]"}},
		"persons on paper":     {"mail;nom\n;A\n;\nb@x.fr;B\n", contactfile.Options{WithoutAddress: true}, []string{"2  A []", "4 b@x.fr B []"}},
		"a line put right":     {"a@x,fr;A;CM\nb@x.fr;B\n", contactfile.Options{Corrections: map[int][]string{1: {"a@x.fr", "A", "Bureau"}}}, []string{"1 a@x.fr A [Bureau]", "2 b@x.fr B []"}},
		"a line put wrong":     {"a@x.fr;A\nb@x.fr;B\n", contactfile.Options{Corrections: map[int][]string{1: {"a@@x.fr", "A"}}}, []string{"2 b@x.fr B []", "1 address_invalid"}},
		"a line left out":      {"a@x,fr;A\nb@x.fr;B\n", contactfile.Options{Corrections: map[int][]string{1: nil}}, []string{"2 b@x.fr B []"}},
		"a line far from here": {"b@x.fr;B\n", contactfile.Options{Corrections: map[int][]string{7: {"a@x.fr"}}}, []string{"1 b@x.fr B []"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lines(with(t, c.text, c.o)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOptionsThatThereAreNotAreRefused(t *testing.T) {
	for name, o := range map[string]contactfile.Options{
		"an encoding": {Encoding: "utf-9"}, "a separator": {Separator: ":"}, "two separators": {Separator: ";,"}, "a role": {Columns: []contactfile.Role{"x"}},
		"too many columns": {Columns: slices.Repeat([]contactfile.Role{contactfile.RoleName}, 67)},
	} {
		if _, err := contactfile.Read(contactfile.Text("a@x.fr"), o); !errors.Is(err, contactfile.ErrOptions) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLinesInErrorHaveASuggestion(t *testing.T) {
	for cell, want := range map[string]string{
		"a@x,fr": "a@x.fr", "b @x.fr": "b@x.fr", "jean.orange.fr": "jean@orange.fr", "jeanorange.fr": "jean@orange.fr", "jeanàorange.fr": "jean@orange.fr",
		"jean(at)x.fr": "jean@x.fr", "jean@@x.fr": "jean@x.fr", "rené@x.fr": "rene@x.fr", "jean@orange": "jean@orange.fr", "jean@x..fr": "jean@x.fr",
		"jean@x.fr.": "jean@x.fr", "jean.@x.fr": "jean@x.fr", "Jean Dupont jean@x.fr": "jean@x.fr", "jean@gmial,com": "jean@gmail.com",
		"jean dupont@x.fr": "jeandupont@x.fr", "Dupont jean@x.fr": "jean@x.fr", "jean arobase x.fr": "jean@x.fr", "jean@mairiefr": "jean@mairie.fr", "c.x.fr": "", "Jean": "", "x@": "", "@": "",
	} {
		f := read(t, "mail;nom\n\""+cell+"\";Jean\nb@y.fr;B\n")
		if len(f.Errors) != 1 || f.Errors[0].Suggestion != want || f.Errors[0].Column != 0 {
			t.Errorf("%q: got %+v, want %q", cell, f.Errors, want)
		}
	}
	if f := read(t, "b@y.fr;B\nJean;a@x.fr\n"); f.Errors[0].Suggestion != "a@x.fr" && f.Errors[0].Suggestion != "" {
		t.Errorf("in another cell: got %+v", f.Errors)
	}
}

// What may be mistyped is only pointed out.
func TestDoubtsAboutAddressesChangeNothing(t *testing.T) {
	for domain, want := range map[string]string{
		"gmial.com": "gmail.com", "gmal.com": "gmail.com", "gmaill.com": "gmail.com", "orange.con": "", "hotmail.con": "hotmail.com", "wanado.fr": "wanadoo.fr",
		"free.ft": "free.fr", "gmail.com": "", "orange.fr": "", "email.com": "", "mairie.fr": "", "laposte.fr": "", "ornage.fr": "orange.fr",
	} {
		f := read(t, "a@"+domain+";A\n")
		got := ""
		if len(f.Doubts) > 0 {
			got = strings.TrimPrefix(f.Doubts[0].Suggestion, "a@")
		}
		if got != want || string(f.Contacts[0].Address) != "a@"+domain || f.Refused > 0 {
			t.Errorf("%s: got %q, want %q of %+v", domain, got, want, f.Contacts)
		}
	}
}

// The encoding is found whatever comes late, and rows are given one by one.
func TestReaderGivesRowsOneByOne(t *testing.T) {
	text := strings.Repeat("a@x.fr;A\n", 60_000) + "fin@x.fr;Ren\xe9\n"
	r, err := contactfile.Open(contactfile.Text(text), contactfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Layout().Encoding; got != contactfile.Windows1252 {
		t.Errorf("got %s", got)
	}
	n, last := 0, contactfile.Line{}
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; line.Number != n || (n > 1 && n <= 60_000 && line.Into != 1) {
			t.Fatalf("row %d: got %+v", n, line)
		}
		last = *line
	}
	if n != 60_001 || last.Contact.Name != "René" || last.Into != 0 {
		t.Errorf("%d rows, the last %+v", n, last)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: got %v", err)
	}
}

// French is read in all encodings that French programs write.
func TestEncodings(t *testing.T) {
	const text = "a@x.fr;Hélène Noël, de Château-Thierry à Évreux;Élus français\r\nb@x.fr;Anaïs Bâtiment;Forêt\r\n"
	encode := func(f func(string) (string, error)) string {
		s, err := f(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct{ raw, want string }{
		"UTF-8":                     {text, contactfile.UTF8},
		"UTF-8 with its mark":       {"\ufeff" + text, contactfile.UTF8},
		"UTF-16, little, no mark":   {encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String), contactfile.UTF16},
		"UTF-16, big, no mark":      {encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String), contactfile.UTF16},
		"UTF-16, big, with a mark":  {encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String), contactfile.UTF16},
		"UTF-16, little, with mark": {encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String), contactfile.UTF16},
		"Windows":                   {encode(charmap.Windows1252.NewEncoder().String), contactfile.Windows1252},
		"DOS":                       {encode(charmap.CodePage850.NewEncoder().String), contactfile.CP850},
		"old Macs":                  {strings.ReplaceAll(encode(charmap.Macintosh.NewEncoder().String), "\r\n", "\r"), contactfile.Macintosh},
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, c.raw)
			want := []string{"1 a@x.fr Hélène Noël, de Château-Thierry à Évreux [Élus français]", "2 b@x.fr Anaïs Bâtiment [Forêt]"}
			if got := lines(f); f.Encoding != c.want || !slices.Equal(got, want) {
				t.Errorf("got %s %q", f.Encoding, got)
			}
		})
	}
}

// One accented letter is enough, in most places where it stands.
func TestEncodingOfOneLetter(t *testing.T) {
	for _, name := range []string{"René", "Hélène", "Noël", "Anaïs", "François", "Château", "Agence à Évreux", "Forêt", "Benoît", "Jérôme", "Août", "Élus"} {
		for encoding, c := range map[string]*charmap.Charmap{contactfile.Windows1252: charmap.Windows1252, contactfile.CP850: charmap.CodePage850, contactfile.Macintosh: charmap.Macintosh} {
			raw, err := c.NewEncoder().String("a@x.fr;" + name + "\n")
			if err != nil {
				t.Fatal(err)
			}
			if f := read(t, raw); f.Encoding != encoding || f.Contacts[0].Name != name {
				t.Errorf("%s in %s: got %q in %s", name, encoding, f.Contacts[0].Name, f.Encoding)
			}
		}
	}
}

package page

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMask(t *testing.T) {
	for address, want := range map[string]string{
		"mireille@orange.example": "m•••@orange.example",
		"élodie@orange.example":   "é•••@orange.example",
		"m@orange.example":        "•••@orange.example",
		"@orange.example":         "•••@orange.example",
		"no address":              "•••",
		"":                        "•••",
	} {
		if got := Mask(address); got != want {
			t.Errorf("Mask(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestDial(t *testing.T) {
	for printed, want := range map[string]string{
		"02 32 00 00 00":           "0232000000",
		"02.32.00.00.00":           "0232000000",
		"02\u00a032\u202f00-00-00": "0232000000",
		"+33 2 32 00 00 00":        "+33232000000",
		"3939":                     "3939",
		"02 32 00 00 00 poste 12":  "",
		"12":                       "",
		"javascript:alert(1)":      "",
		"":                         "",
	} {
		if got := dial(printed); got != want {
			t.Errorf("dial(%q) = %q, want %q", printed, got, want)
		}
	}
}

func TestLinked(t *testing.T) {
	link := func(s string) piece { return piece{Text: s, URL: s} }
	text := func(s string) piece { return piece{Text: s} }
	for _, c := range []struct {
		name, message string
		want          []piece
	}{
		{"nothing", "", nil},
		{"no address", "Bonjour", []piece{text("Bonjour")}},
		{"at the end of a sentence", "Voir https://a.example/b.", []piece{text("Voir "), link("https://a.example/b"), text(".")}},
		{"in brackets", "(https://a.example)", []piece{text("("), link("https://a.example"), text(")")}},
		{"brackets of its own", "https://a.example/b_(c)", []piece{link("https://a.example/b_(c)")}},
		{"in French quotes", "«https://a.example»", []piece{text("«"), link("https://a.example"), text("»")}},
		{"two", "https://a.example\nhttps://b.example", []piece{link("https://a.example"), text("\n"), link("https://b.example")}},
		{"not encrypted", "http://a.example", []piece{text("http://a.example")}},
		{"a script", "javascript:alert(1)", []piece{text("javascript:alert(1)")}},
		{"inside a word", "xhttps://a.example", []piece{text("xhttps://a.example")}},
		{"a user that imitates a host", "https://mairie.fr@b.example/", []piece{text("https://mairie.fr@b.example/")}},
		{"letters that imitate others", "https://mаirie.example/", []piece{text("https://mаirie.example/")}},
		{"turned reading", "https://a.example/\u202egpj", []piece{text("https://a.example/\u202egpj")}},
		{"no dot in the host", "https://localhost/", []piece{text("https://localhost/")}},
		{"a backslash", `https://a.example\@b.example`, []piece{text(`https://a.example\@b.example`)}},
		{"nothing after the scheme", "https://...", []piece{text("https://...")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, linked(c.message)); diff != "" {
				t.Errorf("linked(%q) (-want +got):\n%s", c.message, diff)
			}
		})
	}
}

// FuzzLinked: cutting a message loses nothing and never makes anything but plain https addresses.
func FuzzLinked(f *testing.F) {
	f.Add("Voir https://a.example/b_(c), puis https://u@b.example.")
	f.Add("https://https://a.example")
	f.Fuzz(func(t *testing.T, message string) {
		var whole strings.Builder
		for _, p := range linked(message) {
			whole.WriteString(p.Text)
			if p.URL != "" && (p.URL != p.Text || !plainAddress(p.URL)) {
				t.Errorf("linked(%q) follows %q under the text %q", message, p.URL, p.Text)
			}
		}
		if got := whole.String(); got != message {
			t.Errorf("linked(%q) gives the text %q", message, got)
		}
	})
}

func TestAudience(t *testing.T) {
	entries := []Entry{
		{Name: "ENN", Group: true, Count: 4}, {Name: "Groupe majorité", Group: true, Count: 1200}, {Name: "Anne Dupont"},
	}
	want := "Groupe ENN\u00a0(4), Groupe majorité\u00a0(1\u202f200), Anne Dupont"
	if got := Audience(entries); got != want {
		t.Errorf("Audience = %q, want %q", got, want)
	}
	if got := others(entries); got != "" {
		t.Errorf("others of three = %q, want nothing", got)
	}
	if got, want := others(make([]Entry, shownEntries+2)), "2\u00a0autres"; got != want {
		t.Errorf("others = %q, want %q", got, want)
	}
	if got := Audience(nil); got != "" {
		t.Errorf("Audience of nobody = %q, want nothing", got)
	}
}

func TestProblems(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Problems() {
		if seen[p.Code] {
			t.Errorf("%s is there twice", p.Code)
		}
		seen[p.Code] = true
		if p.Title == "" || p.Text == "" || p.Todo == "" {
			t.Errorf("%s does not say what happened and what to do", p.Code)
		}
		if got := ProblemOf(p.Code); got != p {
			t.Errorf("ProblemOf(%s) = %v, want %v", p.Code, got, p)
		}
	}
	for code, want := range map[string]string{
		"never heard of": "fault", "": "fault",
		"too_many_reply_documents": "too_many_documents", "reply_documents_too_large": "documents_too_large",
	} {
		if got := ProblemOf(code).Code; got != want {
			t.Errorf("ProblemOf(%q) is %s, want %s", code, got, want)
		}
	}
}

func TestPeople(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "de Mme Claire Lefèvre": {"Mme Claire Lefèvre"}, "d’Élodie Martin et de Le Goff Yann": {"Élodie Martin", "Le Goff Yann"},
		"d’Yves Petit, de Yann Petit et de Y": {"Yves Petit", "Yann Petit", "Y"}, "de ": {""},
	} {
		var got strings.Builder
		for _, p := range people(names) {
			got.WriteString(p.Before + p.Name)
		}
		if got.String() != want {
			t.Errorf("people(%q) reads %q, want %q", names, got.String(), want)
		}
	}
}

func TestEachPresenceHasWordsOfItsOwn(t *testing.T) {
	seen := map[string]bool{"": true}
	for _, presence := range []string{"present", "absent", "proxy", "undecided", "remote", "substitute"} {
		for _, words := range []string{said(presence), noted(presence)} {
			if seen[words] {
				t.Errorf("%s is called %q, like another or nothing", presence, words)
			}
			seen[words] = true
		}
	}
	if said("never heard of") != "" || noted("") != "" {
		t.Error("a presence that is not known has words")
	}
}

func TestEachWayHasItsName(t *testing.T) {
	for code, want := range map[string]string{
		"phone": "téléphone", "paper": "papier", "mail": "courriel", "mouth": "de vive voix", "pigeon": "autre moyen",
	} {
		if got := way(code); got != want {
			t.Errorf("way(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestCompactKeepsWhatABrowserReads(t *testing.T) {
	const sheet = "/* said once */\n.a, .b {\n  margin: 0 1px;\n  font: 600 1rem/1.25 \"A B\", serif;\n}\n@media print {\n  .a + .b { color: red; }\n}\n"
	want := ".a,.b{margin:0 1px;font:600 1rem/1.25 \"A B\",serif}\n@media print{.a + .b{color:red}\n}"
	if got := compact(sheet); got != want {
		t.Errorf("compact gives %q, want %q", got, want)
	}
}

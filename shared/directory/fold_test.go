package directory

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"case and accents", "ÉVREUX à Noël", "evreux a noel"},
		{"an accent in two characters", "Rene\u0301", "rene"},
		{"ligatures", "Sœur LÆTITIA Œuvre", "soeur laetitia oeuvre"},
		{"letters that no accent makes", "Groß Øre Łódź Đ ẞ", "gross ore lodz d ss"},
		{"letters that paper joins", "ﬁnances", "finances"},
		{"spaces of all kinds", "  Conseil\u00a0\u202f\t municipal\r\n", "conseil municipal"},
		{"characters that show nothing", "Con\u00adseil\u200b \ufeffmunicipal\u2060", "conseil municipal"},
		{"signs stay", "C.C.A.S. n° 2 #1", "c.c.a.s. n° 2 #1"},
		{"full-width letters", "ＣＭ", "cm"},
		{"a capital i with a dot", "İsmet", "ismet"},
		{"apostrophes of all kinds", "l’Art d‘aujourdʼhui, d′hier", "l'art d'aujourd'hui, d'hier"},
		{"other scripts", "ЖАН", "жан"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fold(c.in); got != c.want {
				t.Errorf("%q: got %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// A group is found by its folded name: what people would call the same name is one group, what they would not is two.
func TestNamesOfGroups(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"case", "CONSEIL", "Conseil", true},
		{"accents", "Équipe", "equipe", true},
		{"outer and double spaces", " Conseil  municipal ", "Conseil municipal", true},
		{"a no-break space", "Conseil\u00a0municipal", "Conseil municipal", true},
		{"a ligature", "Œuvres", "oeuvres", true},
		{"an invisible character", "ENN\u200b", "ENN", true},
		{"an apostrophe that Word has improved", "Conseil d’administration", "conseil d'administration", true},
		{"a sign", "ENN_2", "ENN 2", false},
		{"a number", "ENN_2", "ENN_3", false},
		{"a hyphen", "Saint-Aubin", "Saint Aubin", false},
		{"one word more", "Conseil", "Conseil municipal", false},
	} {
		if got := Fold(c.a) == Fold(c.b); got != c.same {
			t.Errorf("%s: %q and %q are the same: %v, want %v", c.name, c.a, c.b, got, c.same)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" - ", nil},
		{"Jean-Pierre d’Évreux (maire)", []string{"jean", "pierre", "d", "evreux", "maire"}},
		{"jean.dupont+cm@mairie-x.fr", []string{"jean", "dupont", "cm", "mairie", "x", "fr"}},
		{"1er adjoint n°2", []string{"1er", "adjoint", "n", "2"}},
	} {
		if got := Words(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCleanName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"as it is", "Zoé d’Évreux-Noël", "Zoé d’Évreux-Noël"},
		{"accents are composed", "Zoe\u0301", "Zoé"},
		{"spaces", " Jean\u00a0 \tDupont\n", "Jean Dupont"},
		{"a line end is no header", "Jean\r\nBcc: a@x.fr", "Jean Bcc: a@x.fr"},
		{"control characters", "Jean\x00\x1b[31mDupont", "Jean [31mDupont"},
		{"text that runs backwards", "Jean\u202etnopuD\u2066", "JeantnopuD"},
		{"characters that show nothing", "Je\u00ad\u200ban", "Jean"},
		{"bytes that are no text", "Jean\xff", "Jean\uFFFD"},
		{"nothing left", "\u200b \u00a0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CleanName(c.in); got != c.want {
				t.Errorf("%q: got %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// At one address, these are one person or two.
func TestSamePerson(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"equal", "Jean Dupont", "Jean Dupont", true},
		{"but for case and accents", "JÉRÔME DUPONT", "Jerome Dupont", true},
		{"but for signs", "Jean-Pierre Dupont", "Jean Pierre DUPONT", true},
		{"one empty", "", "Jean Dupont", true},
		{"one of signs only", "-", "Jean Dupont", true},
		{"both empty", "", "", true},
		{"the first word", "Jean", "Jean Dupont", true},
		{"the initial", "J.", "Jean Dupont", true},
		{"the initial of one word", "J", "Jean", true},
		{"an initial and the name", "J. Dupont", "Jean Dupont", true},
		{"two initials and the name", "J.-P. Dupont", "Jean-Pierre Dupont", true},
		{"an initial last", "Jean D.", "Jean Dupont", true},
		{"an initial with an accent", "É. Dupont", "Eric Dupont", true},

		{"a couple", "Paul Morel", "Anne Morel", false},
		{"a couple of one initial", "P. Morel", "Anne Morel", false},
		{"the last word", "Dupont", "Jean Dupont", false},
		{"the beginning of a word is no initial", "Je Dupont", "Jean Dupont", false},
		{"another initial", "B", "Jean Dupont", false},
		{"initials only", "J. D.", "Jean Dupont", false},
		{"one word more", "Jean Dupont", "Jean Pierre Dupont", false},
		{"words the other way round", "Dupont Jean", "Jean Dupont", false},
		{"an office", "Mairie", "Jean Dupont", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SamePerson(c.a, c.b); got != c.same {
				t.Errorf("%q and %q: got %v, want %v", c.a, c.b, got, c.same)
			}
			if got := SamePerson(c.b, c.a); got != c.same {
				t.Errorf("%q and %q: got %v, want %v", c.b, c.a, got, c.same)
			}
		})
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Jean-Pierre Dupont", "J.-P. Dupont")
	f.Add("É\u0301 \u0345ß", "ẞ ǅ ﷺ")
	f.Add("J", "Jean")
	f.Add("\xff\u202e", "½ K Å")
	f.Fuzz(func(t *testing.T, a, b string) {
		folded := Fold(a)
		if again := Fold(folded); again != folded {
			t.Errorf("%q folds to %q, and that to %q", a, folded, again)
		}
		if again := Words(folded); !slices.Equal(again, Words(a)) {
			t.Errorf("the words of %q are %q, folded %q", a, Words(a), again)
		}
		clean := CleanName(a)
		if again := CleanName(clean); again != clean {
			t.Errorf("%q is cleaned to %q, and that to %q", a, clean, again)
		}
		if got := Fold(clean); utf8.ValidString(a) && got != folded {
			t.Errorf("%q: cleaned it is another name: %q, not %q", a, got, folded)
		}
		if !SamePerson(a, a) {
			t.Errorf("%q is not itself", a)
		}
		if SamePerson(a, b) != SamePerson(b, a) {
			t.Errorf("%q and %q: it depends on the order", a, b)
		}
	})
}

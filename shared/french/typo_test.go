package french_test

import (
	"testing"

	"convoc/shared/french"
)

func TestTypo(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"L'objet":                  "L’objet",
		"'cité'":                   "'cité'",
		"« %s » n'est pas":         "«\u00a0%s\u00a0» n’est pas",
		"Attention : prêt ? Oui !": "Attention\u00a0: prêt\u00a0? Oui\u00a0!",
		"a ; b":                    "a\u00a0; b",
		"20 000 caractères":        "20\u202f000 caractères",
		"100 Mo ou 18 h 30":        "100\u00a0Mo ou 18\u00a0h\u00a030",
		"5 documents":              "5 documents",
		"https://exemple.fr":       "https://exemple.fr",
		"100 Moutons":              "100 Moutons",
	} {
		got := french.Typo(in)
		if got != want {
			t.Errorf("Typo(%q) = %q, want %q", in, got, want)
		}
		if again := french.Typo(got); again != got {
			t.Errorf("Typo twice of %q = %q, want %q", in, again, got)
		}
	}
}

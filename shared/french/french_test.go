package french_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"
	_ "time/tzdata" // the vectors name overseas zones that a bare machine may not know

	"convoc/shared/french"
)

// TestVectors holds the helpers to the file that the script of the secretary's pages is held to.
func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("../../static/assets/dates.vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		UTC                        time.Time
		Zone, Long, Table, Seconds string
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range vectors {
		loc, err := time.LoadLocation(v.Zone)
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]string{
			"Long":    {french.Long(v.UTC, loc), v.Long},
			"Table":   {french.Table(v.UTC, loc), v.Table},
			"Seconds": {french.Seconds(v.UTC, loc), v.Seconds},
		} {
			if got, want := pair[0], pair[1]; got != want {
				t.Errorf("%s(%s, %s) = %q, want %q", what, v.UTC, v.Zone, got, want)
			}
		}
	}
}

func TestDayHasNoYear(t *testing.T) {
	at := time.Date(2026, 12, 1, 7, 5, 0, 0, time.UTC)
	if got, want := french.Day(at, time.UTC), "mardi 1er\u00a0décembre"; got != want {
		t.Errorf("Day = %q, want %q", got, want)
	}
}

func TestZeroTimeIsEmpty(t *testing.T) {
	for what, write := range map[string]func(time.Time, *time.Location) string{
		"Long": french.Long, "Day": french.Day, "Table": french.Table, "Seconds": french.Seconds,
	} {
		if got := write(time.Time{}, time.UTC); got != "" {
			t.Errorf("%s of the zero time = %q, want nothing", what, got)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{
		0:         "0\u00a0destinataire",
		1:         "1\u00a0destinataire",
		2:         "2\u00a0destinataires",
		29:        "29\u00a0destinataires",
		100_000:   "100\u202f000\u00a0destinataires",
		1_234_567: "1\u202f234\u202f567\u00a0destinataires",
	} {
		if got := french.Count(n, "destinataire", "destinataires"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestNumberBelowZero(t *testing.T) {
	for n, want := range map[int64]string{-1: "-1", -123: "-123", -1234: "-1\u202f234"} {
		if got := french.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		0:             "0\u00a0octet",
		1:             "1\u00a0octet",
		999:           "999\u00a0octets",
		1000:          "1\u00a0Ko",
		1499:          "1\u00a0Ko",
		1500:          "2\u00a0Ko",
		820_000:       "820\u00a0Ko",
		999_499:       "999\u00a0Ko",
		999_500:       "1\u00a0Mo",
		3_440_000:     "3,4\u00a0Mo",
		3_450_000:     "3,5\u00a0Mo",
		12_000_000:    "12\u00a0Mo",
		1_234_500_000: "1\u202f234,5\u00a0Mo",
	} {
		if got := french.Size(bytes); got != want {
			t.Errorf("Size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for _, c := range []struct {
		items []string
		want  string
	}{
		{nil, ""},
		{[]string{"Anne"}, "Anne"},
		{[]string{"Anne", "Bruno"}, "Anne et Bruno"},
		{[]string{"Anne", "Bruno", "Claire"}, "Anne, Bruno et Claire"},
	} {
		if got := french.List(c.items); got != c.want {
			t.Errorf("List(%q) = %q, want %q", c.items, got, c.want)
		}
	}
}

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"Commune de Saint-Aubin":             "de la commune de Saint-Aubin",
		"COMMUNE DE SAINT-AUBIN":             "de la COMMUNE DE SAINT-AUBIN",
		"Mairie":                             "de la mairie",
		"Syndicat des eaux":                  "du syndicat des eaux",
		"CCAS d’Évreux":                      "du CCAS d’Évreux",
		"Établissement public foncier":       "de l’établissement public foncier",
		"Eure Normandie Numérique":           "d’Eure Normandie Numérique",
		"Évreux":                             "d’Évreux",
		"Le Havre":                           "du Havre",
		"Les Andelys":                        "des Andelys",
		"La Rochelle":                        "de La Rochelle",
		"Bernay":                             "de Bernay",
		" Communauté de communes du Vexin  ": "de la communauté de communes du Vexin",
		"":                                   "de ",
	} {
		if got := french.Of(name); got != want {
			t.Errorf("Of(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFrom(t *testing.T) {
	for name, want := range map[string]string{
		"Anne": "d’", "Émile": "d’", "Yves": "d’", "Yann": "de ", "Bruno": "de ", "Hélène": "de ", "": "de ", "Y": "de ",
	} {
		if got := french.From(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

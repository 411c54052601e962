package web

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNoCellIsAFormula(t *testing.T) {
	for _, c := range []struct{ name, cell, want string }{
		{"nothing", "", ""},
		{"a name", "Jean Dupont", "Jean Dupont"},
		{"an address", "jean@x.fr", "jean@x.fr"},
		{"a sum", "=1+1", "'=1+1"},
		{"a program", "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
		{"a phone number", "+33 2 32 00 00 00", "'+33 2 32 00 00 00"},
		{"a list of a message", "- présent", "'- présent"},
		{"a function of old", "@SUM(A1)", "'@SUM(A1)"},
		{"behind a tab", "\t=1", "'\t=1"},
		{"behind a carriage return", "\r=1", "'\r=1"},
		{"behind a line feed", "\n=1", "'\n=1"},
		{"full-width", "＝1+1", "'＝1+1"},
		{"a sign inside", "1=1", "1=1"},
		{"an apostrophe", "'=1", "'=1"},
		{"broken UTF-8", "\xff=1", "\xff=1"},
	} {
		if got := neutral(c.cell); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSheetIsForFrenchExcel(t *testing.T) {
	got := string(sheet([][]string{{"Nom", "Texte"}, {"Dupont ; Jean", "« Oui »\n\"mais\""}, {"=1", ""}}))
	want := "\uFEFFNom;Texte\r\n\"Dupont ; Jean\";\"« Oui »\r\n\"\"mais\"\"\"\r\n'=1;\r\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What is written reads back, cell by cell, and no cell begins with what a spreadsheet would calculate.
func FuzzSheet(f *testing.F) {
	for _, seed := range []string{"", "=1", "a;b", "a\nb", "a\r\nb", "\r", `"`, `\.`, "\uFEFF", " =1", "\xff", "'", "\t", "＝", "\u2028=1"} {
		f.Add(seed, "x")
		f.Add("x", seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		rows := [][]string{{"Nom", "Texte"}, {a, b}, {b, a}}
		raw := sheet(rows)
		plain, marked := bytes.CutPrefix(raw, []byte("\uFEFF"))
		if !marked {
			t.Fatal("no mark of UTF-8")
		}
		r := csv.NewReader(bytes.NewReader(plain))
		r.Comma = ';'
		got, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var want [][]string
		for _, row := range rows {
			var cells []string
			for _, cell := range row { // a line ends one way in a file
				cells = append(cells, strings.ReplaceAll(neutral(cell), "\r", ""))
			}
			want = append(want, cells)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, row := range got {
			for _, cell := range row {
				if strings.ContainsAny(firstRune(cell), "=+-@\t\r\n＝＋－＠") {
					t.Errorf("the cell %q", cell)
				}
			}
		}
	})
}

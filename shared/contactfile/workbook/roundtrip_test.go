package workbook_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/contactfile/workbook"
)

// exported writes contacts as a file of one of the two kinds.
func exported(t *testing.T, xlsx bool, contacts ...contactfile.Contact) string {
	t.Helper()
	var out bytes.Buffer
	most := 0
	for _, c := range contacts {
		most = max(most, len(c.Groups))
	}
	e := contactfile.NewExport(most)
	rows := [][]string{e.Titles()}
	for _, c := range contacts {
		rows = append(rows, e.Row(c))
	}
	table(t, &out, xlsx, rows)
	return out.String()
}

func table(t *testing.T, out *bytes.Buffer, xlsx bool, rows [][]string) {
	t.Helper()
	var w contactfile.Writer
	var err error
	if w, err = contactfile.NewCSV(out); xlsx {
		out.Reset()
		w, err = workbook.New(out, "Contacts")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestExportIsReadAsItWas(t *testing.T) {
	many := make([]string, 64)
	for i := range many {
		many[i] = "Groupe; " + strings.Repeat("é", 80) + strconv.Itoa(i)
	}
	contacts := []contactfile.Contact{
		{Address: "a@x.fr", Second: "a2@x.fr", Civility: "Mme", FirstName: "Zoé", LastName: "O'Neil", Name: "=Zoé O'Neil", Function: "+1re adjointe", Phone: "+33612345678", Active: contactfile.Yes, Paper: contactfile.No, Rank: 2, SubstituteOf: "-Jean \"Jojo\"; Dupont", Groups: []string{"Travaux, voirie", "@CM", "A|B", `"Q"`, "'=x", "Travaux", "voirie"}},
		{Address: "=b@x.fr", Name: `"Jojo"`, Groups: many},
		{Address: "-c@x.fr", Name: `="x"`, Phone: "02 32 00 00 00 / 06 12"},
		{Name: "Sans courriel", Paper: contactfile.Yes, Active: contactfile.No, Groups: []string{"* myContacts", "A ::: B"}},
		{Address: "d@x.fr", Name: "“Jean”"}, {Address: "e@x.fr", Name: "＝1＋1"}, {Address: "f@x.fr", Name: "'“Jean”"}, {Address: "g@x.fr"},
		{Address: "h@x.fr", Name: "007"}, {Address: "i@x.fr", Name: "1/2"}, {Address: "j@x.fr", Name: "mail"}, {Address: "k@x.fr", Name: "#N/A !"},
	}
	for _, xlsx := range []bool{false, true} {
		f := read(t, exported(t, xlsx, contacts...), contactfile.Options{})
		if !f.Header || f.Refused > 0 || f.Merged > 0 {
			t.Errorf("heading %v, errors %v, %d merged", f.Header, f.Errors, f.Merged)
		}
		for i := range f.Contacts {
			f.Contacts[i].Line = 0
		}
		if diff := cmp.Diff(contacts, f.Contacts); diff != "" {
			t.Errorf("workbook %v (-want +got)\n%s", xlsx, diff)
		}
	}
}

// Lines in error are given back with their columns, are put right, and are read.
func TestFaultyLinesAreReadAgain(t *testing.T) {
	for name, text := range map[string]string{
		"with headings":    "Nom;Courriel;Remarque;Liste\nDupont;a@x,fr;\"1;2\";=CM\nJean;b@x.fr;;\n",
		"without headings": "Dupont;a@x,fr;'=CM\nJean;b@x.fr;\n",
	} {
		for _, xlsx := range []bool{false, true} {
			f := read(t, text, contactfile.Options{})
			e := f.Errors[0]
			faulty := contactfile.NewFaulty(f.Layout)
			cells := slices.Clone(e.Cells)
			cells[e.Column] = e.Suggestion
			var out bytes.Buffer
			table(t, &out, xlsx, [][]string{faulty.Titles(), faulty.Row(cells, "L'adresse n'est pas valable.")})
			got := read(t, out.String(), contactfile.Options{})
			if c := got.Contacts; len(c) != 1 || c[0].Address != "a@x.fr" || c[0].Name != "Dupont" || !slices.Equal(c[0].Groups, []string{"=CM"}) || !got.Header || got.Refused > 0 {
				t.Errorf("%s: got %+v, %+v of %q", name, c, got.Errors, out.String())
			}
		}
	}
}

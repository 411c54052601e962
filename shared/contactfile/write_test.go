package contactfile_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
)

// exported writes contacts as CSV.
func exported(t *testing.T, contacts ...contactfile.Contact) string {
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
	table(t, &out, rows)
	return out.String()
}

func table(t *testing.T, out *bytes.Buffer, rows [][]string) {
	t.Helper()
	w, err := contactfile.NewCSV(out)
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

// Nothing that is written to CSV begins as a formula does.
func TestExportHoldsNoFormula(t *testing.T) {
	for _, text := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"} {
		var out bytes.Buffer
		table(t, &out, [][]string{{text, "x"}})
		if got := strings.TrimPrefix(strings.TrimPrefix(out.String(), "\xef\xbb\xbf"), `"`); !strings.HasPrefix(got, "'") {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	if got := exported(t, contactfile.Contact{Address: "a@x.fr", Name: "Zoé"}); !strings.HasPrefix(got, "\xef\xbb\xbfCourriel;Courriel 2;Description;") || !strings.Contains(got, "\r\na@x.fr;;Zoé;") {
		t.Errorf("got %q", got)
	}
}

// What is exported is read as it was, whatever people are called. (Workbooks are held by a table in their own package: the library is too slow to be fuzzed.)
func FuzzRoundTrip(f *testing.F) {
	f.Add("Zoé", "=Dupont", "", "Maire", "+33 6 12 34 56 78", "Travaux, voirie", `"CM" | Bureau`, uint16(3))
	f.Add("'=1", `="7"`, `"`, "“x”", "612345678", "* myContacts", "Travaux", uint16(0))
	f.Add("-", "@", "\t", "«", "''+", ":::", "voirie", uint16(9))
	f.Fuzz(func(t *testing.T, first, last, name, function, phone, one, two string, rank uint16) {
		c := contactfile.Contact{
			Address: "a@x.fr", FirstName: directory.CleanName(first), LastName: directory.CleanName(last), Name: directory.CleanName(name),
			Function: directory.CleanName(function), Phone: directory.CleanName(phone), Rank: int(rank) % contactfile.MaxRank,
		}
		for _, g := range []string{directory.CleanName(one), directory.CleanName(two)} {
			if directory.Fold(g) != "" && !slices.ContainsFunc(c.Groups, func(h string) bool { return directory.Fold(h) == directory.Fold(g) }) {
				c.Groups = append(c.Groups, g)
			}
		}
		again := read(t, exported(t, c))
		if again.Refused > 0 { // over a limit
			return
		}
		c = again.Contacts[0] // as it is kept
		c.Line = 0
		got := read(t, exported(t, c))
		if len(got.Contacts) != 1 {
			t.Fatalf("%+v: %d contacts, %+v", c, len(got.Contacts), got.Errors)
		}
		got.Contacts[0].Line = 0
		if diff := cmp.Diff(c, got.Contacts[0]); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if c.FirstName != directory.CleanName(first) || c.LastName != directory.CleanName(last) || c.Function != directory.CleanName(function) {
			t.Errorf("%q %q %q came back as %+v", first, last, function, c)
		}
	})
}

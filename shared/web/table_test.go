package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
)

// The table that the secretary opens in Excel: one line for each recipient, what counts now, and nothing to calculate.
func TestTableOfReplies(t *testing.T) {
	s := newScreens(t)
	c := s.Council(2, func(text *compose.Text) {
		s.Member(text.Meeting.Assembly.Group, "=HYPERLINK(\"http://x\")", "formule@x.fr")
		text.Cc = []compose.Entry{{Address: "+presse@x.fr"}}
	})
	path := "/api/convocations/" + string(c.Draft.ID) + "/replies.csv"
	if status, body := s.ask("GET", path, ""); status != http.StatusConflict {
		t.Errorf("a draft: %d %s", status, body)
	}
	id := s.Convene(c)
	all := s.Recipients(id)
	absent := convocation.Choice{Presence: convocation.Absent}
	behalf := convocation.Behalf{By: "secretaire", Way: convocation.ByPhone, Reason: "Appel de 10 h"}
	for address, typed := range map[string]answer.Typed{
		"formule@x.fr": {Text: "-1 ; et\n\"plus\"", Choice: convocation.Choice{Presence: convocation.Represented, Holder: all["e0@x.fr"].Person}},
		"e1@x.fr":      {Choice: absent},
	} {
		if _, err := s.Answer.Record(t.Context(), s.Handle, id, all[address].ID, 0, typed, behalf); err != nil {
			t.Fatal(err)
		}
	}
	s.Clock = s.Clock.Add(time.Minute)
	if _, err := s.Answer.Record(t.Context(), s.Handle, id, all["e0@x.fr"].ID, 0, answer.Typed{Choice: absent}, behalf); err != nil {
		t.Fatal(err) // the proxy falls
	}
	before := s.Counts().Writes
	status, body := s.ask("GET", path, "")
	plain, marked := strings.CutPrefix(body, "\uFEFF")
	if status != http.StatusOK || !marked || s.Counts().Writes != before {
		t.Fatalf("got %d after %d writes: %s", status, s.Counts().Writes-before, body)
	}
	r := csv.NewReader(strings.NewReader(plain))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] {
		got = append(got, fmt.Sprintf("%q", []string{row[0], row[1], row[2], row[6], row[7], row[8], row[10]}))
	}
	want := []string{
		fmt.Sprintf("%q", []string{`'=HYPERLINK("http://x")`, "formule@x.fr", "Destinataire", "Absence", "", "'-1 ; et\n\"plus\"", "secretaire (téléphone)"}),
		fmt.Sprintf("%q", []string{"Élu 0", "e0@x.fr", "Destinataire", "Absence", "", "", "secretaire (téléphone)"}),
		fmt.Sprintf("%q", []string{"Élu 1", "e1@x.fr", "Destinataire", "Absence", "", "", "secretaire (téléphone)"}),
		fmt.Sprintf("%q", []string{"", "'+presse@x.fr", "Copie", "", "", "", ""}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.cookie = "x"
	if status, _ := s.ask("GET", path, ""); status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", status)
	}
}

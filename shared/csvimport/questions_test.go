package csvimport_test

import (
	"errors"
	"fmt"
	"testing"

	"convoc/shared/csvimport"
	"convoc/shared/errs"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// asked is the answer « somebody else » to each question of a preview.
func asked(p csvimport.Preview) map[int]csvimport.Decision {
	decisions := map[int]csvimport.Decision{}
	for _, c := range p.Questions {
		if c.State == csvimport.Ask {
			decisions[c.Line] = csvimport.OtherPerson
		}
	}
	return decisions
}

// 1,003 persons share the mailbox of Luc Roy: 1,000 are asked about. The others are lines in error, and all else is
// imported, also when that is interrupted; the file is imported again for the rest.
func TestNobodyIsAskedMoreThanAThousandQuestions(t *testing.T) {
	const shared = 1_003
	w := worldtest.New(t)
	contact(t, w, "Luc Roy", "mairie@x.fr")
	text := "mail;nom complet;groupe\n"
	for n := range shared {
		text += fmt.Sprintf("mairie@x.fr;Prenom%d Nom%d;Rang %d\n", n, n, n/1_000)
	}
	text += "neuf@x.fr;Neuf;Bureau\n"
	id := sent(t, w, text)
	p := preview(t, w, id)
	decisions := asked(p)
	if len(decisions) != 1_000 || p.Counts.Total() != 1_001 || p.Counts.Errors != 3 || len(p.Groups) != 2 {
		t.Fatalf("%d questions of %d contacts, %d lines in error, groups %v", len(decisions), p.Counts.Total(), p.Counts.Errors, p.Groups)
	}
	for i, e := range p.Errors {
		if e.Line != 1_002+i || e.Code != csvimport.LineManyQuestions || e.Cells[1] != fmt.Sprintf("Prenom%d Nom%d", 1_000+i, 1_000+i) {
			t.Errorf("got %+v", e)
		}
	}

	delete(decisions, 500)
	decide(t, w, id, decisions)
	_, err := applies(t, w, id)
	if refusal, _ := errs.As(err); !errors.Is(err, csvimport.ErrUndecided) || refusal.About != "Prenom498 Nom498" {
		t.Errorf("one that was shown is not answered: got %v about %q", err, refusal.About)
	}
	decisions[500] = csvimport.OtherPerson

	transactions := 0
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			transactions++
		}
		if transactions == 40 {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	decide(t, w, id, decisions)
	if _, err := applies(t, w, id); !errors.Is(err, table.ErrUnavailable) {
		t.Fatalf("interrupted: got %v", err)
	}
	w.Fault = nil
	if got := apply(t, w, id, nil); got.Imported() != 1_001 || got.Unchanged != 0 || got.Groups != 2 {
		t.Errorf("got %+v", got)
	}

	again := sent(t, w, text)
	rest := asked(preview(t, w, again))
	if got := apply(t, w, again, rest); len(rest) != 3 || got.Imported() != shared+1 || got.Unchanged != 1_001 {
		t.Errorf("the file again: %d questions, then %+v", len(rest), got)
	}
}

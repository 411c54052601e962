package csvimport_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"convoc/shared/csvimport"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// Thousands share the mailbox of the mairie: what is read for each line does not grow with their number.
func TestImportOfManyAtOneAddress(t *testing.T) {
	const many = 120
	name := func(n int) string { return fmt.Sprintf("Prenom%d Nom%d", n, n) }
	text := "mail;nom complet;groupe\n"
	decisions := map[int]csvimport.Decision{}
	for n := range many {
		text += fmt.Sprintf("mairie@x.fr;%s;Personnel\n", name(n))
		decisions[n+2] = csvimport.OtherPerson
	}
	reads := func(w *worldtest.World, id string, decisions map[int]csvimport.Decision, want store.Import) {
		t.Helper()
		before := w.Counts().Reads
		if p := preview(t, w, id); p.Counts.Total() != many {
			t.Fatalf("%d lines planned", p.Counts.Total())
		}
		got := apply(t, w, id, decisions)
		if got.Imported() != want.Imported() || got.Unchanged != want.Unchanged {
			t.Errorf("got %+v", got)
		}
		if n := w.Counts().Reads - before; n > 20*many {
			t.Errorf("%d reads for %d lines", n, many)
		}
	}
	w := worldtest.New(t)
	first := sent(t, w, text)
	if p := preview(t, w, first); p.Counts.New != 1 || p.Counts.Asked != many-1 {
		t.Errorf("got %s, %s", p.Contacts[0].State, p.Contacts[1].State)
	}
	reads(w, first, decisions, store.Import{New: many})
	reads(w, sent(t, w, text), nil, store.Import{Unchanged: many}) // each is found by name
	if got := w.Directory().Groups; !slices.Equal(got, []string{fmt.Sprintf("Personnel (%d)", many)}) {
		t.Errorf("got %q", got)
	}
}

// What was done before it was interrupted is found again, also where too many share an address to look at all of them.
func TestInterruptedImportOfManyAtOneAddress(t *testing.T) {
	w := worldtest.New(t)
	text, decisions := "mail;nom complet\n", map[int]csvimport.Decision{}
	for n := range 40 {
		text += fmt.Sprintf("mairie@x.fr;Prenom%d Nom%d\n", n, n)
		decisions[n+2] = csvimport.OtherPerson
	}
	id := sent(t, w, text)
	transactions := 0
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			transactions++
		}
		if transactions == 4 {
			return table.FaultAfter
		}
		return table.FaultNone
	}
	decide(t, w, id, decisions)
	if _, err := applies(t, w, id); !errors.Is(err, table.ErrUnavailable) {
		t.Fatal(err)
	}
	w.Fault = nil
	if got := apply(t, w, id, nil); got.Imported() != 40 || got.Unchanged != 0 {
		t.Errorf("got %+v", got)
	}
	if got := w.Directory().Contacts; len(got) != 40 {
		t.Errorf("%d contacts: %q", len(got), got)
	}
}

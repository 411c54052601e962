package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// running are the agenda entries of orders that run, whenever they are due.
func running(w *worldtest.World) (entries []store.AgendaEntry) {
	w.T.Helper()
	all, err := w.Tables.AgendaHandle().Due(w.T.Context(), w.Clock.Add(24*time.Hour), 100)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, e := range all {
		if e.What == store.DueRun {
			entries = append(entries, e)
		}
	}
	return entries
}

// Found by simulation. A pump that is slower than its lease has written an order's second entry and is about to take the
// first one away. Another pump finds both, and cannot note how far it has come: it must leave the second one where it is.
func TestTwoPumpsLeaveAnOrderItsEntry(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	w.Deaf = true
	w.Send(d)
	w.Pass(2, time.Minute)
	first := running(w)
	if len(first) != 1 {
		t.Fatalf("%d entries", len(first))
	}
	w.Clock = first[0].Due.Add(time.Second)
	second := first[0]
	second.Due = w.Clock
	if err := w.Tables.AgendaHandle().Put(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	w.Fault = func(op string, key table.Key) table.Fault {
		if op == "write" && strings.HasPrefix(key.Sort, "order#") {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	if err := w.Dispatch.Run(t.Context(), running(w)); err == nil {
		t.Fatal("the pump noted how far it has come: this tests nothing")
	}
	w.Fault = nil
	if err := w.Tables.AgendaHandle().Done(t.Context(), first[0]); err != nil { // the slow one goes on
		t.Fatal(err)
	}
	if len(running(w)) == 0 {
		t.Fatal("the order runs, and nobody looks at it any more")
	}
	w.Deaf = false
	w.Pass(15, time.Minute)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Sent {
		t.Errorf("she is %s", got)
	}
}

// Found by simulation. Whose process died in the middle of a call before her sending was cancelled comes to an end.
func TestCancelledInTheMiddleOfACallWhoseProcessDied(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	w.Fault = func(op string, key table.Key) table.Fault { // the result is never written
		if w.Mail.Calls > 0 && op == "write" && strings.HasPrefix(key.Sort, "rcp#") {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	w.Send(d)
	w.Fault = nil
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Calling {
		t.Fatalf("she is %s: this tests nothing", got)
	}
	if err := w.Dispatch.CancelSend(t.Context(), w.Handle, "secretaire", d.ID); err != nil {
		t.Fatal(err)
	}
	w.Clock = w.Clock.Add(5 * time.Minute)
	w.Pass(30, time.Minute)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Review {
		t.Errorf("she is %s: nobody knows whether the mail left", got)
	}
}

// Found by simulation. A transaction that was applied but reported as failed is recognised in one more, not recipient by
// recipient: a hundred calls in a row, of which none may fail, hardly ever come to their end on a bad day.
func TestRecipientsWhoAreThereCostOneCall(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(150)
	calls := map[string]int{}
	w.Fault = func(op string, key table.Key) table.Fault {
		if !strings.HasPrefix(key.Sort, "rcp#") || w.Mail.Calls > 0 {
			return table.FaultNone
		}
		if calls[op]++; op == "transact" && calls[op] == 1 {
			return table.FaultAfter
		}
		return table.FaultNone
	}
	w.Deaf = true
	w.Send(d)
	w.Pass(2, time.Minute)
	if n := len(w.Recipients(d.ID)); n != 150 {
		t.Fatalf("%d recipients", n)
	}
	if calls["transact"] != 3 || calls["write"] != 0 {
		t.Errorf("%v calls, want 3 transactions", calls)
	}
}

package worldtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// Flow is something that a person does, for [Interrupted].
type Flow struct {
	Run   func() error // pressed again after an error
	State func() any   // what is there afterwards, less what may differ: identifiers drawn at random, versions
}

// Interrupted runs a flow undisturbed; then once for each call that it makes to the tables with that call failing
// before its effect, and once with it failing after. Whoever got an error presses again. What is there in the end must
// be what the undisturbed flow left. A store that fails must be reported as such, never as a refusal.
func Interrupted(t *testing.T, start func(w *World) Flow) {
	t.Helper()
	undisturbed := New(t)
	flow := start(undisturbed)
	writes := undisturbed.Counts().Writes
	if err := flow.Run(); err != nil {
		t.Fatal(err)
	}
	if undisturbed.Counts().Writes == writes {
		t.Fatal("the flow writes nothing: there is nothing to interrupt")
	}
	want := flow.State()
	for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
		for call := 0; interruptedAt(t, start, fault, call, want); call++ {
		}
	}
}

// interruptedAt runs a flow with one call failing. It returns false when the flow makes fewer calls.
func interruptedAt(t *testing.T, start func(w *World) Flow, fault table.Fault, call int, want any) bool {
	t.Helper()
	w := New(t)
	flow := start(w)
	calls, hit := 0, ""
	w.Fault = func(op string, key table.Key) table.Fault {
		if calls++; calls-1 != call {
			return table.FaultNone
		}
		hit = op + " " + key.Sort
		return fault
	}
	err := flow.Run()
	w.Fault = nil
	if hit == "" {
		return false
	}
	what := fmt.Sprintf("fault %d of call %d (%s)", fault, call, hit)
	if err != nil {
		if refusal, is := errs.As(err); is && refusal.Kind != errs.Unavailable {
			t.Errorf("%s: refused as %q", what, refusal.Code)
		}
		if !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("%s: got %v", what, err)
		}
		if err := flow.Run(); err != nil {
			t.Errorf("%s, then again: %v", what, err)
		}
	}
	if diff := cmp.Diff(want, flow.State()); diff != "" {
		t.Errorf("%s: (-undisturbed +interrupted)\n%s", what, diff)
	}
	return true
}

// Journal counts the events of each kind, of which only acts tell: it must not grow when one is repeated.
func (w *World) Journal() map[journal.What]int {
	w.T.Helper()
	events, err := w.Handle.Events(w.ctx(), 10_000)
	w.must(err)
	counts := map[journal.What]int{}
	for _, e := range events {
		counts[e.What]++
	}
	return counts
}

// Meanwhile lets somebody else act when a flow first makes such a call: just before it.
func (w *World) Meanwhile(op string, act func()) {
	w.Fault = func(got string, _ table.Key) table.Fault {
		if got == op {
			w.Fault = nil
			act()
		}
		return table.FaultNone
	}
}

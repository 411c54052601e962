package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// dues are the entries that are due at some time, by their orders.
func (w *town) dues(now time.Time, limit int) string {
	w.t.Helper()
	entries, err := w.agenda.Due(w.ctx(), now, limit)
	w.must(err)
	var orders []string
	for _, e := range entries {
		orders = append(orders, string(e.Order))
	}
	return strings.Join(orders, " ")
}

func due(order convocation.OrderID, at time.Time) AgendaEntry {
	return AgendaEntry{Due: at, Collectivity: siren, Convocation: cnv, What: DueSend, Order: order}
}

// emptyAgenda is a town where nothing is due.
func emptyAgenda(t *testing.T) *town {
	w := newTown(t)
	w.must(w.agenda.Done(w.ctx(), toSend))
	return w
}

func TestAgendaGivesWhatIsDueTheOldestFirst(t *testing.T) {
	w := emptyAgenda(t)
	for order, at := range map[convocation.OrderID]time.Time{
		"c": noon, "a": noon.Add(-time.Hour), "b": noon.Add(-time.Millisecond), "d": noon.Add(time.Millisecond), "e": noon.Add(time.Hour),
	} {
		w.must(w.agenda.Put(w.ctx(), due(order, at)))
		w.must(w.agenda.Put(w.ctx(), due(order, at))) // twice is once
	}
	for _, c := range []struct {
		name  string
		now   time.Time
		limit int
		want  string
	}{
		{"before all", noon.Add(-2 * time.Hour), 10, ""},
		{"to the millisecond", noon, 10, "a b c"},
		{"one later", noon.Add(time.Millisecond), 10, "a b c d"},
		{"one later, seen from another zone", noon.Add(time.Millisecond).In(time.FixedZone("", 7200)), 10, "a b c d"},
		{"all", noon.Add(time.Hour), 10, "a b c d e"},
		{"two at most", noon, 2, "a b"},
		{"as many as there are", noon, 3, "a b c"},
	} {
		if got := w.dues(c.now, c.limit); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEntriesOfTheSameTimeStayApart(t *testing.T) {
	w := emptyAgenda(t)
	entries := []AgendaEntry{
		{noon, "000000000", cnv, DueList, NoOrder},
		{noon, siren, cnv, DueList, NoOrder},
		{noon, siren, cnv, DueSend, ord},
		{noon, siren, cnv, DueSend, ord2},
		{noon, siren, cnv, DueUpload, convocation.OrderID(doc)},
		{noon, siren, cnv2, DueSend, ord},
	}
	for _, e := range entries {
		w.must(w.agenda.Put(w.ctx(), e))
	}
	got, err := w.agenda.Due(w.ctx(), noon, 10)
	w.must(err)
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Errorf("due (-want +got)\n%s", diff)
	}
	w.must(w.agenda.Done(w.ctx(), entries[2]))
	w.must(w.agenda.Done(w.ctx(), entries[2])) // twice is once
	if got := w.dues(noon, 10); strings.Count(got, " ") != 4 || strings.Count(got, string(ord)) != 1 {
		t.Errorf("after one of them was done: %q", got)
	}
}

func TestMove(t *testing.T) {
	w := emptyAgenda(t)
	w.must(w.agenda.Put(w.ctx(), due("a", noon)))
	w.must(w.agenda.Put(w.ctx(), due("b", noon)))
	w.must(w.agenda.Move(w.ctx(), due("a", noon), minute(5)))
	if got := w.dues(noon, 10); got != "b" {
		t.Errorf("due now: %q", got)
	}
	if got := w.dues(minute(5), 10); got != "b a" {
		t.Errorf("due later: %q", got)
	}
	w.must(w.agenda.Move(w.ctx(), due("b", noon), noon))
	w.must(w.agenda.Move(w.ctx(), due("b", noon), noon.Add(time.Microsecond))) // the same time, as keys know it
	if got := w.dues(noon, 10); got != "b" {
		t.Errorf("moved to where it stands: %q", got)
	}
	w.must(w.agenda.Move(w.ctx(), due("c", noon), minute(6))) // done meanwhile, and yet asked for again
	if got := w.dues(minute(6), 10); got != "b a c" {
		t.Errorf("moved after it was done: %q", got)
	}
}

// What was begun has an entry at any moment: wherever a move is killed, one is left.
func TestMoveKilledAnywhereLosesNothing(t *testing.T) {
	for k := range 2 {
		for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
			w := newTown(t)
			move := op{do: func(ctx context.Context, w *town) error { return w.agenda.Move(ctx, toSend, minute(5)) }}
			if err := disturbed(w, move, k, fault); !errors.Is(err, table.ErrUnavailable) {
				t.Fatalf("fault %d at call %d: %v", fault, k, err)
			}
			if got := w.dues(minute(9), 10); !strings.Contains(got, string(ord)) {
				t.Errorf("fault %d at call %d: %q is left", fault, k, got)
			}
		}
	}
}

// An entry that nobody can read is told to the operator and keeps no other waiting.
func TestEntryThatCannotBeReadKeepsNoOtherWaiting(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"a part less": func(sort string) string { return sort[:strings.LastIndexByte(sort, '#')] },
		"a part more": func(sort string) string { return sort + "#x" },
		"no time":     func(sort string) string { return "0000" + sort[4:13] + " " + sort[14:] },
	} {
		w := emptyAgenda(t)
		bad := agendaKey(due("bad", noon.Add(-time.Hour)))
		bad.Sort = change(bad.Sort)
		if _, err := w.others.Write(w.ctx(), table.Put(bad, nil)); err != nil {
			t.Fatal(err)
		}
		w.must(w.agenda.Put(w.ctx(), due("good", noon)))
		got, err := w.agenda.Due(w.ctx(), noon, 10)
		if err == nil || len(got) != 1 || got[0].Order != "good" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestAgendaHoldsIdentifiersOnly(t *testing.T) {
	w := newTown(t)
	for k, a := range w.others.items(t) {
		if k.Partition == agendaPartition && len(a) != 1 {
			t.Errorf("%s holds %v", k.Sort, a)
		}
	}
}

// What a clock wrote that has been set back since is due now; what may lie there stays.
func TestRecall(t *testing.T) {
	w := emptyAgenda(t)
	furthest := map[What]time.Duration{DueSend: time.Minute, DueUpload: 90 * time.Minute}
	for order, e := range map[convocation.OrderID]struct {
		what What
		due  time.Time
	}{
		"due":                {DueSend, minute(-5)},
		"soon":               {DueSend, minute(1)},
		"strayed":            {DueSend, minute(1).Add(time.Millisecond)},
		"upload":             {DueUpload, minute(90)},
		"upload-strayed":     {DueUpload, minute(91)},
		"another-kind":       {"reminder", minute(24 * 60)},
		"strayed-for-a-year": {DueSend, noon.AddDate(1, 0, 0)},
	} {
		w.must(w.agenda.Put(w.ctx(), AgendaEntry{Due: e.due, Collectivity: siren, Convocation: cnv, What: e.what, Order: order}))
	}
	if n, err := w.agenda.Recall(w.ctx(), noon, furthest); n != 3 || err != nil {
		t.Errorf("recalled %d, %v", n, err)
	}
	if got := w.dues(noon, 10); got != "due strayed strayed-for-a-year upload-strayed" {
		t.Errorf("due: %q", got)
	}
	if got := w.dues(noon.AddDate(2, 0, 0), 10); got != "due strayed strayed-for-a-year upload-strayed soon upload another-kind" {
		t.Errorf("in all: %q", got)
	}
	if n, err := w.agenda.Recall(w.ctx(), noon, furthest); n != 0 || err != nil {
		t.Errorf("again: recalled %d, %v", n, err)
	}
}

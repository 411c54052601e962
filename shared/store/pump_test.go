package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/mail"
	"convoc/shared/table"
)

// taken lets a pump decide from minute 1 to minute 2.
func taken(w *town) { w.must(second(w.agenda.TakePump(w.ctx(), "pmp_a", minute(1), minute(2)))) }

// broken stops all sending from minute 3 to minute 8.
func broken(w *town) { w.must(w.agenda.StopPump(w.ctx(), mail.ReasonQuota, minute(3), minute(8))) }

// wasBroken is the pump as it was read while it was stopped.
var wasBroken = Pump{Why: mail.ReasonQuota, StoppedAt: minute(3), StopUntil: minute(8)}

// busyPump is a pump that has decided something.
var busyPump = Pump{Spent: minute(2), Allowance: mail.Allowance{Rate: 14, Daily: 50_000, Sent: 12}, MeasuredAt: minute(1), Since: 3}

var pumpOps = []op{
	{method: "Agenda.TakePump", do: func(ctx context.Context, w *town) error {
		return second(w.agenda.TakePump(ctx, "pmp_a", minute(1), minute(2)))
	}},
	{method: "Agenda.TakePump", how: "of a dead one", given: taken, do: func(ctx context.Context, w *town) error {
		return second(w.agenda.TakePump(ctx, "pmp_b", minute(2), minute(3)))
	}},
	{method: "Agenda.SavePump", given: taken, do: func(ctx context.Context, w *town) error {
		return w.agenda.SavePump(ctx, "pmp_a", busyPump)
	}},
	{method: "Agenda.FreePump", given: taken, do: func(ctx context.Context, w *town) error { return w.agenda.FreePump(ctx, "pmp_a") }},
	{method: "Agenda.StopPump", do: func(ctx context.Context, w *town) error {
		return w.agenda.StopPump(ctx, mail.ReasonQuota, minute(3), minute(8))
	}},
	{method: "Agenda.StopPump", how: "anew, while it is tried", given: func(w *town) {
		broken(w)
		w.must(w.agenda.TryPump(w.ctx(), wasBroken, minute(9)))
	}, do: func(ctx context.Context, w *town) error {
		return w.agenda.StopPump(ctx, mail.ReasonPaused, minute(9), minute(19))
	}},
	{method: "Agenda.TryPump", given: broken, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.agenda.TryPump(ctx, wasBroken, minute(9))
	}},
	{method: "Agenda.StartPump", given: broken, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.agenda.StartPump(ctx, wasBroken)
	}},
	{method: "Agenda.MarkRestored", do: func(ctx context.Context, w *town) error { return w.agenda.MarkRestored(ctx, minute(9)) }},
	{method: "Agenda.MovePlace", how: "the first", do: func(ctx context.Context, w *town) error {
		return w.agenda.MovePlace(ctx, nil, "a")
	}},
	{method: "Agenda.MovePlace", given: settledAt("a"), do: func(ctx context.Context, w *town) error {
		return w.agenda.MovePlace(ctx, Places{"a"}, "b")
	}},
}

// settledAt moves the tables from place to place.
func settledAt(names ...string) func(*town) {
	return func(w *town) {
		for _, name := range names {
			w.must(w.agenda.MovePlace(w.ctx(), w.pumpNow().Places, name))
		}
	}
}

func brokenAnew(w *town) {
	broken(w)
	w.must(w.agenda.StopPump(w.ctx(), mail.ReasonPaused, minute(7), minute(17)))
}

var refusedPumps = []refusal{
	{"a pump that another one has", taken, func(ctx context.Context, w *town) error {
		return second(w.agenda.TakePump(ctx, "pmp_b", minute(1), minute(2)))
	}},
	{"what a pump decided that was taken for dead", func(w *town) {
		taken(w)
		w.must(second(w.agenda.TakePump(w.ctx(), "pmp_b", minute(2), minute(3))))
	}, func(ctx context.Context, w *town) error { return w.agenda.SavePump(ctx, "pmp_a", busyPump) }},
	{"what a pump decided that has given way", func(w *town) {
		taken(w)
		w.must(w.agenda.FreePump(w.ctx(), "pmp_a"))
	}, func(ctx context.Context, w *town) error { return w.agenda.SavePump(ctx, "pmp_a", busyPump) }},
	{"what a pump decided that nobody took", nil, func(ctx context.Context, w *town) error {
		return w.agenda.SavePump(ctx, "pmp_a", busyPump)
	}},
	{"tried, and stopped anew meanwhile", brokenAnew, func(ctx context.Context, w *town) error {
		return w.agenda.TryPump(ctx, wasBroken, minute(9))
	}},
	{"started, and stopped anew meanwhile", brokenAnew, func(ctx context.Context, w *town) error {
		return w.agenda.StartPump(ctx, wasBroken)
	}},
	{"tried, and tried by another meanwhile", func(w *town) {
		broken(w)
		w.must(w.agenda.TryPump(w.ctx(), wasBroken, minute(9)))
	}, func(ctx context.Context, w *town) error { return w.agenda.TryPump(ctx, wasBroken, minute(10)) }},
	{"tried, and started by another meanwhile", func(w *town) {
		broken(w)
		w.must(w.agenda.StartPump(w.ctx(), wasBroken))
	}, func(ctx context.Context, w *town) error { return w.agenda.TryPump(ctx, wasBroken, minute(9)) }},
	{"tried, although nothing was ever stopped", taken, func(ctx context.Context, w *town) error {
		return w.agenda.TryPump(ctx, Pump{}, minute(9))
	}},
	{"started, although nothing was ever stopped", nil, func(ctx context.Context, w *town) error {
		return w.agenda.StartPump(ctx, Pump{})
	}},
}

// pumpNow is what is remembered.
func (w *town) pumpNow() Pump {
	w.t.Helper()
	p, err := w.agenda.Pump(w.ctx())
	w.must(err)
	return p
}

// One pump decides at a time. Who is dead is waited for until its time, and not a millisecond less or more.
func TestTwoPumpsAtOnce(t *testing.T) {
	const moment = time.Millisecond
	for _, c := range []struct {
		name  string
		given func(*town)
		owner string
		now   time.Time
		taken bool
	}{
		{"nobody has ever taken it", nil, "pmp_b", minute(1), true},
		{"another one has just taken it", taken, "pmp_b", minute(1), false},
		{"a millisecond before the end of her time", taken, "pmp_b", minute(2).Add(-moment), false},
		{"at the end of her time", taken, "pmp_b", minute(2), true},
		{"long after it", taken, "pmp_b", minute(60), true},
		{"by another one whose clock is as late as clocks are", taken, "pmp_b", noon.Add(-time.Minute).Add(moment), false},
		{"by another one whose clock has been set back since", taken, "pmp_b", noon.Add(-time.Minute), true},
		{"by herself, whose answer was lost", taken, "pmp_a", minute(1), true},
		{"by herself, who needs more time", taken, "pmp_a", minute(1).Add(30 * time.Second), true},
		{"she has given way", func(w *town) { taken(w); w.must(w.agenda.FreePump(w.ctx(), "pmp_a")) }, "pmp_b", minute(1), true},
		{"another one has given way, who never had it", func(w *town) { taken(w); w.must(w.agenda.FreePump(w.ctx(), "pmp_c")) }, "pmp_b", minute(1), false},
		{"what stops it was written, and nobody has taken it", broken, "pmp_b", minute(4), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			if c.given != nil {
				c.given(w)
			}
			_, err := w.agenda.TakePump(w.ctx(), c.owner, c.now, c.now.Add(time.Minute))
			if (err == nil) != c.taken || (err != nil && !errors.Is(err, table.ErrCondition)) {
				t.Fatalf("got %v", err)
			}
			if err := w.agenda.SavePump(w.ctx(), c.owner, busyPump); (err == nil) != c.taken {
				t.Errorf("and then what she decides: %v", err)
			}
			_, err = w.agenda.TakePump(w.ctx(), "pmp_z", c.now.Add(time.Minute-moment), c.now.Add(2*time.Minute))
			if c.taken && !errors.Is(err, table.ErrCondition) {
				t.Errorf("by a third one before the end of her time: %v", err)
			}
		})
	}
}

// Who takes the pump finds what the one before has decided.
func TestPumpIsHandedOver(t *testing.T) {
	w := newTown(t)
	if diff := cmp.Diff(Pump{}, w.pumpNow()); diff != "" {
		t.Errorf("before all (-want +got)\n%s", diff)
	}
	got, err := w.agenda.TakePump(w.ctx(), "pmp_a", minute(1), minute(2))
	w.must(err)
	if diff := cmp.Diff(Pump{Owner: "pmp_a"}, got); diff != "" {
		t.Errorf("the first one finds (-want +got)\n%s", diff)
	}
	w.must(w.agenda.SavePump(w.ctx(), "pmp_a", busyPump))
	w.must(w.agenda.FreePump(w.ctx(), "pmp_a"))
	got, err = w.agenda.TakePump(w.ctx(), "pmp_b", minute(1), minute(2))
	w.must(err)
	want := busyPump
	want.Owner = "pmp_b"
	for what, p := range map[string]Pump{"the second one finds": got, "everybody reads": w.pumpNow()} {
		if diff := cmp.Diff(want, p); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	w.must(w.agenda.FreePump(w.ctx(), "pmp_a")) // a late one frees nobody else's
	if err := second(w.agenda.TakePump(w.ctx(), "pmp_c", minute(1), minute(2))); !errors.Is(err, table.ErrCondition) {
		t.Errorf("taken by a third one: %v", err)
	}
	w.must(w.agenda.SavePump(w.ctx(), "pmp_b", Pump{})) // what is zero again is not remembered
	if diff := cmp.Diff(Pump{Owner: "pmp_b"}, w.pumpNow()); diff != "" {
		t.Errorf("all is zero again (-want +got)\n%s", diff)
	}
}

// Somebody whose mail was refused stops all sending while a pump is at work on what it read before: whatever it writes
// then, the stop stays.
func TestStoppedWhileAPumpDecides(t *testing.T) {
	w := newTown(t)
	p, err := w.agenda.TakePump(w.ctx(), "pmp_a", minute(3), minute(4))
	w.must(err)
	broken(w)
	p.Since = 5
	w.must(w.agenda.SavePump(w.ctx(), "pmp_a", p))
	w.must(w.agenda.FreePump(w.ctx(), "pmp_a"))
	want := wasBroken
	want.Since = 5
	if diff := cmp.Diff(want, w.pumpNow()); diff != "" {
		t.Errorf("after the pump (-want +got)\n%s", diff)
	}
}

// From the first refusal to the mail that shows that the service works again.
func TestStopsTriesAndStarts(t *testing.T) {
	w := newTown(t)
	is := func(what string, want Pump) {
		t.Helper()
		if diff := cmp.Diff(want, w.pumpNow()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	broken(w)
	is("stopped", wasBroken)
	w.must(w.agenda.StopPump(w.ctx(), mail.ReasonPaused, minute(5), minute(15)))
	again := Pump{Why: mail.ReasonPaused, StoppedAt: minute(3), StopUntil: minute(15)}
	is("stopped anew: since when stays", again)
	w.must(w.agenda.TryPump(w.ctx(), again, minute(25)))
	trial := again
	trial.StopUntil, trial.Trying = minute(25), true
	is("tried", trial)
	w.must(w.agenda.StopPump(w.ctx(), mail.ReasonPaused, minute(16), minute(26)))
	again.StopUntil = minute(26)
	is("the trial has failed", again)
	w.must(w.agenda.TryPump(w.ctx(), again, minute(36)))
	trial.StopUntil = minute(36)
	w.must(w.agenda.StartPump(w.ctx(), trial))
	is("started", Pump{})
	w.must(w.agenda.StopPump(w.ctx(), mail.ReasonStorage, minute(40), minute(50)))
	is("stopped another day", Pump{Why: mail.ReasonStorage, StoppedAt: minute(40), StopUntil: minute(50)})
}

func TestEveryFieldOfThePumpIsStored(t *testing.T) {
	w := newTown(t)
	want := filled[Pump](t)
	want.Owner, want.Places = "pmp_a", Places{"b", "a"}
	taken(w)
	settledAt("a", "b")(w)
	w.must(w.agenda.SavePump(w.ctx(), "pmp_a", want))
	w.must(w.agenda.StopPump(w.ctx(), want.Why, want.StoppedAt, minute(8)))
	w.must(w.agenda.TryPump(w.ctx(), w.pumpNow(), want.StopUntil))
	w.must(w.agenda.MarkRestored(w.ctx(), want.RestoredAt))
	whole(t, w.pumpNow(), want)
	for _, hour := range want.Day {
		whole(t, hour, hour)
	}
}

// The place that tables come to is known at once, the one that they come from still is, those before are not.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		moves          []string
		known, unknown []string
	}{
		{nil, []string{"a", ""}, nil},
		{[]string{"a"}, []string{"a"}, []string{"b", ""}},
		{[]string{"a", "b"}, []string{"a", "b"}, []string{"c", ""}},
		{[]string{"a", "b", "c"}, []string{"b", "c"}, []string{"a", ""}},
		{[]string{"a", "b", "a"}, []string{"a", "b"}, []string{""}},
	} {
		w := newTown(t)
		taken(w)
		w.must(w.agenda.SavePump(w.ctx(), "pmp_a", busyPump))
		settledAt(c.moves...)(w)
		got := w.pumpNow().Places
		for want, names := range map[bool][]string{true: c.known, false: c.unknown} {
			for _, name := range names {
				if got.Has(name) != want {
					t.Errorf("after the moves to %q, %q is known: %v", c.moves, name, !want)
				}
			}
		}
		want := busyPump
		want.Owner, want.Places = "pmp_a", got
		if diff := cmp.Diff(want, w.pumpNow()); diff != "" {
			t.Errorf("the pump has changed (-want +got)\n%s", diff)
		}
	}
}

func TestStopped(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Pump
		now  time.Time
		want bool
	}{
		{"never stopped", Pump{}, noon, false},
		{"a millisecond before it is tried again", wasBroken, minute(8).Add(-time.Millisecond), true},
		{"when it is tried again", wasBroken, minute(8), false},
		{"started again", Pump{StopUntil: minute(8)}, minute(4), false},
	} {
		if got := c.p.Stopped(c.now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

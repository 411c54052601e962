package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/table"
)

// What is told of an attempt and does not apply any more is no error and changes nothing.
func TestOutcomesThatComeTooLateChangeNothing(t *testing.T) {
	accept := func(w *town) error { return w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(30)) }
	refuse := func(w *town) error {
		return w.h.Refuse(w.ctx(), toJean, 1, "owner", "no_mailbox", true, minute(30), noon)
	}
	lose := func(w *town) error { return w.h.Lose(w.ctx(), toJean, 1, "owner", "timeout", minute(30), minute(31)) }
	giveBack := func(w *town) error { return w.h.GiveBack(w.ctx(), toJean, 1, "owner", minute(30), "connection") }
	prove := func(w *town) error { return w.h.Prove(w.ctx(), toJean, 1, minute(30)) }
	disprove := func(w *town) error { return w.h.Disprove(w.ctx(), toJean, 1, minute(30)) }
	after := func(given func(*town), do func(*town) error) func(*town) {
		return func(w *town) { given(w); w.must(do(w)) }
	}
	given := after(claimed, giveBack)
	for _, c := range []struct {
		name  string
		given func(*town)
		do    func(*town) error
	}{
		{"accepted, nothing was claimed", func(*town) {}, accept},
		{"accepted twice", arrived, accept},
		{"accepted after it was given back", given, accept},
		{"refused after it was accepted", arrived, refuse},
		{"refused after it was given up", lost, refuse},
		{"refused twice", after(claimed, refuse), refuse},
		{"given up after it was accepted", arrived, lose},
		{"given up after it was refused", after(claimed, refuse), lose},
		{"given up twice", lost, lose},
		{"given up after it was given back", given, lose},
		{"given back after it was accepted", arrived, giveBack},
		{"given back after it was refused", after(claimed, refuse), giveBack},
		{"given back after it was given up", lost, giveBack},
		{"given back after its link was opened", after(claimed, prove), giveBack},
		{"given back twice", given, giveBack},
		{"given back after the next was claimed", func(w *town) { claimed(w); w.claim() }, giveBack},
		{"proved, nothing was claimed", func(*town) {}, prove},
		{"proved twice", after(lost, func(w *town) error { return w.h.Prove(w.ctx(), toJean, 1, minute(9)) }), prove},
		{"proved after it was given back", given, prove},
		{"disproved, nothing was claimed", func(*town) {}, disprove},
		{"disproved while it is called", claimed, disprove},
		{"disproved after it was accepted", after(lost, accept), disprove},
		{"disproved after its link was opened", after(lost, prove), disprove},
		{"disproved twice", after(lost, disprove), disprove},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			c.given(w)
			before := w.state()
			if err := c.do(w); err != nil {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
				t.Errorf("something has changed\n%s", diff)
			}
		})
	}
}

// Only who claimed an attempt tells its outcome.
func TestOutcomesOfAnotherOwnerChangeNothing(t *testing.T) {
	w := newTown(t)
	claimed(w)
	before := w.state()
	w.must(w.h.Accept(w.ctx(), toJean, 1, "other", "id", minute(9)))
	w.must(w.h.Refuse(w.ctx(), toJean, 1, "other", "x", true, minute(9), noon))
	w.must(w.h.Lose(w.ctx(), toJean, 1, "other", "x", minute(9), minute(10)))
	w.must(w.h.GiveBack(w.ctx(), toJean, 1, "other", minute(9), "connection"))
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something has changed\n%s", diff)
	}
}

func TestAttemptThatIsGivenBackSpendsNothing(t *testing.T) {
	w := newTown(t)
	claimed(w)
	w.must(w.h.GiveBack(w.ctx(), toJean, 1, "owner", minute(9), "connection"))
	want := person(rcp)
	want.HoldTo, want.HoldFor = minute(9), "connection"
	if diff := cmp.Diff(want, w.jeanNow()); diff != "" {
		t.Errorf("given back (-want +got)\n%s", diff)
	}
	if r := w.claim(); r.LastN() != 1 || !r.HoldTo.IsZero() || r.HoldFor != "" {
		t.Errorf("claimed again: attempt %d, held to %s for %q", r.LastN(), r.HoldTo, r.HoldFor)
	}
}

// A dispatcher that comes second finds recipients with facts, and leaves them alone.
func TestMaterialisingAgainKeepsTheFacts(t *testing.T) {
	w := newTown(t)
	arrived(w)
	before := w.jeanNow()
	changed := person(rcp)
	changed.Name = "Autre"
	w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{person(rcp2), changed}))
	w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{changed}))
	if diff := cmp.Diff(before, w.jeanNow()); diff != "" {
		t.Errorf("materialised again (-want +got)\n%s", diff)
	}
	if _, err := w.h.Recipient(w.ctx(), convocation.RecipientRef{Convocation: cnv, Recipient: rcp2}); err != nil {
		t.Errorf("the other one: %v", err)
	}
}

// refuseAll claims attempts and refuses them for now, up to a number.
func (w *town) refuseAll(to int) {
	for n := w.jeanNow().LastN() + 1; n <= to; n++ {
		w.claim()
		w.must(w.h.Refuse(w.ctx(), toJean, n, "owner", "mailbox_full", false, minute(2+n), minute(3+n)))
	}
}

// What was tried for one order is no reason to give up the next.
func TestOutcomesAreSummedUpForTheirOwnOrder(t *testing.T) {
	w := newTown(t)
	lost(w)
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(21)}))
	w.refuseAll(convocation.MaxAttempts + 1)
	if got := w.jeanNow().Older; got != (convocation.Older{}) {
		t.Errorf("the attempt of the order before counts for this one: %+v", got)
	}
	w.refuseAll(convocation.MaxAttempts + 3)
	if got := w.jeanNow().Older; got != (convocation.Older{Refusals: 2}) {
		t.Errorf("two refusals of this order were summed up: %+v", got)
	}
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: "ord_third", At: minute(50)}))
	if got := w.jeanNow().Older; got != (convocation.Older{}) {
		t.Errorf("they count for the third order: %+v", got)
	}
}

// The answers may come in another order than the attempts: the first and the last time are those of the answers.
func TestTimesOfAttemptsThatWereSummedUp(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second int // minutes of the two answers
	}{{"in their order", 30, 40}, {"the first one later", 40, 30}} {
		w := newTown(t)
		lost(w)
		w.claim()
		w.must(w.h.Accept(w.ctx(), toJean, 2, "owner", "id", minute(c.second)))
		w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(c.first)))
		w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(50)}))
		w.refuseAll(convocation.MaxAttempts + 2)
		r := w.jeanNow()
		if r.Older.Sent != 2 || !r.FirstSentAt().Equal(minute(30)) || !r.LastSentAt().Equal(minute(40)) {
			t.Errorf("%s: %d sendings, from %s to %s", c.name, r.Older.Sent, r.FirstSentAt(), r.LastSentAt())
		}
	}
}

// A mail that reminds is never the sending that counts, not when it is summed up either; where it arrived, mails arrive.
func TestReminderThatIsSummedUp(t *testing.T) {
	for _, c := range []struct {
		name               string
		first              convocation.Why // of the attempt that is summed up
		back               bool
		reached, delivered time.Time
	}{
		{"a sending", convocation.WhySent, false, minute(4), minute(6)},
		{"a reminder", convocation.WhyReminder, false, time.Time{}, minute(6)},
		{"of a reply that was begun", convocation.WhyUnfinished, false, time.Time{}, minute(6)},
		{"a reminder that came back", convocation.WhyReminder, true, time.Time{}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			a := attemptBy("owner", 1)
			a.Why = c.first
			w.must(second(w.h.Claim(w.ctx(), cnv, w.jeanNow(), a)))
			w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(4)))
			w.heard(1, FactDelivered, 6, "")
			if c.back {
				w.heard(1, FactBounced, 7, "no_mailbox")
			}
			before := w.jeanNow()
			w.must(w.h.NewOrder(w.ctx(), cnv, before, Order{ID: ord2, At: minute(21)}))
			w.refuseAll(convocation.MaxAttempts + 1)
			after := w.jeanNow()
			want := convocation.Older{Sent: 1, FirstAt: minute(4), LastAt: minute(4), ReachedAt: c.reached, DeliveredAt: c.delivered}
			if diff := cmp.Diff(want, after.Older); diff != "" {
				t.Errorf("summed up (-want +got)\n%s", diff)
			}
			if !after.ReachedAt().Equal(before.ReachedAt()) || !after.DeliveredAt().Equal(before.DeliveredAt()) {
				t.Errorf("reached %s, and then %s; delivered %s, and then %s", before.ReachedAt(), after.ReachedAt(), before.DeliveredAt(), after.DeliveredAt())
			}
		})
	}
}

// The next attempt of the same number says its own reason only.
func TestReasonOfAnAttemptThatIsGivenBack(t *testing.T) {
	w := newTown(t)
	a := attemptBy("owner", 1)
	a.Why = convocation.WhyReminder
	w.must(second(w.h.Claim(w.ctx(), cnv, w.jeanNow(), a)))
	if got := w.jeanNow().Attempts[0].Why; got != convocation.WhyReminder {
		t.Errorf("claimed because of %q", got)
	}
	w.must(w.h.GiveBack(w.ctx(), toJean, 1, "owner", minute(9), ""))
	if got := w.claim().Attempts[0].Why; got != convocation.WhySent {
		t.Errorf("claimed again because of %q", got)
	}
}

// A contact that changes in everything takes two transactions: both look whether somebody else was faster.
func TestLargeChangeOfAContactThatChangedMeanwhile(t *testing.T) {
	w := newTown(t)
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, busy('a', 1), nil, manyGroups('a')))
	w.must(w.h.SaveContact(w.ctx(), busy('a', 1), busy('a', 2), manyGroups('a'), manyGroups('a')))
	before := w.state()
	err := w.h.SaveContact(w.ctx(), busy('a', 1), busy('b', 2), manyGroups('a'), manyGroups('b'), saved)
	if !errors.Is(err, table.ErrCondition) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something was written\n%s", diff)
	}
}

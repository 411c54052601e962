package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// hears hears a fact of an attempt that left at minute 4.
func hears(ref convocation.RecipientRef, n int, f Fact, at int, why string) func(context.Context, *town) error {
	return func(ctx context.Context, w *town) error {
		_, err := w.h.Hear(ctx, ref, n, minute(4), f, minute(at), why)
		return err
	}
}

// heard has done so.
func (w *town) heard(n int, f Fact, at int, why string) bool {
	w.t.Helper()
	news, err := w.h.Hear(w.ctx(), toJean, n, minute(4), f, minute(at), why)
	w.must(err)
	return news
}

// hearOps are the events of the convocation and of a notice.
var hearOps = []op{
	{method: "Handle.Hear", how: "it was taken", given: claimed, do: hears(toJean, 1, FactHeard, 4, "")},
	{method: "Handle.Hear", how: "it was taken after all", given: lost, do: hears(toJean, 1, FactHeard, 4, "")},
	{method: "Handle.Hear", how: "it has arrived", given: arrived, do: hears(toJean, 1, FactDelivered, 5, "")},
	{method: "Handle.Hear", how: "it has come back", given: arrived, do: hears(toJean, 1, FactBounced, 5, "no_mailbox")},
	{
		method: "Handle.Hear", how: "it had come back before", do: hears(toJean, 1, FactBounced, 5, "no_mailbox"),
		given: func(w *town) { arrived(w); w.heard(1, FactBounced, 9, "timeout") },
	},
}

// noticeHearOps are those of a notice.
var noticeHearOps = []op{
	{method: "Handle.Hear", how: "a notice has arrived", given: noticed, do: hears(toReceipt, 1, FactDelivered, 9, "")},
	{method: "Handle.Hear", how: "a notice has come back", given: noticed, do: hears(toReceipt, 1, FactBounced, 9, "no_mailbox")},
}

// noted are what is known of an attempt once a fact of minute 6 was heard, beside that it was taken.
var noted = map[Fact]func(*convocation.Attempt){
	FactHeard:      func(*convocation.Attempt) {},
	FactDelivered:  func(a *convocation.Attempt) { a.DeliveredAt = minute(6) },
	FactDelayed:    func(a *convocation.Attempt) { a.DelayedAt = minute(6) },
	FactBounced:    func(a *convocation.Attempt) { a.BouncedAt, a.BounceReason = minute(6), "mailbox_full" },
	FactAuto:       func(a *convocation.Attempt) { a.AutoRepliedAt = minute(6) },
	FactComplained: func(a *convocation.Attempt) { a.ComplainedAt = minute(6) },
}

// whyOf is the reason that comes with a fact.
func whyOf(f Fact) string {
	if f == FactBounced {
		return "mailbox_full"
	}
	return ""
}

// Each fact is noted in its own field, with nothing beside it but that the mail was taken; which proves that a mail left
// of which nobody knew.
func TestFactsOfEvents(t *testing.T) {
	for f, note := range noted {
		w := newTown(t)
		lost(w)
		want := w.jeanNow()
		want.Attempts[0].HeardAt = minute(4)
		note(&want.Attempts[0])
		if !w.heard(1, f, 6, whyOf(f)) {
			t.Errorf("%s was no news", f)
		}
		got := w.jeanNow()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", f, diff)
		}
		if s := got.Standing(minute(7)).Status; s != convocation.Sent || got.Sendings() != 1 {
			t.Errorf("%s: it is %s, with %d sendings", f, s, got.Sendings())
		}
	}
}

// Events come late, twice and out of order: the earliest of a kind stays, with its reason.
func TestEarliestOfEachFactStays(t *testing.T) {
	for f := range noted {
		for _, order := range [][]int{{6, 7, 8}, {8, 7, 6}, {7, 6, 8}, {6, 8, 6, 7}} {
			w := newTown(t)
			arrived(w)
			for _, at := range order {
				why := whyOf(f)
				if at > 6 && why != "" {
					why = "later"
				}
				w.heard(1, f, at, why)
			}
			want := w.jeanNow()
			want.Attempts[0].HeardAt = minute(4)
			noted[f](&want.Attempts[0])
			if diff := cmp.Diff(want, w.jeanNow()); diff != "" {
				t.Errorf("%s at %v (-want +got)\n%s", f, order, diff)
			}
		}
	}
}

func TestTwoReasonsOfOneMillisecond(t *testing.T) {
	for _, order := range [][]string{{"content", "rejected"}, {"rejected", "content"}, {"content", "rejected", "content"}} {
		w := newTown(t)
		arrived(w)
		for _, why := range order {
			w.heard(1, FactBounced, 6, why)
		}
		if got := w.jeanNow().Attempts[0].BounceReason; got != "content" {
			t.Errorf("%q: %s", order, got)
		}
	}
}

func TestWhatIsNoNewsChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		given func(*town)
		fact  Fact
		at    int
	}{
		{"the same again", func(w *town) { w.heard(1, FactDelivered, 6, "") }, FactDelivered, 6},
		{"the same, later", func(w *town) { w.heard(1, FactBounced, 6, "mailbox_full") }, FactBounced, 7},
		{"it was taken, which another event has said", func(w *town) { w.heard(1, FactDelivered, 6, "") }, FactHeard, 4},
		{"of an attempt that was summed up", func(w *town) {
			w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(3)}))
			w.refuseAll(convocation.MaxAttempts)
			w.claim()
		}, FactBounced, 30},
	} {
		w := newTown(t)
		arrived(w)
		c.given(w)
		before, why := w.state(), whyOf(c.fact)
		if why != "" {
			why = "other"
		}
		if w.heard(1, c.fact, c.at, why) {
			t.Errorf("%s: it is news", c.name)
		}
		if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
			t.Errorf("%s: something has changed\n%s", c.name, diff)
		}
	}
}

// An event of a mail that was never sent is not swallowed: after a restore it may be all that is known of it.
func TestEventsOfNoAttempt(t *testing.T) {
	for _, c := range []struct {
		name  string
		given func(*town)
		ref   convocation.RecipientRef
		n     int
	}{
		{"nothing was claimed", func(*town) {}, toJean, 1},
		{"the next attempt", arrived, toJean, 2},
		{"one that was given back", func(w *town) {
			claimed(w)
			w.must(w.h.GiveBack(w.ctx(), toJean, 1, "owner", minute(9), "connection"))
		}, toJean, 1},
		{"another recipient", arrived, convocation.RecipientRef{Convocation: cnv, Recipient: rcp2}, 1},
		{"another partition", arrived, convocation.RecipientRef{Convocation: cnv, Recipient: rcp, Shard: 1}, 1},
		{"another convocation", arrived, convocation.RecipientRef{Convocation: cnv2, Recipient: rcp}, 1},
		{"a notice of which nothing is known", arrived, toReceipt, 1},
	} {
		w := newTown(t)
		c.given(w)
		before := w.state()
		if news, err := w.h.Hear(w.ctx(), c.ref, c.n, minute(4), FactBounced, minute(6), "content"); news || !errors.Is(err, table.ErrNotFound) {
			t.Errorf("%s: news %v, %v", c.name, news, err)
		}
		if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
			t.Errorf("%s: something was written\n%s", c.name, diff)
		}
	}
}

// What is heard of the attempt that is about to be summed up counts as it is then: whoever has read it before is too late.
func TestSummingUpLosesNoEvent(t *testing.T) {
	for _, c := range []struct {
		name      string
		facts     []Fact
		reached   time.Time
		delivered time.Time
	}{
		{"nothing was heard", nil, minute(4), time.Time{}},
		{"it has arrived", []Fact{FactDelivered}, minute(4), minute(6)},
		{"it has come back", []Fact{FactBounced}, time.Time{}, time.Time{}},
		{"it has arrived, and come back all the same", []Fact{FactDelivered, FactBounced}, time.Time{}, time.Time{}},
		{"an absence message came", []Fact{FactAuto, FactComplained, FactDelayed}, minute(4), time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			full(w)
			for _, f := range c.facts {
				before := w.jeanNow()
				w.heard(1, f, 6, whyOf(f))
				if decisive := f == FactBounced || f == FactDelivered; decisive && !errors.Is(stale(w, before), table.ErrCondition) {
					t.Errorf("claimed by somebody who did not know that it was %s", f)
				}
			}
			was := w.jeanNow()
			w.claim()
			r := w.jeanNow()
			if len(r.Attempts) != convocation.MaxAttempts || r.Attempts[0].N != 2 || r.Sendings() != 1 {
				t.Fatalf("attempts %d to %d, %d sendings", r.Attempts[0].N, r.LastN(), r.Sendings())
			}
			if !r.Older.ReachedAt.Equal(c.reached) || !r.ReachedAt().Equal(was.ReachedAt()) {
				t.Errorf("reached at %s, it was %s", r.ReachedAt(), was.ReachedAt())
			}
			if !r.Older.DeliveredAt.Equal(c.delivered) || !r.DeliveredAt().Equal(was.DeliveredAt()) {
				t.Errorf("delivered at %s, it was %s", r.DeliveredAt(), was.DeliveredAt())
			}
			if !r.FirstSentAt().Equal(minute(4)) { // « date d’envoi » is that of a mail that left
				t.Errorf("first sent at %s", r.FirstSentAt())
			}
		})
	}
}

// The earliest of several that were summed up counts, and only those that did not come back; none of them once the address
// is another one.
func TestSeveralThatWereSummedUp(t *testing.T) {
	w := newTown(t)
	for n := 1; n <= 4; n++ { // taken at minutes 14, 13, 12 and 11
		w.claim()
		w.must(w.h.Accept(w.ctx(), toJean, n, "owner", "id", minute(15-n)))
		w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: convocation.OrderID("ord_" + string(rune('a'+n))), At: minute(16)}))
	}
	w.heard(4, FactBounced, 40, "content")
	for n, at := range map[int]int{1: 30, 2: 32, 3: 31, 4: 20} {
		w.heard(n, FactDelivered, at, "")
	}
	w.refuseAll(convocation.MaxAttempts + 4)
	r := w.jeanNow()
	want := convocation.Older{Sent: 4, FirstAt: minute(11), LastAt: minute(14), ReachedAt: minute(12), DeliveredAt: minute(30)}
	if diff := cmp.Diff(want, r.Older); diff != "" {
		t.Errorf("summed up (-want +got)\n%s", diff)
	}
	w.correct("autre@x.fr", minute(50))
	if r := w.jeanNow(); !r.ReachedAt().IsZero() || !r.DeliveredAt().IsZero() || r.Sendings() != 4 {
		t.Errorf("at another address: reached at %s, delivered at %s, %d sendings", r.ReachedAt(), r.DeliveredAt(), r.Sendings())
	}
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(51)}))
	before := w.jeanNow()
	w.heard(before.Attempts[0].N, FactHeard, 4, "") // it went to the old address
	w.refuseAll(before.LastN() + 1)
	if r := w.jeanNow(); !r.ReachedAt().IsZero() || r.Sendings() != 5 {
		t.Errorf("one more to the old address was summed up: reached at %s, %d sendings", r.ReachedAt(), r.Sendings())
	}
}

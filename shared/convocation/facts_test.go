package convocation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fact is something that becomes known of a recipient, written as the store writes it: once, on its condition.
type fact struct {
	name  string
	learn func(*Recipient)
}

func once(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now
	}
}

// open tells whether the owner of an attempt may still write its outcome.
func open(a *Attempt) bool {
	return a.AcceptedAt.IsZero() && a.RefusedAt.IsZero() && a.UnknownAt.IsZero()
}

// factsOf are the facts that attempt i may have. Of a refusal and a loss there is one at most: the first one ends it.
func factsOf(i int, now time.Time, outcome int) []fact {
	name := func(s string) string { return fmt.Sprintf("attempt %d %s", i+1, s) }
	facts := []fact{
		{name("accepted"), func(r *Recipient) { once(&r.Attempts[i].AcceptedAt, now) }},
		{name("proved"), func(r *Recipient) { once(&r.Attempts[i].ProvedAt, now) }},
	}
	for _, event := range []struct { // whenever they come
		what string
		at   func(*Attempt) *time.Time
	}{
		{"delivered", func(a *Attempt) *time.Time { return &a.DeliveredAt }},
		{"come back", func(a *Attempt) *time.Time { return &a.BouncedAt }},
	} {
		facts = append(facts, fact{name(event.what), func(r *Recipient) {
			once(&r.Attempts[i].HeardAt, now)
			once(event.at(&r.Attempts[i]), now.Add(time.Minute))
		}})
	}
	end := func(r *Recipient, change func(*Attempt)) {
		if a := &r.Attempts[i]; open(a) {
			change(a)
		}
	}
	switch outcome {
	case 0:
		return append(facts, fact{name("lost"), func(r *Recipient) {
			end(r, func(a *Attempt) { a.UnknownAt, a.DueAt, a.Reason = now, now.Add(15*time.Minute), "timeout" })
		}})
	case 1:
		return append(facts, fact{name("refused for now"), func(r *Recipient) {
			end(r, func(a *Attempt) { a.RefusedAt, a.DueAt, a.Reason = now, now.Add(time.Minute), "mailbox_full" })
		}})
	default:
		return append(facts, fact{name("refused for good"), func(r *Recipient) {
			end(r, func(a *Attempt) { a.RefusedAt, a.ForGood, a.Reason = now, true, "no_mailbox" })
		}})
	}
}

// drawRecipient draws a recipient of up to two orders, and facts about it, some of them several times.
func drawRecipient(rt *rapid.T) (Recipient, []fact) {
	r := ordered(repeated(rapid.IntRange(0, 5).Draw(rt, "attempts"), Attempt{})...)
	if len(r.Attempts) == 0 && rapid.Bool().Draw(rt, "on paper") {
		r = onPaper(r)
	}
	r.Base = rapid.IntRange(0, len(r.Attempts)).Draw(rt, "of the order before")
	r.Older = Older{Unknowns: rapid.IntRange(0, 2).Draw(rt, "unknown before"), Refusals: rapid.IntRange(0, 7).Draw(rt, "refused before")}
	facts := []fact{
		{"opened", func(r *Recipient) { once(&r.OpenedAt, m(300)) }},
		{"maybe opened", func(r *Recipient) { once(&r.DoubtedAt, m(250)) }},
		{"closed", func(r *Recipient) { once(&r.ClosedAt, m(200)) }},
	}
	for i := range r.Attempts {
		r.Attempts[i].ClaimedAt, r.Attempts[i].LeaseUntil = m(20*i), m(20*i+2)
		facts = append(facts, factsOf(i, m(20*i+1), rapid.IntRange(0, 2).Draw(rt, "outcome"))...)
	}
	return r, rapid.SliceOfN(rapid.SampledFrom(facts), 0, 12).Draw(rt, "facts")
}

// clone copies a recipient, so that what is learned of one is not known of the other.
func clone(r Recipient) Recipient {
	r.Attempts = slices.Clone(r.Attempts)
	return r
}

// String lets a failing example name its facts.
func (f fact) String() string { return f.name }

func TestFactsNeverMakeASentRecipientUnsent(t *testing.T) {
	sent := 0
	rapid.Check(t, func(rt *rapid.T) {
		r, facts := drawRecipient(rt)
		sendings := 0
		var by *fact
		for _, f := range facts {
			f.learn(&r)
			now := m(rapid.IntRange(-60, 600).Draw(rt, "now"))
			s := r.Standing(now)
			if by != nil && s.Status != Sent {
				rt.Fatalf("sent by %q, and after %q it is %s at %s", by.name, f.name, s.Status, now)
			}
			if s.Status == Sent && by == nil {
				by = &f
				sent++
			}
			if got := r.Sendings(); got < sendings {
				rt.Fatalf("after %q: %d sendings, there were %d", f.name, got, sendings)
			} else if sendings = got; s.Status == Sent && got == 0 {
				rt.Fatalf("after %q: sent, without a sending", f.name)
			}
		}
	})
	if sent == 0 {
		t.Error("none was ever sent: this tests nothing")
	}
}

func TestAnyOrderOfFactsGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, facts := drawRecipient(rt)
		other := clone(r)
		for _, f := range facts {
			f.learn(&r)
		}
		shuffled := append(rapid.Permutation(facts).Draw(rt, "in another order"), facts...) // and all of them again
		for _, f := range shuffled {
			f.learn(&other)
		}
		for _, at := range []int{0, 30, 90, 600} {
			a, b := r.Standing(m(at)), other.Standing(m(at))
			if a.Status != b.Status {
				rt.Fatalf("at %d minutes: %s in one order, %s in another", at, a.Status, b.Status)
			}
			var x, y Counts
			x.Count(r, m(at))
			y.Count(other, m(at))
			if diff := cmp.Diff(x, y); diff != "" {
				rt.Fatalf("at %d minutes the counts differ\n%s", at, diff)
			}
		}
		if !r.FirstSentAt().Equal(other.FirstSentAt()) || !r.LastSentAt().Equal(other.LastSentAt()) || !r.LinksClosedAt().Equal(other.LinksClosedAt()) ||
			!r.ReachedAt().Equal(other.ReachedAt()) || !r.DeliveredAt().Equal(other.DeliveredAt()) || r.Returned().N != other.Returned().N {
			rt.Fatalf("times differ: first %s and %s, last %s and %s", r.FirstSentAt(), other.FirstSentAt(), r.LastSentAt(), other.LastSentAt())
		}
	})
}

// Each recipient is counted once for its order, whatever is known of it, and the order of counting does not matter.
func TestTotalsAddUp(t *testing.T) {
	paper, doubted, back := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		var all []Recipient
		for range rapid.IntRange(0, 6).Draw(rt, "recipients") {
			r, facts := drawRecipient(rt)
			for _, f := range facts {
				f.learn(&r)
			}
			all = append(all, r)
		}
		var n, again Counts
		sent := 0
		for _, r := range all {
			n.Count(r, m(90))
			if r.Standing(m(90)).Status == Sent {
				sent++
			}
		}
		for _, r := range rapid.Permutation(all).Draw(rt, "in another order") {
			again.Count(r, m(90))
		}
		if n != again {
			rt.Fatalf("counted %+v, and in another order %+v", n, again)
		}
		if n.Recipients != len(all) || sent+n.Failed+n.Review+n.Waiting+n.Paper != len(all) || n.Transmitted+n.Returned < sent ||
			n.Read+n.Closed > len(all) || n.Read+n.Doubted > len(all) || n.Transmitted+n.Returned > len(all) || n.Delivered > len(all) {
			rt.Fatalf("%d recipients, %d sent: %+v", len(all), sent, n)
		}
		paper, doubted, back = paper+n.Paper, doubted+n.Doubted, back+n.Returned
	})
	if paper == 0 || doubted == 0 || back == 0 {
		t.Errorf("%d on paper, %d doubted, %d come back: this tests little", paper, doubted, back)
	}
}

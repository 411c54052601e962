package convocation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// start is when the order of these tests is given; m is so many minutes after it.
var start = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func m(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

// ordered is a recipient of an order given at the start, with attempts numbered from 1.
func ordered(attempts ...Attempt) Recipient {
	for i := range attempts {
		attempts[i].N = i + 1
	}
	return Recipient{ID: "rcp_a", Address: "jean@x.fr", Order: "ord_a", OrderAt: start, Orders: 1, Attempts: attempts}
}

// claimed is an attempt begun at so many minutes, with a lease of two.
func claimed(at int) Attempt { return Attempt{ClaimedAt: m(at), LeaseUntil: m(at + 2)} }

func accepted(at int) Attempt {
	a := claimed(at)
	a.AcceptedAt = m(at + 1)
	return a
}

func refused(at, due int) Attempt {
	a := claimed(at)
	a.RefusedAt, a.DueAt, a.Reason = m(at+1), m(due), "mailbox_full"
	return a
}

func refusedForGood(at int) Attempt {
	a := claimed(at)
	a.RefusedAt, a.ForGood, a.Reason = m(at+1), true, "no_mailbox"
	return a
}

func lost(at, due int) Attempt {
	a := claimed(at)
	a.UnknownAt, a.DueAt, a.Reason = m(at+2), m(due), "timeout"
	return a
}

func proved(a Attempt, at int) Attempt {
	a.ProvedAt = m(at)
	return a
}

// acceptedLate gives an attempt the answer that nobody waited for any more.
func acceptedLate(a Attempt, at int) Attempt {
	a.AcceptedAt = m(at)
	return a
}

// with changes a recipient.
func with(r Recipient, change func(*Recipient)) Recipient {
	change(&r)
	return r
}

// onPaper takes the address away.
func onPaper(r Recipient) Recipient { return with(r, func(r *Recipient) { r.Address = "" }) }

func closed(r Recipient, at int) Recipient { return with(r, func(r *Recipient) { r.ClosedAt = m(at) }) }

// again puts a recipient under a new order, given at so many minutes.
func again(r Recipient, at int, attempts ...Attempt) Recipient {
	r.Order, r.OrderAt, r.Base, r.Orders = "ord_b", m(at), r.LastN(), r.Orders+1
	r.Older.Unknowns, r.Older.Refusals = 0, 0
	for i, a := range attempts {
		a.N = r.Base + 1 + i
		r.Attempts = append(r.Attempts, a)
	}
	return r
}

func repeated(n int, a Attempt) []Attempt {
	all := make([]Attempt, n)
	for i := range all {
		all[i] = a
	}
	return all
}

// The rows of the protocol, each as a fact.
func TestStanding(t *testing.T) {
	hold := func(at int) func(*Recipient) { return func(r *Recipient) { r.HoldTo = m(at) } }
	for _, c := range []struct {
		name string
		r    Recipient
		now  int // minutes
		want Standing
	}{
		{"nobody has tried: pending, due at once", ordered(), 0, Standing{Pending, "", start}},
		{"the service asked to slow down: pending until then", with(ordered(), hold(3)), 0, Standing{Pending, "", m(3)}},
		{"it could not be used: pending, and why", with(ordered(), func(r *Recipient) { r.HoldTo, r.HoldFor = m(3), "connection" }), 0, Standing{Pending, "connection", m(3)}},
		{"it had asked before the order: due at once", with(ordered(), hold(-3)), 0, Standing{Pending, "", start}},

		{"claimed: calling until the lease ends", ordered(claimed(0)), 1, Standing{Calling, "", m(2)}},
		{"the lease has ended: to be settled, not to be claimed", ordered(claimed(0)), 60, Standing{Calling, "", m(2)}},

		{"accepted: sent", ordered(accepted(0)), 1, Standing{Status: Sent}},
		{"accepted after a refusal for now", ordered(refused(0, 2), accepted(2)), 3, Standing{Status: Sent}},
		{"refused for good: failed with its reason", ordered(refusedForGood(0)), 1, Standing{Failed, "no_mailbox", time.Time{}}},
		{"refused for now: retry when due", ordered(refused(0, 5)), 1, Standing{Retry, "mailbox_full", m(5)}},
		{"refused for now and due", ordered(refused(0, 5)), 6, Standing{Retry, "mailbox_full", m(5)}},
		{"refused for now, and slowed down longer", with(ordered(refused(0, 5)), hold(7)), 6, Standing{Retry, "mailbox_full", m(7)}},
		{"refused for now, then it could not be used: why not now",
			with(ordered(refused(0, 5)), func(r *Recipient) { r.HoldTo, r.HoldFor = m(7), "connection" }), 6, Standing{Retry, "connection", m(7)}},
		{"refused for now, after it could not be used: why not now",
			with(ordered(refused(0, 5)), func(r *Recipient) { r.HoldTo, r.HoldFor = m(1), "connection" }), 6, Standing{Retry, "mailbox_full", m(5)}},
		{"seven refusals for now", ordered(repeated(7, refused(0, 5))...), 6, Standing{Retry, "mailbox_full", m(5)}},
		{"eight refusals for now are for good", ordered(repeated(8, refused(0, 5))...), 6, Standing{Failed, "mailbox_full", time.Time{}}},

		{"nobody knows: unknown until it is settled", ordered(lost(0, 17)), 16, Standing{Unknown, "timeout", m(17)}},
		{"due, one unknown: retry", ordered(lost(0, 17)), 17, Standing{Retry, "timeout", m(17)}},
		{"due, one unknown, slowed down", with(ordered(lost(0, 17)), hold(20)), 17, Standing{Retry, "timeout", m(20)}},
		{"due, two unknown: retry", ordered(lost(0, 17), lost(17, 34)), 34, Standing{Retry, "timeout", m(34)}},
		{"three unknown, not due: unknown", ordered(lost(0, 17), lost(17, 34), lost(34, 51)), 50, Standing{Unknown, "timeout", m(51)}},
		{"due, three unknown: for the secretary", ordered(lost(0, 17), lost(17, 34), lost(34, 51)), 51, Standing{Review, "timeout", time.Time{}}},
		{"three unknown with refusals between",
			ordered(lost(0, 17), refused(17, 20), lost(20, 37), refused(37, 40), lost(40, 57)), 57, Standing{Review, "timeout", time.Time{}}},
		{"two unknown, then refused for now: retry", ordered(lost(0, 17), lost(17, 34), refused(34, 36)), 60, Standing{Retry, "mailbox_full", m(36)}},
		{"two unknown, then called again: calling", ordered(lost(0, 17), lost(17, 34), claimed(34)), 35, Standing{Calling, "", m(36)}},

		{"unknown, then proved", ordered(proved(lost(0, 17), 3)), 3, Standing{Status: Sent}},
		{"proved while it is called", ordered(proved(claimed(0), 1)), 1, Standing{Status: Sent}},
		{"waiting for a new try, the first one proved late", ordered(proved(lost(0, 17), 18), refused(17, 22)), 18, Standing{Status: Sent}},
		{"called again, the first one proved late", ordered(proved(lost(0, 17), 18), claimed(17)), 18, Standing{Status: Sent}},
		{"for the secretary, the first one proved late", ordered(proved(lost(0, 17), 99), lost(17, 34), lost(34, 51)), 99, Standing{Status: Sent}},
		{"for the secretary, the first one accepted late", ordered(acceptedLate(lost(0, 17), 98), lost(17, 34), lost(34, 51)), 99, Standing{Status: Sent}},
		{"refused for good, and yet it arrived", ordered(proved(refusedForGood(0), 9)), 9, Standing{Status: Sent}},

		{"links closed before the order: pending", closed(ordered(), -1), 0, Standing{Pending, "", start}},
		{"links closed at the moment of the order", closed(ordered(), 0), 0, Standing{Failed, ReasonClosed, time.Time{}}},
		{"links closed before anybody tried", closed(ordered(), 1), 1, Standing{Failed, ReasonClosed, time.Time{}}},
		{"links closed before the next try", closed(ordered(refused(0, 5)), 3), 3, Standing{Failed, ReasonClosed, time.Time{}}},
		{"links closed while it is called: its result counts", closed(ordered(claimed(0)), 1), 1, Standing{Calling, "", m(2)}},
		{"links closed while nobody knows: it is settled first", closed(ordered(lost(0, 17)), 5), 16, Standing{Unknown, "timeout", m(17)}},
		{"links closed while nobody knows, then due: no new try", closed(ordered(lost(0, 17)), 5), 17, Standing{Failed, ReasonClosed, time.Time{}}},
		{"links closed after it was sent: sent", closed(ordered(accepted(0)), 5), 5, Standing{Status: Sent}},
		{"links closed after it failed: its own reason", closed(ordered(refusedForGood(0)), 5), 5, Standing{Failed, "no_mailbox", time.Time{}}},
		{"links closed, and still for the secretary",
			closed(ordered(lost(0, 17), lost(17, 34), lost(34, 51)), 60), 60, Standing{Review, "timeout", time.Time{}}},

		{"a new order after a sending: pending", again(ordered(accepted(0)), 60), 60, Standing{Pending, "", m(60)}},
		{"a new order after closing: pending", again(closed(ordered(accepted(0)), 30), 60), 60, Standing{Pending, "", m(60)}},
		{"a new order, the one before proved late: pending", again(ordered(proved(lost(0, 17), 61)), 60), 61, Standing{Pending, "", m(60)}},
		{"a new order, slowed down by the one before", with(again(ordered(accepted(0)), 60), hold(61)), 60, Standing{Pending, "", m(61)}},
		{"unknown outcomes of the order before do not count",
			again(ordered(lost(0, 17), lost(17, 34), lost(34, 51)), 60, lost(60, 77)), 77, Standing{Retry, "timeout", m(77)}},
		{"refusals of the order before do not count",
			again(ordered(repeated(7, refused(0, 5))...), 60, refused(60, 61)), 61, Standing{Retry, "mailbox_full", m(61)}},
		{"no address: on paper, and nobody tries", onPaper(ordered()), 0, Standing{Status: Paper}},
		{"no address, a day later", onPaper(ordered()), 24 * 60, Standing{Status: Paper}},
		{"no address, and a new order", again(onPaper(ordered()), 60), 60, Standing{Status: Paper}},
		{"no address, and the links were closed", closed(onPaper(ordered()), 5), 5, Standing{Status: Paper}},
		{"an address was given since, and an order", with(again(onPaper(ordered()), 60), func(r *Recipient) {
			r.Address, r.AddressAt, r.ClosedAt = "jean@x.fr", m(59), m(59)
		}), 60, Standing{Pending, "", m(60)}},
		{"a new order, accepted", again(ordered(refusedForGood(0)), 60, accepted(60)), 61, Standing{Status: Sent}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.r.Standing(m(c.now))); diff != "" {
				t.Errorf("standing (-want +got)\n%s", diff)
			}
		})
	}
}

// An attempt that is not kept in full any more has left its outcome behind: a long order neither goes on for ever nor
// sends a fourth copy.
func TestOutcomesOfAttemptsThatWereSummedUpStillCount(t *testing.T) {
	kept := append([]Attempt{lost(0, 17)}, repeated(6, refused(0, 5))...)
	for _, c := range []struct {
		name  string
		older Older
		last  Attempt
		want  Status
	}{
		{"one unknown before, one among the kept ones, one last", Older{Unknowns: 1}, lost(90, 107), Review},
		{"none before, one among the kept ones, one last", Older{}, lost(90, 107), Retry},
		{"one refusal before, six among the kept ones, one last", Older{Refusals: 1}, refused(90, 107), Failed},
		{"none before, six among the kept ones, one last", Older{}, refused(90, 107), Retry},
		{"two unknown before: one refusal more is no third", Older{Unknowns: 2}, refused(90, 107), Retry},
	} {
		r := ordered(append(kept[:7:7], c.last)...)
		r.Older = c.older
		if got := r.Standing(m(107)).Status; got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDueToTheMillisecond(t *testing.T) {
	one, three := ordered(lost(0, 17)), ordered(lost(0, 17), lost(0, 17), lost(0, 17))
	for _, c := range []struct {
		name       string
		by         time.Duration
		one, three Status
	}{
		{"a millisecond before", -time.Millisecond, Unknown, Unknown},
		{"then", 0, Retry, Review},
		{"a millisecond after", time.Millisecond, Retry, Review},
	} {
		now := m(17).Add(c.by)
		if got := one.Standing(now).Status; got != c.one {
			t.Errorf("one unknown, %s: got %s, want %s", c.name, got, c.one)
		}
		if got := three.Standing(now).Status; got != c.three {
			t.Errorf("three unknown, %s: got %s, want %s", c.name, got, c.three)
		}
	}
}

func TestTerminal(t *testing.T) {
	for status, want := range map[Status]bool{
		Pending: false, Calling: false, Retry: false, Unknown: false, Sent: true, Failed: true, Review: true, Paper: true,
	} {
		if status.Terminal() != want {
			t.Errorf("%s ends: %v", status, !want)
		}
	}
}

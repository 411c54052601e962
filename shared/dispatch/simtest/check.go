package simtest

import (
	"bufio"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/journal"
)

// check holds what is there once nothing moves any more against the invariants.
func (s *Sim) check() {
	ctx := context.Background()
	for _, to := range s.sendings {
		h := s.handle(to.town)
		c, err := h.Convocation(ctx, to.id)
		if err != nil {
			s.fail("reading %s: %v", to.id, err)
			return
		}
		if c.Frozen.At.IsZero() {
			s.unsent(c)
			continue
		}
		all := s.recipients(to)
		s.report.Recipients += len(all)
		s.materialised(ctx, c, all)
		for _, r := range all {
			s.ended(who{to.town, r.Ref(c.ID)}, r)
		}
		s.totals(ctx, to, all)
	}
	s.orders(ctx)
	s.limits()
	s.eventsAgain(ctx)
}

// unsent: what did not leave is a draft again.
func (s *Sim) unsent(c convocation.Convocation) {
	if !c.Draft() {
		s.fail("I1: %s was asked for, and is not frozen", c.ID)
	}
}

// materialised is I0: the recipients are those of the frozen set.
func (s *Sim) materialised(ctx context.Context, c convocation.Convocation, all []convocation.Recipient) {
	r, err := s.files.Open(ctx, files.Key(c.Frozen.Set))
	if err != nil {
		s.fail("I0: the frozen set of %s: %v", c.ID, err)
		return
	}
	defer r.Close()
	var want, got []string
	for lines := json.NewDecoder(bufio.NewReader(r)); lines.More(); {
		var p struct{ ID string }
		if err := lines.Decode(&p); err != nil {
			s.fail("I0: the frozen set of %s: %v", c.ID, err)
			return
		}
		want = append(want, p.ID)
	}
	for _, r := range all {
		got = append(got, string(r.ID))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) || len(got) != c.Frozen.Count {
		s.report.Lost += len(want) - len(got)
		s.fail("I0: %d recipients of %s, and %d in the frozen set of %d", len(got), c.ID, len(want), c.Frozen.Count)
	}
}

// ended is I1: each recipient has come to an end that is true.
func (s *Sim) ended(w who, r convocation.Recipient) {
	switch standing := r.Standing(s.now); standing.Status {
	case convocation.Sent:
		vouched := !r.VouchedAt.IsZero() && !r.VouchedAt.Before(r.OrderAt)
		if !s.truth.left(w, r.Order) && !vouched {
			s.report.FalseSent++
			s.fail("I1: %s is transmitted, and nothing was accepted", r.ID)
		}
	case convocation.Review:
		s.report.Review++
	case convocation.Failed, convocation.Paper:
	default:
		s.report.Lost++
		s.fail("I1: %s is %s in the end (%s)", r.ID, standing.Status, standing.Reason)
	}
}

// totals is I6: what the pages show is a recount.
func (s *Sim) totals(ctx context.Context, to sending, all []convocation.Recipient) {
	service := &follow.Service{Tables: s.tables(), Files: files.Shared(s.files), Now: s.clock}
	d, err := service.Detail(ctx, s.handle(to.town), to.id)
	if err != nil {
		s.fail("I6: %v", err)
		return
	}
	want := map[string]int{"recipients": len(all)}
	for _, r := range all {
		want[string(r.Standing(s.now).Status)]++
		left, back := false, false
		for _, a := range r.Attempts {
			if s.truth.copies[string(a.Digest)] > 0 && !a.Sent().IsZero() && !a.ClaimedAt.Before(r.AddressAt) {
				back = !a.BouncedAt.IsZero()
				left = left || (!back && !a.Why.Reminds())
			}
		}
		if vouched := !r.VouchedAt.IsZero() && !r.VouchedAt.Before(r.AddressAt); (left || vouched) && !back {
			want["transmitted"]++
		}
		if back {
			want["returned"]++
		}
	}
	n := d.Counts
	got := map[string]int{
		"recipients": n.Recipients, "failed": n.Failed, "review": n.Review, "paper": n.Paper, "transmitted": n.Transmitted, "returned": n.Returned,
	}
	for name, count := range got {
		older := slices.ContainsFunc(all, func(r convocation.Recipient) bool { return r.Older.Sent > 0 })
		if count != want[name] && !older {
			s.fail("I6: %d %s of %s, and %d are counted again", count, name, to.id, want[name])
		}
	}
	if n.Waiting != 0 || d.State == convocation.StateSending {
		s.fail("I6: %s is shown as %s with %d who wait, and nothing moves any more", to.id, d.State, n.Waiting)
	}
}

// given are the journal's words for an order that was given.
var given = []journal.What{
	journal.SendAsked, journal.ResendAsked, journal.RemindAsked, journal.AddressUnblocked, journal.AddressCorrected, journal.LinkAsked,
}

// orders is I7: every order has come to its end, and has its line in the journal; so have the acts that leave a mark.
func (s *Sim) orders(ctx context.Context) {
	items, err := s.data.items(ctx)
	if err != nil {
		s.fail("reading all: %v", err)
		return
	}
	count := 0
	for _, i := range items {
		if !strings.HasPrefix(i.Key.Sort, "order#") {
			continue
		}
		count++
		if !i.Attrs.Has("done") {
			s.fail("I1: %s of %s has not ended", i.Key.Sort, i.Key.Partition)
		}
	}
	told := map[journal.What]int{}
	subjects := map[string]bool{}
	for _, town := range towns {
		events, err := s.handle(town).Events(ctx, 10_000)
		if err != nil {
			s.fail("reading the journal: %v", err)
		}
		for _, e := range events {
			told[e.What]++
			subjects[string(e.What)+e.Subject] = true
		}
	}
	lines := -told[journal.SendRefused] - told[journal.SendRecalled]
	for _, what := range given {
		lines += told[what]
	}
	if lines != count {
		s.fail("I7: %d orders, and %d in the journal", count, lines)
	}
	s.marks(ctx, subjects)
}

// marks: what the acts of a secretary have left is told.
func (s *Sim) marks(ctx context.Context, told map[string]bool) {
	for _, to := range s.sendings {
		c, err := s.handle(to.town).Convocation(ctx, to.id)
		if err != nil {
			continue
		}
		for what, done := range map[journal.What]bool{
			journal.SendCancelled: !c.StoppedAt.IsZero(), journal.LinksClosed: !c.ClosedAt.IsZero(), journal.SendPaused: !c.PausedAt.IsZero(),
		} {
			if done && !told[string(what)+string(c.ID)] {
				s.fail("I7: %s of %s is not in the journal", what, c.ID)
			}
		}
		for _, r := range s.recipients(to) {
			for what, done := range map[journal.What]bool{
				journal.ReviewDecided: !r.VouchedAt.IsZero(), journal.AddressCorrected: !r.AddressAt.IsZero(),
			} {
				if done && !told[string(what)+string(r.ID)] {
					s.fail("I7: %s of %s is not in the journal", what, r.ID)
				}
			}
		}
	}
}

// limits is I8. It is asked where the pump alone decides who calls when: without faults of the tables, the queue and the
// processes, and with one clock. A bell that comes twice or late calls when it comes; the protocol promises a pace of the
// bells that are answered when they are due.
func (s *Sim) limits() {
	if s.profile == Calm && s.service.tooFast+s.service.tooMany > 0 {
		s.fail("I8: %d mails were refused for the rate, %d for the quota", s.service.tooFast, s.service.tooMany)
	}
}

// eventsAgain is I5: all that the service said, said again in another order, changes nothing.
func (s *Sim) eventsAgain(ctx context.Context) {
	if s.copies > 0 {
		return // a backup has not heard all
	}
	again := &dispatch.Service{Tables: s.tables(), Now: s.clock, Random: s.drawn}
	hear := func(order []int) {
		for _, i := range order {
			if err := again.Hear(ctx, s.service.emitted[i]); err != nil {
				s.fail("I5: hearing again: %v", err)
			}
		}
	}
	order := s.random.Perm(len(s.service.emitted))
	hear(order) // events that were among the dead letters are news
	before := s.everybody()
	slices.Reverse(order)
	hear(order)
	after := s.everybody()
	for w, r := range before {
		if what := shrunk(r, after[w]); what != "" {
			s.fail("%s when events came again", what)
		}
		if what := shrunk(after[w], r); what != "" {
			s.fail("%s when events came again", what)
		}
	}
}

// everybody are all recipients.
func (s *Sim) everybody() map[who]convocation.Recipient {
	all := map[who]convocation.Recipient{}
	for _, to := range s.sendings {
		for _, r := range s.recipients(to) {
			all[who{to.town, r.Ref(to.id)}] = r
		}
	}
	return all
}

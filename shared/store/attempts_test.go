package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// stale claims with what was read before something else happened.
func stale(w *town, r convocation.Recipient) error {
	_, err := w.h.Claim(w.ctx(), cnv, r, attemptBy("slow", r.LastN()+1))
	return err
}

// Between reading and claiming, others act: whatever ends the order, or takes the attempt, makes the claim fail.
func TestClaimOfWhatHasChangedMeanwhile(t *testing.T) {
	retry := func(w *town) { // one unknown outcome, one refusal for now
		lost(w)
		w.claim()
		w.must(w.h.Refuse(w.ctx(), toJean, 2, "owner", "mailbox_full", false, minute(21), minute(22)))
	}
	for _, c := range []struct {
		name         string
		given, other func(*town)
		fails        bool
	}{
		{"nothing has happened", retry, func(*town) {}, false},
		{"another has claimed", retry, func(w *town) { w.claim() }, true},
		{"another has claimed and given back", retry, func(w *town) {
			w.claim()
			w.must(w.h.GiveBack(w.ctx(), toJean, 3, "owner", minute(30), "connection"))
		}, false},
		{"the last attempt was accepted after all", lost, func(w *town) { w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(30))) }, true},
		{"the last attempt was proved", lost, func(w *town) { w.must(w.h.Prove(w.ctx(), toJean, 1, minute(30))) }, true},
		{"an earlier attempt was accepted after all", retry, func(w *town) { w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", "id", minute(30))) }, true},
		{"an earlier attempt was proved", retry, func(w *town) { w.must(w.h.Prove(w.ctx(), toJean, 1, minute(30))) }, true},
		{"an event says that the last attempt left", lost, func(w *town) { w.heard(1, FactHeard, 4, "") }, true},
		{"an event says that an earlier attempt has arrived", retry, func(w *town) { w.heard(1, FactDelivered, 6, "") }, true},
		{"an event says that an earlier attempt has come back", retry, func(w *town) { w.heard(1, FactBounced, 6, "content") }, true},
		{"an event says that one of the order before was delayed", full, func(w *town) { w.heard(1, FactDelayed, 6, "") }, false},
		{"the link of an earlier attempt was opened", retry, func(w *town) {
			_, err := w.h.MarkOpened(w.ctx(), w.jeanNow(), cnv, 1, convocation.Signals{}, minute(30))
			w.must(err)
		}, true},
		{"the last attempt was disproved: the eighth refusal", func(w *town) {
			w.refuseAll(7)
			w.claim()
			w.must(w.h.Lose(w.ctx(), toJean, 8, "owner", "timeout", minute(21), minute(22)))
		}, func(w *town) { w.must(w.h.Disprove(w.ctx(), toJean, 8, minute(30))) }, true},
		{"the links were closed", retry, func(w *town) { w.must(w.h.CloseLinks(w.ctx(), toJean, minute(30))) }, true},
		{"another order was given", retry, func(w *town) { w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(30)})) }, true},
		{"the sending was cancelled", retry, func(w *town) { w.must(w.h.Stop(w.ctx(), toJean, minute(30))) }, true},
		{"the data were restored", retry, func(w *town) { w.must(w.h.Misgive(w.ctx(), toJean, minute(30))) }, true},
		{"the secretary has vouched for it", retry, func(w *town) {
			w.must(w.h.Vouch(w.ctx(), cnv, w.jeanNow(), minute(30), told(journal.ReviewDecided)))
		}, true},
		{"the sending was cancelled, and all was read again", func(w *town) {
			retry(w)
			w.must(w.h.Stop(w.ctx(), toJean, minute(30)))
			w.must(w.h.Misgive(w.ctx(), toJean, minute(31)))
		}, func(*town) {}, false},
		{"the sending was cancelled anew", func(w *town) { retry(w); w.must(w.h.Stop(w.ctx(), toJean, minute(30))) },
			func(w *town) { w.must(w.h.Stop(w.ctx(), toJean, minute(31))) }, true},
		{"documents were asked for", retry, func(w *town) { w.must(w.h.MarkDocuments(w.ctx(), toJean, nil, minute(30))) }, false},
		{"an attempt of the order before was proved", full, func(w *town) { w.must(w.h.Prove(w.ctx(), toJean, 1, minute(30))) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			c.given(w)
			r := w.jeanNow()
			c.other(w)
			err := stale(w, r)
			if (err != nil) != c.fails || (err != nil && !errors.Is(err, table.ErrCondition)) {
				t.Errorf("got %v", err)
			}
			if c.fails && w.jeanNow().LastN() > 0 {
				for _, a := range w.jeanNow().Attempts {
					if a.Owner == "slow" {
						t.Error("and yet it was written")
					}
				}
			}
		})
	}
}

// The attempt that is summed up counts once, and as it is at that moment.
func TestSummingUpCountsOnceAndLosesNoProof(t *testing.T) {
	w := newTown(t)
	full(w)
	before := w.jeanNow()
	if before.Sendings() != 1 || len(before.Attempts) != convocation.MaxAttempts {
		t.Fatalf("%d sendings, %d attempts", before.Sendings(), len(before.Attempts))
	}
	after := w.claim()
	if len(after.Attempts) != convocation.MaxAttempts || after.Attempts[0].N != 2 || after.Older.Sent != 1 {
		t.Errorf("after the ninth: attempts %d to %d, older %+v", after.Attempts[0].N, after.LastN(), after.Older)
	}
	if after.Sendings() != 1 || !after.FirstSentAt().Equal(before.FirstSentAt()) || !after.LastSentAt().Equal(before.LastSentAt()) {
		t.Errorf("%d sendings, from %s to %s", after.Sendings(), after.FirstSentAt(), after.LastSentAt())
	}
	w.must(w.h.GiveBack(w.ctx(), toJean, 9, "owner", minute(20), "connection"))
	if err := stale(w, before); !errors.Is(err, table.ErrCondition) { // it still knows the first attempt in full
		t.Errorf("claimed again by somebody who was late: %v", err)
	}
	if got := w.jeanNow().Sendings(); got != 1 {
		t.Errorf("the first attempt counts %d times", got)
	}
	w.claim()
	if got := w.jeanNow(); got.Sendings() != 1 || got.LastN() != 9 || len(got.Attempts) != convocation.MaxAttempts {
		t.Errorf("claimed again: %d sendings, %d attempts", got.Sendings(), len(got.Attempts))
	}
}

func TestProofBetweenReadingAndSummingUpIsNotLost(t *testing.T) {
	w := newTown(t)
	lost(w)
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(21)}))
	for n := 2; n <= convocation.MaxAttempts; n++ {
		w.claim()
		w.must(w.h.Refuse(w.ctx(), toJean, n, "owner", "mailbox_full", false, minute(2+n), minute(3+n)))
	}
	before := w.jeanNow()
	w.must(w.h.Prove(w.ctx(), toJean, 1, minute(30)))
	if err := stale(w, before); !errors.Is(err, table.ErrCondition) {
		t.Errorf("claimed by somebody who did not know of the proof: %v", err)
	}
	if after := w.claim(); after.Sendings() != 1 || after.Older.Sent != 1 {
		t.Errorf("the proof is gone: %d sendings, older %+v", after.Sendings(), after.Older)
	}
}

// outlast goes on with one order until it ends: each attempt has the outcome that the pattern says, over and over.
func outlast(t *testing.T, pattern string) (end convocation.Status, unknown int) {
	w := newTown(t)
	now := minute(3)
	for n := 1; n <= 60; n++ {
		r := w.jeanNow()
		now = now.Add(time.Hour)
		if s := r.Standing(now); s.Status.Terminal() {
			return s.Status, unknown
		}
		w.claim()
		if pattern[(n-1)%len(pattern)] == 'U' {
			unknown++
			w.must(w.h.Lose(w.ctx(), toJean, n, "owner", "timeout", now, now.Add(time.Minute)))
		} else {
			w.must(w.h.Refuse(w.ctx(), toJean, n, "owner", "mailbox_full", false, now, now.Add(time.Minute)))
		}
	}
	return w.jeanNow().Standing(now.Add(time.Hour)).Status, unknown
}

// More attempts than are kept in full do not make an order forget what it has tried: it ends, and no fourth copy leaves.
func TestLongOrderEndsWithThreeUnknownOutcomesAtMost(t *testing.T) {
	for pattern, want := range map[string]convocation.Status{
		"U": convocation.Review, "R": convocation.Failed, "UR": convocation.Review, "RRRU": convocation.Failed, "RRU": convocation.Review,
		"URRRRRRR": convocation.Failed, "UURRRRRRU": convocation.Review, "URRRURRRU": convocation.Review, "RRRRRRRU": convocation.Failed,
	} {
		got, unknown := outlast(t, pattern)
		if got != want || unknown > 1+convocation.MaxUnknowns {
			t.Errorf("%s over and over: ends %s with %d unknown outcomes, want %s", pattern, got, unknown, want)
		}
	}
}

// machine plays with one recipient: slow workers, an élu, the secretary and the sweeper act in any order, each on what
// he read some time ago. Of each attempt it knows whether the mail left: what is told of it, early or late, is true.
type machine struct {
	*town
	rt     *rapid.T
	now    time.Time
	read   []convocation.Recipient
	owners int
	orders int
	left   map[string]bool // by number and owner
	there  map[int]bool    // attempts that are known to have left
	back   map[int]bool    // and to have come back
	counts map[int]bool    // whether one would be the sending that counts: no reminder is
	copies map[convocation.OrderID]int
}

func newMachine(t *testing.T, rt *rapid.T) *machine {
	m := &machine{town: newTown(t), rt: rt, now: minute(3), left: map[string]bool{}, copies: map[convocation.OrderID]int{}, there: map[int]bool{}, back: map[int]bool{}, counts: map[int]bool{}}
	if rapid.Bool().Draw(rt, "as many attempts as are kept") {
		full(m.town)
		m.left[named(1, "owner")], m.now = true, minute(30)
	}
	m.read = append(m.read, m.jeanNow())
	return m
}

func named(n int, owner string) string { return fmt.Sprintf("%d of %s", n, owner) }

func (m *machine) draw(what string, from, to int) int {
	return rapid.IntRange(from, to).Draw(m.rt, what)
}

// saw is what somebody read, newest or not.
func (m *machine) saw() convocation.Recipient {
	return m.read[len(m.read)-1-m.draw("read so many steps ago", 0, min(3, len(m.read)-1))]
}

// claim claims as a worker does, from what he read.
func (m *machine) claim() {
	r := m.saw()
	s := r.Standing(m.now)
	if (s.Status != convocation.Pending && s.Status != convocation.Retry) || m.now.Before(s.Due) {
		return
	}
	before := m.jeanNow().Standing(m.now).Status
	m.owners++
	a := convocation.Attempt{
		N: r.LastN() + 1, Order: r.Order, Why: r.Why, ClaimedAt: m.now, Owner: fmt.Sprint("owner", m.owners), LeaseUntil: m.now.Add(2 * time.Minute),
		Digest: fmt.Append(nil, "digest", m.owners),
	}
	_, err := m.h.Claim(m.ctx(), cnv, r, a)
	m.check(err)
	if err != nil {
		return
	}
	if before != convocation.Pending && before != convocation.Retry {
		m.rt.Fatalf("claimed attempt %d of a recipient that was %s", a.N, before)
	}
	if m.draw("it leaves", 0, 2) > 0 {
		m.left[named(a.N, a.Owner)] = true
		m.copies[r.Order]++
	}
}

func (m *machine) check(err error) {
	if err != nil && !errors.Is(err, table.ErrCondition) {
		m.rt.Fatal(err)
	}
}

func (m *machine) newOrder() {
	r := m.saw()
	if !r.Standing(m.now).Status.Terminal() {
		return
	}
	m.orders++
	o := Order{ID: convocation.OrderID(fmt.Sprintf("ord_%d", m.orders)), At: m.now}
	if m.draw("it reminds", 0, 2) == 0 {
		o.Why = convocation.WhyReminder
	}
	m.check(m.h.NewOrder(m.ctx(), cnv, r, o))
}

// tell tells something true of an attempt that is or was there.
func (m *machine) tell(r convocation.Recipient) {
	if len(r.Attempts) == 0 {
		return
	}
	a := r.Attempts[m.draw("attempt", 0, len(r.Attempts)-1)]
	left := m.left[named(a.N, a.Owner)]
	switch what := m.draw("told", 0, 5); {
	case left && what > 3:
		m.hear(a.N)
	case what == 0:
		m.check(m.h.Lose(m.ctx(), toJean, a.N, a.Owner, "timeout", m.now, m.now.Add(15*time.Minute)))
	case left && what == 1:
		m.check(m.h.Accept(m.ctx(), toJean, a.N, a.Owner, "id", m.now))
	case left && what == 2:
		m.check(m.h.Prove(m.ctx(), toJean, a.N, m.now))
	case left:
		_, err := m.h.MarkOpened(m.ctx(), r, cnv, a.N, convocation.Signals{}, m.now)
		m.check(err)
	case what == 1 || what == 4:
		m.check(m.h.Refuse(m.ctx(), toJean, a.N, a.Owner, "no_mailbox", m.draw("for good", 0, 4) == 0, m.now, m.now.Add(time.Minute)))
	case what == 2:
		m.check(m.h.Disprove(m.ctx(), toJean, a.N, m.now))
	default:
		m.check(m.h.GiveBack(m.ctx(), toJean, a.N, a.Owner, m.now.Add(time.Minute), "connection"))
	}
}

// hear lets the service say something of a mail that left.
func (m *machine) hear(n int) {
	f := rapid.SampledFrom([]Fact{FactHeard, FactDelivered, FactDelayed, FactBounced, FactAuto, FactComplained}).Draw(m.rt, "fact")
	_, err := m.h.Hear(m.ctx(), toJean, n, minute(3), f, minute(m.draw("at", 3, 200)), whyOf(f))
	m.check(err)
}

// step lets somebody do one thing.
func (m *machine) step() {
	switch what := m.draw("what", 0, 24); {
	case what < 9:
		m.claim()
	case what < 18:
		m.tell(m.saw())
	case what < 21:
		m.newOrder()
	case what == 21:
		m.check(m.h.CloseLinks(m.ctx(), toJean, m.now))
	case what == 22:
		m.check(m.h.Stop(m.ctx(), toJean, m.now))
	case what == 23:
		m.check(m.h.Misgive(m.ctx(), toJean, m.now))
	default:
		if r := m.saw(); r.Standing(m.now).Status == convocation.Review {
			m.check(m.h.Vouch(m.ctx(), cnv, r, m.now, told(journal.ReviewDecided)))
		}
	}
	m.now = m.now.Add(time.Duration(m.draw("minutes pass", 0, 20)) * time.Minute)
}

// holds checks what no step may break.
func (m *machine) holds(before, after convocation.Recipient) {
	was, is := before.Standing(m.now).Status, after.Standing(m.now).Status
	if before.Order == after.Order && was == convocation.Sent && is != convocation.Sent {
		m.rt.Fatalf("sent, and then %s", is)
	}
	if n, more := before.Sendings(), after.Sendings(); more < n || more > n+1 {
		m.rt.Fatalf("%d sendings, and then %d", n, more)
	}
	if before.Sendings() == after.Sendings() && before.Older != after.Older && // an attempt was summed up
		(!before.LastSentAt().Equal(after.LastSentAt()) || !before.FirstSentAt().Equal(after.FirstSentAt())) {
		m.rt.Fatalf("sent from %s to %s, and then from %s to %s", before.FirstSentAt(), before.LastSentAt(), after.FirstSentAt(), after.LastSentAt())
	}
	m.arrives(before, after)
	if !before.OpenedAt.IsZero() && !after.OpenedAt.Equal(before.OpenedAt) {
		m.rt.Fatalf("opened at %s, and then at %s", before.OpenedAt, after.OpenedAt)
	}
	if len(after.Attempts) > convocation.MaxAttempts {
		m.rt.Fatalf("%d attempts are kept in full", len(after.Attempts))
	}
	if n := m.copies[after.Order]; n > 1+convocation.MaxUnknowns {
		m.rt.Fatalf("%d copies of one order have left", n)
	}
	if vouched := !after.VouchedAt.IsZero() && !after.VouchedAt.Before(after.OrderAt); is == convocation.Sent && m.copies[after.Order] == 0 && !vouched {
		m.rt.Fatal("sent, and nothing has left")
	}
}

// arrives checks that whoever was reached by a mail that did not come back stays so, and nobody else is.
func (m *machine) arrives(before, after convocation.Recipient) {
	reached := !after.VouchedAt.IsZero()
	for _, a := range slices.Concat(before.Attempts, after.Attempts) {
		m.there[a.N], m.back[a.N], m.counts[a.N] = !a.Sent().IsZero(), a.Back(), !a.Why.Reminds()
	}
	for n := range m.there {
		reached = reached || m.there[n] && !m.back[n] && m.counts[n]
	}
	if at := after.ReachedAt(); reached == at.IsZero() {
		m.rt.Fatalf("reached at %s; attempts that are known to have left: %v, come back: %v", at, m.there, m.back)
	}
	was, is := before.DeliveredAt(), after.DeliveredAt()
	if summed := before.Older != after.Older; summed && !was.Equal(is) {
		m.rt.Fatalf("delivered at %s, and then at %s", was, is)
	}
}

func TestNothingThatIsKnownOfARecipientIsEverLost(t *testing.T) {
	steps, sent, summed := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t, rt)
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			before := m.jeanNow()
			m.step()
			after := m.jeanNow()
			m.holds(before, after)
			m.read = append(m.read, after)
			if steps++; after.Sendings() > before.Sendings() {
				sent++
			}
			if len(before.Attempts) == convocation.MaxAttempts && before.Attempts[0].N != after.Attempts[0].N {
				summed++
			}
		}
	})
	if sent < 10 || summed < 5 {
		t.Errorf("%d sendings, %d attempts summed up in %d steps: this tests little", sent, summed, steps)
	}
}

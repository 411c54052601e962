package convocation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSendings(t *testing.T) {
	nothing := time.Time{}
	for _, c := range []struct {
		name        string
		r           Recipient
		n           int
		first, last time.Time
	}{
		{"nothing has left", ordered(), 0, nothing, nothing},
		{"nothing was accepted", ordered(refused(0, 5), lost(5, 22), claimed(22)), 0, nothing, nothing},
		{"accepted once: first and last", ordered(refused(0, 2), accepted(2)), 1, m(3), m(3)},
		{"proved: it left when it was claimed", ordered(proved(lost(0, 17), 40)), 1, m(0), m(0)},
		{"proved and accepted: as the service said", ordered(proved(accepted(0), 40)), 1, m(1), m(1)},
		{"sent again", again(ordered(accepted(0)), 60, accepted(60)), 2, m(1), m(61)},
		{"sent again, in vain", again(ordered(accepted(0)), 60, refusedForGood(60)), 1, m(1), m(1)},
		{"two copies of one order", ordered(proved(lost(0, 17), 20), accepted(17)), 2, m(0), m(18)},
		{"the first answer came after the second", ordered(acceptedLate(lost(0, 17), 30), accepted(17)), 2, m(18), m(30)},
		{"only older ones", older(3, -90, -30), 3, m(-90), m(-30)},
		{"one older one, kept before the last was", older(1, -90, -90), 1, m(-90), m(-90)},
		{"older ones and a new one", older(3, -90, -30, accepted(0)), 4, m(-90), m(1)},
		{"older ones and new ones in vain", older(2, -90, -30, refused(0, 5), lost(5, 22)), 2, m(-90), m(-30)},
		{"summed up before the last one was kept", with(older(2, -90, -30), func(r *Recipient) { r.Older.LastAt = nothing }), 2, m(-90), m(-90)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.r.Sendings(); got != c.n {
				t.Errorf("got %d sendings, want %d", got, c.n)
			}
			if got := c.r.FirstSentAt(); !got.Equal(c.first) {
				t.Errorf("first at %s, want %s", got, c.first)
			}
			if got := c.r.LastSentAt(); !got.Equal(c.last) {
				t.Errorf("last at %s, want %s", got, c.last)
			}
		})
	}
}

// The time that counts is that of a mail to the address as it is now.
func TestReachedAt(t *testing.T) {
	corrected := func(r Recipient, at int) Recipient {
		return with(r, func(r *Recipient) { r.AddressAt, r.ClosedAt = m(at), m(at) })
	}
	nothing := time.Time{}
	for _, c := range []struct {
		name string
		r    Recipient
		want time.Time
	}{
		{"nothing has left", ordered(), nothing},
		{"never corrected: the first mail", ordered(accepted(0), accepted(60)), m(1)},
		{"never corrected: the first of those that were summed up", reachedBefore(older(3, -90, -30, accepted(0)), -90), m(-90)},
		{"those that were summed up have all come back", older(3, -90, -30, accepted(0)), m(1)},
		{"it has come back", ordered(returned(accepted(0), 5)), nothing},
		{"the first has come back, the second has not", ordered(returned(accepted(0), 5), accepted(60)), m(61)},
		{"the second has come back, the first has not", ordered(accepted(0), returned(accepted(60), 65)), m(1)},
		{"both have come back, another before had not", reachedBefore(older(3, -90, -30, returned(accepted(0), 5)), -30), m(-30)},
		{"delivered, and come back all the same", ordered(returned(delivered(accepted(0), 2), 5)), nothing},
		{"heard of: it left when it was claimed", ordered(heardOf(lost(0, 17), 40)), m(0)},
		{"corrected, and come back", corrected(ordered(accepted(0), returned(accepted(60), 65)), 30), nothing},
		{"the old address sent it back: nothing has left to the new one", corrected(ordered(returned(accepted(0), 40)), 30), nothing},
		{"the old address sent it back, the new one did not", corrected(ordered(returned(accepted(0), 70), accepted(60)), 30), m(61)},
		{"corrected, nothing has left since", corrected(ordered(accepted(0)), 30), nothing},
		{"corrected before anything had left", corrected(ordered(accepted(60)), 30), m(61)},
		{"corrected, and sent", corrected(ordered(accepted(0), accepted(60), accepted(90)), 30), m(61)},
		{"corrected, and refused", corrected(ordered(accepted(0), refusedForGood(60)), 30), nothing},
		{"corrected, and proved: it left when it was claimed", corrected(ordered(accepted(0), proved(lost(60, 77), 80)), 30), m(60)},
		{"claimed before the correction, answered after it: it went to the old address", corrected(ordered(acceptedLate(lost(0, 17), 40)), 30), nothing},
		{"claimed at that very moment: to the new one", corrected(ordered(accepted(30)), 30), m(31)},
		{"claimed a millisecond before", with(corrected(ordered(accepted(30)), 30), func(r *Recipient) { r.AddressAt = m(30).Add(time.Millisecond) }), nothing},
		{"the answers came the other way round", corrected(ordered(acceptedLate(lost(60, 77), 99), accepted(77)), 30), m(78)},
		{"corrected, what was summed up went to the old address", corrected(older(3, -90, -30, accepted(60)), 30), m(61)},
		{"corrected, what was summed up went to the new one", with(corrected(older(3, -90, 40, accepted(60)), 30), func(r *Recipient) {
			r.Older.ReachedAt = m(35)
		}), m(35)},
		{"on paper", onPaper(ordered()), nothing},
	} {
		if got := c.r.ReachedAt(); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWhoHasEntered(t *testing.T) {
	for name, c := range map[string]struct {
		r    Recipient
		want bool
	}{
		"nobody":     {ordered(accepted(0)), false},
		"a person":   {opened(ordered(accepted(0)), 5), true},
		"maybe one":  {doubted(ordered(accepted(0)), 5), true},
		"surely one": {opened(doubted(ordered(accepted(0)), 5), 6), true},
	} {
		if got := c.r.Entered(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	n := with(ordered(), func(r *Recipient) { r.Shard, r.Notice = 3, Notice{ID: "ntc_a", Kind: NoticeReceipt} })
	if got, want := n.Ref("cnv_a"), (RecipientRef{"cnv_a", 3, "rcp_a", "ntc_a"}); got != want {
		t.Errorf("a notice is %+v", got)
	}
}

// reachedBefore says when the first of the mails that were summed up reached her.
func reachedBefore(r Recipient, at int) Recipient {
	return with(r, func(r *Recipient) { r.Older.ReachedAt = m(at) })
}

// older is a recipient of whose accepted attempts n are summed up.
func older(n, first, last int, attempts ...Attempt) Recipient {
	r := ordered(attempts...)
	r.Older = Older{Sent: n, FirstAt: m(first), LastAt: m(last)}
	return r
}

func TestLastN(t *testing.T) {
	if got := ordered().LastN(); got != 0 {
		t.Errorf("no attempt: got %d", got)
	}
	if got := again(ordered(accepted(0), accepted(1)), 60, claimed(60)).LastN(); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
}

func TestLiveLinks(t *testing.T) {
	a, b := accepted(0), accepted(60)
	for _, c := range []struct {
		name string
		r    Recipient
		live []bool // of each attempt
		shut time.Time
	}{
		{"nobody closed them", ordered(a, b), []bool{true, true}, time.Time{}},
		{"closed after both", closed(ordered(a, b), 90), []bool{false, false}, m(90)},
		{"closed between them: the second is new", closed(ordered(a, b), 30), []bool{false, true}, time.Time{}},
		{"closed at the moment the second was claimed", closed(ordered(a, b), 60), []bool{false, false}, m(60)},
		{"closed, a new order still waits", again(closed(ordered(a), 30), 60), []bool{false}, m(30)},
		{"closed, a new mail was refused", closed(ordered(a, refused(60, 65)), 30), []bool{false, true}, m(30)},
		{"closed, nothing had left", closed(ordered(refusedForGood(0)), 30), []bool{false}, m(30)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, a := range c.r.Attempts {
				if got := c.r.Live(a); got != c.live[i] {
					t.Errorf("attempt %d opens: %v", a.N, got)
				}
			}
			if got := c.r.LinksClosedAt(); !got.Equal(c.shut) {
				t.Errorf("closed at %s, want %s", got, c.shut)
			}
		})
	}
}

func TestChangedAt(t *testing.T) {
	r := ordered()
	if got := r.ChangedAt(); !got.IsZero() {
		t.Errorf("nothing has happened, and yet %s", got)
	}
	r = ordered(accepted(0)) // each fact is newer than those before it
	for i, c := range []struct {
		name   string
		change func(*Recipient, time.Time)
	}{
		{"maybe opened", func(r *Recipient, at time.Time) { r.DoubtedAt = at }},
		{"opened", func(r *Recipient, at time.Time) { r.OpenedAt = at }},
		{"answered", func(r *Recipient, at time.Time) { r.RepliedAt = at }},
		{"closed", func(r *Recipient, at time.Time) { r.ClosedAt = at }},
		{"come back", func(r *Recipient, at time.Time) { r.Attempts[0].BouncedAt = at }},
		{"sent again", func(r *Recipient, at time.Time) { r.Attempts = append(r.Attempts, Attempt{N: 2, AcceptedAt: at}) }},
	} {
		before := r.ChangedAt()
		c.change(&r, m(10+i))
		if got := r.ChangedAt(); !got.Equal(m(10+i)) || !got.After(before) {
			t.Errorf("%s: changed at %s", c.name, got)
		}
	}
	r.Older, r.Attempts = Older{Sent: 2, FirstAt: m(1), LastAt: m(15)}, []Attempt{refused(60, 65)}
	if got := r.ChangedAt(); !got.Equal(m(15)) {
		t.Errorf("summing up an attempt has taken the time back to %s", got)
	}
}

func opened(r Recipient, at int) Recipient { return with(r, func(r *Recipient) { r.OpenedAt = m(at) }) }

func doubted(r Recipient, at int) Recipient {
	return with(r, func(r *Recipient) { r.DoubtedAt = m(at) })
}

func replied(r Recipient, at int) Recipient {
	return with(opened(r, at), func(r *Recipient) { r.RepliedAt, r.Replies = m(at), 1 })
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Recipient
		want Counts
	}{
		{"pending", ordered(), Counts{Recipients: 1, Waiting: 1}},
		{"calling", ordered(claimed(0)), Counts{Recipients: 1, Waiting: 1}},
		{"to be tried again", ordered(refused(0, 5)), Counts{Recipients: 1, Waiting: 1}},
		{"nobody knows yet", ordered(lost(98, 115)), Counts{Recipients: 1, Waiting: 1}},
		{"sent", ordered(accepted(0)), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(1)}},
		{"sent twice is one", again(ordered(accepted(0)), 60, accepted(60)), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(61)}},
		{"failed", ordered(refusedForGood(0)), Counts{Recipients: 1, Failed: 1}},
		{"for the secretary", ordered(lost(0, 17), lost(17, 34), lost(34, 51)), Counts{Recipients: 1, Review: 1}},
		{"sent before, sending again", again(ordered(accepted(0)), 60), Counts{Recipients: 1, Transmitted: 1, Waiting: 1, ChangedAt: m(1)}},
		{"sent before, failed now: it was transmitted", again(ordered(accepted(0)), 60, refusedForGood(60)),
			Counts{Recipients: 1, Transmitted: 1, Failed: 1, ChangedAt: m(1)}},
		{"opened", opened(ordered(accepted(0)), 5), Counts{Recipients: 1, Transmitted: 1, Read: 1, ChangedAt: m(5)}},
		{"answered", replied(ordered(accepted(0)), 6), Counts{Recipients: 1, Transmitted: 1, Read: 1, Replied: 1, ChangedAt: m(6)}},
		{"closed", closed(ordered(accepted(0)), 9), Counts{Recipients: 1, Transmitted: 1, Closed: 1, ChangedAt: m(9)}},
		{"closed after it was opened", closed(opened(ordered(accepted(0)), 5), 9), Counts{Recipients: 1, Transmitted: 1, Read: 1, ChangedAt: m(9)}},
		{"on paper", onPaper(ordered()), Counts{Recipients: 1, Paper: 1}},
		{"on paper, and a reply was recorded", with(onPaper(ordered()), func(r *Recipient) { r.RepliedAt, r.Replies = m(6), 1 }),
			Counts{Recipients: 1, Paper: 1, Replied: 1, ChangedAt: m(6)}},
		{"maybe opened: not read", doubted(ordered(accepted(0)), 5), Counts{Recipients: 1, Transmitted: 1, Doubted: 1, ChangedAt: m(5)}},
		{"maybe opened, and then surely", opened(doubted(ordered(accepted(0)), 5), 7), Counts{Recipients: 1, Transmitted: 1, Read: 1, ChangedAt: m(7)}},
		{"maybe opened, and closed", closed(doubted(ordered(accepted(0)), 5), 9), Counts{Recipients: 1, Transmitted: 1, Doubted: 1, Closed: 1, ChangedAt: m(9)}},
		{"closed, and sent again since", closed(ordered(accepted(0), accepted(60)), 30), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(61)}},
		{"delivered", ordered(delivered(accepted(0), 2)), Counts{Recipients: 1, Transmitted: 1, Delivered: 1, ChangedAt: m(1)}},
		{"come back: not transmitted", ordered(returned(accepted(0), 5)), Counts{Recipients: 1, Returned: 1, ChangedAt: m(5)}},
		{"delivered, and come back all the same", ordered(returned(delivered(accepted(0), 2), 5)), Counts{Recipients: 1, Returned: 1, ChangedAt: m(5)}},
		{"heard of, whatever the call said", ordered(heardOf(lost(0, 17), 1)), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(0)}},
		{"an absence message, a complaint, a delay: transmitted", ordered(aside(accepted(0), 5)), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(1)}},
		{"come back, sending again", again(ordered(returned(accepted(0), 5)), 60), Counts{Recipients: 1, Returned: 1, Waiting: 1, ChangedAt: m(5)}},
		{"come back, and sent again", again(ordered(returned(accepted(0), 5)), 60, accepted(60)), Counts{Recipients: 1, Transmitted: 1, ChangedAt: m(61)}},
		{"delivered, sent again and come back", again(ordered(delivered(accepted(0), 2)), 60, returned(accepted(60), 65)),
			Counts{Recipients: 1, Returned: 1, Delivered: 1, ChangedAt: m(65)}},
		{"come back, and a link that was opened all the same", opened(ordered(returned(accepted(0), 5)), 7),
			Counts{Recipients: 1, Returned: 1, Read: 1, ChangedAt: m(7)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got Counts
			got.Count(c.r, m(99))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("counts (-want +got)\n%s", diff)
			}
		})
	}
}

func TestStateOf(t *testing.T) {
	draft := New("cnv_a", nil, start)
	asked := draft
	asked.SendAskedAt = m(1)
	frozen := asked
	frozen.Frozen = Frozen{At: m(1), Count: 4}
	sent := frozen
	sent.SentAt = m(2)
	shut := sent
	shut.ClosedAt = m(9)
	for _, c := range []struct {
		name string
		c    Convocation
		n    Counts
		want State
	}{
		{"a draft", draft, Counts{}, StateDraft},
		{"pressed, not frozen", asked, Counts{}, StateSending},
		{"frozen, not all recipients are there", frozen, Counts{Recipients: 3}, StateSending},
		{"frozen, some wait", frozen, Counts{Recipients: 4, Waiting: 1}, StateSending},
		{"all have ended, nobody has noted it yet", frozen, Counts{Recipients: 4, Transmitted: 4}, StateSent},
		{"sent", sent, Counts{Recipients: 4, Transmitted: 4}, StateSent},
		{"some failed", sent, Counts{Recipients: 4, Transmitted: 2, Failed: 2}, StateSent},
		{"sending again is no state", sent, Counts{Recipients: 4, Transmitted: 4, Waiting: 2}, StateSent},
		{"one has opened", sent, Counts{Recipients: 4, Read: 1}, StateOpenedPartly},
		{"one has opened while it is sent", frozen, Counts{Recipients: 4, Read: 1, Waiting: 1}, StateSending},
		{"all but one have opened", sent, Counts{Recipients: 4, Read: 3}, StateOpenedPartly},
		{"all have opened", sent, Counts{Recipients: 4, Read: 4}, StateOpenedAll},
		{"the links of one are closed", shut, Counts{Recipients: 4, Read: 3, Closed: 1}, StateClosed},
		{"the links of all are closed", shut, Counts{Recipients: 4, Closed: 4}, StateClosed},
		{"closed, and sent again since", shut, Counts{Recipients: 4, Read: 3}, StateOpenedPartly},
		{"the link of one was taken away: the others are open", sent, Counts{Recipients: 4, Read: 3, Closed: 1}, StateOpenedPartly},
		{"the address of one was corrected, nobody has opened", sent, Counts{Recipients: 4, Closed: 1}, StateSent},
		{"one maybe opened", sent, Counts{Recipients: 4, Doubted: 1}, StateSent},
		{"all who have an address have opened", sent, Counts{Recipients: 4, Read: 3, Paper: 1}, StateOpenedAll},
		{"one who has an address has not", sent, Counts{Recipients: 4, Read: 2, Paper: 1}, StateOpenedPartly},
		{"all are on paper", sent, Counts{Recipients: 4, Paper: 4}, StateSent},
		{"those on paper are waited for by nobody", frozen, Counts{Recipients: 4, Paper: 4}, StateSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := StateOf(c.c, c.n, m(99)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

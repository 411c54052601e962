package convocation

import (
	"testing"
	"time"
)

func returned(a Attempt, at int) Attempt {
	a.HeardAt, a.BouncedAt, a.BounceReason = m(0), m(at), "no_mailbox"
	return a
}

func delivered(a Attempt, at int) Attempt {
	a.HeardAt, a.DeliveredAt = m(0), m(at)
	return a
}

func heardOf(a Attempt, at int) Attempt {
	a.HeardAt = m(at)
	return a
}

// aside says what events say that settles nothing.
func aside(a Attempt, at int) Attempt {
	a.HeardAt, a.AutoRepliedAt, a.ComplainedAt, a.DelayedAt = m(0), m(at), m(at), m(at)
	return a
}

// correctedAt gives a recipient another address at so many minutes.
func correctedAt(r Recipient, at int) Recipient {
	return with(r, func(r *Recipient) { r.AddressAt, r.ClosedAt = m(at), m(at) })
}

func TestReturned(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Recipient
		want int // attempt; 0: none
	}{
		{"nothing has left", ordered(), 0},
		{"nothing has come back", ordered(accepted(0), delivered(accepted(60), 62)), 0},
		{"the only one", ordered(returned(accepted(0), 5)), 1},
		{"of which the call said nothing", ordered(returned(lost(0, 17), 5)), 1},
		{"which is said of a refusal", ordered(returned(refusedForGood(0), 5)), 1},
		{"delivered first", ordered(returned(delivered(accepted(0), 2), 5)), 1},
		{"both", ordered(returned(accepted(0), 5), returned(accepted(60), 65)), 2},
		{"the newest, the one before did not", ordered(accepted(0), returned(accepted(60), 65)), 2},
		{"the one before, the newest did not", ordered(returned(accepted(0), 65), accepted(60)), 0},
		{"the one before, the newest was refused", ordered(returned(accepted(0), 5), refusedForGood(60)), 1},
		{"the one before, of the newest nobody knows", ordered(returned(accepted(0), 5), lost(60, 77)), 1},
		{"the one before, the newest is on its way", ordered(returned(accepted(0), 5), claimed(60)), 1},
		{"of the order before", again(ordered(returned(accepted(0), 5)), 60), 1},
		{"from the old address", correctedAt(ordered(returned(accepted(0), 5)), 30), 0},
		{"from the old address, after the correction", correctedAt(ordered(returned(accepted(0), 40)), 30), 0},
		{"from the new address", correctedAt(ordered(accepted(0), returned(accepted(60), 65)), 30), 2},
		{"from both addresses", correctedAt(ordered(returned(accepted(0), 5), returned(accepted(60), 65)), 30), 2},
		{"an absence message is no return", ordered(aside(accepted(0), 5)), 0},
	} {
		got := c.r.Returned()
		if got.N != c.want || (c.want > 0 && (!got.Back() || got.BounceReason != "no_mailbox")) {
			t.Errorf("%s: got attempt %d, want %d", c.name, got.N, c.want)
		}
	}
}

func TestDeliveredAt(t *testing.T) {
	before := func(r Recipient, at int) Recipient {
		return with(r, func(r *Recipient) { r.Older.DeliveredAt = m(at) })
	}
	nothing := time.Time{}
	for _, c := range []struct {
		name string
		r    Recipient
		want time.Time
	}{
		{"nothing has left", ordered(), nothing},
		{"accepted, which is no delivery", ordered(accepted(0)), nothing},
		{"heard of, which is none", ordered(heardOf(accepted(0), 1)), nothing},
		{"an absence message is none", ordered(aside(accepted(0), 5)), nothing},
		{"delivered", ordered(delivered(accepted(0), 2)), m(2)},
		{"twice: the first", ordered(delivered(accepted(0), 2), delivered(accepted(60), 62)), m(2)},
		{"twice, the other way round", ordered(delivered(accepted(0), 70), delivered(accepted(60), 62)), m(62)},
		{"and come back", ordered(returned(delivered(accepted(0), 2), 5)), nothing},
		{"and come back, another one came through", ordered(returned(delivered(accepted(0), 2), 5), delivered(accepted(60), 62)), m(62)},
		{"one that was summed up", before(older(3, -90, -30, delivered(accepted(0), 2)), -80), m(-80)},
		{"a later one that was summed up", before(older(3, -90, -30, delivered(accepted(0), 2)), 3), m(2)},
		{"to the old address", correctedAt(ordered(delivered(accepted(0), 40)), 30), nothing},
		{"to the new one", correctedAt(ordered(delivered(accepted(0), 2), delivered(accepted(60), 62)), 30), m(62)},
	} {
		if got := c.r.DeliveredAt(); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// What comes back later ends no order otherwise than it has ended: whoever sends again is the secretary.
func TestReturnedMailIsSent(t *testing.T) {
	r := ordered(returned(accepted(0), 5))
	if s := r.Standing(m(60)); s != (Standing{Status: Sent}) {
		t.Errorf("it is %+v", s)
	}
	if r.Sendings() != 1 || !r.FirstSentAt().Equal(m(1)) {
		t.Errorf("%d sendings, the first at %s", r.Sendings(), r.FirstSentAt())
	}
}

// An automatic answer counts for the address as it is now, and says nothing else.
func TestAutomaticAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Recipient
		want time.Time
	}{
		{"none came", ordered(delivered(accepted(0), 5)), time.Time{}},
		{"one came", ordered(aside(accepted(0), 5)), m(5)},
		{"one came, of which the call said nothing", ordered(aside(lost(0, 17), 5)), m(5)},
		{"two came, in another order", ordered(aside(accepted(0), 70), aside(accepted(60), 65)), m(70)},
		{"from the old address", correctedAt(ordered(aside(accepted(0), 5)), 30), time.Time{}},
		{"from the old address, after the correction", correctedAt(ordered(aside(accepted(0), 40)), 30), time.Time{}},
	} {
		if got := c.r.AutoRepliedAt(); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if !c.r.OpenedAt.IsZero() || !c.r.RepliedAt.IsZero() || c.r.Returned().N != 0 {
			t.Errorf("%s: it says more", c.name)
		}
	}
}

package follow

import (
	"slices"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/law"
)

// Facts are what can be shown of a convocation to a meeting, about the councillors and no one else: three facts and their
// totals, never a verdict; who comes, and whether that makes a quorum.
type Facts struct {
	Councillors int
	InTime      int  // whose mail left, and was not refused, before the delay began
	Heard       bool // the service tells what comes to mailboxes: a relay does not
	Arrived     int  // whose mail came to the mailbox, as the service says, or whose link was opened
	Opened      int
	Last        time.Time // the last legal sending

	Tally  convocation.Tally
	Quorum int // attending councillors needed; 0: whoever comes can decide
}

// InTime tells whether what was sent to a recipient left in time for the meeting; false while nothing has left.
func InTime(c convocation.Convocation, r convocation.Recipient) bool {
	at := r.ReachedAt()
	return c.Meeting != nil && !at.IsZero() && c.Meeting.Judge(at, c.Frozen.Location()).Level != law.Red
}

func factsOf(d Detail, councillors []convocation.Recipient) *Facts {
	c := d.Convocation
	f := &Facts{
		Councillors: len(c.Frozen.Councillors), Tally: d.Register.Tally(c.Frozen.Councillors), Quorum: c.Meeting.Quorum(),
		Last: c.Meeting.Judge(d.At, c.Frozen.Location()).Last, Heard: d.Counts.Delivered > 0,
	}
	for _, person := range c.Frozen.Councillors {
		hers := func(holds func(convocation.Recipient) bool) bool {
			return slices.ContainsFunc(councillors, func(r convocation.Recipient) bool { return r.Person == person.ID && holds(r) })
		}
		if hers(func(r convocation.Recipient) bool { return InTime(c, r) }) {
			f.InTime++
		}
		if hers(arrived) {
			f.Arrived++
		}
		if hers(func(r convocation.Recipient) bool { return !r.OpenedAt.IsZero() }) {
			f.Opened++
		}
	}
	return f
}

// arrived tells whether something shows that a mail came to the address as it is now.
func arrived(r convocation.Recipient) bool {
	return !r.OpenedAt.IsZero() || !r.DeliveredAt().IsZero() || slices.ContainsFunc(r.Attempts, func(a convocation.Attempt) bool {
		return !a.ProvedAt.IsZero() && r.ForThisAddress(a)
	})
}

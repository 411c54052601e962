package simtest

import (
	"fmt"
	"time"
)

// Profile says which faults a simulation may have.
type Profile string

// The profiles: none; all, but what the mail service says always comes before an unknown outcome is settled; all.
const (
	Calm   Profile = "calm"
	Events Profile = "events"
	All    Profile = "all"
)

// Profiles lists them.
func Profiles() []Profile { return []Profile{Calm, Events, All} }

// faults are the probabilities of what may go wrong. The zero faults: nothing does.
type faults struct {
	killTable, killMail           float64 // a process dies at a call: half before its effect, half after
	lostRequest, lostAnswer       float64 // of a table, of a queue, of the documents
	slow                          float64 // a call takes up to a minute
	hang, late, unanswered        float64 // of a call to the mail service: nothing came of it, it is accepted afterwards, at once
	throttle, reject, later, away float64 // likewise: too fast, refused for good, for now, no connection
	bellLost, bellTwice, bellLate float64
	eventLost, eventTwice         float64
	eventLate                     float64
	skew                          time.Duration // of clocks, at most, either way
	twice                         float64       // a pass of the sweeper begins twice
	missed                        float64       // or not at all
	outage                        bool          // for an hour or two, no call to the mail service has an answer
	paused                        bool          // for some hours, the mail service takes nothing
	quota                         bool          // half of the recipients have all that may leave in a day
	restored                      bool          // a backup is put in place of the tables
}

// most are the faults at their worst.
func most() faults {
	return faults{
		killTable: .01, killMail: .03, lostRequest: .03, lostAnswer: .06, slow: .02,
		hang: .03, late: .03, unanswered: .06, throttle: .2, reject: .05, later: .05, away: .05,
		bellLost: .3, bellTwice: .3, bellLate: .3, eventLost: .5, eventTwice: .5, eventLate: .5,
		skew: 30 * time.Second, twice: .3, missed: .1,
	}
}

// draw decides of each class of faults whether it is off, at its worst, or somewhere between.
func (l *loop) draw(p Profile) faults {
	if p == Calm {
		return faults{}
	}
	f := most()
	for _, class := range [][]*float64{
		{&f.killTable}, {&f.killMail}, {&f.lostRequest, &f.lostAnswer}, {&f.slow}, {&f.hang, &f.late, &f.unanswered},
		{&f.throttle}, {&f.reject}, {&f.later}, {&f.away}, {&f.bellLost}, {&f.bellTwice}, {&f.bellLate}, {&f.eventLost},
		{&f.eventTwice}, {&f.eventLate}, {&f.twice, &f.missed},
	} {
		part := l.part()
		for _, p := range class {
			*p *= part
		}
	}
	f.skew = time.Duration(float64(f.skew) * l.part())
	f.outage, f.paused, f.quota = l.chance(.1), l.chance(.05), l.chance(.04)
	if p == Events {
		f.eventLost = 0
	} else {
		f.restored = l.chance(.3)
	}
	return f
}

// part is how much of the worst of a class a seed has.
func (l *loop) part() float64 {
	switch l.random.IntN(3) {
	case 0:
		return 0
	case 1:
		return 1
	default:
		return l.random.Float64()
	}
}

// outcome is what becomes of a call to a port.
type outcome uint8

const (
	works outcome = iota
	requestLost
	answerLost
	diesBefore
	diesAfter
)

func (o outcome) String() string {
	return [...]string{"works", "request lost", "answer lost", "dies before", "dies after"}[o]
}

// fate decides what becomes of a call.
func (l *loop) fate(f faults, kill float64) outcome {
	roll := l.random.Float64()
	for _, o := range []struct {
		p  float64
		is outcome
	}{{kill / 2, diesBefore}, {kill / 2, diesAfter}, {f.lostRequest, requestLost}, {f.lostAnswer, answerLost}} {
		if roll < o.p {
			return o.is
		}
		roll -= o.p
	}
	return works
}

// site names a call of the product to a port.
type site struct {
	task string // what the process was doing
	op   string // « write data », « send »
	key  string // what the call was about, less what differs from one run to another
}

func (s site) String() string { return fmt.Sprintf("%s: %s %s", s.task, s.op, s.key) }

package simtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convoc/shared/mail"
)

// callTime is how long the product waits for the mail service.
const callTime = 10 * time.Second

// service is a mail service: it accepts, or not, says so, or not, and tells later what became of what it accepted.
type service struct {
	sim    *Sim
	rate   float64 // mails a second; 0: no limit
	daily  int     // mails within 24 hours; 0: no limit
	proves bool    // it can tell for certain what it accepted

	tokens       float64 // calls that it takes at once
	filled       time.Time
	accepted     []taken
	away, paused window

	plan func(e mail.Envelope) plan // what is to become of a mail, instead of chance; nil: chance decides

	calls, tooFast, tooMany int // calls; those refused for the rate, and for the quota
	emitted                 []mail.Event
}

// taken is a mail that the service took.
type taken struct {
	mail.Tags
	at time.Time
}

// plan is what is to become of a mail.
type plan struct {
	refused mail.Reason // for now
	never   mail.Reason // refused for good
	hangs   bool        // nothing comes of it, and no answer
	silent  bool        // it is accepted, without an answer and without an event
	fate    int         // see fateOf
	opens   bool
	answers bool // who opens begins an answer,
	ends    bool // and sends it
}

// result is what a plan makes of a call.
func (v *service) result(p plan, e mail.Envelope) (mail.Result, time.Duration) {
	unknown := mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
	switch {
	case p.hangs:
		return unknown, callTime
	case p.silent:
		v.accept(e)
		return unknown, callTime
	case p.refused != "":
		return refused(p.refused), time.Millisecond
	case p.never != "":
		return mail.Result{Outcome: mail.RefusedForGood, Reason: p.never}, time.Millisecond
	}
	return mail.Result{Outcome: mail.Accepted, MessageID: v.accept(e)}, time.Millisecond
}

// planned is the plan of a mail that was accepted; drawn where there is none.
func (v *service) planned(e mail.Envelope) plan {
	if v.plan != nil {
		return v.plan(e)
	}
	s := v.sim
	p := plan{fate: s.random.IntN(20), opens: s.chance(s.opening)}
	p.answers = p.opens && s.chance(.3)
	p.ends = p.answers && s.chance(.7)
	return p
}

// window is a time in which something is so. The zero window never is.
type window struct{ from, to time.Time }

func (w window) holds(at time.Time) bool { return !at.Before(w.from) && at.Before(w.to) }

// sender is the service as a process sees it.
type sender struct{ of *process }

// prover is a sender whose service knows for certain what it accepted.
type prover struct{ sender }

// Send is mail.Sender's.
func (c sender) Send(_ context.Context, e mail.Envelope) mail.Result {
	s, p := c.of.sim, c.of
	s.pause(s.between(10*time.Millisecond, 100*time.Millisecond))
	fate := s.decide(site{s.task.what, "send", "mail"}, s.faults.killMail)
	s.trace(p.owner, "send", e.Tags.Recipient, e.Tags.Notice, fmt.Sprint(e.Tags.Attempt), fate.String())
	if fate == diesBefore {
		p.die()
		panic(killed{})
	}
	result, wait := s.service.receive(e)
	if fate == diesAfter {
		p.die()
		panic(killed{})
	}
	s.trace(p.owner, "answer", string(result.Outcome), string(result.Reason))
	s.pause(wait)
	return result
}

// Proof is mail.Prover's.
func (c prover) Proof(_ context.Context, t mail.Tags) (accepted, known bool, err error) {
	err = c.of.through("proof", "mail", errors.New("simtest: no proof"), func() error {
		accepted = c.of.sim.truth.took(t)
		return nil
	})
	return accepted, err == nil, err
}

// receive is what the service does with a call, and how long its answer takes.
func (v *service) receive(e mail.Envelope) (mail.Result, time.Duration) {
	s, now := v.sim, v.sim.now
	v.calls++
	if v.plan != nil {
		return v.result(v.plan(e), e)
	}
	unknown := mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
	soon := s.between(time.Millisecond, 50*time.Millisecond)
	if v.away.holds(now) { // whatever it does, nobody hears of it
		if s.chance(.5) {
			v.accept(e)
		}
		return unknown, callTime
	}
	roll, f := s.random.Float64(), s.faults
	for _, may := range []struct {
		p  float64
		do func() (mail.Result, time.Duration)
	}{
		{f.hang, func() (mail.Result, time.Duration) { return unknown, callTime }},
		{f.late, func() (mail.Result, time.Duration) {
			if !v.proves { // one that knows for certain has nothing under way
				s.after(s.between(callTime, 4*callTime), func() { v.accept(e) })
			}
			return unknown, callTime
		}},
		{f.unanswered, func() (mail.Result, time.Duration) { v.accept(e); return unknown, s.between(0, callTime) }},
		{f.throttle, func() (mail.Result, time.Duration) { return refused(mail.ReasonThrottled), soon }},
		{f.away, func() (mail.Result, time.Duration) { return refused(mail.ReasonConnection), soon }},
		{f.later, func() (mail.Result, time.Duration) { return refused(mail.ReasonMailboxFull), soon }},
		{f.reject, func() (mail.Result, time.Duration) {
			return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}, soon
		}},
	} {
		if roll < may.p {
			return may.do()
		}
		roll -= may.p
	}
	if r := v.limits(); r.Outcome != "" {
		return r, soon
	}
	return mail.Result{Outcome: mail.Accepted, MessageID: v.accept(e)}, soon
}

func refused(why mail.Reason) mail.Result {
	return mail.Result{Outcome: mail.RefusedForNow, Reason: why}
}

// limits refuses what is too much.
func (v *service) limits() mail.Result {
	now := v.sim.now
	if v.paused.holds(now) {
		return refused(mail.ReasonPaused)
	}
	if v.daily > 0 && v.today() >= v.daily {
		v.tooMany++
		return refused(mail.ReasonQuota)
	}
	if v.rate == 0 {
		return mail.Result{}
	}
	burst := max(2*v.rate, 3) // either lane of the pump may have one at this moment, and one be late
	if v.filled.IsZero() {
		v.tokens, v.filled = burst, now
	}
	v.tokens = min(burst, v.tokens+v.rate*now.Sub(v.filled).Seconds())
	v.filled = now
	if v.tokens < 1 {
		v.tooFast++
		return refused(mail.ReasonThrottled)
	}
	v.tokens--
	return mail.Result{}
}

// today counts what it accepted within 24 hours.
func (v *service) today() int {
	n := 0
	for _, m := range v.accepted {
		if v.sim.now.Sub(m.at) < 24*time.Hour {
			n++
		}
	}
	return n
}

// accept takes a mail, and lets what becomes of it be known.
func (v *service) accept(e mail.Envelope) string {
	s := v.sim
	v.accepted = append(v.accepted, taken{e.Tags, s.now})
	token := s.truth.accepted(e)
	p := v.planned(e)
	arrived := v.fateOf(mail.Event{Tags: e.Tags, SentAt: s.now}, p)
	if arrived && token != "" && p.opens {
		s.opens(token, e, p)
	}
	return fmt.Sprint("id-", len(v.accepted))
}

// fateOf decides what becomes of a mail, lets it be known, and tells whether it arrived.
func (v *service) fateOf(e mail.Event, p plan) (arrived bool) {
	s := v.sim
	if p.silent {
		return false
	}
	tell := func(kind mail.EventKind, in time.Duration, why mail.Reason) {
		told := e
		told.Kind, told.At, told.Reason = kind, e.SentAt.Add(in), why
		v.emit(told, in)
	}
	tell(mail.EventAccepted, 0, mail.ReasonNone)
	in := s.between(time.Second, time.Minute)
	switch p.fate {
	case 0, 1:
		for n := range time.Duration(s.random.IntN(3) + 1) {
			tell(mail.EventDelayed, in/2+n*time.Second, mail.ReasonMailboxFull)
		}
	case 2:
		tell(mail.EventBounced, in, mail.ReasonNoMailbox)
	case 3:
		tell(mail.EventBounced, in, mail.ReasonSuppressed)
	case 4:
		tell(mail.EventComplained, 2*in, mail.ReasonNone)
		tell(mail.EventComplained, 3*in, mail.ReasonNone)
	case 5:
		tell(mail.EventAutoReply, in, mail.ReasonNone)
		tell(mail.EventBounced, in, mail.ReasonMailboxFull)
		tell(mail.EventBounced, 2*in, mail.ReasonNoMailbox)
	case 6:
		tell(mail.EventRejected, in, mail.ReasonRejected)
	}
	arrived = p.fate < 2 || p.fate == 4 || p.fate > 6
	if arrived {
		tell(mail.EventDelivered, in, mail.ReasonNone)
	}
	return arrived
}

// emit tells an event after a while: late, twice or never, as the faults say.
func (v *service) emit(e mail.Event, in time.Duration) {
	s := v.sim
	if s.chance(s.faults.eventLost) {
		s.trace("event lost", string(e.Kind))
		return
	}
	v.emitted = append(v.emitted, e)
	times := 1
	if s.chance(s.faults.eventTwice) {
		times = s.random.IntN(3) + 2
	}
	for range times {
		wait := in + s.between(10*time.Millisecond, time.Second)
		if s.chance(s.faults.eventLate) {
			most := time.Hour
			if s.profile == Events { // before anything unknown is settled
				most = 5 * time.Minute
			}
			wait += s.between(0, most)
		}
		s.after(wait, func() { s.heard(e, 1) })
	}
}

// meter is the service that tells how much it takes, as a process sees it.
type meter struct{ of *process }

// Allowance is mail.Meter's.
func (m meter) Allowance(context.Context) (a mail.Allowance, err error) {
	s := m.of.sim
	err = m.of.through("allowance", "mail", errors.New("simtest: no allowance"), func() error {
		a = mail.Allowance{Rate: s.service.rate, Daily: s.service.daily, Sent: s.service.today(), Paused: s.service.paused.holds(s.now)}
		return nil
	})
	return a, err
}

// told is the meter of one machine: what its owner says that the relay takes.
type told struct{ *service }

// Allowance is mail.Meter's.
func (v told) Allowance(ctx context.Context) (mail.Allowance, error) {
	return mail.Fixed{Rate: v.rate, Daily: v.daily}.Allowance(ctx)
}

// Unblock is mail.Unblocker's.
func (m meter) Unblock(context.Context, string) error {
	return m.of.through("unblock", "mail", errors.New("simtest: not unblocked"), func() error { return nil })
}

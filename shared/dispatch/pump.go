package dispatch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convoc/shared/ident"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/table"
)

// The pump decides who is rung, for the whole installation: one at a time, when an order is ready and at each pass of the
// sweeper. It gives out the slots of the time until its next pass, so many a second as the mail service takes, and to one
// collectivité after the other, so that nobody waits behind thousands of another. Whoever answers the bells keeps no pace
// of its own. A part of the slots is kept for those who come in between: most sendings are small.

const (
	pumpLease   = time.Minute      // after it a silent pump is dead
	horizon     = 65 * time.Second // slots are given out so far ahead, unless [Service.Horizon] says otherwise
	unpaced     = 2_000            // bells of one pass where the service takes all that comes
	measure     = time.Minute      // the allowance is asked for so often while mails leave
	measureIdle = 15 * time.Minute // and so often otherwise, so that the next sending can be forecast
	reserve     = 0.05             // part of the rate that is kept for those who come in between two passes
	mostEntries = 500              // orders looked at in one pass; the others are first at the next one
)

// Run lets the mails of running orders and notices go whose agenda entries are due: it rings for as many as may leave
// until it is called again, settles those nobody knows about, ends orders that have ended, and moves the entries. With none,
// it asks the mail service once in a while how much it takes. While another one does, it does nothing.
func (s *Service) Run(ctx context.Context, due []store.AgendaEntry) error {
	agenda, now := s.Tables.AgendaHandle(), s.Now()
	if len(due) == 0 {
		known, err := agenda.Pump(ctx)
		if err != nil || s.Meter == nil || (!known.MeasuredAt.IsZero() && now.Sub(known.MeasuredAt).Abs() < measureIdle) {
			return err
		}
	}
	me := ident.New(s.Owner+"_", s.Random)
	state, err := s.take(ctx, me, now)
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	if err != nil {
		return err
	}
	p := &pump{Service: s, me: me, now: now, state: state}
	return errors.Join(p.run(ctx, due), agenda.FreePump(context.WithoutCancel(ctx), me))
}

// take makes this pass the one that decides. Who died while she did is not waited for.
func (s *Service) take(ctx context.Context, me string, now time.Time) (store.Pump, error) {
	agenda := s.Tables.AgendaHandle()
	state, err := agenda.TakePump(ctx, me, now, now.Add(pumpLease))
	if !errors.Is(err, table.ErrCondition) || s.Dead == nil {
		return state, err
	}
	other, readErr := agenda.Pump(ctx)
	owner := other.Owner[:max(0, strings.LastIndexByte(other.Owner, '_'))]
	if readErr != nil || owner == "" || !s.dead(owner) {
		return state, errors.Join(err, readErr)
	}
	if err := agenda.FreePump(ctx, other.Owner); err != nil {
		return state, err
	}
	return agenda.TakePump(ctx, me, now, now.Add(pumpLease))
}

// pump is one pass.
type pump struct {
	*Service
	me    string
	now   time.Time
	state store.Pump
	slots slots
	bells []queue.Bell
}

func (p *pump) run(ctx context.Context, due []store.AgendaEntry) error {
	if err := p.recognise(ctx); err != nil {
		return err
	}
	if err := p.measure(ctx); err != nil {
		return err
	}
	if err := p.tryAgain(ctx); err != nil {
		return err
	}
	p.slots = p.budget()
	walks, failed := p.walks(ctx, due)
	failed = append(failed, p.deal(ctx, walks)...)
	for _, w := range walks {
		if err := w.finish(ctx); err != nil {
			failed = append(failed, err)
		}
	}
	p.count(walks)
	if err := p.Tables.AgendaHandle().SavePump(ctx, p.me, p.state); err != nil { // before the bells: a pace is kept by whoever comes next
		return errors.Join(append(failed, err)...)
	}
	if err := p.Queue.Ring(ctx, p.bells...); err != nil {
		return errors.Join(append(failed, p.unrung(ctx, walks))...)
	}
	for _, w := range walks {
		if err := w.move(ctx); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// recognise notes that the data are a backup's.
func (p *pump) recognise(ctx context.Context) error {
	known := p.state.Places
	if p.Place == "" || (len(known) > 0 && known[0] == p.Place) {
		return nil
	}
	agenda := p.Tables.AgendaHandle()
	if !known.Has(p.Place) {
		if err := agenda.MarkRestored(ctx, p.now); err != nil {
			return err
		}
		p.state.RestoredAt = p.now
	}
	return agenda.MovePlace(ctx, known, p.Place)
}

// measure asks the service for its allowance, once in a while. One that does not answer has the last one; before the first
// answer, nothing leaves: it may be closed to us.
func (p *pump) measure(ctx context.Context) error {
	if p.Meter == nil {
		p.state.Allowance = mail.Allowance{}
		return nil
	}
	if at := p.state.MeasuredAt; !at.IsZero() && p.now.Sub(at).Abs() < measure {
		return nil
	}
	a, err := p.Meter.Allowance(ctx)
	switch {
	case err != nil && p.state.MeasuredAt.IsZero():
		return err
	case err == nil:
		p.state.Allowance, p.state.MeasuredAt = a, p.now
		p.state.Before, p.state.Since = p.state.Since, 0
	}
	if p.state.Allowance.Paused && !p.state.Stopped(p.now) {
		return p.stop(ctx, mail.ReasonPaused)
	}
	return nil
}

// stop lets nothing leave for a while.
func (p *pump) stop(ctx context.Context, why mail.Reason) error {
	p.state.Why, p.state.StopUntil = why, p.now.Add(Pause)
	if p.state.StoppedAt.IsZero() {
		p.state.StoppedAt = p.now
	}
	return p.Tables.AgendaHandle().StopPump(ctx, why, p.now, p.state.StopUntil)
}

// tryAgain brings back what was stopped: one mail is let go first, and unless it was stopped too, all others follow.
func (p *pump) tryAgain(ctx context.Context) error {
	agenda, was := p.Tables.AgendaHandle(), p.state
	if was.Why == "" || (was.Stopped(p.now) && was.StopUntil.Sub(p.now) <= QuotaPause+Skew) {
		return nil
	}
	var err error
	if p.state.StopUntil = p.now.Add(Pause); was.Trying {
		p.state.Why, p.state.StoppedAt, p.state.StopUntil, p.state.Trying = "", time.Time{}, time.Time{}, false
		err = agenda.StartPump(ctx, was)
	} else {
		p.state.Trying = true
		err = agenda.TryPump(ctx, was, p.state.StopUntil)
	}
	if errors.Is(err, table.ErrCondition) { // stopped anew at this moment
		p.state = was
		p.state.StopUntil = p.now.Add(Pause)
		return nil
	}
	return err
}

// ahead is how far slots are given out.
func (s *Service) ahead() time.Duration { return cmp.Or(s.Horizon, horizon) }

// budget is what may leave until the next pass.
func (p *pump) budget() slots {
	ahead := p.ahead()
	b := slots{now: p.now, end: p.now.Add(ahead), rate: p.state.Allowance.Rate, left: unpaced}
	if b.rate > 0 {
		b.left = int(b.rate*ahead.Seconds()) + 1
		b.main, b.kept = lane{p.state.Spent, b.rate * (1 - reserve)}, lane{p.state.Reserved, b.rate * reserve}
	}
	if left, limited := p.today(); limited {
		b.left = min(b.left, left)
	}
	switch {
	case p.state.Trying:
		b.left = min(b.left, 1)
	case p.state.Why != "":
		b.left = 0
	}
	return b
}

// today is how many mails may still leave within 24 hours.
func (p *pump) today() (left int, limited bool) {
	a := p.state.Allowance
	if a.Daily == 0 {
		return 0, false
	}
	used := a.Sent + p.state.Before + p.state.Since
	if a.Sent < 0 {
		p.state.Day = slices.DeleteFunc(p.state.Day, func(r store.Released) bool { return r.Hour <= hour(p.now)-25 })
		used = 0
		for _, r := range p.state.Day {
			used += r.N
		}
	}
	return max(0, a.Daily-used), true
}

func hour(t time.Time) int64 { return t.Unix() / 3600 }

// walks are the walks of the orders and notices whose entries are due, each once.
func (p *pump) walks(ctx context.Context, due []store.AgendaEntry) (walks []*walk, failed []error) {
	first := map[store.AgendaEntry]*walk{}
	for _, e := range due[:min(len(due), mostEntries)] {
		same := e
		same.Due = time.Time{}
		if w := first[same]; w != nil { // the entry was written twice
			w.twins = append(w.twins, e)
			continue
		}
		w, err := p.walk(ctx, e)
		if err != nil {
			failed = append(failed, err, p.Tables.AgendaHandle().Move(ctx, e, p.now.Add(Watch)))
			continue
		}
		first[same] = w
		walks = append(walks, w)
	}
	return walks, failed
}

// deal gives the slots to the collectivités in turn, and within one to its orders in turn, until there are no more slots
// or nobody is due. Who was never rung for comes first within a round.
func (p *pump) deal(ctx context.Context, walks []*walk) (failed []error) {
	turns := turnsOf(walks)
	for len(turns) > 0 && p.slots.left > 0 {
		for i := 0; i < len(turns); i++ {
			rung, err := turns[i].ring(ctx)
			if err != nil {
				failed = append(failed, err)
			}
			if !rung {
				turns = slices.Delete(turns, i, i+1)
				i--
			}
		}
	}
	return failed
}

// turn is what a collectivité has to send.
type turn []*walk

// turnsOf sorts walks by collectivité, in the order in which they are due.
func turnsOf(walks []*walk) []*turn {
	of := map[string]*turn{}
	var all []*turn
	for _, w := range walks {
		t := of[string(w.h.ID)]
		if t == nil {
			t = new(turn)
			of[string(w.h.ID)] = t
			all = append(all, t)
		}
		*t = append(*t, w)
	}
	return all
}

// ring rings for the next one who is due of the collectivité's next order; false when there is nobody, or no slot for her.
func (t *turn) ring(ctx context.Context) (bool, error) {
	var failed []error
	for len(*t) > 0 {
		w := (*t)[0]
		*t = (*t)[1:]
		rung, err := w.ring(ctx)
		if err != nil {
			failed = append(failed, err)
		}
		if rung {
			*t = append(*t, w)
			return true, errors.Join(failed...)
		}
	}
	return false, errors.Join(failed...)
}

// count notes what was released, and how much waits.
func (p *pump) count(walks []*walk) {
	p.state.Spent, p.state.Reserved = p.slots.main.spent, p.slots.kept.spent
	n := len(p.bells)
	p.state.Since += n
	if p.state.Allowance.Sent < 0 && n > 0 {
		if last := len(p.state.Day) - 1; last >= 0 && p.state.Day[last].Hour == hour(p.now) {
			p.state.Day[last].N += n
		} else {
			p.state.Day = append(p.state.Day, store.Released{Hour: hour(p.now), N: n})
		}
	}
	p.state.Open, p.state.Sendings = 0, 0
	busy := map[string]bool{}
	for _, w := range walks {
		p.state.Open += w.open
		if w.open > 0 && !busy[string(w.h.ID)] {
			busy[string(w.h.ID)] = true
			p.state.Sendings++
		}
	}
}

// unrung looks at all orders again soon, as if nobody had been rung.
func (p *pump) unrung(ctx context.Context, walks []*walk) error {
	var failed []error
	for _, w := range walks {
		failed = append(failed, p.Tables.AgendaHandle().Move(ctx, w.entry, p.now.Add(10*time.Second)))
	}
	return errors.Join(failed...)
}

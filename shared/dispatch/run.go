package dispatch

import (
	"context"
	"errors"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/table"
)

// orphan is how long an agenda entry without its order is kept: the entry is written before the order.
const orphan = 10 * time.Minute

// overtaken is when the agenda looks again at an order that somebody else was bringing on.
const overtaken = 5 * time.Second

// Answer answers a bell of kind queue.Dispatch.
func (s *Service) Answer(ctx context.Context, b queue.Bell) error {
	h := s.Tables.Collectivity(collectivity.ID(b.Collectivity))
	_, err := s.advance(ctx, h, convocation.ID(b.Convocation), convocation.OrderID(b.Order))
	if errors.Is(err, table.ErrNotFound) || errors.Is(err, table.ErrCondition) {
		return nil // the order was refused and removed; or somebody else brings it on, and the agenda watches
	}
	return err
}

// Due answers an agenda entry: it brings the order as far as it goes now, and says when to look again; the zero time
// when there is nothing more to do.
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
	next, err := s.advance(ctx, h, e.Convocation, e.Order)
	if errors.Is(err, table.ErrNotFound) {
		if s.Now().Sub(e.Due) < orphan {
			return e.Due, nil // as it stands: its age is known, and each pass looks again
		}
		return time.Time{}, nil
	}
	if errors.Is(err, table.ErrCondition) {
		return s.Now().Add(overtaken), nil
	}
	return next, err
}

// advance brings an order as far as it goes now: freeze, materialise, ring for those who are due, settle those nobody
// knows about, end it. It may be called at any time, by several at once, and be killed anywhere.
// Errors: table.ErrNotFound when there is no such order, table.ErrCondition when another one who brings it on was faster.
func (s *Service) advance(ctx context.Context, h *store.Handle, id convocation.ID, orderID convocation.OrderID) (time.Time, error) {
	o, err := h.Order(ctx, id, orderID)
	if err != nil {
		return time.Time{}, err
	}
	if !o.DoneAt.IsZero() {
		return time.Time{}, nil
	}
	c, err := h.Convocation(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	if o.Ready.IsZero() {
		if c, err = s.prepare(ctx, h, c, o); err != nil {
			return s.refuse(ctx, h, c, o, err)
		}
	}
	return s.pump(ctx, h, c, o)
}

// prepare makes all recipients know of the order.
func (s *Service) prepare(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) (convocation.Convocation, error) {
	var err error
	if o.First {
		if c, err = s.freeze(ctx, h, c, o); err != nil {
			return c, err
		}
		err = s.materialise(ctx, h, c, o)
	} else {
		err = s.reorder(ctx, h, c, o)
	}
	if err != nil {
		return c, err
	}
	return c, h.MarkReady(ctx, c.ID, o.ID, s.Now())
}

// refuse turns a sending that cannot be frozen back into a draft with its reason (a group was emptied meanwhile). Any
// other error comes again.
func (s *Service) refuse(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order, cause error) (time.Time, error) {
	refusal, ok := errs.As(cause)
	if !ok || !o.First || refusal.Kind != errs.Invalid {
		return time.Time{}, cause
	}
	e := s.event(s.Now(), o.By, journal.SendRefused, string(c.ID), 0)
	err := h.RefuseSend(ctx, c.ID, o.ID, refusal.Code, refusal.About, e)
	if errors.Is(err, table.ErrCondition) {
		return time.Time{}, nil // refused already, or frozen by a faster one: the next look tells
	}
	return time.Time{}, err
}

// pump rings for each recipient of the order who is due, settles those nobody knows about, and ends the order when all
// have ended. It returns when to look again.
func (s *Service) pump(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) (time.Time, error) {
	now := s.Now()
	p := pumping{now: now, next: now.Add(Watch)}
	var changed time.Time
	var failed error
	err := h.Recipients(ctx, c.ID, c.Shards, func(r convocation.Recipient) bool {
		if at := r.ChangedAt(); at.After(changed) {
			changed = at
		}
		if r.Order == o.ID {
			failed = s.look(ctx, h, c.ID, r, &p)
		}
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return time.Time{}, err
	}
	if err := s.Queue.Ring(ctx, p.bells...); err != nil {
		return now.Add(10 * time.Second), nil // the recipients are still due: look again soon
	}
	if p.open > 0 {
		return p.again(), nil
	}
	return time.Time{}, s.end(ctx, h, c, o, changed)
}

// pumping is one look at the recipients of an order.
type pumping struct {
	now   time.Time
	next  time.Time // when the earliest of those still waiting is due
	open  int       // recipients that have not ended
	calls int       // of them, those to whom somebody is sending right now
	bells []queue.Bell
}

// again says when to look again: soon after ringing, and while calls are under way, when the answers may be there; else
// when somebody is due.
func (p *pumping) again() time.Time {
	under := len(p.bells) + p.calls
	if under == 0 {
		return p.next
	}
	wait := min(max(time.Duration(under)*20*time.Millisecond, 2*time.Second), Watch)
	return p.now.Add(wait)
}

// bellOf is what rings for the mail of a recipient's order, or for a notice.
func bellOf(h *store.Handle, c convocation.ID, r convocation.Recipient) queue.Bell {
	return queue.Bell{
		Kind: queue.Deliver, Collectivity: string(h.ID), Convocation: string(c), Order: string(r.Order),
		Recipient: string(r.ID), Notice: string(r.Notice.ID),
	}
}

// look decides what one recipient needs now.
func (s *Service) look(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, p *pumping) error {
	standing := standing(r, p.now)
	if standing.Status.Terminal() {
		return nil
	}
	p.open++
	due := !p.now.Before(standing.Due)
	switch standing.Status {
	case convocation.Pending, convocation.Retry:
		if due {
			p.bells = append(p.bells, bellOf(h, c, r))
			return nil
		}
	case convocation.Calling:
		if last := r.Attempts[len(r.Attempts)-1]; due || s.dead(last.Owner) {
			return s.lose(ctx, h, c, r, last, p)
		}
		p.calls++
	case convocation.Unknown:
		if err := s.prove(ctx, h, c, r, r.Attempts[len(r.Attempts)-1]); err != nil {
			return err
		}
	}
	if standing.Due.Before(p.next) {
		p.next = standing.Due
	}
	return nil
}

func (s *Service) dead(owner string) bool {
	return s.Dead != nil && owner != s.Owner && s.Dead(owner)
}

// lose notes that the owner of an attempt died without a word: nobody knows whether the mail left, unless the service
// can tell.
func (s *Service) lose(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, a convocation.Attempt, p *pumping) error {
	err := h.Lose(ctx, r.Ref(c), a.N, a.Owner, string(mail.ReasonTimeout), p.now, p.now.Add(Settle))
	if err != nil {
		return err
	}
	p.next = p.now
	return s.prove(ctx, h, c, r, a)
}

// prove asks a service that can tell for certain what became of an attempt.
func (s *Service) prove(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, a convocation.Attempt) error {
	prover, ok := s.Mail.(mail.Prover)
	if !ok {
		return nil
	}
	accepted, known, err := prover.Proof(ctx, tags(h, c, r, a.N))
	if err != nil || !known {
		return nil // no proof is no news: the attempt settles by its time
	}
	if accepted {
		return h.Prove(ctx, r.Ref(c), a.N, s.Now())
	}
	return h.Disprove(ctx, r.Ref(c), a.N, s.Now())
}

// end notes that all recipients of an order have ended, and puts the convocation in its place in the list.
func (s *Service) end(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order, changed time.Time) error {
	now := s.Now()
	if o.First {
		if err := h.MarkSent(ctx, c.ID, now); err != nil {
			return err
		}
	}
	if err := s.relist(ctx, h, c, changed); err != nil {
		return err
	}
	return h.MarkDone(ctx, c.ID, o.ID, now)
}

func tags(h *store.Handle, c convocation.ID, r convocation.Recipient, n int) mail.Tags {
	return mail.Tags{Collectivity: string(h.ID), Convocation: string(c), Recipient: string(r.ID), Notice: string(r.Notice.ID), Attempt: n}
}

package dispatch

import (
	"context"
	"errors"
	"slices"
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

// Answer answers a bell of kind queue.Dispatch: it prepares the order, and lets its mails go.
func (s *Service) Answer(ctx context.Context, b queue.Bell) error {
	h := s.Tables.Collectivity(collectivity.ID(b.Collectivity))
	id, order := convocation.ID(b.Convocation), convocation.OrderID(b.Order)
	next, err := s.advance(ctx, h, id, order)
	if errors.Is(err, table.ErrNotFound) || errors.Is(err, table.ErrCondition) {
		return nil // the order was refused or taken back, and removed; or somebody else brings it on, and the agenda watches
	}
	if err != nil || !next.IsZero() {
		return err
	}
	due, err := s.Tables.AgendaHandle().Due(ctx, s.Now(), mostEntries)
	if err != nil {
		return err
	}
	return s.Run(ctx, slices.DeleteFunc(due, func(e store.AgendaEntry) bool { return !e.What.Pumped() }))
}

// Due answers an agenda entry of an order: it prepares the order once it is time to, and says when to look again; the zero
// time when it is prepared, and an entry of its own keeps it running.
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

// advance prepares an order when its time has come: freeze, materialise, give it to the pump. It may be called at any time,
// by several at once, and be killed anywhere. It returns when to call it again; the zero time when there is nothing more to
// do. Errors: table.ErrNotFound when there is no such order, table.ErrCondition when another one who brings it on was faster.
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
		if o.First && c.SendAt.After(c.SendAskedAt) && c.SendAt.After(s.Now()) {
			return c.SendAt, nil
		}
		if c, err = s.prepare(ctx, h, c, o); err != nil {
			return s.refuse(ctx, h, c, o, err)
		}
	}
	return time.Time{}, s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: s.Now(), Collectivity: h.ID, Convocation: id, What: store.DueRun, Order: o.ID,
	})
}

// prepare makes all recipients know of the order.
func (s *Service) prepare(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) (convocation.Convocation, error) {
	var err error
	if o.First {
		if c, err = s.freeze(ctx, h, c, o); err != nil {
			return c, err
		}
		if c.Frozen.At.IsZero() { // taken back at this moment
			return c, table.ErrNotFound
		}
		if err = s.planReminder(ctx, h, c); err != nil {
			return c, err
		}
		err = s.materialise(ctx, h, c, o)
	} else {
		if err = s.unblock(ctx, h, c, o); err != nil {
			return c, err
		}
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

// bellOf is what rings for the mail of a recipient's order, or for a notice.
func bellOf(h *store.Handle, c convocation.ID, r convocation.Recipient) queue.Bell {
	return queue.Bell{
		Kind: queue.Deliver, Collectivity: string(h.ID), Convocation: string(c), Order: string(r.Order),
		Recipient: string(r.ID), Notice: string(r.Notice.ID),
	}
}

func (s *Service) dead(owner string) bool {
	return s.Dead != nil && owner != s.Owner && s.Dead(owner)
}

// lose notes that the owner of an attempt died without a word: nobody knows whether the mail left, unless the service
// can tell.
func (s *Service) lose(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, a convocation.Attempt, now time.Time) error {
	err := h.Lose(ctx, r.Ref(c), a.N, a.Owner, string(mail.ReasonTimeout), now, now.Add(Settle))
	if err != nil {
		return err
	}
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

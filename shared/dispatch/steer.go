package dispatch

import (
	"context"
	"errors"
	"strconv"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
)

// What a secretary can do to a sending: take it back before it begins, suspend it and let it go on, cancel what has not
// left, decide what nobody knows.

// Recall takes back a sending that has not begun (« Annuler »): it is a draft again. Given twice, or for a draft, it changes
// nothing. Errors: errs.ErrNotFound, convocation.ErrAlreadyLeft.
func (s *Service) Recall(ctx context.Context, h *store.Handle, by string, id convocation.ID) error {
	c, err := h.Convocation(ctx, id)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return errs.ErrNotFound
	case err != nil || c.Draft():
		return err
	case !c.Frozen.At.IsZero() || c.SendAt.Before(s.Now()):
		return convocation.ErrAlreadyLeft
	}
	err = h.RefuseSend(ctx, id, firstOrder(c), "", "", s.event(s.Now(), by, journal.SendRecalled, string(id), 0))
	if !errors.Is(err, table.ErrCondition) {
		return err
	}
	if c, err = h.Convocation(ctx, id); err == nil && !c.Draft() {
		return convocation.ErrAlreadyLeft
	}
	return err
}

// PauseSend lets nothing of a convocation leave for a while (« Suspendre l’envoi »); what is under way comes to its end. Given
// twice it is one pause. Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) PauseSend(ctx context.Context, h *store.Handle, by string, id convocation.ID) error {
	return s.pause(ctx, h, id, s.Now(), s.event(s.Now(), by, journal.SendPaused, string(id), 0))
}

// ResumeSend lets it leave again (« Reprendre l’envoi »). Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) ResumeSend(ctx context.Context, h *store.Handle, by string, id convocation.ID) error {
	return s.pause(ctx, h, id, time.Time{}, s.event(s.Now(), by, journal.SendResumed, string(id), 0))
}

func (s *Service) pause(ctx context.Context, h *store.Handle, id convocation.ID, at time.Time, e journal.Event) error {
	for {
		c, err := s.sent(ctx, h, id)
		if err != nil || c.PausedAt.IsZero() == at.IsZero() { // as it is to be
			return err
		}
		if err := h.PauseSend(ctx, c, at, e); !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
}

// CancelSend cancels what has not left of all orders given so far (« Annuler l’envoi »); what is under way comes to its end.
// Who had not been written to can be sent to again. Errors: errs.ErrNotFound, convocation.ErrNotSent,
// convocation.ErrNothingSending when nobody waits.
func (s *Service) CancelSend(ctx context.Context, h *store.Handle, by string, id convocation.ID) error {
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return err
	}
	now, waiting, seen := s.Now(), false, 0
	err = h.Recipients(ctx, id, c.Shards, func(r convocation.Recipient) bool {
		seen++
		waiting = !r.Standing(now).Status.Terminal() && c.StoppedAt.Before(r.OrderAt)
		return !waiting
	})
	if err != nil {
		return err
	}
	if !waiting && seen >= c.Frozen.Count {
		return convocation.ErrNothingSending
	}
	err = h.StopSend(ctx, c, now, s.event(now, by, journal.SendCancelled, string(id), 0))
	if errors.Is(err, table.ErrCondition) { // cancelled by another at this moment, or by our own first try
		return nil
	}
	return err
}

// Vouch notes that the convocation has arrived although nobody knows what became of the mail (« à vérifier »): the secretary
// has asked. Given twice it is one. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, convocation.ErrNotSent,
// ErrNotInReview.
func (s *Service) Vouch(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID) error {
	c, r, err := s.recipient(ctx, h, id, who)
	if err != nil {
		return err
	}
	now := s.Now()
	if !r.VouchedAt.IsZero() && !r.VouchedAt.Before(r.OrderAt) {
		return nil
	}
	if r.Standing(now).Status != convocation.Review {
		return convocation.ErrNotInReview
	}
	err = h.Vouch(ctx, id, r, now, s.event(now, by, journal.ReviewDecided, string(who), 1))
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	if err != nil {
		return err
	}
	return s.relist(ctx, h, c, now)
}

// Unblock sends again to an address to which the mail service did not write any more, once the service does.
// Errors: errs.ErrNotFound, convocation.ErrNotSent, ErrNotBlocked.
func (s *Service) Unblock(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID) (int, error) {
	c, r, err := s.recipient(ctx, h, id, who)
	if err != nil {
		return 0, err
	}
	if !Blocked(r) {
		return 0, convocation.ErrNotBlocked
	}
	return s.again(ctx, h, c, store.Order{
		ID: convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, "unblocked", string(who), strconv.Itoa(r.LastN()))),
		At: s.Now(), By: by, Who: store.WhoChosen, Why: convocation.WhyUnblocked, Only: []convocation.RecipientID{who},
	})
}

// Blocked tells whether the service did not write to a recipient's address.
func Blocked(r convocation.Recipient) bool {
	return r.Returned().BounceReason == string(mail.ReasonSuppressed)
}

// unblock lets the service write again to those of an order to whom it does not.
func (s *Service) unblock(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) error {
	if o.Why != convocation.WhyUnblocked || s.Unblocker == nil {
		return nil
	}
	chosen, err := s.chosen(ctx, h, c, o)
	if err != nil {
		return err
	}
	for _, r := range chosen {
		if err := s.Unblocker.Unblock(ctx, string(r.Address)); err != nil {
			return err
		}
	}
	return nil
}

package dispatch

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Resend gives the order to send again (« Envoyer à nouveau »), to those who have not opened or to chosen ones, and
// returns to how many. Each gets a new mail with a new link. Whoever is still being sent to, or was a moment ago, is
// left out. Given several times at the same moment it is one order. Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) Resend(ctx context.Context, h *store.Handle, by string, id convocation.ID, who store.Who, only []convocation.RecipientID) (int, error) {
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return 0, err
	}
	o := store.Order{At: s.Now(), By: by, Who: who, Only: only[:min(len(only), maxResend)]}
	return s.again(ctx, h, c, o)
}

// again gives an order to send again, and returns to how many.
func (s *Service) again(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) (int, error) {
	chosen, err := s.chosen(ctx, h, c, o)
	if err != nil || len(chosen) == 0 {
		return 0, err
	}
	if o.ID == "" {
		o.ID = resendOrder(c, o, chosen)
	}
	if err := s.Tables.AgendaHandle().Put(ctx, s.entry(h, c.ID, o)); err != nil {
		return 0, err
	}
	what := journal.ResendAsked
	switch {
	case o.Why.Reminds():
		what = journal.RemindAsked
	case o.Why == convocation.WhyUnblocked:
		what = journal.AddressUnblocked
	}
	err = h.CreateOrder(ctx, c.ID, o, s.event(o.At, o.By, what, string(c.ID), len(chosen)))
	if err != nil && !errors.Is(err, table.ErrCondition) { // a failed condition: it was given already
		return 0, err
	}
	s.ring(ctx, h, c.ID, o)
	return len(chosen), nil
}

// resendOrder names an order to send again: that of the same recipients, about whom nothing has happened since, has the
// same name for as long as two orders are one double click.
func resendOrder(c convocation.Convocation, o store.Order, chosen []convocation.Recipient) convocation.OrderID {
	parts := []string{"again", strconv.FormatInt(o.At.UnixMilli()/ResendGap.Milliseconds(), 10)}
	for _, r := range chosen {
		parts = append(parts, string(r.ID), string(r.Order), strconv.Itoa(r.LastN()))
	}
	return convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, parts...))
}

// sent reads a convocation that has left. Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) sent(ctx context.Context, h *store.Handle, id convocation.ID) (convocation.Convocation, error) {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return c, errs.ErrNotFound
	}
	if err == nil && c.Frozen.At.IsZero() {
		return c, convocation.ErrNotSent
	}
	return c, err
}

// chosen lists the recipients an order is for who do not know of it yet.
func (s *Service) chosen(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) ([]convocation.Recipient, error) {
	var chosen []convocation.Recipient
	now := s.Now()
	err := h.Recipients(ctx, c.ID, c.Shards, func(r convocation.Recipient) bool {
		if r.Order != o.ID && wanted(c, o, r) && free(o, r, now) && rested(o, r) {
			chosen = append(chosen, r)
		}
		return true
	})
	return chosen, err
}

// wanted tells whether an order is for a recipient. Only who was reached can be reminded: to who was not, it is to be sent
// again, which counts.
func wanted(c convocation.Convocation, o store.Order, r convocation.Recipient) bool {
	if r.OnPaper() || (o.Why == convocation.WhyReminder && !CanRemind(r, o.At)) {
		return false
	}
	switch o.Who {
	case store.WhoUnread:
		return r.OpenedAt.IsZero()
	case store.WhoSilent:
		return r.Type == convocation.To && r.Replies == 0
	}
	return slices.Contains(o.Only, r.ID)
}

// free tells whether no other order has a recipient. Once her address is corrected, what nobody knows of a mail to the old
// one concerns nobody.
func free(o store.Order, r convocation.Recipient, now time.Time) bool {
	status := r.Standing(now).Status
	return status.Terminal() || (o.Why == convocation.WhyCorrected && status == convocation.Unknown)
}

// rested tells whether the order before is far enough away not to be the same double click. One that lies ahead was
// given by a clock that has been set back since.
func rested(o store.Order, r convocation.Recipient) bool {
	if o.Why == convocation.WhyCorrected || o.Why == convocation.WhyUnblocked { // what left before went elsewhere, or nowhere
		return true
	}
	return o.At.Sub(r.OrderAt).Abs() >= ResendGap
}

// reorder puts the chosen recipients under a new order.
func (s *Service) reorder(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) error {
	chosen, err := s.chosen(ctx, h, c, o)
	if err != nil {
		return err
	}
	for _, r := range chosen {
		err := h.NewOrder(ctx, c.ID, r, o)
		if err != nil && !errors.Is(err, table.ErrCondition) { // a failed condition: another order was faster
			return err
		}
	}
	return nil
}

// CloseUnread closes the links of all who have not opened (« Fermer les liens non ouverts »), and returns how many it
// closed now. What an interrupted closing did not come to tell the journal, the next one does.
// Errors: errs.ErrNotFound, convocation.ErrNotSent, convocation.ErrStillSending.
func (s *Service) CloseUnread(ctx context.Context, h *store.Handle, by string, id convocation.ID) (int, error) {
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	closed, untold, err := s.closeEach(ctx, h, c, now)
	if err != nil || closed+untold == 0 {
		return closed, err
	}
	if err := s.relist(ctx, h, c, now); err != nil {
		return closed, err
	}
	return closed, h.MarkClosed(ctx, id, now, s.event(now, by, journal.LinksClosed, string(id), closed+untold))
}

// closeEach returns how many recipients' links it closed, and how many were closed before that the convocation does not
// know of yet.
func (s *Service) closeEach(ctx context.Context, h *store.Handle, c convocation.Convocation, now time.Time) (closed, untold int, err error) {
	var unread []convocation.Recipient
	seen := 0
	leaving := false
	err = h.Recipients(ctx, c.ID, c.Shards, func(r convocation.Recipient) bool {
		seen++
		status := r.Standing(now).Status
		leaving = leaving || status == convocation.Pending || status == convocation.Calling
		switch {
		case !r.OpenedAt.IsZero():
		case slices.ContainsFunc(r.Attempts, r.Live):
			unread = append(unread, r)
		case r.ClosedAt.After(c.ClosedAt) && !r.ClosedAt.Equal(r.AddressAt): // those of a corrected address have their own line
			untold++
		}
		return true
	})
	if err != nil {
		return 0, 0, err
	}
	if leaving || seen < c.Frozen.Count {
		return 0, 0, convocation.ErrStillSending
	}
	for _, r := range unread {
		err := h.CloseLinks(ctx, r.Ref(c.ID), now)
		if errors.Is(err, table.ErrCondition) {
			continue // opened at this very moment
		}
		if err != nil {
			return closed, untold, err
		}
		closed++
	}
	return closed, untold, nil
}

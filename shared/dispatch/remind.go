package dispatch

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Remind gives the order to remind (« Rappeler ») those who have not opened, those who have not answered, or chosen ones, and
// returns to how many it goes. Only who was reached and has not answered is reminded, at most once in [RemindGap]; a reminder
// is never the sending that counts. Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) Remind(ctx context.Context, h *store.Handle, by string, id convocation.ID, who store.Who, only []convocation.RecipientID) (int, error) {
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return 0, err
	}
	return s.again(ctx, h, c, store.Order{
		At: s.Now(), By: by, Who: who, Why: convocation.WhyReminder, Only: only[:min(len(only), maxResend)],
	})
}

// CanRemind tells whether a recipient can be reminded at a time: she was reached, has not answered, and was not reminded a
// moment ago.
func CanRemind(r convocation.Recipient, at time.Time) bool {
	recently := !r.RemindedAt.IsZero() && at.Sub(r.RemindedAt).Abs() < RemindGap
	return !r.ReachedAt().IsZero() && r.Replies == 0 && r.Type == convocation.To && !recently
}

// planReminder puts the reminder that a convocation asks for in the agenda, unless its time has passed.
func (s *Service) planReminder(ctx context.Context, h *store.Handle, c convocation.Convocation) error {
	at := c.RemindAt()
	if !at.After(s.Now()) {
		return nil
	}
	return s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: at, Collectivity: h.ID, Convocation: c.ID, What: store.DueRemind, Order: store.NoOrder,
	})
}

// tooLate is when a reminder that was planned is of no use any more: whoever stops the product for a day does not wake
// everybody at night.
const tooLate = 12 * time.Hour

// DueRemind answers the agenda entry of a planned reminder: who has not answered is reminded, once.
func (s *Service) DueRemind(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
	c, err := h.Convocation(ctx, e.Convocation)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	now, at, until := s.Now(), c.RemindAt(), c.ReplyUntil()
	switch {
	case at.IsZero(), !until.IsZero() && !now.Before(until), now.Sub(at) > tooLate, !c.StoppedAt.IsZero():
		return time.Time{}, nil
	case now.Before(at): // the meeting was postponed
		return at, nil
	}
	_, err = s.again(ctx, h, c, store.Order{
		ID: convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, "planned reminder", at.Format(time.RFC3339))),
		At: now, Who: store.WhoSilent, Why: convocation.WhyReminder,
	})
	return time.Time{}, err
}

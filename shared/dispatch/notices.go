package dispatch

import (
	"context"
	"errors"
	"strconv"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Unsent is how long a reply that was begun may wait to be sent before its élu is reminded.
const Unsent = time.Hour

// DueBegun answers the agenda entry of a reply that was begun: an hour after its last change, an élu who has not sent it
// gets a mail with a new link, once for each reply begun.
func (s *Service) DueBegun(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	ref, ok := store.ParseRecipientOrder(e.Convocation, e.Order)
	if !ok {
		return time.Time{}, errors.New("dispatch: a reply that nobody can name")
	}
	h := s.Tables.Collectivity(e.Collectivity)
	c, r, err := h.RecipientOf(ctx, e.Convocation, ref.Recipient)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	draft, err := h.Draft(ctx, r.Ref(c.ID))
	if err != nil {
		return time.Time{}, err
	}
	now := s.Now()
	until := c.ReplyUntil()
	switch {
	case draft.ChangedAt.IsZero(), // sent meanwhile
		r.RemindedAt.After(draft.ChangedAt), r.RepliedAt.After(draft.ChangedAt), !until.IsZero() && !now.Before(until), !r.LinksClosedAt().IsZero():
		return time.Time{}, nil
	case now.Sub(draft.ChangedAt) < Unsent:
		return draft.ChangedAt.Add(Unsent), nil
	case !r.Standing(now).Status.Terminal():
		return now.Add(Watch), nil
	}
	return time.Time{}, s.remindOf(ctx, h, c, r, draft, now)
}

// remindOf gives the order, which has one name for each draft.
func (s *Service) remindOf(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, draft convocation.ReplyDraft, now time.Time) error {
	o := store.Order{
		ID: convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, "begun", string(r.ID),
			strconv.FormatInt(draft.ChangedAt.UnixMilli(), 10))),
		At: now, Who: store.WhoChosen, Why: convocation.WhyUnfinished, Only: []convocation.RecipientID{r.ID},
	}
	if err := s.Tables.AgendaHandle().Put(ctx, s.entry(h, c.ID, o)); err != nil {
		return err
	}
	err := h.CreateOrder(ctx, c.ID, o, s.event(now, "", journal.RemindAsked, string(c.ID), 1))
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

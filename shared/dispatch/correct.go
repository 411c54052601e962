package dispatch

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/upload"
)

// CorrectAddress gives a recipient another address and sends to it. Links that went to the old one open nothing any
// more, and the time that counts is that of the new sending. Given twice, or the address that is there already, it sends
// once. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, convocation.ErrNotSent, ErrAddressInvalid, ErrStillSending
// while a mail is on its way.
func (s *Service) CorrectAddress(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID, typed string) (int, error) {
	to, _, err := directory.CleanAddress(typed)
	if err != nil {
		return 0, convocation.ErrAddressInvalid.At("address", typed)
	}
	c, r, err := s.recipient(ctx, h, id, who)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	at := correctedAt(r, now)
	o := store.Order{
		ID: correction(c, r, to), At: at.Add(time.Millisecond), By: by, Who: store.WhoChosen, Why: convocation.WhyCorrected,
		Only: []convocation.RecipientID{who},
	}
	if r.Address == to { // as it was; or our own first try, reported as failed, or a second click
		given, err := h.Order(ctx, id, o.ID)
		if errors.Is(err, table.ErrNotFound) || (err == nil && !given.Ready.IsZero()) {
			return 0, nil
		}
		if err == nil {
			s.ring(ctx, h, id, given)
		}
		return 1, err
	}
	if r.Standing(now).Status == convocation.Calling {
		return 0, convocation.ErrStillSending
	}
	if err := s.Tables.AgendaHandle().Put(ctx, s.entry(h, id, o)); err != nil {
		return 0, err
	}
	if err := s.readdress(ctx, h, c, r, store.Correction{To: to, At: at, Order: o}); err != nil {
		return 0, err
	}
	s.ring(ctx, h, id, o)
	return 1, s.relist(ctx, h, c, now)
}

// correction names the order that sends to a corrected address: the same for the same correction of the same recipient.
func correction(c convocation.Convocation, r convocation.Recipient, to directory.Address) convocation.OrderID {
	return convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, "corrected", string(r.ID), strconv.Itoa(r.LastN()), string(to)))
}

// readdress writes the correction; the documents of a reply that a stranger began go with it, their files once no form can
// bring them back. Errors: errs.ErrChangedMeanwhile.
func (s *Service) readdress(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, k store.Correction) error {
	if r.Replies == 0 || r.OnBehalf {
		docs, err := h.ReplyDocuments(ctx, r.Ref(c.ID))
		if err != nil {
			return err
		}
		for _, d := range docs {
			k.Drop = append(k.Drop, d.ID)
			if d.State == convocation.DocumentRefused {
				continue // its file is gone
			}
			if err := s.Tables.AgendaHandle().Put(ctx, upload.Removed(h, r.Ref(c.ID), d, s.Now())); err != nil {
				return err
			}
		}
	}
	err := h.CorrectAddress(ctx, c.ID, r, k, s.event(s.Now(), k.Order.By, journal.AddressCorrected, string(r.ID), 0))
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	return err
}

// recipient reads a recipient of a convocation that has left. Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) recipient(ctx context.Context, h *store.Handle, id convocation.ID, who convocation.RecipientID) (convocation.Convocation, convocation.Recipient, error) {
	c, r, err := h.RecipientOf(ctx, id, who)
	if err == nil && c.Frozen.At.IsZero() {
		return c, r, convocation.ErrNotSent
	}
	if errors.Is(err, table.ErrNotFound) {
		if _, err := s.sent(ctx, h, id); err != nil {
			return c, r, err
		}
		return c, r, errs.ErrNotFound
	}
	return c, r, err
}

// correctedAt is the time of a correction: after every mail that left to the old address, before any that leaves now.
func correctedAt(r convocation.Recipient, now time.Time) time.Time {
	at := now.Add(-time.Millisecond)
	if n := len(r.Attempts); n > 0 && !r.Attempts[n-1].ClaimedAt.Before(at) {
		at = r.Attempts[n-1].ClaimedAt.Add(time.Millisecond)
	}
	return at
}

// RevokeAll closes the links of all recipients, opened or not, and returns how many it closed now. New sendings give new
// ones. Errors: errs.ErrNotFound, convocation.ErrNotSent, convocation.ErrStillSending.
func (s *Service) RevokeAll(ctx context.Context, h *store.Handle, by string, id convocation.ID) (int, error) {
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return 0, err
	}
	var open []convocation.Recipient
	now, seen := s.Now(), 0
	err = h.Recipients(ctx, id, c.Shards, func(r convocation.Recipient) bool {
		seen++
		if slices.ContainsFunc(r.Attempts, r.Live) || !r.Standing(now).Status.Terminal() { // what would still leave does not
			open = append(open, r)
		}
		return true
	})
	if err != nil {
		return 0, err
	}
	if seen < c.Frozen.Count { // who is not there yet would get a link that opens
		return 0, convocation.ErrStillSending
	}
	for _, r := range open {
		if err := h.RevokeLinks(ctx, r.Ref(id), now, s.event(now, by, journal.LinksRevoked, string(r.ID), 1)); err != nil {
			return 0, err
		}
	}
	if len(open) == 0 {
		return 0, nil
	}
	return len(open), s.relist(ctx, h, c, now)
}

// Revoke closes the links of a recipient, opened or not; a new sending gives her a new one.
// Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) Revoke(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID) error {
	c, r, err := s.recipient(ctx, h, id, who)
	if err != nil || !r.LinksClosedAt().IsZero() {
		return err
	}
	now := s.Now()
	if err := h.RevokeLinks(ctx, r.Ref(id), now, s.event(now, by, journal.LinksRevoked, string(who), 1)); err != nil {
		return err
	}
	return s.relist(ctx, h, c, now)
}

// relist puts a convocation in its place in the list; who is faster puts it there too.
func (s *Service) relist(ctx context.Context, h *store.Handle, c convocation.Convocation, changed time.Time) error {
	if err := h.Relist(ctx, c, changed); err != nil && !errors.Is(err, table.ErrCondition) {
		return err
	}
	return nil
}

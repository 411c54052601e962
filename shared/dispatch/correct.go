package dispatch

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// CorrectAddress gives a recipient another address and sends to it. Links that went to the old one open nothing any
// more, and the time that counts is that of the new sending. Given twice, or the address that is there already, it sends
// once. Errors: errs.ErrNotFound, convocation.ErrNotSent, ErrAddressInvalid, ErrStillSending while a mail is on its way.
func (s *Service) CorrectAddress(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID, typed string) (int, error) {
	to, _, err := directory.CleanAddress(typed)
	if err != nil {
		return 0, convocation.ErrAddressInvalid.At("address", typed)
	}
	c, err := s.sent(ctx, h, id)
	if err != nil {
		return 0, err
	}
	_, r, err := h.RecipientOf(ctx, id, who)
	if errors.Is(err, table.ErrNotFound) {
		return 0, errs.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	at := r.AddressAt // of our own first try, reported as failed, or a second click
	if r.Address != to {
		if at, err = s.readdress(ctx, h, by, id, r, to); err != nil {
			return 0, err
		}
	} else if at.IsZero() || r.OrderAt.After(at) {
		return 0, nil // as it was, or sent to already
	}
	return s.again(ctx, h, c, store.Order{
		At: at.Add(time.Millisecond), By: by, Who: store.WhoChosen, Why: convocation.WhyCorrected,
		Only: []convocation.RecipientID{who},
	})
}

// readdress writes the new address, and returns when it was corrected.
// Errors: convocation.ErrStillSending, errs.ErrChangedMeanwhile.
func (s *Service) readdress(ctx context.Context, h *store.Handle, by string, id convocation.ID, r convocation.Recipient, to directory.Address) (time.Time, error) {
	now := s.Now()
	if r.Standing(now).Status == convocation.Calling {
		return time.Time{}, convocation.ErrStillSending
	}
	at := correctedAt(r, now)
	err := h.CorrectAddress(ctx, id, r, to, at, s.event(now, by, journal.AddressCorrected, string(r.ID), 0))
	if errors.Is(err, table.ErrCondition) {
		err = errs.ErrChangedMeanwhile
	}
	return at, err
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
	now, seen, leaving := s.Now(), 0, false
	err = h.Recipients(ctx, id, c.Shards, func(r convocation.Recipient) bool {
		seen++
		status := r.Standing(now).Status
		leaving = leaving || status == convocation.Pending || status == convocation.Calling
		if len(r.Attempts) > 0 && r.LinksClosedAt().IsZero() {
			open = append(open, r)
		}
		return true
	})
	if err != nil {
		return 0, err
	}
	if leaving || seen < c.Frozen.Count { // who is not sent to yet would get a link that opens
		return 0, convocation.ErrStillSending
	}
	for _, r := range open {
		if err := h.RevokeLinks(ctx, r.Ref(id), now, s.event(now, by, journal.LinksRevoked, string(r.ID), 1)); err != nil {
			return 0, err
		}
	}
	return len(open), nil
}

// Revoke closes the links of a recipient, opened or not; a new sending gives her a new one.
// Errors: errs.ErrNotFound, convocation.ErrNotSent.
func (s *Service) Revoke(ctx context.Context, h *store.Handle, by string, id convocation.ID, who convocation.RecipientID) error {
	if _, err := s.sent(ctx, h, id); err != nil {
		return err
	}
	_, r, err := h.RecipientOf(ctx, id, who)
	if errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound
	}
	if err != nil {
		return err
	}
	now := s.Now()
	if !r.LinksClosedAt().IsZero() {
		return nil
	}
	return h.RevokeLinks(ctx, r.Ref(id), now, s.event(now, by, journal.LinksRevoked, string(who), 1))
}

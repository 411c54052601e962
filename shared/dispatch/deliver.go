package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/link"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/table"
)

// minLeft is the time a call needs before the function's own end.
const minLeft = 15 * time.Second

// Deliver answers a bell of kind queue.Deliver: if an attempt is due for this recipient, it makes it.
func (s *Service) Deliver(ctx context.Context, b queue.Bell) error {
	h := s.Tables.Collectivity(collectivity.ID(b.Collectivity))
	id := convocation.ID(b.Convocation)
	c, r, err := addressee(ctx, h, id, b)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	standing := standing(r, now)
	open := standing.Status == convocation.Pending || standing.Status == convocation.Retry
	if !open || now.Before(standing.Due) || s.breaker.open(now) {
		return nil
	}
	if r.Notice.ID == "" && (!c.PausedAt.IsZero() || !c.StoppedAt.Before(r.OrderAt)) {
		return nil // the pump brings it round
	}
	if r.Notice.ID == "" {
		return s.attempt(ctx, h, c, r, convocation.Reply{})
	}
	reply, err := told(ctx, h, id, &r)
	if err != nil {
		return err
	}
	return s.attempt(ctx, h, c, r, reply)
}

// told reads what a notice tells of, and gives it the address that its recipient has now.
func told(ctx context.Context, h *store.Handle, id convocation.ID, n *convocation.Recipient) (convocation.Reply, error) {
	ref := n.Ref(id)
	ref.Notice = ""
	who, err := h.Recipient(ctx, ref)
	if err != nil {
		return convocation.Reply{}, err
	}
	n.Address = who.Address
	if n.Notice.Reply == 0 {
		return convocation.Reply{}, nil
	}
	return h.Reply(ctx, ref, n.Notice.Reply)
}

// addressee is whom a bell is about: a recipient, or a notice to her.
func addressee(ctx context.Context, h *store.Handle, id convocation.ID, b queue.Bell) (convocation.Convocation, convocation.Recipient, error) {
	who := convocation.RecipientID(b.Recipient)
	if b.Notice == "" {
		return h.RecipientOf(ctx, id, who)
	}
	return h.NoticeOf(ctx, id, who, convocation.NoticeID(b.Notice))
}

// attempt writes the attempt, makes the call and writes its result. The mail is rendered before the claim, so that no
// call waits for it.
func (s *Service) attempt(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, reply convocation.Reply) error {
	n := r.LastN() + 1
	secret := link.NewSecret(s.Random)
	raw, unwritten := s.render(h, c, r, reply, n, secret)
	now := s.Now()
	digest := link.DigestOf(secret)
	claimed, err := h.Claim(ctx, c.ID, r, convocation.Attempt{
		N: n, Order: r.Order, Why: r.Why, ClaimedAt: now, Owner: s.Owner, LeaseUntil: now.Add(Lease), Digest: digest[:],
	})
	if errors.Is(err, table.ErrCondition) {
		return nil // somebody else was faster
	}
	if err != nil {
		return err
	}
	claimed.Address = r.Address // of a notice, the recipient's
	fenced := s.fenced(ctx, now)
	ctx = context.WithoutCancel(ctx) // from here on it ends by itself, and soon
	switch {
	case fenced:
		return h.GiveBack(ctx, r.Ref(c.ID), n, s.Owner, s.Now(), "")
	case unwritten != nil:
		err := s.record(ctx, h, c.ID, claimed, n, notWritten(r, n))
		return errors.Join(fmt.Errorf("writing mail %d of %s: %w", n, r.ID, unwritten), err)
	}
	result := s.Mail.Send(ctx, mail.Envelope{
		From: s.From, To: string(claimed.Address), Raw: raw, Tags: tags(h, c.ID, r, n),
	})
	return errors.Join(s.record(ctx, h, c.ID, claimed, n, result), s.trip(ctx, result))
}

// notWritten is what became of attempt n, whose mail we could not write: at first an operator may mend it.
func notWritten(r convocation.Recipient, n int) mail.Result {
	if n-r.Base < WriteTries {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonUnwritten}
	}
	return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonUnwritten}
}

// fenced tells whether it is too late to begin a call: we are stopping, too much time has passed since the claim, or too
// little is left.
func (s *Service) fenced(ctx context.Context, claimed time.Time) bool {
	now := s.Now()
	if ctx.Err() != nil || now.Sub(claimed) > Fence {
		return true
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return false
	}
	if s.Until != nil {
		return s.Until(deadline) < minLeft
	}
	return deadline.Sub(now) < minLeft
}

func (s *Service) render(h *store.Handle, c convocation.Convocation, r convocation.Recipient, reply convocation.Reply, n int, secret string) ([]byte, error) {
	token := link.Token{
		Locator: link.Locator{Collectivity: h.ID, Convocation: c.ID, Shard: r.Shard, Recipient: r.ID}, Secret: secret,
	}
	l := Letter{
		Convocation: c, Documents: c.Frozen.Documents, Recipient: r, Reply: reply, Attempt: n, Again: r.Orders > 1,
	}
	if r.Notice.ID == "" {
		l.Link = s.Link(token.String())
	}
	m, err := s.Letters.Letter(l)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	m.MessageID = s.Seal.MessageID(tags(h, c.ID, r, n), now, s.From)
	return mail.Compose(m, now)
}

// record writes the result of a call. If it cannot be written, the sweeper finds a dead lease.
func (s *Service) record(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, n int, result mail.Result) error {
	write := func() error { return s.recordOnce(ctx, h, c, r, n, result) }
	err := write()
	for range resultTrys - 1 {
		if err == nil {
			return nil
		}
		err = write()
	}
	return err
}

func (s *Service) recordOnce(ctx context.Context, h *store.Handle, c convocation.ID, r convocation.Recipient, n int, result mail.Result) error {
	now, at, reason := s.Now(), r.Ref(c), string(result.Reason)
	switch {
	case result.Outcome == mail.Accepted:
		return h.Accept(ctx, at, n, s.Owner, result.MessageID, now)
	case result.Outcome == mail.RefusedForGood:
		return h.Refuse(ctx, at, n, s.Owner, reason, true, now, time.Time{})
	case result.Outcome == mail.RefusedForNow && hold(result.Reason) > 0 && now.Sub(r.OrderAt) < Outage:
		return h.GiveBack(ctx, at, n, s.Owner, now.Add(hold(result.Reason)), reason)
	case result.Outcome == mail.RefusedForNow:
		return h.Refuse(ctx, at, n, s.Owner, reason, false, now, now.Add(patience(r, n)))
	default:
		return h.Lose(ctx, at, n, s.Owner, reason, now, now.Add(Settle))
	}
}

// waits grow from one refusal to the next; the last one repeats.
var waits = [...]time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
}

// patience is how long to wait after attempt n was refused for now.
func patience(r convocation.Recipient, n int) time.Duration {
	return waits[min(max(n-r.Base-1, 0), len(waits)-1)]
}

// standing is the state of a recipient now. Due later than its state ever waits, by more than clocks differ, it is due
// now.
func standing(r convocation.Recipient, now time.Time) convocation.Standing {
	s := r.Standing(now)
	if s.Due.Sub(now) > longest(s.Status)+Skew {
		s = r.Standing(s.Due)
		s.Due = now
	}
	return s
}

// longest is how long a state waits at most.
func longest(s convocation.Status) time.Duration {
	switch s {
	case convocation.Pending:
		return Pause
	case convocation.Calling:
		return Lease
	case convocation.Unknown:
		return Settle
	default:
		return waits[len(waits)-1]
	}
}

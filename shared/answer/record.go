package answer

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Record writes down a reply that came another way than the link: by phone, on paper. It is the version that follows
// after, and is always shown as recorded by the secretary. Given twice it is one. Errors: errs.ErrNotFound,
// convocation.ErrNotSent, ErrReplyNotTheirs, ErrBehalfWay, ErrBehalfReason, errs.ErrChangedMeanwhile when another reply
// came first, ErrReplyEmpty, ErrReplyTooLong, those of convocation.Register.Check.
func (s *Service) Record(ctx context.Context, h *store.Handle, id convocation.ID, who convocation.RecipientID, after int, t Typed, b convocation.Behalf) (convocation.Reply, error) {
	b, err := convocation.CheckBehalf(b)
	if err != nil {
		return convocation.Reply{}, err
	}
	for range tries {
		c, r, err := h.RecipientOf(ctx, id, who)
		switch {
		case errors.Is(err, table.ErrNotFound):
			return convocation.Reply{}, errs.ErrNotFound
		case err != nil:
			return convocation.Reply{}, err
		case c.Frozen.At.IsZero():
			return convocation.Reply{}, convocation.ErrNotSent
		case r.Type != convocation.To:
			return convocation.Reply{}, convocation.ErrReplyNotTheirs
		case r.Replies != after:
			return recorded(ctx, h, c, r, after, t, b)
		}
		reply, err := s.record(ctx, h, c, r, t, b)
		if !errors.Is(err, table.ErrCondition) {
			return reply, err
		}
	}
	return convocation.Reply{}, errs.ErrChangedMeanwhile
}

func (s *Service) record(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, t Typed, b convocation.Behalf) (convocation.Reply, error) {
	var register convocation.Register
	var err error
	if c.Meeting != nil {
		if register, err = h.Register(ctx, c.ID); err != nil {
			return convocation.Reply{}, err
		}
	}
	if t, err = checked(c, register, r.Person, t); err != nil {
		return convocation.Reply{}, err
	}
	reply := convocation.Reply{
		Version: r.Replies + 1, At: s.Now(), Text: t.Text, Choice: t.Choice, Holder: nameOf(c, t.Choice.Holder), Behalf: &b,
	}
	answer, err := s.apply(ctx, h, c, r, register, reply)
	if err != nil {
		return convocation.Reply{}, err
	}
	answer.Event = &journal.Event{
		ID: ident.New("evt_", s.Random), At: reply.At, Who: b.By, What: journal.ReplyRecorded, Subject: string(r.ID), Count: 1,
	}
	return reply, h.Record(ctx, c.ID, r, answer)
}

// recorded tells our own first try, reported as failed, from another's reply.
func recorded(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, after int, t Typed, b convocation.Behalf) (convocation.Reply, error) {
	if r.Replies != after+1 {
		return convocation.Reply{}, errs.ErrChangedMeanwhile
	}
	last, err := h.Reply(ctx, r.Ref(c.ID), r.Replies)
	if err != nil {
		return convocation.Reply{}, err
	}
	t, _ = tidied(c, t)
	if last.Behalf == nil || *last.Behalf != b || last.Text != t.Text || last.Choice != t.Choice {
		return convocation.Reply{}, errs.ErrChangedMeanwhile
	}
	return last, nil
}

// linkEvery is how often an élu may ask for a new link.
const linkEvery = 10 * time.Minute

// AskLink sends a new link to the address on file, whoever asks: it tells nobody anything. Asked again within a while it
// is one. Errors: convocation.ErrLinkClosed.
func (s *Service) AskLink(ctx context.Context, v Visit) error {
	now := s.Now()
	r := v.Recipient
	if a, found := attempt(r, v.Attempt); !found || !r.Live(a) {
		return convocation.ErrLinkClosed
	}
	if !r.Standing(now).Status.Terminal() || now.Sub(r.OrderAt).Abs() < linkEvery {
		return nil // one is on its way
	}
	o := store.Order{
		ID: convocation.OrderID(ident.Derive(convocation.OrderPrefix, v.Convocation.Key, "link", string(r.ID),
			now.Truncate(linkEvery).Format(time.RFC3339))),
		At: now, Who: store.WhoChosen, Why: convocation.WhyLinkAsked, Only: []convocation.RecipientID{r.ID},
	}
	err := s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: now, Collectivity: v.Handle.ID, Convocation: v.Convocation.ID, What: store.DueSend, Order: o.ID,
	})
	if err != nil {
		return err
	}
	err = v.Handle.CreateOrder(ctx, v.Convocation.ID, o, journal.Event{
		ID: ident.New("evt_", s.Random), At: now, What: journal.LinkAsked, Subject: string(r.ID), Count: 1,
	})
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

package simtest

import (
	"context"
	"fmt"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/store"
)

// secretary lets a draft be sent, and in some simulations other acts follow at any time.
func (s *Sim) secretary(to sending) {
	asked := s.between(0, 2*time.Minute)
	var then time.Time
	if s.chance(.1) {
		then = Start.Add(asked + s.between(time.Minute, time.Hour))
	}
	s.after(asked, func() { s.send(to, then) })
	if s.chance(.1) { // a double click
		s.after(asked+s.between(0, time.Second), func() { s.send(to, then) })
	}
	if s.chance(.4) {
		return
	}
	for range s.random.IntN(5) + 1 {
		act := acts[s.random.IntN(len(acts))]
		most := []time.Duration{5 * time.Minute, time.Hour, 8 * time.Hour}[s.random.IntN(3)]
		s.after(asked+s.between(time.Second, most), func() { act(s, to) })
	}
}

func (s *Sim) send(to sending, then time.Time) {
	s.press("send", 20, func(ctx context.Context, p *process) error {
		h := p.dispatch.Tables.Collectivity(to.town)
		c, err := h.Convocation(ctx, to.id)
		if err != nil || !c.Draft() {
			return err
		}
		return p.dispatch.Send(ctx, h, "secretaire", to.id, c.Version, then)
	})
}

// acts are what a secretary may do after « Envoyer ».
var acts = []func(*Sim, sending){
	func(s *Sim, to sending) { s.resend(to, store.WhoUnread, nil) },
	func(s *Sim, to sending) { s.resend(to, store.WhoChosen, s.some(to)) },
	func(s *Sim, to sending) { s.remind(to, store.WhoSilent, nil) },
	func(s *Sim, to sending) { s.remind(to, store.WhoChosen, s.some(to)) },
	(*Sim).correct,
	(*Sim).suspend,
	func(s *Sim, to sending) {
		s.steer("cancel", to, (*dispatch.Service).CancelSend)
	},
	func(s *Sim, to sending) { s.steer("recall", to, (*dispatch.Service).Recall) },
	(*Sim).closeUnread,
	(*Sim).vouch,
	(*Sim).unblock,
	(*Sim).revoke,
}

// recipients are those of a sending as they are, and whether it has any.
func (s *Sim) recipients(to sending) []convocation.Recipient {
	ctx, h := context.Background(), s.handle(to.town)
	c, err := h.Convocation(ctx, to.id)
	var all []convocation.Recipient
	if err == nil {
		err = h.Recipients(ctx, to.id, c.Shards, func(r convocation.Recipient) bool { all = append(all, r); return true })
	}
	if err != nil {
		s.fail("reading recipients: %v", err)
	}
	return all
}

// some draws recipients; nobody while there is none.
func (s *Sim) some(to sending) []convocation.RecipientID {
	all := s.recipients(to)
	if len(all) == 0 {
		return nil
	}
	var ids []convocation.RecipientID
	for range s.random.IntN(min(3, len(all))) + 1 {
		ids = append(ids, all[s.random.IntN(len(all))].ID)
	}
	return ids
}

func (s *Sim) resend(to sending, who store.Who, only []convocation.RecipientID) {
	s.press("resend", 3, func(ctx context.Context, p *process) error {
		_, err := p.dispatch.Resend(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id, who, only)
		return err
	})
}

func (s *Sim) remind(to sending, who store.Who, only []convocation.RecipientID) {
	s.press("remind", 3, func(ctx context.Context, p *process) error {
		_, err := p.dispatch.Remind(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id, who, only)
		return err
	})
}

func (s *Sim) correct(to sending) {
	if some := s.some(to); len(some) > 0 {
		s.correctTo(to, some[0], fmt.Sprintf("b%d@exemple.fr", s.random.IntN(1000)))
	}
}

func (s *Sim) correctTo(to sending, who convocation.RecipientID, address string) {
	s.press("correct", 5, func(ctx context.Context, p *process) error {
		_, err := p.dispatch.CorrectAddress(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id, who, address)
		return err
	})
}

func (s *Sim) steer(what string, to sending, do func(*dispatch.Service, context.Context, *store.Handle, string, convocation.ID) error) {
	s.press(what, 5, func(ctx context.Context, p *process) error {
		return do(p.dispatch, ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id)
	})
}

// suspend pauses a sending, and lets it go on after a while; a pause always ends, whatever was lost.
func (s *Sim) suspend(to sending) {
	s.press("pause", 5, func(ctx context.Context, p *process) error {
		return p.dispatch.PauseSend(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id)
	}, func() { s.after(s.between(time.Minute, 3*time.Hour), func() { s.resume(to) }) })
}

func (s *Sim) resume(to sending) {
	s.press("resume", 100, func(ctx context.Context, p *process) error {
		return p.dispatch.ResumeSend(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id)
	})
}

func (s *Sim) closeUnread(to sending) {
	s.press("close", 5, func(ctx context.Context, p *process) error {
		_, err := p.dispatch.CloseUnread(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id)
		return err
	})
}

func (s *Sim) revoke(to sending) {
	s.press("revoke", 3, func(ctx context.Context, p *process) error {
		_, err := p.dispatch.RevokeAll(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id)
		return err
	})
}

// vouch decides what nobody knows, of all of whom nobody does.
func (s *Sim) vouch(to sending) {
	for _, r := range s.recipients(to) {
		if r.Standing(s.now).Status == convocation.Review {
			s.press("vouch", 3, func(ctx context.Context, p *process) error {
				return p.dispatch.Vouch(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id, r.ID)
			})
		}
	}
}

// unblock lets the service write again to those to whom it does not.
func (s *Sim) unblock(to sending) {
	for _, r := range s.recipients(to) {
		if r.Returned().N > 0 {
			s.press("unblock", 3, func(ctx context.Context, p *process) error {
				_, err := p.dispatch.Unblock(ctx, p.dispatch.Tables.Collectivity(to.town), "secretaire", to.id, r.ID)
				return err
			})
		}
	}
}

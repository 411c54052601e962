package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
)

// facts are what the kinds of events are noted as. What a service rejects after it took it has come back.
var facts = map[mail.EventKind]store.Fact{
	mail.EventAccepted: store.FactHeard, mail.EventDelivered: store.FactDelivered, mail.EventDelayed: store.FactDelayed,
	mail.EventBounced: store.FactBounced, mail.EventRejected: store.FactBounced, mail.EventAutoReply: store.FactAuto,
	mail.EventComplained: store.FactComplained,
}

// ErrStray: an event of nothing that we know. It ends among the dead letters.
var ErrStray = errors.New("dispatch: an event of no mail of ours")

// Hear answers an event of the mail service: a fact of the attempt that it names, whatever else came before. What came
// back puts the convocation in its place in the list. Errors: [ErrStray].
func (s *Service) Hear(ctx context.Context, e mail.Event) error {
	h, ref, err := s.attempted(ctx, e.Tags)
	if err != nil {
		return err
	}
	fact, known := facts[e.Kind]
	if !known {
		return ErrStray
	}
	why := ""
	if fact == store.FactBounced {
		why = string(e.Reason)
		now := s.Now()
		err := s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
			Due: now.Truncate(listEvery).Add(listEvery), Collectivity: h.ID, Convocation: ref.Convocation,
			What: store.DueList, Order: store.NoOrder,
		})
		if err != nil {
			return err
		}
	}
	_, err = h.Hear(ctx, ref, e.Tags.Attempt, e.SentAt, fact, e.At, why)
	if errors.Is(err, table.ErrNotFound) {
		return ErrStray
	}
	if err != nil {
		return fmt.Errorf("hearing of mail %d of %s: %w", e.Tags.Attempt, ref.Recipient, err)
	}
	return nil
}

// attempted finds to whom tags say that a mail was sent. Errors: [ErrStray].
func (s *Service) attempted(ctx context.Context, t mail.Tags) (*store.Handle, convocation.RecipientRef, error) {
	siren, err := collectivity.ParseID(t.Collectivity)
	if err != nil || !ident.Valid(convocation.Prefix, t.Convocation) || !ident.Valid(convocation.RecipientPrefix, t.Recipient) ||
		(t.Notice != "" && !ident.Valid(convocation.NoticePrefix, t.Notice)) {
		return nil, convocation.RecipientRef{}, ErrStray
	}
	h := s.Tables.Collectivity(siren)
	c, err := h.Convocation(ctx, convocation.ID(t.Convocation))
	if errors.Is(err, table.ErrNotFound) {
		return nil, convocation.RecipientRef{}, ErrStray
	}
	if err != nil {
		return nil, convocation.RecipientRef{}, err
	}
	who := convocation.RecipientID(t.Recipient)
	return h, convocation.RecipientRef{
		Convocation: c.ID, Shard: convocation.ShardOf(who, c.Shards), Recipient: who, Notice: convocation.NoticeID(t.Notice),
	}, nil
}

// listEvery is how often the list is put in order after events: those of the same ten seconds share an entry.
const listEvery = 10 * time.Second

package answer

import (
	"context"
	"errors"
	"strconv"

	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// teller gathers who is told of one reply.
type teller struct {
	h     *store.Handle
	c     convocation.Convocation
	by    convocation.Recipient
	reply convocation.Reply
	list  []convocation.Recipient
}

// notices says who is told of a reply: whoever answered gets a receipt; of a proxy given, taken back or fallen, giver and
// holder both read, at each of their addresses. Nobody is written to on paper.
func (s *Service) notices(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, was convocation.Register, reply convocation.Reply, fell []convocation.Withdrawal) ([]convocation.Recipient, error) {
	if m := c.Meeting; m != nil && !reply.At.Before(m.At) {
		return nil, nil // what the secretary writes down afterwards is news to nobody
	}
	t := teller{h: h, c: c, by: r, reply: reply}
	t.tell(r, convocation.Notice{Kind: convocation.NoticeReceipt, Reply: reply.Version}, "")
	giver := r.Person
	if reply.Choice.Presence == convocation.Represented && was.Entries[giver].Holder != reply.Choice.Holder {
		if err := t.person(ctx, reply.Choice.Holder, convocation.NoticeProxyHeld, giver); err != nil {
			return nil, err
		}
	}
	for _, w := range fell {
		toGiver, toHolder := convocation.NoticeProxyBack, convocation.NoticeProxyEnded
		if w.Holder == r.Person {
			toGiver, toHolder = convocation.NoticeProxyFell, convocation.NoticeProxyLost
		}
		if err := errors.Join(
			t.person(ctx, w.Giver, toGiver, w.Holder), t.person(ctx, w.Holder, toHolder, w.Giver),
		); err != nil {
			return nil, err
		}
	}
	return t.list, nil
}

// person tells a councillor about another, at each of her addresses as they are now.
func (t *teller) person(ctx context.Context, id convocation.PersonID, kind convocation.NoticeKind, other convocation.PersonID) error {
	who, _ := t.c.Frozen.Councillor(id)
	for _, rcp := range who.Recipients {
		r, err := t.h.Recipient(ctx, convocation.RecipientRef{
			Convocation: t.c.ID, Shard: convocation.ShardOf(rcp, t.c.Shards), Recipient: rcp,
		})
		if errors.Is(err, table.ErrNotFound) { // the sending has not come to her yet
			continue
		}
		if err != nil {
			return err
		}
		t.tell(r, convocation.Notice{Kind: kind, Other: nameOf(t.c, other)}, other)
	}
	return nil
}

// tell adds a notice: named by what it tells and of whom, so that a repetition is the same one.
func (t *teller) tell(to convocation.Recipient, n convocation.Notice, other convocation.PersonID) {
	if to.OnPaper() {
		return
	}
	n.ID = convocation.NoticeID(ident.Derive(convocation.NoticePrefix, t.c.Key, string(n.Kind), string(to.ID),
		string(t.by.ID), strconv.Itoa(t.reply.Version), string(other)))
	t.list = append(t.list, convocation.Recipient{
		ID: to.ID, Shard: to.Shard, Contact: to.Contact, Person: to.Person, Name: to.Name, Address: to.Address, Type: to.Type,
		Notice: n, Order: convocation.OrderID(n.ID), OrderAt: t.reply.At, Orders: 1,
	})
}

package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/table"
)

// attemptAttr names an attribute of attempt n: « a3_accepted ».
func attemptAttr(n int, fact string) string { return "a" + strconv.Itoa(n) + "_" + fact }

// attemptFacts are the attributes an attempt may have.
var attemptFacts = []string{
	"order", "claimed", "owner", "lease", "digest", "accepted", "msgid", "proved", "refused", "good", "reason", "unknown", "due",
	"heard", "delivered", "delayed", "bounced", "bounce_why", "auto", "complained", "why",
}

func recipientAttrs(r convocation.Recipient) table.Attrs {
	a := newAttrs()
	a.text("contact", string(r.Contact))
	a.text("person", string(r.Person))
	a.text("substitute_of", r.SubstituteOf)
	a.text("name", r.Name)
	a.text("address", string(r.Address))
	a.text("type", string(r.Type))
	a.text("order", string(r.Order))
	a.time("order_at", r.OrderAt)
	a.Attrs["base"] = table.Int(int64(r.Base))
	a.Attrs["orders"] = table.Int(int64(r.Orders))
	a.Attrs["last"] = table.Int(int64(r.LastN()))
	a.text("n_kind", string(r.Notice.Kind))
	a.int("n_reply", int64(r.Notice.Reply))
	a.text("n_other", r.Notice.Other)
	return a.Attrs
}

// documentAttr names the attribute of a document that a recipient asked for: « d_doc_… ».
const documentAttr = "d_"

func recipientOf(shard int, i table.Item) convocation.Recipient {
	a := i.Attrs
	r := convocation.Recipient{
		Shard: shard, Contact: directory.ContactID(a.Text("contact")),
		Person: convocation.PersonID(a.Text("person")), Name: a.Text("name"), SubstituteOf: a.Text("substitute_of"), Type: convocation.Type(a.Text("type")),
		Address: directory.Address(a.Text("address")), AddressAt: timeOf(a, "address_at"),
		Order: convocation.OrderID(a.Text("order")), OrderAt: timeOf(a, "order_at"), Base: int(a.Int("base")),
		Orders: int(a.Int("orders")), Why: convocation.Why(a.Text("why")), HoldTo: timeOf(a, "hold"), HoldFor: a.Text("hold_for"),
		Older: convocation.Older{
			Sent: int(a.Int("older_sent")), FirstAt: timeOf(a, "older_first"), LastAt: timeOf(a, "older_last"),
			ReachedAt: timeOf(a, "older_reached"), DeliveredAt: timeOf(a, "older_delivered"),
			Unknowns: int(a.Int("older_unknowns")), Refusals: int(a.Int("older_refusals")),
		},
		OpenedAt: timeOf(a, "opened"), DoubtedAt: timeOf(a, "doubted"), Signals: a.Text("signals"),
		StartedAt: timeOf(a, "started"), RemindedAt: timeOf(a, "reminded"), RepliedAt: timeOf(a, "replied"),
		FirstReply: timeOf(a, "first_reply"), Replies: int(a.Int("replies")), ClosedAt: timeOf(a, "closed"),
		OnBehalf: a.Bool("on_behalf"), Choice: choiceOf(a), DocumentsAt: timeOf(a, "documents"),
		WrongPasswords: int(a.Int("wrong")), LockedUntil: timeOf(a, "locked"),
		StoppedAt: timeOf(a, "stopped"), RestoredAt: timeOf(a, "restored"), VouchedAt: timeOf(a, "vouched"),
	}
	r.ID, r.Notice = noticeOf(i)
	for name := range a {
		if doc, found := strings.CutPrefix(name, documentAttr); found {
			if r.Documents == nil {
				r.Documents = map[convocation.DocumentID]time.Time{}
			}
			r.Documents[convocation.DocumentID(doc)] = timeOf(a, name)
		}
	}
	for _, n := range attemptNumbers(a) {
		r.Attempts = append(r.Attempts, attemptOf(a, n))
	}
	return r
}

func attemptNumbers(a table.Attrs) []int {
	var numbers []int
	for name := range a {
		digits, found := strings.CutSuffix(name, "_claimed")
		if !found || digits == "" || digits[0] != 'a' {
			continue
		}
		if n, err := strconv.Atoi(digits[1:]); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

func attemptOf(a table.Attrs, n int) convocation.Attempt {
	at := func(fact string) string { return attemptAttr(n, fact) }
	return convocation.Attempt{
		N: n, Order: convocation.OrderID(a.Text(at("order"))), ClaimedAt: timeOf(a, at("claimed")),
		Owner: a.Text(at("owner")), LeaseUntil: timeOf(a, at("lease")), Digest: a.Bytes(at("digest")),
		AcceptedAt: timeOf(a, at("accepted")), MessageID: a.Text(at("msgid")), ProvedAt: timeOf(a, at("proved")),
		RefusedAt: timeOf(a, at("refused")), ForGood: a.Bool(at("good")), Reason: a.Text(at("reason")),
		UnknownAt: timeOf(a, at("unknown")), DueAt: timeOf(a, at("due")),
		HeardAt: timeOf(a, at("heard")), DeliveredAt: timeOf(a, at("delivered")), DelayedAt: timeOf(a, at("delayed")),
		BouncedAt: timeOf(a, at("bounced")), BounceReason: a.Text(at("bounce_why")), AutoRepliedAt: timeOf(a, at("auto")),
		ComplainedAt: timeOf(a, at("complained")), Why: convocation.Why(a.Text(at("why"))),
	}
}

// Materialise creates recipients with their first order; those that are there already stay as they are.
func (h *Handle) Materialise(ctx context.Context, c convocation.ID, recipients []convocation.Recipient) error {
	writes := make([]table.Write, len(recipients))
	for i, r := range recipients {
		writes[i] = table.Put(recipientKey(h.ID, r.Ref(c)), recipientAttrs(r), table.ItemAbsent())
	}
	for len(writes) > 0 {
		err := h.data.Transact(ctx, writes...)
		if !isCondition(err) {
			return err
		}
		missing := slices.Clone(writes[:0])
		for i, w := range writes { // some were there: a dispatcher before us wrote them, or our own first try
			if _, there := table.Old(err, i); !there {
				missing = append(missing, w)
			}
		}
		if len(missing) == len(writes) {
			return err
		}
		writes = missing
	}
	return nil
}

// Recipient reads one. Errors: table.ErrNotFound.
func (h *Handle) Recipient(ctx context.Context, r convocation.RecipientRef) (convocation.Recipient, error) {
	item, err := h.data.Get(ctx, recipientKey(h.ID, r))
	if err != nil {
		return convocation.Recipient{}, err
	}
	return recipientOf(r.Shard, item), nil
}

// RecipientOf reads a convocation with one of its recipients, wherever that one is kept. Errors: table.ErrNotFound when
// there is no such convocation or recipient.
func (h *Handle) RecipientOf(ctx context.Context, id convocation.ID, who convocation.RecipientID) (convocation.Convocation, convocation.Recipient, error) {
	c, err := h.Convocation(ctx, id)
	if err != nil {
		return convocation.Convocation{}, convocation.Recipient{}, err
	}
	r, err := h.Recipient(ctx, convocation.RecipientRef{
		Convocation: id, Shard: convocation.ShardOf(who, c.Shards), Recipient: who,
	})
	return c, r, err
}

// NoticeOf reads a convocation with a notice to one of its recipients.
// Errors: table.ErrNotFound when there is no such convocation or notice.
func (h *Handle) NoticeOf(ctx context.Context, id convocation.ID, who convocation.RecipientID, n convocation.NoticeID) (convocation.Convocation, convocation.Recipient, error) {
	c, err := h.Convocation(ctx, id)
	if err != nil {
		return convocation.Convocation{}, convocation.Recipient{}, err
	}
	r, err := h.Recipient(ctx, convocation.RecipientRef{
		Convocation: id, Shard: convocation.ShardOf(who, c.Shards), Recipient: who, Notice: n,
	})
	return c, r, err
}

// Recipients visits all recipients of a convocation until visit returns false. shards is the convocation's.
func (h *Handle) Recipients(ctx context.Context, c convocation.ID, shards int, visit func(convocation.Recipient) bool) error {
	more := true
	for shard := range shards {
		q := table.Query{Partition: recipientsPartition(h.ID, c, shard), Prefix: prefix("rcp")}
		err := each(ctx, h.data, q, func(i table.Item) bool {
			more = visit(recipientOf(shard, i))
			return more
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// RecipientsAfter reads one page of the recipients of a shard after a cursor, which is empty before the first; next is empty
// at the end of the shard.
func (h *Handle) RecipientsAfter(ctx context.Context, c convocation.ID, p Place) (page []convocation.Recipient, next string, err error) {
	got, err := h.data.Query(ctx, table.Query{Partition: recipientsPartition(h.ID, c, p.Shard), Prefix: prefix("rcp"), After: p.After, Limit: pumpPage})
	for _, i := range got.Items {
		page = append(page, recipientOf(p.Shard, i))
	}
	return page, got.Next, err
}

// RecipientsPart reads so many recipients of a convocation after a cursor; next is where the part after it begins, empty at
// the end. A cursor that is none of ours reads as the beginning of its shard.
func (h *Handle) RecipientsPart(ctx context.Context, c convocation.ID, shards int, after string, limit int) (part []convocation.Recipient, next string, err error) {
	var p Place
	if shard, rest, found := strings.Cut(after, "."); found {
		p.Shard, _ = strconv.Atoi(shard)
		p.After = rest
	}
	for p.Shard >= 0 && p.Shard < shards && len(part) < limit {
		page, more, err := h.RecipientsAfter(ctx, c, p)
		if err != nil {
			return nil, "", err
		}
		part = append(part, page...)
		if p.After = more; more == "" {
			p = Place{Shard: p.Shard + 1}
		}
	}
	if p.Shard >= shards {
		return part, "", nil
	}
	return part, fmt.Sprintf("%d.%s", p.Shard, p.After), nil
}

// pumpPage is how many recipients are read at a time.
const pumpPage = 100

// PlaceOf is the place just after a recipient.
func PlaceOf(r convocation.Recipient) Place { return Place{r.Shard, join("rcp", string(r.ID))} }

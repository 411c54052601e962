package store

import (
	"context"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// The life of a mail to a recipient, or of a notice: an order, its attempts with their results, what the service says of
// them later.

// NewOrder puts a recipient under a new order: the links that were closed before stay closed.
// Errors: table.ErrCondition when an attempt or another order came meanwhile.
func (h *Handle) NewOrder(ctx context.Context, c convocation.ID, r convocation.Recipient, o Order) error {
	changes := []table.Change{
		table.Set("order", table.Text(string(o.ID))), table.Set("order_at", timeValue(o.At)),
		table.Set("base", table.Int(int64(r.LastN()))), table.Add("orders", 1), setText("why", string(o.Why)),
		table.Remove("older_unknowns"), table.Remove("older_refusals"),
	}
	if o.Why.Reminds() {
		changes = append(changes, table.Set("reminded", timeValue(o.At)))
	}
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r.Ref(c)), changes, table.Equals("order", table.Text(string(r.Order))), table.Equals("last", table.Int(int64(r.LastN())))))
	return err
}

// Claim writes attempt a before the call, and returns the recipient with it. It holds only if no attempt has come since
// r was read, nothing has proved an attempt of the order or vouched for it, no links were closed, and no sending was
// cancelled or restored. A claim that was applied but reported as failed is recognised by its owner and digest. The oldest
// attempt beyond convocation.MaxAttempts is summed up. Errors: table.ErrCondition when somebody else was faster.
func (h *Handle) Claim(ctx context.Context, c convocation.ID, r convocation.Recipient, a convocation.Attempt) (convocation.Recipient, error) {
	key := recipientKey(h.ID, r.Ref(c))
	item, err := h.data.Write(ctx, table.Update(key, claimChanges(r, a), claimConditions(r)...))
	if err == nil {
		return recipientOf(r.Shard, item), nil
	}
	if old, failed := table.Old(err, 0); failed && mine(old.Attrs, a) {
		return recipientOf(r.Shard, old), nil
	}
	return convocation.Recipient{}, err
}

func claimChanges(r convocation.Recipient, a convocation.Attempt) []table.Change {
	at := func(fact string) string { return attemptAttr(a.N, fact) }
	changes := []table.Change{
		table.Set("last", table.Int(int64(a.N))),
		table.Set(at("order"), table.Text(string(a.Order))),
		table.Set(at("claimed"), timeValue(a.ClaimedAt)),
		table.Set(at("owner"), table.Text(a.Owner)),
		table.Set(at("lease"), timeValue(a.LeaseUntil)),
		table.Set(at("digest"), table.Bytes(a.Digest)),
		table.Remove("hold"), table.Remove("hold_for"),
	}
	if a.Why != convocation.WhySent {
		changes = append(changes, table.Set(at("why"), table.Text(string(a.Why))))
	}
	if len(r.Attempts) < convocation.MaxAttempts {
		return changes
	}
	oldest := r.Attempts[0]
	for _, fact := range attemptFacts {
		changes = append(changes, table.Remove(attemptAttr(oldest.N, fact)))
	}
	return append(changes, sumUp(r, oldest)...)
}

// sumUp keeps of an attempt what counts.
func sumUp(r convocation.Recipient, a convocation.Attempt) []table.Change {
	switch sent := a.Sent(); {
	case !sent.IsZero():
		last := sent
		if r.Older.LastAt.After(sent) {
			last = r.Older.LastAt
		}
		changes := []table.Change{
			table.Add("older_sent", 1), table.Set("older_first", timeValue(earlier(r.Older.FirstAt, sent))),
			table.Set("older_last", timeValue(last)),
		}
		here := r.ForThisAddress(a) && !a.Back()
		if here && !a.Why.Reminds() {
			changes = append(changes, table.Set("older_reached", timeValue(earlier(r.Older.ReachedAt, sent))))
		}
		if at := a.DeliveredAt; here && !at.IsZero() {
			changes = append(changes, table.Set("older_delivered", timeValue(earlier(r.Older.DeliveredAt, at))))
		}
		return changes
	case a.N <= r.Base: // of an order that has ended
		return nil
	case !a.UnknownAt.IsZero():
		return []table.Change{table.Add("older_unknowns", 1)}
	case !a.RefusedAt.IsZero():
		return []table.Change{table.Add("older_refusals", 1)}
	}
	return nil
}

// earlier is the earlier of two times; the first may be zero, which is none.
func earlier(a, b time.Time) time.Time {
	if !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

func claimConditions(r convocation.Recipient) []table.Cond {
	conds := []table.Cond{
		table.Equals("order", table.Text(string(r.Order))), table.Equals("last", table.Int(int64(r.LastN()))), sameClosing(r),
		sameTime("stopped", r.StoppedAt), sameTime("restored", r.RestoredAt), sameTime("vouched", r.VouchedAt),
	}
	for _, a := range r.Attempts {
		if a.N <= r.Base { // an earlier order's acceptance is no reason not to send again
			continue
		}
		conds = append(conds, unsent(a.N))
		if !a.UnknownAt.IsZero() { // disproved, it may have been one refusal too many
			conds = append(conds, table.Present(attemptAttr(a.N, "unknown")))
		}
	}
	if len(r.Attempts) < convocation.MaxAttempts {
		return conds
	}
	oldest := r.Attempts[0] // what is summed up is still there, and as it was read
	conds = append(conds, table.Present(attemptAttr(oldest.N, "claimed")))
	if oldest.N <= r.Base && oldest.Sent().IsZero() {
		conds = append(conds, unsent(oldest.N))
	}
	if !oldest.Back() {
		conds = append(conds, table.Absent(attemptAttr(oldest.N, string(FactBounced))))
	}
	if oldest.DeliveredAt.IsZero() {
		conds = append(conds, table.Absent(attemptAttr(oldest.N, string(FactDelivered))))
	}
	return conds
}

// unsent holds while nothing says that attempt n was accepted.
func unsent(n int) table.Cond {
	return table.And(table.Absent(attemptAttr(n, "accepted")), table.Absent(attemptAttr(n, "proved")), table.Absent(attemptAttr(n, "heard")))
}

// mine tells whether the item already holds exactly this claim, still without outcome.
func mine(a table.Attrs, want convocation.Attempt) bool {
	got := attemptOf(a, want.N)
	return got.Owner == want.Owner && string(got.Digest) == string(want.Digest) && len(want.Digest) > 0 &&
		got.AcceptedAt.IsZero() && got.RefusedAt.IsZero() && got.UnknownAt.IsZero()
}

// owned is the condition of every result: the attempt is still the caller's and has no outcome yet.
func owned(n int, owner string) table.Cond {
	return table.And(
		table.Equals(attemptAttr(n, "owner"), table.Text(owner)),
		table.Absent(attemptAttr(n, "accepted")), table.Absent(attemptAttr(n, "refused")), table.Absent(attemptAttr(n, "unknown")),
	)
}

// Accept records that the service took attempt n. An acceptance is a fact whoever owns the attempt by now, so it is
// written even after the lease has passed.
func (h *Handle) Accept(ctx context.Context, r convocation.RecipientRef, n int, owner, messageID string, at time.Time) error {
	changes := []table.Change{table.SetIfAbsent(attemptAttr(n, "accepted"), timeValue(at))}
	if messageID != "" {
		changes = append(changes, table.SetIfAbsent(attemptAttr(n, "msgid"), table.Text(messageID)))
	}
	return h.result(ctx, r, changes, table.Equals(attemptAttr(n, "owner"), table.Text(owner)))
}

// Refuse records that the service refused attempt n, for good or until due.
func (h *Handle) Refuse(ctx context.Context, r convocation.RecipientRef, n int, owner, reason string, forGood bool, at, due time.Time) error {
	changes := []table.Change{
		table.Set(attemptAttr(n, "refused"), timeValue(at)), table.Set(attemptAttr(n, "reason"), table.Text(reason)),
	}
	if forGood {
		changes = append(changes, table.Set(attemptAttr(n, "good"), table.Bool(true)))
	} else {
		changes = append(changes, table.Set(attemptAttr(n, "due"), timeValue(due)))
	}
	return h.result(ctx, r, changes, owned(n, owner))
}

// Lose records that nobody knows what became of attempt n; it is settled at due.
func (h *Handle) Lose(ctx context.Context, r convocation.RecipientRef, n int, owner, reason string, at, due time.Time) error {
	return h.result(ctx, r, []table.Change{
		table.Set(attemptAttr(n, "unknown"), timeValue(at)), table.Set(attemptAttr(n, "due"), timeValue(due)),
		table.Set(attemptAttr(n, "reason"), table.Text(reason)),
	}, owned(n, owner))
}

// Disprove settles an unknown attempt that certainly did not leave: it becomes a refusal for now, due at once.
func (h *Handle) Disprove(ctx context.Context, r convocation.RecipientRef, n int, at time.Time) error {
	return h.result(ctx, r, []table.Change{
		table.Set(attemptAttr(n, "refused"), timeValue(at)), table.Set(attemptAttr(n, "due"), timeValue(at)),
		table.Remove(attemptAttr(n, "unknown")),
	}, table.Present(attemptAttr(n, "unknown")), unsent(n))
}

// GiveBack undoes the claim of attempt n, which has not left: it spends nothing. Not before hold is it claimed again;
// why is the reason of the wait, empty when there is none.
func (h *Handle) GiveBack(ctx context.Context, r convocation.RecipientRef, n int, owner string, hold time.Time, why string) error {
	changes := []table.Change{table.Add("last", -1), table.Set("hold", timeValue(hold))}
	if why != "" {
		changes = append(changes, table.Set("hold_for", table.Text(why)))
	}
	for _, fact := range attemptFacts {
		changes = append(changes, table.Remove(attemptAttr(n, fact)))
	}
	return h.result(ctx, r, changes, owned(n, owner), unsent(n), table.Equals("last", table.Int(int64(n))))
}

// Prove records that attempt n left: its link was opened, or the service told for certain. Repeating it changes nothing.
func (h *Handle) Prove(ctx context.Context, r convocation.RecipientRef, n int, at time.Time) error {
	return h.result(ctx, r, []table.Change{table.SetIfAbsent(attemptAttr(n, "proved"), timeValue(at))},
		table.Present(attemptAttr(n, "claimed")))
}

// Fact is what an event says of an attempt.
type Fact string

// The facts. FactHeard: the service took the mail, and no more.
const (
	FactHeard      Fact = "heard"
	FactDelivered  Fact = "delivered"
	FactDelayed    Fact = "delayed"
	FactBounced    Fact = "bounced"
	FactAuto       Fact = "auto"
	FactComplained Fact = "complained"
)

// Hear notes what an event says of attempt n: that the service took the mail at sent, and a fact with its time, and why a
// mail came back. The earliest time of each fact stays, so that any order and repetition of events leaves the same. It
// tells whether the fact was news; an attempt that is not kept in full any more hears nothing.
// Errors: table.ErrNotFound when that attempt was never made.
func (h *Handle) Hear(ctx context.Context, r convocation.RecipientRef, n int, sent time.Time, f Fact, at time.Time, why string) (bool, error) {
	changes := []table.Change{table.Set(attemptAttr(n, "heard"), timeValue(sent))}
	if f != FactHeard {
		changes = append(changes, table.Set(attemptAttr(n, string(f)), timeValue(at)))
	}
	if why != "" {
		changes = append(changes, table.Set(attemptAttr(n, "bounce_why"), table.Text(why)))
	}
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r), changes,
		table.Present(attemptAttr(n, "claimed")), table.Not(known(n, f, at, why))))
	if old, failed := table.Old(err, 0); failed && n <= int(old.Attrs.Int("last")) {
		return false, nil
	} else if failed {
		return false, table.ErrNotFound
	}
	return err == nil, err
}

// known holds when a fact is there of that time or an earlier one; of two reasons in one millisecond one always stays.
func known(n int, f Fact, at time.Time, why string) table.Cond {
	attr, v := attemptAttr(n, string(f)), timeValue(at)
	same := table.Equals(attr, v)
	if reason, w := attemptAttr(n, "bounce_why"), table.Text(why); why != "" {
		same = table.And(same, table.Or(table.Less(reason, w), table.Equals(reason, w)))
	}
	return table.Or(table.Less(attr, v), same)
}

// result writes an outcome; one that does not apply any more is no error: a fact was there first.
func (h *Handle) result(ctx context.Context, r convocation.RecipientRef, changes []table.Change, conds ...table.Cond) error {
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r), changes, conds...))
	if isCondition(err) {
		return nil
	}
	return err
}

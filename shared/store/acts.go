package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// What happens to a recipient beside the sending of her mails: she opens, asks for documents, mistypes a password; the
// secretary corrects her address, takes her links away.

// MarkOpened records that the first page was passed through attempt n, by a person (« lu ») or maybe not (« à
// vérifier »): each first time stays. It returns the recipient as it now is.
// Errors: table.ErrCondition when the links were closed meanwhile.
func (h *Handle) MarkOpened(ctx context.Context, r convocation.Recipient, c convocation.ID, n int, s convocation.Signals, at time.Time) (convocation.Recipient, error) {
	mark := "opened"
	switch s.Opening() {
	case convocation.OpenedDoubtful:
		mark = "doubted"
	case convocation.OpenedByProgram:
		panic("store: a program's press opens nothing")
	}
	changes := []table.Change{
		table.SetIfAbsent(mark, timeValue(at)), table.SetIfAbsent(attemptAttr(n, "proved"), timeValue(at)),
	}
	if said := s.String(); said != "" {
		changes = append(changes, table.SetIfAbsent("signals", table.Text(said)))
	}
	item, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r.Ref(c)), changes,
		table.Present(attemptAttr(n, "claimed")), sameClosing(r)))
	if err != nil {
		return convocation.Recipient{}, err
	}
	return recipientOf(r.Shard, item), nil
}

// sameClosing holds while the links are as open as when r was read.
func sameClosing(r convocation.Recipient) table.Cond { return sameTime("closed", r.ClosedAt) }

// sameTime holds while an attribute is as it was read.
func sameTime(attr string, read time.Time) table.Cond {
	if read.IsZero() {
		return table.Absent(attr)
	}
	return table.Equals(attr, timeValue(read))
}

// MarkDocuments records that these documents were asked for; each first time stays. Only a person asks for one: an
// opening that was doubted counts from now on.
func (h *Handle) MarkDocuments(ctx context.Context, r convocation.RecipientRef, docs []convocation.DocumentID, at time.Time) error {
	changes := []table.Change{table.SetIfAbsent("documents", timeValue(at)), table.SetIfAbsent("opened", timeValue(at))}
	for _, d := range docs {
		changes = append(changes, table.SetIfAbsent(documentAttr+string(d), timeValue(at)))
	}
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r), changes, table.ItemPresent()))
	return err
}

// CloseLinks closes the links of a recipient who has not opened.
// Errors: table.ErrCondition when it was opened meanwhile.
func (h *Handle) CloseLinks(ctx context.Context, r convocation.RecipientRef, at time.Time) error {
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r),
		[]table.Change{table.Set("closed", timeValue(at))}, table.ItemPresent(), table.Absent("opened")))
	return err
}

// RevokeLinks closes the links of a recipient, opened or not, with its event.
func (h *Handle) RevokeLinks(ctx context.Context, r convocation.RecipientRef, at time.Time, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(recipientKey(h.ID, r), []table.Change{
			table.Set("closed", timeValue(at)), table.Remove("wrong"), table.Remove("locked"),
		}, table.ItemPresent()),
		h.event(e),
	)
}

// Correction is another address for a recipient, with the order that sends to it.
type Correction struct {
	To    directory.Address
	At    time.Time // after what left to the old address, before what leaves to the new one
	Order Order
	Drop  []convocation.DocumentID // of a reply that was begun: see [Handle.CorrectAddress]
}

// CorrectAddress gives a recipient, as she was read, another address: links that went to the old one are closed, and what
// left before does not count any more. Nor do readings and a reply that was begun, unless she has answered herself: whoever
// read may be a stranger. The order and the event are in the same transaction: nobody has a new address to which nothing
// is sent. Errors: table.ErrCondition when she changed meanwhile.
func (h *Handle) CorrectAddress(ctx context.Context, c convocation.ID, r convocation.Recipient, k Correction, e journal.Event) error {
	ref := r.Ref(c)
	was, replies := table.Equals("address", table.Text(string(r.Address))), table.Absent("replies")
	if r.Address == "" {
		was = table.Absent("address")
	}
	if r.Replies > 0 {
		replies = table.Equals("replies", table.Int(int64(r.Replies)))
	}
	changes := []table.Change{
		table.Set("address", table.Text(string(k.To))), table.Set("address_at", timeValue(k.At)), table.Set("closed", timeValue(k.At)),
		table.Remove("older_reached"), table.Remove("older_delivered"), table.Remove("wrong"), table.Remove("locked"),
	}
	writes := []table.Write{
		table.Put(orderKey(h.ID, c, k.Order.ID), orderAttrs(k.Order), table.ItemAbsent()),
		h.event(e),
	}
	if r.Replies == 0 || r.OnBehalf {
		changes = append(changes, strangers(r)...)
		writes = append(writes, table.Update(draftKey(h.ID, ref), emptied()))
		for _, d := range k.Drop {
			writes = append(writes, table.Delete(replyDocumentKey(h.ID, ref, d)))
		}
	}
	writes = append(writes, table.Update(recipientKey(h.ID, ref), changes, table.ItemPresent(), was, replies,
		table.Equals("last", table.Int(int64(r.LastN()))), sameClosing(r)))
	return h.data.Transact(ctx, writes...)
}

// strangers takes away what somebody at the wrong address may have done.
func strangers(r convocation.Recipient) []table.Change {
	var changes []table.Change
	for _, fact := range []string{"opened", "doubted", "signals", "documents", "started", "reminded"} {
		changes = append(changes, table.Remove(fact))
	}
	for doc := range r.Documents {
		changes = append(changes, table.Remove(documentAttr+string(doc)))
	}
	return changes
}

// MarkPassword notes a password that was tried: wrong ones add up, and lock until then; a right one forgets them. A
// wrong one counts as the n-th: two at the same moment are two. Errors: table.ErrCondition when another came meanwhile.
func (h *Handle) MarkPassword(ctx context.Context, r convocation.Recipient, c convocation.ID, wrong int, until time.Time) error {
	changes := []table.Change{table.Remove("wrong"), table.Remove("locked")}
	if wrong > 0 {
		changes = []table.Change{table.Set("wrong", table.Int(int64(wrong)))}
		if !until.IsZero() {
			changes = append(changes, table.Set("locked", timeValue(until)))
		}
	}
	was := table.Absent("wrong")
	if r.WrongPasswords > 0 {
		was = table.Equals("wrong", table.Int(int64(r.WrongPasswords)))
	}
	_, err := h.data.Write(ctx, table.Update(recipientKey(h.ID, r.Ref(c)), changes, table.ItemPresent(), was))
	return err
}

// Stop notes that a sending was cancelled: what had not left of an order given before does not leave.
func (h *Handle) Stop(ctx context.Context, r convocation.RecipientRef, at time.Time) error {
	return h.result(ctx, r, []table.Change{table.Set("stopped", timeValue(at))}, table.ItemPresent())
}

// Misgive notes that the data were restored: what became of an order given before, nobody knows.
func (h *Handle) Misgive(ctx context.Context, r convocation.RecipientRef, at time.Time) error {
	return h.result(ctx, r, []table.Change{table.Set("restored", timeValue(at))}, table.ItemPresent())
}

// Vouch notes that the secretary knows that the convocation has arrived, with its event.
// Errors: table.ErrCondition when an attempt, another order or another address came since r was read.
func (h *Handle) Vouch(ctx context.Context, c convocation.ID, r convocation.Recipient, at time.Time, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(recipientKey(h.ID, r.Ref(c)), []table.Change{table.Set("vouched", timeValue(at))},
			table.Equals("order", table.Text(string(r.Order))), table.Equals("last", table.Int(int64(r.LastN()))), sameTime("vouched", r.VouchedAt),
			sameTime("address_at", r.AddressAt)),
		h.event(e),
	)
}

// Note writes an event that has no change of its own beside it.
func (h *Handle) Note(ctx context.Context, e journal.Event) error {
	_, err := h.data.Write(ctx, h.event(e))
	return err
}

// noticeOf reads from a key whose item it is: « rcp#<rcp> », « notice#<rcp>#<ntc> ».
func noticeOf(i table.Item) (convocation.RecipientID, convocation.Notice) {
	parts := strings.Split(i.Key.Sort, "#")
	if len(parts) < 3 {
		return convocation.RecipientID(parts[len(parts)-1]), convocation.Notice{}
	}
	return convocation.RecipientID(parts[1]), convocation.Notice{
		ID: convocation.NoticeID(parts[2]), Kind: convocation.NoticeKind(i.Attrs.Text("n_kind")),
		Reply: int(i.Attrs.Int("n_reply")), Other: i.Attrs.Text("n_other"),
	}
}

// RecipientOrder names a recipient, or a notice to her, in an entry of the agenda: « rcp_….11 », « rcp_….11.ntc_… ».
func RecipientOrder(r convocation.RecipientRef) convocation.OrderID {
	text := string(r.Recipient) + "." + strconv.Itoa(r.Shard)
	if r.Notice != "" {
		text += "." + string(r.Notice)
	}
	return convocation.OrderID(text)
}

// ParseRecipientOrder reads what [RecipientOrder] wrote; false for anything else.
func ParseRecipientOrder(c convocation.ID, o convocation.OrderID) (convocation.RecipientRef, bool) {
	parts := strings.Split(string(o), ".")
	if len(parts) < 2 {
		return convocation.RecipientRef{}, false
	}
	shard, err := strconv.Atoi(parts[1])
	ref := convocation.RecipientRef{Convocation: c, Recipient: convocation.RecipientID(parts[0]), Shard: shard}
	if len(parts) > 2 {
		ref.Notice = convocation.NoticeID(parts[2])
	}
	whole := ident.Valid(convocation.RecipientPrefix, parts[0]) && shard >= 0 && shard < convocation.MaxShards &&
		(ref.Notice == "" || ident.Valid(convocation.NoticePrefix, parts[2]))
	if err != nil || !whole || RecipientOrder(ref) != o {
		return convocation.RecipientRef{}, false
	}
	return ref, true
}

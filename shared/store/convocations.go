package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// storedEntry is an entry of a field of recipients as kept.
type storedEntry struct {
	Group   string `json:"g,omitempty"`
	Contact string `json:"c,omitempty"`
	Address string `json:"a,omitempty"`
	Name    string `json:"n,omitempty"`
	Count   int    `json:"k,omitempty"`
}

func entriesValue(entries []convocation.Entry) string {
	if len(entries) == 0 {
		return ""
	}
	stored := make([]storedEntry, len(entries))
	for i, e := range entries {
		stored[i] = storedEntry{string(e.Group), string(e.Contact), string(e.Address), e.Name, e.Count}
	}
	return mustJSON(stored)
}

func entriesOf(raw string) []convocation.Entry {
	var stored []storedEntry
	if raw == "" || json.Unmarshal([]byte(raw), &stored) != nil {
		return nil
	}
	entries := make([]convocation.Entry, len(stored))
	for i, e := range stored {
		entries[i] = convocation.Entry{
			Group: directory.GroupID(e.Group), Contact: directory.ContactID(e.Contact),
			Address: directory.Address(e.Address), Name: e.Name, Count: e.Count,
		}
	}
	return entries
}

func headAttrs(c convocation.Convocation) table.Attrs {
	a := newAttrs()
	a.int("version", c.Version)
	a.text("subject", c.Subject)
	a.text("message", c.Message)
	a.text("to", entriesValue(c.Audience.To))
	a.text("cc", entriesValue(c.Audience.Cc))
	a.text("bcc", entriesValue(c.Audience.Bcc))
	a.time("created", c.CreatedAt)
	a.time("changed", c.ChangedAt)
	a.time("asked", c.SendAskedAt)
	a.text("asked_by", c.SendAskedBy)
	a.time("send_at", c.SendAt)
	a.int("remind_days", int64(c.RemindDays))
	a.time("paused", c.PausedAt)
	a.time("stopped", c.StoppedAt)
	a.time("sent", c.SentAt)
	a.time("closed", c.ClosedAt)
	a.text("refused", c.Refused)
	a.text("refused_name", c.RefusedName)
	a.bytes("key", c.Key)
	if c.Meeting != nil {
		a.text("meeting", meetingValue(*c.Meeting))
	}
	a.time("replies_until", c.RepliesUntil)
	a.int("link_days", int64(c.LinkDays))
	a.text("password", c.Password)
	a.int("shards", int64(c.Shards))
	frozenAttrs(a, c.Frozen)
	return a.Attrs
}

func frozenAttrs(a attrs, f convocation.Frozen) {
	a.time("f_at", f.At)
	a.int("f_count", int64(f.Count))
	a.text("f_set", f.Set)
	a.text("f_set_sha256", f.SetSHA256)
	a.text("f_zip", f.Zip)
	a.int("f_zip_size", f.ZipSize)
	a.text("f_sender", f.SenderName)
	a.text("f_mail", f.SenderMail)
	a.text("f_phone", f.Phone)
	a.text("f_zone", f.TimeZone)
	a.text("f_merged", f.Merged)
	a.int("f_merged_size", f.MergedSize)
	a.text("f_left_out", jsonValue(f.MergedLeftOut))
	a.text("f_docs", jsonValue(documentsValue(f.Documents)))
	a.text("f_councillors", councillorsValue(f.Councillors))
	a.int("f_clear_days", int64(f.ClearDays))
	a.text("f_article", f.Article)
}

func headOf(id convocation.ID, a table.Attrs) convocation.Convocation {
	return convocation.Convocation{
		ID: id, Version: a.Int("version"), Subject: a.Text("subject"), Message: a.Text("message"),
		Audience: convocation.Audience{
			To: entriesOf(a.Text("to")), Cc: entriesOf(a.Text("cc")), Bcc: entriesOf(a.Text("bcc")),
		},
		CreatedAt: timeOf(a, "created"), ChangedAt: timeOf(a, "changed"),
		SendAskedAt: timeOf(a, "asked"), SendAskedBy: a.Text("asked_by"),
		SendAt: timeOf(a, "send_at"), RemindDays: int(a.Int("remind_days")), PausedAt: timeOf(a, "paused"), StoppedAt: timeOf(a, "stopped"),
		SentAt: timeOf(a, "sent"), ClosedAt: timeOf(a, "closed"),
		Refused: a.Text("refused"), RefusedName: a.Text("refused_name"),
		Key: a.Bytes("key"), Shards: int(a.Int("shards")), Meeting: meetingOf(a.Text("meeting")),
		RepliesUntil: timeOf(a, "replies_until"), LinkDays: int(a.Int("link_days")), Password: a.Text("password"),
		Frozen: convocation.Frozen{
			At: timeOf(a, "f_at"), Count: int(a.Int("f_count")), Set: a.Text("f_set"), SetSHA256: a.Text("f_set_sha256"),
			Zip: a.Text("f_zip"), ZipSize: a.Int("f_zip_size"), SenderName: a.Text("f_sender"),
			SenderMail: a.Text("f_mail"), Phone: a.Text("f_phone"), TimeZone: a.Text("f_zone"),
			Merged: a.Text("f_merged"), MergedSize: a.Int("f_merged_size"), MergedLeftOut: valueOf[[]convocation.DocumentID](a.Text("f_left_out")),
			Documents:   documentsOf(valueOf[[]storedDocument](a.Text("f_docs"))),
			Councillors: councillorsOf(valueOf[[]storedCouncillor](a.Text("f_councillors"))),
			ClearDays:   int(a.Int("f_clear_days")), Article: a.Text("f_article"),
		},
	}
}

// Convocation reads one. Errors: table.ErrNotFound.
func (h *Handle) Convocation(ctx context.Context, id convocation.ID) (convocation.Convocation, error) {
	item, err := h.data.Get(ctx, headKey(h.ID, id))
	if err != nil {
		return convocation.Convocation{}, err
	}
	return headOf(id, item.Attrs), nil
}

// listAttrs is what the list entry of a convocation holds: what a page needs before its totals are counted.
func listAttrs(c convocation.Convocation) table.Attrs {
	a := newAttrs()
	a.text("subject", c.Subject)
	return a.Attrs
}

// listed is the time under which a convocation stands in the list: its "listed" attribute, kept beside the head.
const listedAttr = "listed"

// CreateConvocation writes a new draft, its place in the list and its event. Errors: table.ErrCondition when it is
// there already.
func (h *Handle) CreateConvocation(ctx context.Context, c convocation.Convocation, e journal.Event) error {
	head := headAttrs(c)
	head[listedAttr] = timeValue(c.ChangedAt)
	return h.data.Transact(ctx,
		table.Put(headKey(h.ID, c.ID), head, table.ItemAbsent()),
		table.Put(listKey(h.ID, c.ChangedAt, c.ID), listAttrs(c)),
		h.event(e),
	)
}

// maxAudience is how many bytes the three fields of recipients may take: with the longest message, and with what
// freezing adds, the head still fits into one item.
const maxAudience = 96 << 10

// SaveConvocation replaces a draft: c.Version is the new version, one above the version it was read at.
// Errors: table.ErrCondition when it changed meanwhile or is no draft any more, table.ErrTooLarge when its fields of
// recipients are.
func (h *Handle) SaveConvocation(ctx context.Context, c convocation.Convocation, e journal.Event) error {
	if a := c.Audience; len(entriesValue(a.To))+len(entriesValue(a.Cc))+len(entriesValue(a.Bcc)) > maxAudience {
		return table.ErrTooLarge
	}
	listed, err := h.listedAt(ctx, c.ID)
	if err != nil {
		return err
	}
	head := headAttrs(c)
	head[listedAttr] = timeValue(c.ChangedAt)
	writes := []table.Write{
		table.Put(headKey(h.ID, c.ID), head,
			table.Equals("version", table.Int(c.Version-1)), table.Absent("asked"), table.Equals(listedAttr, timeValue(listed))),
		table.Put(listKey(h.ID, c.ChangedAt, c.ID), listAttrs(c)),
		h.event(e),
	}
	if !listed.Equal(c.ChangedAt) {
		writes = append(writes, table.Delete(listKey(h.ID, listed, c.ID)))
	}
	return h.data.Transact(ctx, writes...)
}

func (h *Handle) listedAt(ctx context.Context, id convocation.ID) (time.Time, error) {
	item, err := h.data.Get(ctx, headKey(h.ID, id))
	if err != nil {
		return time.Time{}, err
	}
	return timeOf(item.Attrs, listedAttr), nil
}

// DeleteConvocation removes a draft with its documents. Errors: table.ErrCondition when it changed or was sent.
func (h *Handle) DeleteConvocation(ctx context.Context, c convocation.Convocation, docs []convocation.Document, e journal.Event) error {
	listed, err := h.listedAt(ctx, c.ID)
	if err != nil {
		return err
	}
	writes := []table.Write{
		table.Delete(headKey(h.ID, c.ID),
			table.Equals("version", table.Int(c.Version)), table.Absent("asked"), table.Equals(listedAttr, timeValue(listed))),
		table.Delete(listKey(h.ID, listed, c.ID)),
		h.event(e),
	}
	for _, d := range docs {
		writes = append(writes, table.Delete(documentKey(h.ID, c.ID, d.ID)))
	}
	return h.data.Transact(ctx, writes...)
}

// Relist moves a convocation to its newest change in the list. Two at once: one wins, the list stays right.
func (h *Handle) Relist(ctx context.Context, c convocation.Convocation, changed time.Time) error {
	listed, err := h.listedAt(ctx, c.ID)
	if err != nil || !changed.After(listed) {
		return err
	}
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, c.ID), []table.Change{table.Set(listedAttr, timeValue(changed))},
			table.Equals(listedAttr, timeValue(listed))),
		table.Delete(listKey(h.ID, listed, c.ID)),
		table.Put(listKey(h.ID, changed, c.ID), listAttrs(c)),
	)
}

// Listed is one place in the list.
type Listed struct {
	ID      convocation.ID
	Subject string
	Cursor  string // give it back to go on after this one
}

// List visits the convocations, the newest change first, after a cursor, until visit returns false.
func (h *Handle) List(ctx context.Context, after string, visit func(Listed) bool) error {
	q := table.Query{Partition: convocationsPartition(h.ID), Prefix: prefix("at"), After: after, Reverse: true, Limit: 100}
	return each(ctx, h.data, q, func(i table.Item) bool {
		_, id, _ := cutLast(i.Key.Sort)
		return visit(Listed{convocation.ID(id), i.Attrs.Text("subject"), i.Key.Sort})
	})
}

// Changes of a sent convocation, each a few attributes of the head.

// AskSend turns a draft into a running sending: head, first order and event in one transaction.
// Errors: table.ErrCondition when it changed meanwhile or was sent already.
func (h *Handle) AskSend(ctx context.Context, c convocation.Convocation, at time.Time, by string, o Order, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, c.ID), []table.Change{
			table.Set("asked", timeValue(at)), table.Set("asked_by", table.Text(by)), table.Set("send_at", timeValue(o.At)),
			table.Remove("refused"), table.Remove("refused_name"),
		}, table.Equals("version", table.Int(c.Version)), table.Absent("asked")),
		table.Put(orderKey(h.ID, c.ID, o.ID), orderAttrs(o), table.ItemAbsent()),
		h.event(e),
	)
}

// RefuseSend turns a sending that has not begun back into a draft, with the reason why it cannot; empty when it was taken
// back. Errors: table.ErrCondition when it has begun, or is a draft.
func (h *Handle) RefuseSend(ctx context.Context, id convocation.ID, o convocation.OrderID, code, name string, e journal.Event) error {
	changes := []table.Change{
		table.Remove("asked"), table.Remove("asked_by"), table.Remove("send_at"), table.Remove("paused"),
		setText("refused", code), setText("refused_name", name), table.Add("version", 1),
	}
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, id), changes, table.Present("asked"), table.Absent("f_at")),
		table.Delete(orderKey(h.ID, id, o)),
		h.event(e),
	)
}

// Freeze writes what « Envoyer » fixed, once: c.Frozen, c.Shards, the audience as it was found and the copies of the
// documents. Where today's names have grown too large together, the audience stays as it was saved.
// Errors: table.ErrCondition when it is frozen already.
func (h *Handle) Freeze(ctx context.Context, c convocation.Convocation, docs []convocation.Document) error {
	audience := attrs{table.Attrs{}}
	audience.text("to", entriesValue(c.Audience.To))
	audience.text("cc", entriesValue(c.Audience.Cc))
	audience.text("bcc", entriesValue(c.Audience.Bcc))
	err := h.freeze(ctx, c, docs, audience)
	if errors.Is(err, table.ErrTooLarge) {
		err = h.freeze(ctx, c, docs, attrs{})
	}
	return err
}

func (h *Handle) freeze(ctx context.Context, c convocation.Convocation, docs []convocation.Document, audience attrs) error {
	a := attrs{table.Attrs{}}
	frozenAttrs(a, c.Frozen)
	maps.Copy(a.Attrs, audience.Attrs)
	changes := []table.Change{table.Set("shards", table.Int(int64(c.Shards)))}
	if c.Meeting != nil { // its assembly is as it was found
		changes = append(changes, table.Set("meeting", table.Text(meetingValue(*c.Meeting))))
	}
	for name, v := range a.Attrs {
		changes = append(changes, table.Set(name, v))
	}
	writes := []table.Write{
		table.Update(headKey(h.ID, c.ID), changes, table.Present("asked"), table.Absent("f_at")),
	}
	for _, d := range docs {
		writes = append(writes, table.Put(documentKey(h.ID, c.ID, d.ID), documentAttrs(d)))
	}
	return h.data.Transact(ctx, writes...)
}

// MarkSent notes that the first order has ended. Repeating it changes nothing.
func (h *Handle) MarkSent(ctx context.Context, id convocation.ID, at time.Time) error {
	_, err := h.data.Write(ctx, table.Update(headKey(h.ID, id),
		[]table.Change{table.SetIfAbsent("sent", timeValue(at))}, table.ItemPresent()))
	return err
}

// PauseSend notes that nothing leaves for a while; the zero time, that it does again. c is the convocation as it was read.
// Errors: table.ErrCondition when it has changed since.
func (h *Handle) PauseSend(ctx context.Context, c convocation.Convocation, at time.Time, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, c.ID), []table.Change{setTime("paused", at)}, table.Present("asked"), sameTime("paused", c.PausedAt)),
		h.event(e),
	)
}

// StopSend notes that what has not left does not leave, with its event. A pause ends with it.
// Errors: table.ErrCondition when it was stopped since c was read.
func (h *Handle) StopSend(ctx context.Context, c convocation.Convocation, at time.Time, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, c.ID), []table.Change{table.Set("stopped", timeValue(at)), table.Remove("paused")},
			table.Present("f_at"), sameTime("stopped", c.StoppedAt)),
		h.event(e),
	)
}

// MarkClosed notes the closing of unread links, with its event.
func (h *Handle) MarkClosed(ctx context.Context, id convocation.ID, at time.Time, e journal.Event) error {
	return h.data.Transact(ctx,
		table.Update(headKey(h.ID, id), []table.Change{table.Set("closed", timeValue(at))}, table.ItemPresent()),
		h.event(e),
	)
}

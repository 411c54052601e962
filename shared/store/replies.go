package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// storedDocument is a document inside a validated reply.
type storedDocument struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	Media string `json:"media"`
	Key   string `json:"key"`
}

func replyAttrs(p convocation.Reply) table.Attrs {
	a := newAttrs()
	a.time("at", p.At)
	a.text("text", p.Text)
	if len(p.Documents) > 0 {
		stored := make([]storedDocument, len(p.Documents))
		for i, d := range p.Documents {
			stored[i] = storedDocument{string(d.ID), d.Name, d.Size, d.Media, d.Key}
		}
		raw, err := json.Marshal(stored)
		if err != nil {
			panic(err) // texts and numbers only: cannot fail
		}
		a.bytes("documents", raw)
	}
	return a.Attrs
}

func replyOf(version int, a table.Attrs) (convocation.Reply, error) {
	p := convocation.Reply{Version: version, At: timeOf(a, "at"), Text: a.Text("text")}
	var stored []storedDocument
	if raw := a.Bytes("documents"); raw != nil {
		if err := json.Unmarshal(raw, &stored); err != nil {
			return p, err
		}
	}
	for _, d := range stored {
		p.Documents = append(p.Documents, convocation.Document{
			ID: convocation.DocumentID(d.ID), Name: d.Name, Size: d.Size, Media: d.Media, Key: d.Key,
			State: convocation.DocumentStored,
		})
	}
	return p, nil
}

// Reply reads one validated version. Errors: table.ErrNotFound.
func (h *Handle) Reply(ctx context.Context, r convocation.RecipientRef, version int) (convocation.Reply, error) {
	item, err := h.data.Get(ctx, replyKey(h.ID, r, version))
	if err != nil {
		return convocation.Reply{}, err
	}
	return replyOf(version, item.Attrs)
}

// Draft reads the reply that is not sent yet; ChangedAt is zero when there is none.
func (h *Handle) Draft(ctx context.Context, r convocation.RecipientRef) (convocation.ReplyDraft, error) {
	item, err := h.data.Get(ctx, draftKey(h.ID, r))
	if errors.Is(err, table.ErrNotFound) {
		return convocation.ReplyDraft{}, nil
	}
	if err != nil {
		return convocation.ReplyDraft{}, err
	}
	a := item.Attrs
	return convocation.ReplyDraft{
		Revision: a.Int("revision"), Text: a.Text("text"), ChangedAt: timeOf(a, "changed"), Uploads: int(a.Int("uploads")),
	}, nil
}

// SaveDraft keeps the text of a reply and notes that one was begun. The last text saved wins: nothing is sent yet.
func (h *Handle) SaveDraft(ctx context.Context, r convocation.RecipientRef, text string, at time.Time) error {
	return h.data.Transact(ctx,
		table.Update(draftKey(h.ID, r), []table.Change{
			table.Set("v", table.Int(version)), table.Set("text", table.Text(text)),
			table.Set("changed", timeValue(at)), table.Add("revision", 1),
		}),
		table.Update(recipientKey(h.ID, r), []table.Change{table.SetIfAbsent("started", timeValue(at))}, table.ItemPresent()),
	)
}

// ReplyDocuments lists the documents that go with the draft, refused ones included.
func (h *Handle) ReplyDocuments(ctx context.Context, r convocation.RecipientRef) ([]convocation.Document, error) {
	return h.documents(ctx, table.Query{
		Partition: recipientsPartition(h.ID, r.Convocation, r.Shard), Prefix: prefix("rdoc", string(r.Recipient)),
	})
}

// AddReplyDocument notes a document that has arrived (or was refused) beside the draft as it was at that revision, and
// moves the draft on: what was shown before is not what would be validated now.
// Errors: table.ErrCondition when it is noted already, or the draft has changed since it was read.
func (h *Handle) AddReplyDocument(ctx context.Context, r convocation.RecipientRef, d convocation.Document, revision int64, at time.Time) error {
	changes := []table.Change{
		table.Set("v", table.Int(version)), table.Set("changed", timeValue(at)), table.Add("revision", 1),
	}
	if d.State == convocation.DocumentStored {
		changes = append(changes, table.Add("uploads", 1))
	}
	same := table.Absent("revision")
	if revision > 0 {
		same = table.Equals("revision", table.Int(revision))
	}
	return h.data.Transact(ctx,
		table.Put(replyDocumentKey(h.ID, r, d.ID), documentAttrs(d), table.ItemAbsent()),
		table.Update(draftKey(h.ID, r), changes, same),
	)
}

// DeleteReplyDocument takes a document out of the draft. Versions already validated keep it.
func (h *Handle) DeleteReplyDocument(ctx context.Context, r convocation.RecipientRef, d convocation.DocumentID, at time.Time) error {
	return h.data.Transact(ctx,
		table.Delete(replyDocumentKey(h.ID, r, d)),
		table.Update(draftKey(h.ID, r), []table.Change{
			table.Set("v", table.Int(version)), table.Set("changed", timeValue(at)), table.Add("revision", 1),
		}),
	)
}

// Validate turns the draft at that revision into version p.Version of the reply: the version, the emptied draft and
// the facts of the recipient in one transaction. Errors: table.ErrCondition when the draft changed, was validated
// already or the links were closed.
func (h *Handle) Validate(ctx context.Context, c convocation.ID, r convocation.Recipient, revision int64, p convocation.Reply) error {
	replies := table.Absent("replies")
	if p.Version > 1 {
		replies = table.Equals("replies", table.Int(int64(p.Version-1)))
	}
	reply := replyAttrs(p)
	reply["revision"] = table.Int(revision)
	return h.data.Transact(ctx,
		table.Put(replyKey(h.ID, r.Ref(c), p.Version), reply, table.ItemAbsent()),
		table.Update(draftKey(h.ID, r.Ref(c)), // emptied, not removed: its revisions never come back
			[]table.Change{table.Add("revision", 1), table.Remove("text"), table.Remove("changed")},
			table.Equals("revision", table.Int(revision))),
		table.Update(recipientKey(h.ID, r.Ref(c)), []table.Change{
			table.Set("replied", timeValue(p.At)), table.SetIfAbsent("first_reply", timeValue(p.At)),
			table.Set("replies", table.Int(int64(p.Version))), table.SetIfAbsent("started", timeValue(p.At)),
		}, replies, sameClosing(r)),
	)
}

// ValidatedRevision tells which revision of the draft became a version: a repeated validation is recognised by it.
func (h *Handle) ValidatedRevision(ctx context.Context, r convocation.RecipientRef, version int) (int64, error) {
	item, err := h.data.Get(ctx, replyKey(h.ID, r, version))
	if err != nil {
		return 0, err
	}
	return item.Attrs.Int("revision"), nil
}

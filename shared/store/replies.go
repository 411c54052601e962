package store

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// storedDocument is a document inside a validated reply, or of a convocation that was frozen.
type storedDocument struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Media  string `json:"media"`
	Key    string `json:"key"`
	Frozen string `json:"frozen,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Scan   string `json:"scan,omitempty"`
}

func replyAttrs(p convocation.Reply) table.Attrs {
	a := newAttrs()
	a.time("at", p.At)
	a.text("text", p.Text)
	a.text("presence", string(p.Choice.Presence))
	a.text("holder", string(p.Choice.Holder))
	a.text("holder_name", p.Holder)
	if b := p.Behalf; b != nil {
		a.text("by", b.By)
		a.text("way", string(b.Way))
		a.text("why", b.Reason)
	}
	if len(p.Documents) > 0 {
		a.bytes("documents", []byte(jsonValue(documentsValue(p.Documents))))
	}
	return a.Attrs
}

func documentsValue(docs []convocation.Document) []storedDocument {
	stored := make([]storedDocument, len(docs))
	for i, d := range docs {
		stored[i] = storedDocument{
			ID: string(d.ID), Name: d.Name, Size: d.Size, Media: d.Media, Key: d.Key, Frozen: d.FrozenKey, SHA256: d.SHA256,
			Scan: string(d.Scan),
		}
	}
	return stored
}

func documentsOf(stored []storedDocument) []convocation.Document {
	var docs []convocation.Document
	for i, d := range stored {
		docs = append(docs, convocation.Document{
			ID: convocation.DocumentID(d.ID), Name: d.Name, Size: d.Size, Media: d.Media, Key: d.Key, FrozenKey: d.Frozen,
			SHA256: d.SHA256, Scan: convocation.Scan(d.Scan), State: convocation.DocumentStored, Position: i + 1,
		})
	}
	return docs
}

// choiceOf reads a choice beside whatever it belongs to.
func choiceOf(a table.Attrs) convocation.Choice {
	return convocation.Choice{Presence: convocation.Presence(a.Text("presence")), Holder: convocation.PersonID(a.Text("holder"))}
}

// choiceChanges write a choice, or take the one away that was there.
func choiceChanges(c convocation.Choice) []table.Change {
	var changes []table.Change
	for _, it := range []struct{ name, text string }{{"presence", string(c.Presence)}, {"holder", string(c.Holder)}} {
		if it.text == "" {
			changes = append(changes, table.Remove(it.name))
		} else {
			changes = append(changes, table.Set(it.name, table.Text(it.text)))
		}
	}
	return changes
}

func replyOf(version int, a table.Attrs) convocation.Reply {
	p := convocation.Reply{
		Version: version, At: timeOf(a, "at"), Text: a.Text("text"), Choice: choiceOf(a), Holder: a.Text("holder_name"),
		Documents: documentsOf(valueOf[[]storedDocument](string(a.Bytes("documents")))),
	}
	if a.Has("by") {
		p.Behalf = &convocation.Behalf{By: a.Text("by"), Way: convocation.Way(a.Text("way")), Reason: a.Text("why")}
	}
	return p
}

// Reply reads one validated version. Errors: table.ErrNotFound.
func (h *Handle) Reply(ctx context.Context, r convocation.RecipientRef, version int) (convocation.Reply, error) {
	item, err := h.data.Get(ctx, replyKey(h.ID, r, version))
	if err != nil {
		return convocation.Reply{}, err
	}
	return replyOf(version, item.Attrs), nil
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
		Revision: a.Int("revision"), Text: a.Text("text"), Choice: choiceOf(a), ChangedAt: timeOf(a, "changed"), Uploads: int(a.Int("uploads")),
	}, nil
}

// SaveDraft keeps the text and the choice of a reply, and notes that one was begun: whoever begins one is a person. The
// last one saved wins: nothing is sent yet.
func (h *Handle) SaveDraft(ctx context.Context, r convocation.RecipientRef, text string, choice convocation.Choice, at time.Time) error {
	changes := append(choiceChanges(choice),
		table.Set("v", table.Int(version)), table.Set("text", table.Text(text)),
		table.Set("changed", timeValue(at)), table.Add("revision", 1))
	return h.data.Transact(ctx,
		table.Update(draftKey(h.ID, r), changes),
		table.Update(recipientKey(h.ID, r), []table.Change{
			table.SetIfAbsent("started", timeValue(at)), table.SetIfAbsent("opened", timeValue(at)),
		}, table.ItemPresent()),
	)
}

// ReplyDocuments lists the documents that go with the draft, refused ones included.
func (h *Handle) ReplyDocuments(ctx context.Context, r convocation.RecipientRef) ([]convocation.Document, error) {
	return h.documents(ctx, table.Query{
		Partition: recipientsPartition(h.ID, r.Convocation, r.Shard), Prefix: prefix("rdoc", replies(r)),
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

// Answer is a reply that takes effect: its version, what it changes in the register, who is told.
type Answer struct {
	Reply   convocation.Reply
	Was     convocation.Register // as it was read; the zero register without a meeting
	Next    convocation.Register
	Notices []convocation.Recipient // each with its Notice
	Event   *journal.Event          // of a reply recorded by the secretary; nil for the élu's own
}

// Validate turns the draft at that revision into version Reply.Version of the reply: the version, the emptied draft, the
// facts of the recipient, the register and the notices in one transaction. Errors: table.ErrCondition when the draft or
// the register changed, it was validated already, or the links were closed.
func (h *Handle) Validate(ctx context.Context, c convocation.ID, r convocation.Recipient, revision int64, p Answer) error {
	reply := replyAttrs(p.Reply)
	reply["revision"] = table.Int(revision)
	writes := append(h.answered(c, r, p, reply, sameClosing(r)),
		// emptied, not removed: its revisions never come back
		table.Update(draftKey(h.ID, r.Ref(c)), emptied(), table.Equals("revision", table.Int(revision))))
	return h.data.Transact(ctx, writes...)
}

// emptied makes a draft one that was not begun.
func emptied() []table.Change {
	return []table.Change{
		table.Set("v", table.Int(version)), table.Add("revision", 1), table.Remove("text"), table.Remove("changed"),
		table.Remove("presence"), table.Remove("holder"),
	}
}

// Record writes a reply that the secretary took down; a draft of the élu's own stays as it is.
// Errors: table.ErrCondition when another reply or the register came first.
func (h *Handle) Record(ctx context.Context, c convocation.ID, r convocation.Recipient, p Answer) error {
	return h.data.Transact(ctx, append(h.answered(c, r, p, replyAttrs(p.Reply)), h.event(*p.Event))...)
}

// answered are the writes that every reply makes.
func (h *Handle) answered(c convocation.ID, r convocation.Recipient, p Answer, reply table.Attrs, conds ...table.Cond) []table.Write {
	ref, v := r.Ref(c), p.Reply.Version
	replies := table.Absent("replies")
	if v > 1 {
		replies = table.Equals("replies", table.Int(int64(v-1)))
	}
	changes := append(choiceChanges(p.Reply.Choice),
		table.Set("replied", timeValue(p.Reply.At)), table.SetIfAbsent("first_reply", timeValue(p.Reply.At)),
		table.Set("replies", table.Int(int64(v))))
	if p.Reply.Behalf != nil {
		changes = append(changes, table.Set("on_behalf", table.Bool(true)))
	} else {
		changes = append(changes, table.Remove("on_behalf"), table.SetIfAbsent("started", timeValue(p.Reply.At)),
			table.SetIfAbsent("opened", timeValue(p.Reply.At)))
	}
	writes := []table.Write{
		table.Put(replyKey(h.ID, ref, v), reply, table.ItemAbsent()),
		table.Update(recipientKey(h.ID, ref), changes, append(conds, table.ItemPresent(), replies)...),
	}
	if p.Next.Revision > p.Was.Revision {
		writes = append(writes, h.enter(c, p.Was, p.Next))
	}
	for _, n := range p.Notices {
		writes = append(writes, table.Put(recipientKey(h.ID, n.Ref(c)), recipientAttrs(n), table.ItemAbsent()))
	}
	return writes
}

// ValidatedRevision tells which revision of the draft became a version: a repeated validation is recognised by it.
func (h *Handle) ValidatedRevision(ctx context.Context, r convocation.RecipientRef, version int) (int64, error) {
	item, err := h.data.Get(ctx, replyKey(h.ID, r, version))
	if err != nil {
		return 0, err
	}
	return item.Attrs.Int("revision"), nil
}

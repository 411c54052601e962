package upload

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// ReplyForm gives the form to attach a file to a reply. It writes nothing: the document exists once it has arrived.
func (s *Service) ReplyForm(ctx context.Context, h *store.Handle, r convocation.RecipientRef, back string) (files.Form, error) {
	doc := ident.New(convocation.DocumentPrefix, s.Random)
	return s.Files.SignUpload(ctx, files.Upload{
		Key:     files.Key(fmt.Sprintf("%s/%s", replyFolder(h, r), doc)),
		MinSize: 1, MaxSize: convocation.MaxReplyFileSize, Expiry: Expiry, KeepName: true, Redirect: back,
	})
}

// replyFolder is where the files of somebody's replies lie.
func replyFolder(h *store.Handle, r convocation.RecipientRef) string {
	return fmt.Sprintf("%s/%s/%s", h.ID, r.Convocation, r.Recipient)
}

// tries of adding a document to a draft that changes meanwhile: others arrive, or the élu writes.
const tries = 20

// storedReply adds to a reply's draft what has come by a form, unless there is too much. By one form several documents
// may come, one after the other: each is known by the form and by what it holds, so that an event that comes twice adds
// nothing.
func (s *Service) storedReply(ctx context.Context, h *store.Handle, id convocation.ID, r convocation.RecipientID, form convocation.DocumentID, key files.Key) error {
	_, who, err := h.RecipientOf(ctx, id, r)
	if err != nil {
		return ignoreMissing(err)
	}
	ref := who.Ref(id)
	d, err := s.received(ctx, replyFolder(h, ref), form, key)
	if errors.Is(err, files.ErrNotFound) {
		return nil // the event came late: the document has been noted since
	}
	if err != nil {
		return err
	}
	if err := s.attachMeanwhile(ctx, h, who, ref, d); err != nil {
		return fmt.Errorf("adding document %s to the reply of %s: %w", d.ID, r, err) // the event comes again
	}
	return s.Files.Delete(ctx, key)
}

// attachMeanwhile attaches a document to a draft that others change. Errors: table.ErrCondition when they never stop.
func (s *Service) attachMeanwhile(ctx context.Context, h *store.Handle, who convocation.Recipient, ref convocation.RecipientRef, d convocation.Document) error {
	var err error
	for range tries {
		if err = s.attach(ctx, h, who, ref, d); !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
	return err
}

// received is the document that has come under a key: copied to where no form can write, under a name that its content
// gives it, and judged there. A name that contradicts the content is a mistake of the élu's device, and completed.
func (s *Service) received(ctx context.Context, folder string, form convocation.DocumentID, key files.Key) (convocation.Document, error) {
	posted, err := s.Files.Stat(ctx, key)
	if err != nil {
		return convocation.Document{}, err
	}
	sum := sha256.New()
	if err := s.read(ctx, key, func(r io.Reader) error { _, err := io.Copy(sum, r); return err }); err != nil {
		return convocation.Document{}, err
	}
	content := fmt.Sprintf("%x", sum.Sum(nil))
	kept := files.Key(fmt.Sprintf("%s/kept/%s-%s", folder, form, content[:16]))
	var info files.Info
	err = s.read(ctx, key, func(r io.Reader) (err error) { info, err = s.Files.Create(ctx, kept, r); return err })
	if errors.Is(err, files.ErrExists) {
		info, err = s.Files.Stat(ctx, kept)
	}
	if err != nil {
		return convocation.Document{}, err
	}
	d := convocation.Document{
		ID:   convocation.DocumentID(ident.Derive(convocation.DocumentPrefix, []byte(form), content)),
		Name: posted.Name, Key: string(kept), AskedAt: s.Now(),
	}
	kind, ok, err := files.SniffStored(ctx, s.Files, kept, "")
	s.decide(&d, kind, ok, info.Size)
	return d, err
}

func (s *Service) read(ctx context.Context, key files.Key, do func(io.Reader) error) error {
	r, err := s.Files.Open(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	return do(r)
}

// attach adds a document to the draft as it is now. Errors: table.ErrCondition when it has changed meanwhile.
func (s *Service) attach(ctx context.Context, h *store.Handle, who convocation.Recipient, ref convocation.RecipientRef, d convocation.Document) error {
	draft, err := h.Draft(ctx, ref)
	if err != nil {
		return err
	}
	docs, err := h.ReplyDocuments(ctx, ref)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(docs, func(other convocation.Document) bool { return other.ID == d.ID }); i >= 0 {
		if docs[i].State == convocation.DocumentRefused {
			return s.drop(ctx, h, who, ref, d.Key) // it may not have gone so far
		}
		return nil
	}
	d.Position = position(docs)
	d.Name = files.Unique(named(d), names(docs))
	fit(&d, docs, draft.Uploads)
	if d.State == convocation.DocumentStored {
		return h.AddReplyDocument(ctx, ref, d, draft.Revision, s.Now())
	}
	if refused(docs) < convocation.MaxReplyFiles { // else enough is said: whoever holds a link could send without end
		if err := h.AddReplyDocument(ctx, ref, d, draft.Revision, s.Now()); err != nil {
			return err
		}
	}
	return s.drop(ctx, h, who, ref, d.Key)
}

// named is how a document is called: as the browser said, or after its place.
func named(d convocation.Document) string {
	if d.Name != "" {
		return d.Name
	}
	return fmt.Sprintf("document-%d%s", d.Position, files.KindOf(d.Media).Ext)
}

func names(docs []convocation.Document) []string {
	all := make([]string, len(docs))
	for i, d := range docs {
		all[i] = d.Name
	}
	return all
}

func refused(docs []convocation.Document) (n int) {
	for _, d := range docs {
		if d.State == convocation.DocumentRefused {
			n++
		}
	}
	return n
}

// fit refuses a document that is too much for the reply, or for all replies of one person. Those refused before do not
// count.
func fit(d *convocation.Document, docs []convocation.Document, uploads int) {
	count, total := 1, d.Size
	for _, other := range docs {
		if other.State == convocation.DocumentStored {
			count++
			total += other.Size
		}
	}
	switch {
	case d.State == convocation.DocumentRefused:
	case count > convocation.MaxReplyFiles:
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrReplyFiles.Code
	case total > convocation.MaxReplySize:
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrReplyFilesSize.Code
	case uploads >= convocation.MaxReplyUploads:
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrReplyUploads.Code
	}
}

// drop removes the file of a document, unless a version that was sent or the draft holds it.
func (s *Service) drop(ctx context.Context, h *store.Handle, who convocation.Recipient, ref convocation.RecipientRef, key string) error {
	holds := func(docs []convocation.Document) bool {
		return slices.ContainsFunc(docs, func(d convocation.Document) bool {
			return d.Key == key && d.State == convocation.DocumentStored
		})
	}
	docs, err := h.ReplyDocuments(ctx, ref)
	if err != nil || holds(docs) {
		return err
	}
	for version := range who.Replies {
		reply, err := h.Reply(ctx, ref, version+1)
		if err != nil || holds(reply.Documents) {
			return err
		}
	}
	return s.Files.Delete(ctx, files.Key(key))
}

// Removed is the agenda entry of a document that is taken out of a reply: its file goes once no form can bring it back.
// It is to be written before the document is taken out.
func Removed(h *store.Handle, r convocation.RecipientRef, d convocation.Document, now time.Time) store.AgendaEntry {
	return store.AgendaEntry{
		Due: now.Add(Overdue), Collectivity: h.ID, Convocation: r.Convocation, What: store.DueUpload,
		Order: convocation.OrderID(string(r.Recipient) + "/" + d.Key[strings.LastIndexByte(d.Key, '/')+1:]),
	}
}

// dueRemoved answers such an entry.
func (s *Service) dueRemoved(ctx context.Context, e store.AgendaEntry) error {
	r, name, _ := strings.Cut(string(e.Order), "/")
	h := s.Tables.Collectivity(e.Collectivity)
	_, who, err := h.RecipientOf(ctx, e.Convocation, convocation.RecipientID(r))
	if err != nil {
		return ignoreMissing(err)
	}
	ref := who.Ref(e.Convocation)
	return s.drop(ctx, h, who, ref, replyFolder(h, ref)+"/kept/"+name)
}

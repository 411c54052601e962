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
	return s.Files.For(h.ID).SignUpload(ctx, files.Upload{
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
func (s *Service) storedReply(ctx context.Context, h *store.Handle, id convocation.ID, r convocation.RecipientID, form convocation.DocumentID) error {
	_, who, err := h.RecipientOf(ctx, id, r)
	if err != nil {
		return ignoreMissing(err)
	}
	ref := who.Ref(id)
	posted := files.Key(replyFolder(h, ref) + "/" + string(form))
	d, err := s.received(ctx, h, replyFolder(h, ref), form, posted)
	if errors.Is(err, files.ErrNotFound) {
		return nil // the event came late: the document has been noted since
	}
	if err != nil {
		return err
	}
	if again := s.scan(ctx, h, &d); !again.IsZero() { // written before the document waits
		if err := s.Tables.AgendaHandle().Put(ctx, due(h, id, replyOrder(r, d.Key), again)); err != nil {
			return err
		}
	}
	if err := s.attachMeanwhile(ctx, arrival{h, who, ref, d, false}); err != nil {
		return fmt.Errorf("adding document %s to the reply of %s: %w", d.ID, r, err) // the event comes again
	}
	return s.Files.For(h.ID).Delete(ctx, posted)
}

// arrival is a document on its way into the draft of a reply.
type arrival struct {
	h      *store.Handle
	who    convocation.Recipient
	ref    convocation.RecipientRef
	d      convocation.Document
	waited bool // it has waited there for the antivirus: where it does not any more, the élu has taken it out
}

// attachMeanwhile attaches a document to a draft that others change. Errors: table.ErrCondition when they never stop.
func (s *Service) attachMeanwhile(ctx context.Context, a arrival) error {
	var err error
	for range tries {
		if err = s.attach(ctx, a); !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
	return err
}

// received is the document that has come under a key: copied to where no form can write, under a name that its content
// gives it, and judged there. A name that contradicts the content is a mistake of the élu's device, and completed.
func (s *Service) received(ctx context.Context, h *store.Handle, folder string, form convocation.DocumentID, posted files.Key) (convocation.Document, error) {
	was, err := s.Files.For(h.ID).Stat(ctx, posted)
	if err != nil {
		return convocation.Document{}, err
	}
	sum := sha256.New()
	if err := s.read(ctx, h, posted, func(r io.Reader) error { _, err := io.Copy(sum, r); return err }); err != nil {
		return convocation.Document{}, err
	}
	name := fmt.Sprintf("%s-%x", form, sum.Sum(nil)[:8])
	kept := files.Key(folder + "/kept/" + name)
	info, err := s.keep(ctx, h, posted, kept)
	if err != nil {
		return convocation.Document{}, err
	}
	d := convocation.Document{ID: taken(name), Name: was.Name, Key: string(kept), AskedAt: s.Now()}
	kind, ok, err := files.SniffStored(ctx, s.Files.For(h.ID), kept, "")
	s.decide(&d, kind, ok, info.Size)
	return d, err
}

// taken names the document whose file has that name. While it waits for the antivirus it is another one, waiting: to
// take the one in and the other out is two changes of the draft, each of which may be repeated.
func taken(name string) convocation.DocumentID {
	return convocation.DocumentID(ident.Derive(convocation.DocumentPrefix, []byte(name), "taken"))
}

func waiting(name string) convocation.DocumentID {
	return convocation.DocumentID(ident.Derive(convocation.DocumentPrefix, []byte(name), "waiting"))
}

// fileName is the last part of a key.
func fileName(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

func (s *Service) read(ctx context.Context, h *store.Handle, key files.Key, do func(io.Reader) error) error {
	r, err := s.Files.For(h.ID).Open(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	return do(r)
}

// attach adds a document to the draft as it is now, in the place of the one that has waited for the antivirus.
// Errors: table.ErrCondition when the draft has changed meanwhile.
func (s *Service) attach(ctx context.Context, a arrival) error {
	draft, err := a.h.Draft(ctx, a.ref)
	if err != nil {
		return err
	}
	docs, err := a.h.ReplyDocuments(ctx, a.ref)
	if err != nil {
		return err
	}
	there, before := find(docs, a.d.ID), find(docs, waiting(fileName(a.d.Key)))
	switch {
	case there != nil:
		a.d = *there // the event has come twice
	case before == nil && a.waited:
		return s.drop(ctx, a, a.d.Key)
	case before != nil && a.d.State == convocation.DocumentPending:
		return nil
	default:
		if err := s.add(ctx, &a, draft, docs, before); err != nil {
			return err
		}
	}
	if before != nil {
		if err := a.h.DeleteReplyDocument(ctx, a.ref, before.ID, s.Now()); err != nil {
			return err
		}
	}
	if a.d.State == convocation.DocumentRefused {
		return s.drop(ctx, a, a.d.Key) // it may not have gone so far
	}
	return nil
}

// add writes a document into the draft, refused where there is too much.
func (s *Service) add(ctx context.Context, a *arrival, draft convocation.ReplyDraft, docs []convocation.Document, before *convocation.Document) error {
	a.d.Position = position(docs)
	if before != nil {
		a.d.Position = before.Position
		docs = slices.DeleteFunc(slices.Clone(docs), func(d convocation.Document) bool { return d.ID == before.ID })
	}
	a.d.Name = files.Unique(named(a.d), names(docs))
	fit(&a.d, docs, draft.Uploads)
	if a.d.State == convocation.DocumentPending {
		a.d.ID = waiting(fileName(a.d.Key))
	}
	if a.d.State == convocation.DocumentRefused && before == nil && refused(docs) >= convocation.MaxReplyFiles {
		return nil // enough is said: whoever holds a link could send without end
	}
	return a.h.AddReplyDocument(ctx, a.ref, a.d, draft.Revision, s.Now())
}

func find(docs []convocation.Document, id convocation.DocumentID) *convocation.Document {
	i := slices.IndexFunc(docs, func(d convocation.Document) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	return &docs[i]
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
		if other.State != convocation.DocumentRefused {
			count++
			total += other.Size
		}
	}
	switch {
	case d.State == convocation.DocumentRefused:
	case count > convocation.MaxReplyFiles:
		refuse(d, convocation.ErrReplyFiles.Code)
	case total > convocation.MaxReplySize:
		refuse(d, convocation.ErrReplyFilesSize.Code)
	case uploads >= convocation.MaxReplyUploads:
		refuse(d, convocation.ErrReplyUploads.Code)
	}
}

// drop removes a file, unless a version that was sent or the draft holds it.
func (s *Service) drop(ctx context.Context, a arrival, key string) error {
	holds := func(docs []convocation.Document) bool {
		return slices.ContainsFunc(docs, func(d convocation.Document) bool {
			return d.Key == key && d.State != convocation.DocumentRefused
		})
	}
	docs, err := a.h.ReplyDocuments(ctx, a.ref)
	if err != nil || holds(docs) {
		return err
	}
	for version := range a.who.Replies {
		reply, err := a.h.Reply(ctx, a.ref, version+1)
		if err != nil || holds(reply.Documents) {
			return err
		}
	}
	return s.Files.For(a.h.ID).Delete(ctx, files.Key(key))
}

// Removed is the agenda entry of a document that is taken out of a reply: its file goes once no form can bring it back.
// It is to be written before the document is taken out. One that waits for the antivirus has its entry already.
func Removed(h *store.Handle, r convocation.RecipientRef, d convocation.Document, now time.Time) store.AgendaEntry {
	return due(h, r.Convocation, replyOrder(r.Recipient, d.Key), now.Add(Overdue))
}

// replyOrder names the file of a document of a reply in the agenda.
func replyOrder(r convocation.RecipientID, key string) string { return string(r) + "/" + fileName(key) }

// dueReply looks at the file of a document of a reply: it waits for the antivirus, or nobody needs it any more.
func (s *Service) dueReply(ctx context.Context, h *store.Handle, id convocation.ID, r convocation.RecipientID, name string) (time.Time, error) {
	_, who, err := h.RecipientOf(ctx, id, r)
	if err != nil {
		return time.Time{}, ignoreMissing(err)
	}
	a := arrival{h: h, who: who, ref: who.Ref(id), waited: true}
	docs, err := h.ReplyDocuments(ctx, a.ref)
	if err != nil {
		return time.Time{}, err
	}
	before := find(docs, waiting(name))
	if before == nil {
		return time.Time{}, s.unneeded(ctx, a, name)
	}
	a.d = *before
	a.d.ID, a.d.State, a.d.Scan = taken(name), convocation.DocumentStored, convocation.ScanNone
	if again := s.scan(ctx, h, &a.d); !again.IsZero() {
		return again, nil
	}
	return time.Time{}, s.attachMeanwhile(ctx, a)
}

// unneeded removes a file that no document holds. While what its form has brought is still there, the document has not
// come as far as the draft: it goes on from there.
func (s *Service) unneeded(ctx context.Context, a arrival, name string) error {
	folder := replyFolder(a.h, a.ref)
	form, _, _ := strings.Cut(name, "-")
	switch _, err := s.Files.For(a.h.ID).Stat(ctx, files.Key(folder+"/"+form)); {
	case errors.Is(err, files.ErrNotFound):
		return s.drop(ctx, a, folder+"/kept/"+name)
	case err != nil:
		return err
	}
	return s.storedReply(ctx, a.h, a.ref.Convocation, a.ref.Recipient, convocation.DocumentID(form))
}

// Package answer is the élu's side: a link leads to a visit; opening makes the convocation read; a reply is a draft
// until it is validated, and every validated version is kept.
//
// Looking never writes. Opening through the link of attempt n also proves that attempt n arrived, whatever the mail
// service said.
package answer

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/link"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/upload"
)

// Service answers links. All fields are needed.
type Service struct {
	Tables  store.Tables
	Files   files.Store
	Uploads *upload.Service
	Now     func() time.Time
}

// Visit is somebody with a valid link.
type Visit struct {
	Handle      *store.Handle
	Convocation convocation.Convocation
	Recipient   convocation.Recipient
	Attempt     int // whose link it is
}

// Ref names the recipient.
func (v Visit) Ref() convocation.RecipientRef { return v.Recipient.Ref(v.Convocation.ID) }

// CanReply tells whether this recipient answers: copies read only.
func (v Visit) CanReply() bool { return v.Recipient.Type == convocation.To }

// Visit checks a link: one read for a wrong one, two for a right one, no write. An unknown locator and a wrong secret
// are one same error. Errors: convocation.ErrLinkUnknown, convocation.ErrLinkClosed (with the convocation, so that the
// page can name whom to call).
func (s *Service) Visit(ctx context.Context, t link.Token) (Visit, error) {
	h := s.Tables.Collectivity(t.Collectivity)
	r, err := h.Recipient(ctx, convocation.RecipientRef{Convocation: t.Convocation, Shard: t.Shard, Recipient: t.Recipient})
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return Visit{}, err
	}
	a, found := opens(r, link.DigestOf(t.Secret))
	if !found {
		return Visit{}, convocation.ErrLinkUnknown
	}
	c, err := h.Convocation(ctx, t.Convocation)
	if err != nil {
		return Visit{}, err
	}
	v := Visit{Handle: h, Convocation: c, Recipient: r, Attempt: a.N}
	if !r.Live(a) {
		return v, convocation.ErrLinkClosed
	}
	return v, nil
}

// opens finds the attempt whose secret has that digest; every digest is compared, each in constant time.
func opens(r convocation.Recipient, digest link.Digest) (convocation.Attempt, bool) {
	var hit convocation.Attempt
	found := false
	for _, a := range r.Attempts {
		if subtle.ConstantTimeCompare(a.Digest, digest[:]) == 1 {
			hit, found = a, true
		}
	}
	return hit, found
}

// Open makes the convocation read, and proves that the attempt of this link arrived; opening again through the same link
// changes nothing. Errors: convocation.ErrLinkClosed.
func (s *Service) Open(ctx context.Context, v Visit) error {
	if a, found := attempt(v.Recipient, v.Attempt); found && !v.Recipient.OpenedAt.IsZero() && !a.Sent().IsZero() {
		return nil
	}
	now := s.Now()
	if err := s.act(ctx, v, now); err != nil {
		return err
	}
	_, err := v.Handle.MarkOpened(ctx, v.Recipient, v.Convocation.ID, v.Attempt, now)
	if errors.Is(err, table.ErrCondition) {
		return convocation.ErrLinkClosed
	}
	return err
}

// act puts the convocation in the agenda, before the act itself, so that the list is put in order soon after. Acts of
// the same ten seconds share one entry.
func (s *Service) act(ctx context.Context, v Visit, now time.Time) error {
	return s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: now.Truncate(10 * time.Second).Add(10 * time.Second), Collectivity: v.Handle.ID,
		Convocation: v.Convocation.ID, What: store.DueList, Order: store.NoOrder,
	})
}

// Page is what the élu reads.
type Page struct {
	Visit
	Documents      []convocation.Document
	Draft          convocation.ReplyDraft // Text is the last reply's when nothing newer was written
	Begun          bool                   // there is something that was not sent
	DraftDocuments []convocation.Document
	Last           convocation.Reply // Version 0 when there is none
}

// Stored tells how many documents would go with the reply: those that were refused do not.
func (p Page) Stored() int { return len(stored(p.DraftDocuments)) }

// Page reads all that the pages after the first one show. It writes nothing.
func (s *Service) Page(ctx context.Context, v Visit) (Page, error) {
	p := Page{Visit: v}
	var err error
	if p.Documents, err = v.Handle.Documents(ctx, v.Convocation.ID); err != nil {
		return p, err
	}
	if !v.CanReply() {
		return p, nil
	}
	if p.Draft, err = v.Handle.Draft(ctx, v.Ref()); err != nil {
		return p, err
	}
	if p.DraftDocuments, err = v.Handle.ReplyDocuments(ctx, v.Ref()); err != nil {
		return p, err
	}
	p.Begun = !p.Draft.ChangedAt.IsZero()
	if v.Recipient.Replies == 0 {
		return p, nil
	}
	p.Last, err = v.Handle.Reply(ctx, v.Ref(), v.Recipient.Replies)
	if p.Draft.Text == "" {
		p.Draft.Text = p.Last.Text
	}
	return p, err
}

// Download gives the address of a document and records that it was asked for.
// Errors: convocation.ErrDocumentUnknown.
func (s *Service) Download(ctx context.Context, v Visit, doc convocation.DocumentID) (string, error) {
	d, err := v.Handle.Document(ctx, v.Convocation.ID, doc)
	if errors.Is(err, table.ErrNotFound) || (err == nil && d.FrozenKey == "") {
		return "", convocation.ErrDocumentUnknown
	}
	if err != nil {
		return "", err
	}
	if err := v.Handle.MarkDocuments(ctx, v.Ref(), s.Now()); err != nil {
		return "", err
	}
	return s.Files.SignDownload(ctx, files.ToSee(files.Key(d.FrozenKey), d.Name, d.Media))
}

// Zip gives the address of all documents in one file, and records that they were asked for.
// Errors: convocation.ErrDocumentUnknown.
func (s *Service) Zip(ctx context.Context, v Visit) (string, error) {
	f := v.Convocation.Frozen
	if f.Zip == "" {
		return "", convocation.ErrDocumentUnknown
	}
	if err := v.Handle.MarkDocuments(ctx, v.Ref(), s.Now()); err != nil {
		return "", err
	}
	return s.Files.SignDownload(ctx, files.ToSaveZip(files.Key(f.Zip), v.Convocation.Subject))
}

// SaveText keeps the text of a reply; nothing is sent. Errors: convocation.ErrReplyNotTheirs, ErrReplyEmpty,
// ErrReplyTooLong.
func (s *Service) SaveText(ctx context.Context, v Visit, typed string) error {
	if !v.CanReply() {
		return convocation.ErrReplyNotTheirs
	}
	text, err := convocation.CheckReply(typed)
	if err != nil {
		return err
	}
	return v.Handle.SaveDraft(ctx, v.Ref(), text, s.Now())
}

// UploadForm gives the form to attach one file to the reply. It writes nothing. back is where the browser returns.
// Errors: convocation.ErrReplyNotTheirs.
func (s *Service) UploadForm(ctx context.Context, v Visit, back string) (files.Form, error) {
	if !v.CanReply() {
		return files.Form{}, convocation.ErrReplyNotTheirs
	}
	return s.Uploads.ReplyForm(ctx, v.Handle, v.Ref(), back)
}

// RemoveDocument takes a document out of the reply that is not sent yet; versions already sent keep it. One that is gone
// already is no error, and begins no reply. Errors: convocation.ErrReplyNotTheirs.
func (s *Service) RemoveDocument(ctx context.Context, v Visit, doc convocation.DocumentID) error {
	if !v.CanReply() {
		return convocation.ErrReplyNotTheirs
	}
	docs, err := v.Handle.ReplyDocuments(ctx, v.Ref())
	i := slices.IndexFunc(docs, func(d convocation.Document) bool { return d.ID == doc })
	if err != nil || i < 0 {
		return err
	}
	now := s.Now()
	if docs[i].State == convocation.DocumentStored {
		if err := s.Tables.AgendaHandle().Put(ctx, upload.Removed(v.Handle, v.Ref(), docs[i], now)); err != nil {
			return err
		}
	}
	return v.Handle.DeleteReplyDocument(ctx, v.Ref(), doc, now)
}

// Validate sends the reply as it was shown at that revision, and returns it. Pressed twice it is one reply.
// Errors: convocation.ErrReplyNotTheirs, ErrReplyNotBegun, ErrReplyEmpty, ErrReplyChanged, ErrReplyFiles,
// ErrReplyFilesSize, ErrLinkClosed.
func (s *Service) Validate(ctx context.Context, v Visit, revision int64) (convocation.Reply, error) {
	if !v.CanReply() {
		return convocation.Reply{}, convocation.ErrReplyNotTheirs
	}
	p, err := s.Page(ctx, v)
	if err != nil {
		return convocation.Reply{}, err
	}
	if !p.Begun || p.Draft.Revision != revision {
		return s.validated(ctx, v, revision)
	}
	if p.Draft.Text == "" {
		return convocation.Reply{}, convocation.ErrReplyEmpty
	}
	now := s.Now()
	reply := convocation.Reply{
		Version: v.Recipient.Replies + 1, At: now, Text: p.Draft.Text, Documents: stored(p.DraftDocuments),
	}
	if err := fits(reply.Documents); err != nil {
		return convocation.Reply{}, err
	}
	if err := s.act(ctx, v, now); err != nil {
		return convocation.Reply{}, err
	}
	err = v.Handle.Validate(ctx, v.Convocation.ID, v.Recipient, revision, reply)
	if errors.Is(err, table.ErrCondition) {
		return s.validated(ctx, v, revision)
	}
	return reply, err
}

// stored leaves out the documents that were refused.
func stored(docs []convocation.Document) []convocation.Document {
	return slices.DeleteFunc(slices.Clone(docs), func(d convocation.Document) bool {
		return d.State != convocation.DocumentStored
	})
}

// fits checks the documents of a reply again: several that arrive at once do not see each other.
func fits(docs []convocation.Document) error {
	total := int64(0)
	for _, d := range docs {
		total += d.Size
	}
	switch {
	case len(docs) > convocation.MaxReplyFiles:
		return convocation.ErrReplyFiles.At("documents", "")
	case total > convocation.MaxReplySize:
		return convocation.ErrReplyFilesSize.At("documents", "")
	}
	return nil
}

// validated finds out why a revision cannot be validated: it was already (a second click, or our own write reported as
// failed), the links were closed, or the draft has changed.
func (s *Service) validated(ctx context.Context, v Visit, revision int64) (convocation.Reply, error) {
	r, err := v.Handle.Recipient(ctx, v.Ref())
	if err != nil {
		return convocation.Reply{}, err
	}
	if a, found := attempt(r, v.Attempt); found && !r.Live(a) {
		return convocation.Reply{}, convocation.ErrLinkClosed
	}
	if r.Replies == 0 {
		return convocation.Reply{}, notBegun(revision)
	}
	was, err := v.Handle.ValidatedRevision(ctx, v.Ref(), r.Replies)
	if err != nil {
		return convocation.Reply{}, err
	}
	if was != revision {
		return convocation.Reply{}, convocation.ErrReplyChanged
	}
	return v.Handle.Reply(ctx, v.Ref(), r.Replies)
}

func notBegun(revision int64) error {
	if revision == 0 {
		return convocation.ErrReplyNotBegun
	}
	return convocation.ErrReplyChanged
}

func attempt(r convocation.Recipient, n int) (convocation.Attempt, bool) {
	i := slices.IndexFunc(r.Attempts, func(a convocation.Attempt) bool { return a.N == n })
	if i < 0 {
		return convocation.Attempt{}, false
	}
	return r.Attempts[i], true
}

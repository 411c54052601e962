// Package upload lets documents in: it signs the forms with which browsers put files straight into the store, and
// notes what has arrived when the store says so. The kind of a document is decided by its first bytes, never by its
// name or by the form.
//
// Keys of the files store: <siren>/<cnv>/up/<doc> for a document of a convocation, <siren>/<cnv>/<rcp>/<doc> for one
// of a reply, <siren>/imports/<imp> for a file of contacts. What « Envoyer » fixed lies under <siren>/<cnv>/<ord>/,
// where no form can write.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Expiry of a form: long enough for 100 MB over a slow line to begin, and for an élu to find the file.
const Expiry = 60 * time.Minute

// Overdue is when a document that was asked for and has not arrived is given up.
const Overdue = 90 * time.Minute

// sniffed bytes are read to tell the kind.
const sniffed = 64 << 10

// ReasonLost: the document was announced and never arrived.
const ReasonLost = "upload_lost"

// Service signs forms and settles uploads. All fields are needed.
type Service struct {
	Tables store.Tables
	Files  files.Store
	Now    func() time.Time
	Random io.Reader
}

// Document announces a document of a draft and gives the form to put it there.
// Errors: errs.ErrNotFound, convocation.ErrAlreadySent, ErrDocumentKind, ErrDocumentEmpty, ErrDocumentTooBig,
// ErrDocumentsTooBig, ErrTooManyDocs.
func (s *Service) Document(ctx context.Context, h *store.Handle, id convocation.ID, name string, size int64) (convocation.Document, files.Form, error) {
	name = files.SafeName(name)
	docs, err := h.Documents(ctx, id)
	if err != nil {
		return convocation.Document{}, files.Form{}, err
	}
	if err := announced(docs, name, size); err != nil {
		return convocation.Document{}, files.Form{}, err
	}
	d := convocation.Document{
		ID: convocation.DocumentID(ident.New(convocation.DocumentPrefix, s.Random)), Name: name, Size: size,
		Position: position(docs), State: convocation.DocumentPending, AskedAt: s.Now(),
	}
	d.Key = fmt.Sprintf("%s/%s/up/%s", h.ID, id, d.ID)
	if err := s.Tables.AgendaHandle().Put(ctx, overdue(h, id, d)); err != nil {
		return d, files.Form{}, err
	}
	if err := h.PutDocument(ctx, id, d); err != nil {
		return d, files.Form{}, s.refusal(ctx, h, id, err)
	}
	form, err := s.Files.SignUpload(ctx, files.Upload{
		Key: files.Key(d.Key), MinSize: 1, MaxSize: convocation.MaxDocumentSize, Expiry: Expiry,
	})
	return d, form, err
}

// announced checks what the browser says of a file; the store and the first bytes check it again.
func announced(docs []convocation.Document, name string, size int64) error {
	total := size
	for _, d := range docs {
		total += d.Size
	}
	switch {
	case !files.KnownName(name):
		return convocation.ErrDocumentKind.At("documents", name)
	case size <= 0:
		return convocation.ErrDocumentEmpty.At("documents", name)
	case size > convocation.MaxDocumentSize:
		return convocation.ErrDocumentTooBig.At("documents", name)
	case total > convocation.MaxDocumentsSize:
		return convocation.ErrDocumentsTooBig.At("documents", name)
	case len(docs) >= convocation.MaxDocuments:
		return convocation.ErrTooManyDocs.At("documents", name)
	}
	return nil
}

func position(docs []convocation.Document) int {
	last := 0
	for _, d := range docs {
		last = max(last, d.Position)
	}
	return last + 1
}

func overdue(h *store.Handle, id convocation.ID, d convocation.Document) store.AgendaEntry {
	return store.AgendaEntry{
		Due: d.AskedAt.Add(Overdue), Collectivity: h.ID, Convocation: id, What: store.DueUpload,
		Order: convocation.OrderID(d.ID),
	}
}

// refusal tells a missing convocation from a sent one.
func (s *Service) refusal(ctx context.Context, h *store.Handle, id convocation.ID, err error) error {
	if !errors.Is(err, table.ErrCondition) {
		return err
	}
	if _, err := h.Convocation(ctx, id); errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound
	}
	return convocation.ErrAlreadySent
}

// ReplyForm gives the form to attach a file to a reply. It writes nothing: the document exists once it has arrived.
func (s *Service) ReplyForm(ctx context.Context, h *store.Handle, r convocation.RecipientRef, back string) (files.Form, error) {
	doc := ident.New(convocation.DocumentPrefix, s.Random)
	return s.Files.SignUpload(ctx, files.Upload{
		Key:     files.Key(fmt.Sprintf("%s/%s/%s/%s", h.ID, r.Convocation, r.Recipient, doc)),
		MinSize: 1, MaxSize: convocation.MaxReplyFileSize, Expiry: Expiry, Redirect: back,
	})
}

// Stored notes that an upload has ended. It answers the store's event, which may come several times.
func (s *Service) Stored(ctx context.Context, key files.Key, info files.Info) error {
	parts := strings.Split(string(key), "/")
	siren, err := collectivity.ParseID(parts[0])
	if err != nil || len(parts) != 4 {
		return nil // a file of contacts: its import looks for it
	}
	h := s.Tables.Collectivity(siren)
	id, okC := convocation.ParseID(parts[1])
	doc := convocation.DocumentID(parts[3])
	if !okC || !ident.Valid(convocation.DocumentPrefix, parts[3]) {
		return nil
	}
	if parts[2] == "up" {
		return s.storedDocument(ctx, h, id, doc, info)
	}
	if r, ok := convocation.ParseRecipientID(parts[2]); ok {
		return s.storedReply(ctx, h, id, r, doc, key, info)
	}
	return nil
}

func (s *Service) storedDocument(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID, info files.Info) error {
	d, err := h.Document(ctx, id, doc)
	if errors.Is(err, table.ErrNotFound) {
		return nil // taken away while it was travelling
	}
	if err != nil {
		return err
	}
	if err := s.judge(ctx, &d, info); err != nil {
		return err
	}
	err = h.SettleDocument(ctx, id, d)
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

// judge decides by the first bytes whether a document is taken, and fills in what is known of it.
func (s *Service) judge(ctx context.Context, d *convocation.Document, info files.Info) error {
	head, err := s.head(ctx, files.Key(d.Key))
	if err != nil {
		return err
	}
	d.Size, d.StoredAt = info.Size, s.Now()
	kind, ok := files.Sniff(head, d.Name)
	if !ok {
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrDocumentKind.Code
		return nil
	}
	d.State, d.Reason, d.Media = convocation.DocumentStored, "", kind.Media
	if path.Ext(d.Name) == "" {
		d.Name += kind.Ext
	}
	return nil
}

func (s *Service) head(ctx context.Context, key files.Key) ([]byte, error) {
	r, err := s.Files.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, sniffed))
}

// storedReply adds a document to a reply's draft, unless there are too many.
func (s *Service) storedReply(ctx context.Context, h *store.Handle, id convocation.ID, r convocation.RecipientID, doc convocation.DocumentID, key files.Key, info files.Info) error {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	ref := convocation.RecipientRef{Convocation: id, Shard: convocation.ShardOf(r, c.Shards), Recipient: r}
	if _, err := h.Recipient(ctx, ref); err != nil {
		return ignoreMissing(err)
	}
	docs, err := h.ReplyDocuments(ctx, ref)
	if err != nil {
		return err
	}
	d := convocation.Document{ID: doc, Key: string(key), AskedAt: s.Now(), Position: position(docs), Size: info.Size}
	total := info.Size
	for _, other := range docs {
		total += other.Size
	}
	d.Name = fmt.Sprintf("document-%d", d.Position)
	if err := s.judge(ctx, &d, info); err != nil {
		return err
	}
	switch {
	case d.State == convocation.DocumentRefused:
	case len(docs) >= convocation.MaxReplyFiles:
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrReplyFiles.Code
	case total > convocation.MaxReplySize:
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrReplyFilesSize.Code
	}
	if d.State == convocation.DocumentRefused {
		if err := s.Files.Delete(ctx, key); err != nil {
			return err
		}
	}
	err = h.AddReplyDocument(ctx, ref, d, s.Now())
	if errors.Is(err, table.ErrCondition) {
		return nil // the event came twice
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	return err
}

// Due answers an agenda entry for a document that was asked for: arrived without an event, it is noted now; not
// arrived, it is given up.
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
	d, err := h.Document(ctx, e.Convocation, convocation.DocumentID(e.Order))
	if err != nil || d.State != convocation.DocumentPending {
		return time.Time{}, ignoreMissing(err)
	}
	info, err := s.Files.Stat(ctx, files.Key(d.Key))
	if err == nil {
		return time.Time{}, s.storedDocument(ctx, h, e.Convocation, d.ID, info)
	}
	if !errors.Is(err, files.ErrNotFound) {
		return time.Time{}, err
	}
	d.State, d.Reason, d.StoredAt = convocation.DocumentRefused, ReasonLost, s.Now()
	err = h.SettleDocument(ctx, e.Convocation, d)
	if errors.Is(err, table.ErrCondition) {
		err = nil
	}
	return time.Time{}, err
}

// Package upload lets documents in: it signs the forms with which browsers put files straight into the store, and
// notes what has arrived when the store says so. The kind of a document is decided by its bytes, never by its name or by
// the form.
//
// Keys of the files store: <siren>/<cnv>/up/<doc> for a document of a convocation, <siren>/<cnv>/<rcp>/<doc> for one
// of a reply, <siren>/imports/<imp> for a file of contacts. Until it expires a form may be posted again with another
// file; what has to stay as it was lies where no form can write: <siren>/<cnv>/<ord>/ has what « Envoyer » fixed,
// <siren>/<cnv>/<rcp>/kept/ the documents of replies.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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
	d.Key = draftKey(h, id, d.ID)
	if err := s.Tables.AgendaHandle().Put(ctx, overdue(h, id, d)); err != nil {
		return d, files.Form{}, err
	}
	if err := h.PutDocument(ctx, id, d); err != nil {
		if _, missing := h.Document(ctx, id, d.ID); missing != nil {
			return d, files.Form{}, s.refusal(ctx, h, id, err)
		} // else it was written all the same: asking again would announce it twice
	}
	if err := s.crowded(ctx, h, id, d); err != nil {
		return d, files.Form{}, err
	}
	form, err := s.Files.SignUpload(ctx, files.Upload{
		Key: files.Key(d.Key), MinSize: 1, MaxSize: convocation.MaxDocumentSize, Expiry: Expiry,
	})
	return d, form, err
}

// draftKey is where a document of a draft lies in the files store.
func draftKey(h *store.Handle, id convocation.ID, d convocation.DocumentID) string {
	return fmt.Sprintf("%s/%s/up/%s", h.ID, id, d)
}

// crowded takes a document back that is too much together with others announced at the same moment. Where that cannot
// be read, the document stays.
func (s *Service) crowded(ctx context.Context, h *store.Handle, id convocation.ID, d convocation.Document) error {
	docs, err := h.Documents(ctx, id)
	if err != nil {
		return nil
	}
	others := slices.DeleteFunc(docs, func(other convocation.Document) bool { return other.ID == d.ID })
	if err := announced(others, d.Name, d.Size); err != nil {
		return errors.Join(err, h.DeleteDocument(ctx, id, d.ID))
	}
	return nil
}

// announced checks what the browser says of a file; the store and the bytes check it again.
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
		return s.storedReply(ctx, h, id, r, doc, key)
	}
	return nil
}

func (s *Service) storedDocument(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID, info files.Info) error {
	d, err := h.Document(ctx, id, doc)
	if errors.Is(err, table.ErrNotFound) { // taken away while it was travelling: nobody else would remove the file
		return s.Files.Delete(ctx, files.Key(draftKey(h, id, doc)))
	}
	if err != nil {
		return err
	}
	tooBig, err := s.tooBig(ctx, h, id, d, info)
	if err != nil {
		return err
	}
	kind, ok, err := files.SniffStored(ctx, s.Files, files.Key(d.Key), d.Name)
	if err != nil {
		return err
	}
	s.decide(&d, kind, ok, info.Size)
	if tooBig && d.State == convocation.DocumentStored {
		d.State, d.Reason = convocation.DocumentRefused, convocation.ErrDocumentsTooBig.Code
	}
	err = h.SettleDocument(ctx, id, d)
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

// tooBig tells whether a document, larger than was announced, makes all of them too large together.
func (s *Service) tooBig(ctx context.Context, h *store.Handle, id convocation.ID, d convocation.Document, info files.Info) (bool, error) {
	if d.State == convocation.DocumentPending && info.Size <= d.Size {
		return false, nil // as announced
	}
	docs, err := h.Documents(ctx, id)
	total := info.Size
	for _, other := range docs {
		if other.ID != d.ID && other.State != convocation.DocumentRefused {
			total += other.Size
		}
	}
	return total > convocation.MaxDocumentsSize, err
}

// decide fills in what is known of a document once its bytes are: ok tells whether they are of a kind that is taken.
func (s *Service) decide(d *convocation.Document, kind files.Kind, ok bool, size int64) {
	d.Size, d.StoredAt = size, s.Now()
	if !ok {
		d.State, d.Reason, d.Media = convocation.DocumentRefused, convocation.ErrDocumentKind.Code, ""
		return
	}
	d.State, d.Reason, d.Media = convocation.DocumentStored, "", kind.Media
	if d.Name != "" {
		d.Name = kind.Named(d.Name)
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	return err
}

// Due answers an agenda entry for a document that was asked for: arrived without an event, it is noted now; not
// arrived, it is given up; taken away meanwhile, its file goes too. It also answers those of [Removed].
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	if strings.Contains(string(e.Order), "/") {
		return time.Time{}, s.dueRemoved(ctx, e)
	}
	h := s.Tables.Collectivity(e.Collectivity)
	doc := convocation.DocumentID(e.Order)
	d, err := h.Document(ctx, e.Convocation, doc)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, s.Files.Delete(ctx, files.Key(draftKey(h, e.Convocation, doc)))
	}
	if err != nil || d.State != convocation.DocumentPending {
		return time.Time{}, err
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

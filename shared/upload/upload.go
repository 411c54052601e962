// Package upload lets documents in: it signs the forms with which browsers put files straight into the store, and
// notes what has arrived when the store says so. The kind of a document is decided by its bytes, never by its name or by
// the form.
//
// Keys of the files store: <siren>/<cnv>/up/<doc> for a document of a convocation, <siren>/<cnv>/<rcp>/<doc> for one
// of a reply, <siren>/imports/<imp> for a file of contacts. Until it expires a form may be posted again with another
// file; what has to stay as it was lies where no form can write: <siren>/<cnv>/kept/ has the documents of a convocation,
// <siren>/<cnv>/<rcp>/kept/ those of replies, <siren>/<cnv>/<ord>/ what « Envoyer » fixed.
//
// What has come is copied there first, and everything is decided on the copy: its size, its kind, and what the antivirus
// says (see scan.go). Only a document whose state is « stored » can be downloaded or sent.
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

// Service signs forms and settles uploads. All fields but Scanner are needed.
type Service struct {
	Tables  store.Tables
	Files   files.Shelves
	Scanner files.Scanner // nil: there is no antivirus (« non analysé »)
	Now     func() time.Time
	Random  io.Reader
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
	d.Key = keptKey(h, id, d.ID)
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
	form, err := s.Files.For(h.ID).SignUpload(ctx, files.Upload{
		Key: postedKey(h, id, d.ID), MinSize: 1, MaxSize: convocation.MaxDocumentSize, Expiry: Expiry,
	})
	return d, form, err
}

// postedKey is where the form of a document of a draft writes.
func postedKey(h *store.Handle, id convocation.ID, d convocation.DocumentID) files.Key {
	return files.Key(fmt.Sprintf("%s/%s/up/%s", h.ID, id, d))
}

// keptKey is where the document itself lies.
func keptKey(h *store.Handle, id convocation.ID, d convocation.DocumentID) string {
	return fmt.Sprintf("%s/%s/kept/%s", h.ID, id, d)
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
	return due(h, id, string(d.ID), d.AskedAt.Add(Overdue))
}

// due is an entry of the agenda for a document: of a draft, or of a reply (see replyOrder).
func due(h *store.Handle, id convocation.ID, order string, at time.Time) store.AgendaEntry {
	return store.AgendaEntry{
		Due: at, Collectivity: h.ID, Convocation: id, What: store.DueUpload, Order: convocation.OrderID(order),
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

// Stored notes that an upload has ended. It answers the store's event, which may come several times; that of the copy
// of a document, where a store tells of those too, is one more look at it.
func (s *Service) Stored(ctx context.Context, key files.Key, _ files.Info) error {
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
	if parts[2] == "up" || parts[2] == "kept" {
		return s.storedDraft(ctx, h, id, doc)
	}
	if r, ok := convocation.ParseRecipientID(parts[2]); ok {
		return s.storedReply(ctx, h, id, r, doc)
	}
	return nil
}

// storedDraft notes a document of a draft; while the antivirus has not answered, the agenda brings it round.
func (s *Service) storedDraft(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID) error {
	again, err := s.storedDocument(ctx, h, id, doc)
	if errors.Is(err, files.ErrNotFound) { // the event came late: the document has been noted and taken away since
		return nil
	}
	if err != nil || again.IsZero() {
		return err
	}
	return s.Tables.AgendaHandle().Put(ctx, due(h, id, string(doc), again))
}

// storedDocument decides on a document of a draft, and says when to look again. The first file that came is the document
// and stays it: what the form brings later is dropped. Errors: files.ErrNotFound when nothing has come.
func (s *Service) storedDocument(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID) (time.Time, error) {
	posted := postedKey(h, id, doc)
	d, err := h.Document(ctx, id, doc)
	was := d
	if errors.Is(err, table.ErrNotFound) { // taken away while it was travelling: nobody else would remove its files
		return time.Time{}, s.remove(ctx, h, posted, files.Key(keptKey(h, id, doc)))
	}
	if err != nil {
		return time.Time{}, err
	}
	if decided(d) && files.Key(d.Key) != posted { // one that came before documents were copied is under the form's own key
		return time.Time{}, s.tidy(ctx, h, d, posted)
	}
	info, err := s.keep(ctx, h, posted, files.Key(d.Key))
	if err != nil {
		return time.Time{}, err
	}
	tooBig, err := s.tooBig(ctx, h, id, d, info)
	if err != nil {
		return time.Time{}, err
	}
	kind, ok, err := files.SniffStored(ctx, s.Files.For(h.ID), files.Key(d.Key), d.Name)
	if err != nil {
		return time.Time{}, err
	}
	s.decide(&d, kind, ok, info.Size)
	if tooBig && d.State == convocation.DocumentStored {
		refuse(&d, convocation.ErrDocumentsTooBig.Code)
	}
	again := s.scan(ctx, h, &d)
	if err := h.SettleDocument(ctx, id, was, d); err != nil {
		return time.Time{}, ignoreCondition(err)
	}
	return again, s.tidy(ctx, h, d, posted)
}

// decided tells whether a document is what it will be. One that was given up may still come.
func decided(d convocation.Document) bool {
	return d.State == convocation.DocumentStored || d.State == convocation.DocumentRefused && d.Reason != ReasonLost
}

// keep copies what a form has brought to where no form can write, unless it was before.
func (s *Service) keep(ctx context.Context, h *store.Handle, posted, kept files.Key) (files.Info, error) {
	info, err := s.Files.For(h.ID).Stat(ctx, kept)
	if !errors.Is(err, files.ErrNotFound) {
		return info, err
	}
	err = s.read(ctx, h, posted, func(r io.Reader) (err error) { info, err = s.Files.For(h.ID).Create(ctx, kept, r); return err })
	if errors.Is(err, files.ErrExists) { // by another event at the same moment
		return s.Files.For(h.ID).Stat(ctx, kept)
	}
	return info, err
}

// tidy removes what a document does not need any more: what its form brought, and its own file when it was refused.
func (s *Service) tidy(ctx context.Context, h *store.Handle, d convocation.Document, posted files.Key) error {
	switch {
	case d.State == convocation.DocumentRefused:
		return s.remove(ctx, h, posted, files.Key(d.Key))
	case files.Key(d.Key) == posted:
		return nil
	}
	return s.remove(ctx, h, posted)
}

func (s *Service) remove(ctx context.Context, h *store.Handle, keys ...files.Key) error {
	var failures []error
	for _, key := range keys {
		failures = append(failures, s.Files.For(h.ID).Delete(ctx, key))
	}
	return errors.Join(failures...)
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
	if d.State != convocation.DocumentPending || d.StoredAt.IsZero() { // else it waits for the antivirus since then
		d.StoredAt = s.Now()
	}
	d.Size = size
	if !ok {
		refuse(d, convocation.ErrDocumentKind.Code)
		return
	}
	d.State, d.Reason, d.Media, d.Scan = convocation.DocumentStored, "", kind.Media, convocation.ScanNone
	if d.Name != "" {
		d.Name = kind.Named(d.Name)
	}
}

func refuse(d *convocation.Document, reason string) {
	d.State, d.Reason, d.Media, d.Scan = convocation.DocumentRefused, reason, "", convocation.ScanNone
}

func ignoreMissing(err error) error {
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	return err
}

func ignoreCondition(err error) error {
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	return err
}

// Due answers an agenda entry for a document that was asked for: arrived without an event, it is noted now; not
// arrived, it is given up; taken away meanwhile, its files go too; waiting for the antivirus, it is asked about. It also
// answers those of the documents of replies.
func (s *Service) Due(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	h := s.Tables.Collectivity(e.Collectivity)
	if recipient, name, is := strings.Cut(string(e.Order), "/"); is {
		return s.dueReply(ctx, h, e.Convocation, convocation.RecipientID(recipient), name)
	}
	doc := convocation.DocumentID(e.Order)
	again, err := s.storedDocument(ctx, h, e.Convocation, doc)
	if !errors.Is(err, files.ErrNotFound) {
		return again, err
	}
	d, err := h.Document(ctx, e.Convocation, doc)
	if err != nil || d.State != convocation.DocumentPending {
		return time.Time{}, ignoreMissing(err)
	}
	was := d
	refuse(&d, ReasonLost)
	d.StoredAt = s.Now()
	return time.Time{}, ignoreCondition(h.SettleDocument(ctx, e.Convocation, was, d))
}

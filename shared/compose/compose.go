// Package compose keeps drafts: the text, the fields of recipients and the order of the documents, until « Envoyer ».
// Every change says at which version the draft was read; two windows never overwrite each other in silence.
package compose

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/phc"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Service keeps drafts. All fields but Cost are needed.
type Service struct {
	Tables store.Tables
	Files  files.Shelves
	Now    func() time.Time
	Random io.Reader
	Cost   phc.Cost // of the passwords that open convocations; zero: phc.DefaultCost
}

// Draft is a convocation with its documents.
type Draft struct {
	convocation.Convocation
	Documents []convocation.Document
}

// Text is what the secretary writes: the fields as typed, free addresses still as text.
type Text struct {
	Subject, Message string
	To, Cc, Bcc      []Entry
	Meeting          *convocation.Meeting // of its assembly the ID counts; nil: a plain mail
	RepliesUntil     time.Time            // zero: none
	LinkDays         int                  // 0: convocation.DefaultLinkDays
	RemindDays       int                  // who has not answered is reminded so many days before replies end; 0: nobody
	Password         *string              // nil: as it is; empty: none
}

// Entry is one entry of a field: a group, a contact, or an address as typed (« Jean Dupont <jean@x.fr> »).
type Entry struct {
	Group   directory.GroupID
	Contact directory.ContactID
	Address string
	Name    string
}

// Create begins an empty draft.
func (s *Service) Create(ctx context.Context, h *store.Handle, by string) (Draft, error) {
	now := s.Now()
	key := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, key); err != nil {
		return Draft{}, err
	}
	id := convocation.ID(ident.New(convocation.Prefix, s.Random))
	c := convocation.New(id, key, now)
	err := h.CreateConvocation(ctx, c, s.event(now, by, journal.ConvocationCreated, id))
	if err != nil {
		if _, missing := h.Convocation(ctx, id); missing == nil {
			err = nil // it was written all the same: pressing again would make a second one
		}
	}
	return Draft{Convocation: c}, err
}

// Draft reads a convocation, sent or not, with its documents. Errors: errs.ErrNotFound.
func (s *Service) Draft(ctx context.Context, h *store.Handle, id convocation.ID) (Draft, error) {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Draft{}, errs.ErrNotFound
	}
	if err != nil {
		return Draft{}, err
	}
	docs, err := h.Documents(ctx, id)
	return Draft{c, docs}, err
}

// Save replaces the text of a draft that was read at that version. The same text given again, after a lost answer, is
// taken again. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, convocation.ErrAlreadySent, ErrSubjectTooLong,
// ErrSubjectInvalid, ErrMessageTooLong, ErrTooManyEntries, ErrAddressInvalid, ErrNameTooLong, ErrGroupUnknown,
// ErrContactUnknown, ErrAssemblyUnknown, ErrLinkDays, ErrRemindDays, ErrPasswordShort, ErrPasswordLong, those of convocation.CheckMeeting.
func (s *Service) Save(ctx context.Context, h *store.Handle, by string, id convocation.ID, version int64, t Text) (Draft, error) {
	d, err := s.Draft(ctx, h, id)
	if err != nil {
		return d, err
	}
	if !d.Draft() {
		return d, convocation.ErrAlreadySent
	}
	if d.Version != version && d.Version != version+1 {
		return d, errs.ErrChangedMeanwhile
	}
	saved, err := s.written(ctx, h, d.Convocation, t)
	if d.Version == version+1 && (err != nil || !same(saved, d.Convocation, t.Password)) {
		return d, errs.ErrChangedMeanwhile
	}
	if err != nil || d.Version == version+1 {
		return d, err
	}
	now := s.Now()
	saved.Version, saved.ChangedAt, saved.Refused, saved.RefusedName = version+1, now, "", ""
	if saved.Password, err = s.password(saved.Password, t.Password); err != nil {
		return d, err
	}
	err = h.SaveConvocation(ctx, saved, s.event(now, by, journal.ConvocationSaved, id))
	return Draft{saved, d.Documents}, s.settle(ctx, h, saved, err)
}

// written is the convocation with what the secretary wrote.
func (s *Service) written(ctx context.Context, h *store.Handle, c convocation.Convocation, t Text) (convocation.Convocation, error) {
	var err error
	if c.Subject, err = convocation.CheckSubject(t.Subject); err != nil {
		return c, err
	}
	if c.Message, err = convocation.CheckMessage(t.Message); err != nil {
		return c, err
	}
	if c.Meeting, err = s.meeting(ctx, h, t.Meeting); err != nil {
		return c, err
	}
	if t.LinkDays != 0 && (t.LinkDays < convocation.MinLinkDays || t.LinkDays > convocation.MaxLinkDays) {
		return c, convocation.ErrLinkDays.At("link_days", "")
	}
	if t.RemindDays < 0 || t.RemindDays > convocation.MaxRemindDays {
		return c, convocation.ErrRemindDays.At("remind_days", "")
	}
	c.RepliesUntil, c.LinkDays, c.RemindDays = t.RepliesUntil, t.LinkDays, t.RemindDays
	if err := checkPassword(t.Password); err != nil {
		return c, err
	}
	c.Audience, err = s.audience(ctx, h, t)
	return c, err
}

// same compares what the secretary wrote; b is as it is stored, with the password typed, if one was.
func same(a, b convocation.Convocation, password *string) bool {
	for _, t := range convocation.Types() {
		if !slices.EqualFunc(a.Audience.Of(t), b.Audience.Of(t), sameEntry) {
			return false
		}
	}
	return a.Subject == b.Subject && a.Message == b.Message && sameMeeting(a.Meeting, b.Meeting) &&
		a.RepliesUntil.Equal(b.RepliesUntil) && a.LinkDays == b.LinkDays && a.RemindDays == b.RemindDays && samePassword(b.Password, password)
}

// sameEntry leaves out what is only there to be shown: the names of groups and contacts, and how many they are.
func sameEntry(a, b convocation.Entry) bool {
	return a.Group == b.Group && a.Contact == b.Contact && a.Address == b.Address && (a.Address == "" || a.Name == b.Name)
}

// settle finds out what an error of saving came to: nothing (our own write, reported as failed), or another's change.
func (s *Service) settle(ctx context.Context, h *store.Handle, ours convocation.Convocation, failed error) error {
	switch {
	case failed == nil:
		return nil
	case errors.Is(failed, table.ErrTooLarge):
		return convocation.ErrTooManyEntries.At(string(convocation.To), "")
	}
	now, err := h.Convocation(ctx, ours.ID)
	switch {
	case err == nil && now.Draft() && now.Version == ours.Version && now.ChangedAt.Equal(ours.ChangedAt) &&
		same(ours, now, nil) && now.Password == ours.Password:
		return nil
	case errors.Is(failed, table.ErrNotFound), errors.Is(failed, table.ErrCondition):
		return changed(now, err)
	default:
		return failed
	}
}

// changed says why a draft cannot be changed any more as it was read: how it is now, or the error of reading it.
func changed(now convocation.Convocation, err error) error {
	switch {
	case errors.Is(err, table.ErrNotFound):
		return errs.ErrNotFound
	case err != nil:
		return err
	case !now.Draft():
		return convocation.ErrAlreadySent
	default:
		return errs.ErrChangedMeanwhile
	}
}

func (s *Service) audience(ctx context.Context, h *store.Handle, t Text) (convocation.Audience, error) {
	var a convocation.Audience
	for _, f := range []struct {
		kind  convocation.Type
		typed []Entry
		into  *[]convocation.Entry
	}{{convocation.To, t.To, &a.To}, {convocation.Cc, t.Cc, &a.Cc}, {convocation.Bcc, t.Bcc, &a.Bcc}} {
		if len(f.typed) > convocation.MaxEntries {
			return a, convocation.ErrTooManyEntries.At(string(f.kind), "")
		}
		for _, typed := range f.typed {
			e, err := s.entry(ctx, h, f.kind, typed)
			if err != nil {
				return a, err
			}
			if !slices.Contains(*f.into, e) {
				*f.into = append(*f.into, e)
			}
		}
	}
	return a, nil
}

// entry checks one entry and gives it today's name and count.
func (s *Service) entry(ctx context.Context, h *store.Handle, t convocation.Type, typed Entry) (convocation.Entry, error) {
	switch {
	case typed.Group != "":
		return s.groupEntry(ctx, h, t, typed)
	case typed.Contact != "":
		if !ident.Valid("ctc_", string(typed.Contact)) {
			return convocation.Entry{}, convocation.ErrContactUnknown.At(string(t), typed.Name)
		}
		c, err := h.Contact(ctx, typed.Contact)
		if errors.Is(err, table.ErrNotFound) {
			return convocation.Entry{}, convocation.ErrContactUnknown.At(string(t), typed.Name)
		}
		return convocation.Entry{Contact: typed.Contact, Name: c.Name}, err
	default:
		address, name, err := directory.CleanAddress(typed.Address)
		if err != nil {
			return convocation.Entry{}, convocation.ErrAddressInvalid.At(string(t), typed.Address)
		}
		if name == "" {
			name = directory.CleanName(typed.Name)
		}
		if utf8.RuneCountInString(name) > directory.MaxName {
			return convocation.Entry{}, convocation.ErrNameTooLong.At(string(t), string(address))
		}
		return convocation.Entry{Address: address, Name: name}, nil
	}
}

func (s *Service) groupEntry(ctx context.Context, h *store.Handle, t convocation.Type, typed Entry) (convocation.Entry, error) {
	if !ident.Valid("grp_", string(typed.Group)) {
		return convocation.Entry{}, convocation.ErrGroupUnknown.At(string(t), typed.Name)
	}
	g, err := h.Group(ctx, typed.Group)
	if errors.Is(err, table.ErrNotFound) {
		return convocation.Entry{}, convocation.ErrGroupUnknown.At(string(t), typed.Name)
	}
	if err != nil {
		return convocation.Entry{}, err
	}
	members, err := h.MemberContacts(ctx, typed.Group)
	e := convocation.Entry{Group: g.ID, Name: g.Name}
	for _, c := range members {
		if !c.Inactive && c.Mailed() {
			e.Count++
		}
	}
	return e, err
}

// Delete removes a draft with its documents. Errors: errs.ErrNotFound, convocation.ErrAlreadySent,
// errs.ErrChangedMeanwhile.
func (s *Service) Delete(ctx context.Context, h *store.Handle, by string, id convocation.ID) error {
	d, err := s.Draft(ctx, h, id)
	if err != nil {
		return err
	}
	if !d.Convocation.Draft() {
		return convocation.ErrAlreadySent
	}
	failed := h.DeleteConvocation(ctx, d.Convocation, d.Documents, s.event(s.Now(), by, journal.ConvocationDeleted, id))
	if failed != nil {
		now, err := h.Convocation(ctx, id)
		gone := errors.Is(err, table.ErrNotFound)
		switch {
		case errors.Is(failed, table.ErrCondition) && !gone, errors.Is(failed, table.ErrNotFound):
			return changed(now, err)
		case !gone:
			return failed
		}
	}
	for _, doc := range d.Documents {
		if err := s.Files.For(h.ID).Delete(ctx, files.Key(doc.Key)); err != nil {
			return err
		}
	}
	return nil
}

// RemoveDocument takes a document out of a draft. One that is gone already is no error.
// Errors: convocation.ErrAlreadySent.
func (s *Service) RemoveDocument(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID) error {
	d, err := h.Document(ctx, id, doc)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	failed := h.DeleteDocument(ctx, id, doc)
	if failed != nil {
		if _, err := h.Document(ctx, id, doc); !errors.Is(err, table.ErrNotFound) {
			if errors.Is(failed, table.ErrCondition) {
				return convocation.ErrAlreadySent
			}
			return failed
		}
	}
	return s.Files.For(h.ID).Delete(ctx, files.Key(d.Key))
}

// OrderDocuments puts the documents in the order given; those not named follow.
// Errors: errs.ErrNotFound, convocation.ErrAlreadySent, errs.ErrChangedMeanwhile.
func (s *Service) OrderDocuments(ctx context.Context, h *store.Handle, id convocation.ID, order []convocation.DocumentID) error {
	d, err := s.Draft(ctx, h, id)
	if err != nil {
		return err
	}
	if !d.Convocation.Draft() {
		return convocation.ErrAlreadySent
	}
	if len(d.Documents) == 0 {
		return nil
	}
	place := func(d convocation.Document) int {
		if i := slices.Index(order, d.ID); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(d.Documents, func(a, b convocation.Document) int { return place(a) - place(b) })
	for i := range d.Documents {
		d.Documents[i].Position = i + 1
	}
	err = h.ReplaceDocuments(ctx, id, d.Documents)
	if errors.Is(err, table.ErrCondition) {
		return changed(h.Convocation(ctx, id))
	}
	return err
}

// Download gives the secretary the address of a document. Errors: convocation.ErrDocumentUnknown.
func (s *Service) Download(ctx context.Context, h *store.Handle, id convocation.ID, doc convocation.DocumentID) (string, error) {
	d, err := h.Document(ctx, id, doc)
	if errors.Is(err, table.ErrNotFound) || (err == nil && d.State != convocation.DocumentStored) {
		return "", convocation.ErrDocumentUnknown
	}
	if err != nil {
		return "", err
	}
	key := d.FrozenKey
	if key == "" {
		key = d.Key
	}
	return s.Files.For(h.ID).SignDownload(ctx, files.ToSee(files.Key(key), d.Name, d.Media))
}

// Zip gives the secretary the address of all documents in one file. Errors: errs.ErrNotFound,
// convocation.ErrDocumentUnknown when there are fewer than two or the convocation has not been sent.
func (s *Service) Zip(ctx context.Context, h *store.Handle, id convocation.ID) (string, error) {
	d, err := s.Draft(ctx, h, id)
	if err != nil {
		return "", err
	}
	if d.Frozen.Zip == "" {
		return "", convocation.ErrDocumentUnknown
	}
	return s.Files.For(h.ID).SignDownload(ctx, files.ToSaveZip(files.Key(d.Frozen.Zip), d.Subject))
}

func (s *Service) event(at time.Time, by string, what journal.What, id convocation.ID) journal.Event {
	return journal.Event{ID: ident.New("evt_", s.Random), At: at, Who: by, What: what, Subject: string(id)}
}

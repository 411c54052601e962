package follow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/store"
	"convoc/shared/table"
)

// maxZip is how much of replies goes into one file, in bytes: it is written while somebody waits.
const maxZip = 200 << 20

// The refusals of the file of all replies.
var (
	ErrNoReplyDocument = errs.Define(errs.Invalid, "no_reply_document", "no reply has a document")
	ErrRepliesTooLarge = errs.Define(errs.TooLarge, "replies_too_large", "the documents of the replies are over 200 MB together")
)

// Answered is a recipient with the reply that counts.
type Answered struct {
	convocation.Recipient
	Reply convocation.Reply // Version 0 when there is none
}

// LastReplies reads the last reply of each recipient, in the order of the follow-up. Errors: errs.ErrNotFound.
func (s *Service) LastReplies(ctx context.Context, h *store.Handle, id convocation.ID) (Detail, []Answered, error) {
	d, err := s.Detail(ctx, h, id)
	if err != nil {
		return d, nil, err
	}
	all := make([]Answered, len(d.Recipients))
	for i, r := range d.Recipients {
		all[i].Recipient = r
		if r.Replies == 0 {
			continue
		}
		if all[i].Reply, err = h.Reply(ctx, r.Ref(id), r.Replies); err != nil {
			return d, nil, err
		}
	}
	return d, all, nil
}

// Zip gives the address of the documents of all last replies in one file, made when it is first asked for and named by
// what it holds; it is saved as title and the subject. Errors: errs.ErrNotFound, [ErrNoReplyDocument],
// [ErrRepliesTooLarge].
func (s *Service) Zip(ctx context.Context, h *store.Handle, id convocation.ID, title string) (string, error) {
	d, all, err := s.LastReplies(ctx, h, id)
	if err != nil {
		return "", err
	}
	var entries []files.Entry
	sum := sha256.New()
	total := int64(0)
	for _, a := range all {
		for _, doc := range a.Reply.Documents {
			entries = append(entries, files.Entry{
				Name: cmp.Or(a.Name, string(a.Address)) + " – " + doc.Name, Modified: a.Reply.At,
				Open: func() (io.ReadCloser, error) { return s.Files.For(h.ID).Open(ctx, files.Key(doc.Key)) },
			})
			fmt.Fprintf(sum, "%s %s\n", a.Name, doc.Key)
			total += doc.Size
		}
	}
	switch {
	case len(entries) == 0:
		return "", ErrNoReplyDocument
	case total > maxZip:
		return "", ErrRepliesTooLarge
	}
	key := files.Key(fmt.Sprintf("%s/%s/replies/%s", h.ID, id, hex.EncodeToString(sum.Sum(nil)[:16])))
	if _, err := s.Files.For(h.ID).Stat(ctx, key); errors.Is(err, files.ErrNotFound) {
		_, err = files.Write(ctx, s.Files.For(h.ID), key, func(w io.Writer) error { return files.WriteZip(w, entries) })
		if err != nil && !errors.Is(err, files.ErrExists) {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	return s.Files.For(h.ID).SignDownload(ctx, files.ToSaveZip(key, title+" – "+d.Subject))
}

// Replies reads all validated versions of one recipient's answer, the newest first.
// Errors: errs.ErrNotFound.
func (s *Service) Replies(ctx context.Context, h *store.Handle, id convocation.ID, who convocation.RecipientID) (convocation.Recipient, []convocation.Reply, error) {
	_, r, err := h.RecipientOf(ctx, id, who)
	if errors.Is(err, table.ErrNotFound) {
		return r, nil, errs.ErrNotFound
	}
	if err != nil {
		return r, nil, err
	}
	var replies []convocation.Reply
	for v := r.Replies; v > 0; v-- {
		reply, err := h.Reply(ctx, r.Ref(id), v)
		if err != nil {
			return r, nil, err
		}
		replies = append(replies, reply)
	}
	return r, replies, nil
}

// Download gives the secretary the address of a document of a validated reply. It is always saved, never shown: it
// comes from outside; and under the name of who sent it, so that those of many stand apart in a folder.
// Errors: errs.ErrNotFound, convocation.ErrDocumentUnknown.
func (s *Service) Download(ctx context.Context, h *store.Handle, id convocation.ID, who convocation.RecipientID, doc convocation.DocumentID) (string, error) {
	r, replies, err := s.Replies(ctx, h, id, who)
	if err != nil {
		return "", err
	}
	for _, p := range replies {
		if i := slices.IndexFunc(p.Documents, func(d convocation.Document) bool { return d.ID == doc }); i >= 0 {
			d := p.Documents[i]
			name := cmp.Or(r.Name, string(r.Address)) + " – " + d.Name
			return s.Files.For(h.ID).SignDownload(ctx, files.ToSave(files.Key(d.Key), name, d.Media))
		}
	}
	return "", convocation.ErrDocumentUnknown
}

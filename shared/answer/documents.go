package answer

import (
	"context"
	"slices"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/upload"
)

// Download gives the address of a document and records that it was asked for: only a person asks.
// Errors: convocation.ErrDocumentUnknown.
func (s *Service) Download(ctx context.Context, v Visit, doc convocation.DocumentID) (string, error) {
	docs := v.Convocation.Frozen.Documents
	i := slices.IndexFunc(docs, func(d convocation.Document) bool { return d.ID == doc })
	if i < 0 {
		return "", convocation.ErrDocumentUnknown
	}
	d := docs[i]
	return s.fetch(ctx, v, files.ToSee(files.Key(d.FrozenKey), d.Name, d.Media), d)
}

// Zip gives the address of all documents in one file, and records that they were asked for.
// Errors: convocation.ErrDocumentUnknown.
func (s *Service) Zip(ctx context.Context, v Visit) (string, error) {
	f := v.Convocation.Frozen
	if f.Zip == "" {
		return "", convocation.ErrDocumentUnknown
	}
	return s.fetch(ctx, v, files.ToSaveZip(files.Key(f.Zip), v.Convocation.Subject), f.Documents...)
}

// Merged gives the address of all PDF documents as one, and records that they were asked for.
// Errors: convocation.ErrDocumentUnknown.
func (s *Service) Merged(ctx context.Context, v Visit) (string, error) {
	f := v.Convocation.Frozen
	if f.Merged == "" {
		return "", convocation.ErrDocumentUnknown
	}
	in := slices.DeleteFunc(slices.Clone(f.Documents), func(d convocation.Document) bool {
		return d.Media != files.PDF || slices.Contains(f.MergedLeftOut, d.ID)
	})
	return s.fetch(ctx, v, files.ToSee(files.Key(f.Merged), v.Convocation.Subject+".pdf", files.PDF), in...)
}

// fetch records that documents were asked for, and signs the address.
func (s *Service) fetch(ctx context.Context, v Visit, d files.Download, docs ...convocation.Document) (string, error) {
	now := s.Now()
	ids := make([]convocation.DocumentID, 0, len(docs))
	first := v.Recipient.OpenedAt.IsZero()
	news := first
	for _, doc := range docs {
		ids = append(ids, doc.ID)
		_, asked := v.Recipient.Documents[doc.ID]
		news = news || !asked
	}
	if first {
		if err := s.act(ctx, v.Handle, v.Convocation.ID, now); err != nil {
			return "", err
		}
	}
	if news { // else nothing would change
		if err := v.Handle.MarkDocuments(ctx, v.Ref(), ids, now); err != nil {
			return "", err
		}
	}
	return s.Files.For(v.Handle.ID).SignDownload(ctx, d)
}

// UploadForm gives the form to attach one file to the reply. It writes nothing. back is where the browser returns.
// Errors: convocation.ErrReplyNotTheirs, ErrRepliesClosed.
func (s *Service) UploadForm(ctx context.Context, v Visit, back string) (files.Form, error) {
	if err := s.open(v); err != nil {
		return files.Form{}, err
	}
	return s.Uploads.ReplyForm(ctx, v.Handle, v.Ref(), back)
}

// open says whether this recipient may still change her reply. Errors: convocation.ErrReplyNotTheirs, ErrRepliesClosed.
func (s *Service) open(v Visit) error {
	switch {
	case !v.CanReply():
		return convocation.ErrReplyNotTheirs
	case v.RepliesClosed(s.Now()):
		return convocation.ErrRepliesClosed
	}
	return nil
}

// RemoveDocument takes a document out of the reply that is not sent yet; versions already sent keep it. One that is gone
// already is no error, and begins no reply. Errors: convocation.ErrReplyNotTheirs, ErrRepliesClosed.
func (s *Service) RemoveDocument(ctx context.Context, v Visit, doc convocation.DocumentID) error {
	if err := s.open(v); err != nil {
		return err
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

// stored leaves out the documents that were refused, or are not judged yet.
func stored(docs []convocation.Document) []convocation.Document {
	return slices.DeleteFunc(slices.Clone(docs), func(d convocation.Document) bool {
		return d.State != convocation.DocumentStored
	})
}

// fits checks the documents of a reply again: several that arrive at once do not see each other.
// Errors: convocation.ErrDocumentScanning, ErrReplyFiles, ErrReplyFilesSize.
func fits(all []convocation.Document) error {
	docs := stored(all)
	total := int64(0)
	for _, d := range docs {
		total += d.Size
	}
	switch {
	case slices.ContainsFunc(all, func(d convocation.Document) bool { return d.State == convocation.DocumentPending }):
		return convocation.ErrDocumentScanning.At("documents", "")
	case len(docs) > convocation.MaxReplyFiles:
		return convocation.ErrReplyFiles.At("documents", "")
	case total > convocation.MaxReplySize:
		return convocation.ErrReplyFilesSize.At("documents", "")
	}
	return nil
}

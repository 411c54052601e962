package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/store"
)

// mergeFor is how long after its order documents are still merged. It is a convenience: when each run so far was ended
// before it had come to that, those who are convened wait for it no longer.
const mergeFor = 10 * time.Minute

// freezeDocuments copies each document, looks at the copy again (until then a form could put another file in its place)
// and hashes it.
func (s *Service) freezeDocuments(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) ([]convocation.Document, error) {
	docs, err := h.Documents(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		key := frozenKey(h, c.ID, o.ID, string(docs[i].ID))
		if err := s.copy(ctx, h, files.Key(docs[i].Key), key); err != nil {
			return nil, fmt.Errorf("copying document %s: %w", docs[i].ID, err)
		}
		kind, ok, err := files.SniffStored(ctx, s.Files.For(h.ID), key, docs[i].Name)
		if err != nil {
			return nil, err
		}
		if !ok || kind.Media != docs[i].Media {
			return nil, convocation.ErrDocumentKind.At("documents", docs[i].Name)
		}
		docs[i].FrozenKey = string(key)
		if docs[i].SHA256, docs[i].Size, err = s.hash(ctx, h, key); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// copy copies a file, unless an earlier run did.
func (s *Service) copy(ctx context.Context, h *store.Handle, from, to files.Key) error {
	return s.once(ctx, h, to, func() error {
		r, err := s.Files.For(h.ID).Open(ctx, from)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = s.Files.For(h.ID).Create(ctx, to, r)
		return err
	})
}

// hash gives the SHA-256 (hexadecimal) and the size of a file as it is stored.
func (s *Service) hash(ctx context.Context, h *store.Handle, key files.Key) (string, int64, error) {
	r, err := s.Files.For(h.ID).Open(ctx, key)
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// freezeZip puts two documents or more into one file, built once.
// TODO(#5): one of 500 MB may take longer than a function or a bell has; copies survive between tries, this does not.
func (s *Service) freezeZip(ctx context.Context, h *store.Handle, c *convocation.Convocation, o store.Order, docs []convocation.Document) error {
	if len(docs) < 2 {
		return nil
	}
	entries := make([]files.Entry, len(docs))
	for i, d := range docs {
		entries[i] = files.Entry{
			Name: d.Name, Modified: d.StoredAt,
			Open: func() (io.ReadCloser, error) { return s.Files.For(h.ID).Open(ctx, files.Key(d.FrozenKey)) },
		}
	}
	key := frozenKey(h, c.ID, o.ID, "all.zip")
	err := s.once(ctx, h, key, func() error {
		_, err := files.Write(ctx, s.Files.For(h.ID), key, func(w io.Writer) error { return files.WriteZip(w, entries) })
		return err
	})
	if err != nil {
		return err
	}
	info, err := s.Files.For(h.ID).Stat(ctx, key)
	c.Frozen.Zip, c.Frozen.ZipSize = string(key), info.Size
	return err
}

// freezeMerged puts two PDFs or more into one file, built once. Without it, nobody waits for the convocation.
func (s *Service) freezeMerged(ctx context.Context, h *store.Handle, c *convocation.Convocation, o store.Order, docs []convocation.Document) error {
	pdfs, size := pdfsOf(docs)
	if s.Merger == nil || len(pdfs) < 2 || size > files.MaxMerge {
		return nil
	}
	in, err := s.mergeable(ctx, h, frozenKey(h, c.ID, o.ID, "merged.json"), o, pdfs)
	if err == nil && len(in) > 1 {
		key := frozenKey(h, c.ID, o.ID, "all.pdf")
		err = s.onceMerged(ctx, h, key, o, func(w io.Writer) error { return s.merge(ctx, h, w, in...) })
		if err == nil {
			err = s.noteMerged(ctx, h, &c.Frozen, key, docs, in)
		}
	}
	if errors.Is(err, files.ErrUnmergeable) {
		return nil
	}
	return err
}

// pdfsOf picks the PDFs, and says how large they are together.
func pdfsOf(docs []convocation.Document) (pdfs []convocation.Document, size int64) {
	for _, d := range docs {
		if d.Media == files.PDF {
			pdfs, size = append(pdfs, d), size+d.Size
		}
	}
	return pdfs, size
}

// mergeable picks the documents that can be merged: each is tried on its own, so that one that cannot spoils none. What
// was found is kept, so that a later run that finds the merged file names the same documents as its first.
func (s *Service) mergeable(ctx context.Context, h *store.Handle, key files.Key, o store.Order, pdfs []convocation.Document) ([]convocation.Document, error) {
	err := s.onceMerged(ctx, h, key, o, func(w io.Writer) error {
		ids := []convocation.DocumentID{}
		for _, d := range pdfs {
			err := s.merge(ctx, h, io.Discard, d)
			if errors.Is(err, files.ErrUnmergeable) {
				continue
			}
			if err != nil {
				return err
			}
			ids = append(ids, d.ID)
		}
		return json.NewEncoder(w).Encode(ids)
	})
	if err != nil {
		return nil, err
	}
	r, err := s.Files.For(h.ID).Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var ids []convocation.DocumentID
	if err := json.NewDecoder(r).Decode(&ids); err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return slices.DeleteFunc(pdfs, func(d convocation.Document) bool { return !slices.Contains(ids, d.ID) }), nil
}

// onceMerged is once for what is made by merging. Errors: also files.ErrUnmergeable.
func (s *Service) onceMerged(ctx context.Context, h *store.Handle, key files.Key, o store.Order, produce func(io.Writer) error) error {
	return s.once(ctx, h, key, func() error {
		if s.Now().Sub(o.At) > mergeFor {
			return files.ErrUnmergeable
		}
		_, err := files.Write(ctx, s.Files.For(h.ID), key, produce)
		return err
	})
}

func (s *Service) merge(ctx context.Context, h *store.Handle, w io.Writer, docs ...convocation.Document) error {
	parts := make([]files.Part, len(docs))
	for i, d := range docs {
		parts[i] = files.Part{
			Title: strings.TrimSuffix(d.Name, path.Ext(d.Name)), Size: d.Size,
			Open: func() (io.ReadCloser, error) { return s.Files.For(h.ID).Open(ctx, files.Key(d.FrozenKey)) },
		}
	}
	return s.Merger.Merge(ctx, w, parts)
}

// noteMerged notes the merged file, and which documents it lacks.
func (s *Service) noteMerged(ctx context.Context, h *store.Handle, f *convocation.Frozen, key files.Key, docs, in []convocation.Document) error {
	info, err := s.Files.For(h.ID).Stat(ctx, key)
	if err != nil {
		return err
	}
	f.Merged, f.MergedSize = string(key), info.Size
	for _, d := range docs {
		if !slices.ContainsFunc(in, func(i convocation.Document) bool { return i.ID == d.ID }) {
			f.MergedLeftOut = append(f.MergedLeftOut, d.ID)
		}
	}
	return nil
}

package csvimport

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"convoc/shared/contactfile"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Create begins an import and gives the form for its file.
func (s *Service) Create(ctx context.Context, h *store.Handle, by, name string) (store.Import, files.Form, error) {
	id := ident.New(Prefix, s.Random)
	i := store.Import{
		ID: id, Name: files.SafeName(name), By: by, CreatedAt: s.Now(), Key: fmt.Sprintf("%s/imports/%s", h.ID, id),
	}
	if err := h.PutImport(ctx, i); err != nil {
		return i, files.Form{}, err
	}
	form, err := s.Files.For(h.ID).SignUpload(ctx, files.Upload{
		Key: files.Key(i.Key), MinSize: 0, MaxSize: contactfile.MaxSize, Expiry: uploadExpiry,
	})
	return i, form, err
}

// Import reads one. Errors: errs.ErrNotFound.
func (s *Service) Import(ctx context.Context, h *store.Handle, id string) (store.Import, error) {
	i, err := h.Import(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return i, errs.ErrNotFound
	}
	return i, err
}

// Recent lists the imports that can still be undone or gone on with, the newest first.
func (s *Service) Recent(ctx context.Context, h *store.Handle) ([]store.Import, error) {
	all, err := h.Imports(ctx)
	all = slices.DeleteFunc(all, func(i store.Import) bool {
		last := i.CreatedAt
		if i.AppliedAt.After(last) {
			last = i.AppliedAt
		}
		return s.Now().Sub(last) > UndoFor
	})
	slices.SortFunc(all, func(a, b store.Import) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, err
}

// Choose keeps what the secretary chose for the file, and for some lines of it: what she chose for others stays.
// Errors: errs.ErrNotFound, ErrBegun, ErrManyChosen, [contactfile.ErrOptions].
func (s *Service) Choose(ctx context.Context, h *store.Handle, id string, c store.ImportChoices, lines []store.ImportLine) error {
	i, err := s.Import(ctx, h, id)
	if err != nil {
		return err
	}
	if !i.BegunAt.IsZero() {
		return ErrBegun
	}
	before, err := h.ImportLines(ctx, id)
	if err != nil {
		return err
	}
	if len(before)+len(lines) > MaxChosen {
		return ErrManyChosen
	}
	i.Choices = c
	if err := options(i, nil).Check(); err != nil {
		return err
	}
	err = h.ChooseImport(ctx, i, lines)
	if errors.Is(err, table.ErrCondition) {
		return ErrBegun
	}
	return err
}

// options are how a file is read, as was chosen.
func options(i store.Import, lines map[int]store.ImportLine) contactfile.Options {
	o := contactfile.Options{
		Encoding: i.Choices.Encoding, Separator: i.Choices.Separator, Sheet: i.Choices.Sheet, Header: contactfile.Flag(i.Choices.Header),
		WithoutAddress: i.Choices.WithoutAddress, Corrections: map[int][]string{},
	}
	for _, c := range i.Choices.Columns {
		o.Columns = append(o.Columns, contactfile.Role(c))
	}
	for n, l := range lines {
		if l.Out || len(l.Cells) > 0 {
			o.Corrections[n] = l.Cells
			if l.Out {
				o.Corrections[n] = nil
			}
		}
	}
	return o
}

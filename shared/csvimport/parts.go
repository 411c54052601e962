package csvimport

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/store"
)

// record is one line of a part.
type record struct {
	Group   *recordedGroup `json:"group,omitempty"`
	Contact string         `json:"contact,omitempty"`
	Lines   map[int]State  `json:"lines,omitempty"` // rows that made it, and what they did
	Before  *stored        `json:"before,omitempty"`
	After   *stored        `json:"after,omitempty"`
}

type recordedGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (g recordedGroup) group() directory.Group {
	return directory.Group{ID: directory.GroupID(g.ID), Name: g.Name}
}

// persons are a contact as it was and as it became; before is zero when it was new.
func (r record) persons() (before, after person) {
	id := directory.ContactID(r.Contact)
	if r.Before != nil {
		before = r.Before.person(id)
	}
	if r.After != nil {
		after = r.After.person(id)
	}
	return before, after
}

func partKey(h *store.Handle, id string, batch, try int) files.Key {
	return files.Key(fmt.Sprintf("%s/undo/%s/%06d-%d.jsonl", h.ID, id, batch, try))
}

// writePart writes one, whole or not at all. Errors: files.ErrExists.
func (s *Service) writePart(ctx context.Context, h *store.Handle, id string, batch, try int, records []record) error {
	_, err := files.Write(ctx, s.Files.For(h.ID), partKey(h, id, batch, try), func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		e := json.NewEncoder(buffered)
		for _, r := range records {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return buffered.Flush()
	})
	return err
}

// readParts visits the parts of a batch in the order in which they were written, and says how many there are.
func (s *Service) readParts(ctx context.Context, h *store.Handle, id string, batch int, visit func(record)) (tries int, err error) {
	for {
		err := s.readPart(ctx, h, partKey(h, id, batch, tries), visit)
		if errors.Is(err, files.ErrNotFound) {
			return tries, nil
		}
		if err != nil {
			return tries, err
		}
		tries++
	}
}

func (s *Service) readPart(ctx context.Context, h *store.Handle, key files.Key, visit func(record)) (err error) {
	body, err := s.Files.For(h.ID).Open(ctx, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	d := json.NewDecoder(body)
	for {
		var r record
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading %s: %w", key, err)
		}
		visit(r)
	}
}

package dispatch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
)

// frozenPerson is one line of the frozen set: JSON, one object a line, in the order of the fields.
type frozenPerson struct {
	ID      string `json:"id"`
	Contact string `json:"contact,omitempty"`
	Person  string `json:"person"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address"` // empty: on paper
	Type    string `json:"type"`

	SubstituteOf string `json:"substitute_of,omitempty"` // name of whose substitute she is

	Councillor bool `json:"councillor,omitempty"` // counts at the meeting
}

// freeze fixes what is sent: the set of recipients as a file, a copy of each document that no upload form can reach,
// one zip of all, one PDF of those that are PDFs. Each file is created once under a key of the order, so a second run finds what the first one wrote,
// uploads nothing again and never mixes two readings of the directory. Nothing after it reads the directory.
func (s *Service) freeze(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) (convocation.Convocation, error) {
	if !c.Frozen.At.IsZero() {
		return c, nil
	}
	audience, err := s.Check(ctx, h, c)
	if err != nil {
		return c, err
	}
	c.Audience, c.Meeting = audience.Resolved, audience.Meeting
	if c.Frozen, err = s.freezeSet(ctx, h, c, o, audience.Persons); err != nil {
		return c, err
	}
	docs, err := s.freezeDocuments(ctx, h, c, o)
	if err != nil {
		return c, err
	}
	if err := s.freezeZip(ctx, h, &c, o, docs); err != nil {
		return c, err
	}
	if err := s.freezeMerged(ctx, h, &c, o, docs); err != nil {
		return c, err
	}
	who, err := h.Collectivity(ctx)
	if err != nil {
		return c, err
	}
	c.Frozen.SenderName, c.Frozen.SenderMail, c.Frozen.Phone, c.Frozen.TimeZone = who.From(), who.Mail, who.Phone, who.TimeZone
	if m := c.Meeting; m != nil {
		rule := m.Rule()
		c.Frozen.ClearDays, c.Frozen.Article = rule.ClearDays, rule.Article
	}
	c.Frozen.Documents, c.Frozen.At = docs, s.Now()
	c.Shards = convocation.ShardsFor(c.Frozen.Count)
	err = h.Freeze(ctx, c, docs)
	if errors.Is(err, table.ErrCondition) {
		return h.Convocation(ctx, c.ID)
	}
	return c, err
}

func frozenKey(h *store.Handle, c convocation.ID, o convocation.OrderID, name string) files.Key {
	return files.Key(fmt.Sprintf("%s/%s/%s/%s", h.ID, c, o, name))
}

// freezeSet writes the set of recipients, or reads back the one that an earlier run wrote.
func (s *Service) freezeSet(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order, persons []Person) (convocation.Frozen, error) {
	key := frozenKey(h, c.ID, o.ID, "recipients.jsonl")
	err := s.once(ctx, h, key, func() error {
		counts, err := whoCounts(ctx, h, c)
		if err != nil {
			return err
		}
		_, err = files.Write(ctx, s.Files.For(h.ID), key, func(w io.Writer) error { return writeSet(w, c, persons, counts) })
		return err
	})
	if err != nil {
		return convocation.Frozen{}, err
	}
	f := convocation.Frozen{Set: string(key)}
	f.SetSHA256, _, err = s.hash(ctx, h, key)
	if err != nil {
		return f, err
	}
	var councillors bench
	err = s.frozenSet(ctx, h, f.Set, func(_ int, p frozenPerson) error {
		f.Count++
		councillors.seat(p)
		return nil
	})
	f.Councillors = councillors.sorted()
	return f, err
}

// once creates a file, unless an earlier run did. It looks before: what is large would be uploaded whole to learn that
// its key is taken.
func (s *Service) once(ctx context.Context, h *store.Handle, key files.Key, create func() error) error {
	_, err := s.Files.For(h.ID).Stat(ctx, key)
	if !errors.Is(err, files.ErrNotFound) {
		return err
	}
	if err = create(); errors.Is(err, files.ErrExists) { // by another run at the same moment
		return nil
	}
	return err
}

// writeSet writes a line for each person. One identifier is one recipient: what would have it again is left out, because
// no transaction takes the same key twice.
func writeSet(w io.Writer, c convocation.Convocation, persons []Person, counts func(Person) bool) error {
	lines := json.NewEncoder(w)
	written := map[string]bool{}
	for _, p := range persons {
		line := frozen(c, p, counts(p))
		if written[line.ID] {
			continue
		}
		written[line.ID] = true
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// frozen is the line of a person. Two may share a free address: their names tell them apart.
func frozen(c convocation.Convocation, p Person, counts bool) frozenPerson {
	who := []string{"address", string(p.Address), directory.Fold(p.Name)}
	if p.Contact != "" {
		who = []string{"contact", string(p.Contact), string(p.Address)}
	}
	return frozenPerson{
		ID: ident.Derive(convocation.RecipientPrefix, c.Key, who...), Contact: string(p.Contact), Person: string(personOf(c, p)),
		Name: p.Name, Address: string(p.Address), Type: string(p.Type), SubstituteOf: p.SubstituteOf, Councillor: counts,
	}
}

// frozenSet visits the lines of a frozen set with their numbers from 0.
func (s *Service) frozenSet(ctx context.Context, h *store.Handle, key string, visit func(int, frozenPerson) error) error {
	r, err := s.Files.For(h.ID).Open(ctx, files.Key(key))
	if err != nil {
		return err
	}
	defer r.Close()
	lines := json.NewDecoder(bufio.NewReader(r))
	for n := 0; ; n++ {
		var p frozenPerson
		if err := lines.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading line %d of %s: %w", n, key, err)
		}
		if err := visit(n, p); err != nil {
			return err
		}
	}
}

// materialise creates the recipients of the frozen set from where the cursor stands.
func (s *Service) materialise(ctx context.Context, h *store.Handle, c convocation.Convocation, o store.Order) error {
	var waiting []convocation.Recipient
	cursor := o.Cursor
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		if err := h.Materialise(ctx, c.ID, waiting); err != nil {
			return err
		}
		from := cursor
		cursor += len(waiting)
		waiting = waiting[:0]
		return h.MoveCursor(ctx, c.ID, o.ID, from, cursor)
	}
	err := s.frozenSet(ctx, h, c.Frozen.Set, func(n int, p frozenPerson) error {
		if n < o.Cursor {
			return nil
		}
		waiting = append(waiting, materialised(c, o, p))
		if len(waiting) < batch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

func materialised(c convocation.Convocation, o store.Order, p frozenPerson) convocation.Recipient {
	id := convocation.RecipientID(p.ID)
	return convocation.Recipient{
		ID: id, Shard: convocation.ShardOf(id, c.Shards), Contact: directory.ContactID(p.Contact),
		Person: convocation.PersonID(p.Person), Name: p.Name, SubstituteOf: p.SubstituteOf,
		Address: directory.Address(p.Address), Type: convocation.Type(p.Type), Order: o.ID, OrderAt: o.At, Orders: 1,
	}
}

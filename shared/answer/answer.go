// Package answer is the élu's side: a link leads to a visit; opening makes the convocation read; a reply is a draft
// until it is validated, and every validated version is kept.
//
// Looking never writes. Opening through the link of attempt n also proves that attempt n arrived, whatever the mail
// service said. What a press counts for is told by convocation.Signals.
//
// A reply to a meeting says who comes, and may give a proxy (« pouvoir »): the register of the meeting is read, the reply
// applied to it, and both written in one transaction that holds only if the register is still the one that was read. Of
// two who choose the same holder at the same moment, one succeeds, and the other reads why not.
package answer

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"slices"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/link"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/upload"
)

// Service answers links. All fields are needed by those who write; who only looks needs Tables and Now.
type Service struct {
	Tables  store.Tables
	Files   files.Shelves
	Uploads *upload.Service
	Now     func() time.Time
	Random  io.Reader
}

// Visit is somebody with a valid link.
type Visit struct {
	Handle      *store.Handle
	Convocation convocation.Convocation
	Recipient   convocation.Recipient
	Attempt     int // whose link it is
}

// Ref names the recipient.
func (v Visit) Ref() convocation.RecipientRef { return v.Recipient.Ref(v.Convocation.ID) }

// CanReply tells whether this recipient answers: copies read only.
func (v Visit) CanReply() bool { return v.Recipient.Type == convocation.To }

// RepliesClosed tells whether replies are not taken any more.
func (v Visit) RepliesClosed(now time.Time) bool {
	until := v.Convocation.ReplyUntil()
	return !until.IsZero() && !now.Before(until)
}

// Visit checks a link: one read for a wrong one, two for a right one, no write. An unknown locator and a wrong secret
// are one same error. Errors: convocation.ErrLinkUnknown; convocation.ErrLinkClosed and ErrLinkExpired, with the visit, so
// that the page can name whom to call.
func (s *Service) Visit(ctx context.Context, t link.Token) (Visit, error) {
	h := s.Tables.Collectivity(t.Collectivity)
	r, err := h.Recipient(ctx, convocation.RecipientRef{Convocation: t.Convocation, Shard: t.Shard, Recipient: t.Recipient})
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return Visit{}, err
	}
	a, found := opens(r, link.DigestOf(t.Secret))
	if !found {
		return Visit{}, convocation.ErrLinkUnknown
	}
	c, err := h.Convocation(ctx, t.Convocation)
	if err != nil {
		return Visit{}, err
	}
	v := Visit{Handle: h, Convocation: c, Recipient: r, Attempt: a.N}
	switch {
	case !r.Live(a):
		return v, convocation.ErrLinkClosed
	case !s.Now().Before(c.LinkUntil(a)):
		return v, convocation.ErrLinkExpired
	}
	return v, nil
}

// opens finds the attempt whose secret has that digest; every digest is compared, each in constant time.
func opens(r convocation.Recipient, digest link.Digest) (convocation.Attempt, bool) {
	var hit convocation.Attempt
	found := false
	for _, a := range r.Attempts {
		if subtle.ConstantTimeCompare(a.Digest, digest[:]) == 1 {
			hit, found = a, true
		}
	}
	return hit, found
}

// act puts the convocation in the agenda, before the act itself, so that the list is put in order soon after. Acts of
// the same ten seconds share one entry.
func (s *Service) act(ctx context.Context, h *store.Handle, id convocation.ID, now time.Time) error {
	return s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: now.Truncate(10 * time.Second).Add(10 * time.Second), Collectivity: h.ID,
		Convocation: id, What: store.DueList, Order: store.NoOrder,
	})
}

// Page is what the élu reads.
type Page struct {
	Visit
	Draft          convocation.ReplyDraft // what the last reply said, when nothing newer was written
	Begun          bool                   // there is something that was not sent
	DraftDocuments []convocation.Document
	Last           convocation.Reply    // Version 0 when there is none
	Register       convocation.Register // zero without a meeting
}

// Stored tells how many documents would go with the reply: those that were refused do not.
func (p Page) Stored() int { return len(stored(p.DraftDocuments)) }

// Scanning tells whether an antivirus has still to look at a document that would go with the reply.
func (p Page) Scanning() bool {
	return slices.ContainsFunc(p.DraftDocuments, func(d convocation.Document) bool {
		return d.State == convocation.DocumentPending
	})
}

// Page reads all that the pages after the first one show. It writes nothing.
func (s *Service) Page(ctx context.Context, v Visit) (Page, error) {
	p := Page{Visit: v}
	if !v.CanReply() {
		return p, nil
	}
	var err error
	if v.Convocation.Meeting != nil {
		if p.Register, err = v.Handle.Register(ctx, v.Convocation.ID); err != nil {
			return p, err
		}
	}
	if p.Draft, err = v.Handle.Draft(ctx, v.Ref()); err != nil {
		return p, err
	}
	if !v.Recipient.StartedAt.IsZero() || p.Draft.Revision > 0 { // else there is none
		if p.DraftDocuments, err = v.Handle.ReplyDocuments(ctx, v.Ref()); err != nil {
			return p, err
		}
	}
	p.Begun = !p.Draft.ChangedAt.IsZero()
	if v.Recipient.Replies == 0 {
		return p, nil
	}
	p.Last, err = v.Handle.Reply(ctx, v.Ref(), v.Recipient.Replies)
	if p.Draft.Text == "" && p.Draft.Choice == (convocation.Choice{}) {
		p.Draft.Text, p.Draft.Choice = p.Last.Text, p.Last.Choice
	}
	return p, err
}

func attempt(r convocation.Recipient, n int) (convocation.Attempt, bool) {
	i := slices.IndexFunc(r.Attempts, func(a convocation.Attempt) bool { return a.N == n })
	if i < 0 {
		return convocation.Attempt{}, false
	}
	return r.Attempts[i], true
}

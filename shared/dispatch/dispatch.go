// Package dispatch sends: it freezes a convocation, gives every recipient its order, and brings each of them to one of
// three ends, *transmis*, *en échec motivé* or *à vérifier*.
//
// The table is the queue; the queue is a bell. The recipient's item is the one truth: a bell is a hint to look at it.
// Every running order has an entry in the agenda, written before anything else, so that a killed process, a lost bell
// or a lost answer costs time and never a recipient.
//
//	PENDING  –claim n→  CALLING n  –accepted→            SENT
//	                               –refused, for good→   FAILED (reason)
//	                               –refused, for now→    RETRY (due)      –claim n+1→ CALLING
//	                               –unknown / owner dead→ UNKNOWN (due)
//	UNKNOWN  –proof of attempt n→ SENT   –due, ≤ 2 unknowns→ RETRY   –due, more→ REVIEW
//
// The states are derived from facts (convocation.Recipient.Standing). An attempt is written before the call, with the
// digest of the secret of its own link; so at most 1 + (number of unknown outcomes) copies ever leave, never more
// than 3 for one order.
//
// A call that has begun is never broken off by us: whoever stops the process takes no new bell and waits for the
// answer, because a call that was cut is a copy that nobody knows of.
//
// What keeps the service from being used at all (no connection, refused credentials, a full disk) is no fault of a
// recipient and spends none of its attempts: the recipient is held for [Pause], or for [SlowDown] when we were too fast,
// and says why, for as long as [Outage]. A mail that we cannot write ends as a failure of its own after [WriteTries].
//
// No wait is longer than the protocol's: a due time beyond that was written by a clock that has been set back since,
// and counts as reached.
package dispatch

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/table"
)

// The constants of the protocol.
const (
	Lease      = 120 * time.Second // after it a silent owner is dead
	Settle     = 15 * time.Minute  // an unknown outcome waits so long for a proof
	Fence      = 30 * time.Second  // a claim older than this is given back, not called
	SlowDown   = 30 * time.Second  // the service asked to slow down
	Pause      = 2 * time.Minute   // the service cannot be used
	QuotaPause = 15 * time.Minute  // as many have left today as may
	Outage     = 72 * time.Hour    // after its order is so old, what keeps a service from being used counts as a refusal
	WriteTries = 3                 // of a mail that we cannot write
	Skew       = 2 * time.Minute   // clocks of several processes differ by less
	Watch      = time.Minute       // an order that runs is looked at so often, at least
	LookAgain  = 10 * time.Minute  // after it a bell that was rung in the middle of a long list counts as lost
	RemindGap  = 4 * time.Hour     // two reminders for one person keep this distance
	ResendGap  = 30 * time.Second  // two orders for one person keep this distance: a double click is one
	maxResend  = 1_000             // recipients named in one order
	batch      = 100               // recipients materialised in one transaction
	resultTrys = 3                 // writes of a result before the sweeper is left to find it
)

// Letters writes what the mail says, all but its Message-ID. It is the edge's: French lives there.
type Letters interface {
	Letter(l Letter) (mail.Message, error)
}

// Letter is what a mail is made from.
type Letter struct {
	Convocation convocation.Convocation
	Documents   []convocation.Document
	Recipient   convocation.Recipient
	Reply       convocation.Reply // that a notice confirms; zero otherwise
	Attempt     int
	Link        string // the whole address of this attempt's link; empty in a notice
	Again       bool   // not the first sending
}

// Service sends. All fields from Seal on may be left out.
type Service struct {
	Tables  store.Tables
	Files   files.Shelves
	Queue   queue.Queue
	Mail    mail.Sender
	Letters Letters
	Now     func() time.Time
	Random  io.Reader
	Owner   string // names this process; new at each start
	From    string // address from which the mails leave
	Link    func(token string) string

	Seal      mail.Seal      // by which mails that come back are known; nil: the service names mails itself
	Merger    files.Merger   // nil: documents are not merged
	Meter     mail.Meter     // of the mail service; nil: it takes all that comes
	Unblocker mail.Unblocker // of the mail service; nil: it blocks no address
	Undo      time.Duration  // « Envoyer » can be taken back for so long
	// Place names where the tables are. Data that were last in use elsewhere are a backup's: what was ordered before is not
	// sent, because it may have left since the backup was taken, and the secretary decides. Empty: nobody looks.
	Place   string
	Horizon time.Duration // until the pump is sure to run again; 0: a minute and some seconds
	// Dead tells whether an owner can be known to be dead before its lease ends. On one machine every other owner is:
	// the database has one process. Nil: no owner can.
	Dead func(owner string) bool
	// Until tells how long it is until a deadline of a context. Nil: Now is the clock of contexts.
	Until func(time.Time) time.Duration

	breaker breaker
}

// Send gives the order to send a draft as it was at that version, then, or at once (the zero time) once it cannot be taken
// back any more. Given twice it is one order: a double click is harmless.
// Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, convocation.ErrSendAt, those of [Check].
func (s *Service) Send(ctx context.Context, h *store.Handle, by string, id convocation.ID, version int64, then time.Time) error {
	c, err := h.Convocation(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound
	}
	if err != nil {
		return err
	}
	if !c.Draft() {
		return nil
	}
	if c.Version != version {
		return errs.ErrChangedMeanwhile
	}
	now := s.Now()
	if c.SendAt, err = s.leaving(c, now, then); err != nil {
		return err
	}
	if _, err := s.Check(ctx, h, c); err != nil {
		return err
	}
	order := store.Order{
		ID: firstOrder(c), At: c.SendAt, By: by, First: true, Who: store.WhoAll,
	}
	if err := s.Tables.AgendaHandle().Put(ctx, s.entry(h, c.ID, order)); err != nil {
		return err
	}
	err = h.AskSend(ctx, c, now, by, order, s.event(now, by, journal.SendAsked, string(id), 0))
	if errors.Is(err, table.ErrCondition) {
		return s.asked(ctx, h, id)
	}
	if err != nil {
		return err
	}
	s.ring(ctx, h, id, order)
	return nil
}

// leaving is when a sending begins that was asked for at the time now. Errors: convocation.ErrSendAt for a time that is
// past, over a year ahead, or after what it convenes to.
func (s *Service) leaving(c convocation.Convocation, now, then time.Time) (time.Time, error) {
	if then.IsZero() {
		return now.Add(s.Undo), nil
	}
	until := c.ReplyUntil()
	if then.Before(now) || then.Sub(now) > convocation.MaxAhead || (!until.IsZero() && !then.Before(until)) {
		return then, convocation.ErrSendAt.At("send_at", "")
	}
	return then, nil
}

// firstOrder names the order that sends this version of a draft: pressing twice gives the same name.
func firstOrder(c convocation.Convocation) convocation.OrderID {
	return convocation.OrderID(ident.Derive(convocation.OrderPrefix, c.Key, "first", strconv.FormatInt(c.Version, 10)))
}

// asked tells whether a failed condition was our own first try, or another's change.
func (s *Service) asked(ctx context.Context, h *store.Handle, id convocation.ID) error {
	c, err := h.Convocation(ctx, id)
	if err != nil {
		return err
	}
	if c.Draft() {
		return errs.ErrChangedMeanwhile
	}
	return nil
}

// Check says what stands in the way of sending now. Errors: convocation.ErrSubjectEmpty, ErrDocumentPending,
// ErrDocumentScanning, ErrTooManyMembers, ErrNoRecipient, ErrGroupUnknown, ErrGroupEmpty, ErrContactUnknown; those of convocation.Meeting.Check, ErrNoCouncillor,
// ErrRepliesUntil.
func (s *Service) Check(ctx context.Context, h *store.Handle, c convocation.Convocation) (Audience, error) {
	if c.Subject == "" {
		return Audience{}, convocation.ErrSubjectEmpty.At("subject", "")
	}
	docs, err := h.Documents(ctx, c.ID)
	if err != nil {
		return Audience{}, err
	}
	for _, d := range docs {
		if d.Scan == convocation.ScanPending {
			return Audience{}, convocation.ErrDocumentScanning.At("documents", d.Name)
		}
		if d.State != convocation.DocumentStored {
			return Audience{}, convocation.ErrDocumentPending.At("documents", d.Name)
		}
	}
	a, err := Resolve(ctx, h, c.Audience)
	if err != nil {
		return a, err
	}
	if a.Meeting, err = Current(ctx, h, c.Meeting); err != nil {
		return a, err
	}
	c.Meeting = a.Meeting
	return a, s.checkMeeting(ctx, h, c, a)
}

// checkMeeting says what stands in the way of convening to the meeting, and of the end of the replies.
func (s *Service) checkMeeting(ctx context.Context, h *store.Handle, c convocation.Convocation, a Audience) error {
	now := s.Now()
	if c.SendAt.After(now) {
		now = c.SendAt
	}
	if m := c.Meeting; m != nil {
		who, err := h.Collectivity(ctx)
		if err != nil {
			return err
		}
		if err := m.Check(now, who.Location()); err != nil {
			return err
		}
		list, err := councillors(ctx, h, c, a.Persons)
		if err != nil {
			return err
		}
		switch {
		case len(list) == 0:
			return convocation.ErrNoCouncillor.At("to", m.Assembly.Name)
		case len(list) > convocation.MaxMembers:
			return convocation.ErrTooManyMembers.At("to", m.Assembly.Name)
		}
	}
	until := c.RepliesUntil
	if !until.IsZero() && (!until.After(now) || until.Sub(now) > convocation.MaxAhead || (c.Meeting != nil && until.After(c.Meeting.At))) {
		return convocation.ErrRepliesUntil.At("replies_until", "")
	}
	return nil
}

// Current is a meeting with its assembly as it is today; one that was deleted meanwhile stays as it was saved.
func Current(ctx context.Context, h *store.Handle, m *convocation.Meeting) (*convocation.Meeting, error) {
	if m == nil {
		return m, nil
	}
	a, err := h.Assembly(ctx, m.Assembly.ID)
	if errors.Is(err, table.ErrNotFound) {
		return m, nil
	}
	now := *m
	now.Assembly = a
	return &now, err
}

// entry is what keeps an order going: what it asks for is looked at when it is due.
func (s *Service) entry(h *store.Handle, id convocation.ID, o store.Order) store.AgendaEntry {
	e := store.AgendaEntry{Due: o.At, Collectivity: h.ID, Convocation: id, What: store.DueSend, Order: o.ID}
	if o.At.After(s.Now()) {
		e.What = store.DuePlan
	}
	return e
}

// ring is only a hint, so its error is no one's: the agenda brings the order round in any case. What is planned for long
// is left to the agenda.
func (s *Service) ring(ctx context.Context, h *store.Handle, id convocation.ID, o store.Order) {
	wait := max(0, o.At.Sub(s.Now()))
	if wait > queue.MaxDelay {
		return
	}
	_ = s.Queue.Ring(ctx, queue.Bell{
		Kind: queue.Dispatch, Collectivity: string(h.ID), Convocation: string(id), Order: string(o.ID), Delay: wait,
	})
}

func (s *Service) event(at time.Time, who string, what journal.What, subject string, count int) journal.Event {
	return journal.Event{ID: ident.New("evt_", s.Random), At: at, Who: who, What: what, Subject: subject, Count: count}
}

package answer

import (
	"context"
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Typed is what somebody answers.
type Typed struct {
	Text   string
	Choice convocation.Choice // Holder counts with Represented only
}

// checked tidies an answer and holds it against the register. Errors: convocation.ErrReplyEmpty, ErrReplyTooLong; with a
// meeting those of convocation.Register.Check.
func checked(c convocation.Convocation, r convocation.Register, who convocation.PersonID, t Typed) (Typed, error) {
	t, err := tidied(c, t)
	if err != nil || c.Meeting == nil {
		return t, err
	}
	return t, r.Check(*c.Meeting, c.Frozen.Councillors, who, t.Choice)
}

// tidied is an answer as it is kept. Errors: convocation.ErrReplyEmpty, ErrReplyTooLong.
func tidied(c convocation.Convocation, t Typed) (Typed, error) {
	var err error
	if c.Meeting == nil {
		t.Choice = convocation.Choice{}
		t.Text, err = convocation.CheckReply(t.Text)
		return t, err
	}
	if t.Choice.Presence != convocation.Represented {
		t.Choice.Holder = ""
	}
	t.Text, err = convocation.CheckWord(t.Text)
	return t, err
}

// begunEvery is how often the saving of a draft is put in the agenda: saves of the same ten minutes share an entry.
const begunEvery = 10 * time.Minute

// Save keeps what somebody typed; nothing is sent. Errors: convocation.ErrReplyNotTheirs, ErrRepliesClosed, ErrReplyEmpty,
// ErrReplyTooLong, those of convocation.Register.Check.
func (s *Service) Save(ctx context.Context, v Visit, t Typed) error {
	if err := s.open(v); err != nil {
		return err
	}
	var register convocation.Register
	var err error
	if v.Convocation.Meeting != nil {
		if register, err = v.Handle.Register(ctx, v.Convocation.ID); err != nil {
			return err
		}
	}
	if t, err = checked(v.Convocation, register, v.Recipient.Person, t); err != nil {
		return err
	}
	now := s.Now()
	err = s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
		Due: now.Truncate(begunEvery).Add(begunEvery + time.Hour), Collectivity: v.Handle.ID, Convocation: v.Convocation.ID,
		What: store.DueBegun, Order: store.RecipientOrder(v.Ref()),
	})
	if err != nil {
		return err
	}
	return v.Handle.SaveDraft(ctx, v.Ref(), t.Text, t.Choice, now)
}

// tries of applying an answer to a register that others change meanwhile.
const tries = 10

// Validate sends the reply as it was shown at that revision, and returns it. Pressed twice it is one reply.
// Errors: convocation.ErrReplyNotTheirs, ErrRepliesClosed, ErrReplyNotBegun, ErrReplyEmpty, ErrReplyChanged, ErrReplyFiles,
// ErrReplyFilesSize, ErrDocumentScanning, ErrTooManyReplies, ErrLinkClosed, those of convocation.Register.Check; table.ErrCondition when the
// register never came to rest.
func (s *Service) Validate(ctx context.Context, v Visit, revision int64) (convocation.Reply, error) {
	if err := s.open(v); err != nil {
		return convocation.Reply{}, err
	}
	for range tries {
		p, err := s.Page(ctx, v)
		if err != nil {
			return convocation.Reply{}, err
		}
		if !p.Begun || p.Draft.Revision != revision {
			return s.validated(ctx, v, revision)
		}
		reply, err := s.validate(ctx, p)
		if !errors.Is(err, table.ErrCondition) {
			return reply, err
		}
		if reply, again, err := s.overtaken(ctx, &v, revision); !again {
			return reply, err
		}
	}
	return convocation.Reply{}, table.ErrCondition
}

// validate writes the draft of a page as a reply. Errors: table.ErrCondition when anything changed since it was read.
func (s *Service) validate(ctx context.Context, p Page) (convocation.Reply, error) {
	if p.Recipient.Replies >= convocation.MaxReplies {
		return convocation.Reply{}, convocation.ErrTooManyReplies
	}
	t, err := checked(p.Convocation, p.Register, p.Recipient.Person, Typed{p.Draft.Text, p.Draft.Choice})
	if err != nil {
		return convocation.Reply{}, err
	}
	if err := fits(p.DraftDocuments); err != nil {
		return convocation.Reply{}, err
	}
	now := s.Now()
	reply := convocation.Reply{
		Version: p.Recipient.Replies + 1, At: now, Text: t.Text, Choice: t.Choice, Holder: nameOf(p.Convocation, t.Choice.Holder),
		Documents: stored(p.DraftDocuments),
	}
	answer, err := s.apply(ctx, p.Handle, p.Convocation, p.Recipient, p.Register, reply)
	if err != nil {
		return convocation.Reply{}, err
	}
	return reply, p.Handle.Validate(ctx, p.Convocation.ID, p.Recipient, p.Draft.Revision, answer)
}

func nameOf(c convocation.Convocation, id convocation.PersonID) string {
	who, _ := c.Frozen.Councillor(id)
	return who.Name
}

// apply is what a reply changes: the register, and who is told. What is due is in the agenda before the reply is written.
func (s *Service) apply(ctx context.Context, h *store.Handle, c convocation.Convocation, r convocation.Recipient, register convocation.Register, reply convocation.Reply) (store.Answer, error) {
	answer := store.Answer{Reply: reply, Was: register, Next: register}
	var fell []convocation.Withdrawal
	var err error
	if c.Meeting != nil {
		answer.Next, fell, err = register.Answered(*c.Meeting, c.Frozen.Councillors, r.Person, reply.Choice, reply.At)
		if err != nil {
			return answer, err
		}
	}
	if answer.Notices, err = s.notices(ctx, h, c, r, register, reply, fell); err != nil {
		return answer, err
	}
	if err := s.act(ctx, h, c.ID, reply.At); err != nil {
		return answer, err
	}
	for _, n := range answer.Notices {
		err := s.Tables.AgendaHandle().Put(ctx, store.AgendaEntry{
			Due: reply.At, Collectivity: h.ID, Convocation: c.ID, What: store.DueNotice, Order: store.RecipientOrder(n.Ref(c.ID)),
		})
		if err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// overtaken finds out why a reply could not be written: again is true when only the register has moved, and v is as it is
// now; else it is the outcome.
func (s *Service) overtaken(ctx context.Context, v *Visit, revision int64) (reply convocation.Reply, again bool, err error) {
	r, err := v.Handle.Recipient(ctx, v.Ref())
	if err != nil {
		return reply, false, err
	}
	draft, err := v.Handle.Draft(ctx, v.Ref())
	if err != nil {
		return reply, false, err
	}
	a, found := attempt(r, v.Attempt)
	if draft.Revision == revision && r.Replies == v.Recipient.Replies && found && r.Live(a) {
		v.Recipient = r
		return reply, true, nil
	}
	reply, err = s.validated(ctx, *v, revision)
	return reply, false, err
}

// validated finds out why a revision cannot be validated: it was already (a second click, or our own write reported as
// failed), the links were closed, or the draft has changed.
func (s *Service) validated(ctx context.Context, v Visit, revision int64) (convocation.Reply, error) {
	r, err := v.Handle.Recipient(ctx, v.Ref())
	if err != nil {
		return convocation.Reply{}, err
	}
	if a, found := attempt(r, v.Attempt); found && !r.Live(a) {
		return convocation.Reply{}, convocation.ErrLinkClosed
	}
	if r.Replies == 0 || revision == 0 { // none of the élu's own drafts: a reply may have been recorded for her
		return convocation.Reply{}, notBegun(revision)
	}
	was, err := v.Handle.ValidatedRevision(ctx, v.Ref(), r.Replies)
	if err != nil {
		return convocation.Reply{}, err
	}
	if was != revision {
		return convocation.Reply{}, convocation.ErrReplyChanged
	}
	return v.Handle.Reply(ctx, v.Ref(), r.Replies)
}

func notBegun(revision int64) error {
	if revision == 0 {
		return convocation.ErrReplyNotBegun
	}
	return convocation.ErrReplyChanged
}

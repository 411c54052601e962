package convocation

import (
	"cmp"
	"slices"
	"time"

	"convoc/shared/directory"
	"convoc/shared/ident"
)

// RecipientID names a recipient (« destinataire »): « rcp_ » and 16 characters derived from the convocation's key and
// the contact or the free address. A replay creates nothing twice, a guess confirms nothing, a corrected address keeps
// the identifier.
type RecipientID string

// ParseRecipientID checks an identifier from outside.
func ParseRecipientID(s string) (RecipientID, bool) {
	return RecipientID(s), ident.Valid(RecipientPrefix, s)
}

// RecipientRef says which recipient, whoever holds the collectivité's handle.
type RecipientRef struct {
	Convocation ID
	Shard       int
	Recipient   RecipientID
	Notice      NoticeID // empty: the recipient herself
}

// Recipient is a snapshot of a person for one convocation, with the facts that have come since. Facts never shrink.
type Recipient struct {
	ID      RecipientID
	Shard   int
	Contact directory.ContactID // empty for a free address
	Person  PersonID            // whose mailbox it is: two recipients are one person when she has two addresses
	Name    string              // may be empty
	// SubstituteOf is the name of whose substitute (« suppléant ») she is; empty: nobody's.
	SubstituteOf string
	Address      directory.Address // empty: convened on paper
	Type         Type

	Notice    Notice    // zero: a recipient; else a mail of its own to her, with attempts of its own
	AddressAt time.Time // when the address was corrected: what left before went elsewhere; zero: never

	Order   OrderID   // the order that runs or ran last
	OrderAt time.Time // when it was given
	Base    int       // number of the last attempt before that order
	Orders  int       // orders so far
	Why     Why       // of the running order
	HoldTo  time.Time // not before: the service asked to wait, or could not be used; zero when it did not
	HoldFor string    // mail.Reason of that wait; may be empty

	Attempts []Attempt // ascending, at most the MaxAttempts newest
	Older    Older     // what the attempts before them came to

	OpenedAt   time.Time // « Ouvrir la convocation » was pressed by a person (lu)
	DoubtedAt  time.Time // it was pressed, maybe by a program (« ouverture à vérifier »)
	Signals    string    // of the first press that counted: [Signals.String]
	StartedAt  time.Time // a reply was begun
	RemindedAt time.Time // the last reminder
	RepliedAt  time.Time // the last validated reply
	FirstReply time.Time // the first validated reply
	Replies    int       // number of the last validated reply; 0: none
	OnBehalf   bool      // the last reply was recorded by the secretary
	Choice     Choice    // of the last reply; what counts now is in the register
	ClosedAt   time.Time // links of attempts claimed before are closed
	StoppedAt  time.Time // the sending was cancelled: nothing of an order given before leaves any more
	RestoredAt time.Time // the data were restored: what became of an order given before, nobody knows
	VouchedAt  time.Time // the secretary said that a mail « à vérifier » has arrived: a fact like a proof, of that time

	DocumentsAt time.Time                // first document asked for
	Documents   map[DocumentID]time.Time // first asked for; nil: none

	WrongPasswords int       // since the last right one
	LockedUntil    time.Time // no password is looked at before; zero: not locked
}

// Entered tells whether somebody has passed the first page: what follows is for her.
func (r Recipient) Entered() bool { return !r.OpenedAt.IsZero() || !r.DoubtedAt.IsZero() }

// OnPaper tells whether no mail can be sent (« à convoquer par courrier »).
func (r Recipient) OnPaper() bool { return r.Address == "" }

// ReachedAt is when what counts left: the first mail accepted for the address as it is now that did not come back; a
// reminder never counts. Zero while there is none.
func (r Recipient) ReachedAt() time.Time {
	first := r.Older.ReachedAt
	if at := r.VouchedAt; !at.IsZero() && !at.Before(r.AddressAt) && (first.IsZero() || at.Before(first)) {
		first = at
	}
	for _, a := range r.Attempts {
		at := a.Sent()
		if r.ForThisAddress(a) && !at.IsZero() && !a.Back() && !a.Why.Reminds() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// ForThisAddress tells whether an attempt was made for the address as it is now.
func (r Recipient) ForThisAddress(a Attempt) bool { return !a.ClaimedAt.Before(r.AddressAt) }

// Returned gives the attempt that came back when nothing has arrived since: the newest that left for the address as it is
// now. The zero Attempt while there is none.
func (r Recipient) Returned() Attempt {
	for _, a := range slices.Backward(r.Attempts) {
		if r.ForThisAddress(a) && !a.Sent().IsZero() {
			if a.Back() {
				return a
			}
			break
		}
	}
	return Attempt{}
}

// DeliveredAt is when a mail first came to the mailbox (« remis à la messagerie »), and did not come back; zero while the
// service has not said so, which proves nothing.
func (r Recipient) DeliveredAt() time.Time {
	first := r.Older.DeliveredAt
	for _, a := range r.Attempts {
		if r.ForThisAddress(a) && !a.Back() && !a.DeliveredAt.IsZero() && (first.IsZero() || a.DeliveredAt.Before(first)) {
			first = a.DeliveredAt
		}
	}
	return first
}

// AutoRepliedAt is when an automatic answer last came from the address as it is now; zero while none has. It is no
// reading and no reply.
func (r Recipient) AutoRepliedAt() time.Time {
	var last time.Time
	for _, a := range r.Attempts {
		if r.ForThisAddress(a) {
			last = later(last, a.AutoRepliedAt)
		}
	}
	return last
}

// Why says why an order was given, which its mail tells.
type Why string

// The reasons of an order. WhySent: « Envoyer », or « Envoyer à nouveau ».
const (
	WhySent       Why = ""
	WhyLinkAsked  Why = "link_asked" // the recipient asked for a new link
	WhyUnfinished Why = "unfinished" // a reply was begun an hour ago and not sent
	WhyCorrected  Why = "corrected"  // the address was corrected
	WhyReminder   Why = "reminder"   // « Rappeler », or a reminder that was planned (relance)
	WhyUnblocked  Why = "unblocked"  // the service did not write to the address any more, and does again
)

// Reminds tells the reasons whose mail reminds of one that has arrived: it is never the sending that counts.
func (w Why) Reminds() bool { return w == WhyReminder || w == WhyUnfinished }

// Ref names the recipient of that convocation.
func (r Recipient) Ref(c ID) RecipientRef {
	return RecipientRef{Convocation: c, Shard: r.Shard, Recipient: r.ID, Notice: r.Notice.ID}
}

// MaxAttempts are kept in full, and their links live.
const MaxAttempts = 8

// Older sums up the attempts that are no longer kept in full.
type Older struct {
	Sent        int       // accepted ones
	FirstAt     time.Time // first acceptance
	LastAt      time.Time // last acceptance
	ReachedAt   time.Time // first acceptance of a mail to the address as it is now that did not come back
	DeliveredAt time.Time // first delivery of one
	Unknowns    int       // of the running order: outcomes that nobody knows
	Refusals    int       // of the running order: refusals for now
}

// Attempt is one try to send one mail.
type Attempt struct {
	N          int
	Order      OrderID
	Why        Why // of that order
	ClaimedAt  time.Time
	Owner      string    // who calls
	LeaseUntil time.Time // after this a silent owner is dead
	Digest     []byte    // SHA-256 of the secret of this attempt's link

	AcceptedAt time.Time // the service took it
	MessageID  string    // the service's name for it; may be empty
	ProvedAt   time.Time // its link was opened, or the service told for certain: it was accepted, whatever the call said
	HeardAt    time.Time // an event of the service says that it took the mail then
	RefusedAt  time.Time
	ForGood    bool      // of the refusal
	Reason     string    // mail.Reason of the refusal or of the unknown outcome
	UnknownAt  time.Time // the outcome was found unknown
	DueAt      time.Time // refused for now: try again; unknown: settle

	DeliveredAt   time.Time // « remis à la messagerie »
	DelayedAt     time.Time // the service is still trying
	BouncedAt     time.Time // « courriel revenu »: it will not arrive
	BounceReason  string    // mail.Reason of the bounce
	AutoRepliedAt time.Time // an absence message came, which says nothing of the delivery
	ComplainedAt  time.Time // the reader called it spam
}

// Back tells whether the mail came back.
func (a Attempt) Back() bool { return !a.BouncedAt.IsZero() }

// Sent is the time at which the attempt counts as accepted; zero when it does not.
func (a Attempt) Sent() time.Time {
	if !a.AcceptedAt.IsZero() {
		return a.AcceptedAt
	}
	if !a.ProvedAt.IsZero() || !a.HeardAt.IsZero() {
		return a.ClaimedAt // it left between the claim and the proof; the earlier time is the certain one
	}
	return time.Time{}
}

// Status is a state of the protocol, derived from the facts.
type Status string

// The states of one recipient in its running order.
const (
	Pending Status = "pending"
	Calling Status = "calling"
	Sent    Status = "sent"    // transmis
	Failed  Status = "failed"  // en échec motivé
	Retry   Status = "retry"   // refused for now
	Unknown Status = "unknown" // it may have left
	Review  Status = "review"  // à vérifier
	Paper   Status = "paper"   // à convoquer par courrier
)

// Bounds of one order. After MaxUnknowns outcomes nobody knows, the secretary decides; after MaxRefusals for now, the
// refusal is for good.
const (
	MaxUnknowns = 2
	MaxRefusals = 8
)

// Terminal tells whether the order has nothing more to do for the recipient by itself.
func (s Status) Terminal() bool { return s == Sent || s == Failed || s == Review || s == Paper }

// Standing is the state of a recipient with what goes with it.
type Standing struct {
	Status Status
	Reason string    // mail.Reason of all but Sent and Calling; « closed » when the links were closed first; may be empty
	Due    time.Time // when something is to be done: Pending and Retry: claim; Calling and Unknown: settle
}

// Reasons that are no mail service's.
const (
	ReasonClosed    = "closed"    // the links were closed before the mail could leave
	ReasonCancelled = "cancelled" // so was the sending
	ReasonRestored  = "restored"  // a backup was restored: the mail may have left after it was taken
)

// Standing derives the state at the time now, as the protocol's table has it.
func (r Recipient) Standing(now time.Time) Standing {
	ours := r.current()
	unknowns, refusals := r.Older.Unknowns, r.Older.Refusals
	for _, a := range ours {
		if !a.Sent().IsZero() {
			return Standing{Status: Sent}
		}
		if !a.UnknownAt.IsZero() {
			unknowns++
		}
		if !a.RefusedAt.IsZero() && !a.ForGood {
			refusals++
		}
	}
	if !r.VouchedAt.IsZero() && !r.VouchedAt.Before(r.OrderAt) {
		return Standing{Status: Sent}
	}
	if r.OnPaper() {
		return Standing{Status: Paper}
	}
	if !r.RestoredAt.IsZero() && !r.RestoredAt.Before(r.OrderAt) {
		return Standing{Status: Review, Reason: ReasonRestored}
	}
	if len(ours) == 0 {
		return r.held(Standing{Status: Pending, Due: r.OrderAt})
	}
	last := ours[len(ours)-1]
	switch {
	case !last.RefusedAt.IsZero() && (last.ForGood || refusals >= MaxRefusals):
		return Standing{Status: Failed, Reason: last.Reason}
	case !last.RefusedAt.IsZero():
		return r.held(Standing{Status: Retry, Reason: last.Reason, Due: last.DueAt})
	case last.UnknownAt.IsZero():
		return Standing{Status: Calling, Due: last.LeaseUntil}
	case now.Before(last.DueAt):
		return Standing{Status: Unknown, Reason: last.Reason, Due: last.DueAt}
	case unknowns > MaxUnknowns, r.stopped():
		return Standing{Status: Review, Reason: last.Reason}
	default:
		return r.held(Standing{Status: Retry, Reason: last.Reason, Due: last.DueAt})
	}
}

// held is a state in which an attempt is to be made, but not before the service can be used.
func (r Recipient) held(s Standing) Standing {
	if r.HoldTo.After(s.Due) {
		s.Due, s.Reason = r.HoldTo, cmp.Or(r.HoldFor, s.Reason)
	}
	return r.orEnded(s)
}

// orEnded ends what would still try although the links were closed, or the sending cancelled, after the order was given.
func (r Recipient) orEnded(s Standing) Standing {
	switch {
	case r.stopped():
		return Standing{Status: Failed, Reason: ReasonCancelled}
	case !r.ClosedAt.IsZero() && !r.ClosedAt.Before(r.OrderAt):
		return Standing{Status: Failed, Reason: ReasonClosed}
	}
	return s
}

// stopped tells whether the running order was cancelled.
func (r Recipient) stopped() bool { return !r.StoppedAt.IsZero() && !r.StoppedAt.Before(r.OrderAt) }

// current lists the attempts of the running order.
func (r Recipient) current() []Attempt {
	i := slices.IndexFunc(r.Attempts, func(a Attempt) bool { return a.N > r.Base })
	if i < 0 {
		return nil
	}
	return r.Attempts[i:]
}

// LastN is the number of the newest attempt; 0 when there is none.
func (r Recipient) LastN() int {
	if len(r.Attempts) == 0 {
		return 0
	}
	return r.Attempts[len(r.Attempts)-1].N
}

// Sendings is « nombre d’envois »: how many attempts were accepted.
func (r Recipient) Sendings() int {
	n := r.Older.Sent
	for _, a := range r.Attempts {
		if !a.Sent().IsZero() {
			n++
		}
	}
	return n
}

// FirstSentAt is « date d’envoi »: the first acceptance; zero when there is none.
func (r Recipient) FirstSentAt() time.Time {
	first := r.Older.FirstAt
	for _, a := range r.Attempts { // an answer may come late: the first attempt is not always the first accepted
		if at := a.Sent(); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// LastSentAt is « dernier envoi »; zero when nothing was accepted.
func (r Recipient) LastSentAt() time.Time {
	last := later(r.Older.FirstAt, r.Older.LastAt)
	for _, a := range r.Attempts {
		last = later(last, a.Sent())
	}
	return last
}

// Live tells whether the link of an attempt opens: it was not closed after it was made.
func (r Recipient) Live(a Attempt) bool {
	return r.ClosedAt.IsZero() || a.ClaimedAt.After(r.ClosedAt)
}

// LinksClosedAt is when the links were closed; zero while one that has left is open, or a new one has left since.
func (r Recipient) LinksClosedAt() time.Time {
	if slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return r.Live(a) && !a.Sent().IsZero() }) {
		return time.Time{}
	}
	return r.ClosedAt
}

// ChangedAt is the newest fact about the recipient.
func (r Recipient) ChangedAt() time.Time {
	newest := later(later(r.LastSentAt(), r.OpenedAt), later(r.DoubtedAt, r.Returned().BouncedAt))
	return later(later(later(newest, r.RepliedAt), r.ClosedAt), r.VouchedAt)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Counts are the totals of a convocation, always recounted from its recipients.
type Counts struct {
	Recipients, Transmitted, Read, Replied, Failed, Review, Waiting int
	Returned                                                        int       // the mail came back
	Delivered                                                       int       // the service says that it came to the mailbox
	Paper                                                           int       // no mail: to be convened on paper
	Doubted                                                         int       // opened, maybe by a program
	Closed                                                          int       // unread and closed
	ChangedAt                                                       time.Time // newest fact
}

// Count adds one recipient to the totals, copies included: each got a mail.
func (c *Counts) Count(r Recipient, now time.Time) {
	c.Recipients++
	switch s := r.Standing(now).Status; s {
	case Failed:
		c.Failed++
	case Review:
		c.Review++
	case Paper:
		c.Paper++
	case Sent:
	default:
		c.Waiting++
	}
	switch {
	case r.Returned().N > 0:
		c.Returned++
	case !r.ReachedAt().IsZero():
		c.Transmitted++
	}
	if !r.DeliveredAt().IsZero() {
		c.Delivered++
	}
	if !r.OpenedAt.IsZero() {
		c.Read++
	} else {
		if !r.DoubtedAt.IsZero() {
			c.Doubted++
		}
		if !r.LinksClosedAt().IsZero() {
			c.Closed++
		}
	}
	if r.Replies > 0 {
		c.Replied++
	}
	c.ChangedAt = later(c.ChangedAt, r.ChangedAt())
}

// State is what the list says of a convocation (« dernier état »).
type State string

// The states: Brouillon, Programmée, Envoi en cours, Transmise, Ouverte par n/N, Ouverte par tous, Liens fermés.
const (
	StateDraft        State = "draft"
	StatePlanned      State = "planned" // it will leave by itself, and can still be taken back
	StateSending      State = "sending"
	StateSent         State = "sent"
	StateOpenedPartly State = "opened_partly"
	StateOpenedAll    State = "opened_all"
	StateClosed       State = "closed"
)

// StateOf derives the state at the time now from the convocation and its totals.
func StateOf(c Convocation, n Counts, now time.Time) State {
	switch {
	case c.Draft():
		return StateDraft
	case c.Frozen.At.IsZero() && c.SendAt.After(now):
		return StatePlanned
	case c.SentAt.IsZero() && (c.Frozen.At.IsZero() || n.Recipients < c.Frozen.Count || n.Waiting > 0):
		return StateSending
	case n.Closed > 0 && !c.ClosedAt.IsZero(): // one whose link was taken away closes it for nobody else
		return StateClosed
	case n.Read > 0 && n.Read >= n.Recipients-n.Paper:
		return StateOpenedAll
	case n.Read > 0:
		return StateOpenedPartly
	default:
		return StateSent
	}
}

// Package convocation is the vocabulary of the main job: a convocation with its documents, its recipients, what is
// known of each of them, and their replies.
//
// It records facts with their times and derives every state from them: mail events come late, twice and out of order,
// and a state that whoever writes last could overwrite would lie. Times are UTC; the zero time means « not yet ».
package convocation

import (
	"cmp"
	"slices"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
)

// ID names a convocation: « cnv_ » and 16 characters.
type ID string

// DocumentID names a document (« pièce jointe »): « doc_ » and 16 characters.
type DocumentID string

// OrderID names an order to send: « ord_ » and 16 characters.
type OrderID string

// The prefixes of the identifiers.
const (
	Prefix          = "cnv_"
	RecipientPrefix = "rcp_"
	DocumentPrefix  = "doc_"
	OrderPrefix     = "ord_"
)

// Limits. Each has its own error, and a test at −1, = and +1.
const (
	MaxSubject       = 200       // characters; at least 1 to send
	MaxMessage       = 20_000    // characters
	MaxReply         = 5_000     // characters
	MaxDocuments     = 50        // of one convocation
	MaxDocumentSize  = 100 << 20 // bytes
	MaxDocumentsSize = 500 << 20 // bytes of all documents of one convocation
	MaxReplyFiles    = 5
	MaxReplyFileSize = 10 << 20 // bytes
	MaxReplySize     = 20 << 20 // bytes of all files of one reply
	MaxRemindDays    = 30       // days before replies end that somebody can be reminded
	RemindHour       = 9        // of that day, in the collectivité's own zone
	MaxReplies       = 20       // that one recipient may send: each may be told to others by mail
	MaxReplyUploads  = 50       // documents that are taken of one recipient, in all replies together
	MaxShards        = 16       // partitions of recipients
	MaxEntries       = 1_000    // entries of one field of recipients
	MaxPerShard      = 1_000    // recipients up to which one partition is enough
	DefaultLinkDays  = 60
	MinLinkDays      = 7
	MaxLinkDays      = 400
)

// The refusals.
var (
	ErrSubjectEmpty     = errs.Define(errs.Invalid, "subject_empty", "a subject is needed to send")
	ErrSubjectTooLong   = errs.Define(errs.Invalid, "subject_too_long", "the subject is over 200 characters")
	ErrSubjectInvalid   = errs.Define(errs.Invalid, "subject_invalid", "the subject holds a line break or a control character")
	ErrMessageTooLong   = errs.Define(errs.Invalid, "message_too_long", "the message is over 20,000 characters")
	ErrTooManyEntries   = errs.Define(errs.Invalid, "too_many_entries", "over 1,000 entries in one field, or more than can be kept in all")
	ErrNameTooLong      = errs.Define(errs.Invalid, "name_too_long", "the name of a free address is over 200 characters")
	ErrAddressInvalid   = errs.Define(errs.Invalid, "address_invalid", "a free address is no address")
	ErrNoRecipient      = errs.Define(errs.Invalid, "no_recipient", "no recipient")
	ErrGroupUnknown     = errs.Define(errs.Invalid, "group_unknown", "a group does not exist any more")
	ErrGroupEmpty       = errs.Define(errs.Invalid, "group_empty", "a group has no member with an address")
	ErrContactInactive  = errs.Define(errs.Invalid, "contact_inactive", "a contact is not active any more")
	ErrContactUnknown   = errs.Define(errs.Invalid, "contact_unknown", "a contact does not exist any more")
	ErrAlreadySent      = errs.Define(errs.Conflict, "already_sent", "the convocation has been sent: it does not change any more")
	ErrDocumentPending  = errs.Define(errs.Invalid, "document_pending", "a document has not arrived yet")
	ErrDocumentTooBig   = errs.Define(errs.TooLarge, "document_too_large", "a document is over 100 MB")
	ErrDocumentsTooBig  = errs.Define(errs.TooLarge, "documents_too_large", "the documents are over 500 MB together")
	ErrTooManyDocs      = errs.Define(errs.Invalid, "too_many_documents", "over 50 documents")
	ErrDocumentKind     = errs.Define(errs.Invalid, "document_kind_refused", "a document of a kind that is not taken")
	ErrDocumentEmpty    = errs.Define(errs.Invalid, "document_empty", "an empty document")
	ErrStillSending     = errs.Define(errs.Conflict, "still_sending", "the sending is still running")
	ErrDocumentInfected = errs.Define(errs.Invalid, "document_infected", "the antivirus found something in a document")
	ErrDocumentScanning = errs.Define(errs.Invalid, "document_scanning", "the antivirus has not looked at a document yet")
	ErrAlreadyLeft      = errs.Define(errs.Conflict, "already_left", "the sending has begun: it cannot be taken back")
	ErrSendAt           = errs.Define(errs.Invalid, "send_at_invalid", "the sending cannot be planned for then")
	ErrNothingSending   = errs.Define(errs.Conflict, "nothing_sending", "nothing is being sent")
	ErrNotInReview      = errs.Define(errs.Conflict, "not_in_review", "what became of the mail is known")
	ErrNotBlocked       = errs.Define(errs.Conflict, "not_blocked", "the service does write to the address")
	ErrRemindDays       = errs.Define(errs.Invalid, "remind_days_invalid", "the days before a reminder are not 0 to 30")
	ErrNotSent          = errs.Define(errs.Conflict, "not_sent", "the convocation has not been sent")
)

// Type is how a recipient is addressed.
type Type string

// The types (À, copie, copie cachée), the strongest first: who is in two fields counts in the first.
const (
	To  Type = "to"
	Cc  Type = "cc"
	Bcc Type = "bcc"
)

// Types lists the types, the strongest first.
func Types() []Type { return []Type{To, Cc, Bcc} }

// Entry is what the secretary put in a field: a group, a contact or a free address; exactly one is set.
type Entry struct {
	Group   directory.GroupID
	Contact directory.ContactID
	Address directory.Address
	Name    string // of the group, the contact or beside the free address, as last seen; for display and messages
	Count   int    // members with an address of a group, as last seen; 0 for the others
}

// Audience is the three fields of recipients.
type Audience struct{ To, Cc, Bcc []Entry }

// Of gives the entries of one field.
func (a Audience) Of(t Type) []Entry {
	switch t {
	case To:
		return a.To
	case Cc:
		return a.Cc
	default:
		return a.Bcc
	}
}

// Convocation is the convocation itself. It is a draft until SendAskedAt; after that its text never changes.
type Convocation struct {
	ID       ID
	Version  int64 // grows by one at each change of the draft; the condition of the next
	Subject  string
	Message  string // plain text, LF line ends
	Audience Audience
	Meeting  *Meeting // nil: a plain secure mail, with a free reply

	RepliesUntil time.Time // replies are taken until then; zero: until the meeting, or for as long as links open
	LinkDays     int       // links open so many days after the meeting, or after the sending; 0: DefaultLinkDays
	Password     string    // PHC string (argon2id) of the password that opens it; empty: none

	CreatedAt   time.Time
	ChangedAt   time.Time // last change by the secretary
	RemindDays  int       // who has not answered is reminded so many days before replies end, at [RemindHour]; 0: nobody
	SendAskedAt time.Time // « Envoyer » was pressed
	SendAt      time.Time // when it leaves or left: at once, or as it was planned (« programmer »)
	SendAskedBy string    // login
	SentAt      time.Time // all recipients of the first order have left or ended; zero while it runs
	ClosedAt    time.Time // last « Fermer les liens non ouverts »
	PausedAt    time.Time // « Suspendre l’envoi »: nothing leaves; zero while it does
	StoppedAt   time.Time // last « Annuler l’envoi »: what had not left of the orders given before does not leave
	Refused     string    // code why the last sending went back to draft; empty when it did not
	RefusedName string    // the group or contact concerned

	Key    []byte // 32 random bytes from which recipients' identifiers are derived; set at creation
	Shards int    // partitions of recipients: 0 until frozen, then 1 or 16
	Frozen Frozen
}

// Frozen is what « Envoyer » fixed. Nothing after it reads the directory.
type Frozen struct {
	At            time.Time // zero until done
	Count         int       // recipients
	Set           string    // files key of the list of recipients, one JSON object a line
	SetSHA256     string    // hexadecimal
	Zip           string    // files key of all documents as one zip; empty under two documents
	ZipSize       int64
	Merged        string       // files key of all PDF documents as one; empty under two that can be merged
	MergedSize    int64        // bytes
	MergedLeftOut []DocumentID // documents that Merged lacks

	Documents   []Document   // as they were fixed, in their order
	Councillors []Councillor // who counts, gives and holds proxies; by name; none without a meeting
	ClearDays   int          // the legal delay that held
	Article     string       // where it is written: « L2121-11 »

	SenderName string // the collectivité as it was
	SenderMail string
	Phone      string
	TimeZone   string
}

// LinkUntil is when the links of a convocation that has left stop to open: so many days after the meeting, or after the
// mail that brought the link where that is later.
func (c Convocation) LinkUntil(a Attempt) time.Time {
	days := cmp.Or(c.LinkDays, DefaultLinkDays)
	from := a.ClaimedAt
	if c.Meeting != nil && c.Meeting.At.After(from) {
		from = c.Meeting.At
	}
	return from.Add(time.Duration(days) * 24 * time.Hour)
}

// ReplyUntil is when replies stop to be taken; zero: for as long as links open.
func (c Convocation) ReplyUntil() time.Time {
	if c.RepliesUntil.IsZero() && c.Meeting != nil {
		return c.Meeting.At
	}
	return c.RepliesUntil
}

// RemindAt is when those who have not answered are reminded; zero when nobody is: none was asked for, or replies have no end.
func (c Convocation) RemindAt() time.Time {
	until := c.ReplyUntil()
	if c.RemindDays <= 0 || until.IsZero() {
		return time.Time{}
	}
	day := until.In(c.Frozen.Location()).AddDate(0, 0, -c.RemindDays)
	return time.Date(day.Year(), day.Month(), day.Day(), RemindHour, 0, 0, 0, day.Location()).UTC()
}

// Location is the collectivité's own zone as it was, in which legal days are counted; UTC when its name is unknown.
func (f Frozen) Location() *time.Location { return collectivity.Location(f.TimeZone) }

// Councillor finds a councillor by the person she is.
func (f Frozen) Councillor(id PersonID) (Councillor, bool) {
	i := slices.IndexFunc(f.Councillors, thatPerson(id))
	if i < 0 {
		return Councillor{}, false
	}
	return f.Councillors[i], true
}

// thatPerson tells the councillor who is that person.
func thatPerson(id PersonID) func(Councillor) bool {
	return func(c Councillor) bool { return c.ID == id }
}

// Draft tells whether the text may still change.
func (c Convocation) Draft() bool { return c.SendAskedAt.IsZero() }

// DocumentState is how far an upload has come.
type DocumentState string

// The states of a document. A refused one carries its reason.
const (
	DocumentPending DocumentState = "pending" // asked for, not arrived
	DocumentStored  DocumentState = "stored"
	DocumentRefused DocumentState = "refused"
)

// Scan is what an antivirus says of a document. One in which it found something is refused.
type Scan string

// The scans. ScanNone: no antivirus looks (« non analysé »).
const (
	ScanNone    Scan = ""
	ScanPending Scan = "pending"
	ScanClean   Scan = "clean"
)

// ReasonInfected: the antivirus found something in a document.
const ReasonInfected = "document_infected"

// Document is a file attached to a convocation or to a reply.
type Document struct {
	ID       DocumentID
	Name     string // safe file name
	Size     int64  // bytes; as announced while pending, as stored afterwards
	Media    string // media type by magic bytes; empty while pending
	Position int
	State    DocumentState
	Reason   string // code of the refusal; empty otherwise
	Key      string // files key of the upload
	AskedAt  time.Time
	StoredAt time.Time
	Scan     Scan

	FrozenKey string // files key of the copy made at freezing; no form can write there
	SHA256    string // hexadecimal, of the frozen copy
}

// New is an empty draft. key is 32 random bytes.
func New(id ID, key []byte, now time.Time) Convocation {
	return Convocation{ID: id, Version: 1, Key: key, CreatedAt: now, ChangedAt: now}
}

// ShardOf tells in which partition a recipient is kept: the same for each reader.
func ShardOf(id RecipientID, shards int) int {
	raw, _ := ident.Raw(RecipientPrefix, string(id))
	return int(raw[0]) % max(shards, 1)
}

// ShardsFor tells how many partitions so many recipients need.
func ShardsFor(recipients int) int {
	if recipients > MaxPerShard {
		return MaxShards
	}
	return 1
}

// Large tells whether a convocation has so many recipients that they are not counted at each look.
func (c Convocation) Large() bool { return c.Frozen.Count > MaxPerShard }

// ParseID checks an identifier from outside.
func ParseID(s string) (ID, bool) { return ID(s), ident.Valid(Prefix, s) }

package convocation

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"convoc/shared/errs"
)

// Reply is one validated version of an answer (« réponse »); it never changes.
type Reply struct {
	Version   int
	At        time.Time
	Text      string // plain text, LF line ends, to MaxReply characters; may be empty where a presence was chosen
	Documents []Document
	Choice    Choice
	Holder    string  // name of the holder of the proxy; empty when none is given
	Behalf    *Behalf // nil: the élu's own
}

// Behalf says that the secretary recorded a reply which came another way: it is never taken for the élu's own.
type Behalf struct {
	By     string // login
	Way    Way    // how it came
	Reason string // 1 to MaxBehalfReason characters: who called, when
}

// Way is how a reply came that was not given through the link.
type Way string

// The ways.
const (
	ByPhone Way = "phone"
	ByPaper Way = "paper"
	ByMail  Way = "mail" // an answer to the mail
	ByMouth Way = "mouth"
)

// Ways lists them.
func Ways() []Way { return []Way{ByPhone, ByPaper, ByMail, ByMouth} }

// MaxBehalfReason is in characters.
const MaxBehalfReason = 500

// ReplyDraft is an answer that is not sent yet.
type ReplyDraft struct {
	Revision  int64 // grows with every change of text or documents; what was shown is what is validated
	Text      string
	Choice    Choice
	ChangedAt time.Time
	Uploads   int // documents taken so far, for this version, for those before it, or taken out again
}

// The refusals of a reply.
var (
	ErrReplyEmpty      = errs.Define(errs.Invalid, "reply_empty", "an empty reply")
	ErrReplyTooLong    = errs.Define(errs.Invalid, "reply_too_long", "the reply is over 5,000 characters")
	ErrReplyChanged    = errs.Define(errs.Conflict, "reply_changed", "the reply was changed in another window")
	ErrReplyNotBegun   = errs.Define(errs.Conflict, "reply_not_begun", "there is no reply to validate")
	ErrReplyNotTheirs  = errs.Define(errs.Denied, "reply_not_for_copies", "copies read only")
	ErrReplyFiles      = errs.Define(errs.Invalid, "too_many_reply_documents", "over 5 documents in a reply")
	ErrReplyFilesSize  = errs.Define(errs.TooLarge, "reply_documents_too_large", "over 20 MB in a reply")
	ErrTooManyReplies  = errs.Define(errs.Invalid, "too_many_replies", "20 replies of one recipient")
	ErrReplyUploads    = errs.Define(errs.Invalid, "too_many_reply_uploads", "over 50 documents of one recipient")
	ErrLinkUnknown     = errs.Define(errs.NotFound, "link_unknown", "no such link")
	ErrBehalfReason    = errs.Define(errs.Invalid, "behalf_reason_missing", "who answered, when and how, in 1 to 500 characters")
	ErrBehalfWay       = errs.Define(errs.Invalid, "behalf_way_unknown", "no such way for a reply to come")
	ErrLinkExpired     = errs.Define(errs.Gone, "link_expired", "the link has expired")
	ErrPasswordNeeded  = errs.Define(errs.Denied, "password_needed", "the convocation opens with a password")
	ErrPasswordWrong   = errs.Define(errs.Denied, "password_wrong", "not the password of this convocation")
	ErrPasswordLocked  = errs.Define(errs.TooMany, "password_locked", "too many wrong passwords: none is looked at for a while")
	ErrLinkClosed      = errs.Define(errs.Gone, "link_closed", "the link was closed")
	ErrDocumentUnknown = errs.Define(errs.NotFound, "document_unknown", "no such document")
)

// CheckSubject tidies a subject. An empty one is fine for a draft.
// Errors: [ErrSubjectTooLong], [ErrSubjectInvalid].
func CheckSubject(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", ErrSubjectInvalid.At("subject", "")
	}
	if utf8.RuneCountInString(s) > MaxSubject {
		return "", ErrSubjectTooLong.At("subject", "")
	}
	return s, nil
}

// CheckMessage tidies a message: LF line ends, no control characters but tabs.
// Errors: [ErrMessageTooLong].
func CheckMessage(s string) (string, error) {
	s = plain(s)
	if utf8.RuneCountInString(s) > MaxMessage {
		return "", ErrMessageTooLong.At("message", "")
	}
	return s, nil
}

// CheckReply tidies the text of a reply. Errors: [ErrReplyEmpty], [ErrReplyTooLong].
func CheckReply(s string) (string, error) {
	s, err := CheckWord(s)
	if err == nil && s == "" {
		err = ErrReplyEmpty.At("text", "")
	}
	return s, err
}

// CheckWord tidies what is added to a presence; nothing is fine. Errors: [ErrReplyTooLong].
func CheckWord(s string) (string, error) {
	s = strings.TrimSpace(plain(s))
	if utf8.RuneCountInString(s) > MaxReply {
		return s, ErrReplyTooLong.At("text", "")
	}
	return s, nil
}

// CheckBehalf tidies how a reply came that the secretary records. Errors: [ErrBehalfWay], [ErrBehalfReason].
func CheckBehalf(b Behalf) (Behalf, error) {
	b.Reason = line(b.Reason)
	switch {
	case !slices.Contains(Ways(), b.Way):
		return b, ErrBehalfWay.At("way", "")
	case b.Reason == "" || utf8.RuneCountInString(b.Reason) > MaxBehalfReason:
		return b, ErrBehalfReason.At("reason", "")
	}
	return b, nil
}

// plain makes plain text of what a browser sends: LF line ends, valid UTF-8, no control characters.
func plain(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t' || !unicode.IsControl(r):
			return r
		default:
			return -1
		}
	}, s)
}

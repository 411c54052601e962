// Package returned reads what comes to the mailbox from which mails leave through a relay: reports of what became of a
// mail (RFC 3464, and the bounces of some older programs), complaints (RFC 5965), automatic answers (RFC 3834). All
// else, a person's letter first of all, is [mail.ErrNoMail]: it is left to whoever reads that mailbox.
//
// Nothing is guessed. What became of a mail is said by fields made for that or by sentences that one program writes; a
// bounce that is not known for certain is none. And nobody is believed who does not name the mail by the name that
// mail.Seal gave it: the report holds the header of the mail that came back, an answer is « In-Reply-To » it. Only the
// name of the very mail that is reported counts: the secretary's own answer to an élu comes back with our name among
// its references, and is not ours.
//
// A report about an alias says what its owner's server says: « failed » is a return, unless the same report says that
// another address behind the alias took it.
package returned

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"convoc/shared/mail"
)

// MaxSize is how much of a message is read, in bytes: a report begins with what it says, and a mail of ours is small.
const MaxSize = 256 << 10

// verdict is what a message says of a mail.
type verdict struct {
	kind   mail.EventKind
	reason mail.Reason
}

// Read reads one message as it stands in the mailbox, received there at that time. Errors: mail.ErrNoMail.
func Read(seal mail.Seal, raw []byte, received time.Time) (mail.Event, error) {
	entity, err := message.ReadWithOptions(bytes.NewReader(raw[:min(len(raw), MaxSize)]), &message.ReadOptions{MaxHeaderBytes: MaxSize})
	if entity == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
		return mail.Event{}, mail.ErrNoMail
	}
	l := letter{header: entity.Header}
	l.read(entity, 0)
	v, ok := l.verdict()
	if !ok {
		return mail.Event{}, mail.ErrNoMail
	}
	tags, sent, ok := l.about(seal)
	if !ok || !tags.Valid() || tags.Attempt < 1 {
		return mail.Event{}, mail.ErrNoMail
	}
	return mail.Event{Tags: tags, Kind: v.kind, SentAt: sent, At: happened(sent, received), Reason: v.reason}, nil
}

// happened is when a message tells of something: as the mailbox has it, never before the mail itself. The dates of
// reports are those of any machine's clock.
func happened(sent, received time.Time) time.Time {
	at := received.UTC().Truncate(time.Millisecond)
	if at.Before(sent) || at.Year() > 9_999 {
		return sent
	}
	return at
}

// verdict tells what is said; a report comes before the signs of an automatic answer, which it may have too.
func (l *letter) verdict() (verdict, bool) {
	switch {
	case len(l.status) > 0:
		return report(l.status)
	case l.complaint != "":
		return complaint(l.complaint)
	case l.notified:
		return verdict{kind: mail.EventAutoReply}, true
	case l.byDaemon():
		return bounce(l.text)
	}
	return verdict{kind: mail.EventAutoReply}, l.automatic()
}

// complaint reads a type of feedback (RFC 5965, 7.3); a reader who says « not spam » complains of nothing.
func complaint(kind string) (verdict, bool) {
	switch strings.ToLower(kind) {
	case "abuse", "fraud", "virus", "other":
		return verdict{kind: mail.EventComplained}, true
	case "not-spam":
		return verdict{kind: mail.EventAccepted}, true
	}
	return verdict{}, false
}

// idField is where a header has the name of its own mail, also where a relay has given it another one and kept ours.
var idField = regexp.MustCompile(`(?im)^[a-z0-9-]*message-?id[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*`)

// about finds the mail that is meant: by the header that came back, by one that is quoted in the text, by what is
// answered. A header that came back is the only one that counts, also where it may have been cut off.
func (l *letter) about(seal mail.Seal) (mail.Tags, time.Time, bool) {
	if l.original != "" {
		return seal.Find(strings.Join(idField.FindAllString(l.original, -1), "\n"))
	}
	if l.cut {
		return mail.Tags{}, time.Time{}, false
	}
	if tags, at, ok := seal.Find(strings.Join(idField.FindAllString(l.text, -1), "\n")); ok {
		return tags, at, ok
	}
	answered := l.header.Get("In-Reply-To")
	if strings.TrimSpace(answered) == "" {
		references := l.header.Get("References")
		answered = references[max(strings.LastIndex(references, "<"), 0):]
	}
	return seal.Find(answered)
}

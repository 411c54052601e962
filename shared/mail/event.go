package mail

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// ErrNoMail: the service says something that is about no mail, and that nobody has to do anything about.
var ErrNoMail = errors.New("mail: an event of no mail")

// Event is what the service says of a mail after it took it. Events come late, twice and out of order; one that does not
// come says nothing.
type Event struct {
	Tags   Tags
	Kind   EventKind
	SentAt time.Time // when the service took the mail, the same in all events of one; UTC
	At     time.Time // when it happened, by the service's clock; UTC
	Reason Reason    // of EventBounced, EventRejected and EventDelayed
}

// EventKind is what has happened.
type EventKind string

// The kinds of events. Each proves that the service had accepted the mail.
const (
	EventAccepted   EventKind = "accepted"
	EventDelivered  EventKind = "delivered"  // the mailbox's server took it (« remis à la messagerie »)
	EventDelayed    EventKind = "delayed"    // it will be tried again
	EventBounced    EventKind = "bounced"    // it came back, and will not arrive (« courriel revenu »)
	EventAutoReply  EventKind = "auto_reply" // an answer of the mailbox that says nothing of its delivery
	EventComplained EventKind = "complained" // the reader called it spam
	EventRejected   EventKind = "rejected"   // the service found it unfit after it took it
)

// Further reasons, of events only.
const (
	ReasonSuppressed Reason = "suppressed" // the service does not write to this address any more: mails came back before
	ReasonTooLarge   Reason = "too_large"  // for the mailbox
)

// ReasonOf reads the status of a mail that came back (RFC 3463). One that says nothing of use is [ReasonRejected].
func ReasonOf(status string) Reason {
	class, code, _ := strings.Cut(strings.TrimSpace(status), ".")
	switch {
	case slices.Contains([]string{"1.1", "1.2", "1.3", "1.6", "1.10"}, code):
		return ReasonNoMailbox
	case class == "5" && code == "4.4": // « unable to route »: the domain does not exist, or takes no mail
		return ReasonNoMailbox
	case code == "2.2":
		return ReasonMailboxFull
	case code == "2.3" || code == "3.4":
		return ReasonTooLarge
	case strings.HasPrefix(code, "4."):
		return ReasonTimeout
	case strings.HasPrefix(code, "6."):
		return ReasonContent
	}
	return ReasonRejected
}

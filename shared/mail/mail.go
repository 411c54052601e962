// Package mail is the port to the service that carries mail: one message, one recipient, one call, and an answer that
// never guesses.
//
// The protocol above (package dispatch) writes the attempt before the call and must know afterwards which of four
// things happened: accepted, refused for good, refused for now, or unknown. An adapter never sends twice on its own: no
// retry, no second server after the first one has seen the data.
//
// Adapters are subpackages: dirmail (a directory of .eml files, for trying out), smtpmail (a relay) and sesmail (SES).
// mailtest is the suite that every adapter passes. [Compose] builds the message, [Seal] names it. What becomes of a mail
// later is an [Event]: SES publishes them; a relay's come back as mail, which imapmail fetches and returned reads.
package mail

import "context"

// Sender carries mail. Send may be called from many goroutines.
type Sender interface {
	// Send hands one message to the service. It returns when the outcome is known, after ten seconds or so at the
	// latest whatever ctx says, or when ctx has ended; ctx ending after the data may have left is [Unknown].
	Send(ctx context.Context, m Envelope) Result
}

// Envelope is one message for one mailbox.
type Envelope struct {
	From string // envelope sender, an address without name
	To   string // the one recipient, an address without name
	Raw  []byte // the whole message as RFC 5322, CRLF lines
	Tags Tags
}

// Tags name the attempt for the events that come back. They are identifiers, never personal data; each is
// [A-Za-z0-9_-]{1,64}.
type Tags struct {
	Collectivity, Convocation, Recipient string
	Notice                               string // empty: the convocation itself
	Attempt                              int
}

// Valid tells whether every tag is as the port wants it.
func (t Tags) Valid() bool {
	return validTag(t.Collectivity) && validTag(t.Convocation) && validTag(t.Recipient) && (t.Notice == "" || validTag(t.Notice))
}

func validTag(s string) bool {
	for _, r := range s {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 64
}

// Outcome is what is known after a call.
type Outcome string

// The outcomes. Unknown: the service may have accepted (a cut after the data, a timeout); only an event or an opened
// link tells.
const (
	Accepted       Outcome = "accepted"
	RefusedForGood Outcome = "refused_for_good"
	RefusedForNow  Outcome = "refused_for_now"
	Unknown        Outcome = "unknown"
)

// Reason is why a call was not accepted, for the person who reads the follow-up; codes, not sentences.
type Reason string

// The reasons.
const (
	ReasonNone        Reason = ""
	ReasonNoMailbox   Reason = "no_mailbox"   // the address does not exist (5.1.x)
	ReasonMailboxFull Reason = "mailbox_full" // 4.2.2, 5.2.2
	ReasonContent     Reason = "content"      // the message itself was refused (too large, policy)
	ReasonRejected    Reason = "rejected"     // refused for another reason
	ReasonThrottled   Reason = "throttled"    // too fast; spends no attempt
	ReasonConnection  Reason = "connection"   // the service could not be reached, nothing left
	ReasonCredentials Reason = "credentials"  // sign-in at the relay refused: stops all sending
	ReasonTimeout     Reason = "timeout"      // no answer in time
	ReasonStorage     Reason = "storage"      // the directory could not be written (full disk)
	ReasonUnwritten   Reason = "unwritten"    // no service's: we could not write the message
	ReasonPaused      Reason = "paused"       // the service takes nothing from this account: stops all sending
	ReasonQuota       Reason = "quota"        // as many mails have left within 24 hours as may
)

// Result is the answer to one call.
type Result struct {
	Outcome   Outcome
	MessageID string // the service's own id of an accepted message; may be empty
	Reason    Reason // ReasonNone when accepted
	Detail    string // the service's words for the operator, without any address; may be empty
}

// Prover is a sender that can tell for certain what became of an attempt.
type Prover interface {
	// Proof tells whether the service accepted the attempt; known is false when it cannot say.
	Proof(ctx context.Context, t Tags) (accepted, known bool, err error)
}

// Meter is a service that tells how much it takes.
type Meter interface {
	Allowance(ctx context.Context) (Allowance, error)
}

// Allowance is how much a service takes. The zero Allowance is no limit.
type Allowance struct {
	Rate   float64 // mails a second at most; 0: no limit
	Daily  int     // mails within 24 hours at most; 0: no limit
	Sent   int     // of them, in the last 24 hours; negative: the service does not count
	Paused bool    // the service takes nothing from this account until its owner has settled it with the service
}

// Fixed is a meter of a service that tells nothing: what its owner says that it takes, by our own count.
type Fixed struct {
	Rate  float64 // mails a second at most; 0: no limit
	Daily int     // mails within 24 hours at most; 0: no limit
}

// Allowance is always the same.
func (f Fixed) Allowance(context.Context) (Allowance, error) {
	return Allowance{Rate: f.Rate, Daily: f.Daily, Sent: -1}, nil
}

// Unblocker is a service that keeps addresses to which it does not write, and can be told to write again.
type Unblocker interface {
	// Unblock lets the service write to the address again. An address that is not blocked is no error.
	Unblock(ctx context.Context, address string) error
}

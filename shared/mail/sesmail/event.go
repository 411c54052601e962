package sesmail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"convoc/shared/mail"
)

// ErrNoEvent: these bytes are no event of ours. They end among the dead letters.
var ErrNoEvent = errors.New("sesmail: no event of a mail of ours")

// record is an event as SES publishes it (Developer Guide, « Examples of event data »). Addresses and diagnostics, which
// hold addresses, are left where they are.
type record struct {
	EventType string `json:"eventType"`
	Mail      struct {
		Timestamp time.Time           `json:"timestamp"`
		Tags      map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce    bounce `json:"bounce"`
	Complaint struct {
		Timestamp time.Time `json:"timestamp"`
		SubType   string    `json:"complaintSubType"`
		Feedback  string    `json:"complaintFeedbackType"`
	} `json:"complaint"`
	Delivery struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"delivery"`
	DeliveryDelay struct {
		Timestamp time.Time `json:"timestamp"`
		DelayType string    `json:"delayType"`
	} `json:"deliveryDelay"`
}

// welcome is what SES says to a topic when it is told to lead its events there, at each deployment that changes it: plain
// text, in no documentation, and seen by all who read such topics.
const welcome = "Successfully validated SNS topic for Amazon SES event publishing."

// ParseEvent reads an event as SNS delivers it to a queue, raw. Errors: [ErrNoEvent], mail.ErrNoMail.
func ParseEvent(raw []byte) (mail.Event, error) {
	if strings.TrimSpace(string(raw)) == welcome {
		return mail.Event{}, mail.ErrNoMail
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return mail.Event{}, fmt.Errorf("%w: malformed", ErrNoEvent) // the cause may quote what it holds
	}
	tags, err := tagsOf(r.Mail.Tags)
	if err != nil {
		return mail.Event{}, err
	}
	e := mail.Event{Tags: tags, SentAt: r.Mail.Timestamp}
	if e.Kind, e.At, e.Reason = r.what(); e.Kind == "" {
		return mail.Event{}, fmt.Errorf("%w: of a kind that is not known", ErrNoEvent)
	}
	e.At, e.SentAt = e.At.UTC().Truncate(time.Millisecond), e.SentAt.UTC().Truncate(time.Millisecond)
	if !told(e.At) || !told(e.SentAt) {
		return mail.Event{}, fmt.Errorf("%w: without a time", ErrNoEvent)
	}
	return e, nil
}

// told tells whether a time was given, and can be kept: SES is of 2011, and years have four digits.
func told(at time.Time) bool { return at.Year() > 2010 && at.Year() < 10_000 }

// what tells what has happened, when, and why; no kind when nobody knows it.
func (r record) what() (mail.EventKind, time.Time, mail.Reason) {
	switch r.EventType {
	case "Send":
		return mail.EventAccepted, r.Mail.Timestamp, mail.ReasonNone
	case "Delivery":
		return mail.EventDelivered, r.Delivery.Timestamp, mail.ReasonNone
	case "DeliveryDelay":
		return mail.EventDelayed, r.DeliveryDelay.Timestamp, delays[r.DeliveryDelay.DelayType]
	case "Bounce":
		kind, reason := r.Bounce.judge()
		return kind, r.Bounce.Timestamp, reason
	case "Complaint":
		return r.complaint()
	case "Reject":
		return mail.EventRejected, r.Mail.Timestamp, mail.ReasonContent
	}
	return "", time.Time{}, mail.ReasonNone
}

// complaint: SES also says so of an address to which it did not even try to write, because its reader complained before
// (Developer Guide, « Complaint subtypes »): that mail does not arrive. A reader who says « not spam » complains of
// nothing.
func (r record) complaint() (mail.EventKind, time.Time, mail.Reason) {
	switch at := r.Complaint.Timestamp; {
	case r.Complaint.SubType != "":
		return mail.EventBounced, at, mail.ReasonSuppressed
	case r.Complaint.Feedback == "not-spam":
		return mail.EventAccepted, r.Mail.Timestamp, mail.ReasonNone
	default:
		return mail.EventComplained, at, mail.ReasonNone
	}
}

func tagsOf(raw map[string][]string) (mail.Tags, error) {
	one := func(name string) string {
		if len(raw[name]) != 1 {
			return ""
		}
		return raw[name][0]
	}
	n, err := strconv.Atoi(one(TagAttempt))
	t := mail.Tags{
		Collectivity: one(TagCollectivity), Convocation: one(TagConvocation), Recipient: one(TagRecipient),
		Notice: one(TagNotice), Attempt: n,
	}
	_, notice := raw[TagNotice] // of which nothing can be read, it would be taken for the convocation itself
	if err != nil || n < 1 || !t.Valid() || notice != (t.Notice != "") {
		return mail.Tags{}, fmt.Errorf("%w: without our tags", ErrNoEvent)
	}
	return t, nil
}

// delays are the kinds of delay that say more than that (Developer Guide, « DeliveryDelay object »).
var delays = map[string]mail.Reason{"MailboxFull": mail.ReasonMailboxFull, "RecipientServerError": mail.ReasonConnection}

package sesmail

import (
	"slices"
	"strings"
	"time"

	"convoc/shared/mail"
)

// bounce is what SES says of a mail that came back, or of a message that its mailbox answered with.
type bounce struct {
	Type       string    `json:"bounceType"`
	SubType    string    `json:"bounceSubType"`
	Timestamp  time.Time `json:"timestamp"`
	Recipients []report  `json:"bouncedRecipients"`
}

// report is what the server that gave up wrote (RFC 3464); empty when what came was no such report.
type report struct {
	Action string `json:"action"`
	Status string `json:"status"`
}

// judged is what a bounce means.
type judged struct {
	kind   mail.EventKind
	reason mail.Reason
}

// bounces are the kinds of bounces (Developer Guide, « Bounce types »; « OnTenant… » and « EmailValidation… » are of 2026).
// « Transient, General » is how SES tells of an absence message (Knowledge Center, « What is considered a soft bounce on
// Amazon SES? »), but also of a mail that it gave up after 14 hours: only then is there a report.
var bounces = map[string]judged{
	"Permanent/General":                   {mail.EventBounced, mail.ReasonRejected},
	"Permanent/NoEmail":                   {mail.EventBounced, mail.ReasonNoMailbox},
	"Permanent/Suppressed":                {mail.EventBounced, mail.ReasonSuppressed},
	"Permanent/OnAccountSuppressionList":  {mail.EventBounced, mail.ReasonSuppressed},
	"Permanent/OnTenantSuppressionList":   {mail.EventBounced, mail.ReasonSuppressed},
	"Permanent/EmailValidationSuppressed": {mail.EventBounced, mail.ReasonSuppressed},
	"Permanent/UnsubscribedRecipient":     {mail.EventBounced, mail.ReasonSuppressed},
	"Transient/General":                   {mail.EventAutoReply, mail.ReasonNone},
	"Transient/MailboxFull":               {mail.EventBounced, mail.ReasonMailboxFull},
	"Transient/MessageTooLarge":           {mail.EventBounced, mail.ReasonTooLarge},
	"Transient/ContentRejected":           {mail.EventBounced, mail.ReasonContent},
	"Transient/AttachmentRejected":        {mail.EventBounced, mail.ReasonContent},
	"Transient/CustomTimeoutExceeded":     {mail.EventBounced, mail.ReasonTimeout},
	"Undetermined/Undetermined":           {mail.EventBounced, mail.ReasonRejected},
}

// judge tells what a bounce means; one of a kind that is not known came back. Where SES says no more than that, the
// report may say why.
func (b bounce) judge() (mail.EventKind, mail.Reason) {
	j, known := bounces[b.Type+"/"+b.SubType]
	if !known {
		j = judged{mail.EventBounced, mail.ReasonRejected}
	}
	failed := slices.IndexFunc(b.Recipients, func(r report) bool { return strings.EqualFold(r.Action, "failed") })
	if vague := j.reason == mail.ReasonNone || j.reason == mail.ReasonRejected; vague && failed >= 0 {
		return mail.EventBounced, mail.ReasonOf(b.Recipients[failed].Status)
	}
	return j.kind, j.reason
}

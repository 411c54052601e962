package smtpmail

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	"convoc/shared/mail"
)

// A relay also answers about itself (it is stopping, its disk is full) and about us (we may not relay). That is no fault
// of a recipient, and will be mended: only what is about this recipient or this message may be for good.

// classify makes a result of a failure before the message was complete, or of an answer to it.
func classify(verb string, err error) mail.Result {
	r := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: detail(verb, err)}
	answer, ok := refusal(err)
	if !ok { // a cut, or an answer to something else
		return r
	}
	r.Reason = reason(answer)
	if answer.Code/100 == 5 {
		r.Outcome = mail.RefusedForGood
	}
	return r
}

// refusal is the answer of a relay that refuses; any other answer than the expected one is out of step.
func refusal(err error) (*textproto.Error, bool) {
	var answer *textproto.Error
	ok := errors.As(err, &answer) && (answer.Code/100 == 4 || answer.Code/100 == 5)
	return answer, ok
}

// notGreeted: until it has greeted us a relay knows of no mail that it could refuse.
func notGreeted(err error) mail.Result { return aboutRelay(classify("greeting", err)) }

// aboutRelay makes any refusal one of a relay that cannot be used for now.
func aboutRelay(r mail.Result) mail.Result {
	r.Outcome = mail.RefusedForNow
	if r.Reason != mail.ReasonThrottled {
		r.Reason = mail.ReasonConnection
	}
	return r
}

// reasonOfAuth tells refused credentials from a connection that was cut while they were given.
func reasonOfAuth(err error) mail.Reason {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code/100 == 5 {
		return mail.ReasonCredentials
	}
	return mail.ReasonConnection
}

// senderRefused: a refusal of our own address is about the relay or the installation, not about the recipient. Only the
// size of the message is its own.
func senderRefused(err error) mail.Result {
	r := classify("MAIL", err)
	var answer *textproto.Error
	switch {
	case r.Outcome == mail.RefusedForNow:
		return aboutRelay(r)
	case errors.As(err, &answer) && codeOf(answer) == tooLarge:
		return r
	}
	r.Outcome, r.Reason = mail.RefusedForNow, mail.ReasonCredentials
	return r
}

// recipientRefused: a relay often says only here that it does not relay for us.
func recipientRefused(err error) mail.Result {
	r := classify("RCPT", err)
	var answer *textproto.Error
	if errors.As(err, &answer) && aboutUs(answer) {
		r.Outcome, r.Reason = mail.RefusedForNow, mail.ReasonCredentials
	}
	return r
}

// noAccess is how relays say that we may not use them; a host name that holds the word says nothing. Postfix's « relay
// recipient table » is about a mailbox all the same.
var (
	noAccess = regexp.MustCompile(`(^|[\s:;,(])relay(ing)?\.?([\s:;,)!]|$)|\bclient host\b|` +
		`\bauthenticat\w+ (is )?(required|first)\b|\b(must|not|requires?) (be )?authenticat`)
	noMailbox = regexp.MustCompile(`\b(user|mailbox|recipient) unknown\b|\bunknown (user|mailbox|recipient)\b`)
)

// aboutUs tells a refusal for good of whoever sends from one of the recipient. Codes: RFC 3463, RFC 4954 (530).
func aboutUs(answer *textproto.Error) bool {
	code, text := codeOf(answer), textOf(answer)
	switch {
	case answer.Code/100 != 5:
		return false
	case answer.Code == 530 || code == "1.7" || code == "1.8":
		return true
	}
	return (code == "" || strings.HasPrefix(code, "7.")) && noAccess.MatchString(text) && !noMailbox.MatchString(text)
}

const tooLarge = "3.4" // the message, for the system

var (
	enhanced = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)
	slow     = regexp.MustCompile(`\brates?\b|\brate-?limit|\btoo many\b|\bthrottl`)
	local    = regexp.MustCompile(`\blocal (problem|error)\b`)
)

// codeOf is the enhanced code (RFC 3463) of an answer without its class; empty when it has none.
func codeOf(answer *textproto.Error) string {
	if m := enhanced.FindStringSubmatch(answer.Msg); m != nil {
		return m[2] + "." + m[3]
	}
	return ""
}

// textOf is what an answer says, in small letters and without addresses: they are nobody's words.
func textOf(answer *textproto.Error) string { return strings.ToLower(anonymous(answer.Msg)) }

// reason reads the enhanced code of an answer, or its basic one (RFC 5321).
func reason(answer *textproto.Error) mail.Reason {
	code := codeOf(answer)
	switch {
	case answer.Code/100 == 4 && (code == "7.28" || slow.MatchString(textOf(answer))):
		return mail.ReasonThrottled
	case code == tooLarge || strings.HasPrefix(code, "6.") || answer.Code == 554 && code == "7.1":
		return mail.ReasonContent
	case answer.Code/100 == 4 && ofSystem(answer):
		return mail.ReasonConnection
	case code == "1.1" || code == "1.2" || code == "1.3" || code == "1.6" || code == "1.10":
		return mail.ReasonNoMailbox
	case code == "2.2" || answer.Code == 552 && code == "":
		return mail.ReasonMailboxFull
	case code == "" && (answer.Code == 550 || answer.Code == 553):
		return mail.ReasonNoMailbox
	}
	return mail.ReasonRejected
}

// ofSystem tells a relay that speaks of itself: it stops, or its disk, its queue or what it looks up fails.
func ofSystem(answer *textproto.Error) bool {
	code := codeOf(answer)
	switch answer.Code {
	case 421:
		return true
	case 452:
		return code == "" || strings.HasPrefix(code, "3.")
	}
	return strings.HasPrefix(code, "3.") || answer.Code == 451 && code == "" && local.MatchString(textOf(answer))
}

// ofMessage tells a refusal of this message or its recipient from one in which the relay speaks of itself or of us.
func ofMessage(r mail.Reason) bool {
	return r != mail.ReasonConnection && r != mail.ReasonCredentials && r != mail.ReasonThrottled
}

var (
	bracketed = regexp.MustCompile(`<[^>]*>`)
	addressed = regexp.MustCompile(`\S*@\S*`)
)

// anonymous is a text without any address.
func anonymous(text string) string {
	return addressed.ReplaceAllString(bracketed.ReplaceAllString(text, "<>"), "…")
}

// detail is the server's words without any address.
func detail(verb string, err error) string {
	return fmt.Sprintf("%s: %.200s", verb, anonymous(err.Error()))
}

package returned

import (
	"regexp"
	"strings"

	"github.com/emersion/go-message/textproto"

	"convoc/shared/directory"
	"convoc/shared/mail"
)

// actions are what a report says of an address (RFC 3464, 2.3.3), the most telling first: what came to one address behind
// an alias did not come back. « relayed » and « expanded » went on to where nobody reports.
var actions = []struct {
	name string
	kind mail.EventKind
}{
	{"delivered", mail.EventDelivered},
	{"relayed", mail.EventAccepted},
	{"expanded", mail.EventAccepted},
	{"failed", mail.EventBounced},
	{"delayed", mail.EventDelayed},
}

func report(groups []textproto.Header) (verdict, bool) {
	for _, a := range actions {
		for _, g := range groups {
			said, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(g.Get("Action"))), " ") // a comment may follow
			if said != a.name {
				continue
			}
			v := verdict{kind: a.kind}
			if a.kind == mail.EventBounced || a.kind == mail.EventDelayed {
				v.reason = reasonOf(g.Get("Status"), g.Get("Diagnostic-Code"))
			}
			return v, true
		}
	}
	return verdict{}, false
}

// status is one (RFC 3463) in a text, behind an answer's code or in brackets as qmail has it: not four numbers of an
// address.
var status = regexp.MustCompile(`(?:^|[\s(#:;-])([245]\.\d{1,3}\.\d{1,3})(?:[\s):;,-]|$)`)

// words are what servers write where their status says nothing of use; folded.
var words = []struct {
	reason mail.Reason
	say    *regexp.Regexp
}{
	{mail.ReasonNoMailbox, regexp.MustCompile(`\b(user|recipient|mailbox|address) unknown\b|\bunknown (user|recipient|mailbox|address)\b|` +
		`\bno such (user|recipient|mailbox)\b|\bno mailbox here\b|\binvalid (recipient|mailbox)\b|\brecipient ?not ?found\b|` +
		`\b(mailbox|account|recipient|user) (that you tried to reach )?(does not|doesn't) exist\b|\bmailbox not found\b|` +
		`\brecipient address rejected: access denied\b|\bhost or domain name not found\b|\bhost not found\b|\binvalid domain name\b`)},
	{mail.ReasonMailboxFull, regexp.MustCompile(`\bover ?-?quota\b|\bquota (exceeded|full)\b|\b(exceed(s|ed)?|over) (\w+ ){0,3}quota\b|` +
		`\bmailbox (is )?full\b|\bout of storage\b|\bboite (aux lettres )?pleine\b`)},
	{mail.ReasonTooLarge, regexp.MustCompile(`\bmessage (size exceeds|(is )?too (large|big))\b`)},
}

// reasonOf reads why: the status, else one in the server's words, else those words. Some servers say « 5.4.1, access
// denied » of an address that does not exist: a routing problem for good says nothing by itself.
func reasonOf(said, diagnostic string) mail.Reason {
	why := mail.ReasonRejected
	for _, text := range []string{said, diagnostic} {
		found := status.FindStringSubmatch(text)
		if found == nil || why != mail.ReasonRejected {
			continue
		}
		if why = mail.ReasonOf(found[1]); why == mail.ReasonTimeout && found[1][0] == '5' {
			why = mail.ReasonRejected
		}
	}
	if why != mail.ReasonRejected {
		return why
	}
	folded := directory.Fold(diagnostic)
	for _, w := range words {
		if w.say.MatchString(folded) {
			return w.reason
		}
	}
	return why
}

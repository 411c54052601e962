package smtpmail

import (
	"testing"

	"convoc/shared/mail"
)

// refusedAt lets a message get as far as a step, where the relay answers that.
func refusedAt(step, answer string) []string {
	before := map[string][]string{
		"greeting":  {},
		"EHLO":      {"220 relay"},
		"MAIL":      {"220 relay", "250 relay"},
		"RCPT":      {"220 relay", "250 relay", "250 ok"},
		"DATA":      {"220 relay", "250 relay", "250 ok", "250 ok"},
		"final dot": {"220 relay", "250 relay", "250 ok", "250 ok", "354 go"},
	}[step]
	answers := append(before, answer)
	if step == "EHLO" {
		answers = append(answers, answer) // HELO, in its place
	}
	return answers
}

// What a relay says of itself or of us is never the end of a recipient: it keeps those who wait waiting.
func TestRelayThatAnswersAboutItselfFailsNobody(t *testing.T) {
	for _, c := range []struct {
		step, answer string
		want         mail.Reason
	}{
		{"greeting", "554 5.7.1 no SMTP service here", mail.ReasonConnection},
		{"greeting", "421 4.3.2 Service not available", mail.ReasonConnection},
		{"greeting", "421 4.7.0 too many connections", mail.ReasonThrottled},
		{"greeting", "554 too many connections", mail.ReasonConnection},
		{"EHLO", "550 5.7.1 Access denied", mail.ReasonConnection},
		{"EHLO", "550 no such user", mail.ReasonConnection},
		{"EHLO", "450 4.7.1 try again later", mail.ReasonConnection},
		{"MAIL", "451 4.3.0 queue file write error", mail.ReasonConnection},
		{"MAIL", "452 4.3.1 Insufficient system storage", mail.ReasonConnection},
		{"MAIL", "450 4.7.1 try again later", mail.ReasonConnection},
		{"MAIL", "451 Temporary local problem - please try later", mail.ReasonConnection},
		{"MAIL", "450 4.7.1 sending rate exceeded", mail.ReasonThrottled},
		{"MAIL", "554 5.7.1 Access denied", mail.ReasonCredentials},
		{"MAIL", "530 5.7.0 Authentication required", mail.ReasonCredentials},
		{"RCPT", "451 4.3.0 Temporary lookup failure", mail.ReasonConnection},
		{"RCPT", "450 4.3.2 Service currently unavailable", mail.ReasonConnection},
		{"RCPT", "421 closing", mail.ReasonConnection},
		{"RCPT", "452 4.3.1 Insufficient system storage", mail.ReasonConnection},
		{"RCPT", "452 Insufficient system storage", mail.ReasonConnection},
		{"RCPT", "554 5.7.1 <elu@exemple.fr>: Relay access denied", mail.ReasonCredentials},
		{"RCPT", "550 5.7.1 Unable to relay", mail.ReasonCredentials},
		{"RCPT", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", mail.ReasonCredentials},
		{"RCPT", "550 relay not permitted", mail.ReasonCredentials},
		{"RCPT", "553 we do not relay.", mail.ReasonCredentials},
		{"RCPT", "554 Relaying denied", mail.ReasonCredentials},
		{"RCPT", "550-5.7.1 Refused:\r\n550 5.7.1 SMTP authentication is required", mail.ReasonCredentials},
		{"RCPT", "550 5.7.1 Client was not authenticated", mail.ReasonCredentials},
		{"RCPT", "530 5.7.0 Must issue a STARTTLS command first", mail.ReasonCredentials},
		{"RCPT", "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", mail.ReasonCredentials},
		{"RCPT", "550 5.1.8 <convocations@mairie.fr>: Sender address rejected: Domain not found", mail.ReasonCredentials},
		{"DATA", "451 4.3.0 queue file write error", mail.ReasonConnection},
		{"final dot", "451 4.3.0 queue file write error", mail.ReasonConnection},
		{"final dot", "452 4.3.1 Insufficient system storage", mail.ReasonConnection},
		{"final dot", "421 4.4.2 closing", mail.ReasonConnection},
		{"final dot", "451 Requested action aborted: local error in processing", mail.ReasonConnection},
	} {
		t.Run(c.step+" "+c.answer, func(t *testing.T) {
			got := opened(t, script(t, refusedAt(c.step, c.answer)...)).Send(t.Context(), envelope)
			if got.Outcome != mail.RefusedForNow || got.Reason != c.want {
				t.Errorf("got %s %s (%s), want for now, %s", got.Outcome, got.Reason, got.Detail, c.want)
			}
		})
	}
}

// What is about one recipient or one message spends its attempts or ends it, whatever words are in it.
func TestRefusalsThatAreTheRecipientsOwn(t *testing.T) {
	good, now := mail.RefusedForGood, mail.RefusedForNow
	for _, c := range []struct {
		step, answer string
		outcome      mail.Outcome
		want         mail.Reason
	}{
		{"MAIL", "552 5.3.4 Message too large", good, mail.ReasonContent},
		{"RCPT", "550 <elu@exemple.fr>: User unknown in relay recipient table", good, mail.ReasonNoMailbox},
		{"RCPT", "550 5.1.1 no such user here, relaying denied", good, mail.ReasonNoMailbox},
		{"RCPT", "550 host relay.exemple.fr said: no such user", good, mail.ReasonNoMailbox},
		{"RCPT", "550 no such user relay@exemple.fr", good, mail.ReasonNoMailbox},
		{"RCPT", "554 5.7.1 blocked by the recipient", good, mail.ReasonContent},
		{"RCPT", "452 4.2.2 mailbox full", now, mail.ReasonMailboxFull},
		{"RCPT", "451 greylisted", now, mail.ReasonRejected},
		{"RCPT", "450 4.7.1 rate limit", now, mail.ReasonThrottled},
		{"RCPT", "450 4.7.1 Rate-limited", now, mail.ReasonThrottled},
		{"RCPT", "450 4.7.1 throttled", now, mail.ReasonThrottled},
		{"RCPT", "450 4.7.1 refused by corporate policy", now, mail.ReasonRejected},
		{"RCPT", "450 4.7.1 generated by the filter", now, mail.ReasonRejected},
		{"RCPT", "450 4.7.1 <rate@exemple.fr> later", now, mail.ReasonRejected},
		{"final dot", "452 4.3.4 Message too large", now, mail.ReasonContent},
		{"final dot", "554 5.7.1 the relay found a virus", good, mail.ReasonContent},
	} {
		t.Run(c.step+" "+c.answer, func(t *testing.T) {
			got := opened(t, script(t, refusedAt(c.step, c.answer)...)).Send(t.Context(), envelope)
			if got.Outcome != c.outcome || got.Reason != c.want {
				t.Errorf("got %s %s (%s), want %s %s", got.Outcome, got.Reason, got.Detail, c.outcome, c.want)
			}
		})
	}
}

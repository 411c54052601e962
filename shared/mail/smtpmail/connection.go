package smtpmail

import (
	"net"
	"net/smtp"
	"time"

	"convoc/shared/mail"
)

const (
	// mostMessages of one connection. Of more, Exim leaves the rest lying until its next queue run
	// (smtp_accept_queue_per_connection: 10), and half an hour late may be a day late.
	mostMessages = 10
	// mostRefusals in a row of one connection: Postfix lets those wait who make more than ten errors without a mail
	// (smtpd_soft_error_limit).
	mostRefusals = 5
	// tidying is how long an answer is waited for on which no result depends.
	tidying = 2 * time.Second
)

// connection is one to the relay, used by one goroutine at a time.
type connection struct {
	net.Conn              // below TLS
	client   *smtp.Client // nil: not greeted yet
	messages int          // that it has carried, refused ones too
	refusals int          // of them, since the last that was accepted
	doubtful bool         // not to be used again
	watched  chan error   // of one that is kept: how the watch over it ended
	idle     *time.Timer  // of one that is kept: ends the watch
}

// carry speaks one message. It is not certain what the answer of a used connection is about when that connection is at
// its end, or when the relay speaks of us (KumoMTA has a limit of messages, and says so to MAIL): nothing has left then.
// Once data have begun, all is certain.
func (c *connection) carry(m mail.Envelope) (r mail.Result, certain bool) {
	fresh := c.messages == 0
	c.messages++
	if err := c.client.Mail(m.From); err != nil {
		c.doubtful = true
		return senderRefused(err), fresh
	}
	if err := c.client.Rcpt(m.To); err != nil {
		r = recipientRefused(err)
		return r, c.reset(r, err) || fresh
	}
	data, err := c.client.Data()
	if err != nil {
		r = classify("DATA", err)
		return r, c.reset(r, err) || fresh
	}
	if _, err := data.Write(m.Raw); err != nil { // no final dot was written: the server throws it away
		c.doubtful = true
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "cut in mid-message"}, true
	}
	if c.saysMore() { // what it has said would be taken for its answer to the final dot
		c.doubtful = true
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "out of turn in mid-message"}, true
	}
	return c.finish(data.Close()), true
}

// finish reads the answer to the final dot.
func (c *connection) finish(err error) mail.Result {
	if err == nil {
		c.refusals = 0
		return mail.Result{Outcome: mail.Accepted}
	}
	if _, refused := refusal(err); refused {
		r := classify("final dot", err)
		c.reset(r, err)
		return r
	}
	c.doubtful = true
	return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout, Detail: "no answer to the final dot"}
}

// reset makes the connection ready for another message after a refusal of this one, and tells whether it is: whoever
// speaks of itself or of us may mean the connection. The answer to RSET is also the proof that answers are in step, and
// the refusal not the one of a command before. After a message that was accepted there is nothing to reset (RFC 5321,
// 4.1.1.4), and Postfix counts a RSET as junk.
func (c *connection) reset(r mail.Result, err error) bool {
	c.refusals++
	_, refused := refusal(err)
	c.doubtful = !refused || !ofMessage(r.Reason) || c.saysMore()
	if c.doubtful {
		return false
	}
	c.doubtful = !c.soon(c.client.Reset) || c.saysMore()
	return !c.doubtful
}

// saysMore tells whether the relay has said more than it was asked.
func (c *connection) saysMore() bool { return c.client.Text.R.Buffered() > 0 }

// leave takes leave of the relay.
func (c *connection) leave() {
	c.soon(c.client.Quit)
	c.Close()
}

// soon tells whether something was done well and in time; if not in time, the connection is closed under it.
func (c *connection) soon(do func() error) bool {
	late := time.AfterFunc(tidying, func() { c.Close() })
	err := do()
	return late.Stop() && err == nil
}

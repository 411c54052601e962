// Package sesmail is a mail service on Amazon SES (API v2): one raw message, one recipient, one call.
//
// SES knows no repetition of a call for what it is: what is sent twice arrives twice, and a call without an answer may
// have been accepted. So nothing below [Sender.Send] ever tries again, neither the SDK, nor the HTTP client, nor a
// redirection. A failure before there was a connection to write to is known to have sent nothing, an answer of 4xx too;
// everything else is mail.Unknown, and the events of the attempt's tags tell later what became of it.
//
// SES puts a Message-ID of its own in the place of the message's, and its own Date. The identifier it answers with is
// the one in its events.
package sesmail

import (
	"context"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"convoc/shared/mail"
)

// Timeout is how long one call may take.
const Timeout = 10 * time.Second

// The names of the tags of each message, as the events give them back.
const (
	TagCollectivity = "collectivity"
	TagConvocation  = "convocation"
	TagRecipient    = "recipient"
	TagNotice       = "notice" // only of a notice
	TagAttempt      = "attempt"
)

// Sender sends through SES; made by Open.
type Sender struct {
	client  *sesv2.Client
	set     string // configuration set
	timeout time.Duration
}

// Open names the configuration set whose events tell what becomes of a message; empty: the account's own, if it has one.
// It calls nothing. The client must be one of [Client].
func Open(client *sesv2.Client, configurationSet string) *Sender {
	return &Sender{client, configurationSet, Timeout}
}

// Send carries one message.
func (s *Sender) Send(ctx context.Context, m mail.Envelope) mail.Result {
	if ctx.Err() != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonTimeout, Detail: "no time left for a call"}
	}
	if !m.Tags.Valid() { // SES takes just what the port allows
		return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonContent, Detail: "malformed tags"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var connected atomic.Bool // from then on, some of the request may have left
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	out, err := s.client.SendEmail(ctx, s.input(m))
	switch {
	case err != nil && !connected.Load():
		return notLeft(err)
	case err != nil:
		return classify(err)
	case aws.ToString(out.MessageId) == "":
		return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout, Detail: "an answer without an identifier"}
	}
	return mail.Result{Outcome: mail.Accepted, MessageID: *out.MessageId}
}

func (s *Sender) input(m mail.Envelope) *sesv2.SendEmailInput {
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &m.From,
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: m.Raw}},
		EmailTags: []types.MessageTag{
			{Name: aws.String(TagCollectivity), Value: &m.Tags.Collectivity},
			{Name: aws.String(TagConvocation), Value: &m.Tags.Convocation},
			{Name: aws.String(TagRecipient), Value: &m.Tags.Recipient},
			{Name: aws.String(TagAttempt), Value: aws.String(strconv.Itoa(m.Tags.Attempt))},
		},
	}
	if m.Tags.Notice != "" {
		in.EmailTags = append(in.EmailTags, types.MessageTag{Name: aws.String(TagNotice), Value: &m.Tags.Notice})
	}
	if s.set != "" {
		in.ConfigurationSetName = &s.set
	}
	return in
}

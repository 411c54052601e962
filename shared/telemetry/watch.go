package telemetry

import (
	"context"
	"log/slog"
	"sync"

	"convoc/shared/mail"
)

// Watch makes the operator read when a way of sending cannot be used (a relay that is away, refused credentials, a
// suspended account), and when it can again: each change once.
func Watch(log *slog.Logger, s mail.Sender) mail.Sender { return &watched{Sender: s, log: log} }

type watched struct {
	mail.Sender
	log *slog.Logger

	mu    sync.Mutex
	state mail.Reason
}

// Send carries one message.
func (s *watched) Send(ctx context.Context, m mail.Envelope) mail.Result {
	r := s.Sender.Send(ctx, m)
	state := mail.ReasonNone
	if r.Outcome == mail.RefusedForNow && (r.Reason == mail.ReasonConnection || r.Reason == mail.ReasonCredentials) {
		state = r.Reason
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state == s.state:
	case state == mail.ReasonNone:
		s.log.Info("relay", "code", "usable")
	default:
		s.log.Error("relay", "code", string(state), "err", r.Detail)
	}
	s.state = state
	return r
}

// Unsent tells the operator of a mail that did not leave, and that nobody waits for.
func Unsent(log *slog.Logger) func(error) {
	return func(err error) { log.Warn("mail", "code", "account_mail_unsent", "err", err.Error()) }
}

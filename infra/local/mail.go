package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"

	"convoc/shared/mail"
	"convoc/shared/mail/dirmail"
	"convoc/shared/mail/smtpmail"
)

// mailer opens the way in which mails leave.
func (m *machine) mailer() (mail.Sender, error) {
	kind, rest, _ := strings.Cut(m.Mail, ":")
	switch {
	case kind == "dir" && rest != "":
		return m.kept(rest)
	case kind == "smtp" || kind == "smtps":
		return m.relay()
	}
	return nil, errors.New("-mail : écrivez dir:RÉPERTOIRE ou smtp://serveur:port")
}

// kept opens the directory in which mails stay.
func (m *machine) kept(path string) (mail.Sender, error) {
	dir, err := dirmail.Open(path)
	if err != nil {
		return nil, fmt.Errorf("répertoire des courriels %s : %s", path, inWords(err, ""))
	}
	if m.Private { // its page shows every link to whoever comes by
		m.inbox = dir
	}
	return dir, nil
}

// relay opens the SMTP relay through which mails really leave.
func (m *machine) relay() (mail.Sender, error) {
	cfg, err := smtpmail.Parse(m.Mail)
	if err != nil { // the address may hold a password: it is not repeated
		return nil, errors.New("adresse du relais : écrivez smtp://utilisateur:mot-de-passe@serveur:port (avec ?tls=required, offered ou none, au besoin) ou smtps://…")
	}
	if u, err := url.Parse(m.origin); err == nil {
		cfg.Name = u.Hostname()
	}
	return &watched{Sender: smtpmail.New(cfg), log: m.log}, nil
}

// watched is a relay of which the operator reads when it cannot be used, each time that it changes.
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

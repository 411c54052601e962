package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"convoc/shared/mail"
	"convoc/shared/mail/dirmail"
	"convoc/shared/mail/smtpmail"
	"convoc/shared/telemetry"
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
	m.relayed = smtpmail.New(cfg)
	return telemetry.Watch(m.log, m.relayed), nil
}

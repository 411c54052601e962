// Package smtpmail is a mail service behind SMTP: a relay that the collectivité or its provider runs.
//
// One connection carries one message. It is spoken command by command, so that every ending is known for what it is:
// before the final dot nothing has left; after it, silence means that nobody knows. Nothing is ever tried twice.
//
// TODO(#5): keep connections open for several messages.
package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"convoc/shared/mail"
)

// TLS says how the connection is protected.
type TLS string

// The ways. STARTTLS that is only offered could be taken away by whoever listens, so it is required with credentials.
const (
	Implicit TLS = "implicit" // from the first byte (smtps, port 465)
	Required TLS = "required" // STARTTLS or nothing
	Offered  TLS = "offered"  // STARTTLS when the server has it
	None     TLS = "none"     // a relay on this machine or its own network
)

// Config says which relay. Host and Port are needed.
type Config struct {
	Host, Port         string
	Username, Password string         // none: no authentication
	TLS                TLS            // empty: Offered
	Name               string         // how this machine calls itself (EHLO); empty: localhost
	Timeout            time.Duration  // of a whole call; 0: 10 s
	RootCAs            *x509.CertPool // nil: those of the system
}

// ErrURL: the address of the relay cannot be read. The error never holds the password.
var ErrURL = errors.New("smtpmail: write smtp://user:password@host:port or smtps://…")

// Parse reads smtp://user:password@host:587 (port 25 when none is said, ?tls=required|offered|none) or smtps://…
// (implicit TLS, port 465; there is nothing to choose). With a password, STARTTLS is required unless tls says
// otherwise. What is not known is refused: an option that is misspelt would be one that protects nobody.
// Errors: [ErrURL].
func Parse(address string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Path != "" && u.Path != "/") {
		return Config{}, ErrURL
	}
	c := Config{Host: u.Hostname(), Port: u.Port(), Username: u.User.Username()}
	c.Password, _ = u.User.Password()
	if n, err := strconv.Atoi(or(c.Port, "25")); err != nil || n < 1 || n > 65_535 {
		return Config{}, ErrURL
	}
	switch {
	case u.Scheme == "smtps" && u.RawQuery == "":
		c.TLS, c.Port = Implicit, or(c.Port, "465")
		return c, nil
	case u.Scheme == "smtp":
		c.Port = or(c.Port, "25")
		c.TLS, err = protection(u.RawQuery, c.Username != "")
		return c, err
	}
	return Config{}, ErrURL
}

// protection reads « tls=… », the one option that smtp:// has.
func protection(query string, credentials bool) (TLS, error) {
	said, ok := strings.CutPrefix(query, "tls=")
	switch tls := TLS(said); {
	case query == "" && credentials:
		return Required, nil
	case query == "":
		return Offered, nil
	case ok && (tls == Required || tls == Offered || tls == None):
		return tls, nil
	}
	return "", ErrURL
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Sender sends through one relay.
type Sender struct{ cfg Config }

// New makes a sender; nothing is dialled before the first message.
func New(cfg Config) *Sender {
	cfg.Name = or(cfg.Name, "localhost")
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	return &Sender{cfg}
}

// Send carries one message.
func (s *Sender) Send(ctx context.Context, m mail.Envelope) mail.Result {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.cfg.Host, s.cfg.Port))
	if err != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "no connection"}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // wakes whatever reads or writes
	defer stop()
	return s.talk(conn, m)
}

// talk speaks one message over a connection.
func (s *Sender) talk(conn net.Conn, m mail.Envelope) mail.Result {
	client, failed := s.begin(conn)
	if failed != nil {
		return notGreeted(failed)
	}
	if err := s.authenticate(client); err != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: reasonOfAuth(err), Detail: detail("AUTH", err)}
	}
	if err := client.Mail(m.From); err != nil {
		return senderRefused(err)
	}
	if err := client.Rcpt(m.To); err != nil {
		return recipientRefused(err)
	}
	data, err := client.Data()
	if err != nil {
		return classify("DATA", err)
	}
	if _, err := data.Write(m.Raw); err != nil { // no final dot was written: the server throws it away
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "cut in mid-message"}
	}
	return s.finish(client, data.Close())
}

// finish reads the answer to the final dot.
func (s *Sender) finish(client *smtp.Client, err error) mail.Result {
	var answer *textproto.Error
	switch {
	case err == nil:
		_ = client.Quit() // the message is theirs, whatever comes of this
		return mail.Result{Outcome: mail.Accepted}
	case errors.As(err, &answer):
		return classify("final dot", err)
	default:
		return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout, Detail: "no answer to the final dot"}
	}
}

// begin greets the server, protected as the configuration asks.
func (s *Sender) begin(conn net.Conn) (*smtp.Client, error) {
	secure := &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.RootCAs, MinVersion: tls.VersionTLS12}
	if s.cfg.TLS == Implicit {
		conn = tls.Client(conn, secure)
	}
	client, err := smtp.NewClient(conn, s.cfg.Host)
	if err != nil {
		return nil, err
	}
	if err := client.Hello(s.cfg.Name); err != nil {
		return nil, err
	}
	if s.cfg.TLS != Required && s.cfg.TLS != Offered {
		return client, nil
	}
	has, _ := client.Extension("STARTTLS")
	if !has && s.cfg.TLS == Required {
		return nil, errors.New("the server has no STARTTLS")
	}
	if !has {
		return client, nil
	}
	return client, client.StartTLS(secure)
}

func (s *Sender) authenticate(client *smtp.Client) error {
	if s.cfg.Username == "" {
		return nil
	}
	_, mechanisms := client.Extension("AUTH")
	if !strings.Contains(" "+mechanisms+" ", " PLAIN ") && strings.Contains(mechanisms, "LOGIN") {
		return client.Auth(login{s.cfg.Username, s.cfg.Password})
	}
	return client.Auth(plain{s.cfg.Username, s.cfg.Password})
}

// plain is AUTH PLAIN (RFC 4616). Whether the connection may carry it in clear is for the configuration to say.
type plain struct{ username, password string }

func (p plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.username + "\x00" + p.password), nil
}

func (p plain) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("unexpected challenge")
	}
	return nil, nil
}

// login is AUTH LOGIN, which some providers have instead.
type login struct{ username, password string }

func (l login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (l login) Next(challenge []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if strings.HasPrefix(strings.ToLower(string(challenge)), "user") {
		return []byte(l.username), nil
	}
	return []byte(l.password), nil
}

// Package smtpmail is a mail service behind SMTP: a relay that the collectivité or its provider runs.
//
// It is spoken command by command, so that every ending is known for what it is: before the final dot nothing has left;
// after it, silence means that nobody knows. Nothing that may have left is ever tried again.
//
// A connection that ends well is kept for a while and carries the next message. What such a connection answers need not
// be about that message: it may have come to its end meanwhile, or the relay have had enough of it. So unless the answer
// is certain, and as long as no data have begun, the message is taken to a new connection, whose answer is the one told:
// each result is the same as if every message had a connection of its own.
package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/smtp"
	"net/url"
	"strconv"
	"strings"
	"sync"
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

// Sender sends through one relay; made by New.
type Sender struct {
	cfg  Config
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	most int // messages of one connection

	mu      sync.Mutex
	idle    []*connection // the one that was used last is the last
	closed  bool          // nothing is kept any more
	watches sync.WaitGroup
}

// New makes a sender; nothing is dialled before the first message. Close ends what it keeps.
func New(cfg Config) *Sender {
	cfg.Name = or(cfg.Name, "localhost")
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	return &Sender{cfg: cfg, dial: (&net.Dialer{}).DialContext, most: mostMessages}
}

// Send carries one message.
func (s *Sender) Send(ctx context.Context, m mail.Envelope) mail.Result {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if kept := s.take(ctx); kept != nil {
		if r, certain := s.over(ctx, kept, m); certain {
			return r
		}
	}
	conn, err := s.dial(ctx, "tcp", net.JoinHostPort(s.cfg.Host, s.cfg.Port))
	if err != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "no connection"}
	}
	r, _ := s.over(ctx, &connection{Conn: conn}, m)
	return r
}

// over speaks one message over a connection, and keeps it if nothing speaks against it.
func (s *Sender) over(ctx context.Context, c *connection, m mail.Envelope) (r mail.Result, certain bool) {
	stop := context.AfterFunc(ctx, func() { c.Close() }) // wakes whatever reads or writes
	r, certain = s.talk(c, m)
	switch ended := !stop(); {
	case ended || c.doubtful:
		c.Close()
	case c.messages >= s.most || c.refusals >= mostRefusals:
		c.leave()
	default:
		s.keep(c)
	}
	return r, certain
}

// talk speaks one message over a connection, which is greeted if it is new.
func (s *Sender) talk(c *connection, m mail.Envelope) (r mail.Result, certain bool) {
	if c.client != nil {
		return c.carry(m)
	}
	c.doubtful = true
	var err error
	if c.client, err = s.begin(c.Conn); err != nil {
		return notGreeted(err), true
	}
	if err := s.authenticate(c.client); err != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: reasonOfAuth(err), Detail: detail("AUTH", err)}, true
	}
	c.doubtful = false
	return c.carry(m)
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

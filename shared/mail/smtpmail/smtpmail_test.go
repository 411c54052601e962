package smtpmail

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"convoc/shared/mail"
	"convoc/shared/mail/mailtest"
)

var envelope = mail.Envelope{
	From: "convocations@mairie.fr", To: "elu@exemple.fr",
	Raw:  []byte("Subject: Convocation\r\n\r\nBonjour\r\n.point en tete\r\n"),
	Tags: mail.Tags{Collectivity: "000000000", Convocation: "cnv_a", Recipient: "rcp_b", Attempt: 1},
}

// server is a real SMTP server that keeps what it gets.
type server struct {
	got      chan string // nil: nobody waits for it
	password string

	mu   sync.Mutex
	kept []mailtest.Received
}

func (s *server) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &session{s: s}, nil }

type session struct {
	s        *server
	from, to string
	in       bool
}

func (s *session) AuthMechanisms() []string { return []string{"PLAIN"} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "mairie" || password != s.s.password {
			return gosmtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if s.s.password != "" && !s.in {
		return gosmtp.ErrAuthRequired
	}
	s.from = from
	return nil
}
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error { s.to = to; return nil }
func (s *session) Reset()                                      {}
func (s *session) Logout() error                               { return nil }
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.s.mu.Lock()
	s.s.kept = append(s.s.kept, mailtest.Received{From: s.from, To: s.to, Raw: raw})
	s.s.mu.Unlock()
	if s.s.got != nil {
		s.s.got <- s.from + " " + s.to + "\n" + string(raw)
	}
	return nil
}

// listen runs a real server and gives its configuration.
func listen(t *testing.T, s *server) Config {
	t.Helper()
	cfg, _ := protected(t, s, None)
	return cfg
}

func TestConformance(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) mailtest.Subject {
		s := &server{}
		return mailtest.Subject{
			Sender: opened(t, listen(t, s)), Nowhere: opened(t, nobody(t)),
			Received: func(*testing.T) []mailtest.Received { return s.all() },
		}
	})
}

// opened is a sender that keeps nothing beyond the test.
func opened(t *testing.T, cfg Config) *Sender {
	s := New(cfg)
	t.Cleanup(s.Close)
	return s
}

// nobody is a relay that does not answer.
func nobody(t *testing.T) Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	return Config{Host: host, Port: port}
}

func TestARealServerGetsTheMessageOnce(t *testing.T) {
	s := &server{got: make(chan string, 2)}
	got := opened(t, listen(t, s)).Send(t.Context(), envelope)
	if got.Outcome != mail.Accepted {
		t.Fatalf("got %+v, want accepted", got)
	}
	want := "convocations@mairie.fr elu@exemple.fr\n" + string(envelope.Raw)
	if received := <-s.got; received != want {
		t.Errorf("got %q, want %q", received, want)
	}
	if len(s.got) != 0 {
		t.Error("the message came twice")
	}
}

func TestCredentials(t *testing.T) {
	s := &server{got: make(chan string, 2), password: "secret"}
	cfg := listen(t, s)
	cfg.Username = "mairie"
	for _, c := range []struct {
		name, password string
		want           mail.Result
	}{
		{"the right password sends", "secret", mail.Result{Outcome: mail.Accepted}},
		{"a wrong one is the installation's fault, for now", "faux", mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonCredentials}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg.Password = c.password
			got := opened(t, cfg).Send(t.Context(), envelope)
			if got.Detail = ""; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// script is a server that answers each line with the next answer; « cut » closes, « hang » says nothing more. What comes
// after its last answer is well with it.
func script(t *testing.T, answers ...string) Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		play(conn, answers)
	}()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	return Config{Host: host, Port: port, TLS: None, Timeout: 300 * time.Millisecond}
}

func play(conn net.Conn, answers []string) {
	in := bufio.NewReader(conn)
	for i, a := range answers {
		if i > 0 && !heard(in, answers[i-1]) {
			return
		}
		switch a {
		case "cut":
			return
		case "hang":
			_, _ = io.Copy(io.Discard, in)
			return
		}
		_, _ = io.WriteString(conn, a+"\r\n")
	}
	for heard(in, "") {
		_, _ = io.WriteString(conn, "250 well\r\n")
	}
}

// heard reads one command; after 354, the message up to its final dot.
func heard(in *bufio.Reader, before string) bool {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if !strings.HasPrefix(before, "354") || line == ".\r\n" {
			return true
		}
	}
}

func TestEndingsAreKnownForWhatTheyAre(t *testing.T) {
	hello := []string{"220 relay", "250 relay"}
	upTo := func(more ...string) []string { return append(append([]string{}, hello...), more...) }
	good, now, lost := mail.RefusedForGood, mail.RefusedForNow, mail.Unknown
	for _, c := range []struct {
		name    string
		answers []string
		outcome mail.Outcome
		reason  mail.Reason
	}{
		{"garbage instead of a greeting", []string{"HTTP/1.1 400 Bad Request"}, now, mail.ReasonConnection},
		{"too busy to greet", []string{"421 4.3.2 too many connections"}, now, mail.ReasonThrottled},
		{"cut before the greeting", []string{"cut"}, now, mail.ReasonConnection},
		{"our own address is refused: not the recipient's fault", upTo("550 5.7.1 sender not allowed"), now, mail.ReasonCredentials},
		{"no such mailbox", upTo("250 ok", "550 5.1.1 <elu@exemple.fr> unknown"), good, mail.ReasonNoMailbox},
		{"no such mailbox, without enhanced code", upTo("250 ok", "550 no such user"), good, mail.ReasonNoMailbox},
		{"mailbox full", upTo("250 ok", "452 4.2.2 mailbox full"), now, mail.ReasonMailboxFull},
		{"greylisted", upTo("250 ok", "450 4.7.1 try again later"), now, mail.ReasonRejected},
		{"too fast", upTo("250 ok", "450 4.7.28 rate limit"), now, mail.ReasonThrottled},
		{"refused before the data", upTo("250 ok", "250 ok", "554 5.7.1 no"), good, mail.ReasonContent},
		{"cut before the data", upTo("250 ok", "250 ok", "cut"), now, mail.ReasonConnection},
		{"refused after the data", upTo("250 ok", "250 ok", "354 go", "554 5.6.0 content"), good, mail.ReasonContent},
		{"refused for now after the data", upTo("250 ok", "250 ok", "354 go", "450 4.7.1 later"), now, mail.ReasonRejected},
		{"cut after the final dot: nobody knows", upTo("250 ok", "250 ok", "354 go", "cut"), lost, mail.ReasonTimeout},
		{"silence after the final dot: nobody knows", upTo("250 ok", "250 ok", "354 go", "hang"), lost, mail.ReasonTimeout},
		{"cut while taking leave: accepted all the same", upTo("250 ok", "250 ok", "354 go", "250 queued", "cut"), mail.Accepted, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := opened(t, script(t, c.answers...)).Send(t.Context(), envelope)
			if got.Outcome != c.outcome || got.Reason != c.reason {
				t.Errorf("got %s %s (%s), want %s %s", got.Outcome, got.Reason, got.Detail, c.outcome, c.reason)
			}
			if strings.Contains(got.Detail, "@") {
				t.Errorf("the detail holds an address: %q", got.Detail)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		address string
		want    Config
	}{
		{"smtp://relay.fr", Config{Host: "relay.fr", Port: "25", TLS: Offered}},
		{"smtp://mairie:p%40ss@relay.fr:587", Config{Host: "relay.fr", Port: "587", Username: "mairie", Password: "p@ss", TLS: Required}},
		{"smtps://mairie:x@relay.fr", Config{Host: "relay.fr", Port: "465", Username: "mairie", Password: "x", TLS: Implicit}},
		{"smtp://127.0.0.1:25?tls=none", Config{Host: "127.0.0.1", Port: "25", TLS: None}},
	} {
		if got, err := Parse(c.address); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", c.address, got, err)
		}
	}
	for _, bad := range []string{
		"", "relay.fr:25", "http://relay.fr", "smtp://", "smtp://relay.fr?tls=maybe", "smtp://user:se\x00cret@h",
		"smtps://relay.fr?tls=none", "smtps://relay.fr?tls=implicit", "smtp://relay.fr?tls=implicit", "smtp://relay.fr?tsl=none",
		"smtp://relay.fr?tls=required&tls=none", "smtp://relay.fr:0", "smtp://relay.fr:99999999", "smtp://relay.fr/path",
	} {
		_, err := Parse(bad)
		if !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

package smtpmail

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"convoc/shared/mail"
	"convoc/shared/mail/mailtest"
)

// counted is a listener that knows who has come.
type counted struct {
	net.Listener

	mu   sync.Mutex
	came []net.Conn
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.came = append(c.came, conn)
	}
	return conn, err
}

func (c *counted) n() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.came)
}

// cut ends all connections, with RST and not with FIN.
func (c *counted) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.came {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// protected runs a real server that protects its connections, and gives its configuration.
func protected(t testing.TB, s *server, how TLS) (Config, *counted) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // it has a certificate for 127.0.0.1
	web.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Listener: l}
	srv := gosmtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "localhost", how == None
	secure := &tls.Config{Certificates: web.TLS.Certificates}
	var listener net.Listener = c
	switch how {
	case Implicit:
		listener = tls.NewListener(c, secure)
	case Required, Offered:
		srv.TLSConfig = secure
	}
	go srv.Serve(listener)
	t.Cleanup(func() { srv.Close() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	cfg := Config{Host: host, Port: port, TLS: how, RootCAs: x509.NewCertPool()}
	cfg.RootCAs.AddCert(web.Certificate())
	if s.password != "" {
		cfg.Username, cfg.Password = "mairie", s.password
	}
	return cfg, c
}

var protections = []TLS{None, Offered, Required, Implicit}

func TestConformanceWithTLSAndCredentials(t *testing.T) {
	for _, how := range []TLS{Required, Implicit} {
		t.Run(string(how), func(t *testing.T) {
			mailtest.Run(t, func(t *testing.T) mailtest.Subject {
				s := &server{password: "secret"}
				cfg, _ := protected(t, s, how)
				return mailtest.Subject{
					Sender: opened(t, cfg), Nowhere: opened(t, nobody(t)),
					Received: func(*testing.T) []mailtest.Received { return s.all() },
				}
			})
		})
	}
}

// all is what the server has got.
func (s *server) all() []mailtest.Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

func TestOneConnectionCarriesManyMessages(t *testing.T) {
	for _, how := range protections {
		t.Run(string(how), func(t *testing.T) {
			s := &server{password: "secret"}
			cfg, came := protected(t, s, how)
			sender := opened(t, cfg)
			for n := range 2*mostMessages + 1 {
				send(t, sender, fmt.Sprint(n), mail.Accepted, "")
			}
			if got := came.n(); got != 3 {
				t.Errorf("%d connections, want 3", got)
			}
			for n, m := range s.all() {
				if want := string(numbered(fmt.Sprint(n)).Raw); string(m.Raw) != want || m.From != envelope.From || m.To != envelope.To {
					t.Errorf("message %d: got %q from %s to %s", n, m.Raw, m.From, m.To)
				}
			}
		})
	}
}

// As many as leave at a time, for a while: each message comes once, and hardly more connections than have to be.
func TestManySendersShareTheConnections(t *testing.T) {
	const senders, each = 8, 25
	s := &server{password: "secret"}
	cfg, came := protected(t, s, Implicit)
	sender := opened(t, cfg)
	var crowd sync.WaitGroup
	for n := range senders {
		crowd.Go(func() {
			for i := range each {
				send(t, sender, fmt.Sprint(n*each+i), mail.Accepted, "")
			}
		})
	}
	crowd.Wait()
	times := map[string]int{}
	for _, m := range s.all() {
		times[string(m.Raw)]++
	}
	for n := range senders * each {
		if got := times[string(numbered(fmt.Sprint(n)).Raw)]; got != 1 {
			t.Errorf("message %d came %d times", n, got)
		}
	}
	if got := came.n(); got < senders*each/mostMessages || got > senders*each/mostMessages+senders {
		t.Errorf("%d connections for %d messages", got, senders*each)
	}
}

// A relay that is started anew under all that is kept loses nobody's mail.
func TestRelayThatIsStartedAnew(t *testing.T) {
	for _, how := range protections {
		t.Run(string(how), func(t *testing.T) {
			s := &server{}
			cfg, came := protected(t, s, how)
			sender := opened(t, cfg)
			for round := range 5 {
				var crowd sync.WaitGroup
				for n := range 8 {
					crowd.Go(func() { send(t, sender, fmt.Sprint(round*8+n), mail.Accepted, "") })
				}
				crowd.Wait()
				came.cut()
			}
			if got := len(s.all()); got != 40 {
				t.Errorf("%d messages came, want 40", got)
			}
		})
	}
}

func BenchmarkSend(b *testing.B) {
	for _, how := range []TLS{None, Required, Implicit} {
		for _, most := range []int{1, mostMessages, 100} {
			for _, senders := range []int{1, 8} {
				b.Run(fmt.Sprintf("%s/messages=%d/senders=%d", how, most, senders), func(b *testing.B) {
					cfg, _ := protected(b, &server{password: "secret"}, how)
					s := New(cfg)
					defer s.Close()
					s.most = most
					var crowd sync.WaitGroup
					var n atomic.Int64
					for range senders {
						crowd.Go(func() {
							for n.Add(1) <= int64(b.N) {
								if got := s.Send(b.Context(), envelope); got.Outcome != mail.Accepted {
									b.Errorf("got %+v", got)
								}
							}
						})
					}
					crowd.Wait()
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
				})
			}
		}
	}
}

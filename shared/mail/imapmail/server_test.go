package imapmail

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

const (
	username = "retours@mairie.example"
	password = "un é secret"
)

// server is an IMAP server that we did not write, with one account.
type server struct {
	t    *testing.T
	user *imapmemserver.User
	cfg  Config

	mu   sync.Mutex
	wire bytes.Buffer // all that was said
}

func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire.Write(p)
}

// said gives what was said so far, both ways.
func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire.String()
}

// serve listens with that protection, under the certificate of example.com.
func serve(t *testing.T, protection TLS, caps ...imap.Cap) *server {
	t.Helper()
	https := httptest.NewUnstartedServer(nil)
	https.StartTLS()
	t.Cleanup(https.Close)
	secure := &tls.Config{Certificates: https.TLS.Certificates}
	roots := x509.NewCertPool()
	roots.AddCert(https.Certificate())

	s := &server{t: t, user: imapmemserver.NewUser(username, password)}
	s.create("INBOX")
	accounts := imapmemserver.New()
	accounts.AddUser(s.user)
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return accounts.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: protection == None, Logger: log.New(io.Discard, "", 0),
		DebugWriter: s,
	}
	if protection == StartTLS {
		options.TLSConfig = secure
	}
	for _, c := range caps {
		options.Caps[c] = struct{}{}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if protection == Implicit {
		l = tls.NewListener(l, secure)
	}
	imaps := imapserver.New(options)
	go imaps.Serve(l)
	t.Cleanup(func() { imaps.Close() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	s.cfg = Config{Host: host, Port: port, Username: username, Password: password, Folder: "INBOX", TLS: protection, RootCAs: roots}
	return s
}

func (s *server) create(folder string) {
	s.t.Helper()
	if err := s.user.Create(folder, nil); err != nil {
		s.t.Fatal(err)
	}
}

// literal is a message as the server takes it.
type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// put lays messages into a folder.
func (s *server) put(folder string, at time.Time, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if _, err := s.user.Append(folder, literal{strings.NewReader("Subject: x\r\n\r\n" + text)}, &imap.AppendOptions{Time: at}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// unseen counts the messages that nobody has read.
func (s *server) unseen(folder string) uint32 {
	s.t.Helper()
	data, err := s.user.Status(folder, &imap.StatusOptions{NumUnseen: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return *data.NumUnseen
}

// cutting stands before a server and lets so many bytes of its answers through, in all connections together.
func (s *server) cutting(left int64) (Config, *atomic.Bool) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { l.Close() })
	var cut atomic.Bool
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", net.JoinHostPort(s.cfg.Host, s.cfg.Port))
			if err != nil {
				here.Close()
				return
			}
			go io.Copy(there, here)
			go func() {
				n, _ := io.CopyN(here, there, left)
				cut.Store(n == left)
				here.Close()
				there.Close()
			}()
		}
	}()
	cfg := s.cfg
	_, cfg.Port, _ = net.SplitHostPort(l.Addr().String())
	return cfg, &cut
}

// texts are those of messages, without their headers.
func texts(heard []string) []string {
	out := slices.Clone(heard)
	for i := range out {
		_, out[i], _ = strings.Cut(out[i], "\r\n\r\n")
	}
	return out
}

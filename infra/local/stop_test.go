package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// slowRelay is an SMTP server that takes each message and answers when it is told to.
type slowRelay struct {
	came   chan string   // a message is there, to this address
	answer chan struct{} // closed: answered

	mu     sync.Mutex
	copies map[string]int
}

func (r *slowRelay) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &slowSession{r: r}, nil }

type slowSession struct {
	r  *slowRelay
	to string
}

func (s *slowSession) Mail(string, *gosmtp.MailOptions) error      { return nil }
func (s *slowSession) Rcpt(to string, _ *gosmtp.RcptOptions) error { s.to = to; return nil }
func (s *slowSession) Reset()                                      {}
func (s *slowSession) Logout() error                               { return nil }
func (s *slowSession) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.r.mu.Lock()
	s.r.copies[s.to]++
	s.r.mu.Unlock()
	s.r.came <- s.to
	<-s.r.answer
	return nil
}

// relay listens and gives the address for CONVOC_MAIL.
func relay(t *testing.T) (*slowRelay, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &slowRelay{came: make(chan string, 100), answer: make(chan struct{}), copies: map[string]int{}}
	server := gosmtp.NewServer(r)
	server.Domain = "localhost"
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return r, "CONVOC_MAIL=smtp://" + l.Addr().String() + "?tls=none"
}

// terminate asks the program to stop, as systemd does, and waits until it takes nothing new.
func (p *program) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	waitFor(p.t, "nobody listens any more", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.origin, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// A restart in the middle of calls to the relay: each comes to its answer, and nobody gets a second copy.
func TestRestartedInMidCallNobodyGetsASecondCopy(t *testing.T) {
	r, mailer := relay(t)
	data := t.TempDir()
	p := launch(t, data, mailer)
	draft, _ := p.call("POST", "/api/convocations", map[string]any{}, http.StatusCreated)
	const recipients = 5
	to := make([]map[string]string, recipients)
	for i := range to {
		to[i] = map[string]string{"kind": "address", "address": fmt.Sprintf("elu%d@exemple.fr", i)}
	}
	path := "/api/convocations/" + draft["id"].(string)
	p.call("PUT", path, map[string]any{
		"version": 1, "subject": "Convocation", "message": "Bonjour", "to": to, "cc": []any{}, "bcc": []any{},
	}, http.StatusOK)
	p.call("POST", path+"/send", map[string]any{"version": 2}, http.StatusAccepted)
	for range recipients {
		<-r.came
	}
	p.terminate()
	close(r.answer)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
	p = launch(t, data, mailer)
	waitFor(t, "all transmitted", func() bool {
		answer, _ := p.call("GET", path+"/follow", map[string]any{}, http.StatusOK)
		return answer["counts"].(map[string]any)["transmitted"] == float64(recipients)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range to {
		if n := r.copies[to[i]["address"]]; n != 1 {
			t.Errorf("%s got %d copies", to[i]["address"], n)
		}
	}
}

// A browser that sends the half of a request keeps nobody from stopping, and that is no failure.
func TestStopsAlthoughABrowserIsSlow(t *testing.T) {
	m, said := begin(t, "-demo", "-data", t.TempDir())
	if m == nil {
		t.Fatal(said)
	}
	m.grace = 10 * time.Millisecond
	conn, err := net.Dial("tcp", strings.TrimPrefix(m.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	half := "POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
	if _, err := io.WriteString(conn, half); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))); err != nil { // it waits for the body
		t.Fatal(err)
	}
	end(t, m)
}

package smtpmail

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripted is a relay in a bubble of synctest. Each of its connections has a script, one line for what is answered to each
// command, or to the final dot after 354. « cut » closes instead, « hang » answers nothing. « later … » comes without a
// command, a second later. After its script, a connection answers 250 to everything but QUIT.
type scripted struct {
	scripts [][]string
	answers time.Duration // the final dot is answered so long after it

	mu    sync.Mutex
	heard []string   // by connection, what it was told: verbs, and « . » for a whole message
	marks [][]string // by connection, the whole messages
}

// relayed is a sender to a relay that has no other connections than these.
func relayed(t *testing.T, scripts ...[]string) (s *Sender, r *scripted) {
	r = &scripted{scripts: scripts}
	s = New(Config{Host: "relay", Port: "25", TLS: None})
	s.dial = r.dial
	t.Cleanup(s.Close)
	return s, r
}

func (r *scripted) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.heard)
	if ctx.Err() != nil || n == len(r.scripts) {
		return nil, errors.New("no connection")
	}
	r.heard, r.marks = append(r.heard, ""), append(r.marks, nil)
	ours, theirs := net.Pipe()
	go r.play(n, theirs)
	return ours, nil
}

func (r *scripted) play(n int, conn net.Conn) {
	done, in := make(chan struct{}), make(chan string, 100)
	defer close(done)
	defer conn.Close()
	go hear(conn, in, done)
	_, _ = io.WriteString(conn, "220 relay\r\n")
	message := false
	for _, line := range append([]string{"250 relay"}, r.scripts[n]...) {
		answer, later := strings.CutPrefix(line, "later ")
		switch {
		case later:
			time.Sleep(time.Second)
		case !r.listen(n, in, message):
			return
		}
		if answer == "cut" {
			return
		}
		if message {
			time.Sleep(r.answers)
		}
		if answer != "hang" {
			_, _ = io.WriteString(conn, answer+"\r\n")
		}
		message = strings.HasPrefix(answer, "354")
	}
	for r.listen(n, in, false) {
		if strings.HasSuffix(r.told(n), " QUIT") {
			_, _ = io.WriteString(conn, "221 bye\r\n")
			return
		}
		_, _ = io.WriteString(conn, "250 ok\r\n")
	}
}

// hear takes in what comes while the relay speaks: a pipe of its own has room for nothing.
func hear(conn net.Conn, in chan<- string, done <-chan struct{}) {
	defer close(in)
	for lines := bufio.NewReader(conn); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		select {
		case in <- line:
		case <-done:
			return
		}
	}
}

// listen hears one command, or a message up to its final dot.
func (r *scripted) listen(n int, in <-chan string, message bool) bool {
	var text strings.Builder
	for {
		line, ok := <-in
		if !ok {
			return false
		}
		if !message || line == ".\r\n" {
			r.note(n, strings.Fields(line)[0], text.String())
			return true
		}
		text.WriteString(line)
	}
}

func (r *scripted) note(n int, verb, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[n] = strings.TrimSpace(r.heard[n] + " " + verb)
	if verb == "." {
		r.marks[n] = append(r.marks[n], message)
	}
}

// told is what a connection was told.
func (r *scripted) told(n int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard[n]
}

// connections is how many there were.
func (r *scripted) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.heard)
}

// messages are all whole messages that have come, over every connection.
func (r *scripted) messages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.marks...)
}

// carried is how a message is taken; then goes on after it.
func carried(then ...string) []string {
	return append([]string{"250 ok", "250 ok", "354 go", "250 queued"}, then...)
}

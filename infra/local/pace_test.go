package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a listener of one connection, both ends of which are here.
type wire chan net.Conn

func (w wire) Accept() (net.Conn, error) {
	conn, open := <-w
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (w wire) Close() error   { return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{} }

// paced serves one connection, on the test's own clock, with a handler that reads the body, takes a while to answer, and
// says how the body ended.
func paced(t *testing.T, p pace, while time.Duration, with func(net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := make(wire, 1)
		l <- theirs
		server := &http.Server{Handler: p.keep(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			time.Sleep(while)
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
				w.WriteHeader(http.StatusRequestTimeout)
			case err != nil:
				w.WriteHeader(http.StatusBadRequest)
			case r.Context().Err() != nil: // as if the browser had gone away
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))}
		go server.Serve(l)
		with(ours)
		ours.Close()
		close(l)
		server.Close()
	})
}

// statusFrom reads the status of the next answer.
func statusFrom(t *testing.T, conn net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	return res.StatusCode
}

func say(t *testing.T, conn net.Conn, words string) {
	t.Helper()
	if _, err := io.WriteString(conn, words); err != nil {
		t.Error(err)
	}
}

const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"

var tenEachMinute = pace{10, time.Minute}

func TestBodyThatNeverCame(t *testing.T) {
	paced(t, tenEachMinute, 0, func(conn net.Conn) {
		begin := time.Now()
		say(t, conn, post)
		if got := statusFrom(t, conn); got != http.StatusRequestTimeout || time.Since(begin) != time.Minute {
			t.Errorf("got %d after %s", got, time.Since(begin))
		}
	})
}

// One byte each ten seconds is not enough to keep a place for ever.
func TestBodyThatTrickles(t *testing.T) {
	paced(t, tenEachMinute, 0, func(conn net.Conn) {
		begin := time.Now()
		say(t, conn, post)
		var trickle sync.WaitGroup
		trickle.Go(func() {
			for range 40 {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return // refused meanwhile
				}
				time.Sleep(10 * time.Second)
			}
		})
		if got := statusFrom(t, conn); got != http.StatusRequestTimeout || time.Since(begin) != time.Minute {
			t.Errorf("got %d after %s", got, time.Since(begin))
		}
		conn.Close()
		trickle.Wait()
	})
}

func TestBodyThatComesSlowlyButMoves(t *testing.T) {
	paced(t, tenEachMinute, 0, func(conn net.Conn) {
		say(t, conn, post)
		for range 4 {
			time.Sleep(59 * time.Second)
			say(t, conn, "0123456789")
		}
		if got := statusFrom(t, conn); got != http.StatusOK {
			t.Errorf("got %d", got)
		}
	})
}

// An import may take minutes to apply: once its body is there, no time runs any more, for it or for what the browser asks
// next.
func TestAnswerMayTakeLong(t *testing.T) {
	paced(t, tenEachMinute, time.Hour, func(conn net.Conn) {
		for range 2 {
			say(t, conn, post+strings.Repeat("x", 40))
			if got := statusFrom(t, conn); got != http.StatusOK {
				t.Errorf("got %d", got)
			}
		}
		say(t, conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if got := statusFrom(t, conn); got != http.StatusOK {
			t.Errorf("without a body: got %d", got)
		}
	})
}

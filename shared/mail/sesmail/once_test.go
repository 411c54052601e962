package sesmail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"convoc/shared/mail"
)

const acceptance = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"MessageId\":\"x\"}"

// wire is a server that counts every request and every connection, and does with each request what it is told.
type wire struct {
	connections, requests atomic.Int64
	url                   string
}

// listen answers each request of each connection with do, until do says that the connection is to be closed.
func listen(t *testing.T, do func(n int64, r *http.Request, conn net.Conn) (more bool)) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "http://" + l.Addr().String()}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.connections.Add(1)
			context.AfterFunc(ctx, func() { conn.Close() })
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil || !do(w.requests.Add(1), r, conn) {
						return
					}
				}
			}()
		}
	}()
	return w
}

// reset ends a connection with RST and not with FIN.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

func sender(w *wire) *Sender { return Open(Client(configuration(w.url)), "events") }

// However the call ends once there was a connection, it was made once, and nobody pretends to know how it ended.
func TestUnknownIsSaidAndNotRepeated(t *testing.T) {
	for name, do := range map[string]func(*http.Request, net.Conn) bool{
		"cut before the message was read":   func(*http.Request, net.Conn) bool { return false },
		"reset before the message was read": func(_ *http.Request, c net.Conn) bool { reset(c); return false },
		"cut after the message":             func(r *http.Request, _ net.Conn) bool { drain(r); return false },
		"reset after the message":           func(r *http.Request, c net.Conn) bool { drain(r); reset(c); return false },
		"silence":                           func(r *http.Request, _ net.Conn) bool { drain(r); return true },
		"cut in the status of the answer": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = io.WriteString(c, acceptance[:12])
			return false
		},
		"cut in the answer": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = io.WriteString(c, acceptance[:len(acceptance)-4])
			return false
		},
		"the answer stops": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = io.WriteString(c, acceptance[:len(acceptance)-4])
			return true
		},
		"led back to itself with the message": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = fmt.Fprintf(c, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://%s%s\r\nContent-Length: 0\r\n\r\n", r.Host, r.URL.Path)
			return true
		},
		"led back to itself without": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = fmt.Fprintf(c, "HTTP/1.1 303 See Other\r\nLocation: http://%s%s\r\nContent-Length: 0\r\n\r\n", r.Host, r.URL.Path)
			return true
		},
		"come again later": func(r *http.Request, c net.Conn) bool {
			drain(r)
			_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
			return true
		},
	} {
		for kind, size := range map[string]int{"a short message": 1, "a long one": 1 << 20} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				w := listen(t, func(_ int64, r *http.Request, c net.Conn) bool { return do(r, c) })
				m := envelope
				m.Raw = bytes.Repeat([]byte("x"), size)
				s := sender(w)
				s.timeout = time.Second // two of the endings are none
				got := s.Send(t.Context(), m)
				if got.Outcome != mail.Unknown || got.Reason != mail.ReasonTimeout || got.MessageID != "" {
					t.Errorf("got %+v, want unknown", got)
				}
				if w.requests.Load() != 1 || w.connections.Load() != 1 {
					t.Errorf("%d requests on %d connections", w.requests.Load(), w.connections.Load())
				}
			})
		}
	}
}

// A connection that was used before and is closed under the next request is where net/http tries again by itself.
func TestClosedUnderTheSecondRequest(t *testing.T) {
	for name, end := range map[string]func(*http.Request, net.Conn){
		"cut":                 func(*http.Request, net.Conn) {},
		"reset":               func(_ *http.Request, c net.Conn) { reset(c) },
		"cut after the whole": func(r *http.Request, _ net.Conn) { drain(r) },
	} {
		w := listen(t, func(n int64, r *http.Request, c net.Conn) bool {
			if n == 1 {
				drain(r)
				_, _ = io.WriteString(c, acceptance)
				return true
			}
			end(r, c)
			return false
		})
		s := sender(w)
		if got := s.Send(t.Context(), envelope); got.Outcome != mail.Accepted {
			t.Fatalf("%s: the first: got %+v", name, got)
		}
		if got := s.Send(t.Context(), envelope); got.Outcome != mail.Unknown {
			t.Errorf("%s: got %+v, want unknown", name, got)
		}
		if w.requests.Load() != 2 || w.connections.Load() != 1 {
			t.Errorf("%s: %d requests on %d connections, want 2 on 1", name, w.requests.Load(), w.connections.Load())
		}
	}
}

// A service that answers before it has read the message does not make it leave twice.
func TestEarlyAnswer(t *testing.T) {
	for _, size := range []int{1, 3_000, 10_000, 100_000, 1_000_000} {
		w := listen(t, func(_ int64, r *http.Request, c net.Conn) bool {
			_, _ = io.WriteString(c, acceptance)
			drain(r)
			return true
		})
		s := sender(w)
		m := envelope
		m.Raw = bytes.Repeat([]byte("x"), size)
		const calls = 20
		for range calls {
			if got := s.Send(t.Context(), m); got.Outcome != mail.Accepted {
				t.Errorf("%d bytes: got %+v", size, got)
			}
		}
		if n := w.requests.Load(); n != calls {
			t.Errorf("%d bytes: %d requests for %d calls", size, n, calls)
		}
	}
}

// One message after the other takes the same connection: the end of a body that the SDK wraps is no fault of it.
func TestConnectionIsKept(t *testing.T) {
	w := listen(t, func(_ int64, r *http.Request, c net.Conn) bool {
		drain(r)
		_, _ = io.WriteString(c, acceptance)
		return true
	})
	s := sender(w)
	const calls = 200
	for range calls {
		if got := s.Send(t.Context(), envelope); got.Outcome != mail.Accepted {
			t.Fatalf("got %+v", got)
		}
	}
	if w.requests.Load() != calls || w.connections.Load() != 1 {
		t.Errorf("%d requests on %d connections, want %d on 1", w.requests.Load(), w.connections.Load(), calls)
	}
}

// A request that could be rewound has a body that says so.
func TestBodyCannotBeRewound(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://ses.example/", bytes.NewReader([]byte("x")))
	if err != nil || r.GetBody == nil {
		t.Fatal("this tests nothing", err)
	}
	var seen *http.Request
	_, _ = once{tripper(func(r *http.Request) (*http.Response, error) { seen = r; return nil, io.EOF })}.RoundTrip(r)
	if _, writes := seen.Body.(io.WriterTo); writes || seen.GetBody != nil || r.GetBody == nil {
		t.Errorf("writes itself: %t; can be had again: %t; the caller's too: %t", writes, seen.GetBody != nil, r.GetBody != nil)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The end of the caller's own time, after the message may have left, is unknown too.
func TestCallerLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	w := listen(t, func(_ int64, r *http.Request, _ net.Conn) bool { drain(r); leave(); return true })
	s := sender(w)
	if got := s.Send(ctx, envelope); got.Outcome != mail.Unknown {
		t.Errorf("got %+v, want unknown", got)
	}
	if w.requests.Load() != 1 {
		t.Errorf("%d requests", w.requests.Load())
	}
}

// What fails before there is a connection to write to has sent nothing.
func TestNotLeft(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS() // its certificate is nobody's
	t.Cleanup(secure.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the handshake has no answer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for name, url := range map[string]string{
		"nobody listens":               deaf(t),
		"no such name":                 "http://ses.invalid",
		"a certificate of nobody":      secure.URL,
		"no answer to the handshake":   "https://" + silent.Addr().String(),
		"an address that cannot exist": "http://127.0.0.1:0",
	} {
		s := Open(Client(configuration(url)), "events")
		s.timeout = 300 * time.Millisecond
		if got := s.Send(t.Context(), envelope); got.Outcome != mail.RefusedForNow || got.Reason != mail.ReasonConnection {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// The transport of the configuration is kept, what sends again is not.
func TestTransport(t *testing.T) {
	roots := &tls.Config{ServerName: "ses.example", NextProtos: []string{"h2", "http/1.1"}}
	given := &http.Transport{TLSClientConfig: roots, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 7}
	got := transport(&http.Client{Transport: given})
	if got == given || got.TLSClientConfig.ServerName != "ses.example" || got.MaxIdleConnsPerHost != 7 {
		t.Errorf("not a copy of what was given: %+v", got)
	}
	for name, tr := range map[string]*http.Transport{
		"given": got, "none": transport(nil), "the SDK's": transport(awshttp.NewBuildableClient()), "a bare client": transport(&http.Client{}),
	} {
		if tr.Protocols.HTTP2() || tr.Protocols.UnencryptedHTTP2() || tr.ForceAttemptHTTP2 || len(tr.TLSClientConfig.NextProtos) > 0 {
			t.Errorf("%s: speaks HTTP/2", name)
		}
		if tr.IdleConnTimeout != idle {
			t.Errorf("%s: keeps a connection for %s", name, tr.IdleConnTimeout)
		}
	}
	if len(roots.NextProtos) != 2 {
		t.Error("the caller's own configuration was changed")
	}
}

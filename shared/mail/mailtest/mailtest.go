// Package mailtest is the conformance suite of the mail port: what every adapter must do with a service that works, from
// the documentation of the port alone. What a service may answer otherwise is for the tests of each adapter.
package mailtest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"convoc/shared/mail"
)

// From is the sender of all messages of the suite: a service may want to know it beforehand. To is their recipient.
const (
	From = "convocations@mairie.example"
	To   = "elu@commune.example"
)

// Subject is an adapter under test.
type Subject struct {
	Sender  mail.Sender // its service accepts all
	Nowhere mail.Sender // the same adapter, where no service is (nobody listens, the directory is gone)
	// Received gives every message that the service has accepted, also before this test.
	Received func(t *testing.T) []Received
}

// Received is one message that a service has accepted. It may have changed header fields of its own.
type Received struct {
	From, To string // of the envelope; empty where the service does not keep it
	Raw      []byte
}

// Run runs the suite on the adapter that open gives.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"a message is accepted and arrives once":  accepted,
		"many at once":                            many,
		"an ended context sends nothing":          endedContext,
		"no service is no loss":                   nowhere,
		"a service that can tell tells the truth": proof,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var serial atomic.Int64

// fresh makes a message that nobody has sent; its mark is in its text.
func fresh() (m mail.Envelope, mark string) {
	n := serial.Add(1)
	mark = fmt.Sprintf("mark-%d-of-mailtest", n)
	lines := []string{
		"From: <" + From + ">", "To: <" + To + ">", "Subject: Convocation", "Date: Tue, 01 Dec 2026 09:00:00 +0000",
		fmt.Sprintf("Message-ID: <%d@mairie.example>", n), "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: quoted-printable", "", mark + ".", ".a dot at the beginning", "From the beginning", ".", "",
	}
	return mail.Envelope{
		From: From, To: To, Raw: []byte(strings.Join(lines, "\r\n")),
		Tags: mail.Tags{Collectivity: "000000000", Convocation: "cnv_mailtest", Recipient: fmt.Sprintf("rcp_%d", n), Attempt: 1},
	}, mark
}

// arrivals counts the messages with a mark, and holds each to what was sent after its header.
func arrivals(t *testing.T, s Subject, m mail.Envelope, mark string) int {
	t.Helper()
	_, want, _ := bytes.Cut(m.Raw, []byte("\r\n\r\n"))
	times := 0
	for _, r := range s.Received(t) {
		if !bytes.Contains(r.Raw, []byte(mark+".")) {
			continue
		}
		times++
		if (r.From != "" && r.From != m.From) || (r.To != "" && r.To != m.To) {
			t.Errorf("arrived from %s to %s", r.From, r.To)
		}
		if _, got, _ := bytes.Cut(r.Raw, []byte("\r\n\r\n")); !bytes.Equal(got, want) {
			t.Errorf("arrived as %q, sent as %q", got, want)
		}
	}
	return times
}

func accepted(t *testing.T, s Subject) {
	for range 2 {
		m, mark := fresh()
		got := s.Sender.Send(t.Context(), m)
		if got.Outcome != mail.Accepted || got.Reason != mail.ReasonNone || strings.Contains(got.Detail, "@") {
			t.Errorf("got %+v", got)
		}
		if n := arrivals(t, s, m, mark); n != 1 {
			t.Errorf("arrived %d times", n)
		}
	}
}

func many(t *testing.T, s Subject) {
	sent := map[string]mail.Envelope{}
	var crowd sync.WaitGroup
	for range 20 {
		m, mark := fresh()
		sent[mark] = m
		crowd.Go(func() {
			if got := s.Sender.Send(t.Context(), m); got.Outcome != mail.Accepted {
				t.Errorf("got %+v", got)
			}
		})
	}
	crowd.Wait()
	for mark, m := range sent {
		if n := arrivals(t, s, m, mark); n != 1 {
			t.Errorf("%s arrived %d times", mark, n)
		}
	}
}

func endedContext(t *testing.T, s Subject) {
	before, _ := fresh() // an adapter may keep its connection
	if got := s.Sender.Send(t.Context(), before); got.Outcome != mail.Accepted {
		t.Fatalf("got %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, mark := fresh()
	if got := s.Sender.Send(ctx, m); got.Outcome != mail.RefusedForNow {
		t.Errorf("got %+v", got)
	}
	if n := arrivals(t, s, m, mark); n != 0 {
		t.Errorf("arrived %d times", n)
	}
}

func nowhere(t *testing.T, s Subject) {
	m, mark := fresh()
	got := s.Nowhere.Send(t.Context(), m)
	away := got.Reason == mail.ReasonConnection || got.Reason == mail.ReasonStorage
	if got.Outcome != mail.RefusedForNow || !away || strings.Contains(got.Detail, "@") {
		t.Errorf("got %+v", got)
	}
	if n := arrivals(t, s, m, mark); n != 0 {
		t.Errorf("arrived %d times", n)
	}
}

func proof(t *testing.T, s Subject) {
	prover, ok := s.Sender.(mail.Prover)
	if !ok {
		return
	}
	m, _ := fresh()
	asked := func(want bool) {
		t.Helper()
		got, known, err := prover.Proof(t.Context(), m.Tags)
		if err != nil || (known && got != want) {
			t.Errorf("attempt %d of %s: told %v, known %v, %v; want %v", m.Tags.Attempt, m.Tags.Recipient, got, known, err, want)
		}
	}
	asked(false)
	if got := s.Sender.Send(t.Context(), m); got.Outcome != mail.Accepted {
		t.Fatalf("got %+v", got)
	}
	asked(true)
	m.Tags.Attempt = 2
	asked(false)
}

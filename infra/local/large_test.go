package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/store"
)

// taker is an SMTP relay that takes all mails and keeps their number; of more than so many within any second it refuses the
// others, where it has a limit.
type taker struct {
	n, refused atomic.Int64
	limit      int

	mu     sync.Mutex
	latest []time.Time
}

// tooFast tells whether there were as many within the last second as may be.
func (t *taker) tooFast() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for len(t.latest) > 0 && now.Sub(t.latest[0]) > time.Second {
		t.latest = t.latest[1:]
	}
	if t.latest = append(t.latest, now); t.limit > 0 && len(t.latest) > t.limit {
		t.latest = t.latest[:t.limit]
		return true
	}
	return false
}

func (t *taker) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return taking{t}, nil }

type taking struct{ t *taker }

func (s taking) Mail(string, *gosmtp.MailOptions) error { return nil }
func (s taking) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (s taking) Reset()                                 {}
func (s taking) Logout() error                          { return nil }
func (s taking) Data(r io.Reader) error {
	if s.t.tooFast() {
		s.t.refused.Add(1)
		return &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 7, 1}, Message: "too fast"}
	}
	_, err := io.Copy(io.Discard, r)
	s.t.n.Add(1)
	return err
}

// relayOf serves a relay, and gives its address as -mail has it.
func relayOf(b *testing.B, be gosmtp.Backend) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := gosmtp.NewServer(be)
	s.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { _ = s.Close() })
	return "smtp://" + l.Addr().String()
}

// hall is a machine whose relay takes all that comes.
type hall struct {
	*machine
	b     *testing.B
	relay taker
}

func newHall(b *testing.B, args ...string) *hall {
	b.Helper()
	h := &hall{b: b}
	o, err := parse(append([]string{
		"-addr", "127.0.0.1:0", "-data", b.TempDir(), "-from", "convocations@exemple.fr", "-mail", relayOf(b, &h.relay),
	}, args...), io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	o.Now, o.Random, o.Log = now, rand.Reader, io.Discard
	if h.machine, err = start(o); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := h.stop(); err != nil {
			b.Error(err)
		}
	})
	return h
}

// crowd makes a collectivité with a group of so many, and a draft to it.
func (h *hall) crowd(siren collectivity.ID, n int) (*store.Handle, compose.Draft) {
	ctx, c := context.Background(), h.tables.Collectivity(siren)
	h.must(c.PutCollectivity(ctx, collectivity.Collectivity{ID: siren, Name: "Saint-Aubin", TimeZone: "Europe/Paris"}))
	service := &contacts.Service{Tables: h.tables, Now: now, Random: rand.Reader}
	g, err := service.CreateGroup(ctx, c, "banc", "Tous")
	h.must(err)
	var wait sync.WaitGroup
	work := make(chan int)
	for range 256 { // who share an fsync
		wait.Go(func() {
			for i := range work {
				_, err := service.Create(ctx, c, "banc", contacts.Fields{
					Name: fmt.Sprintf("Personne %06d", i), Addresses: []string{fmt.Sprintf("p%06d@exemple.fr", i)}, Groups: []directory.GroupID{g.ID},
				})
				if err != nil {
					h.b.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wait.Wait()
	writer := &compose.Service{Tables: h.tables, Now: now, Random: rand.Reader}
	d, err := writer.Create(ctx, c, "banc")
	h.must(err)
	d, err = writer.Save(ctx, c, "banc", d.ID, d.Version, compose.Text{
		Subject: "Information", Message: "Bonjour", To: []compose.Entry{{Group: g.ID}},
	})
	h.must(err)
	return c, d
}

func (h *hall) must(err error) {
	h.b.Helper()
	if err != nil {
		h.b.Fatal(err)
	}
}

func (h *hall) send(c *store.Handle, d compose.Draft) {
	h.b.Helper()
	service := &dispatch.Service{Tables: h.tables, Queue: h.queue, Now: now, Random: rand.Reader}
	h.must(service.Send(context.Background(), c, "banc", d.ID, d.Version, time.Time{}))
}

// until waits for a convocation to be as wanted, and says how long that took.
func (h *hall) until(c *store.Handle, id convocation.ID, wanted func(convocation.Convocation) bool) time.Duration {
	h.b.Helper()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		head, err := c.Convocation(context.Background(), id)
		h.must(err)
		if wanted(head) {
			return time.Since(began)
		}
	}
}

// peak is how much memory the process has had at most, in MB: benchmark, relay and all.
func peak(b *testing.B) float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not on Linux
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kB) / 1024
}

var largest = 100_000

// One sending to 100,000 through a relay that takes all that comes: until it is frozen, until the last mail has left, and
// how long the list takes to be read then.
func BenchmarkLargeSending(b *testing.B) {
	for b.Loop() {
		h := newHall(b)
		c, d := h.crowd("732829320", largest)
		h.send(c, d)
		frozen := h.until(c, d.ID, func(c convocation.Convocation) bool { return !c.Frozen.At.IsZero() })
		sent := frozen + h.until(c, d.ID, func(c convocation.Convocation) bool { return !c.SentAt.IsZero() })
		reader := &follow.Service{Tables: h.tables, Now: now}
		began := time.Now()
		list, err := reader.List(context.Background(), c, follow.Filter{})
		h.must(err)
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "totals-ms")
		b.ReportMetric(frozen.Seconds(), "frozen-s")
		b.ReportMetric(sent.Seconds(), "sent-s")
		b.ReportMetric(peak(b), "peak-MB")
		if n := h.relay.n.Load(); n != int64(largest) || list.Lines[0].Counts.Transmitted != largest {
			b.Errorf("%d mails, %d transmitted", n, list.Lines[0].Counts.Transmitted)
		}
	}
}

// Thirty councillors of a small commune are convened while a giant sending keeps 14 mails a second busy for two hours.
func BenchmarkSmallSendingBesideALargeOne(b *testing.B) {
	for b.Loop() {
		h := newHall(b, "-rate", "14")
		large, d := h.crowd("732829320", largest)
		small, e := h.crowd("552100554", 30)
		h.send(large, d)
		h.until(large, d.ID, func(convocation.Convocation) bool { return h.relay.n.Load() > 100 })
		h.send(small, e)
		b.ReportMetric(h.until(small, e.ID, func(c convocation.Convocation) bool { return !c.SentAt.IsZero() }).Seconds(), "small-s")
	}
}

// How much of a relay's rate is used, and how many mails it refuses because they come too fast: it allows one more a second
// than it says, which is how far clocks of a second differ.
func BenchmarkUseOfTheRate(b *testing.B) {
	for _, rate := range []int{14, 50, 200} {
		b.Run(fmt.Sprint(rate, " a second"), func(b *testing.B) {
			for b.Loop() {
				h := newHall(b, "-rate", fmt.Sprint(rate))
				h.relay.limit = rate + 1
				c, d := h.crowd("732829320", rate*40)
				h.send(c, d)
				h.until(c, d.ID, func(convocation.Convocation) bool { return h.relay.n.Load() > 0 })
				before, began := h.relay.n.Load(), time.Now()
				time.Sleep(30 * time.Second)
				used := float64(h.relay.n.Load()-before) / time.Since(began).Seconds() / float64(rate)
				b.ReportMetric(100*used, "%-used")
				b.ReportMetric(float64(h.relay.refused.Load()), "refused")
			}
		})
	}
}

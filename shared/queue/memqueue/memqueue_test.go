package memqueue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/queue"
	"convoc/shared/queue/queuetest"
)

func TestConformance(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, h queuetest.Heard) queue.Queue {
		q := New(Config{Handlers: both(h.Answer), Workers: 4, Tries: queuetest.Tries, Dead: h.Dead})
		start(t, q)
		return q
	})
}

func both(h queue.Handler) map[queue.Kind]queue.Handler {
	return map[queue.Kind]queue.Handler{queue.Dispatch: h, queue.Deliver: h}
}

// start runs a queue until the test ends, or stop is called; stop returns when Run has.
func start(t *testing.T, q *Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { q.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func bell(collectivity, order string) queue.Bell {
	return queue.Bell{Kind: queue.Dispatch, Collectivity: collectivity, Convocation: "cnv_a", Order: order}
}

func ring(t *testing.T, q *Queue, bells ...queue.Bell) {
	t.Helper()
	if err := q.Ring(t.Context(), bells...); err != nil {
		t.Fatal(err)
	}
}

// record keeps what happens, in order.
type record struct {
	mu  sync.Mutex
	all []string
}

func (r *record) add(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, what)
}

func (r *record) is(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, r.all); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheSameBellWaitingIsOne(t *testing.T) {
	var seen record
	q := New(Config{Handlers: both(func(_ context.Context, b queue.Bell) error { seen.add(b.Order); return nil }), Tries: 1})
	ring(t, q, bell("1", "a"), bell("1", "a"), bell("1", "b"))
	ring(t, q, bell("1", "a"))
	start(t, q)
	q.Quiet()
	seen.is(t, "a", "b")
	ring(t, q, bell("1", "a")) // nothing of it waits any more
	q.Quiet()
	seen.is(t, "a", "b", "a")
}

// One that sends to a hundred thousand does not make the others wait.
func TestCollectivitiesAreAnsweredInTurn(t *testing.T) {
	var seen record
	q := New(Config{Tries: 1, Handlers: both(func(_ context.Context, b queue.Bell) error {
		seen.add(b.Collectivity + b.Order)
		return nil
	})})
	for _, order := range []string{"a", "b", "c", "d"} {
		ring(t, q, bell("1", order))
	}
	ring(t, q, bell("2", "a"), bell("3", "a"), bell("2", "b"))
	start(t, q)
	q.Quiet()
	seen.is(t, "1a", "2a", "3a", "1b", "2b", "1c", "1d")
}

func TestTriesAndTheirWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		begin := time.Now()
		at := func(what string) { seen.add(what + " at " + time.Since(begin).String()) }
		q := New(Config{
			Handlers: both(func(context.Context, queue.Bell) error { at("try"); return errors.New("refused") }),
			Tries:    4, Backoff: func(n int) time.Duration { return time.Duration(n) * time.Second },
			Dead: func(b queue.Bell, err error) { at(b.Order + " " + err.Error()) },
		})
		start(t, q)
		ring(t, q, bell("1", "a"))
		q.Quiet()
		seen.is(t, "try at 0s", "try at 1s", "try at 3s", "try at 6s", "a refused at 6s")
	})
}

// late is a bell that is kept back, named after how long.
func late(delay time.Duration) queue.Bell {
	b := bell("1", delay.String())
	b.Delay = delay
	return b
}

// timed makes a queue of one worker that records which bell it answers when, and runs it.
func timed(t *testing.T, seen *record) (q *Queue, stop func()) {
	t.Helper()
	begin := time.Now()
	q = New(Config{Tries: 1, Handlers: both(func(_ context.Context, b queue.Bell) error {
		if b.Delay != 0 {
			t.Errorf("the answer sees a delay of %s", b.Delay)
		}
		seen.add(b.Order + " at " + time.Since(begin).String())
		return nil
	})})
	return q, start(t, q)
}

// Each at its time, in whatever order they are rung, and none after more than may be.
func TestBellsAreKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q, _ := timed(t, &seen)
		var want []string
		var delays []time.Duration
		for n := range 1000 {
			d := time.Duration(n+1) * 850 * time.Millisecond
			delays, want = append(delays, d), append(want, d.String()+" at "+d.String())
		}
		for n := range delays { // each of them once: 389 has no divisor in common with 1000
			ring(t, q, late(delays[n*389%len(delays)]))
		}
		ring(t, q, late(24*time.Hour), late(-time.Hour), bell("1", "now"))
		q.Quiet() // waits for none that is kept back
		seen.is(t, "-1h0m0s at 0s", "now at 0s")
		time.Sleep(queue.MaxDelay + time.Second)
		q.Quiet()
		want = slices.Concat([]string{"-1h0m0s at 0s", "now at 0s"}, want, []string{"24h0m0s at 15m0s"})
		seen.is(t, want...)
	})
}

// One that is rung later and due earlier is not kept waiting by those before it, nor those by it.
func TestTheEarliestComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q, _ := timed(t, &seen)
		ring(t, q, late(10*time.Minute))
		time.Sleep(time.Minute)
		ring(t, q, late(5*time.Minute))
		ring(t, q, late(12*time.Minute), late(time.Second))
		time.Sleep(queue.MaxDelay)
		q.Quiet()
		seen.is(t, "1s at 1m1s", "5m0s at 6m0s", "10m0s at 10m0s", "12m0s at 13m0s")
	})
}

// Rung again while it is kept back, a bell comes at each of its times.
func TestTheSameBellKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q, _ := timed(t, &seen)
		b := bell("1", "a")
		b.Delay = time.Minute
		ring(t, q, b, bell("1", "a"))
		time.Sleep(time.Second)
		ring(t, q, b)
		time.Sleep(2 * time.Minute)
		q.Quiet()
		seen.is(t, "a at 0s", "a at 1m0s", "a at 1m1s")
	})
}

// What was kept back until the queue runs is answered then: the same bell once, whether it was kept back or not.
func TestKeptBackBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q := New(Config{Tries: 1, Handlers: both(func(_ context.Context, b queue.Bell) error { seen.add(b.Order); return nil })})
		ring(t, q, late(time.Second), late(time.Second), late(time.Hour), bell("1", "1s"))
		time.Sleep(time.Minute)
		start(t, q)
		q.Quiet()
		seen.is(t, "1s")
		time.Sleep(queue.MaxDelay)
		q.Quiet()
		seen.is(t, "1s", "1h0m0s")
	})
}

// A queue that is stopped lets go what it keeps back: the agenda brings it round.
func TestStoppedWhileSomeAreKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q, stop := timed(t, &seen)
		ring(t, q, late(time.Second), late(time.Minute), late(10*time.Minute))
		time.Sleep(2 * time.Second)
		stop()
		ring(t, q, late(time.Second))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		seen.is(t, "1s at 1s")
		if len(q.known) > 0 {
			t.Errorf("%d wait for nobody", len(q.known))
		}
	})
}

// Without settings a bell is tried once, by one worker, and nobody is told.
func TestZeroSettings(t *testing.T) {
	var seen record
	q := New(Config{Handlers: both(func(context.Context, queue.Bell) error { seen.add("try"); return errors.New("refused") })})
	start(t, q)
	ring(t, q, bell("1", "a"))
	q.Quiet()
	seen.is(t, "try")
}

func TestHandlersThatBreakEndAmongTheDead(t *testing.T) {
	var mu sync.Mutex
	told := map[queue.Kind]error{}
	q := New(Config{
		Handlers: map[queue.Kind]queue.Handler{queue.Dispatch: func(context.Context, queue.Bell) error { panic("a bug") }},
		Tries:    2, Dead: func(b queue.Bell, err error) { mu.Lock(); defer mu.Unlock(); told[b.Kind] = err },
	})
	start(t, q)
	nobodys := bell("1", "a")
	nobodys.Kind, nobodys.Recipient = queue.Deliver, "rcp_a"
	ring(t, q, bell("1", "a"), nobodys)
	q.Quiet()
	for kind, want := range map[queue.Kind]string{queue.Dispatch: "panic: a bug", queue.Deliver: "no handler"} {
		if err := told[kind]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: told %v, want %q", kind, err, want)
		}
	}
}

func TestWorkersAnswerTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		open := make(chan struct{})
		q := New(Config{Workers: 3, Tries: 1, Handlers: both(func(_ context.Context, b queue.Bell) error {
			seen.add("begin")
			<-open
			return nil
		})})
		start(t, q)
		ring(t, q, bell("1", "a"), bell("1", "b"), bell("2", "a"), bell("2", "b"))
		synctest.Wait()
		seen.is(t, "begin", "begin", "begin")
		close(open)
		q.Quiet()
		seen.is(t, "begin", "begin", "begin", "begin")
	})
}

// Run ends after those being answered, and begins no other one.
func TestRunWaitsForThoseBeingAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		open := make(chan struct{})
		q := New(Config{Tries: 1, Handlers: both(func(_ context.Context, b queue.Bell) error {
			seen.add("begin " + b.Order)
			<-open
			seen.add("end " + b.Order)
			return nil
		})})
		stop := start(t, q)
		ring(t, q, bell("1", "a"), bell("1", "b"))
		synctest.Wait()
		stopped := make(chan struct{})
		go func() { stop(); seen.add("stopped"); close(stopped) }()
		synctest.Wait()
		seen.is(t, "begin a")
		close(open)
		<-stopped
		seen.is(t, "begin a", "end a", "stopped")
		ring(t, q, bell("1", "c")) // too late: the agenda brings it round
		q.Quiet()
		seen.is(t, "begin a", "end a", "stopped")
	})
}

// A bell that was stopped in the middle of its last try was not refused: it is not told as dead.
func TestStoppedIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		ctx, cancel := context.WithCancel(t.Context())
		q := New(Config{
			Tries: 1, Dead: func(queue.Bell, error) { seen.add("dead") },
			Handlers: both(func(ctx context.Context, b queue.Bell) error {
				seen.add("begin " + b.Order)
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}),
		})
		ring(t, q, bell("1", "a"), bell("1", "b"))
		q.Run(ctx)
		seen.is(t, "begin a")
	})
}

func TestStoppedDoesNotWaitForTheNextTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q := New(Config{
			Tries: 2, Backoff: func(int) time.Duration { return time.Hour }, Dead: func(queue.Bell, error) { seen.add("dead") },
			Handlers: both(func(context.Context, queue.Bell) error { seen.add("try"); return errors.New("refused") }),
		})
		begin := time.Now()
		stop := start(t, q)
		ring(t, q, bell("1", "a"))
		synctest.Wait()
		stop()
		seen.is(t, "try")
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("waited %s", waited)
		}
	})
}

// Rung again while it waits for another try, a bell is answered as often as a new one.
func TestRungAgainWhileItWaitsForAnotherTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		q := New(Config{
			Workers: 1, Tries: 2, Backoff: func(int) time.Duration { return time.Second },
			Dead:     func(queue.Bell, error) { seen.add("dead") },
			Handlers: both(func(context.Context, queue.Bell) error { seen.add("try"); return errors.New("refused") }),
		})
		start(t, q)
		ring(t, q, bell("1", "a"))
		synctest.Wait()
		ring(t, q, bell("1", "a"))
		q.Quiet()
		seen.is(t, "try", "try", "try", "dead")
	})
}

func TestQuietWaitsForAllTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		left := map[string]int{"a": 2, "b": 0, "c": 1}
		q := New(Config{
			Tries: 3, Backoff: func(int) time.Duration { return time.Minute },
			Handlers: both(func(_ context.Context, b queue.Bell) error {
				time.Sleep(time.Second) // of the test's own clock
				seen.add(b.Order)
				if left[b.Order]--; left[b.Order] >= 0 {
					return errors.New("refused")
				}
				return nil
			}),
		})
		q.Quiet() // nothing waits: it returns before Run
		start(t, q)
		ring(t, q, bell("1", "a"), bell("1", "b"), bell("2", "c"))
		q.Quiet()
		seen.mu.Lock()
		slices.Sort(seen.all)
		seen.mu.Unlock()
		seen.is(t, "a", "a", "a", "b", "c", "c")
	})
}

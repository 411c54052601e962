// Package queuetest is the conformance suite of the queue port: what every queue must do, from the documentation of the
// port alone. A queue may deliver twice, late and in any order; the suite waits for what must come and never counts what
// may. Each test has bells of its own, so that the suite also runs on a queue that others have used.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convoc/shared/queue"
)

// Tries is how often the queue under test delivers a bell before it gives it up. A delivery may be lost on its way to
// Answer and counts all the same: the suite asks for two of them.
const Tries = 5

// Heard are the ends of the queue under test: who answers its bells, and who is told of those it gave up.
type Heard struct {
	Answer queue.Handler           // of all kinds; several may be called at a time
	Dead   func(queue.Bell, error) // the error may be nil where the queue does not keep it
}

// Run runs the suite on the queue that open gives. It answers bells when open returns, at least two at a time, gives up
// after [Tries], waits little between them, and stops when the test ends.
func Run(t *testing.T, open func(t *testing.T, h Heard) queue.Queue) {
	for name, test := range map[string]func(*testing.T, func(*testing.T, Heard) queue.Queue){
		"a bell arrives as it was rung":                arrives,
		"every bell of a batch arrives":                batch,
		"bells rung by many arrive":                    many,
		"ringing nothing is no error":                  none,
		"a bell refused is answered again":             again,
		"only what was refused is kept from the rest":  others,
		"a bell refused too often is told":             dead,
		"a dead bell can be rung again":                revived,
		"a bell rung while it is answered is not lost": meanwhile,
		"a bell kept back comes, and not at once":      keptBack,
		"a bell is kept back for as long as may be":    keptLong,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

var (
	run    = strconv.FormatInt(time.Now().UnixNano(), 36)
	serial atomic.Int64
)

// fresh makes a bell that nobody has rung.
func fresh(kind queue.Kind) queue.Bell {
	n := serial.Add(1)
	b := queue.Bell{
		Kind: kind, Collectivity: fmt.Sprintf("%09d", n%3), Convocation: fmt.Sprintf("cnv_%s%d", run,
			n), Order: fmt.Sprintf("ord_%d", n),
	}
	if kind == queue.Deliver {
		b.Recipient = fmt.Sprintf("rcp_%d", n)
		if n%2 == 0 {
			b.Notice = fmt.Sprintf("ntc_%d", n)
		}
	}
	return b
}

// patience is how long the suite waits for what must come.
const patience = time.Minute

// listener hears bells: those of its own test only.
type listener struct {
	mu      sync.Mutex
	changed chan struct{}                      // closed at each change, and made anew
	expects map[queue.Bell]bool                // bells of this test
	answers func(b queue.Bell, time int) error // nil: all are answered
	heard   map[queue.Bell]int
	dead    map[queue.Bell]int
}

func listen(answers func(b queue.Bell, time int) error) *listener {
	return &listener{
		changed: make(chan struct{}), answers: answers,
		expects: map[queue.Bell]bool{}, heard: map[queue.Bell]int{}, dead: map[queue.Bell]int{},
	}
}

// expect makes bells this test's own.
func (l *listener) expect(bells ...queue.Bell) []queue.Bell {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range bells {
		l.expects[b] = true
	}
	return bells
}

// ends gives the ends of a queue. A bell that nobody has rung here is one of another test, or a broken one of ours.
func (l *listener) ends(t *testing.T) Heard {
	return Heard{
		Answer: func(ctx context.Context, b queue.Bell) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			times, ours := l.note(l.heard, b)
			if !ours {
				if l.similar(b) {
					t.Errorf("heard %+v, which nobody has rung", b)
				}
				return nil
			}
			if l.answers == nil {
				return nil
			}
			return l.answers(b, times)
		},
		Dead: func(b queue.Bell, _ error) { l.note(l.dead, b) },
	}
}

func (l *listener) note(in map[queue.Bell]int, b queue.Bell) (times int, ours bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in[b]++
	close(l.changed)
	l.changed = make(chan struct{})
	return in[b], l.expects[b]
}

// similar tells a bell that shares its convocation with one of this test.
func (l *listener) similar(b queue.Bell) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for own := range l.expects {
		if own.Convocation == b.Convocation {
			return true
		}
	}
	return false
}

func (l *listener) times(in map[queue.Bell]int, b queue.Bell) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return in[b]
}

// until waits for a condition that holds of what was heard.
func (l *listener) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		ok, changed := holds(), l.changed
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%s: not after %s", what, patience)
		}
	}
}

func (l *listener) untilHeard(t *testing.T, times int, bells ...queue.Bell) {
	t.Helper()
	for _, b := range bells {
		l.until(t, fmt.Sprintf("%s of %s heard %d times", b.Kind, b.Convocation, times), func() bool { return l.heard[b] >= times })
	}
}

func (l *listener) untilDead(t *testing.T, times int, b queue.Bell) {
	t.Helper()
	l.until(t, fmt.Sprintf("%s given up %d times", b.Convocation, times), func() bool { return l.dead[b] >= times })
}

func ring(t *testing.T, q queue.Queue, bells ...queue.Bell) {
	t.Helper()
	if err := q.Ring(t.Context(), bells...); err != nil {
		t.Fatalf("ringing: %v", err)
	}
}

func arrives(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(nil)
	q := open(t, l.ends(t))
	for _, b := range l.expect(fresh(queue.Dispatch), fresh(queue.Deliver)) {
		ring(t, q, b)
		l.untilHeard(t, 1, b)
	}
}

func batch(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(nil)
	q := open(t, l.ends(t))
	for _, size := range []int{1, 9, 10, 11, 25, 101} { // SQS takes ten at a time
		var bells []queue.Bell
		for n := range size {
			bells = append(bells, fresh([]queue.Kind{queue.Deliver, queue.Dispatch}[n%2]))
		}
		l.expect(bells...)
		ring(t, q, bells...)
		l.untilHeard(t, 1, bells...)
	}
	b := fresh(queue.Deliver)
	l.expect(b)
	ring(t, q, b, b, b)
	l.untilHeard(t, 1, b)
}

func many(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(nil)
	q := open(t, l.ends(t))
	var all []queue.Bell
	var crowd sync.WaitGroup
	for range 8 {
		var bells []queue.Bell
		for range 12 {
			bells = append(bells, fresh(queue.Deliver))
		}
		all = append(all, l.expect(bells...)...)
		crowd.Go(func() {
			for _, b := range bells {
				if err := q.Ring(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	crowd.Wait()
	l.untilHeard(t, 1, all...)
}

func none(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(nil)
	q := open(t, l.ends(t))
	ring(t, q)
	b := fresh(queue.Dispatch)
	l.expect(b)
	ring(t, q, b)
	l.untilHeard(t, 1, b)
}

var errRefused = errors.New("refused")

func again(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(func(_ queue.Bell, time int) error {
		if time == 1 {
			return errRefused
		}
		return nil
	})
	q := open(t, l.ends(t))
	b := fresh(queue.Deliver)
	l.expect(b)
	ring(t, q, b)
	l.untilHeard(t, 2, b)
	after := fresh(queue.Dispatch) // when it has been answered too, a false end of the first would have been told
	l.expect(after)
	ring(t, q, after)
	l.untilHeard(t, 2, after)
	if l.times(l.dead, b)+l.times(l.dead, after) > 0 {
		t.Error("answered, and given up all the same")
	}
}

func others(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	bad := fresh(queue.Deliver)
	l := listen(func(b queue.Bell, _ int) error {
		if b == bad {
			return errRefused
		}
		return nil
	})
	q := open(t, l.ends(t))
	bells := []queue.Bell{fresh(queue.Deliver), fresh(queue.Dispatch), bad, fresh(queue.Deliver), fresh(queue.Deliver)}
	l.expect(bells...)
	ring(t, q, bells...)
	l.untilHeard(t, 1, bells...)
	l.untilDead(t, 1, bad)
	for _, b := range bells {
		if b != bad && l.times(l.dead, b) > 0 {
			t.Errorf("%+v was answered, and given up with its neighbour", b)
		}
	}
}

func dead(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(func(queue.Bell, int) error { return errRefused })
	q := open(t, l.ends(t))
	for _, b := range l.expect(fresh(queue.Deliver), fresh(queue.Dispatch)) {
		ring(t, q, b)
		l.untilDead(t, 1, b)
		if tried := l.times(l.heard, b); tried < 2 {
			t.Errorf("given up after %d tries", tried)
		}
	}
}

func revived(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(func(queue.Bell, int) error { return errRefused })
	q := open(t, l.ends(t))
	b := fresh(queue.Deliver)
	l.expect(b)
	ring(t, q, b)
	l.untilDead(t, 1, b)
	tried := l.times(l.heard, b)
	ring(t, q, b)
	l.untilHeard(t, tried+2, b)
	l.untilDead(t, 2, b)
}

// A bell says that something may be due. What becomes due after its answer has looked must be looked at again.
func meanwhile(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	looked := make(chan struct{})
	end := sync.OnceFunc(func() { close(looked) })
	defer end()
	l := listen(func(_ queue.Bell, time int) error {
		if time == 1 {
			<-looked
		}
		return nil
	})
	q := open(t, l.ends(t))
	b := fresh(queue.Dispatch)
	l.expect(b)
	ring(t, q, b)
	l.untilHeard(t, 1, b)
	ring(t, q, b)
	end()
	l.untilHeard(t, 2, b)
}

// A queue that counts in whole seconds may be early by less than one. What is not kept back waits for nobody.
func keptBack(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	const delay, rounding = 1500 * time.Millisecond, time.Second
	l := listen(nil)
	q := open(t, l.ends(t))
	bells := l.expect(fresh(queue.Deliver), fresh(queue.Dispatch), fresh(queue.Deliver))
	late, kept := bells[:2], slices.Clone(bells)
	for i := range late {
		kept[i].Delay = delay
	}
	begin := time.Now()
	ring(t, q, kept...)
	l.until(t, "one of those kept back is heard", func() bool { return l.heard[late[0]]+l.heard[late[1]] > 0 })
	if waited := time.Since(begin); waited < delay-rounding {
		t.Errorf("heard after %s, want it kept back for %s", waited, delay)
	}
	l.untilHeard(t, 1, bells...)
	ring(t, q, late...) // it is kept back no more
	l.untilHeard(t, 2, late...)
}

// Longer than it may be kept is no error, and none of the others waits for it.
func keptLong(t *testing.T, open func(*testing.T, Heard) queue.Queue) {
	l := listen(nil)
	q := open(t, l.ends(t))
	long, longer, b := fresh(queue.Deliver), fresh(queue.Deliver), fresh(queue.Deliver)
	l.expect(long, longer, b)
	long.Delay, longer.Delay = queue.MaxDelay, 24*time.Hour
	ring(t, q, long, longer, b)
	l.untilHeard(t, 1, b)
	long.Delay, longer.Delay = 0, 0
	if l.times(l.heard, long)+l.times(l.heard, longer) > 0 {
		t.Error("heard at once")
	}
}

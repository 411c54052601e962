// Package simtest proves the protocol of sending by simulation: the product's own use cases over their own store, on
// ports that fail. One goroutine runs at a time, time is a number, and one seed decides everything, so that what went
// wrong once goes wrong again.
//
// A process is a [dispatch.Service] with its own name and its own clock. Whatever it does is a task, which stops at each
// call to a port: the call takes some time, others go on meanwhile, and then it fails, is answered, is applied without an
// answer, or ends the process before or after its effect. Another process takes the place of one that died.
//
// What every run must keep is told in SENDING.md as I0 to I10; truth.go holds it against each write, check.go against
// what is there once nothing moves any more.
package simtest

import (
	"container/heap"
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"time"
)

// Start is when each simulation begins.
var Start = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// loop is virtual time: what happens when, and whose turn it is.
type loop struct {
	random *rand.Rand // decides everything but the identifiers and secrets that the product draws
	now    time.Time
	queue  events
	last   int   // number of the event that was queued last
	task   *task // that runs; nil: the simulator itself
	tasks  map[*task]bool

	sum   hash.Hash64
	keep  bool     // the lines of the trace
	lines []string // of the trace
}

// newLoop begins at [Start]. Two loops of one seed are the same.
func newLoop(seed uint64) *loop {
	return &loop{
		random: rand.New(rand.NewPCG(seed, 0x5e4d)), now: Start, tasks: map[*task]bool{}, sum: fnv.New64a(),
	}
}

// event is something that happens at a time; of two at the same time, the one that was queued first.
type event struct {
	at     time.Time
	number int
	do     func()
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || (e[i].at.Equal(e[j].at) && e[i].number < e[j].number)
}
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// after lets something happen in a while.
func (l *loop) after(wait time.Duration, do func()) {
	l.last++
	heap.Push(&l.queue, event{l.now.Add(wait), l.last, do})
}

// step lets the next thing happen; false when nothing does any more.
func (l *loop) step() bool {
	if len(l.queue) == 0 {
		return false
	}
	next := heap.Pop(&l.queue).(event)
	l.now = next.at
	next.do()
	return true
}

// trace notes what happened: two runs of one seed have the same trace.
func (l *loop) trace(parts ...string) {
	line := l.now.Format("02 15:04:05.000")
	for _, p := range parts {
		line += " " + p
	}
	_, _ = l.sum.Write([]byte(line))
	if l.keep {
		l.lines = append(l.lines, line)
	}
}

// chance is true with that probability.
func (l *loop) chance(p float64) bool { return p > 0 && l.random.Float64() < p }

// between draws a duration.
func (l *loop) between(least, most time.Duration) time.Duration {
	return least + time.Duration(l.random.Int64N(int64(most-least)+1))
}

// task is something that a process does.
type task struct {
	of    *process
	what  string
	until time.Time // when the platform ends it, in true time; zero: never

	next func() (time.Duration, bool)
	stop func()
	wait func(time.Duration) bool
}

// killed unwinds a task whose process has died.
type killed struct{}

// begin starts a task; done is told how it ended.
func (l *loop) begin(p *process, what string, limit time.Duration, body func(context.Context) error, done func(err error, died bool)) {
	t := &task{of: p, what: what}
	if limit > 0 {
		t.until = l.now.Add(limit)
	}
	var err error
	died := true
	t.next, t.stop = iter.Pull(func(yield func(time.Duration) bool) {
		t.wait = yield
		defer func() {
			if r := recover(); r != nil {
				if _, ours := r.(killed); !ours {
					panic(fmt.Sprintf("%s: %v", what, r))
				}
			}
		}()
		err = body(deadline{context.Background(), l, p, t.until})
		died = false
	})
	l.tasks[t] = true
	l.trace(p.owner, "begins", what)
	var run func()
	run = func() {
		l.task = t
		wait, more := t.next()
		l.task = nil
		if more {
			l.after(wait, run)
			return
		}
		delete(l.tasks, t)
		l.trace(p.owner, "ends", what, fmt.Sprint(died, err != nil))
		done(err, died)
	}
	l.after(0, run)
}

// close ends all tasks that are still there.
func (l *loop) close() {
	for t := range l.tasks {
		t.of.dead = true
		t.stop()
	}
}

// pause lets time go by in the task that runs. A platform that ends it meanwhile ends its process.
func (l *loop) pause(wait time.Duration) {
	t := l.task
	if t == nil {
		panic("simtest: a port was used outside a task")
	}
	if left := t.until.Sub(l.now); !t.until.IsZero() && wait >= left {
		if t.wait(max(left, 0)) && !t.of.dead {
			l.trace(t.of.owner, "out of time", t.what)
			t.of.die()
		}
		panic(killed{})
	}
	if !t.wait(wait) || t.of.dead {
		panic(killed{})
	}
}

// deadline is the context of a task: its time is virtual, by the clock of its process.
type deadline struct {
	context.Context
	loop  *loop
	of    *process
	until time.Time
}

// Deadline is when the platform ends the task.
func (d deadline) Deadline() (time.Time, bool) { return d.until.Add(d.of.skew), !d.until.IsZero() }

// Err tells whether it has.
func (d deadline) Err() error {
	if !d.until.IsZero() && !d.loop.now.Before(d.until) {
		return context.DeadlineExceeded
	}
	return nil
}

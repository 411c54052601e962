// Package memqueue is the bell inside one process: at least once, with a few tries. What a killed process had not
// answered is rung again by the sweeper, from the agenda.
//
// The context of a handler ends when the queue is stopped: it is told, and waited for. What must not be cut in the middle
// (a call to the mail service) it shields itself.
package memqueue

import (
	"context"
	"fmt"
	"sync"
	"time"

	"convoc/shared/queue"
)

// Config says how bells are answered.
type Config struct {
	Handlers map[queue.Kind]queue.Handler
	Workers  int                           // bells answered at a time; at least 1
	Tries    int                           // how often a bell is answered at most; at least 1
	Backoff  func(n int) time.Duration     // wait before try n+1; nil: none
	Dead     func(b queue.Bell, err error) // told of a bell that was given up, with its last error; nil: nobody is
}

// Queue holds bells in memory. Make it with New.
type Queue struct {
	cfg Config

	mu      sync.Mutex
	wake    *sync.Cond
	waiting map[string][]job    // by collectivité, each first in first out
	order   []string            // collectivités that wait, in turn
	known   map[queue.Bell]bool // bells waiting: the same bell twice is one
	busy    int                 // bells being answered or waiting for another try
	closed  bool
}

type job struct {
	bell queue.Bell
	try  int
}

// New makes a queue; nothing is answered before Run.
func New(cfg Config) *Queue {
	q := &Queue{cfg: cfg, waiting: map[string][]job{}, known: map[queue.Bell]bool{}}
	q.wake = sync.NewCond(&q.mu)
	return q
}

// Ring puts bells in the queue. It never blocks and never fails.
func (q *Queue) Ring(_ context.Context, bells ...queue.Bell) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range bells {
		wait := b.Delay
		if b.Delay = 0; wait > 0 {
			time.AfterFunc(min(wait, queue.MaxDelay), func() { q.ringNow(b) })
		} else {
			q.putNew(b)
		}
	}
	return nil
}

// ringNow rings a bell that was kept back long enough.
func (q *Queue) ringNow(b queue.Bell) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.putNew(b)
	}
}

// putNew adds a bell that is not waiting yet; the caller holds the lock.
func (q *Queue) putNew(b queue.Bell) {
	if !q.known[b] {
		q.put(job{bell: b, try: 1})
	}
}

// put adds a job; the caller holds the lock.
func (q *Queue) put(j job) {
	c := j.bell.Collectivity
	if len(q.waiting[c]) == 0 {
		q.order = append(q.order, c)
	}
	q.waiting[c] = append(q.waiting[c], j)
	q.known[j.bell] = true
	q.wake.Broadcast()
}

// take waits for the next job, collectivité by collectivité in turn; false when the queue has been closed.
func (q *Queue) take() (job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.order) == 0 && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return job{}, false
	}
	c := q.order[0]
	q.order = q.order[1:]
	j := q.waiting[c][0]
	if q.waiting[c] = q.waiting[c][1:]; len(q.waiting[c]) > 0 {
		q.order = append(q.order, c)
	} else {
		delete(q.waiting, c)
	}
	delete(q.known, j.bell) // rung again while it is being answered, it is answered again
	q.busy++
	return j, true
}

// Run answers bells until ctx ends, then waits for those being answered.
func (q *Queue) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for range max(1, q.cfg.Workers) {
		workers.Go(func() { q.work(ctx) })
	}
	<-ctx.Done()
	q.mu.Lock()
	q.closed = true
	q.wake.Broadcast()
	q.mu.Unlock()
	workers.Wait()
}

func (q *Queue) work(ctx context.Context) {
	for ctx.Err() == nil {
		j, ok := q.take()
		if !ok {
			return
		}
		err := q.answer(ctx, j.bell)
		switch {
		case err == nil || ctx.Err() != nil: // one that was stopped is not dead: the agenda rings it again
			q.done(nil)
		case j.try < q.cfg.Tries:
			q.again(ctx, j)
		default:
			if q.cfg.Dead != nil {
				q.cfg.Dead(j.bell, err)
			}
			q.done(nil)
		}
	}
}

// again puts a job back after its wait. The wait holds the worker: few bells fail, and nothing is left running.
func (q *Queue) again(ctx context.Context, j job) {
	if q.cfg.Backoff != nil {
		select {
		case <-time.After(q.cfg.Backoff(j.try)):
		case <-ctx.Done():
		}
	}
	q.done(&job{j.bell, j.try + 1})
}

func (q *Queue) done(next *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	if next != nil && !q.known[next.bell] {
		q.put(*next)
	}
	q.wake.Broadcast()
}

// answer calls the handler of a bell; its panic is an error like others.
func (q *Queue) answer(ctx context.Context, b queue.Bell) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("answering %s: panic: %v", b.Kind, p)
		}
	}()
	handler, known := q.cfg.Handlers[b.Kind]
	if !known {
		return fmt.Errorf("no handler for %s", b.Kind)
	}
	return handler(ctx, b)
}

// Quiet waits until no bell waits and none is being answered; those kept back are not waited for.
func (q *Queue) Quiet() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for (len(q.order) > 0 || q.busy > 0) && !q.closed {
		q.wake.Wait()
	}
}

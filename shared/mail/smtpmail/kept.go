package smtpmail

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"
)

const (
	mostIdle = 8                // connections that are kept: as many as mails leave at a time
	idleFor  = 10 * time.Second // a connection is kept: less than relays and routers let one lie
)

// keep puts a connection aside for the next message, and watches over it. There is nothing that a relay may say now but
// farewell (421), so whatever comes ends the connection.
func (s *Sender) keep(c *connection) {
	s.mu.Lock()
	if s.closed || len(s.idle) >= mostIdle {
		s.mu.Unlock()
		c.leave()
		return
	}
	defer s.mu.Unlock()
	c.watched = make(chan error, 1)
	c.idle = time.AfterFunc(idleFor, c.wake)
	s.idle = append(s.idle, c)
	s.watches.Go(func() { s.watch(c) })
}

// watch waits until somebody takes the connection, or it has been idle for too long, or the relay ends it.
func (s *Sender) watch(c *connection) {
	_, err := c.client.Text.R.Peek(1)
	s.mu.Lock()
	i := slices.Index(s.idle, c)
	if i >= 0 {
		s.idle = slices.Delete(s.idle, i, i+1)
		c.idle.Stop()
	}
	s.mu.Unlock()
	switch {
	case i < 0:
		c.watched <- err
	case quiet(err) && c.SetReadDeadline(time.Time{}) == nil:
		c.leave()
	default:
		c.Close()
	}
}

// quiet tells a watch that only time has ended.
func quiet(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// take gives the kept connection that was used last; nil when there is none, or no time left to use it.
func (s *Sender) take(ctx context.Context) *connection {
	for ctx.Err() == nil {
		c := s.last()
		if c == nil {
			return nil
		}
		c.wake()
		// were its time ending at this very moment, it would be woken in the middle of the next message
		if quiet(<-c.watched) && c.idle.Stop() && c.SetReadDeadline(time.Time{}) == nil {
			return c
		}
		c.Close()
	}
	return nil
}

// wake ends the watch.
func (c *connection) wake() { _ = c.SetReadDeadline(time.Unix(1, 0)) }

func (s *Sender) last() *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == 0 {
		return nil
	}
	c := s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	return c
}

// Close takes leave of the relay on every connection that is kept, and returns when that is done, after two seconds at
// the latest. A message that is on its way comes to its end; whoever sends later has a connection of its own each time.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.idle {
		c.wake()
	}
	s.mu.Unlock()
	s.watches.Wait()
}

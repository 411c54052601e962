package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"convoc/shared/mail"
	"convoc/shared/table"
)

// breaker keeps this process from calling a service that cannot be used: bells are let go unanswered, and the pump brings
// them round. Its zero value is closed: calls are made.
type breaker struct {
	mu      sync.Mutex
	until   time.Time
	tripped bool // since the last call that worked
}

// open tells whether no call is made.
func (b *breaker) open(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.until) && b.until.Sub(now) <= QuotaPause+Skew
}

// trip opens it, and tells whether it was closed.
func (b *breaker) trip(now, until time.Time) bool {
	was := b.open(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until, b.tripped = until, true
	return !was
}

// mend closes it, and tells whether it had been tripped.
func (b *breaker) mend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.tripped
	b.until, b.tripped = time.Time{}, false
	return was
}

// trip stops all sending for a while when a result says that nobody's mail would leave, and notes why; and lets it go on
// when one says that the service works again.
func (s *Service) trip(ctx context.Context, r mail.Result) error {
	wait := hold(r.Reason)
	if r.Outcome == mail.Accepted && s.breaker.mend() {
		agenda := s.Tables.AgendaHandle()
		p, err := agenda.Pump(ctx)
		if err == nil && p.Why != "" {
			err = agenda.StartPump(ctx, p)
		}
		if errors.Is(err, table.ErrCondition) { // stopped anew
			return nil
		}
		return err
	}
	if r.Outcome != mail.RefusedForNow || wait == 0 || r.Reason == mail.ReasonThrottled {
		return nil
	}
	now := s.Now()
	if until := now.Add(wait); s.breaker.trip(now, until) {
		return s.Tables.AgendaHandle().StopPump(ctx, r.Reason, now, until)
	}
	return nil
}

// hold is how long to wait where nobody's mail would leave now; 0 for a reason that is the mail's own.
func hold(why mail.Reason) time.Duration {
	switch why {
	case mail.ReasonThrottled:
		return SlowDown
	case mail.ReasonConnection, mail.ReasonCredentials, mail.ReasonStorage, mail.ReasonPaused:
		return Pause
	case mail.ReasonQuota:
		return QuotaPause
	}
	return 0
}

// Package sweep brings round what is due: it reads the agenda and hands each entry to the use case that knows it. The
// agenda is why nothing depends on a bell: what was begun has an entry, and the entry stays until the work has ended.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convoc/shared/store"
)

// limit of entries looked at in one pass.
const limit = 200

// retry is when an entry whose work failed is looked at again: others go first.
const retry = time.Minute

// Due does what an entry asks, and says when to look again; the zero time when there is nothing more to do.
type Due func(ctx context.Context, e store.AgendaEntry) (time.Time, error)

// Service sweeps. All fields but Timeout are needed.
type Service struct {
	Tables  store.Tables
	Now     func() time.Time
	Do      map[store.What]Due
	Pump    func(ctx context.Context, due []store.AgendaEntry) error // does those of [store.What.Pumped] together, and moves them
	Timeout time.Duration                                            // of the work of one entry, so that a slow one keeps no other waiting; zero: none
}

// Pass looks at what is due now. One entry that fails keeps no other waiting; all failures are returned together.
func (s *Service) Pass(ctx context.Context) error {
	agenda := s.Tables.AgendaHandle()
	entries, err := agenda.Due(ctx, s.Now(), limit)
	failures := []error{err}
	var pumped []store.AgendaEntry
	for _, e := range entries {
		if e.What.Pumped() {
			pumped = append(pumped, e)
		}
	}
	failures = append(failures, s.Pump(ctx, pumped)) // first: it is quick, and what it rings for is done meanwhile
	for _, e := range entries {
		if e.What.Pumped() {
			continue
		}
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
		if err := s.one(ctx, agenda, e); err != nil {
			failures = append(failures, fmt.Errorf("%s of %s: %w", e.What, e.Convocation, err))
		}
	}
	return errors.Join(failures...)
}

// one does what an entry asks, and notes what came of it even when the time of the pass has run out meanwhile. Only work
// that was stopped stays as it is: whoever starts next finds it due.
func (s *Service) one(ctx context.Context, agenda *store.Agenda, e store.AgendaEntry) error {
	next, err := s.work(ctx, e)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	noting := context.WithoutCancel(ctx)
	if err != nil {
		return errors.Join(err, agenda.Move(noting, e, s.Now().Add(retry)))
	}
	if next.IsZero() {
		return agenda.Done(noting, e)
	}
	return agenda.Move(noting, e, next)
}

// work does it within its time.
func (s *Service) work(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
	do, known := s.Do[e.What]
	if !known {
		return time.Time{}, errors.New("unknown kind of entry")
	}
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
		defer cancel()
	}
	return do(ctx, e)
}

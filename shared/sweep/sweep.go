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

// Service sweeps. All fields are needed.
type Service struct {
	Tables store.Tables
	Now    func() time.Time
	Do     map[store.What]Due
}

// Pass looks at what is due now. One entry that fails keeps no other waiting; all failures are returned together.
func (s *Service) Pass(ctx context.Context) error {
	agenda := s.Tables.AgendaHandle()
	entries, err := agenda.Due(ctx, s.Now(), limit)
	failures := []error{err}
	for _, e := range entries {
		if ctx.Err() != nil {
			break
		}
		if err := s.one(ctx, agenda, e); err != nil {
			failures = append(failures, fmt.Errorf("%s of %s: %w", e.What, e.Convocation, err))
		}
	}
	return errors.Join(failures...)
}

func (s *Service) one(ctx context.Context, agenda *store.Agenda, e store.AgendaEntry) error {
	do, known := s.Do[e.What]
	if !known {
		return errors.Join(errors.New("unknown kind of entry"), agenda.Move(ctx, e, s.Now().Add(retry)))
	}
	next, err := do(ctx, e)
	if err != nil {
		return errors.Join(err, agenda.Move(ctx, e, s.Now().Add(retry)))
	}
	if next.IsZero() {
		return agenda.Done(ctx, e)
	}
	return agenda.Move(ctx, e, next)
}

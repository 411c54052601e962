package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/journal"
)

// paused suspends the sending at minute 8.
func paused(w *town) { w.must(w.h.PauseSend(w.ctx(), frozen(), minute(8), told(journal.SendPaused))) }

// pausedAt is the sending as it was read after it was suspended.
func pausedAt(at time.Time) convocation.Convocation {
	c := frozen()
	c.PausedAt = at
	return c
}

// stoppedAt is the sending as it was read after it was cancelled.
func stoppedAt(at time.Time) convocation.Convocation {
	c := frozen()
	c.StoppedAt = at
	return c
}

func cancelled(w *town) {
	w.must(w.h.StopSend(w.ctx(), frozen(), minute(8), told(journal.SendCancelled)))
}

func pause(c convocation.Convocation, at time.Time) func(context.Context, *town) error {
	return func(ctx context.Context, w *town) error { return w.h.PauseSend(ctx, c, at, saved) }
}

func stopSending(c convocation.Convocation) func(context.Context, *town) error {
	return func(ctx context.Context, w *town) error { return w.h.StopSend(ctx, c, minute(9), saved) }
}

var refusedSteering = []refusal{
	{"suspended by another meanwhile", paused, pause(frozen(), minute(9))},
	{"goes on, and did already", nil, pause(pausedAt(minute(8)), time.Time{})},
	{"goes on, and was suspended anew meanwhile", func(w *town) {
		paused(w)
		w.must(w.h.PauseSend(w.ctx(), pausedAt(minute(8)), time.Time{}, saved))
		w.must(w.h.PauseSend(w.ctx(), frozen(), minute(9), saved))
	}, pause(pausedAt(minute(8)), time.Time{})},
	{"goes on, and was cancelled meanwhile", func(w *town) { paused(w); cancelled(w) }, pause(pausedAt(minute(8)), time.Time{})},
	{"a draft is not suspended", nil, pause(draft, minute(9))},
	{"nothing is suspended", nil, pause(convocation.Convocation{ID: "cnv_none"}, minute(9))},
	{"cancelled by another meanwhile", cancelled, stopSending(frozen())},
	{"cancelled, as it was cancelled before", nil, stopSending(stoppedAt(minute(8)))},
	{"what has not begun is not cancelled", askedFor, stopSending(draft)},
	{"nothing is cancelled", nil, stopSending(convocation.Convocation{ID: "cnv_none"})},
	{"nobody walks through no order", nil, func(ctx context.Context, w *town) error { return w.h.MoveWalk(ctx, cnv, ord2, Walk{Passed: 1}) }},
}

// Suspended, gone on, suspended again and cancelled, which ends the pause; cancelled once more, the later time counts.
func TestSteering(t *testing.T) {
	w := newTown(t)
	now := func() convocation.Convocation {
		t.Helper()
		c, err := w.h.Convocation(w.ctx(), cnv)
		w.must(err)
		return c
	}
	was := now()
	steps := []struct {
		name string
		do   func() error
		want func(*convocation.Convocation)
	}{
		{"suspended", func() error { return w.h.PauseSend(w.ctx(), now(), minute(8), saved) },
			func(c *convocation.Convocation) { c.PausedAt = minute(8) }},
		{"goes on", func() error { return w.h.PauseSend(w.ctx(), now(), time.Time{}, told(journal.SendResumed)) },
			func(*convocation.Convocation) {}},
		{"suspended again", func() error { return w.h.PauseSend(w.ctx(), now(), minute(9), told(journal.SendPaused)) },
			func(c *convocation.Convocation) { c.PausedAt = minute(9) }},
		{"cancelled", func() error { return w.h.StopSend(w.ctx(), now(), minute(10), told(journal.SendCancelled)) },
			func(c *convocation.Convocation) { c.StoppedAt = minute(10) }},
		{"cancelled once more", func() error { return w.h.StopSend(w.ctx(), now(), minute(11), told(journal.SendCancelled)) },
			func(c *convocation.Convocation) { c.StoppedAt = minute(11) }},
	}
	for _, s := range steps {
		w.must(s.do())
		want := was
		s.want(&want)
		if diff := cmp.Diff(want, now()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", s.name, diff)
		}
	}
}

// What was planned and is taken back is the draft that it was, and can be planned anew.
func TestTakenBack(t *testing.T) {
	w := newTown(t)
	now := func() convocation.Convocation {
		t.Helper()
		c, err := w.h.Convocation(w.ctx(), cnv2)
		w.must(err)
		return c
	}
	was := now()
	for n := range 2 {
		o := Order{ID: convocation.OrderID("ord_" + string(rune('a'+n))), At: minute(90), By: "secretaire", First: true, Who: WhoAll}
		w.must(w.h.AskSend(w.ctx(), now(), minute(3), "secretaire", o, told(journal.SendAsked)))
		w.must(w.h.PauseSend(w.ctx(), now(), minute(4), told(journal.SendPaused)))
		if c := now(); !c.SendAt.Equal(minute(90)) || !c.SendAskedAt.Equal(minute(3)) || !c.PausedAt.Equal(minute(4)) {
			t.Errorf("planned: asked %s, leaves %s, suspended %s", c.SendAskedAt, c.SendAt, c.PausedAt)
		}
		w.must(w.h.RefuseSend(w.ctx(), cnv2, o.ID, "", "", told(journal.SendRecalled)))
		want := was
		want.Version += int64(n) + 1
		if diff := cmp.Diff(want, now()); diff != "" {
			t.Errorf("taken back (-want +got)\n%s", diff)
		}
		if _, err := w.h.Order(w.ctx(), cnv2, o.ID); !isNotFound(err) {
			t.Errorf("its order: %v", err)
		}
	}
}

package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// office is a town whose sweeper does only what a test says, and tells of what it did.
type office struct {
	*worldtest.World
	done []string
}

func newOffice(t testing.TB, do sweep.Due) *office {
	o := &office{World: worldtest.New(t)}
	o.World.Sweep.Do = map[store.What]sweep.Due{"work": func(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
		o.done = append(o.done, string(e.Order))
		return do(ctx, e)
	}}
	return o
}

func (o *office) put(order string, in time.Duration, what store.What) {
	o.T.Helper()
	e := store.AgendaEntry{
		Due: o.Clock.Add(in), Collectivity: worldtest.SIREN, Convocation: "cnv_aaaaaaaaaaaaaaaa", What: what,
		Order: convocation.OrderID(order),
	}
	if err := o.Tables.AgendaHandle().Put(o.T.Context(), e); err != nil {
		o.T.Fatal(err)
	}
}

// agenda is what it holds, with how long it is until then.
func (o *office) agenda() []string {
	o.T.Helper()
	entries, err := o.Tables.AgendaHandle().Due(o.T.Context(), o.Clock.Add(1_000*time.Hour), 1_000)
	if err != nil {
		o.T.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, fmt.Sprint(e.Order, " ", e.Due.Sub(o.Clock)))
	}
	return lines
}

func (o *office) pass() error { return o.World.Sweep.Pass(o.T.Context()) }

func TestWhatIsDueIsDone(t *testing.T) {
	o := newOffice(t, func(_ context.Context, e store.AgendaEntry) (time.Time, error) {
		if e.Order == "again" {
			return e.Due.Add(time.Hour), nil
		}
		return time.Time{}, nil
	})
	o.put("now", 0, "work")
	o.put("later", time.Millisecond, "work")
	o.put("again", -time.Minute, "work")
	o.put("long since", -24*time.Hour, "work")
	if err := o.pass(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"long since", "again", "now"}; !slices.Equal(o.done, want) {
		t.Errorf("did %q, want %q", o.done, want)
	}
	if got, want := o.agenda(), []string{"later 1ms", "again 59m0s"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	o.Clock = o.Clock.Add(time.Millisecond)
	if err := o.pass(); err != nil || o.done[len(o.done)-1] != "later" {
		t.Errorf("a millisecond later: did %q, %v", o.done, err)
	}
}

func TestOneThatFailsKeepsNoOtherWaiting(t *testing.T) {
	errBroken := errors.New("broken")
	o := newOffice(t, func(_ context.Context, e store.AgendaEntry) (time.Time, error) {
		if strings.HasPrefix(string(e.Order), "bad") {
			return time.Time{}, fmt.Errorf("%s: %w", e.Order, errBroken)
		}
		return time.Time{}, nil
	})
	o.put("bad 1", -3*time.Minute, "work")
	o.put("good 1", -2*time.Minute, "work")
	o.put("nobody knows", -2*time.Minute, "riddle")
	o.put("bad 2", -time.Minute, "work")
	o.put("good 2", 0, "work")
	err := o.pass()
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "bad 1") || !strings.Contains(err.Error(), "bad 2") ||
		!strings.Contains(err.Error(), "riddle of cnv_aaaaaaaaaaaaaaaa: unknown kind") {
		t.Errorf("got %v", err)
	}
	if want := []string{"bad 1", "good 1", "bad 2", "good 2"}; !slices.Equal(o.done, want) {
		t.Errorf("did %q, want %q", o.done, want)
	}
	got := o.agenda()
	slices.Sort(got)
	if want := []string{"bad 1 1m0s", "bad 2 1m0s", "nobody knows 1m0s"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

func TestMoreThanOnePassIsDoneInTurns(t *testing.T) {
	o := newOffice(t, func(_ context.Context, e store.AgendaEntry) (time.Time, error) {
		if strings.HasPrefix(string(e.Order), "bad") {
			return time.Time{}, errors.New("broken")
		}
		return time.Time{}, nil
	})
	for n := range 250 { // more than one pass takes, all older than what is good
		o.put(fmt.Sprint("bad ", n), -time.Hour, "work")
	}
	o.put("good", 0, "work")
	if err := o.pass(); err == nil || len(o.done) != 200 {
		t.Fatalf("the first pass did %d, %v", len(o.done), err)
	}
	if err := o.pass(); err == nil || len(o.done) != 251 || o.done[250] != "good" {
		t.Errorf("the second pass did %d in all, %v", len(o.done), err)
	}
}

func TestPassThatIsStopped(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(ctx context.Context) (time.Time, error)
		left []string
	}{
		{"its work is done all the same", func(context.Context) (time.Time, error) { return time.Time{}, nil }, []string{"second -1s"}},
		{"its work has more to do", func(context.Context) (time.Time, error) {
			return time.Date(2026, 12, 1, 9, 0, 3, 0, time.UTC), nil
		}, []string{"second -1s", "first 3s"}},
		{"its work was cut off: the next start finds it due", func(ctx context.Context) (time.Time, error) {
			return time.Time{}, ctx.Err()
		}, []string{"first -2s", "second -1s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			o := newOffice(t, func(ctx context.Context, _ store.AgendaEntry) (time.Time, error) {
				cancel()
				return c.end(ctx)
			})
			o.put("first", -2*time.Second, "work")
			o.put("second", -time.Second, "work")
			if err := o.World.Sweep.Pass(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if !slices.Equal(o.done, []string{"first"}) || !slices.Equal(o.agenda(), c.left) {
				t.Errorf("did %q, left %q, want %q", o.done, o.agenda(), c.left)
			}
		})
	}
}

func TestSlowEntryKeepsNoOtherWaiting(t *testing.T) {
	o := newOffice(t, func(ctx context.Context, e store.AgendaEntry) (time.Time, error) {
		if e.Order != "slow" {
			return time.Time{}, nil
		}
		if _, bounded := ctx.Deadline(); !bounded {
			return time.Time{}, errors.New("it would never end")
		}
		<-ctx.Done()
		return time.Time{}, ctx.Err()
	})
	o.World.Sweep.Timeout = time.Millisecond
	o.put("slow", -time.Minute, "work")
	o.put("good", 0, "work")
	if err := o.pass(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(o.done, []string{"slow", "good"}) || !slices.Equal(o.agenda(), []string{"slow 1m0s"}) {
		t.Errorf("did %q, left %q", o.done, o.agenda())
	}
}

// ending is a time that ends when it is told to.
type ending struct {
	context.Context
	over bool
}

func (e *ending) Err() error {
	if e.over {
		return context.DeadlineExceeded
	}
	return nil
}

// The time of the whole pass ends in the middle of a work: others go first at the next one.
func TestWorkThatOutlastsThePassIsPutBack(t *testing.T) {
	ctx := &ending{Context: t.Context()}
	o := newOffice(t, func(ctx context.Context, _ store.AgendaEntry) (time.Time, error) {
		ctx.(*ending).over = true
		return time.Time{}, ctx.Err()
	})
	o.put("slow", -time.Minute, "work")
	o.put("good", 0, "work")
	if err := o.World.Sweep.Pass(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got, want := o.agenda(), []string{"good 0s", "slow 1m0s"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

func TestAgendaThatDoesNotAnswer(t *testing.T) {
	o := newOffice(t, func(context.Context, store.AgendaEntry) (time.Time, error) { return time.Time{}, nil })
	o.put("work", 0, "work")
	o.Fault = func(string, table.Key) table.Fault { return table.FaultBefore }
	if err := o.pass(); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	o.Fault = nil
	if err := o.pass(); err != nil || !slices.Equal(o.done, []string{"work"}) {
		t.Errorf("later: did %q, %v", o.done, err)
	}
}

// Whatever call fails, every entry is done at least once, and the agenda ends as it would have.
func TestInterruptedPass(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		did := map[convocation.OrderID]bool{}
		w.Sweep.Do = map[store.What]sweep.Due{"work": func(_ context.Context, e store.AgendaEntry) (time.Time, error) {
			did[e.Order] = true
			if e.Order == "again" {
				return w.Clock.Add(time.Hour), nil
			}
			return time.Time{}, nil
		}}
		o := &office{World: w}
		o.put("a", -2*time.Second, "work")
		o.put("again", -time.Second, "work")
		o.put("b", 0, "work")
		return worldtest.Flow{
			Run: func() error { return w.Sweep.Pass(t.Context()) },
			State: func() any {
				w.Pass(1, time.Minute) // what had failed is looked at again after a minute
				return []any{did, o.agenda()}
			},
		}
	})
}

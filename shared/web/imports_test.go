package web

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/csvimport"
)

// plannedFor is a file of so many contacts, all of which are asked about, in groups of so many bytes.
func plannedFor(contacts, groups int) csvimport.Preview {
	p := csvimport.Preview{File: contactfile.File{Refused: 5_000}}
	for n := range contacts {
		p.Planned = append(p.Planned, csvimport.Planned{State: csvimport.Ask, Contact: contactfile.Contact{
			Line: n + 1, Address: "a@x.fr", Name: fmt.Sprint("Nom ", n), Other: "Autre", Groups: []string{strings.Repeat("g", groups)},
		}})
	}
	p.File.Errors = []contactfile.LineError{{Line: 9, Code: contactfile.LineAddressInvalid}}
	return p
}

func TestPreviewShowsTheFirstAndCountsAll(t *testing.T) {
	for _, c := range []struct{ contacts, groups, shown, confirm int }{
		{1, 10, 1, 1}, {199, 10, 199, 199}, {200, 10, 200, 200}, {201, 10, 200, 201}, {1_000, 0, 200, 1_000},
		{100, 10 << 10, 25, 100},
	} {
		out := previewOut(plannedFor(c.contacts, c.groups))
		if len(out.Contacts) != c.shown || len(out.Confirm) != c.confirm || len(out.Errors) != 1 {
			t.Errorf("%d contacts: %d shown, %d questions, %d errors", c.contacts, len(out.Contacts), len(out.Confirm), len(out.Errors))
		}
		if n := out.Counts; n.Contacts != c.contacts || n.Confirm != c.contacts || n.Errors != 5_000 {
			t.Errorf("%d contacts: counted %+v", c.contacts, n)
		}
		if out.Errors[0].Cells == nil {
			t.Error("no cells are null and not a list")
		}
	}
}

func TestFilesAreReadOneAtATime(t *testing.T) {
	var inside, most atomic.Int32
	do := alone(func(context.Context, call, empty) (empty, error) {
		most.Store(max(most.Load(), inside.Add(1)))
		runtime.Gosched() // the others would come in now
		defer inside.Add(-1)
		return empty{}, nil
	})
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			if _, err := do(t.Context(), call{}, empty{}); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at a time", most.Load())
	}
}

// Whoever has gone away does not wait any more.
func TestNobodyWaitsForAFileWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		do := alone(func(context.Context, call, empty) (empty, error) {
			<-end
			return empty{}, nil
		})
		defer close(end)
		go do(t.Context(), call{}, empty{})
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if _, err := do(ctx, call{}, empty{}); !errors.Is(err, context.Canceled) {
			t.Errorf("left: got %v", err)
		}
		begin := time.Now()
		if _, err := do(t.Context(), call{}, empty{}); !errors.Is(err, errBusy) || time.Since(begin) != 5*time.Second {
			t.Errorf("stayed: got %v after %s", err, time.Since(begin))
		}
	})
}

func TestWhatLastsEndsAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name           string
			platform, want time.Duration // platform: 0 for none
		}{
			{"nothing ends the request", 0, 10 * time.Minute},
			{"the platform ends it sooner", 29 * time.Second, 29 * time.Second},
			{"the platform ends it later", time.Hour, 10 * time.Minute},
		} {
			ctx, leave := context.WithCancel(t.Context())
			if c.platform > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, c.platform)
				defer stop()
			}
			begin := time.Now()
			_, err := lasting(func(ctx context.Context, _ call, _ empty) (empty, error) {
				leave()
				<-ctx.Done()
				return empty{}, ctx.Err()
			})(ctx, call{}, empty{})
			if got := time.Since(begin); got != c.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: ended after %s with %v", c.name, got, err)
			}
		}
	})
}

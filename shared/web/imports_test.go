package web

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/csvimport"
	"convoc/shared/store"
)

func TestPreviewSaysAllInItsLists(t *testing.T) {
	p := csvimport.Preview{
		Errors:    []contactfile.LineError{{Line: 9, Code: contactfile.LineAddressInvalid, Column: 1, Suggestion: "a@x.fr"}},
		Questions: []csvimport.Planned{{Contact: contactfile.Contact{Line: 4, Name: "Zoé", Other: "Anne"}}},
		Chosen:    map[int]store.ImportLine{4: {Line: 4, Decision: "same"}, 7: {Line: 7, Out: true}, 5: {Line: 5, Cells: []string{"a"}}},
		Counts:    csvimport.Counts{New: 1, Changed: 2, Unchanged: 3, Asked: 4, Errors: 5_000},
	}
	out := previewOut(p)
	if out.Counts.Contacts != 10 || out.Counts.Confirm != 4 || out.Counts.Errors != 5_000 {
		t.Errorf("counted %+v", out.Counts)
	}
	if e := out.Errors[0]; e.Cells == nil || e.Suggestion != "a@x.fr" || e.Message == "" {
		t.Errorf("got %+v", e)
	}
	if q := out.Confirm[0]; q.Decision != "same" || q.Other != "Anne" {
		t.Errorf("got %+v", q)
	}
	if len(out.Corrected) != 2 || out.Corrected[0].Line != 5 || !out.Corrected[1].Out {
		t.Errorf("got %+v", out.Corrected)
	}
	raw, err := json.Marshal(out)
	if err != nil || strings.Contains(string(raw), "null") {
		t.Errorf("%v, a list is null: %s", err, raw)
	}
}

func TestChoicesAreRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"a line twice":           `{"lines":[{"line":2},{"line":2}]}`,
		"no line":                `{"lines":[{"line":0}]}`,
		"a line beyond the last": `{"lines":[{"line":200001}]}`,
		"another decision":       `{"lines":[{"line":2,"decision":"perhaps"}]}`,
		"another header":         `{"header":"maybe"}`,
		"67 cells":               `{"lines":[{"line":2,"cells":[""` + strings.Repeat(`,""`, 66) + `]}]}`,
	} {
		r, err := body[choicesRequest](raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.chosen(); !errors.Is(err, errBody) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFilesAreReadOneAtATime(t *testing.T) {
	var inside, most atomic.Int32
	do := alone(newTurn(), func(context.Context, call, empty) (empty, error) {
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
		do := alone(newTurn(), func(context.Context, call, empty) (empty, error) {
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

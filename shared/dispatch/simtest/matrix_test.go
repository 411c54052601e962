package simtest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// call is a call that an undisturbed run makes: its number, and the lines of the product that it comes through.
type call struct {
	site
	number int
	path   string
}

// pathHere is the product's part of the stack: « walk.go:210 walk.go:240 recipients.go:190 ».
func pathHere() string {
	var pcs [48]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var path []string
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "convoc/shared/") && !strings.Contains(f.Function, "/simtest.") {
			path = append(path, fmt.Sprintf("%s:%d", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line))
		}
		if !more {
			return strings.Join(path, " ")
		}
	}
}

// record lists the calls of an undisturbed run, the first of each path.
func record(t *testing.T) []call {
	t.Helper()
	var calls []call
	seen := map[string]bool{}
	n := 0
	r := scenario(t, false, third(func(at site) outcome {
		n++
		if c := (call{at, n, pathHere()}); !seen[at.task+c.path] {
			seen[at.task+c.path] = true
			calls = append(calls, c)
		}
		return works
	})).Run()
	if r.Broken != "" {
		t.Fatalf("undisturbed: %s", r.Broken)
	}
	t.Logf("undisturbed: %d calls, on %d paths through the product; %s", n, len(calls), figures(r))
	return calls
}

// Wherever a process dies, at any call that the product makes, before the call has its effect or after: another one goes
// on, and all comes to a good end. The calls are those that an undisturbed run makes: one of each path that leads to a
// port, of each handler.
func TestProcessesMayDieAnywhere(t *testing.T) {
	calls := record(t)
	checkCovered(t, calls)
	var next, deaths atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 4) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(2*len(calls)); i = next.Add(1) - 1 {
				deaths.Add(dieAt(t, calls[i/2], []outcome{diesBefore, diesAfter}[i%2]))
			}
		})
	}
	workers.Wait()
	if want := int64(2 * len(calls)); deaths.Load() != want {
		t.Errorf("%d processes died, want %d", deaths.Load(), want)
	}
}

// dieAt runs the scenario with one more death, and returns how many there were.
func dieAt(t *testing.T, c call, how outcome) int64 {
	n := 0
	r := scenario(t, false, third(func(site) outcome {
		if n++; n == c.number {
			return how
		}
		return works
	})).Run()
	if r.Broken != "" {
		t.Errorf("call %d (%s) %s: %s\n\t%s", c.number, c.site, how, r.Broken, c.path)
	}
	return int64(r.Kills) - 1
}

// checkCovered: the undisturbed run does everything there is to do.
func checkCovered(t *testing.T, calls []call) {
	t.Helper()
	done := map[string]int{}
	for _, c := range calls {
		done[c.task]++
	}
	for _, task := range []string{
		"dispatch", "deliver-mail", "sweep", "hear", "send", "open", "resend", "remind", "correct", "pause", "resume", "recall", "cancel",
		"close", "vouch", "unblock", "revoke",
	} {
		if done[task] == 0 {
			t.Errorf("nobody did %q", task)
		}
	}
	for _, at := range []string{
		"sweep: write data rcp", "deliver-mail: send mail", "deliver-mail: write data notice", "dispatch: create files recipients.jsonl",
		"sweep: get data draft", "dispatch: unblock mail", "sweep: ring deliver-mail", "sweep: allowance mail", "deliver-mail: write agenda pump",
	} {
		if !slices.ContainsFunc(calls, func(c call) bool { return c.site.String() == at }) {
			t.Errorf("nobody came to %q", at)
		}
	}
	t.Log("paths of each handler: ", done)
}

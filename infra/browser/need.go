package browser

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// limit of one test in a browser.
const limit = 2 * time.Minute

// Need gives a test a tab with cookies and storage of its own, which believes to have the focus. Tests that run at the
// same time share one browser, which has a fresh profile and reaches nothing but this machine. Without a Chromium the
// test is left out, and fails with CI=true; -short leaves it out too.
func Need(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser")
	}
	path, err := Find()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	running, err := one.join(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(one.leave)
	ctx, stop := context.WithTimeout(running, limit)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	focus := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, focus); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// shared is a browser that runs while somebody needs it.
type shared struct {
	mu    sync.Mutex
	users int
	ctx   context.Context
	stop  func()
}

// one is that of the test binary. It is a variable because tests have nowhere else to meet.
var one shared

func (s *shared) join(path string) (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		if err := s.start(path); err != nil {
			return nil, err
		}
	}
	s.users++
	return s.ctx, nil
}

func (s *shared) start(path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"))
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit := chromedp.NewContext(ctx)
	s.ctx, s.stop = ctx, func() { quit(); end() }
	err := chromedp.Do(ctx)
	if err != nil {
		s.stop()
	}
	return err
}

func (s *shared) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 {
		s.stop()
	}
}

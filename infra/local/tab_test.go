package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
)

// tab is a person's browser.
type tab struct {
	t          *testing.T
	ctx        context.Context
	scriptless bool // see noScript

	mu     sync.Mutex
	faults []string         // exceptions, policy violations, requests that failed
	asked  []*asking        // of the page that is shown, itself the first
	sizes  map[string]int64 // of style sheets and images by address, in bytes: they may come from the cache
	doing  map[network.RequestID]*asking
}

// asking is a request.
type asking struct {
	kind   network.ResourceType
	url    string
	led    int64             // the status that led here; 0: none
	answer *network.Response // nil until it comes
	size   int64             // bytes, not compressed
}

func newTab(t *testing.T) *tab {
	b := &tab{t: t, ctx: browser.Need(t), sizes: map[string]int64{}, doing: map[network.RequestID]*asking{}}
	if err := chromedp.Listen(b.ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do("a large window", chromedp.EmulateViewport(1280, 900))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			t.Errorf("in the browser: %s", f)
		}
	})
	return b
}

// hear notes what the browser says.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console: %s", e.Args[0].Value))
	case *log.EventEntryAdded:
		// a mail is shown in a sandbox, where the test's own look at the page is a script that is blocked
		sandboxed := strings.HasPrefix(e.Entry.Text, "Blocked script execution") && strings.Contains(e.Entry.Text, "/essai/")
		if e.Entry.Source != log.EntrySourceNetwork && !sandboxed {
			b.faults = append(b.faults, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		b.ask(e)
	case *network.EventDataReceived:
		if it := b.doing[e.RequestID]; it != nil {
			it.size += e.DataLength
			b.sizes[it.url] = max(b.sizes[it.url], it.size)
		}
	case *network.EventLoadingFailed:
		if e.BlockedReason != "" {
			b.faults = append(b.faults, fmt.Sprintf("blocked (%s): %s", e.BlockedReason, e.ErrorText))
		}
	case *network.EventResponseReceived:
		if it := b.doing[e.RequestID]; it != nil {
			it.answer = e.Response
		}
		if e.Type != network.ResourceTypeDocument && e.Type != network.ResourceTypeFetch && e.Response.Status >= 400 {
			b.faults = append(b.faults, fmt.Sprintf("%d for %s", e.Response.Status, e.Response.URL))
		}
	}
}

// ask notes a request. One for a document begins a page, unless another one led to it.
func (b *tab) ask(e *network.EventRequestWillBeSent) {
	it := &asking{kind: e.Type, url: e.Request.URL}
	if e.RedirectResponse != nil {
		it.led = e.RedirectResponse.Status
	}
	b.doing[e.RequestID] = it
	if e.Type == network.ResourceTypeDocument {
		b.asked = nil
	}
	b.asked = append(b.asked, it)
}

// do takes steps; a failure shows what was on the screen.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.picture("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *tab) see(url string) { b.t.Helper(); b.do("opening "+url, chromedp.Navigate(url)) }
func (b *tab) click(css string) {
	b.t.Helper()
	b.do("clicking "+css, chromedp.Click(chromedp.CSS(css)))
}
func (b *tab) write(css, text string) {
	b.t.Helper()
	b.do("writing in "+css, chromedp.SendKeys(chromedp.CSS(css), text))
}
func (b *tab) choose(css string, files ...string) {
	b.t.Helper()
	b.do("choosing files in "+css, chromedp.SetUploadFiles(chromedp.CSS(css), files))
}

// press presses what shows a text.
func (b *tab) press(text string) {
	b.t.Helper()
	path := fmt.Sprintf(`[...document.querySelectorAll('a, button, label, summary')].find((e) =>
		e.checkVisibility() && e.innerText.replace(/\s+/g, ' ').includes(%q))`, text)
	b.do("pressing "+text, chromedp.Click(chromedp.JSPath(path)))
}

// open presses the button of a first page as slowly as a person does.
func (b *tab) open(c *clock) {
	b.t.Helper()
	c.later(time.Second)
	b.click("form button.first")
}

// await waits until the page, with its style, shows a text. It asks again and again from outside: where scripts are off,
// nothing in the page does.
func (b *tab) await(text string) {
	b.t.Helper()
	shown := fmt.Sprintf(`document.readyState === 'complete' && document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text)
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](shown)) // fails while the page changes
		if ok && err == nil {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			b.picture("failed")
			b.t.Fatalf("waiting for %q: %v; the page says %.2000q", text, err, b.said())
		}
	}
}

// said is what the page shows, for whoever reads why a test failed.
func (b *tab) said() string {
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.readyState + ' ' + document.body.innerText.replace(/\s+/g, ' ')`))
	if err != nil {
		return err.Error()
	}
	return text
}

// picture keeps the whole page as it is shown, where CONVOC_PICTURES names a directory.
func (b *tab) picture(name string) {
	dir := os.Getenv("CONVOC_PICTURES")
	if dir == "" {
		return
	}
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	size, err := chromedp.Run(ctx, chromedp.Evaluate[[]int64](`[innerWidth, innerHeight, document.documentElement.scrollHeight]`))
	if err != nil {
		b.t.Log(err)
		return
	}
	// a picture beyond the window would forget the size of text that was chosen
	_ = chromedp.Do(ctx, chromedp.EmulateViewport(size[0], min(size[2], 16_000)))
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	_ = chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]))
	if err != nil {
		b.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// turns waits until what is done has led to another page, which may look the same.
func (b *tab) turns(act func()) {
	b.t.Helper()
	before := ask[float64](b, `performance.timeOrigin`)
	act()
	waitFor(b.t, "another page", func() bool {
		now, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`document.readyState === 'complete' ? performance.timeOrigin : 0`))
		return err == nil && now > before
	})
}

// noScript turns scripts off, as on the élu's old tablet.
func (b *tab) noScript() {
	b.t.Helper()
	b.scriptless = true
	b.scripts(false)
}

func (b *tab) scripts(allowed bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
	if err != nil {
		b.t.Fatal(err)
	}
}

// keepDownloads gives the directory where what this tab downloads is kept.
func (b *tab) keepDownloads() string {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.Call(b.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return dir
}

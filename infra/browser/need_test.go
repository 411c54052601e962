package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// Two people in one browser know nothing of each other, and the browser is gone with the last of them.
func TestTabsShareABrowserAndNothingElse(t *testing.T) {
	ran := false
	t.Run("two at a time", func(t *testing.T) {
		a, b := Need(t), Need(t)
		ran = true
		if chromedp.FromContext(a).Browser != chromedp.FromContext(b).Browser {
			t.Error("two browsers run")
		}
		if chromedp.FromContext(a).BrowserContextID == chromedp.FromContext(b).BrowserContextID {
			t.Error("they share their cookies")
		}
	})
	if ran && (one.users != 0 || one.ctx.Err() == nil) {
		t.Errorf("the browser still runs, for %d", one.users)
	}
}

package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// published is the digest of version 4.14.1 in the package's own list.
const published = "KTSJmUUM3yhJqOcLeRL8LahahJ2jnA0NU5T1HUqe2Vw="

func TestAxeIsAsItsMakersPublishIt(t *testing.T) {
	sum := sha256.Sum256([]byte(axe))
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != published {
		t.Errorf("axe.min.js has the digest %s, want %s", got, published)
	}
	if !strings.Contains(axe[:700], "mozilla.org/MPL/2.0") {
		t.Error("axe.min.js has lost its notice")
	}
}

const (
	sound = `<!doctype html><html lang="fr"><title>Bon</title><main><h1>Bon</h1><p>Rien à dire.</p></main></html>`
	poor  = `<!doctype html><html lang="fr"><title>Mauvais</title><link rel="stylesheet" href="/pale.css"><main>
		<h1>Mauvais</h1><img src="/rien.svg"><p id="pale">Trop pâle</p><p><button></button></p></main></html>`
	covered = `<!doctype html><html lang="fr"><title>Couvert</title><main><h1>Couvert</h1><img src="/rien.svg">
		<dialog aria-label="Question"><button></button></dialog></main></html>`
)

// The strictest policy of our pages stands in nobody's way here, and none of it is broken.
func TestAxeFindsWhatIsWrongUnderAPolicyThatForbidsScripts(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'")
		if r.URL.Path == "/pale.css" {
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, "#pale { color: #bbb; background: #fff }")
			return
		}
		fmt.Fprint(w, map[string]string{"/sound": sound, "/poor": poor, "/covered": covered}[r.URL.Path])
	}))
	defer site.Close()
	ctx := Need(t)
	var mu sync.Mutex
	var broken []string
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Source != log.EntrySourceNetwork {
			mu.Lock()
			defer mu.Unlock()
			broken = append(broken, e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		rules []string
		want  []string
	}{
		{"/sound", nil, nil},
		{"/poor", nil, []string{"button-name", "color-contrast", "image-alt"}},
		{"/poor", []string{"image-alt", "color-contrast"}, []string{"color-contrast", "image-alt"}},
		{"/covered", nil, []string{"button-name"}},
	} {
		if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+c.path)); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(document.querySelector('dialog')?.showModal(), true)`)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it is already there
			found, err := Axe(ctx, c.rules...)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, v := range found {
				rules = append(rules, v.Rule)
			}
			slices.Sort(rules)
			if !slices.Equal(rules, c.want) {
				t.Errorf("%s %v: got %v, want %q", c.path, c.rules, found, c.want)
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, text := range broken {
		t.Error(text)
	}
}

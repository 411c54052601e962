package static_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
	"convoc/static"
)

// policy is the one that the secretary's pages run under, without a files host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// browse opens a page of the site in a real browser. Every request to the server behind it is answered 503.
func browse(t *testing.T, page string) (ctx context.Context, origin string) {
	t.Helper()
	pages := http.FileServerFS(static.Files())
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			http.Error(w, `{"code":"unavailable","message":"Le service est arrêté."}`, http.StatusServiceUnavailable)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	ctx = browser.Need(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+page)); err != nil {
		t.Fatal(err)
	}
	return ctx, site.URL
}

// evaluate gives the value of an expression in which `from` imports a module of the site.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	script := "(async () => { const from = (m) => import('/assets/' + m); return " + expression + "; })()"
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestModulesInABrowser(t *testing.T) {
	ctx, _ := browse(t, "/aide.html")
	t.Run("dates as the vectors have them", func(t *testing.T) {
		wrong := evaluate[[]string](t, ctx, fmt.Sprintf(`(await from('dates.js').then((d) => %s.flatMap((v) =>
			['long', 'table', 'seconds'].map((form) => [d[form](v.utc, v.zone), v[form]]))))
			.filter(([got, want]) => got !== want).map(([got, want]) => got + ' instead of ' + want)`, read(t, "assets/dates.vectors.json")))
		for _, text := range wrong {
			t.Error(text)
		}
	})
	t.Run("a pasted list is cut into recipients", func(t *testing.T) {
		cases := []struct {
			name, text string
			want       []string
		}{
			{"commas, semicolons, lines", "a@x.fr, b@x.fr;c@x.fr\r\nd@x.fr\n\n", []string{"a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr"}},
			{"as Outlook copies it", "Deuf John <john@x.fr>; Assin Marc <marc@x.fr>;", []string{"Deuf John <john@x.fr>", "Assin Marc <marc@x.fr>"}},
			{"names with a comma, as Outlook copies them", "Müller, Anna <anna@x.fr>; Assin, Marc <marc@x.fr>", []string{"Müller, Anna <anna@x.fr>", "Assin, Marc <marc@x.fr>"}},
			{"one of them a line", "Müller, Anna <anna@x.fr>\r\nENN, a@x.fr", []string{"Müller, Anna <anna@x.fr>", "ENN", "a@x.fr"}},
			{"commas alone separate", "ENN, Anna <anna@x.fr>, Marc <marc@x.fr>", []string{"ENN", "Anna <anna@x.fr>", "Marc <marc@x.fr>"}},
			{"a semicolon between lists of addresses", "a@x.fr, Anna <anna@x.fr>; b@x.fr", []string{"a@x.fr", "Anna <anna@x.fr>", "b@x.fr"}},
			{"a comma in a quoted name", `"Deuf, John" <john@x.fr>, ENN`, []string{`"Deuf, John" <john@x.fr>`, "ENN"}},
			{"the guide's group", `groupe: "ENN",`, []string{`groupe: "ENN"`}},
			{"an open quote loses nothing", `"Deuf; a@x.fr`, []string{`"Deuf`, "a@x.fr"}},
			{"no-break and zero-width spaces", "\u00a0a@x.fr\u200b ; \ufeffb@x.fr", []string{"a@x.fr", "b@x.fr"}},
			{"nothing", " ;, \n", []string{}},
		}
		for _, c := range cases {
			text, err := json.Marshal(c.text)
			if err != nil {
				t.Fatal(err)
			}
			got := evaluate[[]string](t, ctx, fmt.Sprintf("(await from('combobox.js')).split(%s)", text))
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
		}
	})
	t.Run("one address written in two ways is one", func(t *testing.T) {
		got := evaluate[[]string](t, ctx, `await from('combobox.js').then((m) => ['Anna <Anna@x.fr>', ' anna@x.fr ', '"Müller, Anna" <anna@x.fr>']
			.map((address) => m.bare({ kind: 'address', address })))`)
		if fmt.Sprint(got) != "[anna@x.fr anna@x.fr anna@x.fr]" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("documents in one file", func(t *testing.T) { checkZip(t, ctx) })
	t.Run("sizes, counts and ranges in words", func(t *testing.T) {
		got := evaluate[[]string](t, ctx, `await from('tell.js').then((m) => [m.size(1), m.size(999), m.size(223400), m.size(3423456),
			m.plural(0, 'contact'), m.plural(1, 'contact'), m.plural(1234, 'contact'), m.range(0, 0), m.range(4, 4)])`)
		want := []string{"1\u00a0octet", "999\u00a0octets", "223\u00a0Ko", "3,4\u00a0Mo", "0\u00a0contact", "1\u00a0contact", "1\u202f234\u00a0contacts", "Aucun résultat", "1 à 4 sur 4"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// What the browser zips, this reads.
func checkZip(t *testing.T, ctx context.Context) {
	t.Helper()
	encoded := evaluate[string](t, ctx, `await from('zip.js').then(async (m) => {
		const bytes = (text) => new TextEncoder().encode(text);
		const blob = m.zip([{ name: 'Ordre du jour n° 1.pdf', bytes: bytes('%PDF-1.4 é') }, { name: 'ordre du jour n° 1.pdf', bytes: bytes('') }]);
		return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
	})`)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r) // checks the checksum
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		got[f.Name] = string(content)
	}
	want := map[string]string{"Ordre du jour n° 1.pdf": "%PDF-1.4 é", "ordre du jour n° 1 (2).pdf": ""}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whoever types while a dialog opens, and closes it with the mouse, goes on typing where they were.
func TestTypingGoesOnAfterADialog(t *testing.T) {
	ctx, _ := browse(t, "/aide.html")
	evaluate[bool](t, ctx, `await from('stamp.js').then((m) => {
		const close = m.el('button', { id: 'close', type: 'submit' }, 'Fermer');
		const dialog = m.el('dialog', {}, m.el('form', { method: 'dialog' }, m.el('input', { id: 'inside' }), close));
		const text = m.el('textarea', { id: 'text' });
		document.querySelector('main').prepend(text, dialog);
		dialog.addEventListener('close', () => document.body.classList.add('left'));
		text.addEventListener('input', () => text.value.endsWith('!') && m.openDialog(dialog));
		return true;
	})`)
	err := chromedp.Do(ctx,
		chromedp.Click(chromedp.CSS("#text")), chromedp.KeyEvent("avant!"), chromedp.WaitVisible(chromedp.CSS("#inside")),
		chromedp.SendKeys(chromedp.CSS("#inside"), "dedans"), chromedp.Click(chromedp.CSS("#close")),
		chromedp.WaitReady(chromedp.CSS("body.left")), chromedp.KeyEvent("après"),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := evaluate[string](t, ctx, `document.querySelector('#text').value`), "avant!après"; got != want {
		t.Errorf("the field holds %q, want %q", got, want)
	}
}

// Scripts parse, run and stay within the policy on every page; a stopped server is told, not thrown, and accessibly.
func TestPagesRunWithoutTheirServer(t *testing.T) {
	ctx, origin := browse(t, "/404.html")
	var mu sync.Mutex
	var faults []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			faults = append(faults, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		case *runtime.EventConsoleAPICalled:
			faults = append(faults, fmt.Sprintf("console: %s", e.Args[0].Description))
		case *log.EventEntryAdded:
			if e.Entry.Source != log.EntrySourceNetwork {
				faults = append(faults, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range named(t, ".html") {
		if err := chromedp.Do(ctx, chromedp.Navigate(origin+"/"+page+"?id=cnv_1")); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(read(t, page), `<convoc-chrome>`) { // it asks for the session; the help does not
			if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("#problem"))); err != nil {
				t.Errorf("%s: says nothing of the stopped server: %v", page, err)
			}
		}
		found, err := browser.Axe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if page == "suivi.html" && v.Rule == "page-has-heading-one" {
				continue // its heading is the subject, which only the server knows
			}
			t.Errorf("%s: %s", page, v)
		}
		mu.Lock()
		for _, fault := range faults {
			t.Errorf("%s: %s", page, fault)
		}
		faults = nil
		mu.Unlock()
	}
}

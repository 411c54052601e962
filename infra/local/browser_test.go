package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
	"convoc/infra/story"
)

// tab is a person's browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // exceptions, policy violations
}

func newTab(t *testing.T) *tab {
	b := &tab{t: t, ctx: browser.Need(t)}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(1280, 900)); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	err := chromedp.Listen(b.ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.faults = append(b.faults, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		case *log.EventEntryAdded:
			// a mail is shown in a sandbox, where the test's own look at the page is a script that is blocked
			sandboxed := strings.HasPrefix(e.Entry.Text, "Blocked script execution") && strings.Contains(e.Entry.Text, "/essai/")
			if e.Entry.Source != log.EntrySourceNetwork && !sandboxed {
				b.faults = append(b.faults, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			t.Errorf("in the browser: %s", f)
		}
	})
	return b
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

// await waits until the page shows a text.
func (b *tab) await(text string) {
	b.t.Helper()
	expression := fmt.Sprintf(`document.body && document.body.innerText.replace(/[\u00a0\u202f]/g, ' ').includes(%q)`, text)
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "-32000") { // else the page changed while it was asked
			b.picture("failed")
			b.t.Fatalf("waiting for %q: %v", text, err)
		}
	}
}

// picture keeps what is on the screen, where CONVOC_PICTURES names a directory.
func (b *tab) picture(name string) {
	dir := os.Getenv("CONVOC_PICTURES")
	if dir == "" {
		return
	}
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// noScript turns scripts off, as on the élu's old tablet.
func (b *tab) noScript() {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		b.t.Fatal(err)
	}
}

// demo starts the demonstration on this machine.
func demo(t *testing.T) *machine {
	t.Helper()
	var log strings.Builder
	o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", t.TempDir()}, &log)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log = now, rand.Reader, &log
	m, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return m
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The guide's afternoon as the secretary and an élu see it.
func TestGuideInABrowser(t *testing.T) {
	m := demo(t)
	b := newTab(t)

	b.see(m.origin + "/")
	b.picture("connexion")
	b.write("#login", demoLogin)
	b.write("#password", demoPassword)
	b.click("#sign-in")
	b.await("Nouvelle convocation")

	b.see(m.origin + "/import.html")
	b.choose("#import-file", file(t, "Classeur1.csv", guideCSV))
	b.await("Importer 4 contacts")
	b.picture("import")
	b.click("#import-apply")
	b.await("4 contacts importés")
	b.see(m.origin + "/contacts.html")
	b.await("1 à 4 sur 4")
	b.await("ENN, ENN_2, ENN_3")
	b.picture("contacts")

	b.see(m.origin + "/convocations.html")
	b.click("#new-convocation")
	b.do("waiting for the form", chromedp.WaitVisible(chromedp.CSS("#to-input")))
	b.write("#to-input", "enn")
	b.do("waiting for proposals", chromedp.WaitVisible(chromedp.CSS("#to-options [role=option]")))
	b.write("#to-input", "\r")
	b.await("4 personnes")
	b.write("#subject", "Convocation")
	b.write("#message", "Bonjour,\nVoici les documents relatifs au conseil municipal.\nCordialement")
	b.choose("#add-documents", file(t, "Test.pdf", "%PDF-1.4 premier"), file(t, "Test_pdf.pdf", "%PDF-1.4 second"))
	b.await("PDF · 15 octets")
	b.await("Enregistré à")
	b.picture("composer")
	b.click("#send")
	b.do("waiting for the dialog", chromedp.WaitVisible(chromedp.CSS("#send-confirm")))
	b.picture("envoyer")
	b.click("#send-confirm")
	b.await("Transmise")

	link := linkTo(t, m, "support@")
	e := newTab(t)
	e.do("a phone", chromedp.EmulateViewport(390, 844))
	e.noScript()
	e.see(link)
	e.picture("elu-ouvrir")
	e.click("form button")
	e.do("reading", chromedp.WaitVisible(chromedp.CSS("#text")))
	e.picture("elu-lire")
	e.write("#text", "Absent. Pouvoir à Mme Untel")
	e.click("#reponse form button")
	e.do("checking", chromedp.WaitVisible(chromedp.CSS("input[name=revision] + button")))
	e.picture("elu-verifier")
	e.click("input[name=revision] + button")
	e.do("thanks", chromedp.WaitVisible(chromedp.CSS("a[href$='/lire']")))
	e.picture("elu-merci")

	b.see(m.origin + "/convocations.html")
	b.await("Ouverte par 1/4")
	b.picture("convocations")
	b.click("#convocations a")
	b.await("Voir")
	b.picture("suivi")
	b.click("[data-act=reply]:not([hidden])")
	b.await("Pouvoir à Mme Untel")
	b.picture("reponse")
}

const guideCSV = "support@eurenormandienumerique.fr;Support ENN;ENN\r\n" +
	"agence-num@eurenormandienumerique.fr;Agence du numerique;ENN\r\n" +
	"john.deuf@eurenormandienumerique.fr;John Deuf;ENN;ENN_4\r\n" +
	"marc.assin@eurenormandienumerique.fr;Marc Assin;ENN;ENN_2;ENN_3\r\n"

// linkTo reads the link of the newest mail to an address.
func linkTo(t *testing.T, m *machine, address string) string {
	t.Helper()
	list, err := m.inbox.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		raw, err := m.inbox.Read(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if link, err := story.Link(raw); err == nil && strings.Contains(string(raw), address) {
			return link
		}
	}
	t.Fatalf("no mail to %s", address)
	return ""
}

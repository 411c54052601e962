package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"convoc/infra/story"
	"convoc/shared/files/pdfmerger"
)

// demonstration is that of README, with a clock that a test moves.
type demonstration struct {
	*machine
	clock
	log buffer
}

// demo starts the demonstration on this machine, for a browser.
func demo(t *testing.T) *demonstration { t.Helper(); return demoWith(t, nil) }

// demoWith starts it with other options.
func demoWith(t *testing.T, change func(*options)) *demonstration {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser")
	}
	d := &demonstration{}
	o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", t.TempDir()}, &d.log)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log, o.Merger = d.now, rand.Reader, &d.log, pdfmerger.New()
	if change != nil {
		change(&o)
	}
	if d.machine, err = start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(d.log.String())
		}
	})
	return d
}

// clock is the real one, some time ahead, or one that stands still.
type clock struct {
	mu     sync.Mutex
	ahead  time.Duration
	stands time.Time // zero: it goes
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stands.IsZero() {
		return c.stands
	}
	return now().Add(c.ahead)
}

// later lets time go by.
func (c *clock) later(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead += d; !c.stands.IsZero() {
		c.stands = c.stands.Add(d)
	}
}

// still makes what is done take no time but what it lets go by.
func (c *clock) still(do func()) {
	at := c.now()
	c.mu.Lock()
	c.stands = at
	c.mu.Unlock()
	do()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stands = time.Time{}
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
	t.Parallel()
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

	link := linkTo(t, m.machine, "support@")
	e := newTab(t)
	e.do("a phone", chromedp.EmulateViewport(390, 844))
	e.noScript()
	e.see(link)
	e.picture("elu-ouvrir")
	e.open(&m.clock)
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
		if link, err := story.Link(raw); err == nil && link != "" && strings.Contains(string(raw), address) {
			return link
		}
	}
	t.Fatalf("no mail to %s", address)
	return ""
}

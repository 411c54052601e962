package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// ask gives the value of an expression on the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// signIn opens the secretary's pages.
func (b *tab) signIn(origin string) {
	b.t.Helper()
	b.see(origin + "/")
	b.write("#login", demoLogin)
	b.write("#password", demoPassword)
	b.click("#sign-in")
	b.await("Nouvelle convocation")
}

// api asks the server as the page would, and gives its answer.
func (b *tab) api(method, path string, body any) map[string]any {
	b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	quoted := string(must(json.Marshal(string(raw))))
	request := `{method: '` + method + `', headers: {'Content-Type': 'application/json'}, body: ` + quoted + `}`
	if method == "GET" {
		request = "{}"
	}
	return ask[map[string]any](b, `fetch('`+path+`', `+request+`).then((r) => r.json().catch(() => ({})))`)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// draft makes a convocation to some free addresses and gives its path.
func (b *tab) draft(subject string, to ...string) string {
	b.t.Helper()
	path := "/api/convocations/" + b.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	entries := []any{}
	for _, address := range to {
		entries = append(entries, map[string]any{"kind": "address", "address": address})
	}
	b.api("PUT", path, map[string]any{
		"version": 1, "subject": subject, "message": "Bonjour", "to": entries, "cc": []any{}, "bcc": []any{},
	})
	return path
}

// narrow checks that a page needs no horizontal scrolling at some width.
func (b *tab) narrow(what string, width int64) {
	b.t.Helper()
	b.do("resizing", chromedp.EmulateViewport(width, 700))
	if got := ask[int64](b, `document.documentElement.scrollWidth`); got > width {
		b.picture("failed")
		b.t.Errorf("%s is %d pixels wide on a screen of %d", what, got, width)
	}
}

func id(path string) string { return filepath.Base(path) }

// A phone of 320 pixels, an address whose domain is longer than a line, a document that is too heavy: the élu is never
// at a loss, and always knows whom to call.
func TestElusPagesOnASmallPhone(t *testing.T) {
	t.Parallel()
	m := demo(t)
	b := newTab(t)
	b.signIn(m.origin)
	path := b.draft("Convocation", "Agence du numérique <agence-num@eurenormandienumerique.fr>", "late@exemple.fr")
	b.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(t, "two mails", func() bool { list, err := m.inbox.List(); return err == nil && len(list) == 2 })
	link := linkTo(t, m.machine, "agence-num@")

	e := newTab(t)
	e.see(link)
	e.narrow("the first page", 320)
	e.open(&m.clock)
	e.await("Écrivez votre réponse")
	e.await("a•••@eurenormandienumerique.fr")
	e.narrow("the convocation", 320)
	e.write("#text", "Présente")
	e.click("#reponse form button")
	e.await("Envoyer ma réponse")
	e.narrow("the check", 320)
	for _, about := range []string{"/aide", "/confidentialite", "/accessibilite"} {
		e.see(link + about)
		e.await("Appeler le 02 00 00 00 00")
		e.narrow(about, 320)
	}

	e.see(link + "/documents")
	e.narrow("the documents", 320)
	e.choose("#file", file(t, "pouvoir.pdf", "%PDF-1.4 pouvoir"))
	e.click(".button.first, button.first") // what is big and green joins the document
	e.await("pouvoir.pdf")

	e.choose("#file", file(t, "enorme.pdf", "%PDF-1.4 "+strings.Repeat("x", 10<<20)))
	e.click("form[enctype] button")
	e.await("Ce document est trop lourd")
	e.await("Revenez à la page précédente")
	got := ask[string](e, `location.origin + ' ' + getComputedStyle(document.querySelector('main')).maxWidth`)
	if got != m.filesOrigin+" 720px" {
		t.Errorf("on %s: the refusal is not on the documents' host, or has no style", got)
	}
	e.narrow("a refusal of the documents' host", 320)
	if got := ask[string](e, `document.querySelector('footer .links a').href`); got != m.origin+"/c/aide" {
		t.Errorf("the help of the documents' host is at %s", got)
	}

	late := linkTo(t, m.machine, "late@")
	b.api("POST", path+"/close-unread", map[string]any{})
	e.see(late)
	e.await("Ce lien a été fermé")
	e.click("footer .links a")
	e.await("Appeler le 02 00 00 00 00")
}

// What the secretary writes is kept, whatever comes in between, and what she sees beforehand is what will be received.
func TestWritingInABrowser(t *testing.T) {
	t.Parallel()
	m := demo(t)
	b := newTab(t)
	b.signIn(m.origin)
	path := b.draft("Convocation", "anne@exemple.fr")
	b.see(m.origin + "/composer.html?id=" + id(path))
	b.await("1 personne")

	b.click("#message")
	b.do("typing", chromedp.KeyEvent(strings.Repeat("\r", 40)+"un"))
	b.await("Enregistré à")
	const behind = `document.querySelector('#message').getBoundingClientRect().bottom >
		document.querySelector('.sendbar').getBoundingClientRect().top`
	if ask[bool](b, behind) {
		t.Error("what is being typed is behind the bar")
	}
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, struct{}{}); err != nil {
		t.Fatal(err)
	}
	b.do("typing", chromedp.KeyEvent(" deux"), chromedp.WaitVisible(chromedp.CSS("#again-password")))
	b.write("#again-password", demoPassword)
	ask[bool](b, `(window.left = new Promise((done) => {
		document.querySelector('#again').addEventListener('close', () => done(true));
	}), true)`)
	b.click("#again-sign-in")
	ask[bool](b, `window.left`)
	b.do("typing", chromedp.KeyEvent(" trois"))
	if got := ask[string](b, `document.querySelector('#message').value.trim()`); !strings.HasSuffix(got, "un deux trois") {
		t.Errorf("the message is %q", got)
	}

	b.paste("#to-input", "Müller, Anna <anna@exemple.fr>; anna@exemple.fr; été@exemple.fr; inconnue")
	b.await("« inconnue » : ce n’est ni une adresse complète")
	b.await("« été@exemple.fr » n’est pas une adresse de courriel") // and the other message stays
	b.await("« inconnue » : ce n’est ni une adresse complète")
	b.await("Müller, Anna anna@exemple.fr") // as the server keeps it
	const chips = `[...document.querySelectorAll('[data-name=to] .chip')].map((it) => it.innerText.replace(/\s+/g, ' ')).join('|')`
	if got := ask[string](b, chips); got != "anne@exemple.fr ×|Müller, Anna anna@exemple.fr ×|été@exemple.fr ×" {
		t.Errorf("the recipients are %q", got)
	}
	b.click(".chip.wrong button")
	ask[bool](b, `(document.querySelector('#to-input').value = '', true)`)
	b.await("2 personnes")

	b.twoVersions(path)
	b.allInOneFile()
	b.see(m.origin + path + "/preview")
	b.await("Voici ce que reçoit chaque destinataire")
	if got := ask[string](b, `getComputedStyle(document.querySelector('.letter td td')).backgroundColor`); got != "rgb(29, 90, 76)" {
		t.Errorf("the head of the mail is %s", got)
	}
	b.narrow("the preview", 320)
}

// paste pastes a text into a field.
func (b *tab) paste(css, text string) {
	b.t.Helper()
	raw := string(must(json.Marshal(text)))
	ask[bool](b, `(() => { const field = document.querySelector('`+css+`'); field.focus(); const data = new DataTransfer();
		data.setData('text/plain', `+raw+`); return field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })) })()`)
}

// twoVersions changes the draft elsewhere while somebody types, who takes the other version.
func (b *tab) twoVersions(path string) {
	b.t.Helper()
	d := b.api("GET", path, nil)
	b.api("PUT", path, map[string]any{
		"version": d["version"], "subject": "Ailleurs", "message": "Autre texte", "to": d["to"], "cc": []any{}, "bcc": []any{},
	})
	b.click("#subject")
	b.do("typing", chromedp.KeyEvent("!"), chromedp.WaitVisible(chromedp.CSS("#keep-theirs")))
	b.await("Objet : Ailleurs")
	b.await("Objet : Convocation!")
	b.click("#keep-theirs")
	b.await("Enregistré à")
	if got := ask[string](b, `document.querySelector('#subject').value`); got != "Ailleurs" {
		b.t.Errorf("the subject is %q", got)
	}
}

// allInOneFile joins two documents and downloads both at once.
func (b *tab) allInOneFile() {
	b.t.Helper()
	dir := b.keepDownloads()
	b.choose("#add-documents", file(b.t, "Ordre du jour.pdf", "%PDF-1.4 premier"), file(b.t, "Budget.pdf", "%PDF-1.4 second"))
	b.click("#download-all:not([hidden])")
	path := filepath.Join(dir, "Ailleurs.zip")
	var archive *zip.ReadCloser
	waitFor(b.t, "the whole file", func() (whole bool) {
		var err error
		archive, err = zip.OpenReader(path)
		return err == nil
	})
	defer archive.Close()
	names := map[string]uint64{}
	for _, f := range archive.File {
		names[f.Name] = f.UncompressedSize64
	}
	if len(names) != 2 || names["Ordre du jour.pdf"] != 16 || names["Budget.pdf"] != 15 {
		b.t.Errorf("the file holds %v", names)
	}
}

// The list, the follow-up and the contacts, with more people than a screen holds.
func TestFollowingInABrowser(t *testing.T) {
	t.Parallel()
	m := demo(t)
	b := newTab(t)
	b.signIn(m.origin)
	b.draft("Brouillon", "anne@exemple.fr", "bruno@exemple.fr")
	to := []string{"Claire <claire@exemple.fr>"}
	for n := range 31 {
		to = append(to, fmt.Sprintf("conseil%d@une-collectivite-au-nom-tres-long.exemple.fr", n))
	}
	path := b.draft("Convocation", to...)
	b.api("POST", path+"/send", map[string]any{"version": 2})

	b.see(m.origin + "/convocations.html")
	b.do("waiting for the list", chromedp.WaitVisible(chromedp.CSS(".unsent [data-act=delete]")))
	if got := ask[string](b, `document.querySelector('.unsent [data-label=Destinataires]').innerText`); got != "2" {
		t.Errorf("the draft shows %q recipients", got)
	}
	b.click("[data-act=delete]:not([hidden])")
	b.click("#delete-confirm")
	b.await("1 à 1 sur 1")

	waitFor(t, "the end of the sending", func() bool { return b.api("GET", path+"/follow", nil)["sent_at"] != "" })
	b.see(m.origin + "/suivi.html?id=" + id(path))
	b.await("envoyée le")
	b.await("Accepté par le serveur")
	for _, width := range []int64{320, 390, 961, 1100, 1249, 1280} {
		b.narrow("the follow-up", width)
	}
	b.write("#search", "CLAIRE")
	b.await("1 sur 32 personnes")
	b.click("#counters li:nth-child(3) button") // Ouverts
	b.await("Aucun destinataire ne correspond")
	b.click("#clear-filters")
	b.await("32 personnes")
	b.click("#resend-unread")
	b.click("#resend-confirm")
	b.await("32 personnes sont laissées de côté : un courriel leur est parti il y a moins de 30 secondes")
	b.silent()

	b.see(m.origin + "/contacts.html")
	b.api("POST", "/api/groups", map[string]any{"name": "Bureau"})
	b.api("POST", "/api/contacts", map[string]any{"name": strings.Repeat("N", 200), "addresses": []string{"n@exemple.fr"}, "groups": []string{}})
	b.api("POST", "/api/contacts", map[string]any{"name": "Omar", "addresses": []string{"o@exemple.fr"}, "groups": []string{}})
	b.see(m.origin + "/contacts.html?q=")
	b.await("1 à 2 sur 2")
	b.narrow("a name of 200 letters", 1280)
	b.click("thead [data-act=select-all]")
	b.click("#join-selection")
	b.click("#join-confirm")
	b.await("2 contacts ajoutés à « Bureau »")
	b.see(m.origin + "/groupes.html")
	b.await("2")
	if got := ask[string](b, `document.querySelector('[data-label=Membres]').innerText`); got != "2" {
		t.Errorf("the group has %q members", got)
	}
	b.see(m.origin + "/bienvenue.html#deja-servie")
	b.await("Aller à la connexion")
	if ask[bool](b, `document.querySelector('#invitation-form').checkVisibility()`) {
		t.Error("an invitation that was used still asks for everything")
	}
}

// silent takes the server away: the page says from when its figures are.
func (b *tab) silent() {
	b.t.Helper()
	got := ask[string](b, `(async () => {
		const real = window.fetch;
		window.fetch = () => Promise.reject(new TypeError('no network'));
		for (let n = 0; n < 2; n++) {
			document.dispatchEvent(new Event('visibilitychange')); // asks again
			await new Promise((later) => setTimeout(later));
		}
		window.fetch = real;
		return document.querySelector('#stale').innerText;
	})()`)
	if !strings.HasPrefix(got, "Le serveur ne répond pas\u00a0; chiffres de ") {
		b.t.Errorf("two answers are missing, and the page says %q", got)
	}
}

// What was not sent in a trial can be looked at as it would have been received.
func TestInboxInABrowser(t *testing.T) {
	t.Parallel()
	m := demo(t)
	b := newTab(t)
	b.signIn(m.origin)
	path := b.draft("Convocation", "Anne Dupont <anne@exemple.fr>")
	b.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(t, "a mail", func() bool { list, err := m.inbox.List(); return err == nil && len(list) == 1 })
	b.see(m.origin + "/essai/")
	b.await("Anne Dupont")
	b.narrow("the mails", 320)
	b.click("tbody a")
	b.await("Suivre le lien")
	b.narrow("a mail", 320)
	b.click("a[href$='?html']")
	b.await("À l’attention de Anne Dupont")
	if got := ask[string](b, `getComputedStyle(document.querySelector('td td')).backgroundColor`); got != "rgb(29, 90, 76)" {
		t.Errorf("the head of the mail is %s", got)
	}
	b.click("td a")
	b.await("Adressée à Anne Dupont")
}

package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

// The whole way of an élue whose tablet runs no scripts. Every page is examined on every screen.
func TestElusWholeWayWithoutScripts(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	e := newTab(t)
	e.noScript()
	link := c.link("anne@")
	e.comesIn(c, link)
	e.reads(c, link)
	e.answers()
	e.joins(c)
	e.sends()
	e.losesHerProxy(c, link)
	e.changesHerMind(c, link)
	e.looksUp(c, link)
}

// comesIn passes the first page: a program, a wrong password, then her.
func (b *tab) comesIn(c *council, link string) {
	b.t.Helper()
	c.clock.still(func() {
		b.see(link)
		b.write("#password", spoken)
		b.click("form button.first")
		b.await("Encore une fois") // so quick a press is a program's
	})
	b.see(link)
	b.examined("elu-1-ouvrir")
	b.write("#password", "le chêne")
	b.open(c.clock)
	b.await("Ce n’est pas le bon mot de passe")
	b.examined("elu-1-mot-de-passe-faux")
	b.write("#password", spoken)
	b.open(c.clock)
	b.await("Serez-vous présent(e)")
}

// reads looks at the convocation and takes each document from the documents' own host.
func (b *tab) reads(c *council, link string) {
	b.t.Helper()
	b.examined("elu-2-lire")
	kept := b.keepDownloads()
	for _, it := range []struct{ button, file, shown string }{
		{"Ouvrir Ordre du jour.pdf", "Ordre du jour.pdf", "inline"},
		{"Télécharger Note-de-synthese", "Note-de-synthese_du_conseil_communautaire_du_mois_de_decembre_version_definitive.docx", "attachment"},
		{"Lire en un seul PDF", "Conseil communautaire de décembre.pdf", "inline"},
		{"Tout télécharger", "Conseil communautaire de décembre.zip", "attachment"},
	} {
		b.press(it.button)
		var got *asking
		waitFor(b.t, it.file, func() bool {
			got = b.document()
			info, err := os.Stat(filepath.Join(kept, it.file))
			arrived := it.shown == "inline" || err == nil && info.Size() > 0
			return arrived && got != nil && got.answer != nil && strings.HasSuffix(got.url, "/"+url.PathEscape(it.file))
		})
		if got.led != http.StatusSeeOther || !strings.HasPrefix(got.url, c.filesOrigin+"/") || got.answer.Status != http.StatusOK {
			b.t.Errorf("%s: led by %d to %s, %d", it.button, got.led, got.url, got.answer.Status)
		}
		if shown := headerOf(got.answer, "Content-Disposition"); !strings.HasPrefix(shown, it.shown+";") {
			b.t.Errorf("%s: comes with %q, want %s", it.button, shown, it.shown)
		}
		if it.shown == "inline" { // a browser without a reader of PDF saves it instead, and stays
			b.see(link + "/lire")
		}
	}
	b.await("Serez-vous présent(e)") // the page has stayed
}

// document is the newest request for a page or a document.
func (b *tab) document() *asking {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) == 0 || b.asked[0].kind != network.ResourceTypeDocument {
		return nil
	}
	it := *b.asked[0]
	return &it
}

func headerOf(r *network.Response, name string) string {
	for key, value := range r.Headers {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// answers gives a proxy, first without saying to whom.
func (b *tab) answers() {
	b.t.Helper()
	const holders = `[...document.querySelectorAll('#mandataire option')].map((o) => (o.disabled ? '-' : '+') + o.innerText.replace(/\u00a0/g, ' ')).sort().join('|')`
	want := "+Bruno Petit|+Choisir une personne|+Denis Martin|+Élisabeth de La Rochefoucauld-Montmorency|-Claire Roy – absence annoncée"
	if got := ask[string](b, holders); got != want {
		b.t.Errorf("she can choose %s", got)
	}
	b.press("je donne pouvoir")
	b.write("#text", "Bon conseil à tous")
	b.press("Enregistrer ma réponse")
	b.await("Il manque le nom pour votre pouvoir")
	b.examined("elu-3-a-corriger")
	const typed = `document.querySelector('#presence-proxy').checked + ' ' + document.querySelector('#text').value`
	if got := ask[string](b, typed); got != "true Bon conseil à tous" {
		b.t.Errorf("after a refusal the page holds %q", got)
	}
	for range 4 { // whoever cannot be chosen is passed over
		b.write("#mandataire", kb.ArrowDown)
		if got := ask[string](b, `document.querySelector('#mandataire').selectedOptions[0].innerText`); strings.Contains(got, "Claire") {
			b.t.Errorf("the keyboard chooses %s", got)
		}
	}
	b.write("#mandataire", "Bruno")
	b.press("Enregistrer ma réponse")
	b.await("Votre réponse ne sera pas envoyée tant que")
	b.await("Je serai absent(e) et je donne pouvoir à Bruno Petit")
	b.examined("elu-4-verifier")
}

// joins adds a document, which goes straight to the documents' host.
func (b *tab) joins(c *council) {
	b.t.Helper()
	b.press("Ajouter un document")
	b.await("Aucun document n’est joint à votre réponse")
	b.examined("elu-5-documents")
	if got := ask[string](b, `new URL(document.querySelector('form[enctype]').action).origin`); got != c.filesOrigin {
		b.t.Errorf("the form leads to %s", got)
	}
	b.choose("#file", file(b.t, "certificat médical.pdf", sheet("Certificat")))
	b.press("Joindre ce document")
	b.await("Retirer certificat médical.pdf")
	if got := b.document(); got.led != http.StatusSeeOther || !strings.HasPrefix(got.url, c.origin+"/c/") {
		b.t.Errorf("led back by %d to %s", got.led, got.url)
	}
	b.examined("elu-5-documents-joints")
	b.press("Continuer")
	b.await("certificat médical.pdf")
	b.examined("elu-6-verifier-avec-document")
}

// sends validates the answer, and looks at what she can print.
func (b *tab) sends() {
	b.t.Helper()
	b.press("Envoyer ma réponse")
	b.await("Merci, votre réponse est envoyée")
	b.examined("elu-7-merci")
	b.press("Voir le pouvoir écrit")
	b.await("Je soussigné(e) Anne Dupont donne pouvoir à Bruno Petit")
	b.examined("elu-8-pouvoir")
	b.press("Revenir à la convocation")
	b.await("Votre réponse envoyée")
	b.examined("elu-9-lire-repondu")
}

// losesHerProxy reads that Bruno will not be there.
func (b *tab) losesHerProxy(c *council, link string) {
	b.t.Helper()
	c.tells("Bruno Petit", "absent", "")
	b.see(link + "/pouvoir")
	b.await("Ancien pouvoir")
	b.examined("elu-10-ancien-pouvoir")
	b.press("Revenir à la convocation")
	b.await("Votre pouvoir ne vaut plus")
	b.examined("elu-10-lire-sans-pouvoir")
}

// changesHerMind comes after all, and leaves before she has sent it.
func (b *tab) changesHerMind(c *council, link string) {
	b.t.Helper()
	b.press("Je participerai à distance")
	b.press("Enregistrer ma réponse")
	b.await("Vérifier avant d’envoyer")
	b.see(link + "/lire")
	b.await("Votre réponse n’est pas encore envoyée")
	b.examined("elu-11-lire-non-envoyee")
	b.press("Vérifier et envoyer ma réponse")
	b.await("Vérifier avant d’envoyer")
	b.press("Envoyer ma réponse")
	b.await("Réponse n° 2")
	b.examined("elu-11-merci-bis")
	b.see(link + "/pouvoir") // there is none any more
	b.await("Votre réponse envoyée")
}

// looksUp reads about the pages, and comes back when her password has been forgotten.
func (b *tab) looksUp(c *council, link string) {
	b.t.Helper()
	for _, about := range []string{"aide", "confidentialite", "accessibilite"} {
		b.see(link + "/" + about)
		b.await("Appeler le 02 00 00 00 00")
		b.examined("elu-12-" + about)
	}
	c.clock.later(13 * time.Hour)
	b.see(link + "/lire")
	b.await("Vous avez ouvert cette convocation le")
	b.examined("elu-13-rouvrir")
}

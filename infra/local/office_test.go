package main

import (
	"crypto/rand"
	"io"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// opened waits for a dialog.
func (b *tab) opened(dialog string) {
	b.t.Helper()
	b.do("waiting for "+dialog, chromedp.WaitVisible(chromedp.CSS(dialog+"[open]")))
}

// The secretary's screens with what they hold on an ordinary day, and their dialogs: axe-core finds nothing.
func TestScreensAreAccessible(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	b := newTab(t)
	b.see(c.origin + "/")
	b.shown("bureau-connexion")
	b.write("#login", demoLogin)
	b.write("#password", "pas-le-bon-mot-de-passe")
	b.click("#sign-in")
	b.await("mot de passe n’est pas le bon")
	b.shown("bureau-connexion-refusee")
	b.signIn(c.origin)
	b.draft("Commission des finances", "anne@exemple.fr")

	b.see(c.origin + "/convocations.html")
	b.await("Commission des finances")
	b.shown("bureau-convocations")
	b.click("[data-act=delete]:not([hidden])")
	b.opened("#delete-dialog")
	b.shown("bureau-convocations-supprimer")

	b.see(c.origin + "/contacts.html")
	b.await("1 à 5 sur 5")
	b.shown("bureau-contacts")
	b.click("[data-act=edit]")
	b.opened("#contact-dialog")
	b.shown("bureau-contact")
	b.see(c.origin + "/contacts.html?q=personne")
	b.await("Aucun")
	b.shown("bureau-contacts-aucun")

	b.see(c.origin + "/groupes.html")
	b.await("Conseil communautaire")
	b.shown("bureau-groupes")
	b.click("[data-act=rename]")
	b.opened("#group-dialog")
	b.shown("bureau-groupe")

	b.see(c.origin + "/import.html")
	b.shown("bureau-import")
	b.choose("#import-file", file(t, "Classeur1.csv", guideCSV+
		"pas une adresse;Sans Adresse;ENN\r\nzoe@exemple,fr;Zoé Vidal;Presse\r\nanne@exemple.fr;Yves Nouveau;ENN\r\nluc@gmial.com;Luc Roy;\r\n"))
	b.await("Importer 6 contacts")
	b.click("#reading summary")
	b.shown("bureau-import-verifier")
	b.click(`#error-lines [data-act="edit"]`)
	b.opened("#line-dialog")
	b.shown("bureau-import-ligne")
	b.click("#line-leave")
	b.click(`#error-lines [data-key="5"] [data-act="out"]`)
	b.await("Ligne laissée de côté")
	b.click(`#error-lines [data-act="suggest"]`)
	b.await("Importer 7 contacts")
	b.click(`#doubts button`)
	b.await("luc@gmail.com")
	b.click("#import-apply")
	b.await("Répondez d’abord à cette question.")
	b.click(`#questions input[value="other"]`)
	b.click("#import-apply")
	b.await("7 contacts importés")
	b.shown("bureau-import-fini")
	b.click("#undo")
	b.opened("#undo-dialog")
	b.shown("bureau-import-annuler")
	b.click("#undo-confirm")
	b.await("Import annulé")
	b.shown("bureau-import-annule")

	for page, text := range map[string]string{
		"connexions.html": "Mes dernières connexions", "aide.html": "Aide", "rien.html": "page", "essai/": "anne@exemple.fr",
	} {
		b.see(c.origin + "/" + page)
		b.await(text)
		b.shown("bureau-" + id(page))
	}
}

// The page of the first start.
func TestFirstStartIsAccessible(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-addr", "127.0.0.1:0", "-data", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log = now, rand.Reader, io.Discard
	m, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, m) })
	b := newTab(t)
	b.see(m.origin + "/bienvenue.html#" + m.invite)
	b.do("waiting for the form", chromedp.WaitVisible(chromedp.CSS("#invitation-form")))
	b.shown("bureau-bienvenue")
	b.see(m.origin + "/")
	b.see(m.origin + "/bienvenue.html#deja-servie")
	b.await("Aller à la connexion")
	b.shown("bureau-bienvenue-servie")
}

// A draft from its first line to the last question before it is sent.
func TestComposerIsAccessible(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	b := newTab(t)
	b.signIn(c.origin)
	path := b.draft("", "anne@exemple.fr", "Bruno <bruno@exemple.fr>")
	b.see(c.origin + "/composer.html?id=" + id(path))
	b.await("2 personnes")
	b.shown("composer")
	b.click("#kind-meeting")
	b.do("waiting for the meeting", chromedp.WaitVisible(chromedp.CSS("#new-assembly")))
	b.click("#new-assembly")
	b.opened("#assembly-dialog")
	b.shown("composer-assemblee")
	b.click("#assembly-cancel")
	b.write("#assembly", "Conseil")
	b.do("waiting for the rest", chromedp.WaitVisible(chromedp.CSS("#meeting-place")))
	b.choose("#add-documents", file(t, "Note-de-synthese_du_conseil_communautaire_du_mois_de_decembre.pdf", sheet("Note")), file(t, "vide.txt", ""))
	b.await("Note-de-synthese")
	b.write("#to-input", "a")
	b.do("waiting for proposals", chromedp.WaitVisible(chromedp.CSS("#to-options [role=option]")))
	b.shown("composer-seance")
	b.write("#to-input", kb.Escape+kb.Backspace)
	ask[bool](b, `(document.querySelectorAll('details').forEach((it) => { it.open = true; }), true)`)
	b.shown("composer-options")
	b.await("Enregistré à")
	b.click("#send")
	b.await("Indiquez la date et l’heure de la séance")
	b.shown("composer-incomplet")

	if got := b.api("PUT", path, c.draft(b.api("GET", path, nil)["version"])); got["version"] == nil {
		t.Fatalf("the draft is refused: %v", got)
	}
	b.see(c.origin + "/composer.html?id=" + id(path))
	b.await("5 personnes")
	b.shown("composer-complet")
	b.click("#send")
	b.opened("#send-dialog")
	b.shown("composer-envoyer")
}

func TestPreviewIsAccessible(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	b := newTab(t)
	b.signIn(c.origin)
	for name, query := range map[string]string{"apercu": "", "apercu-copie": "?copie"} {
		b.see(c.origin + c.path + "/preview" + query)
		b.await("Aperçu de la convocation")
		b.shown(name)
	}
}

// The follow-up of a meeting with every kind of answer, its panel and its dialogs.
func TestFollowUpIsAccessible(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	c.tells("Anne Dupont", "proxy", "Bruno Petit")
	b := newTab(t)
	b.signIn(c.origin)
	b.see(c.origin + "/suivi.html?id=" + id(c.path))
	b.await("envoyée le")
	b.await("Anne Dupont")
	b.shown("suivi")
	b.click("#resend-unread")
	b.opened("#resend-dialog")
	b.shown("suivi-envoyer-a-nouveau")
	b.click("#resend-dialog button")
	b.click("#close-unread")
	b.opened("#close-dialog")
	b.shown("suivi-fermer")
	b.click("#close-dialog button")
	b.click("[data-act=reply]:not([hidden])")
	b.opened("#reply-dialog")
	b.await("Pouvoir à")
	b.shown("suivi-reponse")
	b.click("#reply-close")
	b.click("[data-act=details]")
	b.opened("#person-dialog")
	b.await("Ce qui s’est passé")
	b.shown("suivi-personne")
	for _, it := range []struct{ button, dialog, leave string }{
		{"#person-record", "#record-dialog", "#record-cancel"}, {"#person-address", "#address-dialog", "#address-cancel"},
		{"#person-revoke", "#revoke-dialog", "#revoke-dialog button"},
	} {
		b.click(it.button)
		b.opened(it.dialog)
		b.shown("suivi-" + strings.TrimPrefix(it.dialog, "#"))
		b.click(it.leave)
		if !ask[bool](b, `document.querySelector('#person-dialog').open`) {
			b.click("[data-act=details]")
			b.opened("#person-dialog")
		}
	}
}

package static_test

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A reply that came another way: who may hold the proxy, refusals at their place, and the reply of somebody else that came
// first is seen before anything is repeated.
func TestReplyReceivedAnotherWay(t *testing.T) {
	anne, bruno := convened("Anne Dupont", replied("proxy", "Bruno Petit")), convened("Bruno Petit", nil)
	claire, guest := convened("Claire Roy", nil), convened("Trésorier", nil)
	m := council([]object{anne, bruno, claire}, nil)
	m["councillors"].([]object)[1]["hindered"] = "a déjà reçu un pouvoir"
	m["councillors"].([]object)[2]["hindered"] = "absence annoncée"
	server := follower{follow: convocation(anne, bruno, claire, guest), replies: object{"name": "Anne Dupont", "versions": []object{}}}
	server.follow["meeting"] = m
	server.refuse = map[string]answer{"reply": {http.StatusUnprocessableEntity, `{"code":"proxy_taken","message":"Déjà donné."}`}}
	ctx := openFollow(t, &server)

	do(t, ctx, chromedp.Click(chromedp.CSS(row("rcp_anne")+" [data-act=details]")), chromedp.Click(chromedp.CSS("#person-record")))
	await(t, ctx, "Une réponse est déjà là : Pouvoir à Bruno Petit, le 02/12/2026 à 09:00:07.")
	do(t, ctx, chromedp.Click(chromedp.CSS("#record-choices input[value=proxy]")))
	options := `[...document.querySelectorAll('#record-holder option')].map((it) => it.text + (it.disabled ? ' (non)' : '')).join('|')`
	if got, want := evaluate[string](t, ctx, options), "Choisissez|Bruno Petit|Claire Roy – absence annoncée (non)"; got != want {
		t.Errorf("holders: %q, want %q", got, want) // Bruno holds hers already: he may go on
	}
	do(t, ctx, chromedp.SetValue(chromedp.CSS("#record-holder"), "prs_bruno"), chromedp.SetValue(chromedp.CSS("#record-way"), "phone"),
		chromedp.SendKeys(chromedp.CSS("#record-reason"), "Elle-même, 9 h"), chromedp.Click(chromedp.CSS("#record-save")))
	await(t, ctx, "Déjà donné.")
	if got := evaluate[string](t, ctx, `document.activeElement.id`); got != "record-holder" {
		t.Errorf("the refusal is at #%s", got)
	}

	server.set(func() {
		server.refuse["reply"] = answer{http.StatusConflict, `{"code":"changed_meanwhile","message":"Rechargez."}`}
		maps.Copy(anne, object{"replies": 2, "presence": "present", "holder": ""})
	})
	do(t, ctx, chromedp.Click(chromedp.CSS("#record-save")))
	await(t, ctx, "Une autre réponse est arrivée entre-temps")
	await(t, ctx, "Une réponse est déjà là : Présence, le")
	do(t, ctx, chromedp.Click(chromedp.CSS("#record-choices input[value=absent]")), chromedp.Click(chromedp.CSS("#record-save")))
	await(t, ctx, "Réponse enregistrée.")
	want := `{"after":2,"presence":"absent","holder":"","text":"","way":"phone","reason":"Elle-même, 9 h"}`
	if got := server.body("reply"); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if got := evaluate[string](t, ctx, `document.activeElement.id`); got != "person-record" {
		t.Errorf("the focus is on #%s", got)
	}

	do(t, ctx, chromedp.Click(chromedp.CSS("#person-close")), chromedp.Click(chromedp.CSS(row("rcp_trésorier")+" [data-act=details]")),
		chromedp.Click(chromedp.CSS("#person-record")))
	await(t, ctx, "Trésorier, trésorier@exemple.fr")
	if got := words(t, ctx, "#record-choices"); got != "Présence Absence Ne sait pas encore" {
		t.Errorf("a guest may answer %s", got)
	}
}

// The panel of a person: what happened in order, and the acts on her address and links.
func TestPanelOfAPerson(t *testing.T) {
	anne := convened("Anne Dupont", replied("present", ""))
	maps.Copy(anne, object{
		"read_at": "2026-12-01T09:00:00.000Z", "documents": []object{{"id": "doc_1", "at": "2026-12-01T10:00:00.000Z"}},
		"address_at": "2026-12-03T08:00:00.000Z", "sendings": 2, "last_sent_at": "2026-12-03T08:00:01.000Z", "in_time": false, "replies": 2,
		"auto_replied_at": "2026-12-01T08:00:30.000Z",
	})
	server := follower{follow: convocation(anne), replies: object{"name": "Anne Dupont", "address": "anne@exemple.fr", "versions": []object{
		{
			"version": 2, "at": replyAt, "text": "", "presence": "present", "holder": "", "documents": []object{},
			"behalf": object{"by": "secretaire", "way": "phone", "reason": "Appel de 9 h"},
		},
		{"version": 1, "at": "2026-12-01T11:00:00.000Z", "text": "Bon conseil", "presence": "proxy", "holder": "Bruno Petit", "behalf": nil, "documents": []object{
			{"id": "doc_2", "name": "pouvoir.pdf", "size": 9, "kind": "PDF", "scan": "pending"},
			{"id": "doc_3", "name": "photo.jpg", "size": 9, "kind": "Image", "scan": "not_scanned"},
		}},
	}}}
	server.follow["meeting"] = council([]object{anne}, object{"last": "2020-01-01T22:59:59.000Z"})
	server.refuse = map[string]answer{"revoke": {http.StatusServiceUnavailable, `{"code":"unavailable","message":"Indisponible."}`}}
	ctx := openFollow(t, &server)

	do(t, ctx, chromedp.Click(chromedp.CSS("[data-act=details]")))
	await(t, ctx, "Ce qui s’est passé")
	if got, want := words(t, ctx, "#timeline"), "01/12/2026 à 09:00:07 Courriel accepté par le serveur "+
		"01/12/2026 à 09:00:30 Réponse automatique reçue de la messagerie : ni lecture, ni réponse 01/12/2026 à 10:00:00 Convocation ouverte "+
		"01/12/2026 à 11:00:00 Document ouvert Budget.pdf 01/12/2026 à 12:00:00 Réponse n° 1 Pouvoir à Bruno Petit "+
		"02/12/2026 à 09:00:07 Réponse n° 2 enregistrée par le secrétariat Présence 03/12/2026 à 09:00:00 Adresse corrigée anne@exemple.fr "+
		"03/12/2026 à 09:00:01 Dernier envoi 2 envois en tout"; got != want {
		t.Errorf("what happened: got  %s\nwant %s", got, want)
	}
	if got := words(t, ctx, "#person-facts"); !strings.Contains(got, "Envoi qui compte 01/12/2026 à 09:00:07, après le dernier envoi légal") {
		t.Errorf("the facts: %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#person-reply")))
	await(t, ctx, "Réponse de Anne Dupont")
	for _, want := range []string{
		"Enregistrée par le secrétariat le 02/12/2026 à 09:00:07 Enregistrée par secretaire d’après un appel : Appel de 9 h Présence",
		"Version précédente, envoyée le 01/12/2026 à 12:00:00 Pouvoir à Bruno Petit Bon conseil",
		"PDF · 9 octets · analyse par l’antivirus en cours", "Image · 9 octets · non analysé",
	} {
		if got := words(t, ctx, "#versions"); !strings.Contains(got, want) {
			t.Errorf("the replies lack %q: %s", want, got)
		}
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#reply-close")), chromedp.Click(chromedp.CSS("#person-address")))
	await(t, ctx, "Le dernier envoi légal était le mercredi 1er janvier 2020 à 23 h 59 : pour cette personne, l’envoi sera hors délai.")
	do(t, ctx, chromedp.SetValue(chromedp.CSS("#address"), "a.dupont@exemple.fr"), chromedp.Click(chromedp.CSS("#address-save")))
	await(t, ctx, "Adresse corrigée : un courriel part, avec un lien neuf.")
	if got := server.body("address"); got != `{"address":"a.dupont@exemple.fr"}` {
		t.Errorf("sent %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#person-revoke")), chromedp.Click(chromedp.CSS("#revoke-confirm")))
	await(t, ctx, "Indisponible.")
	server.set(func() { anne["closed_at"] = "2026-12-04T08:00:00.000Z" })
	do(t, ctx, chromedp.Click(chromedp.CSS("#person-revoke")), chromedp.Click(chromedp.CSS("#revoke-confirm")))
	await(t, ctx, "Ses liens sont fermés.")
	if got := evaluate[string](t, ctx, `document.activeElement.id`); got != "person-title" { // its button is gone
		t.Errorf("the focus is on #%s", got)
	}
}

// Whoever may only read sees everything and can do nothing.
func TestReadersOfAFollowUpHaveNoActs(t *testing.T) {
	server := follower{follow: convocation(convened("Anne Dupont", nil)), rights: []string{"convocation.read"}}
	ctx := openFollow(t, &server)
	do(t, ctx, chromedp.Click(chromedp.CSS("[data-act=details]")))
	await(t, ctx, "Ce qui s’est passé")
	acts := `[...document.querySelectorAll('main button, #person-dialog button')].filter((it) => it.checkVisibility()).map((it) => it.textContent.trim())
		.filter((text) => /envoyer|fermer (les|ses)|saisir|adresse/i.test(text)).join()`
	if got := evaluate[string](t, ctx, acts); got != "" {
		t.Errorf("offered: %s", got)
	}
}

// What the follow-up loads later names only what its page holds, and stays within the budget of the screen.
func TestModulesOfTheFollowUp(t *testing.T) {
	page := read(t, "suivi.html")
	for _, module := range []string{"assets/facts.js", "assets/person.js", "assets/running.js", "assets/again.js"} {
		for _, m := range regexp.MustCompile(`(?:\$|\b(?:act|on))\('([\w-]+)'`).FindAllStringSubmatch(read(t, module), -1) {
			if !strings.Contains(page, fmt.Sprintf(`id="%s"`, m[1])) {
				t.Errorf("%s: no #%s in suivi.html", module, m[1])
			}
		}
	}
	for _, later := range []string{"assets/person.js", "assets/running.js"} { // and a press on a button of theirs
		total, script := 0, 0
		for _, file := range append(screen(t, "suivi.html"), later, "assets/again.js") {
			size := compressed(t, file)
			total += size
			if path.Ext(file) == ".js" {
				script += size
			}
		}
		if total > maxScreen || script > maxScript {
			t.Errorf("with %s: %d bytes, %d of scripts", later, total, script)
		}
		t.Logf("with %s: %d bytes, %d of scripts", later, total, script)
	}
}

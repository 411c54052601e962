package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// people makes a directory as a secretary has it: full persons, one who left, one on paper, a suppléant, two who are one.
func people(c *council) {
	jean := c.api("POST", "/api/contacts", map[string]any{
		"civility": "M.", "first": "Jean", "last": "Martin", "function": "Maire", "phone": "02 32 00 00 00", "rank": 1,
		"addresses": []string{"jean.martin@exemple.fr"}, "groups": []string{c.group},
	})["id"].(string)
	for _, one := range []map[string]any{
		{"civility": "Mme", "first": "Zoé", "last": "Lefèvre", "function": "1re adjointe", "rank": 2, "addresses": []string{"zoe@exemple.fr", "z.lefevre@travail.exemple.fr"}},
		{"first": "Paul", "last": "Ancien", "inactive": true, "addresses": []string{"paul@exemple.fr"}, "groups": []string{c.group}},
		{"civility": "Mme", "first": "Odile", "last": "Courrier", "paper": true, "addresses": []string{"odile@exemple.fr"}},
		{"first": "Luc", "last": "Second", "substitute_of": jean, "addresses": []string{"luc@exemple.fr"}, "groups": []string{c.group}},
		{"name": "MARTIN Jean", "phone": "06 00 00 00 00", "addresses": []string{"maire@exemple.fr"}},
	} {
		c.api("POST", "/api/contacts", one)
	}
}

// value puts a text in a field in place of what is there.
func (b *tab) value(css, text string) {
	b.t.Helper()
	ask[bool](b, fmt.Sprintf(`(document.querySelector(%q).value = %q, true)`, css, text))
}

// The directory on a phone and on a desk, light and dark: axe-core finds nothing.
func TestDirectoryIsAccessible(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	people(c)
	b := newTab(t)
	b.signIn(c.origin)
	b.see(c.origin + "/contacts.html?sort=rank")
	b.await("1 à 11 sur 11")
	b.shown("annuaire-contacts")
	b.click("tbody tr:first-child [data-act=edit]")
	b.opened("#contact-dialog")
	b.await("Suppléant : Luc Second")
	b.shown("annuaire-contact")
	b.see(c.origin + "/doublons.html")
	b.await("Même nom")
	b.shown("annuaire-doublons")
	b.click("[data-act=merge]")
	b.opened("#merge-dialog")
	b.shown("annuaire-fusion")
	b.see(c.origin + "/groupes.html")
	b.await("dont 6 en exercice")
	b.shown("annuaire-groupes")
}

// A secretary keeps her directory: she creates somebody, finds her, changes her, merges two who are one.
func TestDirectoryInABrowser(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	people(c)
	b := newTab(t)
	b.signIn(c.origin)

	b.see(c.origin + "/contacts.html")
	b.await("1 à 11 sur 11")
	b.click("#new-contact")
	b.opened("#contact-dialog")
	b.write("#contact-first", "Nadia")
	b.write("#contact-last", "Évrard")
	b.write("#contact-addresses", "Nadia@Exemple.fr")
	b.click("#contact-council summary")
	b.write("#contact-rank", "trois")
	b.click("#contact-save")
	b.await("Le rang est un nombre")
	b.value("#contact-rank", "3")
	b.write("#contact-titular", "zoé")
	b.do("waiting for proposals", chromedp.WaitReady(chromedp.CSS("#titulars option")))
	b.value("#contact-titular", "Zoé Lefèvre (zoe@exemple.fr)") // the list of a datalist is the browser's own
	b.click("#contact-save")
	b.await("ÉVRARD Nadia")
	b.await("n° 3 du tableau · suppléant de Zoé Lefèvre")
	b.write("#search", "evr")
	b.await("1 à 1 sur 1")
	if got := ask[string](b, "location.search"); got != "?q=evr" {
		t.Errorf("the address holds %q: a page that is loaded again would show something else", got)
	}
	b.click("[data-act=edit]")
	b.opened("#contact-dialog")
	b.click("#contact-active")
	b.click("#contact-save")
	b.await("Plus en fonction")
	b.see(c.origin + "/contacts.html?state=inactive")
	b.await("1 à 2 sur 2")
	b.narrow("the contacts", 320)

	b.see(c.origin + "/doublons.html")
	b.await("Même nom")
	b.click("[data-act=merge]")
	b.await("Ne sera pas gardé. Téléphone : 06 00 00 00 00")
	b.click("#merge-confirm")
	b.await("fusionnés")
	b.await("Aucun doublon trouvé")
	b.see(c.origin + "/contacts.html?q=jean+martin")
	b.await("1 à 1 sur 1")
	b.await("maire@exemple.fr")

	b.see(c.origin + "/groupes.html")
	b.await("NON")
	b.click("[data-act=share]")
	b.await("OUI")
	b.see(c.origin + "/groupes.html")
	b.await("OUI")
}

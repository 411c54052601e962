package main

import (
	"strings"
	"testing"
	"time"
)

// enters passes the first page with the password.
func (b *tab) enters(c *council, link, then string) {
	b.t.Helper()
	b.see(link)
	b.write("#password", spoken)
	b.open(c.clock)
	b.await(then)
}

// Links that were copied badly, locked, closed or kept too long: every page says what happened and whom to call.
func TestLinksThatDoNotOpenWithoutScripts(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	e := newTab(t)
	e.noScript()
	anne, elisabeth := c.link("anne@"), c.link("elisabeth")

	e.see(anne + "x")
	e.await("Ce lien ne fonctionne pas")
	e.examined("perdu-lien-faux")
	e.see(c.origin + "/c/")
	e.examined("perdu-page-inconnue")

	e.see(elisabeth)
	c.clock.later(25 * time.Hour)
	e.write("#password", spoken)
	e.click("form button.first")
	e.await("Cette page était ouverte depuis longtemps")
	e.examined("perdu-onglet-ancien")
	for range 5 {
		e.write("#password", "le chêne")
		e.turns(func() { e.open(c.clock) })
	}
	e.await("Trop de mots de passe erronés")
	e.examined("perdu-verrou")
	e.see(elisabeth)
	e.examined("perdu-verrou-revenu")

	c.signsIn()
	c.closes("Élisabeth de La Rochefoucauld-Montmorency")
	e.see(elisabeth)
	e.await("Ce lien a été fermé")
	e.examined("perdu-lien-ferme")

	c.clock.later(100 * 24 * time.Hour)
	e.see(anne)
	e.await("Ce lien a expiré")
	e.examined("perdu-lien-expire")
	e.press("Recevoir un nouveau lien")
	e.await("Un nouveau courriel vient de partir")
	e.await("a•••@exemple.fr")
	e.examined("perdu-nouveau-lien")
}

// Whoever only gets a copy, holds a proxy, has answered on the telephone, or comes too late.
func TestOtherWaysThanTheUsualOneWithoutScripts(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	c.tells("Anne Dupont", "proxy", "Bruno Petit")
	e := newTab(t)
	e.noScript()

	e.enters(c, c.link("prefecture@"), "aucune réponse n’est attendue de vous")
	e.examined("autre-copie")
	anne := c.link("anne@")
	e.enters(c, anne, "Réponse enregistrée par le secrétariat")
	e.examined("autre-au-telephone")
	e.see(anne + "/merci")
	e.await("Votre réponse est enregistrée")
	e.examined("autre-au-telephone-merci")

	bruno := c.link("bruno@")
	e.enters(c, bruno, "Vous avez reçu le pouvoir d’Anne Dupont")
	e.examined("autre-mandataire")
	e.see(bruno + "/verifier")
	e.examined("autre-rien-a-verifier")
	e.see(bruno + "/documents")
	e.choose("#file", file(t, "enorme.pdf", "%PDF-1.4 "+strings.Repeat("x", 10<<20)))
	e.press("Joindre ce document")
	e.await("Ce document est trop lourd")
	e.examined("autre-document-trop-lourd")
	e.see(bruno + "/documents")
	e.choose("#file", file(t, "programme.pdf", "MZ ce n’est pas un PDF"))
	e.press("Joindre ce document")
	e.await("Non joint.")
	e.examined("autre-document-refuse")

	c.clock.later(c.at.Add(-time.Hour).Sub(c.clock.now()))
	e.enters(c, bruno, "Vous avez reçu le pouvoir d’Anne Dupont")
	e.press("Je serai présent(e)")
	c.clock.later(2 * time.Hour)
	e.press("Enregistrer ma réponse")
	e.await("Appelez le secrétariat pour répondre")
	e.examined("autre-trop-tard")
	e.press("Revenir à la convocation")
	e.await("il n’est plus possible de répondre ici")
	e.examined("autre-lire-clos")
}

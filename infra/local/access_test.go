package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// The test collectivité's first administrator, who is its opérateur too.
const (
	firstLogin    = "mairie"
	firstPassword = "les tilleuls de la place"
)

// installation is a machine that has its first administrator.
func installation(t *testing.T) *demonstration {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser")
	}
	d := &demonstration{}
	o, err := parse([]string{"-addr", "127.0.0.1:0", "-data", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log = d.now, rand.Reader, &d.log
	if d.machine, err = start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, d.machine) })
	return d
}

// accept fills in the page of the first start.
func (b *tab) accept(m *machine) {
	b.t.Helper()
	b.see(m.origin + "/bienvenue.html#" + m.invite)
	b.do("waiting for the form", chromedp.WaitVisible(chromedp.CSS("#invitation-form")))
	for id, text := range map[string]string{
		"collectivity-name": "Syndicat du Vexin", "siren": "000000000", "mail": "syndicat@exemple.fr", "name": "Claire Bon",
		"login": firstLogin, "password": firstPassword, "password-again": firstPassword,
	} {
		b.write("#"+id, text)
	}
	b.click("#accept-invitation")
	b.await("Nouvelle convocation")
}

func (b *tab) enter(origin, login, password string) {
	b.t.Helper()
	b.see(origin + "/")
	b.write("#login", login)
	b.write("#password", password)
	b.click("#sign-in")
}

// mailed waits for the newest of so many mails, and gives its link.
func (d *demonstration) mailed(t *testing.T, n int, address string) string {
	t.Helper()
	waitFor(t, fmt.Sprint(n, " mails"), func() bool { list, err := d.inbox.List(); return err == nil && len(list) == n })
	return linkTo(t, d.machine, address)
}

// From the first start to a user of two collectivités: the screens of whoever keeps the installation, and of whoever is
// invited; axe-core finds nothing.
func TestCollectivitiesInABrowser(t *testing.T) {
	t.Parallel()
	m := installation(t)
	b := newTab(t)
	b.accept(m.machine)

	b.press("Installation")
	b.await("Syndicat du Vexin")
	b.click("#create")
	b.opened("#create-dialog")
	b.write("#name", "Commune de Boisemont")
	b.write("#siren", "212 700 017")
	b.shown("installation-nouvelle")
	b.click("#create-save")
	b.opened("#invite-dialog")
	b.write("#guest-name", "Jean Martin")
	b.write("#guest-mail", "jean@boisemont.fr")
	b.shown("installation-inviter")
	b.click("#invite-send")
	b.await("Invitation envoyée à Jean Martin")
	b.shown("installation")
	link := m.mailed(t, 1, "jean@boisemont.fr")

	b.press("Réglages")
	b.await("Utilisateurs")
	b.write("#sender", "Le syndicat")
	b.click("#save-settings")
	b.await("Réglages enregistrés")
	b.click("#invite")
	b.opened("#invite-dialog")
	b.write("#guest-name", "Jean Martin")
	b.write("#guest-mail", "jean-martin@exemple.fr")
	b.shown("reglages-inviter")
	b.click("#invite-send")
	b.await("Invitations en attente")
	b.shown("reglages")
	second := m.mailed(t, 2, "jean-martin@exemple.fr")

	j := newTab(t)
	j.see(link)
	j.await("Commune de Boisemont")
	j.shown("bienvenue-invitation")
	j.write("#join-login", "jean")
	j.write("#join-password", "le marché du samedi")
	j.write("#join-again", "le marché du samedi")
	j.click("#join")
	j.await("Nouvelle convocation")
	j.await("Commune de Boisemont")
	j.see(m.origin + "/aide.html")
	j.see(second)
	j.await("Syndicat du Vexin")
	j.click("#join-existing")
	j.write("#join-login", "jean")
	j.write("#join-password", "le marché du samedi")
	j.shown("bienvenue-acces-existant")
	j.click("#join")
	j.await("Changer de collectivité")
	j.await("Syndicat du Vexin")

	// a reader of the syndicat, an administrator of the commune: each is offered what he may
	if ask[bool](j, `document.querySelector('a[href="/reglages.html"]').checkVisibility()`) {
		t.Error("a reader is offered the settings")
	}
	other := newTab(t)
	other.enter(m.origin, "jean", "le marché du samedi")
	other.await("Pour quelle collectivité travaillez-vous")
	other.await("Commune de Boisemont")
	other.shown("collectivites")
	other.press("Commune de Boisemont")
	other.await("Nouvelle convocation")
	other.see(m.origin + "/reglages.html")
	other.await("Jean Martin")

	b.see(m.origin + "/reglages.html")
	b.await("jean")
	b.press("Changer de rôle")
	b.opened("#role-dialog")
	b.shown("reglages-role")
	b.click("#role-cancel")
	b.press("Retirer")
	b.opened("#remove-dialog")
	b.shown("reglages-retirer")
	b.click("#remove-confirm")
	b.await("n’a plus accès à la collectivité")

	b.press("Journal")
	b.await("Accès retiré")
	b.await("Invitation acceptée")
	b.shown("journal")
}

// Whoever chooses another collectivité in one window is told so in the other, before anything is written there.
func TestTwoWindowsForTwoCollectivities(t *testing.T) {
	t.Parallel()
	m := installation(t)
	b := newTab(t)
	b.accept(m.machine)
	b.api("POST", "/api/installation", map[string]any{"siren": "212700017", "name": "Commune de Boisemont", "parent": "000000000"})
	b.see(m.origin + "/groupes.html")
	b.await("Changer de collectivité")
	b.click("#new-group")
	b.opened("#group-dialog")
	b.write("#group-name", "Conseil")
	b.api("POST", "/api/session/collectivity", map[string]any{"id": "212700017"})
	b.click("#group-save")
	b.await("Vous travaillez maintenant pour une autre collectivité")
	if got := b.api("GET", "/api/groups", nil)["groups"].([]any); len(got) > 0 {
		t.Errorf("the other collectivité has a group: %v", got)
	}
}

// A forgotten password, a second factor, and a session that ends while one works: signing in again in place.
func TestPasswordsAndCodesInABrowser(t *testing.T) {
	t.Parallel()
	m := installation(t)
	b := newTab(t)
	b.accept(m.machine)
	if _, err := m.tables.AccountsHandle().User(t.Context(), firstLogin); err != nil {
		t.Fatal(err)
	}

	f := newTab(t)
	f.see(m.origin + "/")
	f.press("Réinitialiser mon mot de passe")
	f.write("#login", firstLogin)
	f.shown("mot-de-passe-demander")
	f.click("#ask")
	f.await("Regardez votre messagerie")
	f.shown("mot-de-passe-demande")
	link := m.mailed(t, 1, "syndicat@exemple.fr")
	f.see(link)
	f.do("waiting for the form", chromedp.WaitVisible(chromedp.CSS("#reset-form")))
	const password = "les platanes du canal"
	f.write("#password", password)
	f.write("#password-again", password+"!")
	f.click("#reset")
	f.await("ne sont pas les mêmes")
	f.shown("mot-de-passe-nouveau")
	f.do("correcting", chromedp.SetValue(chromedp.CSS("#password-again"), password))
	f.click("#reset")
	f.await("Votre mot de passe a changé")
	f.shown("mot-de-passe-change")
	f.see(m.origin + "/aide.html")
	f.see(link)
	f.await("Ce lien a déjà servi")
	f.shown("mot-de-passe-deja-servi")

	f.enter(m.origin, firstLogin, password)
	f.await("Nouvelle convocation")
	f.press("Mon compte")
	f.do("waiting for the form", chromedp.WaitVisible(chromedp.CSS("#begin-factor")))
	f.shown("compte")
	if got := ask[string](f, `document.querySelector('#mail').value`); got != "syndicat@exemple.fr" {
		t.Errorf("the address is %q", got)
	}
	f.do("another address", chromedp.SetValue(chromedp.CSS("#mail"), "claire@exemple.fr"))
	f.write("#mail-present", password)
	f.click("#change-mail")
	f.await("Votre adresse a changé")
	f.write("#factor-password", password)
	f.click("#begin-factor")
	f.do("waiting for the secret", chromedp.WaitVisible(chromedp.CSS("#confirm-factor")))
	f.shown("compte-activer")
	if wide := ask[float64](f, `document.querySelector('#factor-picture').naturalWidth`); wide != 240 {
		t.Errorf("the picture is %v pixels wide", wide)
	}
	secret := strings.ReplaceAll(ask[string](f, `document.querySelector('#factor-secret').textContent`), " ", "")
	code := func() string { return must(totp.GenerateCode(secret, m.now())) }
	f.write("#code", code())
	f.click("#confirm-factor")
	f.await("La double authentification est activée")
	f.shown("compte-active")

	m.later(time.Minute)
	f.see(m.origin + "/groupes.html")
	f.await("Aucun groupe")
	m.later(31 * time.Minute) // the session ends
	f.click("#new-group")
	f.write("#group-name", "Conseil")
	f.click("#group-save")
	f.opened("#again")
	f.write("#again-password", password)
	f.click("#again-sign-in")
	f.do("waiting for the code's field", chromedp.WaitVisible(chromedp.CSS("#again-code")))
	f.write("#again-code", code())
	f.click("#again-sign-in")
	f.await("Groupe « Conseil » créé")

	g := newTab(t)
	g.enter(m.origin, firstLogin, password)
	g.do("waiting for the code's field", chromedp.WaitVisible(chromedp.CSS("#code")))
	g.shown("bureau-connexion-code")
	g.write("#code", "000000")
	g.click("#sign-in")
	g.await("Ce code n’est pas le bon")
	m.later(time.Minute)
	g.do("correcting", chromedp.SetValue(chromedp.CSS("#code"), code()))
	g.click("#sign-in")
	g.await("Nouvelle convocation")
	g.see(m.origin + "/compte.html")
	g.do("waiting for the page", chromedp.WaitVisible(chromedp.CSS("#factor-on")))
	g.click("#everywhere")
	g.await("Convoquez vos élus")
	f.see(m.origin + "/groupes.html")
	f.opened("#again")
}

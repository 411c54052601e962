package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// undoable starts the demonstration as it is in use: « Envoyer » can be taken back for a while.
func undoable(t *testing.T, change func(*options)) *demonstration {
	t.Helper()
	return demoWith(t, func(o *options) {
		o.Undo = undo
		if change != nil {
			change(o)
		}
	})
}

// pressSend presses « Envoyer » twice: in the page, and in the dialog.
func (b *tab) pressSend() {
	b.t.Helper()
	b.click("#send")
	b.opened("#send-dialog")
	b.await("partir")
	b.click("#send-confirm")
}

// « Envoyer » is taken back within its seconds: the draft is there again, whole, and no mail has left.
func TestSendingIsTakenBackInABrowser(t *testing.T) {
	t.Parallel()
	m := undoable(t, nil)
	b := newTab(t)
	b.signIn(m.origin)
	path := b.draft("Commission des finances", "anne@exemple.fr", "bruno@exemple.fr")
	b.see(m.origin + "/composer.html?id=" + id(path))
	b.await("2 personnes")
	b.write("#message", " et à bientôt")
	b.pressSend()
	b.await("Envoi dans ")
	b.await("Aucun courriel n’est encore parti.")
	if got := ask[string](b, `document.activeElement.id`); got != "sending" {
		t.Errorf("the focus is on #%s: the button is far from the keyboard", got)
	}
	b.shown("envoi-annulable")
	b.do("the next button", chromedp.KeyEvent("\t"))
	if got := ask[string](b, `document.activeElement.id`); got != "undo" {
		t.Fatalf("the keyboard comes to #%s", got)
	}
	b.turns(func() { b.do("pressing it", chromedp.KeyEvent("\r")) })
	b.await("L’envoi est annulé")
	if got := ask[string](b, `document.querySelector('#message').value`); got != "Bonjour et à bientôt" {
		t.Errorf("the draft holds %q", got)
	}
	m.clock.later(time.Hour)
	b.see(m.origin + "/convocations.html")
	b.await("Brouillon")
	if list, err := m.inbox.List(); err != nil || len(list) > 0 {
		t.Errorf("%d mails have left, error %v", len(list), err)
	}
}

// A sending that is planned: in the dialog with its forecast, in the follow-up and in the list, until it is taken back.
func TestSendingIsPlannedInABrowser(t *testing.T) {
	t.Parallel()
	m := undoable(t, func(o *options) { o.Rate = 0.01 })
	b := newTab(t)
	b.signIn(m.origin)
	first := b.draft("Essai", "anne@exemple.fr")
	b.api("POST", first+"/send", map[string]any{"version": 2})
	m.clock.later(undo) // the pace is known from the first sending on
	var to []string
	for n := range 29 {
		to = append(to, fmt.Sprintf("conseil%d@exemple.fr", n))
	}
	path := b.draft("Commission des finances", to...)
	waitFor(t, "the pace of the mail service", func() bool {
		f := b.api("GET", path+"/forecast", nil)
		return f["ends"] != f["begins"]
	})
	b.see(m.origin + "/composer.html?id=" + id(path))
	b.await("29 personnes")
	b.click("#send")
	b.opened("#send-dialog")
	b.await("29 courriels partiront maintenant ; le dernier ")
	b.shown("composer-maintenant")
	b.click("#send-later")
	b.await("29 courriels partiront le ")
	b.shown("composer-programmer")
	b.click("#send-date")
	ask[bool](b, `((it) => { it.value = '2020-01-01'; return it.dispatchEvent(new Event('input', { bubbles: true })) })(document.querySelector('#send-date'))`)
	b.await("L’envoi ne peut pas être programmé pour ce moment")
	b.shown("composer-programmer-passe")
	day := now().AddDate(0, 0, 3).Format("2006-01-02")
	ask[bool](b, `((it) => { it.value = '`+day+`'; return it.dispatchEvent(new Event('input', { bubbles: true })) })(document.querySelector('#send-date'))`)
	b.await("29 courriels partiront le ")
	b.click("#send-confirm")
	b.await("Programmée pour le ")
	b.await("9 h 00")
	b.shown("suivi-programmee")
	b.see(m.origin + "/convocations.html")
	b.await("Programmée pour le ")
	b.shown("bureau-convocations-programmee")
	b.see(m.origin + "/suivi.html?id=" + id(path))
	b.await("Annuler l’envoi programmé")
	b.turns(func() { b.click("#recall") })
	b.await("L’envoi est annulé")
	b.await("29 personnes")
}

// A sending that runs, slowly: how far it has come without loading the page again, suspended, resumed, cancelled.
func TestSendingIsSteeredInABrowser(t *testing.T) {
	t.Parallel()
	m := demoWith(t, func(o *options) { o.Rate = 0.5 })
	b := newTab(t)
	b.signIn(m.origin)
	var to []string
	for n := range 40 {
		to = append(to, fmt.Sprintf("conseil%d@exemple.fr", n))
	}
	path := b.draft("Commission des finances", to...)
	b.see(m.origin + "/composer.html?id=" + id(path))
	b.await("40 personnes")
	b.pressSend()
	b.await("sur 40")
	loaded := ask[float64](b, `performance.timeOrigin`)
	waitFor(t, "mails that leave", func() bool {
		return ask[bool](b, `Number(document.querySelector('#sending-bar').value) > 1`)
	})
	b.await("Vous pouvez quitter cette page")
	b.shown("suivi-en-cours")
	b.click("#pause")
	b.await("Envoi suspendu le ")
	b.shown("suivi-suspendu")
	b.click("#resume")
	b.await("L’envoi reprend dans la minute.")
	b.click("#cancel")
	b.opened("#cancel-dialog")
	b.await("ne sont pas encore partis et ne partiront pas")
	b.shown("suivi-annuler")
	b.click("#cancel-confirm")
	b.await("L’annulation prend effet dans la minute")
	m.clock.later(time.Minute)
	b.await("Envoi annulé le ")
	b.await("n’ont reçu aucun courriel")
	b.await("L’envoi a été annulé avant que le courriel ne parte.")
	b.shown("suivi-annule")
	if ask[float64](b, `performance.timeOrigin`) != loaded {
		t.Error("the page was loaded again")
	}
}

// Reminders: those who have not answered, chosen ones, and the one that was planned.
func TestRemindersInABrowser(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	c.clock.later(time.Minute) // what comes sooner is a double click
	b := newTab(t)
	b.signIn(c.origin)
	b.see(c.origin + "/suivi.html?id=" + id(c.path))
	b.await("Rappeler…")
	b.click("#remind")
	b.opened("#remind-dialog")
	b.await("Les personnes qui n’ont pas répondu (3)")
	b.shown("suivi-rappeler")
	b.click("#remind-confirm")
	b.await("3 rappels partent.")
	waitFor(t, "the page knows of the reminders", func() bool {
		return ask[bool](b, `document.querySelector('#recipients [data-text=sendings]').textContent === '2'`)
	})
	b.click("#recipients [data-act=select]")
	b.await("1 destinataire sélectionné")
	b.shown("suivi-selection")
	b.click("#remind-selection")
	b.opened("#remind-dialog")
	b.await("Personne ne peut être rappelé")
	b.await("1 personne a été rappelée il y a moins de 4 heures.")
	b.shown("suivi-rappeler-personne")
	b.click("#remind-dialog button")
	b.click("#clear-selection")
	waitFor(t, "the reminders", func() bool { list, err := c.inbox.List(); return err == nil && len(list) == 9 })
	b.click("[data-act=details]")
	b.opened("#person-dialog")
	b.await("Dernier rappel")
	b.shown("suivi-personne-rappelee")
}

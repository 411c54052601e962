package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	m := demoWith(t, func(o *options) { o.Rate = 0.2 })
	b := newTab(t)
	b.signIn(m.origin)
	var to []string
	for n := range 12 {
		to = append(to, fmt.Sprintf("conseil%d@exemple.fr", n))
	}
	path := b.draft("Commission des finances", to...)
	b.see(m.origin + "/composer.html?id=" + id(path))
	b.await("12 personnes")
	b.pressSend()
	b.await("sur 12")
	loaded := ask[float64](b, `performance.timeOrigin`)
	waitFor(t, "mails that leave", func() bool {
		return ask[bool](b, `Number(document.querySelector('#sending-bar').value) > 0`)
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
	waitFor(t, "the reminders", func() bool { list, err := c.inbox.List(); return err == nil && len(list) == 9 })
	b.see(c.origin + "/suivi.html?id=" + id(c.path))
	b.await("Anne Dupont")
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
	b.click("[data-act=details]")
	b.opened("#person-dialog")
	b.await("Dernier rappel")
	b.shown("suivi-personne-rappelee")
}

// A reminder that was planned leaves once, at 9:00 of the collectivité's own clock, to who has not answered.
func TestPlannedReminderLeavesAtNine(t *testing.T) {
	t.Parallel()
	m := demo(t)
	w := &town{machine: m.machine, t: t, client: cookieClient(t)}
	w.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	until := now().In(paris).AddDate(0, 0, 5)
	path := "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	w.api("PUT", path, map[string]any{
		"version": 1, "subject": "Commission", "message": "", "cc": []any{map[string]any{"kind": "address", "address": "copie@exemple.fr"}}, "bcc": []any{},
		"to": []any{map[string]any{"kind": "address", "address": "anne@exemple.fr"}}, "replies_until": until.Format("2006-01-02") + "T18:30", "remind_days": 2,
	})
	w.api("POST", path+"/send", map[string]any{"version": 2})
	mails := func() []string {
		list, err := m.inbox.List()
		if err != nil {
			t.Fatal(err)
		}
		var reminders []string
		for _, f := range list {
			if raw, err := m.inbox.Read(f.Name); err == nil && strings.Contains(string(raw), "RAPPEL") {
				reminders = append(reminders, string(raw))
			}
		}
		return append(reminders, make([]string, len(list)-len(reminders))...) // reminders first
	}
	waitFor(t, "the convocation", func() bool { return len(mails()) == 2 })
	day := until.AddDate(0, 0, -2)
	nine := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, paris)
	if got := w.api("GET", path+"/follow", nil)["sending"].(map[string]any)["reminds_at"]; got != nine.UTC().Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("planned for %v, want %v", got, nine)
	}
	m.clock.later(nine.Add(-time.Minute).Sub(m.clock.now()))
	w.passes(m)
	if got := len(mails()); got != 2 {
		t.Errorf("%d mails a minute before, want 2", got)
	}
	m.clock.later(2 * time.Minute)
	waitFor(t, "the reminder", func() bool { return len(mails()) == 3 })
	m.clock.later(5 * time.Hour)
	w.passes(m)
	all := mails()
	if len(all) != 3 || !strings.Contains(all[0], "anne@exemple.fr") {
		t.Errorf("%d mails, want the convocation twice and one reminder for Anne", len(all))
	}
}

// passes waits until all that is due by now has been looked at: the machine looks by itself, each second.
func (w *town) passes(m *demonstration) {
	w.t.Helper()
	for range 2 { // the second sees what the first one made
		if err := m.sweeper.Pass(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// What nobody knows after a backup was put back: the panel says what to do, and takes what she decides.
func TestWhatNobodyKnowsInABrowser(t *testing.T) {
	t.Parallel()
	m := demoWith(t, func(o *options) { o.Rate = 0.01 })
	b := newTab(t)
	b.signIn(m.origin)
	path := b.draft("Commission des finances", "Anne Dupont <anne@exemple.fr>", "Bruno Petit <bruno@exemple.fr>", "Claire Roy <claire@exemple.fr>")
	b.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(t, "a mail", func() bool { list, err := m.inbox.List(); return err == nil && len(list) == 1 })
	o := m.options
	if err := m.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.Data, placeName)); err != nil {
		t.Fatal(err)
	}
	o.Rate = 0
	again, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	m.machine = again
	b.signIn(m.origin)
	waitFor(t, "what nobody knows", func() bool {
		return b.api("GET", path+"/follow", nil)["counts"].(map[string]any)["review"] == 2.0
	})
	m.clock.later(time.Minute)
	b.see(m.origin + "/suivi.html?id=" + id(path))
	b.await("2 À vérifier")
	b.click("#counters li[data-key=review] button")
	b.await("2 sur 3 personnes")
	b.shown("suivi-a-verifier")
	b.click("[data-act=details]")
	b.opened("#person-dialog")
	b.await("Demandez à cette personne si elle l’a reçu.")
	b.shown("suivi-a-verifier-personne")
	b.click("#person-vouch")
	b.opened("#vouch-dialog")
	b.shown("suivi-a-verifier-confirmer")
	b.click("#vouch-confirm")
	b.await("C’est noté : le courriel est arrivé.")
	b.await("Arrivée confirmée par le secrétariat")
	b.click("#person-close")
	b.await("1 sur 3 personnes")
	b.click("[data-act=resend]:not([hidden])")
	b.opened("#resend-dialog")
	b.await("Au pire, cette personne le recevra deux fois.")
	b.click("#resend-confirm")
	b.await("1 courriel part à nouveau.")
}

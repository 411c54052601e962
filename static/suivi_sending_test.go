package static_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
)

// sendingOf changes what is under way of a convocation.
func sendingOf(follow object, differs object) { maps.Copy(follow["sending"].(object), differs) }

func countsOf(follow object, differs object) { maps.Copy(follow["counts"].(object), differs) }

// What is under way in words, with the buttons that make sense.
func TestWhatIsUnderWayInWords(t *testing.T) {
	anne, bruno, claire := convened("Anne Dupont", nil), convened("Bruno Petit", nil), convened("Claire Roy", nil)
	never := object{"state": "failed", "reason": "L’envoi a été annulé avant que le courriel ne parte.", "first_sent_at": "", "last_sent_at": "", "sendings": 0}
	server := follower{follow: convocation(anne, bruno, claire)}
	ctx := openFollow(t, &server)
	if evaluate[bool](t, ctx, `document.querySelector('#sending').checkVisibility()`) {
		t.Error("something is said of a sending that is over")
	}
	const plannedFor = "2126-12-08T08:00:00.000Z"
	running := func() {
		server.follow["state"] = "sending"
		countsOf(server.follow, object{"transmitted": 1, "waiting": 2})
	}
	for _, c := range []struct {
		name, want string
		change     func()
	}{
		{"it is prepared", "L’envoi se prépare. Vous pouvez quitter cette page, l’envoi continue sans vous.", func() {
			server.follow["state"] = "sending"
			countsOf(server.follow, object{"recipients": 0, "transmitted": 0})
		}},
		{"it runs", "1 courriel sur 3 est parti. Vous pouvez quitter cette page, l’envoi continue sans vous. Suspendre l’envoi Annuler l’envoi", running},
		{"one came back, one failed", "2 courriels sur 3 sont partis (1 n’a pas pu partir). Vous pouvez quitter cette page, l’envoi continue sans vous.", func() {
			server.follow["state"] = "sending"
			countsOf(server.follow, object{"transmitted": 1, "returned": 1, "failed": 1})
		}},
		{"nothing leaves", "1 courriel sur 3 est parti. Vous pouvez quitter cette page, l’envoi continue sans vous. Rien ne part depuis le 01/12/2026 à 09:00. " +
			"Le compte est suspendu. L’envoi reprendra de lui-même. Suspendre l’envoi Annuler l’envoi", func() {
			running()
			sendingOf(server.follow, object{"why": "Le compte est suspendu.", "since": sentAt})
		}},
		{"it is suspended", "Envoi suspendu le 01/12/2026 à 09:00. 2 courriels attendent encore. Rien ne part tant que vous ne le reprenez pas. " +
			"Reprendre l’envoi Annuler l’envoi", func() { running(); sendingOf(server.follow, object{"paused_at": sentAt}) }},
		{"it is suspended, and nobody waits", "Envoi suspendu le 01/12/2026 à 09:00. Rien n’attend en ce moment. Rien ne part tant que vous ne le reprenez pas. Reprendre l’envoi",
			func() { sendingOf(server.follow, object{"paused_at": sentAt}) }},
		{"a reminder runs", "Envoi en cours : 2 courriels attendent encore. Vous pouvez quitter cette page, l’envoi continue sans vous. Suspendre l’envoi Annuler l’envoi",
			func() { countsOf(server.follow, object{"waiting": 2}) }},
		{"it is being cancelled", "1 courriel sur 3 est parti. L’annulation prend effet dans la minute : plus aucun courriel ne part.",
			func() { running(); sendingOf(server.follow, object{"cancelled_at": sentAt}) }},
		{"it was cancelled", "Envoi annulé le 01/12/2026 à 09:00. 2 personnes n’ont reçu aucun courriel. Pour les convoquer, envoyez-leur la convocation : " +
			"l’heure de cet envoi comptera. Envoyer à ces personnes", func() {
			maps.Copy(bruno, never)
			maps.Copy(claire, never)
			countsOf(server.follow, object{"failed": 2})
			sendingOf(server.follow, object{"cancelled_at": sentAt})
		}},
		{"it is planned", "Programmée pour le dimanche 8 décembre 2126 à 9 h 00. Vous pouvez quitter cette page, l’envoi se fera sans vous. Annuler l’envoi programmé", func() {
			server.follow["state"] = "planned"
			sendingOf(server.follow, object{"planned_for": plannedFor})
		}},
	} {
		server.set(func() {
			server.follow = convocation(anne, bruno, claire)
			c.change()
		})
		lookAgain(t, ctx)
		said := fmt.Sprintf(`document.querySelector('#sending').innerText.replace(/\s+/g, ' ').trim() === %q`, c.want)
		waiting, stop := context.WithTimeout(ctx, 5*time.Second)
		if _, err := chromedp.Run(waiting, chromedp.Poll[bool](said)); err != nil {
			t.Errorf("%s: %v\ngot  %s\nwant %s", c.name, err, words(t, ctx, "#sending"), c.want)
		}
		stop()
	}
}

// What happens to a sending while she looks at it: refused, it says so and shows what is so now; a press does what it says.
func TestASendingThatHasBegunIsNotTakenBack(t *testing.T) {
	server := follower{follow: convocation(), refuse: map[string]answer{
		"recall": {http.StatusConflict, `{"code":"already_left","message":"L’envoi a commencé."}`},
	}}
	soon := time.Now().Add(40 * time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
	server.follow["state"] = "planned"
	sendingOf(server.follow, object{"planned_for": soon})
	ctx := openFollow(t, &server)
	await(t, ctx, "Envoi dans ")
	server.set(func() {
		server.follow = convocation(convened("Anne Dupont", nil))
		server.follow["state"] = "sending"
		countsOf(server.follow, object{"transmitted": 0, "waiting": 1})
	})
	do(t, ctx, chromedp.Click(chromedp.CSS("#undo")))
	await(t, ctx, "L’envoi a commencé.")
	await(t, ctx, "0 courriel sur 1 est parti.")
	if got := evaluate[string](t, ctx, `document.activeElement.id`); got != "sending" { // its button is gone
		t.Errorf("the focus is on #%s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#pause")))
	await(t, ctx, "L’envoi est suspendu.")
	if got := server.body("pause"); got != "{}" {
		t.Errorf("sent %q", got)
	}
}

// A computer whose clock is wrong counts the same seconds: those of the server.
func TestTheCountdownIsOfTheServersClock(t *testing.T) {
	ctx, _ := browse(t, "/aide.html")
	got := evaluate[float64](t, ctx, `await from('api.js').then(async (m) => {
		const real = Date.now; Date.now = () => real() - 600_000;
		await m.get('/api/session', { anonymous: true }).catch(() => null);
		const away = m.serverNow() - real(); Date.now = real; return away })`)
	if got < -2000 || got > 2000 {
		t.Errorf("%v ms away", got)
	}
}

// Who is reminded, who is not, and why.
func TestRemindersInWords(t *testing.T) {
	lately := time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	anne := convened("Anne Dupont", nil)
	bruno := convened("Bruno Petit", object{"can_remind": false, "reminded_at": lately, "read_at": replyAt})
	claire := convened("Claire Roy", object{"can_remind": false, "reached_at": "", "state": "returned", "reason": "L’adresse n’existe pas."})
	denis := convened("Denis Martin", replied("present", ""))
	denis["can_remind"] = false
	server := follower{follow: convocation(anne, bruno, claire, denis)}
	sendingOf(server.follow, object{"reminds_at": "2026-12-08T08:00:00.000Z"})
	ctx := openFollow(t, &server)
	await(t, ctx, "Rappel prévu à qui n’aura pas répondu : mardi 8 décembre 2026 à 9 h 00.")
	do(t, ctx, chromedp.Click(chromedp.CSS("#remind")))
	await(t, ctx, "1 rappel partira. 1 personne a été rappelée il y a moins de 4 heures. 1 personne ne peut pas être rappelée : "+
		"elle a répondu, ou la convocation ne lui est pas parvenue. Envoyez-la-lui à nouveau.")
	await(t, ctx, "Les personnes qui n’ont pas répondu (3)")
	do(t, ctx, chromedp.Click(chromedp.CSS("#remind-unread")))
	await(t, ctx, "Les personnes qui n’ont pas ouvert (2)")
	do(t, ctx, chromedp.Click(chromedp.CSS("#remind-confirm")))
	await(t, ctx, "1 rappel part. 1 personne ne peut pas être rappelée")
	if got := server.body("remind"); got != `{"who":"unread"}` {
		t.Errorf("sent %s", got)
	}

	do(t, ctx, chromedp.Click(chromedp.CSS("thead [data-act=select-all]")))
	await(t, ctx, "4 destinataires sélectionnés")
	do(t, ctx, chromedp.Click(chromedp.CSS("#remind-selection")))
	await(t, ctx, "Rappeler la convocation à 1 personne ?")
	do(t, ctx, chromedp.Click(chromedp.CSS("#remind-confirm")))
	await(t, ctx, "1 rappel part.")
	if got := server.body("remind"); got != `{"recipients":["rcp_anne"]}` {
		t.Errorf("sent %s", got)
	}
	if evaluate[bool](t, ctx, `document.querySelector('#selection').checkVisibility() || document.querySelector('#recipients input:checked') !== null`) {
		t.Error("what was done is still selected")
	}
}

// What nobody knows is decided by her; an address that is blocked is unblocked.
func TestWhatOnlySheCanDecide(t *testing.T) {
	anne := convened("Anne Dupont", object{
		"state": "review", "can_vouch": true, "tries": 3, "sendings": 0, "first_sent_at": "", "last_sent_at": "", "reached_at": "",
		"reason": "Une sauvegarde a été remise en place : on ne sait pas si le courriel est parti.",
	})
	bruno := convened("Bruno Petit", object{
		"state": "returned", "blocked": true, "reason": "Le service n’y écrit plus.", "returned_at": "2026-12-01T08:01:00.000Z",
		"delayed_at": "2026-12-01T08:00:30.000Z",
	})
	server := follower{follow: convocation(anne, bruno)}
	server.follow["meeting"] = council([]object{anne, bruno}, object{"last": "2020-01-01T22:59:59.000Z"})
	ctx := openFollow(t, &server)
	do(t, ctx, chromedp.Click(chromedp.CSS(row("rcp_anne")+" [data-act=details]")))
	await(t, ctx, "Courriel À vérifier. Une sauvegarde a été remise en place")
	await(t, ctx, "Tentatives 3, dont 0 acceptée par le serveur")
	do(t, ctx, chromedp.Click(chromedp.CSS("#person-vouch")))
	await(t, ctx, "Le courriel est-il arrivé chez Anne Dupont ?")
	await(t, ctx, "Le dernier envoi légal était le mercredi 1er janvier 2020 à 23 h 59")
	server.set(func() {
		maps.Copy(anne, object{"state": "sent", "can_vouch": false, "reason": "", "vouched_at": "2026-12-02T08:00:00.000Z"})
	})
	do(t, ctx, chromedp.Click(chromedp.CSS("#vouch-confirm")))
	await(t, ctx, "C’est noté : le courriel est arrivé.")
	await(t, ctx, "02/12/2026 à 09:00:00 Arrivée confirmée par le secrétariat")
	if got := evaluate[string](t, ctx, `document.activeElement.id`); got != "person-title" { // its button is gone
		t.Errorf("the focus is on #%s", got)
	}

	do(t, ctx, chromedp.Click(chromedp.CSS("#person-close")), chromedp.Click(chromedp.CSS(row("rcp_bruno")+" [data-act=details]")))
	await(t, ctx, "01/12/2026 à 09:00:30 Livraison retardée 01/12/2026 à 09:01:00 Courriel revenu Le service n’y écrit plus.")
	examine(t, ctx, "an address that is blocked")
	do(t, ctx, chromedp.Click(chromedp.CSS("#person-unblock")))
	await(t, ctx, "Débloquer bruno@exemple.fr ?")
	examine(t, ctx, "unblocking it")
	do(t, ctx, chromedp.Click(chromedp.CSS("#unblock-confirm")))
	await(t, ctx, "L’adresse est débloquée : un courriel part.")
}

// Of a large convocation the rest comes when it is asked for, and nothing is counted that was not.
func TestLargeConvocationsComeInParts(t *testing.T) {
	anne, bruno := convened("Anne Dupont", nil), convened("Bruno Petit", nil)
	server := follower{follow: convocation(anne)}
	server.follow["next"], server.follow["counted_at"] = "suite", sentAt
	countsOf(server.follow, object{"recipients": 2})
	ctx := openFollow(t, &server)
	await(t, ctx, "1 sur 2 personnes")
	await(t, ctx, "Les totaux sont ceux de 09:00")
	do(t, ctx, chromedp.Click(chromedp.CSS("#resend-unread")))
	await(t, ctx, "Envoyer à nouveau à toutes les personnes qui n’ont pas ouvert ?")
	do(t, ctx, chromedp.Click(chromedp.CSS("#resend-dialog button")))
	server.part = object{"recipients": []object{bruno}, "next": ""}
	do(t, ctx, chromedp.Click(chromedp.CSS("#more")))
	await(t, ctx, "Bruno Petit")
	if got := words(t, ctx, "#range"); got != "2 personnes" {
		t.Errorf("shown: %s", got)
	}
	lookAgain(t, ctx)
	await(t, ctx, "Bruno Petit")
	if evaluate[bool](t, ctx, `document.querySelector('#more').checkVisibility()`) {
		t.Error("more is offered than there is")
	}
}

// examine checks the page as it is, on a phone and on a desk, by day and by night.
func examine(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 1280} {
			do(t, ctx, chromedp.EmulateViewport(width, 800))
			evaluate[bool](t, ctx, `(document.getAnimations().forEach((it) => it.finish()), true)`) // colours on their way
			found, err := browser.Axe(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				t.Errorf("%s, %s, %d pixels: %s", what, scheme, width, v)
			}
		}
	}
}

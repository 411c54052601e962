package static_test

import (
	"fmt"
	"net/http"

	"github.com/chromedp/chromedp"
)

func seanceIsWritten(c *composer) {
	c.run("a draft is a plain mail until a séance is chosen", written(nil), func(c *composer) {
		if c.see(shows("#meeting-fields")) || !c.see(`document.querySelector('#kind-mail').checked`) {
			c.t.Error("shows a séance")
		}
		c.click("#kind-meeting")
		body := c.saved("meeting.assembly", "asm_1")
		want := meeting(fields{"at": "", "agenda": []any{}})
		delete(want, "assembly_name")
		c.diff("the only assembly, with its usual place and signatory", any(want), body["meeting"])
		c.has("#delay", "dès que la date et l’heure seront connues")

		c.write("#meeting-date", "2026-12-10")
		c.has("#delay", "Indiquez aussi l’heure : la date seule n’est pas enregistrée.")
		if c.see(leaving) {
			c.t.Error("may be left with half a date")
		}
		c.write("#meeting-time", "18:30")
		c.write("#meeting-agenda", "Budget\n\n  Voirie ")
		want["at"], want["agenda"] = "2026-12-10T18:30", []any{"Budget", "Voirie"}
		c.saved("meeting", want)
		c.has("#delay", "✓ Dans les délais. Verdict du serveur : green.")
		if !c.see(leaving) {
			c.t.Error("may not be left although all is saved")
		}
		c.click("#kind-mail")
		c.saved("meeting", nil)
		c.click("#kind-meeting")
		c.saved("meeting", want)
	})
	c.run("opening one changes nothing", written(fields{"meeting": meeting(nil), "replies_until": "2026-12-09T12:00", "link_days": 90, "has_password": true}), func(c *composer) {
		c.await("the list", shows("#edit-assembly"))
		c.click("#send")
		c.await("the dialog", shows("#send-dialog"))
		c.set(func() {
			if len(c.puts) > 0 {
				c.t.Errorf("saved %v", c.puts)
			}
		})
	})
	c.run("what the assembly allows is offered", written(nil), func(c *composer) {
		c.set(func() {
			c.assemblies = []any{assembly, fields{"id": "asm_2", "version": 1, "name": "Bureau", "body": "own", "members": 5, "group": "", "place": "Mairie", "signatory": ""}}
		})
		c.click("#kind-meeting")
		c.has("#assembly-about", "La date, le lieu et l’ordre du jour viennent ensuite.")
		c.write("#assembly", "asm_1")
		if c.see(shows("#remote")) || c.see(shows("#substitutes")) {
			c.t.Error("a conseil municipal is offered what the law does not let it have")
		}
		c.write("#meeting-signatory", "La première adjointe")
		c.write("#assembly", "asm_2")
		if !c.see(shows("#remote")) || c.see(shows("#substitutes")) {
			c.t.Error("a bureau is offered something else than à distance")
		}
		c.click("#remote")
		m := c.saved("meeting.remote", true)["meeting"].(fields)
		c.diff("place, signatory", []any{"Mairie", "La première adjointe"}, []any{m["place"], m["signatory"]})
		c.write("#assembly", "asm_1")
		c.diff("à distance of a conseil municipal", any(false), value(c.saved("meeting.assembly", "asm_1"), "meeting.remote"))
	})
}

func urgency(c *composer) {
	c.run("too late, but for urgency", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.delay = delay("red", true) })
		c.open()
		c.has("#delay", "✕ Délai dépassé. Verdict du serveur : red.")
		c.click("#urgent")
		c.set(func() { c.delay = delay("green", false) })
		c.write("#urgent-reason", "Toit effondré")
		c.has("#delay", "Motif à compléter.")
		c.has("#urgent-count", "13 caractères sur 500")
		c.saved("meeting.urgent", "Toit effondré") // too short, and kept all the same
		c.click("#send")
		c.has("#urgent-reason-error", "Écrivez un motif d’au moins 20 caractères")
		c.write("#urgent-reason", "Le toit de l’école s’est effondré")
		c.saved("meeting.urgent", "Le toit de l’école s’est effondré")
		c.has("#delay", "✓ Dans les délais.")
		if c.see(shows("#urgent-useless")) {
			c.t.Error("the urgency is said useless")
		}
		c.set(func() { c.delay.(fields)["days"] = 3 })
		c.write("#meeting-date", "2026-12-11")
		c.await("that it is useless", shows("#urgent-useless"))
		c.click("#urgent")
		c.saved("meeting.urgent", "")
	})
	c.run("too late altogether", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.delay = delay("red", false) })
		c.open()
		c.has("#delay", "Délai dépassé.")
		if c.see(shows("#urgency")) {
			c.t.Error("urgency is offered")
		}
	})
	c.run("weekends take most of it", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.delay = delay("amber", false) })
		c.open()
		c.has("#delay", "Délai court. Verdict du serveur : amber.")
	})
}

// The verdict on the screen is never of another date than the one that stands there, and does not outlive its day.
func delayIsOfNow(c *composer) {
	c.run("another date", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.has("#delay", "Dans les délais.")
		c.set(func() {
			c.refuses = func(fields) {
				panic(answer{http.StatusServiceUnavailable, `{"code":"unavailable","message":"Indisponible."}`})
			}
		})
		c.write("#meeting-date", "2026-11-26")
		c.await("a try", `document.querySelector('#saved').textContent.startsWith('Pas encore enregistré')`)
		c.has("#delay", "Calcul du délai légal…")
	})
	c.run("the last moment passes while the page is open", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.has("#delay", "Dans les délais.")
		const back = `document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`
		c.set(func() { c.asked = nil })
		c.see(back)
		c.see(`new Promise((done) => setTimeout(() => done(true), 400))`) // ten milliseconds, see quick
		c.set(func() {
			if len(c.asked) > 0 {
				c.t.Errorf("asked %v though nothing passed", c.asked)
			}
			c.delay.(fields)["last"] = "2026-01-01T22:59:59.000Z"
		})
		c.open()
		c.has("#delay", "Dans les délais.")
		c.set(func() { c.delay = delay("red", true) })
		c.see(back)
		c.has("#delay", "Délai dépassé.")
	})
}

func subjectIsProposed(c *composer) {
	c.run("and taken in one press", written(fields{"subject": "", "meeting": meeting(nil)}), func(c *composer) {
		c.has("#suggestion", "Écrire « Convocation au conseil municipal du jeudi 10 décembre 2026 »")
		c.click("#take-subject")
		c.saved("subject", "Convocation au conseil municipal du jeudi 10 décembre 2026")
		c.write("#meeting-date", "2026-12-11")
		if got := c.saved("meeting.at", "2026-12-11T18:30")["subject"]; got != "Convocation au conseil municipal du jeudi 10 décembre 2026" || c.see(shows("#suggestion")) {
			c.t.Errorf("what is written is replaced, or should be: %q", got)
		}
		for name, want := range map[string]string{
			"Conseil municipal":       "Convocation au conseil municipal du mardi 1er décembre 2026",
			"Commission des finances": "Convocation à la commission des finances du mardi 1er décembre 2026",
			"Assemblée générale":      "Convocation à l’assemblée générale du mardi 1er décembre 2026",
			"SIVOM du Bocage":         "Convocation à la séance «\u00a0SIVOM du Bocage\u00a0» du mardi 1er décembre 2026",
		} {
			got := evaluate[string](c.t, c.ctx, fmt.Sprintf(`(await from('dialogs.js')).subjectOf(%q, '2026-12-01T18:30')`, name))
			if got != want {
				c.t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func assembliesAreKept(c *composer) {
	c.run("one is described, changed and deleted where it is needed", written(nil), func(c *composer) {
		c.set(func() { c.assemblies = []any{} })
		c.click("#kind-meeting")
		c.has("#assembly-about", "Décrivez votre assemblée une fois")
		c.click("#new-assembly")
		c.await("the dialog", shows("#assembly-dialog"))
		c.write("#assembly-name", "Conseil municipal")
		c.write("#assembly-body", "commune_small")
		c.has("#assembly-body-about", "3 jours francs au moins entre l’envoi et la séance (art. L2121-11).")
		c.write("#assembly-group", "grp_1")
		c.write("#assembly-place", "Salle du conseil")
		c.click("#assembly-cancel")
		c.await("its end", `!document.querySelector('[aria-busy]')`)
		c.click("#new-assembly")
		c.await("the dialog again", shows("#assembly-dialog"))
		if got := evaluate[string](c.t, c.ctx, `document.querySelector('#assembly-place').value`); got != "Salle du conseil" {
			c.t.Errorf("what was typed before leaving is lost: %q", got)
		}
		c.set(func() { c.refuses = func(fields) { panic(refusal("members_invalid", "members")) } })
		c.click("#assembly-save")
		c.has("#assembly-members-error", "Refus de members.")
		c.set(func() { c.refuses = nil })
		c.write("#assembly-members", "11")
		c.click("#assembly-save")
		c.diff("the place", any("Salle du conseil"), value(c.saved("meeting.assembly", "asm_1"), "meeting.place"))
		c.diff("the assembly", fields{
			"name": "Conseil municipal", "body": "commune_small", "members": 11.0, "group": "grp_1", "clear_days": 0.0, "proxies_per_holder": 0.0,
			"place": "Salle du conseil", "signatory": "", "id": "asm_1", "version": 4,
		}, c.told[1])

		c.click("#edit-assembly")
		c.await("the dialog", shows("#assembly-dialog"))
		c.write("#assembly-place", "Salle des fêtes")
		c.click("#assembly-save")
		c.saved("meeting.place", "Salle des fêtes")
		c.click("#edit-assembly")
		c.await("the dialog", shows("#assembly-dialog"))
		c.write("#assembly-members", "13")
		c.set(func() { c.puts = nil })
		c.click("#assembly-save")
		c.saved("meeting.place", "Salle des fêtes") // the draft has a copy of the assembly: it is saved again
		c.click("#edit-assembly")
		c.await("the dialog", shows("#assembly-dialog"))
		c.click("#assembly-delete")
		c.await("the question", shows("#forget-dialog"))
		c.click("#forget-confirm")
		c.saved("meeting", nil) // nobody meets
		if c.see(leaving) {
			c.t.Error("may be left although the rest of the séance is not saved")
		}
	})
}

// A long name, a small screen: nothing to scroll sideways, and no more requests than a screen may make.
func composerIsSmall(c *composer) {
	long := "Conseil-d’administration-du-syndicat-intercommunal-à-vocation-multiple-de-la-vallée-et-de-ses-affluents"
	c.run("of files and data", written(fields{"meeting": meeting(fields{"assembly_name": long, "place": long})}), func(c *composer) {
		c.await("the list", shows("#edit-assembly"))
		loaded := evaluate[[]string](c.t, c.ctx, `performance.getEntriesByType('resource').map((it) => new URL(it.name).pathname)`)
		if len(loaded)+1 > maxRequests {
			c.t.Errorf("%d requests: the page and %q", len(loaded)+1, loaded)
		}
		do(c.t, c.ctx, chromedp.EmulateViewport(320, 640))
		c.see(`(document.querySelectorAll('#draft details').forEach((it) => { it.open = true }), true)`)
		if wide := evaluate[int](c.t, c.ctx, `document.documentElement.scrollWidth`); wide > 320 {
			c.t.Errorf("%d pixels wide", wide)
		}
		c.click("#edit-assembly")
		c.await("the dialog", shows("#assembly-dialog"))
		if wide := evaluate[int](c.t, c.ctx, `document.querySelector('#assembly-dialog').scrollWidth`); wide > 320 {
			c.t.Errorf("the dialog is %d pixels wide", wide)
		}
	})
}

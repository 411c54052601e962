package static_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	limits "convoc/shared/convocation"
	"convoc/shared/law"
)

// What the server does not take stays where it was typed, with the reason, and keeps nothing else from being saved.
func refusedFieldStands(c *composer) {
	tooLong := func(body fields) {
		if m, ok := body["meeting"].(fields); ok && m["place"] == "Trop long" {
			panic(refusal("place_too_long", "place"))
		}
		if body["subject"] == "Trop long" {
			panic(refusal("subject_too_long", "subject"))
		}
	}
	c.run("in the séance and in the mail", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.refuses = tooLong })
		c.write("#meeting-place", "Trop long")
		c.has("#meeting-place-error", "Refus de place.")
		c.write("#message", "Bonsoir")
		c.diff("the place", any("Salle du conseil"), value(c.saved("message", "Bonsoir"), "meeting.place"))
		c.has("#saved", "sauf ce qui est signalé")
		c.write("#subject", "Trop long")
		c.has("#subject-error", "Refus de subject.")
		if c.see(leaving) {
			c.t.Error("may be left although two fields are not saved")
		}
		c.click("#send")
		c.has("#meeting-place-error", "Refus de place.")
		if got := evaluate[string](c.t, c.ctx, `document.activeElement.id`); got != "meeting-place" || c.see(shows("#send-dialog")) {
			c.t.Errorf("the focus is in %q, or it is about to leave", got)
		}
		c.write("#meeting-place", "Mairie")
		c.write("#subject", "Conseil municipal")
		c.diff("the place", any("Mairie"), value(c.saved("subject", "Conseil municipal"), "meeting.place"))
	})
	c.run("at sending, in the options that were closed", written(nil), func(c *composer) {
		c.set(func() {
			c.refuses = func(body fields) {
				if body["link_days"] == 90.0 {
					panic(refusal("link_days_invalid", "link_days"))
				}
			}
		})
		c.write("#link-days", "90")
		c.has("#link-days-error", "Refus de link_days.")
		c.await("the options", `document.querySelector('#options details').open`)
	})
}

func passwordIsKept(c *composer) {
	c.run("is saved once both agree, and never sent twice", written(nil), func(c *composer) {
		c.click("#options summary")
		c.write("#password", "abc")
		c.has("#password-error", "six caractères au moins")
		c.write("#password", "mairie")
		c.write("#password-again", "mairi")
		c.has("#password-again-error", "ne sont pas les mêmes")
		if c.see(leaving) {
			c.t.Error("may be left although the password is not saved")
		}
		c.click("#send")
		c.await("an end", `!document.querySelector('#send').hasAttribute('aria-busy')`)
		if c.see(shows("#send-dialog")) {
			c.t.Error("is about to leave without its password")
		}
		c.write("#password-again", "mairie")
		c.saved("password", "mairie")
		c.write("#message", "Bonsoir")
		c.diff("the password afterwards", nil, c.saved("message", "Bonsoir")["password"])
		c.click("#show-password")
		if got := evaluate[string](c.t, c.ctx, `document.querySelector('#password-again').type`); got != "text" {
			c.t.Errorf("shown as %q", got)
		}
		c.write("#password", "")
		c.write("#password-again", "")
		c.saved("password", "")
	})
	c.run("that is not known here is changed or taken away", written(fields{"has_password": true}), func(c *composer) {
		c.has("#password-set", "Un mot de passe est défini.")
		c.click("#change-password")
		c.write("#password", "mairie2")
		c.click("#keep-password")
		c.click("#remove-password")
		c.saved("password", "")
		if !c.see(shows("#password")) {
			c.t.Error("no other one can be typed")
		}
	})
	c.run("that never reached its answer is saved again", written(nil), func(c *composer) {
		c.set(func() {
			c.refuses = func(body fields) {
				if c.version == 1 {
					c.draft["has_password"], c.version = true, 2
					panic(answer{})
				}
			}
		})
		c.click("#options summary")
		c.write("#password", "mairie")
		c.write("#password-again", "mairie")
		c.await("an end", `/^(Pas encore|Enregistré à)/.test(document.querySelector('#saved').textContent)`) // browsers may try again by themselves
		c.click("#send")
		c.saved("password", "mairie")
		c.has("#send-password", "Demandé à l’ouverture.")
	})
}

func seanceIsSent(c *composer) {
	c.run("says all that leaves, then sends", written(fields{
		"meeting": meeting(nil), "has_password": true, "warnings": []any{fields{"code": "no_mail", "text": "À convoquer par courrier : Denis."}},
	}), func(c *composer) {
		c.has("#warnings", "À convoquer par courrier : Denis.")
		c.click("#send")
		c.has("#send-title", "Envoyer à 4 personnes ?")
		c.has("#send-meeting", "Conseil municipal, jeudi 10 décembre 2026 à 18 h 30")
		c.has("#send-place", "Salle du conseil")
		c.has("#send-delay", "✓ Dans les délais.")
		c.has("#send-warnings", "Denis")
		c.has("#send-password", "Donnez-le par téléphone.")
		if c.see(shows("#send-mend")) {
			c.t.Error("there is something to mend")
		}
		if got := evaluate[string](c.t, c.ctx, `document.activeElement.id`); got != "send-title" {
			c.t.Errorf("the focus is in %q: on a phone the top is not seen", got)
		}
		c.set(func() { c.draft["state"] = "sent" })
		c.click("#send-confirm")
		c.await("the follow-up", `location.pathname === '/suivi.html'`)
		c.diff("asked", []fields{{"version": 1.0}}, c.told)
	})
	c.run("is not offered once it is too late", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.has("#delay", "Dans les délais.")
		c.set(func() { c.delay = delay("red", true) }) // meanwhile
		c.click("#send")
		c.has("#send-title", "Cette convocation ne peut pas partir")
		c.has("#send-delay", "✕ Délai dépassé.")
		if c.see(shows("#send-confirm")) {
			c.t.Error("can be sent")
		}
		c.click("#send-mend")
		c.await("the reason", `document.activeElement.id === 'urgent-reason' && document.querySelector('#urgent').checked`)
	})
	c.run("too late for urgency", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.delay = delay("red", false) })
		c.click("#send")
		c.has("#send-mend", "Choisir une autre date")
		c.click("#send-mend")
		c.await("the date", `document.activeElement.id === 'meeting-date'`)
	})
	c.run("says what is missing, at its field", written(fields{"meeting": meeting(fields{"at": "", "place": ""})}), func(c *composer) {
		c.click("#send")
		c.has("#meeting-date-error", "Indiquez la date et l’heure de la séance.")
		c.write("#meeting-date", "2026-12-10")
		c.write("#meeting-time", "18:30")
		c.click("#send")
		c.has("#meeting-place-error", "Indiquez le lieu de la séance.")
	})
	c.run("Enter in a field of one line sends nothing", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.see(`(document.querySelector('#draft').addEventListener('submit', () => { window.submitted = true }), true)`)
		for _, field := range []string{"#meeting-place", "#meeting-time", "#kind-meeting"} {
			c.see(fmt.Sprintf(`(document.querySelector(%q).focus(), true)`, field))
			enter := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"}
			if _, err := chromedp.Call(c.ctx, input.DispatchKeyEvent, enter); err != nil {
				c.t.Fatal(err)
			}
		}
		if c.see(`window.submitted === true`) {
			c.t.Error("sends")
		}
	})
}

func conflictShowsTheSeance(c *composer) {
	c.run("of both versions", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() {
			c.version = 5
			c.draft["meeting"] = meeting(fields{"at": "2026-12-11T20:00", "remote": true})
		})
		c.write("#meeting-place", "Mairie")
		c.has("#conflict-mine", "Séance : Conseil municipal, jeudi 10 décembre 2026 à 18 h 30 Lieu : Mairie")
		c.has("#conflict-mine", "Ordre du jour : – Budget – Voirie")
		c.has("#conflict-theirs", "Séance : Conseil municipal, vendredi 11 décembre 2026 à 20 h 00")
		c.click("#keep-theirs")
		c.await("their date", `document.querySelector('#meeting-date').value === '2026-12-11'`)
		c.set(func() {
			if len(c.puts) > 0 {
				c.t.Errorf("saved %v", c.puts)
			}
		})
	})
	c.run("documents alone are no conflict", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.version = 5 })
		c.write("#meeting-place", "Mairie")
		c.saved("meeting.place", "Mairie")
	})
}

// The page counts as the server does, and has a place for each of its refusals.
func TestComposerAgreesWithTheServer(t *testing.T) {
	html, script := read(t, "composer.html"), read(t, "assets/meeting.js")
	if want := fmt.Sprintf(`min="%d" max="%d" value="%d" data-field="link_days"`, limits.MinLinkDays, limits.MaxLinkDays, limits.DefaultLinkDays); !strings.Contains(html, want) {
		t.Errorf("no %s", want)
	}
	for name, want := range map[string][]int{
		"minReason, maxReason": {law.MinUrgencyReason, law.MaxUrgencyReason},
		"minDays, maxDays":     {limits.MinLinkDays, limits.MaxLinkDays},
	} {
		m := regexp.MustCompile(regexp.QuoteMeta(name) + `\] = \[(\d+), (\d+)\]`).FindStringSubmatch(script)
		if m == nil || !slices.Equal(m[1:], []string{strconv.Itoa(want[0]), strconv.Itoa(want[1])}) {
			t.Errorf("%s: got %q, want %d", name, m, want)
		}
	}
	for _, field := range []string{
		"at", "place", "signatory", "agenda", "urgent", "assembly", "to", "subject", "message", "documents", "replies_until", "link_days", "remind_days", "send_at", "password",
		"name", "body", "members", "group", "clear_days", "proxies_per_holder",
	} {
		if !strings.Contains(html, fmt.Sprintf(`data-field="%s"`, field)) {
			t.Errorf("no field for a refusal of %s", field)
		}
	}
	for _, occasion := range law.Occasions() {
		if !strings.Contains(html, fmt.Sprintf(`<option value="%s">`, occasion)) {
			t.Errorf("no choice of %s", occasion)
		}
	}
}

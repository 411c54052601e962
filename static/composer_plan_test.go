package static_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// forecast is how a sending would go, as the server tells.
func forecast(differs fields) fields {
	f := fields{
		"mails": 29, "begins": "2026-12-01T13:00:00.000Z", "ends": "2026-12-01T13:00:02.000Z", "days": 1, "last": "", "late": false, "why": "",
	}
	for key, value := range differs {
		f[key] = value
	}
	return f
}

func TestForecastsInWords(t *testing.T) {
	ctx, _ := browse(t, "/composer.html")
	for _, c := range []struct {
		name    string
		differs fields
		planned bool
		want    string
	}{
		{"at once", nil, false, "29 courriels partiront maintenant."},
		{"one", fields{"mails": 1}, false, "1 courriel partira maintenant."},
		{"all on paper", fields{"mails": 0}, false, "Aucun courriel ne partira : personne n’a d’adresse."},
		{"for an hour", fields{"ends": "2026-12-01T14:05:00.000Z"}, false, "29 courriels partiront maintenant ; le dernier vers 15 h 05."},
		{"beyond midnight", fields{"ends": "2026-12-01T23:05:00.000Z"}, false, "29 courriels partiront maintenant ; le dernier le mercredi 2 décembre 2026 vers 0 h 05."},
		{"planned", fields{"ends": "2026-12-01T14:05:00.000Z"}, true, "29 courriels partiront le mardi 1er décembre 2026 à 14 h 00 ; le dernier vers 15 h 05."},
		{"too late", fields{"ends": "2026-12-02T14:05:00.000Z", "late": true, "last": "2026-12-01T22:59:59.000Z"}, false,
			"29 courriels partiront maintenant ; le dernier le mercredi 2 décembre 2026 vers 15 h 05.|L’envoi finirait après le dernier moment légal, " +
				"mardi 1er décembre 2026 à 23 h 59 : les derniers destinataires seraient convoqués hors délai."},
		{"over the quota", fields{"days": 3, "ends": "2026-12-03T13:00:00.000Z"}, false, "29 courriels partiront maintenant ; le dernier le jeudi 3 décembre 2026 vers 14 h 00.|" +
			"Le nombre de courriels permis par jour est trop petit : l’envoi durerait 3 jours."},
		{"nothing leaves", fields{"why": "Le compte est suspendu."}, false,
			"29 courriels partiront maintenant.|En ce moment, rien ne part. Le compte est suspendu. L’envoi commencera de lui-même."},
		{"nothing leaves now, but that is for later", fields{"why": "Le compte est suspendu."}, true, "29 courriels partiront le mardi 1er décembre 2026 à 14 h 00."},
	} {
		raw, err := json.Marshal(forecast(c.differs))
		if err != nil {
			t.Fatal(err)
		}
		got := evaluate[string](t, ctx, fmt.Sprintf(`await from('send.js').then((m) => { const x = m.outlook(%s, 'Europe/Paris', %v);
			return [x.text, x.warning].filter(Boolean).join('|'); })`, raw, c.planned))
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestRemindersOfADraftInWords(t *testing.T) {
	ctx, _ := browse(t, "/composer.html")
	for _, c := range []struct {
		name, draft, want string
	}{
		{"before the meeting", `{ remind_days: 2, meeting: { at: '2126-12-10T18:30' } }`, "Il partira le dimanche 8 décembre 2126 à 9 h 00."},
		{"before replies end", `{ remind_days: 2, meeting: { at: '2126-12-10T18:30' }, replies_until: '2126-12-02T12:00' }`, "Il partira le samedi 30 novembre 2126 à 9 h 00."},
		{"of the past", `{ remind_days: 2, meeting: { at: '2020-12-10T18:30' } }`, "Le mardi 8 décembre 2020 à 9 h 00 est déjà passé : ce rappel ne partira pas."},
		{"replies have no end", `{ remind_days: 2, meeting: null }`, "Sans séance ni fin des réponses, aucun rappel ne partira."},
		{"none", `{ remind_days: 0, meeting: { at: '2126-12-10T18:30' } }`, ""},
	} {
		got := evaluate[string](t, ctx, fmt.Sprintf(`await from('dialogs.js').then((m) => m.remindWords(%s, 'Europe/Paris'))`, c.draft))
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func sendingIsPlanned(c *composer) {
	refuses := func(code string) func(fields) {
		return func(body fields) {
			if body["at"] != nil {
				panic(refusal(code, "send_at"))
			}
		}
	}
	c.run("for a time that is refused, then for another", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() { c.refuses = refuses("send_at_invalid") })
		c.click("#send")
		c.has("#send-outlook", "29 courriels partiront maintenant.")
		c.click("#send-later")
		c.has("#send-outlook", "29 courriels partiront le mardi 1er décembre 2026 à 14 h 00.")
		c.has("#send-confirm", "Programmer l’envoi")
		c.write("#send-date", "")
		c.has("#send-outlook", "Indiquez la date et l’heure de l’envoi.")
		c.click("#send-confirm")
		c.has("#send-date-error", "Indiquez la date et l’heure de l’envoi.")
		c.write("#send-date", "2026-12-07")
		c.write("#send-time", "08:15")
		c.click("#send-confirm")
		c.has("#send-date-error", "Refus de send_at.")
		c.set(func() { c.refuses = nil; c.draft["state"] = "planned"; c.told = nil })
		c.click("#send-confirm")
		c.await("the follow-up", `location.pathname === '/suivi.html'`)
		c.diff("asked", []fields{{"version": 1.0, "at": "2026-12-07T08:15"}}, c.told)
	})
	c.run("too late for all, and sent all the same", written(fields{"meeting": meeting(nil)}), func(c *composer) {
		c.set(func() {
			c.forecast = forecast(fields{"ends": "2026-12-07T13:00:00.000Z", "late": true, "last": "2026-12-06T22:59:59.000Z"})
		})
		c.click("#send")
		c.has("#send-late", "L’envoi finirait après le dernier moment légal, dimanche 6 décembre 2026 à 23 h 59")
		c.set(func() { c.draft["state"] = "sending" })
		c.click("#send-confirm")
		c.await("the follow-up", `location.pathname === '/suivi.html'`)
	})
	c.run("without a forecast it can be sent", written(nil), func(c *composer) {
		c.set(func() { c.forecast = nil })
		c.click("#send")
		c.has("#send-outlook", "La durée de l’envoi ne peut pas être estimée pour l’instant.")
		if !c.see(shows("#send-confirm")) {
			c.t.Error("cannot be sent")
		}
	})
}

func reminderIsAsked(c *composer) {
	c.run("two days before, unless she says otherwise", written(fields{"meeting": meeting(fields{"at": "2126-12-10T18:30"})}), func(c *composer) {
		c.click("#options summary")
		c.click("#remind")
		c.saved("remind_days", 2.0)
		c.has("#remind-when", "Il partira le dimanche 8 décembre 2126 à 9 h 00.")
		c.write("#remind-days", "40")
		c.has("#remind-days-error", "Indiquez de 1 à 30 jours")
		c.write("#remind-days", "3")
		c.saved("remind_days", 3.0)
		c.click("#send")
		c.has("#send-remind", "À qui n’a pas répondu, le samedi 7 décembre 2126 à 9 h 00")
		c.click("#send-cancel")
		c.click("#remind")
		c.saved("remind_days", 0.0)
	})
}

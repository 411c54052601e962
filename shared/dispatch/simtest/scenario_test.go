package simtest

import (
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/mail"
	"convoc/shared/store"
)

// scenario prepares a simulation in which nothing is left to chance but how long calls take: two towns, four sendings,
// one of each thing that can become of a mail, and one of each act. script decides what becomes of each call.
func scenario(t testing.TB, keep bool, script func(site) outcome) *Sim {
	t.Helper()
	s, err := New(Config{Seed: 1, Profile: Calm, Keep: keep})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	s.profile = All // events are lost: those of one recipient
	s.machine, s.script, s.service.rate, s.service.plan = false, script, 14, planOf
	for _, town := range towns[:2] {
		must(s.settle(town))
	}
	must(s.draft(towns[0], 4, true, true))
	must(s.draft(towns[1], 3, false, false))
	must(s.draft(towns[0], 1, false, false))
	must(s.draft(towns[1], 3, false, false))
	s.start()
	s.timetable()
	return s
}

// planOf is what becomes of each mail: by the address, whose number is the recipient's, and the sending's.
func planOf(e mail.Envelope) plan {
	sent := plan{fate: 19}
	switch who, _, _ := strings.Cut(e.To, ".exemple.fr"); {
	case who == "a0@0" && e.Tags.Attempt <= 2:
		sent.opens, sent.answers, sent.ends = true, true, true
	case who == "a1@0" && e.Tags.Attempt <= 2:
		sent.opens, sent.answers = true, true
	case who == "a2@0" && e.Tags.Attempt == 1:
		return plan{hangs: true}
	case who == "a3@0" && e.Tags.Attempt == 1:
		sent.fate = 3 // comes back: the service does not write there any more
	case who == "a0@1":
		return plan{never: mail.ReasonNoMailbox}
	case who == "a1@1":
		return plan{silent: true}
	case who == "a2@1" && e.Tags.Attempt == 1:
		return plan{refused: mail.ReasonMailboxFull}
	case who == "a0@3" && e.Tags.Attempt == 1:
		return plan{refused: mail.ReasonPaused}
	}
	return sent
}

// timetable says who presses what when.
func (s *Sim) timetable() {
	at := func(in time.Duration, do func()) { s.after(in, do) }
	first, second, third, fourth := s.sendings[0], s.sendings[1], s.sendings[2], s.sendings[3]
	one := func(to sending, n int) []convocation.RecipientID {
		return []convocation.RecipientID{s.recipients(to)[n].ID}
	}
	at(0, func() { s.send(first, time.Time{}) })
	at(time.Minute, func() { s.send(second, time.Time{}) })
	at(2*time.Minute, func() { s.send(third, Start.Add(40*time.Minute)) })
	at(3*time.Minute, func() { s.send(fourth, time.Time{}) })
	at(3*time.Minute+time.Second, func() { s.steer("pause", fourth, (*dispatch.Service).PauseSend) })
	at(10*time.Minute, func() { s.steer("recall", third, (*dispatch.Service).Recall) })
	at(20*time.Minute, func() { s.resume(fourth) })
	at(30*time.Minute, func() { s.resend(first, store.WhoUnread, nil) })
	at(35*time.Minute, func() { s.remind(first, store.WhoSilent, nil) })
	at(25*time.Minute, func() { s.unblock(first) })
	at(80*time.Minute, func() { s.correctTo(second, s.at(second, "a0@"), "b0@exemple.fr") })
	at(2*time.Hour, func() { s.vouch(second) })
	at(3*time.Hour, func() { s.resend(fourth, store.WhoChosen, one(fourth, 0)) })
	at(3*time.Hour+10*time.Millisecond, func() { s.steer("pause", fourth, (*dispatch.Service).PauseSend) })
	at(3*time.Hour+5*time.Minute, func() { s.steer("cancel", fourth, (*dispatch.Service).CancelSend) })
	at(3*time.Hour+30*time.Minute, func() { s.resume(fourth) })
	at(25*time.Hour, func() { s.closeUnread(first) })
	at(26*time.Hour, func() { s.revoke(second) })
}

// at finds the recipient whose address begins so.
func (s *Sim) at(to sending, address string) convocation.RecipientID {
	for _, r := range s.recipients(to) {
		if strings.HasPrefix(string(r.Address), address) {
			return r.ID
		}
	}
	return ""
}

// third lets the process of the third mail die before the service has it, so that somebody finds it dead; afterwards
// then decides.
func third(then func(site) outcome) func(site) outcome {
	mails := 0
	return func(at site) outcome {
		if at.op == "send" {
			if mails++; mails == 3 {
				return diesBefore
			}
		}
		return then(at)
	}
}

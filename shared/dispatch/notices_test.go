package dispatch_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// begin writes an answer from a mailbox that is not sent yet.
func begin(t *testing.T, w *worldtest.World, address string, c convocation.Choice) {
	t.Helper()
	v, err := w.Visit(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Merci", Choice: c}); err != nil {
		t.Fatal(err)
	}
}

// finish sends what was begun.
func finish(t *testing.T, w *worldtest.World, address string) error {
	v, err := w.Visit(address)
	if err != nil {
		return err
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		return err
	}
	if !p.Begun {
		return nil
	}
	_, err = w.Answer.Validate(t.Context(), v, p.Draft.Revision)
	return err
}

func given(w *worldtest.World, id convocation.ID, holder string) convocation.Choice {
	w.T.Helper()
	return convocation.Choice{Presence: convocation.Represented, Holder: w.Recipients(id)[holder].Person}
}

func noticed(w *worldtest.World) []string {
	list := slices.Clone(w.Mail.Told)
	slices.Sort(list)
	return list
}

// Whatever call fails while an answer is written and while its notices are sent, each is sent once.
func TestNoticesAreSentOnceWhateverFails(t *testing.T) {
	want := []string{"e0@x.fr: receipt", "e1@x.fr: proxy_held Élu 0"}
	total := 0
	for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
		for k := 0; ; k++ {
			w := worldtest.New(t)
			id := w.Convene(w.Council(2))
			begin(t, w, "e0@x.fr", given(w, id, "e1@x.fr"))
			calls, hit := 0, ""
			w.Fault = func(op string, key table.Key) table.Fault {
				if calls++; calls-1 == k {
					hit = op + " " + key.Sort
					return fault
				}
				return table.FaultNone
			}
			err := finish(t, w, "e0@x.fr")
			w.Pass(3, time.Second)
			if w.Fault = nil; hit == "" {
				break // the fault came after all was done
			}
			total++
			if err != nil { // she presses again
				if err := finish(t, w, "e0@x.fr"); err != nil {
					t.Errorf("fault %d at call %d (%s): %v", fault, k, hit, err)
				}
			}
			w.Pass(40, time.Minute)
			if diff := cmp.Diff(want, noticed(w)); diff != "" {
				t.Errorf("fault %d at call %d (%s): (-want +got)\n%s", fault, k, hit, diff)
			}
		}
	}
	if total < 50 {
		t.Errorf("only %d faults were tried", total)
	}
	t.Logf("%d faults", total)
}

// A notice is a mail like any other: tried again, or given up for good, and nobody waits for it.
func TestNoticeThatDoesNotLeave(t *testing.T) {
	for _, c := range []struct {
		name    string
		results []mail.Result
		told    int
	}{
		{"refused for now", []mail.Result{{Outcome: mail.RefusedForNow, Reason: mail.ReasonMailboxFull}}, 1},
		{"not known", []mail.Result{{Outcome: mail.Unknown}}, 2},
		{"refused for good", []mail.Result{{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Convene(w.Council(1))
			begin(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
			answers(w, c.results...)
			if err := finish(t, w, "e0@x.fr"); err != nil {
				t.Fatal(err)
			}
			w.Pass(40, time.Minute)
			if got := len(w.Mail.Told); got != c.told || len(w.Mail.Links["e0@x.fr"]) != 1 {
				t.Errorf("%d notices, %d links", got, len(w.Mail.Links["e0@x.fr"]))
			}
			if got := w.Status(id, "e0@x.fr"); got != convocation.Sent {
				t.Errorf("the convocation itself is %s", got)
			}
			due, err := w.Tables.AgendaHandle().Due(t.Context(), w.Clock.Add(24*time.Hour), 100)
			if err != nil || slices.ContainsFunc(due, func(e store.AgendaEntry) bool { return e.What == store.DueNotice }) {
				t.Errorf("the agenda still has %v, %v", due, err)
			}
		})
	}
}

// The entry is written before the notice: one without it is kept for a while, then dropped; one that names nobody is told.
func TestAgendaOfNoticesAndReplies(t *testing.T) {
	w := worldtest.New(t)
	id := w.Convene(w.Council(1))
	r := w.Recipients(id)["e0@x.fr"]
	ref := r.Ref(id)
	ref.Notice = "ntc_aaaaaaaaaaaaaaaa"
	e := store.AgendaEntry{Due: w.Clock, Collectivity: worldtest.SIREN, Convocation: id, What: store.DueNotice, Order: store.RecipientOrder(ref)}
	look := func() (kept []store.AgendaEntry, err error) {
		err = w.Dispatch.Run(t.Context(), []store.AgendaEntry{e})
		due, err2 := w.Tables.AgendaHandle().Due(t.Context(), w.Clock.Add(time.Hour), 100)
		return slices.DeleteFunc(due, func(e store.AgendaEntry) bool { return e.What != store.DueNotice }), errors.Join(err, err2)
	}
	if err := w.Tables.AgendaHandle().Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if kept, err := look(); err != nil || !slices.Equal(kept, []store.AgendaEntry{e}) { // it stays, so that its age is known
		t.Errorf("at first: the agenda has %v, %v", kept, err)
	}
	w.Clock = w.Clock.Add(10 * time.Minute)
	if kept, err := look(); err != nil || len(kept) > 0 {
		t.Errorf("later: the agenda has %v, %v", kept, err)
	}
	for _, order := range []convocation.OrderID{"-", "x", "rcp_aaaaaaaaaaaaaaaa", "rcp_aaaaaaaaaaaaaaaa.x", "a.1.b.c"} {
		e.Order = order
		if err := w.Dispatch.Run(t.Context(), []store.AgendaEntry{e}); err == nil {
			t.Errorf("%q is a notice", order)
		}
		if _, err := w.Dispatch.DueBegun(t.Context(), e); err == nil {
			t.Errorf("%q is a reply", order)
		}
	}
	e.Order = "rcp_aaaaaaaaaaaaaaaa.0"
	if next, err := w.Dispatch.DueBegun(t.Context(), e); err != nil || !next.IsZero() {
		t.Errorf("nobody's reply: again at %s, %v", next, err)
	}
}

// reminders are the mails of that reason that left to e0@x.fr.
func reminders(w *worldtest.World) int { return len(w.Mail.Links["e0@x.fr"]) - 1 }

func TestReminderOfAReplyNotSent(t *testing.T) {
	present := convocation.Choice{Presence: convocation.Present}
	absent := convocation.Choice{Presence: convocation.Absent}
	for _, c := range []struct {
		name   string
		change func(*compose.Text)
		act    func(t *testing.T, w *worldtest.World, id convocation.ID) // 50 minutes after it was begun
		hours  []int                                                     // reminders after the 1st, the 2nd, the 3rd hour and a half since then
	}{
		{"left as it is: once", nil, nil, []int{1, 1, 1}},
		{"sent in time", nil, func(t *testing.T, w *worldtest.World, _ convocation.ID) {
			if err := finish(t, w, "e0@x.fr"); err != nil {
				t.Fatal(err)
			}
		}, []int{0, 0, 0}},
		{"changed meanwhile: an hour after that", nil, func(t *testing.T, w *worldtest.World, _ convocation.ID) {
			begin(t, w, "e0@x.fr", absent)
			w.Pass(45, time.Minute)
			if n := reminders(w); n != 0 {
				t.Errorf("%d reminders 45 minutes after the last change", n)
			}
		}, []int{1, 1, 1}},
		{"links taken away", nil, func(t *testing.T, w *worldtest.World, id convocation.ID) {
			if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, w.Recipients(id)["e0@x.fr"].ID); err != nil {
				t.Fatal(err)
			}
		}, []int{0, 0, 0}},
		{"replies closed meanwhile", func(text *compose.Text) {
			text.RepliesUntil = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
		}, nil, []int{0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Convene(w.Council(1, func(text *compose.Text) {
				if c.change != nil {
					c.change(text)
				}
			}))
			begin(t, w, "e0@x.fr", present)
			w.Pass(50, time.Minute)
			if n := reminders(w); n != 0 {
				t.Errorf("%d reminders after 50 minutes", n)
			}
			if c.act != nil {
				c.act(t, w, id)
			}
			for n, want := range c.hours {
				w.Pass(90, time.Minute)
				if got := reminders(w); got != want {
					t.Errorf("%d reminders after %d hours and a half, want %d", got, n+1, want)
				}
			}
			if c.hours[0] == 0 {
				return
			}
			v, err := w.Visit("e0@x.fr")
			if err != nil || v.Recipient.Why != convocation.WhyUnfinished || v.Attempt != 2 {
				t.Errorf("its link: attempt %d, because of %q, %v", v.Attempt, v.Recipient.Why, err)
			}
			begin(t, w, "e0@x.fr", absent) // another reply is begun, and left
			w.Pass(180, time.Minute)
			if got := reminders(w); got != c.hours[2]+1 {
				t.Errorf("%d reminders after another reply was begun", got)
			}
		})
	}
}

// Nobody is reminded after the meeting: the last hour before it is the élu's own.
func TestNoReminderAfterTheMeeting(t *testing.T) {
	w := worldtest.New(t)
	w.Convene(w.Council(1))
	w.Clock = worldtest.Meeting.Add(-30 * time.Minute)
	begin(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	w.Pass(180, time.Minute)
	if n := reminders(w); n != 0 {
		t.Errorf("%d reminders", n)
	}
}

// Whatever fails while somebody is reminded, she gets one mail.
func TestReminderIsSentOnceWhateverFails(t *testing.T) {
	for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
		for k := 0; ; k++ {
			w := worldtest.New(t)
			w.Convene(w.Council(1))
			begin(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
			w.Clock = w.Clock.Add(90 * time.Minute)
			calls, hit := 0, ""
			w.Fault = func(op string, key table.Key) table.Fault {
				if calls++; calls-1 == k {
					hit = op + " " + key.Sort
					return fault
				}
				return table.FaultNone
			}
			w.Pass(4, time.Second)
			if w.Fault = nil; hit == "" {
				break
			}
			w.Pass(60, time.Minute)
			what := fmt.Sprintf("fault %d at call %d (%s)", fault, k, hit)
			if n, asked := reminders(w), w.Journal()[journal.RemindAsked]; n != 1 || asked != 1 {
				t.Errorf("%s: %d reminders, %d orders", what, n, asked)
			}
		}
	}
}

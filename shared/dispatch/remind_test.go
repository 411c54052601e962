package dispatch_test

import (
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// reminded counts the mails that each of e0 to e4 got after the first one.
func reminded(w *worldtest.World) (counts [5]int) {
	for n := range counts {
		counts[n] = max(0, len(w.Mail.Links["e"+string(rune('0'+n))+"@x.fr"])-1)
	}
	return counts
}

// e0 has answered, e1 has opened, e2 has done nothing, the mail to e3 came back, that to e4 was refused.
func fiveWhoDiffer(t *testing.T, remindDays int) (*worldtest.World, convocation.ID) {
	t.Helper()
	w := worldtest.New(t)
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		if m.To == "e4@x.fr" {
			return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}
		}
		return mail.Result{Outcome: mail.Accepted, MessageID: "m"}
	}
	id := w.Convene(w.Council(5, func(text *compose.Text) { text.RemindDays = remindDays }))
	w.Mail.Decide = nil
	begin(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	if err := finish(t, w, "e0@x.fr"); err != nil {
		t.Fatal(err)
	}
	v, err := w.Visit("e1@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	err = w.Dispatch.Hear(t.Context(), mail.Event{
		Tags: mail.Tags{Collectivity: string(worldtest.SIREN), Convocation: string(id), Recipient: string(w.Recipients(id)["e3@x.fr"].ID), Attempt: 1},
		Kind: mail.EventBounced, SentAt: w.Clock, At: w.Clock, Reason: mail.ReasonNoMailbox,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(2, time.Minute)
	return w, id
}

func TestWhoIsReminded(t *testing.T) {
	for _, c := range []struct {
		name string
		who  store.Who
		want [5]int
	}{
		{"who has not opened, and was reached", store.WhoUnread, [5]int{0, 0, 1, 0, 0}},
		{"who has not answered, and was reached", store.WhoSilent, [5]int{0, 1, 1, 0, 0}},
		{"chosen ones: those of them who can be", store.WhoChosen, [5]int{0, 1, 1, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, id := fiveWhoDiffer(t, 0)
			var only []convocation.RecipientID
			if c.who == store.WhoChosen {
				for _, r := range w.Recipients(id) {
					only = append(only, r.ID)
				}
			}
			want := c.want[1] + c.want[2]
			if n, err := w.Dispatch.Remind(t.Context(), w.Handle, by, id, c.who, only); n != want || err != nil {
				t.Errorf("to %d, %v, want %d", n, err, want)
			}
			w.Pass(2, time.Minute)
			if got := reminded(w); got != c.want {
				t.Errorf("reminded %v, want %v", got, c.want)
			}
			r := w.Recipients(id)["e2@x.fr"]
			if last := r.Attempts[len(r.Attempts)-1]; last.Why != convocation.WhyReminder || r.ReachedAt().After(last.ClaimedAt) {
				t.Errorf("%q, reached at %s", last.Why, r.ReachedAt())
			}
		})
	}
}

// Nobody is reminded twice within four hours, whoever presses the button.
func TestNobodyIsPestered(t *testing.T) {
	w, id := fiveWhoDiffer(t, 0)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 2}, {time.Minute, 0}, {dispatch.RemindGap - 3*time.Minute, 0}, {2 * time.Minute, 2}} {
		w.Clock = w.Clock.Add(c.after)
		if n, err := w.Dispatch.Remind(t.Context(), w.Handle, by, id, store.WhoSilent, nil); n != c.want || err != nil {
			t.Errorf("%s later: %d, %v, want %d", c.after, n, err, c.want)
		}
		w.Heed()
	}
	w.Pass(2, time.Minute)
	if got := reminded(w); got != [5]int{0, 2, 2, 0, 0} {
		t.Errorf("reminded %v", got)
	}
}

// The mail that counts comes back after a reminder arrived: the reminder is not in its place.
func TestReminderIsNoConvocation(t *testing.T) {
	w, id := fiveWhoDiffer(t, 0)
	if _, err := w.Dispatch.Remind(t.Context(), w.Handle, by, id, store.WhoSilent, nil); err != nil {
		t.Fatal(err)
	}
	w.Pass(2, time.Minute)
	r := w.Recipients(id)["e2@x.fr"]
	err := w.Dispatch.Hear(t.Context(), mail.Event{
		Tags: mail.Tags{Collectivity: string(worldtest.SIREN), Convocation: string(id), Recipient: string(r.ID), Attempt: 1},
		Kind: mail.EventBounced, SentAt: r.Attempts[0].AcceptedAt, At: w.Clock, Reason: mail.ReasonMailboxFull,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r = w.Recipients(id)["e2@x.fr"]; !r.ReachedAt().IsZero() || len(r.Attempts) != 2 {
		t.Errorf("reached at %s after %d mails", r.ReachedAt(), len(r.Attempts))
	}
}

func TestPlannedReminder(t *testing.T) {
	for _, c := range []struct {
		name   string
		days   int
		before func(w *worldtest.World, id convocation.ID)
		want   [5]int
	}{
		{"two days before, at nine", 2, nil, [5]int{0, 1, 1, 0, 0}},
		{"nobody asked for one", 0, nil, [5]int{}},
		{"reminded by hand an hour before", 2, func(w *worldtest.World, id convocation.ID) {
			w.Clock = remindAt(w, id).Add(-time.Hour)
			if _, err := w.Dispatch.Remind(w.T.Context(), w.Handle, by, id, store.WhoSilent, nil); err != nil {
				w.T.Error(err)
			}
		}, [5]int{0, 1, 1, 0, 0}},
		{"the product was stopped at that time, for an hour", 2, func(w *worldtest.World, id convocation.ID) {
			w.Clock = remindAt(w, id).Add(time.Hour)
		}, [5]int{0, 1, 1, 0, 0}},
		{"the product was stopped until the night", 2, func(w *worldtest.World, id convocation.ID) {
			w.Clock = remindAt(w, id).Add(12*time.Hour + time.Minute)
		}, [5]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, id := fiveWhoDiffer(t, c.days)
			if c.before != nil {
				c.before(w, id)
			}
			w.Pass(2, time.Minute)
			for w.Clock.Before(worldtest.Meeting) {
				w.Pass(1, 30*time.Minute)
			}
			if got := reminded(w); got != c.want {
				t.Errorf("reminded %v, want %v", got, c.want)
			}
			if at := remindAt(w, id); c.days > 0 && !at.Equal(time.Date(2026, 12, 13, 8, 0, 0, 0, time.UTC)) { // 9:00 in Paris
				t.Errorf("at %s", at)
			}
			if n := w.Journal()[journal.RemindAsked]; n > 2 {
				t.Errorf("%d orders", n)
			}
		})
	}
}

func remindAt(w *worldtest.World, id convocation.ID) time.Time {
	w.T.Helper()
	d, err := w.Follow.Detail(w.T.Context(), w.Handle, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return d.RemindAt()
}

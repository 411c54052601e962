package dispatch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// kinds are all that an event may say.
var kinds = []mail.EventKind{
	mail.EventAccepted, mail.EventDelivered, mail.EventDelayed, mail.EventBounced, mail.EventAutoReply, mail.EventComplained, mail.EventRejected,
}

// post keeps the tags of what leaves, by address in its order; each call has the outcome that is next, then all are accepted.
func post(w *worldtest.World, outcomes ...mail.Outcome) map[string][]mail.Tags {
	sent := map[string][]mail.Tags{}
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		sent[m.To] = append(sent[m.To], m.Tags)
		if len(outcomes) == 0 {
			return mail.Result{Outcome: mail.Accepted, MessageID: "id"}
		}
		r := mail.Result{Outcome: outcomes[0], Reason: mail.ReasonTimeout}
		outcomes = outcomes[1:]
		return r
	}
	return sent
}

// event is one of a mail, of now.
func event(w *worldtest.World, t mail.Tags, kind mail.EventKind) mail.Event {
	e := mail.Event{Tags: t, Kind: kind, SentAt: w.Clock.Add(-time.Second), At: w.Clock}
	if kind == mail.EventBounced || kind == mail.EventRejected {
		e.Reason = mail.ReasonNoMailbox
	}
	return e
}

func hear(t *testing.T, w *worldtest.World, e mail.Event) {
	t.Helper()
	if err := w.Dispatch.Hear(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// counts are the totals that the secretary sees.
func counts(t *testing.T, w *worldtest.World, id convocation.ID) convocation.Counts {
	t.Helper()
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	return d.Counts
}

// A call of which nobody knows what became of it is a copy that must not leave twice: any event proves it, also one that
// says that it came back.
func TestEventProvesAMailOfWhichNobodyKnew(t *testing.T) {
	for _, kind := range kinds {
		w := worldtest.New(t)
		sent := post(w, mail.Unknown)
		d := w.Draft(1)
		w.Send(d)
		w.Pass(5, time.Minute)
		if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Unknown {
			t.Fatalf("it is %s", s)
		}
		hear(t, w, event(w, sent["a0@x.fr"][0], kind))
		w.Pass(60, time.Minute)
		if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Sent || w.Mail.Calls != 1 {
			t.Errorf("%s: %s after %d calls", kind, s, w.Mail.Calls)
		}
		c, err := w.Handle.Convocation(t.Context(), d.ID)
		if err != nil || c.SentAt.IsZero() {
			t.Errorf("%s: the sending has not ended, %v", kind, err)
		}
	}
}

// The answer of the call is lost with whoever made it; what the service says is there before its lease ends.
func TestEventProvesAMailWhoseResultWasLost(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w)
	d := w.Draft(1)
	deliver := w.Mail.Decide
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		w.Fault = func(string, table.Key) table.Fault { return table.FaultBefore } // killed
		return deliver(m)
	}
	w.Send(d)
	w.Fault, w.Mail.Decide = nil, deliver
	if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Calling {
		t.Fatalf("it is %s", s)
	}
	hear(t, w, event(w, sent["a0@x.fr"][0], mail.EventAccepted))
	w.Pass(60, time.Minute)
	r := w.Recipients(d.ID)["a0@x.fr"]
	if s := r.Standing(w.Clock).Status; s != convocation.Sent || w.Mail.Calls != 1 || !r.Attempts[0].UnknownAt.IsZero() {
		t.Errorf("%s after %d calls, unknown since %s", s, w.Mail.Calls, r.Attempts[0].UnknownAt)
	}
}

// Too late for the first copy, in time for the third.
func TestEventOfAnEarlierAttemptEndsTheOrder(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w, mail.Unknown, mail.Unknown)
	d := w.Draft(1)
	w.Send(d)
	w.Pass(20, time.Minute)
	if w.Mail.Calls != 2 {
		t.Fatalf("%d calls", w.Mail.Calls)
	}
	hear(t, w, event(w, sent["a0@x.fr"][0], mail.EventDelivered))
	w.Pass(60, time.Minute)
	if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Sent || w.Mail.Calls != 2 {
		t.Errorf("%s after %d calls", s, w.Mail.Calls)
	}
}

// « À vérifier » is verified by what comes late.
func TestEventOfAMailThatWasForTheSecretary(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w, mail.Unknown, mail.Unknown, mail.Unknown)
	d := w.Draft(1)
	w.Send(d)
	w.Pass(120, time.Minute)
	if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Review {
		t.Fatalf("it is %s", s)
	}
	hear(t, w, event(w, sent["a0@x.fr"][2], mail.EventAccepted))
	if s := w.Status(d.ID, "a0@x.fr"); s != convocation.Sent || counts(t, w, d.ID).Transmitted != 1 {
		t.Errorf("%s", s)
	}
}

func TestReturnedMailLeavesTheCountAtOnce(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w)
	id := w.Convene(w.Council(3))
	if n := counts(t, w, id); n.Transmitted != 3 || n.Returned != 0 || n.Delivered != 0 {
		t.Fatalf("%+v", n)
	}
	for _, address := range []string{"e0@x.fr", "e1@x.fr"} {
		hear(t, w, event(w, sent[address][0], mail.EventDelivered))
	}
	w.Clock = w.Clock.Add(time.Hour)
	back := w.Clock
	hear(t, w, event(w, sent["e0@x.fr"][0], mail.EventBounced))
	n := counts(t, w, id)
	if n.Transmitted != 2 || n.Returned != 1 || n.Delivered != 1 || n.Failed != 0 || !n.ChangedAt.Equal(back) {
		t.Errorf("%+v", n)
	}
	r := w.Recipients(id)["e0@x.fr"]
	if !r.ReachedAt().IsZero() || r.Returned().BounceReason != string(mail.ReasonNoMailbox) || r.Sendings() != 1 {
		t.Errorf("reached at %s, back because of %q, %d sendings", r.ReachedAt(), r.Returned().BounceReason, r.Sendings())
	}
	// sent again, it counts again, as of then
	w.Clock = w.Clock.Add(time.Hour)
	if _, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", id, store.WhoChosen, []convocation.RecipientID{r.ID}); err != nil {
		t.Fatal(err)
	}
	w.Pass(2, time.Minute)
	r = w.Recipients(id)["e0@x.fr"]
	if n := counts(t, w, id); n.Transmitted != 3 || n.Returned != 0 || r.ReachedAt().Before(back) {
		t.Errorf("sent again: %+v, reached at %s", n, r.ReachedAt())
	}
}

// Corrected, the address that sent it back is another one's matter.
func TestReturnOfACorrectedAddress(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w)
	id := w.Convene(w.Council(1))
	w.Clock = w.Clock.Add(time.Hour)
	if _, err := correct(t, w, id, "e0@x.fr", "juste@x.fr"); err != nil {
		t.Fatal(err)
	}
	w.Pass(2, time.Minute)
	hear(t, w, event(w, sent["e0@x.fr"][0], mail.EventBounced))
	r := w.Recipients(id)["juste@x.fr"]
	if n := counts(t, w, id); n.Returned != 0 || n.Transmitted != 1 || r.ReachedAt().IsZero() {
		t.Errorf("the old address: %+v, reached at %s", n, r.ReachedAt())
	}
	hear(t, w, event(w, sent["juste@x.fr"][0], mail.EventBounced))
	r = w.Recipients(id)["juste@x.fr"]
	if n := counts(t, w, id); n.Returned != 1 || n.Transmitted != 0 || !r.ReachedAt().IsZero() {
		t.Errorf("the new one: %+v, reached at %s", n, r.ReachedAt())
	}
}

// top is the first of the secretary's list.
func top(t *testing.T, w *worldtest.World) convocation.ID {
	t.Helper()
	list, err := w.Follow.List(t.Context(), w.Handle, follow.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Lines[0].ID
}

// What comes back is news that the secretary finds at the top of her list.
func TestReturnedMailPutsItsConvocationOnTop(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w)
	first := w.Draft(1)
	w.Send(first)
	w.Pass(2, time.Minute)
	tags := sent["a0@x.fr"][0]
	w.Clock = w.Clock.Add(time.Hour)
	second := w.Draft(1)
	w.Send(second)
	w.Pass(2, time.Minute)
	w.Clock = w.Clock.Add(time.Hour)
	hear(t, w, event(w, tags, mail.EventDelivered))
	w.Pass(2, time.Minute)
	if top(t, w) != second.ID {
		t.Error("what arrives is news")
	}
	hear(t, w, event(w, tags, mail.EventBounced))
	w.Pass(2, time.Minute)
	if top(t, w) != first.ID {
		t.Error("what comes back is not seen")
	}
}

// An event of a notice says nothing of the convocation.
func TestEventsOfANotice(t *testing.T) {
	w := worldtest.New(t)
	sent := post(w)
	id := w.Convene(w.Council(1))
	begin(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	if err := finish(t, w, "e0@x.fr"); err != nil {
		t.Fatal(err)
	}
	w.Pass(3, time.Minute)
	tags := sent["e0@x.fr"][1]
	if tags.Notice == "" {
		t.Fatalf("%+v is no notice", tags)
	}
	before := w.Recipients(id)["e0@x.fr"]
	for _, kind := range kinds {
		hear(t, w, event(w, tags, kind))
	}
	if diff := cmp.Diff(before, w.Recipients(id)["e0@x.fr"]); diff != "" {
		t.Errorf("the recipient has changed\n%s", diff)
	}
	_, n, err := w.Handle.NoticeOf(t.Context(), id, before.ID, convocation.NoticeID(tags.Notice))
	if err != nil || n.Returned().N != 1 || n.Attempts[0].DeliveredAt.IsZero() {
		t.Errorf("the notice: %+v, %v", n.Attempts, err)
	}
}

// What names nothing of ours ends among the dead letters, and nothing is written.
func TestStrayEvents(t *testing.T) {
	for name, stray := range map[string]func(*mail.Event){
		"an unknown convocation":       func(e *mail.Event) { e.Tags.Convocation = "cnv_aaaaaaaaaaaaaaaa" },
		"no convocation":               func(e *mail.Event) { e.Tags.Convocation = "cnv_a" },
		"another's identifier":         func(e *mail.Event) { e.Tags.Convocation = e.Tags.Recipient },
		"an unknown recipient":         func(e *mail.Event) { e.Tags.Recipient = "rcp_aaaaaaaaaaaaaaaa" },
		"no recipient":                 func(e *mail.Event) { e.Tags.Recipient = "anne" },
		"another collectivité":         func(e *mail.Event) { e.Tags.Collectivity = "217500016" },
		"no collectivité":              func(e *mail.Event) { e.Tags.Collectivity = "12345" },
		"an attempt that was not made": func(e *mail.Event) { e.Tags.Attempt = 2 },
		"an unknown notice":            func(e *mail.Event) { e.Tags.Notice = "ntc_aaaaaaaaaaaaaaaa" },
		"no notice":                    func(e *mail.Event) { e.Tags.Notice = "r" },
		"a separator in a notice":      func(e *mail.Event) { e.Tags.Notice = "ntc_a#b" },
		"an unknown kind":              func(e *mail.Event) { e.Kind = "opened" },
		"no kind":                      func(e *mail.Event) { e.Kind = "" },
	} {
		w := worldtest.New(t)
		sent := post(w)
		d := w.Draft(1)
		w.Send(d)
		before := w.Recipients(d.ID)
		e := event(w, sent["a0@x.fr"][0], mail.EventBounced)
		stray(&e)
		if err := w.Dispatch.Hear(t.Context(), e); !errors.Is(err, dispatch.ErrStray) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, w.Recipients(d.ID)); diff != "" {
			t.Errorf("%s: the recipient has changed\n%s", name, diff)
		}
	}
}

func TestInterruptedHearing(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				sent := post(w, mail.Accepted, mail.Unknown)
				older, d := w.Draft(1), w.Draft(1)
				w.Send(older)
				w.Pass(2, time.Minute)
				was := event(w, sent["a0@x.fr"][0], kind)
				w.Clock = w.Clock.Add(time.Hour)
				w.Send(d)
				is := event(w, sent["a0@x.fr"][1], kind)
				was.At = w.Clock.Add(time.Minute)
				return worldtest.Flow{
					Run: func() error {
						return errors.Join(w.Dispatch.Hear(t.Context(), is), w.Dispatch.Hear(t.Context(), was))
					},
					State: func() any {
						w.Pass(30, time.Minute)
						return []any{w.Recipients(d.ID), w.Recipients(older.ID), w.Mail.Calls, followed(t, w, d.ID), top(t, w)}
					},
				}
			})
		})
	}
}

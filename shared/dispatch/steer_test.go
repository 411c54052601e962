package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

const by = "secretaire"

func TestTakenBackBeforeItBegins(t *testing.T) {
	for _, c := range []struct {
		name string
		undo time.Duration
		then time.Duration // 0: « Envoyer »
		wait time.Duration
		want error
	}{
		{"within the seconds after « Envoyer »", 30 * time.Second, 0, 29 * time.Second, nil},
		{"too late", 30 * time.Second, 0, 90 * time.Second, convocation.ErrAlreadyLeft},
		{"where nothing can be taken back", 0, 0, time.Second, convocation.ErrAlreadyLeft},
		{"planned for the day after", 0, 24 * time.Hour, 23 * time.Hour, nil},
		{"planned, and begun", 0, time.Hour, 62 * time.Minute, convocation.ErrAlreadyLeft},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			w.Dispatch.Undo = c.undo
			d := w.Draft(3)
			var then time.Time
			if c.then > 0 {
				then = w.Clock.Add(c.then)
			}
			if err := w.Dispatch.Send(t.Context(), w.Handle, by, d.ID, d.Version, then); err != nil {
				t.Fatal(err)
			}
			w.Heed()
			for end := w.Clock.Add(c.wait); w.Clock.Before(end); {
				w.Pass(1, min(time.Minute, end.Sub(w.Clock)))
			}
			for range 2 {
				if err := w.Dispatch.Recall(t.Context(), w.Handle, by, d.ID); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			}
			w.Pass(3, time.Minute)
			again, err := w.Compose.Draft(t.Context(), w.Handle, d.ID)
			if err != nil || again.Draft() != (c.want == nil) || again.Refused != "" {
				t.Errorf("a draft: %v, %v", again.Draft(), err)
			}
			if c.want != nil {
				return
			}
			w.Pass(int(c.then/time.Hour)+1, time.Hour)
			if w.Mail.Calls > 0 || w.Journal()[journal.SendRecalled] != 1 {
				t.Errorf("%d mails left, journal %v", w.Mail.Calls, w.Journal())
			}
			w.Send(compose.Draft{Convocation: again.Convocation}) // and it can be sent anew
			w.Pass(2, time.Minute)
			if sent, mails := accepted(w, d.ID); sent != 3 || mails != 3 {
				t.Errorf("sent anew: %d sent, %d mails", sent, mails)
			}
		})
	}
}

// Whoever presses « Annuler » while the sending begins gets one of the two whole.
func TestTakenBackWhileItBegins(t *testing.T) {
	for call := range 40 {
		w := worldtest.New(t)
		w.Dispatch.Undo = time.Second
		d := w.Draft(2)
		if err := w.Dispatch.Send(t.Context(), w.Handle, by, d.ID, d.Version, time.Time{}); err != nil {
			t.Fatal(err)
		}
		n, err := 0, error(nil)
		early := w.Clock
		w.Clock = w.Clock.Add(time.Second)
		w.Fault = func(string, table.Key) table.Fault {
			if n++; n-1 == call {
				w.Fault = nil
				now := w.Clock
				w.Clock = early // her clock is behind: it can still be taken back
				err = w.Dispatch.Recall(t.Context(), w.Handle, by, d.ID)
				w.Clock = now
			}
			return table.FaultNone
		}
		w.Heed()
		w.Fault = nil
		w.Pass(4, time.Minute)
		again, readErr := w.Compose.Draft(t.Context(), w.Handle, d.ID)
		sent, mails := 0, 0
		if readErr == nil && !again.Draft() {
			sent, mails = accepted(w, d.ID)
		}
		switch {
		case readErr != nil:
			t.Error(readErr)
		case err == nil && n > call && (!again.Draft() || w.Mail.Calls > 0):
			t.Errorf("taken back at call %d: a draft: %v, %d mails", call, again.Draft(), w.Mail.Calls)
		case (n <= call || errors.Is(err, convocation.ErrAlreadyLeft)) && (sent != 2 || mails != 2):
			t.Errorf("not taken back at call %d: %d sent, %d mails", call, sent, mails)
		}
	}
}

func TestWhenASendingCanBePlanned(t *testing.T) {
	w := worldtest.New(t)
	council := w.Council(3)
	meeting := worldtest.Meeting
	plain := w.Draft(1)
	for _, c := range []struct {
		name  string
		draft compose.Draft
		then  time.Time
		want  error
	}{
		{"at this very moment", plain, w.Clock, nil},
		{"a millisecond ago", plain, w.Clock.Add(-time.Millisecond), convocation.ErrSendAt},
		{"a year ahead", plain, w.Clock.Add(convocation.MaxAhead), nil},
		{"a moment more than a year ahead", plain, w.Clock.Add(convocation.MaxAhead + time.Millisecond), convocation.ErrSendAt},
		{"at the meeting", council.Draft, meeting, convocation.ErrSendAt},
		{"just before the meeting: the delay is too short", council.Draft, meeting.Add(-time.Minute), convocation.ErrDelayTooShort},
		{"with the legal delay", council.Draft, w.Clock.Add(time.Hour), nil},
	} {
		w := worldtest.New(t)
		d := w.Draft(1)
		if c.draft.ID != plain.ID {
			d = w.Council(3).Draft
		}
		if err := w.Dispatch.Send(t.Context(), w.Handle, by, d.ID, d.Version, c.then); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestSuspendedAndGoingOn(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 1})
	id := send(w, 90)
	q.until(w.Clock.Add(30 * time.Second))
	for range 2 {
		if err := w.Dispatch.PauseSend(t.Context(), w.Handle, by, id); err != nil {
			t.Fatal(err)
		}
	}
	before := w.Mail.Calls
	q.until(w.Clock.Add(10 * time.Minute))
	if before < 20 || w.Mail.Calls != before {
		t.Errorf("%d mails had left, %d have", before, w.Mail.Calls)
	}
	if err := w.Dispatch.ResumeSend(t.Context(), w.Handle, by, id); err != nil {
		t.Fatal(err)
	}
	q.until(w.Clock.Add(15 * time.Minute))
	if sent, mails := accepted(w, id); sent != 90 || mails != 90 {
		t.Errorf("%d sent, %d mails", sent, mails)
	}
	if j := w.Journal(); j[journal.SendPaused] != 1 || j[journal.SendResumed] != 1 {
		t.Errorf("journal %v", j)
	}
}

// What had not left does not leave, each says why, and can be sent to again.
func TestCancelled(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 1})
	id := send(w, 60)
	q.until(w.Clock.Add(20 * time.Second))
	left := w.Mail.Calls
	if err := w.Dispatch.CancelSend(t.Context(), w.Handle, by, id); err != nil {
		t.Fatal(err)
	}
	q.until(w.Clock.Add(3 * time.Minute))
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil || w.Mail.Calls != left || d.Counts.Transmitted != left || d.Counts.Failed != 60-left || d.Counts.Waiting != 0 {
		t.Fatalf("%d mails had left: %d, %+v, %v", left, w.Mail.Calls, d.Counts, err)
	}
	for _, r := range d.Recipients {
		if s := r.Standing(w.Clock); s.Status == convocation.Failed && s.Reason != convocation.ReasonCancelled {
			t.Errorf("failed because of %q", s.Reason)
		}
	}
	if err := w.Dispatch.CancelSend(t.Context(), w.Handle, by, id); !errors.Is(err, convocation.ErrNothingSending) {
		t.Errorf("cancelled again: %v", err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, by, id, store.WhoUnread, nil); n != 60 || err != nil {
		t.Errorf("sent again to %d, %v", n, err)
	}
	q.until(w.Clock.Add(8 * time.Minute))
	if sent, mails := accepted(w, id); sent != 60 || mails != 60+left {
		t.Errorf("sent again: %d sent, %d mails", sent, mails)
	}
}

func TestOfADraftNothingIsSteered(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	for name, act := range map[string]func(context.Context, *store.Handle, string, convocation.ID) error{
		"pause": w.Dispatch.PauseSend, "resume": w.Dispatch.ResumeSend, "cancel": w.Dispatch.CancelSend,
	} {
		if err := act(t.Context(), w.Handle, by, d.ID); !errors.Is(err, convocation.ErrNotSent) {
			t.Errorf("%s a draft: %v", name, err)
		}
		if err := act(t.Context(), w.Handle, by, "cnv_aaaaaaaaaaaaaaaa"); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%s nothing: %v", name, err)
		}
	}
	if err := w.Dispatch.Recall(t.Context(), w.Handle, by, "cnv_aaaaaaaaaaaaaaaa"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("recall nothing: %v", err)
	}
	if _, err := w.Dispatch.Remind(t.Context(), w.Handle, by, d.ID, store.WhoUnread, nil); !errors.Is(err, convocation.ErrNotSent) {
		t.Errorf("remind of a draft: %v", err)
	}
}

// The secretary has asked: it arrived. It counts from then on, and not before.
func TestVouchedFor(t *testing.T) {
	w := worldtest.New(t)
	unknown := mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
	answers(w, unknown, unknown, unknown)
	d := w.Draft(1)
	w.Send(d)
	who := w.Recipients(d.ID)["a0@x.fr"].ID
	if err := w.Dispatch.Vouch(t.Context(), w.Handle, by, d.ID, who); !errors.Is(err, convocation.ErrNotInReview) {
		t.Errorf("while it is tried: %v", err)
	}
	w.Pass(120, time.Minute)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Review {
		t.Fatalf("got %s", got)
	}
	for range 2 {
		if err := w.Dispatch.Vouch(t.Context(), w.Handle, by, d.ID, who); err != nil {
			t.Error(err)
		}
	}
	r := w.Recipients(d.ID)["a0@x.fr"]
	if r.Standing(w.Clock).Status != convocation.Sent || !r.ReachedAt().Equal(w.Clock) || r.Sendings() != 0 || w.Journal()[journal.ReviewDecided] != 1 {
		t.Errorf("%s, reached at %s, %d sendings", r.Standing(w.Clock).Status, r.ReachedAt(), r.Sendings())
	}
	if _, err := w.Visit("a0@x.fr"); err != nil { // and a later proof says when it really left
		t.Error(err)
	}
}

// blocker is a service that keeps addresses to which it does not write.
type blocker struct{ unblocked []string }

func (b *blocker) Unblock(_ context.Context, address string) error {
	b.unblocked = append(b.unblocked, address)
	return nil
}

func TestUnblocked(t *testing.T) {
	w := worldtest.New(t)
	b := &blocker{}
	w.Dispatch.Unblocker = b
	d := w.Draft(2)
	w.Send(d)
	r := w.Recipients(d.ID)["a0@x.fr"]
	if _, err := w.Dispatch.Unblock(t.Context(), w.Handle, by, d.ID, r.ID); !errors.Is(err, convocation.ErrNotBlocked) {
		t.Errorf("not blocked: %v", err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	err := w.Dispatch.Hear(t.Context(), mail.Event{
		Tags: mail.Tags{Collectivity: string(worldtest.SIREN), Convocation: string(d.ID), Recipient: string(r.ID), Attempt: 1},
		Kind: mail.EventBounced, SentAt: w.Clock.Add(-time.Minute), At: w.Clock, Reason: mail.ReasonSuppressed,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := w.Dispatch.Unblock(t.Context(), w.Handle, by, d.ID, r.ID); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	w.Pass(2, time.Minute)
	if len(b.unblocked) != 1 || b.unblocked[0] != "a0@x.fr" || len(w.Mail.Links["a0@x.fr"]) != 2 || len(w.Mail.Links["a1@x.fr"]) != 1 {
		t.Errorf("unblocked %q, %d mails", b.unblocked, len(w.Mail.Links["a0@x.fr"]))
	}
	if got := w.Recipients(d.ID)["a0@x.fr"]; got.ReachedAt().IsZero() || dispatch.Blocked(got) {
		t.Errorf("reached at %s", got.ReachedAt())
	}
}

// A backup is put in place: what had not left when it was taken may have left since. Nothing of it leaves; orders given
// after that do.
func TestRestoredBackup(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 1})
	w.Dispatch.Place = "before"
	id := send(w, 40)
	d := w.Draft(2)
	if err := w.Dispatch.Send(t.Context(), w.Handle, by, d.ID, d.Version, w.Clock.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	q.until(w.Clock.Add(15 * time.Second))
	left := w.Mail.Calls
	q.bells, q.at = nil, nil // the queue is another one
	w.Dispatch.Place = "after"
	q.until(w.Clock.Add(20 * time.Minute))
	detail, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil || w.Mail.Calls != left || detail.Counts.Transmitted != left || detail.Counts.Review != 40-left {
		t.Errorf("%d mails had left: %d, %+v, %v", left, w.Mail.Calls, detail.Counts, err)
	}
	q.until(w.Clock.Add(time.Hour)) // what was planned for later leaves
	if sent, mails := accepted(w, d.ID); sent != 2 || mails != left+2 {
		t.Errorf("planned: %d sent, %d mails", sent, mails)
	}
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, by, id, store.WhoUnread, nil); n != 40 || err != nil {
		t.Errorf("sent again to %d, %v", n, err)
	}
	q.until(w.Clock.Add(5 * time.Minute))
	if sent, _ := accepted(w, id); sent != 40 {
		t.Errorf("sent again: %d", sent)
	}
}

// Somebody dies in the middle of a call, and the sending is cancelled: whether the mail left is to be looked at, and the
// call does not stay open for good.
func TestCancelledWhileACallerIsDead(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		w.Fault = func(op string, _ table.Key) table.Fault { // nothing is written any more
			if op == "write" {
				return table.FaultBefore
			}
			return table.FaultNone
		}
		return mail.Result{Outcome: mail.Accepted, MessageID: "m"}
	}
	d := w.Draft(1)
	w.Send(d)
	w.Fault, w.Mail.Decide, w.Bells = nil, nil, nil
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Calling {
		t.Fatalf("got %s", got)
	}
	if err := w.Dispatch.CancelSend(t.Context(), w.Handle, by, d.ID); err != nil {
		t.Fatal(err)
	}
	w.Pass(60, time.Minute)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Review || w.Mail.Calls != 1 {
		t.Errorf("an hour later: %s after %d calls", got, w.Mail.Calls)
	}
}

package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// reason is why a recipient waits or has failed.
func reason(w *worldtest.World, id convocation.ID) string {
	w.T.Helper()
	return w.Recipients(id)["a0@x.fr"].Standing(w.Clock).Reason
}

// While the service cannot be used the secretary reads why, and when it never comes back the order ends all the same.
func TestServiceThatNeverComesBack(t *testing.T) {
	for _, why := range []mail.Reason{mail.ReasonConnection, mail.ReasonCredentials, mail.ReasonThrottled} {
		t.Run(string(why), func(t *testing.T) {
			w := worldtest.New(t)
			w.Mail.Decide = func(mail.Envelope) mail.Result {
				return mail.Result{Outcome: mail.RefusedForNow, Reason: why}
			}
			d := w.Draft(1)
			w.Send(d)
			if got := reason(w, d.ID); got != string(why) {
				t.Errorf("why it waits: got %q", got)
			}
			w.Pass(71*60, time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Pending || reason(w, d.ID) != string(why) {
				t.Errorf("after 71 hours: got %s, %q", got, reason(w, d.ID))
			}
			w.Pass(8*60, time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Failed || reason(w, d.ID) != string(why) {
				t.Errorf("after 79 hours: got %s, %q", got, reason(w, d.ID))
			}
			if c, err := w.Compose.Draft(t.Context(), w.Handle, d.ID); err != nil || c.SentAt.IsZero() {
				t.Errorf("the sending has not ended: %v", err)
			}
		})
	}
}

// The link of a mail that an élu has is not pushed out by attempts that never left.
func TestLinksOutliveAnOutage(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	w.Send(d)
	first := w.Mail.Links["a0@x.fr"][0]
	w.Pass(1, time.Minute)
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}
	}
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoUnread, nil); n != 1 || err != nil {
		t.Fatalf("resent to %d, %v", n, err)
	}
	w.Pass(12*60, time.Minute)
	if v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, first)); err != nil || v.Attempt != 1 {
		t.Errorf("the first link: attempt %d, %v", v.Attempt, err)
	}
}

// script is a mail service, or what writes the letters, as a test has it.
type script struct {
	mail.Sender
	dispatch.Letters
	send   func(context.Context, mail.Envelope) mail.Result
	letter func(dispatch.Letter) (mail.Message, error)
}

func (s script) Send(ctx context.Context, m mail.Envelope) mail.Result { return s.send(ctx, m) }
func (s script) Letter(l dispatch.Letter) (mail.Message, error)        { return s.letter(l) }

// toDeliver gives the order and answers its bells up to the one that makes an attempt.
func toDeliver(w *worldtest.World) (convocation.ID, queue.Bell) {
	w.T.Helper()
	d := w.Draft(1)
	if err := w.Dispatch.Send(w.T.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		w.T.Fatal(err)
	}
	for {
		b := w.Bells[0]
		w.Bells = w.Bells[1:]
		if b.Kind == queue.Deliver {
			return d.ID, b
		}
		if err := w.Dispatch.Answer(w.T.Context(), b); err != nil {
			w.T.Fatal(err)
		}
	}
}

// A restart ends what the process was told to do, but never a call that has begun: it would be a copy that nobody knows
// of, and a second one after it.
func TestStoppedInMidCall(t *testing.T) {
	w := worldtest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	w.Dispatch.Mail = script{send: func(ctx context.Context, m mail.Envelope) mail.Result {
		stop()
		if ctx.Err() != nil { // as an adapter does: nobody knows whether it has left
			return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
		}
		return w.Mail.Send(ctx, m)
	}}
	id, b := toDeliver(w)
	if err := w.Dispatch.Deliver(ctx, b); err != nil {
		t.Errorf("got %v", err)
	}
	w.Pass(30, time.Minute)
	if got := w.Status(id, "a0@x.fr"); got != convocation.Sent || w.Mail.Calls != 1 {
		t.Errorf("got %s after %d calls", got, w.Mail.Calls)
	}
}

// told is a table that tells of each write when it has been made.
type told struct {
	table.Table
	written func()
}

func (t told) Write(ctx context.Context, w table.Write) (table.Item, error) {
	defer t.written()
	return t.Table.Write(ctx, w)
}

// Stopped between the claim and the call, the attempt is given back, and the next process makes it at once.
func TestStoppedBeforeTheCall(t *testing.T) {
	w := worldtest.New(t)
	id, b := toDeliver(w)
	ctx, stop := context.WithCancel(t.Context())
	tables := w.Dispatch.Tables
	w.Dispatch.Tables.Data = told{tables.Data, stop}
	if err := w.Dispatch.Deliver(ctx, b); err != nil {
		t.Errorf("got %v", err)
	}
	w.Dispatch.Tables = tables
	if ctx.Err() == nil || w.Mail.Calls != 0 {
		t.Fatalf("stopped: %v, after %d calls", ctx.Err(), w.Mail.Calls)
	}
	w.Dispatch.Owner = "the next process"
	if err := w.Dispatch.Deliver(t.Context(), b); err != nil {
		t.Error(err)
	}
	r := w.Recipients(id)["a0@x.fr"]
	if r.Standing(w.Clock).Status != convocation.Sent || r.LastN() != 1 || w.Mail.Calls != 1 {
		t.Errorf("got %s, attempt %d, after %d calls", r.Standing(w.Clock).Status, r.LastN(), w.Mail.Calls)
	}
}

func TestMailThatCannotBeWritten(t *testing.T) {
	errBroken := errors.New("broken template")
	for _, c := range []struct {
		name   string
		broken int // times
		want   convocation.Status
	}{
		{"mended in time", 2, convocation.Sent},
		{"never mended: its own failure", 1_000, convocation.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			good := w.Dispatch.Letters
			w.Dispatch.Letters = script{letter: func(l dispatch.Letter) (mail.Message, error) {
				if l.Recipient.Address == "a0@x.fr" && c.broken > 0 {
					c.broken--
					return mail.Message{}, errBroken
				}
				return good.Letter(l)
			}}
			d := w.Draft(3)
			w.Send(d)
			if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Retry || reason(w, d.ID) != "unwritten" {
				t.Errorf("at first: got %s, %q", got, reason(w, d.ID))
			}
			w.Pass(10, time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != c.want {
				t.Errorf("got %s", got)
			}
			if c.want == convocation.Failed && reason(w, d.ID) != "unwritten" {
				t.Errorf("because of %q", reason(w, d.ID))
			}
			if sent := w.Status(d.ID, "a1@x.fr"); sent != convocation.Sent {
				t.Errorf("another one: got %s", sent)
			}
			if got, err := w.Compose.Draft(t.Context(), w.Handle, d.ID); err != nil || got.SentAt.IsZero() {
				t.Errorf("the sending has not ended: %v", err)
			}
		})
	}
}

// The operator reads what is wrong with a mail that cannot be written; a store that fails is no such thing.
func TestMailThatCannotBeWrittenIsToldToTheOperator(t *testing.T) {
	w := worldtest.New(t)
	errBroken := errors.New("broken template")
	w.Dispatch.Letters = script{letter: func(dispatch.Letter) (mail.Message, error) { return mail.Message{}, errBroken }}
	id, b := toDeliver(w)
	w.Fault = func(op string, key table.Key) table.Fault {
		if op == "get" {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	if err := w.Dispatch.Deliver(t.Context(), b); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("a store that fails: got %v", err)
	}
	w.Fault = nil
	if r := w.Recipients(id)["a0@x.fr"]; len(r.Attempts) != 0 {
		t.Errorf("a store that fails has cost %d attempts", len(r.Attempts))
	}
	if err := w.Dispatch.Deliver(t.Context(), b); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

// The clock was hours ahead while an order was given, and is right again: nobody waits for the hours to pass.
func TestClockThatIsSetBackStopsNothing(t *testing.T) {
	result := func(o mail.Outcome, r mail.Reason) mail.Result { return mail.Result{Outcome: o, Reason: r} }
	for _, c := range []struct {
		name   string
		result mail.Result // of the first call
		given  func(*worldtest.World)
		within time.Duration
		calls  int
	}{
		{"nobody was rung for", mail.Result{}, func(w *worldtest.World) { w.Deaf = true }, 2 * time.Minute, 1},
		{"the relay was away", result(mail.RefusedForNow, mail.ReasonConnection), nil, time.Minute, 2},
		{"the mailbox was full", result(mail.RefusedForNow, mail.ReasonMailboxFull), nil, time.Minute, 2},
		{"nobody knew", result(mail.Unknown, mail.ReasonTimeout), nil, time.Minute, 2},
		{"the process died in mid-call", mail.Result{Outcome: mail.Accepted}, func(w *worldtest.World) {
			calls := w.Mail.Decide
			w.Mail.Decide = func(m mail.Envelope) mail.Result {
				w.Fault = func(op string, _ table.Key) table.Fault {
					if op == "write" {
						return table.FaultBefore
					}
					return table.FaultNone
				}
				return calls(m)
			}
		}, 20 * time.Minute, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			answers(w)
			if c.result.Outcome != "" {
				answers(w, c.result)
			}
			accept := w.Mail.Decide
			if c.given != nil {
				c.given(w)
			}
			ahead := 5 * time.Hour
			w.Clock = w.Clock.Add(ahead)
			d := w.Draft(1)
			w.Send(d)
			w.Fault, w.Deaf, w.Mail.Decide, w.Bells = nil, false, accept, nil
			w.Clock = w.Clock.Add(-ahead)
			n, err := w.Tables.AgendaHandle().Recall(t.Context(), w.Clock, map[store.What]time.Duration{
				store.DueSend: dispatch.Watch, store.DueRun: dispatch.Watch,
			})
			if n == 0 || err != nil {
				t.Errorf("recalled %d, %v", n, err)
			}
			w.Pass(int(c.within/time.Minute), time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Sent || w.Mail.Calls != c.calls {
				t.Errorf("got %s after %d calls, want sent after %d", got, w.Mail.Calls, c.calls)
			}
		})
	}
}

func TestSentAgainAfterTheClockWasSetBack(t *testing.T) {
	w := worldtest.New(t)
	w.Clock = w.Clock.Add(5 * time.Hour)
	d := w.Draft(1)
	w.Send(d)
	w.Clock = w.Clock.Add(-5 * time.Hour)
	for _, want := range []int{1, 0} { // and a double click is one all the same
		if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoUnread, nil); n != want || err != nil {
			t.Errorf("resent to %d, %v, want %d", n, err, want)
		}
		w.Heed()
	}
}

// Clocks of several processes differ a little: an owner that lives is not given up because its clock is ahead.
func TestClocksThatDifferALittle(t *testing.T) {
	w := worldtest.New(t)
	id, b := toDeliver(w)
	w.Dispatch.Mail = script{send: func(ctx context.Context, m mail.Envelope) mail.Result {
		w.Clock = w.Clock.Add(-time.Minute) // another process looks, by a clock that is behind
		if _, err := w.Dispatch.Due(t.Context(), store.AgendaEntry{
			Due: w.Clock, Collectivity: worldtest.SIREN, Convocation: id, What: store.DueSend, Order: convocation.OrderID(b.Order),
		}); err != nil {
			t.Error(err)
		}
		w.Clock = w.Clock.Add(time.Minute)
		return w.Mail.Send(ctx, m)
	}}
	if err := w.Dispatch.Deliver(t.Context(), b); err != nil {
		t.Error(err)
	}
	r := w.Recipients(id)["a0@x.fr"]
	if r.Standing(w.Clock).Status != convocation.Sent || !r.Attempts[0].UnknownAt.IsZero() {
		t.Errorf("got %s, given up at %s", r.Standing(w.Clock).Status, r.Attempts[0].UnknownAt)
	}
}

package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/follow"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// correct gives the recipient who had an address another one.
func correct(t *testing.T, w *worldtest.World, id convocation.ID, was, is string) (int, error) {
	t.Helper()
	return w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", id, w.Recipients(id)[was].ID, is)
}

func TestCorrectedAddress(t *testing.T) {
	w := worldtest.New(t)
	id := w.Convene(w.Council(2))
	old := worldtest.Token(t, w.Mail.Links["e0@x.fr"][0])
	v, err := w.Visit("e0@x.fr") // somebody else reads it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Clock = time.Date(2026, 12, 12, 8, 0, 0, 0, time.UTC) // too late for the delay
	corrected := w.Clock
	if n, err := correct(t, w, id, "e0@x.fr", " Juste <JUSTE@x.fr> "); n != 1 || err != nil {
		t.Fatalf("sent to %d, %v", n, err)
	}
	w.Pass(2, time.Minute)
	if _, err := w.Answer.Visit(t.Context(), old); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("the old link: %v", err)
	}
	r := w.Recipients(id)["juste@x.fr"]
	got, err := w.Visit("juste@x.fr")
	if err != nil || got.Recipient.ID != v.Recipient.ID || r.Name != "Élu 0" || r.Why != convocation.WhyCorrected {
		t.Errorf("the new link: %s of %s, because of %q, %v", r.ID, r.Name, r.Why, err)
	}
	if len(w.Mail.Links["e0@x.fr"]) != 1 || len(w.Mail.Links["juste@x.fr"]) != 1 || w.Mail.Calls != 3 {
		t.Errorf("%d mails", w.Mail.Calls)
	}
	c, err := w.Handle.Convocation(t.Context(), id)
	if err != nil || r.ReachedAt().Before(corrected) || follow.InTime(c, r) || !r.FirstSentAt().Before(corrected) {
		t.Errorf("reached at %s, in time %v, %v", r.ReachedAt(), follow.InTime(c, r), err)
	}
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil || d.Facts.InTime != 1 || d.Facts.Arrived != 0 {
		t.Errorf("in time %d, arrived %d, %v", d.Facts.InTime, d.Facts.Arrived, err)
	}
	if n := w.Journal()[journal.AddressCorrected]; n != 1 || w.Recipients(id)["e1@x.fr"].Sendings() != 1 {
		t.Errorf("%d lines of the journal, another got %d mails", n, w.Recipients(id)["e1@x.fr"].Sendings())
	}
}

// Whatever has become of the mail to the old address, exactly one leaves to the new one, and it alone counts.
func TestCorrectedInEveryState(t *testing.T) {
	result := func(o mail.Outcome, why mail.Reason) mail.Result { return mail.Result{Outcome: o, Reason: why} }
	for _, c := range []struct {
		name   string
		first  mail.Result
		before convocation.Status
		after  time.Duration
	}{
		{"accepted", mail.Result{Outcome: mail.Accepted}, convocation.Sent, time.Hour},
		{"accepted in the same instant", mail.Result{Outcome: mail.Accepted}, convocation.Sent, 0},
		{"failed", result(mail.RefusedForGood, mail.ReasonNoMailbox), convocation.Failed, time.Hour},
		{"tried again later", result(mail.RefusedForNow, mail.ReasonMailboxFull), convocation.Retry, time.Second},
		{"held back", result(mail.RefusedForNow, mail.ReasonConnection), convocation.Pending, time.Second},
		{"not known", result(mail.Unknown, mail.ReasonTimeout), convocation.Unknown, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			answers(w, c.first)
			d := w.Draft(1)
			w.Send(d)
			w.Clock = w.Clock.Add(c.after)
			if got := w.Status(d.ID, "a0@x.fr"); got != c.before {
				t.Fatalf("before: %s", got)
			}
			old := len(w.Mail.Links["a0@x.fr"])
			if n, err := correct(t, w, d.ID, "a0@x.fr", "juste@x.fr"); n != 1 || err != nil {
				t.Errorf("sent to %d, %v", n, err)
			}
			w.Pass(40, time.Minute)
			r := w.Recipients(d.ID)["juste@x.fr"]
			if got := r.Standing(w.Clock).Status; got != convocation.Sent || len(w.Mail.Links["juste@x.fr"]) != 1 || len(w.Mail.Links["a0@x.fr"]) != old {
				t.Errorf("%s after %d mails to the new address, %d more to the old one", got, len(w.Mail.Links["juste@x.fr"]), len(w.Mail.Links["a0@x.fr"])-old)
			}
			if last := r.Attempts[len(r.Attempts)-1]; !r.ReachedAt().Equal(last.AcceptedAt) || last.ClaimedAt.Before(r.AddressAt) {
				t.Errorf("reached at %s, corrected at %s, sent at %s", r.ReachedAt(), r.AddressAt, last.AcceptedAt)
			}
			for _, a := range r.Attempts[:len(r.Attempts)-1] {
				if !a.ClaimedAt.Before(r.AddressAt) || r.Live(a) {
					t.Errorf("the mail to the old address left at %s, corrected at %s", a.ClaimedAt, r.AddressAt)
				}
			}
			if _, err := w.Visit("juste@x.fr"); err != nil {
				t.Errorf("the new link: %v", err)
			}
		})
	}
}

func TestPaperCouncillorGetsAnAddress(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(1)
	w.Member(c.Group, "Marthe")
	id := w.Convene(c)
	if got := w.Status(id, ""); got != convocation.Paper {
		t.Fatalf("before: %s", got)
	}
	if n, err := correct(t, w, id, "", "marthe@x.fr"); n != 1 || err != nil {
		t.Fatalf("sent to %d, %v", n, err)
	}
	w.Pass(2, time.Minute)
	v, err := w.Visit("marthe@x.fr")
	if err != nil || v.Recipient.Name != "Marthe" || v.Recipient.ReachedAt().IsZero() {
		t.Errorf("%s, %v", v.Recipient.Name, err)
	}
}

func TestCorrectedTwiceIsOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		between func(w *worldtest.World)
	}{
		{"at the same moment", func(*worldtest.World) {}},
		{"a minute later, no bell having been heard", func(w *worldtest.World) { w.Clock = w.Clock.Add(time.Minute) }},
		{"once the mail has left", func(w *worldtest.World) { w.Pass(1, time.Minute) }},
		{"a day later", func(w *worldtest.World) { w.Pass(1, 24*time.Hour) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			d := w.Draft(1)
			w.Send(d)
			w.Clock = w.Clock.Add(time.Hour)
			who := w.Recipients(d.ID)["a0@x.fr"].ID
			for range 2 {
				_, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", d.ID, who, "juste@x.fr")
				if err != nil {
					t.Error(err)
				}
				c.between(w)
			}
			w.Pass(3, time.Minute)
			log := w.Journal()
			if got := len(w.Mail.Links["juste@x.fr"]); got != 1 || log[journal.AddressCorrected] != 1 || log[journal.ResendAsked] != 0 {
				t.Errorf("%d mails, the journal has %v", got, log)
			}
		})
	}
}

func TestCorrectedAndCorrectedBack(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	w.Send(d)
	who := w.Recipients(d.ID)["a0@x.fr"].ID
	for _, address := range []string{"faux@x.fr", "a0@x.fr"} {
		w.Pass(1, time.Minute)
		if n, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", d.ID, who, address); n != 1 || err != nil {
			t.Errorf("%s: sent to %d, %v", address, n, err)
		}
	}
	w.Pass(2, time.Minute)
	for n, link := range w.Mail.Links["a0@x.fr"] {
		if _, err := w.Answer.Visit(t.Context(), worldtest.Token(t, link)); (err == nil) != (n == 1) {
			t.Errorf("link %d: %v", n+1, err)
		}
	}
	if got := len(w.Mail.Links["a0@x.fr"]); got != 2 {
		t.Errorf("%d mails", got)
	}
}

func TestCorrectionIsRefused(t *testing.T) {
	w := worldtest.New(t)
	draft, sent, other := w.Draft(1), w.Draft(1), w.Draft(2)
	w.Send(sent)
	w.Send(other)
	w.Pass(1, time.Hour)
	who, stranger := w.Recipients(sent.ID)["a0@x.fr"].ID, w.Recipients(other.ID)["a1@x.fr"].ID
	for _, c := range []struct {
		name    string
		id      convocation.ID
		who     convocation.RecipientID
		address string
		want    *errs.Error
	}{
		{"no address", sent.ID, who, "jean@", convocation.ErrAddressInvalid},
		{"nothing", sent.ID, who, " ", convocation.ErrAddressInvalid},
		{"a draft", draft.ID, who, "juste@x.fr", convocation.ErrNotSent},
		{"no convocation", "cnv_aaaaaaaaaaaaaaaa", who, "juste@x.fr", errs.ErrNotFound},
		{"nobody", sent.ID, "rcp_aaaaaaaaaaaaaaaa", "juste@x.fr", errs.ErrNotFound},
		{"a recipient of another convocation", sent.ID, stranger, "juste@x.fr", errs.ErrNotFound},
		{"the address that is there already", sent.ID, who, "A0@x.fr", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.Counts().Writes
			n, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", c.id, c.who, c.address)
			if n != 0 || (c.want == nil && err != nil) || (c.want != nil && !errors.Is(err, c.want)) || w.Counts().Writes != before {
				t.Errorf("got %d, %v after %d writes", n, err, w.Counts().Writes-before)
			}
		})
	}
}

// While a mail is on its way nobody knows where it will count.
func TestCorrectedInFlight(t *testing.T) {
	w := worldtest.New(t)
	var refused error
	w.Dispatch.Mail = script{send: func(ctx context.Context, m mail.Envelope) mail.Result {
		if refused == nil {
			id := convocation.ID(m.Tags.Convocation)
			_, refused = w.Dispatch.CorrectAddress(ctx, w.Handle, "secretaire", id, convocation.RecipientID(m.Tags.Recipient), "juste@x.fr")
		}
		return w.Mail.Send(ctx, m)
	}}
	d := w.Draft(1)
	w.Send(d)
	if !errors.Is(refused, convocation.ErrStillSending) {
		t.Errorf("got %v", refused)
	}
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Sent {
		t.Errorf("got %s", got)
	}
}

// The mail leaves between the secretary's look and her correction.
func TestCorrectedAsTheMailLeaves(t *testing.T) {
	w := worldtest.New(t)
	id, bell := toDeliver(w)
	w.Meanwhile("transact", func() {
		if err := w.Dispatch.Deliver(t.Context(), bell); err != nil {
			t.Error(err)
		}
	})
	if n, err := correct(t, w, id, "a0@x.fr", "juste@x.fr"); n != 0 || !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("got %d, %v", n, err)
	}
	if r := w.Recipients(id)["a0@x.fr"]; r.Sendings() != 1 || !r.ClosedAt.IsZero() {
		t.Errorf("%d mails, closed at %s", r.Sendings(), r.ClosedAt)
	}
}

func TestRevoke(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(3)
	w.Send(d)
	v, err := w.Visit("a0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Pass(1, time.Hour)
	for range 2 { // a double click
		if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", d.ID, v.Recipient.ID); err != nil {
			t.Fatal(err)
		}
	}
	for address, want := range map[string]error{"a0@x.fr": convocation.ErrLinkClosed, "a1@x.fr": nil} {
		if _, err := w.Visit(address); !errors.Is(err, want) {
			t.Errorf("%s: got %v", address, err)
		}
	}
	w.Clock = w.Clock.Add(time.Minute)
	if n, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", d.ID); n != 2 || err != nil {
		t.Errorf("closed %d others, %v", n, err)
	}
	closed := 0
	events, err := w.Handle.Events(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.What == journal.LinksClosed {
			closed += e.Count
		}
	}
	if n := w.Journal()[journal.LinksRevoked]; n != 1 || closed != 2 {
		t.Errorf("the journal tells of %d revoked and %d closed", n, closed)
	}
	w.Clock = w.Clock.Add(time.Minute)
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoChosen, []convocation.RecipientID{v.Recipient.ID}); n != 1 || err != nil {
		t.Fatalf("sent again to %d, %v", n, err)
	}
	w.Pass(1, time.Minute)
	if got, err := w.Visit("a0@x.fr"); err != nil || got.Attempt != 2 {
		t.Errorf("a new link: attempt %d, %v", got.Attempt, err)
	}
	draft := w.Draft(1)
	for _, c := range []struct {
		name string
		id   convocation.ID
		who  convocation.RecipientID
		want error
	}{
		{"a draft", draft.ID, v.Recipient.ID, convocation.ErrNotSent},
		{"no convocation", "cnv_aaaaaaaaaaaaaaaa", v.Recipient.ID, errs.ErrNotFound},
		{"nobody", d.ID, "rcp_aaaaaaaaaaaaaaaa", errs.ErrNotFound},
	} {
		if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", c.id, c.who); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// All links at once: those that were opened too, none twice, and each with its line of the journal.
func TestRevokeAll(t *testing.T) {
	w := worldtest.New(t)
	id := w.Convene(w.Council(3, func(text *compose.Text) { w.Member(text.Meeting.Assembly.Group, "Marthe") }))
	v, err := w.Visit("e0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, w.Recipients(id)["e1@x.fr"].ID); err != nil {
		t.Fatal(err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	for _, want := range []int{2, 0} {
		if n, err := w.Dispatch.RevokeAll(t.Context(), w.Handle, "secretaire", id); n != want || err != nil {
			t.Errorf("closed %d, %v, want %d", n, err, want)
		}
	}
	for address := range w.Mail.Links {
		if _, err := w.Visit(address); !errors.Is(err, convocation.ErrLinkClosed) {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if n := w.Journal()[journal.LinksRevoked]; n != 3 {
		t.Errorf("%d lines of the journal", n)
	}
	for id, want := range map[convocation.ID]error{w.Draft(1).ID: convocation.ErrNotSent, "cnv_aaaaaaaaaaaaaaaa": errs.ErrNotFound} {
		if _, err := w.Dispatch.RevokeAll(t.Context(), w.Handle, "secretaire", id); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

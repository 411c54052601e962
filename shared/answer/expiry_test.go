package answer_test

import (
	"errors"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/worldtest"
)

const day = 24 * time.Hour

func TestLinkExpires(t *testing.T) {
	days := func(n int) func(*compose.Text) { return func(text *compose.Text) { text.LinkDays = n } }
	for _, c := range []struct {
		name   string
		change func(*compose.Text)
		want   func(sent time.Time) time.Time
	}{
		{"60 days after the meeting", days(0), func(time.Time) time.Time { return worldtest.Meeting.Add(60 * day) }},
		{"7 days after the meeting", days(7), func(time.Time) time.Time { return worldtest.Meeting.Add(7 * day) }},
		{"400 days after the meeting", days(400), func(time.Time) time.Time { return worldtest.Meeting.Add(400 * day) }},
		{"60 days after a plain mail", func(text *compose.Text) { text.Meeting = nil }, func(sent time.Time) time.Time { return sent.Add(60 * day) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			left := w.Clock
			id := convened(t, w, 1, c.change)
			token := worldtest.Token(t, w.Mail.Links["e0@x.fr"][0])
			w.Clock = c.want(left).Add(-time.Millisecond)
			if _, err := w.Answer.Visit(t.Context(), token); err != nil {
				t.Errorf("just before: %v", err)
			}
			w.Clock = c.want(left)
			v, err := w.Answer.Visit(t.Context(), token)
			if !errors.Is(err, convocation.ErrLinkExpired) || v.Convocation.ID != id || v.Recipient.Address != "e0@x.fr" {
				t.Errorf("then: %+v, %v", v.Recipient, err)
			}
			token.Secret = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
			if v, err := w.Answer.Visit(t.Context(), token); !errors.Is(err, convocation.ErrLinkUnknown) || v.Recipient.ID != "" {
				t.Errorf("with a wrong secret: %+v, %v", v.Recipient, err)
			}
		})
	}
}

// A link that leaves after the meeting has its days too.
func TestLinkSentLateLivesAsLong(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1)
	w.Clock = worldtest.Meeting.Add(30 * day)
	left := w.Clock
	resend(t, w, id, "e0@x.fr")
	w.Clock = left.Add(60*day - time.Millisecond)
	if v, err := w.Visit("e0@x.fr"); err != nil || v.Attempt != 2 {
		t.Errorf("just before: attempt %d, %v", v.Attempt, err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	if _, err := w.Visit("e0@x.fr"); !errors.Is(err, convocation.ErrLinkExpired) {
		t.Errorf("then: %v", err)
	}
}

// expired is somebody whose only link opens nothing any more.
func expired(t *testing.T, w *worldtest.World) (convocation.ID, answer.Visit) {
	t.Helper()
	id := convened(t, w, 2)
	w.Clock = worldtest.Meeting.Add(61 * day)
	v, err := w.Visit("e0@x.fr")
	if !errors.Is(err, convocation.ErrLinkExpired) {
		t.Fatalf("got %v", err)
	}
	return id, v
}

func TestNewLinkGoesToTheAddressOnFileOnly(t *testing.T) {
	w := worldtest.New(t)
	id, v := expired(t, w)
	for range 3 { // pressed again
		if err := w.Answer.AskLink(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		w.Clock = w.Clock.Add(time.Second)
	}
	w.Pass(2, time.Minute)
	if one, other := len(w.Mail.Links["e0@x.fr"]), len(w.Mail.Links["e1@x.fr"]); one != 2 || other != 1 || w.Mail.Calls != 3 {
		t.Errorf("%d mails to her, %d to another, %d in all", one, other, w.Mail.Calls)
	}
	if n := w.Journal()[journal.LinkAsked]; n != 1 {
		t.Errorf("%d lines of the journal", n)
	}
	if got, err := w.Visit("e0@x.fr"); err != nil || got.Attempt != 2 || got.Recipient.Why != convocation.WhyLinkAsked {
		t.Errorf("the new one: attempt %d, because of %q, %v", got.Attempt, got.Recipient.Why, err)
	}
	if _, err := w.Answer.Visit(t.Context(), worldtest.Token(t, w.Mail.Links["e0@x.fr"][0])); !errors.Is(err, convocation.ErrLinkExpired) {
		t.Errorf("the old one: %v", err)
	}
	if w.Recipients(id)["e0@x.fr"].Entered() {
		t.Error("asking for a link is no opening")
	}
	w.Clock = w.Clock.Add(10 * time.Minute)
	v, _ = w.Answer.Visit(t.Context(), worldtest.Token(t, w.Mail.Links["e0@x.fr"][0]))
	if err := w.Answer.AskLink(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	w.Pass(2, time.Minute)
	if got := len(w.Mail.Links["e0@x.fr"]); got != 3 {
		t.Errorf("asked again later: %d mails", got)
	}
}

// Two devices ask across the end of the ten minutes in which an order has one name.
func TestNewLinkAskedTwiceAtOnceIsOneMail(t *testing.T) {
	w := worldtest.New(t)
	_, v := expired(t, w)
	w.Clock = w.Clock.Truncate(10 * time.Minute).Add(10*time.Minute - time.Millisecond)
	for range 2 {
		if err := w.Answer.AskLink(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		w.Clock = w.Clock.Add(time.Millisecond)
	}
	w.Pass(3, time.Minute)
	if got := len(w.Mail.Links["e0@x.fr"]); got != 2 {
		t.Errorf("%d mails", got)
	}
}

// Whoever does not wait for the mail gets no second one within ten minutes of the first.
func TestNewLinkAskedAgainSoon(t *testing.T) {
	w := worldtest.New(t)
	_, v := expired(t, w)
	w.Clock = w.Clock.Truncate(10 * time.Minute).Add(9 * time.Minute)
	for _, wait := range []time.Duration{0, 2 * time.Minute, 3 * time.Minute} {
		w.Pass(1, wait)
		v.Recipient = w.Recipients(v.Convocation.ID)["e0@x.fr"]
		if err := w.Answer.AskLink(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		w.Pass(1, 0)
	}
	w.Pass(3, time.Minute)
	if got := len(w.Mail.Links["e0@x.fr"]); got != 2 {
		t.Errorf("%d mails", got)
	}
}

func TestWhoGetsNoNewLink(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(w *worldtest.World, id convocation.ID, v answer.Visit) error
	}{
		{"whose links were taken away", func(w *worldtest.World, id convocation.ID, v answer.Visit) error {
			return w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, v.Recipient.ID)
		}},
		{"whose links were closed unread", func(w *worldtest.World, id convocation.ID, _ answer.Visit) error {
			_, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", id)
			return err
		}},
		{"who holds the link of an address that was corrected", func(w *worldtest.World, id convocation.ID, v answer.Visit) error {
			_, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", id, v.Recipient.ID, "juste@x.fr")
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id, old := expired(t, w)
			if err := c.before(w, id, old); err != nil {
				t.Fatal(err)
			}
			w.Pass(2, time.Minute)
			before := w.Mail.Calls
			v, err := w.Visit("e0@x.fr")
			if !errors.Is(err, convocation.ErrLinkClosed) {
				t.Errorf("got %v", err)
			}
			if err := w.Answer.AskLink(t.Context(), v); !errors.Is(err, convocation.ErrLinkClosed) {
				t.Errorf("got %v", err)
			}
			w.Pass(2, time.Minute)
			if w.Mail.Calls != before || w.Journal()[journal.LinkAsked] != 0 {
				t.Errorf("%d mails", w.Mail.Calls-before)
			}
		})
	}
}

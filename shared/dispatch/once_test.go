package dispatch_test

import (
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// « Envoyer à nouveau » pressed many times at the same moment is one order: one entry of the journal, one mail.
func TestResendGivenTwiceAtTheSameMoment(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(2)
	w.Send(d)
	w.Clock = w.Clock.Add(time.Hour)
	resend := func() {
		if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoUnread, nil); n != 2 || err != nil {
			t.Errorf("to %d, %v", n, err)
		}
	}
	w.Meanwhile("write", func() { resend() }) // before the first one's entry in the agenda
	resend()
	w.Clock = w.Clock.Add(time.Millisecond)
	resend()
	w.Heed()
	if got := w.Journal()[journal.ResendAsked]; got != 1 {
		t.Errorf("%d entries of the journal", got)
	}
	if got := len(w.Mail.Links["a0@x.fr"]); got != 2 {
		t.Errorf("%d mails", got)
	}
	w.Clock = w.Clock.Add(time.Minute)
	resend()
	w.Heed()
	if got := len(w.Mail.Links["a0@x.fr"]); got != 3 {
		t.Errorf("a minute later: %d mails", got)
	}
}

// A form that has not expired puts another file in the place of a document between the last look and « Envoyer ».
func TestDocumentThatIsReplacedBeforeItIsFrozen(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	doc := w.Put(d.ID, "ordre.pdf", "%PDF-1.4")
	w.Store(doc.Key, "<html>")
	w.Send(d)
	c, err := w.Handle.Convocation(t.Context(), d.ID)
	if err != nil || !c.Draft() || c.Refused != convocation.ErrDocumentKind.Code || c.RefusedName != "ordre.pdf" {
		t.Fatalf("refused as %q about %q, %v", c.Refused, c.RefusedName, err)
	}
	if len(w.Mail.Links) > 0 {
		t.Error("it has left")
	}
	w.Store(doc.Key, "%PDF-1.4 encore")
	again, err := w.Compose.Draft(t.Context(), w.Handle, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Send(again)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Sent {
		t.Errorf("sent again: %s", got)
	}
}

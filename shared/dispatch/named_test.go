package dispatch_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/mail"
	"convoc/shared/worldtest"
)

// Each mail bears the name of its own attempt and of no other, a notice too: by it what comes back is known.
func TestEachMailBearsTheNameOfItsAttempt(t *testing.T) {
	w := worldtest.New(t)
	w.Dispatch.Seal = mail.Seal("a secret of the installation")
	first, named, notices := true, map[string]mail.Tags{}, 0
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		read, err := netmail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		id := read.Header.Get("Message-ID")
		tags, at, ok := w.Dispatch.Seal.Find(id)
		if !ok || tags != m.Tags || !at.Equal(w.Clock) || !strings.HasSuffix(id, "@saint-aubin.fr>") || strings.Contains(id, m.To) {
			t.Errorf("the mail of %+v is named %s", m.Tags, id)
		}
		if _, twice := named[id]; twice {
			t.Errorf("two mails are named %s", id)
		}
		named[id] = tags
		if m.Tags.Notice != "" {
			notices++
		}
		if first {
			first = false
			return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonRejected}
		}
		return mail.Result{Outcome: mail.Accepted}
	}
	d := w.Draft(2)
	w.Send(d)
	w.Pass(10, time.Minute)
	begin(t, w, "a1@x.fr", convocation.Choice{})
	if err := finish(t, w, "a1@x.fr"); err != nil {
		t.Fatal(err)
	}
	w.Pass(1, time.Minute)
	if len(named) != 4 || notices != 1 {
		t.Errorf("%d mails left, %d of them notices", len(named), notices)
	}
}

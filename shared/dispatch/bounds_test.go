package dispatch_test

import (
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/mail"
	"convoc/shared/worldtest"
)

// Somebody named by her address and by her group is one person, whichever comes first.
func TestSamePersonTypedAndInAGroup(t *testing.T) {
	for name, typedFirst := range map[string]bool{"the address first": true, "the group first": false} {
		t.Run(name, func(t *testing.T) {
			w := worldtest.New(t)
			id := w.Convene(w.Council(2, func(text *compose.Text) {
				typed := compose.Entry{Address: "e0@x.fr", Name: "Élu 0"}
				if typedFirst {
					text.To = append([]compose.Entry{typed}, text.To...)
				} else {
					text.To = append(text.To, typed)
				}
			}))
			c, err := w.Handle.Convocation(t.Context(), id)
			if err != nil || c.Frozen.Count != 2 || len(c.Frozen.Councillors) != 2 {
				t.Errorf("%d recipients, councillors %v, %v", c.Frozen.Count, c.Frozen.Councillors, err)
			}
		})
	}
}

// An assembly that was changed after the draft was saved counts as it is.
func TestAssemblyChangedAfterTheDraft(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(3)
	a := c.Assembly
	a.Members, a.ClearDays = 29, 5
	if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, "secretaire", a); err != nil {
		t.Fatal(err)
	}
	id := w.Convene(c)
	sent, err := w.Handle.Convocation(t.Context(), id)
	if err != nil || sent.Frozen.ClearDays != 5 || sent.Meeting.Quorum() != 15 {
		t.Errorf("frozen with %d days and a quorum of %d, %v", sent.Frozen.ClearDays, sent.Meeting.Quorum(), err)
	}
}

// While the relay is away, all links can be taken away: what would still leave does not.
func TestRevokedWhileTheRelayIsAway(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}
	}
	d := w.Draft(2)
	w.Send(d)
	if n, err := w.Dispatch.RevokeAll(t.Context(), w.Handle, "secretaire", d.ID); n != 2 || err != nil {
		t.Fatalf("revoked %d, %v", n, err)
	}
	w.Mail.Decide = nil
	w.Pass(10, time.Minute)
	for address, links := range w.Mail.Links {
		t.Errorf("%s got %d links", address, len(links))
	}
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Failed {
		t.Errorf("it is %s", got)
	}
}

package dispatch_test

import (
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/follow"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// Whatever call fails, pressing again ends in the same links, mails and entries of the journal.
func TestInterruptedOrders(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(w *worldtest.World, id convocation.ID) error
	}{
		{"sending again", func(w *worldtest.World, id convocation.ID) error {
			_, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", id, store.WhoUnread, nil)
			return err
		}},
		{"closing", func(w *worldtest.World, id convocation.ID) error {
			_, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", id)
			return err
		}},
		{"correcting an address", func(w *worldtest.World, id convocation.ID) error {
			who := worldtest.Token(t, w.Mail.Links["a1@x.fr"][0]).Recipient
			_, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, "secretaire", id, who, "juste@x.fr")
			return err
		}},
		{"taking all links away", func(w *worldtest.World, id convocation.ID) error {
			_, err := w.Dispatch.RevokeAll(t.Context(), w.Handle, "secretaire", id)
			return err
		}},
		{"taking links away", func(w *worldtest.World, id convocation.ID) error {
			return w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, worldtest.Token(t, w.Mail.Links["a0@x.fr"][0]).Recipient)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
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
				return worldtest.Flow{
					Run:   func() error { return c.run(w, d.ID) },
					State: func() any { return followed(t, w, d.ID) },
				}
			})
		})
	}
}

// followed is what the secretary sees of a convocation once all has come to rest.
func followed(t *testing.T, w *worldtest.World, id convocation.ID) any {
	t.Helper()
	w.Pass(3, time.Minute)
	mails, closed := map[string]int{}, map[string]time.Time{}
	for address, r := range w.Recipients(id) {
		mails[address+" "+string(r.Standing(w.Clock).Status)] = len(w.Mail.Links[address])
		closed[address] = r.ClosedAt
	}
	head, err := w.Handle.Convocation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Follow.List(t.Context(), w.Handle, follow.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return []any{mails, closed, head.ClosedAt, list.Lines[0].ChangedAt, w.Journal()}
}

// Who closes the links reads that it failed, and comes back later: the journal still tells of it, once.
func TestClosingIsToldLater(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(3)
	w.Send(d)
	w.Pass(1, time.Hour)
	press := func() (int, error) { return w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", d.ID) }
	untold(w)
	if _, err := press(); err == nil {
		t.Fatal("it was told")
	}
	w.Fault = nil
	w.Clock = w.Clock.Add(time.Hour)
	for range 2 {
		if n, err := press(); n != 0 || err != nil {
			t.Errorf("closed %d more, %v", n, err)
		}
	}
	events, err := w.Handle.Events(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range events {
		if e.What == journal.LinksClosed {
			told++
			if e.Count != 3 {
				t.Errorf("the journal says %d", e.Count)
			}
		}
	}
	if told != 1 {
		t.Errorf("the journal tells of it %d times", told)
	}
}

// untold lets the journal be written no more.
func untold(w *worldtest.World) {
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			return table.FaultBefore
		}
		return table.FaultNone
	}
}

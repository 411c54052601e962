package follow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/follow"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// lastSending leaves three clear days before the councils of a town meet: the 11th of December, 23:59:59 in Paris.
var lastSending = time.Date(2026, 12, 11, 22, 59, 59, 0, time.UTC)

// detail is a convocation as the follow-up shows it now.
func detail(t *testing.T, w *worldtest.World, id convocation.ID) follow.Detail {
	t.Helper()
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// says answers from a mailbox.
func says(t *testing.T, w *worldtest.World, address string, c convocation.Choice) {
	t.Helper()
	v, err := w.Visit(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Choice: c}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision); err != nil {
		t.Fatal(err)
	}
}

// Three facts of the councillors and of nobody else: guests who open, copies who open, are not in them.
func TestFactsAreAboutTheCouncillors(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		if m.To == "e2@x.fr" {
			return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}
		}
		return mail.Result{Outcome: mail.Accepted}
	}
	id := w.Convene(w.Council(3, func(text *compose.Text) {
		w.Member(text.Meeting.Assembly.Group, "Marthe") // on paper
		w.Member(text.Meeting.Assembly.Group, "Anne", "anne@x.fr", "anne@mairie.fr")
		text.To = append(text.To, compose.Entry{Address: "prefet@x.fr"})
		text.Cc = []compose.Entry{{Address: "presse@x.fr"}}
	}))
	for _, address := range []string{"anne@mairie.fr", "prefet@x.fr", "presse@x.fr"} {
		open(t, w, address)
	}
	says(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	anne := w.Recipients(id)["anne@x.fr"].Person
	says(t, w, "e1@x.fr", convocation.Choice{Presence: convocation.Represented, Holder: anne})
	says(t, w, "prefet@x.fr", convocation.Choice{Presence: convocation.Present})
	want := follow.Facts{
		Councillors: 5, InTime: 3, Arrived: 3, Opened: 3, Last: lastSending, Quorum: 2, // a reply shows that she has opened
		Tally: convocation.Tally{Present: 1, Represented: 1, Silent: 3},
	}
	if diff := cmp.Diff(&want, detail(t, w, id).Facts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if f := detail(t, w, func() convocation.ID { d := w.Draft(1); w.Send(d); return d.ID }()).Facts; f != nil {
		t.Errorf("a plain mail has %+v", f)
	}
}

func TestInTime(t *testing.T) {
	for _, c := range []struct {
		name string
		sent time.Time
		then func(t *testing.T, w *worldtest.World, id convocation.ID)
		want bool
	}{
		{"the last second", lastSending, nil, true},
		{"sent again too late: the first one counts", lastSending.Add(-time.Minute), func(t *testing.T, w *worldtest.World, id convocation.ID) {
			w.Clock = lastSending.Add(time.Hour)
			if _, err := w.Dispatch.Resend(t.Context(), w.Handle, by, id, store.WhoUnread, nil); err != nil {
				t.Fatal(err)
			}
			w.Pass(1, time.Minute)
		}, true},
		{"the address corrected too late: the first one went elsewhere", lastSending, func(t *testing.T, w *worldtest.World, id convocation.ID) {
			w.Clock = lastSending.Add(time.Hour)
			who := w.Recipients(id)["e0@x.fr"].ID
			if _, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, by, id, who, "juste@x.fr"); err != nil {
				t.Fatal(err)
			}
			w.Pass(2, time.Minute)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			council := w.Council(1)
			w.Clock = c.sent
			w.Send(council.Draft)
			id := council.Draft.ID
			if c.then != nil {
				c.then(t, w, id)
			}
			d := detail(t, w, id)
			if got := follow.InTime(d.Convocation, d.Recipients[0]); got != c.want || (d.Facts.InTime == 1) != c.want {
				t.Errorf("got %v, %d in the totals", got, d.Facts.InTime)
			}
		})
	}
}

// A mail that left late, because it was refused for now at first, is late.
func TestMailThatLeavesLateIsLate(t *testing.T) {
	w := worldtest.New(t)
	tries := 0
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		if tries++; tries == 1 {
			return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonMailboxFull}
		}
		return mail.Result{Outcome: mail.Accepted}
	}
	c := w.Council(1)
	w.Clock = lastSending
	w.Send(c.Draft)
	if d := detail(t, w, c.Draft.ID); d.Facts.InTime != 0 || follow.InTime(d.Convocation, d.Recipients[0]) {
		t.Error("what has not left is in time")
	}
	w.Pass(3, time.Minute)
	if d := detail(t, w, c.Draft.ID); d.Counts.Transmitted != 1 || d.Facts.InTime != 0 {
		t.Errorf("%d have left, %d in time", d.Counts.Transmitted, d.Facts.InTime)
	}
}

// Of a mail to an address that was wrong, nothing has arrived where it should.
func TestArrivedAtTheAddressAsItIsNow(t *testing.T) {
	w := worldtest.New(t)
	id := w.Convene(w.Council(1))
	open(t, w, "e0@x.fr")
	for step, want := range []int{1, 0, 1} {
		switch step {
		case 1:
			who := w.Recipients(id)["e0@x.fr"].ID
			if _, err := w.Dispatch.CorrectAddress(t.Context(), w.Handle, by, id, who, "juste@x.fr"); err != nil {
				t.Fatal(err)
			}
			w.Pass(2, time.Minute)
		case 2:
			open(t, w, "juste@x.fr")
		}
		if got := detail(t, w, id).Facts.Arrived; got != want {
			t.Errorf("step %d: %d arrived, want %d", step, got, want)
		}
	}
}

func TestLastReplies(t *testing.T) {
	w := worldtest.New(t)
	id, who, _ := replied(t, w)
	behalf := convocation.Behalf{By: by, Way: convocation.ByPhone, Reason: "Appel"}
	other := w.Recipients(id)["b@x.fr"].ID
	if _, err := w.Answer.Record(t.Context(), w.Handle, id, other, 0, answer.Typed{Text: "Excusé"}, behalf); err != nil {
		t.Fatal(err)
	}
	before := w.Counts().Writes
	d, all, err := w.Follow.LastReplies(t.Context(), w.Handle, id)
	if err != nil || d.ID != id || w.Counts().Writes != before {
		t.Fatalf("%s, %v, %d writes", d.ID, err, w.Counts().Writes-before)
	}
	var got []string
	for _, a := range all {
		got = append(got, fmt.Sprintf("%s %d %s %d %v", a.Address, a.Reply.Version, a.Reply.Text, len(a.Reply.Documents), a.Reply.Behalf != nil))
	}
	if diff := cmp.Diff([]string{"a@x.fr 2 Absent 2 false", "b@x.fr 1 Excusé 0 true"}, got); diff != "" || all[0].ID != who {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

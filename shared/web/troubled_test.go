package web_test

import (
	"fmt"
	"time"

	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/mail"
)

// What does not go smoothly in a town, without which some routes would refuse its own identifiers too: mails that do not
// arrive, persons who are there twice.

// troubled is a sending to three recipients that is suspended: to one the service does not write any more, of one nobody
// knows what became of the mail, one waits.
type troubled struct {
	convocation       convocation.ID
	blocked, doubtful convocation.RecipientID
}

// trouble sends such a convocation, which takes an hour.
func (s *neighbours) trouble() troubled {
	s.t.Helper()
	var back mail.Tags
	s.Mail.Decide = func(m mail.Envelope) mail.Result {
		switch m.To {
		case "a0@x.fr":
			back = m.Tags
		case "a1@x.fr":
			return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
		case "a2@x.fr":
			return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonMailboxFull}
		}
		return mail.Result{Outcome: mail.Accepted, MessageID: "id"}
	}
	defer func() { s.Mail.Decide = nil }()
	draft := s.Draft(3)
	s.Send(draft)
	s.Pass(4, 15*time.Minute)
	s.must(s.Dispatch.Hear(s.t.Context(), mail.Event{
		Tags: back, Kind: mail.EventBounced, Reason: mail.ReasonSuppressed, SentAt: s.Clock.Add(-time.Hour), At: s.Clock,
	}))
	s.must(s.Dispatch.PauseSend(s.t.Context(), s.Handle, "secretaire", draft.ID))
	of := s.Recipients(draft.ID)
	return troubled{draft.ID, of["a0@x.fr"].ID, of["a1@x.fr"].ID}
}

// plan puts off a sending until the day after tomorrow.
func (s *neighbours) plan() convocation.ID {
	s.t.Helper()
	d := s.Draft(1)
	s.must(s.Dispatch.Send(s.t.Context(), s.Handle, "secretaire", d.ID, d.Version, s.Clock.Add(48*time.Hour)))
	return d.ID
}

// twins are persons who are there twice, so many that the list of duplicates has two pages. Two of them are given.
func (s *neighbours) twins() (twin, double directory.ContactID) {
	s.t.Helper()
	for n := range 7 { // each pair is alike by a name and two addresses: 21 times
		f := contacts.Fields{Name: fmt.Sprint("Jumelle ", n), Addresses: []string{fmt.Sprintf("j%d@x.fr", n), fmt.Sprintf("j%d@y.fr", n)}}
		a, err := s.Contacts.Create(s.t.Context(), s.Handle, "secretaire", f)
		s.must(err)
		b, err := s.Contacts.Create(s.t.Context(), s.Handle, "secretaire", f)
		s.must(err)
		twin, double = a.ID, b.ID
	}
	return twin, double
}

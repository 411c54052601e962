package dispatch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

func accepted(w *worldtest.World, id convocation.ID) (sent, mails int) {
	for _, r := range w.Recipients(id) {
		if r.Standing(w.Clock).Status == convocation.Sent {
			sent++
		}
	}
	for _, links := range w.Mail.Links {
		mails += len(links)
	}
	return sent, mails
}

func TestEachRecipientGetsOneMailWithItsOwnLink(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(4)
	w.Put(d.ID, "a.pdf", "%PDF-1.4 a")
	w.Put(d.ID, "b.pdf", "%PDF-1.4 b")
	w.Send(d)
	if sent, mails := accepted(w, d.ID); sent != 4 || mails != 4 {
		t.Fatalf("got %d sent, %d mails", sent, mails)
	}
	for address := range w.Mail.Links {
		v, err := w.Visit(address)
		if err != nil || string(v.Recipient.Address) != address || v.Attempt != 1 {
			t.Errorf("the link of %s leads to %s, attempt %d, %v", address, v.Recipient.Address, v.Attempt, err)
		}
	}
	got, err := w.Compose.Draft(t.Context(), w.Handle, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Frozen.Count != 4 || got.Frozen.Zip == "" || got.Shards != 1 || len(got.Documents[0].SHA256) != 64 {
		t.Errorf("frozen: %+v", got.Frozen)
	}
}

func TestPressedTwiceIsOneOrder(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(3)
	w.Send(d)
	w.Send(d)
	w.Pass(3, time.Second)
	if sent, mails := accepted(w, d.ID); sent != 3 || mails != 3 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
}

func TestOrderWhoseWriteWasReportedAsFailedIsOneOrder(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(2)
	w.Fault = func(op string, key table.Key) table.Fault {
		if op == "transact" && strings.HasSuffix(key.Sort, "head") {
			return table.FaultAfter
		}
		return table.FaultNone
	}
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); !errors.Is(err, table.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	w.Fault = nil
	w.Send(d)
	w.Pass(3, time.Minute)
	if sent, mails := accepted(w, d.ID); sent != 2 || mails != 2 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
}

func TestSendIsRefusedByName(t *testing.T) {
	w := worldtest.New(t)
	empty := w.Group("Bureau")
	full := w.Group("Conseil", "a@x.fr")
	gone := w.Group("Disparu", "b@x.fr")
	to := func(g directory.GroupID) compose.Text {
		return compose.Text{Subject: "Conseil", To: []compose.Entry{{Group: g}}}
	}
	for _, c := range []struct {
		name  string
		text  compose.Text
		then  func(compose.Draft)
		want  *errs.Error
		about string
	}{
		{"no subject", compose.Text{To: to(full).To}, nil, convocation.ErrSubjectEmpty, ""},
		{"no recipient", compose.Text{Subject: "Conseil"}, nil, convocation.ErrNoRecipient, ""},
		{"an empty group", to(empty), nil, convocation.ErrGroupEmpty, "Bureau"},
		{"a group that was deleted", to(gone), func(compose.Draft) {
			if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, "secretaire", gone); err != nil {
				t.Fatal(err)
			}
		}, convocation.ErrGroupUnknown, "Disparu"},
		{"a document that has not arrived", to(full), func(d compose.Draft) {
			if _, _, err := w.Uploads.Document(t.Context(), w.Handle, d.ID, "ordre.pdf", 10); err != nil {
				t.Fatal(err)
			}
		}, convocation.ErrDocumentPending, "ordre.pdf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := w.Compose.Create(t.Context(), w.Handle, "secretaire")
			if err != nil {
				t.Fatal(err)
			}
			if d, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, c.text); err != nil {
				t.Fatal(err)
			}
			if c.then != nil {
				c.then(d)
			}
			err = w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{})
			refusal, _ := errs.As(err)
			if !errors.Is(err, c.want) || refusal.About != c.about {
				t.Errorf("got %v about %q, want %v about %q", err, refusal.About, c.want, c.about)
			}
			if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version-1, time.Time{}); !errors.Is(err, errs.ErrChangedMeanwhile) {
				t.Errorf("an older version: got %v", err)
			}
		})
	}
	if w.Mail.Calls != 0 {
		t.Errorf("%d mails left", w.Mail.Calls)
	}
}

func TestGroupEmptiedBeforeItIsFrozenGivesTheDraftBack(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "a@x.fr")
	d, err := w.Compose.Create(t.Context(), w.Handle, "secretaire")
	if err != nil {
		t.Fatal(err)
	}
	d, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, compose.Text{Subject: "Conseil", To: []compose.Entry{{Group: g}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, "secretaire", g); err != nil {
		t.Fatal(err)
	}
	w.Pass(3, time.Minute)
	got, err := w.Compose.Draft(t.Context(), w.Handle, d.ID)
	if err != nil || !got.Convocation.Draft() || got.Refused != "group_unknown" || got.RefusedName != "Conseil" {
		t.Fatalf("got draft %v, refused %q %q, %v", got.Convocation.Draft(), got.Refused, got.RefusedName, err)
	}
	// corrected, it can be sent
	got, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, got.Version, compose.Text{Subject: "Conseil", To: []compose.Entry{{Address: "b@x.fr"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Send(got)
	if sent, mails := accepted(w, d.ID); sent != 1 || mails != 1 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
}

// answers makes the mail service give these outcomes, one after the other, then accept.
func answers(w *worldtest.World, results ...mail.Result) {
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		if len(results) == 0 {
			return mail.Result{Outcome: mail.Accepted}
		}
		r := results[0]
		results = results[1:]
		return r
	}
}

func repeat(n int, r mail.Result) []mail.Result {
	var all []mail.Result
	for range n {
		all = append(all, r)
	}
	return all
}

func TestOutcomes(t *testing.T) {
	now := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonMailboxFull}
	away := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}
	wrong := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonCredentials}
	full := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonStorage}
	lost := mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
	slow := mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonThrottled}
	for _, c := range []struct {
		name    string
		results []mail.Result
		at      time.Duration // passes of a minute until then
		want    convocation.Status
		calls   int
	}{
		{"accepted", nil, 0, convocation.Sent, 1},
		{"refused for good", []mail.Result{{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}}, time.Hour, convocation.Failed, 1},
		{"refused for now waits", []mail.Result{now}, 0, convocation.Retry, 1},
		{"refused for now is tried again", []mail.Result{now, now}, 5 * time.Minute, convocation.Sent, 3},
		{"refused for now eight times is for good", repeat(8, now), 24 * time.Hour, convocation.Failed, 8},
		{"too fast spends nothing", repeat(20, slow), time.Hour, convocation.Sent, 21},
		{"no connection spends nothing", []mail.Result{away}, time.Minute, convocation.Pending, 1},
		{"no connection is tried again after two minutes", []mail.Result{away}, 2 * time.Minute, convocation.Sent, 2},
		{"a relay that is down for a night fails nobody", repeat(300, away), 11 * time.Hour, convocation.Sent, 301},
		{"credentials that are refused for a night", repeat(300, wrong), 11 * time.Hour, convocation.Sent, 301},
		{"a disk that is full for a night", repeat(300, full), 11 * time.Hour, convocation.Sent, 301},
		{"down, then full: each for its own", append(repeat(20, away), repeat(8, now)...), 24 * time.Hour, convocation.Failed, 28},
		{"unknown waits for a proof", []mail.Result{lost}, 10 * time.Minute, convocation.Unknown, 1},
		{"unknown is tried again after a quarter of an hour", []mail.Result{lost}, 17 * time.Minute, convocation.Sent, 2},
		{"unknown three times is for the secretary", repeat(3, lost), 2 * time.Hour, convocation.Review, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			answers(w, c.results...)
			d := w.Draft(1)
			w.Send(d)
			w.Pass(int(c.at/time.Minute), time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != c.want || w.Mail.Calls != c.calls {
				t.Errorf("got %s after %d calls, want %s after %d", got, w.Mail.Calls, c.want, c.calls)
			}
		})
	}
}

func TestOpenedLinkProvesThatAnUnknownMailArrived(t *testing.T) {
	w := worldtest.New(t)
	answers(w, mail.Result{Outcome: mail.Unknown})
	d := w.Draft(1)
	w.Send(d)
	v, err := w.Visit("a0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Pass(60, time.Minute)
	if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Sent || w.Mail.Calls != 1 {
		t.Errorf("got %s after %d calls", got, w.Mail.Calls)
	}
}

func TestOneBadAddressKeepsNobodyWaiting(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		if m.To == "a1@x.fr" {
			return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}
		}
		return mail.Result{Outcome: mail.Accepted}
	}
	d := w.Draft(3)
	w.Send(d)
	w.Pass(2, time.Minute)
	if sent, _ := accepted(w, d.ID); sent != 2 {
		t.Errorf("got %d sent", sent)
	}
	got, err := w.Compose.Draft(t.Context(), w.Handle, d.ID)
	if err != nil || got.SentAt.IsZero() {
		t.Errorf("the sending has not ended: %v", err)
	}
}

func TestLostBellsCostTimeOnly(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(5)
	w.Deaf = true
	w.Send(d)
	if w.Mail.Calls != 0 {
		t.Fatal("the bells were not lost")
	}
	w.Deaf = false
	w.Pass(2, time.Minute)
	if sent, mails := accepted(w, d.ID); sent != 5 || mails != 5 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
}

// Whatever call to the tables fails, before or after its effect, everybody ends, and nobody gets a mail too many: one
// more than the outcomes that nobody knows.
func TestCrashMatrix(t *testing.T) {
	total := 0
	for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
		for k := 0; ; k++ {
			w := worldtest.New(t)
			d := w.Draft(3)
			w.Put(d.ID, "a.pdf", "%PDF-1.4 a")
			calls, hit := 0, ""
			w.Fault = func(op string, key table.Key) table.Fault {
				if calls++; calls-1 == k {
					hit = op + " " + key.Sort
					return fault
				}
				return table.FaultNone
			}
			err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{})
			w.Pass(3, time.Second)
			if hit == "" {
				break // the fault came after all was done
			}
			total++
			if err != nil { // the secretary presses again
				w.Send(d)
			}
			w.Pass(40, time.Minute)
			exact(t, fmt.Sprintf("fault %d at call %d (%s)", fault, k, hit), w, d.ID, 3)
		}
	}
	if total < 60 {
		t.Errorf("only %d faults were tried", total)
	}
	t.Logf("%d faults", total)
}

// exact checks the promise of the protocol.
func exact(t *testing.T, what string, w *worldtest.World, id convocation.ID, recipients int) {
	t.Helper()
	all := w.Recipients(id)
	if len(all) != recipients {
		t.Errorf("%s: %d recipients", what, len(all))
	}
	for address, r := range all {
		unknowns := 0
		for _, a := range r.Attempts {
			if !a.UnknownAt.IsZero() {
				unknowns++
			}
		}
		mails := len(w.Mail.Links[address])
		if s := r.Standing(w.Clock).Status; s != convocation.Sent || mails < 1 || mails > 1+unknowns {
			t.Errorf("%s: %s ends %s with %d mails, %d unknown", what, address, s, mails, unknowns)
		}
	}
}

func TestTwoDispatchersAtOnceAreHarmless(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(250)
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 2 {
		go func() { done <- w.Dispatch.Answer(t.Context(), w.Bells[0]) }()
	}
	for range 2 {
		<-done // one may lose the race for the cursor: the sweeper goes on
	}
	w.Pass(3, time.Minute)
	if sent, mails := accepted(w, d.ID); sent != 250 || mails != 250 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
}

func TestAThousandAndOneAreShared(t *testing.T) {
	w := worldtest.New(t)
	d, err := w.Compose.Create(t.Context(), w.Handle, "secretaire")
	if err != nil {
		t.Fatal(err)
	}
	var text compose.Text
	text.Subject = "Conseil"
	for n := range 1_000 {
		text.To = append(text.To, compose.Entry{Address: fmt.Sprintf("a%d@x.fr", n)})
	}
	text.Cc = []compose.Entry{{Address: "copie@x.fr"}}
	if d, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, text); err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	shards := map[int]int{}
	for _, r := range w.Recipients(d.ID) {
		shards[r.Shard]++
	}
	if len(shards) != convocation.MaxShards {
		t.Errorf("got %d partitions", len(shards))
	}
	if sent, mails := accepted(w, d.ID); sent != 1_001 || mails != 1_001 {
		t.Errorf("got %d sent, %d mails", sent, mails)
	}
	if _, err := w.Visit("copie@x.fr"); err != nil {
		t.Error(err)
	}
}

func TestSamePersonIsOneRecipient(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "jean@x.fr", "anne@x.fr")
	d, err := w.Compose.Create(t.Context(), w.Handle, "secretaire")
	if err != nil {
		t.Fatal(err)
	}
	d, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, compose.Text{
		Subject: "Conseil", To: []compose.Entry{{Group: g}, {Address: "Jean@X.fr"}}, Bcc: []compose.Entry{{Address: "anne@x.fr"}, {Address: "c@x.fr"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	all := w.Recipients(d.ID)
	if len(all) != 3 || all["anne@x.fr"].Type != convocation.To || all["c@x.fr"].Type != convocation.Bcc {
		t.Errorf("got %+v", all)
	}
}

func TestResend(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(3)
	w.Send(d)
	w.Pass(2, time.Minute)
	first := w.Mail.Links["a0@x.fr"][0]
	one := []convocation.RecipientID{w.Recipients(d.ID)["a0@x.fr"].ID}
	for range 2 { // a double click
		if _, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoChosen, one); err != nil {
			t.Fatal(err)
		}
		w.Heed()
	}
	w.Pass(2, time.Minute)
	r := w.Recipients(d.ID)["a0@x.fr"]
	if r.Sendings() != 2 || len(w.Mail.Links["a0@x.fr"]) != 2 || len(w.Mail.Links["a1@x.fr"]) != 1 {
		t.Fatalf("got %d sendings, links %v", r.Sendings(), w.Mail.Links)
	}
	if !r.LastSentAt().After(r.FirstSentAt()) {
		t.Errorf("sent at %s and %s", r.FirstSentAt(), r.LastSentAt())
	}
	for n, link := range []string{first, w.Mail.Links["a0@x.fr"][1]} {
		v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, link))
		if err != nil || v.Attempt != n+1 {
			t.Errorf("link %d: attempt %d, %v", n+1, v.Attempt, err)
		}
	}
}

func TestResendToThoseWhoHaveNotOpened(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(3)
	w.Send(d)
	v, err := w.Visit("a1@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Pass(1, time.Minute)
	n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoUnread, nil)
	if err != nil || n != 2 {
		t.Fatalf("got %d, %v", n, err)
	}
	w.Heed()
	for address, want := range map[string]int{"a0@x.fr": 2, "a1@x.fr": 1, "a2@x.fr": 2} {
		if got := len(w.Mail.Links[address]); got != want {
			t.Errorf("%s: got %d mails, want %d", address, got, want)
		}
	}
}

func TestClosedLinksStayClosedAndANewSendingOpensAnother(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(2)
	w.Send(d)
	v, err := w.Visit("a0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Pass(1, time.Minute)
	for want := range []int{1, 0} {
		n, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", d.ID)
		if err != nil || n != 1-want {
			t.Fatalf("closed %d, %v", n, err)
		}
	}
	if _, err := w.Visit("a0@x.fr"); err != nil {
		t.Errorf("who had opened: %v", err)
	}
	old := w.Mail.Links["a1@x.fr"][0]
	if _, err := w.Visit("a1@x.fr"); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("who had not: got %v", err)
	}
	w.Pass(1, time.Minute)
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", d.ID, store.WhoUnread, nil); n != 1 || err != nil {
		t.Fatalf("resent to %d, %v", n, err)
	}
	w.Heed()
	if _, err := w.Visit("a1@x.fr"); err != nil {
		t.Errorf("the new link: %v", err)
	}
	if _, err := w.Answer.Visit(t.Context(), worldtest.Token(t, old)); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("the old link: got %v", err)
	}
}

func TestNothingIsClosedOrResentBeforeItWasSent(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	if _, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "s", d.ID); !errors.Is(err, convocation.ErrNotSent) {
		t.Errorf("closing a draft: got %v", err)
	}
	if _, err := w.Dispatch.Resend(t.Context(), w.Handle, "s", d.ID, store.WhoUnread, nil); !errors.Is(err, convocation.ErrNotSent) {
		t.Errorf("resending a draft: got %v", err)
	}
	if _, err := w.Dispatch.Resend(t.Context(), w.Handle, "s", "cnv_aaaaaaaaaaaaaaaa", store.WhoUnread, nil); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("resending nothing: got %v", err)
	}
}

// Two who bring the same order on at once: one of them is overtaken, which is no fault, and nobody is lost or doubled.
func TestOvertakenInTheMiddleIsNoFault(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(150)
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	first := w.Bells[0]
	overtaken := false
	w.Fault = func(op string, key table.Key) table.Fault { // in the middle of the first, a second one does it all
		if op == "transact" && strings.Contains(key.Sort, "rcp#") && !overtaken {
			overtaken = true
			if err := w.Dispatch.Answer(t.Context(), first); err != nil {
				t.Errorf("the second: %v", err)
			}
		}
		return table.FaultNone
	}
	if err := w.Dispatch.Answer(t.Context(), first); err != nil {
		t.Errorf("the first: %v", err)
	}
	w.Pass(3, 10*time.Second)
	if sent, mails := accepted(w, d.ID); !overtaken || sent != 150 || mails != 150 {
		t.Errorf("overtaken %v, got %d sent, %d mails", overtaken, sent, mails)
	}
}

// A look in the middle of the calls finds nobody to ring for; it must not take a minute to see that all have ended.
func TestEndIsSeenSoonAfterTheLastCall(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	looked := false
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		looked = true // the sweeper comes by while the call is under way
		w.Clock = w.Clock.Add(3 * time.Second)
		if err := w.Sweep.Pass(t.Context()); err != nil {
			t.Error(err)
		}
		return mail.Result{Outcome: mail.Accepted, MessageID: "id"}
	}
	w.Send(d)
	w.Pass(2, 3*time.Second)
	c, err := w.Handle.Convocation(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !looked || c.SentAt.IsZero() {
		t.Errorf("looked: %v, the end seen at %v", looked, c.SentAt)
	}
}

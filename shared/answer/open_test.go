package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/mail"
	"convoc/shared/worldtest"
)

var (
	byPerson = convocation.Signals{Age: 3 * time.Second}
	doubtful = convocation.Signals{Age: 3 * time.Second, NoUser: true}
	decoy    = convocation.Signals{Age: 3 * time.Second, Decoy: true}
)

// press presses « Ouvrir la convocation » of the newest link of an address.
func press(t *testing.T, w *worldtest.World, address string, s convocation.Signals) convocation.Opening {
	t.Helper()
	opening, err := w.Answer.Open(t.Context(), visit(t, w, address), s)
	if err != nil {
		t.Fatal(err)
	}
	return opening
}

func TestWhatAPressCountsFor(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals convocation.Signals
		after   time.Duration // the mail
		want    convocation.Opening
		said    string // kept of it
	}{
		{"an old browser that says nothing", convocation.Signals{}, time.Minute, convocation.OpenedByPerson, ""},
		{"a person", byPerson, time.Minute, convocation.OpenedByPerson, "age=3s"},
		{"no sign of a person's press", doubtful, time.Hour, convocation.OpenedDoubtful, "no-user,age=3s"},
		{"a scanner's network as the mail comes in", convocation.Signals{Scanner: true}, 59 * time.Second, convocation.OpenedDoubtful, "scanner"},
		{"a scanner's network a minute later", convocation.Signals{Scanner: true}, time.Minute, convocation.OpenedByPerson, ""},
		{"the decoy", decoy, time.Hour, convocation.OpenedByProgram, ""},
		{"fetched ahead", convocation.Signals{Prefetch: true}, time.Hour, convocation.OpenedByProgram, ""},
		{"in less than 0.8 s", convocation.Signals{Age: 799 * time.Millisecond}, time.Hour, convocation.OpenedByProgram, ""},
		{"in 0.8 s", convocation.Signals{Age: 800 * time.Millisecond}, time.Hour, convocation.OpenedByPerson, "age=0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			d := w.Draft(1)
			w.Send(d)
			w.Clock = w.Clock.Add(c.after)
			if got := press(t, w, "a0@x.fr", c.signals); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			r := w.Recipients(d.ID)["a0@x.fr"]
			opened, doubted := !r.OpenedAt.IsZero(), !r.DoubtedAt.IsZero()
			if opened != (c.want == convocation.OpenedByPerson) || doubted != (c.want == convocation.OpenedDoubtful) || r.Signals != c.said {
				t.Errorf("opened at %s, doubted at %s, %q", r.OpenedAt, r.DoubtedAt, r.Signals)
			}
			program := c.want == convocation.OpenedByProgram
			if proved := !r.Attempts[0].ProvedAt.IsZero(); proved == program || r.Entered() == program {
				t.Errorf("proved %v, entered %v", proved, r.Entered())
			}
		})
	}
}

// An opening that was doubted counts from the moment at which a person is seen: she asks for a document, or answers.
func TestDoubtfulOpeningCountsAfterAStrongerAct(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(w *worldtest.World, v answer.Visit) error
		want bool
	}{
		{"the page again", func(w *worldtest.World, v answer.Visit) error { _, err := w.Answer.Page(t.Context(), v); return err }, false},
		{"the button again, as before", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Open(t.Context(), v, doubtful)
			return err
		}, false},
		{"a program's press", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Open(t.Context(), v, decoy)
			return err
		}, false},
		{"the button, as a person", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Open(t.Context(), v, byPerson)
			return err
		}, true},
		{"a document", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Download(t.Context(), v, v.Convocation.Frozen.Documents[0].ID)
			return err
		}, true},
		{"all documents", func(w *worldtest.World, v answer.Visit) error { _, err := w.Answer.Zip(t.Context(), v); return err }, true},
		{"what she writes", func(w *worldtest.World, v answer.Visit) error {
			return w.Answer.Save(t.Context(), v, answer.Typed{Text: "Présent"})
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := sent(t, w)
			first := w.Clock
			press(t, w, "a0@x.fr", doubtful)
			w.Clock = w.Clock.Add(time.Minute)
			if err := c.act(w, visit(t, w, "a0@x.fr")); err != nil {
				t.Fatal(err)
			}
			r := w.Recipients(id)["a0@x.fr"]
			if opened := r.OpenedAt.Equal(w.Clock); opened != c.want || (!c.want && !r.OpenedAt.IsZero()) || !r.DoubtedAt.Equal(first) {
				t.Errorf("opened at %s, doubted at %s", r.OpenedAt, r.DoubtedAt)
			}
		})
	}
}

// A program's press proves nothing, and one that insists fills no journal.
func TestProgramThatPresses(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(mail.Envelope) mail.Result { return mail.Result{Outcome: mail.Unknown} }
	d := w.Draft(2)
	w.Send(d)
	w.Clock = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for range 90 {
		press(t, w, "a0@x.fr", decoy)
		w.Clock = w.Clock.Add(time.Second)
	}
	if got := w.Journal()[journal.OpeningIgnored]; got != 2 {
		t.Errorf("%d lines of the journal for a minute and a half", got)
	}
	press(t, w, "a1@x.fr", decoy)
	if got := w.Journal()[journal.OpeningIgnored]; got != 3 {
		t.Errorf("%d lines for two recipients", got)
	}
	if r := w.Recipients(d.ID)["a0@x.fr"]; r.Entered() || !r.Attempts[0].ProvedAt.IsZero() || w.Status(d.ID, "a0@x.fr") == convocation.Sent {
		t.Errorf("entered %v, proved at %s", r.Entered(), r.Attempts[0].ProvedAt)
	}
	events, err := w.Handle.Events(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]int{}
	for _, e := range events {
		if about[e.Subject]++; e.Who != "" {
			t.Errorf("the journal says that %s pressed", e.Who)
		}
	}
	if all := w.Recipients(d.ID); about[string(all["a0@x.fr"].ID)] != 2 || about[string(all["a1@x.fr"].ID)] != 1 {
		t.Errorf("the journal is about %v", about)
	}
}

func TestMomentOfThePage(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	drawn := w.Clock
	v := visit(t, w, "a0@x.fr")
	moment := w.Answer.Moment(v)
	at, mac, _ := strings.Cut(moment, ".")
	other := w.Answer.Moment(visit(t, w, "a1@x.fr"))
	first := v
	w.Clock = w.Clock.Add(time.Hour)
	resend(t, w, id, "a0@x.fr")
	again := visit(t, w, "a0@x.fr")
	for _, c := range []struct {
		name, moment string
		visit        answer.Visit
		after        time.Duration
		age          time.Duration
		fresh        bool
	}{
		{"at once", moment, v, 0, time.Millisecond, true},
		{"by a clock that is a little behind", moment, v, -time.Second, time.Millisecond, true},
		{"a second later", moment, v, time.Second, time.Second, true},
		{"just under a day later", moment, v, 24*time.Hour - 1, 24*time.Hour - 1, true},
		{"a day later", moment, v, 24 * time.Hour, 0, false},
		{"weeks later", moment, v, 21 * 24 * time.Hour, 0, false},
		{"none", "", v, time.Second, 0, false},
		{"no mac", at, v, time.Second, 0, false},
		{"no time", "." + mac, v, time.Second, 0, false},
		{"a time that was moved", at[:len(at)-1] + "z." + mac, v, time.Second, 0, false},
		{"a mac that is another's", at + "." + strings.Repeat("0", len(mac)), v, time.Second, 0, false},
		{"a number that is too great", strings.Repeat("z", 40) + "." + mac, v, time.Second, 0, false},
		{"of another recipient", other, v, time.Second, 0, false},
		{"of another link of the same recipient", moment, again, time.Second, 0, false},
		{"of the older link, through the older link", moment, first, time.Second, time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.Clock = drawn.Add(c.after)
			age, fresh := w.Answer.Age(c.visit, c.moment)
			if fresh != c.fresh || (fresh && age != c.age) {
				t.Errorf("got %s, %v, want %s, %v", age, fresh, c.age, c.fresh)
			}
		})
	}
}

// Whoever was led away from the first page while the links were closed has not opened anything.
func TestOpenedThroughALinkThatWasRevokedMeanwhile(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1)
	v := visit(t, w, "e0@x.fr")
	if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, v.Recipient.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, byPerson); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("got %v", err)
	}
	if r := w.Recipients(id)["e0@x.fr"]; r.Entered() {
		t.Errorf("opened at %s", r.OpenedAt)
	}
}

package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// meter tells an allowance, and counts how often it is asked.
type meter struct {
	mail.Allowance
	err   error
	asked int
}

type metered struct{ m *meter }

func (m metered) Allowance(context.Context) (mail.Allowance, error) {
	m.m.asked++
	return m.m.Allowance, m.m.err
}

// paced keeps bells until they are due by the town's clock.
type paced struct {
	w     *worldtest.World
	bells []queue.Bell
	at    []time.Time
	fail  error
}

func (p *paced) Ring(_ context.Context, bells ...queue.Bell) error {
	if p.fail != nil {
		return p.fail
	}
	for _, b := range bells {
		p.at = append(p.at, p.w.Clock.Add(b.Delay))
		b.Delay = 0
		p.bells = append(p.bells, b)
	}
	return nil
}

// until lets time go by in seconds, with a pass of the sweeper each minute, and tells how many mails left in each second.
func (p *paced) until(end time.Time) (perSecond []int) {
	p.w.T.Helper()
	for second := 0; p.w.Clock.Before(end); second++ {
		if second%60 == 0 {
			if err := p.w.Sweep.Pass(p.w.T.Context()); err != nil {
				p.w.T.Error(err)
			}
		}
		p.w.Clock = p.w.Clock.Add(time.Second)
		before := p.w.Mail.Calls
		for i := 0; i < len(p.bells); i++ {
			if p.at[i].After(p.w.Clock) {
				continue
			}
			b := p.bells[i]
			p.bells, p.at = append(p.bells[:i:i], p.bells[i+1:]...), append(p.at[:i:i], p.at[i+1:]...)
			i--
			p.answer(b)
		}
		perSecond = append(perSecond, p.w.Mail.Calls-before)
	}
	return perSecond
}

func (p *paced) answer(b queue.Bell) {
	answer := p.w.Dispatch.Deliver
	if b.Kind == queue.Dispatch {
		answer = p.w.Dispatch.Answer
	}
	if err := answer(p.w.T.Context(), b); err != nil {
		p.w.T.Error(err)
	}
}

// pacedTown is a town whose mail service takes so many a second.
func pacedTown(t *testing.T, a mail.Allowance) (*worldtest.World, *paced, *meter) {
	w := worldtest.New(t)
	q, m := &paced{w: w}, &meter{Allowance: a}
	w.Dispatch.Queue, w.Dispatch.Meter = q, metered{m}
	return w, q, m
}

func send(w *worldtest.World, recipients int) convocation.ID {
	w.T.Helper()
	d := w.Draft(min(recipients, 100))
	if recipients > 100 {
		var addresses []string
		for n := range recipients {
			addresses = append(addresses, fmt.Sprintf("a%d@x.fr", n))
		}
		var err error
		d, err = w.Compose.Save(w.T.Context(), w.Handle, "secretaire", d.ID, d.Version, compose.Text{
			Subject: "Conseil", To: []compose.Entry{{Group: w.Group("Tous", addresses...)}},
		})
		if err != nil {
			w.T.Fatal(err)
		}
	}
	if err := w.Dispatch.Send(w.T.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		w.T.Fatal(err)
	}
	return d.ID
}

// The rate of the service is used, and never passed in any second.
func TestPaceIsTheServices(t *testing.T) {
	for _, rate := range []float64{1, 14, 50} {
		t.Run(fmt.Sprint(rate, " a second"), func(t *testing.T) {
			w, q, _ := pacedTown(t, mail.Allowance{Rate: rate})
			send(w, int(rate*100))
			perSecond := q.until(w.Clock.Add(3 * time.Minute))
			sum, busy := 0, 0
			for _, n := range perSecond {
				if float64(n) > rate+1 { // 14.7 a second are 15 in some
					t.Fatalf("%d mails in one second", n)
				}
				if sum += n; n > 0 {
					busy++
				}
			}
			if used := float64(sum) / (float64(busy) * rate); sum != int(rate*100) || (rate > 1 && used < 0.93) {
				t.Errorf("%d mails in %d seconds: %.2f of the rate", sum, busy, used)
			}
		})
	}
}

// neighbour is another collectivité with a draft to thirty.
func neighbour(w *worldtest.World, siren collectivity.ID) (*store.Handle, func() convocation.ID) {
	w.T.Helper()
	h, own := w.Tables.Collectivity(siren), w.Handle
	if err := h.PutCollectivity(w.T.Context(), collectivity.Collectivity{ID: siren, Name: "Petit-Bourg", TimeZone: "Europe/Paris"}); err != nil {
		w.T.Fatal(err)
	}
	return h, func() convocation.ID {
		w.Handle = h
		defer func() { w.Handle = own }()
		return send(w, 30)
	}
}

// A giant sending delays a small one by seconds, even when it was given its minute's worth of slots just before.
func TestSmallSendingDoesNotWaitForAGiant(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 14})
	h, small := neighbour(w, "732829320")
	send(w, 2_500)
	q.until(w.Clock.Add(90 * time.Second))
	id, began := small(), w.Clock
	q.until(began.Add(time.Minute))
	n := 0
	if err := h.Recipients(t.Context(), id, 1, func(r convocation.Recipient) bool {
		if r.Sendings() == 1 {
			n++
		}
		return true
	}); err != nil || n != 30 {
		t.Errorf("%d of 30 have left within a minute, %v", n, err)
	}
}

// The service takes no more today: what is left goes on tomorrow, and nothing is refused.
func TestQuotaOfTheDay(t *testing.T) {
	for _, c := range []struct {
		name string
		a    mail.Allowance
	}{
		{"the service counts", mail.Allowance{Daily: 100, Sent: 40}},
		{"we count", mail.Allowance{Daily: 60, Sent: -1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, q, m := pacedTown(t, c.a)
			send(w, 100)
			q.until(w.Clock.Add(30 * time.Second))
			if m.Allowance.Sent >= 0 {
				m.Allowance.Sent = 100
			}
			for range 20 {
				q.until(w.Clock.Add(time.Hour))
			}
			if w.Mail.Calls != 60 {
				t.Errorf("%d mails left, want the 60 that may", w.Mail.Calls)
			}
			if m.Allowance.Sent >= 0 {
				m.Allowance.Sent = 0
			}
			for range 8 {
				q.until(w.Clock.Add(time.Hour))
			}
			if w.Mail.Calls != 100 {
				t.Errorf("%d mails have left a day later", w.Mail.Calls)
			}
		})
	}
}

// A service that does not tell what it takes is not sent to; once it has told, its last word holds.
func TestServiceThatDoesNotTell(t *testing.T) {
	w, q, m := pacedTown(t, mail.Allowance{Rate: 14})
	errAway := errors.New("away")
	m.err = errAway
	d := w.Draft(20)
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Dispatch.Answer(t.Context(), q.bells[0]); !errors.Is(err, errAway) || len(q.bells) != 1 {
		t.Errorf("got %v, %d bells", err, len(q.bells))
	}
	m.err = nil
	q.until(w.Clock.Add(2 * time.Minute))
	if w.Mail.Calls != 20 {
		t.Errorf("%d mails once it has told", w.Mail.Calls)
	}
	m.err = errAway
	send(w, 20)
	q.until(w.Clock.Add(3 * time.Minute))
	if w.Mail.Calls != 40 {
		t.Errorf("%d mails while it is away again", w.Mail.Calls)
	}
}

// An account that the service has closed gets nothing, and the pump says so; opened again, all mails leave.
func TestAccountThatIsClosed(t *testing.T) {
	w, q, m := pacedTown(t, mail.Allowance{Paused: true})
	send(w, 5)
	q.until(w.Clock.Add(10 * time.Minute))
	p, err := w.Tables.AgendaHandle().Pump(t.Context())
	if err != nil || p.Why != mail.ReasonPaused || w.Mail.Calls != 0 {
		t.Errorf("%q, %d mails, %v", p.Why, w.Mail.Calls, err)
	}
	m.Allowance.Paused = false
	q.until(w.Clock.Add(10 * time.Minute))
	if p, err = w.Tables.AgendaHandle().Pump(t.Context()); err != nil || p.Why != "" || w.Mail.Calls != 5 {
		t.Errorf("opened again: %q, %d mails, %v", p.Why, w.Mail.Calls, err)
	}
}

// A service that cannot be used is called once in a while, not once for each recipient.
func TestServiceThatIsAwayIsNotHammered(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 14})
	w.Mail.Decide = func(mail.Envelope) mail.Result {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}
	}
	id := send(w, 200)
	q.until(w.Clock.Add(20 * time.Minute))
	if calls := w.Mail.Calls; calls < 3 || calls > 12 {
		t.Errorf("%d calls in 20 minutes", calls)
	}
	w.Mail.Decide = nil
	q.until(w.Clock.Add(6 * time.Minute))
	if sent, mails := accepted(w, id); sent != 200 || mails != 200 {
		t.Errorf("mended: %d sent, %d mails", sent, mails)
	}
}

// Bells that could not be rung cost time, nobody is passed over.
func TestBellsThatCannotBeRung(t *testing.T) {
	w, q, _ := pacedTown(t, mail.Allowance{Rate: 14})
	id := send(w, 40)
	q.fail = errors.New("no queue")
	if err := w.Dispatch.Answer(t.Context(), q.bells[0]); err == nil {
		w.Clock = w.Clock.Add(time.Minute)
		_ = w.Sweep.Pass(t.Context())
	}
	q.fail, q.bells, q.at = nil, nil, nil
	q.until(w.Clock.Add(3 * time.Minute))
	if sent, mails := accepted(w, id); sent != 40 || mails != 40 {
		t.Errorf("%d sent, %d mails", sent, mails)
	}
}

// What the service takes is known before the first sending, so that it can be forecast; it is not asked all the time.
func TestAllowanceIsKnownBeforeTheFirstSending(t *testing.T) {
	w, q, m := pacedTown(t, mail.Allowance{Rate: 14, Daily: 1_000})
	d := w.Draft(70)
	q.until(w.Clock.Add(time.Hour))
	f, err := w.Dispatch.Forecast(t.Context(), w.Handle, d.Convocation, time.Time{})
	if took := f.Ends.Sub(f.Begins); err != nil || f.Mails != 70 || took < 5*time.Second || took > 6*time.Second || f.Days != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	if m.asked < 1 || m.asked > 5 {
		t.Errorf("asked %d times in an hour", m.asked)
	}
}

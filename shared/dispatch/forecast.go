package dispatch

import (
	"context"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/law"
	"convoc/shared/mail"
	"convoc/shared/store"
)

// Forecast says how a sending would go.
type Forecast struct {
	Mails  int         // that would leave
	Begins time.Time   // when
	Ends   time.Time   // when the last one has left, if nobody else comes; Begins where the service takes all that comes
	Days   int         // days over which the service's daily quota spreads it; 1: it leaves in one go
	Last   time.Time   // last instant at which the sending leaves the meeting its legal delay; zero without a meeting
	Why    mail.Reason // why nothing leaves at the moment; empty while mails do
}

// Late tells whether the sending would end after the last instant at which it can leave.
func (f Forecast) Late() bool { return !f.Last.IsZero() && f.Ends.After(f.Last) }

// Forecast says how the sending of a draft would go, then or at once (the zero time), from what the pump last knew of the
// mail service and of those who wait. Errors: those of [Service.Check], convocation.ErrSendAt.
func (s *Service) Forecast(ctx context.Context, h *store.Handle, c convocation.Convocation, then time.Time) (Forecast, error) {
	now := s.Now()
	var err error
	if c.SendAt, err = s.leaving(c, now, then); err != nil {
		return Forecast{}, err
	}
	audience, err := s.Check(ctx, h, c)
	if err != nil {
		return Forecast{}, err
	}
	p, err := s.Tables.AgendaHandle().Pump(ctx)
	if err != nil {
		return Forecast{}, err
	}
	f := Forecast{Mails: audience.Mails(), Begins: c.SendAt, Ends: c.SendAt, Days: 1, Why: p.Why}
	if rate := p.Allowance.Rate * (1 - reserve); rate > 0 {
		turns := f.Mails * (p.Sendings + 1) // the others have their turns in between,
		turns = min(turns, f.Mails+p.Open)  // as long as they have somebody
		f.Ends = f.Begins.Add(time.Duration(float64(turns) / rate * float64(time.Second)))
	}
	last := pump{Service: s, now: now, state: p}
	if left, limited := last.today(); limited && f.Mails > left {
		f.Days += (f.Mails - left + p.Allowance.Daily - 1) / p.Allowance.Daily
		f.Ends = f.Begins.Add(time.Duration(f.Days-1) * 24 * time.Hour)
	}
	if m := audience.Meeting; m != nil {
		who, err := h.Collectivity(ctx)
		if err != nil {
			return Forecast{}, err
		}
		f.Last = law.LastSending(m.At, m.Rule().ClearDays, who.Location())
	}
	return f, nil
}

package web

import (
	"context"
	"net/http"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/follow"
	"convoc/shared/french"
	"convoc/shared/rights"
	"convoc/shared/store"
)

// What the secretary does to a sending: she looks ahead, sends, takes back, suspends, cancels, reminds, decides.

type sendRequest struct {
	Version int64  `json:"version"`
	At      string `json:"at"` // of the collectivité's clock; empty: now
}

type stateAnswer struct {
	State string `json:"state"`
	At    string `json:"at"` // when it begins, and cannot be taken back any more
}

// forecastAnswer says how a sending would go.
type forecastAnswer struct {
	Mails  int    `json:"mails"`
	Begins string `json:"begins"`
	Ends   string `json:"ends"`
	Days   int    `json:"days"` // 1: it leaves in one go
	Last   string `json:"last"` // last instant that leaves the legal delay; empty without a meeting
	Late   bool   `json:"late"` // it would end after that
	Why    string `json:"why"`  // in French, why nothing leaves at the moment; empty while mails do
}

// sendingAnswer is what is under way of a convocation that has left.
type sendingAnswer struct {
	PlannedFor  string `json:"planned_for"`  // when it begins; empty once it has
	PausedAt    string `json:"paused_at"`    // suspended by the secretary
	CancelledAt string `json:"cancelled_at"` // last « Annuler l’envoi »
	Why         string `json:"why"`          // in French, why nothing leaves; empty while mails do
	Since       string `json:"since"`        // of that
	RemindsAt   string `json:"reminds_at"`   // when those who have not answered are reminded; empty: nobody is, or it was done
}

type remindRequest struct {
	Recipients []string `json:"recipients"`
	Who        string   `json:"who"` // unread, silent, or empty with recipients
}

func sendingRoutes(a Admin) []Route {
	read, send := rights.ConvocationRead, rights.ConvocationSend
	return []Route{
		{"GET /api/convocations/{convocation}/forecast", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.forecast)},
		{"POST /api/convocations/{convocation}/send", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.send)},
		{"POST /api/convocations/{convocation}/recall", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.sending(a.Dispatch.Recall))},
		{"POST /api/convocations/{convocation}/pause", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.sending(a.Dispatch.PauseSend))},
		{"POST /api/convocations/{convocation}/resume", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.sending(a.Dispatch.ResumeSend))},
		{"POST /api/convocations/{convocation}/cancel", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.sending(a.Dispatch.CancelSend))},
		{"POST /api/convocations/{convocation}/remind", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.remind)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/vouch", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.vouch)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/unblock", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.unblock)},
	}
}

// sending answers the routes that only name a convocation.
func (a Admin) sending(do func(context.Context, *store.Handle, string, convocation.ID) error) func(context.Context, call, empty) (none, error) {
	return func(ctx context.Context, c call, _ empty) (none, error) {
		id, err := convocationID(c)
		if err != nil {
			return none{}, err
		}
		return none{}, do(ctx, c.h, c.session.Login, id)
	}
}

// moment reads a time of the collectivité's own clock; the zero time where there is none.
func moment(ctx context.Context, c call, about, typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	who, err := c.h.Collectivity(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return localIn(about, typed, who.Location())
}

func (a Admin) forecast(ctx context.Context, c call, _ none) (forecastAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return forecastAnswer{}, err
	}
	then, err := moment(ctx, c, "at", c.URL.Query().Get("at"))
	if err != nil {
		return forecastAnswer{}, err
	}
	d, err := a.Compose.Draft(ctx, c.h, id)
	if err != nil {
		return forecastAnswer{}, err
	}
	f, err := a.Dispatch.Forecast(ctx, c.h, d.Convocation, then)
	if err != nil {
		return forecastAnswer{}, err
	}
	return forecastAnswer{
		Mails: f.Mails, Begins: instant(f.Begins), Ends: instant(f.Ends), Days: f.Days, Last: instant(f.Last), Late: f.Late(), Why: french.Typo(reasons[string(f.Why)]),
	}, nil
}

func (a Admin) send(ctx context.Context, c call, r sendRequest) (stateAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return stateAnswer{}, err
	}
	then, err := moment(ctx, c, "at", r.At)
	if err != nil {
		return stateAnswer{}, err
	}
	if err := a.Dispatch.Send(ctx, c.h, c.session.Login, id, r.Version, then); err != nil {
		return stateAnswer{}, err
	}
	d, err := a.Compose.Draft(ctx, c.h, id)
	return stateAnswer{string(convocation.StateOf(d.Convocation, convocation.Counts{}, a.Now())), instant(d.SendAt)}, err
}

func (a Admin) remind(ctx context.Context, c call, r remindRequest) (resentAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return resentAnswer{}, err
	}
	only, err := checkIDs[convocation.RecipientID](r.Recipients, convocation.RecipientPrefix)
	if err != nil {
		return resentAnswer{}, err
	}
	who := store.Who(r.Who)
	if len(only) > 0 || (who != store.WhoUnread && who != store.WhoSilent) {
		who = store.WhoChosen
	}
	n, err := a.Dispatch.Remind(ctx, c.h, c.session.Login, id, who, only)
	return resentAnswer{n}, err
}

func (a Admin) vouch(ctx context.Context, c call, _ empty) (none, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Dispatch.Vouch(ctx, c.h, c.session.Login, id, who)
}

func (a Admin) unblock(ctx context.Context, c call, _ empty) (resentAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return resentAnswer{}, err
	}
	n, err := a.Dispatch.Unblock(ctx, c.h, c.session.Login, id, who)
	return resentAnswer{n}, err
}

// sendingOf is what is under way, while something is.
func sendingOf(d follow.Detail) sendingAnswer {
	out := sendingAnswer{PausedAt: instant(d.PausedAt), CancelledAt: instant(d.StoppedAt)}
	if d.State == convocation.StatePlanned {
		out.PlannedFor = instant(d.SendAt)
	}
	if d.Why != "" && (d.Counts.Waiting > 0 || d.Frozen.At.IsZero()) {
		out.Why, out.Since = french.Typo(reasons[string(d.Why)]), instant(d.WhySince)
	}
	if at := d.RemindAt(); at.After(d.At) {
		out.RemindsAt = instant(at)
	}
	return out
}

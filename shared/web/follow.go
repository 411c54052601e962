package web

import (
	"context"
	"net/http"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/follow"
	"convoc/shared/page"
	"convoc/shared/rights"
	"convoc/shared/store"
)

type lineAnswer struct {
	ID         string `json:"id"`
	Subject    string `json:"subject"`
	State      string `json:"state"`
	ChangedAt  string `json:"changed_at"`
	Recipients int    `json:"recipients"`
	Read       int    `json:"read"`
	Replied    int    `json:"replied"`
}

type listAnswer struct {
	Convocations []lineAnswer `json:"convocations"`
	First        int          `json:"first"` // place of the first line, from 1; 0 when there is none
	Total        int          `json:"total"`
	Next         string       `json:"next"`
}

type countsAnswer struct {
	Recipients  int `json:"recipients"`
	Transmitted int `json:"transmitted"`
	Read        int `json:"read"`
	Replied     int `json:"replied"`
	Failed      int `json:"failed"`
	Review      int `json:"review"`
	Waiting     int `json:"waiting"`
}

type recipientAnswer struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Address      string `json:"address"`
	Type         string `json:"type"`
	State        string `json:"state"`
	Reason       string `json:"reason"` // in French
	FirstSentAt  string `json:"first_sent_at"`
	LastSentAt   string `json:"last_sent_at"`
	Sendings     int    `json:"sendings"`
	ReadAt       string `json:"read_at"`
	RepliedAt    string `json:"replied_at"`
	ReplyStarted bool   `json:"reply_started"`
	ClosedAt     string `json:"closed_at"`
	CanResend    bool   `json:"can_resend"`
}

type followAnswer struct {
	ID         string            `json:"id"`
	Subject    string            `json:"subject"`
	Message    string            `json:"message"`
	State      string            `json:"state"`
	SentAt     string            `json:"sent_at"`
	To         string            `json:"to"`
	Cc         string            `json:"cc"`
	Bcc        string            `json:"bcc"`
	Documents  []documentAnswer  `json:"documents"`
	Counts     countsAnswer      `json:"counts"`
	Recipients []recipientAnswer `json:"recipients"`
}

type sendRequest struct {
	Version int64 `json:"version"`
}

type stateAnswer struct {
	State string `json:"state"`
}

type resendRequest struct {
	Recipients []string `json:"recipients"`
	Who        string   `json:"who"` // unread, or empty with recipients
}

type resentAnswer struct {
	Resent int `json:"resent"`
}

type closedAnswer struct {
	Closed int `json:"closed"`
}

type versionAnswer struct {
	Version   int              `json:"version"`
	At        string           `json:"at"`
	Text      string           `json:"text"`
	Documents []documentAnswer `json:"documents"`
}

type replyAnswer struct {
	Name     string          `json:"name"`
	Address  string          `json:"address"`
	Versions []versionAnswer `json:"versions"`
}

func followRoutes(a Admin) []Route {
	read, send := rights.ConvocationRead, rights.ConvocationSend
	return []Route{
		{"GET /api/convocations", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.list)},
		{"POST /api/convocations/{convocation}/send", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.send)},
		{"GET /api/convocations/{convocation}/follow", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.detail)},
		{"POST /api/convocations/{convocation}/resend", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.resend)},
		{"POST /api/convocations/{convocation}/close-unread", send, endpoint(a.Site, a.Account, send, http.StatusOK, a.closeUnread)},
		{"GET /api/convocations/{convocation}/recipients/{recipient}/reply", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.replies)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/documents/{document}/download", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.downloadReply)},
	}
}

func (a Admin) list(ctx context.Context, c call, _ none) (listAnswer, error) {
	q := c.URL.Query()
	list, err := a.Follow.List(ctx, c.h, follow.Filter{
		Title: q.Get("q"), State: convocation.State(q.Get("state")), After: q.Get("cursor"),
	})
	if err != nil {
		return listAnswer{}, err
	}
	out := listAnswer{Convocations: []lineAnswer{}, First: list.First, Total: list.Total, Next: list.Next}
	for _, l := range list.Lines {
		line := lineAnswer{
			string(l.ID), l.Subject, string(l.State), instant(l.ChangedAt), l.Counts.Recipients, l.Counts.Read, l.Counts.Replied,
		}
		if l.Draft() { // it has no recipients yet: whom it would reach
			if line.Recipients, err = a.Dispatch.Count(ctx, c.h, l.Audience); err != nil {
				return listAnswer{}, err
			}
		}
		out.Convocations = append(out.Convocations, line)
	}
	return out, nil
}

func (a Admin) send(ctx context.Context, c call, r sendRequest) (stateAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return stateAnswer{}, err
	}
	err = a.Dispatch.Send(ctx, c.h, c.session.Login, id, r.Version)
	return stateAnswer{string(convocation.StateSending)}, err
}

func (a Admin) detail(ctx context.Context, c call, _ none) (followAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return followAnswer{}, err
	}
	d, err := a.Follow.Detail(ctx, c.h, id)
	if err != nil {
		return followAnswer{}, err
	}
	if d.Draft() {
		return followAnswer{}, convocation.ErrNotSent
	}
	n := d.Counts
	out := followAnswer{
		ID: string(d.ID), Subject: d.Subject, Message: d.Message, State: string(d.State), SentAt: instant(d.SentAt),
		To: page.Audience(shown(d.Audience.To)), Cc: page.Audience(shown(d.Audience.Cc)), Bcc: page.Audience(shown(d.Audience.Bcc)),
		Documents: documentsOut(d.Documents), Recipients: []recipientAnswer{},
		Counts: countsAnswer{n.Recipients, n.Transmitted, n.Read, n.Replied, n.Failed, n.Review, n.Waiting},
	}
	for _, r := range d.Recipients {
		out.Recipients = append(out.Recipients, recipientOut(r, d.At))
	}
	return out, nil
}

func recipientOut(r convocation.Recipient, at time.Time) recipientAnswer {
	standing := r.Standing(at)
	return recipientAnswer{
		ID: string(r.ID), Name: r.Name, Address: string(r.Address), Type: string(r.Type),
		State: string(standing.Status), Reason: frenchStanding(standing),
		FirstSentAt: instant(r.FirstSentAt()), LastSentAt: instant(r.LastSentAt()), Sendings: r.Sendings(),
		ReadAt: instant(r.OpenedAt), RepliedAt: instant(r.RepliedAt), ReplyStarted: !r.StartedAt.IsZero() && r.Replies == 0,
		ClosedAt: instant(r.LinksClosedAt()), CanResend: standing.Status.Terminal(),
	}
}

func (a Admin) resend(ctx context.Context, c call, r resendRequest) (resentAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return resentAnswer{}, err
	}
	only, err := checkIDs[convocation.RecipientID](r.Recipients, convocation.RecipientPrefix)
	if err != nil {
		return resentAnswer{}, err
	}
	who := store.WhoChosen
	if r.Who == string(store.WhoUnread) && len(only) == 0 {
		who = store.WhoUnread
	}
	n, err := a.Dispatch.Resend(ctx, c.h, c.session.Login, id, who, only)
	return resentAnswer{n}, err
}

func (a Admin) closeUnread(ctx context.Context, c call, _ empty) (closedAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return closedAnswer{}, err
	}
	n, err := a.Dispatch.CloseUnread(ctx, c.h, c.session.Login, id)
	return closedAnswer{n}, err
}

// recipientPath reads the two identifiers of a recipient's route.
func recipientPath(c call) (convocation.ID, convocation.RecipientID, error) {
	id, err := convocationID(c)
	if err != nil {
		return "", "", err
	}
	who, err := pathID[convocation.RecipientID](c, "recipient", convocation.RecipientPrefix)
	return id, who, err
}

func (a Admin) replies(ctx context.Context, c call, _ none) (replyAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return replyAnswer{}, err
	}
	r, replies, err := a.Follow.Replies(ctx, c.h, id, who)
	out := replyAnswer{Name: r.Name, Address: string(r.Address), Versions: []versionAnswer{}}
	for _, p := range replies {
		v := versionAnswer{p.Version, instant(p.At), p.Text, documentsOut(p.Documents)}
		for i := range v.Documents {
			v.Documents[i].Scan = "not_scanned"
		}
		out.Versions = append(out.Versions, v)
	}
	return out, err
}

func (a Admin) downloadReply(ctx context.Context, c call, _ empty) (urlAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return urlAnswer{}, err
	}
	doc, err := pathID[convocation.DocumentID](c, "document", convocation.DocumentPrefix)
	if err != nil {
		return urlAnswer{}, err
	}
	url, err := a.Follow.Download(ctx, c.h, id, who, doc)
	return urlAnswer{url}, err
}

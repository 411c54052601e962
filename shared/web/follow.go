package web

import (
	"context"
	"net/http"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
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
	PlannedFor string `json:"planned_for"` // when its sending begins; empty for any other
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
	Paper       int `json:"paper"`
	Doubted     int `json:"doubted"`
	Returned    int `json:"returned"` // came back
	Delivered   int `json:"delivered"`
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
	Tries        int    `json:"tries"` // mails that were tried, sent or not
	CanRemind    bool   `json:"can_remind"`
	RemindedAt   string `json:"reminded_at"`
	CanVouch     bool   `json:"can_vouch"` // nobody knows what became of the mail: the secretary decides
	VouchedAt    string `json:"vouched_at"`
	Blocked      bool   `json:"blocked"` // the mail service does not write to the address any more
	ReturnedAt   string `json:"returned_at"`
	DelayedAt    string `json:"delayed_at"`    // the mail service told that it still tries
	ComplainedAt string `json:"complained_at"` // she called it spam

	Person    string          `json:"person"` // the same for two addresses of one person
	Presence  string          `json:"presence"`
	Holder    string          `json:"holder"` // who holds her proxy
	HolderID  string          `json:"holder_person"`
	Holds     []string        `json:"holds"`     // whose proxies she holds
	Withdrawn string          `json:"withdrawn"` // who held her proxy, which fell because she will not be there
	OnBehalf  bool            `json:"on_behalf"`
	Replies   int             `json:"replies"`
	DoubtedAt string          `json:"doubted_at"`
	Delivered string          `json:"delivered_at"` // « remis à la messagerie »; empty while the service has not said so
	AutoReply string          `json:"auto_replied_at"`
	OnPaper   bool            `json:"on_paper"`
	Deputises string          `json:"substitute_of"` // for whom, as her suppléant
	ReachedAt string          `json:"reached_at"`    // when what counts left
	InTime    bool            `json:"in_time"`       // of a meeting
	AddressAt string          `json:"address_at"`    // when the address was corrected
	LockedTo  string          `json:"locked_until"`
	Documents []askedDocument `json:"documents"` // those she asked for
}

type askedDocument struct {
	ID string `json:"id"`
	At string `json:"at"`
}

// meetingFacts are about the councillors of a meeting.
type meetingFacts struct {
	Assembly    string           `json:"assembly"`
	At          string           `json:"at"`
	Place       string           `json:"place"`
	Agenda      []string         `json:"agenda"`
	Urgent      string           `json:"urgent"`
	Members     int              `json:"members"` // in office
	Councillors []councillorBody `json:"councillors"`
	Offered     []string         `json:"offered"` // presences that may be recorded

	InTime    int    `json:"in_time"`
	Heard     bool   `json:"heard"` // the service tells what comes to mailboxes
	Arrived   int    `json:"arrived"`
	Opened    int    `json:"opened"`
	Last      string `json:"last"` // the last legal sending
	ClearDays int    `json:"clear_days"`
	Article   string `json:"article"`

	Present     int  `json:"present"`
	Remote      int  `json:"remote"`
	Substituted int  `json:"substituted"`
	Absent      int  `json:"absent"`
	Represented int  `json:"represented"`
	Undecided   int  `json:"undecided"`
	Silent      int  `json:"silent"`
	Attending   int  `json:"attending"`
	Quorum      int  `json:"quorum"` // 0: whoever comes can decide
	Likely      bool `json:"likely"` // « quorum prévisible »
}

// councillorBody is somebody who may hold a proxy; Hindered says in French why she cannot now, empty when she can.
type councillorBody struct {
	Person   string `json:"person"`
	Name     string `json:"name"`
	Hindered string `json:"hindered"`
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

	Meeting      *meetingFacts `json:"meeting"` // null: a plain mail
	RepliesUntil string        `json:"replies_until"`
	HasPassword  bool          `json:"has_password"`
	MergedSize   int64         `json:"merged_size"`
	Sending      sendingAnswer `json:"sending"`
	CountedAt    string        `json:"counted_at"` // the totals: of a large convocation, not at each look
	Next         string        `json:"next"`       // where its recipients go on; empty at the end
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
	Presence  string           `json:"presence"`
	Holder    string           `json:"holder"`
	Behalf    *behalfAnswer    `json:"behalf"` // null: the élu's own
}

type behalfAnswer struct {
	By     string `json:"by"`
	Way    string `json:"way"`
	Reason string `json:"reason"`
}

// recordRequest is a reply that came another way than the link.
type recordRequest struct {
	After    int    `json:"after"` // replies that were there when the form was drawn
	Presence string `json:"presence"`
	Holder   string `json:"holder"`
	Text     string `json:"text"`
	Way      string `json:"way"`
	Reason   string `json:"reason"`
}

type recordedAnswer struct {
	Version int `json:"version"`
}

type addressRequest struct {
	Address string `json:"address"`
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
		{"GET /api/convocations/{convocation}/follow", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.detail)},
		{"POST /api/convocations/{convocation}/resend", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.resend)},
		{"POST /api/convocations/{convocation}/close-unread", send, endpoint(a.Site, a.Account, send, http.StatusOK, a.closeUnread)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/reply", send, endpoint(a.Site, a.Account, send, http.StatusCreated, a.record)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/address", send, endpoint(a.Site, a.Account, send, http.StatusAccepted, a.correct)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/revoke", send, endpoint(a.Site, a.Account, send, http.StatusNoContent, a.revoke)},
		{"POST /api/convocations/{convocation}/revoke", send, endpoint(a.Site, a.Account, send, http.StatusOK, a.revokeAll)},
		{"POST /api/convocations/{convocation}/replies/zip", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.zipReplies)},
		{"GET /api/convocations/{convocation}/replies.csv", read, a.repliesFile()},
		{"GET /api/convocations/{convocation}/recipients/{recipient}/reply", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.replies)},
		{"POST /api/convocations/{convocation}/recipients/{recipient}/documents/{document}/download", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.downloadReply)},
	}
}

func (a Admin) list(ctx context.Context, c call, _ none) (listAnswer, error) {
	q := c.URL.Query()
	after, err := a.after(c)
	if err != nil {
		return listAnswer{}, err
	}
	list, err := a.Follow.List(ctx, c.h, follow.Filter{
		Title: q.Get("q"), State: convocation.State(q.Get("state")), After: after,
	})
	if err != nil {
		return listAnswer{}, err
	}
	out := listAnswer{Convocations: []lineAnswer{}, First: list.First, Total: list.Total, Next: a.next(c, list.Next)}
	for _, l := range list.Lines {
		line := lineAnswer{
			ID: string(l.ID), Subject: l.Subject, State: string(l.State), ChangedAt: instant(l.ChangedAt),
			Recipients: l.Counts.Recipients, Read: l.Counts.Read, Replied: l.Counts.Replied,
		}
		if l.State == convocation.StatePlanned {
			line.PlannedFor = instant(l.SendAt)
		}
		if l.Draft() || l.State == convocation.StatePlanned { // it has no recipients yet: whom it would reach
			if line.Recipients, err = a.Dispatch.Count(ctx, c.h, l.Audience); err != nil {
				return listAnswer{}, err
			}
		}
		out.Convocations = append(out.Convocations, line)
	}
	return out, nil
}

func (a Admin) detail(ctx context.Context, c call, _ none) (followAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return followAnswer{}, err
	}
	after, err := a.after(c)
	if err != nil {
		return followAnswer{}, err
	}
	d, err := a.Follow.Part(ctx, c.h, id, after)
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
		Counts: countsAnswer{
			n.Recipients, n.Transmitted, n.Read, n.Replied, n.Failed, n.Review, n.Waiting, n.Paper, n.Doubted, n.Returned, n.Delivered,
		},
		Meeting: meetingFactsOf(d), RepliesUntil: instant(d.ReplyUntil()), HasPassword: d.Password != "", MergedSize: d.Frozen.MergedSize,
		Sending: sendingOf(d), CountedAt: instant(d.CountedAt), Next: a.next(c, d.Next),
	}
	for _, r := range d.Recipients {
		out.Recipients = append(out.Recipients, recipientOut(d, r))
	}
	return out, nil
}

func recipientOut(d follow.Detail, r convocation.Recipient) recipientAnswer {
	out := sendingOut(r, d.At)
	entered := d.Register.Entries[r.Person]
	if _, member := d.Frozen.Councillor(r.Person); !member {
		entered.Presence = r.Choice.Presence // a guest's is not in the register
	}
	out.Person, out.Presence, out.Holds = string(r.Person), string(entered.Presence), []string{}
	out.HolderID = string(entered.Holder)
	out.Holder, out.Withdrawn = councillorName(d, entered.Holder), councillorName(d, entered.Withdrawn)
	for _, giver := range d.Register.Givers(r.Person) {
		out.Holds = append(out.Holds, councillorName(d, giver))
	}
	out.OnBehalf, out.Replies, out.DoubtedAt, out.OnPaper = r.OnBehalf, r.Replies, instant(r.DoubtedAt), r.OnPaper()
	out.Delivered, out.AutoReply, out.Deputises = instant(r.DeliveredAt()), instant(r.AutoRepliedAt()), r.SubstituteOf
	out.ReachedAt, out.InTime, out.AddressAt = instant(r.ReachedAt()), follow.InTime(d.Convocation, r), instant(r.AddressAt)
	if d.At.Before(r.LockedUntil) {
		out.LockedTo = instant(r.LockedUntil)
	}
	out.Documents = []askedDocument{}
	for _, doc := range d.Documents { // in their order
		if at, asked := r.Documents[doc.ID]; asked {
			out.Documents = append(out.Documents, askedDocument{string(doc.ID), instant(at)})
		}
	}
	return out
}

func councillorName(d follow.Detail, id convocation.PersonID) string {
	c, _ := d.Frozen.Councillor(id)
	return c.Name
}

func meetingFactsOf(d follow.Detail) *meetingFacts {
	m, f := d.Meeting, d.Facts
	if m == nil || f == nil {
		return nil
	}
	t := f.Tally
	out := &meetingFacts{
		Assembly: m.Assembly.Name, At: instant(m.At), Place: m.Place, Agenda: append([]string{}, m.Agenda...), Urgent: m.Urgent,
		Members: m.Assembly.Members, Councillors: []councillorBody{}, Offered: []string{},
		InTime: f.InTime, Heard: f.Heard, Arrived: f.Arrived, Opened: f.Opened, Last: instant(f.Last), ClearDays: d.Frozen.ClearDays, Article: d.Frozen.Article,
		Present: t.Present, Remote: t.Remote, Substituted: t.Substituted, Absent: t.Absent, Represented: t.Represented,
		Undecided: t.Undecided, Silent: t.Silent, Attending: t.Attending(), Quorum: f.Quorum, Likely: t.Attending() >= f.Quorum,
	}
	for _, o := range offered {
		if m.Offers(o) {
			out.Offered = append(out.Offered, string(o))
		}
	}
	for _, c := range d.Frozen.Councillors {
		body := councillorBody{Person: string(c.ID), Name: c.Name}
		if err := d.Register.Hinders(*m, d.Frozen.Councillors, "", c.ID); err != nil {
			refusal, _ := asRefusal(err)
			body.Hindered = page.Hindrance(refusal.Code)
		}
		out.Councillors = append(out.Councillors, body)
	}
	return out
}

// sendingOut is what became of the mails to a recipient, and what she did.
func sendingOut(r convocation.Recipient, at time.Time) recipientAnswer {
	standing := r.Standing(at)
	out := recipientAnswer{
		ID: string(r.ID), Name: r.Name, Address: string(r.Address), Type: string(r.Type),
		State: string(standing.Status), Reason: frenchStanding(standing),
		FirstSentAt: instant(r.FirstSentAt()), LastSentAt: instant(r.LastSentAt()), Sendings: r.Sendings(),
		ReadAt: instant(r.OpenedAt), RepliedAt: instant(r.RepliedAt), ReplyStarted: !r.StartedAt.IsZero() && r.Replies == 0,
		ClosedAt: instant(r.LinksClosedAt()), CanResend: standing.Status.Terminal() && !r.OnPaper(),
		Tries: r.LastN(), CanRemind: standing.Status.Terminal() && dispatch.CanRemind(r, at), RemindedAt: instant(r.RemindedAt),
		CanVouch: standing.Status == convocation.Review, VouchedAt: instant(r.VouchedAt), Blocked: dispatch.Blocked(r),
	}
	if back := r.Returned(); back.N > 0 && standing.Status == convocation.Sent { // it left, and did not arrive
		out.State, out.Reason, out.ReturnedAt = stateReturned, frenchReturn(back.BounceReason), instant(back.BouncedAt)
	}
	for _, a := range r.Attempts { // ascending: the newest stays
		if r.ForThisAddress(a) && !a.DelayedAt.IsZero() {
			out.DelayedAt = instant(a.DelayedAt)
		}
		if r.ForThisAddress(a) && !a.ComplainedAt.IsZero() {
			out.ComplainedAt = instant(a.ComplainedAt)
		}
	}
	return out
}

// stateReturned is of a recipient whose mail came back (« courriel revenu »): no state of the protocol.
const stateReturned = "returned"

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

package web

import (
	"net/http"
	"slices"

	"convoc/shared/answer"
	"convoc/shared/calendar"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/page"
)

// The pages behind the first one (R2, R4, R5): what they show, from what is known.

func (s Recipients) read(w http.ResponseWriter, v visitor) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, s.Pages.Read, s.readView(v, p))
}

func (s Recipients) readView(v visitor, p answer.Page) page.ReadView {
	c, f := v.Convocation, v.Convocation.Frozen
	view := page.ReadView{
		Sender: v.sender(), Name: v.Recipient.Name, Address: string(v.Recipient.Address),
		To: shown(c.Audience.To), Cc: shown(c.Audience.Cc), Subject: c.Subject, Message: c.Message,
		Meeting: meetingOf(v), CanReply: v.CanReply(), ReplyAction: v.to("/reponse"), Text: p.Draft.Text, Unsent: p.Begun,
		CheckLink: v.to("/verifier"), RepliesUntil: in(c.ReplyUntil(), v.loc()), ProxyLink: proxyLink(v, p),
	}
	if v.RepliesClosed(s.Now()) {
		view.ClosedAt, view.Unsent = view.RepliesUntil, false
	}
	for _, d := range f.Documents {
		view.Documents = append(view.Documents, shownDocument(d, v.to("/document/"+string(d.ID))))
	}
	if f.Zip != "" {
		view.AllAction, view.AllSize = v.to("/tout"), f.ZipSize
	}
	if f.Merged != "" {
		view.MergedAction, view.MergedSize = v.to("/pdf"), f.MergedSize
		view.MergedLeftOut = leftOut(f)
	}
	if c.Meeting != nil && v.CanReply() {
		view.Presence = presenceOf(v, p)
	}
	if p.Last.Version > 0 {
		receipt := receiptOf(v, p.Last)
		view.Last = &receipt
	}
	return view
}

// leftOut names the documents that the merged one lacks.
func leftOut(f convocation.Frozen) []string {
	var names []string
	for _, d := range f.Documents {
		if slices.Contains(f.MergedLeftOut, d.ID) {
			names = append(names, d.Name)
		}
	}
	return names
}

// meetingOf is what a page says of the meeting; nil where there is none.
func meetingOf(v visitor) *page.Meeting {
	m := v.Convocation.Meeting
	if m == nil {
		return nil
	}
	return &page.Meeting{
		Assembly: m.Assembly.Name, At: in(m.At, v.loc()), Place: m.Place, Agenda: m.Agenda, Signatory: m.Signatory, Urgent: m.Urgent,
		CalendarLink: v.to("/agenda"),
	}
}

// presenceOf is the question about presence, as it can be answered now.
func presenceOf(v visitor, p answer.Page) *page.Presence {
	m, councillors, me := *v.Convocation.Meeting, v.Convocation.Frozen.Councillors, v.Recipient.Person
	_, member := v.Convocation.Frozen.Councillor(me)
	entered := p.Register.Entries[me]
	choice := p.Draft.Choice
	if !p.Begun && entered.Presence != "" { // what counts now: a proxy may have fallen, another of her mailboxes have answered
		choice = convocation.Choice{Presence: entered.Presence, Holder: entered.Holder}
	}
	view := &page.Presence{
		Chosen: string(choice.Presence), HolderID: string(choice.Holder), Guest: !member, Fell: named(v, entered.Withdrawn),
	}
	for _, o := range offered {
		if m.Offers(o) && (member || o != convocation.Represented) {
			view.Offered = append(view.Offered, string(o))
		}
	}
	for _, giver := range p.Register.Givers(me) {
		view.HeldFor = append(view.HeldFor, named(v, giver))
	}
	for _, c := range councillors {
		if c.ID == me || !member {
			continue
		}
		h := page.Holder{ID: string(c.ID), Name: c.Name}
		if err := p.Register.Hinders(m, councillors, me, c.ID); err != nil {
			refusal, _ := asRefusal(err)
			h.Hindered = refusal.Code
		}
		view.Holders = append(view.Holders, h)
	}
	return view
}

// offered are the presences in the order in which a page asks for them.
var offered = []convocation.Presence{
	convocation.Present, convocation.Remote, convocation.Substituted, convocation.Absent, convocation.Represented,
	convocation.Undecided,
}

// named is the name of a councillor; empty for nobody.
func named(v visitor, id convocation.PersonID) string {
	c, _ := v.Convocation.Frozen.Councillor(id)
	return c.Name
}

// shown is what a page says of a field of recipients.
func shown(entries []convocation.Entry) []page.Entry {
	out := make([]page.Entry, len(entries))
	for i, e := range entries {
		out[i] = page.Entry{Name: e.Name, Group: e.Group != "", Count: e.Count}
		if e.Name == "" {
			out[i].Name = string(e.Address)
		}
	}
	return out
}

// shownDocument is a document of the convocation on a page.
func shownDocument(d convocation.Document, action string) page.Document {
	return page.Document{
		Name: d.Name, Kind: page.Kind(d.Media), Size: d.Size, Inline: files.Inline(d.Media), Action: action,
		Unscanned: false, // the secretary's own: she knows where they come from
	}
}

func (s Recipients) check(w http.ResponseWriter, v visitor) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	switch {
	case err != nil:
		return err
	case !v.CanReply():
		return convocation.ErrReplyNotTheirs
	case v.RepliesClosed(s.Now()):
		return convocation.ErrRepliesClosed
	case !p.Begun:
		return see(w, v.to("/lire#reponse"))
	}
	return render(w, http.StatusOK, s.Pages.Check, checkView(v, p))
}

func checkView(v visitor, p answer.Page) page.CheckView {
	return page.CheckView{
		Sender: v.sender(), HasMeeting: v.Convocation.Meeting != nil, Choice: choiceOf(v, p.Draft.Choice), Text: p.Draft.Text,
		Documents: attachedOf(v, p.DraftDocuments), Revision: p.Draft.Revision, Action: v.to("/envoyer"),
		EditLink: v.to("/lire#reponse"), FilesLink: v.to("/documents"), SelfLink: v.to("/verifier"), Scanning: p.Scanning(),
	}
}

func choiceOf(v visitor, c convocation.Choice) page.Choice {
	return page.Choice{Presence: string(c.Presence), Holder: named(v, c.Holder)}
}

func (s Recipients) thanks(w http.ResponseWriter, v visitor) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	if p.Last.Version == 0 {
		return see(w, v.to("/lire"))
	}
	view := page.ThanksView{
		Sender: v.sender(), Reply: receiptOf(v, p.Last), Meeting: meetingOf(v), RepliesUntil: in(v.Convocation.ReplyUntil(), v.loc()),
		EditLink: v.to("/lire#reponse"), ReadLink: v.to("/lire"), ProxyLink: proxyLink(v, p),
	}
	if v.RepliesClosed(s.Now()) {
		view.EditLink = ""
	}
	if view.Meeting != nil && !p.Last.Choice.Presence.Attends() {
		view.Meeting.CalendarLink = ""
	}
	return render(w, http.StatusOK, s.Pages.Thanks, view)
}

func receiptOf(v visitor, r convocation.Reply) page.Receipt {
	out := page.Receipt{
		Number: r.Version, At: in(r.At, v.loc()), Text: r.Text, Documents: attachedOf(v, r.Documents),
		Choice: page.Choice{Presence: string(r.Choice.Presence), Holder: r.Holder},
	}
	if r.Behalf != nil {
		out.Behalf = string(r.Behalf.Way)
	}
	for i := range out.Documents {
		out.Documents[i].Remove = ""
	}
	return out
}

// proxyLink leads to the written proxy that somebody's reply gives; empty once it is withdrawn.
func proxyLink(v visitor, p answer.Page) string {
	if p.Last.Choice.Presence != convocation.Represented || p.Register.Entries[v.Recipient.Person].Holder != p.Last.Choice.Holder {
		return ""
	}
	return v.to("/pouvoir")
}

// proxy shows the written proxy (« pouvoir ») that the last reply gives: dated, named, to be printed.
func (s Recipients) proxy(w http.ResponseWriter, v visitor) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	m := meetingOf(v)
	if m == nil || p.Last.Choice.Presence != convocation.Represented {
		return see(w, v.to("/lire"))
	}
	entered := p.Register.Entries[v.Recipient.Person]
	return render(w, http.StatusOK, s.Pages.Proxy, page.ProxyView{
		Sender: v.sender(), Giver: orAddress(v.Recipient), Holder: p.Last.Holder, Meeting: *m, At: in(p.Last.At, v.loc()),
		Number: p.Last.Version, BackLink: v.to("/lire"), Revoked: entered.Holder != p.Last.Choice.Holder,
	})
}

func orAddress(r convocation.Recipient) string {
	if r.Name == "" {
		return string(r.Address)
	}
	return r.Name
}

// calendar gives the meeting as a file for the élu's own calendar.
func (s Recipients) calendar(w http.ResponseWriter, v visitor) error {
	if v.Convocation.Meeting == nil {
		return convocation.ErrDocumentUnknown
	}
	w.Header().Set("Content-Type", calendar.Type)
	w.Header().Set("Content-Disposition", `inline; filename="`+calendar.Name+`"`) // a tablet adds what it shows, and loses what it saves
	w.WriteHeader(http.StatusOK)
	write(w, calendar.File(calendar.Of(v.Convocation)))
	return nil
}

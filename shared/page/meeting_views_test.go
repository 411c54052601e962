package page_test

import (
	"io"

	"convoc/shared/page"
)

// The pages of a convocation to a meeting, in each of their states.

func meeting() *page.Meeting {
	return &page.Meeting{
		Assembly: "Conseil municipal", At: at(10, 18, 30, 0), Place: "Salle des fêtes, 3 rue de l’Église",
		Agenda: []string{
			"Approbation du procès-verbal de la séance du 12 novembre", "Budget primitif 2027", "Subventions aux associations",
			"Questions diverses",
		},
		Signatory: "Le maire, Marc Assin", CalendarLink: base + "/agenda.ics",
	}
}

func holders() []page.Holder {
	return []page.Holder{
		{ID: "prs_0123456789abcde1", Name: "Anne Dupont"},
		{ID: "prs_0123456789abcde2", Name: "Paul Martin", Hindered: "proxy_taken"},
		{ID: "prs_0123456789abcde3", Name: "Yves Le Goff", Hindered: "proxy_holder_absent"},
		{ID: "prs_0123456789abcde4", Name: "Zoé Petit"},
	}
}

func presence() *page.Presence {
	return &page.Presence{Offered: []string{"present", "absent", "proxy", "undecided"}, Holders: holders()}
}

func meetingView() page.ReadView {
	v := readView()
	v.Meeting, v.Presence, v.RepliesUntil = meeting(), presence(), at(10, 18, 30, 0)
	v.MergedAction, v.MergedSize, v.MergedLeftOut = base+"/ensemble", 3_360_000, []string{"Tableau des subventions.xlsx"}
	return v
}

var toAnne = page.Choice{Presence: "proxy", Holder: "Anne Dupont"}

// meetingReplied is what somebody reads who has sent a reply.
func meetingReplied(c page.Choice, text string) page.ReadView {
	v := meetingView()
	v.Last = &page.Receipt{Number: 1, At: at(1, 11, 16, 37), Choice: c, Text: text}
	v.Text, v.Presence.Chosen = text, c.Presence
	if c.Presence == "proxy" {
		v.Presence.HolderID, v.ProxyLink = holders()[0].ID, base+"/pouvoir"
	}
	return v
}

// meetingRefused is what somebody reads again whose reply was refused.
func meetingRefused(code, presence, holder string) page.ReadView {
	v := meetingView()
	v.Refused, v.Text, v.Presence.Chosen, v.Presence.HolderID = code, "Bonne séance à tous", presence, holder
	return v
}

func meetingCheck() page.CheckView {
	v := checkView()
	v.HasMeeting, v.Choice, v.Text, v.SelfLink = true, toAnne, "", base+"/verifier"
	return v
}

func meetingThanks(c page.Choice) page.ThanksView {
	return page.ThanksView{
		Sender: sender(), Reply: page.Receipt{Number: 2, At: at(1, 11, 16, 37), Choice: c}, Meeting: meeting(),
		RepliesUntil: at(10, 18, 30, 0), EditLink: base + "/lire#reponse", ReadLink: base + "/lire",
	}
}

func proxyView() page.ProxyView {
	return page.ProxyView{
		Sender: sender(), Giver: "Mme Claire Lefèvre", Holder: "Anne Dupont", Meeting: *meeting(), At: at(1, 11, 16, 37), Number: 2,
		BackLink: base + "/lire",
	}
}

func passwordView() page.OpenView {
	v := openView()
	v.Password, v.Moment = true, "kx3c9f2a.0123456789abcdef"
	return v
}

func expiredView() page.ProblemView {
	return page.ProblemView{Sender: sender(), Code: "link_expired", Action: base + "/nouveau", Address: openView().Address}
}

// draw writes one page in one state.
type draw = func(io.Writer) error

func openPages(p *page.Pages) map[string]draw {
	of := func(v page.OpenView) draw { return func(w io.Writer) error { return p.Open(w, v) } }
	moment, stale, staleAsked, wrong, locked := openView(), openView(), passwordView(), passwordView(), passwordView()
	moment.Moment = passwordView().Moment
	stale.Moment, stale.Stale, staleAsked.Stale = moment.Moment, true, true
	wrong.Refused = "password_wrong"
	locked.Refused, locked.LockedUntil = "password_locked", at(1, 11, 31, 37)
	return map[string]draw{
		"open-moment": of(moment), "open-stale": of(stale), "open-stale-password": of(staleAsked),
		"open-password": of(passwordView()), "open-wrong": of(wrong), "open-locked": of(locked),
	}
}

func readPages(p *page.Pages) map[string]draw {
	of := func(v page.ReadView) draw { return func(w io.Writer) error { return p.Read(w, v) } }
	holder, behalf := meetingReplied(page.Choice{Presence: "present"}, ""), meetingReplied(toAnne, "Bon courage.")
	holder.Presence.HeldFor = []string{"Mme Zoé Petit", "Anne Dupont"}
	behalf.Last.Behalf = "phone"
	guest, copied, all, closed := meetingView(), meetingView(), meetingView(), meetingReplied(toAnne, "")
	guest.Presence.Guest = true
	copied.CanReply, copied.Presence = false, nil
	all.Presence.Offered = []string{"present", "remote", "substitute", "absent", "proxy", "undecided"}
	all.Meeting.Urgent = "Le pont de la Risle menace de céder"
	fell := meetingReplied(toAnne, "")
	fell.Presence.Chosen, fell.Presence.HolderID, fell.Presence.Fell, fell.ProxyLink = "absent", "", "Anne Dupont", ""
	closed.ClosedAt = at(10, 18, 30, 0)
	return map[string]draw{
		"meeting": of(meetingView()), "meeting-all": of(all), "meeting-guest": of(guest), "meeting-copy": of(copied),
		"meeting-replied": of(meetingReplied(toAnne, "Bon courage.")), "meeting-holder": of(holder),
		"meeting-behalf": of(behalf), "meeting-fell": of(fell), "meeting-closed": of(closed),
		"meeting-no-presence": of(meetingRefused("presence_missing", "", "")),
		"meeting-no-holder":   of(meetingRefused("proxy_holder_missing", "proxy", "")),
		"meeting-taken":       of(meetingRefused("proxy_taken", "proxy", holders()[1].ID)),
		"meeting-too-long":    of(meetingRefused("reply_too_long", "present", "")),
	}
}

func answerPages(p *page.Pages) map[string]draw {
	check := func(v page.CheckView) draw { return func(w io.Writer) error { return p.Check(w, v) } }
	thanks := func(v page.ThanksView) draw { return func(w io.Writer) error { return p.Thanks(w, v) } }
	missing, scanning, pressed, taken := meetingCheck(), meetingCheck(), meetingCheck(), meetingCheck()
	missing.Choice, missing.Text = page.Choice{}, "Bon courage."
	scanning.Scanning, scanning.Documents = true, attached(true)[:1]
	scanning.Documents[0].Scanning = true
	pressed.Scanning, pressed.Documents, pressed.Refused = true, scanning.Documents, "document_scanning"
	taken.Refused = "proxy_taken"
	behalf, proxy, closed := meetingThanks(toAnne), meetingThanks(toAnne), meetingThanks(page.Choice{Presence: "absent"})
	behalf.Reply.Behalf, proxy.ProxyLink = "paper", base+"/pouvoir"
	closed.EditLink, closed.Meeting.CalendarLink, proxy.Meeting.CalendarLink = "", "", ""
	return map[string]draw{
		"check-meeting": check(meetingCheck()), "check-no-presence": check(missing), "check-scanning": check(scanning),
		"check-pressed": check(pressed), "check-taken": check(taken),
		"thanks-present": thanks(meetingThanks(page.Choice{Presence: "present"})), "thanks-proxy": thanks(proxy),
		"thanks-behalf": thanks(behalf), "thanks-closed": thanks(closed),
	}
}

func otherPages(p *page.Pages) map[string]draw {
	proxy := func(v page.ProxyView) draw { return func(w io.Writer) error { return p.Proxy(w, v) } }
	revoked, preview := proxyView(), previewView()
	revoked.Revoked = true
	preview.Open.Password = true
	preview.Read.Meeting, preview.Read.Presence = meeting(), presence()
	preview.Read.MergedSize, preview.Read.Meeting.CalendarLink = 3_360_000, ""
	files := filesView()
	files.Documents[0].Scanning = true
	return map[string]draw{
		"proxy": proxy(proxyView()), "proxy-revoked": proxy(revoked),
		"problem-expired": func(w io.Writer) error { return p.Problem(w, expiredView()) },
		"link-sent": func(w io.Writer) error {
			return p.LinkSent(w, page.LinkSentView{Sender: sender(), Address: openView().Address})
		},
		"preview-meeting": func(w io.Writer) error { return p.Preview(w, preview) },
		"files-scanning":  func(w io.Writer) error { return p.Files(w, files) },
	}
}

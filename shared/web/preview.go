package web

import (
	"net/http"
	"slices"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/letter"
	"convoc/shared/page"
	"convoc/shared/rights"
)

// previewHandler shows a convocation as it will be received: the mail and the two first pages, with nothing to press.
// It has a tab of its own: the policy of the secretary's pages frames nothing. With « ?as=cc » it is what somebody in
// copy receives.
func (a Admin) previewHandler() http.Handler {
	return withHeaders(a.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.preview(w, r); err != nil {
			Recipients{Site: a.Site}.problem(w, visitor{}, err)
		}
	}))
}

func (a Admin) preview(w http.ResponseWriter, r *http.Request) error {
	c, err := a.identify(a.Account, rights.ConvocationRead, r)
	if err != nil {
		return err
	}
	id, err := convocationID(c)
	if err != nil {
		return err
	}
	d, err := a.Compose.Draft(r.Context(), c.h, id)
	if err != nil {
		return err
	}
	view, err := a.previewOf(c, d)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, a.Pages.Preview, view)
}

// previewOf freezes a draft in memory and shows it to a person made up of its first recipient.
func (a Admin) previewOf(c call, d compose.Draft) (page.PreviewView, error) {
	who, err := c.h.Collectivity(c.Context())
	if err != nil {
		return page.PreviewView{}, err
	}
	if d.Convocation.Draft() {
		d.Documents = slices.DeleteFunc(d.Documents, func(d convocation.Document) bool { return d.State != convocation.DocumentStored })
		d.Frozen.SenderName, d.Frozen.SenderMail = who.From(), who.Mail
		d.Frozen.Phone, d.Frozen.TimeZone = who.Phone, who.TimeZone
		d.Frozen.Documents = d.Documents
		if d.Frozen.Councillors, err = a.Dispatch.Councillors(c.Context(), c.h, d.Convocation); err != nil {
			return page.PreviewView{}, err
		}
	}
	r := Recipients{Site: a.Site, Answer: &answer.Service{Now: a.Now}}
	v := visitor{Request: c.Request}
	v.Convocation = d.Convocation
	v.Recipient = convocation.Recipient{Type: convocation.To, Name: "Prénom Nom", Address: "prenom.nom@exemple.fr"}
	if len(d.Frozen.Councillors) > 0 { // as one of them reads it
		v.Recipient.Person = d.Frozen.Councillors[0].ID
	}
	copied := c.URL.Query().Get("as") == string(convocation.Cc)
	if copied {
		v.Recipient.Type = convocation.Cc
	}
	m, err := a.Letters.Letter(dispatch.Letter{
		Convocation: d.Convocation, Documents: d.Documents, Recipient: v.Recipient, Attempt: 1, Link: a.Origin + "/c/" + exampleToken,
	})
	if err != nil {
		return page.PreviewView{}, err
	}
	view := page.PreviewView{
		Sender: v.sender(), Copy: copied, BackLink: backLink(d.Convocation), OtherLink: otherLink(d.Convocation, copied),
		From: m.FromName + " <" + m.FromAddress + ">", MailSubject: m.Subject, MailHTML: letter.Shown(m.HTML), MailText: m.Text,
		Open: r.openView(v), Read: r.readView(v, answer.Page{Visit: v.Visit}),
	}
	view.Open.Action, view.Open.Moment, view.Read.ReplyAction, view.Read.CheckLink, view.Read.AllAction, view.Read.MergedAction = "", "", "", "", "", ""
	if view.Read.Meeting != nil {
		view.Read.Meeting.CalendarLink = ""
	}
	for i, doc := range view.Read.Documents {
		view.Read.Documents[i].Action = ""
		if view.Read.AllSize += doc.Size; d.Frozen.Zip != "" || len(d.Documents) < 2 {
			view.Read.AllSize = d.Frozen.ZipSize
		}
	}
	return view, nil
}

// backLink is the secretary's page of a convocation.
func backLink(c convocation.Convocation) string {
	if c.Draft() {
		return "/composer.html?id=" + string(c.ID)
	}
	return "/suivi.html?id=" + string(c.ID)
}

// otherLink leads from the preview for recipients to the one for copies, where there are any, and back.
func otherLink(c convocation.Convocation, copied bool) string {
	switch path := "/api/convocations/" + string(c.ID) + "/preview"; {
	case copied:
		return path
	case len(c.Audience.Cc)+len(c.Audience.Bcc) > 0:
		return path + "?as=" + string(convocation.Cc)
	default:
		return ""
	}
}

// exampleToken stands where a link's token will be: it leads nowhere, and says so.
const exampleToken = "lien-personnel-de-chaque-destinataire"

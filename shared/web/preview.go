package web

import (
	"net/http"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/page"
	"convoc/shared/rights"
)

// previewHandler shows a convocation as it will be received: the mail and the two first pages, with nothing to press.
// It has a tab of its own: the policy of the secretary's pages frames nothing.
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
		d.Frozen.SenderName, d.Frozen.SenderMail = who.Name, who.Mail
		d.Frozen.Phone, d.Frozen.TimeZone = who.Phone, who.TimeZone
	}
	v := visitor{Request: c.Request}
	v.Convocation = d.Convocation
	v.Recipient = convocation.Recipient{Type: convocation.To, Name: "Prénom Nom", Address: "prenom.nom@exemple.fr"}
	m, err := a.Letters.Letter(dispatch.Letter{
		Convocation: d.Convocation, Documents: d.Documents, Recipient: v.Recipient, Attempt: 1, Link: a.Origin + "/c/" + exampleToken,
	})
	if err != nil {
		return page.PreviewView{}, err
	}
	open, read := openView(v), readView(v, pageOf(v, d.Documents))
	open.Action, read.ReplyAction, read.CheckLink, read.AllAction = "", "", "", ""
	for i := range read.Documents {
		read.Documents[i].Action = ""
	}
	return page.PreviewView{
		Sender: v.sender(), From: m.FromName + " <" + m.FromAddress + ">", MailSubject: m.Subject, MailText: m.Text,
		Open: open, Read: read,
	}, nil
}

// exampleToken stands where a link's token will be: it leads nowhere, and says so.
const exampleToken = "lien-personnel-de-chaque-destinataire"

package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/link"
	"convoc/shared/page"
)

// maxForm is the most that an élu's form may hold: 5,000 characters, percent-encoded, and a little.
const maxForm = 96 << 10

// ViewConvocation lists the routes of the function view-convocation: pages behind a link. None of them writes.
func ViewConvocation(r Recipients) []Route {
	return []Route{
		{"GET /c/{token}", "", r.visit(r.open)},
		{"GET /c/{token}/lire", "", r.visit(r.read)},
		{"GET /c/{token}/verifier", "", r.visit(r.check)},
		{"GET /c/{token}/merci", "", r.visit(r.thanks)},
		{"GET /c/{token}/confidentialite", "", r.about(r.Pages.Privacy)},
		{"GET /c/{token}/accessibilite", "", r.about(r.Pages.Accessibility)},
		{"GET /c/{token}/aide", "", r.about(r.Pages.Help)},
		{"GET " + page.StylePath, "", r.style()},
		{"GET " + page.LetterStylePath, "", r.letterStyle()},
		{"GET " + page.PrivacyPath, "", r.about(r.Pages.Privacy)},
		{"GET " + page.AccessibilityPath, "", r.about(r.Pages.Accessibility)},
		{"GET " + page.HelpPath, "", r.about(r.Pages.Help)},
		{"/c/", "", r.missingPage()},
	}
}

// AnswerConvocation lists the routes of the function answer-convocation: what an élu does. The link is the authority:
// no cookie is read, so no foreign page can borrow one.
func AnswerConvocation(r Recipients) []Route {
	return []Route{
		{"POST /c/{token}/ouvrir", "", r.visit(r.doOpen)},
		{"POST /c/{token}/document/{document}", "", r.visit(r.doDownload)},
		{"POST /c/{token}/tout", "", r.visit(r.doDownloadAll)},
		{"POST /c/{token}/reponse", "", r.visit(r.doSave)},
		{"POST /c/{token}/retirer/{document}", "", r.visit(r.doRemove)},
		{"POST /c/{token}/envoyer", "", r.visit(r.doSend)},
	}
}

// visitor is a request with a valid link.
type visitor struct {
	*http.Request
	answer.Visit
	base string // « /c/<token> »
}

func (v visitor) to(path string) string { return v.base + path }

// loc is the zone in which this collectivité's times are read.
func (v visitor) loc() *time.Location {
	loc, err := time.LoadLocation(v.Convocation.Frozen.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

func (v visitor) sender() page.Sender {
	f := v.Convocation.Frozen
	return page.Sender{Name: f.SenderName, Phone: f.Phone, Mail: f.SenderMail, Link: v.base}
}

// visit owns the link, headers and errors of an élu's page.
func (s Recipients) visit(do func(http.ResponseWriter, visitor) error) http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := r.PathValue("token")
		token, err := link.Parse(raw)
		if err != nil {
			s.problem(w, visitor{}, convocation.ErrLinkUnknown)
			return
		}
		visit, err := s.Answer.Visit(r.Context(), token)
		v := visitor{r, visit, "/c/" + raw}
		if err == nil {
			err = do(w, v)
		}
		if err != nil {
			s.problem(w, v, err)
		}
	}))
}

// problem answers an error as a page.
func (s Recipients) problem(w http.ResponseWriter, v visitor, err error) {
	refusal, fault := asRefusal(err)
	note(w, refusal.Code, fault)
	view := page.ProblemView{Code: refusal.Code}
	if v.base != "" && refusal.Kind != errs.Gone && !errors.Is(refusal, convocation.ErrLinkUnknown) {
		view.Link = v.to("/lire")
	}
	if !v.Convocation.Frozen.At.IsZero() {
		view.Sender = v.sender()
	}
	var body bytes.Buffer
	if err := s.Pages.Problem(&body, view); err != nil {
		note(w, errFault.Code, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(statusOf(refusal.Kind))
	write(w, body.Bytes())
}

// render writes a page.
func render[V any](w http.ResponseWriter, status int, draw func(io.Writer, V) error, view V) error {
	var body bytes.Buffer
	if err := draw(&body, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	write(w, body.Bytes())
	return nil
}

// see leads the browser on after a POST: 303, so that going back never posts again.
func see(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (s Recipients) open(w http.ResponseWriter, v visitor) error {
	return render(w, http.StatusOK, s.Pages.Open, openView(v))
}

func openView(v visitor) page.OpenView {
	return page.OpenView{
		Sender: v.sender(), Name: v.Recipient.Name, Address: string(v.Recipient.Address), Subject: v.Convocation.Subject,
		Action: v.to("/ouvrir"), OpenedAt: in(v.Recipient.OpenedAt, v.loc()),
	}
}

// in puts a time into a zone; the zero time stays zero.
func in(t time.Time, loc *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(loc)
}

// opened leads whoever has not opened yet to the first page: what follows is only for those who have.
func opened(w http.ResponseWriter, v visitor) bool {
	if v.Recipient.OpenedAt.IsZero() {
		_ = see(w, v.base)
		return false
	}
	return true
}

func (s Recipients) read(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, s.Pages.Read, readView(v, p))
}

func readView(v visitor, p answer.Page) page.ReadView {
	c := v.Convocation
	view := page.ReadView{
		Sender: v.sender(), Name: v.Recipient.Name, Address: string(v.Recipient.Address), To: shown(c.Audience.To), Cc: shown(c.Audience.Cc), Subject: c.Subject, Message: c.Message,
		CanReply: v.CanReply(), ReplyAction: v.to("/reponse"), Text: p.Draft.Text, Unsent: p.Begun, CheckLink: v.to("/verifier"),
	}
	for _, d := range p.Documents {
		view.Documents = append(view.Documents, shownDocument(d, v.to("/document/"+string(d.ID))))
	}
	if c.Frozen.Zip != "" {
		view.AllAction, view.AllSize = v.to("/tout"), c.Frozen.ZipSize
	}
	if p.Last.Version > 0 {
		receipt := receiptOf(v, p.Last)
		view.Last = &receipt
	}
	return view
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

func (s Recipients) check(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	if !v.CanReply() {
		return convocation.ErrReplyNotTheirs
	}
	if !p.Begun {
		return see(w, v.to("/lire#reponse"))
	}
	return s.drawCheck(w, http.StatusOK, v, p, false)
}

func (s Recipients) drawCheck(w http.ResponseWriter, status int, v visitor, p answer.Page, changed bool) error {
	return render(w, status, s.Pages.Check, page.CheckView{
		Sender: v.sender(), Text: p.Draft.Text, Documents: attachedOf(v, p.DraftDocuments), Revision: p.Draft.Revision,
		Action: v.to("/envoyer"), EditLink: v.to("/lire#reponse"), FilesLink: v.to("/documents"), Changed: changed,
	})
}

func (s Recipients) thanks(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	if p.Last.Version == 0 {
		return see(w, v.to("/lire"))
	}
	return render(w, http.StatusOK, s.Pages.Thanks, page.ThanksView{
		Sender: v.sender(), Reply: receiptOf(v, p.Last), EditLink: v.to("/lire#reponse"), ReadLink: v.to("/lire"),
	})
}

func receiptOf(v visitor, r convocation.Reply) page.Receipt {
	out := page.Receipt{Number: r.Version, At: in(r.At, v.loc()), Text: r.Text, Documents: attachedOf(v, r.Documents)}
	for i := range out.Documents {
		out.Documents[i].Remove = ""
	}
	return out
}

func (s Recipients) doOpen(w http.ResponseWriter, v visitor) error {
	if err := s.Answer.Open(v.Context(), v.Visit); err != nil {
		return err
	}
	return see(w, v.to("/lire"))
}

func (s Recipients) doDownload(w http.ResponseWriter, v visitor) error {
	doc := v.PathValue("document")
	if !opened(w, v) {
		return nil
	}
	if !ident.Valid(convocation.DocumentPrefix, doc) {
		return convocation.ErrDocumentUnknown
	}
	return lead(w, func() (string, error) {
		return s.Answer.Download(v.Context(), v.Visit, convocation.DocumentID(doc))
	})
}

func (s Recipients) doDownloadAll(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	return lead(w, func() (string, error) { return s.Answer.Zip(v.Context(), v.Visit) })
}

func lead(w http.ResponseWriter, sign func() (string, error)) error {
	to, err := sign()
	if err != nil {
		return err
	}
	return see(w, to)
}

// form reads the fields of an élu's form. Errors: errTooBig, errSlow, errBody.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, unread(err)
	}
	return r.PostForm, nil
}

func (s Recipients) doSave(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	fields, err := form(w, v.Request)
	if err != nil {
		return err
	}
	typed := fields.Get("text")
	err = s.Answer.SaveText(v.Context(), v.Visit, typed)
	if refusal, ok := errs.As(err); ok && refusal.Kind == errs.Invalid {
		return s.again(v.Context(), w, v, typed, refusal)
	}
	if err != nil {
		return err
	}
	return see(w, v.to("/verifier"))
}

// again shows the page with what was typed and what is wrong with it.
func (s Recipients) again(ctx context.Context, w http.ResponseWriter, v visitor, typed string, refusal *errs.Error) error {
	p, err := s.Answer.Page(ctx, v.Visit)
	if err != nil {
		return err
	}
	view := readView(v, p)
	view.Text, view.Refused = typed, refusal.Code
	return render(w, statusOf(refusal.Kind), s.Pages.Read, view)
}

func (s Recipients) doRemove(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	if doc := v.PathValue("document"); ident.Valid(convocation.DocumentPrefix, doc) {
		if err := s.Answer.RemoveDocument(v.Context(), v.Visit, convocation.DocumentID(doc)); err != nil {
			return err
		}
	}
	return see(w, v.to("/documents"))
}

func (s Recipients) doSend(w http.ResponseWriter, v visitor) error {
	if !opened(w, v) {
		return nil
	}
	fields, err := form(w, v.Request)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(fields.Get("revision"), 10, 64)
	if err != nil {
		return convocation.ErrReplyNotBegun
	}
	_, err = s.Answer.Validate(v.Context(), v.Visit, revision)
	if errors.Is(err, convocation.ErrReplyChanged) {
		return s.changed(w, v, err)
	}
	if err != nil {
		return err
	}
	return see(w, v.to("/merci"))
}

// changed shows the newest draft instead of the one that was to be sent.
func (s Recipients) changed(w http.ResponseWriter, v visitor, cause error) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	if !p.Begun {
		return cause
	}
	return s.drawCheck(w, http.StatusConflict, v, p, true)
}

// shownDocument is a document of the convocation on a page.
func shownDocument(d convocation.Document, action string) page.Document {
	return page.Document{
		Name: d.Name, Kind: page.Kind(d.Media), Size: d.Size, Inline: files.Inline(d.Media), Action: action,
	}
}

// pageOf is the page of somebody who has just opened and answered nothing.
func pageOf(v visitor, docs []convocation.Document) answer.Page {
	return answer.Page{Visit: v.Visit, Documents: docs}
}

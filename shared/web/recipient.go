package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
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
		{"GET /c/{token}/lire", "", r.inside(r.read)},
		{"GET /c/{token}/verifier", "", r.inside(r.check)},
		{"GET /c/{token}/merci", "", r.inside(r.thanks)},
		{"GET /c/{token}/pouvoir", "", r.inside(r.proxy)},
		{"GET /c/{token}/agenda", "", r.inside(r.calendar)},
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

// AnswerConvocation lists the routes of the function answer-convocation: what an élu does. The link is the authority: no
// session is read, so no foreign page can borrow one.
func AnswerConvocation(r Recipients) []Route {
	return []Route{
		{"POST /c/{token}/ouvrir", "", r.visit(r.doOpen)},
		{"POST /c/{token}/nouveau-lien", "", r.doAskLink()},
		{"POST /c/{token}/document/{document}", "", r.inside(r.doDownload)},
		{"POST /c/{token}/tout", "", r.inside(r.doDownloadAll)},
		{"POST /c/{token}/pdf", "", r.inside(r.doDownloadMerged)},
		{"POST /c/{token}/reponse", "", r.inside(r.doSave)},
		{"POST /c/{token}/retirer/{document}", "", r.inside(r.doRemove)},
		{"POST /c/{token}/envoyer", "", r.inside(r.doSend)},
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
func (v visitor) loc() *time.Location { return v.Convocation.Frozen.Location() }

func (v visitor) sender() page.Sender {
	f := v.Convocation.Frozen
	return page.Sender{Name: f.SenderName, Phone: f.Phone, Mail: f.SenderMail, Link: v.base}
}

// visiting finds whose link a request has.
func (s Recipients) visiting(r *http.Request) (visitor, error) {
	raw := r.PathValue("token")
	token, err := link.Parse(raw)
	if err != nil {
		return visitor{}, convocation.ErrLinkUnknown
	}
	visit, err := s.Answer.Visit(r.Context(), token)
	return visitor{r, visit, "/c/" + raw}, err
}

// visit owns the link, headers and errors of an élu's page.
func (s Recipients) visit(do func(http.ResponseWriter, visitor) error) http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visiting(r)
		if err == nil {
			err = do(w, v)
		}
		if err != nil {
			s.problem(w, v, err)
		}
	}))
}

// inside is a visit to what follows the first page: whoever has not passed it, on this device where there is a password, is
// led to it.
func (s Recipients) inside(do func(http.ResponseWriter, visitor) error) http.Handler {
	return s.visit(func(w http.ResponseWriter, v visitor) error {
		if !v.Recipient.Entered() || !s.Answer.Passes(v.Visit, v.passKept()) {
			return see(w, v.base)
		}
		return do(w, v)
	})
}

// passName names the cookie that a right password leaves, one for each link: a couple shares a tablet.
func (v visitor) passName() string {
	sum := sha256.Sum256([]byte(v.base))
	return "convoc-" + base64.RawURLEncoding.EncodeToString(sum[:9])
}

// passCookie keeps that a password was right.
func (s Recipients) passCookie(v visitor, kept string) *http.Cookie {
	return &http.Cookie{
		Name: v.passName(), Value: kept, Path: v.base, HttpOnly: true, Secure: s.Secure,
		SameSite: http.SameSiteLaxMode, // the link in a mail leads here from elsewhere
		MaxAge:   int(answer.Unlocked / time.Second),
	}
}

func (v visitor) passKept() string {
	c, err := v.Cookie(v.passName())
	if err != nil {
		return ""
	}
	return c.Value
}

// problem answers an error as a page.
func (s Recipients) problem(w http.ResponseWriter, v visitor, err error) {
	refusal, fault := asRefusal(err)
	note(w, refusal.Code, fault)
	view := page.ProblemView{Code: refusal.Code}
	expired := errors.Is(refusal, convocation.ErrLinkExpired)
	if v.base != "" && (refusal.Kind != errs.Gone || errors.Is(refusal, convocation.ErrRepliesClosed)) && !errors.Is(refusal, convocation.ErrLinkUnknown) {
		view.Link = v.to("/lire")
	}
	if expired {
		view.Action, view.Address = v.to("/nouveau-lien"), string(v.Recipient.Address)
	}
	if !v.Convocation.Frozen.At.IsZero() {
		view.Sender = v.sender()
	}
	if err := render(w, statusOf(refusal.Kind), s.Pages.Problem, view); err != nil {
		note(w, errFault.Code, err)
	}
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

// in puts a time into a zone; the zero time stays zero.
func in(t time.Time, loc *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(loc)
}

// form reads the fields of an élu's form. Errors: errTooBig, errSlow, errBody.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, unread(err)
	}
	return r.PostForm, nil
}

func (s Recipients) doDownload(w http.ResponseWriter, v visitor) error {
	doc := v.PathValue("document")
	if !ident.Valid(convocation.DocumentPrefix, doc) {
		return convocation.ErrDocumentUnknown
	}
	return lead(w, func() (string, error) {
		return s.Answer.Download(v.Context(), v.Visit, convocation.DocumentID(doc))
	})
}

func (s Recipients) doDownloadAll(w http.ResponseWriter, v visitor) error {
	return lead(w, func() (string, error) { return s.Answer.Zip(v.Context(), v.Visit) })
}

func (s Recipients) doDownloadMerged(w http.ResponseWriter, v visitor) error {
	return lead(w, func() (string, error) { return s.Answer.Merged(v.Context(), v.Visit) })
}

func lead(w http.ResponseWriter, sign func() (string, error)) error {
	to, err := sign()
	if err != nil {
		return err
	}
	return see(w, to)
}

func (s Recipients) doSave(w http.ResponseWriter, v visitor) error {
	fields, err := form(w, v.Request)
	if err != nil {
		return err
	}
	typed := answer.Typed{Text: fields.Get("text"), Choice: convocation.Choice{
		Presence: convocation.Presence(fields.Get("presence")), Holder: convocation.PersonID(fields.Get("mandataire")),
	}}
	err = s.Answer.Save(v.Context(), v.Visit, typed)
	if refusal, ok := errs.As(err); ok && refusal.Kind == errs.Invalid {
		return s.again(w, v, typed, refusal)
	}
	if err != nil {
		return err
	}
	return see(w, v.to("/verifier"))
}

// again shows the page with what was typed and what is wrong with it.
func (s Recipients) again(w http.ResponseWriter, v visitor, typed answer.Typed, refusal *errs.Error) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	p.Begun, p.Draft.Text, p.Draft.Choice = true, typed.Text, typed.Choice
	view := s.readView(v, p)
	view.Unsent, view.Refused = false, refusal.Code
	return render(w, statusOf(refusal.Kind), s.Pages.Read, view)
}

func (s Recipients) doRemove(w http.ResponseWriter, v visitor) error {
	if doc := v.PathValue("document"); ident.Valid(convocation.DocumentPrefix, doc) {
		if err := s.Answer.RemoveDocument(v.Context(), v.Visit, convocation.DocumentID(doc)); err != nil {
			return err
		}
	}
	return see(w, v.to("/documents"))
}

func (s Recipients) doSend(w http.ResponseWriter, v visitor) error {
	fields, err := form(w, v.Request)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(fields.Get("revision"), 10, 64)
	if err != nil {
		return convocation.ErrReplyNotBegun
	}
	_, err = s.Answer.Validate(v.Context(), v.Visit, revision)
	if refusal, ok := errs.As(err); ok && (refusal.Kind == errs.Invalid || errors.Is(refusal, convocation.ErrReplyChanged) ||
		errors.Is(refusal, convocation.ErrDocumentScanning)) {
		return s.unsent(w, v, refusal)
	}
	if err != nil {
		return err
	}
	return see(w, v.to("/merci"))
}

// unsent shows the newest draft again, with why it was not sent.
func (s Recipients) unsent(w http.ResponseWriter, v visitor, refusal *errs.Error) error {
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	if !p.Begun {
		return refusal
	}
	view := checkView(v, p)
	if view.Changed = errors.Is(refusal, convocation.ErrReplyChanged); !view.Changed {
		view.Refused = refusal.Code
	}
	return render(w, statusOf(refusal.Kind), s.Pages.Check, view)
}

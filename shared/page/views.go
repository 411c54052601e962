package page

import (
	"html/template"
	"io"
	"time"

	"convoc/shared/french"
)

// Every Action, URL and Link in a view is an address of ours that begins with « / », or one of the files' host; an
// empty one leaves its button or link out. Every time is in the collectivité's own zone; zero when it has not happened.

// Document is a file that a page names.
type Document struct {
	Name      string
	Kind      string // see [Kind]
	Size      int64  // bytes
	Inline    bool   // it opens in the browser: « Ouvrir »; otherwise « Télécharger »
	Unscanned bool   // no antivirus has seen it
	Action    string // POST; answers 303 to the file
}

// Attached is a file that an élu joined to a reply.
type Attached struct {
	Name      string
	Kind      string // see [Kind]
	Size      int64  // bytes
	Unscanned bool
	Scanning  bool   // the antivirus is still looking: nobody can open it yet
	Refused   string // code of a [Problem]: it will not be sent; empty when it was taken
	Remove    string // POST; empty where nothing can be taken away
}

// OpenView is for [Pages.Open].
type OpenView struct {
	Sender   Sender
	Name     string // of the recipient; may be empty
	Address  string // of the recipient, whole: the pages mask it
	Subject  string
	Action   string    // POST « Ouvrir la convocation »: moment, mot_de_passe, and « autre » when a program pressed
	OpenedAt time.Time // the first opening

	Moment      string    // hidden field « moment »: when the page was drawn, signed; empty: neither it nor the decoy is there
	Password    bool      // a password is asked for, in the field « mot_de_passe »; it is never shown again
	Refused     string    // code of the [Problem] of what was tried: password_wrong, password_locked, password_needed
	LockedUntil time.Time // until when no password is looked at; zero: they are
	Stale       bool      // the page was too old for its button to count: it must be pressed again
}

// Open writes the first page (R1): whose convocation it is, and one button. A mail gateway that follows the link stops
// here.
func (p *Pages) Open(w io.Writer, v OpenView) error { return p.write(w, "open", v.frame()) }

func (v OpenView) frame() frame {
	f := frame{Title: "Ouvrir la convocation", Heading: convocationOf(v.Sender), Sender: v.Sender, View: v}
	if v.Refused != "" {
		f.Title = toCorrect + f.Title
	}
	return f
}

// toCorrect begins the title of a page that refuses what was typed: it is what a screen reader says first.
const toCorrect = "À corriger\u00a0: "

// ReadView is for [Pages.Read].
type ReadView struct {
	Sender    Sender
	Name      string  // of the recipient; may be empty
	Address   string  // of the recipient, whole: the pages mask it
	To, Cc    []Entry // never the hidden copies
	Subject   string
	Meeting   *Meeting // nil: a mail without a meeting
	Message   string   // plain text, LF line ends
	Documents []Document
	AllAction string // POST « Tout télécharger »
	AllSize   int64  // bytes of what it gives; set from two documents on

	MergedAction  string   // POST « Lire en un seul PDF »
	MergedSize    int64    // bytes of what it gives; 0: there is none
	MergedLeftOut []string // names of the documents that are not in it

	CanReply     bool      // false: the recipient has a copy, the page only reads
	ClosedAt     time.Time // since when no reply is taken; zero while they are
	RepliesUntil time.Time // until when replies are taken; zero: there is no end
	ReplyAction  string    // POST text, presence, mandataire: keeps the reply and leads to the check page
	Presence     *Presence // the question; nil: none, and then the text is required
	Text         string    // what the field shows: what was typed, the draft, or the last reply
	Unsent       bool      // there is a draft that was not sent
	CheckLink    string    // of the check page, shown when Unsent
	Refused      string    // code of the [Problem] of what was typed, shown at its field
	Last         *Receipt  // the last reply sent; nil when there is none
	ProxyLink    string    // of the written proxy that the last reply gives
}

// Receipt is a reply that was sent.
type Receipt struct {
	Number    int // 1 for the first
	At        time.Time
	Choice    Choice
	Text      string
	Documents []Attached
	Behalf    string // phone, paper, mail or mouth: the secretary recorded it, and it is never shown as the élu's own
}

// Read writes the convocation and the field for the reply (R2); the latter has the id « reponse ».
func (p *Pages) Read(w io.Writer, v ReadView) error { return p.write(w, "read", v.frame()) }

func (v ReadView) frame() frame {
	f := frame{Title: "Lire la convocation", Heading: convocationOf(v.Sender), Sender: v.Sender, View: v}
	if v.Refused != "" {
		f.Title = toCorrect + f.Title
	}
	return f
}

// FilesView is for [Pages.Files].
type FilesView struct {
	Sender    Sender
	Documents []Attached
	Upload    *Upload // nil when there is no room for one more
	Refused   string  // code of the [Problem] of what was just tried; empty when there is none
	SelfLink  string  // of this page: « Actualiser la liste », once something was joined
	CheckLink string  // « Continuer »
}

// Upload is a signed form of the files store.
type Upload struct {
	URL    string
	Fields []Field // hidden, in this order, before the file
}

// Field is one hidden field.
type Field struct{ Name, Value string }

// Files writes the page that joins documents to a reply (R3).
func (p *Pages) Files(w io.Writer, v FilesView) error {
	return p.write(w, "files", frame{
		Title: "Joindre un document", Eyebrow: "Votre réponse", Heading: "Joindre un document", Sender: v.Sender, View: v,
	})
}

// CheckView is for [Pages.Check].
type CheckView struct {
	Sender     Sender
	HasMeeting bool // presence was asked: it must be chosen, and the text may be empty
	Choice     Choice
	Text       string
	Documents  []Attached
	Revision   int64  // hidden field « revision »: what is shown is what is sent
	Action     string // POST « Envoyer ma réponse »
	EditLink   string
	FilesLink  string
	SelfLink   string // of this page, to see whether a document is still being looked at
	Scanning   bool   // a document is still being looked at
	Changed    bool   // the reply was changed in another window since the button was shown
	Refused    string // code of the [Problem] of the sending just tried; only document_scanning leaves the button there
}

// Check writes the page on which a reply is validated (R4).
func (p *Pages) Check(w io.Writer, v CheckView) error {
	return p.write(w, "check", frame{
		Title: "Vérifier la réponse", Eyebrow: "Votre réponse", Heading: "Vérifier avant d’envoyer", Sender: v.Sender, View: v,
	})
}

// ThanksView is for [Pages.Thanks].
type ThanksView struct {
	Sender       Sender
	Reply        Receipt
	Meeting      *Meeting  // nil: a mail without a meeting; its CalendarLink is set when the person comes
	RepliesUntil time.Time // until when the reply may be changed; zero: there is no end
	EditLink     string    // empty once replies are closed
	ReadLink     string
	ProxyLink    string // of the written proxy that the reply gives
}

// Thanks writes the receipt (R5).
func (p *Pages) Thanks(w io.Writer, v ThanksView) error {
	f := frame{Title: "Réponse envoyée", Heading: "Merci, votre réponse est envoyée", Sender: v.Sender, View: v}
	if v.Reply.Behalf != "" {
		f.Title, f.Heading = "Réponse enregistrée", "Votre réponse est enregistrée"
	}
	return p.write(w, "thanks", f)
}

// ProblemView is for [Pages.Problem].
type ProblemView struct {
	Sender  Sender // the zero Sender where the link leads to nobody
	Code    string // of a [Problem]; an unknown one is shown as « fault »
	Link    string // where the problem's button leads; empty: no such button
	Action  string // POST of the problem's button, in place of Link: link_expired's
	Address string // on file, whole: the page masks it; where link_expired's new link goes
	Origin  string // where our pages are, when another host shows this one; empty: there
}

// Problem writes the page of what went wrong (R6).
func (p *Pages) Problem(w io.Writer, v ProblemView) error {
	problem := ProblemOf(v.Code)
	return p.write(w, "problem", frame{
		Title: problem.Title, Heading: problem.Title, Sender: v.Sender, Origin: v.Origin,
		View: struct {
			Problem
			ProblemView
		}{problem, v},
	})
}

// LinkSentView is for [Pages.LinkSent].
type LinkSentView struct {
	Sender  Sender
	Address string // on file, whole: the page masks it
}

// LinkSent writes what follows « Recevoir un nouveau lien » (R6).
func (p *Pages) LinkSent(w io.Writer, v LinkSentView) error {
	return p.write(w, "sent", frame{
		Title: "Nouveau courriel", Heading: "Un nouveau courriel vient de partir", Sender: v.Sender, View: v,
	})
}

// Help writes « Aide » (R7). The zero Sender is for whoever comes without a link.
func (p *Pages) Help(w io.Writer, s Sender) error {
	return p.write(w, "help", frame{Title: "Aide", Heading: "Aide", Sender: s, View: s, Aside: true})
}

// Privacy writes « Confidentialité » (R7). The zero Sender is for whoever comes without a link.
func (p *Pages) Privacy(w io.Writer, s Sender) error {
	return p.write(w, "privacy", frame{Title: "Confidentialité", Heading: "Confidentialité", Sender: s, View: s, Aside: true})
}

// Accessibility writes « Accessibilité » (R7). The zero Sender is for whoever comes without a link.
func (p *Pages) Accessibility(w io.Writer, s Sender) error {
	return p.write(w, "accessibility", frame{Title: "Accessibilité", Heading: "Accessibilité", Sender: s, View: s, Aside: true})
}

// PreviewView is for [Pages.Preview].
type PreviewView struct {
	Sender      Sender
	Copy        bool   // it is what somebody in copy receives
	OtherLink   string // of the preview of the other sort: in copy, not in copy; empty where nobody is in copy
	BackLink    string // where the secretary goes on
	From        string // name and address from which the mail leaves
	MailSubject string
	MailHTML    template.HTML // with nothing to press, and what people typed escaped; it looks as the sheet at LetterStylePath says
	MailText    string        // the text version
	Open        OpenView
	Read        ReadView
}

// Preview shows the secretary the mail and the two first pages as they will be received; nothing in them can be
// pressed.
func (p *Pages) Preview(w io.Writer, v PreviewView) error {
	return p.write(w, "preview", frame{
		Title: "Aperçu", Heading: "Aperçu de la convocation", Sender: v.Sender, Preview: true,
		View: struct {
			PreviewView
			OpenFrame, ReadFrame frame
		}{v, v.Open.frame(), v.Read.frame()},
	})
}

func convocationOf(s Sender) string {
	if s.Name == "" {
		return "Convocation"
	}
	return "Convocation " + french.Of(s.Name)
}

// Package letter writes the mail that brings a convocation, those that tell what an answer has changed, and those about
// the account of a user: subject, text and HTML.
//
// A convocation's mail holds exactly one link, the recipient's own, behind the button and in clear; a notice holds none.
// What the secretary wrote stays plain text: date, time, place and agenda are in the mail itself, not behind the link. It
// has no image, no tracking, no style sheet and no conditional comment: one table of one column with inline styles. Beside
// what the secretary or the élu wrote each version is at most 20 KB; what they wrote is never cut, because the mail is what
// convenes, and what proves. Texts are UTF-8 with LF line ends.
package letter

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"strings"
	texts "text/template"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/french"
)

// ErrNoLink: the view has no address that a browser opens.
var ErrNoLink = errors.New("letter: no link")

// shownDocuments are named in the mail; the page names all.
const shownDocuments = 20

// View is what one mail says. Empty texts leave their line out, but Sender, Subject and Link are always there. Times are in
// the collectivité's zone.
type View struct {
	Sender    string // « Mairie de Saint-Aubin »
	Phone     string // the secretary's, as printed
	Mail      string // the secretary's: where an answer to the mail goes; empty: nobody reads it
	Name      string // of the recipient
	Subject   string // one line
	Message   string // plain text, LF line ends
	Documents []Document
	Link      string // the recipient's own, of this attempt; http or https
	Copy      bool   // for information: no reply is expected
	Password  bool   // one is asked before the convocation opens

	Meeting *Meeting  // nil: a mail that asks for a free reply
	Proxy   bool      // the recipient may give a proxy
	Until   time.Time // replies are taken until then; zero: nothing is said of it

	Why     convocation.Why
	Resent  bool      // « Nouvel envoi »
	FirstAt time.Time // when resent, the mail that this one replaces; of a reminder, the convocation that it reminds of; may be zero
}

// Title heads the mail.
func (View) Title() string { return "Convocation" }

// Asks tells whether the mail asks whether one comes.
func (v View) Asks() bool { return v.Meeting != nil && !v.Copy }

// Meeting is what is convened to. Empty texts leave their line out.
type Meeting struct {
	Assembly  string    // « Conseil municipal »
	At        time.Time // in the collectivité's zone; zero while a draft has none
	Place     string
	Signatory string   // who convenes
	Agenda    []string // numbered in this order
	Remote    bool     // à distance is offered
	Urgent    string   // the reason of an urgency
	NoQuorum  bool     // a second call: whoever comes decides
	Who       string   // decides: « Le conseil », « L’assemblée »
}

// Document is named in the mail, never attached to it.
type Document struct {
	Name string
	Size int64 // bytes
}

//go:embed *.html *.txt
var files embed.FS

var (
	htmlTemplates = template.Must(template.New("html").Funcs(template.FuncMap(words())).ParseFS(files, "*.html"))
	textTemplates = texts.Must(texts.New("txt").Funcs(words()).ParseFS(files, "*.txt"))
)

func words() texts.FuncMap {
	return texts.FuncMap{
		"long":    func(t time.Time) string { return french.Long(t, t.Location()) },
		"day":     func(t time.Time) string { return french.Day(t, t.Location()) },
		"seconds": func(t time.Time) string { return french.Seconds(t, t.Location()) },
		"number":  func(i int) int { return i + 1 },
		"size":    french.Size,
		"count":   func(n int) string { return french.Count(n, "document", "documents") },
		"shown":   func(docs []Document) []Document { return docs[:min(len(docs), shownDocuments)] },
		"others":  func(docs []Document) int { return max(len(docs)-shownDocuments, 0) },
		"one":     oneLine,
		"of":      func(name string) string { return french.From(oneLine(name)) },
	}
}

// Convocation writes the mail. Errors: [ErrNoLink].
func Convocation(v View) (subject, text, html string, err error) {
	if !strings.HasPrefix(v.Link, "https://") && !strings.HasPrefix(v.Link, "http://") {
		return "", "", "", ErrNoLink
	}
	subject = oneLine(v.Subject)
	switch {
	case v.Resent:
		subject = "Nouvel envoi\u00a0: " + subject
	case v.Why == convocation.WhyLinkAsked:
		subject = "Nouveau lien\u00a0: " + subject
	case v.Why == convocation.WhyReminder:
		subject = "Rappel\u00a0: " + subject
	case v.Why == convocation.WhyUnfinished:
		subject = "Réponse à envoyer\u00a0: " + subject
	}
	text, html, err = write("letter", v)
	return subject, text, html, err
}

// write makes both versions of a mail from the templates of that name.
func write(name string, view any) (text, html string, err error) {
	var t, h bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&t, name+".txt", view); err != nil {
		return "", "", err
	}
	if err := htmlTemplates.ExecuteTemplate(&h, name+".html", view); err != nil {
		return "", "", err
	}
	return t.String(), h.String(), nil
}

// oneLine keeps a text on the line where it stands, so that a name or a subject cannot imitate a line of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

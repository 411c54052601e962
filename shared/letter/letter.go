// Package letter writes the mail that brings a convocation: its subject, its text and its HTML.
//
// A mail holds exactly one link, the recipient's own, behind the button and in clear; what the secretary wrote stays
// plain text. It has no image, no tracking, no style sheet and no conditional comment: one table of one column with
// inline styles. Beside the message each version is at most 20 KB; the message itself is never cut, because the mail is
// what convenes. Texts are UTF-8 with LF line ends.
package letter

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"strings"
	texts "text/template"
	"time"

	"convoc/shared/french"
)

// ErrNoLink: the view has no address that a browser opens.
var ErrNoLink = errors.New("letter: no link")

// shownDocuments are named in the mail; the page names all.
const shownDocuments = 20

// View is what one mail says. Empty texts leave their line out, but Sender, Subject and Link are always there.
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

	Resent  bool      // « Nouvel envoi »
	FirstAt time.Time // when resent: the mail that this one replaces, in the collectivité's zone; may be zero
}

// Document is named in the mail, never attached to it.
type Document struct {
	Name string
	Size int64 // bytes
}

//go:embed letter.html letter.txt
var files embed.FS

//go:embed letter.html
var source string

var (
	htmlTemplate = template.Must(template.New("letter.html").Funcs(template.FuncMap(words())).ParseFS(files, "letter.html"))
	textTemplate = texts.Must(texts.New("letter.txt").Funcs(words()).ParseFS(files, "letter.txt"))
)

func words() texts.FuncMap {
	return texts.FuncMap{
		"long":   func(t time.Time) string { return french.Long(t, t.Location()) },
		"size":   french.Size,
		"count":  func(n int) string { return french.Count(n, "document", "documents") },
		"shown":  func(docs []Document) []Document { return docs[:min(len(docs), shownDocuments)] },
		"others": func(docs []Document) int { return max(len(docs)-shownDocuments, 0) },
		"one":    oneLine,
	}
}

// Convocation writes the mail. Errors: [ErrNoLink].
func Convocation(v View) (subject, text, html string, err error) {
	if !strings.HasPrefix(v.Link, "https://") && !strings.HasPrefix(v.Link, "http://") {
		return "", "", "", ErrNoLink
	}
	subject = oneLine(v.Subject)
	if v.Resent {
		subject = "Nouvel envoi\u00a0: " + subject
	}
	var t, h bytes.Buffer
	if err := textTemplate.Execute(&t, v); err != nil {
		return "", "", "", err
	}
	if err := htmlTemplate.Execute(&h, v); err != nil {
		return "", "", "", err
	}
	return subject, t.String(), h.String(), nil
}

// oneLine keeps a text on the line where it stands, so that a name or a subject cannot imitate a line of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

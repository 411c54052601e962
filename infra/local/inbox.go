package main

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"convoc/shared/french"
	"convoc/shared/mail/dirmail"
	"convoc/shared/web"
)

// inbox shows the mails of a trial: those that did not leave. It exists only where mails are kept in a directory.
type inbox struct {
	dir  *dirmail.Dir
	site web.Site
}

const (
	shownMails = 200            // the list names at most
	homeZone   = "Europe/Paris" // of every collectivité that a first start makes
)

//go:embed inbox.html
var inboxSource string

var inboxPages = template.Must(template.New("inbox").Parse(inboxSource))

// person is who a mail is from or to.
type person struct{ Name, Address string }

type inboxLine struct {
	Name      string
	To        person
	Subject   string
	Day, Hour string // « 13/07/2023 », « à 11:16:37 »
}

type inboxMail struct {
	Name, Subject     string
	From, To, ReplyTo person
	Link              string // of the recipient
	Text              string
}

func (b inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.site.PlainHeaders(w.Header())
	name := strings.TrimPrefix(r.URL.Path, "/essai/")
	var err error
	switch {
	case name == "":
		err = b.list(w)
	case r.URL.RawQuery == "brut":
		err = b.raw(w, name)
	case r.URL.RawQuery == "html":
		err = b.shown(w, name)
	default:
		err = b.one(w, name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, "Ce courriel n'existe pas.", http.StatusNotFound)
	} else if err != nil {
		http.Error(w, "courriel illisible", http.StatusInternalServerError)
	}
}

func (b inbox) list(w http.ResponseWriter) error {
	files, err := b.dir.List()
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(homeZone)
	if err != nil {
		zone = time.UTC
	}
	var lines []inboxLine
	for _, f := range files[:min(len(files), shownMails)] {
		raw, err := b.dir.Read(f.Name)
		if err != nil {
			return err
		}
		line := inboxLine{Name: f.Name}
		line.Day, line.Hour, _ = strings.Cut(french.Seconds(f.At, zone), " ")
		if m, err := netmail.ReadMessage(bytes.NewReader(raw)); err == nil {
			line.To, line.Subject = personIn(m, "To"), header(m, "Subject")
		}
		lines = append(lines, line)
	}
	return draw(w, "list", lines)
}

func header(m *netmail.Message, name string) string {
	v, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		return m.Header.Get(name)
	}
	return v
}

// personIn reads who is named in a header.
func personIn(m *netmail.Message, name string) person {
	a, err := netmail.ParseAddress(m.Header.Get(name))
	if err != nil {
		return person{Address: header(m, name)}
	}
	return person{a.Name, a.Address}
}

func (b inbox) raw(w http.ResponseWriter, name string) error {
	raw, err := b.dir.Read(name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write(raw)
	return err
}

// shown is the mail's HTML alone. Its styles are in its tags, as mails have them: this page, which nothing can run in and
// which has no origin of its own, allows that.
func (b inbox) shown(w http.ResponseWriter, name string) error {
	raw, err := b.dir.Read(name)
	if err != nil {
		return err
	}
	html, err := part(raw, gomail.TypeTextHTML)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "+
		"base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(w, html)
	return err
}

func (b inbox) one(w http.ResponseWriter, name string) error {
	raw, err := b.dir.Read(name)
	if err != nil {
		return err
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	view := inboxMail{
		Name: name, Subject: header(m, "Subject"), From: personIn(m, "From"), To: personIn(m, "To"), ReplyTo: personIn(m, "Reply-To"),
	}
	if view.Text, err = part(raw, gomail.TypeTextPlain); err != nil {
		return err
	}
	for line := range strings.Lines(view.Text) {
		line = strings.TrimSpace(line)
		for _, page := range []string{"/c/", "/bienvenue.html#", "/mot-de-passe.html#"} {
			if strings.HasPrefix(line, b.site.Origin+page) {
				view.Link = line
			}
		}
	}
	return draw(w, "mail", view)
}

// part gives the text or the HTML of a mail that this product built.
func part(raw []byte, kind gomail.ContentType) (string, error) {
	m, err := gomail.EMLToMsgFromReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	for _, part := range m.GetParts() {
		if part.GetContentType() == kind {
			content, err := part.GetContent()
			return string(content), err
		}
	}
	return "", io.ErrUnexpectedEOF
}

func draw(w http.ResponseWriter, name string, view any) error {
	var page bytes.Buffer
	if err := inboxPages.ExecuteTemplate(&page, name, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write(page.Bytes())
	return err
}

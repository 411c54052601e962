package main

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	netmail "net/mail"
	"strings"

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

// shownMails is how many mails the list names.
const shownMails = 200

type inboxLine struct{ Name, To, Subject, At string }

var inboxList = template.Must(template.New("list").Parse(`<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Courriels de l’essai – Convoc</title><link rel="stylesheet" href="/assets/style.css"></head>
<body><main class="page"><h1>Courriels de l’essai</h1>
<p>Ces courriels ne sont pas partis : ils restent sur cette machine, pour essayer.</p>
{{if .}}<table><thead><tr><th scope="col">Destinataire</th><th scope="col">Objet</th><th scope="col">Date</th></tr></thead><tbody>
{{range .}}<tr><td>{{.To}}</td><td><a href="/essai/{{.Name}}">{{.Subject}}</a></td><td>{{.At}}</td></tr>
{{end}}</tbody></table>{{else}}<p>Aucun courriel pour l’instant.</p>{{end}}
<p><a href="/convocations.html">Revenir aux convocations</a></p></main></body></html>
`))

var inboxMail = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{.Subject}} – Convoc</title><link rel="stylesheet" href="/assets/style.css"></head>
<body><main class="page"><h1>{{.Subject}}</h1>
<dl><dt>De</dt><dd>{{.From}}</dd><dt>À</dt><dd>{{.To}}</dd><dt>Répondre à</dt><dd>{{.ReplyTo}}</dd></dl>
<p class="message">{{range .Text}}{{if .Link}}<a href="{{.Link}}">{{.Link}}</a>{{else}}{{.Line}}{{end}}<br>{{end}}</p>
<p><a href="/essai/">Tous les courriels de l’essai</a> · <a href="/essai/{{.Name}}?brut">le courriel tel quel</a></p></main></body></html>
`))

func (b inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.site.PlainHeaders(w.Header())
	name := strings.TrimPrefix(r.URL.Path, "/essai/")
	var err error
	switch {
	case name == "":
		err = b.list(w)
	case r.URL.RawQuery == "brut":
		err = b.raw(w, name)
	default:
		err = b.one(w, name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
	} else if err != nil {
		http.Error(w, "courriel illisible", http.StatusInternalServerError)
	}
}

func (b inbox) list(w http.ResponseWriter) error {
	files, err := b.dir.List()
	if err != nil {
		return err
	}
	var lines []inboxLine
	for _, f := range files[:min(len(files), shownMails)] {
		raw, err := b.dir.Read(f.Name)
		if err != nil {
			return err
		}
		line := inboxLine{Name: f.Name, At: french.Seconds(f.At, f.At.Location())}
		if m, err := netmail.ReadMessage(bytes.NewReader(raw)); err == nil {
			line.To, line.Subject = header(m, "To"), header(m, "Subject")
		}
		lines = append(lines, line)
	}
	return draw(w, inboxList, lines)
}

func header(m *netmail.Message, name string) string {
	v, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		return m.Header.Get(name)
	}
	return v
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

type inboxPiece struct{ Line, Link string }

func (b inbox) one(w http.ResponseWriter, name string) error {
	raw, err := b.dir.Read(name)
	if err != nil {
		return err
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	text, err := plainText(raw)
	if err != nil {
		return err
	}
	var pieces []inboxPiece
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		p := inboxPiece{Line: line}
		if strings.HasPrefix(line, b.site.Origin+"/c/") {
			p.Link = line
		}
		pieces = append(pieces, p)
	}
	return draw(w, inboxMail, map[string]any{
		"Name": name, "Subject": header(m, "Subject"), "From": header(m, "From"), "To": header(m, "To"),
		"ReplyTo": header(m, "Reply-To"), "Text": pieces,
	})
}

// plainText gives the text part of a mail that this product built.
func plainText(raw []byte) (string, error) {
	m, err := gomail.EMLToMsgFromReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	for _, part := range m.GetParts() {
		if part.GetContentType() == gomail.TypeTextPlain {
			content, err := part.GetContent()
			return string(content), err
		}
	}
	return "", io.ErrUnexpectedEOF
}

func draw(w http.ResponseWriter, t *template.Template, view any) error {
	var page bytes.Buffer
	if err := t.Execute(&page, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write(page.Bytes())
	return err
}

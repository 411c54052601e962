// Package page writes the pages that élus see: plain HTML with one style sheet and no script, for an old tablet as much
// as for a new phone. A page and its style are at most 30 KB together, beside what the secretary wrote, and take three
// requests (page, style, icon).
//
// It knows neither requests nor the domain: each page takes a view, a struct of plain texts and of times that are
// already in the collectivité's own zone. What people typed is only ever data: it is escaped, kept in its own reading
// direction, and becomes clickable only where it is a plain https address.
//
// The pages need this policy and no more: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' and
// the files' host. No tag has a style of its own.
package page

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"regexp"
	"strings"
	"time"

	"convoc/shared/french"
)

// Where the pages expect what is served beside them.
const (
	StylePath         = "/c/style.css"       // [Style], text/css
	LetterStylePath   = "/c/courriel.css"    // what the mail in a preview looks like, text/css
	HelpPath          = "/c/aide"            // [Pages.Help]
	PrivacyPath       = "/c/confidentialite" // [Pages.Privacy]
	AccessibilityPath = "/c/accessibilite"   // [Pages.Accessibility]
	iconPath          = "/assets/convoc.svg" // of the secretary's pages
	shownEntries      = 30                   // recipients named in one line of a page
	accept            = "application/pdf,image/jpeg,image/png,image/heic,.pdf,.docx,.odt,.xlsx,.ods,.jpg,.jpeg,.png,.heic"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed c.css
var source string

var style = []byte(compact(source))

// compact leaves out of a sheet what only its authors read: it counts in what a page weighs.
func compact(sheet string) string {
	sheet = regexp.MustCompile(`/\*[^*]*\*/`).ReplaceAllString(sheet, "")
	sheet = strings.Join(strings.Fields(sheet), " ")
	return strings.NewReplacer(" { ", "{", "; } ", "}\n", "; ", ";", ": ", ":", ", ", ",").Replace(sheet)
}

// Style is the one style sheet. The caller does not change it.
func Style() []byte { return style }

// Pages writes pages. It is made by [New] and may be used by many goroutines.
type Pages struct{ set *template.Template }

// New reads the templates. It panics on a broken one, which would be a bug of ours.
func New() *Pages {
	return &Pages{template.Must(template.New("page").Funcs(words()).ParseFS(templates, "templates/*.html"))}
}

// words are what the templates may call.
func words() template.FuncMap {
	return template.FuncMap{
		"long":    func(t time.Time) string { return french.Long(t, t.Location()) },
		"seconds": func(t time.Time) string { return french.Seconds(t, t.Location()) },
		"size":    french.Size,
		"of":      french.Of,
		"mask":    Mask,
		"dial":    dial,
		"linked":  linked,
		"shown":   func(entries []Entry) []Entry { return entries[:min(shownEntries, len(entries))] },
		"others":  others,
		"refusal": ProblemOf,
		"blocks":  func(code string) bool { return code != "" && code != "document_scanning" },
		"field":   field,
		"anchor":  anchor,
		"offered": offered,
		"said":    said,
		"noted":   noted,
		"hinder":  Hindrance,
		"missed":  refusedHolder,
		"people":  people,
		"way":     way,
		"minute":  nextMinute,
		"accept":  func() string { return accept },
		"style":   func() string { return StylePath },
		"letters": func() string { return LetterStylePath },
		"icon":    func() string { return iconPath },
		"help":    func() string { return HelpPath },
		"privacy": func() string { return PrivacyPath },
		"access":  func() string { return AccessibilityPath },
	}
}

// frame is what stands around a page.
type frame struct {
	Title   string // of the window, without the sender
	Eyebrow string // small line above the heading; may be empty
	Heading string
	Sender  Sender
	View    any
	Preview bool   // the page is the secretary's: no help, no foot
	Aside   bool   // the page is about the service: it leads back to the convocation
	Origin  string // where our pages are, when another host shows this one: « https://convoc.example »
}

// At is the address of a path of ours.
func (f frame) At(path string) string { return f.Origin + path }

// About is the address of a page about the service: behind the recipient's own link, where it knows whom to call.
func (f frame) About(path string) string {
	if f.Sender.Link != "" {
		path = f.Sender.Link + strings.TrimPrefix(path, "/c")
	}
	return f.At(path)
}

// write renders the whole page before its first byte leaves: its top, what is its own, its bottom. One set of templates
// with a layout that includes « body » would need a copy of the set for each page, which a function pays for at start.
func (p *Pages) write(w io.Writer, name string, f frame) error {
	var page bytes.Buffer
	for _, part := range []struct {
		name string
		view any
	}{{"top", f}, {name, f.View}, {"bottom", f}} {
		if err := p.set.ExecuteTemplate(&page, part.name, part.view); err != nil {
			return err
		}
	}
	_, err := w.Write(page.Bytes())
	return err
}

// Sender is who convenes, named at the head and at the end of each page. Every field may be empty: a wrong link leads
// to nobody.
type Sender struct {
	Name  string // « Commune de Saint-Aubin »
	Phone string // the secretary's, as printed
	Mail  string // the secretary's
	Link  string // the recipient's first page, « /c/<token> »; behind it lie [HelpPath] and its like, without their « /c »
}

// Entry is a group or a person in a field of recipients.
type Entry struct {
	Name  string // of the group or the person; the address where there is no name
	Group bool
	Count int // members of the group
}

// Audience is « Groupe ENN (4), Anne Dupont ».
func Audience(entries []Entry) string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.String()
	}
	return strings.Join(names, ", ")
}

// others is « 12 autres »: those whom a page does not name, or nothing.
func others(entries []Entry) string {
	if len(entries) <= shownEntries {
		return ""
	}
	return french.Count(len(entries)-shownEntries, "autre", "autres")
}

// String is « Groupe ENN (4) » for a group, the name for a person.
func (e Entry) String() string {
	if !e.Group {
		return e.Name
	}
	name := e.Name
	if !strings.HasPrefix(strings.ToLower(name), "groupe ") {
		name = "Groupe " + name
	}
	return name + "\u00a0(" + french.Number(int64(e.Count)) + ")"
}

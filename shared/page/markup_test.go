package page_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"convoc/shared/page"
)

// hostile is what somebody would type to break a page or its reader's trust.
const hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}\u202egpj.exe"

// refused is what html/template writes in place of an address it does not trust.
const refused = "#ZgotmplZ"

// parse reads a page and lists its elements.
func parse(t *testing.T, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var elements []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	return elements
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// everyPage runs a check on every page in every state, and on the pages filled with hostile texts.
func everyPage(t *testing.T, check func(t *testing.T, page string)) {
	t.Helper()
	pages, err := renderAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(pages, hostilePages(t)...) {
		t.Run(p.name, func(t *testing.T) { check(t, p.html) })
	}
}

func hostilePages(t *testing.T) []rendered {
	t.Helper()
	s := page.Sender{Name: hostile, Phone: hostile, Mail: hostile, Link: "javascript:alert(1)"}
	docs := []page.Attached{{Name: hostile, Kind: hostile, Refused: hostile, Remove: "javascript:alert(1)"}}
	r := page.Receipt{Number: 1, At: at(1, 1, 1, 1), Text: hostile, Documents: docs}
	r.Choice, r.Behalf = page.Choice{Presence: "proxy", Holder: hostile}, hostile
	m := page.Meeting{
		Assembly: hostile, At: at(1, 1, 1, 1), Place: hostile, Agenda: []string{hostile}, Signatory: hostile, Urgent: hostile,
		CalendarLink: "javascript:alert(1)",
	}
	asked := page.Presence{
		Offered: []string{hostile, "present", "proxy"}, Chosen: hostile, HolderID: "\"" + hostile, HeldFor: []string{hostile}, Fell: hostile,
		Holders: []page.Holder{{ID: "\"" + hostile, Name: "</option>" + hostile, Hindered: hostile}},
	}
	open := page.OpenView{
		Sender: s, Name: hostile, Address: hostile + "@" + hostile, Subject: hostile, Action: "javascript:alert(1)",
		Moment: hostile, Password: true,
	}
	refused := open
	refused.Refused = hostile
	read := page.ReadView{
		Sender: s, To: []page.Entry{{Name: hostile}, {Name: hostile, Group: true}}, Cc: []page.Entry{{Name: hostile}},
		Subject: hostile, Message: hostile + " https://" + hostile, CanReply: true, Text: "</textarea>" + hostile, Last: &r,
		Documents: []page.Document{{Name: hostile, Kind: hostile, Action: "javascript:alert(1)"}}, Refused: hostile,
		Meeting: &m, Presence: &asked, MergedAction: "javascript:alert(1)", MergedSize: 1, MergedLeftOut: []string{hostile},
		ProxyLink: "javascript:alert(1)",
	}
	p := page.New()
	var out []rendered
	add := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, rendered{"hostile " + name, b.String()})
	}
	add("open", func(w io.Writer) error { return p.Open(w, refused) })
	add("read", func(w io.Writer) error { return p.Read(w, read) })
	add("files", func(w io.Writer) error {
		return p.Files(w, page.FilesView{
			Sender: s, Documents: docs, Refused: hostile, SelfLink: "javascript:alert(1)", CheckLink: "javascript:alert(1)",
			Upload: &page.Upload{URL: "javascript:alert(1)", Fields: []page.Field{{Name: hostile, Value: hostile}}},
		})
	})
	add("check", func(w io.Writer) error {
		return p.Check(w, page.CheckView{Sender: s, Choice: r.Choice, Text: hostile, Documents: docs, Action: "javascript:alert(1)"})
	})
	add("thanks", func(w io.Writer) error {
		return p.Thanks(w, page.ThanksView{Sender: s, Reply: r, Meeting: &m, ProxyLink: "javascript:alert(1)"})
	})
	add("problem", func(w io.Writer) error {
		return p.Problem(w, page.ProblemView{Sender: s, Code: hostile, Action: "javascript:alert(1)", Address: hostile})
	})
	add("sent", func(w io.Writer) error { return p.LinkSent(w, page.LinkSentView{Sender: s, Address: hostile}) })
	add("proxy", func(w io.Writer) error {
		return p.Proxy(w, page.ProxyView{Sender: s, Giver: hostile, Holder: hostile, Meeting: m, BackLink: "javascript:alert(1)"})
	})
	add("preview", func(w io.Writer) error {
		return p.Preview(w, page.PreviewView{
			Sender: s, From: hostile, MailSubject: hostile, MailText: hostile, BackLink: "javascript:alert(1)", OtherLink: "javascript:alert(1)",
			Open: open, Read: read,
		})
	})
	return out
}

func TestNothingRunsAndNothingComesFromElsewhere(t *testing.T) {
	everyPage(t, func(t *testing.T, written string) {
		for _, n := range parse(t, written) {
			switch n.Data {
			case "script", "style", "img", "iframe", "object", "embed", "base", "svg":
				t.Errorf("the page has a <%s>", n.Data)
			case "link":
				if href := attr(n, "href"); !strings.HasPrefix(href, "/") && href != origin+page.StylePath {
					t.Errorf("the page fetches %s", attr(n, "href"))
				}
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.Contains(strings.ToLower(a.Val), "javascript:") {
					if a.Key != "value" && a.Key != "name" {
						t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
					}
				}
			}
		}
	})
}

func TestEachPageTellsWhereOneIs(t *testing.T) {
	everyPage(t, func(t *testing.T, page string) {
		count := map[string]int{}
		level := 0
		for _, n := range parse(t, page) {
			count[n.Data]++
			switch n.Data {
			case "html":
				if attr(n, "lang") != "fr" {
					t.Errorf("lang is %q, want fr", attr(n, "lang"))
				}
			case "title", "button", "a", "summary", "h1", "h2", "h3":
				if text(n) == "" {
					t.Errorf("an empty <%s>", n.Data)
				}
			}
			if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
				if next := int(n.Data[1] - '0'); next > level+1 {
					t.Errorf("<%s> %q comes after a heading of level %d", n.Data, text(n), level)
				} else {
					level = next
				}
			}
		}
		if count["h1"] != 1 || count["main"] != 1 || count["title"] != 1 {
			t.Errorf("h1, main, title: %d, %d, %d, want one each", count["h1"], count["main"], count["title"])
		}
		if !strings.Contains(page, `<meta name="robots" content="noindex">`) {
			t.Error("the page may be indexed")
		}
	})
}

func TestEachFieldHasItsLabelAndEachNameOneThing(t *testing.T) {
	everyPage(t, func(t *testing.T, page string) {
		ids, labels := map[string]bool{}, map[string]bool{}
		elements := parse(t, page)
		for _, n := range elements {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("two things have the id %q", id)
				}
				ids[id] = true
			}
			if n.Data == "label" {
				labels[attr(n, "for")] = true
			}
		}
		for _, n := range elements {
			if (n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "textarea" || n.Data == "select") && !labels[attr(n, "id")] {
				t.Errorf("<%s name=%q> has no label", n.Data, attr(n, "name"))
			}
			for _, key := range []string{"aria-describedby", "aria-labelledby", "for"} {
				for id := range strings.FieldsSeq(attr(n, key)) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> leads nowhere", n.Data, key, id)
					}
				}
			}
			if href := attr(n, "href"); strings.HasPrefix(href, "#") && href != refused && !ids[href[1:]] {
				t.Errorf("the link %s leads nowhere", href)
			}
		}
	})
}

func TestTheFileComesLastInItsForm(t *testing.T) {
	var b bytes.Buffer
	if err := page.New().Files(&b, filesView()); err != nil {
		t.Fatal(err)
	}
	var names []string
	inside := false
	for _, n := range parse(t, b.String()) {
		if n.Data == "form" {
			inside = attr(n, "enctype") == "multipart/form-data"
		}
		if inside && has(n, "name") {
			names = append(names, attr(n, "name"))
		}
	}
	if got, want := fmt.Sprint(names), "[key policy file]"; got != want {
		t.Errorf("the form sends %s, want %s", got, want)
	}
}

func TestOnlyButtonsOfAPreviewAreInert(t *testing.T) {
	everyPage(t, func(t *testing.T, page string) {
		preview := strings.Contains(page, "<strong>Aperçu.</strong>")
		for _, n := range parse(t, page) {
			switch n.Data {
			case "button", "textarea", "select":
			case "input":
				if attr(n, "type") == "hidden" {
					continue
				}
			default:
				continue
			}
			inert := false
			for up := n.Parent; up != nil; up = up.Parent {
				inert = inert || (up.Data == "fieldset" && has(up, "disabled"))
			}
			if inert != preview {
				t.Errorf("<%s> %q inert: %t, want %t", n.Data, text(n), inert, preview)
			}
		}
	})
}

func TestAnAddressIsNeverShownWhole(t *testing.T) {
	var b bytes.Buffer
	if err := page.New().Open(&b, openView()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "mireille") || !strings.Contains(b.String(), "(<bdi>m•••@orange.example</bdi>)") {
		t.Error("the page does not mask the address")
	}
}

func TestTheSentenceOfTheGuide(t *testing.T) {
	var b bytes.Buffer
	if err := page.New().Check(&b, checkView()); err != nil {
		t.Fatal(err)
	}
	if want := "Votre réponse ne sera pas envoyée tant que vous ne l’aurez pas validée"; !strings.Contains(b.String(), want) {
		t.Errorf("the check page does not say %q", want)
	}
}

// TestWeight: 30 KB with the style, beside what the secretary wrote; the longest list of documents and the largest
// assembly of France included.
func TestWeight(t *testing.T) {
	const budget = 30_000
	pages, err := renderAll()
	if err != nil {
		t.Fatal(err)
	}
	weigh := func(name, html string, written int) {
		if got := len(html) + len(page.Style()) - written; got > budget {
			t.Errorf("%s weighs %d bytes with its style, want at most %d", name, got, budget)
		}
	}
	for _, p := range pages {
		weigh(p.name, p.html, 0)
	}
	for name, c := range map[string]struct{ documents, councillors int }{
		"50 documents for 29 councillors": {50, 29}, "10 documents for 209 councillors": {10, 209},
	} {
		view, written := long(c.documents, c.councillors)
		var b bytes.Buffer
		if err := page.New().Read(&b, view); err != nil {
			t.Fatal(err)
		}
		weigh(name, b.String(), written)
	}
}

// long is a page with long lists, and how many bytes of names are in them.
func long(documents, councillors int) (v page.ReadView, written int) {
	const file, person = "Délibération et ses annexes.pdf", "Jeanne Martin-Delacroix"
	v = meetingReplied(page.Choice{Presence: "present"}, "")
	d := v.Documents[0]
	d.Name, v.Documents, v.Presence.Holders = file, nil, nil
	for range documents {
		v.Documents = append(v.Documents, d)
		written += 2 * len(file) // on the page, and in the name of its button
	}
	for i := range councillors {
		h := page.Holder{ID: holders()[0].ID, Name: person}
		if i%4 == 0 {
			h.Hindered = "proxy_holder_absent"
		}
		v.Presence.Holders = append(v.Presence.Holders, h)
		written += len(person)
	}
	for range 1000 {
		v.To = append(v.To, page.Entry{Name: person})
	}
	return v, written
}

func TestOldBrowsersKnowTheStyle(t *testing.T) {
	for _, feature := range []string{":is(", ":where(", ":has(", ":focus-visible", "clamp(", "min(", "max(", "gap:", "grid", "inset:", "@layer", "@import", "url(", "&", " svh", "aspect-ratio", "/ 8%"} {
		if bytes.Contains(page.Style(), []byte(feature)) {
			t.Errorf("the style uses %s", feature)
		}
	}
}

// spaces that may break where French wants none, straight apostrophes and dots.
var badTypography = regexp.MustCompile(`\pL'\pL|[^\s\x{a0}\x{202f}(][;!?»](\s|$)| [;:!?»%€]|« |«[^\x{a0}]|\.\.\.|\d (Mo|Ko|h) `)

func TestTypography(t *testing.T) {
	action := regexp.MustCompile(`\{\{[^}]*\}\}`)
	tag := regexp.MustCompile(`<[^>]*>`)
	check := func(t *testing.T, source string) {
		for line := range strings.Lines(html.UnescapeString(tag.ReplaceAllString(action.ReplaceAllString(source, ""), ""))) {
			if found := badTypography.FindString(line); found != "" {
				t.Errorf("%q in %q", found, strings.TrimSpace(line))
			}
		}
	}
	files, err := fs.Glob(os.DirFS("templates"), "*.html")
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	for _, name := range files {
		source, err := os.ReadFile("templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { check(t, string(source)) })
	}
	pages, err := renderAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		// What the secretary wrote is hers.
		ours := strings.ReplaceAll(p.html, "18 h 30", "")
		t.Run(p.name, func(t *testing.T) { check(t, ours) })
	}
	for _, p := range page.Problems() {
		t.Run(p.Code, func(t *testing.T) { check(t, strings.Join([]string{p.Title, p.Text, p.Todo, p.Button}, "\n")) })
	}
}

package letter_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"convoc/shared/letter"
)

// words are what a person reads of some HTML, on one line.
func words(t *testing.T, source string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "title":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && !slices.Contains([]string{"a", "bdi", "span", "strong"}, n.Data):
			b.WriteString(" ")
		}
	}
	return spaced(b.String())
}

// spaced puts a text on one line; a no-break space stays what it is.
func spaced(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' }), " ")
}

func TestShownSaysWhatTheMailSays(t *testing.T) {
	for name, v := range views() {
		_, _, mail := write(t, v)
		if got, want := words(t, string(letter.Shown(mail))), words(t, mail); got != want || got == "" {
			t.Errorf("%s: shown as %q, the mail says %q", name, got, want)
		}
	}
}

// A page that shows a mail has nothing to press in it, and needs no other style than the sheet's.
func TestShownFitsIntoAPage(t *testing.T) {
	sheet := string(letter.Sheet())
	hostile := view()
	hostile.Message = `<p style="color:red" href="https://autre.example">&lt;p style="color:red">`
	all := append(slices.Collect(maps.Values(views())), hostile)
	for _, v := range all {
		_, _, mail := write(t, v)
		root, err := html.Parse(strings.NewReader(string(letter.Shown(mail))))
		if err != nil {
			t.Fatal(err)
		}
		styled := 0
		for n := range root.Descendants() {
			if n.Data == "h1" || n.Data == "title" || n.Data == "meta" {
				t.Errorf("a <%s> in the middle of a page", n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "href" || a.Key == "style":
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				case a.Key == "class" && !strings.Contains(sheet, "."+a.Val+" {"):
					t.Errorf("<%s> has the class %q, which the sheet does not know", n.Data, a.Val)
				case a.Key == "class":
					styled++
				}
			}
		}
		if want := strings.Count(mail, ` style="`) - 1; styled != want { // less that of the body
			t.Errorf("%d tags have a class, %d of the mail a style", styled, want)
		}
	}
	for _, style := range []string{"background-color:#1d5a4c", "white-space:pre-wrap"} {
		if !strings.Contains(sheet, style) {
			t.Errorf("the sheet lacks %s", style)
		}
	}
}

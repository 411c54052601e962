package letter

import (
	_ "embed" // the templates
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
)

var (
	hrefs  = regexp.MustCompile(` href="[^"]*"`)
	styles = regexp.MustCompile(` style="([^"]*)"`)
)

// headings of a mail are below those of the page that shows it.
var headings = strings.NewReplacer("<h1 ", "<h3 ", "</h1>", "</h3>")

// Shown is what a page of ours shows of a mail's HTML, as [Convocation] wrote it: all that it says, with links that lead
// nowhere. It looks as the mail does with [Sheet]: no page of ours takes the styles that are in a mail's tags.
func Shown(html string) template.HTML {
	_, body, _ := strings.Cut(html, "<body")
	_, body, _ = strings.Cut(body, ">")
	body, _, _ = strings.Cut(body, "</body>")
	known := ours()
	body = styles.ReplaceAllStringFunc(body, func(attribute string) string {
		if i := slices.Index(known, styles.FindStringSubmatch(attribute)[1]); i >= 0 {
			return fmt.Sprintf(` class="letter-%d"`, i)
		}
		return ""
	})
	return template.HTML(headings.Replace(hrefs.ReplaceAllString(body, "")))
}

// Sheet is the style sheet for [Shown]: the styles that mails are made of, each as a class.
func Sheet() []byte {
	var sheet strings.Builder
	for i, style := range ours() {
		fmt.Fprintf(&sheet, ".letter-%d { %s }\n", i, style)
	}
	return []byte(sheet.String())
}

//go:embed frame.html
var frame string

//go:embed letter.html
var inner string

// ours lists the style attributes of a convocation's templates; nothing that a person typed is in them.
func ours() []string {
	var all []string
	for _, m := range styles.FindAllStringSubmatch(frame+inner, -1) {
		if !slices.Contains(all, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

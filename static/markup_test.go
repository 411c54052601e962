package static_test

import (
	"io/fs"
	"regexp"
	"testing"

	"convoc/static"
)

// markup is what makes a page, or code, of a text. The policy of the pages (trusted types) refuses the first three as well.
var markup = regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment|setHTMLUnsafe|parseFromString)\b|document\.write|\beval\(|new Function\(|\bset(Timeout|Interval)\(\s*['"` + "`" + `]`)

func TestScriptsBuildNoMarkup(t *testing.T) {
	looked := 0
	for _, name := range named(t, ".js") {
		raw, err := fs.ReadFile(static.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		looked++
		for _, found := range markup.FindAllString(string(raw), -1) {
			t.Errorf("%s: %s", name, found)
		}
	}
	if looked < 10 || !markup.MatchString("e.innerHTML = x") || !markup.MatchString("setTimeout('x')") || markup.MatchString("setTimeout(x)") {
		t.Errorf("%d scripts were looked at: this tests nothing", looked)
	}
}

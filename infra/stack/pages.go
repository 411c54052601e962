package stack

import (
	_ "embed"
	"encoding/json"
	"io/fs"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"

	"convoc/static"
)

//go:embed pages.js
var pagesSource string

// pagesFunction runs before the bucket is asked for a page: the bucket would answer English XML for one that it has not.
func (d *deployment) pagesFunction() awscloudfront.Function {
	return awscloudfront.NewFunction(d.stack, new("PagesFunction"), &awscloudfront.FunctionProps{
		FunctionName: new(d.name("pages")), Comment: new("answers for pages that do not exist"),
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
		Code:    awscloudfront.FunctionCode_FromInline(new(pagesCode(d.pageHeaders()))),
	})
}

// pagesCode completes pages.js with the pages there are, and with what is said of one that is not.
func pagesCode(headers []header) string {
	pages := map[string]int{}
	err := fs.WalkDir(static.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			pages["/"+name] = 1
		}
		return err
	})
	must(err)
	missing, err := fs.ReadFile(static.Files(), "404.html")
	must(err)
	said := map[string]map[string]string{"content-type": {"value": "text/html; charset=utf-8"}}
	for _, h := range headers { // CloudFront's policy sets the same on what comes from the bucket
		said[strings.ToLower(h.name)] = map[string]string{"value": h.value}
	}
	return strings.NewReplacer("PAGES", literal(pages), "HEADERS", literal(said), "MISSING", literal(string(missing))).Replace(pagesSource)
}

// literal writes a value as JavaScript reads it.
func literal(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it stands in no page, and CloudFront counts its bytes
	must(e.Encode(v))
	return strings.TrimSuffix(b.String(), "\n")
}

// must stops the making of a stack at a bug of ours.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Command view-convocation shows an élu the pages behind a link. It cannot write.
package main

import (
	"os"

	"convoc/shared/answer"
	"convoc/shared/config"
	"convoc/shared/config/pages"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	site := pages.Site(env, config.Data)
	answers := &answer.Service{Tables: site.Tables, Now: config.Now}
	handler := pages.Handler(env, site, web.ViewConvocation(web.Recipients{Site: site, Answer: answers})...)
	env.Start(handler)
}

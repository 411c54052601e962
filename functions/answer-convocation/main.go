// Command answer-convocation does what an élu asks: open, download, write, attach, send a reply.
package main

import (
	"os"

	"convoc/shared/answer"
	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/config/pages"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	files := documents.Shelves(env, env.Text("CONVOC_FILES_ORIGIN"))
	site := pages.Site(env, config.Data, config.Agenda)
	answers := &answer.Service{Tables: site.Tables, Files: files, Now: config.Now, Random: config.Random()}
	handler := pages.Handler(env, site, web.AnswerConvocation(web.Recipients{Site: site, Answer: answers})...)
	env.Start(handler)
}

// Command attach-document shows the form with which an élu puts a document straight into the store.
package main

import (
	"os"

	"convoc/shared/answer"
	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/config/pages"
	"convoc/shared/upload"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	files := documents.Shelves(env, env.Text("CONVOC_FILES_ORIGIN"))
	site := pages.Site(env, config.Data)
	uploads := &upload.Service{Tables: site.Tables, Files: files, Now: config.Now, Random: config.Random()}
	answers := &answer.Service{Tables: site.Tables, Uploads: uploads, Now: config.Now}
	handler := pages.Handler(env, site, web.AttachDocument(web.Recipients{Site: site, Answer: answers})...)
	env.Start(handler)
}

// Command admin-api serves the secretary: contacts, groups, drafts, sending, follow-up.
package main

import (
	"os"

	"convoc/shared/account"
	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/config/pages"
	"convoc/shared/contacts"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/letter"
	"convoc/shared/queue"
	"convoc/shared/queue/sqsqueue"
	"convoc/shared/upload"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	site := pages.Site(env, config.Data, config.Accounts, config.Agenda)
	files := documents.Shelves(env, env.Text("CONVOC_FILES_ORIGIN"))
	bells := sqsqueue.Open(sqsqueue.Client(env.AWS("sqs")), map[queue.Kind]string{queue.Dispatch: env.Text("CONVOC_QUEUE_DISPATCH")})
	now, random := config.Now, config.Random()
	handler := pages.Handler(env, site, web.AdminAPI(web.Admin{
		Site: site, Letters: letter.Post{From: env.Text("CONVOC_FROM")},
		Account:  &account.Service{Tables: site.Tables, Now: now, Random: random, Cost: account.DefaultCost()},
		Contacts: &contacts.Service{Tables: site.Tables, Now: now, Random: random},
		Compose:  &compose.Service{Tables: site.Tables, Files: files, Now: now, Random: random},
		Uploads:  &upload.Service{Tables: site.Tables, Files: files, Now: now, Random: random},
		Dispatch: &dispatch.Service{Tables: site.Tables, Files: files, Queue: bells, Now: now, Random: random, Undo: env.Duration("CONVOC_UNDO")},
		Follow:   &follow.Service{Tables: site.Tables, Files: files, Now: now},
		Answer:   &answer.Service{Tables: site.Tables, Now: now, Random: random},
	})...)
	env.Start(handler)
}

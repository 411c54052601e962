// Command admin-api serves the secretary: contacts, groups, drafts, sending, follow-up.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/account"
	"convoc/shared/compose"
	"convoc/shared/config"
	"convoc/shared/contacts"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/lambdahttp"
	"convoc/shared/letter"
	"convoc/shared/queue"
	"convoc/shared/upload"
	"convoc/shared/web"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	site, letters := p.Site(), letter.Post{From: p.From}
	routes := web.AdminAPI(web.Admin{
		Site: site, Letters: letters,
		Account:  &account.Service{Tables: p.Tables, Now: p.Now, Random: p.Random, Cost: account.DefaultCost()},
		Contacts: &contacts.Service{Tables: p.Tables, Now: p.Now, Random: p.Random},
		Compose:  &compose.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random},
		Uploads:  &upload.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random},
		Dispatch: &dispatch.Service{Tables: p.Tables, Files: p.Files, Queue: queue.Silent{}, Now: p.Now, Random: p.Random},
		Follow:   &follow.Service{Tables: p.Tables, Files: p.Files, Now: p.Now},
	})
	lambda.Start(lambdahttp.Handler(site.Mount(routes...)))
}

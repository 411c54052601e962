// Command import-contacts reads a file of contacts, shows what it would change, applies it.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/account"
	"convoc/shared/config"
	"convoc/shared/csvimport"
	"convoc/shared/lambdahttp"
	"convoc/shared/web"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	site := p.Site()
	routes := web.ImportContacts(web.Imports{
		Site:    site,
		Account: &account.Service{Tables: p.Tables, Now: p.Now, Random: p.Random, Cost: account.DefaultCost()},
		Import:  &csvimport.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random},
	})
	lambda.Start(lambdahttp.Handler(site.Mount(routes...)))
}

// Command account-api signs users in and out.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/account"
	"convoc/shared/config"
	"convoc/shared/lambdahttp"
	"convoc/shared/web"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	site := p.Site()
	accounts := &account.Service{Tables: p.Tables, Now: p.Now, Random: p.Random, Cost: account.DefaultCost()}
	routes := web.AccountAPI(web.Accounts{Site: site, Account: accounts})
	lambda.Start(lambdahttp.Handler(site.Mount(routes...)))
}

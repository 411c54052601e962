// Command deliver-mail makes one attempt to send one mail to one recipient.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/ident"
	"convoc/shared/lambdasqs"
	"convoc/shared/letter"
	"convoc/shared/queue"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	sender, err := config.Mail(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	service := &dispatch.Service{
		Tables: p.Tables, Files: p.Files, Queue: queue.Silent{}, Mail: sender, Letters: letter.Post{From: p.From},
		Now: p.Now, Random: p.Random, Owner: ident.New("own_", p.Random), From: p.From,
		Link: func(token string) string { return p.Origin + "/c/" + token },
	}
	lambda.Start(lambdasqs.Handler(p.Log, service.Deliver))
}

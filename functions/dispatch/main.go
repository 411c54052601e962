// Command dispatch freezes a convocation, gives each recipient its order, and rings for those who are due.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/lambdasqs"
	"convoc/shared/queue"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	service := &dispatch.Service{Tables: p.Tables, Files: p.Files, Queue: queue.Silent{}, Now: p.Now, Random: p.Random}
	lambda.Start(lambdasqs.Handler(p.Log, service.Answer))
}

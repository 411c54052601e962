// Command sweep brings round what is due in the agenda.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/upload"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	orders := &dispatch.Service{Tables: p.Tables, Files: p.Files, Queue: queue.Silent{}, Now: p.Now, Random: p.Random}
	uploads := &upload.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random}
	list := &follow.Service{Tables: p.Tables, Files: p.Files, Now: p.Now}
	service := &sweep.Service{Tables: p.Tables, Now: p.Now, Do: map[store.What]sweep.Due{
		store.DueSend: orders.Due, store.DueUpload: uploads.Due, store.DueList: list.Due,
	}}
	lambda.Start(service.Pass)
}

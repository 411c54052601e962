// Command record-upload notes that a document has arrived, and what it is by its first bytes.
package main

import (
	"context"
	"errors"
	"log"
	"net/url"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/config"
	"convoc/shared/files"
	"convoc/shared/upload"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	service := &upload.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random}
	lambda.Start(func(ctx context.Context, e events.S3Event) error {
		var failed error
		for _, r := range e.Records {
			key, err := url.QueryUnescape(r.S3.Object.Key)
			if err == nil {
				err = service.Stored(ctx, files.Key(key), files.Info{Size: r.S3.Object.Size, StoredAt: r.EventTime})
			}
			failed = errors.Join(failed, err)
		}
		return failed
	})
}

// Command answer-convocation does what an élu asks: open, download, write, attach, send a reply.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/answer"
	"convoc/shared/config"
	"convoc/shared/lambdahttp"
	"convoc/shared/upload"
	"convoc/shared/web"
)

func main() {
	p, err := config.Open(context.Background(), os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	site := p.Site()
	uploads := &upload.Service{Tables: p.Tables, Files: p.Files, Now: p.Now, Random: p.Random}
	answers := &answer.Service{Tables: p.Tables, Files: p.Files, Uploads: uploads, Now: p.Now}
	routes := web.AnswerConvocation(web.Recipients{Site: site, Answer: answers})
	lambda.Start(lambdahttp.Handler(site.Mount(routes...)))
}

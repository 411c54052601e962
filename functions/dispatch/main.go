// Command dispatch freezes a convocation, gives each recipient its order, and rings for those who are due.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/dispatch"
	"convoc/shared/files/pdfmerger"
	"convoc/shared/lambdasqs"
	"convoc/shared/mail/sesmail"
	"convoc/shared/queue"
	"convoc/shared/queue/sqsqueue"
)

func main() {
	merger := pdfmerger.New()
	env := config.Read(os.Getenv)
	bells := sqsqueue.Open(sqsqueue.Client(env.AWS("sqs")), map[queue.Kind]string{queue.Deliver: env.Text("CONVOC_QUEUE_DELIVER_MAIL")})
	files := documents.Shelves(env, "")
	mailer := sesmail.Open(sesmail.Client(env.AWS("sesv2")), "")
	service := &dispatch.Service{
		Tables: env.Tables(config.Data, config.Agenda), Files: files, Queue: bells, Owner: config.Owner(),
		Now: config.Now, Random: config.Random(), Merger: merger, Meter: mailer, Unblocker: mailer, Place: env.Text("CONVOC_TABLE_DATA"),
	}
	env.Start(lambdasqs.Handler(config.Log(), service.Answer))
}

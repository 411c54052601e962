// Command sweep brings round what is due in the agenda.
package main

import (
	"os"
	"time"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/files/pdfmerger"
	"convoc/shared/files/s3files"
	"convoc/shared/follow"
	"convoc/shared/queue"
	"convoc/shared/queue/sqsqueue"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/telemetry"
	"convoc/shared/upload"
)

// entryTimeout of one entry: two slow ones leave time for others.
const entryTimeout = 20 * time.Second

func main() {
	merger := pdfmerger.New()
	env := config.Read(os.Getenv)
	bells := sqsqueue.Open(sqsqueue.Client(env.AWS("sqs")), map[queue.Kind]string{queue.Deliver: env.Text("CONVOC_QUEUE_DELIVER_MAIL")})
	tables, now, random := env.Tables(config.Data, config.Agenda), config.Now, config.Random()
	documents := s3files.Open(s3files.Client(env.AWS("s3")), env.Text("CONVOC_FILES_BUCKET"), "")
	scanner := telemetry.Scans(config.Log(), documents)
	orders := &dispatch.Service{Tables: tables, Files: documents, Queue: bells, Now: now, Random: random, Merger: merger}
	uploads := &upload.Service{Tables: tables, Files: documents, Scanner: scanner, Now: now, Random: random}
	list := &follow.Service{Tables: tables, Files: documents, Now: now}
	service := &sweep.Service{Tables: tables, Now: now, Timeout: entryTimeout, Do: map[store.What]sweep.Due{
		store.DueSend: orders.Due, store.DueUpload: uploads.Due, store.DueList: list.Due,
		store.DueNotice: orders.DueNotice, store.DueBegun: orders.DueBegun,
	}}
	env.Start(service.Pass)
}

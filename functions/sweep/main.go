// Command sweep brings round what is due in the agenda.
package main

import (
	"os"
	"time"

	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/dispatch"
	"convoc/shared/files/pdfmerger"
	"convoc/shared/follow"
	"convoc/shared/mail/sesmail"
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
	files, scanner := documents.Shelves(env, ""), telemetry.Scans(config.Log(), documents.Scanner(env))
	meter, place := sesmail.Open(sesmail.Client(env.AWS("sesv2")), ""), env.Text("CONVOC_TABLE_DATA")
	orders := &dispatch.Service{Tables: tables, Files: files, Queue: bells, Now: now, Random: random, Merger: merger, Meter: meter, Unblocker: meter, Place: place}
	uploads := &upload.Service{Tables: tables, Files: files, Scanner: scanner, Now: now, Random: random}
	list := &follow.Service{Tables: tables, Files: files, Now: now}
	service := &sweep.Service{Tables: tables, Now: now, Timeout: entryTimeout, Pump: orders.Run, Do: map[store.What]sweep.Due{
		store.DueSend: orders.Due, store.DuePlan: orders.Due, store.DueRemind: orders.DueRemind,
		store.DueBegun: orders.DueBegun, store.DueUpload: uploads.Due, store.DueList: list.Due,
	}}
	env.Start(service.Pass)
}

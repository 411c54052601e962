// Command deliver-mail makes one attempt to send one mail to one recipient.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/lambdasqs"
	"convoc/shared/letter"
	"convoc/shared/mail/sesmail"
	"convoc/shared/telemetry"
)

func main() {
	env := config.Read(os.Getenv)
	from := env.Text("CONVOC_FROM")
	mailer := telemetry.Watch(config.Log(), sesmail.Open(sesmail.Client(env.AWS("sesv2")), env.Text("CONVOC_MAIL_EVENTS")))
	service := &dispatch.Service{
		Tables: env.Tables(config.Data, config.Agenda), Mail: mailer, Letters: letter.Post{From: from}, From: from, Link: env.Link(),
		Owner: config.Owner(), Now: config.Now, Random: config.Random(),
	}
	env.Start(lambdasqs.Handler(config.Log(), service.Deliver))
}

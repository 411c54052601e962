// Command record-mail-event notes what the mail service says became of a mail.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/dispatch"
	"convoc/shared/lambdasqs"
	"convoc/shared/mail/sesmail"
)

func main() {
	env := config.Read(os.Getenv)
	service := &dispatch.Service{Tables: env.Tables(config.Data, config.Agenda), Now: config.Now}
	env.Start(lambdasqs.Events(config.Log(), sesmail.ParseEvent, service.Hear))
}

// Command record-upload notes that a document has arrived, what it is by its first bytes, and what the antivirus says.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/lambdasqs"
	"convoc/shared/telemetry"
	"convoc/shared/upload"
)

func main() {
	env, log := config.Read(os.Getenv), config.Log()
	scanner := telemetry.Scans(log, documents.Scanner(env))
	service := &upload.Service{
		Tables: env.Tables(config.Data, config.Agenda), Files: documents.Shelves(env, ""), Scanner: scanner, Now: config.Now, Random: config.Random(),
	}
	env.Start(lambdasqs.Stored(log, service.Stored))
}

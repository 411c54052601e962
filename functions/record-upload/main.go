// Command record-upload notes that a document has arrived, what it is by its first bytes, and what the antivirus says.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/files/s3files"
	"convoc/shared/lambdasqs"
	"convoc/shared/telemetry"
	"convoc/shared/upload"
)

func main() {
	env, log := config.Read(os.Getenv), config.Log()
	documents := s3files.Open(s3files.Client(env.AWS("s3")), env.Text("CONVOC_FILES_BUCKET"), "")
	scanner := telemetry.Scans(log, documents)
	service := &upload.Service{
		Tables: env.Tables(config.Data, config.Agenda), Files: documents, Scanner: scanner, Now: config.Now, Random: config.Random(),
	}
	env.Start(lambdasqs.Stored(log, service.Stored))
}

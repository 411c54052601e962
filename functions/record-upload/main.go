// Command record-upload notes that a document has arrived, and what it is by its first bytes.
package main

import (
	"os"

	"convoc/shared/config"
	"convoc/shared/files/s3files"
	"convoc/shared/lambdasqs"
	"convoc/shared/upload"
)

func main() {
	env := config.Read(os.Getenv)
	files := s3files.Open(s3files.Client(env.AWS("s3")), env.Text("CONVOC_FILES_BUCKET"), "")
	service := &upload.Service{Tables: env.Tables(config.Data), Files: files, Now: config.Now, Random: config.Random()}
	env.Start(lambdasqs.Stored(config.Log(), service.Stored))
}

// Package documents opens the store of documents, for the functions that have rights in it: what package config knows,
// every function pays for at each cold start.
package documents

import (
	"convoc/shared/collectivity"
	"convoc/shared/config"
	"convoc/shared/files"
	"convoc/shared/files/s3files"
)

// Shelves opens the documents of each collectivité with rights for those only. Browsers reach them at origin; empty:
// nothing is signed.
func Shelves(e *config.Environment, origin string) files.Shelves {
	bucket := e.Text("CONVOC_FILES_BUCKET")
	return files.Shelves{Of: config.Each(func(id collectivity.ID) files.Store {
		return s3files.Open(s3files.Client(e.AWSOf(id, "s3")), bucket, origin)
	})}
}

// Scanner opens the antivirus. What it says of a file is a tag, which a function reads with its own right for all of
// them: « clean » tells nothing of what is in it.
func Scanner(e *config.Environment) files.Scanner {
	return s3files.Open(s3files.Client(e.AWS("s3")), e.Text("CONVOC_FILES_BUCKET"), "")
}

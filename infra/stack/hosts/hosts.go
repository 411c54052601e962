// Package hosts says what the stack and the command that publishes pages must agree on.
package hosts

import "fmt"

// ErrorPages are the pages that the files' host shows in the place of S3's English XML: by its status, the problem of
// package page that it is. S3 answers 400 to a form whose file is too large or missing, and 403 to all that is expired,
// changed or not there.
var ErrorPages = map[int]string{
	400: "document_too_large", 403: "download_expired", 404: "not_found", 405: "method",
	500: "fault", 503: "unavailable", 504: "unavailable",
}

// ErrorPagesAt is where they lie in the bucket of pages, beside the static ones.
const ErrorPagesAt = "erreurs"

// ErrorPage is the name of one of them, without a slash in front.
func ErrorPage(status int) string { return fmt.Sprintf("%s/%d.html", ErrorPagesAt, status) }

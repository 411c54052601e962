package filestest

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// fileName finds the name that a browser gives to the file of a form.
var fileName = regexp.MustCompile(`(?i)\r\nContent-Disposition: form-data; name="file"; filename="([^"\r\n]*)"`)

// Variables stands before a server that speaks like S3 and does not know « ${filename} »: in the fields of a form, S3
// puts the name of the file in its place, without what stands before the last stroke (Amazon S3 User Guide, « Creating
// HTML forms »).
func Variables(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			body = Expand(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		next.ServeHTTP(w, r)
	})
}

// Expand does so with the body of one form.
func Expand(form []byte) []byte {
	at := fileName.FindSubmatchIndex(form)
	if at == nil {
		return form
	}
	name := string(form[at[2]:at[3]])
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	fields := bytes.ReplaceAll(form[:at[0]], []byte("${filename}"), []byte(name))
	return append(fields, form[at[0]:]...)
}

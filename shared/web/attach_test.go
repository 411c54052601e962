package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/web"
)

// Documents that were refused are on the page too: they take no place.
func TestFormForADocumentIsThereWhileOneFits(t *testing.T) {
	s := newScreens(t)
	s.Send(s.Draft(1))
	v, err := s.Visit("a0@x.fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	s.served = s.site.Mount(web.AttachDocument(web.Recipients{Site: s.site, Answer: s.Answer})...)
	links := s.Mail.Links["a0@x.fr"]
	path := strings.TrimPrefix(links[len(links)-1], "https://convoc") + "/documents"
	attach := func(content string) {
		form, err := s.Answer.UploadForm(t.Context(), v, "")
		if err != nil {
			t.Fatal(err)
		}
		key := form.Fields[0].Value
		if err := s.Uploads.Stored(t.Context(), files.Key(key), s.Store(key, content)); err != nil {
			t.Fatal(err)
		}
	}
	offered := func() bool {
		status, body := s.ask("GET", path, "")
		if status != http.StatusOK {
			t.Fatalf("got %d", status)
		}
		return strings.Contains(body, "multipart/form-data")
	}
	for range convocation.MaxReplyFiles {
		attach("<html>")
	}
	for n := range convocation.MaxReplyFiles {
		if !offered() {
			t.Fatalf("with %d documents and %d refused ones there is no form", n, convocation.MaxReplyFiles)
		}
		attach(fmt.Sprint("%PDF-1.4 ", n))
	}
	if offered() {
		t.Errorf("with %d documents there is still a form", convocation.MaxReplyFiles)
	}
}

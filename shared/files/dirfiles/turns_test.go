package dirfiles

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/files"
)

// Two files posted by the same form at the same moment: each is told of with its own name and size, one after the other.
func TestTwoFilesByOneFormAtOnce(t *testing.T) {
	var told []string
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var s *Store
	s = open(t, func(c *Config) {
		c.BaseURL = server.URL
		c.Stored = func(ctx context.Context, key files.Key, _ files.Info) error {
			info, err := s.Stat(ctx, key)
			told = append(told, fmt.Sprintf("%s %d", info.Name, info.Size)) // a race where two were told of at once
			return err
		}
	})
	handler = s
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "000000000/a/b", MinSize: 1, MaxSize: 1 << 20, Expiry: time.Minute, KeepName: true})
	if err != nil {
		t.Fatal(err)
	}
	var crowd sync.WaitGroup
	for n := range 20 {
		crowd.Go(func() {
			name, content := fmt.Sprintf("%02d.pdf", n), strings.Repeat("x", n+1)
			if status := postNamed(form, name, content); status != http.StatusNoContent {
				t.Errorf("%s: got %d", name, status)
			}
		})
	}
	crowd.Wait()
	slices.Sort(told)
	for n := range 20 {
		if want := fmt.Sprintf("%02d.pdf %d", n, n+1); len(told) != 20 || told[n] != want {
			t.Fatalf("told of %q", told)
		}
	}
}

// postNamed posts a file as a browser does, and gives the status; 0 when there is none.
func postNamed(form files.Form, name, content string) int {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range form.Fields {
		_ = w.WriteField(f.Name, f.Value)
	}
	part, _ := w.CreateFormFile("file", name)
	_, _ = io.WriteString(part, content)
	_ = w.Close()
	res, err := http.Post(form.URL, w.FormDataContentType(), &body)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

package dirfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"convoc/shared/files"
)

func fields(pairs ...string) []files.Field {
	var all []files.Field
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, files.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

// request is a form as a browser posts it.
func request(t testing.TB, form files.Form, content string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range form.Fields {
		if err := w.WriteField(f.Name, f.Value); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.CreateFormFile("file", "nom.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(out, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func send(t testing.TB, s *Store, form files.Form, content string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(t, form, content))
	return w
}

// upload makes one upload that succeeds.
func upload(t testing.TB, s *Store, u files.Upload, content string) {
	t.Helper()
	form, err := s.SignUpload(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if w := send(t, s, form, content); w.Code >= 400 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
}

func get(s *Store, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "/", nil)
	parsed, err := r.URL.Parse("http://files" + path)
	if err != nil {
		panic(err) // a path of this file
	}
	r.URL = parsed
	s.ServeHTTP(w, r)
	return w
}

// signed gives the path of a download.
func signed(t testing.TB, s *Store, d files.Download) string {
	t.Helper()
	address, err := s.SignDownload(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(address, s.cfg.BaseURL)
}

// Each refusal has its status and its code: what the person is told depends on it.
func TestRefusals(t *testing.T) {
	var code string
	s := open(t, func(c *Config) {
		c.Error = func(w http.ResponseWriter, _ *http.Request, status int, why string) {
			code = why
			w.WriteHeader(status)
		}
	})
	sign := func(u files.Upload) files.Form {
		u.Key, u.Expiry = "a/b", time.Minute
		form, err := s.SignUpload(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		return form
	}
	form := sign(files.Upload{MinSize: 2, MaxSize: 4, Type: "application/pdf"})
	expired, signature := s.sign("upload", policy{Key: "a/b", Max: 9, Until: noon.Unix() - 1})
	late := files.Form{Fields: fields("key", "a/b", "policy", expired, "signature", signature)}
	gone := signed(t, s, files.Download{Key: "a/b", Type: "text/plain", Expiry: time.Minute})
	with := func(name, value string) files.Form {
		changed := files.Form{}
		for _, f := range form.Fields {
			if f.Name == name {
				f.Value = value
			}
			changed.Fields = append(changed.Fields, f)
		}
		return changed
	}
	many := files.Form{}
	for range maxFields {
		many.Fields = append(many.Fields, files.Field{Name: "x"})
	}
	plain := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("key=a"))
	plain.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"too long", request(t, form, "12345"), 413, "upload_too_large"},
		{"too short", request(t, form, "1"), 400, "upload_empty"},
		{"another key", request(t, with("key", "a/c"), "12"), 403, "upload_refused"},
		{"another signature", request(t, with("signature", "x"), "12"), 403, "upload_refused"},
		{"another type", request(t, with("Content-Type", "text/html"), "12"), 403, "upload_type"},
		{"too late", request(t, late, "12"), 403, "upload_expired"},
		{"a field that is too long", request(t, with("policy", strings.Repeat("x", maxField+1)), "12"), 400, "upload_malformed"},
		{"too many fields", request(t, many, "12"), 400, "upload_malformed"},
		{"the file before its fields", fileFirst(t, form), 403, "upload_refused"},
		{"not a form with files", plain, 400, "upload_malformed"},
		{"nothing under that key", httptest.NewRequest(http.MethodGet, gone, nil), 404, "not_found"},
		{"no address of ours", httptest.NewRequest(http.MethodGet, "/favicon.ico", nil), 403, "download_expired"},
		{"another method", httptest.NewRequest(http.MethodDelete, gone, nil), 405, "method"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code = ""
			w := httptest.NewRecorder()
			s.ServeHTTP(w, c.r)
			if w.Code != c.status || code != c.code {
				t.Errorf("got %d %s, want %d %s", w.Code, code, c.status, c.code)
			}
		})
	}
	check(t, "files", tree(t, s.cfg.Dir), []string(nil))
}

// fileFirst is a form whose file comes before its fields: what comes after a file is not read.
func fileFirst(t *testing.T, form files.Form) *http.Request {
	t.Helper()
	early := request(t, files.Form{}, "12")
	body, err := io.ReadAll(early.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, boundary, _ := strings.Cut(early.Header.Get("Content-Type"), "boundary=")
	body = bytes.TrimSuffix(body, []byte("--\r\n"))
	for _, f := range form.Fields {
		body = fmt.Appendf(body, "\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n--%s", f.Name, f.Value, boundary)
	}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(append(body, "--\r\n"...)))
	r.Header = early.Header
	return r
}

// An upload that breaks off leaves nothing, not even the part that came.
func TestInterruptedUploadLeavesNothing(t *testing.T) {
	told := 0
	s := open(t, func(c *Config) {
		c.Stored = func(context.Context, files.Key, files.Info) error { told++; return nil }
	})
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 1 << 20, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	whole := request(t, form, strings.Repeat("x", 200_000))
	body, err := io.ReadAll(whole.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]error{"the connection is cut": io.ErrUnexpectedEOF, "the body ends": io.EOF} {
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(bytes.NewReader(body[:len(body)/2]), &failing{err: end}))
		r.Header = whole.Header
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		check(t, name, w.Code, http.StatusBadRequest)
		check(t, name, tree(t, s.cfg.Dir), []string(nil))
	}
	check(t, "told", told, 0)
}

// A file that is too long is not read to its end.
func TestRefusedUploadIsNotReadToItsEnd(t *testing.T) {
	s := open(t, nil)
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 1000, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, form, "")
	begin, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	const announced = 1 << 30
	endless := &failing{left: announced, err: io.ErrUnexpectedEOF}
	begin = begin[:bytes.LastIndex(begin, []byte("\r\n--"))] // up to the first byte of the file
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(begin), endless))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	check(t, "status", w.Code, http.StatusRequestEntityTooLarge)
	if read := announced - endless.left; read > drained+1<<17 {
		t.Errorf("%d bytes were read", read)
	}
	check(t, "files", tree(t, s.cfg.Dir), []string(nil))
}

// The store tells of an upload once it is there and before the browser is answered.
func TestStoredIsTold(t *testing.T) {
	var s *Store
	var told []files.Key
	var fault error
	s = open(t, func(c *Config) {
		c.Stored = func(ctx context.Context, key files.Key, info files.Info) error {
			if _, err := s.Stat(ctx, key); err != nil || ctx.Err() != nil {
				t.Errorf("told of nothing: %v, %v", err, ctx.Err())
			}
			check(t, "size", info.Size, int64(3))
			told = append(told, key)
			return fault
		}
	})
	form, err := s.SignUpload(t.Context(), files.Upload{
		Key: "a/b", MinSize: 2, MaxSize: 3, Expiry: time.Minute, Redirect: "https://convoc/c",
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, "refused", send(t, s, form, "1234").Code, http.StatusRequestEntityTooLarge)
	check(t, "refused too", send(t, s, form, "1").Code, http.StatusBadRequest)
	check(t, "told of what was refused", len(told), 0)
	w := send(t, s, form, "123")
	check(t, "status", w.Code, http.StatusSeeOther)
	check(t, "location", w.Header().Get("Location"), "https://convoc/c")
	check(t, "told", told, []files.Key{"a/b"})

	fault = errors.New("the table is full")
	w = send(t, s, form, "456")
	check(t, "an event that is not taken: status", w.Code, http.StatusServiceUnavailable)
	check(t, "an event that is not taken: location", w.Header().Get("Location"), "")

	fault = nil
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := request(t, form, "789").WithContext(ctx)
	s.ServeHTTP(httptest.NewRecorder(), r)
	check(t, "told, although the browser has gone away", len(told), 3)
}

// Whatever is posted, nothing is stored but under the signed key, within the signed size.
func FuzzForm(f *testing.F) {
	s := open(f, nil)
	form, err := s.SignUpload(f.Context(), files.Upload{Key: "a/b", MinSize: 1, MaxSize: 50, Expiry: time.Minute})
	if err != nil {
		f.Fatal(err)
	}
	r := request(f, form, "content")
	contentType := r.Header.Get("Content-Type")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(contentType, body)
	f.Add(contentType, bytes.ReplaceAll(body, []byte("content"), bytes.Repeat([]byte("x"), 100)))
	f.Add(contentType, bytes.ReplaceAll(body, []byte("a/b"), []byte("a/c")))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"))
	f.Add("multipart/mixed; boundary=\"\"", []byte("--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		for _, path := range tree(t, s.cfg.Dir) {
			if path != "a/b" {
				t.Errorf("%d, and a file %s", w.Code, path)
			}
		}
		info, err := s.Stat(t.Context(), "a/b")
		if stored := err == nil; stored != (w.Code == http.StatusNoContent) || info.Size > 50 {
			t.Errorf("%d, and a file of %d bytes: %v", w.Code, info.Size, err)
		}
		if err := os.RemoveAll(s.path("a/b")); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is asked for, only what was signed is given; and what was signed is read back as it was.
func FuzzAddress(f *testing.F) {
	s := open(f, nil)
	if _, err := s.Create(f.Context(), "a/b", strings.NewReader("content")); err != nil {
		f.Fatal(err)
	}
	good := signed(f, s, files.Download{Key: "a/b", Name: "é \"x\".pdf", Type: "application/pdf", Expiry: time.Minute})
	f.Add(good, "nom.pdf", true)
	f.Add("/e30.e30/x", "%2e%2e%2f", false)
	f.Add("/.", "", false)
	signature := strings.SplitN(good, "/", 3)[1]
	f.Fuzz(func(t *testing.T, path, name string, attachment bool) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if ours := strings.HasPrefix(strings.TrimPrefix(path, "/"), signature+"/"); (w.Code == http.StatusOK) != ours {
			t.Errorf("%q: got %d", path, w.Code)
		}
		w = get(s, http.MethodGet, signed(t, s,
			files.Download{Key: "a/b", Name: name, Type: "text/plain", Attachment: attachment, Expiry: time.Minute}))
		if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != files.Disposition(attachment, files.SafeName(name)) {
			t.Errorf("%q: got %d %v", name, w.Code, w.Header())
		}
	})
}

// A form that comes too slowly is refused where it stopped, in words of its own, and leaves nothing.
func TestFormThatDoesNotComeInTime(t *testing.T) {
	s := open(t, nil)
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 1_000, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	whole := request(t, form, strings.Repeat("x", 500))
	raw, err := io.ReadAll(whole.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]int{
		"nothing comes": 0, "in the first field": 100, "before the file": bytes.Index(raw, []byte("filename")),
		"in the file": bytes.Index(raw, []byte("xxx")) + 10, "before the end": len(raw) - 5,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(bytes.NewReader(raw[:end]), iotest.ErrReader(os.ErrDeadlineExceeded)))
		r.Header = whole.Header
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusRequestTimeout || strings.TrimSpace(w.Body.String()) != "upload_slow" {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
	if _, err := s.Stat(t.Context(), "a/b"); !errors.Is(err, files.ErrNotFound) {
		t.Errorf("something was stored: %v", err)
	}
	if left, err := os.ReadDir(s.temp()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

package filestest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/files"
)

const pdf = "application/pdf"

// browser follows no redirect, so that a test sees it.
var browser = &http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answer is what the browser got.
type answer struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, r *http.Request) answer {
	t.Helper()
	res, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

// fetch gets an address, with header fields in pairs.
func fetch(t *testing.T, address string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	return send(t, r)
}

// part is one part of a form as it travels; a file has a name, or comes from a browser that says none.
type part struct {
	name, value, file string
	browser           bool // the name is written as browsers do (HTML, 4.10.21.8)
}

// parts are a form as a browser sends it: its fields in their order, then the file. What the browser says of the file
// is wrong on purpose: it counts for nothing.
func parts(f files.Form, content string) []part {
	var all []part
	for _, field := range f.Fields {
		all = append(all, part{name: field.Name, value: field.Value})
	}
	return append(all, part{name: "file", value: content, file: `../../faux "nom".html`})
}

// encode writes a form as multipart/form-data.
func encode(t *testing.T, all []part) (contentType string, body []byte) {
	t.Helper()
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for _, p := range all {
		header := textproto.MIMEHeader{"Content-Disposition": {multipart.FileContentDisposition(p.name, p.file)}}
		switch {
		case p.browser:
			escaped := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(p.file)
			header.Set("Content-Disposition", `form-data; name="`+p.name+`"; filename="`+escaped+`"`)
			header.Set("Content-Type", "application/octet-stream")
		case p.file == "":
			header.Set("Content-Disposition", `form-data; name="`+p.name+`"`)
		default:
			header.Set("Content-Type", "text/html")
		}
		out, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, p.value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), buffer.Bytes()
}

func submit(t *testing.T, url string, all []part) answer {
	t.Helper()
	contentType, body := encode(t, all)
	return submitRaw(t, url, contentType, body)
}

func submitRaw(t *testing.T, url, contentType string, body []byte) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	return send(t, r)
}

// post sends a form as it was signed.
func post(t *testing.T, f files.Form, content string) answer {
	t.Helper()
	return submit(t, f.URL, parts(f, content))
}

func taken(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != http.StatusNoContent {
		t.Errorf("%s: got %d %s, want 204", what, a.status, a.body)
	}
}

func refused(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status < 400 || a.status > 499 {
		t.Errorf("%s: got %d, want a refusal", what, a.status)
	}
}

package dirfiles

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"convoc/shared/files"
)

func TestOnlyOneOriginUploadsByScript(t *testing.T) {
	const ours = "https://convoc.exemple.fr"
	s := open(t, func(c *Config) { c.AllowOrigin = ours })
	nobody := open(t, nil)
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 9, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(s *Store, r *http.Request, origin string) http.Header {
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result().Header
	}
	refusal := func() *http.Request { return request(t, form, strings.Repeat("x", 10)) }
	for name, r := range map[string]func() *http.Request{
		"the question before": func() *http.Request { return httptest.NewRequest(http.MethodOptions, "/", nil) },
		"an upload":           func() *http.Request { return request(t, form, "x") },
		"a refusal":           refusal,
	} {
		h := ask(s, r(), ours)
		check(t, name+": origin", h.Get("Access-Control-Allow-Origin"), ours)
		check(t, name+": caches", h.Get("Vary"), "Origin")
		check(t, name+": cookies", h.Get("Access-Control-Allow-Credentials"), "")
		for _, other := range []string{
			"", "null", "https://autre.fr", "http://convoc.exemple.fr", ours + ":8443", ours + ".autre.fr", "https://CONVOC.exemple.fr",
			"https://a.convoc.exemple.fr", "*",
		} {
			check(t, name+" from "+other, ask(s, r(), other).Values("Access-Control-Allow-Origin"), []string(nil))
		}
		for _, other := range []string{"", ours} {
			check(t, name+" where none is allowed, from "+other,
				ask(nobody, r(), other).Values("Access-Control-Allow-Origin"), []string(nil))
		}
	}
	check(t, "methods", ask(s, httptest.NewRequest(http.MethodOptions, "/", nil), ours).Get("Access-Control-Allow-Methods"), "POST")
}

// Every answer of the files' host keeps what comes from outside apart from everything else.
func TestHeaders(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("<script>")); err != nil {
		t.Fatal(err)
	}
	download := files.Download{Key: "a/b", Name: "é.pdf", Type: "application/pdf", Expiry: time.Minute}
	shown := get(s, http.MethodGet, signed(t, s, download))
	download.Attachment = true
	saved := get(s, http.MethodGet, signed(t, s, download))
	for name, w := range map[string]*httptest.ResponseRecorder{
		"shown": shown, "saved": saved, "refused": get(s, http.MethodGet, "/"), "another method": get(s, http.MethodPut, "/"),
		"a question": get(s, http.MethodOptions, "/"), "no form": get(s, http.MethodPost, "/"),
	} {
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
			"Cache-Control": "private, no-store", "Cross-Origin-Opener-Policy": "same-origin",
			"Permissions-Policy": "camera=(), geolocation=(), microphone=()",
		} {
			check(t, name+": "+header, w.Header().Get(header), want)
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
	if csp := saved.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox;") {
		t.Errorf("what is saved runs in no sandbox: %q", csp)
	}
	if csp := shown.Header().Get("Content-Security-Policy"); strings.Contains(csp,
		"sandbox") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("what is shown: %q", csp)
	}
}

// Over TLS, and only there, browsers are told to stay with it: on this machine alone there is none.
func TestStrictTransportOverTLSOnly(t *testing.T) {
	for base, want := range map[string]string{"https://documents.exemple.fr": "max-age=63072000", "http://127.0.0.1:8081": ""} {
		s := open(t, func(c *Config) { c.BaseURL = base })
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodPut} {
			check(t, base+" "+method, get(s, method, "/").Header().Get("Strict-Transport-Security"), want)
		}
	}
}

func TestHeadTellsWithoutTheBody(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("12345")); err != nil {
		t.Fatal(err)
	}
	path := signed(t, s, files.Download{Key: "a/b", Name: "n.pdf", Type: "application/pdf", Expiry: time.Minute})
	w := get(s, http.MethodHead, path)
	check(t, "status", w.Code, http.StatusOK)
	check(t, "length", w.Header().Get("Content-Length"), "5")
	check(t, "type", w.Header().Get("Content-Type"), "application/pdf")
	check(t, "body", w.Body.String(), "")
	check(t, "of nothing", get(s, http.MethodHead, "/x").Code, http.StatusForbidden)
}

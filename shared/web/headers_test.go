package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"convoc/shared/page"
	"convoc/shared/web"
)

// checkHeaders holds an answer to what all answers of /c have.
func checkHeaders(t *testing.T, what string, w *httptest.ResponseRecorder, secure bool) {
	t.Helper()
	want := map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://files.example; " +
			"base-uri 'none'; frame-ancestors 'none'",
	}
	if secure {
		want["Strict-Transport-Security"] = "max-age=63072000"
	}
	if strings.HasSuffix(what, page.StylePath) && w.Code == http.StatusOK { // the style of all pages is no secret, and is used by the files' host
		want["Cache-Control"], want["Cross-Origin-Resource-Policy"] = "no-cache", "cross-origin"
		delete(want, "Content-Security-Policy")
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s (%d): %s is %q", what, w.Code, name, got)
		}
	}
	if !secure && w.Header().Get("Strict-Transport-Security") != "" {
		t.Errorf("%s: HSTS without https", what)
	}
	if body := w.Body.String(); strings.Contains(body, "<script") || strings.Contains(body, "javascript:") || strings.Contains(body, " style=") {
		t.Errorf("%s: a page with a script, or a style of its own", what)
	}
}

// Every answer of /c has all its headers: pages, errors, methods that a path has not, paths that nobody serves.
func TestHeadersOfEveryAnswer(t *testing.T) {
	for _, secure := range []bool{true, false} {
		statuses := map[int]int{}
		for _, place := range places {
			s := newElus(t, secure)
			link := place.make(s)
			for _, route := range elusRoutes(web.Recipients{Answer: s.Answer}) {
				for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
					_, path := s.fill(route.Pattern, link)
					got := s.ask(method, path, nil)
					statuses[got.Code]++
					checkHeaders(t, method+" "+route.Pattern, got, secure)
					if got.Code >= 500 {
						t.Errorf("%s, %s %s: %d", place.name, method, route.Pattern, got.Code)
					}
				}
			}
			for _, path := range []string{"/c/", "/c/a/b/c", "/c/" + strings.Repeat("a", 4_000), link + "/nulle-part", link + "/lire/encore"} {
				got := s.ask("GET", path, nil)
				if checkHeaders(t, "GET "+path, got, secure); got.Code != http.StatusNotFound {
					t.Errorf("GET %.40s: %d", path, got.Code)
				}
			}
		}
		for _, status := range []int{200, 303, 404, 405, 410, 422} {
			if statuses[status] == 0 {
				t.Errorf("no answer was %d: this tests less than it says (%v)", status, statuses)
			}
		}
	}
}

package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"convoc/shared/account"
	"convoc/shared/page"
)

// site is one that nobody asks for anything stored.
func site() Site {
	return Site{
		Origin: "https://convoc.example", FilesOrigin: "https://files.example", Secure: true, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Pages: page.New(), Client: func(*http.Request) string { return "192.0.2.7" },
	}
}

// mounted has a few routes, all of which answer 204, and those that answer what nobody else does.
func mounted(s Site) http.Handler {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return s.Mount(
		Route{"GET /c/{token}", "", ok}, Route{"POST /c/{token}/ouvrir", "", ok}, Route{"/c/", "", s.missingPage()},
		Route{"GET /api/groups", "", ok}, Route{"POST /api/groups", "", ok}, Route{"DELETE /api/groups/{group}", "", ok},
		Route{"POST /api/groups/merge", "", ok},
		Route{"/api/", "", s.missingAPI()},
	)
}

func asked(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path, r.RequestURI = target, target
	h.ServeHTTP(w, r)
	return w
}

func TestPathsAndMethods(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		status             int
		allow, body        string // in the answer
	}{
		{"a route", "GET", "/c/abc", 204, "", ""},
		{"looking at a route", "HEAD", "/c/abc", 204, "", ""},
		{"a page that is none", "GET", "/c/a/b/c", 404, "", "Cette page n’existe pas"},
		{"an act that is asked for like a page", "GET", "/c/abc/ouvrir", 405, "POST", "Cette page ne s’ouvre pas ainsi"},
		{"a page that is posted to", "POST", "/c/abc", 405, "GET, HEAD", "Cette page ne s’ouvre pas ainsi"},
		{"a route of the API", "POST", "/api/groups", 204, "", ""},
		{"nothing of the API", "GET", "/api/nothing", 404, "", `"code":"not_found"`},
		{"another method of the API", "PATCH", "/api/groups", 405, "GET, HEAD, POST", `"code":"method"`},
		{"another method of one group", "GET", "/api/groups/x", 405, "DELETE", `"code":"method"`},
		{"a word beside an identifier", "POST", "/api/groups/merge", 204, "", ""},
		{"a method of the identifier, of the word", "DELETE", "/api/groups/merge", 405, "POST", `"code":"method"`},
		{"a method of the word, of the identifier", "POST", "/api/groups/x", 405, "DELETE", `"code":"method"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := asked(mounted(site()), c.method, c.path)
			if w.Code != c.status || w.Header().Get("Allow") != c.allow || !strings.Contains(w.Body.String(), c.body) {
				t.Errorf("got %d, allow %q, %s", w.Code, w.Header().Get("Allow"), w.Body)
			}
		})
	}
}

// A mux would answer with the address of the link in clear, and without a header.
func TestPathsFromWhichAMuxLeadsAway(t *testing.T) {
	for name, path := range map[string]string{
		"two slashes first": "//c/TOKEN", "two slashes inside": "/c//TOKEN", "a dot": "/c/./TOKEN", "two dots": "/c/x/../TOKEN",
		"two slashes last": "/c/TOKEN//", "the API": "/api//TOKEN", "dots into the API": "/c/../api/TOKEN",
		"no slash at the end": "/c",
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD", "POST", "PATCH"} {
				w := asked(mounted(site()), method, path)
				if strings.Contains(w.Body.String()+w.Header().Get("Location"), "TOKEN") || (w.Code != 404 && path != "/c") {
					t.Errorf("%s: got %d, to %q: %s", method, w.Code, w.Header().Get("Location"), w.Body)
				}
				for header, want := range map[string]string{
					"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
					"Strict-Transport-Security": "max-age=63072000",
				} {
					if got := w.Header().Get(header); got != want {
						t.Errorf("%s: %s is %q", method, header, got)
					}
				}
				if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
					t.Errorf("%s: policy %q", method, policy)
				}
			}
		})
	}
}

func TestCleanPathsAreThoseOfAMux(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/", http.NotFoundHandler())
	for _, p := range []string{
		"/", "//", "/a", "/a/", "/a//", "//a", "/a/./b", "/a/.", "/a/..", "/a/../b", "/./", "/a/b/", "/...", "/a/%2e%2e/b", "/a/b%2F/",
	} {
		r, err := http.NewRequest("GET", "http://convoc.example"+p, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if leads, ours := w.Code != http.StatusNotFound, clean(r.URL.EscapedPath()) != r.URL.EscapedPath(); leads != ours {
			t.Errorf("%s: a mux leads away: %v, we say %v", p, leads, ours)
		}
	}
}

// refusalOf asks the API and reads how it refuses.
func refusalOf(t *testing.T, h http.Handler, r *http.Request) (problem, *httptest.ResponseRecorder) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return p, w
}

func TestForeignPageIsToldSo(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/groups", strings.NewReader("{}"))
	r.Header.Set("Origin", "https://other.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	p, w := refusalOf(t, site().api(func(http.ResponseWriter, *http.Request) error { return nil }), r)
	if w.Code != http.StatusForbidden || p.Code != "foreign_page" || !strings.Contains(p.Message, "autre site") {
		t.Errorf("got %d %+v", w.Code, p)
	}
}

func TestWhoHasToWaitIsToldForHowLong(t *testing.T) {
	for wait, want := range map[time.Duration]struct{ after, words string }{
		time.Millisecond:                {"1", "1\u00a0seconde"},
		time.Minute:                     {"60", "1\u00a0minute"},
		4*time.Minute + time.Nanosecond: {"241", "5\u00a0minutes"},
	} {
		h := site().api(func(http.ResponseWriter, *http.Request) error { return account.Waiting{For: wait} })
		p, w := refusalOf(t, h, httptest.NewRequest("POST", "/api/session", nil))
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != want.after || !strings.Contains(p.Message, want.words+", puis réessayez") {
			t.Errorf("%s: got %d, after %q, %q", wait, w.Code, w.Header().Get("Retry-After"), p.Message)
		}
	}
}

func TestBodyThatDoesNotComeInTime(t *testing.T) {
	slow := io.MultiReader(strings.NewReader(`{"login":"jean"`), iotest.ErrReader(os.ErrDeadlineExceeded))
	r := httptest.NewRequest("POST", "/api/session", slow)
	r.Header.Set("Content-Type", "application/json")
	h := site().api(func(w http.ResponseWriter, r *http.Request) error {
		var req signInRequest
		return decode(w, r, &req)
	})
	if p, w := refusalOf(t, h, r); w.Code != http.StatusRequestTimeout || p.Code != "body_slow" {
		t.Errorf("got %d %+v", w.Code, p)
	}

	r = httptest.NewRequest("POST", "/c/abc/reponse", io.MultiReader(strings.NewReader("text=Pr"), iotest.ErrReader(os.ErrDeadlineExceeded)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	_, err := form(w, r)
	Recipients{Site: site()}.problem(w, visitor{}, err)
	if w.Code != http.StatusRequestTimeout || !strings.Contains(w.Body.String(), "pas arrivé à temps") {
		t.Errorf("a form: got %d %s", w.Code, w.Body)
	}
}

package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// What stands before every route: the session, the page that asks, the method, the type of the body. Whoever does not
// pass is told the same everywhere, and nothing is read of any collectivité nor written anywhere.

// gated are the first probes of all routes, with identifiers that nobody has: whoever passes a gate finds nothing.
func (s *neighbours) gated(do func(pattern, action string, q request)) {
	for _, r := range s.routes {
		method, path, found := strings.Cut(r.Pattern, " ")
		body, who := "{}", "administrator"
		if !found {
			method, path = http.MethodPost, r.Pattern+"nothing"
		}
		for _, p := range probes[r.Pattern] {
			method, path, body = p.written(r.Pattern)
			who = p.asker()
			break
		}
		id := func(name string) string {
			if name == "version" {
				return "1"
			}
			return "x"
		}
		do(r.Pattern, string(r.Action), request{method: method, path: filled(path, id), body: filled(body, id), cookie: who})
	}
}

// refused asks, and fails unless that is refused so, with nothing read or written.
func (s *neighbours) refused(what string, q request, status int, code string) *httptest.ResponseRecorder {
	s.t.Helper()
	writes := s.Counts().Writes
	w := s.ask(q)
	page := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") // of the preview, which is one
	if w.Code != status || !page && !strings.Contains(w.Body.String(), `"code":"`+code+`"`) {
		s.t.Errorf("%s: got %d %s, want %d %s", what, w.Code, w.Body, status, code)
	}
	if touched := s.touched(); len(touched) > 0 || s.Counts().Writes != writes {
		s.t.Errorf("%s: keys of %v are asked for, %d writes", what, touched, s.Counts().Writes-writes)
	}
	return w
}

func TestEveryRouteAsksForAValidSession(t *testing.T) {
	s := newNeighbours(t)
	s.enter("ended", "administrator", home)
	if err := s.Account.SignOut(t.Context(), "ended"); err != nil {
		t.Fatal(err)
	}
	s.enter("idle", "administrator", home)
	s.Clock = s.Clock.Add(31 * time.Minute)
	s.enter("fresh", "administrator", home)
	named := func(name string) http.Header { return http.Header{"Cookie": {name + "=fresh"}} }
	asked, answers := 0, map[string]bool{}
	s.gated(func(pattern, action string, q request) {
		if action == "" {
			return
		}
		for name, c := range map[string]struct {
			cookie string
			header http.Header
		}{
			"no cookie":                         {"", nil},
			"a session that nobody has":         {"guess", nil},
			"a session that was signed out":     {"ended", nil},
			"a session that nobody used lately": {"idle", nil},
			"a cookie of another name":          {"", named("session")},
			"the cookie of the other scheme":    {"", named("__Host-convoc")},
			"the session in another header":     {"", http.Header{"Authorization": {"Bearer fresh"}}},
			"the digest of a session":           {digest("fresh"), nil},
		} {
			q.cookie, q.header = c.cookie, c.header
			w := s.refused(pattern+" with "+name, q, http.StatusUnauthorized, "signed_out")
			answers[said(w, nil)] = true
			asked++
		}
		s.begin("fresh", "fresh", home) // anew for each: some routes end all sessions of a user
		q.cookie, q.header = "fresh", nil
		if w := s.ask(q); w.Code == http.StatusUnauthorized {
			t.Errorf("%s with a valid session: %d", pattern, w.Code)
		}
		s.keys = nil
	})
	if len(answers) != 2 || asked < 300 { // the preview is a page, the others are JSON
		t.Errorf("%d requests were answered in %d ways", asked, len(answers))
	}
}

// A session of the neighbour's finds nothing of ours, whatever it asks for.
func TestNeighboursSessionFindsNothingOfOurs(t *testing.T) {
	s := newNeighbours(t)
	before, ours := s.of(home), func(name string) string { return s.ids[home][name] }
	for _, r := range s.routes {
		for _, p := range probes[r.Pattern] {
			method, path, body := p.written(r.Pattern)
			if len(varied(path, body)) == 0 {
				continue
			}
			s.ask(request{method: method, path: filled(path, ours), body: filled(body, ours), cookie: "neighbour"})
			for id := range s.touched() {
				if id != neighbour {
					t.Errorf("%s: keys of %s are asked for", r.Pattern, id)
				}
			}
		}
	}
	if after := s.of(home); !slices.Equal(before, after) {
		t.Error("our data have changed")
	}
}

// pages are those from which a browser may be made to ask, by what it says of them.
var pages = []struct {
	name    string
	header  http.Header
	foreign bool
}{
	{"a page of ours", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {origin}}, false},
	{"the address bar", http.Header{"Sec-Fetch-Site": {"none"}}, false},
	{"a page of ours, in an old browser", http.Header{"Origin": {origin}}, false},
	{"no browser", nil, false},
	{"a page of another site", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://attaquant.example"}}, true},
	{"a page of another site that hides", http.Header{"Sec-Fetch-Site": {"cross-site"}}, true},
	{"a page of a sister domain", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://files.example"}}, true},
	{"a page of another site, in an old browser", http.Header{"Origin": {"https://attaquant.example"}}, true},
	{"a page without an origin", http.Header{"Origin": {"null"}}, true},
	{"our name on another port", http.Header{"Origin": {origin + ":8443"}}, true},
	{"our name without TLS", http.Header{"Origin": {"http://convoc.example"}}, true},
	{"a name that begins as ours", http.Header{"Origin": {origin + ".attaquant.example"}}, true},
}

func TestForeignPagesBorrowNoSession(t *testing.T) {
	s := newNeighbours(t)
	refused := 0
	s.gated(func(pattern, _ string, q request) {
		if !strings.HasPrefix(q.path, "/api/") {
			return
		}
		if pattern == "DELETE /api/session" {
			q.cookie = "writer" // which is signed out for good
		}
		for _, p := range pages {
			q.header = p.header
			what := pattern + " from " + p.name
			if p.foreign && q.method != http.MethodGet {
				s.refused(what, q, http.StatusForbidden, "foreign_page")
				refused++
				continue
			}
			w := s.ask(q)
			s.keys = nil
			if strings.Contains(w.Body.String(), "foreign_page") {
				t.Errorf("%s: %d", what, w.Code)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: another site may read the answer: %s", what, name)
				}
			}
		}
	})
	if refused < 200 {
		t.Errorf("only %d were refused", refused)
	}
}

// An élu's link is the authority: a browser that says « Origin: null », as Safari does with no-referrer, is served; and
// no session is read there.
func TestLinksAreServedWhateverPageAsks(t *testing.T) {
	s := newNeighbours(t)
	for pattern, all := range linkProbes {
		for _, p := range all {
			method, path, body := p.written(pattern)
			id := func(name string) string { return s.ids[home][name] }
			for _, from := range pages {
				w := s.ask(request{method: method, path: filled(path, id), body: filled(body, id), cookie: "administrator", header: from.header})
				if w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized || w.Code >= 500 {
					t.Errorf("%s from %s: %d", pattern, from.name, w.Code)
				}
			}
		}
	}
}

func TestEveryBodyIsJSONAndSaysSo(t *testing.T) {
	s := newNeighbours(t)
	asked := 0
	s.gated(func(pattern, action string, q request) {
		if !strings.HasPrefix(q.path, "/api/") || q.method != http.MethodPost && q.method != http.MethodPut || pattern == "/api/" {
			return
		}
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "text/json"} {
			q.header = http.Header{"Content-Type": {kind}}
			s.refused(fmt.Sprintf("%s as %q", pattern, kind), q, http.StatusUnsupportedMediaType, "content_type")
			asked++
		}
	})
	if asked < 100 {
		t.Errorf("only %d were asked", asked)
	}
}

func TestEveryPathRefusesOtherMethods(t *testing.T) {
	s := newNeighbours(t)
	has := map[string][]string{} // path → methods; a word is never taken for the identifier that may stand in its place
	for _, r := range s.routes {
		if method, path, found := strings.Cut(r.Pattern, " "); found {
			has[path] = append(has[path], method)
		}
	}
	for path, methods := range has {
		if slices.Contains(methods, http.MethodGet) {
			methods = append(methods, http.MethodHead)
		}
		slices.Sort(methods)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONVOQUER"} {
			if slices.Contains(methods, method) {
				continue
			}
			writes := s.Counts().Writes
			target := filled(path, func(name string) string { return s.ids[home][name] })
			w := s.ask(request{method: method, path: target, body: "{}", cookie: "administrator"})
			if allow := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || allow != strings.Join(methods, ", ") {
				t.Errorf("%s %s: %d, allow %q, want %q", method, path, w.Code, allow, methods)
			}
			if touched := s.touched(); len(touched) > 0 || s.Counts().Writes != writes {
				t.Errorf("%s %s: keys of %v are asked for", method, path, touched)
			}
		}
	}
}

// digest is what is stored of a session: whoever reads the table cannot sign in with it.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

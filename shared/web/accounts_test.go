package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"convoc/shared/collectivity"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// Whoever signs in where somebody was signed in takes their place: the session before is over, also for who kept its
// cookie.
func TestSigningInEndsTheSessionBefore(t *testing.T) {
	w := worldtest.New(t)
	err := w.Account.CreateDemo(t.Context(), collectivity.Collectivity{ID: worldtest.SIREN, Name: "Saint-Aubin", TimeZone: "Europe/Paris"},
		store.User{Login: "mairie", Name: "Claire Bon"}, rights.Sender, "les tilleuls")
	if err != nil {
		t.Fatal(err)
	}
	s := site()
	s.Tables = w.Tables
	h := s.Mount(AccountAPI(Accounts{Site: s, Account: w.Account})...)
	signIn := func(cookie *http.Cookie) *http.Cookie {
		t.Helper()
		r := httptest.NewRequest("POST", "/api/session", strings.NewReader(`{"login":"mairie","password":"les tilleuls"}`))
		r.Header.Set("Content-Type", "application/json")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		cookies := answer.Result().Cookies()
		if answer.Code != http.StatusOK || len(cookies) != 1 {
			t.Fatalf("got %d %s, cookies %v", answer.Code, answer.Body, cookies)
		}
		return cookies[0]
	}
	status := func(cookie *http.Cookie) int {
		r := httptest.NewRequest("GET", "/api/session", nil)
		r.AddCookie(cookie)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer.Code
	}
	elsewhere, first := signIn(nil), signIn(nil)
	second := signIn(first)
	for name, c := range map[string]struct {
		cookie *http.Cookie
		want   int
	}{
		"the session before": {first, http.StatusUnauthorized}, "the new one": {second, http.StatusOK},
		"one of another browser": {elsewhere, http.StatusOK},
	} {
		if got := status(c.cookie); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

// The session's cookie is of this host alone, for no script and no other site to use, and ends with the browser; its value
// is in no body.
func TestCookieOfASession(t *testing.T) {
	for _, secure := range []bool{true, false} {
		w := worldtest.New(t)
		err := w.Account.CreateDemo(t.Context(), collectivity.Collectivity{ID: worldtest.SIREN, Name: "Saint-Aubin", TimeZone: "Europe/Paris"},
			store.User{Login: "mairie"}, rights.Sender, "les tilleuls")
		if err != nil {
			t.Fatal(err)
		}
		s := site()
		s.Tables, s.Secure = w.Tables, secure
		h := s.Mount(AccountAPI(Accounts{Site: s, Account: w.Account})...)
		for _, q := range []struct{ method, body string }{{"POST", `{"login":"mairie","password":"les tilleuls"}`}, {"DELETE", ""}} {
			r := httptest.NewRequest(q.method, "/api/session", strings.NewReader(q.body))
			r.Header.Set("Content-Type", "application/json")
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			cookies := answer.Result().Cookies()
			if len(cookies) != 1 {
				t.Fatalf("%s: got %d, cookies %v", q.method, answer.Code, cookies)
			}
			c, name := cookies[0], map[bool]string{true: "__Host-convoc", false: "convoc"}[secure]
			if c.Name != name || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s, secure %v: %s", q.method, secure, c)
			}
			if in := q.method == "POST"; in != (len(c.Value) == 43) || in == (c.MaxAge < 0) || !c.Expires.IsZero() {
				t.Errorf("%s: value of %d characters, ends in %d", q.method, len(c.Value), c.MaxAge)
			}
			if c.Value != "" && strings.Contains(answer.Body.String(), c.Value) {
				t.Error("the body holds the session")
			}
		}
	}
}

package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/page"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table/memtable"
)

// gate is a site where somebody of each role is signed in under a token named as the role. Behind its routes there is
// nothing: whoever passes the gate meets a fault of ours.
func gate(t *testing.T) (Site, []Route) {
	t.Helper()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	s := Site{
		Tables: store.Tables{Data: memtable.New(), Accounts: memtable.New(), Agenda: memtable.New()}, Origin: "https://convoc.example",
		FilesOrigin: "https://files.example", Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return now },
		Client: func(*http.Request) string { return "" }, Pages: page.New(),
	}
	for _, role := range append(rights.Roles(), "stranger", rights.Operator) {
		u := store.User{Login: string(role), Memberships: []store.Membership{{Collectivity: collectivity.Test, Role: role}}, CreatedAt: now}
		if role == rights.Operator { // who works for no collectivité
			u.Operator, u.Memberships = true, nil
		}
		if err := s.Tables.AccountsHandle().CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(role))
		session := store.Session{Login: u.Login, CreatedAt: now, UsedAt: now}
		if err := s.Tables.AccountsHandle().CreateSession(t.Context(), hex.EncodeToString(sum[:]), session); err != nil {
			t.Fatal(err)
		}
	}
	accounts := &account.Service{Tables: s.Tables, Now: s.Now}
	routes := append(AdminAPI(Admin{Site: s, Account: accounts}), ImportContacts(Imports{Site: s, Account: accounts})...)
	return s, append(routes, AccountAPI(Accounts{Site: s, Account: accounts})...)
}

var pathParameter = regexp.MustCompile(`\{\w+\}`)

// ask asks for a route as somebody; an empty name is nobody.
func ask(h http.Handler, pattern, who string) int {
	method, path, _ := strings.Cut(pattern, " ")
	r := httptest.NewRequest(method, pathParameter.ReplaceAllString(path, "x"), strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "convoc", Value: who})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// What a route declares is what it asks for: each role that may not is refused before anything else is looked at.
func TestRoutesRefuseWhoeverMayNot(t *testing.T) {
	_, all := gate(t)
	refused, passed := 0, 0
	for _, route := range all {
		if route.Action == "" {
			continue
		}
		s, routes := gate(t) // another one for each: some routes end sessions
		h := s.Mount(routes...)
		for _, who := range append(rights.Roles(), "stranger", rights.Operator) {
			status := ask(h, route.Pattern, string(who))
			switch may := rights.May(who, route.Action); {
			case status == http.StatusUnauthorized:
				t.Errorf("%s: %s is not signed in: this tests nothing", route.Pattern, who)
			case (status == http.StatusForbidden) == may:
				t.Errorf("%s asks for %s: %s may: %v, and gets %d", route.Pattern, route.Action, who, may, status)
			case may:
				passed++
			default:
				refused++
			}
		}
	}
	if refused < 50 || passed < 70 {
		t.Errorf("%d refused, %d passed: too few to mean anything", refused, passed)
	}
}

// Only these need no session.
func TestRoutesWithoutSessionAreFew(t *testing.T) {
	open := map[string]bool{
		"POST /api/session": true, "DELETE /api/session": true, "POST /api/invitation": true,
		"POST /api/invitation/check": true, "POST /api/invitation/join": true, "/api/": true,
		"POST /api/reset": true, "POST /api/reset/check": true, "POST /api/reset/finish": true,
	}
	_, routes := gate(t)
	for _, route := range routes {
		if (route.Action == "") != open[route.Pattern] {
			t.Errorf("%s asks for the right %q", route.Pattern, route.Action)
		}
	}
}

package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A page of another site may give its own name the address 127.0.0.1: a browser would then let it read our answers.
func TestOtherNamesThanThisMachinesAreRefused(t *testing.T) {
	m, said := begin(t, "-demo", "-data", t.TempDir())
	if m == nil {
		t.Fatal(said)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(m.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(origin, host string) int {
		t.Helper()
		req, err := http.NewRequest("GET", origin+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options is %q", host, got)
		}
		return res.StatusCode
	}
	for _, host := range []string{"127.0.0.1:" + port, "localhost:" + port, "LOCALHOST:" + port, "[::1]:" + port, "127.0.0.1", "localhost:9999"} {
		want := http.StatusOK
		if strings.HasPrefix(strings.ToLower(host), "localhost:") { // led to the name that the documents' host knows
			want = http.StatusTemporaryRedirect
		}
		if got := ask(m.origin, host); got != want {
			t.Errorf("pages as %s: got %d", host, got)
		}
		if got := ask(m.filesOrigin, host); got != http.StatusForbidden { // no signature
			t.Errorf("documents as %s: got %d", host, got)
		}
	}
	for _, host := range []string{"attaquant.example:" + port, "attaquant.example", "127.0.0.1.attaquant.example:" + port, "localhost.attaquant.example", "192.0.2.1:" + port, "0.0.0.0:" + port} {
		for _, origin := range []string{m.origin, m.filesOrigin} {
			if got := ask(origin, host); got != http.StatusMisdirectedRequest {
				t.Errorf("%s as %s: got %d", origin, host, got)
			}
		}
	}
}

// Behind a proxy the name is the proxy's to check: it may ask by any.
func TestBehindAProxyAnyNameWillDo(t *testing.T) {
	m, said := begin(t, "-public", pages, "-files-public", documents, "-mail", "dir:"+t.TempDir(), "-data", t.TempDir())
	if m == nil {
		t.Fatal(said)
	}
	w := httptest.NewRecorder()
	m.here(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "http://upstream.internal/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("got %d", w.Code)
	}
}

// Only the last word of the last line is the proxy's; the rest is what the browser sent.
func TestWhereARequestComesFrom(t *testing.T) {
	for name, c := range map[string]struct {
		public string
		lines  []string
		want   string
	}{
		"no proxy":                                {"", []string{"6.6.6.6"}, "192.0.2.9"},
		"a proxy that says nothing":               {pages, nil, "192.0.2.9"},
		"a proxy that says it":                    {pages, []string{"203.0.113.9"}, "203.0.113.9"},
		"forged, and the proxy adds a word":       {pages, []string{"6.6.6.6, 203.0.113.9"}, "203.0.113.9"},
		"forged, and the proxy adds a line":       {pages, []string{"6.6.6.6", "203.0.113.9"}, "203.0.113.9"},
		"forged twice, and the proxy adds both":   {pages, []string{"6.6.6.6", "7.7.7.7,203.0.113.9"}, "203.0.113.9"},
		"an IPv6 address":                         {pages, []string{"6.6.6.6, 2001:db8::9"}, "2001:db8::9"},
		"an address with its port":                {pages, []string{"6.6.6.6, 203.0.113.9:5000"}, "203.0.113.9"},
		"an IPv6 address with its port":           {pages, []string{"[2001:db8::9]:5000"}, "2001:db8::9"},
		"what is no address":                      {pages, []string{"unknown"}, "192.0.2.9"},
		"a proxy that ends its line with nothing": {pages, []string{"6.6.6.6,"}, "192.0.2.9"},
	} {
		m := &machine{options: options{Public: c.public}}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "192.0.2.9:1234"
		for _, line := range c.lines {
			r.Header.Add("X-Forwarded-For", line)
		}
		if got := m.client(r); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

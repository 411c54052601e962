package lambdahttp

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// event is the sample.
func event(t *testing.T) events.APIGatewayV2HTTPRequest {
	t.Helper()
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal([]byte(sample), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// asked is what a handler is asked for when an event has this path and query.
func asked(t *testing.T, path, query string) *http.Request {
	t.Helper()
	e := event(t)
	e.RawPath, e.RawQueryString = path, query
	var seen *http.Request
	if _, err := Handler(secret, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))(t.Context(), e); err != nil {
		t.Fatalf("%q: %v", path, err)
	}
	return seen
}

// The routes must see what the gateway saw: what was escaped stays so, and a path never becomes a host.
func TestPathStaysAsItWasAsked(t *testing.T) {
	for _, c := range []struct{ name, raw, path, escaped string }{
		{"as it is", "/c/abc.DEF/lire", "/c/abc.DEF/lire", "/c/abc.DEF/lire"},
		{"an escaped slash", "/c/a%2Fb", "/c/a/b", "/c/a%2Fb"},
		{"an escaped question mark", "/c/a%3Fb", "/c/a?b", "/c/a%3Fb"},
		{"two slashes first", "//example.com/c/abc", "//example.com/c/abc", "//example.com/c/abc"},
		{"dots", "/c/../api/session", "/c/../api/session", "/c/../api/session"},
		{"a colon first", "/http://example.com/", "/http://example.com/", "/http://example.com/"},
		{"an accent", "/c/%C3%A9", "/c/é", "/c/%C3%A9"},
		{"decoded by the gateway, with a percent sign left", "/c/a%zz", "/c/a%zz", "/c/a%25zz"},
		{"decoded by the gateway, with a line break", "/c/a\nb", "/c/a\nb", "/c/a%0Ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := asked(t, c.raw, "")
			if r.URL.Path != c.path || r.URL.EscapedPath() != c.escaped || r.URL.Host != "" || r.Host != "convoc.exemple.fr" || r.RequestURI != c.escaped {
				t.Errorf("got %q, escaped %q, host %q and %q, asked %q", r.URL.Path, r.URL.EscapedPath(), r.URL.Host, r.Host, r.RequestURI)
			}
		})
	}
	if got := asked(t, "/api/contacts", "q=a+b&q=%26").URL.Query()["q"]; len(got) != 2 || got[0] != "a b" || got[1] != "&" {
		t.Errorf("the query is %q", got)
	}
}

// The same routes answer here and on one machine, those with parameters too.
func TestRoutesFindTheirParameters(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /c/{token}/reponse", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("token"))
	})
	e := event(t)
	answer, err := Handler(secret, mux)(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.StdEncoding.DecodeString(answer.Body)
	if err != nil || string(body) != "abc.DEF" || answer.StatusCode != http.StatusOK {
		t.Errorf("got %d %q, %v", answer.StatusCode, body, err)
	}
}

func TestAnswerKeepsItsFirstStatus(t *testing.T) {
	for name, c := range map[string]struct {
		do   http.HandlerFunc
		want int
	}{
		"nothing was said":   {func(http.ResponseWriter, *http.Request) {}, http.StatusOK},
		"only a status":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, http.StatusNoContent},
		"a body, no status":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a") }, http.StatusOK},
		"two of them":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) }, http.StatusNotFound},
		"after the body":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a"); w.WriteHeader(500) }, http.StatusOK},
		"a body that failed": {func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) }, http.StatusServiceUnavailable},
	} {
		answer, err := Handler(secret, c.do)(t.Context(), event(t))
		if err != nil || answer.StatusCode != c.want {
			t.Errorf("%s: got %d, %v", name, answer.StatusCode, err)
		}
	}
}

// The API has an address of its own: whoever asks there, and not through the distribution, reaches no handler.
func TestWhoeverGoesRoundTheDistributionGetsNothing(t *testing.T) {
	for name, change := range map[string]func(map[string]string){
		"no secret":             func(h map[string]string) { delete(h, "x-origin-secret") },
		"an empty one":          func(h map[string]string) { h["x-origin-secret"] = "" },
		"another one":           func(h map[string]string) { h["x-origin-secret"] = "secreT" },
		"one that begins as it": func(h map[string]string) { h["x-origin-secret"] = "secre" },
		"it and something more": func(h map[string]string) { h["x-origin-secret"] = "secret,secret" },
		"it in another header":  func(h map[string]string) { delete(h, "x-origin-secret"); h["authorization"] = secret },
	} {
		e := event(t)
		change(e.Headers)
		answer, err := Handler(secret, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("%s: reached the handler", name)
		}))(t.Context(), e)
		if err != nil || answer.StatusCode != http.StatusForbidden || answer.Body != "" {
			t.Errorf("%s: got %d %q, %v", name, answer.StatusCode, answer.Body, err)
		}
	}
}

// A deployment that forgot its secret lets nobody in, whatever they send.
func TestWithoutASecretNobodyGetsIn(t *testing.T) {
	for name, sent := range map[string]map[string]string{
		"no header": {}, "an empty one": {"x-origin-secret": ""}, "a guess": {"x-origin-secret": secret},
	} {
		e := event(t)
		e.Headers = sent
		answer, err := Handler("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("%s: reached the handler", name)
		}))(t.Context(), e)
		if err != nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %d, %v", name, answer.StatusCode, err)
		}
	}
}

func TestAddressOfWhoAsksIsOneThatNetReads(t *testing.T) {
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		e := event(t)
		e.RequestContext.HTTP.SourceIP = from
		_, err := Handler(secret, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if host, _, err := net.SplitHostPort(r.RemoteAddr); host != from || err != nil {
				t.Errorf("from %s: got %q, %v", from, r.RemoteAddr, err)
			}
		}))(t.Context(), e)
		if err != nil {
			t.Error(err)
		}
	}
}

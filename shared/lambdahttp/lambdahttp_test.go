package lambdahttp

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// secret is what the distribution and these functions share.
const secret = "secret"

// sample is an event as the service's documentation shows it (payload format 2.0), shortened.
const sample = `{
  "version": "2.0", "routeKey": "POST /c/{token}/reponse", "rawPath": "/c/abc.DEF/reponse", "rawQueryString": "a=1&b=%C3%A9",
  "cookies": ["convoc=1", "autre=2"],
  "headers": {"content-type": "application/x-www-form-urlencoded", "host": "convoc.exemple.fr", "x-several": "a,b", "x-origin-secret": "secret"},
  "requestContext": {"http": {"method": "POST", "path": "/c/abc.DEF/reponse", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"}},
  "body": "dGV4dD1QcsOpc2VudA==", "isBase64Encoded": true
}`

func TestEventBecomesTheRequestItCameFrom(t *testing.T) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal([]byte(sample), &e); err != nil {
		t.Fatal(err)
	}
	answer, err := Handler(secret, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		cookie, err := r.Cookie("autre")
		if err != nil || cookie.Value != "2" {
			t.Errorf("got cookie %v, %v", cookie, err)
		}
		for _, c := range []struct{ name, got, want string }{
			{"method", r.Method, "POST"}, {"path", r.URL.Path, "/c/abc.DEF/reponse"}, {"query", r.URL.Query().Get("b"), "é"},
			{"body", string(body), "text=Présent"}, {"host", r.Host, "convoc.exemple.fr"}, {"from", r.RemoteAddr, "192.0.2.1:0"},
			{"type", r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"},
			{"the secret, which is for nobody behind", r.Header.Get(SecretHeader), ""},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
			}
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Set("Content-Type", "application/zip")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte{0xff, 0x00, 'x'})
	}))(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.StdEncoding.DecodeString(answer.Body)
	if err != nil || string(body) != "\xff\x00x" || answer.StatusCode != http.StatusCreated {
		t.Errorf("got %d %q, %v", answer.StatusCode, body, err)
	}
	if len(answer.Cookies) != 2 || answer.Headers["Content-Type"] != "application/zip" {
		t.Errorf("got cookies %q, headers %q", answer.Cookies, answer.Headers)
	}
}

func TestMalformedEventIsRefused(t *testing.T) {
	var spaced events.APIGatewayV2HTTPRequestContext
	spaced.HTTP.Method = "G T"
	for name, e := range map[string]events.APIGatewayV2HTTPRequest{
		"no path":             {},
		"a path from nowhere": {RawPath: "c/abc"},
		"no method":           {RawPath: "/", RequestContext: spaced},
		"broken base64":       {RawPath: "/", Body: "***", IsBase64Encoded: true},
	} {
		if _, err := Handler(secret, http.NotFoundHandler())(t.Context(), e); !errors.Is(err, ErrEvent) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

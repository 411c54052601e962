// Package lambdahttp is the edge between API Gateway (HTTP API, payload format 2.0) and an http.Handler: the same
// handlers answer on one machine and in a function.
package lambdahttp

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// ErrEvent: the event is no request that can be answered.
var ErrEvent = errors.New("lambdahttp: malformed event")

// SecretHeader is where the distribution in front of the API puts the secret they share: the API itself can be reached
// by all, and must answer nobody who went round it.
const SecretHeader = "X-Origin-Secret"

// Handler answers events with h, those that carry the secret; another one gets 403 and nothing else. Without a secret
// there is none to carry: every event gets 403.
func Handler(secret string, h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		r, err := request(ctx, e)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		w := &writer{header: http.Header{}}
		if secret == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get(SecretHeader)), []byte(secret)) != 1 {
			w.WriteHeader(http.StatusForbidden)
			return w.response(), nil
		}
		r.Header.Del(SecretHeader)
		h.ServeHTTP(w, r)
		return w.response(), nil
	}
}

// request turns an event into the request it came from. The path is taken raw, so that what was escaped stays so.
func request(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("%w: body", ErrEvent)
		}
	}
	u, err := address(e)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, "/", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return nil, fmt.Errorf("%w: method", ErrEvent)
	}
	r.URL = u // as parsed for a request: « //host/path » is a path, not another host
	r.ContentLength, r.RequestURI = int64(len(body)), u.RequestURI()
	r.RemoteAddr = net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0")
	for name, value := range e.Headers {
		r.Header.Set(name, value) // several values come joined by commas
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host = r.Header.Get("Host")
	return r, nil
}

// address is what was asked for. The gateway is said to hand a path over decoded at times: one that is none any more is
// taken as it is, because an event without an answer is a fault of ours, which nobody outside may cause.
func address(e events.APIGatewayV2HTTPRequest) (*url.URL, error) {
	if !strings.HasPrefix(e.RawPath, "/") {
		return nil, fmt.Errorf("%w: path", ErrEvent)
	}
	target := e.RawPath
	if e.RawQueryString != "" {
		target += "?" + e.RawQueryString
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return &url.URL{Path: e.RawPath, RawQuery: e.RawQueryString}, nil
	}
	return u, nil
}

// writer keeps an answer until it is whole.
type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// response gives the body in base64 whatever it is: texts come to the same, and nothing is ever damaged.
func (w *writer) response() events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{
		StatusCode: w.status, Headers: map[string]string{}, Cookies: w.header.Values("Set-Cookie"),
		Body: base64.StdEncoding.EncodeToString(w.body.Bytes()), IsBase64Encoded: true,
	}
	for name, values := range w.header {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	return out
}

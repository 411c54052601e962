package cloud

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"convoc/infra/wiring"
	"convoc/shared/lambdahttp"
)

// gateway is API Gateway behind its distribution: each route of the wiring table leads to its function.
func (c *installation) gateway() http.Handler {
	mux := http.NewServeMux()
	for _, f := range wiring.Functions {
		for _, pattern := range f.Routes {
			mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, f.Name, pattern) })
		}
	}
	return mux
}

func (c *installation) serve(w http.ResponseWriter, r *http.Request, function, pattern string) {
	e, err := request(r, pattern, c.secret)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	raw, err := c.instance(function).invoke(r.Context(), e)
	var answer events.APIGatewayV2HTTPResponse
	if err == nil {
		err = json.Unmarshal(raw, &answer)
	}
	body := []byte(answer.Body)
	if err == nil && answer.IsBase64Encoded {
		body, err = base64.StdEncoding.DecodeString(answer.Body)
	}
	if err != nil {
		c.t.Errorf("%s: %v", pattern, err)
		http.Error(w, `{"message":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	c.signed(function, w.Header().Get("Location")+string(body))
	w.WriteHeader(answer.StatusCode)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// request makes the event (payload format 2.0) of a request, as it comes through the distribution: header names in
// lower case, several values joined by commas, cookies apart, a body that is no text in base64.
func request(r *http.Request, pattern, secret string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 6<<20))
	if err != nil {
		return nil, err
	}
	headers := map[string]string{
		strings.ToLower(lambdahttp.SecretHeader): secret, "host": "abc123.execute-api.eu-west-3.amazonaws.com",
		"cloudfront-viewer-address": r.RemoteAddr, "x-forwarded-proto": "https",
	}
	var cookies []string
	for name, values := range r.Header {
		if name == "Cookie" {
			cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: pattern, RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery,
		Headers: headers, Cookies: cookies, Body: string(body),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: pattern, Stage: "$default", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: "HTTP/1.1", SourceIP: host, UserAgent: r.UserAgent(),
			},
		},
	}
	if !utf8.Valid(body) || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return json.Marshal(e)
}

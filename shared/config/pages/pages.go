// Package pages is what the functions that answer HTTP need beside the others.
package pages

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"convoc/shared/config"
	"convoc/shared/lambdahttp"
	"convoc/shared/page"
	"convoc/shared/web"
)

// Site is what every route needs.
func Site(e *config.Environment, tables ...config.Table) web.Site {
	key := sha256.Sum256([]byte("cursors " + e.Text("CONVOC_ORIGIN_SECRET"))) // all instances have that one already
	return web.Site{
		CursorKey: key[:],
		Tables:    e.Tables(tables...), Origin: e.Text("CONVOC_ORIGIN"), FilesOrigin: e.Text("CONVOC_FILES_ORIGIN"), Secure: true,
		Log: config.Log(), Now: config.Now, Pages: page.New(), Client: viewer,
	}
}

// viewer is where a request comes from, as the distribution in front tells: « address:port ».
func viewer(r *http.Request) string {
	from := r.Header.Get("CloudFront-Viewer-Address")
	if i := strings.LastIndexByte(from, ':'); i > 0 {
		return from[:i]
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// Handler answers the events of API Gateway that carry the secret of the distribution in front.
func Handler(e *config.Environment, site web.Site, routes ...web.Route) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return lambdahttp.Handler(e.Text("CONVOC_ORIGIN_SECRET"), site.Mount(routes...))
}

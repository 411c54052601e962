package stack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"

	"convoc/shared/web"
	"convoc/static"
)

// header is one header of an answer.
type header struct{ name, value string }

// pageHeaders are what package web says with a static page, asked from itself: both ways to run say the same.
func (d *deployment) pageHeaders() []header {
	site := web.Site{Origin: d.origin(), FilesOrigin: d.filesOrigin(), Secure: true}
	answer := discard{http.Header{}}
	r, err := http.NewRequest(http.MethodHead, "/index.html", nil)
	must(err)
	site.Static(static.Files()).ServeHTTP(answer, r)
	for _, ofTheFile := range []string{"Accept-Ranges", "Content-Length", "Content-Type", "Etag", "Last-Modified"} {
		answer.header.Del(ofTheFile)
	}
	var all []header
	for name, values := range answer.header {
		all = append(all, header{name, strings.Join(values, ", ")})
	}
	return sorted(all)
}

// discard keeps the header of an answer.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// filesHeaders are those of the files' host: nothing of a document runs, and its reader's browser keeps no copy. Styles
// are for the pages of errors, and for the browser's own viewers; a sandbox would keep those from showing a PDF.
func (d *deployment) filesHeaders() []header {
	return sorted([]header{
		{"Cache-Control", "private, no-store"},
		{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline' " + d.origin() +
			"; img-src 'self'; object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
		{"Referrer-Policy", "no-referrer"},
		{"Strict-Transport-Security", "max-age=63072000"},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Robots-Tag", "noindex"},
	})
}

func sorted(all []header) []header {
	slices.SortFunc(all, func(a, b header) int { return strings.Compare(a.name, b.name) })
	return all
}

// headersPolicy sets headers on every answer, whatever the origin says. CloudFront has a place of its own for some and
// refuses them among the others.
func (d *deployment) headersPolicy(id, name string, headers []header, cors *awscloudfront.ResponseHeadersCorsBehavior) awscloudfront.ResponseHeadersPolicy {
	security := &awscloudfront.ResponseSecurityHeadersBehavior{}
	var custom []*awscloudfront.ResponseCustomHeader
	for _, h := range headers {
		if !setSecurity(security, h) {
			custom = append(custom, &awscloudfront.ResponseCustomHeader{Header: new(h.name), Value: new(h.value), Override: new(true)})
		}
	}
	return awscloudfront.NewResponseHeadersPolicy(d.stack, new(id), &awscloudfront.ResponseHeadersPolicyProps{
		ResponseHeadersPolicyName: new(d.name(name)), Comment: new("what package web says, on what does not pass through it"),
		SecurityHeadersBehavior: security, CorsBehavior: cors,
		CustomHeadersBehavior: &awscloudfront.ResponseCustomHeadersBehavior{CustomHeaders: &custom},
	})
}

// setSecurity sets a header that CloudFront has a place of its own for. It panics on a value that this place cannot say.
func setSecurity(to *awscloudfront.ResponseSecurityHeadersBehavior, h header) bool {
	switch {
	case h.name == "Content-Security-Policy":
		to.ContentSecurityPolicy = &awscloudfront.ResponseHeadersContentSecurityPolicy{
			ContentSecurityPolicy: new(h.value), Override: new(true),
		}
	case h.name == "X-Content-Type-Options" && h.value == "nosniff":
		to.ContentTypeOptions = &awscloudfront.ResponseHeadersContentTypeOptions{Override: new(true)}
	case h.name == "Referrer-Policy":
		to.ReferrerPolicy = &awscloudfront.ResponseHeadersReferrerPolicy{
			ReferrerPolicy: awscloudfront.HeadersReferrerPolicy(strings.ToUpper(strings.ReplaceAll(h.value, "-", "_"))),
			Override:       new(true),
		}
	case h.name == "Strict-Transport-Security":
		age, err := strconv.Atoi(strings.TrimPrefix(h.value, "max-age="))
		must(err)
		to.StrictTransportSecurity = &awscloudfront.ResponseHeadersStrictTransportSecurity{
			AccessControlMaxAge: seconds(float64(age)), IncludeSubdomains: new(false), Preload: new(false), Override: new(true),
		}
	default:
		return false
	}
	return true
}

package sesmail

import (
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

// idle is how long an unused connection is kept. A function that was frozen for longer opens a new one: written to one
// that the service has closed meanwhile, a request is lost, and nobody knows that it is.
const idle = 10 * time.Second

// Client makes the client that [Open] wants: one that sends each request once. Of cfg.HTTPClient it takes the transport
// (its roots, its proxy), and has connections of its own.
func Client(cfg aws.Config) *sesv2.Client {
	return sesv2.NewFromConfig(cfg, func(o *sesv2.Options) {
		o.Retryer = aws.NopRetryer{}
		o.HTTPClient = &http.Client{
			Transport:     once{transport(cfg.HTTPClient)},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
}

// transport is HTTP/1 only: a connection carries one request at a time, and HTTP/2 has cases of its own in which the
// standard library sends a request again.
func transport(like aws.HTTPClient) *http.Transport {
	t := awshttp.NewBuildableClient().GetTransport()
	switch like := like.(type) {
	case *awshttp.BuildableClient:
		t = like.GetTransport()
	case *http.Client:
		if configured, ok := like.Transport.(*http.Transport); ok {
			t = configured.Clone()
		}
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.ForceAttemptHTTP2, t.TLSNextProto = false, nil
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = nil // a transport that was in use has h2 there
	}
	t.IdleConnTimeout = idle
	return t
}

// once hides what lets a request be sent again, or its connection be lost. With GetBody net/http rewinds a body. And
// io.WriterTo: asked for what is left of a body that the SDK has closed because the answer was there, it says EOF, which
// net/http takes for a fault of the connection, maybe under the next request.
type once struct{ next http.RoundTripper }

func (o once) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return o.next.RoundTrip(r)
	}
	bare := *r
	bare.Body = struct {
		io.Reader
		io.Closer
	}{r.Body, r.Body}
	bare.GetBody = nil
	return o.next.RoundTrip(&bare)
}

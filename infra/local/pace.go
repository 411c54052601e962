package main

import (
	"io"
	"net/http"
	"time"
)

// pace is how fast a request's body has to come: so many bytes in so long, and again. A body that comes slower ends with
// os.ErrDeadlineExceeded; whoever answers may take as long as it takes.
type pace struct {
	bytes int64
	in    time.Duration
}

// The paces: a page posts less than 1 MB, all of which has to be there in a minute; a document may take long on a slow
// line, but has to move.
var (
	pagesPace = pace{1 << 20, time.Minute}
	filesPace = pace{64 << 10, time.Minute}
)

// keep holds the bodies to the pace. The server's own ReadTimeout is one time for every body, however long. When a body
// has come to its end, the server takes the last deadline away by itself.
func (p pace) keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			paced := *r
			body := &pacedBody{ReadCloser: r.Body, pace: p, conn: http.NewResponseController(w)}
			body.renew()
			paced.Body = body
			r = &paced
		}
		next.ServeHTTP(w, r)
	})
}

type pacedBody struct {
	io.ReadCloser
	pace pace
	conn *http.ResponseController
	left int64 // of the bytes for which the time runs
}

func (b *pacedBody) renew() {
	b.left = b.pace.bytes
	_ = b.conn.SetReadDeadline(after(b.pace.in)) // of our own server's connection: it has deadlines
}

func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left <= 0 && err == nil {
		b.renew()
	}
	return n, err
}

package s3files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"convoc/shared/files"
)

// service answers each call with the next of its answers, and keeps what was asked.
type service struct {
	answers []answer

	mu   sync.Mutex
	made []string // see call
}

// asked are the calls made so far.
func (s *service) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.made)
}

// answer is one of the service's; the zero answer cuts the connection once the request was read.
type answer struct {
	status int
	body   string
	header http.Header
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, call(r))
	if len(s.made) > len(s.answers) {
		http.Error(w, "nobody expected this call", http.StatusTeapot)
		return
	}
	a := s.answers[len(s.made)-1]
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// call names an operation of S3.
func call(r *http.Request) string {
	switch query := r.URL.Query(); {
	case r.Method == http.MethodPost && query.Has("uploads"):
		return "begin"
	case r.Method == http.MethodPut && query.Has("partNumber"):
		return "part " + query.Get("partNumber")
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return "complete if-none-match=" + r.Header.Get("If-None-Match")
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		return "abort"
	case r.Method == http.MethodPut:
		return "put if-none-match=" + r.Header.Get("If-None-Match")
	default:
		return strings.ToLower(r.Method)
	}
}

// scripted is a store whose SDK never repeats by itself.
func scripted(t *testing.T, answers ...answer) (*service, *Store) {
	t.Helper()
	return repeating(t, answers, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
}

// repeating is a store as it is used.
func repeating(t *testing.T, answers []answer, with ...func(*s3.Options)) (*service, *Store) {
	t.Helper()
	s := &service{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := configuration(server.URL)
	cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
	return s, Open(Client(cfg, with...), "bucket", "")
}

func refusal(status int, code string) answer {
	return answer{status: status, body: `<Error><Code>` + code + `</Code><Message>the file of anne@exemple.fr</Message></Error>`}
}

var (
	ok       = answer{status: 200}
	cut      = answer{}
	found    = answer{status: 200, header: http.Header{"Content-Length": {"7"}, "Last-Modified": {"Tue, 01 Dec 2026 12:00:00 GMT"}}}
	begun    = answer{status: 200, body: `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`}
	taken    = answer{status: 200, header: http.Header{"Etag": {`"e"`}}}
	complete = answer{status: 200, body: `<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`}
	gone     = answer{status: 204}
	fault500 = refusal(500, "InternalError")
	exists   = refusal(412, "PreconditionFailed")
	conflict = refusal(409, "ConditionalRequestConflict")
)

const (
	put       = "put if-none-match=*"
	completed = "complete if-none-match=*"
)

func short() io.Reader { return strings.NewReader("content") }

// long is read in three parts; the last is short.
func long() io.Reader { return io.LimitReader(zeros{}, 2*partSize+1) }

func exact() io.Reader { return io.LimitReader(zeros{}, partSize) }

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What was created and is reported as failed is not created again from here: the second try would find the first.
func TestCreate(t *testing.T) {
	refused := refusal(404, "NoSuchUpload")
	rotten := answer{status: 200, body: fault500.body}
	const parts = "begin, part 1, part 2, part 3, " + completed
	for _, c := range []struct {
		name    string
		source  func() io.Reader
		answers []answer
		want    error
		asked   string
	}{
		{"a short file", short, []answer{ok, found}, nil, put + ", head"},
		{"a taken key", short, []answer{exists}, files.ErrExists, put},
		{"the answer is lost", short, []answer{cut}, files.ErrUnavailable, put},
		{"a fault of the service", short, []answer{fault500}, files.ErrUnavailable, put},
		{"the service cannot answer", short, []answer{refusal(503, "ServiceUnavailable")}, files.ErrUnavailable, put},
		{"no right", short, []answer{refusal(403, "AccessDenied")}, files.ErrUnavailable, put},
		{"no such bucket", short, []answer{refusal(404, "NoSuchBucket")}, files.ErrUnavailable, put},
		{"another one at the same time", short, []answer{conflict, conflict, ok, found}, nil, put + ", " + put + ", " + put + ", head"},
		{"another one was faster", short, []answer{conflict, exists}, files.ErrExists, put + ", " + put},
		{"too fast", short, []answer{refusal(503, "SlowDown"), ok, found}, nil, put + ", " + put + ", head"},
		{"a long file", long, []answer{begun, taken, taken, taken, complete, found}, nil, parts + ", head"},
		{"a long file at a taken key", long, []answer{begun, taken, taken, taken, exists, gone}, files.ErrExists, parts + ", abort"},
		{"the last answer is lost", long, []answer{begun, taken, taken, taken, cut, gone}, files.ErrUnavailable, parts + ", abort"},
		{"a fault in a good answer", long, []answer{begun, taken, taken, taken, rotten, gone}, files.ErrUnavailable, parts + ", abort"},
		{"a part is refused", long, []answer{begun, taken, refused, gone}, files.ErrUnavailable, "begin, part 1, part 2, abort"},
		{"it cannot even begin", long, []answer{fault500}, files.ErrUnavailable, "begin"},
		{"exactly one part", exact, []answer{begun, taken, complete, found}, nil, "begin, part 1, " + completed + ", head"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store := scripted(t, c.answers...)
			_, err := store.Create(t.Context(), "a/b", c.source())
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := strings.Join(s.asked(), ", "); got != c.asked {
				t.Errorf("asked %s\nwant  %s", got, c.asked)
			}
			if err != nil && strings.Contains(err.Error(), "anne") {
				t.Errorf("the error quotes the service: %v", err)
			}
		})
	}
}

// As it is used, the SDK repeats what may be repeated, and nothing else.
func TestWhatIsRepeated(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []answer
		do      func(context.Context, *Store) error
		want    error
		calls   int
	}{
		{"a look", []answer{fault500, found}, stat, nil, 2},
		{"a reading", []answer{cut, ok}, read, nil, 2},
		{"a removal", []answer{fault500, gone}, remove, nil, 2},
		{"a part", []answer{begun, taken, cut, taken, taken, complete, found}, createLong, nil, 7},
		{"a creation", []answer{cut}, createShort, files.ErrUnavailable, 1},
		{"a creation that failed", []answer{fault500}, createShort, files.ErrUnavailable, 1},
		{"the end of a long one", []answer{begun, taken, taken, taken, fault500, gone}, createLong, files.ErrUnavailable, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store := repeating(t, c.answers)
			if err := c.do(t.Context(), store); !errors.Is(err, c.want) || len(s.asked()) != c.calls {
				t.Errorf("got %v after %q, want %v after %d calls", err, s.asked(), c.want, c.calls)
			}
		})
	}
}

func stat(ctx context.Context, s *Store) error { _, err := s.Stat(ctx, "a/b"); return err }

func read(ctx context.Context, s *Store) error {
	r, err := s.Open(ctx, "a/b")
	if err != nil {
		return err
	}
	return r.Close()
}

func remove(ctx context.Context, s *Store) error { return s.Delete(ctx, "a/b") }

func createShort(ctx context.Context, s *Store) error {
	_, err := s.Create(ctx, "a/b", short())
	return err
}

func createLong(ctx context.Context, s *Store) error {
	_, err := s.Create(ctx, "a/b", long())
	return err
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer answer
		do     func(context.Context, *Store) error
		want   error
	}{
		{"nothing to look at", answer{status: 404}, stat, files.ErrNotFound},
		{"nothing to read", refusal(404, "NoSuchKey"), read, files.ErrNotFound},
		{"nothing to remove", gone, remove, nil},
		{"nothing to remove, and told so", refusal(404, "NoSuchKey"), remove, nil},
		{"no bucket to read from", refusal(404, "NoSuchBucket"), read, files.ErrUnavailable},
		{"no bucket to remove from", refusal(404, "NoSuchBucket"), remove, files.ErrUnavailable},
		{"no right to look", answer{status: 403}, stat, files.ErrUnavailable},
		{"no right to read", refusal(403, "AccessDenied"), read, files.ErrUnavailable},
		{"a file in the archive", refusal(403, "InvalidObjectState"), read, files.ErrUnavailable},
		{"a fault", fault500, stat, files.ErrUnavailable},
		{"no answer", cut, read, files.ErrUnavailable},
		{"led elsewhere", refusal(301, "PermanentRedirect"), read, files.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, store := scripted(t, c.answer)
			err := c.do(t.Context(), store)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "anne") {
				t.Errorf("the error quotes the service: %v", err)
			}
		})
	}
}

func TestEndedContextIsNamed(t *testing.T) {
	_, store := scripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, do := range []func(context.Context, *Store) error{stat, read, remove} {
		if err := do(ctx, store); !errors.Is(err, files.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// A caller whose time has ended leaves no parts behind.
func TestAbandonedWhenTheCallerLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	s, store := scripted(t, begun, taken, gone)
	source := io.MultiReader(io.LimitReader(zeros{}, partSize), hook(leave), zeros{})
	if _, err := store.Create(ctx, "a/b", source); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if asked := s.asked(); asked[len(asked)-1] != "abort" {
		t.Errorf("asked %q", s.asked())
	}
}

// hook does something when it is read, and gives nothing.
type hook func()

func (h hook) Read([]byte) (int, error) { h(); return 0, io.EOF }

// However long a file is, no more than a part of it is in memory.
func TestLongFileIsNotHeld(t *testing.T) {
	var read, received atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		a := found
		switch what := call(r); {
		case what == "begin":
			a = begun
		case strings.HasPrefix(what, "part"):
			received.Add(n)
			a = taken
		case what == completed:
			a = complete
		}
		for name, values := range a.header {
			w.Header()[name] = values
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	const size = 40 << 20
	source := reads(func(p []byte) (int, error) {
		ahead := read.Add(int64(len(p))) - received.Load()
		if ahead > partSize+64<<10 {
			return 0, fmt.Errorf("%d bytes were read and not sent", ahead)
		}
		return len(p), nil
	})
	store := Open(Client(configuration(server.URL)), "bucket", "")
	if _, err := store.Create(t.Context(), "a/b", io.LimitReader(source, size)); err != nil || received.Load() != size {
		t.Errorf("%d bytes have arrived: %v", received.Load(), err)
	}
}

type reads func(p []byte) (int, error)

func (r reads) Read(p []byte) (int, error) { return r(p) }

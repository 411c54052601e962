package sqsqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/google/go-cmp/cmp"

	"convoc/shared/queue"
	"convoc/shared/queue/sqsqueue"
)

// service answers each call with the next of its answers, and keeps what was asked.
type service struct {
	t       *testing.T
	answers []answer

	mu    sync.Mutex
	made  []call
	waits map[string]int // seconds, by the order of the bell
}

// asked are the calls made so far.
func (s *service) asked() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.made)
}

// answer is one of the service's; status 0 cuts the connection once the request was read.
type answer struct {
	status int
	body   string
}

// call is what was asked: the queue, and the orders of the bells in it.
type call struct {
	URL  string
	Body []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			ID, MessageBody, MessageGroupID string
			DelaySeconds                    int
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" {
		s.t.Errorf("asked %s: %v", r.Header.Get("X-Amz-Target"), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ids := call{URL: in.QueueURL}, map[string]bool{}
	for _, e := range in.Entries {
		b, err := queue.Decode([]byte(e.MessageBody))
		if err != nil || e.MessageGroupID != b.Collectivity || ids[e.ID] {
			s.t.Errorf("entry %+v: %v", e, err)
		}
		ids[e.ID], s.waits[b.Order] = true, e.DelaySeconds
		c.Body = append(c.Body, b.Order)
	}
	s.made = append(s.made, c)
	if len(s.made) > len(s.answers) {
		http.Error(w, "nobody expected this call", http.StatusTeapot)
		return
	}
	a := s.answers[len(s.made)-1]
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func scripted(t *testing.T, answers ...answer) (*service, *sqsqueue.Queue) {
	t.Helper()
	s := &service{t: t, answers: answers, waits: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := configuration(server.URL)
	cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
	return s, sqsqueue.Open(sqsqueue.Client(cfg), map[queue.Kind]string{
		queue.Dispatch: "https://sqs/dispatch", queue.Deliver: "https://sqs/deliver-mail",
	})
}

var ok = answer{200, `{"Successful":[],"Failed":[]}`}

func refusal(status int, code string) answer {
	return answer{status, `{"__type":"com.amazonaws.sqs#` + code + `","message":"the bell of anne@exemple.fr"}`}
}

// partly is the answer to a batch of which some entries were not taken.
func partly(sender bool, codes ...string) answer {
	var failed []string
	for i, code := range codes {
		failed = append(failed, fmt.Sprintf(`{"Id":"%d","Code":%q,"SenderFault":%t,"Message":"the bell of anne@exemple.fr"}`, i, code, sender))
	}
	return answer{200, `{"Successful":[],"Failed":[` + strings.Join(failed, ",") + `]}`}
}

// bells makes bells of a kind whose orders count from first.
func bells(kind queue.Kind, first, count int) (all []queue.Bell) {
	for n := range count {
		b := queue.Bell{Kind: kind, Collectivity: fmt.Sprintf("%09d", n%3), Convocation: "cnv_a", Order: strconv.Itoa(first + n)}
		if kind == queue.Deliver {
			b.Recipient = "rcp_b"
		}
		all = append(all, b)
	}
	return all
}

// Ten bells a call, each kind in its own queue, in the order in which they were rung.
func TestBatches(t *testing.T) {
	s, q := scripted(t, ok, ok, ok, ok)
	mixed := append(bells(queue.Deliver, 1, 12), bells(queue.Dispatch, 101, 1)...)
	mixed = append(mixed, bells(queue.Deliver, 13, 9)...)
	if err := q.Ring(t.Context(), mixed...); err != nil {
		t.Fatal(err)
	}
	want := []call{
		{"https://sqs/deliver-mail", strings.Fields("1 2 3 4 5 6 7 8 9 10")},
		{"https://sqs/deliver-mail", strings.Fields("11 12 13 14 15 16 17 18 19 20")},
		{"https://sqs/deliver-mail", strings.Fields("21")},
		{"https://sqs/dispatch", strings.Fields("101")},
	}
	if diff := cmp.Diff(want, s.asked()); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	if err := q.Ring(t.Context()); err != nil || len(s.asked()) != len(want) {
		t.Errorf("ringing nothing: %v, %d calls", err, len(s.asked()))
	}
}

// SQS counts the delay of a message in whole seconds, 900 at most. It is rounded up: a bell that comes early finds that
// nothing is due yet, is answered for nothing, and what it was for waits for the next pass of the agenda. One that comes
// late costs less than a second; and no mail leaves ahead of its slot.
func TestDelays(t *testing.T) {
	const unit = time.Millisecond
	waits := map[string]int{}
	var rung []queue.Bell
	for delay, seconds := range map[time.Duration]int{
		-time.Second: 0, 0: 0, 1: 1, unit: 1, 999 * unit: 1, 1000 * unit: 1, 1001 * unit: 2, 9_999 * unit: 10,
		queue.MaxDelay - unit: 900, queue.MaxDelay: 900, queue.MaxDelay + unit: 900,
	} {
		b := bells(queue.Deliver, 1, 1)[0]
		b.Order, b.Delay, waits[delay.String()] = delay.String(), delay, seconds
		rung = append(rung, b)
	}
	long := bells(queue.Dispatch, 1000, 1)[0]
	long.Delay, waits[long.Order] = 1<<62, 900 // 146 years: more seconds than the field holds
	s, q := scripted(t, ok, ok, ok)
	if err := q.Ring(t.Context(), append(rung, long)...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(waits, s.waits); diff != "" {
		t.Errorf("kept back by seconds (-want +got)\n%s", diff)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []answer
		want    error
		says    string
		calls   int // of the two for twelve bells; the SDK may repeat one
	}{
		{"all are taken", []answer{ok, ok}, nil, "", 2},
		{"some are not, and it is the service's fault", []answer{partly(false, "InternalError", "InternalError"), ok}, sqsqueue.ErrUnavailable, "2 of 12: InternalError", 2},
		{"some are not, and it is ours", []answer{ok, partly(true, "InvalidMessageContents")}, sqsqueue.ErrRefused, "1 of 12: InvalidMessageContents", 2},
		{"some for either", []answer{partly(false, "InternalError"), partly(true, "KmsAccessDenied")}, sqsqueue.ErrRefused, "2 of 12: KmsAccessDenied", 2},
		{"no such queue", []answer{refusal(400, "QueueDoesNotExist")}, sqsqueue.ErrRefused, "QueueDoesNotExist", 1},
		{"no right", []answer{refusal(400, "AccessDeniedException")}, sqsqueue.ErrRefused, "AccessDeniedException", 1},
		{"no right, as others say it", []answer{refusal(403, "AccessDenied")}, sqsqueue.ErrRefused, "AccessDenied", 1},
		{"some are not, then no right", []answer{partly(false, "InternalError"), refusal(403, "AccessDenied")}, sqsqueue.ErrRefused, "AccessDenied", 2},
		{"too fast, three times", []answer{refusal(400, "RequestThrottled"), refusal(400, "RequestThrottled"), refusal(400, "RequestThrottled")}, sqsqueue.ErrUnavailable, "RequestThrottled", 3},
		{"a fault, three times", []answer{refusal(500, "InternalFailure"), refusal(500, "InternalFailure"), refusal(500, "InternalFailure")}, sqsqueue.ErrUnavailable, "InternalFailure", 3},
		{"a fault, then all are taken", []answer{refusal(503, "ServiceUnavailable"), ok, ok}, nil, "", 3},
		{"the answer is lost, then all are taken", []answer{{}, ok, ok}, nil, "", 3},
		{"no answer, three times", []answer{{}, {}, {}}, sqsqueue.ErrUnavailable, "no answer", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, q := scripted(t, c.answers...)
			err := q.Ring(t.Context(), bells(queue.Deliver, 1, 12)...)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) || len(s.asked()) != c.calls {
				t.Fatalf("got %v after %d calls, want %v after %d", err, len(s.asked()), c.want, c.calls)
			}
			if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "anne")) {
				t.Errorf("got %q, want it to say %q and to quote nothing", err, c.says)
			}
		})
	}
}

// One kind that cannot be rung does not keep another one from it.
func TestOtherKindIsRungAllTheSame(t *testing.T) {
	s, q := scripted(t, refusal(400, "QueueDoesNotExist"), ok)
	err := q.Ring(t.Context(), append(bells(queue.Dispatch, 1, 1), bells(queue.Deliver, 2, 1)...)...)
	if !errors.Is(err, sqsqueue.ErrRefused) || len(s.asked()) != 2 || s.asked()[1].URL != "https://sqs/deliver-mail" {
		t.Errorf("got %v, asked %+v", err, s.asked())
	}
}

func TestKindWithoutQueue(t *testing.T) {
	s, _ := scripted(t)
	q := sqsqueue.Open(sqsqueue.Client(configuration("http://127.0.0.1:0")), nil)
	if err := q.Ring(t.Context(), bells(queue.Dispatch, 1, 1)...); !errors.Is(err, sqsqueue.ErrRefused) || len(s.asked()) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestEndedContextIsNamed(t *testing.T) {
	s, q := scripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := q.Ring(ctx, bells(queue.Deliver, 1, 25)...)
	if !errors.Is(err, sqsqueue.ErrUnavailable) || !errors.Is(err, context.Canceled) || len(s.asked()) > 0 {
		t.Errorf("got %v after %d calls", err, len(s.asked()))
	}
}

// Package sqsqueue is the bell on Amazon SQS: one standard queue for each kind of bell, named after the function that
// answers it. The body of a message is the encoded bell (queue.Bell.Encode); what answers it is package lambdasqs.
//
// The group of a message is its collectivité: on a standard queue this asks for fairness and not for order (« Amazon SQS
// fair queues »), so that thousands of bells of one do not make another one wait.
//
// A bell may be rung twice: the SDK repeats a call whose answer was lost.
package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"convoc/shared/queue"
)

var (
	// ErrRefused: the service blames the call or the installation (no such queue, no right). Ringing again will not help
	// before somebody mends it.
	ErrRefused = errors.New("sqsqueue: refused")
	// ErrUnavailable: the service could not, this time.
	ErrUnavailable = errors.New("sqsqueue: unavailable")
)

// Client makes the client that [Open] wants.
func Client(cfg aws.Config) *sqs.Client { return sqs.NewFromConfig(cfg) }

// Queue rings bells; made by Open.
type Queue struct {
	client *sqs.Client
	urls   map[queue.Kind]string
}

// Open names the queue of each kind of bell by its address. It calls nothing.
func Open(client *sqs.Client, urls map[queue.Kind]string) *Queue { return &Queue{client, urls} }

// batch is how many messages SQS takes in one call. They are short: ten are far from the size that it takes.
const batch = 10

// Ring puts bells in their queues, those of one kind in their order. Where the service does not take some of a call, the
// others are rung all the same; where it does not take the call, no further one is made for that kind.
// Errors: [ErrRefused], [ErrUnavailable].
func (q *Queue) Ring(ctx context.Context, bells ...queue.Bell) error {
	kinds, of := byKind(bells)
	var failed []error
	for _, kind := range kinds {
		if err := q.ring(ctx, kind, of[kind]); err != nil {
			failed = append(failed, fmt.Errorf("ringing for %s: %w", kind, err))
		}
	}
	return errors.Join(failed...)
}

// byKind sorts bells out; the kinds are in the order in which they come first.
func byKind(bells []queue.Bell) (kinds []queue.Kind, of map[queue.Kind][]queue.Bell) {
	of = map[queue.Kind][]queue.Bell{}
	for _, b := range bells {
		if len(of[b.Kind]) == 0 {
			kinds = append(kinds, b.Kind)
		}
		of[b.Kind] = append(of[b.Kind], b)
	}
	return kinds, of
}

// ring rings bells of one kind.
func (q *Queue) ring(ctx context.Context, kind queue.Kind, bells []queue.Bell) error {
	url, known := q.urls[kind]
	if !known {
		return fmt.Errorf("%w: no queue", ErrRefused)
	}
	var left []types.BatchResultErrorEntry
	for part := range slices.Chunk(bells, batch) {
		out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries(part)})
		if err != nil {
			return errors.Join(partly(left, len(bells)), fault(err))
		}
		left = append(left, out.Failed...)
	}
	return partly(left, len(bells))
}

func entries(bells []queue.Bell) []types.SendMessageBatchRequestEntry {
	all := make([]types.SendMessageBatchRequestEntry, len(bells))
	for i, b := range bells {
		all[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(b.Encode())), MessageGroupId: aws.String(b.Collectivity),
			DelaySeconds: seconds(b.Delay),
		}
	}
	return all
}

// seconds rounds up: no bell comes before its time.
func seconds(delay time.Duration) int32 {
	return int32((min(max(delay, 0), queue.MaxDelay) + time.Second - 1) / time.Second)
}

// partly says that some bells were not taken: whose fault it is, how many, and why the first.
func partly(left []types.BatchResultErrorEntry, of int) error {
	if len(left) == 0 {
		return nil
	}
	kind, first := ErrUnavailable, left[0]
	if i := slices.IndexFunc(left, func(e types.BatchResultErrorEntry) bool { return e.SenderFault }); i >= 0 {
		kind, first = ErrRefused, left[i]
	}
	return fmt.Errorf("%w: %d of %d: %s", kind, len(left), of, aws.ToString(first.Code))
}

// fault tells who is to blame for a call that failed. Of the service's text only the kind goes on.
func fault(err error) error {
	var said smithy.APIError
	var answer *smithyhttp.ResponseError
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrUnavailable, context.DeadlineExceeded)
	case !errors.As(err, &said) || !errors.As(err, &answer):
		return fmt.Errorf("%w: no answer", ErrUnavailable)
	}
	code := said.ErrorCode()
	_, slow := retry.DefaultThrottleErrorCodes[code]
	if status := answer.HTTPStatusCode(); slow || status < 400 || status > 499 || status == http.StatusTooManyRequests {
		return fmt.Errorf("%w: %s", ErrUnavailable, code)
	}
	return fmt.Errorf("%w: %s", ErrRefused, code)
}

package sqsqueue_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"convoc/infra/referee"
	"convoc/shared/lambdasqs"
	"convoc/shared/queue"
	"convoc/shared/queue/queuetest"
	"convoc/shared/queue/sqsqueue"
)

var (
	endpoint = flag.String("endpoint", "", "an SQS to hold the suite against too")
	region   = flag.String("region", "eu-west-3", "its region; credentials come from AWS_ACCESS_KEY_ID and its kin")
)

// configuration of a client: the credentials of the environment, or any, which is enough for a referee.
func configuration(endpoint string) aws.Config {
	id, secret := cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "test"), cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "test")
	return aws.Config{
		Region: *region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, os.Getenv("AWS_SESSION_TOKEN")),
	}
}

func TestConformanceOnMoto(t *testing.T) { conformance(t, referee.Start(t, "moto")) }

// go test ./shared/queue/sqsqueue -args -endpoint https://sqs.eu-west-3.amazonaws.com
func TestConformanceElsewhere(t *testing.T) {
	if *endpoint == "" {
		t.Skip("no -endpoint")
	}
	conformance(t, *endpoint)
}

func conformance(t *testing.T, endpoint string) {
	client := sqsqueue.Client(configuration(endpoint))
	queuetest.Run(t, func(t *testing.T, h queuetest.Heard) queue.Queue {
		p := &poller{t: t, client: client}
		dead := p.create("dead", nil)
		redrive := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, p.arn(dead), queuetest.Tries)
		urls := map[queue.Kind]string{}
		handler := lambdasqs.Handler(slog.New(slog.DiscardHandler), h.Answer)
		for _, kind := range []queue.Kind{queue.Dispatch, queue.Deliver} {
			urls[kind] = p.create(string(kind), map[string]string{"RedrivePolicy": redrive, "VisibilityTimeout": "120"})
			p.poll(2, urls[kind], grouped(t, handler))
		}
		p.poll(1, dead, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			for _, m := range e.Records {
				b, err := queue.Decode([]byte(m.Body))
				if err != nil {
					t.Errorf("a dead letter that nobody can read: %v", err)
				}
				h.Dead(b, nil)
			}
			return events.SQSEventResponse{}, nil
		})
		return sqsqueue.Open(client, urls)
	})
}

// grouped checks that the group of each message is its collectivité, which is what makes a queue fair.
func grouped(t *testing.T, f function) function {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		for _, m := range e.Records {
			if b, err := queue.Decode([]byte(m.Body)); err != nil || m.Attributes["MessageGroupId"] != b.Collectivity {
				t.Errorf("a message of %+v in group %q: %v", b, m.Attributes["MessageGroupId"], err)
			}
		}
		return f(ctx, e)
	}
}

// poller does what Lambda does between a queue and a function: it receives batches, hands them over as an event, and
// removes what the function has not reported as failed.
type poller struct {
	t      *testing.T
	client *sqs.Client
}

var serial atomic.Int64

// create makes a queue that goes with the test.
func (p *poller) create(name string, attributes map[string]string) (url string) {
	p.t.Helper()
	name = fmt.Sprintf("convoc-test-%d-%d-%s", os.Getpid(), serial.Add(1), name)
	out, err := p.client.CreateQueue(p.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_, _ = p.client.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
	})
	return *out.QueueUrl
}

func (p *poller) arn(url string) string {
	p.t.Helper()
	out, err := p.client.GetQueueAttributes(p.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Attributes[string(types.QueueAttributeNameQueueArn)]
}

type function = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// poll hands over the messages of a queue until the test ends.
func (p *poller) poll(workers int, url string, f function) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for ctx.Err() == nil {
				p.once(ctx, url, f)
			}
		})
	}
	p.t.Cleanup(func() { stop(); running.Wait() })
}

func (p *poller) once(ctx context.Context, url string, f function) {
	out, err := p.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		if ctx.Err() == nil {
			p.t.Errorf("receiving: %v", err)
		}
		return
	}
	if len(out.Messages) == 0 {
		return
	}
	answer, err := f(ctx, event(out.Messages))
	if err != nil {
		p.t.Errorf("the function failed: %v", err)
	}
	if err := p.settle(ctx, url, out.Messages, answer.BatchItemFailures); err != nil && ctx.Err() == nil {
		p.t.Errorf("settling: %v", err)
	}
}

// settle removes messages, or gives them back at once: the suite does not wait for the visibility timeout.
func (p *poller) settle(ctx context.Context, url string, messages []types.Message, failed []events.SQSBatchItemFailure) error {
	var answered []types.DeleteMessageBatchRequestEntry
	for i, m := range messages {
		if !slices.Contains(failed, events.SQSBatchItemFailure{ItemIdentifier: *m.MessageId}) {
			answered = append(answered, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
			continue
		}
		_, err := p.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0,
		})
		if err != nil {
			return err
		}
	}
	if len(answered) == 0 {
		return nil
	}
	_, err := p.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: answered})
	return err
}

func event(messages []types.Message) events.SQSEvent {
	var e events.SQSEvent
	for _, m := range messages {
		e.Records = append(e.Records, events.SQSMessage{
			MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes, EventSource: "aws:sqs",
		})
	}
	return e
}

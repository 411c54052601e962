// Package lambdasqs is the edge between SQS and what answers bells, stored files and mail events: a batch in, the list of
// those that failed out. A message that cannot be read fails too: it ends among the dead letters, and its batch-mates are
// unaffected.
package lambdasqs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"

	"convoc/shared/queue"
)

// Handler answers batches with h, one bell after the other.
func Handler(log *slog.Logger, h queue.Handler) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		return each(e, func(m events.SQSMessage) error {
			b, err := queue.Decode([]byte(m.Body))
			if err != nil {
				return err
			}
			return h(ctx, b)
		}, func(m events.SQSMessage, err error) {
			b, _ := queue.Decode([]byte(m.Body)) // nothing of one that cannot be read
			log.Error("bell", "message_id", m.MessageId, "bell", string(b.Kind), "collectivity", b.Collectivity,
				"convocation", b.Convocation, "recipient", b.Recipient, "err", err.Error())
		}), nil
	}
}

// each hands the messages over in their order and lists those that failed; a panic of ours is a failure of its own
// message.
func each(e events.SQSEvent, do func(events.SQSMessage) error, failed func(events.SQSMessage, error)) events.SQSEventResponse {
	var out events.SQSEventResponse
	for _, m := range e.Records {
		if err := caught(m, do); err != nil {
			failed(m, err)
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return out
}

func caught(m events.SQSMessage, do func(events.SQSMessage) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack()) // the value may hold what was asked
		}
	}()
	return do(m)
}

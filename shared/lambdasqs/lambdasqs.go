// Package lambdasqs is the edge between SQS and the handlers of bells: a batch in, the list of those that failed out.
// A message that cannot be read fails too: it ends among the dead letters, and its batch-mates are unaffected.
package lambdasqs

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"convoc/shared/queue"
)

// Handler answers batches with h, one bell after the other.
func Handler(log *slog.Logger, h queue.Handler) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		var out events.SQSEventResponse
		for _, m := range e.Records {
			b, err := queue.Decode([]byte(m.Body))
			if err == nil {
				err = h(ctx, b)
			}
			if err != nil {
				log.Error("bell", "message_id", m.MessageId, "bell", string(b.Kind), "err", err.Error())
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return out, nil
	}
}

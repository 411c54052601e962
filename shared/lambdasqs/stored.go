package lambdasqs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"convoc/shared/files"
)

// errEvent: a message that is no « Object Created » event. It ends among the dead letters.
var errEvent = errors.New("lambdasqs: malformed storage event")

// created is the event « Object Created » of S3 as EventBridge writes it: the key is not URL-encoded there.
type created struct {
	Kind   string    `json:"detail-type"`
	Time   time.Time `json:"time"`
	Detail struct {
		Object struct {
			Key  string `json:"key"`
			Size int64  `json:"size"`
		} `json:"object"`
	} `json:"detail"`
}

// Stored answers batches of storage events with h, one after the other.
func Stored(log *slog.Logger, h files.Stored) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		return each(e, func(m events.SQSMessage) error {
			var c created
			if err := json.Unmarshal([]byte(m.Body), &c); err != nil || c.Kind != "Object Created" || c.Detail.Object.Key == "" {
				return errEvent
			}
			return h(ctx, files.Key(c.Detail.Object.Key), files.Info{Size: c.Detail.Object.Size, StoredAt: c.Time.UTC()})
		}, func(m events.SQSMessage, err error) {
			log.Error("stored", "message_id", m.MessageId, "err", err.Error())
		}), nil
	}
}

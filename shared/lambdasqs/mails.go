package lambdasqs

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"convoc/shared/mail"
)

// Events answers batches of what the mail service says, one event after the other, each read with parse. What is about no
// mail (mail.ErrNoMail) is answered by itself.
func Events(
	log *slog.Logger, parse func([]byte) (mail.Event, error), h func(context.Context, mail.Event) error,
) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		return each(e, func(m events.SQSMessage) error {
			heard, err := parse([]byte(m.Body))
			if errors.Is(err, mail.ErrNoMail) {
				log.Info("mail event", "message_id", m.MessageId, "err", err.Error())
				return nil
			}
			if err != nil {
				return err
			}
			return h(ctx, heard)
		}, func(m events.SQSMessage, err error) {
			heard, _ := parse([]byte(m.Body)) // nothing of one that cannot be read
			log.Error("mail event", "message_id", m.MessageId, "what", string(heard.Kind), "collectivity", heard.Tags.Collectivity,
				"convocation", heard.Tags.Convocation, "recipient", heard.Tags.Recipient, "attempt", heard.Tags.Attempt,
				"err", err.Error())
		}), nil
	}
}

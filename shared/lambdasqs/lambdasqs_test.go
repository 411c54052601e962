package lambdasqs

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"convoc/shared/queue"
)

func TestFailuresAreReportedOneByOne(t *testing.T) {
	bell := func(recipient string) string {
		b := queue.Bell{Kind: queue.Deliver, Collectivity: "000000000", Convocation: "cnv_a", Order: "ord_b", Recipient: recipient}
		return string(b.Encode())
	}
	var heard []string
	h := Handler(slog.New(slog.NewTextHandler(io.Discard, nil)), func(_ context.Context, b queue.Bell) error {
		heard = append(heard, b.Recipient)
		if b.Recipient == "rcp_bad" {
			return errors.New("no")
		}
		return nil
	})
	got, err := h(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", Body: bell("rcp_a")}, {MessageId: "2", Body: "{}"}, {MessageId: "3", Body: bell("rcp_bad")}, {MessageId: "4", Body: bell("rcp_c")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []events.SQSBatchItemFailure{{ItemIdentifier: "2"}, {ItemIdentifier: "3"}}
	if diff := cmp.Diff(want, got.BatchItemFailures); diff != "" {
		t.Errorf("failures (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"rcp_a", "rcp_bad", "rcp_c"}, heard); diff != "" {
		t.Errorf("heard (-want +got)\n%s", diff)
	}
}

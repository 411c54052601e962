package lambdasqs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"convoc/shared/files"
	"convoc/shared/queue"
)

// objectCreated is an event as the service's documentation shows it, shortened.
const objectCreated = `{
  "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created", "source": "aws.s3",
  "account": "111122223333", "time": "2026-12-01T09:00:00Z", "region": "eu-west-3", "resources": ["arn:aws:s3:::files"],
  "detail": {"version": "0", "bucket": {"name": "files"}, "reason": "PutObject",
    "object": {"key": "000000000/cnv_a/up/doc é+%20", "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184", "sequencer": "00"}}
}`

func TestStoredFilesAreHandedOver(t *testing.T) {
	heard := map[files.Key]files.Info{}
	h := Stored(slog.New(slog.DiscardHandler), func(_ context.Context, key files.Key, info files.Info) error {
		heard[key] = info
		return nil
	})
	got, err := h(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: objectCreated}}})
	if err != nil || len(got.BatchItemFailures) > 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := map[files.Key]files.Info{"000000000/cnv_a/up/doc é+%20": {Size: 5, StoredAt: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("heard (-want +got)\n%s", diff)
	}
}

// batch is one message for each body, named by its place from 1.
func batch(bodies ...string) events.SQSEvent {
	var e events.SQSEvent
	for i, body := range bodies {
		e.Records = append(e.Records, events.SQSMessage{MessageId: string(rune('1' + i)), Body: body})
	}
	return e
}

func failed(t *testing.T, out events.SQSEventResponse, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var ids strings.Builder
	for _, f := range out.BatchItemFailures {
		ids.WriteString(f.ItemIdentifier)
	}
	return ids.String()
}

// What is no « Object Created » event ends among the dead letters; those beside it are unaffected.
func TestMalformedStorageEventFailsAlone(t *testing.T) {
	heard := 0
	h := Stored(slog.New(slog.DiscardHandler), func(_ context.Context, key files.Key, _ files.Info) error {
		heard++
		if strings.HasSuffix(string(key), "broken") {
			return errors.New("no")
		}
		return nil
	})
	out, err := h(t.Context(), batch(
		objectCreated, "", "{", "[]", strings.Replace(objectCreated, "Object Created", "Object Deleted", 1),
		strings.Replace(objectCreated, "000000000/cnv_a/up/doc é+%20", "", 1), strings.Replace(objectCreated, "doc é+%20", "broken", 1), objectCreated,
	))
	if got := failed(t, out, err); got != "234567" || heard != 3 {
		t.Errorf("failed: %s; heard %d", got, heard)
	}
}

// A bug met with one message is that message's failure, and says nothing of what it held.
func TestPanicFailsAlone(t *testing.T) {
	var log bytes.Buffer
	heard := 0
	bell := queue.Bell{Kind: queue.Deliver, Collectivity: "000000000", Convocation: "cnv_a", Order: "ord_b", Recipient: "rcp_a"}
	h := Handler(slog.New(slog.NewTextHandler(&log, nil)), func(context.Context, queue.Bell) error {
		if heard++; heard == 2 {
			panic("bruno.canari@exemple.fr")
		}
		return nil
	})
	one := string(bell.Encode())
	out, err := h(t.Context(), batch(one, one, one))
	if got := failed(t, out, err); got != "2" || heard != 3 {
		t.Errorf("failed: %s; heard %d", got, heard)
	}
	for _, said := range []string{
		"message_id=2", "bell=deliver", "collectivity=000000000", "convocation=cnv_a", "recipient=rcp_a",
	} {
		if !strings.Contains(log.String(), said) {
			t.Errorf("the log lacks %s", said)
		}
	}
	if strings.Contains(log.String(), "canari") {
		t.Errorf("the log says %s", log.String())
	}
}

func FuzzStored(f *testing.F) {
	f.Add(objectCreated)
	f.Add(`{"detail-type":"Object Created","detail":{"object":{"key":"a","size":-1}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		heard := 0
		h := Stored(slog.New(slog.DiscardHandler), func(_ context.Context, key files.Key, _ files.Info) error {
			if heard++; key == "" {
				t.Errorf("%q: a file without a name", body)
			}
			return nil
		})
		out, err := h(t.Context(), batch(body))
		if got := failed(t, out, err); (got == "") != (heard == 1) {
			t.Errorf("%q: heard %d, failed %q", body, heard, got)
		}
	})
}

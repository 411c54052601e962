package lambdasqs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/queue"
)

// The identifiers of testdata/bells.json, in their order: a bell, one of a later version, one that is none, two bells.
const (
	first   = "059f36b4-87a3-44ab-83d2-661975830a7d"
	later   = "2e1424d4-f796-459a-8184-9c92662be6da"
	console = "c1a0b1f0-4d58-4e0c-9b53-7d0b5f7f0a11"
	fourth  = "7d3a5f52-8a51-4f0e-8f0b-2f6f5b0f3c22"
	fifth   = "9b7c1f6e-1a8e-4bd2-a1de-6c4b8a5d9e33"
)

// report is the answer as SQS reads it: every other form fails the whole batch, or none of it.
func report(ids ...string) string {
	if len(ids) == 0 {
		return `{"batchItemFailures":null}` // « Lambda treats a batch as a complete success if… a null batchItemFailures list »
	}
	return `{"batchItemFailures":[{"itemIdentifier":"` + strings.Join(ids, `"},{"itemIdentifier":"`) + `"}]}`
}

// An event of the shape that the service documents (« Using Lambda with Amazon SQS »), through the runtime's own
// decoding and encoding. What cannot be read ends among the dead letters, and nothing else does.
func TestEventOfTheService(t *testing.T) {
	event, err := os.ReadFile("testdata/bells.json")
	if err != nil {
		t.Fatal(err)
	}
	one := func(id string) []byte { return only(t, event, id) }
	for _, c := range []struct {
		name   string
		event  []byte
		refuse string // the order of the bell that is refused; with a panic where it says so
		heard  string
		want   string
	}{
		{"all that can be read are answered, in their order", event, "", "ord_1 ord_4 ord_5", report(later, console)},
		{"one is refused", event, "ord_4", "ord_1 ord_4 ord_5", report(later, console, fourth)},
		{"the first is refused", event, "ord_1", "ord_1 ord_4 ord_5", report(first, later, console)},
		{"one meets a bug of ours", event, "panic ord_4", "ord_1 ord_4 ord_5", report(later, console, fourth)},
		{"the last meets a bug of ours", event, "panic ord_5", "ord_1 ord_4 ord_5", report(later, console, fifth)},
		{"a bell alone", one(first), "", "ord_1", report()},
		{"a bell alone, refused", one(first), "ord_1", "ord_1", report(first)},
		{"a later version alone", one(later), "", "", report(later)},
		{"no bell alone", one(console), "", "", report(console)},
		{"nothing", []byte(`{"Records":[]}`), "", "", report()},
	} {
		t.Run(c.name, func(t *testing.T) {
			var heard []string
			h := lambda.NewHandler(Handler(slog.New(slog.DiscardHandler), func(_ context.Context, b queue.Bell) error {
				heard = append(heard, b.Order)
				switch c.refuse {
				case b.Order:
					return errors.New("refused")
				case "panic " + b.Order:
					panic("a bug")
				}
				return nil
			}))
			got, err := h.Invoke(t.Context(), c.event)
			if err != nil || strings.TrimSpace(string(got)) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
			if strings.Join(heard, " ") != c.heard {
				t.Errorf("heard %q, want %s", heard, c.heard)
			}
		})
	}
}

// only keeps one record of an event.
func only(t *testing.T, event []byte, id string) []byte {
	t.Helper()
	var all struct{ Records []json.RawMessage }
	if err := json.Unmarshal(event, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all.Records {
		if bytes.Contains(r, []byte(id)) {
			return []byte(`{"Records":[` + string(r) + `]}`)
		}
	}
	t.Fatalf("no message %s", id)
	return nil
}

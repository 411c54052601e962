package lambdasqs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"convoc/shared/mail"
	"convoc/shared/mail/sesmail"
	"convoc/shared/telemetry"
)

// The identifiers of testdata/mails.json, in their order: a mail was taken, an event of another's mail, what SES says to a
// new topic, a mail came back, a mail arrived.
const (
	taken   = "0b9a1c1e-5a55-4a58-9f0e-3f0f0a7f1b01"
	foreign = "1c2d3e4f-7b1a-4c55-8a55-5b6c7d8e9f02"
	welcome = "2d3e4f50-6c2b-4d66-9b66-6c7d8e9fa003"
	back    = "3e4f5061-7d3c-4e77-8c77-7d8e9fa0b104"
	come    = "4f506172-8e4d-4f88-9d88-8e9fa0b1c205"
)

// A batch as Lambda hands it over, of events as SNS delivers them to a queue, raw. What is no event of a mail of ours ends
// among the dead letters, and nothing else does.
func TestMailEventsOfTheService(t *testing.T) {
	batch, err := os.ReadFile("testdata/mails.json")
	if err != nil {
		t.Fatal(err)
	}
	one := func(id string) []byte { return only(t, batch, id) }
	for _, c := range []struct {
		name   string
		batch  []byte
		refuse string // the kind of event that is refused; with a panic where it says so
		heard  string
		want   string
	}{
		{"all that are ours are heard, in their order", batch, "", "accepted bounced delivered", report(foreign)},
		{"one is refused", batch, "bounced", "accepted bounced delivered", report(foreign, back)},
		{"the first is refused", batch, "accepted", "accepted bounced delivered", report(taken, foreign)},
		{"one meets a bug of ours", batch, "panic bounced", "accepted bounced delivered", report(foreign, back)},
		{"one alone", one(come), "", "delivered", report()},
		{"one alone, refused", one(come), "delivered", "delivered", report(come)},
		{"another's alone", one(foreign), "", "", report(foreign)},
		{"the greeting alone", one(welcome), "", "", report()},
		{"nothing", []byte(`{"Records":[]}`), "", "", report()},
	} {
		t.Run(c.name, func(t *testing.T) {
			var heard []string
			h := lambda.NewHandler(Events(slog.New(slog.DiscardHandler), sesmail.ParseEvent, func(_ context.Context, e mail.Event) error {
				heard = append(heard, string(e.Kind))
				switch c.refuse {
				case string(e.Kind):
					return errors.New("refused")
				case "panic " + string(e.Kind):
					panic("a bug")
				}
				return nil
			}))
			got, err := h.Invoke(t.Context(), c.batch)
			if err != nil || strings.TrimSpace(string(got)) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
			if strings.Join(heard, " ") != c.heard {
				t.Errorf("heard %q, want %s", heard, c.heard)
			}
		})
	}
}

// Events hold addresses and subjects, and so may what goes wrong with them: the log has names of ours only.
func TestLogOfMailEventsHoldsNothingPersonal(t *testing.T) {
	batch, err := os.ReadFile("testdata/mails.json")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	h := lambda.NewHandler(Events(telemetry.New(&log, slog.LevelDebug), sesmail.ParseEvent, func(_ context.Context, e mail.Event) error {
		if e.Kind == mail.EventBounced {
			panic("recipient@example.com")
		}
		return errors.New("unavailable")
	}))
	if _, err := h.Invoke(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 5 {
		t.Errorf("%d lines for 5 messages:\n%s", len(lines), log.String())
	}
	for _, said := range []string{
		`"message_id":"` + back + `","what":"bounced","collectivity":"000000000","convocation":"cnv_aaaaaaaaaaaaaaaa",` +
			`"recipient":"rcp_bbbbbbbbbbbbbbbb","attempt":3,"err":"panic: string`,
		`"level":"ERROR","msg":"mail event","message_id":"` + foreign + `"`,
		`"level":"INFO","msg":"mail event","message_id":"` + welcome + `"`,
		`"err":"unavailable"`,
	} {
		if !strings.Contains(log.String(), said) {
			t.Errorf("the log lacks %s:\n%s", said, log.String())
		}
	}
	for _, personal := range []string{"recipient@", "sender@", "example.com", "Sender Name", "Message sent from", "newsletter", "192.0.2"} {
		if strings.Contains(log.String(), personal) {
			t.Errorf("the log says %s:\n%s", personal, log.String())
		}
	}
}

package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"convoc/shared/mail"
	"convoc/shared/telemetry"
)

// relay answers as it is told.
type relay struct{ answer mail.Result }

func (r *relay) Send(context.Context, mail.Envelope) mail.Result { return r.answer }

func TestEachChangeOfTheRelayIsToldOnce(t *testing.T) {
	var log bytes.Buffer
	r := &relay{}
	s := telemetry.Watch(telemetry.New(&log, slog.LevelInfo), r)
	for _, c := range []struct {
		name   string
		answer mail.Result
		want   string // in the line of the log; empty: nothing is said
	}{
		{"it works", mail.Result{Outcome: mail.Accepted}, ""},
		{"one mailbox is refused", mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonNoMailbox}, ""},
		{"it is away", mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection, Detail: "refused"}, `"code":"connection","err":"refused"`},
		{"it is still away", mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}, ""},
		{"it refuses us", mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonCredentials}, `"level":"ERROR","msg":"relay","code":"credentials"`},
		{"it works again", mail.Result{Outcome: mail.Accepted}, `"level":"INFO","msg":"relay","code":"usable"`},
	} {
		log.Reset()
		r.answer = c.answer
		if got := s.Send(t.Context(), mail.Envelope{}); got != c.answer {
			t.Errorf("%s: the answer became %+v", c.name, got)
		}
		if said := log.String(); (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: the log says %q", c.name, said)
		}
	}
}

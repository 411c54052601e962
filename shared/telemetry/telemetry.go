// Package telemetry writes the operator's log: slog JSON, one line a request or a message, with fixed keys. A key that
// is not on the list never reaches the log: no name, no address, no token, no body.
package telemetry

import (
	"io"
	"log/slog"
	"slices"
)

// allowed are the keys a line may have, beside slog's own.
var allowed = []string{
	slog.TimeKey, slog.LevelKey, slog.MessageKey,
	"route", "status", "bytes", "ms", "code", "err", "bell", "message_id", "what", "attempt",
	"collectivity", "convocation", "order", "recipient",
}

// New makes a logger that writes to w.
func New(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if !slices.Contains(allowed, a.Key) {
				return slog.Attr{}
			}
			return a
		},
	}))
}

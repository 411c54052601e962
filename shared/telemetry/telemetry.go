// Package telemetry writes the operator's log: slog JSON, one flat line a request or a message, with fixed keys. A key
// that is not on the list never reaches the log: no name, no address, no token, no body.
//
// Groups do not get around it: a group is opened, and each of its members counts by its own key. A value is a text, a
// number, a truth, a time or the text of an error; of anything else (a struct, bytes) only the type is written.
package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
)

// allowed are the keys a line may have, beside slog's own « time », « level » and « msg ».
var allowed = []string{
	"route", "status", "bytes", "ms", "code", "err", "bell", "message_id", "what", "attempt",
	"collectivity", "convocation", "order", "recipient",
}

// New makes a logger that writes to w.
func New(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// handler lets through what is on the list.
type handler struct{ next slog.Handler }

func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	kept := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		kept.AddAttrs(keep(a)...)
		return true
	})
	return h.next.Handle(ctx, kept)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.next.WithAttrs(keep(attrs...))}
}

func (h handler) WithGroup(string) slog.Handler { return h }

func keep(attrs ...slog.Attr) []slog.Attr {
	var kept []slog.Attr
	for _, a := range attrs {
		v := a.Value.Resolve()
		switch {
		case v.Kind() == slog.KindGroup:
			kept = append(kept, keep(v.Group()...)...)
		case slices.Contains(allowed, a.Key):
			kept = append(kept, slog.Attr{Key: a.Key, Value: plain(v)})
		}
	}
	return kept
}

// plain makes a value that holds no keys of its own.
func plain(v slog.Value) slog.Value {
	if v.Kind() != slog.KindAny || v.Any() == nil {
		return v
	}
	if err, is := v.Any().(error); is {
		return slog.StringValue(fmt.Sprint(err)) // an error that panics is no reason to fall
	}
	switch r := reflect.ValueOf(v.Any()); {
	case r.Kind() == reflect.String:
		return slog.StringValue(r.String())
	case r.Kind() == reflect.Bool:
		return slog.BoolValue(r.Bool())
	case r.CanInt():
		return slog.Int64Value(r.Int())
	case r.CanUint():
		return slog.Uint64Value(r.Uint())
	case r.CanFloat():
		return slog.Float64Value(r.Float())
	}
	return slog.StringValue(fmt.Sprintf("(%T)", v.Any()))
}

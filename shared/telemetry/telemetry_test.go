package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// canary must never reach the log.
const canary = "k9-canary-Dupont"

// line logs and reads what was written: one line of JSON. Its time is checked and left out.
func line(t *testing.T, log func(*slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	log(New(&out, slog.LevelInfo))
	if strings.Contains(out.String(), canary) {
		t.Errorf("it is in the log: %s", out.String())
	}
	if strings.Count(out.String(), "\n") != 1 || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("not one line: %q", out.String())
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(got["time"])); err != nil {
		t.Error(err)
	}
	delete(got, "time")
	return got
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestLineOfARequest(t *testing.T) {
	got := line(t, func(l *slog.Logger) {
		l.Info("request", "route", "GET /c/{token}", "status", 200, "bytes", int64(512), "ms", 1.5,
			"code", "not_found", "attempt", uint8(2))
	})
	check(t, "line", got, map[string]any{
		"level": "INFO", "msg": "request", "route": "GET /c/{token}", "status": 200.0, "bytes": 512.0, "ms": 1.5,
		"code": "not_found", "attempt": 2.0,
	})
}

// Whatever way a key takes, it counts by its own name; a line is flat.
func TestKeysOffTheListNeverReachTheLog(t *testing.T) {
	secret := slog.String("token", canary)
	kept := slog.String("code", "kept")
	for name, log := range map[string]func(*slog.Logger){
		"beside one that is on it": func(l *slog.Logger) { l.Error("m", "email", canary, "code", "kept") },
		"as an attribute":          func(l *slog.Logger) { l.LogAttrs(t.Context(), slog.LevelError, "m", secret, kept) },
		"of another case": func(l *slog.Logger) {
			l.Error("m", "Code", canary, "ERR", canary, "code ", canary, "code", "kept")
		},
		"empty":                 func(l *slog.Logger) { l.Error("m", "", canary, "code", "kept") },
		"without a value":       func(l *slog.Logger) { l.Error("m", []any{"code", "kept", canary}...) },
		"a value without a key": func(l *slog.Logger) { l.Error("m", []any{slog.Int("x", 1), 7, "code", "kept"}...) },
		"slog's own": func(l *slog.Logger) {
			l.Error("m", "code", "kept", "msg", canary, "source", canary, "level", canary, "time", canary)
		},
		"with":                     func(l *slog.Logger) { l.With("email", canary, "code", "kept").Error("m") },
		"with, twice":              func(l *slog.Logger) { l.With(secret).With("name", canary).Error("m", kept) },
		"in a group":               func(l *slog.Logger) { l.Error("m", slog.Group("request", secret, kept)) },
		"in a group that is on it": func(l *slog.Logger) { l.Error("m", slog.Group("what", secret, kept)) },
		"in a group of groups": func(l *slog.Logger) {
			l.Error("m", slog.Group("what", slog.Group("err", secret, kept), secret))
		},
		"in a group without a name": func(l *slog.Logger) { l.Error("m", slog.Group("", secret, kept)) },
		"the name of a group":       func(l *slog.Logger) { l.Error("m", slog.Group(canary, kept)) },
		"under a group":             func(l *slog.Logger) { l.WithGroup("what").Error("m", secret, kept) },
		"the name of a group above": func(l *slog.Logger) { l.WithGroup(canary).Error("m", kept) },
		"under groups, with": func(l *slog.Logger) {
			l.WithGroup("a").With(secret, kept).WithGroup(canary).With(secret).Error("m", secret)
		},
		"in a group, with":         func(l *slog.Logger) { l.With(slog.Group("a", secret, slog.Group(canary, kept))).Error("m") },
		"a value that is a group":  func(l *slog.Logger) { l.Error("m", "what", person{}) },
		"one that hides the other": func(l *slog.Logger) { l.Error("m", "person", hidden{}) },
		"an attribute in a value":  func(l *slog.Logger) { l.Error("m", "what", []slog.Attr{secret}, kept) },
		"by the handler's own hands": func(l *slog.Logger) {
			slog.New(l.Handler().WithGroup("a").WithAttrs([]slog.Attr{secret, kept})).Error("m")
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := line(t, log)
			delete(got, "what") // a type, in one case
			check(t, "line", got, map[string]any{"level": "ERROR", "msg": "m", "code": "kept"})
		})
	}
}

// person logs itself as a group; hidden as something that does.
type (
	person struct{ Name string }
	hidden struct{}
)

func (person) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", canary), slog.String("code", "kept"))
}
func (hidden) LogValue() slog.Value { return slog.AnyValue(person{}) }

type (
	code     string
	number   int16
	contact  struct{ Name, Address string }
	speaking struct{ contact }
	reading  struct{}
	falling  struct{}
)

func (speaking) Error() string                { return "no such recipient" }
func (speaking) MarshalJSON() ([]byte, error) { return []byte(`{"name":"` + canary + `"}`), nil }
func (reading) LogValue() slog.Value          { return slog.StringValue("read") }
func (falling) Error() string                 { panic("falls") }

func TestValues(t *testing.T) {
	mine := errors.New("table: unavailable")
	c := contact{canary, canary + "@exemple.fr"}
	for _, v := range []struct {
		name  string
		given any
		want  any
	}{
		{"text", "x", "x"},
		{"text with line ends and quotes", "a\n\"b\"\r\u2028", "a\n\"b\"\r\u2028"},
		{"number", 7, 7.0},
		{"truth", true, true},
		{"duration, in nanoseconds", time.Second, 1e9},
		{"time", time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), "2026-12-01T09:00:00Z"},
		{"nothing", nil, nil},
		{"a text of its own type", code("not_found"), "not_found"},
		{"a number of its own type", number(-3), -3.0},
		{"an error", mine, "table: unavailable"},
		{"a wrapped error", fmt.Errorf("sending rcp_1: %w", mine), "sending rcp_1: table: unavailable"},
		{"joined errors", errors.Join(mine, mine), "table: unavailable\ntable: unavailable"},
		{"an error that would write itself otherwise", speaking{c}, "no such recipient"},
		{"a value that says what it logs", reading{}, "read"},
		{"a struct", c, "(telemetry.contact)"},
		{"a pointer", &c, "(*telemetry.contact)"},
		{"a list", []contact{c}, "([]telemetry.contact)"},
		{"a map", map[string]string{canary: canary}, "(map[string]string)"},
		{"bytes", []byte(canary), "([]uint8)"},
		{"raw JSON", json.RawMessage(`{"name":"` + canary + `"}`), "(json.RawMessage)"},
	} {
		t.Run(v.name, func(t *testing.T) {
			got := line(t, func(l *slog.Logger) { l.Error("m", "err", v.given) })
			check(t, "err", got["err"], v.want)
			got = line(t, func(l *slog.Logger) { l.With("err", v.given).Error("m") })
			check(t, "err, with", got["err"], v.want)
		})
	}
	got := line(t, func(l *slog.Logger) { l.Error("m", "err", falling{}, "code", "kept") })
	check(t, "an error that panics takes nothing with it", got["code"], any("kept"))
}

func TestLevels(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	log := New(&out, level)
	log.Debug("m", "code", "x")
	if out.Len() != 0 || log.Enabled(t.Context(), slog.LevelDebug) {
		t.Errorf("below the level: %q", out.String())
	}
	level.Set(slog.LevelDebug)
	log.Debug("m", "code", "x")
	if !strings.Contains(out.String(), `"level":"DEBUG"`) || !log.With("code", "y").Enabled(t.Context(), slog.LevelDebug) {
		t.Errorf("at the level: %q", out.String())
	}
}

// A key that is used and not on the list would be lost unseen.
func TestEveryKeyThatIsUsedIsOnTheList(t *testing.T) {
	used := 0
	for _, root := range []string{"../../shared", "../../functions", "../../infra"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for _, key := range keysOf(call) {
					used++
					if !slices.Contains(allowed, key) {
						t.Errorf("%s logs %q, which is not on the list", path, key)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if used < 20 {
		t.Errorf("%d keys found: this tests nothing", used)
	}
}

// keysOf gives the keys of a call as l.Info("…", key, value, …), where l is named log or Log.
func keysOf(call *ast.CallExpr) []string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Debug", "Info", "Warn", "Error", "With"}, method.Sel.Name) {
		return nil
	}
	name := ""
	switch l := method.X.(type) {
	case *ast.Ident:
		name = l.Name
	case *ast.SelectorExpr:
		name = l.Sel.Name
	}
	if !strings.EqualFold(name, "log") {
		return nil
	}
	args := call.Args
	if method.Sel.Name != "With" {
		args = args[1:]
	}
	var keys []string
	for i := 0; i < len(args); i += 2 {
		key := "a key that is not written out"
		if lit, ok := args[i].(*ast.BasicLit); ok {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				key = text
			}
		}
		keys = append(keys, key)
	}
	return keys
}

package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/store"
	"convoc/shared/table/memtable"
	"convoc/shared/telemetry"
)

// A request is one line of the log, whatever came of it.
func TestRequestIsOneLineOfTheLog(t *testing.T) {
	for _, c := range []struct {
		name        string
		do          func(http.ResponseWriter, *http.Request) error
		level, code string
		status      float64
		err         []string // parts of it; none: no such key
	}{
		{"answered", func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}, "INFO", "", 204, nil},
		{"refused", func(http.ResponseWriter, *http.Request) error { return errs.ErrDenied }, "INFO", "denied", 403, nil},
		{"a fault", func(http.ResponseWriter, *http.Request) error { return errors.New("reading cnv_a: broken") },
			"ERROR", "fault", 500, []string{"reading cnv_a: broken"}},
		{"an item of another collectivité", func(_ http.ResponseWriter, r *http.Request) error {
			h := store.Tables{Data: memtable.New()}.Collectivity("100000009")
			h.ID = "200000008"
			_, err := h.ContactsAt(r.Context(), "bruno.canari@exemple.fr")
			return err
		}, "ERROR", "wall", 500, []string{"key of another tenant", "200000008 for 100000009"}},
		{"a document of another collectivité", func(_ http.ResponseWriter, r *http.Request) error {
			_, err := files.Shared(nil).For("100000009").Open(r.Context(), "200000008/cnv_a/kept/doc_b")
			return err
		}, "ERROR", "wall", 500, []string{"key of another tenant", "200000008/cnv_a/kept/doc_b", "100000009"}},
		{"a panic", func(http.ResponseWriter, *http.Request) error { panic("bruno.canari@exemple.fr") },
			"ERROR", "fault", 500, []string{"panic: string", "log_test.go:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			s := site()
			s.Log = telemetry.New(&log, slog.LevelInfo)
			asked(s.Mount(Route{"GET /api/groups", "", s.api(c.do)}), "GET", "/api/groups")
			if lines := strings.Count(log.String(), "\n"); lines != 1 {
				t.Fatalf("%d lines:\n%s", lines, log.String())
			}
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line["msg"] != "request" || line["route"] != "GET /api/groups" || line["level"] != c.level ||
				line["code"] != c.code || line["status"] != c.status {
				t.Errorf("got %s", log.String())
			}
			said, there := line["err"].(string)
			if there != (c.err != nil) || strings.Contains(said, "canari") {
				t.Errorf("err: %q", said)
			}
			for _, part := range c.err {
				if !strings.Contains(said, part) {
					t.Errorf("err: %q lacks %q", said, part)
				}
			}
		})
	}
}

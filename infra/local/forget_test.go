package main

import (
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"time"

	"convoc/shared/store"
	"convoc/shared/table"
)

// A session that is long over is gone from the disk at the next start, and one that is not stays.
func TestWhatIsLongPastIsRemoved(t *testing.T) {
	dir := t.TempDir()
	run := func(do func(*machine)) {
		t.Helper()
		o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", dir}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		o.Now, o.Random, o.Log = now, rand.Reader, io.Discard
		m, err := start(o)
		if err != nil {
			t.Fatal(err)
		}
		do(m)
		end(t, m)
	}
	run(func(m *machine) {
		for digest, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": time.Hour} {
			at := now().Add(-age)
			if err := m.tables.AccountsHandle().CreateSession(t.Context(), digest, store.Session{Login: demoLogin, CreatedAt: at, UsedAt: at}); err != nil {
				t.Fatal(err)
			}
		}
	})
	run(func(m *machine) {
		waitFor(t, "the end of the old session", func() bool {
			_, err := m.tables.AccountsHandle().Session(t.Context(), "old")
			return errors.Is(err, table.ErrNotFound)
		})
		if _, err := m.tables.AccountsHandle().Session(t.Context(), "new"); err != nil {
			t.Errorf("the new one: %v", err)
		}
		if _, err := m.tables.AccountsHandle().User(t.Context(), demoLogin); err != nil {
			t.Errorf("the user: %v", err)
		}
	})
}

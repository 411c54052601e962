//go:build linux || darwin

package dirfiles

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"convoc/shared/files"
)

// onFullDisk is set in the process of its own in which no file may grow over 1000 bytes: a disk that is full, but for
// that process alone.
const onFullDisk = "CONVOC_TEST_FULL_DISK"

// On a full disk the outcome is « unavailable », nothing is left behind, and what was there stays.
func TestFullDisk(t *testing.T) {
	if os.Getenv(onFullDisk) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), onFullDisk+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestFullDisk")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("kept")); err != nil {
		t.Fatal(err)
	}
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 1 << 20, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ) // a full disk sends no signal
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("x"), 5000)
	if _, err := s.Create(t.Context(), "a/c", bytes.NewReader(content)); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, files.ErrUnavailable)
	}
	w := send(t, s, form, string(content))
	check(t, "status", w.Code, http.StatusServiceUnavailable)
	check(t, "code", strings.TrimSpace(w.Body.String()), "unavailable")
	check(t, "files", tree(t, s.cfg.Dir), []string{"a/b"})
	if info, err := s.Stat(t.Context(), "a/b"); err != nil || info.Size != 4 {
		t.Errorf("what was there: got %+v, %v", info, err)
	}
	if _, err := s.Create(t.Context(), "a/d", strings.NewReader("small")); err != nil {
		t.Errorf("what finds room: got %v", err)
	}
}

//go:build linux || darwin

package dirmail

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"convoc/shared/mail"
)

// onFullDisk is set in the process of its own in which no file may grow over 1000 bytes: a disk that is full, but for
// that process alone.
const onFullDisk = "CONVOC_TEST_FULL_DISK"

// On a full disk a mail is refused for now, nothing of it is left, and what was kept stays.
func TestFullDisk(t *testing.T) {
	if os.Getenv(onFullDisk) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), onFullDisk+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestFullDisk")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	d := open(t)
	kept := message(1, "kept")
	if got := d.Send(t.Context(), kept); got.Outcome != mail.Accepted {
		t.Fatalf("got %+v", got)
	}
	signal.Ignore(syscall.SIGXFSZ) // a full disk sends no signal
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		t.Fatal(err)
	}
	for _, attempt := range []int{1, 2} { // the first once more: what is there is not spoiled
		m := message(attempt, strings.Repeat("x", 5000))
		if got := d.Send(t.Context(), m); got.Outcome != mail.RefusedForNow || got.Reason != mail.ReasonStorage {
			t.Errorf("attempt %d: got %+v", attempt, got)
		}
	}
	if accepted, known, err := d.Proof(t.Context(), message(2, "").Tags); accepted || !known || err != nil {
		t.Errorf("proof: %v %v %v", accepted, known, err)
	}
	entries, err := os.ReadDir(d.path)
	if err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if raw, err := d.Read(entries[0].Name()); err != nil || !bytes.Equal(raw, kept.Raw) {
		t.Errorf("got %q, %v", raw, err)
	}
}

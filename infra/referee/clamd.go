package referee

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ErrNoClamd says what to install. ClamAV is no referee that InstallAll could install: it comes with the system.
var ErrNoClamd = errors.New("no clamd for the antivirus's tests: apt-get install clamav-daemon (Debian, Ubuntu), or set CONVOC_CLAMD to one")

// FindClamd gives the path of ClamAV's daemon. CONVOC_CLAMD names another one. Errors: [ErrNoClamd].
func FindClamd() (string, error) {
	if path := os.Getenv("CONVOC_CLAMD"); path != "" {
		return path, nil
	}
	for _, name := range []string{"clamd", "/usr/sbin/clamd"} { // where only root's PATH leads
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoClamd
}

// Clamd is a daemon of a test's own.
type Clamd struct {
	Unix, TCP string // where it listens: a path, host:port

	t   testing.TB
	dir string
	cmd *exec.Cmd
}

// NewClamd makes a daemon that knows one virus, which holds these bytes; more are lines of its configuration. It is not
// started yet. Without clamd the test is left out, and fails with CI=true; -short leaves it out too.
func NewClamd(t testing.TB, virus string, more ...string) *Clamd {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no clamd")
	}
	path, err := FindClamd()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	// the path of a socket may have 107 characters: that of a test's own directory may have more
	dir, err := os.MkdirTemp("", "clamd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &Clamd{Unix: filepath.Join(dir, "clamd.ctl"), TCP: "127.0.0.1:" + freePort(t), t: t, dir: dir}
	program, err := os.ReadFile(path) // a copy: AppArmor holds the one at its own place to its own directories
	c.must(err)
	c.must(os.WriteFile(filepath.Join(dir, "clamd"), program, 0o755))
	c.must(os.Mkdir(filepath.Join(dir, "signatures"), 0o755))
	// « extended signature »: name, any kind of file, anywhere in it, its bytes
	c.must(os.WriteFile(filepath.Join(dir, "signatures", "test.ndb"), fmt.Appendf(nil, "Convoc.Test:0:*:%x\n", virus), 0o644))
	_, port, _ := net.SplitHostPort(c.TCP)
	lines := append([]string{
		"Foreground yes", "DatabaseDirectory " + filepath.Join(dir, "signatures"), "TemporaryDirectory " + dir,
		"LocalSocket " + c.Unix, "TCPAddr 127.0.0.1", "TCPSocket " + port,
	}, more...)
	c.must(os.WriteFile(filepath.Join(dir, "clamd.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	t.Cleanup(c.Stop)
	return c
}

func (c *Clamd) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// Start starts it, again after Stop, and waits until it answers.
func (c *Clamd) Start() *Clamd {
	c.t.Helper()
	var said bytes.Buffer
	c.cmd = exec.Command(filepath.Join(c.dir, "clamd"), "--config-file", filepath.Join(c.dir, "clamd.conf"))
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Dir = &said, &said, c.dir
	c.must(c.cmd.Start())
	for deadline := time.Now().Add(patience); !c.answers(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.Stop()
			c.t.Fatalf("clamd does not answer after %s\n%s", patience, said.String())
		}
	}
	return c
}

func (c *Clamd) answers() bool {
	for _, at := range [][2]string{{"unix", c.Unix}, {"tcp", c.TCP}} {
		conn, err := net.Dial(at[0], at[1])
		if err != nil {
			return false
		}
		_ = conn.Close()
	}
	return true
}

// Stop kills it.
func (c *Clamd) Stop() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.cmd = nil
}

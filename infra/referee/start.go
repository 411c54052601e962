package referee

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience with a server that starts: an interpreter on a busy machine takes its time.
const patience = time.Minute

// fill replaces a placeholder in each word.
func fill(words []string, placeholder, value string) []string {
	filled := make([]string, len(words))
	for i, w := range words {
		filled[i] = strings.ReplaceAll(w, placeholder, value)
	}
	return filled
}

// Start starts a referee for one test and gives its address, http://127.0.0.1:port. It ends with the test.
func Start(t testing.TB, name string) string {
	t.Helper()
	address, _ := StartIn(t, name)
	return address
}

// StartIn also gives the directory where it runs.
func StartIn(t testing.TB, name string) (address, dir string) {
	t.Helper()
	path := Need(t, name)
	port, dir := freePort(t), t.TempDir()
	for _, d := range Named(name).Dirs {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.Command(path, fill(fill(Named(name).Args, "{PORT}", port), "{TEMP}", dir)...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, dir
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			return "http://127.0.0.1:" + port, dir
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended at once: %v\n%s", name, err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen after %s\n%s", name, patience, said.String())
		}
	}
}

// Need gives the executable of a referee. Without it the test is left out, and fails with CI=true; -short leaves it
// out too.
func Need(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no referee")
	}
	path, err := Named(name).Path()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return path
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	netmail "net/mail"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"convoc/shared/files/pdfmerger"
	"convoc/shared/mail/dirmail"
)

// asProgram makes the test binary run as the program itself, so that a test can kill it.
const (
	asProgram = "CONVOC_TEST_AS_PROGRAM"
	fileLimit = "CONVOC_TEST_FILE_LIMIT" // bytes that one file may have: a full disk, but for the program alone
)

func TestMain(m *testing.M) {
	pdfmerger.New() // the program that is tested here starts itself to merge
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	if n, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ) // a full disk sends no signal
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
	main()
}

// program is the product running in a process of its own.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	origin string
	client *http.Client
}

func launch(t *testing.T, data string, env ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(os.Args[0], "-demo", "-addr", "127.0.0.1:0", "-data", data, "-from", "convocations@exemple.fr", "-undo", "1ns")}
	p.cmd.Env = append(append(os.Environ(), asProgram+"=1", "CONVOC_MAIL="), env...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the program said nothing: %v", err)
	}
	p.origin = strings.TrimSpace(line[strings.Index(line, "http"):])
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.client = &http.Client{Jar: jar, Timeout: 20 * time.Second}
	p.call("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword}, http.StatusOK)
	return p
}

// kill is kill -9.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// call makes one request; want 0 takes any status.
func (p *program) call(method, path string, body any, want int) (map[string]any, int) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(method, p.origin+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if want != 0 && res.StatusCode != want {
		p.t.Fatalf("%s %s: got %d %s, want %d", method, path, res.StatusCode, answer, want)
	}
	var out map[string]any
	_ = json.Unmarshal(answer, &out)
	return out, res.StatusCode
}

// inboxOf counts the mails in a data directory by address.
func inboxOf(t *testing.T, data string) map[string]int {
	t.Helper()
	dir, err := dirmail.Open(filepath.Join(data, "courriels"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := dir.List()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range list {
		raw, err := dir.Read(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("half a mail was left: %v", err)
		}
		got[m.Header.Get("To")]++
	}
	return got
}

// inboxSize is how many files that is, whole mails or not.
func inboxSize(t *testing.T, data string) int {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(data, "courriels"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// patience is how long a test waits for what it expects.
const patience = 20 * time.Second

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}

// Killed in the middle of a sending, again and again, the program sends each recipient exactly one mail: the directory
// can tell what became of every attempt.
func TestKilledInMidSendingNobodyIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	const recipients, kills = 1_000, 10
	data := t.TempDir()
	p := launch(t, data)
	draft, _ := p.call("POST", "/api/convocations", map[string]any{}, http.StatusCreated)
	to := make([]map[string]string, recipients)
	for i := range to {
		to[i] = map[string]string{"kind": "address", "address": fmt.Sprintf("elu%d@exemple.fr", i)}
	}
	path := "/api/convocations/" + draft["id"].(string)
	p.call("PUT", path, map[string]any{
		"version": 1, "subject": "Convocation", "message": "Bonjour", "to": to, "cc": []any{}, "bcc": []any{},
	}, http.StatusOK)
	p.call("POST", path+"/send", map[string]any{"version": 2}, http.StatusAccepted)
	for n := range kills {
		sent := 1 + n*recipients/kills
		waitFor(t, fmt.Sprintf("%d mails", sent), func() bool { return inboxSize(t, data) >= sent })
		p.kill()
		p = launch(t, data)
	}
	counts := func() map[string]any {
		answer, _ := p.call("GET", path+"/follow", map[string]any{}, http.StatusOK)
		return answer["counts"].(map[string]any)
	}
	waitFor(t, "all transmitted", func() bool { return counts()["transmitted"] == float64(recipients) })
	got := inboxOf(t, data)
	if len(got) != recipients {
		t.Errorf("got mails to %d recipients, want %d", len(got), recipients)
	}
	for address, n := range got {
		if n != 1 {
			t.Errorf("%s got %d mails", address, n)
		}
	}
}

// On a full disk every change is refused in plain words, and what was acknowledged stays; with room again, all works.
func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	launch(t, data).kill() // makes the database
	p := launch(t, data, fileLimit+"=131072")
	kept := 0
	for ; kept < 5_000; kept++ {
		answer, status := p.call("POST", "/api/groups", map[string]any{"name": fmt.Sprintf("Groupe %d %s", kept, strings.Repeat("x", 60))}, 0)
		if status == http.StatusServiceUnavailable {
			if message := fmt.Sprint(answer["message"]); !strings.Contains(message, "Rien n’a été perdu") {
				t.Errorf("got %q", message)
			}
			break
		}
		if status != http.StatusCreated {
			t.Fatalf("got %d %v", status, answer)
		}
	}
	if kept == 0 || kept == 5_000 {
		t.Fatalf("the disk was full after %d groups: this tests nothing", kept)
	}
	count := func() int {
		answer, _ := p.call("GET", "/api/groups", map[string]any{}, http.StatusOK)
		return len(answer["groups"].([]any))
	}
	if got := count(); got != kept {
		t.Errorf("on the full disk: got %d groups, want %d", got, kept)
	}
	p.kill()
	p = launch(t, data)
	if got := count(); got != kept {
		t.Errorf("with room again: got %d groups, want %d", got, kept)
	}
	p.call("POST", "/api/groups", map[string]any{"name": "Un de plus"}, http.StatusCreated)
}

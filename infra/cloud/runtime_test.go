package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/infra/wiring"
)

// instance is one execution environment of a function: its bootstrap, and the Runtime API that it asks. It answers one
// event at a time, like the real one.
type instance struct {
	function wiring.Function
	server   *httptest.Server
	process  *exec.Cmd
	ended    chan struct{}
	polled   chan struct{} // closed at the first poll: the cold start is over
	events   chan event
	turn     sync.Mutex
	waiting  event // the event that is being answered
}

type event struct {
	id      string
	payload []byte
	answer  chan result
}

type result struct {
	payload []byte
	err     error
}

// launch starts a bootstrap with an environment.
func launch(f wiring.Function, bootstrap string, env []string, log io.Writer) (*instance, error) {
	i := &instance{function: f, ended: make(chan struct{}), polled: make(chan struct{}), events: make(chan event)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", i.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		i.settle(r.PathValue("id"), result{body, err})
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		i.settle(r.PathValue("id"), result{err: fmt.Errorf("%s: %s", f.Name, body)})
	})
	i.server = httptest.NewServer(mux)
	i.process = exec.Command(bootstrap)
	i.process.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(i.server.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME="+f.Name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.Memory))
	i.process.Stdout, i.process.Stderr = log, log
	if err := i.process.Start(); err != nil {
		i.server.Close()
		return nil, err
	}
	go func() {
		_ = i.process.Wait()
		close(i.ended)
	}()
	return i, nil
}

var firstPoll sync.Mutex

// next hands over an event when there is one.
func (i *instance) next(w http.ResponseWriter, r *http.Request) {
	firstPoll.Lock()
	select {
	case <-i.polled:
	default:
		close(i.polled)
	}
	firstPoll.Unlock()
	select {
	case e := <-i.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", e.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.function.Timeout).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-3:000000000000:function:"+i.function.Name)
		_, _ = w.Write(e.payload)
	case <-r.Context().Done():
	}
}

func (i *instance) settle(id string, r result) {
	if i.waiting.id == id {
		i.waiting.answer <- r
	}
}

// invoke makes the function answer one event.
func (i *instance) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	i.turn.Lock()
	defer i.turn.Unlock()
	ctx, cancel := context.WithTimeout(ctx, i.function.Timeout)
	defer cancel()
	i.waiting = event{id: fmt.Sprintf("%s-%d", i.function.Name, time.Now().UnixNano()), payload: payload, answer: make(chan result, 1)}
	select {
	case i.events <- i.waiting:
	case <-i.ended:
		return nil, errors.New(i.function.Name + " has ended")
	case <-ctx.Done():
		return nil, fmt.Errorf("%s does not ask for events: %w", i.function.Name, ctx.Err())
	}
	select {
	case r := <-i.waiting.answer:
		return r.payload, r.err
	case <-i.ended:
		return nil, errors.New(i.function.Name + " has ended in the middle of an event")
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: no answer in time: %w", i.function.Name, ctx.Err())
	}
}

func (i *instance) stop() {
	_ = i.process.Process.Kill()
	<-i.ended
	i.server.CloseClientConnections()
	i.server.Close()
}

// bootstraps are built once for all tests, with the flags of the deployment but for this machine.
var bootstraps = sync.OnceValues(func() (string, error) {
	if err := readSources(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "bootstraps")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", dir+"/", "./functions/...")
	cmd.Dir = filepath.Join("..", "..")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building the functions: %w\n%s", err, said.String())
	}
	return dir, nil
})

// readSources reads what the bootstraps are made of: go test caches by the files that the test itself has opened, and
// would not see what a build in another process did.
func readSources() error {
	for _, root := range []string{"functions", "shared", "go.mod"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := bootstraps(); err == nil && built {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// built tells that some test wanted the bootstraps: otherwise nobody builds them to remove them.
var built bool

func bootstrap(t testing.TB, name string) string {
	t.Helper()
	built = true
	dir, err := bootstraps()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

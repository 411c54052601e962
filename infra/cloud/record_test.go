package cloud

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"convoc/infra/wiring"
)

// calls are what each function did, in the words of the wiring table.
type calls struct {
	mu    sync.Mutex
	did   map[string]map[wiring.Resource]map[wiring.Call]bool
	rang  map[string]map[string]bool
	wrong []string // calls that the table has no word for
}

func newCalls() *calls {
	return &calls{did: map[string]map[wiring.Resource]map[wiring.Call]bool{}, rang: map[string]map[string]bool{}}
}

func (c *calls) note(function string, on wiring.Resource, what wiring.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.did[function] == nil {
		c.did[function] = map[wiring.Resource]map[wiring.Call]bool{}
	}
	if c.did[function][on] == nil {
		c.did[function][on] = map[wiring.Call]bool{}
	}
	c.did[function][on][what] = true
}

func (c *calls) ring(function, queue string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rang[function] == nil {
		c.rang[function] = map[string]bool{}
	}
	c.rang[function][queue] = true
}

func (c *calls) unknown(function, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, function+": "+what)
}

// signed notes what an answer of a function holds: a form that allows an upload, an address that allows a download.
func (c *installation) signed(function, answer string) {
	if strings.Contains(answer, "X-Amz-Signature=") {
		c.calls.note(function, wiring.Store, wiring.Download)
	}
	if lower := strings.ToLower(answer); strings.Contains(lower, `"policy"`) {
		c.calls.note(function, wiring.Store, wiring.Upload)
	}
}

// executionEnvironment is how a call says which function makes it: the SDK tells it in every User-Agent.
var executionEnvironment = regexp.MustCompile(`exec-env/([a-z-]+)`)

// recorder stands between the functions and one service, and notes each call before it goes through.
func (c *installation) recorder(service, target string) *httptest.Server {
	to, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // signatures cover it
	}}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		function := ""
		if m := executionEnvironment.FindStringSubmatch(r.UserAgent()); m != nil {
			function = m[1]
		}
		if service == "sts" {
			c.assume(w, r, function, body, proxy)
			return
		}
		if why := c.foreign(service, function, r, body); why != nil {
			c.refuse(w, service, function, why)
			return
		}
		switch service {
		case "dynamodb":
			c.noteTable(function, r, body)
		case "s3":
			c.noteFiles(function, r)
			if r.URL.Query().Has("tagging") {
				c.scan(strings.TrimPrefix(r.URL.Path, "/"+c.bucket()+"/"))
			}
		case "sqs":
			c.noteQueue(function, r, body)
		case "sesv2":
			c.mail(w, r, function, body, proxy)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
}

// parts are the writes of a transaction or a batch, by the name that DynamoDB gives them.
var parts = map[string]wiring.Call{
	"Put": wiring.Put, "Update": wiring.Update, "Delete": wiring.Delete, "ConditionCheck": wiring.Check,
}

func (c *installation) noteTable(function string, r *http.Request, body []byte) {
	_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		TableName     string
		TransactItems []map[string]struct{ TableName string }
		RequestItems  map[string]any
	}
	if target == "" && r.Method == http.MethodGet {
		return // the connection that is opened at start
	}
	if err := json.Unmarshal(body, &in); err != nil {
		c.calls.unknown(function, target)
		return
	}
	single := map[string]wiring.Call{
		"GetItem": wiring.Get, "Query": wiring.Query, "PutItem": wiring.Put, "UpdateItem": wiring.Update, "DeleteItem": wiring.Delete,
	}
	switch call, ok := single[target]; {
	case ok:
		c.calls.note(function, c.resource(in.TableName), call)
	case target == "TransactWriteItems":
		for _, item := range in.TransactItems {
			for name, of := range item {
				c.calls.note(function, c.resource(of.TableName), parts[name])
			}
		}
	case target == "BatchWriteItem":
		for name := range in.RequestItems {
			c.calls.note(function, c.resource(name), wiring.Batch)
		}
	default:
		c.calls.unknown(function, target)
	}
}

// resource tells which table a name stands for: convoc-3-data is the data.
func (c *installation) resource(table string) wiring.Resource {
	return wiring.Resource(table[strings.LastIndexByte(table, '-')+1:])
}

func (c *installation) noteFiles(function string, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Query().Has("tagging") {
		c.calls.note(function, wiring.Store, wiring.Scan)
		return
	}
	call, ok := map[string]wiring.Call{
		http.MethodGet: wiring.Read, http.MethodHead: wiring.Read, http.MethodPut: wiring.Create, http.MethodPost: wiring.Create,
		http.MethodDelete: wiring.Delete,
	}[r.Method]
	if !ok {
		c.calls.unknown(function, r.Method+" of a file")
		return
	}
	c.calls.note(function, wiring.Store, call)
}

func (c *installation) noteQueue(function string, r *http.Request, body []byte) {
	_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct{ QueueUrl string }
	if err := json.Unmarshal(body, &in); err != nil || !slices.Contains([]string{"SendMessage", "SendMessageBatch"}, target) {
		c.calls.unknown(function, target)
		return
	}
	c.calls.ring(function, strings.TrimPrefix(path.Base(in.QueueUrl), c.name+"-"))
}

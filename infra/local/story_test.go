package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"convoc/shared/mail/dirmail"
)

// The stories of the users are the files testdata/*.txtar, in French, over HTTP against the whole machine. Commands:
//
//	convoc [-demo …]                 starts the machine, or starts it again with the same data; $HOST is its address
//	get|post|put|delete PATH [FILE]  one request of the secretary, JSON from FILE, $NAMES replaced; prints « STATUS body »
//	lien GET|HEAD|POST URL [k=v …]   one request of an élu, without cookies, following 303; prints « STATUS text »
//	soit NAME PATH                   keeps a value of the last JSON answer: contacts.0.id, groups.name=ENN.id
//	champ NAME FIELD                 keeps a hidden field of the last page
//	deposer FILE NAME                posts FILE to the form of the last answer or page; prints « STATUS »
//	courriels N                      waits for N mails and prints who got what
//	adresse NAME ADDRESS             keeps the newest link sent to an address
//	attendre REGEXP PATH             asks until the answer matches, then prints it
func TestStories(t *testing.T) {
	commands := map[string]func(*story, *testscript.TestScript, []string) string{
		"convoc": (*story).start, "lien": (*story).link, "soit": (*story).let, "champ": (*story).field,
		"deposer": (*story).upload, "courriels": (*story).mails, "adresse": (*story).address, "attendre": (*story).await,
		"get": (*story).get, "post": (*story).post, "put": (*story).put, "delete": (*story).delete,
	}
	params := testscript.Params{
		Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){},
		Setup: func(e *testscript.Env) error {
			s := &story{dir: e.WorkDir}
			e.Values[storyKey{}] = s
			e.Defer(s.stop)
			return nil
		},
	}
	for name, do := range commands {
		params.Cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s cannot be negated: look at what it prints", name)
			}
			s := ts.Value(storyKey{}).(*story)
			fmt.Fprint(ts.Stdout(), do(s, ts, args))
		}
	}
	testscript.Run(t, params)
}

type storyKey struct{}

// story is one run of the product, its secretary's browser and what was last seen.
type story struct {
	dir       string
	machine   *machine
	secretary *http.Client
	last      any    // JSON
	page      string // HTML
}

func (s *story) stop() {
	if s.machine != nil {
		if err := s.machine.stop(); err != nil {
			panic(err)
		}
		s.machine = nil
	}
}

func (s *story) start(ts *testscript.TestScript, args []string) string {
	s.stop()
	log, err := os.OpenFile(filepath.Join(s.dir, "journal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	args = append([]string{"-addr", "127.0.0.1:0", "-data", filepath.Join(s.dir, "données")}, args...)
	o, err := parse(args, log)
	ts.Check(err)
	o.Now, o.Random, o.Log = now, rand.Reader, log
	s.machine, err = start(o)
	ts.Check(err)
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	s.secretary = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	ts.Setenv("HOST", s.machine.origin)
	ts.Setenv("INVITATION", s.machine.invite)
	var greeting bytes.Buffer
	s.machine.greet(&greeting)
	return greeting.String()
}

func (s *story) get(ts *testscript.TestScript, a []string) string    { return s.api(ts, "GET", a) }
func (s *story) post(ts *testscript.TestScript, a []string) string   { return s.api(ts, "POST", a) }
func (s *story) put(ts *testscript.TestScript, a []string) string    { return s.api(ts, "PUT", a) }
func (s *story) delete(ts *testscript.TestScript, a []string) string { return s.api(ts, "DELETE", a) }

// api makes one request of the secretary.
func (s *story) api(ts *testscript.TestScript, method string, args []string) string {
	body := "{}"
	if len(args) > 1 {
		body = os.Expand(ts.ReadFile(args[1]), ts.Getenv)
	}
	req, err := http.NewRequest(method, s.machine.origin+args[0], strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.machine.origin)
	res, err := s.secretary.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ts.Check(err)
	s.last = nil
	if json.Unmarshal(raw, &s.last) != nil {
		s.page = string(raw)
		raw = []byte(visible(s.page))
	}
	return fmt.Sprintf("%d %s\n", res.StatusCode, bytes.TrimSpace(raw))
}

var tags = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`)

// visible is what a person reads of a page, on one line.
func visible(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// link makes one request of an élu.
func (s *story) link(ts *testscript.TestScript, args []string) string {
	method, address, fields := args[0], args[1], url.Values{}
	for _, kv := range args[2:] {
		k, v, _ := strings.Cut(kv, "=")
		fields.Set(k, strings.ReplaceAll(v, `\n`, "\r\n"))
	}
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader(fields.Encode())
	}
	req, err := http.NewRequest(method, address, body)
	ts.Check(err)
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "null")
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ts.Check(err)
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		s.page = string(raw)
		return fmt.Sprintf("%d %s\n", res.StatusCode, visible(s.page))
	}
	return fmt.Sprintf("%d %s, %s, %d\n", res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Content-Disposition"), len(raw))
}

// let keeps a value of the last answer.
func (s *story) let(ts *testscript.TestScript, args []string) string {
	v := s.last
	for step := range strings.SplitSeq(args[1], ".") {
		v = walk(v, step)
	}
	if v == nil {
		ts.Fatalf("nothing at %s", args[1])
	}
	if n, ok := v.(float64); ok {
		v = strconv.FormatFloat(n, 'f', -1, 64)
	}
	ts.Setenv(args[0], fmt.Sprint(v))
	return ""
}

// walk takes one step into a JSON value: a key, an index, or key=value among a list of objects.
func walk(v any, step string) any {
	switch at := v.(type) {
	case map[string]any:
		return at[step]
	case []any:
		if key, want, found := strings.Cut(step, "="); found {
			for _, item := range at {
				if fmt.Sprint(walk(item, key)) == want {
					return item
				}
			}
			return nil
		}
		if i, err := strconv.Atoi(step); err == nil && i < len(at) {
			return at[i]
		}
	}
	return nil
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// field keeps a hidden field of the last page.
func (s *story) field(ts *testscript.TestScript, args []string) string {
	for _, m := range hidden.FindAllStringSubmatch(s.page, -1) {
		if m[1] == args[1] {
			ts.Setenv(args[0], html.UnescapeString(m[2]))
			return ""
		}
	}
	ts.Fatalf("the page has no field %s", args[1])
	return ""
}

var uploadAction = regexp.MustCompile(`action="([^"]*)" enctype="multipart/form-data"`)

// upload posts a file to the form of the last answer, or of the last page.
func (s *story) upload(ts *testscript.TestScript, args []string) string {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	address := ""
	if fields, ok := walk(walk(s.last, "upload"), "fields").([]any); ok {
		address = fmt.Sprint(walk(walk(s.last, "upload"), "url"))
		for _, f := range fields {
			ts.Check(form.WriteField(fmt.Sprint(walk(f, "name")), fmt.Sprint(walk(f, "value"))))
		}
	} else {
		m := uploadAction.FindStringSubmatch(s.page)
		if m == nil {
			ts.Fatalf("the page has no form for a file")
		}
		address = html.UnescapeString(m[1])
		for _, f := range hidden.FindAllStringSubmatch(s.page, -1) {
			ts.Check(form.WriteField(f[1], html.UnescapeString(f[2])))
		}
	}
	part, err := form.CreateFormFile("file", args[1])
	ts.Check(err)
	_, err = io.WriteString(part, ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(form.Close())
	res, err := http.Post(address, form.FormDataContentType(), &body)
	ts.Check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ts.Check(err)
	if res.Request.Method == "GET" { // a form without script is led back to the page
		s.page = string(raw)
	}
	return fmt.Sprintf("%d %s\n", res.StatusCode, visible(string(raw)))
}

// patience is how long a story waits for what it expects.
const patience = 20 * time.Second

// until asks again and again until ok, or fails.
func until(ts *testscript.TestScript, what string, ok func() bool) {
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s: not after %s", what, patience)
		}
	}
}

func (s *story) list(ts *testscript.TestScript) []dirmail.File {
	list, err := s.machine.inbox.List()
	ts.Check(err)
	return list
}

// mails waits for so many mails and prints who got what, sorted by address.
func (s *story) mails(ts *testscript.TestScript, args []string) string {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	until(ts, args[0]+" mails", func() bool { return len(s.list(ts)) >= want })
	var out strings.Builder
	for _, f := range s.list(ts) {
		raw, err := s.machine.inbox.Read(f.Name)
		ts.Check(err)
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		ts.Check(err)
		fmt.Fprintf(&out, "%s | %s | %s\n", header(m, "To"), header(m, "Subject"), header(m, "From"))
	}
	return fmt.Sprintf("%d courriels\n%s", len(s.list(ts)), out.String())
}

var mailLink = regexp.MustCompile(`(?m)^http\S+/c/\S+$`)

// address keeps the newest link sent to an address.
func (s *story) address(ts *testscript.TestScript, args []string) string {
	for _, f := range s.list(ts) {
		raw, err := s.machine.inbox.Read(f.Name)
		ts.Check(err)
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		ts.Check(err)
		if !strings.Contains(m.Header.Get("To"), args[1]) {
			continue
		}
		text, err := plainText(raw)
		ts.Check(err)
		ts.Setenv(args[0], mailLink.FindString(strings.ReplaceAll(text, "\r", "")))
		return ""
	}
	ts.Fatalf("no mail to %s", args[1])
	return ""
}

// await asks until the answer matches.
func (s *story) await(ts *testscript.TestScript, args []string) string {
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	answer := ""
	until(ts, args[0], func() bool {
		answer = s.api(ts, "GET", args[1:])
		return want.MatchString(answer)
	})
	return answer
}

// Package story runs the users' stories: txtar files in French, over real HTTP, against the whole product wherever it
// runs. Commands:
//
//	convoc [-demo …]                 starts the product, or starts it again with the same data; $HOST is its address
//	get|post|put|delete PATH [FILE]  one request of the secretary, JSON from FILE, $NAMES replaced; prints « STATUS body »
//	lien GET|HEAD|POST URL [k=v …]   one request of an élu, following 303; prints « STATUS text »
//	ouvrir URL [k=v …]               an élu's press on « Ouvrir la convocation », as slow as a person; prints like lien
//	plus-tard DURATION               lets time go by, where the target's clock can be moved: [!horloge] skip
//	jour NAME N HH:MM                keeps a time N days from now, of the clock in Paris: 2026-12-10T18:30
//	option NAME TEXT                 keeps the value of the last page's option whose words hold TEXT
//	soit NAME PATH                   keeps a value of the last JSON answer: contacts.0.id, groups.name=ENN.id
//	champ NAME FIELD                 keeps a hidden field of the last page
//	action NAME TEXT                 keeps the address of the last page's form that holds TEXT
//	deposer FILE NAME                posts FILE to the form of the last answer or page; prints « STATUS »
//	courriels N                      waits for N mails and prints who got what
//	adresse NAME ADDRESS             keeps the newest link sent to an address; of a page of ours, what is behind its #
//	navigateur NAME                  goes on in another browser of a secretary's, made when it is first named
//	code NAME SECRET                 keeps the code that an application of that secret shows now
//	attendre REGEXP PATH|URL         asks, as the secretary or as an élu, until the answer matches, then prints it
package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/testscript"
)

// Target is the product under a story.
type Target interface {
	// Start starts it, or starts it again with the same data, and gives what the operator reads.
	Start(args []string) (greeting string, err error)
	Stop() error
	Origin() string // public address of the pages: $HOST
	// Vars are what else a story may name: INVITATION, the token of the first administrator's.
	Vars() map[string]string
	// Transport reaches it; nil: like any other address.
	Transport() http.RoundTripper
	// Mails are the raw messages that have left, the newest first.
	Mails() ([][]byte, error)
}

// Clocked is a target whose clock can be moved: « [horloge] » holds in its stories.
type Clocked interface {
	Later(d time.Duration)
}

// Run runs the stories whose files match a pattern, each on a target of its own, which may keep its data in dir.
func Run(t *testing.T, pattern string, target func(t testing.TB, dir string) Target) {
	commands := map[string]func(*story, *testscript.TestScript, []string) string{
		"convoc": (*story).start, "lien": (*story).link, "soit": (*story).let, "champ": (*story).field, "action": (*story).action,
		"deposer": (*story).upload, "courriels": (*story).mails, "adresse": (*story).address, "attendre": (*story).await,
		"ouvrir": (*story).open, "plus-tard": (*story).later, "jour": (*story).day,
		"option": (*story).option, "navigateur": (*story).browser, "code": (*story).code,
		"get": (*story).get, "post": (*story).post, "put": (*story).put, "delete": (*story).delete,
	}
	stories, err := filepath.Glob(pattern)
	if err != nil || len(stories) == 0 {
		t.Fatalf("no story matches %s: %v", pattern, err)
	}
	params := testscript.Params{
		Files: stories, Cmds: map[string]func(*testscript.TestScript, bool, []string){},
		Setup: func(e *testscript.Env) error {
			s := &story{target: target(e.T().(testing.TB), e.WorkDir)}
			e.Values[storyKey{}] = s
			e.Defer(func() {
				if err := s.target.Stop(); err != nil {
					t.Error(err)
				}
			})
			return nil
		},
	}
	params.Condition = func(cond string) (bool, error) {
		if cond != "horloge" {
			return false, fmt.Errorf("unknown condition %q", cond)
		}
		_, ok := target(t, t.TempDir()).(Clocked)
		return ok, nil
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
	target    Target
	secretary *http.Client
	browsers  map[string]*http.Client // of secretaries, by name
	ahead     time.Duration           // of the target's clock
	elu       *http.Client
	last      any    // JSON
	page      string // HTML
}

func (s *story) start(ts *testscript.TestScript, args []string) string {
	greeting, err := s.target.Start(args)
	ts.Check(err)
	s.browsers = map[string]*http.Client{}
	s.browser(ts, []string{""})
	kept, err := cookiejar.New(nil) // a password that was right leaves a cookie; nothing else does
	ts.Check(err)
	s.elu = &http.Client{Jar: kept, Transport: s.target.Transport(), Timeout: 30 * time.Second}
	ts.Setenv("HOST", s.target.Origin())
	for name, value := range s.target.Vars() {
		ts.Setenv(name, value)
	}
	return greeting
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
	req, err := http.NewRequest(method, s.target.Origin()+args[0], strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.target.Origin())
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
	res, err := s.elu.Do(req)
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

// browser goes on in another browser.
func (s *story) browser(ts *testscript.TestScript, args []string) string {
	if s.browsers[args[0]] == nil {
		jar, err := cookiejar.New(nil)
		ts.Check(err)
		s.browsers[args[0]] = &http.Client{Jar: jar, Transport: s.target.Transport(), Timeout: 30 * time.Second}
	}
	s.secretary = s.browsers[args[0]]
	return ""
}

// code keeps the code of a second factor.
func (s *story) code(ts *testscript.TestScript, args []string) string {
	code, err := totp.GenerateCode(args[1], time.Now().Add(s.ahead))
	ts.Check(err)
	ts.Setenv(args[0], code)
	return ""
}

// slow is how long a person looks at the first page at least.
const slow = 900 * time.Millisecond

// open presses « Ouvrir la convocation » on a link's first page, as a person does.
func (s *story) open(ts *testscript.TestScript, args []string) string {
	s.link(ts, []string{"GET", args[0]})
	fields := []string{"POST", args[0] + "/ouvrir"}
	for _, f := range hidden.FindAllStringSubmatch(s.page, -1) {
		fields = append(fields, f[1]+"="+html.UnescapeString(f[2]))
	}
	time.Sleep(slow) // the product counts a quicker press as a program's
	return s.link(ts, append(fields, args[1:]...))
}

// day keeps a time some days from now, as a field of a form holds it.
func (s *story) day(ts *testscript.TestScript, args []string) string {
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	paris, err := time.LoadLocation("Europe/Paris")
	ts.Check(err)
	ts.Setenv(args[0], time.Now().In(paris).AddDate(0, 0, days).Format("2006-01-02T")+args[2])
	return ""
}

var options = regexp.MustCompile(`<option value="([^"]*)"[^>]*>([^<]*)`)

// option keeps the value of an option of the last page.
func (s *story) option(ts *testscript.TestScript, args []string) string {
	for _, m := range options.FindAllStringSubmatch(s.page, -1) {
		if strings.Contains(html.UnescapeString(m[2]), args[1]) {
			ts.Setenv(args[0], m[1])
			return ""
		}
	}
	ts.Fatalf("the page has no option %s", args[1])
	return ""
}

// later moves the target's clock.
func (s *story) later(ts *testscript.TestScript, args []string) string {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	clocked, ok := s.target.(Clocked)
	if !ok {
		ts.Fatalf("this target's clock cannot be moved: [!horloge] skip")
	}
	clocked.Later(d)
	s.ahead += d
	return ""
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

var formAction = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)

// action keeps the address of a form of the last page.
func (s *story) action(ts *testscript.TestScript, args []string) string {
	for _, m := range formAction.FindAllStringSubmatch(s.page, -1) {
		if address := html.UnescapeString(m[1]); strings.Contains(address, args[1]) {
			if strings.HasPrefix(address, "/") {
				address = s.target.Origin() + address
			}
			ts.Setenv(args[0], address)
			return ""
		}
	}
	ts.Fatalf("the page has no form to %s", args[1])
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
	res, err := s.elu.Post(address, form.FormDataContentType(), &body)
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

// mails waits for so many mails and prints who got what.
// Link finds the personal link in the text of a raw message; empty when it has none.
// header reads a header as a person does.
// address keeps the newest link sent to an address.
// await asks until the answer matches.
func (s *story) await(ts *testscript.TestScript, args []string) string {
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	answer := ""
	until(ts, args[0], func() bool {
		if strings.HasPrefix(args[1], "http") {
			answer = s.link(ts, []string{"GET", args[1]})
		} else {
			answer = s.api(ts, "GET", args[1:])
		}
		return want.MatchString(answer)
	})
	return answer
}

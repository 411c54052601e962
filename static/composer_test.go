package static_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"convoc/infra/browser"
	"convoc/static"
)

// fields are those of a JSON object.
type fields = map[string]any

// desk stands for the server behind the page that writes a convocation: it keeps one draft. What the law says and what is
// refused is the test's to say.
type desk struct {
	mu         sync.Mutex
	draft      fields
	version    int
	delay      any          // of a meeting with a date
	refuses    func(fields) // panics with an answer
	assemblies []any
	forecast   fields   // nil: the server has none for the moment
	puts       []fields // bodies of the saves that were taken
	asked      []string // everything asked of /api since the page was opened
	told       []fields // bodies of what was asked of assemblies and of sending
}

var assembly = fields{
	"id": "asm_1", "version": 3, "name": "Conseil municipal", "body": "commune_small", "members": 11, "group": "grp_1", "clear_days": 0,
	"proxies_per_holder": 0, "place": "Salle du conseil", "signatory": "Le maire, Jean Martin",
}

var bodies = []any{
	fields{"body": "commune_small", "label": "Conseil municipal, moins de 3 500 habitants", "clear_days": 3, "article": "L2121-11", "remote": false, "substitutes": false},
	fields{"body": "epci_small", "label": "EPCI", "clear_days": 3, "article": "L5211-1", "remote": true, "substitutes": true},
	fields{"body": "own", "label": "Autre", "clear_days": 0, "article": "", "remote": true, "substitutes": false},
}

// delay is a verdict; its last moment is far away.
func delay(level string, urgency bool) fields {
	return fields{
		"level": level, "last": "2126-12-06T22:59:59.000Z", "clear_days": 3, "days": 2, "working_days": 1, "article": "L2121-11",
		"urgency_possible": urgency, "text": "Verdict du serveur : " + level + ".",
	}
}

// meeting is the séance of a draft as the server gives it.
func meeting(differs fields) fields {
	m := fields{
		"assembly": "asm_1", "assembly_name": "Conseil municipal", "occasion": "ordinary", "at": "2026-12-10T18:30", "place": "Salle du conseil",
		"agenda": []any{"Budget", "Voirie"}, "signatory": "Le maire, Jean Martin", "remote": false, "substitutes": false, "urgent": "",
	}
	maps.Copy(m, differs)
	return m
}

// written is a draft of one recipient.
func written(differs fields) fields {
	d := fields{
		"id": "cnv_1", "state": "draft", "subject": "Conseil", "message": "Bonjour", "to": []any{fields{"kind": "group", "id": "grp_1", "name": "ENN", "count": 4}},
		"cc": []any{}, "bcc": []any{}, "documents": []any{}, "head_count": 4, "refused": "", "meeting": nil, "replies_until": "", "link_days": 60,
		"remind_days": 0, "has_password": false, "warnings": []any{},
	}
	maps.Copy(d, differs)
	return d
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() {
		if a, ok := recover().(answer); ok {
			a.write(w)
		}
	}()
	d.asked = append(d.asked, r.Method+" "+r.URL.Path)
	var body fields
	_ = json.NewDecoder(r.Body).Decode(&body) // a GET has none
	var out any
	switch r.Method + " " + strings.TrimRight(r.URL.Path, "_0123456789") {
	case "GET /api/session":
		out = fields{"user": fields{"login": "a", "name": "A"}, "collectivity": fields{"id": "1", "name": "Ville", "time_zone": "Europe/Paris"}, "rights": []string{"convocation.send"}}
	case "GET /api/assemblies":
		out = fields{"assemblies": d.assemblies, "bodies": bodies}
	case "GET /api/groups":
		out = fields{"groups": []any{fields{"id": "grp_1", "name": "ENN", "members": 4}}}
	case "POST /api/assemblies", "PUT /api/assemblies/asm", "DELETE /api/assemblies/asm":
		out = d.council(r.Method, body)
	case "PUT /api/convocations/cnv":
		out = d.save(body)
	case "POST /api/convocations/cnv_1/send":
		d.told = append(d.told, body)
		if d.refuses != nil {
			d.refuses(body)
		}
		out = fields{}
	case "GET /api/convocations/cnv_1/forecast":
		if out = d.forecast; d.forecast == nil {
			panic(answer{http.StatusServiceUnavailable, `{"code":"unavailable","message":"Indisponible."}`})
		}
	default:
		out = d.answer()
	}
	_ = json.NewEncoder(w).Encode(out) // the browser may have gone
}

func (d *desk) answer() fields {
	out := maps.Clone(d.draft)
	out["version"], out["delay"] = d.version, nil
	if m, ok := out["meeting"].(fields); ok && m["at"] != "" {
		out["delay"] = d.delay
	}
	return out
}

func (d *desk) save(body fields) fields {
	if d.refuses != nil {
		d.refuses(body)
	}
	if int(body["version"].(float64)) != d.version {
		panic(answer{http.StatusConflict, `{"code":"changed_meanwhile","message":"Modifié."}`})
	}
	d.version++
	d.puts = append(d.puts, body)
	if password, ok := body["password"].(string); ok {
		d.draft["has_password"] = password != ""
	}
	for _, key := range []string{"subject", "message", "to", "cc", "bcc", "meeting", "replies_until", "link_days", "remind_days"} {
		d.draft[key] = body[key]
	}
	if m, ok := body["meeting"].(fields); ok {
		m = maps.Clone(m)
		m["assembly_name"] = "Conseil municipal"
		d.draft["meeting"] = m
	}
	return d.answer()
}

func (d *desk) council(method string, body fields) any {
	d.told = append(d.told, body)
	if d.refuses != nil {
		d.refuses(body)
	}
	d.assemblies = []any{}
	if method != http.MethodDelete {
		body["id"], body["version"] = "asm_1", 4
		d.assemblies = []any{body}
	}
	return body
}

// refusal is what the server answers to what it does not take.
func refusal(code, field string) answer {
	return answer{http.StatusUnprocessableEntity, fmt.Sprintf(`{"code":%q,"field":%q,"message":"Refus de %s."}`, code, field, field)}
}

// composer is the page in a browser, before a desk.
type composer struct {
	*desk
	t      *testing.T
	ctx    context.Context
	origin string
}

// quick makes the page's pauses short, and lets a test leave the page without being asked.
const quick = `(() => {
	const [wait, listen] = [window.setTimeout, window.addEventListener];
	window.setTimeout = (act, ms, ...rest) => wait(act, ms > 3000 ? ms : ms / 40, ...rest);
	window.addEventListener = (type, act, ...rest) => listen.call(window, type, type === 'beforeunload' ? (event) => window.left || act(event) : act, ...rest);
})()`

func newComposer(t *testing.T) *composer {
	t.Helper()
	c := &composer{desk: &desk{}, t: t}
	pages := http.FileServerFS(static.Files())
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			c.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	c.ctx, c.origin = browser.Need(t), site.URL
	if err := chromedp.Do(c.ctx); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	_, err := chromedp.Call(c.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: quick})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// One browser for all: most of the time of a test is its start.
func TestComposer(t *testing.T) {
	c := newComposer(t)
	for _, part := range []struct {
		name string
		test func(*composer)
	}{
		{"a séance is written", seanceIsWritten},
		{"urgency", urgency},
		{"the delay is of now", delayIsOfNow},
		{"a subject is proposed", subjectIsProposed},
		{"assemblies", assembliesAreKept},
		{"a refused field stands and the rest is saved", refusedFieldStands},
		{"password", passwordIsKept},
		{"sending a séance", seanceIsSent},
		{"a sending is planned", sendingIsPlanned},
		{"a reminder is asked for", reminderIsAsked},
		{"a conflict shows the séance", conflictShowsTheSeance},
		{"the screen is small", composerIsSmall},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(&composer{c.desk, t, c.ctx, c.origin}) })
	}
}

// run is one test on the page, opened with a draft.
func (c *composer) run(name string, draft fields, test func(*composer)) {
	c.t.Run(name, func(t *testing.T) {
		c := &composer{c.desk, t, c.ctx, c.origin}
		c.set(func() {
			c.draft, c.version, c.delay, c.refuses, c.assemblies = draft, 1, delay("green", false), nil, []any{assembly}
			c.puts, c.asked, c.told, c.forecast = nil, nil, nil, forecast(nil)
		})
		c.open()
		test(c)
	})
}

// open opens the page, or opens it again, without the question whether to leave.
func (c *composer) open() {
	c.t.Helper()
	c.see(`(window.left = true)`)
	do(c.t, c.ctx, chromedp.Navigate(c.origin+"/composer.html?id=cnv_1"), chromedp.WaitVisible(chromedp.CSS("#kind")))
}

func (c *composer) set(change func()) { c.mu.Lock(); defer c.mu.Unlock(); change() }

func (c *composer) see(expression string) bool {
	c.t.Helper()
	return evaluate[bool](c.t, c.ctx, expression)
}

// await waits until an expression is true; every change of the page that matters has one.
func (c *composer) await(what, expression string) {
	c.t.Helper()
	ctx, stop := context.WithTimeout(c.ctx, 5*time.Second)
	defer stop()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "-32000") { // else the page changed while it was asked
			c.t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}

func (c *composer) click(css string) {
	c.t.Helper()
	do(c.t, c.ctx, chromedp.Click(chromedp.CSS(css)))
}

// write fills a field as typing does, in whatever order the browser's language puts days and months.
func (c *composer) write(css, value string) {
	c.t.Helper()
	c.see(fmt.Sprintf(`((it) => { it.focus(); it.value = %q; it.dispatchEvent(new Event('input', { bubbles: true }));
		it.dispatchEvent(new Event('change', { bubbles: true })); return true })(document.querySelector(%q))`, value, css))
}

// saved waits until the server has a value (« meeting.place »), and gives the body that brought it.
func (c *composer) saved(field string, want any) fields {
	c.t.Helper()
	var last fields
	var got any
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); {
		c.see(`new Promise((done) => requestAnimationFrame(() => done(true)))`)
		c.set(func() {
			if len(c.puts) > 0 {
				last = c.puts[len(c.puts)-1]
			}
		})
		if got = value(last, field); last != nil && cmp.Equal(want, got) {
			c.await("the answer", `document.querySelector('#saved').textContent.startsWith('Enregistré à')`)
			return last
		}
	}
	c.diff("saved as "+field, want, got)
	c.t.FailNow()
	return nil
}

// value is a field of an object, or of an object in it.
func value(of fields, field string) any {
	name, rest, deeper := strings.Cut(field, ".")
	if inner, ok := of[name].(fields); ok && deeper {
		return value(inner, rest)
	}
	return of[name]
}

func (c *composer) diff(what string, want, got any) {
	c.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		c.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// leaving asks the page whether it would let itself be left.
const leaving = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`

// shows tells whether an element is on the screen.
func shows(css string) string {
	return fmt.Sprintf(`document.querySelector(%q).checkVisibility()`, css)
}

// has waits for words in an element.
func (c *composer) has(css, words string) {
	c.t.Helper()
	c.await(words, fmt.Sprintf(`document.querySelector(%q).innerText.replace(/\s+/g, ' ').includes(%q)`, css, words))
}

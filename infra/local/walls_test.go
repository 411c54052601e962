package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/infra/wiring"
)

// buffer is a log that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// town is a machine with one convocation that was sent, opened and answered by one of two recipients.
type town struct {
	*machine
	t      *testing.T
	log    *buffer
	client *http.Client
	ids    map[string]string // path parameters by name
	links  [2]string         // opened and answered; never opened
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, log: &buffer{}, ids: map[string]string{}}
	o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", t.TempDir()}, w.log)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log = now, rand.Reader, w.log
	if w.machine, err = start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	w.client = cookieClient(t)
	w.settle()
	return w
}

// cookieClient keeps cookies and is led nowhere.
func cookieClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// settle makes the town.
func (w *town) settle() {
	w.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
	w.ids["group"] = w.api("POST", "/api/groups", map[string]any{"name": "Conseil"})["id"].(string)
	w.ids["contact"] = w.api("POST", "/api/contacts", map[string]any{
		"name": "Bruno Canari", "addresses": []string{"bruno.canari@exemple.fr"}, "groups": []string{w.ids["group"]},
	})["id"].(string)
	w.ids["assembly"] = w.api("POST", "/api/assemblies", map[string]any{
		"name": "Conseil municipal", "body": "commune_small", "members": 3, "group": w.ids["group"],
	})["id"].(string)
	w.ids["convocation"] = w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	path := "/api/convocations/" + w.ids["convocation"]
	w.api("PUT", path, map[string]any{
		"version": 1, "subject": "Convocation", "message": "", "cc": []any{}, "bcc": []any{},
		"to": []any{
			map[string]any{"kind": "group", "id": w.ids["group"]}, map[string]any{"kind": "address", "address": "claire@exemple.fr"},
		},
		"meeting": map[string]any{
			"assembly": w.ids["assembly"], "at": now().AddDate(0, 0, 20).Format("2006-01-02T15:04"), "place": "Mairie",
		},
		"password": canaryPassword,
	})
	w.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(w.t, "two mails", func() bool { list, err := w.inbox.List(); return err == nil && len(list) == 2 })
	w.links = [2]string{linkTo(w.t, w.machine, "bruno.canari@"), linkTo(w.t, w.machine, "claire@")}
	w.ids["token"] = strings.TrimPrefix(w.links[0], w.origin+"/c/")
	w.openLink(w.links[0])
	w.post(w.links[0]+"/reponse", url.Values{"presence": {"present"}, "text": {"Présent"}})
	w.post(w.links[0]+"/envoyer", url.Values{"revision": {"1"}})
	w.post(w.links[0]+"/reponse", url.Values{"presence": {"absent"}, "text": {"Absent finalement"}})
	follow := w.api("GET", path+"/follow", nil)
	for _, r := range follow["recipients"].([]any) {
		if r := r.(map[string]any); r["replied_at"] != "" {
			w.ids["recipient"] = r["id"].(string)
		}
	}
	w.ids["document"], w.ids["import"], w.ids["collectivity"] = "doc_aaaaaaaaaaaaaaaa", "imp_aaaaaaaaaaaaaaaa", "212700017"
}

func (w *town) api(method, path string, body any) map[string]any {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	res := w.do(method, w.origin+path, "application/json", string(raw))
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode >= 400 {
		w.t.Fatalf("%s %s: %d %v %v", method, path, res.StatusCode, out, err)
	}
	return out
}

// canaryPassword opens the convocation.
const canaryPassword = "mot de passe canari"

var momentField = regexp.MustCompile(`name="moment" value="([^"]*)"`)

// openLink passes the first page of a link as a person does, who takes a while to press.
func (w *town) openLink(address string) {
	w.t.Helper()
	drawn := time.Now()
	res := w.do("GET", address, "", "")
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	moment := momentField.FindSubmatch(page)
	if err != nil || moment == nil {
		w.t.Fatalf("no first page: %d, %v", res.StatusCode, err)
	}
	time.Sleep(time.Until(drawn.Add(900 * time.Millisecond)))
	w.post(address+"/ouvrir", url.Values{"moment": {html.UnescapeString(string(moment[1]))}, "mot_de_passe": {canaryPassword}})
}

func (w *town) post(address string, fields url.Values) {
	w.t.Helper()
	res := w.do("POST", address, "application/x-www-form-urlencoded", fields.Encode())
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("POST: got %d", res.StatusCode)
	}
}

func (w *town) do(method, address, kind, body string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// address fills the parameters of a route.
func (w *town) address(pattern string) (method, address string) {
	method, path, found := strings.Cut(pattern, " ")
	if !found { // any method
		method, path = "GET", pattern
	}
	return method, w.origin + parameter.ReplaceAllStringFunc(path, func(p string) string {
		id, known := w.ids[strings.Trim(p, "{}")]
		if !known {
			w.t.Fatalf("%s: nothing known for %s", pattern, p)
		}
		return id
	})
}

func routesOf(trigger string) []string {
	var all []string
	for _, f := range wiring.Functions {
		for _, r := range f.Routes {
			if strings.HasPrefix(r, trigger) {
				all = append(all, r)
			}
		}
	}
	return all
}

// quiet waits until nothing is due for a while: nothing writes by itself any more.
func (w *town) quiet() {
	w.t.Helper()
	waitFor(w.t, "an empty agenda", func() bool {
		left, err := w.tables.AgendaHandle().Due(context.Background(), now().Add(10*time.Minute), 1)
		return err == nil && len(left) == 0
	})
}

func (w *town) state() string {
	sum := sha256.New()
	if err := w.db.Backup(context.Background(), sum); err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestLookingWritesNothing(t *testing.T) {
	w := newTown(t)
	w.quiet()
	before := w.state()
	answered := map[int]int{}
	for _, pattern := range routesOf("GET ") {
		for _, token := range w.links {
			w.ids["token"] = strings.TrimPrefix(token, w.origin+"/c/")
			for _, method := range []string{"GET", "HEAD"} {
				_, address := w.address(pattern)
				res := w.do(method, address, "", "")
				answered[res.StatusCode]++
				res.Body.Close()
			}
		}
	}
	if w.state() != before {
		t.Error("the database has changed")
	}
	if answered[http.StatusOK] < 30 {
		t.Errorf("answers by status: %v: too few pages were really shown", answered)
	}
}

// Headers that every answer has, whatever happened.
var everywhere = map[string]string{
	"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex",
	"Cross-Origin-Opener-Policy": "same-origin",
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	w := newTown(t)
	stranger := &town{machine: w.machine, t: t, client: &http.Client{CheckRedirect: w.client.CheckRedirect}, ids: w.ids}
	patterns := append(routesOf(""), "GET /api/inconnu", "GET /c/", "GET /c/x/y/z", "GET /", "GET /rien", "POST /rien", "PUT /c/{token}",
		"PATCH /api/groups", "GET /c", "GET /c//{token}", "GET //c/{token}", "GET /c/./{token}", "GET /c/x/../{token}", "DELETE /essai/", "GET /essai")
	for _, who := range []*town{stranger, w} {
		for _, pattern := range patterns {
			method, address := w.address(pattern)
			res := who.do(method, address, "application/json", "{}")
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range everywhere {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s (%d): %s is %q, want %q", pattern, res.StatusCode, name, got, want)
				}
			}
			policy := res.Header.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s (%d): policy %q", pattern, res.StatusCode, policy)
			}
			own := strings.Contains(pattern, " /api/") || (strings.Contains(pattern, " /c/") && !strings.Contains(pattern, "style.css"))
			if own && res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s (%d): Cache-Control is %q", pattern, res.StatusCode, res.Header.Get("Cache-Control"))
			}
			if strings.Contains(pattern, " /c/") && bytes.Contains(body, []byte("<script")) {
				t.Errorf("%s: a script on an élu's page", pattern)
			}
			if res.StatusCode >= 500 {
				t.Errorf("%s: %d %s", pattern, res.StatusCode, body)
			}
		}
	}
}

// The secret of a link, an address, a name, a password: none of them is in the log; no secret is in the database.
func TestSecretsRestNowhere(t *testing.T) {
	w := newTown(t)
	for _, pattern := range routesOf("") {
		if method, address := w.address(pattern); pattern != "DELETE /api/session" && pattern != "POST /api/session/everywhere" {
			w.do(method, address, "application/json", "{}").Body.Close()
		}
	}
	var kept bytes.Buffer
	if err := w.db.Backup(t.Context(), &kept); err != nil {
		t.Fatal(err)
	}
	for _, link := range w.links {
		_, secret, _ := strings.Cut(link, ".0.0.1")
		secret = secret[strings.LastIndex(secret, ".")+1:]
		if len(secret) != 26 {
			t.Fatalf("the secret %q was not found in the link", secret)
		}
		if strings.Contains(w.log.String(), secret) {
			t.Error("the log holds the secret of a link")
		}
		if bytes.Contains(kept.Bytes(), []byte(secret)) {
			t.Error("the database holds the secret of a link")
		}
	}
	if bytes.Contains(kept.Bytes(), []byte(canaryPassword)) {
		t.Error("the database holds a password")
	}
	for _, personal := range []string{"canari", "Canari", "claire@", demoPassword, "Présent", "Absent"} {
		if strings.Contains(w.log.String(), personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
	if !strings.Contains(w.log.String(), `"route":"POST /c/{token}/ouvrir"`) {
		t.Error("the log is empty: this tests nothing")
	}
}

// Whatever stands where an identifier should be, the answer is a refusal, never a fault.
func TestIdentifiersFromOutside(t *testing.T) {
	w := newTown(t)
	for _, bad := range []string{"%23", "a%23b", "..", "%2e%2e%2f", "%00", "cnv_%23aaaaaaaaaaaaaaa", "é", strings.Repeat("a", 3_000), "*", "%ff"} {
		for name := range w.ids {
			broken := &town{machine: w.machine, t: t, log: w.log, client: w.client, ids: map[string]string{}}
			for k, v := range w.ids {
				broken.ids[k] = v
			}
			broken.ids[name] = bad
			for _, pattern := range routesOf("") {
				if !strings.Contains(pattern, "{"+name+"}") {
					continue
				}
				method, address := broken.address(pattern)
				res := w.do(method, address, "application/json", "{}")
				res.Body.Close()
				if res.StatusCode >= 500 || res.StatusCode < 300 {
					t.Errorf("%s with %s %.20q: got %d", pattern, name, bad, res.StatusCode)
				}
			}
		}
		for _, path := range []string{"/api/contacts?group=" + bad, "/api/contacts?cursor=" + bad, "/api/convocations?cursor=" + bad, "/api/recipients?q=" + bad} {
			res := w.do("GET", w.origin+path, "", "")
			res.Body.Close()
			if res.StatusCode >= 500 {
				t.Errorf("%s: got %d", path, res.StatusCode)
			}
		}
		path := "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
		for _, kind := range []string{"group", "contact", "address", "autre"} {
			raw, err := url.PathUnescape(bad)
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(map[string]any{
				"version": 1, "subject": "", "message": "", "cc": []any{}, "bcc": []any{},
				"to": []any{map[string]any{"kind": kind, "id": raw, "address": raw}},
			})
			if err != nil {
				t.Fatal(err)
			}
			res := w.do("PUT", w.origin+path, "application/json", string(body))
			res.Body.Close()
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("a recipient %s %.20q: got %d", kind, bad, res.StatusCode)
			}
		}
	}
	if strings.Contains(w.log.String(), "panic") {
		t.Error("something panicked")
	}
}

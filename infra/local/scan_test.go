package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"convoc/infra/referee"
	"convoc/shared/files/filestest"
)

// guarded is a town whose documents a real clamd looks at. What later is given passes there.
func guarded(t *testing.T) (w *town, daemon *referee.Clamd, later func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	daemon = referee.NewClamd(t, filestest.EICAR()).Start()
	w = &town{t: t, log: &buffer{}, client: cookieClient(t), ids: map[string]string{}}
	o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", t.TempDir(), "-scan", "unix:" + daemon.Unix}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Random, o.Log = func() time.Time { return now().Add(time.Duration(ahead.Load())) }, rand.Reader, w.log
	if w.machine, err = start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	return w, daemon, func(d time.Duration) { ahead.Add(int64(d)) }
}

// send posts a file by a form, as a browser does.
func (w *town) send(address string, fields [][2]string, name, content string) {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			w.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	res := w.do("POST", address, form.FormDataContentType(), body.String())
	res.Body.Close()
	if res.StatusCode >= 400 {
		w.t.Fatalf("%s: got %d", name, res.StatusCode)
	}
}

// attach adds a document to a draft and gives its path.
func (w *town) attach(path, name, content string) string {
	w.t.Helper()
	asked := w.api("POST", path+"/documents", map[string]any{"name": name, "size": len(content)})
	upload := asked["upload"].(map[string]any)
	var fields [][2]string
	for _, f := range upload["fields"].([]any) {
		f := f.(map[string]any)
		fields = append(fields, [2]string{f["name"].(string), f["value"].(string)})
	}
	w.send(upload["url"].(string), fields, name, content)
	return path + "/documents/" + asked["document"].(map[string]any)["id"].(string)
}

// documentState is that of the document at a path, as the secretary's page has it.
func (w *town) documentState(document string) string {
	w.t.Helper()
	path, id, _ := strings.Cut(document, "/documents/")
	for _, d := range w.api("GET", path, nil)["documents"].([]any) {
		if d := d.(map[string]any); d["id"] == id {
			return d["state"].(string)
		}
	}
	return ""
}

func (w *town) downloadable(document string) bool {
	w.t.Helper()
	res := w.do("POST", w.origin+document+"/download", "application/json", "{}")
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func TestDocumentsAreScanned(t *testing.T) {
	t.Parallel()
	w, daemon, later := guarded(t)
	w.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
	path := "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	see := func(document, state string) {
		t.Helper()
		if got, down := w.documentState(document), w.downloadable(document); got != state || down != (state == "stored") {
			t.Errorf("%s, can be downloaded: %v; want %s", got, down, state)
		}
	}
	see(w.attach(path, "propre.pdf", "%PDF-1.4"), "stored")
	see(w.attach(path, "infecté.pdf", filestest.InfectedPDF()), "refused")
	see(w.attach(path, "infecté.docx", filestest.Docx(t, filestest.EICAR())), "refused")
	if !strings.Contains(w.log.String(), `"msg":"scan"`) || !strings.Contains(w.log.String(), `"code":"infected"`) ||
		!strings.Contains(w.log.String(), "Convoc.Test") {
		t.Errorf("the operator reads\n%s", w.log)
	}
	daemon.Stop()
	clean, infected := w.attach(path, "propre.pdf", "%PDF-1.4 2"), w.attach(path, "infecté.pdf", filestest.InfectedPDF())
	see(clean, "pending")
	see(infected, "pending")
	if !strings.Contains(w.log.String(), `"code":"unavailable"`) {
		t.Errorf("the operator reads\n%s", w.log)
	}
	daemon.Start()
	later(5 * time.Second)
	waitFor(t, "both verdicts", func() bool { return w.documentState(clean) != "pending" && w.documentState(infected) != "pending" })
	see(clean, "stored")
	see(infected, "refused")
}

var (
	formAction = regexp.MustCompile(`<form[^>]*action="(http[^"]*)"`)
	formField  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// answerWith posts a file by the form of an élu's page.
func (w *town) answerWith(link, name, content string) {
	w.t.Helper()
	page := w.page(link + "/documents")
	action := formAction.FindStringSubmatch(page)
	if action == nil {
		w.t.Fatalf("no form in\n%s", page)
	}
	var fields [][2]string
	for _, f := range formField.FindAllStringSubmatch(page, -1) {
		fields = append(fields, [2]string{html.UnescapeString(f[1]), html.UnescapeString(f[2])})
	}
	w.send(html.UnescapeString(action[1]), fields, name, content)
}

func (w *town) page(address string) string {
	w.t.Helper()
	res := w.do("GET", address, "", "")
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %d, %v", address, res.StatusCode, err)
	}
	return string(raw)
}

// The secretary gets what the antivirus has found clean, and nothing else of what an élu attached.
func TestDocumentsOfRepliesAreScanned(t *testing.T) {
	t.Parallel()
	w, _, _ := guarded(t)
	w.settle()
	link := w.links[0]
	w.answerWith(link, "infecté.pdf", filestest.InfectedPDF())
	w.answerWith(link, "propre.pdf", "%PDF-1.4")
	revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(w.page(link + "/verifier"))
	if revision == nil {
		t.Fatal("nothing to send")
	}
	w.post(link+"/envoyer", url.Values{"revision": {revision[1]}})
	reply := fmt.Sprint(w.api("GET", "/api/convocations/"+w.ids["convocation"]+"/recipients/"+w.ids["recipient"]+"/reply", nil))
	if !strings.Contains(reply, "propre.pdf") || strings.Contains(reply, "infecté") {
		t.Errorf("the secretary gets %s", reply)
	}
}

// An antivirus that does not answer stops no start; the operator is told.
func TestAntivirusThatIsAwayAtTheStart(t *testing.T) {
	where := "unix:" + filepath.Join(t.TempDir(), "clamd.ctl")
	m, said := begin(t, "-data", t.TempDir(), "-scan", where)
	if m == nil || !strings.Contains(said, "ATTENTION, l'antivirus ne répond pas (-scan "+where+")") {
		t.Errorf("got %s", said)
	}
	if m, said := begin(t, "-data", t.TempDir()); m == nil || strings.Contains(said, "antivirus") {
		t.Errorf("without one: got %s", said)
	}
}

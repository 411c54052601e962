package web_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/page"
	"convoc/shared/telemetry"
	"convoc/shared/web"
	"convoc/shared/worldtest"
)

// elus are the routes of the élus over a town whose council is convened, as one browser sees them, with the operator's log.
type elus struct {
	*worldtest.World
	t       testing.TB
	served  http.Handler
	log     bytes.Buffer
	id      convocation.ID
	doc     convocation.DocumentID
	cookies []*http.Cookie
	header  http.Header // of each request
	address string      // where the browser is
}

func newElus(t testing.TB, secure bool, change ...func(*compose.Text)) *elus {
	t.Helper()
	s := &elus{World: worldtest.New(t), t: t, header: http.Header{}, address: "192.0.2.7"}
	who, err := s.Handle.Collectivity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	who.Phone = phone
	if err := s.Handle.PutCollectivity(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	c := s.Council(3, change...)
	s.doc = s.Put(c.Draft.ID, "Ordre du jour.pdf", "%PDF-1.4 ordre").ID
	s.Put(c.Draft.ID, "Budget.pdf", "%PDF-1.4 budget")
	s.id = s.Convene(c)
	r := web.Recipients{Answer: s.Answer, Site: web.Site{
		Tables: s.Tables, Origin: origin, FilesOrigin: "https://files.example", Secure: secure, Now: s.Now, Pages: page.New(),
		Log: telemetry.New(&s.log, slog.LevelDebug),
		Client: func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		},
	}}
	s.served = r.Mount(elusRoutes(r)...)
	return s
}

// elusRoutes are those of the three functions that élus reach.
func elusRoutes(r web.Recipients) []web.Route {
	routes := append(web.ViewConvocation(r), web.AttachDocument(r)...)
	return append(routes, web.AnswerConvocation(r)...)
}

// link is the newest one that an address got: « /c/<token> ».
func (s *elus) link(address string) string {
	s.t.Helper()
	links := s.Mail.Links[address]
	if len(links) == 0 {
		s.t.Fatalf("%s got no mail", address)
	}
	return strings.TrimPrefix(links[len(links)-1], "https://convoc")
}

// ask makes one request as the browser does, with the cookies that belong to the path.
func (s *elus) ask(method, path string, fields url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.post(method, path, fields.Encode())
}

func (s *elus) post(method, path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = s.address + ":50000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range s.header {
		r.Header[name] = values
	}
	for _, c := range s.cookies {
		if path == c.Path || strings.HasPrefix(path, c.Path+"/") {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	s.served.ServeHTTP(w, r)
	s.cookies = append(s.cookies, w.Result().Cookies()...)
	return w
}

var momentField = regexp.MustCompile(`name="moment" value="([^"]*)"`)

// moment looks at the first page of a link, and waits a little.
func (s *elus) moment(link string) string {
	s.t.Helper()
	body := s.ask("GET", link, nil).Body.String()
	found := momentField.FindStringSubmatch(body)
	if found == nil {
		s.t.Fatalf("there is no button:\n%s", body)
	}
	s.Clock = s.Clock.Add(3 * time.Second)
	return found[1]
}

// open presses « Ouvrir la convocation » as a person does.
func (s *elus) open(link string, fields url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	form := url.Values{"moment": {s.moment(link)}}
	for name, values := range fields {
		form[name] = values
	}
	return s.ask("POST", link+"/ouvrir", form)
}

// fill puts a link and a document into the pattern of a route.
func (s *elus) fill(pattern, link string) (method, path string) {
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		method, path = http.MethodGet, pattern+"nulle-part"
	}
	return method, strings.NewReplacer("/c/{token}", link, "{document}", string(s.doc)).Replace(path)
}

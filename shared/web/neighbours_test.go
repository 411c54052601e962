package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/letter"
	"convoc/shared/link"
	"convoc/shared/page"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/web"
	"convoc/shared/worldtest"
)

// Two collectivités whose data look alike, children of one parent.
const (
	home      = worldtest.SIREN
	neighbour = collectivity.ID("234400034")
)

// neighbours are all routes over two collectivités. In home somebody of each role is signed in, under a token named as
// the role; the neighbour has an administrator. Two neighbours made one after the other are alike, identifiers included.
type neighbours struct {
	*worldtest.World
	t      testing.TB
	routes []web.Route
	served http.Handler
	ids    map[collectivity.ID]map[string]string // by the name that a route or a probe gives them
	keys   []string                              // asked for since they were last taken
}

func newNeighbours(t testing.TB) *neighbours {
	t.Helper()
	s := &neighbours{World: worldtest.New(t), t: t, ids: map[collectivity.ID]map[string]string{}}
	s.mount()
	troubles := map[collectivity.ID]troubled{}
	for _, of := range []collectivity.ID{home, neighbour} {
		s.Handle = s.Tables.Collectivity(of)
		s.must(s.Handle.PutCollectivity(s.t.Context(), collectivity.Collectivity{ID: of, Name: "Saint-Aubin", TimeZone: "Europe/Paris"}))
		troubles[of] = s.trouble()
	}
	for _, role := range rights.Roles() {
		s.enter(string(role), role, home)
	}
	s.enter("neighbour", rights.Administrator, neighbour)
	s.people()
	s.ids[home], s.ids[neighbour] = s.settle(home, "administrator"), s.settle(neighbour, "neighbour")
	for of, ids := range s.ids {
		ids["troubled"], ids["blocked"] = string(troubles[of].convocation), string(troubles[of].blocked)
		ids["doubtful"] = string(troubles[of].doubtful)
	}
	maps.Copy(s.ids[home], s.colleagues(home, "administrator"))
	maps.Copy(s.ids[neighbour], s.colleagues(neighbour, "neighbour"))
	s.Watch = func(_, key string) { s.keys = append(s.keys, key) }
	return s
}

func (s *neighbours) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *neighbours) mount() {
	site := web.Site{
		Tables: s.Tables, CursorKey: []byte("key"), Origin: origin, FilesOrigin: "https://files.example", Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: s.Now, Client: func(*http.Request) string { return "" }, Pages: page.New(),
	}
	s.routes = slices.Concat(
		web.AccountAPI(web.Accounts{Site: site, Account: s.Account}),
		web.AdminAPI(web.Admin{
			Site: site, Account: s.Account, Contacts: s.Contacts, Compose: s.Compose, Uploads: s.Uploads, Dispatch: s.Dispatch,
			Follow: s.Follow, Answer: s.Answer, Letters: letter.Post{From: "convocations@saint-aubin.fr"},
		}),
		web.ImportContacts(web.Imports{Site: site, Account: s.Account, Import: s.Import, Contacts: s.Contacts}),
		elusRoutes(web.Recipients{Site: site, Answer: s.Answer}),
	)
	s.served = site.Mount(s.routes...)
}

// enter signs somebody in.
func (s *neighbours) enter(token string, role rights.Role, of collectivity.ID) {
	s.t.Helper()
	s.employ(store.User{Login: token}, role, of)
}

// settle fills a collectivité: a council that was convened with two documents, of which one member has opened, attached a
// document and answered; a draft with a document; a file of contacts; a sending that was put off; persons who are there
// twice.
func (s *neighbours) settle(of collectivity.ID, who string) map[string]string {
	s.t.Helper()
	s.Handle = s.Tables.Collectivity(of)
	defer func() { s.Handle = s.Tables.Collectivity(home) }()
	c := s.Council(3)
	document := s.Put(c.Draft.ID, "Ordre du jour.pdf", "%PDF-1.4 ordre")
	s.Put(c.Draft.ID, "Budget.pdf", "%PDF-1.4 budget")
	id := s.Convene(c)
	draft := s.Draft(2)
	draftDocument := s.Put(draft.ID, "Projet.pdf", "%PDF-1.4 projet")
	saved, err := s.Compose.Draft(s.t.Context(), s.Handle, draft.ID)
	s.must(err)
	imported, _, err := s.Import.Create(s.t.Context(), s.Handle, "secretaire", "contacts.csv")
	s.must(err)
	s.Store(imported.Key, "mail;nom complet\nnouvelle@x.fr;Nouvelle Élue\n")
	page, err := s.Contacts.List(s.t.Context(), s.Handle, contacts.Filter{Limit: 1})
	s.must(err)
	for range follow.PageSize { // the list has two pages
		_, err := s.Compose.Create(s.t.Context(), s.Handle, "secretaire")
		s.must(err)
	}
	twin, double := s.twins()
	visit, replyDocument, revision := s.reply()
	return map[string]string{
		"convocation": string(id), "document": string(document.ID), "draft": string(draft.ID), "version": fmt.Sprint(saved.Version),
		"draftDocument": string(draftDocument.ID), "group": string(c.Group), "assembly": string(c.Assembly.ID),
		"contact": string(page.Entries[0].ID), "cursor": s.next("/api/contacts?limit=1", who),
		"twin": string(twin), "double": string(double), "duplicatesCursor": s.next("/api/contacts/duplicates", who), "planned": string(s.plan()),
		"convocationsCursor": s.next("/api/convocations", who), "import": imported.ID,
		"recipient": string(visit.Recipient.ID), "holder": string(s.Recipients(id)["e1@x.fr"].Person),
		"replyDocument": string(replyDocument), "revision": fmt.Sprint(revision), "unopened": string(s.Recipients(id)["e1@x.fr"].ID),
		"token": strings.TrimPrefix(s.newest("e0@x.fr"), "https://convoc/c/"),
	}
}

func (s *neighbours) newest(address string) string {
	links := s.Mail.Links[address]
	return links[len(links)-1]
}

// next is the cursor that a list gives.
func (s *neighbours) next(path, who string) string {
	s.t.Helper()
	var list struct{ Next string }
	w := s.ask(request{method: "GET", path: path, cookie: who})
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || list.Next == "" {
		s.t.Fatalf("%s: no second page: %d %s", path, w.Code, w.Body)
	}
	return list.Next
}

// reply answers to the newest convocation with a document, and begins another answer.
func (s *neighbours) reply() (visit answer.Visit, doc convocation.DocumentID, revision int64) {
	s.t.Helper()
	ctx := s.t.Context()
	visit, err := s.Visit("e0@x.fr")
	s.must(err)
	_, err = s.Answer.Open(ctx, visit, convocation.Signals{})
	s.must(err)
	form, err := s.Answer.UploadForm(ctx, visit, "")
	s.must(err)
	key := files.Key(form.Fields[0].Value)
	s.must(s.Uploads.Stored(ctx, key, s.Store(string(key), "%PDF-1.4 pouvoir")))
	present := answer.Typed{Choice: convocation.Choice{Presence: convocation.Present}}
	s.must(s.Answer.Save(ctx, visit, present))
	p, err := s.Answer.Page(ctx, visit)
	s.must(err)
	_, err = s.Answer.Validate(ctx, visit, p.Draft.Revision)
	s.must(err)
	s.must(s.Answer.Save(ctx, visit, present))
	p, err = s.Answer.Page(ctx, visit)
	s.must(err)
	return visit, p.DraftDocuments[0].ID, p.Draft.Revision
}

// request is one of a browser.
type request struct {
	method, path, body, cookie string
	header                     http.Header
}

func (s *neighbours) ask(q request) *httptest.ResponseRecorder {
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(q.path, "/c/") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "convoc", Value: q.cookie})
	}
	w := httptest.NewRecorder()
	s.served.ServeHTTP(w, r)
	kind := w.Header().Get("Content-Type")
	if text := strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json"); w.Body.Len() > 0 && !(text && strings.Contains(kind, "; charset=utf-8")) {
		s.t.Errorf("%s %s: the answer says of itself %q", q.method, q.path, kind)
	}
	return w
}

// touched are the collectivités whose keys were asked for since the last time.
func (s *neighbours) touched() map[collectivity.ID]bool {
	all := map[collectivity.ID]bool{}
	for _, key := range s.keys {
		owner, _, _ := strings.Cut(strings.ReplaceAll(key, "/", "#"), "#")
		all[collectivity.ID(owner)] = true
	}
	s.keys = nil
	return all
}

// of lists all that is stored for a collectivité, in all tables.
func (s *neighbours) of(id collectivity.ID) []string {
	var all []string
	for _, item := range s.Items() {
		if strings.Contains(item.Key.Partition+"#"+item.Key.Sort, string(id)) {
			all = append(all, fmt.Sprintf("%q %v", item.Key, item.Attrs))
		}
	}
	slices.Sort(all)
	return all
}

// locate is a link's token with other parts of its locator.
func locate(t testing.TB, token string, change func(*link.Token)) string {
	t.Helper()
	parsed, err := link.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	change(&parsed)
	return parsed.String()
}

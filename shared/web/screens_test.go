package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/letter"
	"convoc/shared/page"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/web"
	"convoc/shared/worldtest"
)

const (
	origin = "https://convoc.example"
	phone  = "02 32 00 00 00"
)

// screens is a town behind its routes, where a secretary is signed in.
type screens struct {
	*worldtest.World
	t      *testing.T
	site   web.Site
	served http.Handler
	cookie string
}

func newScreens(t *testing.T) *screens {
	t.Helper()
	w := worldtest.New(t)
	town := collectivity.Collectivity{ID: worldtest.SIREN, Name: "Saint-Aubin", Phone: phone, TimeZone: "Europe/Paris"}
	err := w.Account.CreateDemo(t.Context(), town, store.User{Login: "secretaire"}, rights.Administrator, "les tilleuls de la place")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := w.Account.SignIn(t.Context(), "secretaire", "les tilleuls de la place", account.From{})
	if err != nil {
		t.Fatal(err)
	}
	site := web.Site{
		Tables: w.Tables, Origin: origin, FilesOrigin: "https://files.example", Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: w.Now, Client: func(*http.Request) string { return "" }, Pages: page.New(),
	}
	routes := web.ViewConvocation(web.Recipients{Site: site, Answer: w.Answer})
	routes = append(routes, web.AccountAPI(web.Accounts{Site: site, Account: w.Account})...)
	routes = append(routes, web.AdminAPI(web.Admin{
		Site: site, Account: w.Account, Contacts: w.Contacts, Compose: w.Compose, Uploads: w.Uploads, Dispatch: w.Dispatch,
		Follow: w.Follow, Answer: w.Answer, Letters: letter.Post{From: "convocations@saint-aubin.fr"},
	})...)
	return &screens{w, t, site, site.Mount(routes...), token}
}

// ask makes one request and gives the status and what is answered.
func (s *screens) ask(method, path, body string) (int, string) {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "convoc", Value: s.cookie})
	w := httptest.NewRecorder()
	s.served.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestPagesAboutTheServiceTellWhomToCall(t *testing.T) {
	s := newScreens(t)
	d := s.Draft(1)
	s.Send(d)
	link := strings.TrimPrefix(s.Mail.Links["a0@x.fr"][0], "https://convoc")
	for _, about := range []string{"/aide", "/confidentialite", "/accessibilite"} {
		for _, c := range []struct {
			name, path string
			status     int
			named      bool
		}{
			{"behind a link", link + about, http.StatusOK, true},
			{"behind a link of another secret", link + "A" + about, http.StatusNotFound, false},
			{"behind no link", "/c" + about, http.StatusOK, false},
		} {
			status, body := s.ask("GET", c.path, "")
			if status != c.status || strings.Contains(body, phone) != c.named {
				t.Errorf("%s %s: %d, the phone is there: %v", about, c.name, status, strings.Contains(body, phone))
			}
		}
	}
	if _, err := s.Dispatch.CloseUnread(t.Context(), s.Handle, "secretaire", d.ID); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"closed", "expired"} {
		status, body := s.ask("GET", link+"/aide", "")
		if status != http.StatusOK || !strings.Contains(body, phone) {
			t.Errorf("behind a link that is %s: %d, the phone is there: %v", state, status, strings.Contains(body, phone))
		}
		s.Send(s.Draft(1))
		link = strings.TrimPrefix(s.Mail.Links["a0@x.fr"][1], "https://convoc")
		s.Clock = s.Clock.AddDate(1, 0, 0)
	}
}

func TestInvitationIsCheckedBeforeTheForm(t *testing.T) {
	s := newScreens(t)
	if status, body := s.ask("POST", "/api/invitation/check", `{"token":"jamais vue"}`); status != http.StatusNotFound {
		t.Errorf("unknown: %d %s", status, body)
	}
	fresh := worldtest.New(t)
	s.Account.Tables = fresh.Tables
	token, err := s.Account.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := fmt.Sprintf(`{"token":%q}`, token)
	if status, body := s.ask("POST", "/api/invitation/check", asked); status != http.StatusOK || !strings.Contains(body, `"first":true`) {
		t.Errorf("not used yet: %d %s", status, body)
	}
	_, _, err = s.Account.Accept(t.Context(), token, account.Acceptance{
		CollectivityName: "Saint-Aubin", SIREN: "000000000", Name: "Claire Bon", Login: "mairie", Password: "les platanes de la place",
	})
	if err != nil {
		t.Fatal(err)
	}
	status, body := s.ask("POST", "/api/invitation/check", asked)
	if status != http.StatusConflict || !strings.Contains(body, "already_set_up") {
		t.Errorf("used: %d %s", status, body)
	}
}

func TestListCountsWhomADraftWouldReach(t *testing.T) {
	s := newScreens(t)
	group := s.Group("Conseil", "anne@x.fr", "bruno@x.fr")
	d := s.Draft(0)
	_, err := s.Compose.Save(t.Context(), s.Handle, "secretaire", d.ID, d.Version, compose.Text{
		Subject: "Conseil", To: []compose.Entry{{Group: group}, {Address: "anne@x.fr"}, {Address: "claire@x.fr"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Draft(0)
	_, body := s.ask("GET", "/api/convocations", "")
	var got struct {
		Convocations []struct{ Recipients int }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	of := map[int]int{}
	for _, line := range got.Convocations {
		of[line.Recipients]++
	}
	if len(of) != 2 || of[3] != 1 || of[0] != 1 {
		t.Errorf("got %s, want one draft to 3 persons and one to none", body)
	}
}

func TestPreviewIsWhatIsReceived(t *testing.T) {
	s := newScreens(t)
	d := s.Draft(1)
	s.Put(d.ID, "Ordre du jour.pdf", "%PDF-1.4 ordre du jour")
	s.Put(d.ID, "Budget.pdf", "%PDF-1.4 budget")
	if _, _, err := s.Uploads.Document(t.Context(), s.Handle, d.ID, "En route.pdf", 10); err != nil {
		t.Fatal(err)
	}
	path := "/api/convocations/" + string(d.ID) + "/preview"
	const copied, field = "Cette convocation vous est adressée en copie", `id="text"`
	for _, c := range []struct {
		name, path string
		has, lacks []string
	}{
		{"nobody in copy", path,
			[]string{`class="letter-`, "Tout télécharger (37", field, `href="/composer.html?id=` + string(d.ID), phone},
			[]string{copied, "En route.pdf", "as=cc", `style="`}},
		{"as somebody in copy", path + "?as=cc", []string{copied, "Ordre du jour.pdf"}, []string{field}},
	} {
		status, body := s.ask("GET", c.path, "")
		if status != http.StatusOK {
			t.Errorf("%s: %d", c.name, status)
		}
		for _, text := range c.has {
			if !strings.Contains(body, text) {
				t.Errorf("%s: the preview lacks %q", c.name, text)
			}
		}
		for _, text := range c.lacks {
			if strings.Contains(body, text) {
				t.Errorf("%s: the preview has %q", c.name, text)
			}
		}
	}
	if _, err := s.Compose.Save(t.Context(), s.Handle, "secretaire", d.ID, d.Version, compose.Text{
		Subject: "Conseil", To: []compose.Entry{{Address: "a@x.fr"}}, Bcc: []compose.Entry{{Address: "b@x.fr"}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, body := s.ask("GET", path, ""); !strings.Contains(body, path+"?as=cc") {
		t.Error("the preview does not lead to what a hidden copy receives")
	}
}

func TestSuggestionsSayWhenThereMayBeMore(t *testing.T) {
	s := newScreens(t)
	for n := range contacts.MaxSuggestions {
		want := `"more":false`
		if n+1 == contacts.MaxSuggestions {
			want = `"more":true`
		}
		s.Group(fmt.Sprint("Commission ", n))
		if _, body := s.ask("GET", "/api/recipients?q=comm", ""); !strings.Contains(body, want) {
			t.Errorf("%d groups: %s", n+1, body)
		}
	}
}

// The documents' host shows refusals as pages of ours: their style comes from our origin, and nothing else does.
func TestRefusalsOfTheFilesHostAreStyled(t *testing.T) {
	s := newScreens(t)
	w := httptest.NewRecorder()
	s.site.FilesProblem(w, nil, http.StatusRequestEntityTooLarge, "upload_too_large")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src "+origin+";") {
		t.Errorf("policy %q", policy)
	}
	sheet, help := `<link rel="stylesheet" href="`+origin+page.StylePath+`">`, `href="`+origin+page.HelpPath
	for _, text := range []string{sheet, help, "page précédente"} {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	r := httptest.NewRequest("GET", page.StylePath, nil)
	style := httptest.NewRecorder()
	s.served.ServeHTTP(style, r)
	if got := style.Header().Get("Cross-Origin-Resource-Policy"); got != "cross-origin" {
		t.Errorf("another host may not use the style: its resource policy is %q", got)
	}
}

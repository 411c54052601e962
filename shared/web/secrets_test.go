package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/table"
	"convoc/shared/web"
)

const password = "canari-tilleuls"

// withPassword lets a convocation open with the password.
func withPassword(text *compose.Text) {
	p := password
	text.Password = &p
}

// Whatever an élu does, right or wrong, the secret of her link, the password and what she writes are in no line of the log;
// and neither the secret nor the password is stored.
func TestSecretsAreNowhere(t *testing.T) {
	s := newElus(t, true, withPassword)
	link := s.link("e0@x.fr")
	_, secret, _ := strings.Cut(link, ".")
	const text = "Canari : je serai en retard"
	requests := 0
	walk := func(link string) {
		for _, route := range elusRoutes(web.Recipients{Answer: s.Answer}) {
			method, path := s.fill(route.Pattern, link)
			for _, method := range []string{method, "HEAD", "PUT"} {
				s.ask(method, path, url.Values{
					"mot_de_passe": {password}, "text": {text}, "presence": {"present"}, "revision": {"1"}, "moment": {"x"},
				})
				requests++
			}
		}
	}
	walk(link)
	s.open(link, url.Values{"mot_de_passe": {password + "!"}})
	s.open(link, url.Values{"mot_de_passe": {password}})
	s.open(link, url.Values{"mot_de_passe": {password}, "autre": {"1"}})
	walk(link)
	walk(link + "A")
	walk(link + "?" + secret)
	walk("//c/" + secret)
	s.Fault = func(string, table.Key) table.Fault { return table.FaultBefore }
	walk(link)
	s.Fault = nil
	s.Clock = s.Clock.AddDate(1, 0, 0)
	walk(link)
	s.Pass(3, time.Minute)
	if lines := strings.Count(s.log.String(), "\n"); lines < requests {
		t.Errorf("%d lines of the log for %d requests: this tests nothing", lines, requests)
	}
	for _, line := range strings.Split(s.log.String(), "\n") {
		for what, canary := range map[string]string{"the secret": secret, "the password": password, "what was written": "Canari", "an address": "x.fr"} {
			if strings.Contains(line, canary) {
				t.Errorf("%s is in the log: %s", what, line)
			}
		}
	}
	items, kept := s.Items(), 0
	for _, item := range items {
		stored := fmt.Sprintf("%q", item.Key)
		for name, v := range item.Attrs {
			stored += fmt.Sprintf(" %s=%s%s", name, v.Text(), v.Bytes())
		}
		if strings.Contains(stored, text) {
			kept++
		}
		for what, canary := range map[string]string{"the secret": secret, "the password": password} {
			if strings.Contains(stored, canary) {
				t.Errorf("%s is in the item %q", what, item.Key)
			}
		}
	}
	if len(items) < 50 || kept == 0 {
		t.Errorf("%d items were looked at, %d with what was written: this tests nothing", len(items), kept)
	}
}

func TestCookieOfAPassword(t *testing.T) {
	for _, secure := range []bool{true, false} {
		s := newElus(t, secure, withPassword)
		link, theirs := s.link("e0@x.fr"), s.link("e1@x.fr")
		if got := s.open(link, url.Values{"mot_de_passe": {"faux"}}); got.Code != http.StatusForbidden || len(got.Result().Cookies()) != 0 {
			t.Errorf("a wrong password: %d, %v", got.Code, got.Result().Cookies())
		}
		got := s.open(link, url.Values{"mot_de_passe": {password}})
		if got.Code != http.StatusSeeOther || len(s.cookies) != 1 {
			t.Fatalf("got %d, %v", got.Code, s.cookies)
		}
		c := s.cookies[0]
		if c.Path != link || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 12*60*60 || c.Domain != "" {
			t.Errorf("secure %v: the cookie is %s", secure, c)
		}
		s.open(theirs, url.Values{"mot_de_passe": {password}})
		if len(s.cookies) != 2 || s.cookies[1].Name == c.Name || s.cookies[1].Path != theirs {
			t.Fatalf("a couple shares a tablet: %v", s.cookies)
		}
		stolen := *s.cookies[1] // as if it were this link's
		stolen.Name, stolen.Path = c.Name, link
		s.cookies = []*http.Cookie{&stolen}
		if got := s.ask("GET", link+"/lire", nil); got.Header().Get("Location") != link {
			t.Errorf("the cookie of another link opens: %d", got.Code)
		}
	}
	s := newElus(t, true)
	if got := s.open(s.link("e0@x.fr"), url.Values{"mot_de_passe": {"x"}}); got.Code != http.StatusSeeOther || len(s.cookies) != 0 {
		t.Errorf("without a password: %d, %v", got.Code, s.cookies)
	}
}

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convoc/shared/journal"
)

const (
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	ipad   = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)

// What a press over HTTP comes to.
func TestPress(t *testing.T) {
	const again = "Encore une fois"
	for _, c := range []struct {
		name            string
		agent, user     string // User-Agent, Sec-Fetch-User
		purpose         string // Sec-Purpose
		address         string
		wait            time.Duration // after the mail left
		fields          url.Values
		opened, doubted bool
	}{
		{"a person in Chrome", chrome, "?1", "", "192.0.2.7", time.Hour, nil, true, false},
		{"a program that calls itself Chrome", chrome, "", "", "192.0.2.7", time.Hour, nil, false, true},
		{"a person on an iPad, whose browser never says it", ipad, "", "", "192.0.2.7", time.Hour, nil, true, false},
		{"a browser that says nothing of itself", "", "", "", "192.0.2.7", time.Hour, nil, true, false},
		{"behind a scanner, as the mail comes in", ipad, "", "", "40.107.1.1", 30 * time.Second, nil, false, true},
		{"behind a scanner, a minute later", ipad, "", "", "40.107.1.1", time.Minute, nil, true, false},
		{"fetched ahead", chrome, "?1", "prefetch;prerender", "192.0.2.7", time.Hour, nil, false, false},
		{"the decoy", chrome, "?1", "", "192.0.2.7", time.Hour, url.Values{"autre": {"1"}}, false, false},
		{"an old tab", ipad, "", "", "192.0.2.7", time.Hour, url.Values{"moment": {"x"}}, false, false},
		{"no moment", ipad, "", "", "192.0.2.7", time.Hour, url.Values{"moment": {""}}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newElus(t, true)
			link := s.link("e0@x.fr")
			sent := s.Recipients(s.id)["e0@x.fr"].LastSentAt()
			s.address = c.address
			s.header.Set("User-Agent", c.agent)
			s.header.Set("Sec-Fetch-Mode", "navigate")
			for name, value := range map[string]string{"Sec-Fetch-User": c.user, "Sec-Purpose": c.purpose} {
				if value != "" {
					s.header.Set(name, value)
				}
			}
			s.Clock = sent.Add(c.wait - 3*time.Second) // so long does a person look
			got := s.open(link, c.fields)
			r := s.Recipients(s.id)["e0@x.fr"]
			if !r.OpenedAt.IsZero() != c.opened || !r.DoubtedAt.IsZero() != c.doubted {
				t.Errorf("opened at %s, doubted at %s", r.OpenedAt, r.DoubtedAt)
			}
			entered := c.opened || c.doubted
			if to := got.Header().Get("Location"); entered && (got.Code != http.StatusSeeOther || to != link+"/lire") {
				t.Errorf("got %d to %q", got.Code, to)
			}
			if !entered && (got.Code != http.StatusOK || !strings.Contains(got.Body.String(), again) || !momentField.MatchString(got.Body.String())) {
				t.Errorf("not drawn again: %d %s", got.Code, got.Body)
			}
			program := c.purpose != "" || c.fields.Get("autre") != ""
			if ignored := s.Journal()[journal.OpeningIgnored] == 1; ignored != program {
				t.Errorf("the journal tells of a program: %v", ignored)
			}
		})
	}
}

// Whoever types a password reads why it does not open, in words, and never sees it again.
func TestPasswordOnTheFirstPage(t *testing.T) {
	s := newElus(t, true, withPassword)
	link := s.link("e0@x.fr")
	if body := s.ask("GET", link, nil).Body.String(); !strings.Contains(body, `type="password"`) {
		t.Error("no password is asked for")
	}
	for _, c := range []struct {
		name, typed string
		status      int
		says        string
	}{
		{"none", "", http.StatusForbidden, "Un mot de passe est demandé"},
		{"a wrong one", "faux-canari", http.StatusForbidden, "Ce n’est pas le bon mot de passe"},
		{"a second", "faux-canari", http.StatusForbidden, "Ce n’est pas le bon mot de passe"},
		{"a third", "faux-canari", http.StatusForbidden, "Ce n’est pas le bon mot de passe"},
		{"a fourth", "faux-canari", http.StatusForbidden, "Ce n’est pas le bon mot de passe"},
		{"a fifth", "faux-canari", http.StatusTooManyRequests, "Trop de mots de passe erronés"},
		{"the right one, locked", password, http.StatusTooManyRequests, "réessayer à partir du"},
	} {
		got := s.open(link, url.Values{"mot_de_passe": {c.typed}})
		body := got.Body.String()
		if got.Code != c.status || !strings.Contains(body, c.says) || strings.Contains(body, "canari") || len(s.cookies) > 0 {
			t.Errorf("%s: %d, cookies %v: %s", c.name, got.Code, s.cookies, body)
		}
	}
	if r := s.Recipients(s.id)["e0@x.fr"]; r.Entered() {
		t.Errorf("opened at %s", r.OpenedAt)
	}
	s.Clock = s.Clock.Add(15 * time.Minute)
	if got := s.open(link, url.Values{"mot_de_passe": {password}}); got.Code != http.StatusSeeOther {
		t.Errorf("a quarter of an hour later: %d", got.Code)
	}
}

// A program that presses tries no password: it would lock out the person.
func TestProgramTriesNoPassword(t *testing.T) {
	s := newElus(t, true, withPassword)
	link := s.link("e0@x.fr")
	for range 6 {
		s.open(link, url.Values{"autre": {"1"}, "mot_de_passe": {"faux"}})
	}
	if r := s.Recipients(s.id)["e0@x.fr"]; r.WrongPasswords != 0 {
		t.Errorf("%d wrong ones are counted", r.WrongPasswords)
	}
}

// What an élu answers, from the first page to the receipt; what is refused is shown again with what she typed.
func TestReplyToAMeeting(t *testing.T) {
	s := newElus(t, true)
	link, taken := s.link("e0@x.fr"), s.link("e1@x.fr")
	holder := string(s.Recipients(s.id)["e2@x.fr"].Person)
	for _, link := range []string{link, taken} {
		s.open(link, nil)
		got := s.ask("POST", link+"/reponse", url.Values{"presence": {"proxy"}, "mandataire": {holder}, "text": {"Un mot <b>"}})
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != link+"/verifier" {
			t.Fatalf("got %d to %q", got.Code, got.Header().Get("Location"))
		}
	}
	if got := s.ask("POST", taken+"/envoyer", url.Values{"revision": {"1"}}); got.Header().Get("Location") != taken+"/merci" {
		t.Fatalf("the faster one: %d", got.Code)
	}
	got := s.ask("POST", link+"/envoyer", url.Values{"revision": {"1"}})
	if body := got.Body.String(); got.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "a déjà reçu un pouvoir") || !strings.Contains(body, "Un mot &lt;b&gt;") {
		t.Errorf("the slower one: %d %s", got.Code, body)
	}
	for _, c := range []struct {
		name   string
		fields url.Values
		says   string
	}{
		{"no presence", url.Values{"text": {"Un mot <b>"}}, "Il manque votre présence"},
		{"one that is not offered", url.Values{"presence": {"remote"}, "text": {"Un mot <b>"}}, "Cette réponse n’est pas possible"},
		{"no holder", url.Values{"presence": {"proxy"}, "text": {"Un mot <b>"}}, "Il manque le nom pour votre pouvoir"},
		{"a holder who has one", url.Values{"presence": {"proxy"}, "mandataire": {holder}, "text": {"Un mot <b>"}}, "a déjà reçu un pouvoir"},
		{"a word that is too long", url.Values{"presence": {"present"}, "text": {strings.Repeat("Un mot <b>", 501)}}, "Votre réponse est trop longue"},
	} {
		got := s.ask("POST", link+"/reponse", c.fields)
		if body := got.Body.String(); got.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.says) || !strings.Contains(body, "Un mot &lt;b&gt;") {
			t.Errorf("%s: %d %s", c.name, got.Code, body)
		}
	}
	s.ask("POST", link+"/reponse", url.Values{"presence": {"present"}})
	for revision, want := range map[string]int{"1": http.StatusConflict, "": http.StatusConflict, "x": http.StatusConflict, "2": http.StatusSeeOther} {
		if got := s.ask("POST", link+"/envoyer", url.Values{"revision": {revision}}); got.Code != want {
			t.Errorf("revision %q: %d, want %d", revision, got.Code, want)
		}
	}
	thanks := s.ask("GET", link+"/merci", nil).Body.String()
	if !strings.Contains(thanks, "Merci, votre réponse est envoyée") || !strings.Contains(thanks, link+"/agenda") {
		t.Errorf("got %s", thanks)
	}
	calendar := s.ask("GET", link+"/agenda", nil)
	if kind := calendar.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/calendar") || !strings.Contains(calendar.Body.String(), "DTSTART:20261215T173000Z") {
		t.Errorf("%s: %s", kind, calendar.Body)
	}
}

package web_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/table"
	"convoc/shared/web"
)

// place is a state in which an élu may be.
type place struct {
	name string
	make func(s *elus) (link string) // by which she comes
	want map[string]int              // statuses of the pages of a link; of those that are not named: see status
	most int                         // reads of the first page
}

// status of a page; one that is not named leads elsewhere, unless it is about the service.
func (p place) status(page string) int {
	if status, named := p.want[page]; named {
		return status
	}
	if status, is := about[page]; is {
		return status
	}
	return http.StatusSeeOther
}

var places = []place{
	{"a link that is not opened", func(s *elus) string { return s.link("e0@x.fr") }, inFront, 2},
	{"a link that is opened", func(s *elus) string {
		s.open(s.link("e0@x.fr"), nil)
		return s.link("e0@x.fr")
	}, map[string]int{"": 200, "/lire": 200, "/agenda": 200, "/documents": 200}, 2},
	{"a reply that is begun", func(s *elus) string {
		link := s.link("e0@x.fr")
		s.open(link, nil)
		s.ask("POST", link+"/reponse", url.Values{"presence": {"present"}})
		return link
	}, map[string]int{"": 200, "/lire": 200, "/verifier": 200, "/agenda": 200, "/documents": 200}, 2},
	{"a proxy that is given", func(s *elus) string {
		link := s.link("e0@x.fr")
		s.open(link, nil)
		holder := s.Recipients(s.id)["e1@x.fr"].Person
		s.ask("POST", link+"/reponse", url.Values{"presence": {"proxy"}, "mandataire": {string(holder)}})
		s.ask("POST", link+"/envoyer", url.Values{"revision": {"1"}})
		return link
	}, map[string]int{"": 200, "/lire": 200, "/merci": 200, "/pouvoir": 200, "/agenda": 200, "/documents": 200}, 2},
	{"replies that are closed", func(s *elus) string {
		s.open(s.link("e0@x.fr"), nil)
		s.Clock = s.Clock.AddDate(0, 0, 20)
		return s.link("e0@x.fr")
	}, map[string]int{"": 200, "/lire": 200, "/verifier": 410, "/agenda": 200, "/documents": 410}, 2},
	{"a link that was taken away", func(s *elus) string {
		err := s.Dispatch.Revoke(s.t.Context(), s.Handle, "secretaire", s.id, s.Recipients(s.id)["e0@x.fr"].ID)
		if err != nil {
			s.t.Fatal(err)
		}
		return s.link("e0@x.fr")
	}, everywhere(http.StatusGone), 2},
	{"a link that has expired", func(s *elus) string {
		s.Clock = s.Clock.AddDate(1, 0, 0)
		return s.link("e0@x.fr")
	}, everywhere(http.StatusGone), 2},
	{"a link of another secret", func(s *elus) string {
		link := s.link("e0@x.fr")
		return link[:len(link)-1] + other(link[len(link)-1:])
	}, wrong, 1},
	{"a link to nobody", func(s *elus) string {
		link, at := s.link("e0@x.fr"), strings.LastIndex(s.link("e0@x.fr"), ".")
		return link[:at-4] + "aaaa" + link[at:]
	}, wrong, 1},
	{"no link at all", func(*elus) string { return "/c/abc" }, wrong, 0},
}

var (
	pagesOfALink = []string{"", "/lire", "/verifier", "/merci", "/pouvoir", "/agenda", "/documents", "/confidentialite", "/accessibilite", "/aide"}
	about        = map[string]int{"/confidentialite": 200, "/accessibilite": 200, "/aide": 200}
	inFront      = map[string]int{"": 200}
	wrong        = func() map[string]int { // pages about the service too: nobody says of a link that it is one
		all := everywhere(http.StatusNotFound)
		for path := range about {
			all[path] = http.StatusNotFound
		}
		return all
	}()
)

func everywhere(status int) map[string]int {
	all := map[string]int{}
	for _, path := range pagesOfALink {
		if all[path] = status; about[path] != 0 {
			all[path] = about[path]
		}
	}
	return all
}

func other(letter string) string {
	if letter == "A" {
		return "B"
	}
	return "A"
}

// GET and HEAD change nothing, whoever comes by: mail gateways follow links. And they are cheap: somebody may try a
// thousand.
func TestLookingWritesNothing(t *testing.T) {
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			s := newElus(t, true)
			link := place.make(s)
			seen := 0
			for _, route := range elusRoutes(web.Recipients{Answer: s.Answer}) {
				method, path := s.fill(route.Pattern, link)
				if method != http.MethodGet {
					continue
				}
				seen++
				rest, ofLink := strings.CutPrefix(path, link)
				before, mails, bells := s.Counts(), s.Mail.Calls, len(s.Bells)
				got := s.ask("GET", path, nil)
				after := s.Counts()
				if after.Writes != before.Writes || s.Mail.Calls != mails || len(s.Bells) != bells {
					t.Errorf("%s: %d writes", path, after.Writes-before.Writes)
				}
				if reads := after.Reads - before.Reads; ofLink {
					t.Logf("%-16s %d reads, %d", "/c/…"+rest, reads, got.Code)
					if (rest == "" || place.most < 2) && reads > place.most {
						t.Errorf("%s takes %d reads, at most %d", path, reads, place.most)
					}
				}
				if want := place.status(rest); ofLink && got.Code != want {
					t.Errorf("%s: %d, want %d", rest, got.Code, want)
				}
				head := s.ask("HEAD", path, nil)
				if head.Code != got.Code || !maps.EqualFunc(head.Header(), got.Header(), slices.Equal) || s.Counts().Writes != before.Writes {
					t.Errorf("HEAD %s: %d %v, after %d writes", path, head.Code, head.Header(), s.Counts().Writes-before.Writes)
				}
			}
			if seen < 15 {
				t.Errorf("only %d routes were seen", seen)
			}
		})
	}
}

// Whoever has not passed the first page is led to it, and with a password so is every other browser.
func TestFirstPageComesFirst(t *testing.T) {
	s := newElus(t, true, withPassword)
	link := s.link("e0@x.fr")
	if got := s.open(link, url.Values{"mot_de_passe": {password}}); got.Code != http.StatusSeeOther || got.Header().Get("Location") != link+"/lire" {
		t.Fatalf("got %d to %q: %s", got.Code, got.Header().Get("Location"), got.Body)
	}
	mine := s.cookies
	for _, c := range []struct {
		name string
		link string
		here bool // the browser has the cookie
		want string
	}{
		{"this browser", link, true, ""}, {"another browser", link, false, link}, {"another link", s.link("e1@x.fr"), true, s.link("e1@x.fr")},
	} {
		for _, path := range []string{"/lire", "/verifier", "/merci", "/pouvoir", "/agenda", "/documents"} {
			if s.cookies = nil; c.here {
				s.cookies = mine
			}
			got := s.ask("GET", c.link+path, nil)
			if to := got.Header().Get("Location"); (c.want != "" && (got.Code != 303 || to != c.want)) || (c.want == "" && to == link) {
				t.Errorf("%s, %s: %d to %q", c.name, path, got.Code, to)
			}
		}
		before := s.Counts().Writes
		for _, path := range []string{"/document/" + string(s.doc), "/tout", "/pdf", "/reponse", "/retirer/" + string(s.doc), "/envoyer"} {
			if c.want == "" {
				continue
			}
			if got := s.ask("POST", c.link+path, url.Values{"presence": {"present"}, "revision": {"1"}}); got.Header().Get("Location") != c.want {
				t.Errorf("%s, POST %s: %d to %q", c.name, path, got.Code, got.Header().Get("Location"))
			}
		}
		if got := s.Counts().Writes; got != before {
			t.Errorf("%s: %d writes", c.name, got-before)
		}
	}
	s.cookies = mine
	s.Clock = s.Clock.Add(answer.Unlocked)
	if got := s.ask("GET", link+"/lire", nil); got.Header().Get("Location") != link {
		t.Errorf("12 hours later: %d to %q", got.Code, got.Header().Get("Location"))
	}
}

// A store that is away is told as such, on a page with all its headers.
func TestLookingWhileTheStoreIsAway(t *testing.T) {
	s := newElus(t, true)
	link := s.link("e0@x.fr")
	s.open(link, nil)
	for call := range 4 {
		for _, path := range pagesOfALink {
			calls := 0
			s.Fault = func(string, table.Key) table.Fault {
				if calls++; calls-1 == call {
					return table.FaultBefore
				}
				return table.FaultNone
			}
			got := s.ask("GET", link+path, nil)
			s.Fault = nil
			if calls > call && (got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "momentanément indisponible")) {
				t.Errorf("call %d of %s: %d %s", call, path, got.Code, got.Body)
			}
			checkHeaders(t, "GET "+path, got, true)
		}
	}
}

func TestExpiredLinkOffersANewOne(t *testing.T) {
	s := newElus(t, true)
	link := s.link("e0@x.fr")
	s.Clock = s.Clock.AddDate(1, 0, 0)
	got := s.ask("GET", link, nil)
	for _, text := range []string{`action="` + link + `/nouveau-lien"`, "e•••@x.fr", "Recevoir un nouveau lien", phone} {
		if !strings.Contains(got.Body.String(), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(got.Body.String(), "e0@x.fr") {
		t.Error("the page tells the whole address")
	}
	for range 2 {
		got = s.ask("POST", link+"/nouveau-lien", nil)
		if got.Code != http.StatusOK || strings.Contains(got.Body.String(), "e0@x.fr") || !strings.Contains(got.Body.String(), "e•••@x.fr") {
			t.Errorf("asked: %d %s", got.Code, got.Body)
		}
	}
	s.Pass(2, time.Minute)
	if n := len(s.Mail.Links["e0@x.fr"]); n != 2 {
		t.Fatalf("%d mails", n)
	}
	if got := s.open(s.link("e0@x.fr"), nil); got.Code != http.StatusSeeOther {
		t.Errorf("the new link: %d", got.Code)
	}
	if err := s.Dispatch.Revoke(t.Context(), s.Handle, "secretaire", s.id, s.Recipients(s.id)["e0@x.fr"].ID); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{link: http.StatusGone, link + "A": http.StatusNotFound, "/c/abc": http.StatusNotFound} {
		if got := s.ask("POST", path+"/nouveau-lien", nil); got.Code != want {
			t.Errorf("a link that gives none: %d, want %d", got.Code, want)
		}
	}
	if _, err := s.Visit("e0@x.fr"); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("got %v", err)
	}
}

// A wrong secret, a recipient who is not there and what is no link are one same answer: nobody learns who is convened.
func TestWrongLinksAreOneAnswer(t *testing.T) {
	s := newElus(t, true)
	var first string
	for _, place := range places[len(places)-3:] {
		for _, path := range []string{"", "/lire", "/documents"} {
			got := s.ask("GET", place.make(s)+path, nil)
			if first == "" {
				first = got.Body.String()
			}
			if got.Body.String() != first || got.Code != http.StatusNotFound {
				t.Errorf("%s%s: %d, or another page", place.name, path, got.Code)
			}
		}
	}
	if !strings.Contains(first, "Ce lien ne fonctionne pas") {
		t.Errorf("got %s", first)
	}
}

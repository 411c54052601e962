package web_test

import (
	"net/http"
	"strings"
	"testing"

	"convoc/shared/convocation"
)

// Any form gets an answer that is the élu's to read: what it says is done or refused, and never a fault of ours.
func FuzzReply(f *testing.F) {
	s := newElus(f, true)
	link := s.link("e0@x.fr")
	s.open(link, nil)
	holder := string(s.Recipients(s.id)["e1@x.fr"].Person)
	for _, body := range []string{
		"", "presence=present", "presence=proxy&mandataire=" + holder, "presence=proxy&mandataire=prs_aaaaaaaaaaaaaaaa",
		"presence=proxy&mandataire=x%7C%23", "presence=peut-%C3%AAtre", "presence=remote", "presence=present&presence=absent",
		"text=" + strings.Repeat("%C3%A9", 5_001), "text=a%00b&presence=absent", "text=%FF&presence=absent", "text=%zz", "a;b=c", "&&&=",
		"revision=1", "revision=-1", "revision=99999999999999999999", "moment=x&mot_de_passe=y", "autre=1&moment=", strings.Repeat("a=b&", 30_000),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s.t, s.T, s.Mail.T = t, t, t
		for _, path := range []string{"/reponse", "/envoyer", "/ouvrir", "/nouveau-lien"} {
			if got := s.post("POST", link+path, body); got.Code < 200 || got.Code >= 500 {
				t.Errorf("POST %s: %d %s", path, got.Code, got.Body)
			}
		}
		for _, path := range []string{"", "/lire", "/verifier", "/merci", "/pouvoir", "/documents"} {
			if got := s.ask("GET", link+path, nil); got.Code != http.StatusOK && got.Code != http.StatusSeeOther {
				t.Errorf("then GET %s: %d %s", path, got.Code, got.Body)
			}
		}
		v, err := s.Visit("e0@x.fr")
		if err != nil {
			t.Fatal(err)
		}
		draft, err := s.Handle.Draft(t.Context(), v.Ref())
		if err != nil {
			t.Fatal(err)
		}
		register, err := s.Handle.Register(t.Context(), s.id)
		if err != nil {
			t.Fatal(err)
		}
		for id, e := range register.Entries {
			if !v.Convocation.Meeting.Offers(e.Presence) || (e.Presence == convocation.Represented) != (e.Holder != "") || e.Holder == id {
				t.Errorf("the register has %+v", e)
			}
		}
		if kept := draft.Choice.Presence; kept != "" && !v.Convocation.Meeting.Offers(kept) {
			t.Errorf("the presence %q is kept", kept)
		}
	})
}

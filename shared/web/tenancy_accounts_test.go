package web_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/journal"
	"convoc/shared/phc"
	"convoc/shared/rights"
	"convoc/shared/store"
)

// The routes of accounts in the matrix, and the tree: home and its neighbour are children of one parent. A role in the
// parent is valid for both, for whoever has chosen one of them; a role in a child is valid there.
const (
	parent   = collectivity.ID("224400028")
	unknown  = collectivity.ID("217200013") // that nobody has
	newcomer = "912345675"
)

const present = "les tilleuls de la place"

// probes has every route that knows a session.
var probes = joined(contentProbes, accountProbes, operatorProbes)

// accountProbes are those of one's own access and of a collectivité's users.
var accountProbes = map[string][]probe{
	"GET /api/session/collectivities": {{}},
	"POST /api/session/collectivity":  {{body: `{"id":"{collectivity}"}`}},
	"POST /api/session/everywhere":    {{as: "leaving"}},
	"POST /api/password":              {{as: "changing", body: `{"present":"` + present + `","password":"quinze canards bleus au lavoir"}`}},
	"GET /api/mail":                   {{}},
	"POST /api/mail":                  {{as: "moving", body: `{"present":"` + present + `","mail":"ailleurs@x.fr"}`}},
	"POST /api/factor":                {{as: "guarding", body: `{"password":"` + present + `","code":""}`}},
	"POST /api/factor/confirm":        {{as: "guarding", body: `{"code":"123456"}`, nothing: true}}, // no telephone is there
	"POST /api/factor/remove":         {{as: "guarding", body: `{"password":"` + present + `","code":"123456"}`}},

	"GET /api/users":           {{}},
	"POST /api/users/invite":   {{body: `{"name":"Anne Roux","mail":"anne@x.fr","role":"writer"}`}},
	"POST /api/users/withdraw": {{body: `{"id":"{invitation}"}`}},
	"POST /api/users/role": {
		{body: `{"login":"{colleague}","role":"writer","disabled":false}`},
		{body: `{"login":"{colleague}","role":"reader","disabled":true}`},
		{body: `{"login":"{colleague}","role":"","disabled":false}`},
	},
	"GET /api/settings": {{}},
	"PUT /api/settings": {{body: `{"version":0,"name":"Saint-Aubin","sender":"Mairie","mail":"","phone":"","time_zone":"Europe/Paris","kind":"","population":"","retention":0}`}},
	"GET /api/journal":  {{}, {query: "?chapter=droits"}, {query: "?cursor={journalCursor}"}},
}

// operatorProbes are those of whoever keeps the installation, and may name any collectivité.
var operatorProbes = map[string][]probe{
	"GET /api/installation":                        {{as: "operator"}},
	"POST /api/installation":                       {{as: "operator", body: `{"siren":"` + newcomer + `","name":"Vouvray","parent":"` + string(parent) + `"}`}},
	"POST /api/installation/operators":             {{as: "operator", body: `{"login":"administrator","operator":true}`}},
	"POST /api/installation/{collectivity}/invite": {{as: "operator", body: `{"name":"Anne Roux","mail":"anne@x.fr"}`}},
	"POST /api/installation/{collectivity}/close":  {{as: "operator", body: `{"closed":true}`}},
}

func joined(tables ...map[string][]probe) map[string][]probe {
	all := map[string][]probe{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// askers are those who ask a probe in turn.
func (p probe) askers() []string {
	if p.as != "" {
		return []string{p.as}
	}
	var all []string
	for _, role := range rights.Roles() {
		all = append(all, string(role))
	}
	return all
}

// asker is one who may.
func (p probe) asker() string { return cmp.Or(p.as, "administrator") }

// above fills the parent as its children are filled.
func (s *neighbours) above() {
	s.t.Helper()
	s.ids[parent] = s.settle(parent, "above")
	maps.Copy(s.ids[parent], s.colleagues(parent, "above"))
	s.keys = nil
}

// people makes the tree, and signs in who works for more than one collectivité, or has an access to lose.
func (s *neighbours) people() {
	s.t.Helper()
	accounts, ctx := s.Tables.AccountsHandle(), s.t.Context()
	for _, e := range []collectivity.Entry{
		{ID: parent, Name: "Pays", CreatedAt: s.Clock},
		{ID: home, Name: "Saint-Aubin", Above: []collectivity.ID{parent}, CreatedAt: s.Clock},
		{ID: neighbour, Name: "Saint-Aubin", Above: []collectivity.ID{parent}, CreatedAt: s.Clock},
	} {
		s.must(accounts.Commit(ctx, store.Entered(e)))
	}
	s.must(s.Tables.Collectivity(parent).PutCollectivity(ctx, collectivity.Collectivity{ID: parent, Name: "Pays", TimeZone: "Europe/Paris"}))
	hash, err := phc.New(present, s.Account.Cost, strings.NewReader(strings.Repeat("salt", 8)))
	s.must(err)
	for _, login := range []string{"leaving", "changing", "moving", "guarding"} {
		s.employ(store.User{Login: login, Name: login, Mail: login + "@x.fr", Hash: hash.String()}, rights.Reader, home)
	}
	s.employ(store.User{Login: "operator", Operator: true}, "", "")
	s.employ(store.User{Login: "above"}, rights.Administrator, parent)
}

// employ signs somebody in, who has a role in a collectivité and works for it; without a role, in none.
func (s *neighbours) employ(u store.User, role rights.Role, of collectivity.ID) {
	s.t.Helper()
	u.CreatedAt = s.Clock
	if role != "" {
		u.Memberships = []store.Membership{{Collectivity: of, Role: role}}
	}
	s.must(s.Tables.AccountsHandle().CreateUser(s.t.Context(), u))
	s.begin(u.Login, u.Login, of)
}

// begin is a session of a user's, under a token.
func (s *neighbours) begin(token, login string, of collectivity.ID) {
	s.t.Helper()
	accounts := s.Tables.AccountsHandle()
	u, err := accounts.User(s.t.Context(), login)
	s.must(err)
	s.must(accounts.CreateSession(s.t.Context(), digest(token), store.Session{
		Login: login, Collectivity: of, Generation: u.Generation, CreatedAt: s.Clock, UsedAt: s.Clock,
	}))
}

// colleagues are the identifiers of a collectivité's users: one who is there, and one who is invited.
func (s *neighbours) colleagues(of collectivity.ID, who string) map[string]string {
	s.t.Helper()
	login := "collegue-" + string(of)
	s.employ(store.User{Login: login, Name: "Claire Bon"}, rights.Reader, of)
	guest := account.Guest{Name: "Anne Bon", Mail: "anne.bon@x.fr", Role: rights.Reader}
	s.must(s.Account.InviteUser(s.t.Context(), account.Session{Login: who, Collectivity: of}, of, guest))
	var told []store.Part
	for i := range 50 { // the journal has two pages
		told = append(told, store.Told(of, journal.Event{ID: fmt.Sprintf("evt_%016d", i), At: s.Clock, Who: login, What: journal.UserSignedIn, Subject: login}))
	}
	s.must(s.Tables.AccountsHandle().Commit(s.t.Context(), told...))
	waiting, err := s.Tables.AccountsHandle().Invitations(s.t.Context(), of)
	s.must(err)
	ids := map[string]string{"collectivity": string(of), "colleague": login, "journalCursor": s.next("/api/journal", who)}
	for digest := range waiting {
		ids["invitation"] = digest
	}
	return ids
}

// answers asks a route's probes with the identifiers of home, one after the other, and gives what they answer.
func (s *neighbours) answers(pattern, cookie string) []string {
	var all []string
	for _, p := range probes[pattern] {
		method, path, body := p.written(pattern)
		own := func(name string) string { return s.ids[home][name] }
		w := s.ask(request{method: method, path: filled(path, own), body: filled(body, own), cookie: cookie})
		all = append(all, said(w, nil))
	}
	return all
}

// Rights flow down, for whoever says for which collectivité: one of the parent finds nothing of the child's before, and
// after it what the child's own administrator finds; and never anything of the other child's.
func TestUserOfTheParentWorksForTheChildThatSheHasChosen(t *testing.T) {
	s := newNeighbours(t)
	seen := 0
	compare := func(chosen bool) {
		for pattern := range contentProbes {
			if !strings.HasPrefix(pattern, "GET ") || pattern == "GET /api/session" {
				continue
			}
			_, path, _ := strings.Cut(pattern, " ")
			own := s.answers(pattern, "administrator")
			s.keys = nil
			hers := s.answers(pattern, "above")
			at := map[bool]collectivity.ID{true: home, false: parent}[chosen]
			for id := range s.touched() {
				if id != at {
					t.Errorf("%s, working for %s: keys of %s are asked for", pattern, at, id)
				}
			}
			same := strings.Join(own, "") == strings.Join(hers, "")
			if chosen && !same {
				t.Errorf("%s: the child's administrator reads\n%s\nand the parent's\n%s", pattern, own, hers)
			}
			if !chosen && same && strings.Contains(path, "{") {
				t.Errorf("%s: the parent's administrator reads what is the child's without choosing it", pattern)
			}
			seen++
		}
	}
	compare(false)
	choose := func(id collectivity.ID) int {
		return s.ask(request{method: "POST", path: "/api/session/collectivity", body: `{"id":"` + string(id) + `"}`, cookie: "above"}).Code
	}
	if got := choose(home); got != http.StatusOK {
		t.Fatalf("choosing the child: got %d", got)
	}
	compare(true)
	if got := choose(neighbour); got != http.StatusOK {
		t.Fatalf("choosing the other child: got %d", got)
	}
	s.keys = nil
	s.answers("GET /api/contacts", "above")
	if touched := s.touched(); !touched[neighbour] || len(touched) != 1 {
		t.Errorf("working for the other child: keys of %v are asked for", touched)
	}
	if seen < 20 {
		t.Errorf("only %d were compared", seen)
	}
}

// Rights do not flow up, nor to the side: whoever works for a child can choose neither the parent nor the other child,
// and is told what one is told of a collectivité that there is not. A page that was opened for one of them is told so.
func TestUserOfAChildReachesNeitherParentNorSibling(t *testing.T) {
	s := newNeighbours(t)
	for _, role := range rights.Roles() {
		choose := func(id collectivity.ID) string {
			return said(s.ask(request{method: "POST", path: "/api/session/collectivity", body: `{"id":"` + string(id) + `"}`, cookie: string(role)}), nil)
		}
		want := choose(unknown)
		if !strings.HasPrefix(want, "404 ") {
			t.Errorf("%s chooses one that there is not: %s", role, want)
		}
		for _, id := range []collectivity.ID{parent, neighbour} {
			if got := choose(id); got != want {
				t.Errorf("%s chooses %s: got %s, want %s", role, id, got, want)
			}
			q := request{method: "GET", path: "/api/contacts", cookie: string(role), header: http.Header{"Convoc-Collectivity": {string(id)}}}
			if w := s.ask(q); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "other_collectivity") {
				t.Errorf("%s from a page of %s: %d %s", role, id, w.Code, w.Body)
			}
		}
		if touched := s.touched(); len(touched) > 0 {
			t.Errorf("%s: keys of %v are asked for", role, touched)
		}
		s.answers("GET /api/contacts", string(role))
		if touched := s.touched(); !touched[home] || len(touched) != 1 {
			t.Errorf("%s, afterwards: keys of %v are asked for", role, touched)
		}
	}
}

// Whoever keeps the installation names collectivités and reaches nothing that they hold: at most the settings of the one
// that is named, and its name in a mail. Whoever does not is told the same of one that there is and one that there is not.
func TestOperatorReachesNothingThatCollectivitiesHold(t *testing.T) {
	for pattern, all := range operatorProbes {
		for _, p := range all {
			s := newNeighbours(t)
			method, path, body := p.written(pattern)
			of := func(id collectivity.ID, cookie string) string {
				named := func(string) string { return string(id) }
				return said(s.ask(request{method: method, path: filled(path, named), body: body, cookie: cookie}), nil)
			}
			for _, role := range rights.Roles() {
				refusal := of(unknown, string(role))
				if ours := of(home, string(role)); ours != refusal || !strings.HasPrefix(ours, "403 ") {
					t.Errorf("%s by %s: %s and %s", pattern, role, ours, refusal)
				}
			}
			if touched := s.touched(); len(touched) > 0 {
				t.Errorf("%s, refused: keys of %v are asked for", pattern, touched)
			}
			before := s.of(home)
			if got := of(neighbour, "operator"); !strings.HasPrefix(got, "20") {
				t.Errorf("%s: got %s", pattern, got)
			}
			for _, key := range s.keys {
				if !strings.HasPrefix(key, string(neighbour)+"#") && !strings.HasPrefix(key, newcomer+"#") || !strings.HasSuffix(key, " collectivity") {
					t.Errorf("%s: %s is asked for", pattern, key)
				}
			}
			s.keys = nil
			if pattern != "POST /api/installation/operators" && len(s.of(home)) != len(before) {
				t.Errorf("%s of the neighbour: our data have changed", pattern)
			}
		}
	}
	s := newNeighbours(t)
	for pattern := range contentProbes {
		if _, path, _ := strings.Cut(pattern, " "); strings.HasPrefix(path, "/api/session") {
			continue
		}
		for _, answer := range s.answers(pattern, "operator") {
			if !strings.HasPrefix(answer, "403 ") {
				t.Errorf("%s by an opérateur: %s", pattern, answer)
			}
		}
	}
	if touched := s.touched(); len(touched) > 0 {
		t.Errorf("keys of %v are asked for", touched)
	}
}

package web_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/link"
)

// varied are the identifiers that a probe names. A number is none.
func varied(path, body string) []string {
	var all []string
	for _, m := range placeholder.FindAllStringSubmatch(path+body, -1) {
		if m[1] != "version" && m[1] != "revision" && !slices.Contains(all, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

// filled puts identifiers in.
func filled(text string, id func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return id(strings.Trim(name, "{}")) })
}

// strange draws an identifier that nobody has, of the shape of another: as random as those are. A cursor has no prefix.
func (p *pair) strange(like string) string {
	if len(like) == len(unknown) { // a SIREN: one that nobody has
		return string(unknown)
	}
	prefix, alphabet := "", base64url
	if len(like) == 20 && like[3] == '_' {
		prefix, alphabet = like[:4], ident.Alphabet
	}
	raw := []byte(like)
	for i := range raw[len(prefix):] {
		raw[len(prefix)+i] = alphabet[p.source.IntN(len(alphabet))]
	}
	p.drawn = append(p.drawn, string(raw))
	return string(raw)
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// said is all that an answer says, but for those identifiers that are not ours.
func said(w *httptest.ResponseRecorder, ids map[string]string, notOurs ...string) string {
	text := w.Result().Status + "\n"
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		text += name + ": " + strings.Join(w.Header()[name], ", ") + "\n"
	}
	text += w.Body.String()
	for _, name := range notOurs {
		text = strings.ReplaceAll(text, ids[name], "{"+name+"}")
	}
	return text
}

// subsets of names, each at least one.
func subsets(names []string) [][]string {
	var all [][]string
	for bits := 1; bits < 1<<len(names); bits++ {
		var some []string
		for i, name := range names {
			if bits&(1<<i) != 0 {
				some = append(some, name)
			}
		}
		all = append(all, some)
	}
	return all
}

// The matrix is whole: a route that is added without a probe fails here.
func TestEveryRouteIsInTheTenancyMatrix(t *testing.T) {
	s := newNeighbours(t)
	seen := map[string]bool{}
	for _, r := range s.routes {
		seen[r.Pattern] = true
		session, link := len(probes[r.Pattern]) > 0, strings.Contains(r.Pattern, "/c/{token}")
		if session != (r.Action != "") || link && linkProbes[r.Pattern] == nil || !session && !link && !nobodys[r.Pattern] {
			t.Errorf("%s has no probe, or one of another kind", r.Pattern)
		}
		for _, p := range slices.Concat(probes[r.Pattern], linkProbes[r.Pattern]) {
			_, path, body := p.written(r.Pattern)
			for _, name := range varied(path, body) {
				if s.ids[home][name] == "" || s.ids[home][name] == s.ids[neighbour][name] {
					t.Errorf("%s: nothing is known for %s, or the same for both", r.Pattern, name)
				}
			}
		}
	}
	for _, patterns := range [][]string{slices.Collect(maps.Keys(probes)), slices.Collect(maps.Keys(linkProbes)), slices.Collect(maps.Keys(nobodys))} {
		for _, pattern := range patterns {
			if !seen[pattern] {
				t.Errorf("%s is no route", pattern)
			}
		}
	}
}

// A probe that its own identifiers do not pass would compare one refusal with another.
func TestProbesPassWithTheirOwnIdentifiers(t *testing.T) {
	for _, table := range []map[string][]probe{probes, linkProbes} {
		for pattern, all := range table {
			for n, p := range all {
				t.Run(fmt.Sprint(pattern, ", probe ", n), func(t *testing.T) {
					t.Parallel()
					s := newNeighbours(t)
					method, path, body := p.written(pattern)
					own := func(name string) string { return s.ids[home][name] }
					w := s.ask(request{method: method, path: filled(path, own), body: filled(body, own), cookie: p.asker()})
					if passed := w.Code < 400; passed == p.nothing || w.Code >= 500 {
						t.Errorf("got %d %s", w.Code, w.Body)
					}
				})
			}
		}
	}
}

// pair are two towns that are alike: one is asked for a neighbour's identifiers, the other for random ones.
type pair struct {
	t               *testing.T
	foreign, random *neighbours
	source          *rand.Rand
	drawn           []string
	compared        int
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, foreign: newNeighbours(t), random: newNeighbours(t), source: rand.New(rand.NewPCG(1, 2))}
	for _, s := range []*neighbours{p.foreign, p.random} {
		s.above()
	}
	if diff := cmp.Diff(p.foreign.of(home), p.random.of(home)); diff != "" {
		t.Fatalf("two towns are not alike: this proves nothing\n%s", diff)
	}
	return p
}

// ids gives some identifiers of each kind, and our own for the others.
func (p *pair) ids(some []string) (foreign, random map[string]string) {
	return p.idsOf(neighbour, some)
}

func (p *pair) idsOf(other collectivity.ID, some []string) (foreign, random map[string]string) {
	foreign, random = maps.Clone(p.foreign.ids[home]), maps.Clone(p.foreign.ids[home])
	for _, name := range some {
		foreign[name] = p.foreign.ids[other][name]
		random[name] = p.strange(foreign[name])
	}
	return foreign, random
}

// compare asks the same of both, each with its identifiers.
func (p *pair) compare(what string, q request, foreign, random map[string]string, notOurs ...string) {
	p.t.Helper()
	ask := func(s *neighbours, ids map[string]string) string {
		id := func(name string) string { return ids[name] }
		filledIn := q
		filledIn.path, filledIn.body = filled(q.path, id), filled(q.body, id)
		return said(s.ask(filledIn), ids, notOurs...)
	}
	p.compared++
	if diff := cmp.Diff(ask(p.random, random), ask(p.foreign, foreign)); diff != "" {
		p.t.Errorf("%s (-random +foreign)\n%s", what, diff)
	}
}

// only fails when keys of another collectivité were asked for.
func (p *pair) only(what string, allowed collectivity.ID) {
	p.t.Helper()
	for _, s := range []*neighbours{p.foreign, p.random} {
		for id := range s.touched() {
			if id != allowed {
				p.t.Errorf("%s: keys of %s are asked for", what, id)
			}
		}
	}
}

// same fails when anything came of it all.
func (p *pair) same(neighbours []string) {
	p.t.Helper()
	if diff := cmp.Diff(neighbours, p.foreign.of(neighbour)); diff != "" {
		p.t.Errorf("the neighbour's data have changed\n%s", diff)
	}
	random := masked(p.random.of(home), p.drawn)
	theirs := slices.Concat(slices.Collect(maps.Values(p.foreign.ids[neighbour])), slices.Collect(maps.Values(p.foreign.ids[parent])))
	foreign := masked(p.foreign.of(home), theirs)
	if diff := cmp.Diff(random, foreign); diff != "" {
		p.t.Errorf("what came of it (-random +foreign)\n%s", diff)
	}
}

// masked puts one word in the place of all these identifiers.
func masked(items, ids []string) []string {
	all := slices.Clone(items)
	for i := range all {
		for _, id := range ids {
			if len(id) >= 20 { // no number
				all[i] = strings.ReplaceAll(all[i], id, "{id}")
			}
		}
	}
	slices.Sort(all)
	return all
}

// Each route, each identifier in it, each role: one of another collectivité answers as a random one does, byte for byte,
// and no key of the other is asked for.
func TestForeignIdentifiersAnswerAsRandomOnes(t *testing.T) {
	p := newPair(t)
	before, above := p.foreign.of(neighbour), p.foreign.of(parent)
	for _, route := range p.foreign.routes {
		if operatorProbes[route.Pattern] != nil {
			continue // who may name any collectivité
		}
		for _, probe := range probes[route.Pattern] {
			method, path, body := probe.written(route.Pattern)
			names := varied(path, body)
			some := subsets(names)
			if len(names) == 0 {
				some = [][]string{nil}
			}
			for _, who := range probe.askers() {
				for _, names := range some {
					for _, other := range []collectivity.ID{neighbour, parent} {
						what := who + ": " + route.Pattern + ", of " + string(other) + ": " + strings.Join(names, ", ")
						foreign, random := p.idsOf(other, names)
						p.compare(what, request{method: method, path: path, body: body, cookie: who}, foreign, random, names...)
						p.only(what, home)
					}
				}
			}
		}
	}
	p.same(before)
	if diff := cmp.Diff(above, p.foreign.of(parent)); diff != "" {
		t.Errorf("the parent's data have changed\n%s", diff)
	}
	if p.compared < 600 {
		t.Errorf("only %d requests were compared", p.compared)
	}
}

// locators mix a link of ours with one of the neighbour's; in a random one, what is the neighbour's is random. The secret
// is always that of our link.
var locators = map[string]func(ours *link.Token, theirs link.Token){
	"another's whole locator":             func(l *link.Token, of link.Token) { l.Locator = of.Locator },
	"another's name":                      func(l *link.Token, of link.Token) { l.Collectivity = of.Collectivity },
	"another's convocation and recipient": func(l *link.Token, of link.Token) { l.Convocation, l.Recipient = of.Convocation, of.Recipient },
	"another's convocation":               func(l *link.Token, of link.Token) { l.Convocation = of.Convocation },
	"another's recipient":                 func(l *link.Token, of link.Token) { l.Recipient = of.Recipient },
}

// An élu's link: whatever its locator mixes, it answers as a random one does, and keys of the collectivité that it names
// are asked for and of no other. Whoever is signed in elsewhere in the same browser changes nothing.
func TestForeignLocatorsAnswerAsRandomOnes(t *testing.T) {
	p := newPair(t)
	before := p.foreign.of(neighbour)
	ours, theirs := p.foreign.ids[home]["token"], p.foreign.ids[neighbour]["token"]
	parsed := func(token string) (l link.Token) {
		locate(t, token, func(of *link.Token) { l = *of })
		return l
	}
	nobody := func() link.Token {
		l := parsed(theirs)
		l.Collectivity = "912345678"
		l.Convocation = convocation.ID(p.strange(string(l.Convocation)))
		l.Recipient = convocation.RecipientID(p.strange(string(l.Recipient)))
		return l
	}
	for _, route := range p.foreign.routes {
		for _, probe := range linkProbes[route.Pattern] {
			method, path, body := probe.written(route.Pattern)
			q := request{method: method, path: path, body: body, cookie: "neighbour"}
			for what, mix := range locators {
				foreign, random := p.ids(nil)
				foreign["token"] = locate(t, ours, func(l *link.Token) { mix(l, parsed(theirs)) })
				random["token"] = locate(t, ours, func(l *link.Token) { mix(l, nobody()) })
				p.compare(route.Pattern+" with "+what, q, foreign, random, "token")
				for s, token := range map[*neighbours]string{p.foreign: foreign["token"], p.random: random["token"]} {
					named := parsed(token).Collectivity
					for id := range s.touched() {
						if id != named {
							t.Errorf("%s with %s: keys of %s are asked for, the link names %s", route.Pattern, what, id, named)
						}
					}
				}
			}
			for _, some := range subsets(slices.DeleteFunc(varied(path, body), func(name string) bool { return name == "token" })) {
				foreign, random := p.ids(some)
				p.compare(route.Pattern+" with another's "+strings.Join(some, " and "), q, foreign, random, some...)
				p.only(route.Pattern, home)
			}
		}
	}
	p.same(before)
	if p.compared < 60 {
		t.Errorf("only %d requests were compared", p.compared)
	}
}

// What is nobody's reaches no collectivité, whoever asks.
func TestRoutesOfNobodyReachNoCollectivity(t *testing.T) {
	s := newNeighbours(t)
	for pattern := range nobodys {
		for _, cookie := range []string{"", "administrator"} {
			method, path, found := strings.Cut(pattern, " ")
			if !found {
				method, path = "POST", pattern+"nothing"
			}
			s.ask(request{method: method, path: path, body: "{}", cookie: cookie})
			if touched := s.touched(); len(touched) > 0 {
				t.Errorf("%s by %q: keys of %v are asked for", pattern, cookie, touched)
			}
		}
	}
}

package answer_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/law"
	"convoc/shared/worldtest"
)

// written keeps a choice that is not sent yet, and gives what sends it.
func written(t *testing.T, w *worldtest.World, address string, c convocation.Choice) (send func() error) {
	t.Helper()
	v := visit(t, w, address)
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Choice: c}); err != nil {
		t.Fatal(err)
	}
	revision := page(t, w, v).Draft.Revision
	return func() error {
		v, err := w.Visit(address)
		if err == nil {
			_, err = w.Answer.Validate(t.Context(), v, revision)
		}
		return err
	}
}

// told are the notices that a town's élus got since so many.
func told(w *worldtest.World, since int) []string {
	w.Pass(2, time.Minute)
	list := slices.Clone(w.Mail.Told[since:])
	slices.Sort(list)
	return list
}

// Both élus have read the same register, and both press.
func TestSameHolderAtTheSameInstant(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(holder convocation.PersonID) (address string, c convocation.Choice)
		want      *errs.Error
	}{
		{"another gives her a proxy", func(holder convocation.PersonID) (string, convocation.Choice) {
			return "e1@x.fr", proxyTo(holder)
		}, convocation.ErrProxyTaken},
		{"she will not be there", func(convocation.PersonID) (string, convocation.Choice) {
			return "e3@x.fr", convocation.Choice{Presence: convocation.Absent}
		}, convocation.ErrProxyAbsent},
		{"somebody answers something else", func(convocation.PersonID) (string, convocation.Choice) {
			return "e2@x.fr", convocation.Choice{Presence: convocation.Absent}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := convened(t, w, 4)
			holder := person(w, id, "e3@x.fr")
			mine := written(t, w, "e0@x.fr", proxyTo(holder))
			address, choice := c.meanwhile(holder)
			theirs := written(t, w, address, choice)
			w.Meanwhile("transact", func() {
				if err := theirs(); err != nil {
					t.Error(err)
				}
			})
			if err := mine(); !is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			got := register(t, w, id)
			if given := got["Élu 0"] == "proxy to Élu 3"; given != (c.want == nil) {
				t.Errorf("got %v", got)
			}
			if c.want == nil {
				return
			}
			p := page(t, w, visit(t, w, "e0@x.fr"))
			if !p.Begun || p.Draft.Choice != proxyTo(holder) || p.Last.Version != 0 {
				t.Errorf("what was refused is lost: begun %v, %+v", p.Begun, p.Draft)
			}
			if list := told(w, 0); slices.ContainsFunc(list, func(s string) bool { return s[:8] == "e0@x.fr:" }) {
				t.Errorf("told of what was refused: %q", list)
			}
		})
	}
}

func TestManyChooseTheSameHolderAtOnce(t *testing.T) {
	const givers = 9
	w := worldtest.New(t)
	id := convened(t, w, givers+1)
	holder := person(w, id, fmt.Sprintf("e%d@x.fr", givers))
	var sends []func() error
	for n := range givers {
		sends = append(sends, written(t, w, fmt.Sprintf("e%d@x.fr", n), proxyTo(holder)))
	}
	errors := make([]error, givers)
	var all sync.WaitGroup
	for n, send := range sends {
		all.Go(func() { errors[n] = send() })
	}
	all.Wait()
	given := 0
	for _, err := range errors {
		if err == nil {
			given++
		} else if !is(err, convocation.ErrProxyTaken) {
			t.Errorf("got %v", err)
		}
	}
	if got := register(t, w, id); given != 1 || len(got) != 1 {
		t.Errorf("%d were given; the register has %v", given, got)
	}
}

// A register that never comes to rest is told, and the draft is there for another try.
func TestRegisterThatNeverComesToRest(t *testing.T) {
	w := worldtest.New(t)
	convened(t, w, 2)
	mine := written(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	busy := true
	var disturb func()
	disturb = func() {
		w.Meanwhile("transact", func() {
			mustChoose(t, w, "e1@x.fr", convocation.Choice{Presence: convocation.Present})
			if busy {
				disturb()
			}
		})
	}
	disturb()
	if err := mine(); err == nil {
		t.Error("it was written over another's answer")
	}
	busy, w.Fault = false, nil
	if err := mine(); err != nil {
		t.Errorf("later: %v", err)
	}
}

// Who is told: whoever answered, and both whom a proxy concerns, at each of their addresses.
func TestProxyFallsAndBothAreTold(t *testing.T) {
	absent := convocation.Choice{Presence: convocation.Absent}
	for _, c := range []struct {
		name     string
		who      string
		choice   func(person func(string) convocation.PersonID) convocation.Choice
		register map[string]string
		told     []string
	}{
		{"the giver comes after all", "e0@x.fr", fixed(convocation.Choice{Presence: convocation.Present}),
			map[string]string{"Élu 0": "present"},
			[]string{"e0@x.fr: proxy_back Élu 1", "e0@x.fr: receipt", "e1@x.fr: proxy_ended Élu 0"}},
		{"the giver is absent without one", "e0@x.fr", fixed(absent),
			map[string]string{"Élu 0": "absent"},
			[]string{"e0@x.fr: proxy_back Élu 1", "e0@x.fr: receipt", "e1@x.fr: proxy_ended Élu 0"}},
		{"the giver chooses another holder", "e0@x.fr", func(person func(string) convocation.PersonID) convocation.Choice {
			return proxyTo(person("e2@x.fr"))
		}, map[string]string{"Élu 0": "proxy to Élu 2"},
			[]string{"e0@x.fr: proxy_back Élu 1", "e0@x.fr: receipt", "e1@x.fr: proxy_ended Élu 0", "e2@x.fr: proxy_held Élu 0"}},
		{"the giver says the same again", "e0@x.fr", func(person func(string) convocation.PersonID) convocation.Choice {
			return proxyTo(person("e1@x.fr"))
		}, map[string]string{"Élu 0": "proxy to Élu 1"}, []string{"e0@x.fr: receipt"}},
		{"the holder will be absent", "e1@x.fr", fixed(absent),
			map[string]string{"Élu 0": "absent, Élu 1 held her proxy", "Élu 1": "absent"},
			[]string{"e0@x.fr: proxy_fell Élu 1", "e1@x.fr: proxy_lost Élu 0", "e1@x.fr: receipt"}},
		{"the holder sends her substitute", "e1@x.fr", fixed(convocation.Choice{Presence: convocation.Substituted}),
			map[string]string{"Élu 0": "absent, Élu 1 held her proxy", "Élu 1": "substitute"},
			[]string{"e0@x.fr: proxy_fell Élu 1", "e1@x.fr: proxy_lost Élu 0", "e1@x.fr: receipt"}},
		{"the holder gives hers to another", "e1@x.fr", func(person func(string) convocation.PersonID) convocation.Choice {
			return proxyTo(person("e2@x.fr"))
		}, map[string]string{"Élu 0": "absent, Élu 1 held her proxy", "Élu 1": "proxy to Élu 2"},
			[]string{"e0@x.fr: proxy_fell Élu 1", "e1@x.fr: proxy_lost Élu 0", "e1@x.fr: receipt", "e2@x.fr: proxy_held Élu 1"}},
		{"the holder does not know any more", "e1@x.fr", fixed(convocation.Choice{Presence: convocation.Undecided}),
			map[string]string{"Élu 0": "proxy to Élu 1", "Élu 1": "undecided"}, []string{"e1@x.fr: receipt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := convened(t, w, 3, offering(w))
			who := func(address string) convocation.PersonID { return person(w, id, address) }
			mustChoose(t, w, "e0@x.fr", proxyTo(who("e1@x.fr")))
			if got := told(w, 0); !slices.Equal(got, []string{"e0@x.fr: receipt", "e1@x.fr: proxy_held Élu 0"}) {
				t.Errorf("of the proxy: %q", got)
			}
			before := len(w.Mail.Told)
			mustChoose(t, w, c.who, c.choice(who))
			if diff := cmp.Diff(c.register, register(t, w, id)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.told, told(w, before)); diff != "" {
				t.Errorf("told (-want +got)\n%s", diff)
			}
		})
	}
}

// fixed is a choice that names nobody.
func fixed(c convocation.Choice) func(func(string) convocation.PersonID) convocation.Choice {
	return func(func(string) convocation.PersonID) convocation.Choice { return c }
}

// Whose proxy fell may give it to another, and is asked no more who held it.
func TestProxyThatFellIsGivenAgain(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 3)
	mustChoose(t, w, "e0@x.fr", proxyTo(person(w, id, "e1@x.fr")))
	mustChoose(t, w, "e1@x.fr", convocation.Choice{Presence: convocation.Absent})
	if err := choose(t, w, "e0@x.fr", proxyTo(person(w, id, "e1@x.fr"))); !errors.Is(err, convocation.ErrProxyAbsent) {
		t.Errorf("to the same: got %v", err)
	}
	mustChoose(t, w, "e0@x.fr", proxyTo(person(w, id, "e2@x.fr")))
	want := map[string]string{"Élu 0": "proxy to Élu 2", "Élu 1": "absent"}
	if diff := cmp.Diff(want, register(t, w, id)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Two mailboxes are one person: one place at the table, and each reads what the other has answered.
func TestTwoMailboxesOfOnePerson(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	w.Member(c.Group, "Anne Bon", "anne@x.fr", "anne@mairie.fr")
	id := w.Convene(c)
	anne := person(w, id, "anne@x.fr")
	if anne != person(w, id, "anne@mairie.fr") {
		t.Fatal("two mailboxes are two persons")
	}
	mustChoose(t, w, "e0@x.fr", proxyTo(anne))
	want := []string{"anne@mairie.fr: proxy_held Élu 0", "anne@x.fr: proxy_held Élu 0", "e0@x.fr: receipt"}
	if diff := cmp.Diff(want, told(w, 0)); diff != "" {
		t.Errorf("told of the proxy (-want +got)\n%s", diff)
	}
	before := len(w.Mail.Told)
	mustChoose(t, w, "anne@x.fr", convocation.Choice{Presence: convocation.Present})
	if got := page(t, w, visit(t, w, "anne@mairie.fr")); got.Register.Entries[anne].Presence != convocation.Present || got.Last.Version != 0 {
		t.Errorf("the other mailbox reads %+v, version %d", got.Register.Entries[anne], got.Last.Version)
	}
	mustChoose(t, w, "anne@mairie.fr", convocation.Choice{Presence: convocation.Absent})
	want = []string{
		"anne@mairie.fr: proxy_lost Élu 0", "anne@mairie.fr: receipt", "anne@x.fr: proxy_lost Élu 0", "anne@x.fr: receipt",
		"e0@x.fr: proxy_fell Anne Bon",
	}
	if diff := cmp.Diff(want, told(w, before)); diff != "" {
		t.Errorf("told of what fell (-want +got)\n%s", diff)
	}
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	if f := d.Facts; f.Councillors != 3 || f.Tally.Absent != 2 || f.Tally.Present != 0 || f.Tally.Silent != 1 {
		t.Errorf("got %+v", *f)
	}
}

// Two givers of one name are two: their holder is told of each.
func TestTwoGiversOfOneName(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(1, func(text *compose.Text) {
		a := text.Meeting.Assembly
		a.ProxiesPerHolder, a.Body = 2, law.Own
		if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, "secretaire", a); err != nil {
			t.Fatal(err)
		}
	})
	w.Member(c.Group, "Jean Martin", "pere@x.fr")
	w.Member(c.Group, "Jean Martin", "fils@x.fr")
	id := w.Convene(c)
	holder := person(w, id, "e0@x.fr")
	mustChoose(t, w, "pere@x.fr", proxyTo(holder))
	mustChoose(t, w, "fils@x.fr", proxyTo(holder))
	told(w, 0)
	before := len(w.Mail.Told)
	mustChoose(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Absent})
	want := []string{
		"e0@x.fr: proxy_lost Jean Martin", "e0@x.fr: proxy_lost Jean Martin", "e0@x.fr: receipt",
		"fils@x.fr: proxy_fell Élu 0", "pere@x.fr: proxy_fell Élu 0",
	}
	if diff := cmp.Diff(want, told(w, before)); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

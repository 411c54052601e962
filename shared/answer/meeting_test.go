package answer_test

import (
	"errors"
	"fmt"
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

// convened is a town whose council of n members, e0@x.fr and so on, was convened.
func convened(t *testing.T, w *worldtest.World, n int, change ...func(*compose.Text)) convocation.ID {
	t.Helper()
	return w.Convene(w.Council(n, change...))
}

// person is whose mailbox an address is.
func person(w *worldtest.World, id convocation.ID, address string) convocation.PersonID {
	w.T.Helper()
	return w.Recipients(id)[address].Person
}

func proxyTo(holder convocation.PersonID) convocation.Choice {
	return convocation.Choice{Presence: convocation.Represented, Holder: holder}
}

// choose answers from a mailbox as its élu would: written, looked at, sent.
func choose(t *testing.T, w *worldtest.World, address string, c convocation.Choice) error {
	t.Helper()
	v := visit(t, w, address)
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Choice: c}); err != nil {
		return err
	}
	_, err := w.Answer.Validate(t.Context(), visit(t, w, address), page(t, w, v).Draft.Revision)
	return err
}

func mustChoose(t *testing.T, w *worldtest.World, address string, c convocation.Choice) {
	t.Helper()
	if err := choose(t, w, address, c); err != nil {
		t.Fatal(err)
	}
}

// register is who comes, by name: « present », « proxy to Élu 1 », « absent, Élu 1 held her proxy ».
func register(t *testing.T, w *worldtest.World, id convocation.ID) map[string]string {
	t.Helper()
	r, err := w.Handle.Register(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	name := map[convocation.PersonID]string{}
	for _, r := range w.Recipients(id) {
		name[r.Person] = r.Name
	}
	said := map[string]string{}
	for who, e := range r.Entries {
		text := string(e.Presence)
		if e.Holder != "" {
			text += " to " + name[e.Holder]
		}
		if e.Withdrawn != "" {
			text += ", " + name[e.Withdrawn] + " held her proxy"
		}
		said[name[who]] = text
	}
	return said
}

// offering lets a meeting be one of an EPCI, where members may be away or send somebody.
func offering(w *worldtest.World) func(*compose.Text) {
	return func(text *compose.Text) {
		a := text.Meeting.Assembly
		a.Body = law.EPCISmall
		if _, err := w.Compose.SaveAssembly(w.T.Context(), w.Handle, "secretaire", a); err != nil {
			w.T.Fatal(err)
		}
		text.Meeting.Remote, text.Meeting.Substitutes = true, true
	}
}

func TestPresence(t *testing.T) {
	w := worldtest.New(t)
	everything := convened(t, w, 2, offering(w))
	for _, c := range []struct {
		name     string
		presence convocation.Presence
		want     *errs.Error
	}{
		{"présent", convocation.Present, nil},
		{"absent", convocation.Absent, nil},
		{"ne sait pas encore", convocation.Undecided, nil},
		{"à distance", convocation.Remote, nil},
		{"suppléant", convocation.Substituted, nil},
		{"none", "", convocation.ErrPresenceMissing},
		{"no such one", "peut-être", convocation.ErrPresenceInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := register(t, w, everything)
			err := choose(t, w, "e0@x.fr", convocation.Choice{Presence: c.presence, Holder: person(w, everything, "e1@x.fr")})
			want := map[string]string{"Élu 0": string(c.presence)} // a holder that was chosen before is no proxy
			if c.want != nil {
				want = before
			}
			if !is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(want, register(t, w, everything)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	w.Clock = w.Clock.Add(time.Minute)
	commune := convened(t, w, 1)
	for _, presence := range []convocation.Presence{convocation.Remote, convocation.Substituted} {
		if err := choose(t, w, "e0@x.fr", convocation.Choice{Presence: presence}); !errors.Is(err, convocation.ErrPresenceInvalid) {
			t.Errorf("%s at a conseil municipal: got %v", presence, err)
		}
	}
	if got := register(t, w, commune); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// is tells whether an error is that refusal, or none where none is wanted.
func is(err error, want *errs.Error) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}

func TestWhoMayHoldAProxy(t *testing.T) {
	guest := func(text *compose.Text) { text.To = append(text.To, compose.Entry{Address: "Préfet <prefet@x.fr>"}) }
	const giver, holder = "e0@x.fr", "e1@x.fr"
	says := func(p convocation.Presence) func(*testing.T, *worldtest.World, convocation.ID) {
		return func(t *testing.T, w *worldtest.World, _ convocation.ID) {
			mustChoose(t, w, holder, convocation.Choice{Presence: p})
		}
	}
	for _, c := range []struct {
		name          string
		giver, holder string // addresses; a holder without « @ » is an identifier
		before        func(*testing.T, *worldtest.World, convocation.ID)
		want          *errs.Error
	}{
		{"another councillor", giver, holder, nil, nil},
		{"one who is present", giver, holder, says(convocation.Present), nil},
		{"one who is there from afar", giver, holder, says(convocation.Remote), nil},
		{"one who does not know yet", giver, holder, says(convocation.Undecided), nil},
		{"one who is absent", giver, holder, says(convocation.Absent), convocation.ErrProxyAbsent},
		{"one whose substitute comes", giver, holder, says(convocation.Substituted), convocation.ErrProxyAbsent},
		{"one who has given hers", giver, holder, func(t *testing.T, w *worldtest.World, id convocation.ID) {
			mustChoose(t, w, holder, proxyTo(person(w, id, "e2@x.fr")))
		}, convocation.ErrProxyAbsent},
		{"one who has another's", giver, holder, func(t *testing.T, w *worldtest.World, id convocation.ID) {
			mustChoose(t, w, "e2@x.fr", proxyTo(person(w, id, holder)))
		}, convocation.ErrProxyTaken},
		{"one who has hers already", giver, holder, func(t *testing.T, w *worldtest.World, id convocation.ID) {
			mustChoose(t, w, giver, proxyTo(person(w, id, holder)))
		}, nil},
		{"nobody", giver, "", nil, convocation.ErrProxyMissing},
		{"herself", giver, giver, nil, convocation.ErrProxySelf},
		{"a person who is not there", giver, "prs_aaaaaaaaaaaaaaaa", nil, convocation.ErrProxyHolder},
		{"no person at all", giver, "x|#\n", nil, convocation.ErrProxyHolder},
		{"a guest", giver, "prefet@x.fr", nil, convocation.ErrProxyHolder},
		{"a guest who gives one", "prefet@x.fr", holder, nil, convocation.ErrProxyGuest},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := convened(t, w, 3, offering(w), guest)
			if c.before != nil {
				c.before(t, w, id)
			}
			to := convocation.PersonID(c.holder)
			if r, found := w.Recipients(id)[c.holder]; found {
				to = r.Person
			}
			before := register(t, w, id)
			if err := choose(t, w, c.giver, proxyTo(to)); !is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			after := register(t, w, id)
			if given := after["Élu 0"] == "proxy to Élu 1"; given != (c.want == nil) {
				t.Errorf("the register was %v, is %v", before, after)
			}
		})
	}
}

func TestAsManyProxiesAsTheAssemblysOwnRulesSay(t *testing.T) {
	w := worldtest.New(t)
	two := func(text *compose.Text) {
		a := text.Meeting.Assembly
		a.ProxiesPerHolder, a.Body = 2, law.Own
		if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, "secretaire", a); err != nil {
			t.Fatal(err)
		}
	}
	id := convened(t, w, 4, two)
	to := proxyTo(person(w, id, "e3@x.fr"))
	for n, want := range []*errs.Error{nil, nil, convocation.ErrProxyTaken} {
		if err := choose(t, w, fmt.Sprintf("e%d@x.fr", n), to); !is(err, want) {
			t.Errorf("proxy %d: got %v, want %v", n+1, err, want)
		}
	}
}

// What an élu answered may be changed until the meeting, or until the secretary's own term, and not from then on.
func TestRepliesAreTakenUntil(t *testing.T) {
	term := worldtest.Meeting.Add(-24 * time.Hour)
	for _, c := range []struct {
		name   string
		change func(*compose.Text)
		until  time.Time
	}{
		{"the meeting", func(*compose.Text) {}, worldtest.Meeting},
		{"the day before it", func(text *compose.Text) { text.RepliesUntil = term }, term},
		{"the term of a plain mail", func(text *compose.Text) { text.Meeting, text.RepliesUntil = nil, term }, term},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			convened(t, w, 1, c.change)
			reply := func(text string) error {
				v := visit(t, w, "e0@x.fr")
				typed := answer.Typed{Text: text, Choice: convocation.Choice{Presence: convocation.Present}}
				if err := w.Answer.Save(t.Context(), v, typed); err != nil {
					return err
				}
				_, err := w.Answer.Validate(t.Context(), visit(t, w, "e0@x.fr"), page(t, w, v).Draft.Revision)
				return err
			}
			if err := reply("Oui"); err != nil {
				t.Fatal(err)
			}
			w.Clock = c.until.Add(-time.Millisecond)
			if err := reply("Oui, toujours"); err != nil {
				t.Errorf("just before: %v", err)
			}
			revision := save(t, w, visit(t, w, "e0@x.fr"), "Peut-être", convocation.Present)
			for _, w.Clock = range []time.Time{c.until, c.until.Add(time.Hour)} {
				v := visit(t, w, "e0@x.fr")
				before := w.Counts().Writes
				_, form := w.Answer.UploadForm(t.Context(), v, "")
				_, validate := w.Answer.Validate(t.Context(), v, revision)
				for what, err := range map[string]error{
					"answering": reply("Non"), "sending what was written in time": validate, "attaching": form,
					"removing": w.Answer.RemoveDocument(t.Context(), v, "doc_aaaaaaaaaaaaaaaa"),
				} {
					if !errors.Is(err, convocation.ErrRepliesClosed) {
						t.Errorf("%s: got %v", what, err)
					}
				}
				if got := w.Counts().Writes; got != before {
					t.Errorf("%d writes", got-before)
				}
			}
			if got := page(t, w, visit(t, w, "e0@x.fr")); got.Last.Version != 2 || got.Last.Text != "Oui, toujours" {
				t.Errorf("the last one is %d, %q", got.Last.Version, got.Last.Text)
			}
		})
	}
}

// A word is added to a presence; where no meeting asks for one, a presence is nothing.
func TestWordAndPresence(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	v := visit(t, w, "a0@x.fr")
	typed := answer.Typed{Text: "Je viens", Choice: convocation.Choice{Presence: convocation.Present, Holder: "prs_aaaaaaaaaaaaaaaa"}}
	if err := w.Answer.Save(t.Context(), v, typed); err != nil {
		t.Fatal(err)
	}
	if got := page(t, w, v).Draft; got.Choice != (convocation.Choice{}) || got.Text != "Je viens" {
		t.Errorf("a plain mail: got %+v", got)
	}
	id := convened(t, w, 2)
	v = visit(t, w, "e0@x.fr")
	to := person(w, id, "e1@x.fr")
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: " en\r\nretard ", Choice: proxyTo(to)}); err != nil {
		t.Fatal(err)
	}
	reply, err := w.Answer.Validate(t.Context(), v, 1)
	if err != nil || reply.Text != "en\nretard" || reply.Choice != proxyTo(to) || reply.Holder != "Élu 1" {
		t.Errorf("got %+v, %v", reply, err)
	}
	mustChoose(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Absent})
	if got := page(t, w, visit(t, w, "e0@x.fr")).Last; got.Text != "" || got.Choice.Holder != "" || got.Holder != "" {
		t.Errorf("the word and the holder of before are there: %+v", got)
	}
}

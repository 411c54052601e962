package convocation

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// proxies are those of a register: who gave one to whom.
func proxies(r Register) map[Withdrawal]bool {
	all := map[Withdrawal]bool{}
	for id, e := range r.Entries {
		if e.Presence == Represented {
			all[Withdrawal{id, e.Holder}] = true
		}
	}
	return all
}

// assembly is what rapid draws: a bench, the guests beside it, and how many proxies one may hold.
type assembly struct {
	m           Meeting
	councillors []Councillor
	everybody   []PersonID
}

func drawAssembly(rt *rapid.T) assembly {
	a := assembly{m: limited(rapid.IntRange(0, 3).Draw(rt, "proxies a holder"))}
	a.m.Remote, a.m.Substitutes = rapid.Bool().Draw(rt, "à distance"), rapid.Bool().Draw(rt, "substitutes")
	for i := range rapid.IntRange(1, 6).Draw(rt, "councillors") {
		a.everybody = append(a.everybody, PersonID(fmt.Sprintf("prs_%d", i)))
	}
	a.councillors = benchOf(a.everybody...)
	a.everybody = append(a.everybody, gil)
	return a
}

func (a assembly) seats(id PersonID) bool {
	return slices.ContainsFunc(a.councillors, func(c Councillor) bool { return c.ID == id })
}

func (a assembly) draw(rt *rapid.T) says {
	presences := []Presence{Present, Absent, Represented, Represented, Represented, Undecided, Remote, Substituted, "", "late"}
	return says{rapid.SampledFrom(a.everybody).Draw(rt, "who"), Choice{
		Presence: rapid.SampledFrom(presences).Draw(rt, "presence"),
		Holder:   rapid.SampledFrom(append([]PersonID{"", "prs_x"}, a.everybody...)).Draw(rt, "holder"),
	}}
}

// may says, in other words than the register's, whether an answer is to be taken.
func (a assembly) may(r Register, s says) bool {
	switch s.choice.Presence {
	case Present, Absent, Undecided:
		return true
	case Remote:
		return a.m.Remote
	case Substituted:
		return a.m.Substitutes
	case Represented:
		others := 0
		for held := range proxies(r) {
			if held.Holder == s.choice.Holder && held.Giver != s.who {
				others++
			}
		}
		holder := r.Entries[s.choice.Holder].Presence
		there := holder == "" || holder == Present || holder == Remote || holder == Undecided
		return a.seats(s.who) && a.seats(s.choice.Holder) && s.who != s.choice.Holder && there && others < max(a.m.Assembly.ProxiesPerHolder, 1)
	}
	return false
}

// lawful checks what holds of every register, whatever was answered.
func (a assembly) lawful(rt *rapid.T, r Register) {
	for p := range proxies(r) {
		holder := r.Entries[p.Holder].Presence
		switch {
		case !a.seats(p.Giver) || !a.seats(p.Holder) || p.Giver == p.Holder:
			rt.Fatalf("%s has given a proxy to %s", p.Giver, p.Holder)
		case holder == Absent || holder == Represented || holder == Substituted:
			rt.Fatalf("%s holds the proxy of %s, and is %s", p.Holder, p.Giver, holder)
		}
		if n := len(r.Givers(p.Holder)); n > max(a.m.Assembly.ProxiesPerHolder, 1) {
			rt.Fatalf("%s holds %d proxies", p.Holder, n)
		}
	}
	for id, e := range r.Entries {
		if (e.Holder != "" && e.Presence != Represented) || (e.Withdrawn != "" && e.Presence != Absent) {
			rt.Fatalf("%s: %+v", id, e)
		}
	}
}

// taken checks one answer that was taken: it changes the entry of whoever answered, and those of the givers whose proxy
// fell, which are all that are told.
func (a assembly) taken(rt *rapid.T, s says, at time.Time, before, after Register, fell []Withdrawal) {
	if !a.seats(s.who) {
		if after.Revision != before.Revision || !maps.Equal(after.Entries, before.Entries) || len(fell) > 0 {
			rt.Fatalf("the guest %s answered, and the register has become %+v", s.who, after)
		}
		return
	}
	want := Entered{Presence: s.choice.Presence, At: at}
	if s.choice.Presence == Represented {
		want.Holder = s.choice.Holder
	}
	if got := after.Entries[s.who]; got != want || after.Revision != before.Revision+1 {
		rt.Fatalf("answered %+v, entered %+v at revision %d after %d", s, got, after.Revision, before.Revision)
	}
	gone := proxies(before)
	maps.DeleteFunc(gone, func(p Withdrawal, _ bool) bool { return proxies(after)[p] })
	told := map[Withdrawal]bool{}
	for _, w := range fell {
		told[w] = true
	}
	if !maps.Equal(gone, told) || len(told) != len(fell) {
		rt.Fatalf("disappeared %v, told %v", gone, fell)
	}
	for id, was := range before.Entries {
		now := after.Entries[id]
		switch {
		case id == s.who, now == was:
		case told[Withdrawal{id, s.who}] && now == (Entered{Presence: Absent, At: was.At, Withdrawn: s.who}):
		default:
			rt.Fatalf("%s answered, and %s has become %+v", s.who, id, now)
		}
	}
}

func TestRegisterAfterAnyAnswers(t *testing.T) {
	answers, refused, withdrawn := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		a := drawAssembly(rt)
		var r Register
		for n := range rapid.IntRange(5, 40).Draw(rt, "answers") {
			s := a.draw(rt)
			before := Register{r.Revision, maps.Clone(r.Entries)}
			next, fell, err := r.Answered(a.m, a.councillors, s.who, s.choice, m(n))
			if r.Revision != before.Revision || !maps.Equal(r.Entries, before.Entries) {
				rt.Fatalf("the register that was answered to has changed from %+v to %+v", before, r)
			}
			if may := a.may(before, s); may != (err == nil) {
				rt.Fatalf("%+v may be taken: %v, and yet %v", s, may, err)
			}
			if answers++; err != nil {
				if refused++; next.Revision != before.Revision || !maps.Equal(next.Entries, before.Entries) || len(fell) > 0 {
					rt.Fatalf("refused, and yet %+v, %v", next, fell)
				}
				continue
			}
			a.lawful(rt, next)
			a.taken(rt, s, m(n), before, next, fell)
			withdrawn += len(fell)
			r = next
		}
	})
	if refused < answers/10 || refused > answers*9/10 || withdrawn < 10 {
		t.Errorf("%d answers, %d refused, %d proxies fell: this tests little", answers, refused, withdrawn)
	}
}

// Councillors are counted once each, whatever they say.
func TestTallyAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := drawAssembly(rt)
		var r Register
		for n := range rapid.IntRange(0, 25).Draw(rt, "answers") {
			s := a.draw(rt)
			r, _, _ = r.Answered(a.m, a.councillors, s.who, s.choice, m(n))
		}
		n := r.Tally(a.councillors)
		if all := n.Attending() + n.Absent + n.Represented + n.Undecided + n.Silent; all != len(a.councillors) || n.Represented != len(proxies(r)) {
			rt.Fatalf("%d councillors, %d proxies: %+v", len(a.councillors), len(proxies(r)), n)
		}
	})
}

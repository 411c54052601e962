package convocation

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/law"
)

// Councillors of these tests; gil is a guest.
const (
	anne, bruno, claire, denis PersonID = "prs_anne", "prs_bruno", "prs_claire", "prs_denis"
	gil                        PersonID = "prs_gil"
)

func benchOf(ids ...PersonID) []Councillor {
	var list []Councillor
	for _, id := range ids {
		list = append(list, Councillor{ID: id, Name: string(id)})
	}
	return list
}

var four = benchOf(anne, bruno, claire, denis)

// limited is a meeting of an assembly without texts of its own, where everything is offered and so many proxies may be
// held.
func limited(proxies int) Meeting {
	return Meeting{
		Assembly: Assembly{Body: law.Own, Members: 4, ProxiesPerHolder: proxies}, Occasion: law.Ordinary, Remote: true, Substitutes: true,
	}
}

// says is one answer.
type says struct {
	who    PersonID
	choice Choice
}

func is(who PersonID, p Presence) says { return says{who, Choice{Presence: p}} }

func gives(who, holder PersonID) says { return says{who, Choice{Represented, holder}} }

// heard is the register after some answers, all of which are taken; what fell is that of the last.
func heard(t *testing.T, m Meeting, answers ...says) (Register, []Withdrawal) {
	t.Helper()
	var r Register
	var fell []Withdrawal
	for i, a := range answers {
		var err error
		if r, fell, err = r.Answered(m, four, a.who, a.choice, start.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
	return r, fell
}

// text is what a register says, in the order of the names: « anne absent(bruno) bruno present ».
func (r Register) text() string {
	var said []string
	for _, id := range slices.Sorted(maps.Keys(r.Entries)) {
		e := r.Entries[id]
		s := strings.TrimPrefix(string(id), "prs_") + " " + string(e.Presence)
		if e.Holder != "" {
			s += ">" + strings.TrimPrefix(string(e.Holder), "prs_")
		}
		if e.Withdrawn != "" {
			s += "(" + strings.TrimPrefix(string(e.Withdrawn), "prs_") + ")"
		}
		said = append(said, s)
	}
	return strings.Join(said, ", ")
}

func TestAnswersInTheRegister(t *testing.T) {
	for _, c := range []struct {
		name    string
		limit   int
		answers []says
		want    string
		fell    []Withdrawal // by the last answer
	}{
		{"nobody", 1, nil, "", nil},
		{"she comes", 1, []says{is(anne, Present)}, "anne present", nil},
		{"à distance", 1, []says{is(anne, Remote)}, "anne remote", nil},
		{"the last answer counts", 1, []says{is(anne, Present), is(anne, Absent), is(anne, Undecided)}, "anne undecided", nil},
		{"a proxy to somebody who has not answered", 1, []says{gives(anne, bruno)}, "anne proxy>bruno", nil},
		{"to somebody who comes", 1, []says{is(bruno, Present), gives(anne, bruno)}, "anne proxy>bruno, bruno present", nil},
		{"to somebody who comes à distance", 1, []says{is(bruno, Remote), gives(anne, bruno)}, "anne proxy>bruno, bruno remote", nil},
		{"to somebody who does not know yet", 1, []says{is(bruno, Undecided), gives(anne, bruno)}, "anne proxy>bruno, bruno undecided", nil},
		{"the holder says that he comes: it holds", 1, []says{gives(anne, bruno), is(bruno, Present)}, "anne proxy>bruno, bruno present", nil},
		{"the holder does not know any more: it holds", 1, []says{gives(anne, bruno), is(bruno, Undecided)}, "anne proxy>bruno, bruno undecided", nil},
		{"given again to the same: nothing falls", 1, []says{gives(anne, bruno), gives(anne, bruno)}, "anne proxy>bruno", nil},
		{"given to another: the first falls", 1, []says{gives(anne, bruno), gives(anne, claire)}, "anne proxy>claire", []Withdrawal{{anne, bruno}}},
		{"the giver comes after all", 1, []says{gives(anne, bruno), is(anne, Present)}, "anne present", []Withdrawal{{anne, bruno}}},
		{"the giver is absent, and takes it back", 1, []says{gives(anne, bruno), is(anne, Absent)}, "anne absent", []Withdrawal{{anne, bruno}}},
		{"the giver comes, the holder left over in the form", 1, []says{gives(anne, bruno), {anne, Choice{Present, bruno}}},
			"anne present", []Withdrawal{{anne, bruno}}},
		{"the holder will not be there", 1, []says{gives(anne, bruno), is(bruno, Absent)}, "anne absent(bruno), bruno absent", []Withdrawal{{anne, bruno}}},
		{"the holder sends a substitute", 1, []says{gives(anne, bruno), is(bruno, Substituted)},
			"anne absent(bruno), bruno substitute", []Withdrawal{{anne, bruno}}},
		{"the holder gives hers away", 1, []says{gives(anne, bruno), gives(bruno, claire)},
			"anne absent(bruno), bruno proxy>claire", []Withdrawal{{anne, bruno}}},
		{"the holder comes again: what fell stays fallen", 1, []says{gives(anne, bruno), is(bruno, Absent), is(bruno, Present)},
			"anne absent(bruno), bruno present", nil},
		{"the giver answers again: what fell is forgotten", 1, []says{gives(anne, bruno), is(bruno, Absent), is(anne, Absent)},
			"anne absent, bruno absent", nil},
		{"the giver finds another", 1, []says{gives(anne, bruno), is(bruno, Absent), gives(anne, claire)}, "anne proxy>claire, bruno absent", nil},
		{"one taken back, another may give", 1, []says{gives(anne, bruno), is(anne, Present), gives(claire, bruno)},
			"anne present, claire proxy>bruno", nil},
		{"two, where two may be held", 2, []says{gives(anne, bruno), gives(claire, bruno)}, "anne proxy>bruno, claire proxy>bruno", nil},
		{"both fall, in the order of their names", 2, []says{gives(claire, bruno), gives(anne, bruno), is(bruno, Absent)},
			"anne absent(bruno), bruno absent, claire absent(bruno)", []Withdrawal{{anne, bruno}, {claire, bruno}}},
		{"hers and those she held: they met nowhere", 2, []says{gives(anne, bruno), gives(claire, bruno), gives(bruno, denis)},
			"anne absent(bruno), bruno proxy>denis, claire absent(bruno)", []Withdrawal{{anne, bruno}, {claire, bruno}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, fell := heard(t, limited(c.limit), c.answers...)
			if got := r.text(); got != c.want || r.Revision != int64(len(c.answers)) {
				t.Errorf("got %q at revision %d, want %q", got, r.Revision, c.want)
			}
			if diff := cmp.Diff(c.fell, fell); diff != "" {
				t.Errorf("fell (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAnswersThatTheRegisterRefuses(t *testing.T) {
	closed := limited(1)
	closed.Remote, closed.Substitutes = false, false
	for _, c := range []struct {
		name   string
		m      Meeting
		before []says
		answer says
		want   error
	}{
		{"no presence", limited(1), nil, says{anne, Choice{}}, ErrPresenceMissing},
		{"a holder, and no presence", limited(1), nil, says{anne, Choice{Holder: bruno}}, ErrPresenceMissing},
		{"a presence that is none", limited(1), nil, is(anne, "late"), ErrPresenceInvalid},
		{"à distance, where it is not offered", closed, nil, is(anne, Remote), ErrPresenceInvalid},
		{"a substitute, where there are none", closed, nil, is(anne, Substituted), ErrPresenceInvalid},
		{"a proxy to nobody", limited(1), nil, gives(anne, ""), ErrProxyMissing},
		{"a guest's", limited(1), nil, gives(gil, bruno), ErrProxyGuest},
		{"of somebody nobody knows", limited(1), nil, gives("prs_x", bruno), ErrProxyGuest},
		{"to a guest", limited(1), nil, gives(anne, gil), ErrProxyHolder},
		{"to a guest who comes", limited(1), []says{is(gil, Present)}, gives(anne, gil), ErrProxyHolder},
		{"to nobody anybody knows", limited(1), nil, gives(anne, "prs_x"), ErrProxyHolder},
		{"to herself", limited(1), nil, gives(anne, anne), ErrProxySelf},
		{"to herself, who said she comes", limited(1), []says{is(anne, Present)}, gives(anne, anne), ErrProxySelf},
		{"to somebody absent", limited(1), []says{is(bruno, Absent)}, gives(anne, bruno), ErrProxyAbsent},
		{"to somebody who sends a substitute", limited(1), []says{is(bruno, Substituted)}, gives(anne, bruno), ErrProxyAbsent},
		{"to somebody who has given hers", limited(1), []says{gives(bruno, claire)}, gives(anne, bruno), ErrProxyAbsent},
		{"each to the other", limited(1), []says{gives(anne, bruno)}, gives(bruno, anne), ErrProxyAbsent},
		{"to somebody whose own has fallen", limited(1), []says{gives(bruno, claire), is(claire, Absent)}, gives(anne, bruno), ErrProxyAbsent},
		{"a second one, where one may be held", limited(1), []says{gives(anne, bruno)}, gives(claire, bruno), ErrProxyTaken},
		{"a third one, where two may", limited(2), []says{gives(anne, bruno), gives(claire, bruno)}, gives(denis, bruno), ErrProxyTaken},
		{"a second one to somebody absent: absent first", limited(1), []says{gives(anne, bruno), is(bruno, Absent)}, gives(claire, bruno), ErrProxyAbsent},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := heard(t, c.m, c.before...)
			before := r.text()
			next, fell, err := r.Answered(c.m, four, c.answer.who, c.answer.choice, m(60))
			if !errors.Is(err, c.want) || len(fell) > 0 {
				t.Errorf("got %v, %v, want %v", fell, err, c.want)
			}
			if next.text() != before || next.Revision != r.Revision || r.text() != before {
				t.Errorf("%q has become %q", before, next.text())
			}
			if err := r.Check(c.m, four, c.answer.who, c.answer.choice); !errors.Is(err, c.want) {
				t.Errorf("checked alone: %v", err)
			}
		})
	}
}

func TestWhenAnAnswerWasGiven(t *testing.T) {
	r, _ := heard(t, limited(1), gives(anne, bruno), is(bruno, Absent))
	if at := r.Entries[anne].At; !at.Equal(m(0)) {
		t.Errorf("Anne answered at %s: that her proxy fell is no answer of hers", at)
	}
	if at := r.Entries[bruno].At; !at.Equal(m(1)) {
		t.Errorf("Bruno answered at %s", at)
	}
}

// What a page offers as holders is what is taken.
func TestWhoMayHoldAProxy(t *testing.T) {
	r, _ := heard(t, limited(1), gives(anne, bruno), is(claire, Absent))
	for holder, want := range map[PersonID]error{
		anne: ErrProxyAbsent, bruno: ErrProxyTaken, claire: ErrProxyAbsent, denis: ErrProxySelf, gil: ErrProxyHolder,
	} {
		if err := r.Hinders(limited(1), four, denis, holder); !errors.Is(err, want) {
			t.Errorf("Denis to %s: %v, want %v", holder, err, want)
		}
	}
	if err := r.Hinders(limited(1), four, anne, bruno); err != nil {
		t.Errorf("Anne to Bruno, who holds hers: %v", err)
	}
	if err := r.Hinders(limited(2), four, denis, bruno); err != nil {
		t.Errorf("Denis to Bruno, who may hold two: %v", err)
	}
}

func TestTally(t *testing.T) {
	many := benchOf(anne, bruno, claire, denis, "prs_e", "prs_f", "prs_g", "prs_h", "prs_i")
	r := Register{Entries: map[PersonID]Entered{
		anne: {Presence: Present}, bruno: {Presence: Present}, claire: {Presence: Remote}, denis: {Presence: Substituted},
		"prs_e": {Presence: Absent}, "prs_f": {Presence: Represented, Holder: anne}, "prs_g": {Presence: Undecided},
		"prs_h": {Presence: Absent, Withdrawn: "prs_e"}, gil: {Presence: Present},
	}}
	want := Tally{Present: 2, Remote: 1, Substituted: 1, Absent: 2, Represented: 1, Undecided: 1, Silent: 1}
	got := r.Tally(many)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := got.Attending(); n != 4 {
		t.Errorf("%d attend: a proxy does not count for the quorum, a guest neither", n)
	}
	if got := (Register{}).Tally(many); got != (Tally{Silent: 9}) || got.Attending() != 0 {
		t.Errorf("nobody has answered: %+v", got)
	}
}

func TestPresencesThatCountForTheQuorum(t *testing.T) {
	for p, want := range map[Presence]bool{
		Present: true, Remote: true, Substituted: true, Absent: false, Represented: false, Undecided: false, "": false,
	} {
		if p.Attends() != want {
			t.Errorf("%q attends: %v", p, !want)
		}
	}
}

func TestGuestsAreNotInTheRegister(t *testing.T) {
	r, _ := heard(t, limited(1), is(anne, Present))
	next, fell, err := r.Answered(limited(1), benchOf(anne, bruno), gil, Choice{Presence: Absent}, m(2))
	if err != nil || next.Revision != r.Revision || len(fell) > 0 || next.text() != "anne present" {
		t.Errorf("got %q at revision %d, %v, %v", next.text(), next.Revision, fell, err)
	}
}

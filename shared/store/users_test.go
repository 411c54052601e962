package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
	"convoc/shared/rights"
	"convoc/shared/table"
)

// old is a user as the program before this one wrote her: one collectivité, one role, and no registry.
func (w *town) old(login string, role rights.Role) {
	w.t.Helper()
	a := newAttrs()
	a.text("login", login)
	a.text("name", "Claire")
	a.text("hash", "$argon2id$")
	a.text("collectivity", string(siren))
	a.text("role", string(role))
	a.time("created", noon)
	_, err := w.accounts.table.Write(w.ctx(), table.Put(userKey(login), a.Attrs))
	w.must(err)
}

func TestUserFromBeforeThereWereSeveralCollectivities(t *testing.T) {
	w := newTown(t)
	w.old("claire", rights.Administrator)
	want := User{
		Login: "claire", Name: "Claire", Hash: "$argon2id$", Operator: true, CreatedAt: noon,
		Memberships: []Membership{{Collectivity: siren, Role: rights.Administrator}},
	}
	got, err := w.accounts.User(w.ctx(), "claire")
	w.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	w.must(w.accounts.Commit(w.ctx(), UserChanged(got, got)))
	want.Revision = 1
	if got, err = w.accounts.User(w.ctx(), "claire"); err != nil || !cmp.Equal(want, got) {
		t.Errorf("written again: %+v, %v", got, err)
	}
	w.old("paul", rights.Sender)
	if got, err = w.accounts.User(w.ctx(), "paul"); err != nil || got.Operator {
		t.Errorf("whoever is no administrator keeps no installation: %+v, %v", got, err)
	}
}

// The program before this one finds the first of a user's collectivités where it looks for the only one.
func TestUserIsReadableByTheProgramBefore(t *testing.T) {
	w := newTown(t)
	item, err := w.accounts.table.Get(w.ctx(), userKey("secretaire"))
	w.must(err)
	if a := item.Attrs; a.Text("collectivity") != string(siren) || a.Text("role") != string(rights.Sender) {
		t.Errorf("got %v", a)
	}
	several := User{Login: "paul", Memberships: []Membership{
		{Collectivity: "212700017", Role: rights.Administrator, Disabled: true}, {Collectivity: siren, Role: rights.Reader},
		{Collectivity: "234400034", Role: rights.Writer},
	}}
	w.must(w.accounts.CreateUser(w.ctx(), several))
	item, err = w.accounts.table.Get(w.ctx(), userKey("paul"))
	w.must(err)
	if a := item.Attrs; a.Text("collectivity") != string(siren) || a.Text("role") != string(rights.Reader) {
		t.Errorf("of several, the first that is not disabled: got %v", a)
	}
}

func TestTheRoleThatWasTakenLastDoesNotComeBack(t *testing.T) {
	w := newTown(t)
	before, err := w.accounts.User(w.ctx(), "secretaire")
	w.must(err)
	after := before
	after.Memberships = before.With(Membership{Collectivity: siren})
	w.must(w.accounts.Commit(w.ctx(), UserChanged(before, after)))
	if got, err := w.accounts.User(w.ctx(), "secretaire"); err != nil || len(got.Memberships) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := w.accounts.Users(w.ctx(), siren); err != nil || len(got) > 0 {
		t.Errorf("the list has %v, %v", got, err)
	}
}

// What a part of a transaction needs, and is not so, refuses the whole of it.
func TestPartsRefuse(t *testing.T) {
	const neighbour collectivity.ID = "234400034"
	for name, part := range map[string]Part{
		"a login that is taken":                UserCreated(User{Login: "secretaire"}),
		"a user who has changed":               UserChanged(User{Login: "secretaire", Revision: 7}, secretary),
		"a user who is not there":              UserChanged(User{Login: "personne"}, User{Login: "personne"}),
		"a collectivité that is there":         Entered(collectivity.Entry{ID: siren, Name: "Autre"}),
		"a collectivité below one that is not": Entered(collectivity.Entry{ID: "212700017", Above: []collectivity.ID{neighbour}}),
		"opening one that is open":             EntryClosed(siren, time.Time{}),
		"closing one that is not there":        EntryClosed(neighbour, noon),
		"an invitation that is not there":      TicketUsed("other", guest, "maire"),
		"withdrawing one that is not there":    TicketGone("other", guest),
		"a session that has ended":             SessionMoved("other", siren),
	} {
		w := newTown(t)
		before := w.state()
		if err := w.accounts.Commit(w.ctx(), part, SessionBegun("new", Session{Login: "secretaire"})); !errors.Is(err, table.ErrCondition) {
			t.Errorf("%s: got %v", name, err)
		}
		if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
			t.Errorf("%s: something was done\n%s", name, diff)
		}
	}
}

func TestOperatorsAreListed(t *testing.T) {
	w := newTown(t)
	for _, operator := range []bool{true, false} {
		before, err := w.accounts.User(w.ctx(), "secretaire")
		w.must(err)
		after := before
		after.Operator = operator
		w.must(w.accounts.Commit(w.ctx(), UserChanged(before, after)))
		if got, err := w.accounts.Operators(w.ctx()); err != nil || slices.Contains(got, "secretaire") != operator {
			t.Errorf("an opérateur: %v, the list has %q, %v", operator, got, err)
		}
	}
}

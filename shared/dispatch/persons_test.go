package dispatch_test

import (
	"errors"
	"slices"
	"testing"

	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/worldtest"
)

// joins adds somebody to a council's group.
func joins(t *testing.T, w *worldtest.World, f contacts.Fields, in ...directory.GroupID) contacts.Entry {
	t.Helper()
	f.Groups = in
	e, err := w.Contacts.Create(t.Context(), w.Handle, "secretaire", f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWhoIsNotActiveIsNotConvened(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	left := joins(t, w, contacts.Fields{Name: "Paul", Addresses: []string{"paul@x.fr"}, Inactive: true}, c.Group)
	a, err := dispatch.Resolve(t.Context(), w.Handle, c.Draft.Audience)
	if err != nil || a.Mails() != 2 || a.Resolved.To[0].Count != 2 || slices.ContainsFunc(a.Persons, func(p dispatch.Person) bool { return p.Contact == left.ID }) {
		t.Errorf("got %+v, %v", a, err)
	}
	named := convocation.Audience{To: []convocation.Entry{{Contact: left.ID}}}
	if _, err := dispatch.Resolve(t.Context(), w.Handle, named); !errors.Is(err, convocation.ErrContactInactive) {
		t.Errorf("named herself: got %v", err)
	}
	empty, err := w.Contacts.CreateGroup(t.Context(), w.Handle, "secretaire", "Anciens")
	if err != nil {
		t.Fatal(err)
	}
	joins(t, w, contacts.Fields{Name: "Odile", Addresses: []string{"odile@x.fr"}, Inactive: true}, empty.ID)
	former := convocation.Audience{To: []convocation.Entry{{Group: empty.ID}}}
	if _, err := dispatch.Resolve(t.Context(), w.Handle, former); !errors.Is(err, convocation.ErrGroupEmpty) {
		t.Errorf("a group of nobody active: got %v", err)
	}
}

// Who asked for letters is convened on paper although an address is known; a copy on paper there is none.
func TestWhoAsksForLettersGetsNoMail(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	odile := joins(t, w, contacts.Fields{Name: "Odile", Addresses: []string{"odile@x.fr"}, Paper: true}, c.Group)
	copied, err := dispatch.Resolve(t.Context(), w.Handle, convocation.Audience{
		To: []convocation.Entry{{Address: "a@x.fr"}}, Cc: []convocation.Entry{{Contact: odile.ID}},
	})
	if err != nil || len(copied.Persons) != 1 {
		t.Errorf("in copy: %+v, %v", copied.Persons, err)
	}
	id := w.Convene(c)
	r := w.Recipients(id)[""]
	if r.Contact != odile.ID || !r.OnPaper() || len(w.Mail.Links["odile@x.fr"]) != 0 {
		t.Errorf("got %+v, %d mails", r, len(w.Mail.Links["odile@x.fr"]))
	}
	if d, err := w.Follow.Detail(t.Context(), w.Handle, id); err != nil || d.Counts.Paper != 1 || len(d.Frozen.Councillors) != 3 {
		t.Errorf("%+v, %d councillors, %v", d.Counts, len(d.Frozen.Councillors), err)
	}
}

// An EPCI convenes titulaire and suppléant; one of them sits, so the suppléant does not count beside her.
func TestSubstituteIsConvenedAndDoesNotCountTwice(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	titular := joins(t, w, contacts.Fields{Name: "Claire", Addresses: []string{"claire@x.fr"}}, c.Group)
	joins(t, w, contacts.Fields{Name: "Luc", Addresses: []string{"luc@x.fr", "luc@y.fr"}, SubstituteOf: titular.ID}, c.Group)
	gone := joins(t, w, contacts.Fields{Name: "Anne"}) // of no group: her substitute sits for her
	joins(t, w, contacts.Fields{Name: "Zoé", Addresses: []string{"zoe@x.fr"}, SubstituteOf: gone.ID}, c.Group)
	id := w.Convene(c)
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, councillor := range d.Frozen.Councillors {
		names = append(names, councillor.Name)
	}
	if want := []string{"Claire", "Élu 0", "Élu 1", "Zoé"}; !slices.Equal(names, want) {
		t.Errorf("councillors: got %q, want %q", names, want)
	}
	all := w.Recipients(id)
	for address, of := range map[string]string{"luc@x.fr": "Claire", "luc@y.fr": "Claire", "claire@x.fr": "", "zoe@x.fr": "Anne"} {
		if r := all[address]; r.SubstituteOf != of || r.Address == "" {
			t.Errorf("%s is convened as the substitute of %q, want %q", address, r.SubstituteOf, of)
		}
	}
	if all["luc@x.fr"].Person != all["luc@y.fr"].Person {
		t.Error("two addresses of one person are two persons")
	}
}

// Without a group of its own, all addressees of an assembly count, but not who stands in for one.
func TestSubstituteOfAnAssemblyWithoutAGroup(t *testing.T) {
	w := worldtest.New(t)
	titular := joins(t, w, contacts.Fields{Name: "Claire", Addresses: []string{"claire@x.fr"}})
	luc := joins(t, w, contacts.Fields{Name: "Luc", Addresses: []string{"luc@x.fr"}, SubstituteOf: titular.ID})
	c := w.Council(1, func(text *compose.Text) {
		text.To = append(text.To, compose.Entry{Contact: titular.ID}, compose.Entry{Contact: luc.ID})
	})
	a := c.Assembly
	a.Group = ""
	draft := c.Draft.Convocation
	draft.Meeting.Assembly = a
	got, err := w.Dispatch.Councillors(t.Context(), w.Handle, draft)
	if err != nil || len(got) != 2 || got[0].Name != "Claire" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A snapshot: merging contacts after sending changes nobody's link or name.
func TestMergedContactsKeepTheirRecipients(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	id := w.Convene(c)
	before := w.Recipients(id)
	e := w.Entries(contacts.Filter{Group: c.Group})
	_, err := w.Contacts.Merge(t.Context(), w.Handle, "secretaire", contacts.Seen{ID: e[0].ID, Version: e[0].Version},
		[]contacts.Seen{{ID: e[1].ID, Version: e[1].Version}}, contacts.Fields{Name: "Autre", Addresses: []string{"autre@x.fr"}})
	if err != nil {
		t.Fatal(err)
	}
	after := w.Recipients(id)
	for address, r := range before {
		if now := after[address]; now.Name != r.Name || now.Contact != r.Contact || len(now.Attempts) != len(r.Attempts) {
			t.Errorf("%s has become %+v", address, now)
		}
	}
	if _, err := w.Visit("e1@x.fr"); err != nil {
		t.Errorf("the link of who was merged: %v", err)
	}
}

package contacts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

func TestGroupsAreSortedAndShowTheirFirstMembers(t *testing.T) {
	w := worldtest.New(t)
	council := group(t, w, "  Conseil\u00a0municipal ")
	group(t, w, "Bureau")
	group(t, w, "École")
	for _, name := range []string{"Zoé", "Éric", "Anne", ""} {
		create(t, w, contacts.Fields{Name: name, Addresses: []string{"b@x.fr"}, Groups: []directory.GroupID{council}})
	}
	got, err := w.Contacts.Groups(t.Context(), w.Handle)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, g := range got {
		lines = append(lines, g.Name+": "+strings.Join(g.Heads, ", "))
	}
	want := []string{"Bureau: ", "Conseil municipal: b@x.fr, Anne, Éric", "École: "}
	if diff := cmp.Diff(want, lines); diff != "" || got[1].Members != 4 {
		t.Errorf("%d members, (-want +got)\n%s", got[1].Members, diff)
	}
}

func TestGroupNameIsRefused(t *testing.T) {
	w := worldtest.New(t)
	there := group(t, w, "Élus du Conseil")
	other := group(t, w, "Bureau")
	for _, c := range []struct {
		name, typed string
		want        *errs.Error
	}{
		{"empty", " \u200b\u00a0", contacts.ErrGroupNameEmpty},
		{"101 characters", strings.Repeat("é", 101), contacts.ErrGroupNameTooLong},
		{"the same", "Élus du Conseil", contacts.ErrGroupExists},
		{"the same in capitals without accents", "ELUS DU CONSEIL", contacts.ErrGroupExists},
		{"the same with other spaces", "  élus  du\u00a0conseil ", contacts.ErrGroupExists},
		{"the same with decomposed accents", "E\u0301lus du Conseil", contacts.ErrGroupExists},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, create := w.Contacts.CreateGroup(t.Context(), w.Handle, by, c.typed)
			_, rename := w.Contacts.RenameGroup(t.Context(), w.Handle, by, other, c.typed)
			for what, err := range map[string]error{"create": create, "rename": rename} {
				if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != "name" {
					t.Errorf("%s: got %v", what, err)
				}
			}
		})
	}
	for _, name := range []string{"ÉLUS du conseil", "ÉLUS du conseil", strings.Repeat("é", 100)} {
		g, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, there, name)
		if err != nil || g.Name != name || g.ID != there {
			t.Errorf("its own name otherwise: got %+v, %v", g, err)
		}
	}
	if _, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "Élus du conseil"); err != nil {
		t.Errorf("the name that was given back: %v", err)
	}
	if _, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, "grp_aaaaaaaaaaaaaaaa", "X"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("renaming nothing: got %v", err)
	}
}

func TestRenamedGroupKeepsItsMembers(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "b@x.fr", "a@x.fr")
	got, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Bureau")
	if err != nil || got.Members != 2 || !slices.Equal(got.Heads, []string{"a@x.fr", "b@x.fr"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got := w.Directory(); !slices.Equal(got.Contacts, []string{"a@x.fr <a@x.fr> [Bureau]", "b@x.fr <b@x.fr> [Bureau]"}) {
		t.Errorf("got %v", got.Contacts)
	}
}

func TestDeletedGroupLeavesItsMembers(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "a@x.fr", "b@x.fr")
	for range 2 { // one that is gone is no error
		if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g); err != nil {
			t.Fatal(err)
		}
	}
	want := worldtest.Directory{Contacts: []string{"a@x.fr <a@x.fr> []", "b@x.fr <b@x.fr> []"}}
	if diff := cmp.Diff(want, w.Directory()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if again := group(t, w, "conseil"); again == g || len(w.Entries(contacts.Filter{Group: again})) != 0 {
		t.Errorf("the new group of the name has the old one's members")
	}
}

// Deleting stopped between the group and its members. Nobody sees them, and deleting again removes them.
func TestDeletingAGroupThatIsGoneRemovesItsMemberships(t *testing.T) {
	w := worldtest.New(t)
	g := w.Group("Conseil", "a@x.fr", "b@x.fr")
	transactions := 0
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			transactions++
		}
		if transactions == 2 {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g); !errors.Is(err, table.ErrUnavailable) {
		t.Fatal(err)
	}
	w.Fault = nil
	if left, err := w.Handle.Members(t.Context(), g); err != nil || len(left) != 2 {
		t.Fatalf("%d memberships, %v: this tests nothing", len(left), err)
	}
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g); err != nil {
		t.Fatal(err)
	}
	if left, err := w.Handle.Members(t.Context(), g); err != nil || len(left) != 0 {
		t.Errorf("%d memberships are left, %v", len(left), err)
	}
}

func TestGroupsChangedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name   string
		act    func(t *testing.T, w *worldtest.World, g directory.GroupID) error
		rename *errs.Error // of the group to « Bureau », at the same moment
	}{
		{"renamed", func(t *testing.T, w *worldtest.World, g directory.GroupID) error {
			_, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Commission")
			return err
		}, errs.ErrChangedMeanwhile},
		{"renamed to the same", func(t *testing.T, w *worldtest.World, g directory.GroupID) error {
			_, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Bureau")
			return err
		}, nil},
		{"deleted", func(t *testing.T, w *worldtest.World, g directory.GroupID) error {
			return w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g)
		}, errs.ErrChangedMeanwhile},
		{"its name taken", func(t *testing.T, w *worldtest.World, _ directory.GroupID) error {
			_, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "BUREAU")
			return err
		}, contacts.ErrGroupExists},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			g := group(t, w, "Conseil")
			w.Meanwhile("transact", func() {
				if err := c.act(t, w, g); err != nil {
					t.Error(err)
				}
			})
			got, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Bureau")
			if c.rename == nil && (err != nil || got.Name != "Bureau") {
				t.Errorf("got %+v, %v", got, err)
			}
			if c.rename != nil && !errors.Is(err, c.rename) {
				t.Errorf("got %v, want %v", err, c.rename)
			}
		})
	}
}

func TestGroupTakenAndGivenBackAtTheSameMoment(t *testing.T) {
	w := worldtest.New(t)
	other := group(t, w, "Bureau")
	var acts []string
	w.Meanwhile("transact", func() {
		acts = append(acts, "create")
		w.Meanwhile("get", func() { // after the refusal, before it is looked who has the name
			acts = append(acts, "delete")
			if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, other); err != nil {
				t.Error(err)
			}
		})
	})
	_, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "bureau")
	if !errors.Is(err, errs.ErrChangedMeanwhile) || !slices.Equal(acts, []string{"create", "delete"}) {
		t.Errorf("after %v: got %v", acts, err)
	}
}

func TestGroupRenamedWhileItIsDeleted(t *testing.T) {
	w := worldtest.New(t)
	g := group(t, w, "Conseil")
	w.Meanwhile("transact", func() {
		if _, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Bureau"); err != nil {
			t.Error(err)
		}
	})
	if err := w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g); err != nil {
		t.Fatal(err)
	}
	group(t, w, "Conseil")
	group(t, w, "Bureau")
	if got := w.Directory().Groups; !slices.Equal(got, []string{"Bureau (0)", "Conseil (0)"}) {
		t.Errorf("got %v", got)
	}
}

func TestInterruptedGroup(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(w *worldtest.World, g directory.GroupID) error
	}{
		{"created", func(w *worldtest.World, _ directory.GroupID) error {
			_, err := w.Contacts.CreateGroup(t.Context(), w.Handle, by, "Bureau")
			return err
		}},
		{"renamed", func(w *worldtest.World, g directory.GroupID) error {
			_, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, g, "Bureau")
			return err
		}},
		{"deleted", func(w *worldtest.World, g directory.GroupID) error {
			return w.Contacts.DeleteGroup(t.Context(), w.Handle, by, g)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				g := w.Group("Conseil", "a@x.fr", "b@x.fr")
				return worldtest.Flow{
					Run:   func() error { return c.run(w, g) },
					State: func() any { return []any{w.Directory(), w.Journal()} },
				}
			})
		})
	}
}

package csvimport_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/contactfile"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

const by = "secretaire"

// sent begins an import whose file has arrived.
func sent(t *testing.T, w *worldtest.World, text string) (id string) {
	t.Helper()
	i, _, err := w.Import.Create(t.Context(), w.Handle, by, "contacts.csv")
	if err != nil {
		t.Fatal(err)
	}
	w.Store(i.Key, text)
	return i.ID
}

func preview(t *testing.T, w *worldtest.World, id string) csvimport.Preview {
	t.Helper()
	p, err := w.Import.Preview(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decide answers questions.
func decide(t *testing.T, w *worldtest.World, id string, decisions map[int]csvimport.Decision) {
	t.Helper()
	var lines []store.ImportLine
	for line, d := range decisions {
		lines = append(lines, store.ImportLine{Line: line, Decision: string(d)})
	}
	if len(lines) == 0 {
		return
	}
	slices.SortFunc(lines, func(a, b store.ImportLine) int { return a.Line - b.Line })
	if err := w.Import.Choose(t.Context(), w.Handle, id, store.ImportChoices{}, lines); err != nil {
		t.Fatal(err)
	}
}

// applies goes on with an import until it is done.
func applies(t *testing.T, w *worldtest.World, id string) (store.Import, error) {
	t.Helper()
	for range 1_000 {
		i, err := w.Import.Apply(t.Context(), w.Handle, by, id, time.Hour)
		if err != nil || !i.AppliedAt.IsZero() {
			return i, err
		}
	}
	t.Fatal("the import never ends")
	return store.Import{}, nil
}

func apply(t *testing.T, w *worldtest.World, id string, decisions map[int]csvimport.Decision) store.Import {
	t.Helper()
	decide(t, w, id, decisions)
	i, err := applies(t, w, id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func contact(t *testing.T, w *worldtest.World, name, address string) contacts.Entry {
	t.Helper()
	w.Clock = w.Clock.Add(time.Second)
	e, err := w.Contacts.Create(t.Context(), w.Handle, by, contacts.Fields{Name: name, Addresses: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPreviewSaysWhatWouldBeDone(t *testing.T) {
	w := worldtest.New(t)
	w.Group("Conseil", "jean@x.fr")
	contact(t, w, "Anne Petit", "anne@x.fr")
	contact(t, w, "Luc Roy", "mairie@x.fr")
	id := sent(t, w, `mail;nom complet;groupe
jean@x.fr;jean@x.fr;CONSEIL
anne@x.fr;Anne Petit;Bureau
neuf@x.fr;Neuf;bureau
mairie@x.fr;Zoé Vidal;
mairie@x.fr;Yves Noël;
mairie@x.fr;L. Roy;
pas une adresse;X;
neuf@x.fr;neuf;
`)
	before := w.Counts().Writes
	p := preview(t, w, id)
	var got []string
	for _, c := range p.Contacts {
		got = append(got, fmt.Sprintf("%d %s %s %s", c.Line, c.Name, c.State, c.Other))
	}
	want := []string{
		"2 jean@x.fr unchanged ", "3 Anne Petit changed ", "4 Neuf new ", "5 Zoé Vidal ask Luc Roy", "6 Yves Noël ask Zoé Vidal",
		"7 L. Roy unchanged ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !slices.Equal(p.Groups, []csvimport.NewGroup{{Name: "Bureau"}}) || len(p.Errors) != 1 || p.Counts.Errors != 1 || p.Counts.Merged != 1 || p.Import.Name != "contacts.csv" {
		t.Errorf("groups %v, errors %v, counts %+v, of %q", p.Groups, p.Errors, p.Counts, p.Import.Name)
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
}

func TestPreviewIsRefused(t *testing.T) {
	w := worldtest.New(t)
	waiting, _, err := w.Import.Create(t.Context(), w.Handle, by, "contacts.csv")
	if err != nil {
		t.Fatal(err)
	}
	groups := func(n int) string {
		text := "mail;groupe\n"
		for i := range n {
			text += fmt.Sprintf("a%d@x.fr;Groupe %d\n", i, i)
		}
		return text
	}
	for _, c := range []struct {
		name, id string
		want     *errs.Error
		about    string
	}{
		{"no import", "imp_aaaaaaaaaaaaaaaa", errs.ErrNotFound, ""},
		{"a file that has not arrived", waiting.ID, csvimport.ErrNotArrived, ""},
		{"a file that is no text", sent(t, w, "%PDF-1.4"), contactfile.ErrFile, "pdf"},
		{"a file without addresses", sent(t, w, "Jean;Dupont\n"), contactfile.ErrNoAddress, ""},
		{"too many lines", sent(t, w, strings.Repeat("\n", 200_000)+"a@x.fr"), contactfile.ErrTooManyLines, ""},
		{"1,000 groups", sent(t, w, groups(1_000)), nil, ""},
		{"1,001 groups", sent(t, w, groups(1_001)), contactfile.ErrManyGroups, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.Counts().Writes
			_, preview := w.Import.Preview(t.Context(), w.Handle, c.id)
			if c.want == nil {
				if preview != nil {
					t.Error(preview)
				}
				return
			}
			_, apply := w.Import.Apply(t.Context(), w.Handle, by, c.id, time.Hour)
			for what, err := range map[string]error{"preview": preview, "apply": apply} {
				if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.About != c.about {
					t.Errorf("%s: got %v about %q", what, err, refusal.About)
				}
			}
			if got := w.Counts().Writes; got != before {
				t.Errorf("%d writes", got-before)
			}
		})
	}
}

// forms keeps what the signed forms allow.
type forms struct {
	files.Store
	signed []files.Upload
}

func (s *forms) SignUpload(ctx context.Context, u files.Upload) (files.Form, error) {
	s.signed = append(s.signed, u)
	return s.Store.SignUpload(ctx, u)
}

func TestFormTakesUpTo20MB(t *testing.T) {
	w := worldtest.New(t)
	signed := &forms{Store: w.Files}
	w.Import.Files = files.Shared(signed)
	i, _, err := w.Import.Create(t.Context(), w.Handle, by, `C:\Mes documents\contacts.csv`)
	if err != nil {
		t.Fatal(err)
	}
	want := []files.Upload{{Key: files.Key("000000000/imports/" + i.ID), MaxSize: 20 << 20, Expiry: time.Hour}}
	if diff := cmp.Diff(want, signed.signed); diff != "" || i.Name != "contacts.csv" {
		t.Errorf("%q (-want +got)\n%s", i.Name, diff)
	}
}

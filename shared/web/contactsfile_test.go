package web_test

import (
	"net/http"
	"strings"
	"testing"

	"convoc/shared/contactfile/workbook"
	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/web"
)

// persons are one of each kind that the directory can hold; the groups are by number.
var persons = []struct {
	contacts.Fields
	groups []int
}{
	{contacts.Fields{Name: "Jean Dupont", Addresses: []string{"jean@x.fr"}}, nil},
	{contacts.Fields{Addresses: []string{"sans.nom@x.fr"}}, []int{0}},
	{contacts.Fields{Name: "Deux Adresses", Addresses: []string{"deux@x.fr", "deux.bis@x.fr"}}, []int{0, 1, 2, 3}},
	{contacts.Fields{Name: "Anne Morel", First: "Anne", Last: "Morel", Civility: "Mme", Addresses: []string{"morel@x.fr"}}, []int{1}},
	{contacts.Fields{Name: "Paul Morel", Addresses: []string{"morel@x.fr"}}, nil},
	{contacts.Fields{Name: "Madame la Maire", First: "Rose", Last: "Blanc", Function: "Maire", Rank: 1, Addresses: []string{"maire@x.fr"}}, []int{2}},
	{contacts.Fields{Name: "Par Courrier", Paper: true, Phone: "612345678"}, []int{1}},
	{contacts.Fields{Name: "Sans Courriel"}, nil},
	{contacts.Fields{Name: "Parti Hier", Inactive: true, Phone: "+33 6 12 34 56 78", Addresses: []string{"parti@x.fr"}}, nil},
	{contacts.Fields{Name: "Courrier Aussi", Paper: true, Addresses: []string{"papier@x.fr"}}, nil},
	{contacts.Fields{Name: "=SOMME(A1)", Function: "@adjoint", Addresses: []string{"formule@x.fr"}}, []int{3}},
	{contacts.Fields{Name: "l’apostrophe \"et\" guillemets; points | barre", Addresses: []string{"o'brien+x@x.fr"}}, nil},
	{contacts.Fields{Name: "'Cité", Function: "'", Addresses: []string{"cite@x.fr"}}, nil},
	{contacts.Fields{Name: "Nom, avec virgule", Phone: "01 02 03 / 04", Addresses: []string{"virgule@x.fr"}}, []int{2, 3}},
	{contacts.Fields{Name: "oui", Last: "Oui", First: "Non", Addresses: []string{"oui@xn--caf-dma.fr"}}, nil},
}

var groupNames = []string{"Conseil", "Travaux, voirie", "Petite enfance | écoles", "=Formule; \"citée\""}

// What is exported is read back as it is, whoever it is of, and however it is written.
func TestImportOfTheExportChangesNothing(t *testing.T) {
	s := newScreens(t)
	s.Import.Workbooks = workbook.Open
	s.served = s.site.Mount(web.ImportContacts(web.Imports{
		Site: s.site, Account: s.Account, Import: s.Import, Contacts: s.Contacts, Workbook: workbook.New,
	})...)
	var groups []directory.GroupID
	for _, name := range groupNames {
		g, err := s.Contacts.CreateGroup(t.Context(), s.Handle, "secretaire", name)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g.ID)
	}
	var first directory.ContactID
	for _, p := range persons {
		for _, n := range p.groups {
			p.Groups = append(p.Groups, groups[n])
		}
		e, err := s.Contacts.Create(t.Context(), s.Handle, "secretaire", p.Fields)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if first == "" {
			first = e.ID
		}
	}
	for _, f := range []contacts.Fields{
		{Name: "Suppléante Un", SubstituteOf: first, Addresses: []string{"suppleante@x.fr"}},
		{Name: "Jean Dupont", Addresses: []string{"homonyme@x.fr"}}, // whose substitute she is, is not told by the name any more
	} {
		if _, err := s.Contacts.Create(t.Context(), s.Handle, "secretaire", f); err != nil {
			t.Fatal(err)
		}
	}
	for _, query := range []string{"", "?format=xlsx", "?sort=rank"} {
		code, body := s.ask("GET", "/api/contacts/export"+query, "")
		if code != http.StatusOK {
			t.Fatalf("%s: %d %s", query, code, body)
		}
		i, _, err := s.Import.Create(t.Context(), s.Handle, "secretaire", "export")
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Files.Delete(t.Context(), files.Key(i.Key))
		if _, err := s.Files.Create(t.Context(), files.Key(i.Key), strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		p, err := s.Import.Preview(t.Context(), s.Handle, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n := p.Counts; n.Unchanged != len(persons)+2 || n.Total() != n.Unchanged || n.Errors+n.Merged != 0 || len(p.Groups) != 0 {
			t.Errorf("%q: counts %+v, groups %v, errors %v", query, n, p.Groups, p.Errors)
			for _, c := range p.Contacts {
				if c.State != "unchanged" {
					t.Errorf("%s %s %q: %v", c.State, c.Address, c.Name, c.Changes)
				}
			}
		}
	}
}

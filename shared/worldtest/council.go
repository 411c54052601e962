package worldtest

import (
	"fmt"
	"time"

	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/law"
)

// Meeting is when the councils of a town meet: the 15th of December 2026 at 18:30 in Paris. The law lets its convocation
// leave until the 11th.
var Meeting = time.Date(2026, 12, 15, 17, 30, 0, 0, time.UTC)

// Council is an assembly with its members, and a draft that convenes them.
type Council struct {
	Group    directory.GroupID
	Assembly convocation.Assembly
	Draft    compose.Draft
}

// Council makes an assembly of n members, « Élu 0 » at e0@x.fr and so on, and a draft that convenes them, changed as the
// test says.
func (w *World) Council(n int, change ...func(*compose.Text)) Council {
	w.T.Helper()
	var c Council
	g, err := w.Contacts.CreateGroup(w.ctx(), w.Handle, "secretaire", fmt.Sprint("Assemblée ", w.Clock.UnixMilli()))
	w.must(err)
	c.Group = g.ID
	for i := range n {
		w.Member(c.Group, fmt.Sprint("Élu ", i), fmt.Sprintf("e%d@x.fr", i))
	}
	c.Assembly, err = w.Compose.SaveAssembly(w.ctx(), w.Handle, "secretaire", convocation.Assembly{
		Name: g.Name, Body: law.CommuneSmall, Members: max(n, 1), Group: c.Group,
	})
	w.must(err)
	d, err := w.Compose.Create(w.ctx(), w.Handle, "secretaire")
	w.must(err)
	text := compose.Text{
		Subject: "Conseil", Message: "Bonjour", To: []compose.Entry{{Group: c.Group}},
		Meeting: &convocation.Meeting{Assembly: c.Assembly, At: Meeting, Place: "Mairie", Agenda: []string{"Budget"}},
	}
	for _, change := range change {
		change(&text)
	}
	c.Draft, err = w.Compose.Save(w.ctx(), w.Handle, "secretaire", d.ID, d.Version, text)
	w.must(err)
	return c
}

// Member adds a person to a group.
func (w *World) Member(g directory.GroupID, name string, addresses ...string) directory.ContactID {
	w.T.Helper()
	e, err := w.Contacts.Create(w.ctx(), w.Handle, "secretaire", contacts.Fields{
		Name: name, Addresses: addresses, Groups: []directory.GroupID{g},
	})
	w.must(err)
	return e.ID
}

// Convene sends a council's draft, and lets the mails leave.
func (w *World) Convene(c Council) convocation.ID {
	w.T.Helper()
	w.Send(c.Draft)
	w.Pass(1, time.Minute)
	return c.Draft.ID
}

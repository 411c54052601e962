package worldtest

import (
	"fmt"
	"strings"

	"convoc/shared/contacts"
	"convoc/shared/directory"
)

// Directory is all that the pages show of the contacts and of the groups, one line each.
type Directory struct{ Contacts, Groups []string }

// Directory reads the whole directory. It fails the test where a contact is not found by its addresses, its groups and
// its words.
func (w *World) Directory() Directory {
	w.T.Helper()
	var d Directory
	entries := w.Entries(contacts.Filter{})
	for _, e := range entries {
		d.Contacts = append(d.Contacts, Line(e))
		w.checkFound(e)
	}
	if n, err := w.Handle.ContactCount(w.ctx()); err != nil || n != len(entries) {
		w.T.Errorf("%d contacts are counted, %v, and there are %d", n, err, len(entries))
	}
	groups, err := w.Contacts.Groups(w.ctx(), w.Handle)
	w.must(err)
	for _, g := range groups {
		d.Groups = append(d.Groups, fmt.Sprintf("%s (%d)", g.Name, g.Members))
		if in := w.Entries(contacts.Filter{Group: g.ID}); len(in) != g.Members {
			w.T.Errorf("group %s has %d members, the list says %d", g.Name, g.Members, len(in))
		}
	}
	return d
}

// Entries reads all pages of a list.
func (w *World) Entries(f contacts.Filter) []contacts.Entry {
	w.T.Helper()
	var all []contacts.Entry
	f.Limit = contacts.MaxPage
	for {
		page, err := w.Contacts.List(w.ctx(), w.Handle, f)
		w.must(err)
		all = append(all, page.Entries...)
		if f.After = page.Next; f.After == "" {
			return all
		}
	}
}

// Line says what a page shows of a contact: « Jean Dupont <a@x.fr> <b@x.fr> [Bureau, Conseil] ».
func Line(e contacts.Entry) string {
	line := e.Name
	for _, a := range e.Addresses {
		line += " <" + string(a) + ">"
	}
	var groups []string
	for _, g := range e.Groups {
		groups = append(groups, g.Name)
	}
	return strings.TrimSpace(fmt.Sprintf("%s [%s]", line, strings.Join(groups, ", ")))
}

func (w *World) checkFound(e contacts.Entry) {
	w.T.Helper()
	find := func(where string, entries []directory.ContactID) {
		for _, id := range entries {
			if id == e.ID {
				return
			}
		}
		w.T.Errorf("%s is not found by %s", Line(e), where)
	}
	words := e.Words()
	for _, a := range e.Addresses {
		there, err := w.Handle.ContactsAt(w.ctx(), a)
		w.must(err)
		var ids []directory.ContactID
		for _, c := range there {
			ids = append(ids, c.ID)
		}
		find(string(a), ids)
	}
	for _, word := range words {
		ids, err := w.Handle.ContactsWithWord(w.ctx(), word)
		w.must(err)
		find(word, ids)
	}
	for _, g := range e.Groups {
		ids, err := w.Handle.Members(w.ctx(), g.ID)
		w.must(err)
		find(g.Name, ids)
	}
}

package web

import (
	"net/http"
	"strconv"
	"strings"

	"convoc/shared/contacts"
	"convoc/shared/files"
	"convoc/shared/rights"
)

// contactsFile gives the contacts that pass the filter as a table.
func (a Admin) contactsFile() http.Handler {
	return a.api(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.identify(a.Account, rights.DirectoryRead, r)
		if err != nil {
			return err
		}
		f, err := a.contactFilter(c)
		if err != nil {
			return err
		}
		rows := [][]string{contactColumns}
		err = a.Contacts.Export(r.Context(), c.h, f, func(e contacts.Entry) error {
			rows = append(rows, contactCells(e))
			return nil
		})
		if err != nil {
			return err
		}
		return writeContacts(w, rows)
	})
}

// writeContacts is where the format of the file is made.
// TODO(#6): XLSX beside CSV, by the writer that mirrors the reader of imports.
func writeContacts(w http.ResponseWriter, rows [][]string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", files.Disposition(true, "Contacts.csv"))
	w.WriteHeader(http.StatusOK)
	write(w, sheet(rows))
	return nil
}

// contactColumns are the heads of the table; what a person is called comes second, as in the files that are imported.
var contactColumns = []string{
	"Courriel", "Description", "Civilité", "Prénom", "Nom", "Fonction", "Téléphone", "Second courriel", "Actif", "Courrier", "Ordre du tableau",
	"Suppléant de", "Groupes",
}

func contactCells(e contacts.Entry) []string {
	mails := []string{"", ""}
	for i, a := range e.Addresses {
		mails[i] = string(a)
	}
	var groups []string
	for _, g := range e.Groups {
		groups = append(groups, g.Name)
	}
	rank := ""
	if e.Rank > 0 {
		rank = strconv.Itoa(e.Rank)
	}
	return []string{
		mails[0], e.Name, e.Civility, e.First, e.Last, e.Function, e.Phone, mails[1], yesNo(!e.Inactive), yesNo(e.Paper), rank,
		e.Substitute.Name, strings.Join(groups, " | "),
	}
}

func yesNo(b bool) string {
	if b {
		return "oui"
	}
	return "non"
}

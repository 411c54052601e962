package web

import (
	"io"
	"net/http"

	"convoc/shared/contactfile"
	"convoc/shared/contacts"
	"convoc/shared/files"
	"convoc/shared/rights"
)

// contactsFile gives the contacts that pass the filter as a table that is imported as it is: format=xlsx a workbook, else
// CSV.
func (a Imports) contactsFile() http.Handler {
	return a.api(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.identify(a.Account, rights.DirectoryRead, r)
		if err != nil {
			return err
		}
		f, err := a.contactFilter(c)
		if err != nil {
			return err
		}
		var all []contactfile.Contact
		most := 0
		err = a.Contacts.Export(r.Context(), c.h, f, func(e contacts.Entry) error {
			all, most = append(all, written(e)), max(most, len(e.Groups))
			return nil
		})
		if err != nil {
			return err
		}
		export := contactfile.NewExport(most)
		return a.save(w, "Contacts", r.URL.Query().Get("format") == "xlsx", func(add func([]string) error) error {
			if err := add(export.Titles()); err != nil {
				return err
			}
			for _, c := range all {
				if err := add(export.Row(c)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// save answers with a table that browsers save under a name: a workbook, or CSV. What fails after its beginning cuts it.
func (a Imports) save(w http.ResponseWriter, name string, workbook bool, rows func(add func(cells []string) error) error) error {
	media, extension, begin := "text/csv; charset=utf-8", ".csv", func(to io.Writer, _ string) (contactfile.Writer, error) { return contactfile.NewCSV(to) }
	if workbook {
		media, extension, begin = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", a.Workbook
	}
	var out contactfile.Writer
	add := func(cells []string) (err error) {
		if out == nil {
			w.Header().Set("Content-Type", media)
			w.Header().Set("Content-Disposition", files.Disposition(true, name+extension))
			if out, err = begin(w, name); err != nil {
				return err
			}
		}
		return out.Write(cells)
	}
	err := rows(add)
	switch {
	case out == nil:
		return err
	case err == nil:
		err = out.Close()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // half a table must not look whole
	}
	return nil
}

// written is a contact as it is written in a file, all of it said.
func written(e contacts.Entry) contactfile.Contact {
	c := contactfile.Contact{
		Civility: e.Civility, FirstName: e.First, LastName: e.Last, Name: e.Name, Function: e.Function, Phone: e.Phone,
		Active: flagOf(!e.Inactive), Paper: flagOf(e.Paper), Rank: e.Rank, SubstituteOf: e.Substitute.Name,
	}
	for i, address := range e.Addresses {
		if i == 0 {
			c.Address = address
		} else {
			c.Second = address
		}
	}
	for _, g := range e.Groups {
		c.Groups = append(c.Groups, g.Name)
	}
	return c
}

func flagOf(b bool) contactfile.Flag {
	if b {
		return contactfile.Yes
	}
	return contactfile.No
}

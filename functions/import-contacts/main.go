// Command import-contacts reads a file of contacts, shows what it would change, applies it, undoes it, and writes all
// contacts as a file.
package main

import (
	"os"

	"convoc/shared/account"
	"convoc/shared/config"
	"convoc/shared/config/documents"
	"convoc/shared/config/pages"
	"convoc/shared/contactfile/workbook"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	files := documents.Shelves(env, env.Text("CONVOC_FILES_ORIGIN"))
	site := pages.Site(env, config.Data, config.Accounts)
	handler := pages.Handler(env, site, web.ImportContacts(web.Imports{
		Site:     site,
		Account:  &account.Service{Tables: site.Tables, Now: config.Now, Random: config.Random(), Cost: account.DefaultCost()},
		Import:   &csvimport.Service{Tables: site.Tables, Files: files, Workbooks: workbook.Open, Now: config.Now, Random: config.Random()},
		Contacts: &contacts.Service{Tables: site.Tables, Now: config.Now, Random: config.Random()},
		Workbook: workbook.New,
	})...)
	env.Start(handler)
}

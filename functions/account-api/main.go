// Command account-api signs users in and out.
package main

import (
	"os"

	"convoc/shared/account"
	"convoc/shared/config"
	"convoc/shared/config/pages"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	site := pages.Site(env, config.Data, config.Accounts)
	accounts := &account.Service{Tables: site.Tables, Now: config.Now, Random: config.Random(), Cost: account.DefaultCost()}
	handler := pages.Handler(env, site, web.AccountAPI(web.Accounts{Site: site, Account: accounts})...)
	env.Start(handler)
}

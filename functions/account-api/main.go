// Command account-api signs users in and out, and keeps who works for which collectivité.
package main

import (
	"os"

	"convoc/shared/account"
	"convoc/shared/config"
	"convoc/shared/config/pages"
	"convoc/shared/letter"
	"convoc/shared/mail/sesmail"
	"convoc/shared/telemetry"
	"convoc/shared/web"
)

func main() {
	env := config.Read(os.Getenv)
	site := pages.Site(env, config.Data, config.Accounts)
	// without a configuration set: nobody waits for what becomes of these mails
	mailer := telemetry.Watch(site.Log, sesmail.Open(sesmail.Client(env.AWS("sesv2")), ""))
	accounts := &account.Service{
		Tables: site.Tables, Now: config.Now, Random: config.Random(), Cost: account.DefaultCost(),
		Post:   letter.Courier{From: env.Text("CONVOC_FROM"), Origin: site.Origin, Mail: mailer, Now: config.Now},
		Unsent: telemetry.Unsent(site.Log),
	}
	handler := pages.Handler(env, site, web.AccountAPI(web.Accounts{Site: site, Account: accounts, ResetTakes: web.ResetTakes})...)
	env.Start(handler)
}

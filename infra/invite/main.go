// Command invite prints the address at which the first administrator of an installation on AWS names the collectivité
// and chooses a password. It needs the rights to read and write the accounts table, as the account's ordinary
// credentials give them. Run again before the invitation is used, it gives a new one, and the old one is void.
//
//	go run ./infra/invite -region eu-west-3 -table convoc-accounts -origin https://convoc.exemple.fr
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"convoc/shared/account"
	"convoc/shared/store"
	"convoc/shared/table/dynamotable"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "invite :", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("invite", flag.ContinueOnError)
	region := flags.String("region", "eu-west-3", "région de l'installation")
	name := flags.String("table", "", "table des comptes (sortie « AccountsTable » de la pile)")
	origin := flags.String("origin", "", "adresse publique : https://convoc.exemple.fr")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *name == "" || !strings.HasPrefix(*origin, "https://") {
		return errors.New("indiquez -table et -origin https://…")
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(*region))
	if err != nil {
		return err
	}
	service := &account.Service{
		Tables: store.Tables{Accounts: dynamotable.Open(dynamotable.Client(cfg), *name)},
		Now:    time.Now, Random: rand.Reader, Cost: account.DefaultCost(),
	}
	token, err := service.Invite(ctx)
	switch {
	case errors.Is(err, account.ErrAlreadySetUp):
		return errors.New("cette installation a déjà son premier administrateur")
	case errors.Is(err, account.ErrDemo):
		return errors.New("ces données sont celles d'une démonstration : prenez une autre table")
	}
	if err != nil {
		return err
	}
	fmt.Printf("première connexion : %s/bienvenue.html#%s\n", strings.TrimSuffix(*origin, "/"), token)
	return nil
}

// Package config reads a function's environment, once, and opens what it names. What is missing is reported all
// together.
//
//	CONVOC_ORIGIN        public origin of the pages: https://convoc.exemple.fr
//	CONVOC_FILES_ORIGIN  public origin of the documents
//	CONVOC_TABLES        bolt:FILE
//	CONVOC_FILES         dir:DIRECTORY
//	CONVOC_MAIL          dir:DIRECTORY, smtp://… or smtps://…
//	CONVOC_FROM          address from which the mails leave
//
// TODO(#3): dynamodb:, s3:, sqs: and ses: as AWS functions need them; a file of bbolt has one process at a time.
package config

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"convoc/shared/files/dirfiles"
	"convoc/shared/mail"
	"convoc/shared/mail/dirmail"
	"convoc/shared/mail/smtpmail"
	"convoc/shared/page"
	"convoc/shared/store"
	"convoc/shared/table/bolttable"
	"convoc/shared/telemetry"
	"convoc/shared/web"
)

// Platform is what a function stands on.
type Platform struct {
	Origin, FilesOrigin string
	From                string
	Tables              store.Tables
	Files               *dirfiles.Store
	Log                 *slog.Logger
	Now                 func() time.Time
	Random              io.Reader
}

// Open reads the environment and opens the tables and the files. The error names every variable that is missing.
func Open(ctx context.Context, getenv func(string) string) (*Platform, error) {
	p := &Platform{
		Origin: getenv("CONVOC_ORIGIN"), FilesOrigin: getenv("CONVOC_FILES_ORIGIN"), From: getenv("CONVOC_FROM"),
		Log: telemetry.New(os.Stderr, slog.LevelInfo), Random: rand.Reader,
		Now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
	}
	if err := present(getenv, "CONVOC_ORIGIN", "CONVOC_FILES_ORIGIN", "CONVOC_TABLES", "CONVOC_FILES"); err != nil {
		return nil, err
	}
	if err := p.openTables(getenv("CONVOC_TABLES")); err != nil {
		return nil, err
	}
	dir, ok := strings.CutPrefix(getenv("CONVOC_FILES"), "dir:")
	if !ok {
		return nil, errors.New("CONVOC_FILES: dir:DIRECTORY")
	}
	secret, err := p.Tables.AccountsHandle().Secret(ctx, "files", p.Random)
	if err != nil {
		return nil, err
	}
	p.Files, err = dirfiles.New(dirfiles.Config{
		Dir: dir, BaseURL: p.FilesOrigin, Secret: secret, Now: p.Now, AllowOrigin: p.Origin,
	})
	return p, err
}

// present reports all variables that are missing together.
func present(getenv func(string) string, names ...string) error {
	var missing []error
	for _, name := range names {
		if getenv(name) == "" {
			missing = append(missing, fmt.Errorf("%s is missing", name))
		}
	}
	return errors.Join(missing...)
}

func (p *Platform) openTables(address string) error {
	path, ok := strings.CutPrefix(address, "bolt:")
	if !ok {
		return errors.New("CONVOC_TABLES: bolt:FILE")
	}
	db, err := bolttable.Open(path)
	if err != nil {
		return err
	}
	data, err1 := db.Table("data")
	accounts, err2 := db.Table("accounts")
	agenda, err3 := db.Table("agenda")
	p.Tables = store.Tables{Data: data, Accounts: accounts, Agenda: agenda}
	return errors.Join(err1, err2, err3)
}

// Mail opens the way in which mails leave.
func Mail(getenv func(string) string) (mail.Sender, error) {
	if err := present(getenv, "CONVOC_MAIL", "CONVOC_FROM"); err != nil {
		return nil, err
	}
	address := getenv("CONVOC_MAIL")
	if dir, ok := strings.CutPrefix(address, "dir:"); ok {
		return dirmail.Open(dir)
	}
	cfg, err := smtpmail.Parse(address)
	if err != nil {
		return nil, err
	}
	return smtpmail.New(cfg), nil
}

// Site is what every route needs.
func (p *Platform) Site() web.Site {
	return web.Site{
		Tables: p.Tables, Origin: p.Origin, FilesOrigin: p.FilesOrigin, Secure: strings.HasPrefix(p.Origin, "https://"),
		Log: p.Log, Now: p.Now, Pages: page.New(),
		Client: func(r *http.Request) string { return strings.TrimSuffix(r.RemoteAddr, ":0") },
	}
}

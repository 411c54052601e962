package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"convoc/shared/dispatch"
	"convoc/shared/mail"
	"convoc/shared/mail/imapmail"
	"convoc/shared/mail/returned"
	"convoc/shared/store"
)

// How the mailbox of returned mail is read.
const (
	returnsEvery = time.Minute
	returnsSince = 14 * 24 * time.Hour // at first: a relay gives up after five days
	returnsPing  = 5 * time.Second     // that the start waits for the server
	returnsLimit = 5 * time.Minute     // of one reading: the next goes on where it ends
)

// returnsWords are what the operator reads of a mailbox that cannot be read.
var returnsWords = map[error]string{
	imapmail.ErrUnreachable: "le serveur ne répond pas",
	imapmail.ErrCertificate: "le certificat du serveur n'est pas valable",
	imapmail.ErrSignIn:      "le serveur refuse l'identifiant ou le mot de passe",
	imapmail.ErrFolder:      "ce dossier n'existe pas",
}

// returnsAt reads where returned mail comes to. The address holds a password: it is not repeated.
func returnsAt(address string) (imapmail.Config, error) {
	cfg, err := imapmail.Parse(address)
	if err != nil {
		return cfg, errors.New("boîte des retours (-retours ou CONVOC_RETOURS) : écrivez imaps://utilisateur:mot-de-passe@serveur:993/Dossier")
	}
	return cfg, nil
}

// returns is the mailbox to which mails come back.
type returns struct {
	m        *machine
	box      *imapmail.Box
	key      string // names it in the database
	accounts *store.Accounts
	seal     mail.Seal
	hear     func(context.Context, mail.Event) error
	failed   string // what the operator was told last; empty: it can be read
}

// listener makes the mailbox of the options; nil when there is none. One that cannot be read now stops no start.
func (m *machine) listener(d *dispatch.Service) *returns {
	if m.Returns == "" {
		return nil
	}
	r := &returns{
		m: m, box: imapmail.New(m.returns), key: m.returns.Key(), accounts: m.tables.AccountsHandle(), seal: d.Seal, hear: d.Hear,
	}
	ctx, cancel := context.WithTimeout(context.Background(), returnsPing)
	defer cancel()
	if err := r.box.Ping(ctx); err != nil {
		r.report(err)
		m.returnsAway = returnsWords[err]
	}
	return r
}

// run reads what is new until ctx ends.
func (r *returns) run(ctx context.Context) {
	tick := time.NewTicker(r.m.ReturnsEvery)
	defer tick.Stop()
	for {
		if err := r.read(ctx); ctx.Err() == nil {
			r.report(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// report tells the operator when it fails otherwise than before, and when it works again.
func (r *returns) report(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	switch {
	case said == r.failed:
	case err != nil:
		r.m.log.Error("returns", "code", "unavailable", "err", said)
	default:
		r.m.log.Info("returns", "code", "available")
	}
	r.failed = said
}

// read hears all that is new.
func (r *returns) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, returnsLimit)
	defer cancel()
	validity, uid, err := r.accounts.MailboxRead(ctx, r.key)
	if err != nil {
		return err
	}
	return r.box.Read(ctx, imapmail.Position{Validity: validity, UID: uid}, r.m.Now().Add(-returnsSince), r.message)
}

// message hears one message, and then notes how far the mailbox was read: killed in between, it is heard again.
func (r *returns) message(ctx context.Context, m imapmail.Message, at imapmail.Position) error {
	if err := r.one(ctx, m); err != nil {
		return err
	}
	return r.accounts.PutMailboxRead(ctx, r.key, at.Validity, at.UID)
}

// one hears a message. What is no report of a mail of ours is left to whoever reads the mailbox. It comes from anybody: a
// bug that it meets stops neither those behind it nor the program.
func (r *returns) one(ctx context.Context, m imapmail.Message) (err error) {
	defer func() {
		if recover() != nil {
			r.m.log.Error("returns", "code", "panic", "err", string(debug.Stack()))
			err = nil
		}
	}()
	event, err := returned.Read(r.seal, m.Raw, m.ReceivedAt)
	if err == nil {
		err = r.hear(ctx, event)
	}
	switch {
	case errors.Is(err, mail.ErrNoMail):
		return nil
	case errors.Is(err, dispatch.ErrStray): // of a mail that this database does not know any more
		r.m.log.Warn("returns", "code", "stray")
		return nil
	case err != nil:
		return fmt.Errorf("hearing of returned mail: %w", err)
	}
	return nil
}

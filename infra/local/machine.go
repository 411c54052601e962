package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"convoc/shared/account"
	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/contactfile/workbook"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/dispatch"
	"convoc/shared/files"
	"convoc/shared/files/dirfiles"
	"convoc/shared/follow"
	"convoc/shared/letter"
	"convoc/shared/mail"
	"convoc/shared/mail/dirmail"
	"convoc/shared/mail/smtpmail"
	"convoc/shared/queue"
	"convoc/shared/queue/memqueue"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/table/bolttable"
	"convoc/shared/telemetry"
	"convoc/shared/upload"
	"convoc/shared/web"
)

// The demonstration's one secretary. The password is known to all: -demo listens on this machine only.
const (
	demoLogin    = "secretaire"
	demoPassword = "essai-de-la-convocation"
	demoName     = "Commune de Démonstration"
)

// How the machine works.
const (
	deliverers  = 8                // mails at a time
	sweepEvery  = time.Second      // the agenda is looked at
	pumpAhead   = 3 * time.Second  // mails are let go for so long ahead
	recallEvery = 60               // so many looks, one that goes beyond what is due: see recall
	forgetEvery = 3600             // so many looks, what is of no use any more is removed
	callTimeout = 30 * time.Second // of one answer to a bell, or to an entry of the agenda
	bellTries   = 3
	grace       = 10 * time.Second // for requests to end when the machine stops
)

// skew is what a clock is set back by without anything having gone wrong.
const skew = 5 * time.Minute

// furthest is how far ahead entries of the agenda lie at most.
var furthest = map[store.What]time.Duration{
	store.DueSend: dispatch.Watch + skew, store.DueRun: dispatch.Watch + skew, store.DueUpload: upload.Overdue + skew, store.DueList: time.Minute + skew,
	store.DueNotice: dispatch.Watch + skew, store.DueBegun: 2*dispatch.Unsent + skew,
}

// machine is the product running on this machine.
type machine struct {
	options
	log     *slog.Logger
	db      *bolttable.DB
	tables  store.Tables
	account *account.Service
	inbox   *dirmail.Dir     // nil when mails really leave
	relayed *smtpmail.Sender // nil when they do not
	sweeper *sweep.Service
	queue   *memqueue.Queue
	invite  string // token of the first administrator's invitation; empty when there is one

	restored    bool   // the data are a backup's: what they had to send is not sent
	scanAway    bool   // the antivirus does not answer at the start
	returnsAway string // why the mailbox of returned mail cannot be read at the start

	origin, filesOrigin string
	servers             []*http.Server
	grace               time.Duration // for requests to end when the machine stops
	cancel              context.CancelFunc
	running             sync.WaitGroup
}

// start opens the data and serves.
func start(o options) (*machine, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("répertoire des données %s : %s", o.Data, inWords(err, ""))
	}
	path := filepath.Join(o.Data, "convoc.db")
	db, err := bolttable.Open(path)
	if errors.Is(err, bolttable.ErrLocked) {
		return nil, fmt.Errorf("les données de %s sont déjà utilisées par un autre programme convoc", o.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("base de données %s : %s", path,
			inWords(err, "ce n'est pas une base de Convoc, ou elle est abîmée ; remettez une sauvegarde"))
	}
	m := &machine{options: o, db: db, log: telemetry.New(o.Log, slog.LevelInfo), grace: grace}
	if err := m.open(); err != nil {
		return nil, errors.Join(err, m.stop())
	}
	return m, nil
}

// open makes everything on the open database and begins to serve.
func (m *machine) open() error {
	var err error
	if m.tables, err = tablesOf(m.db); err != nil {
		return fmt.Errorf("base de données : %s", inWords(err, ""))
	}
	m.account = &account.Service{
		Tables: m.tables, Now: m.Now, Random: m.Random, Cost: account.DefaultCost(), Unsent: telemetry.Unsent(m.log),
	}
	if err := m.setUp(); err != nil {
		return err
	}
	if err := m.recognise(); err != nil {
		return err
	}
	if err := m.bringUp(); err != nil {
		return err
	}
	pages, documents, err := m.listen()
	if err != nil {
		return err
	}
	s, err := m.services()
	if err != nil {
		return errors.Join(err, pages.Close(), documents.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	m.serve(pages, pagesPace, m.handler(s))
	m.serve(documents, filesPace, m.here(s.files))
	m.running.Go(func() { m.queue.Run(ctx) })
	m.running.Go(func() { m.sweep(ctx) })
	if back := m.listener(s.dispatch); back != nil {
		m.running.Go(func() { back.run(ctx) })
	}
	return nil
}

// bringUp gives directories that are older than this program what lists find their contacts by. In the cloud the next
// change of a directory does it.
func (m *machine) bringUp() error {
	ctx := context.Background()
	all, err := m.tables.AccountsHandle().Registry(ctx)
	for _, c := range all {
		if err == nil {
			_, err = m.tables.Collectivity(c.ID).BringUp(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("base de données : %s", inWords(err, ""))
	}
	return nil
}

func tablesOf(db *bolttable.DB) (store.Tables, error) {
	data, err1 := db.Table("data")
	accounts, err2 := db.Table("accounts")
	agenda, err3 := db.Table("agenda")
	return store.Tables{Data: data, Accounts: accounts, Agenda: agenda}, errors.Join(err1, err2, err3)
}

// setUp creates the demonstration, or the invitation of the first administrator while there is none. What are the data
// of one is not used as the other.
func (m *machine) setUp() error {
	var err error
	if m.Demo {
		err = m.createDemo()
	} else {
		m.invite, err = m.account.Invite(context.Background())
	}
	switch {
	case errors.Is(err, account.ErrAlreadySetUp):
		return nil
	case errors.Is(err, account.ErrDemo):
		return fmt.Errorf("les données de %s sont celles d'une démonstration, dont tous connaissent le mot de passe : indiquez un autre répertoire avec -data, ou démarrez avec -demo", m.Data)
	case errors.Is(err, account.ErrNotDemo):
		return fmt.Errorf("les données de %s sont celles d'une collectivité : -demo n'y touche pas ; indiquez un autre répertoire avec -data, ou démarrez sans -demo", m.Data)
	case err != nil:
		return fmt.Errorf("base de données : %s", inWords(err, ""))
	}
	return nil
}

func (m *machine) createDemo() error {
	return m.account.CreateDemo(context.Background(), collectivity.Collectivity{
		ID: collectivity.Test, Name: demoName, Mail: "secretariat@exemple.fr", Phone: "02 00 00 00 00", TimeZone: "Europe/Paris",
	}, store.User{Login: demoLogin, Name: "Secrétaire de démonstration"}, rights.Administrator, demoPassword)
}

// services are the use cases over this machine's adapters.
type services struct {
	site     web.Site
	files    *dirfiles.Store
	contacts *contacts.Service
	imports  *csvimport.Service
	compose  *compose.Service
	uploads  *upload.Service
	dispatch *dispatch.Service
	follow   *follow.Service
	answer   *answer.Service
	letters  letter.Post
}

func (m *machine) services() (*services, error) {
	secret, err := m.tables.AccountsHandle().Secret(context.Background(), "files", m.Random)
	if err != nil {
		return nil, err
	}
	seal, err := m.tables.AccountsHandle().Secret(context.Background(), "mails", m.Random)
	if err != nil {
		return nil, err
	}
	sender, err := m.mailer()
	if err != nil {
		return nil, err
	}
	s := &services{letters: letter.Post{From: m.From}}
	m.account.Post = letter.Courier{From: m.From, Origin: m.origin, Mail: sender, Now: m.Now}
	s.uploads = &upload.Service{Tables: m.tables, Now: m.Now, Random: m.Random}
	s.site = m.site()
	if s.site.CursorKey, err = m.tables.AccountsHandle().Secret(context.Background(), "cursors", m.Random); err != nil {
		return nil, err
	}
	s.files, err = dirfiles.New(dirfiles.Config{
		Dir: filepath.Join(m.Data, "documents"), BaseURL: m.filesOrigin, Secret: secret, Now: m.Now, AllowOrigin: m.origin,
		Stored: s.uploads.Stored, Error: s.site.FilesProblem,
	})
	if err != nil {
		return nil, fmt.Errorf("répertoire des documents : %s", inWords(err, ""))
	}
	shelves := files.Shared(s.files)
	s.uploads.Files = shelves
	if m.Scan != "" {
		s.uploads.Scanner = m.scanner(s.files)
	}
	s.contacts = &contacts.Service{Tables: m.tables, Now: m.Now, Random: m.Random}
	s.imports = &csvimport.Service{Tables: m.tables, Files: shelves, Workbooks: workbook.Open, Now: m.Now, Random: m.Random}
	s.compose = &compose.Service{Tables: m.tables, Files: shelves, Now: m.Now, Random: m.Random}
	s.follow = &follow.Service{Tables: m.tables, Files: shelves, Now: m.Now}
	s.answer = &answer.Service{Tables: m.tables, Files: shelves, Uploads: s.uploads, Now: m.Now, Random: m.Random}
	return s, m.workers(s, sender, seal)
}

// workers make the sending: the queue, those who answer its bells, and the sweeper.
func (m *machine) workers(s *services, sender mail.Sender, seal mail.Seal) error {
	boot := make([]byte, 8)
	if _, err := io.ReadFull(m.Random, boot); err != nil {
		return err
	}
	s.dispatch = &dispatch.Service{
		Tables: m.tables, Files: s.uploads.Files, Mail: sender, Letters: s.letters, Now: m.Now, Random: m.Random,
		Owner: hex.EncodeToString(boot), From: m.From, Seal: seal, Merger: m.Merger,
		Link: func(token string) string { return m.origin + "/c/" + token },
		// the database has one process: whoever else owned an attempt is dead
		Dead: func(string) bool { return true }, Until: time.Until, Horizon: pumpAhead,
		Undo: m.Undo, Meter: mail.Fixed{Rate: m.Rate, Daily: m.Daily},
	}
	m.queue = memqueue.New(memqueue.Config{
		Workers: deliverers, Tries: bellTries, Backoff: func(n int) time.Duration { return time.Duration(n) * time.Second },
		Handlers: map[queue.Kind]queue.Handler{
			queue.Dispatch: m.answering(s.dispatch.Answer), queue.Deliver: m.answering(s.dispatch.Deliver),
		},
		Dead: func(b queue.Bell, err error) { m.unanswered(slog.LevelError, b, err) },
	})
	s.dispatch.Queue = m.queue
	m.sweeper = &sweep.Service{Tables: m.tables, Now: m.Now, Timeout: callTimeout, Pump: s.dispatch.Run, Do: map[store.What]sweep.Due{
		store.DueSend: s.dispatch.Due, store.DuePlan: s.dispatch.Due, store.DueRemind: s.dispatch.DueRemind,
		store.DueBegun: s.dispatch.DueBegun, store.DueUpload: s.uploads.Due, store.DueList: s.follow.Due,
	}}
	return nil
}

// answering gives each answer to a bell its deadline, and tells the operator when it failed. One that was stopped has
// not failed: the agenda brings it round.
func (m *machine) answering(h queue.Handler) queue.Handler {
	return func(stopping context.Context, b queue.Bell) error {
		ctx, cancel := context.WithTimeout(stopping, callTimeout)
		defer cancel()
		err := h(ctx, b)
		if err != nil && stopping.Err() == nil {
			m.unanswered(slog.LevelWarn, b, err)
		}
		return err
	}
}

func (m *machine) unanswered(level slog.Level, b queue.Bell, err error) {
	m.log.Log(context.Background(), level, "bell", "bell", string(b.Kind), "collectivity", b.Collectivity,
		"convocation", b.Convocation, "recipient", b.Recipient, "err", err.Error())
}

// sweep looks at the agenda until ctx ends.
func (m *machine) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for looks := 0; ; looks++ {
		if looks%recallEvery == 0 {
			m.recall(ctx)
		}
		if looks%forgetEvery == 0 {
			m.forget(ctx)
		}
		if err := m.sweeper.Pass(ctx); err != nil && ctx.Err() == nil {
			m.log.Error("sweep", "err", err.Error())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// recall brings back what the agenda has further ahead than anything waits: the clock has been set back since.
func (m *machine) recall(ctx context.Context) {
	n, err := m.tables.AgendaHandle().Recall(ctx, m.Now(), furthest)
	if n > 0 {
		m.log.Warn("agenda", "code", "clock_set_back")
	}
	if err != nil && ctx.Err() == nil {
		m.log.Error("agenda", "err", err.Error())
	}
}

// forget removes sessions, tries, sign-ins and links that are long past.
func (m *machine) forget(ctx context.Context) {
	accounts, err := m.db.Table("accounts")
	if err == nil {
		_, err = accounts.Expire(ctx, store.TTL, m.Now())
	}
	if err != nil && ctx.Err() == nil {
		m.log.Error("accounts", "err", err.Error())
	}
}

// stop ends all that runs and closes the data. No new bell is answered; the calls that have begun come to their end, each
// by its own limit; requests have a while to end, and are cut off then: nothing of them is half done.
func (m *machine) stop() error {
	if m.cancel != nil {
		m.cancel()
	}
	ctx, cancel := context.WithTimeout(context.Background(), m.grace)
	defer cancel()
	var closing sync.WaitGroup
	for _, s := range m.servers {
		closing.Go(func() {
			if err := s.Shutdown(ctx); err != nil {
				m.log.Warn("server", "err", errors.Join(err, s.Close()).Error())
			}
		})
	}
	closing.Wait()
	m.running.Wait()
	if m.relayed != nil {
		m.relayed.Close()
	}
	return m.db.Close()
}

// greet says where to go and how to sign in.
func (m *machine) greet(w io.Writer) {
	fmt.Fprintf(w, "Convoc est prêt : %s\n", m.origin)
	switch {
	case m.Demo:
		fmt.Fprintf(w, "  identifiant : %s\n  mot de passe : %s\n", demoLogin, demoPassword)
	case m.invite != "":
		fmt.Fprintf(w, "  première connexion : %s/bienvenue.html#%s\n", m.origin, m.invite)
	}
	if m.inbox != nil {
		fmt.Fprintf(w, "  les courriels ne partent pas : lisez-les sur %s/essai/\n", m.origin)
	} else if dir, ok := strings.CutPrefix(m.Mail, "dir:"); ok {
		fmt.Fprintf(w, "  ATTENTION, les courriels ne partent pas : ils restent dans %s\n", dir)
	}
	if m.scanAway {
		fmt.Fprintf(w, "  ATTENTION, l'antivirus ne répond pas (-scan %s) : les documents attendent qu'il réponde\n", m.Scan)
	}
	if m.restored {
		fmt.Fprintln(w, "  ATTENTION, une sauvegarde a été remise en place : ce qui attendait d'être envoyé est « à vérifier », rien n'en part")
	}
	if m.returnsAway != "" {
		fmt.Fprintf(w, "  ATTENTION, la boîte des retours ne peut pas être lue : %s ; un courriel revenu ne se verra pas tant qu'elle ne peut pas l'être\n", m.returnsAway)
	}
	fmt.Fprintf(w, "  données : %s\n", m.Data)
}

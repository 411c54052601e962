package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"convoc/shared/account"
	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/files/dirfiles"
	"convoc/shared/follow"
	"convoc/shared/letter"
	"convoc/shared/mail"
	"convoc/shared/mail/dirmail"
	"convoc/shared/mail/smtpmail"
	"convoc/shared/page"
	"convoc/shared/queue"
	"convoc/shared/queue/memqueue"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/table/bolttable"
	"convoc/shared/telemetry"
	"convoc/shared/upload"
	"convoc/shared/web"
	"convoc/static"
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
	callTimeout = 30 * time.Second // of one answer to a bell
	bellTries   = 3
	shutdown    = 10 * time.Second
)

// options are what the command line says, completed.
type options struct {
	Addr, FilesAddr     string // where to listen
	Public, FilesPublic string // origins as browsers see them; empty: http:// and where it listens
	Data                string // directory
	Mail                string // dir:… or smtp://…
	From                string // sender's address of all mails
	Demo                bool
	Now                 func() time.Time
	Random              io.Reader
	Log                 io.Writer
}

// machine is the product running on this machine.
type machine struct {
	options
	log     *slog.Logger
	db      *bolttable.DB
	tables  store.Tables
	account *account.Service
	inbox   *dirmail.Dir // nil when mails really leave
	sweeper *sweep.Service
	queue   *memqueue.Queue
	invite  string // token of the first administrator's invitation; empty when there is one

	origin, filesOrigin string
	servers             []*http.Server
	cancel              context.CancelFunc
	running             sync.WaitGroup
}

// start opens the data and serves.
func start(o options) (*machine, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("répertoire des données : %w", err)
	}
	db, err := bolttable.Open(filepath.Join(o.Data, "convoc.db"))
	if errors.Is(err, bolttable.ErrLocked) {
		return nil, fmt.Errorf("les données de %s sont déjà utilisées par un autre programme convoc", o.Data)
	}
	if err != nil {
		return nil, err
	}
	m := &machine{options: o, db: db, log: telemetry.New(o.Log, slog.LevelInfo)}
	if err := m.open(); err != nil {
		return nil, errors.Join(err, m.stop())
	}
	return m, nil
}

// open makes everything on the open database and begins to serve.
func (m *machine) open() error {
	var err error
	if m.tables, err = tablesOf(m.db); err != nil {
		return err
	}
	m.account = &account.Service{Tables: m.tables, Now: m.Now, Random: m.Random, Cost: account.DefaultCost()}
	if err := m.setUp(); err != nil {
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
	m.serve(pages, m.handler(s))
	m.serve(documents, s.files)
	m.running.Go(func() { m.queue.Run(ctx) })
	m.running.Go(func() { m.sweep(ctx) })
	return nil
}

func tablesOf(db *bolttable.DB) (store.Tables, error) {
	data, err1 := db.Table("data")
	accounts, err2 := db.Table("accounts")
	agenda, err3 := db.Table("agenda")
	return store.Tables{Data: data, Accounts: accounts, Agenda: agenda}, errors.Join(err1, err2, err3)
}

// setUp creates the demonstration, or the invitation of the first administrator while there is none.
func (m *machine) setUp() error {
	ctx := context.Background()
	if m.Demo {
		return m.account.CreateDemo(ctx, collectivity.Collectivity{
			ID: collectivity.Test, Name: demoName, Mail: "secretariat@exemple.fr", Phone: "02 00 00 00 00", TimeZone: "Europe/Paris",
		}, store.User{Login: demoLogin, Name: "Secrétaire de démonstration", Role: rights.Administrator}, demoPassword)
	}
	token, err := m.account.Invite(ctx)
	if errors.Is(err, account.ErrAlreadySetUp) {
		return nil
	}
	m.invite = token
	return err
}

// listen takes the two addresses and settles the origins that browsers will see.
func (m *machine) listen() (pages, documents net.Listener, err error) {
	if pages, err = net.Listen("tcp", m.Addr); err != nil {
		return nil, nil, fmt.Errorf("adresse %s : %w", m.Addr, err)
	}
	if documents, err = net.Listen("tcp", m.FilesAddr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("adresse %s : %w", m.FilesAddr, err), pages.Close())
	}
	m.origin, m.filesOrigin = m.Public, m.FilesPublic
	if m.origin == "" {
		m.origin = "http://" + pages.Addr().String()
	}
	if m.filesOrigin == "" {
		m.filesOrigin = "http://" + documents.Addr().String()
	}
	m.origin, m.filesOrigin = strings.TrimSuffix(m.origin, "/"), strings.TrimSuffix(m.filesOrigin, "/")
	return pages, documents, nil
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
	sender, err := m.mailer()
	if err != nil {
		return nil, err
	}
	s := &services{letters: letter.Post{From: m.From}}
	s.uploads = &upload.Service{Tables: m.tables, Now: m.Now, Random: m.Random}
	s.site = m.site()
	s.files, err = dirfiles.New(dirfiles.Config{
		Dir: filepath.Join(m.Data, "documents"), BaseURL: m.filesOrigin, Secret: secret, Now: m.Now, AllowOrigin: m.origin,
		Stored: s.uploads.Stored, Error: s.site.FilesProblem,
	})
	if err != nil {
		return nil, err
	}
	s.uploads.Files = s.files
	s.contacts = &contacts.Service{Tables: m.tables, Now: m.Now, Random: m.Random}
	s.imports = &csvimport.Service{Tables: m.tables, Files: s.files, Now: m.Now, Random: m.Random}
	s.compose = &compose.Service{Tables: m.tables, Files: s.files, Now: m.Now, Random: m.Random}
	s.follow = &follow.Service{Tables: m.tables, Files: s.files, Now: m.Now}
	s.answer = &answer.Service{Tables: m.tables, Files: s.files, Uploads: s.uploads, Now: m.Now}
	return s, m.workers(s, sender)
}

// workers make the sending: the queue, those who answer its bells, and the sweeper.
func (m *machine) workers(s *services, sender mail.Sender) error {
	boot := make([]byte, 8)
	if _, err := io.ReadFull(m.Random, boot); err != nil {
		return err
	}
	s.dispatch = &dispatch.Service{
		Tables: m.tables, Files: s.files, Mail: sender, Letters: s.letters, Now: m.Now, Random: m.Random,
		Owner: hex.EncodeToString(boot), From: m.From,
		Link: func(token string) string { return m.origin + "/c/" + token },
		// the database has one process: whoever else owned an attempt is dead
		Dead: func(string) bool { return true },
	}
	m.queue = memqueue.New(memqueue.Config{
		Workers: deliverers, Tries: bellTries, Backoff: func(n int) time.Duration { return time.Duration(n) * time.Second },
		Handlers: map[queue.Kind]queue.Handler{
			queue.Dispatch: bounded(s.dispatch.Answer), queue.Deliver: bounded(s.dispatch.Deliver),
		},
		Dead: func(b queue.Bell, err error) {
			m.log.Error("bell", "bell", string(b.Kind), "collectivity", b.Collectivity, "convocation", b.Convocation,
				"recipient", b.Recipient, "err", err.Error())
		},
	})
	s.dispatch.Queue = m.queue
	m.sweeper = &sweep.Service{Tables: m.tables, Now: m.Now, Do: map[store.What]sweep.Due{
		store.DueSend: s.dispatch.Due, store.DueUpload: s.uploads.Due, store.DueList: s.follow.Due,
	}}
	return nil
}

// bounded gives each answer to a bell its deadline.
func bounded(h queue.Handler) queue.Handler {
	return func(ctx context.Context, b queue.Bell) error {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		return h(ctx, b)
	}
}

func (m *machine) site() web.Site {
	return web.Site{
		Tables: m.tables, Origin: m.origin, FilesOrigin: m.filesOrigin, Secure: strings.HasPrefix(m.origin, "https://"),
		Log: m.log, Now: m.Now, Client: m.client, Pages: page.New(),
	}
}

// client is where a request comes from. Behind a proxy (-public), the proxy says it in its last X-Forwarded-For.
func (m *machine) client(r *http.Request) string {
	if m.Public != "" {
		forwarded := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if last := strings.TrimSpace(forwarded[len(forwarded)-1]); last != "" {
			return last
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// mailer opens the way in which mails leave.
func (m *machine) mailer() (mail.Sender, error) {
	kind, rest, _ := strings.Cut(m.Mail, ":")
	switch kind {
	case "dir":
		dir, err := dirmail.Open(rest)
		if err != nil {
			return nil, err
		}
		if m.From == "" {
			m.From = "convocations@convoc.invalid"
		}
		m.inbox = dir
		return dir, nil
	case "smtp", "smtps":
		return m.relay()
	}
	return nil, fmt.Errorf("-mail %s : écrivez dir:RÉPERTOIRE ou smtp://serveur:port", kind)
}

// relay opens the SMTP relay through which mails really leave.
func (m *machine) relay() (mail.Sender, error) {
	cfg, err := smtpmail.Parse(m.Mail)
	if err != nil {
		return nil, fmt.Errorf("-mail : %w", err)
	}
	if _, err := directory.ParseAddress(m.From); err != nil {
		return nil, errors.New("-from : indiquez l'adresse d'expédition des courriels, par exemple convocations@exemple.fr")
	}
	if u, err := url.Parse(m.origin); err == nil {
		cfg.Name = u.Hostname()
	}
	return smtpmail.New(cfg), nil
}

// handler is everything that one address serves: the functions of the wiring table, the static pages, the inbox.
func (m *machine) handler(s *services) http.Handler {
	mux := http.NewServeMux()
	for name, routes := range m.functions(s) {
		mounted := s.site.Mount(routes...)
		for _, pattern := range patterns(name) {
			mux.Handle(pattern, mounted)
		}
	}
	mux.Handle("/api/", s.site.MissingAPI())
	mux.Handle("/c/", s.site.MissingPage())
	mux.Handle("/", s.site.Static(static.Files()))
	if m.inbox != nil {
		mux.Handle("GET /essai/", inbox{m.inbox, s.site})
	}
	return http.MaxBytesHandler(mux, 1<<20)
}

// functions gives the routes of each HTTP function of the wiring table.
func (m *machine) functions(s *services) map[string][]web.Route {
	recipients := web.Recipients{Site: s.site, Answer: s.answer}
	return map[string][]web.Route{
		"view-convocation":   web.ViewConvocation(recipients),
		"answer-convocation": web.AnswerConvocation(recipients),
		"account-api":        web.AccountAPI(web.Accounts{Site: s.site, Account: m.account}),
		"import-contacts":    web.ImportContacts(web.Imports{Site: s.site, Account: m.account, Import: s.imports}),
		"admin-api": web.AdminAPI(web.Admin{
			Site: s.site, Account: m.account, Contacts: s.contacts, Compose: s.compose, Uploads: s.uploads,
			Dispatch: s.dispatch, Follow: s.follow, Letters: s.letters,
		}),
	}
}

// serve answers one listener until the machine stops.
func (m *machine) serve(l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
	}
	m.servers = append(m.servers, server)
	m.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			m.log.Error("server", "err", err.Error())
		}
	})
}

// sweep looks at the agenda until ctx ends.
func (m *machine) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
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

// stop ends all that runs and closes the data.
func (m *machine) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdown)
	defer cancel()
	var failed error
	for _, s := range m.servers {
		failed = errors.Join(failed, s.Shutdown(ctx))
	}
	if m.cancel != nil {
		m.cancel()
	}
	m.running.Wait()
	return errors.Join(failed, m.db.Close())
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
	}
	fmt.Fprintf(w, "  données : %s\n", m.Data)
}

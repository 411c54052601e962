package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	gosmtp "github.com/emersion/go-smtp"

	"convoc/shared/dispatch"
	"convoc/shared/mail"
	"convoc/shared/mail/imapmail"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/table/memtable"
	"convoc/shared/telemetry"
)

// keeper is an SMTP relay that keeps what it takes, by recipient.
type keeper struct {
	mu    sync.Mutex
	mails map[string]string
}

func (k *keeper) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &keeping{k: k}, nil }

type keeping struct {
	k  *keeper
	to string
}

func (s *keeping) Mail(string, *gosmtp.MailOptions) error      { return nil }
func (s *keeping) Rcpt(to string, _ *gosmtp.RcptOptions) error { s.to = to; return nil }
func (s *keeping) Reset()                                      {}
func (s *keeping) Logout() error                               { return nil }
func (s *keeping) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	s.k.mails[s.to] = string(raw)
	return err
}

// header is the header of the mail that went to an address; empty before one did.
func (k *keeper) header(to string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	header, _, _ := strings.Cut(k.mails[to], "\r\n\r\n")
	return header
}

// office is a collectivité's mail: a relay, and the mailbox to which mails come back.
type office struct {
	t       *testing.T
	keeper  *keeper
	mailbox *imapmemserver.User
	imap    string // address of the server

	mail, returns string // addresses for the options
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, keeper: &keeper{mails: map[string]string{}}, mailbox: imapmemserver.NewUser("retours", "secretpw")}
	if err := o.mailbox.Create("Retours", nil); err != nil {
		t.Fatal(err)
	}
	smtp := gosmtp.NewServer(o.keeper)
	smtp.Domain = "localhost"
	o.mail = "smtp://" + o.listen(func(l net.Listener) { _ = smtp.Serve(l) }) + "?tls=none"
	t.Cleanup(func() { smtp.Close() })
	accounts := imapmemserver.New()
	accounts.AddUser(o.mailbox)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return accounts.NewSession(), nil, nil
		},
		InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	o.imap = o.listen(func(l net.Listener) { _ = server.Serve(l) })
	t.Cleanup(func() { server.Close() })
	o.returns = "imap://retours:secretpw@" + o.imap + "/Retours?tls=none"
	return o
}

func (o *office) listen(serve func(net.Listener)) string {
	o.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	go serve(l)
	return l.Addr().String()
}

type delivered struct{ *strings.Reader }

func (d delivered) Size() int64 { return d.Reader.Size() }

// deliver lays a message into the mailbox.
func (o *office) deliver(lines ...string) {
	o.t.Helper()
	message := delivered{strings.NewReader(strings.Join(lines, "\r\n"))}
	if _, err := o.mailbox.Append("Retours", message, &imap.AppendOptions{Time: time.Now()}); err != nil {
		o.t.Fatal(err)
	}
}

// bounce is what a server says of a mail with that header.
func bounce(header, status, why string) []string {
	return []string{
		"Return-Path: <>", "From: MAILER-DAEMON@relais.exemple.fr (Mail Delivery System)", "To: convocations@exemple.fr",
		"Subject: Undelivered Mail Returned to Sender", "MIME-Version: 1.0", "Content-Type: multipart/report; report-type=delivery-status;",
		`	boundary="limite"`, "", "--limite", "Content-Type: text/plain", "", "This is the mail system at host relais.exemple.fr.", "",
		"--limite", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; relais.exemple.fr", "",
		"Final-Recipient: rfc822; quelqu.un@exemple.fr", "Action: failed", "Status: " + status, "Diagnostic-Code: smtp; " + why, "",
		"--limite", "Content-Type: text/rfc822-headers", "", header, "", "--limite--", "",
	}
}

func nameOf(t *testing.T, header string) string {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(header + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Message-ID")
}

// with starts a machine whose mails go through the office, and signs in.
func (w *town) with(o *office, data string) string {
	w.t.Helper()
	opts, err := parse([]string{
		"-demo", "-addr", "127.0.0.1:0", "-data", data, "-mail", o.mail, "-from", "convocations@exemple.fr", "-retours", o.returns,
	}, io.Discard)
	if err != nil {
		w.t.Fatal(err)
	}
	opts.Random, opts.Log, opts.Now, opts.ReturnsEvery = rand.Reader, w.log, now, 10*time.Millisecond
	if w.machine, err = start(opts); err != nil {
		w.t.Fatal(err)
	}
	var greeting strings.Builder
	w.greet(&greeting)
	w.client = cookieClient(w.t)
	w.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
	return greeting.String()
}

// followed are the recipients by the part of their address before the @.
func (w *town) followed(path string) map[string]map[string]any {
	w.t.Helper()
	all := map[string]map[string]any{}
	for _, it := range w.api("GET", path+"/follow", nil)["recipients"].([]any) {
		it := it.(map[string]any)
		name, _, _ := strings.Cut(it["address"].(string), "@")
		all[name] = it
	}
	return all
}

// Four élus through a real relay: one mail comes back, one mailbox answers by itself, one élu answers by mail, and
// somebody forges a return. The secretary sees the first two as what they are, and her mailbox stays as it was.
func TestReturnedMailIsSeen(t *testing.T) {
	t.Parallel()
	o, data := newOffice(t), t.TempDir()
	w := &town{t: t, log: &buffer{}}
	w.with(o, data)
	path := "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	names := []string{"claire", "jean", "paul", "zoe"}
	var to []any
	for _, name := range names {
		to = append(to, map[string]any{"kind": "address", "address": name + "@exemple.fr"})
	}
	w.api("PUT", path, map[string]any{"version": 1, "subject": "Conseil", "message": "", "to": to, "cc": []any{}, "bcc": []any{}})
	w.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(t, "all accepted", func() bool {
		return w.api("GET", path+"/follow", nil)["counts"].(map[string]any)["transmitted"] == float64(len(names))
	})

	o.deliver(bounce(o.keeper.header("claire@exemple.fr"), "5.1.1", "550 5.1.1 User unknown")...)
	o.deliver("From: jean@exemple.fr", "Subject: Absent Re: Conseil", "Auto-Submitted: auto-replied",
		"In-Reply-To: "+nameOf(t, o.keeper.header("jean@exemple.fr")), "", "En vacances.")
	o.deliver("From: paul@exemple.fr", "Subject: Re: Conseil", "In-Reply-To: "+nameOf(t, o.keeper.header("paul@exemple.fr")), "", "Je viens.")
	mark := strings.Split(strings.Split(nameOf(t, o.keeper.header("zoe@exemple.fr")), "@")[0], ".")
	forged := strings.ReplaceAll(o.keeper.header("zoe@exemple.fr"), mark[len(mark)-1], "aaaaaaaaaaaaaaaa")
	o.deliver(bounce(forged, "5.1.1", "550 5.1.1 User unknown")...)

	end := "zoe@exemple.fr" // what comes last has been heard when the one behind it is
	o.deliver("From: "+end, "Subject: Automatic reply: Conseil", "X-Autoreply: yes", "In-Reply-To: "+nameOf(t, o.keeper.header(end)), "", "Absente.")
	waitFor(t, "what came last", func() bool { return w.followed(path)["zoe"]["auto_replied_at"] != "" })

	check := func() {
		t.Helper()
		all := w.followed(path)
		for name, want := range map[string]string{"claire": "returned false", "jean": "sent true", "paul": "sent false", "zoe": "sent true"} {
			it := all[name]
			if got := fmt.Sprint(it["state"], " ", it["auto_replied_at"] != ""); got != want || it["read_at"] != "" || it["replied_at"] != "" {
				t.Errorf("%s: state and automatic answer %s, want %s; read %v, replied %v", name, got, want, it["read_at"], it["replied_at"])
			}
		}
		if why := all["claire"]["reason"].(string); !strings.HasPrefix(why, "L’adresse n’existe pas") {
			t.Errorf("the secretary reads %q", why)
		}
		counts := w.api("GET", path+"/follow", nil)["counts"].(map[string]any)
		if counts["returned"] != 1.0 || counts["transmitted"] != 3.0 || counts["read"] != 0.0 || counts["replied"] != 0.0 {
			t.Errorf("counts %v", counts)
		}
	}
	check()
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.with(o, data)
	o.deliver(bounce(o.keeper.header("paul@exemple.fr"), "4.2.2", "452 4.2.2 Mailbox full")...)
	waitFor(t, "what came after the restart", func() bool { return w.followed(path)["paul"]["state"] == "returned" })
	if why := w.followed(path)["paul"]["reason"].(string); !strings.Contains(why, "pleine") {
		t.Errorf("the secretary reads %q", why)
	}
	waitFor(t, "how far it was read", func() bool {
		_, uid, err := w.tables.AccountsHandle().MailboxRead(t.Context(), w.returns.Key())
		return err == nil && uid == 6
	})
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	status, err := o.mailbox.Status("Retours", &imap.StatusOptions{NumUnseen: true, NumMessages: true})
	if err != nil || *status.NumMessages != 6 || *status.NumUnseen != 6 {
		t.Errorf("the mailbox is not as it was: %+v, %v", status, err)
	}
	if said := w.log.String(); strings.Contains(said, "secretpw") || strings.Contains(said, "@exemple.fr") || strings.Contains(said, `"returns"`) {
		t.Errorf("the operator reads\n%s", said)
	}
}

// A mailbox that cannot be read stops no start and no sending; the operator reads why, once, and that it works again.
func TestMailboxOfReturnsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := &town{t: t, log: &buffer{}}
	right := o.returns
	for name, c := range map[string]struct{ returns, words string }{
		"another password": {strings.Replace(right, "secretpw", "autre-secretpw", 1), "le serveur refuse l'identifiant ou le mot de passe"},
		"no such folder":   {strings.Replace(right, "/Retours", "/Absent", 1), "ce dossier n'existe pas"},
		"nobody listens":   {strings.Replace(right, o.imap, "127.0.0.1:1", 1), "le serveur ne répond pas"},
	} {
		w.log, o.returns = &buffer{}, c.returns
		said := w.with(o, t.TempDir())
		if !strings.Contains(said, "ATTENTION, la boîte des retours ne peut pas être lue : "+c.words) || strings.Contains(said, "secretpw") {
			t.Errorf("%s: it said\n%s", name, said)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		logged := w.log.String()
		if n := strings.Count(logged, `"level":"ERROR","msg":"returns","code":"unavailable"`); n != 1 || strings.Contains(logged, "secretpw") {
			t.Errorf("%s: the operator reads it %d times\n%s", name, n, logged)
		}
	}
	w.log, o.returns = &buffer{}, strings.Replace(right, "/Retours", "/Absent", 1)
	w.with(o, t.TempDir())
	if err := o.mailbox.Create("Absent", nil); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it works again", func() bool { return strings.Contains(w.log.String(), `"msg":"returns","code":"available"`) })
	if err := w.stop(); err != nil {
		t.Error(err)
	}
}

// What cannot be noted now is heard again; what never can be is left behind, and the operator reads it.
func TestHearingOfReturnedMail(t *testing.T) {
	tables := store.Tables{Accounts: memtable.New()}
	seal := mail.Seal("a secret of the installation")
	tags := mail.Tags{Collectivity: "000000000", Convocation: "cnv_a", Recipient: "rcp_a", Attempt: 1}
	ours := strings.Join(bounce("Message-ID: <"+seal.MessageID(tags, now(), "a@exemple.fr")+">", "5.1.1", "550 5.1.1 User unknown"), "\r\n")
	for i, c := range []struct {
		name, message string
		hear          func() error
		heard         bool
		code          string
	}{
		{"it is noted", ours, func() error { return nil }, true, ""},
		{"the database is away", ours, func() error { return table.ErrUnavailable }, false, ""},
		{"of a mail that nobody knows", ours, func() error { return fmt.Errorf("x: %w", dispatch.ErrStray) }, true, `"code":"stray"`},
		{"a bug", ours, func() error { panic("secretpw@exemple.fr") }, true, `"code":"panic"`},
		{"a letter", "Subject: Bonjour\r\n\r\n", func() error { t.Error("heard"); return nil }, true, ""},
	} {
		log := &buffer{}
		r := returns{
			m: &machine{log: telemetry.New(log, slog.LevelInfo)}, key: fmt.Sprint(i), accounts: tables.AccountsHandle(), seal: seal,
			hear: func(_ context.Context, e mail.Event) error {
				if e.Tags != tags {
					t.Errorf("%s: of %+v", c.name, e.Tags)
				}
				return c.hear()
			},
		}
		err := r.message(t.Context(), imapmail.Message{Raw: []byte(c.message), ReceivedAt: now()}, imapmail.Position{Validity: 7, UID: 9})
		validity, uid, errRead := tables.AccountsHandle().MailboxRead(t.Context(), r.key)
		if noted := validity == 7 && uid == 9; noted != c.heard || (err == nil) != c.heard || errRead != nil {
			t.Errorf("%s: noted %v, %v, %v", c.name, noted, err, errRead)
		}
		if said := log.String(); !strings.Contains(said, c.code) || (c.code == "") != (said == "") || strings.Contains(said, "secretpw") {
			t.Errorf("%s: the operator reads %q", c.name, said)
		}
	}
}

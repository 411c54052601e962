// Package worldtest is a small town for the tests of the use cases: real engines in memory, a clock that a test moves,
// randomness that repeats, a mail service that does what it is told.
package worldtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/csvimport"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/files"
	"convoc/shared/files/dirfiles"
	"convoc/shared/follow"
	"convoc/shared/link"
	convocmail "convoc/shared/mail"
	"convoc/shared/phc"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/table"
	"convoc/shared/table/memtable"
	"convoc/shared/upload"
)

// SIREN of the town.
const SIREN collectivity.ID = "000000000"

// World is everything, and the use cases over it.
type World struct {
	T      testing.TB
	Clock  time.Time
	Tables store.Tables
	Handle *store.Handle
	Files  files.Store
	Mail   *Mail
	Post   Postman      // of the mails about accounts
	Bells  []queue.Bell // rung and not answered yet
	Deaf   bool         // bells are lost

	// Fault, when set, decides what happens to each call of a table.
	Fault func(op string, key table.Key) table.Fault

	// Watch, when set, is told of each key that is asked for on behalf of a collectivité, of items and of documents.
	Watch func(op, key string)

	counters []*table.Counter
	noted    []*noted

	Account  *account.Service
	Contacts *contacts.Service
	Import   *csvimport.Service
	Compose  *compose.Service
	Uploads  *upload.Service
	Dispatch *dispatch.Service
	Follow   *follow.Service
	Answer   *answer.Service
	Sweep    *sweep.Service
}

// New makes a town on the 1st of December 2026 at 9:00 UTC.
func New(t testing.TB) *World {
	w := &World{T: t, Clock: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Mail: &Mail{T: t, Links: map[string][]string{}}}
	random := &random{source: rand.NewChaCha8([32]byte{1})}
	w.Tables = store.Tables{Data: w.table(), Accounts: w.table(), Agenda: w.table()}
	w.Tables.Watch = func(op string, key table.Key) { w.watched(op, key.Partition+" "+key.Sort) }
	w.Handle = w.Tables.Collectivity(SIREN)
	signer, err := dirfiles.New(dirfiles.Config{Dir: t.TempDir(), BaseURL: "http://files", Secret: make([]byte, 32), Now: w.Now})
	w.must(err)
	w.Files = &memory{Store: signer, now: w.Now, kept: map[files.Key][]byte{}, at: map[files.Key]time.Time{}, name: map[files.Key]string{}}
	shelves := files.Shared(w.Files)
	shelves.Watch = func(op string, key files.Key) { w.watched(op, string(key)) }
	w.must(w.Handle.PutCollectivity(w.ctx(), collectivity.Collectivity{ID: SIREN, Name: "Saint-Aubin", TimeZone: "Europe/Paris"}))
	w.Account = &account.Service{
		Tables: w.Tables, Now: w.Now, Random: random, Cost: account.Cost{Memory: 8, Time: 1, Threads: 1}, Post: &w.Post,
	}
	w.Contacts = &contacts.Service{Tables: w.Tables, Now: w.Now, Random: random}
	w.Import = &csvimport.Service{Tables: w.Tables, Files: shelves, Now: w.Now, Random: random}
	w.Compose = &compose.Service{Tables: w.Tables, Files: shelves, Now: w.Now, Random: random, Cost: phc.Cost{Memory: 8, Time: 1, Threads: 1}}
	w.Uploads = &upload.Service{Tables: w.Tables, Files: shelves, Now: w.Now, Random: random}
	w.Follow = &follow.Service{Tables: w.Tables, Files: shelves, Now: w.Now}
	w.Answer = &answer.Service{Tables: w.Tables, Files: shelves, Uploads: w.Uploads, Now: w.Now, Random: random}
	w.Dispatch = &dispatch.Service{
		Tables: w.Tables, Files: shelves, Queue: w, Mail: w.Mail, Letters: letters{}, Now: w.Now, Random: random, Owner: "owner",
		From: "convocations@saint-aubin.fr", Link: func(token string) string { return "https://convoc/c/" + token },
	}
	w.Sweep = &sweep.Service{Tables: w.Tables, Now: w.Now, Pump: w.Dispatch.Run, Do: map[store.What]sweep.Due{
		store.DueSend: w.Dispatch.Due, store.DuePlan: w.Dispatch.Due, store.DueRemind: w.Dispatch.DueRemind,
		store.DueBegun: w.Dispatch.DueBegun, store.DueUpload: w.Uploads.Due, store.DueList: w.Follow.Due,
	}}
	return w
}

func (w *World) watched(op, key string) {
	if w.Watch != nil {
		w.Watch(op, key)
	}
}

// table is an empty table that counts and fails as the test says.
func (w *World) table() table.Table {
	n := &noted{Table: memtable.New(), partitions: map[string]bool{}}
	c := &table.Counter{Table: n}
	w.noted, w.counters = append(w.noted, n), append(w.counters, c)
	return table.Faulty(c, func(op string, key table.Key) table.Fault {
		if w.Fault == nil {
			return table.FaultNone
		}
		return w.Fault(op, key)
	})
}

// Counts are the calls that the tables have answered so far.
func (w *World) Counts() table.Counts {
	var all table.Counts
	for _, c := range w.counters {
		n := c.Counts()
		all.Reads += n.Reads
		all.Writes += n.Writes
		all.ReadUnits += n.ReadUnits
		all.WriteUnits += n.WriteUnits
	}
	return all
}

// random repeats, and may be read from many goroutines.
type random struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

func (w *World) ctx() context.Context { return context.Background() }

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Now is the town's clock.
func (w *World) Now() time.Time { return w.Clock }

// Ring keeps bells until Answer... or loses them: queue.Queue.
func (w *World) Ring(_ context.Context, bells ...queue.Bell) error {
	if !w.Deaf {
		w.Bells = append(w.Bells, bells...)
	}
	return nil
}

// Heed answers all bells, those rung meanwhile included. Errors are not answered again: the sweeper brings all round.
func (w *World) Heed() {
	for len(w.Bells) > 0 {
		b := w.Bells[0]
		w.Bells = w.Bells[1:]
		if b.Kind == queue.Dispatch {
			_ = w.Dispatch.Answer(w.ctx(), b)
		} else {
			_ = w.Dispatch.Deliver(w.ctx(), b)
		}
	}
}

// Pass lets time go by: so many passes of the sweeper, each after a while, with all bells answered.
func (w *World) Pass(times int, while time.Duration) {
	for range times {
		w.Heed()
		w.Clock = w.Clock.Add(while)
		_ = w.Sweep.Pass(w.ctx())
		w.Heed()
	}
}

// Draft makes a draft to free addresses a0@x.fr, a1@x.fr…, ready to be sent.
func (w *World) Draft(recipients int) compose.Draft {
	w.T.Helper()
	d, err := w.Compose.Create(w.ctx(), w.Handle, "secretaire")
	w.must(err)
	text := compose.Text{Subject: "Conseil", Message: "Bonjour"}
	for n := range recipients {
		text.To = append(text.To, compose.Entry{Address: fmt.Sprintf("a%d@x.fr", n)})
	}
	d, err = w.Compose.Save(w.ctx(), w.Handle, "secretaire", d.ID, d.Version, text)
	w.must(err)
	return d
}

// Send gives the order and answers its bells.
func (w *World) Send(d compose.Draft) {
	w.T.Helper()
	w.must(w.Dispatch.Send(w.ctx(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}))
	w.Heed()
}

// Group makes a group with contacts of these addresses.
func (w *World) Group(name string, addresses ...string) directory.GroupID {
	w.T.Helper()
	g, err := w.Contacts.CreateGroup(w.ctx(), w.Handle, "secretaire", name)
	w.must(err)
	for _, a := range addresses {
		_, err := w.Contacts.Create(w.ctx(), w.Handle, "secretaire", contacts.Fields{
			Name: a, Addresses: []string{a}, Groups: []directory.GroupID{g.ID},
		})
		w.must(err)
	}
	return g.ID
}

// Recipients are those of a convocation, by address.
func (w *World) Recipients(id convocation.ID) map[string]convocation.Recipient {
	w.T.Helper()
	d, err := w.Follow.Detail(w.ctx(), w.Handle, id)
	w.must(err)
	all := map[string]convocation.Recipient{}
	for _, r := range d.Recipients {
		all[string(r.Address)] = r
	}
	return all
}

// Status is the state of one recipient.
func (w *World) Status(id convocation.ID, address string) convocation.Status {
	w.T.Helper()
	return w.Recipients(id)[address].Standing(w.Clock).Status
}

// Visit opens the newest link that an address got. It fails the test when there is none.
func (w *World) Visit(address string) (answer.Visit, error) {
	w.T.Helper()
	links := w.Mail.Links[address]
	if len(links) == 0 {
		w.T.Fatalf("%s got no mail", address)
	}
	return w.Answer.Visit(w.ctx(), Token(w.T, links[len(links)-1]))
}

// Token reads a link.
func Token(t testing.TB, address string) link.Token {
	t.Helper()
	token, err := link.Parse(strings.TrimPrefix(address, "https://convoc/c/"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Put stores a document of a draft as a browser would.
func (w *World) Put(id convocation.ID, name, content string) convocation.Document {
	w.T.Helper()
	d, _, err := w.Uploads.Document(w.ctx(), w.Handle, id, name, int64(len(content)))
	w.must(err)
	w.must(w.Uploads.Stored(w.ctx(), files.Key(d.Key), w.Store(d.Key, content)))
	return d
}

// Store puts a file there as an upload would, in place of the one before. Nobody is told of it.
func (w *World) Store(key, content string) files.Info {
	w.T.Helper()
	w.must(w.Files.Delete(w.ctx(), files.Key(key)))
	info, err := w.Files.Create(w.ctx(), files.Key(key), strings.NewReader(content))
	w.must(err)
	return info
}

// StoreNamed is Store of a file that the browser called so.
func (w *World) StoreNamed(key, name, content string) files.Info {
	w.T.Helper()
	info := w.Store(key, content)
	m := w.Files.(*memory)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name[files.Key(key)] = name
	return info
}

// letters writes the link and nothing else.
type letters struct{}

func (letters) Letter(l dispatch.Letter) (convocmail.Message, error) {
	if n := l.Recipient.Notice; n.ID != "" {
		l.Link = strings.TrimSpace(string(n.Kind) + " " + n.Other)
	}
	return convocmail.Message{
		FromName: "Saint-Aubin", FromAddress: "convocations@saint-aubin.fr", ToAddress: string(l.Recipient.Address),
		Subject: l.Convocation.Subject, Text: l.Link, HTML: "<p>" + l.Link + "</p>",
	}, nil
}

// Mail is a mail service that accepts unless Decide says otherwise. It fails the test when it is misused.
type Mail struct {
	T      testing.TB
	Decide func(m convocmail.Envelope) convocmail.Result

	mu    sync.Mutex
	Calls int
	Links map[string][]string // of accepted or unknown calls, by address, in their order
	Told  []string            // notices: « address: kind other », in their order
}

// Send is one call.
func (s *Mail) Send(_ context.Context, m convocmail.Envelope) convocmail.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls++
	result := convocmail.Result{Outcome: convocmail.Accepted, MessageID: fmt.Sprint("id-", s.Calls)}
	if s.Decide != nil {
		result = s.Decide(m)
	}
	s.check(m)
	if result.Outcome == convocmail.Accepted || result.Outcome == convocmail.Unknown {
		if text := s.text(m); m.Tags.Notice == "" {
			s.Links[m.To] = append(s.Links[m.To], text)
		} else {
			s.Told = append(s.Told, m.To+": "+text)
		}
	}
	return result
}

func (s *Mail) check(m convocmail.Envelope) {
	if m.From == "" || m.To == "" || m.Tags.Recipient == "" || m.Tags.Attempt < 1 || m.Tags.Collectivity == "" || m.Tags.Convocation == "" {
		s.T.Errorf("an envelope lacks something: %+v", m.Tags)
	}
	if !strings.Contains(string(m.Raw), "\r\n") {
		s.T.Error("a message without CRLF")
	}
}

// text reads the plain part of a mail, which the town's letters fill with one line.
func (s *Mail) text(m convocmail.Envelope) string {
	read, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		s.T.Error(err)
		return ""
	}
	_, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		s.T.Error(err)
		return ""
	}
	part, err := multipart.NewReader(read.Body, params["boundary"]).NextPart() // undoes the quoted-printable
	if err != nil {
		s.T.Error(err)
		return ""
	}
	text, err := io.ReadAll(part)
	if err != nil {
		s.T.Error(err)
	}
	return strings.TrimSpace(string(text))
}

package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/letter"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/sweep"
	"convoc/shared/table"
	"convoc/shared/upload"
	"convoc/shared/worldtest"
)

// from is where all mails come from, and origin where links lead.
const (
	from   = "convocations@exemple.fr"
	origin = "https://convoc.exemple.fr/c/"
)

var errRing = errors.New("simtest: the bells may not be there")

// Config is what a simulation is made from.
type Config struct {
	Seed    uint64
	Profile Profile
	Keep    bool                                   // the lines of the trace
	Engine  func(name string) (table.Table, error) // makes an empty table of that name; nil: in memory
}

// Sim is one simulation: some collectivités, their processes and their mail service.
type Sim struct {
	*loop
	seed    uint64
	profile Profile
	faults  faults
	machine bool          // one process does everything; otherwise each function has its own
	pace    time.Duration // a call to a port takes so long at most, unless it is slow
	opening float64       // part of those who open what they got
	undo    time.Duration
	engine  func(name string) (table.Table, error)

	data, agenda *noted // the tables as they are
	copies       int    // of the tables that were put back
	files        files.Store
	drawn        *drawn
	service      *service
	truth        *truth
	processes    []*process
	born         int       // processes so far
	era          int       // bells of an era before are lost
	ready        time.Time // from when on there are processes
	sendings     []sending
	restoredAt   time.Time // when a backup was put back; zero: never

	script func(site) outcome // decides instead of chance, when set
	report Report
}

// sending is a convocation that is to be sent.
type sending struct {
	town collectivity.ID
	id   convocation.ID
	size int
}

// drawn is the randomness of the product.
type drawn struct{ source *rand.PCG }

// Read is io.Reader's.
func (d *drawn) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(d.source.Uint64() >> 32)
	}
	return len(p), nil
}

// New prepares a simulation: drafts that are ready to be sent, and processes.
func New(c Config) (*Sim, error) {
	s := &Sim{loop: newLoop(c.Seed), seed: c.Seed, profile: c.Profile, engine: c.Engine, drawn: &drawn{rand.NewPCG(c.Seed, 0xd4a7)}}
	s.keep, s.pace = c.Keep, 20*time.Millisecond
	if s.engine == nil {
		s.engine = inMemory
	}
	s.faults = s.draw(c.Profile)
	s.machine = s.chance(.3)
	s.truth = newTruth(s)
	s.service = &service{sim: s}
	s.files = worldtest.Files(func() time.Time { return s.now })
	var errData, errAgenda error
	s.data, errData = s.table("data")
	s.agenda, errAgenda = s.table("agenda")
	return s, errors.Join(errData, errAgenda)
}

func (s *Sim) table(name string) (*noted, error) {
	t, err := s.engine(name)
	return newNoted(t), err
}

// tables are the tables without faults, for the simulator itself.
func (s *Sim) tables() store.Tables {
	return store.Tables{Data: s.data, Accounts: s.data, Agenda: s.agenda}
}

func (s *Sim) handle(town collectivity.ID) *store.Handle { return s.tables().Collectivity(town) }

func (s *Sim) clock() time.Time { return s.now }

// towns are the collectivités: valid SIREN numbers that nobody has.
var towns = []collectivity.ID{"000000018", "000000026", "000000034"}

// settle makes a town.
func (s *Sim) settle(town collectivity.ID) error {
	return s.handle(town).PutCollectivity(context.Background(), collectivity.Collectivity{
		ID: town, Name: "Commune " + string(town), Mail: "mairie@exemple.fr", TimeZone: "Europe/Paris",
	})
}

// draft writes a draft to so many free addresses, with a document, or with a reminder that is planned, where it is to have
// one.
func (s *Sim) draft(town collectivity.ID, size int, document, reminds bool, change ...func(*compose.Text)) error {
	ctx, h := context.Background(), s.handle(town)
	writer := &compose.Service{Tables: s.tables(), Files: files.Shared(s.files), Now: s.clock, Random: s.drawn}
	d, err := writer.Create(ctx, h, "secretaire")
	if err != nil {
		return err
	}
	text := compose.Text{Subject: fmt.Sprint("Conseil ", len(s.sendings)+1), Message: "Bonjour"}
	for n := range size {
		text.To = append(text.To, compose.Entry{Address: fmt.Sprintf("a%d@%d.exemple.fr", n, len(s.sendings))})
	}
	for _, c := range change {
		c(&text)
	}
	if reminds {
		text.RepliesUntil = Start.Add(60 * time.Hour)
	}
	if document {
		if err := s.attach(h, d.ID); err != nil {
			return err
		}
	}
	if d, err = writer.Save(ctx, h, "secretaire", d.ID, d.Version, text); err != nil {
		return err
	}
	s.sendings = append(s.sendings, sending{town, d.ID, size})
	if !reminds {
		return nil
	}
	d.RemindDays = 1
	d.Version++
	return h.SaveConvocation(ctx, d.Convocation, journal.Event{ID: ident.New("evt_", s.drawn), At: s.now, What: journal.ConvocationSaved})
}

// attach puts a document into a draft.
func (s *Sim) attach(h *store.Handle, id convocation.ID) error {
	ctx, pdf := context.Background(), "%PDF-1.7\n%%EOF\n"
	uploads := &upload.Service{Tables: s.tables(), Files: files.Shared(unsigned{s.files}), Now: s.clock, Random: s.drawn}
	d, _, err := uploads.Document(ctx, h, id, "budget.pdf", int64(len(pdf)))
	if err != nil {
		return err
	}
	info, err := files.Write(ctx, s.files, files.Key(d.Key), writing(pdf))
	if err != nil {
		return err
	}
	return uploads.Stored(ctx, files.Key(d.Key), info)
}

// process is one start of a program: its name and its clock are its own.
type process struct {
	sim   *Sim
	kind  string // what it answers; « all » on one machine
	owner string
	skew  time.Duration // of its clock
	dead  bool

	dispatch *dispatch.Service
	sweep    *sweep.Service
	answer   *answer.Service
}

// kinds are the functions, and how many processes each has.
var kinds = []struct {
	kind  string
	count int
}{{"dispatch", 2}, {"deliver", 3}, {"sweep", 2}, {"hear", 2}, {"web", 2}}

// start makes all processes.
func (s *Sim) start() {
	if s.machine {
		s.spawn("all")
		return
	}
	for _, k := range kinds {
		for range k.count {
			s.spawn(k.kind)
		}
	}
}

func (s *Sim) spawn(kind string) {
	s.born++
	p := &process{sim: s, kind: kind, owner: fmt.Sprintf("%s%d", kind, s.born)}
	if most := int64(s.faults.skew); most > 0 {
		p.skew = time.Duration(s.random.Int64N(2*most+1) - most)
		if s.machine { // its clock is the only one
			p.skew = 0
		}
	}
	p.wire()
	s.processes = append(s.processes, p)
}

func (p *process) now() time.Time { return p.sim.now.Add(p.skew) }

// wire makes the use cases of a process over its ports.
func (p *process) wire() {
	s := p.sim
	tables := store.Tables{
		Data:   port{p, "data", func() *noted { return s.data }},
		Agenda: port{p, "agenda", func() *noted { return s.agenda }},
	}
	shelves := files.Shared(documents{unsigned{s.files}, p})
	p.dispatch = &dispatch.Service{
		Tables: tables, Files: shelves, Queue: bells{p}, Mail: sender{p}, Letters: letter.Post{From: from}, Now: p.now,
		Random: s.drawn, Owner: p.owner, From: from, Link: func(token string) string { return origin + token },
		Meter: meter{p}, Unblocker: meter{p}, Undo: s.undo,
	}
	if s.machine {
		p.dispatch.Dead = func(string) bool { return true }
		p.dispatch.Meter = told{s.service}
		if s.service.proves {
			p.dispatch.Mail = prover{sender{p}}
		}
	}
	list := &follow.Service{Tables: tables, Files: shelves, Now: p.now}
	uploads := &upload.Service{Tables: tables, Files: shelves, Now: p.now, Random: s.drawn}
	p.answer = &answer.Service{Tables: tables, Files: shelves, Uploads: uploads, Now: p.now, Random: s.drawn}
	p.sweep = &sweep.Service{Tables: tables, Now: p.now, Pump: p.dispatch.Run, Do: map[store.What]sweep.Due{
		store.DueSend: p.dispatch.Due, store.DuePlan: p.dispatch.Due, store.DueRemind: p.dispatch.DueRemind,
		store.DueBegun: p.dispatch.DueBegun, store.DueUpload: uploads.Due, store.DueList: list.Due,
	}}
}

// die ends a process with all that it was doing. Another one takes its place: at once, or on one machine after a while.
func (p *process) die() {
	s := p.sim
	if p.dead {
		return
	}
	p.dead = true
	s.report.Kills++
	s.trace(p.owner, "dies")
	s.processes = slices.DeleteFunc(s.processes, func(other *process) bool { return other == p })
	if !s.machine {
		s.spawn(p.kind)
		return
	}
	s.era++
	wait := s.between(time.Second, 30*time.Second)
	s.ready = s.now.Add(wait)
	s.after(wait, func() {
		if len(s.processes) == 0 {
			s.spawn("all")
		}
	})
}

// pick chooses a process of a kind; nil while there is none.
func (s *Sim) pick(kind string) *process {
	var some []*process
	for _, p := range s.processes {
		if p.kind == kind || p.kind == "all" {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[s.random.IntN(len(some))]
}

// limit is when the platform ends what takes too long.
func (s *Sim) limit() time.Duration {
	if s.machine {
		return 0
	}
	return time.Minute
}

// run begins a task in some process of a kind; while there is none, later.
func (s *Sim) run(kind, what string, body func(context.Context, *process) error, done func(err error, died bool)) {
	p := s.pick(kind)
	if p == nil {
		s.after(s.ready.Sub(s.now)+time.Second, func() { s.run(kind, what, body, done) })
		return
	}
	s.begin(p, what, s.limit(), func(ctx context.Context) error { return body(ctx, p) }, done)
}

// decide is what becomes of a call.
func (s *Sim) decide(at site, kill float64) outcome {
	if s.script != nil {
		return s.script(at)
	}
	return s.fate(s.faults, kill)
}

// rung is what becomes of a bell that was rung.
func (s *Sim) rung(b queue.Bell) {
	if s.chance(s.faults.bellLost) {
		s.trace("bell lost")
		return
	}
	times := 1
	if s.chance(s.faults.bellTwice) {
		times = 2
	}
	for range times {
		wait := b.Delay + s.between(time.Millisecond, 50*time.Millisecond)
		if s.chance(s.faults.bellLate) {
			wait += s.between(0, 10*time.Minute)
		}
		b := b
		b.Delay = 0
		s.again(b, 1, wait)
	}
}

// again lets a bell be answered for the nth time in a while.
func (s *Sim) again(b queue.Bell, n int, wait time.Duration) {
	era := s.era
	s.after(wait, func() {
		if era == s.era {
			s.answer(b, n)
		}
	})
}

const receives = 5 // of a bell, before it is among the dead letters

func (s *Sim) answer(b queue.Bell, n int) {
	kind := map[queue.Kind]string{queue.Dispatch: "dispatch", queue.Deliver: "deliver"}[b.Kind]
	s.run(kind, string(b.Kind), func(ctx context.Context, p *process) error {
		if b.Kind == queue.Dispatch {
			return p.dispatch.Answer(ctx, b)
		}
		return p.dispatch.Deliver(ctx, b)
	}, func(err error, died bool) {
		if (err == nil && !died) || n == receives {
			return
		}
		wait := 360 * time.Second
		if s.machine {
			wait = time.Duration(n) * time.Second
		}
		s.again(b, n+1, wait)
	})
}

// heard is an event of the mail service that comes for the nth time.
func (s *Sim) heard(e mail.Event, n int) {
	s.run("hear", "hear", func(ctx context.Context, p *process) error { return p.dispatch.Hear(ctx, e) },
		func(err error, died bool) {
			switch {
			case errors.Is(err, dispatch.ErrStray):
				s.truth.stray(e)
			case err == nil && !died:
				s.truth.heard++
			case s.profile == Events:
				s.after(10*time.Second, func() { s.heard(e, n) })
			case n < receives:
				s.after(360*time.Second, func() { s.heard(e, n+1) })
			}
		})
}

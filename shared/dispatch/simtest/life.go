package simtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/link"
	"convoc/shared/mail"
	"convoc/shared/table"
	"convoc/shared/table/memtable"
)

func inMemory(string) (table.Table, error) { return memtable.New(), nil }

// unsigned is a store of documents whose forms are empty.
type unsigned struct{ files.Store }

// SignUpload is files.Store's.
func (unsigned) SignUpload(context.Context, files.Upload) (files.Form, error) {
	return files.Form{}, nil
}

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// longest is how long a simulation may go on until nothing moves any more.
const longest = 8 * 24 * time.Hour

// tick is the sweeper's minute. When nothing is due and nobody does anything, the next ones are left out.
func (s *Sim) tick() {
	if s.restless() {
		return
	}
	ctx := context.Background()
	due, err := s.tables().AgendaHandle().Due(ctx, s.now.Add(s.faults.skew), 1)
	if err != nil {
		s.fail("reading the agenda: %v", err)
	}
	if len(due) > 0 && !s.chance(s.faults.missed) {
		passes := 1
		if s.chance(s.faults.twice) {
			passes = 2
		}
		for range passes {
			s.run("sweep", "sweep", func(ctx context.Context, p *process) error { return p.sweep.Pass(ctx) }, func(error, bool) {})
		}
	}
	next := time.Minute
	if len(due) == 0 && len(s.tasks) == 0 {
		for until := s.nextMove(); next < until; next += time.Minute {
		}
	}
	if all, err := s.tables().AgendaHandle().Due(ctx, s.now.Add(100*longest), 1); err == nil && len(all) == 0 && len(s.tasks) == 0 && len(s.queue) == 0 {
		s.report.Quiet = true
		return
	}
	s.after(next, s.tick)
}

// restless tells whether this has gone on for too long.
func (s *Sim) restless() bool {
	if s.now.Sub(Start) <= longest {
		return false
	}
	s.fail("I1: after %s something is still to be done", longest)
	s.queue = nil
	return true
}

// nextMove is how long it is until something happens or is due.
func (s *Sim) nextMove() time.Duration {
	until := longest
	if len(s.queue) > 0 {
		until = s.queue[0].at.Sub(s.now)
	}
	all, err := s.tables().AgendaHandle().Due(context.Background(), s.now.Add(100*longest), 1)
	if err == nil && len(all) > 0 {
		until = min(until, all[0].Due.Sub(s.now)-s.faults.skew)
	}
	return until
}

// Run lets everything happen until nothing moves any more, and says what was wrong.
func (s *Sim) Run() Report {
	defer s.close()
	s.after(s.between(0, time.Minute), s.tick)
	for s.report.Broken == "" && s.step() {
	}
	if s.report.Broken == "" {
		s.check()
	}
	s.report.Seed, s.report.Profile, s.report.Sum, s.report.Trace = s.seed, s.profile, s.sum.Sum64(), s.lines
	s.report.Runs, s.report.Restored = 1, s.copies
	s.truth.sumUp(&s.report)
	return s.report
}

// Report is what came of a simulation.
type Report struct {
	Seed    uint64
	Profile Profile
	Broken  string // the first invariant that does not hold; empty when all do
	Quiet   bool
	Sum     uint64   // of the trace
	Trace   []string // where it was kept

	Runs       int
	Recipients int // of the convocations that were sent
	Orders     int // of one recipient each: first sendings, new ones, notices
	Accepted   int // mails
	Unknowns   int // outcomes that nobody knew
	Lost       int // recipients that came to no end
	FalseSent  int // that are « transmis » although nothing was accepted
	Duplicates int // mails beyond the first of an order
	Review     int // recipients « à vérifier » in the end
	Kills      int
	Restored   int // simulations in which a backup was put back
	Calls      int // of the product to its ports
}

// Add adds the counts of another report.
func (r *Report) Add(o Report) {
	r.Runs += o.Runs
	r.Recipients += o.Recipients
	r.Orders += o.Orders
	r.Accepted += o.Accepted
	r.Unknowns += o.Unknowns
	r.Lost += o.Lost
	r.FalseSent += o.FalseSent
	r.Duplicates += o.Duplicates
	r.Review += o.Review
	r.Kills += o.Kills
	r.Restored += o.Restored
	r.Calls += o.Calls
}

// fail notes that something is not as it must be; the first one counts.
func (s *Sim) fail(format string, args ...any) {
	if s.report.Broken == "" {
		s.report.Broken = fmt.Sprintf(format, args...)
		s.trace("BROKEN", s.report.Broken)
	}
}

// populate fills a simulation by chance: towns, drafts, and what people will do.
func (s *Sim) populate() error {
	s.opening = []float64{0, .2, .8}[s.random.IntN(3)]
	s.service.rate = []float64{0, 0, .1, .5, 2, 14}[s.random.IntN(6)]
	s.service.proves = s.machine && s.chance(.3)
	s.undo = []time.Duration{0, 30 * time.Second}[s.random.IntN(2)]
	n, size := s.random.IntN(2)+1, 0
	for _, town := range towns[:n] {
		if err := s.settle(town); err != nil {
			return err
		}
	}
	for i := range s.random.IntN(2) + 1 {
		count := s.count()
		size += count
		if err := s.draft(towns[i%n], count, s.chance(.2), s.chance(.2)); err != nil {
			return err
		}
	}
	if s.faults.quota {
		s.service.daily = max(1, size/2)
		s.after(26*time.Hour, func() { s.service.daily = 0 }) // its owner has asked for more
	}
	if s.faults.outage {
		begin := Start.Add(s.between(0, time.Hour))
		s.service.away = window{begin, begin.Add(s.between(time.Hour, 2*time.Hour))}
	}
	if s.faults.paused {
		begin := Start.Add(s.between(0, 10*time.Minute))
		s.service.paused = window{begin, begin.Add(s.between(time.Minute, 4*time.Hour))}
	}
	s.start()
	for _, to := range s.sendings {
		s.secretary(to)
	}
	if s.faults.restored && s.machine {
		s.backup()
	}
	return nil
}

// count draws how many recipients: mostly few, sometimes more than one transaction and one page take.
func (s *Sim) count() int {
	switch roll := s.random.IntN(120); {
	case s.faults.quota: // it waits for a day, minute by minute
		return 2 + s.random.IntN(5)
	case roll == 0:
		return 101 + s.random.IntN(10)
	case roll < 12:
		return 6 + s.random.IntN(25)
	default:
		return 1 + s.random.IntN(6)
	}
}

// press lets somebody press a button until it is answered, or she has had enough; then comes what follows.
func (s *Sim) press(what string, times int, do func(context.Context, *process) error, follows ...func()) {
	s.run("web", what, do, func(err error, died bool) {
		refusal, refused := errs.As(err)
		refused = refused && refusal.Kind != errs.Unavailable
		if refused {
			s.trace("refused", refusal.Code)
		}
		if answered := refused || (err == nil && !died); !answered && times > 1 {
			s.after(s.between(time.Second, time.Minute), func() { s.press(what, times-1, do, follows...) })
			return
		}
		for _, f := range follows {
			f()
		}
	})
}

// opens lets somebody open a link after a while, and maybe answer.
func (s *Sim) opens(token string, e mail.Envelope, plan plan) {
	s.after(s.between(time.Minute, 3*time.Hour), func() {
		s.press("open", 3, func(ctx context.Context, p *process) error {
			t, err := link.Parse(token)
			if err != nil {
				s.fail("I10: a link that is none: %v", err)
				return nil
			}
			v, err := p.answer.Visit(ctx, t)
			if errors.Is(err, convocation.ErrLinkUnknown) {
				s.truth.unknownLink(e)
			}
			if err != nil {
				return err
			}
			s.truth.visited(v, e)
			signals := convocation.Signals{Age: time.Minute, NoUser: s.chance(.1), Decoy: s.chance(.05)}
			if _, err := p.answer.Open(ctx, v, signals); err != nil || !plan.answers {
				return err
			}
			return reply(ctx, p, v, plan.ends)
		})
	})
}

// reply begins an answer, and sends it unless it is left there.
func reply(ctx context.Context, p *process, v answer.Visit, ends bool) error {
	if err := p.answer.Save(ctx, v, answer.Typed{Text: "Je viens"}); err != nil || !ends {
		return err
	}
	page, err := p.answer.Page(ctx, v)
	if err != nil {
		return err
	}
	_, err = p.answer.Validate(ctx, v, page.Draft.Revision)
	return err
}

// backup lets a copy of the tables be taken, and put back later: what was on one machine dies with its bells.
func (s *Sim) backup() {
	s.after(s.between(0, time.Hour), func() {
		ctx := context.Background()
		data, err1 := s.data.items(ctx)
		agenda, err2 := s.agenda.items(ctx)
		if err := errors.Join(err1, err2); err != nil {
			s.fail("taking a backup: %v", err)
		}
		s.trace("backup")
		s.after(s.between(time.Second, 2*time.Hour), func() { s.restore(data, agenda) })
	})
}

func (s *Sim) restore(data, agenda []table.Item) {
	s.copies++
	for _, p := range s.processes {
		p.dead = true
	}
	s.processes = nil
	s.era++
	ctx := context.Background()
	var err error
	if s.data, err = s.copied("data", data); err == nil {
		s.agenda, err = s.copied("agenda", agenda)
	}
	if err == nil {
		err = s.tables().AgendaHandle().MarkRestored(ctx, s.now)
	}
	if err != nil {
		s.fail("putting a backup back: %v", err)
	}
	s.trace("restored")
	s.restoredAt = s.now
	s.truth.restored()
	s.spawn("all")
	for _, to := range s.sendings { // what was suspended then goes on some time
		s.after(s.between(time.Hour, 2*time.Hour), func() { s.resume(to) })
	}
}

func (s *Sim) copied(name string, items []table.Item) (*noted, error) {
	t, err := s.table(fmt.Sprint(name, s.copies))
	for _, i := range items {
		if err == nil {
			_, err = t.Write(context.Background(), table.Put(i.Key, i.Attrs))
		}
	}
	return t, err
}

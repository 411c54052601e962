package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// nobody is a recipient who is not there.
var nobody = convocation.RecipientRef{Convocation: cnv, Recipient: "rcp_none"}

// doubtful is a press of which nobody can say whose it was.
var doubtful = convocation.Signals{NoUser: true}

func (w *town) open(signals convocation.Signals, at time.Time) {
	w.t.Helper()
	_, err := w.h.MarkOpened(w.ctx(), w.jeanNow(), cnv, 1, signals, at)
	w.must(err)
}

func (w *town) correct(to directory.Address, at time.Time) {
	w.t.Helper()
	w.must(w.h.CorrectAddress(w.ctx(), cnv, w.jeanNow(), corrected(to, at), told(journal.AddressCorrected)))
}

// mistaken makes somebody mistype the password for the first time.
func mistaken(w *town) { w.must(w.h.MarkPassword(w.ctx(), person(rcp), cnv, 1, time.Time{})) }

// wrongBefore is Jean as he was read after so many wrong passwords.
func wrongBefore(n int) convocation.Recipient {
	r := person(rcp)
	r.WrongPasswords = n
	return r
}

func correctTo(to directory.Address) func(context.Context, *town) error {
	return func(ctx context.Context, w *town) error {
		return w.h.CorrectAddress(ctx, cnv, person(rcp), corrected(to, minute(9)), told(journal.AddressCorrected))
	}
}

var actOps = []op{
	{method: "Handle.MarkOpened", given: arrived, do: func(ctx context.Context, w *town) error {
		_, err := w.h.MarkOpened(ctx, person(rcp), cnv, 1, convocation.Signals{}, minute(9))
		return err
	}},
	{method: "Handle.MarkOpened", how: "maybe by a program", given: arrived, do: func(ctx context.Context, w *town) error {
		_, err := w.h.MarkOpened(ctx, person(rcp), cnv, 1, doubtful, minute(9))
		return err
	}},
	{method: "Handle.MarkDocuments", do: func(ctx context.Context, w *town) error { return w.h.MarkDocuments(ctx, toJean, nil, minute(9)) }},
	{method: "Handle.MarkDocuments", how: "two of them", do: func(ctx context.Context, w *town) error {
		return w.h.MarkDocuments(ctx, toJean, []convocation.DocumentID{doc, doc2}, minute(9))
	}},
	{method: "Handle.CloseLinks", given: arrived, do: func(ctx context.Context, w *town) error { return w.h.CloseLinks(ctx, toJean, minute(9)) }},
	{method: "Handle.RevokeLinks", given: arrived, do: func(ctx context.Context, w *town) error {
		return w.h.RevokeLinks(ctx, toJean, minute(9), told(journal.LinksRevoked))
	}},
	{method: "Handle.CorrectAddress", again: table.ErrCondition, do: correctTo("jean@y.fr")},
	{method: "Handle.MarkPassword", how: "a wrong one", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, person(rcp), cnv, 1, time.Time{})
	}},
	{method: "Handle.MarkPassword", how: "a wrong one that locks", given: mistaken, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, wrongBefore(1), cnv, 2, minute(20))
	}},
	{method: "Handle.MarkPassword", how: "a right one", given: mistaken, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, wrongBefore(1), cnv, 0, time.Time{})
	}},
	{method: "Handle.Stop", do: func(ctx context.Context, w *town) error { return w.h.Stop(ctx, toJean, minute(9)) }},
	{method: "Handle.Misgive", do: func(ctx context.Context, w *town) error { return w.h.Misgive(ctx, toJean, minute(9)) }},
	{method: "Handle.Vouch", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.Vouch(ctx, cnv, person(rcp), minute(9), told(journal.ReviewDecided))
	}},
	{method: "Handle.Note", do: func(ctx context.Context, w *town) error {
		e := told(journal.OpeningIgnored)
		e.ID = "evt_note"
		return w.h.Note(ctx, e)
	}},
}

var refusedActs = []refusal{
	{"opened after the links were closed", func(w *town) { arrived(w); shut(w) }, func(ctx context.Context, w *town) error {
		_, err := w.h.MarkOpened(ctx, person(rcp), cnv, 1, convocation.Signals{}, minute(9))
		return err
	}},
	{"maybe opened after the links were closed", func(w *town) { arrived(w); shut(w) }, func(ctx context.Context, w *town) error {
		_, err := w.h.MarkOpened(ctx, person(rcp), cnv, 1, doubtful, minute(9))
		return err
	}},
	{"opened by a link that never was", arrived, func(ctx context.Context, w *town) error {
		_, err := w.h.MarkOpened(ctx, person(rcp), cnv, 2, convocation.Signals{}, minute(9))
		return err
	}},
	{"closed after it was opened", func(w *town) { arrived(w); w.open(convocation.Signals{}, minute(9)) },
		func(ctx context.Context, w *town) error { return w.h.CloseLinks(ctx, toJean, minute(9)) }},
	{"closed after a document was asked for", func(w *town) { w.must(w.h.MarkDocuments(w.ctx(), toJean, nil, minute(8))) },
		func(ctx context.Context, w *town) error { return w.h.CloseLinks(ctx, toJean, minute(9)) }},
	{"closed after a reply was begun", written,
		func(ctx context.Context, w *town) error { return w.h.CloseLinks(ctx, toJean, minute(9)) }},
	{"nobody's links are closed", nil, func(ctx context.Context, w *town) error { return w.h.CloseLinks(ctx, nobody, noon) }},
	{"nobody's links are revoked", nil, func(ctx context.Context, w *town) error { return w.h.RevokeLinks(ctx, nobody, noon, saved) }},
	{"nobody asks for documents", nil, func(ctx context.Context, w *town) error {
		return w.h.MarkDocuments(ctx, nobody, []convocation.DocumentID{doc}, noon)
	}},
	{"an address that was corrected meanwhile", func(w *town) { w.correct("jean@z.fr", minute(8)) }, correctTo("jean@y.fr")},
	{"an address to which a mail has left meanwhile", arrived, correctTo("jean@y.fr")},
	{"an address of somebody who was on paper when read", nil, func(ctx context.Context, w *town) error {
		r := person(rcp)
		r.Address = ""
		return w.h.CorrectAddress(ctx, cnv, r, corrected("jean@y.fr", minute(9)), saved)
	}},
	{"an address of nobody", nil, func(ctx context.Context, w *town) error {
		return w.h.CorrectAddress(ctx, cnv, convocation.Recipient{ID: "rcp_none"}, corrected("jean@y.fr", minute(9)), saved)
	}},
	{"a wrong password at the same moment as another", mistaken, func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, person(rcp), cnv, 1, time.Time{})
	}},
	{"a wrong password at the same moment as a right one", func(w *town) {
		mistaken(w)
		w.must(w.h.MarkPassword(w.ctx(), wrongBefore(1), cnv, 0, time.Time{}))
	}, func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, wrongBefore(1), cnv, 2, minute(9))
	}},
	{"a right password at the same moment as a wrong one", func(w *town) {
		mistaken(w)
		w.must(w.h.MarkPassword(w.ctx(), wrongBefore(1), cnv, 2, time.Time{}))
	}, func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, wrongBefore(1), cnv, 0, time.Time{})
	}},
	{"nobody's password", nil, func(ctx context.Context, w *town) error {
		return w.h.MarkPassword(ctx, convocation.Recipient{ID: "rcp_none"}, cnv, 1, time.Time{})
	}},
	{"vouched for by another meanwhile", func(w *town) { w.must(w.h.Vouch(w.ctx(), cnv, person(rcp), minute(8), told(journal.ReviewDecided))) },
		func(ctx context.Context, w *town) error {
			return w.h.Vouch(ctx, cnv, person(rcp), minute(9), told(journal.ReviewDecided))
		}},
	{"vouched for, and sent to again meanwhile", arrived, func(ctx context.Context, w *town) error {
		return w.h.Vouch(ctx, cnv, person(rcp), minute(9), told(journal.ReviewDecided))
	}},
	{"vouched for, and ordered anew meanwhile", func(w *town) { w.must(w.h.NewOrder(w.ctx(), cnv, person(rcp), Order{ID: ord2, At: minute(8)})) },
		func(ctx context.Context, w *town) error {
			return w.h.Vouch(ctx, cnv, person(rcp), minute(9), told(journal.ReviewDecided))
		}},
	{"vouched for, at an address that was corrected meanwhile", func(w *town) { w.correct("jean@z.fr", minute(8)) },
		func(ctx context.Context, w *town) error {
			return w.h.Vouch(ctx, cnv, person(rcp), minute(9), told(journal.ReviewDecided))
		}},
	{"nobody is vouched for", nil, func(ctx context.Context, w *town) error {
		return w.h.Vouch(ctx, cnv, convocation.Recipient{ID: "rcp_none"}, minute(9), told(journal.ReviewDecided))
	}},
}

// A press that may be a program's counts once a person has acted: none of these is done by a program.
func TestDoubtedOpeningCountsAfterAStrongerAct(t *testing.T) {
	for name, act := range map[string]func(*town){
		"a press that leaves no doubt": func(w *town) { w.open(convocation.Signals{}, minute(9)) },
		"a document":                   func(w *town) { w.must(w.h.MarkDocuments(w.ctx(), toJean, []convocation.DocumentID{doc}, minute(9))) },
		"a reply that is begun": func(w *town) {
			w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, minute(9)))
		},
	} {
		w := newTown(t)
		arrived(w)
		w.open(doubtful, minute(8))
		r := w.jeanNow()
		if !r.OpenedAt.IsZero() || !r.DoubtedAt.Equal(minute(8)) || r.Signals != "no-user" || !r.Attempts[0].ProvedAt.Equal(minute(8)) {
			t.Errorf("%s: before it, opened %s, doubted %s by %q", name, r.OpenedAt, r.DoubtedAt, r.Signals)
		}
		act(w)
		r = w.jeanNow()
		if !r.OpenedAt.Equal(minute(9)) || !r.DoubtedAt.Equal(minute(8)) {
			t.Errorf("%s: after it, opened %s, doubted %s", name, r.OpenedAt, r.DoubtedAt)
		}
	}
}

func TestProgramsOpenNothing(t *testing.T) {
	w := newTown(t)
	arrived(w)
	before := w.state()
	for _, s := range []convocation.Signals{{Decoy: true}, {Prefetch: true}, {Age: time.Millisecond}} {
		if got, panicked := try(func() error { return second(w.h.MarkOpened(w.ctx(), person(rcp), cnv, 1, s, minute(9))) }); !panicked {
			t.Errorf("%+v: got %v", s, got)
		}
	}
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something was written\n%s", diff)
	}
}

func TestCorrectedAddress(t *testing.T) {
	w := newTown(t)
	arrived(w)
	w.open(convocation.Signals{}, minute(5))
	w.correct("jean@y.fr", minute(6))
	r := w.jeanNow()
	if r.Address != "jean@y.fr" || !r.AddressAt.Equal(minute(6)) || r.Live(r.Attempts[0]) || !r.ReachedAt().IsZero() {
		t.Errorf("%s since %s, the old link opens: %v, reached %s", r.Address, r.AddressAt, r.Live(r.Attempts[0]), r.ReachedAt())
	}
	if r.ID != rcp || r.Sendings() != 1 || r.Attempts[0].ProvedAt.IsZero() {
		t.Errorf("facts are lost: %+v", r)
	}
	if !r.OpenedAt.IsZero() {
		t.Errorf("what somebody read at the wrong address is her reading: %s", r.OpenedAt)
	}
	w.must(w.h.NewOrder(w.ctx(), cnv, r, Order{ID: ord2, At: minute(7), Why: convocation.WhyCorrected}))
	a := attemptBy("owner", 2)
	a.ClaimedAt = minute(8)
	if r, err := w.h.Claim(w.ctx(), cnv, w.jeanNow(), a); err != nil || !r.Live(r.Attempts[1]) || r.Why != convocation.WhyCorrected {
		t.Errorf("the new link: %+v, %v", r, err)
	}
	w.must(w.h.Accept(w.ctx(), toJean, 2, "owner", "id", minute(9)))
	if r := w.jeanNow(); !r.ReachedAt().Equal(minute(9)) || !r.FirstSentAt().Equal(minute(4)) {
		t.Errorf("reached %s, first sent %s", r.ReachedAt(), r.FirstSentAt())
	}
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: "ord_third", At: minute(10)}))
	if r := w.jeanNow(); r.Why != convocation.WhySent {
		t.Errorf("sent again, and still because %q", r.Why)
	}
}

// Somebody on paper who gives an address is written to.
func TestAddressOfSomebodyOnPaper(t *testing.T) {
	w := newTown(t)
	paper := person(rcp2)
	paper.Address = ""
	w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{paper}))
	ref := paper.Ref(cnv)
	r, err := w.h.Recipient(w.ctx(), ref)
	w.must(err)
	if s := r.Standing(noon).Status; s != convocation.Paper {
		t.Errorf("without an address: %s", s)
	}
	w.must(w.h.CorrectAddress(w.ctx(), cnv, r, corrected("anne@x.fr", minute(6)), told(journal.AddressCorrected)))
	r, err = w.h.Recipient(w.ctx(), ref)
	w.must(err)
	w.must(w.h.NewOrder(w.ctx(), cnv, r, Order{ID: ord2, At: minute(7)}))
	if r, err = w.h.Recipient(w.ctx(), ref); err != nil || r.Standing(minute(7)).Status != convocation.Pending {
		t.Errorf("with one: %+v, %v", r, err)
	}
}

// The time that counts stays what it was however many mails follow, and begins anew with another address.
func TestLegalTimeOutlivesTheAttemptsThatAreKept(t *testing.T) {
	w := newTown(t)
	arrived(w)
	again := func(from, to int) { // resends, each accepted two minutes after its claim
		for n := from; n <= to; n++ {
			w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: convocation.OrderID(fmt.Sprintf("ord_%d", n)), At: minute(n)}))
			w.claim()
			w.must(w.h.Accept(w.ctx(), toJean, n, "owner", "id", minute(4+n)))
		}
	}
	check := func(what string, want time.Time) {
		t.Helper()
		if got := w.jeanNow().ReachedAt(); !got.Equal(want) {
			t.Errorf("%s: reached %s, want %s", what, got, want)
		}
	}
	again(2, 20)
	check("sent nineteen times again", minute(4))
	w.correct("jean@y.fr", minute(22).Add(time.Second))
	check("corrected", time.Time{})
	again(21, 21) // claimed at minute 23
	check("sent to the new address", minute(25))
	again(22, 40)
	check("sent nineteen times again", minute(25))
	w.correct("jean@z.fr", minute(42).Add(time.Second))
	check("corrected again", time.Time{})
	again(41, 60)
	check("sent to the third address", minute(45))
}

func TestPasswords(t *testing.T) {
	w := newTown(t)
	check := func(what string, wrong int, until time.Time) {
		t.Helper()
		if r := w.jeanNow(); r.WrongPasswords != wrong || !r.LockedUntil.Equal(until) {
			t.Errorf("%s: %d wrong, locked until %s", what, r.WrongPasswords, r.LockedUntil)
		}
	}
	mark := func(wrong int, until time.Time) { w.must(w.h.MarkPassword(w.ctx(), w.jeanNow(), cnv, wrong, until)) }
	mark(1, time.Time{})
	check("one wrong", 1, time.Time{})
	mark(2, minute(9))
	check("one that locks", 2, minute(9))
	mark(3, minute(30))
	check("another that locks", 3, minute(30))
	mark(0, time.Time{})
	check("a right one", 0, time.Time{})
	mark(0, time.Time{})
	check("a right one again", 0, time.Time{})
	mark(1, time.Time{})
	check("wrong again", 1, time.Time{})
}

// A reminder's order is noted as such, another one is not.
func TestRemindedByAnOrder(t *testing.T) {
	w := newTown(t)
	for n, c := range []struct {
		why  convocation.Why
		want time.Time
	}{{convocation.WhySent, time.Time{}}, {convocation.WhyReminder, minute(10)}, {convocation.WhyUnfinished, minute(11)}, {convocation.WhyCorrected, minute(11)}} {
		o := Order{ID: convocation.OrderID(fmt.Sprint("ord_", n)), At: minute(9 + n), Why: c.why}
		w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), o))
		if got := w.jeanNow(); !got.RemindedAt.Equal(c.want) || got.Why != c.why {
			t.Errorf("order because of %q: reminded at %s, because of %q", c.why, got.RemindedAt, got.Why)
		}
	}
}

// An act of the secretary and its event are written together, or neither.
func TestActsAndTheirEvents(t *testing.T) {
	for what, act := range map[journal.What]func(*town, journal.Event) error{
		journal.LinksRevoked: func(w *town, e journal.Event) error { return w.h.RevokeLinks(w.ctx(), toJean, minute(9), e) },
		journal.AddressCorrected: func(w *town, e journal.Event) error {
			return w.h.CorrectAddress(w.ctx(), cnv, person(rcp), corrected("jean@y.fr", minute(9)), e)
		},
		journal.ReviewDecided:  func(w *town, e journal.Event) error { return w.h.Vouch(w.ctx(), cnv, person(rcp), minute(9), e) },
		journal.SendPaused:     func(w *town, e journal.Event) error { return w.h.PauseSend(w.ctx(), frozen(), minute(9), e) },
		journal.SendCancelled:  func(w *town, e journal.Event) error { return w.h.StopSend(w.ctx(), frozen(), minute(9), e) },
		journal.OpeningIgnored: func(w *town, e journal.Event) error { return w.h.Note(w.ctx(), e) },
		journal.ReplyRecorded: func(w *town, e journal.Event) error {
			return w.h.Record(w.ctx(), cnv, person(rcp), Answer{Reply: draftReply, Event: &e})
		},
		journal.AssemblySaved:   func(w *town, e journal.Event) error { return w.h.SaveAssembly(w.ctx(), enlarged(), e) },
		journal.AssemblyDeleted: func(w *town, e journal.Event) error { return w.h.DeleteAssembly(w.ctx(), asm, e) },
	} {
		w := newTown(t)
		e := told(what)
		e.At = minute(100)
		w.must(act(w, e))
		got, err := w.h.Events(w.ctx(), 1)
		w.must(err)
		if diff := cmp.Diff([]journal.Event{e}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
}

func TestRevokedLinksOpenNothing(t *testing.T) {
	w := newTown(t)
	arrived(w)
	w.open(convocation.Signals{}, minute(5))
	shut(w)
	r := w.jeanNow()
	if r.Live(r.Attempts[0]) || !r.LinksClosedAt().Equal(minute(8)) || !r.OpenedAt.Equal(minute(5)) {
		t.Errorf("opens: %v, closed %s, opened %s", r.Live(r.Attempts[0]), r.LinksClosedAt(), r.OpenedAt)
	}
	if _, err := w.h.MarkOpened(w.ctx(), person(rcp), cnv, 1, convocation.Signals{}, minute(9)); !errors.Is(err, table.ErrCondition) {
		t.Errorf("opened by who read before: %v", err)
	}
}

// corrected is a correction with its order.
func corrected(to directory.Address, at time.Time) Correction {
	return Correction{To: to, At: at, Order: Order{
		ID: convocation.OrderID("ord_" + strings.Repeat("k", 8) + at.Format("05040302")), At: at.Add(time.Millisecond), Who: WhoChosen,
		Why: convocation.WhyCorrected, Only: []convocation.RecipientID{rcp},
	}}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// op is one use of a method that writes.
type op struct {
	method string
	how    string      // what is special about this use
	given  func(*town) // before it
	do     func(context.Context, *town) error
	again  error  // what a repetition says of a first try that was applied; nil: nothing
	grows  string // why a repetition leaves another state; empty: it leaves the same
}

func (o op) String() string { return strings.TrimSpace(o.method + ": " + o.how) }

// Whoever does not get an answer does it again. Whatever call was lost, before or after its effect, the repetition either
// finds it done or does it, and never does it twice.
func TestWritesReportedAsFailedAndRepeated(t *testing.T) {
	for _, o := range ops {
		t.Run(o.String(), func(t *testing.T) {
			want, calls := undisturbed(t, o)
			recognised := false
			for k := range calls {
				for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
					what := fmt.Sprintf("fault %d at call %d of %d", fault, k+1, calls)
					w := newTown(t)
					if o.given != nil {
						o.given(w)
					}
					if err := disturbed(w, o, k, fault); !errors.Is(err, table.ErrUnavailable) {
						t.Errorf("%s: reported as %v", what, err)
					}
					err := o.do(w.ctx(), w)
					if err != nil && (o.again == nil || !errors.Is(err, o.again)) {
						t.Errorf("%s: repeated, it says %v", what, err)
					}
					recognised = recognised || err != nil
					if diff := cmp.Diff(want, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" && o.grows == "" {
						t.Errorf("%s: repeated, it leaves another state (-want +got)\n%s", what, diff)
					} else if diff != "" && fault == table.FaultBefore && k == 0 {
						t.Errorf("%s: it left something although it never arrived\n%s", what, diff)
					}
				}
			}
			if recognised != (o.again != nil) {
				t.Errorf("a repetition says so: %v, want %v", recognised, o.again)
			}
		})
	}
}

// undisturbed does it once and gives what it leaves, and how many calls it makes.
func undisturbed(t *testing.T, o op) (map[table.Key]table.Attrs, int) {
	t.Helper()
	w := newTown(t)
	if o.given != nil {
		o.given(w)
	}
	before, reached := w.state(), w.data.calls+w.others.calls
	if err := o.do(w.ctx(), w); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	after := w.state()
	if cmp.Equal(before, after, cmp.AllowUnexported(table.Value{})) {
		t.Fatal("it changes nothing: this tests nothing")
	}
	return after, w.data.calls + w.others.calls - reached
}

// disturbed does it with a fault at one of its calls.
func disturbed(w *town, o op, at int, fault table.Fault) error {
	calls := 0
	w.fault = func() table.Fault {
		if calls++; calls-1 == at {
			return fault
		}
		return table.FaultNone
	}
	defer func() { w.fault = nil }()
	return o.do(w.ctx(), w)
}

// state is all that the tables hold.
func (w *town) state() map[table.Key]table.Attrs {
	all := w.data.items(w.t)
	for k, a := range w.others.items(w.t) {
		all[k] = a
	}
	return all
}

// reads are the methods that only read, each with one use.
var reads = []op{
	{method: "Handle.Collectivity", do: func(ctx context.Context, w *town) error { _, err := w.h.Collectivity(ctx); return err }},
	{method: "Handle.Contact", do: func(ctx context.Context, w *town) error { _, err := w.h.Contact(ctx, ctc); return err }},
	{method: "Handle.GroupsOf", do: func(ctx context.Context, w *town) error { _, err := w.h.GroupsOf(ctx, ctc); return err }},
	{method: "Handle.ContactsAt", do: func(ctx context.Context, w *town) error { _, err := w.h.ContactsAt(ctx, "jean@x.fr"); return err }},
	{method: "Handle.Imports", do: func(ctx context.Context, w *town) error { _, err := w.h.Imports(ctx); return err }},
	{method: "Handle.ImportLines", do: func(ctx context.Context, w *town) error { _, err := w.h.ImportLines(ctx, imp); return err }},
	{method: "Handle.Addresses", do: func(ctx context.Context, w *town) error {
		return w.h.Addresses(ctx, func(directory.Address, directory.ContactID) bool { return true })
	}},
	{method: "Handle.BehindAddress", do: func(ctx context.Context, w *town) error {
		return w.h.BehindAddress(ctx, "jean@x.fr", func(directory.ContactID) {})
	}},
	{method: "Handle.AllContacts", do: func(ctx context.Context, w *town) error {
		return w.h.AllContacts(ctx, func(directory.Contact) bool { return true })
	}},
	{method: "Handle.Memberships", do: func(ctx context.Context, w *town) error {
		return w.h.Memberships(ctx, func(directory.ContactID, directory.GroupID) bool { return true })
	}},
	{method: "Handle.LikeAny", do: func(ctx context.Context, w *town) error {
		return w.h.LikeAny(ctx, map[string]bool{"dupont jean": true}, func(string, directory.ContactID) {})
	}},
	{method: "Handle.Rows", do: func(ctx context.Context, w *town) error {
		return w.h.Rows(ctx, ByName, "", func(Row) bool { return true })
	}},
	{method: "Handle.Alike", do: func(ctx context.Context, w *town) error {
		return w.h.Alike(ctx, "", func(string, string, bool, directory.ContactID) bool { return true })
	}},
	{method: "Handle.ContactCount", do: func(ctx context.Context, w *town) error { _, err := w.h.ContactCount(ctx); return err }},
	{method: "Handle.Substitutes", do: func(ctx context.Context, w *town) error { _, err := w.h.Substitutes(ctx, ctc); return err }},
	{method: "Handle.ContactsWithWord", do: func(ctx context.Context, w *town) error { _, err := w.h.ContactsWithWord(ctx, "du"); return err }},
	{method: "Handle.Assembly", do: func(ctx context.Context, w *town) error { _, err := w.h.Assembly(ctx, asm); return err }},
	{method: "Handle.Assemblies", do: func(ctx context.Context, w *town) error { _, err := w.h.Assemblies(ctx); return err }},
	{method: "Handle.Import", do: func(ctx context.Context, w *town) error { _, err := w.h.Import(ctx, imp); return err }},
	{method: "Handle.Convocation", do: func(ctx context.Context, w *town) error { _, err := w.h.Convocation(ctx, cnv); return err }},
	{method: "Handle.List", do: func(ctx context.Context, w *town) error { return w.h.List(ctx, "", func(Listed) bool { return true }) }},
	{method: "Handle.Documents", do: func(ctx context.Context, w *town) error { _, err := w.h.Documents(ctx, cnv); return err }},
	{method: "Handle.Document", do: func(ctx context.Context, w *town) error { _, err := w.h.Document(ctx, cnv, doc); return err }},
	{method: "Handle.Group", do: func(ctx context.Context, w *town) error { _, err := w.h.Group(ctx, grp); return err }},
	{method: "Handle.Groups", do: func(ctx context.Context, w *town) error { _, err := w.h.Groups(ctx); return err }},
	{method: "Handle.GroupNamed", do: func(ctx context.Context, w *town) error { _, err := w.h.GroupNamed(ctx, "CONSEIL"); return err }},
	{method: "Handle.Members", do: func(ctx context.Context, w *town) error { _, err := w.h.Members(ctx, grp); return err }},
	{method: "Handle.MemberContacts", do: func(ctx context.Context, w *town) error { _, err := w.h.MemberContacts(ctx, grp); return err }},
	{method: "Handle.Order", do: func(ctx context.Context, w *town) error { _, err := w.h.Order(ctx, cnv, ord); return err }},
	{method: "Handle.Recipient", do: func(ctx context.Context, w *town) error { _, err := w.h.Recipient(ctx, toJean); return err }},
	{method: "Handle.RecipientOf", do: func(ctx context.Context, w *town) error {
		_, _, err := w.h.RecipientOf(ctx, cnv, toJean.Recipient)
		return err
	}},
	{method: "Handle.NoticeOf", given: answered, do: func(ctx context.Context, w *town) error {
		_, _, err := w.h.NoticeOf(ctx, cnv, rcp, ntc)
		return err
	}},
	{method: "Handle.Register", do: func(ctx context.Context, w *town) error { _, err := w.h.Register(ctx, cnv); return err }},
	{method: "Handle.Recipients", do: func(ctx context.Context, w *town) error {
		return w.h.Recipients(ctx, cnv, 1, func(convocation.Recipient) bool { return true })
	}},
	{method: "Handle.Totals", do: func(ctx context.Context, w *town) error { _, err := w.h.Totals(ctx, cnv); return err }},
	{method: "Handle.RecipientsPart", do: func(ctx context.Context, w *town) error {
		_, _, err := w.h.RecipientsPart(ctx, cnv, 1, "", 10)
		return err
	}},
	{method: "Handle.RecipientsAfter", do: func(ctx context.Context, w *town) error {
		_, _, err := w.h.RecipientsAfter(ctx, cnv, Place{})
		return err
	}},
	{method: "Handle.EventsBefore", do: func(ctx context.Context, w *town) error {
		_, err := w.h.EventsBefore(ctx, EventPlace(told(journal.GroupSaved)), 10)
		return err
	}},
	{method: "Handle.Events", do: func(ctx context.Context, w *town) error { _, err := w.h.Events(ctx, 10); return err }},
	{method: "Handle.Reply", given: answered, do: func(ctx context.Context, w *town) error { _, err := w.h.Reply(ctx, toJean, 1); return err }},
	{method: "Handle.Draft", do: func(ctx context.Context, w *town) error { _, err := w.h.Draft(ctx, toJean); return err }},
	{method: "Handle.ReplyDocuments", do: func(ctx context.Context, w *town) error { _, err := w.h.ReplyDocuments(ctx, toJean); return err }},
	{method: "Handle.ValidatedRevision", given: answered, do: func(ctx context.Context, w *town) error {
		_, err := w.h.ValidatedRevision(ctx, toJean, 1)
		return err
	}},
	{method: "Accounts.User", do: func(ctx context.Context, w *town) error { _, err := w.accounts.User(ctx, "secretaire"); return err }},
	{method: "Accounts.Session", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Session(ctx, "digest"); return err }},
	{method: "Accounts.Sightings", do: func(ctx context.Context, w *town) error {
		_, err := w.accounts.Sightings(ctx, "secretaire", 5)
		return err
	}},
	{method: "Accounts.Invited", do: func(ctx context.Context, w *town) error {
		_, err := w.accounts.Invited(ctx, []byte("digest"))
		return err
	}},
	{method: "Accounts.Users", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Users(ctx, siren); return err }},
	{method: "Accounts.Operators", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Operators(ctx); return err }},
	{method: "Accounts.Entry", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Entry(ctx, siren); return err }},
	{method: "Accounts.Registry", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Registry(ctx); return err }},
	{method: "Accounts.Ticket", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Ticket(ctx, "ticket"); return err }},
	{method: "Accounts.Invitations", do: func(ctx context.Context, w *town) error {
		_, err := w.accounts.Invitations(ctx, siren)
		return err
	}},
	{method: "Accounts.UserEvents", do: func(ctx context.Context, w *town) error {
		_, err := w.accounts.UserEvents(ctx, siren, "", 5)
		return err
	}},
	{method: "Accounts.Tries", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Tries(ctx, "LOGIN a"); return err }},
	{method: "Accounts.MailboxRead", do: func(ctx context.Context, w *town) error {
		_, _, err := w.accounts.MailboxRead(ctx, "9f86d081884c7d65")
		return err
	}},
	{method: "Accounts.Demo", do: func(ctx context.Context, w *town) error { _, err := w.accounts.Demo(ctx); return err }},
	{method: "Agenda.Pump", given: broken, do: func(ctx context.Context, w *town) error { _, err := w.agenda.Pump(ctx); return err }},
	{method: "Agenda.Due", do: func(ctx context.Context, w *town) error { _, err := w.agenda.Due(ctx, noon, 10); return err }},
}

func TestReadingWritesNothing(t *testing.T) {
	for _, o := range reads {
		w := newTown(t)
		if o.given != nil {
			o.given(w)
		}
		before, calls := w.data.writes+w.others.writes, w.data.calls+w.others.calls
		if err := o.do(w.ctx(), w); err != nil {
			t.Errorf("%s: %v", o.method, err)
		}
		if n := w.data.writes + w.others.writes - before; n > 0 {
			t.Errorf("%s made %d writes", o.method, n)
		}
		if w.data.calls+w.others.calls == calls {
			t.Errorf("%s read nothing", o.method)
		}
		w.fault = func() table.Fault { return table.FaultBefore }
		if err := o.do(w.ctx(), w); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("%s of a table that does not answer: %v", o.method, err)
		}
	}
}

// A method that is added is either read or written here.
func TestEveryMethodIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, o := range slices.Concat(ops, reads) {
		tried[o.method] = true
	}
	for name, kind := range map[string]reflect.Type{
		"Handle": reflect.TypeFor[*Handle](), "Accounts": reflect.TypeFor[*Accounts](), "Agenda": reflect.TypeFor[*Agenda](),
	} {
		for i := range kind.NumMethod() {
			method := name + "." + kind.Method(i).Name
			if !tried[method] {
				t.Errorf("%s is never tried", method)
			}
			delete(tried, method)
		}
	}
	for method := range tried {
		t.Errorf("%s is no method", method)
	}
}

// A handle that was made for one collectivité and is told the name of another reaches nothing.
func TestHandleOfOneCollectivityRefusesTheOthers(t *testing.T) {
	const neighbour collectivity.ID = "234400034"
	for _, o := range slices.Concat(ops, reads) {
		if !strings.HasPrefix(o.method, "Handle.") {
			continue
		}
		w := newTown(t)
		if o.given != nil {
			o.given(w)
		}
		before, calls := w.state(), w.data.calls
		w.h.ID = neighbour
		if err := o.do(w.ctx(), w); !errors.Is(err, table.ErrForeign) {
			t.Errorf("%s: got %v", o, err)
		}
		if n := w.data.calls - calls; n > 0 {
			t.Errorf("%s: %d calls reached the table", o, n)
		}
		if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
			t.Errorf("%s: the table has changed\n%s", o, diff)
		}
	}
}

// Each item says by which version of the program's vocabulary it was written.
func TestEveryItemHasItsVersion(t *testing.T) {
	for _, o := range ops {
		w := newTown(t)
		if o.given != nil {
			o.given(w)
		}
		w.must(o.do(w.ctx(), w))
		for k, a := range w.state() {
			if a.Int("v") != version {
				t.Errorf("after %s: %s %s has the version %d", o, k.Partition, k.Sort, a.Int("v"))
			}
		}
	}
}

// zeros is randomness that repeats.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// answered makes Jean validate a reply, of which a notice tells.
func answered(w *town) {
	arrived(w)
	written(w)
	w.must(w.h.Validate(w.ctx(), cnv, w.jeanNow(), 1, Answer{Reply: draftReply, Notices: []convocation.Recipient{receipt()}}))
}

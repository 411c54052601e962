package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/rights"
	"convoc/shared/table"
	"convoc/shared/table/memtable"
)

// spy notes the keys that are written to a table, and counts the calls that reach it.
type spy struct {
	table.Table
	written map[table.Key]bool
	calls   int
	writes  int
}

func spyOn(engine table.Table) *spy { return &spy{Table: engine, written: map[table.Key]bool{}} }

func (s *spy) note(writes ...table.Write) {
	s.calls++
	s.writes++
	for _, w := range writes {
		s.written[w.Key] = true
	}
}

func (s *spy) Get(ctx context.Context, k table.Key) (table.Item, error) {
	s.calls++
	return s.Table.Get(ctx, k)
}

func (s *spy) Query(ctx context.Context, q table.Query) (table.Page, error) {
	s.calls++
	return s.Table.Query(ctx, q)
}

func (s *spy) Write(ctx context.Context, w table.Write) (table.Item, error) {
	s.note(w)
	return s.Table.Write(ctx, w)
}

func (s *spy) Transact(ctx context.Context, writes ...table.Write) error {
	s.note(writes...)
	return s.Table.Transact(ctx, writes...)
}

// items are all that the table holds.
func (s *spy) items(t *testing.T) map[table.Key]table.Attrs {
	t.Helper()
	all := map[table.Key]table.Attrs{}
	for _, k := range slices.SortedFunc(maps.Keys(s.written), func(a, b table.Key) int { return strings.Compare(a.Sort, b.Sort) }) {
		item, err := s.Table.Get(t.Context(), k)
		if err == nil {
			all[k] = item.Attrs
		} else if !isNotFound(err) {
			t.Fatal(err)
		}
	}
	return all
}

// Names in the town of these tests. A minute passes between two things that happen.
const (
	ctc2 directory.ContactID     = "ctc_zzzzzzzzzzzzzzzz"
	grp2 directory.GroupID       = "grp_zzzzzzzzzzzzzzzz"
	cnv2 convocation.ID          = "cnv_zzzzzzzzzzzzzzzz"
	doc2 convocation.DocumentID  = "doc_zzzzzzzzzzzzzzzz"
	ord2 convocation.OrderID     = "ord_zzzzzzzzzzzzzzzz"
	rcp2 convocation.RecipientID = "rcp_zzzzzzzzzzzzzzzz"
	asm2 convocation.AssemblyID  = "asm_zzzzzzzzzzzzzzzz"
	imp                          = "imp_aaaaaaaaaaaaaaaa"
)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

func told(what journal.What) journal.Event {
	return journal.Event{ID: "evt_" + strings.Repeat("a", 16), At: minute(1), Who: "secretaire", What: what, Subject: "x", Count: 1}
}

// town is one collectivité with some of everything: an assembly, a contact of one group, a draft with a document, a
// convocation that is being sent to one recipient, a user with a session, an invitation.
type town struct {
	t        *testing.T
	h        *Handle
	accounts *Accounts
	agenda   *Agenda
	data     *spy
	others   *spy // accounts and agenda: their keys do not meet

	seen convocation.Recipient // as it was read before something is done

	// fault, when set, decides what happens to the next call.
	fault func() table.Fault
}

func newTown(t *testing.T) *town {
	t.Helper()
	return townOn(t, memtable.New())
}

// townOn is a town whose data is in a table.
func townOn(t *testing.T, data table.Table) *town {
	t.Helper()
	w := &town{t: t, data: spyOn(data), others: spyOn(memtable.New())}
	decide := func(string, table.Key) table.Fault {
		if w.fault == nil {
			return table.FaultNone
		}
		return w.fault()
	}
	others := table.Faulty(w.others, decide)
	tables := Tables{Data: table.Faulty(w.data, decide), Accounts: others, Agenda: others}
	w.h, w.accounts, w.agenda = tables.Collectivity(siren), tables.AccountsHandle(), tables.AgendaHandle()
	w.settle()
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) ctx() context.Context { return w.t.Context() }

// Things of the town as they are when it is new.
var (
	council = directory.Group{ID: grp, Name: "Conseil", CreatedAt: noon}
	office  = directory.Group{ID: grp2, Name: "Bureau", Shared: true, CreatedAt: noon}
	jean    = directory.Contact{
		ID: ctc, Version: 1, Name: "Jean Dupont", Addresses: []directory.Address{"jean@x.fr"}, CreatedAt: noon, UpdatedAt: noon,
	}
	draft   = convocation.Convocation{ID: cnv2, Version: 1, Subject: "Brouillon", Key: []byte("key"), CreatedAt: noon, ChangedAt: noon}
	pending = convocation.Document{
		ID: doc2, Name: "ordre.pdf", Size: 10, Position: 1, State: convocation.DocumentPending, Key: "k", AskedAt: noon,
	}
	stored = convocation.Document{
		ID: doc, Name: "note.pdf", Size: 10, Position: 1, State: convocation.DocumentStored, Key: "k", AskedAt: noon, StoredAt: noon,
	}
	sending   = convocation.Convocation{ID: cnv, Version: 1, Subject: "Conseil", Key: []byte("key"), CreatedAt: noon, ChangedAt: minute(1)}
	firstSend = Order{ID: ord, At: minute(2), By: "secretaire", First: true, Who: WhoAll}
	bureau    = convocation.Assembly{ID: asm, Version: 1, Name: "Bureau", Body: law.Own, Members: 8, Group: grp2}
	upload    = Import{ID: imp, Name: "contacts.csv", Key: "k", By: "secretaire", CreatedAt: noon}
	secretary = User{Login: "secretaire", Name: "Anne", Hash: "$argon2id$", CreatedAt: noon,
		Memberships: []Membership{{Collectivity: siren, Role: rights.Sender}},
	}
)

// guest is invited to the collectivité.
var guest = Ticket{What: TicketInvitation, Collectivity: siren, Role: rights.Reader, Name: "Paul", Mail: "paul@x.fr", CreatedAt: noon, Until: minute(60)}

// asStored is a user as she is read once she was created.
func asStored(u User) User {
	u.Revision = 1
	return u
}

// frozen is the convocation as « Envoyer » fixed it.
func frozen() convocation.Convocation {
	c := sending
	c.Shards, c.Frozen = 1, convocation.Frozen{At: minute(2), Count: 2, Set: "set", SenderName: "Saint-Aubin", TimeZone: "Europe/Paris"}
	c.Audience.To = []convocation.Entry{{Group: grp, Name: "Conseil", Count: 1}}
	return c
}

func person(id convocation.RecipientID) convocation.Recipient {
	return convocation.Recipient{
		ID: id, Name: "Jean", Address: "jean@x.fr", Type: convocation.To, Order: ord, OrderAt: minute(2), Orders: 1,
	}
}

func (w *town) settle() {
	w.must(w.h.PutCollectivity(w.ctx(), collectivity.Collectivity{ID: siren, Name: "Saint-Aubin", CreatedAt: noon}))
	w.must(w.h.CreateGroup(w.ctx(), council, told(journal.GroupSaved)))
	w.must(w.h.CreateGroup(w.ctx(), office, told(journal.GroupSaved)))
	w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, jean, nil, []directory.GroupID{grp}))
	w.must(w.h.PutImport(w.ctx(), upload))
	w.must(w.h.SaveAssembly(w.ctx(), bureau, told(journal.AssemblySaved)))
	w.must(w.h.CreateConvocation(w.ctx(), draft, told(journal.ConvocationCreated)))
	w.must(w.h.PutDocument(w.ctx(), cnv2, pending))
	w.must(w.h.CreateConvocation(w.ctx(), sending, told(journal.ConvocationCreated)))
	w.must(w.h.PutDocument(w.ctx(), cnv, stored))
	w.must(w.h.AskSend(w.ctx(), sending, minute(2), "secretaire", firstSend, told(journal.SendAsked)))
	w.must(w.h.Freeze(w.ctx(), frozen(), nil))
	w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{person(rcp)}))
	w.must(w.accounts.CreateUser(w.ctx(), secretary))
	w.must(w.accounts.CreateSession(w.ctx(), "digest", Session{Login: "secretaire", CreatedAt: noon, UsedAt: noon}))
	w.must(w.accounts.PutInvitation(w.ctx(), []byte("digest"), noon))
	w.must(w.accounts.Commit(w.ctx(), Entered(collectivity.Entry{ID: siren, Name: "Saint-Aubin", CreatedAt: noon})))
	w.must(w.accounts.Commit(w.ctx(), TicketMade("ticket", guest)))
	w.must(w.agenda.Put(w.ctx(), toSend))
}

var toJean = convocation.RecipientRef{Convocation: cnv, Recipient: rcp}

// jeanNow is the recipient as it is.
func (w *town) jeanNow() convocation.Recipient {
	w.t.Helper()
	r, err := w.h.Recipient(w.ctx(), toJean)
	w.must(err)
	return r
}

// attemptBy is attempt n as an owner claims it, n minutes after its order.
func attemptBy(owner string, n int) convocation.Attempt {
	return convocation.Attempt{
		N: n, Order: ord, ClaimedAt: minute(2 + n), Owner: owner, LeaseUntil: minute(4 + n), Digest: []byte(owner + string(rune('0'+n))),
	}
}

// claim makes the next attempt.
func (w *town) claim() convocation.Recipient {
	w.t.Helper()
	r := w.jeanNow()
	r, err := w.h.Claim(w.ctx(), cnv, r, attemptBy("owner", r.LastN()+1))
	w.must(err)
	return r
}

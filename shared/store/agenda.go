package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/table"
)

// What is due.
type What string

// The kinds of agenda entries.
const (
	DueSend   What = "send"   // an order is to be prepared: freeze, materialise
	DuePlan   What = "plan"   // likewise, as it was planned
	DueRun    What = "run"    // an order runs: ring, settle
	DueRemind What = "remind" // those who have not answered are to be reminded
	DueUpload What = "upload" // a document was asked for: did it arrive?
	DueList   What = "list"   // somebody acted: the list is to be put in order
	DueNotice What = "notice" // a notice is to be sent
	DueBegun  What = "begun"  // a reply was begun: was it sent?
)

// Pumped tells the kinds whose entries are done together, by whoever decides who is rung.
func (w What) Pumped() bool { return w == DueRun || w == DueNotice }

// AgendaEntry says what is due, when and for whom (« échéancier »). The order is "-" where there is none; for an upload
// it is the document, with the recipient's reference when it belongs to a reply; for a notice, or a reply that was begun,
// what [RecipientOrder] writes.
type AgendaEntry struct {
	Due          time.Time
	Collectivity collectivity.ID
	Convocation  convocation.ID
	What         What
	Order        convocation.OrderID
}

// NoOrder fills the order of an entry that has none.
const NoOrder convocation.OrderID = "-"

// Agenda reads and writes the agenda of the whole installation. It holds identifiers only.
type Agenda struct{ table table.Table }

// AgendaHandle gives the agenda to those who need it: the use cases that put something in it, and the sweeper.
func (t Tables) AgendaHandle() *Agenda { return &Agenda{t.Agenda} }

// Put writes an entry; writing it twice changes nothing.
func (g *Agenda) Put(ctx context.Context, e AgendaEntry) error {
	_, err := g.table.Write(ctx, table.Put(agendaKey(e), newAttrs().Attrs))
	return err
}

// Done removes an entry.
func (g *Agenda) Done(ctx context.Context, e AgendaEntry) error {
	_, err := g.table.Write(ctx, table.Delete(agendaKey(e)))
	return err
}

// Move puts the entry at another time. The new one is written first: a kill between leaves two, which is harmless.
func (g *Agenda) Move(ctx context.Context, e AgendaEntry, due time.Time) error {
	moved := e
	moved.Due = due
	if agendaKey(moved) == agendaKey(e) {
		return nil
	}
	if err := g.Put(ctx, moved); err != nil {
		return err
	}
	return g.Done(ctx, e)
}

// Due lists what is due at now, the oldest first, at most limit.
func (g *Agenda) Due(ctx context.Context, now time.Time, limit int) ([]AgendaEntry, error) {
	return g.entries(ctx, table.Query{To: stamp(now.Add(time.Millisecond)), Limit: limit}, limit)
}

// Recall makes due what lies further ahead of now than its kind ever does: a clock that has been set back since wrote
// it, and nobody would look at it for as long. It returns how many entries that were. A kind for which nothing is said
// may lie anywhere.
func (g *Agenda) Recall(ctx context.Context, now time.Time, furthest map[What]time.Duration) (int, error) {
	ahead, err := g.entries(ctx, table.Query{From: stamp(now.Add(time.Millisecond))}, math.MaxInt)
	recalled := 0
	for _, e := range ahead {
		if far, known := furthest[e.What]; !known || e.Due.Sub(now) <= far {
			continue
		}
		if err := g.Move(ctx, e, now); err != nil {
			return recalled, err
		}
		recalled++
	}
	return recalled, err
}

// entries reads what a query asks of the agenda. One that cannot be read is told, and keeps no other waiting.
func (g *Agenda) entries(ctx context.Context, q table.Query, limit int) ([]AgendaEntry, error) {
	var due []AgendaEntry
	var bad error
	q.Partition = agendaPartition
	err := each(ctx, g.table, q, func(i table.Item) bool {
		e, err := parseAgenda(i.Key.Sort)
		if err != nil {
			bad = err
			return true
		}
		due = append(due, e)
		return len(due) < limit
	})
	if err == nil {
		err = bad
	}
	return due, err
}

func parseAgenda(sort string) (AgendaEntry, error) {
	parts := strings.Split(sort, "#")
	if len(parts) != 5 {
		return AgendaEntry{}, fmt.Errorf("store: agenda key of %d parts", len(parts))
	}
	due, err := time.Parse(timeLayout, parts[0])
	if err != nil {
		return AgendaEntry{}, fmt.Errorf("store: agenda key: %w", err)
	}
	return AgendaEntry{
		Due: due, Collectivity: collectivity.ID(parts[1]), Convocation: convocation.ID(parts[2]),
		What: What(parts[3]), Order: convocation.OrderID(parts[4]),
	}, nil
}

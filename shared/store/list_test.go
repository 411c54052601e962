package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// listed are the subjects of the list, from a cursor on, with the cursor behind each.
func (w *town) listed(after string) (subjects, cursors []string) {
	w.t.Helper()
	w.must(w.h.List(w.ctx(), after, func(l Listed) bool {
		subjects, cursors = append(subjects, l.Subject), append(cursors, l.Cursor)
		return true
	}))
	return subjects, cursors
}

func TestListHasTheNewestChangeFirst(t *testing.T) {
	w := newTown(t)
	check := func(what string, want ...string) {
		t.Helper()
		got, cursors := w.listed("")
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
		for i, c := range cursors {
			if rest, _ := w.listed(c); !slices.Equal(rest, want[i+1:]) {
				t.Errorf("%s: after %q comes %q", what, want[i], rest)
			}
		}
	}
	check("new", "Conseil", "Brouillon")
	c := draft
	c.Version, c.Subject, c.ChangedAt = 2, "Bureau", minute(5)
	w.must(w.h.SaveConvocation(w.ctx(), c, saved))
	check("a draft was saved", "Bureau", "Conseil")
	w.must(w.h.Relist(w.ctx(), sending, minute(9)))
	check("somebody has answered", "Conseil", "Bureau")
	w.must(w.h.Relist(w.ctx(), sending, minute(9)))
	w.must(w.h.Relist(w.ctx(), sending, minute(2)))
	check("an older change goes nowhere", "Conseil", "Bureau")
	w.must(w.h.DeleteConvocation(w.ctx(), c, nil, saved))
	check("a draft was deleted", "Conseil")
	n := 0
	w.must(w.h.List(w.ctx(), "", func(Listed) bool { n++; return false }))
	if n != 1 {
		t.Errorf("visited %d after being told to stop", n)
	}
}

// The place in the list is read, and then moved: whoever moves it in between makes the write fail, and nothing is listed
// twice or not at all.
func TestPlaceInTheListMovedMeanwhile(t *testing.T) {
	for name, write := range map[string]func(*town) error{
		"saved": func(w *town) error { return saveDraft(w.ctx(), w) },
		"deleted": func(w *town) error {
			return w.h.DeleteConvocation(w.ctx(), draft, []convocation.Document{pending}, saved)
		},
		"relisted": func(w *town) error { return w.h.Relist(w.ctx(), draft, minute(7)) },
	} {
		w := newTown(t)
		calls := 0
		w.fault = func() table.Fault {
			if calls++; calls == 2 {
				w.fault = nil
				w.must(w.h.Relist(w.ctx(), draft, minute(6)))
			}
			return table.FaultNone
		}
		if err := write(w); !errors.Is(err, table.ErrCondition) {
			t.Errorf("%s: got %v", name, err)
		}
		if got, _ := w.listed(""); !slices.Equal(got, []string{"Brouillon", "Conseil"}) {
			t.Errorf("%s: listed %q", name, got)
		}
	}
}

func TestSendingThatIsRefusedIsADraftAgain(t *testing.T) {
	w := newTown(t)
	askedFor(w)
	w.must(w.h.RefuseSend(w.ctx(), cnv2, ord2, "group_empty", "Bureau", told(journal.SendRefused)))
	c, err := w.h.Convocation(w.ctx(), cnv2)
	w.must(err)
	if !c.Draft() || c.SendAskedBy != "" || c.Version != 2 || c.Refused != "group_empty" || c.RefusedName != "Bureau" {
		t.Errorf("got %+v", c)
	}
	if _, err := w.h.Order(w.ctx(), cnv2, ord2); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("its order: %v", err)
	}
	w.must(w.h.AskSend(w.ctx(), c, minute(9), "secretaire", Order{ID: "ord_new"}, saved))
	if c, err = w.h.Convocation(w.ctx(), cnv2); err != nil || c.Refused != "" || c.RefusedName != "" || c.SendAskedBy != "secretaire" {
		t.Errorf("sent after all: %+v, %v", c, err)
	}
}

// A draft that was validated is empty, and what was shown of it can never be validated again.
func TestValidatedDraftIsEmptyAndItsRevisionsNeverComeBack(t *testing.T) {
	w := newTown(t)
	written(w)
	w.must(validate(w.ctx(), w))
	d, err := w.h.Draft(w.ctx(), toJean)
	w.must(err)
	if d.Text != "" || !d.ChangedAt.IsZero() || d.Revision != 2 {
		t.Errorf("got %+v", d)
	}
	if n, err := w.h.ValidatedRevision(w.ctx(), toJean, 1); n != 1 || err != nil {
		t.Errorf("validated was revision %d, %v", n, err)
	}
	if _, err := w.h.Reply(w.ctx(), toJean, 2); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("a version nobody has written: %v", err)
	}
}

func TestDocumentsAreInTheirOrder(t *testing.T) {
	w := newTown(t)
	want := []string{"first.pdf", "ordre.pdf", "older.pdf", "newer.pdf"}
	for i, d := range []convocation.Document{
		{Name: "newer.pdf", Position: 2, AskedAt: minute(2)}, {Name: "older.pdf", Position: 2, AskedAt: minute(1)}, {Name: "first.pdf", AskedAt: minute(3)},
	} {
		d.ID = convocation.DocumentID(fmt.Sprintf("doc_%016d", i))
		w.must(w.h.PutDocument(w.ctx(), cnv2, d))
	}
	docs, err := w.h.Documents(w.ctx(), cnv2)
	w.must(err)
	var got []string
	for _, d := range docs {
		got = append(got, d.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEventsAreTheNewestFirst(t *testing.T) {
	w := newTown(t)
	for i := range 3 {
		e := told(journal.LinksClosed)
		e.ID, e.At = fmt.Sprintf("evt_%d", i), minute(50+i%2)
		w.must(w.h.MarkClosed(w.ctx(), cnv, noon, e))
	}
	for limit, want := range map[int][]string{1: {"evt_1"}, 3: {"evt_1", "evt_2", "evt_0"}} {
		events, err := w.h.Events(w.ctx(), limit)
		w.must(err)
		var got []string
		for _, e := range events {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d of them: got %q, want %q", limit, got, want)
		}
	}
}

func TestRecipientsOfAllPartitionsAreVisited(t *testing.T) {
	w := newTown(t)
	var all []convocation.Recipient
	for shard := range convocation.MaxShards {
		r := person(convocation.RecipientID(fmt.Sprintf("rcp_%d", shard)))
		r.Shard = shard
		all = append(all, r)
	}
	w.must(w.h.Materialise(w.ctx(), cnv2, all))
	for _, c := range []struct{ shards, stop, want int }{{convocation.MaxShards, 0, 16}, {1, 0, 1}, {0, 0, 0}, {convocation.MaxShards, 5, 5}} {
		visited := 0
		w.must(w.h.Recipients(w.ctx(), cnv2, c.shards, func(r convocation.Recipient) bool {
			if visited++; string(r.ID) != fmt.Sprintf("rcp_%d", r.Shard) {
				t.Errorf("%s is in partition %d", r.ID, r.Shard)
			}
			return visited != c.stop
		}))
		if visited != c.want {
			t.Errorf("of %d partitions: %d visited, want %d", c.shards, visited, c.want)
		}
	}
}

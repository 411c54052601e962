package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// crowd is a field of so many contacts with names of so many bytes.
func crowd(entries, name int) []convocation.Entry {
	field := make([]convocation.Entry, entries)
	for i := range field {
		field[i] = convocation.Entry{Contact: directory.ContactID(fmt.Sprintf("ctc_%016d", i)), Name: strings.Repeat("n", name)}
	}
	return field
}

// widest is the draft with the longest texts and as many bytes of recipients as there may be, or some more.
func widest(more int) convocation.Convocation {
	c := draft
	c.Version, c.ChangedAt = 2, minute(3)
	c.Subject, c.Message = strings.Repeat("𝄞", convocation.MaxSubject), strings.Repeat("𝄞", convocation.MaxMessage)
	c.Audience = convocation.Audience{To: crowd(1000, 40), Cc: crowd(1000, 40), Bcc: crowd(500, 10)}
	left := maxAudience
	for _, t := range convocation.Types() {
		left -= len(entriesValue(c.Audience.Of(t)))
	}
	c.Audience.Bcc[0].Name += strings.Repeat("n", left+more)
	return c
}

func TestFieldsOfRecipientsThatAreAsLargeAsMayBe(t *testing.T) {
	w := newTown(t)
	before := w.state()
	if err := w.h.SaveConvocation(w.ctx(), widest(1), saved); !errors.Is(err, table.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something was written\n%s", diff)
	}
	w.must(w.h.SaveConvocation(w.ctx(), widest(0), saved))
	got, err := w.h.Convocation(w.ctx(), cnv2)
	w.must(err)
	if diff := cmp.Diff(widest(0), got); diff != "" {
		t.Errorf("read again (-want +got)\n%s", diff)
	}
}

// Between saving and sending all contacts were given longer names: it is sent all the same.
func TestFreezingWhatHasGrownTooLarge(t *testing.T) {
	w := newTown(t)
	w.must(w.h.SaveConvocation(w.ctx(), widest(0), saved))
	w.must(w.h.AskSend(w.ctx(), widest(0), minute(4), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
	c := widest(0)
	c.Audience.To = crowd(1000, 200)
	c.Shards, c.Frozen = 16, frozen().Frozen
	w.must(w.h.Freeze(w.ctx(), c, []convocation.Document{pending}))
	got, err := w.h.Convocation(w.ctx(), cnv2)
	w.must(err)
	if diff := cmp.Diff(c.Frozen, got.Frozen); diff != "" || got.Shards != 16 {
		t.Errorf("%d shards, frozen (-want +got)\n%s", got.Shards, diff)
	}
	if diff := cmp.Diff(widest(0).Audience, got.Audience); diff != "" {
		t.Errorf("the audience is not as it was saved (-want +got)\n%s", diff)
	}
}

package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/table"
	"convoc/shared/table/bolttable"
	"convoc/shared/table/memtable"
)

// long is a text of so many characters, each as many bytes as one can be.
func long(characters int) string { return strings.Repeat("𝄞", characters) }

// crowd is a field of so many contacts with names of so many bytes.
func crowd(entries, name int) []convocation.Entry {
	field := make([]convocation.Entry, entries)
	for i := range field {
		field[i] = convocation.Entry{Contact: directory.ContactID(fmt.Sprintf("ctc_%016d", i)), Name: strings.Repeat("n", name)}
	}
	return field
}

// widest is the draft with the longest texts, the longest meeting, and as many bytes of recipients as there may be, or
// some more.
func widest(more int) convocation.Convocation {
	c := draft
	c.Version, c.ChangedAt = 2, minute(3)
	c.Subject, c.Message = long(convocation.MaxSubject), long(convocation.MaxMessage)
	c.Audience = convocation.Audience{To: crowd(1000, 10), Cc: crowd(500, 10), Bcc: crowd(100, 10)}
	left := maxAudience
	for _, t := range convocation.Types() {
		left -= len(entriesValue(c.Audience.Of(t)))
	}
	c.Audience.Bcc[0].Name += strings.Repeat("n", left+more)
	m := longestMeeting()
	c.Meeting, c.RepliesUntil, c.LinkDays = &m, minute(900), convocation.MaxLinkDays
	c.Password = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("s", 22) + "$" + strings.Repeat("h", 43)
	return c
}

func longestMeeting() convocation.Meeting {
	m := convocation.Meeting{
		Assembly: convocation.Assembly{
			ID: asm, Version: 1 << 40, Name: long(convocation.MaxAssemblyName), Body: law.CommuneAlsaceMoselle,
			Members: convocation.MaxMembers, Group: grp, ClearDays: 60, ProxiesPerHolder: 5,
			Place: long(convocation.MaxPlace), Signatory: long(convocation.MaxSignatory),
		},
		Occasion: law.FirstAfterRenewal, At: minute(1000), Place: long(convocation.MaxPlace),
		Signatory: long(convocation.MaxSignatory), Remote: true, Substitutes: true, Urgent: long(law.MaxUrgencyReason),
	}
	for range convocation.MaxAgendaItems {
		m.Agenda = append(m.Agenda, long(convocation.MaxAgenda/convocation.MaxAgendaItems))
	}
	return m
}

// largest is the widest draft as « Envoyer » fixes it, with all that there may be: documents, names left out, councillors
// with the longest names and two addresses each.
func largest() (convocation.Convocation, []convocation.Document) {
	c := widest(0)
	c.Shards, c.Frozen = convocation.MaxShards, frozen().Frozen
	f := &c.Frozen
	key := func(name string) string { return fmt.Sprintf("%s/%s/%s/%s", siren, cnv2, ord2, name) }
	f.Count, f.Set, f.SetSHA256 = 100_000, key("recipients.jsonl"), strings.Repeat("0", 64)
	f.Zip, f.ZipSize, f.Merged, f.MergedSize = key("all.zip"), convocation.MaxDocumentsSize, key("all.pdf"), convocation.MaxDocumentsSize
	f.SenderName, f.SenderMail, f.Phone = long(200), strings.Repeat("m", 254), long(50)
	f.ClearDays, f.Article = 60, "L5211-11-1"
	for i := range convocation.MaxDocuments {
		d := convocation.Document{
			ID: convocation.DocumentID(fmt.Sprintf("doc_%016d", i)), Name: strings.Repeat("&", 180), Size: convocation.MaxDocumentSize,
			Media:    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			Position: i + 1, State: convocation.DocumentStored, Scan: convocation.ScanPending, SHA256: strings.Repeat("0", 64),
		}
		d.Key, d.FrozenKey = fmt.Sprintf("%s/%s/kept/%s", siren, cnv2, d.ID), key(string(d.ID))
		f.Documents, f.MergedLeftOut = append(f.Documents, d), append(f.MergedLeftOut, d.ID)
	}
	for i := range convocation.MaxMembers {
		f.Councillors = append(f.Councillors, convocation.Councillor{
			ID: convocation.PersonID(fmt.Sprintf("prs_%016d", i)), Name: long(directory.MaxName), Recipients: []convocation.RecipientID{
				convocation.RecipientID(fmt.Sprintf("rcp_a%015d", i)), convocation.RecipientID(fmt.Sprintf("rcp_b%015d", i)),
			},
		})
	}
	return c, f.Documents
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

// engines are those that run without a server; DynamoDB's sizes are those that they count.
func engines(t *testing.T) map[string]table.Table {
	t.Helper()
	db, err := bolttable.Open(filepath.Join(t.TempDir(), "convoc.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	bolt, err := db.Table("data")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]table.Table{"memtable": memtable.New(), "bolttable": bolt}
}

// All limits reached at once make no item that the table refuses: else the order could never be carried out.
func TestLargestConvocationIsSent(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			w := townOn(t, engine)
			c, docs := largest()
			w.must(w.h.SaveConvocation(w.ctx(), widest(0), saved))
			w.must(w.h.AskSend(w.ctx(), c, minute(4), strings.Repeat("l", 100), Order{ID: ord2}, told(journal.SendAsked)))
			w.must(w.h.Freeze(w.ctx(), c, docs))
			w.must(w.h.MarkSent(w.ctx(), cnv2, minute(5)))
			w.must(w.h.MarkClosed(w.ctx(), cnv2, minute(6), told(journal.LinksClosed)))
			got, err := w.h.Convocation(w.ctx(), cnv2)
			w.must(err)
			for i := range c.Frozen.Councillors { // what is cut of a name is whole in the recipients
				councillor := &c.Frozen.Councillors[i]
				if kept := got.Frozen.Councillors[i].Name; len(kept) < 80 || !strings.HasPrefix(councillor.Name, kept) {
					t.Fatalf("councillor %d is named %q", i, kept)
				}
				councillor.Name = got.Frozen.Councillors[i].Name
			}
			if diff := cmp.Diff(c.Frozen, got.Frozen); diff != "" {
				t.Errorf("frozen (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.Meeting, got.Meeting); diff != "" {
				t.Errorf("meeting (-want +got)\n%s", diff)
			}
			item, err := w.data.Get(w.ctx(), headKey(siren, cnv2))
			w.must(err)
			if left := table.MaxItemSize - item.Size(); left < 4<<10 {
				t.Errorf("%d bytes are left for what is added later", left)
			}
		})
	}
}

// Names are cut only where they are too long together.
func TestNamesOfCouncillorsAreWhole(t *testing.T) {
	few := []convocation.Councillor{{ID: "prs_a", Name: long(directory.MaxName)}, {ID: "prs_b", Name: strings.Repeat("m", 254)}}
	many, _ := largest()
	for i := range many.Frozen.Councillors {
		many.Frozen.Councillors[i].Name = strings.Repeat("é", 45)
	}
	for name, list := range map[string][]convocation.Councillor{"a few long ones": few, "as many as may be": many.Frozen.Councillors} {
		if diff := cmp.Diff(list, councillorsOf(valueOf[[]storedCouncillor](councillorsValue(list)))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// Between saving and sending all contacts were given longer names: it is sent all the same.
func TestFreezingWhatHasGrownTooLarge(t *testing.T) {
	w := newTown(t)
	w.must(w.h.SaveConvocation(w.ctx(), widest(0), saved))
	w.must(w.h.AskSend(w.ctx(), widest(0), minute(4), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
	c := widest(0)
	c.Audience.To = crowd(1000, 250)
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

package cost_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"convoc/infra/cost"
	"convoc/infra/wiring"
	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// How the cloud groups what the product asks for.
const (
	bellsInCall   = 10   // sqsqueue sends so many bells in one request
	secondsOfMail = 0.25 // deliver-mail, per mail: two reads, two writes, one call of SES
	secondsOfPage = 0.05 // a page or an act of an élu
	requestsOfElu = 8    // first page, style, open, read, save, check, send, thanks

	secondsOfEvent = 0.05 // record-mail-event, per event: one read, one write
)

// events are those of a mail that arrives.
var events = []mail.EventKind{mail.EventAccepted, mail.EventDelivered}

// counted is what the product asked for, per recipient.
type counted struct {
	calls, reads, writes float64 // calls of the tables, read and write units
	bells                float64
}

func per(n int, after, before table.Counts, bells int) counted {
	share := func(total int) float64 { return float64(total) / float64(n) }
	return counted{
		calls: share(after.Reads + after.Writes - before.Reads - before.Writes),
		reads: share(after.ReadUnits - before.ReadUnits), writes: share(after.WriteUnits - before.WriteUnits),
		bells: share(bells),
	}
}

// send runs a sending to so many people and counts.
func send(t testing.TB, n int) (*worldtest.World, []mail.Tags, counted) {
	w := worldtest.New(t)
	mails := posted(w)
	d := w.Draft(n)
	w.Put(d.ID, "ordre.pdf", "%PDF-1.4 a")
	bells := &counter{}
	w.Dispatch.Queue = bells
	before := w.Counts()
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for len(bells.waiting) > 0 {
		b := bells.waiting[0]
		bells.waiting = bells.waiting[1:]
		answerBell := w.Dispatch.Deliver
		if b.Kind == queue.Dispatch {
			answerBell = w.Dispatch.Answer
		}
		if err := answerBell(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if w.Mail.Calls != n {
		t.Fatalf("%d mails for %d recipients", w.Mail.Calls, n)
	}
	return w, *mails, per(n, w.Counts(), before, bells.rung)
}

// counter keeps bells, and how many were rung.
type counter struct {
	waiting []queue.Bell
	rung    int
}

func (c *counter) Ring(_ context.Context, bells ...queue.Bell) error {
	c.waiting, c.rung = append(c.waiting, bells...), c.rung+len(bells)
	return nil
}

// posted keeps the tags of the mails that leave from now on.
func posted(w *worldtest.World) *[]mail.Tags {
	all := new([]mail.Tags)
	w.Mail.Decide = func(m mail.Envelope) mail.Result {
		*all = append(*all, m.Tags)
		return mail.Result{Outcome: mail.Accepted, MessageID: "id"}
	}
	return all
}

// hear records the events of mails, and counts.
func hear(t testing.TB, w *worldtest.World, mails []mail.Tags) counted {
	before := w.Counts()
	for _, tags := range mails {
		for _, kind := range events {
			must(t, w.Dispatch.Hear(t.Context(), mail.Event{Tags: tags, Kind: kind, SentAt: w.Clock, At: w.Clock}))
		}
	}
	return per(len(mails), w.Counts(), before, 0)
}

// cycle lets every recipient open, read, write and send a reply, delivers the receipts, and counts.
func cycle(t testing.TB, w *worldtest.World, n int) counted {
	before := w.Counts()
	bells := &counter{}
	w.Dispatch.Queue = bells
	mails := w.Mail.Calls
	for address := range w.Mail.Links {
		visit := func() answer.Visit {
			v, err := w.Visit(address)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		page := func() answer.Page {
			p, err := w.Answer.Page(t.Context(), visit())
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		visit() // the first page
		_, err := w.Answer.Open(t.Context(), visit(), convocation.Signals{})
		must(t, err)
		page() // read
		must(t, w.Answer.Save(t.Context(), visit(), answer.Typed{Text: "Présent"}))
		p := page() // check
		_, err = w.Answer.Validate(t.Context(), visit(), p.Draft.Revision)
		must(t, err)
		page() // thanks
	}
	deliver(t, w, bells, mails+n)
	return per(n, w.Counts(), before, bells.rung)
}

// deliver lets the sweeper ring for the receipts until so many mails have left, and looks until nothing is due any more.
func deliver(t testing.TB, w *worldtest.World, bells *counter, mails int) {
	t.Helper()
	for range 10 {
		must(t, w.Sweep.Pass(t.Context()))
		for ; len(bells.waiting) > 0; bells.waiting = bells.waiting[1:] {
			must(t, w.Dispatch.Deliver(t.Context(), bells.waiting[0]))
		}
		w.Clock = w.Clock.Add(30 * time.Second)
	}
	if w.Mail.Calls != mails {
		t.Fatalf("%d mails left, want %d", w.Mail.Calls, mails)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sending is what one recipient of a sending uses, the events of her mail included.
func sending(c, heard counted) cost.Use {
	deliver, record, n := wiring.Named("deliver-mail"), wiring.Named("record-mail-event"), float64(len(events))
	bells, told := c.bells/float64(deliver.Batch), n/float64(record.Batch) // batches
	return cost.Use{
		cost.Mail: 1, cost.MailEvent: n, cost.WriteUnit: c.writes + heard.writes, cost.ReadUnit: c.reads + heard.reads,
		cost.QueueCall:  c.bells/bellsInCall + 2*(bells+told), // rung; received and deleted
		cost.Invocation: bells + told,
		cost.GBSecond:   (secondsOfMail*float64(deliver.Memory) + n*secondsOfEvent*float64(record.Memory)) / 1024,
	}
}

// answering is what one recipient who opens and replies uses, her receipt by mail included.
func answering(c, heard counted) cost.Use {
	memory := float64(wiring.Named("answer-convocation").Memory) / 1024
	use := sending(c, heard)
	use[cost.Invocation] += requestsOfElu
	use[cost.GBSecond] += requestsOfElu * secondsOfPage * memory
	use[cost.APIRequest], use[cost.EdgeRequest], use[cost.WAFRequest] = requestsOfElu, requestsOfElu, requestsOfElu
	return use
}

// What a recipient costs is counted here, and may not grow unseen. The figures are in infra/RUNBOOK.md.
func TestCostOfTenThousandRecipients(t *testing.T) {
	t.Logf("%10s %8s %12s %12s %8s", "recipients", "calls", "write units", "read units", "bells")
	for _, n := range []int{10, 100, 1_000} {
		if testing.Short() && n > 100 {
			break
		}
		w, mails, sent := send(t, n)
		heard := hear(t, w, mails)
		full := counted{}
		if n <= 100 {
			full = cycle(t, w, n)
		}
		t.Logf("%10d %8.2f %12.2f %12.2f %8.2f   sending", n, sent.calls, sent.writes, sent.reads, sent.bells)
		t.Logf("%10s %8.2f %12.2f %12.2f %8s   hearing of it", "", heard.calls, heard.writes, heard.reads, "")
		if n > 100 {
			continue
		}
		t.Logf("%10s %8.2f %12.2f %12.2f %8s   opening and replying", "", full.calls, full.writes, full.reads, "")
		if n < 100 {
			continue
		}
		post := 10_000 * cost.Use{cost.Mail: 1}.USD()
		alone, all := 10_000*sending(sent, heard).USD(), 10_000*(sending(sent, heard).USD()+answering(full, heard).USD())
		receipts := 2 * post // a convocation and a receipt for each
		t.Logf("10,000 recipients: mails alone $%.2f, sending $%.2f (%.2f×), sending and all replies $%.2f (%.2f× the mails, receipts included)",
			post, alone, alone/post, all, all/receipts)
		bound(t, "calls of the tables, queue and mail for one recipient of a sending", sent.calls+sent.bells/bellsInCall+1, 6.5)
		bound(t, "write units for one recipient of a sending", sent.writes, 4.5)
		bound(t, "calls of the tables for the events of one mail", heard.calls, 4)
		bound(t, "cost of a sending beside its mails", alone/post, 1.10)
		bound(t, "cost of a sending with all replies beside its mails, receipts included", all/receipts, 1.35)
		for _, path := range []string{"../RUNBOOK.md", "../../README.md"} {
			told(t, path, post, alone)
		}
		told(t, "../RUNBOOK.md", all)
	}
}

// told holds the figures that a document gives against those that were counted.
func told(t *testing.T, path string, figures ...float64) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if want := fmt.Sprintf("$%.2f", f); !strings.Contains(string(raw), want) {
			t.Errorf("%s does not say %s", path, want)
		}
	}
}

func bound(t *testing.T, what string, got, most float64) {
	t.Helper()
	if math.IsNaN(got) || got > most {
		t.Errorf("%s: %s, at most %.2f", what, fmt.Sprintf("%.2f", got), most)
	}
}

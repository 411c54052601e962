package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// receipt is what confirms Jean's first reply.
func receipt() convocation.Recipient {
	n := person(rcp)
	n.Notice = convocation.Notice{ID: ntc, Kind: convocation.NoticeReceipt, Reply: 1}
	n.Order, n.OrderAt = convocation.OrderID(ntc), minute(6)
	return n
}

var toReceipt = convocation.RecipientRef{Convocation: cnv, Recipient: rcp, Notice: ntc}

func (w *town) receiptNow() convocation.Recipient {
	w.t.Helper()
	_, n, err := w.h.NoticeOf(w.ctx(), cnv, rcp, ntc)
	w.must(err)
	return n
}

// attemptOfReceipt is attempt n to mail the receipt.
func attemptOfReceipt(n int) convocation.Attempt {
	a := attemptBy("owner", n)
	a.Order = convocation.OrderID(ntc)
	return a
}

// noticed claims the first attempt to mail the receipt; noticeLost gives it up.
func noticed(w *town) {
	answered(w)
	_, err := w.h.Claim(w.ctx(), cnv, w.receiptNow(), attemptOfReceipt(1))
	w.must(err)
}

func noticeLost(w *town) {
	noticed(w)
	w.must(w.h.Lose(w.ctx(), toReceipt, 1, "owner", "timeout", minute(9), minute(10)))
}

// noticeOps are the attempts of a notice, written as those of the convocation are.
var noticeOps = append([]op{
	{method: "Handle.Claim", how: "a notice", given: answered, do: func(ctx context.Context, w *town) error {
		_, err := w.h.Claim(ctx, cnv, receipt(), attemptOfReceipt(1))
		return err
	}},
	{method: "Handle.Accept", how: "a notice", given: noticed, do: func(ctx context.Context, w *town) error {
		return w.h.Accept(ctx, toReceipt, 1, "owner", "id", minute(9))
	}},
	{method: "Handle.Refuse", how: "a notice", given: noticed, do: func(ctx context.Context, w *town) error {
		return w.h.Refuse(ctx, toReceipt, 1, "owner", "no_mailbox", true, minute(9), noon)
	}},
	{method: "Handle.Lose", how: "a notice", given: noticed, do: func(ctx context.Context, w *town) error {
		return w.h.Lose(ctx, toReceipt, 1, "owner", "timeout", minute(9), minute(10))
	}},
	{method: "Handle.GiveBack", how: "a notice", given: noticed, do: func(ctx context.Context, w *town) error {
		return w.h.GiveBack(ctx, toReceipt, 1, "owner", minute(9), "connection")
	}},
	{method: "Handle.Disprove", how: "a notice", given: noticeLost, do: func(ctx context.Context, w *town) error {
		return w.h.Disprove(ctx, toReceipt, 1, minute(9))
	}},
	{method: "Handle.Prove", how: "a notice", given: noticeLost, do: func(ctx context.Context, w *town) error {
		return w.h.Prove(ctx, toReceipt, 1, minute(9))
	}},
}, noticeHearOps...)

// What becomes of a notice is nothing that happens to the recipient, nor the other way round.
func TestNoticeAndItsRecipientStayApart(t *testing.T) {
	for _, o := range noticeOps {
		w := newTown(t)
		o.given(w)
		before, was := w.jeanNow(), w.receiptNow()
		w.must(o.do(w.ctx(), w))
		if diff := cmp.Diff(before, w.jeanNow()); diff != "" {
			t.Errorf("%s: the recipient has changed\n%s", o, diff)
		}
		if cmp.Equal(was, w.receiptNow()) {
			t.Errorf("%s: the notice has not", o)
		}
	}
	w := newTown(t)
	answered(w)
	was := w.receiptNow()
	if diff := cmp.Diff(receipt(), was); diff != "" {
		t.Errorf("as it was written (-want +got)\n%s", diff)
	}
	shut(w)
	w.correct("jean@y.fr", minute(9))
	w.must(w.h.NewOrder(w.ctx(), cnv, w.jeanNow(), Order{ID: ord2, At: minute(10)}))
	w.claim()
	w.must(w.h.MarkDocuments(w.ctx(), toJean, []convocation.DocumentID{doc}, minute(12)))
	mistaken(w)
	if diff := cmp.Diff(was, w.receiptNow()); diff != "" {
		t.Errorf("the recipient is written to again, and the notice has changed\n%s", diff)
	}
}

func TestEveryFieldOfANoticeIsStored(t *testing.T) {
	w := newTown(t)
	f := filled[convocation.Recipient](t)
	want := convocation.Recipient{
		ID: rcp, Contact: f.Contact, Person: f.Person, Name: f.Name, Address: f.Address, Type: f.Type, Notice: f.Notice,
		Order: f.Order, OrderAt: f.OrderAt, Orders: f.Orders,
	}
	want.Notice.ID = ntc
	if fields := empty(reflect.ValueOf(want.Notice), ""); len(fields) > 0 {
		t.Errorf("this test leaves out %q", fields)
	}
	e := told(journal.ReplyRecorded)
	w.must(w.h.Record(w.ctx(), cnv, person(rcp), Answer{Reply: draftReply, Event: &e, Notices: []convocation.Recipient{want}}))
	c, got, err := w.h.NoticeOf(w.ctx(), cnv, rcp, ntc)
	w.must(err)
	if diff := cmp.Diff(want, got); diff != "" || c.ID != cnv {
		t.Errorf("read again beside %s (-want +got)\n%s", c.ID, diff)
	}
	if got, err := w.h.Recipient(w.ctx(), toReceipt); err != nil || got.Notice != want.Notice {
		t.Errorf("read by its name: %+v, %v", got, err)
	}
}

// Whoever lists the recipients counts each once, and no notice among them.
func TestNoticesAreNoRecipients(t *testing.T) {
	w := newTown(t)
	answered(w)
	var all []string
	w.must(w.h.Recipients(w.ctx(), cnv, 1, func(r convocation.Recipient) bool {
		all = append(all, fmt.Sprint(r.ID, r.Notice.ID))
		return true
	}))
	if len(all) != 1 || all[0] != string(rcp) {
		t.Errorf("listed %q", all)
	}
}

// A large convocation keeps a notice beside its recipient.
func TestNoticeIsKeptWithItsRecipient(t *testing.T) {
	w := newTown(t)
	c := draft
	w.must(w.h.AskSend(w.ctx(), c, minute(3), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
	c.Shards = convocation.MaxShards
	w.must(w.h.Freeze(w.ctx(), c, nil))
	r := receipt()
	r.Shard = convocation.ShardOf(rcp, convocation.MaxShards)
	if r.Shard == 0 {
		t.Fatal("this recipient is in the first partition: this tests nothing")
	}
	to := r
	to.Notice = convocation.Notice{}
	e := told(journal.ReplyRecorded)
	w.must(w.h.Materialise(w.ctx(), cnv2, []convocation.Recipient{to}))
	w.must(w.h.Record(w.ctx(), cnv2, to, Answer{Reply: draftReply, Event: &e, Notices: []convocation.Recipient{r}}))
	if _, got, err := w.h.NoticeOf(w.ctx(), cnv2, rcp, ntc); err != nil || !cmp.Equal(got, r) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, other := range []convocation.NoticeID{"ntc_zzzzzzzzzzzzzzzz", convocation.NoticeID(ord)} {
		if _, _, err := w.h.NoticeOf(w.ctx(), cnv2, rcp, other); !errors.Is(err, table.ErrNotFound) {
			t.Errorf("%s: %v", other, err)
		}
	}
	if _, _, err := w.h.NoticeOf(w.ctx(), "cnv_none", rcp, ntc); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("of no convocation: %v", err)
	}
}

func TestRecipientsInTheAgenda(t *testing.T) {
	w := emptyAgenda(t)
	for want, ref := range map[string]convocation.RecipientRef{
		string(rcp) + ".11":                toRcp,
		string(rcp) + ".0":                 toJean,
		string(rcp) + ".11." + string(ntc): toNtc,
	} {
		o := RecipientOrder(ref)
		if string(o) != want {
			t.Errorf("got %s, want %s: entries that wait would not be found", o, want)
		}
		e := AgendaEntry{Due: noon, Collectivity: siren, Convocation: cnv, What: DueNotice, Order: o}
		w.must(w.agenda.Put(w.ctx(), e))
		due, err := w.agenda.Due(w.ctx(), noon, 1)
		w.must(err)
		if diff := cmp.Diff([]AgendaEntry{e}, due); diff != "" {
			t.Errorf("%s (-want +got)\n%s", o, diff)
		}
		w.must(w.agenda.Done(w.ctx(), e))
		if got, ok := ParseRecipientOrder(cnv, due[0].Order); !ok || got != ref {
			t.Errorf("%s is read as %+v, %v", o, got, ok)
		}
	}
}

// What names nobody whole is refused: half of it would be another's key, or none.
func TestOrdersThatNameNoRecipient(t *testing.T) {
	r, n := string(rcp), string(ntc)
	for name, o := range map[string]string{
		"nothing": "", "no order": string(NoOrder), "an order": string(ord), "a recipient alone": r, "no partition": r + ".",
		"a partition that is none": r + ".x", "a negative one": r + ".-1", "the first after the last": r + ".16", "written otherwise": r + ".01",
		"no recipient": ".1", "an empty notice": r + ".1.", "another's prefix": string(ord) + ".1", "a notice that is none": r + ".1." + r,
		"a part too many": r + ".1." + n + ".1", "a separator": r + "#.1", "a space": r + ". 1",
	} {
		if got, ok := ParseRecipientOrder(cnv, convocation.OrderID(o)); ok || got != (convocation.RecipientRef{}) {
			t.Errorf("%s: %q is read as %+v", name, o, got)
		}
	}
}

func FuzzRecipientOrder(f *testing.F) {
	f.Add(string(RecipientOrder(toNtc)))
	f.Add(string(RecipientOrder(toJean)))
	f.Add(string(rcp) + ".1." + string(ntc) + ".")
	f.Fuzz(func(t *testing.T, s string) {
		ref, ok := ParseRecipientOrder(cnv, convocation.OrderID(s))
		if !ok {
			return
		}
		if again := RecipientOrder(ref); string(again) != s {
			t.Errorf("%q is written again as %q", s, again)
		}
		if k := recipientKey(siren, ref); strings.Count(k.Partition+k.Sort, "#") > 4 {
			t.Errorf("%q has the key %q", s, k)
		}
		_ = agendaKey(AgendaEntry{Due: time.Time{}, Collectivity: siren, Convocation: cnv, What: DueNotice, Order: RecipientOrder(ref)})
	})
}

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// The two councillors of these tests: Jean is rcp, Anne is rcp2.
const (
	jeanID convocation.PersonID = "prs_jjjjjjjjjjjjjjjj"
	anneID convocation.PersonID = "prs_aaaaaaaaaaaaaaaa"
)

type entries = map[convocation.PersonID]convocation.Entered

// proxied is the register after Anne has given her proxy to Jean; fallen after he will not be there himself.
func proxied() convocation.Register {
	return convocation.Register{Revision: 1, Entries: entries{anneID: {Presence: convocation.Represented, Holder: jeanID, At: minute(5)}}}
}

func fallen() convocation.Register {
	return convocation.Register{Revision: 2, Entries: entries{
		anneID: {Presence: convocation.Absent, At: minute(5), Withdrawn: jeanID}, jeanID: {Presence: convocation.Absent, At: minute(6)},
	}}
}

// absent is Jean's answer that makes Anne's proxy fall.
func absent() Answer {
	return Answer{
		Reply: convocation.Reply{Version: 1, At: minute(6), Choice: convocation.Choice{Presence: convocation.Absent}},
		Was:   proxied(), Next: fallen(), Notices: []convocation.Recipient{receipt()},
	}
}

func recorded(p Answer) Answer {
	e := told(journal.ReplyRecorded)
	e.ID = "evt_recorded"
	p.Event, p.Reply.Behalf = &e, &convocation.Behalf{By: "secretaire", Way: convocation.ByPhone, Reason: "Il a appelé."}
	return p
}

// anne makes her a recipient.
func anne(w *town) { w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{person(rcp2)})) }

// entrusted makes Anne give her proxy to Jean, who has begun a reply.
func entrusted(w *town) {
	anne(w)
	p := convocation.Reply{Version: 1, At: minute(5), Choice: convocation.Choice{Presence: convocation.Represented, Holder: jeanID}}
	w.must(w.h.Record(w.ctx(), cnv, person(rcp2), recorded(Answer{Reply: p, Next: proxied()})))
	written(w)
}

var registerOps = []op{
	{method: "Handle.Validate", how: "the first in the register", given: written, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.Validate(ctx, cnv, person(rcp), 1, Answer{Reply: draftReply, Next: proxied(), Notices: []convocation.Recipient{receipt()}})
	}},
	{method: "Handle.Validate", how: "a proxy falls", given: entrusted, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.Validate(ctx, cnv, person(rcp), 1, absent())
	}},
	{method: "Handle.Record", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, person(rcp), recorded(Answer{Reply: draftReply}))
	}},
	{method: "Handle.Record", how: "a proxy falls", given: entrusted, again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, person(rcp), recorded(absent()))
	}},
}

// ahead is the register after somebody else has answered: what Jean read is old.
func ahead(w *town) {
	entrusted(w)
	next := proxied()
	next.Revision, next.Entries["prs_other"] = 2, convocation.Entered{Presence: convocation.Present, At: minute(5)}
	p := convocation.Reply{Version: 2, At: minute(5)}
	r := person(rcp2)
	w.must(w.h.Record(w.ctx(), cnv, r, recorded(Answer{Reply: p, Was: proxied(), Next: next})))
}

var refusedReplies = []refusal{
	{"nobody writes a reply", nil, func(ctx context.Context, w *town) error {
		return w.h.SaveDraft(ctx, nobody, "x", convocation.Choice{}, noon)
	}},
	{"a reply that changed in another window", func(w *town) {
		written(w)
		w.must(w.h.SaveDraft(w.ctx(), toJean, "Absent", convocation.Choice{}, minute(6)))
	}, validate},
	{"a document was added to the reply meanwhile", func(w *town) {
		written(w)
		w.must(w.h.AddReplyDocument(w.ctx(), toJean, stored, 1, minute(6)))
	}, validate},
	{"a document beside a draft that has changed since", written, func(ctx context.Context, w *town) error {
		return w.h.AddReplyDocument(ctx, toJean, stored, 0, minute(6))
	}},
	{"a document beside a draft that is not there", nil, func(ctx context.Context, w *town) error {
		return w.h.AddReplyDocument(ctx, toJean, stored, 1, minute(6))
	}},
	{"a reply after the links were closed", func(w *town) { written(w); shut(w) }, validate},
	{"a reply that was validated in another window", func(w *town) {
		written(w)
		w.must(validate(w.ctx(), w))
		w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, minute(7)))
	}, func(ctx context.Context, w *town) error {
		return w.h.Validate(ctx, cnv, person(rcp), 3, Answer{Reply: draftReply})
	}},
	{"no reply was begun", nil, validate},
	{"a reply after the secretary has recorded one", func(w *town) {
		written(w)
		w.must(w.h.Record(w.ctx(), cnv, person(rcp), recorded(Answer{Reply: draftReply})))
	}, validate},
	{"a reply to a register that was empty when read", entrusted, func(ctx context.Context, w *town) error {
		p := absent()
		p.Was = convocation.Register{}
		return w.h.Validate(ctx, cnv, person(rcp), 1, p)
	}},
	{"a reply to a register that has gone on", ahead, func(ctx context.Context, w *town) error {
		return w.h.Validate(ctx, cnv, person(rcp), 1, absent())
	}},
	{"a reply whose notice is there already", func(w *town) {
		entrusted(w)
		w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{receipt()}))
	}, func(ctx context.Context, w *town) error { return w.h.Validate(ctx, cnv, person(rcp), 1, absent()) }},
	{"recorded after the élu has answered", answered, func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, person(rcp), recorded(Answer{Reply: draftReply}))
	}},
	{"recorded beside a version that never was", nil, func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, person(rcp), recorded(Answer{Reply: convocation.Reply{Version: 2, At: minute(6)}}))
	}},
	{"recorded in a register that has gone on", ahead, func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, person(rcp), recorded(absent()))
	}},
	{"recorded for nobody", nil, func(ctx context.Context, w *town) error {
		return w.h.Record(ctx, cnv, convocation.Recipient{ID: "rcp_none"}, recorded(Answer{Reply: draftReply}))
	}},
}

func (w *town) register() convocation.Register {
	w.t.Helper()
	r, err := w.h.Register(w.ctx(), cnv)
	w.must(err)
	return r
}

func TestRegisterOfAMeeting(t *testing.T) {
	w := newTown(t)
	if got := w.register(); got.Revision != 0 || len(got.Entries) > 0 {
		t.Errorf("nobody has answered: %+v", got)
	}
	entrusted(w)
	if diff := cmp.Diff(proxied(), w.register()); diff != "" {
		t.Errorf("after the first (-want +got)\n%s", diff)
	}
	w.must(w.h.Validate(w.ctx(), cnv, person(rcp), 1, absent()))
	if diff := cmp.Diff(fallen(), w.register()); diff != "" {
		t.Errorf("after the second (-want +got)\n%s", diff)
	}
	if r, err := w.h.Register(w.ctx(), cnv2); err != nil || r.Revision != 0 {
		t.Errorf("of another convocation: %+v, %v", r, err)
	}
}

// An answer writes what it has changed: DynamoDB takes no change of hundreds of attributes at once.
func TestAnswerWritesTheEntriesThatDiffer(t *testing.T) {
	w := newTown(t)
	was, next := proxied(), fallen()
	for i := range convocation.MaxMembers {
		id := convocation.PersonID(fmt.Sprintf("prs_%016d", i))
		e := convocation.Entered{Presence: convocation.Represented, Holder: jeanID, At: minute(i), Withdrawn: anneID}
		was.Entries[id], next.Entries[id] = e, e
	}
	if got := len(w.h.enter(cnv, was, next).Changes); got != 4 { // version, revision, Jean and Anne
		t.Errorf("%d changes", got)
	}
}

// All councillors of the largest assembly fit into its register, with a crowd of guests.
func TestLargestRegister(t *testing.T) {
	w := newTown(t)
	written(w)
	full := convocation.Register{Revision: 1, Entries: entries{}}
	for i := range 5_000 {
		e := convocation.Entered{Presence: convocation.Substituted, At: minute(i)}
		if i < convocation.MaxMembers {
			e.Holder, e.Withdrawn = jeanID, anneID
		}
		full.Entries[convocation.PersonID(fmt.Sprintf("prs_%016d", i))] = e
	}
	w.must(w.h.Validate(w.ctx(), cnv, person(rcp), 1, Answer{Reply: draftReply, Next: full}))
	if got := w.register(); !maps.Equal(got.Entries, full.Entries) {
		t.Errorf("%d entries are read again as %d", len(full.Entries), len(got.Entries))
	}
}

// Without a meeting there is no register, however many answer.
func TestReplyToAPlainMailWritesNoRegister(t *testing.T) {
	w := newTown(t)
	written(w)
	w.must(validate(w.ctx(), w))
	if _, err := w.data.Get(w.ctx(), registerKey(siren, cnv)); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// What the secretary takes down is no act of the élu's: it opens nothing, and the draft stays as it is.
func TestRecordedReplyIsNoActOfTheRecipient(t *testing.T) {
	w := newTown(t)
	arrived(w)
	w.must(w.h.Record(w.ctx(), cnv, w.jeanNow(), recorded(Answer{Reply: draftReply})))
	r := w.jeanNow()
	if !r.OnBehalf || r.Replies != 1 || !r.OpenedAt.IsZero() || !r.StartedAt.IsZero() || !r.RepliedAt.Equal(minute(6)) {
		t.Errorf("got %+v", r)
	}
	choice := convocation.Choice{Presence: convocation.Represented, Holder: anneID}
	w.must(w.h.SaveDraft(w.ctx(), toJean, "Pouvoir", choice, minute(7)))
	draft, err := w.h.Draft(w.ctx(), toJean)
	w.must(err)
	p := convocation.Reply{Version: 2, At: minute(8), Choice: convocation.Choice{Presence: convocation.Present}}
	w.must(w.h.Record(w.ctx(), cnv, w.jeanNow(), recorded(Answer{Reply: p})))
	if got, err := w.h.Draft(w.ctx(), toJean); err != nil || !cmp.Equal(got, draft) {
		t.Errorf("the draft was %+v, and is %+v, %v", draft, got, err)
	}
	p = convocation.Reply{Version: 3, At: minute(9), Choice: choice, Holder: "Anne"}
	w.must(w.h.Validate(w.ctx(), cnv, w.jeanNow(), 1, Answer{Reply: p}))
	r = w.jeanNow()
	if r.OnBehalf || r.Replies != 3 || r.Choice != choice || !r.OpenedAt.Equal(minute(7)) || !r.FirstReply.Equal(minute(6)) {
		t.Errorf("after the élu's own: %+v", r)
	}
	if d, err := w.h.Draft(w.ctx(), toJean); err != nil || d.Choice != (convocation.Choice{}) || d.Text != "" || !d.ChangedAt.IsZero() {
		t.Errorf("the draft that was sent: %+v, %v", d, err)
	}
}

// A choice that is taken back leaves nothing behind.
func TestNewChoiceReplacesTheOld(t *testing.T) {
	w := newTown(t)
	for _, want := range []convocation.Choice{
		{Presence: convocation.Represented, Holder: anneID}, {Presence: convocation.Present}, {},
	} {
		w.must(w.h.SaveDraft(w.ctx(), toJean, "", want, minute(5)))
		if d, err := w.h.Draft(w.ctx(), toJean); err != nil || d.Choice != want {
			t.Errorf("drafted %+v, %v, want %+v", d.Choice, err, want)
		}
		r := w.jeanNow()
		p := convocation.Reply{Version: r.Replies + 1, At: minute(6), Choice: want}
		w.must(w.h.Record(w.ctx(), cnv, r, recorded(Answer{Reply: p})))
		if got := w.jeanNow().Choice; got != want {
			t.Errorf("kept %+v, want %+v", got, want)
		}
	}
}

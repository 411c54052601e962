package store

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"convoc/shared/convocation"
	"convoc/shared/law"
	"convoc/shared/table"
)

// party is somebody who answers: which recipient, as which person.
type party struct {
	recipient convocation.RecipientID
	id        convocation.PersonID
}

func (p party) ref() convocation.RecipientRef {
	return convocation.RecipientRef{Convocation: cnv, Recipient: p.recipient}
}

// rivals both want to give a proxy to the third, who may hold one.
var (
	rivals      = []party{{rcp, jeanID}, {rcp2, anneID}}
	third       = convocation.PersonID("prs_tttttttttttttttt")
	meeting     = convocation.Meeting{Assembly: convocation.Assembly{Body: law.CommuneSmall, Members: 11}}
	councillors = []convocation.Councillor{{ID: jeanID}, {ID: anneID}, {ID: third}}
)

// give is a rival's answer to the register as she read it.
func (w *town) give(p party, was convocation.Register) (Answer, error) {
	choice := convocation.Choice{Presence: convocation.Represented, Holder: third}
	next, _, err := was.Answered(meeting, councillors, p.id, choice, minute(6))
	return Answer{Reply: convocation.Reply{Version: 1, At: minute(6), Choice: choice}, Was: was, Next: next}, err
}

// write validates or records it.
func (w *town) write(p party, a Answer, record bool) error {
	r := person(p.recipient)
	if record {
		return w.h.Record(w.ctx(), cnv, r, recorded(a))
	}
	return w.h.Validate(w.ctx(), cnv, r, 1, a)
}

// Two give their proxies to the same holder at the same moment: one has it, and the other learns that the register has
// gone on. It does not matter who is first, whether one comes while the other is on her way, or whether the secretary
// takes one of them down.
func TestTwoAtOnceOnTheRegister(t *testing.T) {
	for _, before := range []convocation.Register{{}, {Revision: 1, Entries: entries{third: {Presence: convocation.Present, At: minute(4)}}}} {
		for order, first := range []int{0, 1} {
			for _, recording := range []bool{false, true} {
				for _, inside := range []bool{false, true} {
					name := fmt.Sprintf("revision %d, order %d, recording %v, inside %v", before.Revision, order, recording, inside)
					t.Run(name, func(t *testing.T) { twoAtOnce(t, before, rivals[first], rivals[1-first], recording, inside) })
				}
			}
		}
	}
}

func twoAtOnce(t *testing.T, before convocation.Register, winner, loser party, recording, inside bool) {
	w := newTown(t)
	anne(w)
	for _, p := range rivals {
		w.must(w.h.SaveDraft(w.ctx(), p.ref(), "", convocation.Choice{Presence: convocation.Represented, Holder: third}, minute(5)))
	}
	if before.Revision > 0 {
		w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{person("rcp_third")}))
		w.must(w.write(party{"rcp_third", third}, Answer{Reply: draftReply, Next: before}, true))
	}
	was := w.register()
	a, err := w.give(winner, was)
	w.must(err)
	b, err := w.give(loser, was)
	w.must(err)
	if inside { // the loser's call is on its way when the winner's arrives
		w.fault = func() table.Fault {
			w.fault = nil
			w.must(w.write(winner, a, recording))
			return table.FaultNone
		}
	} else {
		w.must(w.write(winner, a, recording))
	}
	if err := w.write(loser, b, false); !errors.Is(err, table.ErrCondition) {
		t.Errorf("the loser: %v", err)
	}
	now := w.register()
	if diff := cmp.Diff(a.Next, now); diff != "" {
		t.Errorf("the register is not the winner's (-want +got)\n%s", diff)
	}
	r, err := w.h.Recipient(w.ctx(), loser.ref())
	w.must(err)
	d, err := w.h.Draft(w.ctx(), loser.ref())
	w.must(err)
	if r.Replies != 0 || d.Revision != 1 || d.Choice.Holder != third {
		t.Errorf("the loser has %d replies and the draft %+v", r.Replies, d)
	}
	if _, err := w.give(loser, now); !errors.Is(err, convocation.ErrProxyTaken) {
		t.Errorf("the loser, who has read again: %v", err)
	}
}

// crowdOf is some councillors who answer, each on what she read some answers ago.
type crowdOf struct {
	*town
	rt      *rapid.T
	read    []convocation.Register
	replies map[convocation.PersonID]int
}

// answer lets one of them answer, and tells whether it was taken.
func (m *crowdOf) answer() bool {
	i := rapid.IntRange(0, len(councillors)-1).Draw(m.rt, "who")
	who := councillors[i].ID
	choice := convocation.Choice{
		Presence: rapid.SampledFrom([]convocation.Presence{
			convocation.Present, convocation.Absent, convocation.Represented, convocation.Undecided,
		}).Draw(m.rt, "presence"),
		Holder: councillors[rapid.IntRange(0, len(councillors)-1).Draw(m.rt, "holder")].ID,
	}
	was := m.read[len(m.read)-1-rapid.IntRange(0, min(2, len(m.read)-1)).Draw(m.rt, "read so many answers ago")]
	next, _, err := was.Answered(meeting, councillors, who, choice, minute(len(m.read)))
	if err != nil {
		return false
	}
	r := person(convocation.RecipientID(fmt.Sprintf("rcp_%d", i)))
	p := convocation.Reply{Version: m.replies[who] + 1, At: minute(len(m.read)), Choice: choice}
	err = m.h.Record(m.ctx(), cnv, r, recorded(Answer{Reply: p, Was: was, Next: next}))
	if err != nil && !errors.Is(err, table.ErrCondition) {
		m.rt.Fatal(err)
	}
	if stale := was.Revision != m.read[len(m.read)-1].Revision; stale != (err != nil) {
		m.rt.Fatalf("answered to revision %d of %d: %v", was.Revision, len(m.read)-1, err)
	}
	if err == nil {
		m.replies[who]++
	}
	return err == nil
}

// Whatever they read and whenever, what is kept is what the answers that were taken make one after the other, and nobody
// holds two proxies.
func TestRegisterThatManyChangeAtOnce(t *testing.T) {
	taken, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		m := &crowdOf{town: newTown(t), rt: rt, read: []convocation.Register{{}}, replies: map[convocation.PersonID]int{}}
		for i := range councillors {
			m.must(m.h.Materialise(m.ctx(), cnv, []convocation.Recipient{person(convocation.RecipientID(fmt.Sprintf("rcp_%d", i)))}))
		}
		for range rapid.IntRange(1, 12).Draw(rt, "answers") {
			before := m.read[len(m.read)-1]
			if !m.answer() {
				refused++
				if got := m.register(); got.Revision != before.Revision || !maps.Equal(got.Entries, before.Entries) {
					rt.Fatalf("refused, and yet %+v has become %+v", before, got)
				}
				continue
			}
			taken++
			after := m.register()
			if after.Revision != before.Revision+1 {
				rt.Fatalf("revision %d follows %d", after.Revision, before.Revision)
			}
			for _, c := range councillors {
				if held := after.Givers(c.ID); len(held) > 1 {
					rt.Fatalf("%s holds those of %q", c.ID, held)
				}
			}
			m.read = append(m.read, after)
		}
	})
	if taken < 50 || refused < 20 {
		t.Errorf("%d answers taken, %d refused: this tests little", taken, refused)
	}
}

package dispatch_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// story is what happened to one recipient, step by step: each attempt is of an order of its own, so that no event keeps
// the next from being made.
type story struct {
	steps  []func(*worldtest.World, convocation.ID) error
	events []mail.Event
	after  []int // of each event: the steps that were there before it
}

// drawStory draws up to seven attempts, what became of each call, and the events of those that left.
func drawStory(rt *rapid.T, w *worldtest.World, first mail.Tags) story {
	var s story
	at := func(minutes int) time.Time { return w.Clock.Add(time.Duration(minutes) * time.Minute) }
	attempts := rapid.IntRange(1, convocation.MaxAttempts-1).Draw(rt, "attempts")
	for n := 1; n <= attempts; n++ {
		if n > 1 {
			s.steps = append(s.steps, ordered(n, at(10*n)), claimed(n, at(10*n)), ended(n, at(10*n+1), rapid.IntRange(0, 3).Draw(rt, "result")))
		}
		tags, made := first, max(3*(n-1)-1, 0)
		tags.Attempt = n
		for _, kind := range rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 5).Draw(rt, "events") {
			e := mail.Event{Tags: tags, Kind: kind, SentAt: at(10 * n), At: at(10*n + rapid.IntRange(0, 3).Draw(rt, "minutes after"))}
			if kind == mail.EventBounced || kind == mail.EventRejected {
				e.Reason = rapid.SampledFrom([]mail.Reason{mail.ReasonContent, mail.ReasonNoMailbox, mail.ReasonRejected}).Draw(rt, "reason")
			}
			s.events, s.after = append(s.events, e), append(s.after, made)
		}
	}
	return s
}

func ordered(n int, at time.Time) func(*worldtest.World, convocation.ID) error {
	return func(w *worldtest.World, id convocation.ID) error {
		r := w.Recipients(id)["a0@x.fr"]
		return w.Handle.NewOrder(w.T.Context(), id, r, store.Order{ID: convocation.OrderID(fmt.Sprint("ord_", n)), At: at})
	}
}

func claimed(n int, at time.Time) func(*worldtest.World, convocation.ID) error {
	return func(w *worldtest.World, id convocation.ID) error {
		r := w.Recipients(id)["a0@x.fr"]
		_, err := w.Handle.Claim(w.T.Context(), id, r, convocation.Attempt{
			N: n, Order: r.Order, ClaimedAt: at, Owner: "owner", LeaseUntil: at.Add(dispatch.Lease), Digest: fmt.Append(nil, "digest", n),
		})
		return err
	}
}

// ended tells what became of the call of attempt n: accepted, lost, refused, or nothing.
func ended(n int, at time.Time, result int) func(*worldtest.World, convocation.ID) error {
	return func(w *worldtest.World, id convocation.ID) error {
		ctx, ref := w.T.Context(), w.Recipients(id)["a0@x.fr"].Ref(id)
		switch result {
		case 0:
			return w.Handle.Accept(ctx, ref, n, "owner", "id", at)
		case 1:
			return w.Handle.Lose(ctx, ref, n, "owner", "timeout", at, at.Add(dispatch.Settle))
		case 2:
			return w.Handle.Refuse(ctx, ref, n, "owner", "mailbox_full", false, at, at.Add(time.Minute))
		}
		return nil
	}
}

// turn is one thing of a story that is told: a step, or an event.
type turn struct{ step, event int } // -1: not that

// drawTurns mixes the events, each once or more, into the steps, whose order is fixed; no event comes before the claim of
// its attempt.
func drawTurns(rt *rapid.T, s story) []turn {
	var turns []turn
	for i := range s.events {
		for range rapid.IntRange(1, 3).Draw(rt, "times") {
			turns = append(turns, turn{-1, i})
		}
	}
	if len(turns) > 1 {
		turns = rapid.Permutation(turns).Draw(rt, "order")
	}
	places := make([]int, len(turns)) // the steps before each
	for i, u := range turns {
		places[i] = rapid.IntRange(s.after[u.event], len(s.steps)).Draw(rt, "after so many steps")
	}
	var told []turn
	for step := 0; step <= len(s.steps); step++ {
		for i, u := range turns {
			if places[i] == step {
				told = append(told, u)
			}
		}
		if step < len(s.steps) {
			told = append(told, turn{step, -1})
		}
	}
	return told
}

// tell tells a story in a new town, and gives what is known in the end.
func tell(t *testing.T, rt *rapid.T, draw func(*worldtest.World, mail.Tags) (story, []turn)) convocation.Recipient {
	w := worldtest.New(t)
	sent := post(w)
	d := w.Draft(1)
	w.Send(d)
	s, turns := draw(w, sent["a0@x.fr"][0])
	for _, u := range turns {
		err := error(nil)
		if u.event >= 0 {
			err = w.Dispatch.Hear(t.Context(), s.events[u.event])
		} else {
			err = s.steps[u.step](w, d.ID)
		}
		if err != nil {
			rt.Fatalf("%+v: %v", u, err)
		}
	}
	return w.Recipients(d.ID)["a0@x.fr"]
}

// I5: any order and repetition of events, mixed with what the sending itself does, gives the same.
func TestAnyOrderAndRepetitionOfEventsGivesTheSame(t *testing.T) {
	heard, attempts := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		var s story
		want := tell(t, rt, func(w *worldtest.World, first mail.Tags) (story, []turn) {
			s = drawStory(rt, w, first)
			var turns []turn
			for i := range s.steps {
				turns = append(turns, turn{i, -1})
			}
			inOrder := make([]int, len(s.events))
			for i := range inOrder {
				inOrder[i] = i
			}
			slices.SortStableFunc(inOrder, func(a, b int) int {
				return cmp.Or(s.events[a].Tags.Attempt-s.events[b].Tags.Attempt, s.events[a].At.Compare(s.events[b].At))
			})
			for _, i := range inOrder {
				turns = append(turns, turn{-1, i})
			}
			return s, turns
		})
		got := tell(t, rt, func(*worldtest.World, mail.Tags) (story, []turn) { return s, drawTurns(rt, s) })
		if diff := gocmp.Diff(want, got); diff != "" {
			rt.Fatalf("in their order, and in another (-in order +mixed)\n%s", diff)
		}
		heard, attempts = heard+len(s.events), attempts+len(want.Attempts)
	})
	if heard < 100 || attempts < 100 {
		t.Errorf("%d events of %d attempts: this tests little", heard, attempts)
	}
}

package worldtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/mail"
	"convoc/shared/queue"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

const (
	home      = worldtest.SIREN
	neighbour = collectivity.ID("234400034")
)

// named are the identifiers that a message may name: those of one council that was convened, and a document of it.
type named struct {
	of          collectivity.ID
	convocation convocation.ID
	order       convocation.OrderID
	recipient   convocation.RecipientID
	document    convocation.DocumentID
}

func convened(t *testing.T, w *worldtest.World, of collectivity.ID) named {
	t.Helper()
	w.Handle = w.Tables.Collectivity(of)
	defer func() { w.Handle = w.Tables.Collectivity(home) }()
	if err := w.Handle.PutCollectivity(t.Context(), collectivity.Collectivity{ID: of, Name: "Saint-Aubin", TimeZone: "Europe/Paris"}); err != nil {
		t.Fatal(err)
	}
	c := w.Council(2)
	doc := w.Put(c.Draft.ID, "ordre.pdf", "%PDF-1.4")
	id := w.Convene(c)
	r := w.Recipients(id)["e0@x.fr"]
	return named{of, id, r.Order, r.ID, doc.ID}
}

// mixed are all messages whose parts are of both.
func mixed(a, b named) []named {
	var all []named
	for bits := range 32 {
		pick := func(bit int) named {
			if bits&(1<<bit) != 0 {
				return b
			}
			return a
		}
		all = append(all, named{pick(0).of, pick(1).convocation, pick(2).order, pick(3).recipient, pick(4).document})
	}
	return all
}

// Whatever a bell, an event or an entry of the agenda mixes, it reaches the collectivité that it names and no other; what
// is not that one's changes nothing anywhere.
func TestMessagesReachTheCollectivityThatTheyNameOnly(t *testing.T) {
	w := worldtest.New(t)
	ours, theirs := convened(t, w, home), convened(t, w, neighbour)
	var keys []string
	w.Watch = func(_, key string) { keys = append(keys, key) }
	sent, kinds := w.Mail.Calls, 0
	for _, m := range mixed(ours, theirs) {
		before := map[collectivity.ID][]string{home: of(w, home), neighbour: of(w, neighbour)}
		whole := m == ours || m == theirs
		for what, do := range messages(t, w, m) {
			kinds++
			keys = nil
			_ = do()
			for _, key := range keys {
				if !strings.HasPrefix(key, string(m.of)+"#") && !strings.HasPrefix(key, string(m.of)+"/") {
					t.Errorf("%s of %+v: %s is asked for", what, m, key)
				}
			}
		}
		for id, was := range before {
			meant := id == m.of && m.convocation == map[collectivity.ID]named{home: ours, neighbour: theirs}[id].convocation
			if now := of(w, id); !meant && !slices.Equal(was, now) {
				t.Errorf("%+v: the data of %s have changed", m, id)
			}
		}
		if w.Mail.Calls != sent && !whole {
			t.Errorf("%+v: a mail has left", m)
		}
		sent = w.Mail.Calls
	}
	if kinds < 32*8 {
		t.Errorf("%d messages: too few kinds", kinds)
	}
}

// messages are one of each kind that carries such identifiers.
func messages(t *testing.T, w *worldtest.World, m named) map[string]func() error {
	ctx := t.Context()
	all := map[string]func() error{}
	bell := queue.Bell{Collectivity: string(m.of), Convocation: string(m.convocation), Order: string(m.order), Recipient: string(m.recipient)}
	all["a bell of an order"] = func() error { b := bell; b.Kind = queue.Dispatch; return w.Dispatch.Answer(ctx, b) }
	all["a bell of a mail"] = func() error { b := bell; b.Kind = queue.Deliver; return w.Dispatch.Deliver(ctx, b) }
	all["an event of a mail"] = func() error {
		return w.Dispatch.Hear(ctx, mail.Event{
			Tags: mail.Tags{Collectivity: string(m.of), Convocation: string(m.convocation), Recipient: string(m.recipient), Attempt: 1},
			Kind: mail.EventDelivered, SentAt: w.Clock, At: w.Clock,
		})
	}
	for _, path := range []string{"up/" + string(m.document), "kept/" + string(m.document), string(m.recipient) + "/" + string(m.document)} {
		all["the event of a file "+path] = func() error {
			return w.Uploads.Stored(ctx, files.Key(fmt.Sprintf("%s/%s/%s", m.of, m.convocation, path)), files.Info{})
		}
	}
	ref := convocation.RecipientRef{Convocation: m.convocation, Recipient: m.recipient}
	for what, do := range w.Sweep.Do {
		for name, order := range map[string]convocation.OrderID{
			"": m.order, " for a recipient": store.RecipientOrder(ref), " for a document": convocation.OrderID(m.document),
			" for a document of a reply": convocation.OrderID(string(m.recipient) + "/" + string(m.document)),
		} {
			all[fmt.Sprintf("what is due, %s%s", what, name)] = func() error {
				_, err := do(ctx, store.AgendaEntry{Due: w.Clock, Collectivity: m.of, Convocation: m.convocation, What: what, Order: order})
				return err
			}
		}
	}
	return all
}

// of lists what is stored for a collectivité, the agenda left out.
func of(w *worldtest.World, id collectivity.ID) []string {
	var all []string
	for _, item := range w.Items() {
		if strings.HasPrefix(item.Key.Partition, string(id)+"#") {
			all = append(all, fmt.Sprintf("%q %v", item.Key, item.Attrs))
		}
	}
	slices.Sort(all)
	return all
}

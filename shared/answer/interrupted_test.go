package answer_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/worldtest"
)

// act is something that an élu does, or the secretary for her, pressed again after an error.
type act struct {
	name string
	run  func(w *worldtest.World, id convocation.ID) error
}

// by is an act through the newest link of an address.
func by(address string, run func(w *worldtest.World, v answer.Visit) error) func(*worldtest.World, convocation.ID) error {
	return func(w *worldtest.World, _ convocation.ID) error {
		v, err := w.Visit(address)
		if errors.Is(err, convocation.ErrLinkExpired) {
			err = nil
		}
		if err != nil {
			return err
		}
		return run(w, v)
	}
}

// interrupted runs each act with each of its calls lost, before and after, in a town made by start.
func interrupted(t *testing.T, start func(t *testing.T, w *worldtest.World) convocation.ID, state func(*testing.T, *worldtest.World, convocation.ID) any, acts ...act) {
	t.Helper()
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				id := start(t, w)
				return worldtest.Flow{
					Run:   func() error { return a.run(w, id) },
					State: func() any { return state(t, w, id) },
				}
			})
		})
	}
}

func opens(t *testing.T, s convocation.Signals) func(*worldtest.World, answer.Visit) error {
	return func(w *worldtest.World, v answer.Visit) error {
		_, err := w.Answer.Open(t.Context(), v, s)
		return err
	}
}

func TestInterruptedOpenings(t *testing.T) {
	interrupted(t, sent, state,
		act{"a person's", by("a0@x.fr", opens(t, byPerson))},
		act{"a doubtful one", by("a0@x.fr", opens(t, doubtful))},
		act{"a program's", by("a0@x.fr", opens(t, decoy))},
		act{"a document, unopened", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Download(t.Context(), v, v.Convocation.Frozen.Documents[0].ID)
			return err
		})},
		act{"all documents, unopened", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Zip(t.Context(), v)
			return err
		})},
	)
	locked := func(t *testing.T, w *worldtest.World) convocation.ID { return convened(t, w, 1, withPassword) }
	interrupted(t, locked, state, act{"with the password", by("e0@x.fr", func(w *worldtest.World, v answer.Visit) error {
		kept, err := w.Answer.Unlock(t.Context(), v, password)
		if err == nil && !w.Answer.Passes(v, kept) {
			t.Error("the right password does not open")
		}
		return err
	})})
	gone := func(t *testing.T, w *worldtest.World) convocation.ID {
		id, _ := expired(t, w)
		return id
	}
	interrupted(t, gone, state, act{"a new link", by("e0@x.fr", func(w *worldtest.World, v answer.Visit) error {
		return w.Answer.AskLink(t.Context(), v)
	})})
}

func TestInterruptedReplies(t *testing.T) {
	begun := func(t *testing.T, w *worldtest.World) convocation.ID {
		id := sent(t, w)
		v := visit(t, w, "a0@x.fr")
		attach(t, w, v, "%PDF-1.4 pouvoir")
		if revision := save(t, w, v, "Présent"); revision != 2 {
			t.Fatalf("revision %d", revision)
		}
		return id
	}
	interrupted(t, begun, state,
		act{"asking for a document", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Download(t.Context(), v, v.Convocation.Frozen.Documents[1].ID)
			return err
		})},
		act{"saving", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			return w.Answer.Save(t.Context(), v, answer.Typed{Text: "Absent"})
		})},
		act{"removing a document", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			docs, err := v.Handle.ReplyDocuments(t.Context(), v.Ref())
			if err == nil && len(docs) > 0 {
				err = w.Answer.RemoveDocument(t.Context(), v, docs[0].ID)
			}
			return err
		})},
		act{"sending", by("a0@x.fr", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Validate(t.Context(), v, 2)
			return err
		})},
	)
}

// Of a meeting the register and who is told are part of the state: neither is ever half done.
func TestInterruptedProxies(t *testing.T) {
	saved := func(address string, c func(w *worldtest.World, id convocation.ID) convocation.Choice) func(*testing.T, *worldtest.World) convocation.ID {
		return func(t *testing.T, w *worldtest.World) convocation.ID {
			id := convened(t, w, 3)
			mustChoose(t, w, "e0@x.fr", proxyTo(person(w, id, "e1@x.fr")))
			w.Pass(2, time.Minute)
			written(t, w, address, c(w, id))
			return id
		}
	}
	absent := func(*worldtest.World, convocation.ID) convocation.Choice {
		return convocation.Choice{Presence: convocation.Absent}
	}
	another := func(w *worldtest.World, id convocation.ID) convocation.Choice {
		return proxyTo(person(w, id, "e2@x.fr"))
	}
	send := func(revision int64) func(*worldtest.World, answer.Visit) error {
		return func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Validate(t.Context(), v, revision)
			return err
		}
	}
	interrupted(t, saved("e0@x.fr", another), state, act{"given to another", by("e0@x.fr", send(3))})
	interrupted(t, saved("e1@x.fr", absent), state, act{"fallen with its holder", by("e1@x.fr", send(1))})
	interrupted(t, saved("e2@x.fr", absent), state,
		act{"fallen by a call", func(w *worldtest.World, id convocation.ID) error {
			r, err := w.Handle.Recipient(t.Context(), ref(w, id, "e1@x.fr"))
			if err != nil {
				return err
			}
			typed := answer.Typed{Text: "Malade", Choice: convocation.Choice{Presence: convocation.Absent}}
			_, err = w.Answer.Record(t.Context(), w.Handle, id, r.ID, 0, typed, byPhone)
			return err
		}},
		act{"the choice kept", by("e1@x.fr", func(w *worldtest.World, v answer.Visit) error {
			return w.Answer.Save(t.Context(), v, answer.Typed{Choice: convocation.Choice{Presence: convocation.Undecided}})
		})},
	)
}

// ref names the recipient whom the newest link of an address leads to.
func ref(w *worldtest.World, id convocation.ID, address string) convocation.RecipientRef {
	token := worldtest.Token(w.T, w.Mail.Links[address][0])
	return convocation.RecipientRef{Convocation: id, Shard: token.Shard, Recipient: token.Recipient}
}

// state is what the élus and the secretary see once all has come to rest.
func state(t *testing.T, w *worldtest.World, id convocation.ID) any {
	t.Helper()
	w.Pass(3, time.Minute)
	list, err := w.Follow.List(t.Context(), w.Handle, followAll)
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	seen := []any{list.Lines[0].ChangedAt, list.Lines[0].State, register(t, w, id), w.Journal(), w.Mail.Calls}
	for _, r := range d.Recipients {
		draft, err := w.Handle.Draft(t.Context(), r.Ref(id))
		if err != nil {
			t.Fatal(err)
		}
		docs, err := w.Handle.ReplyDocuments(t.Context(), r.Ref(id))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, doc := range docs {
			names = append(names, doc.Name)
		}
		seen = append(seen, r.Name, r.OpenedAt, r.DoubtedAt, r.StartedAt, r.FirstReply, r.RepliedAt, r.DocumentsAt, len(r.Documents),
			r.OnBehalf, r.Choice.Presence, r.WrongPasswords, r.LockedUntil, r.Standing(w.Clock).Status, len(w.Mail.Links[string(r.Address)]),
			!draft.ChangedAt.IsZero(), draft.Text, draft.Choice.Presence, names, versions(t, w, id, r.ID))
	}
	notices := slices.Clone(w.Mail.Told)
	slices.Sort(notices)
	return append(seen, notices)
}

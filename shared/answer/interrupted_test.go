package answer_test

import (
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/worldtest"
)

func TestInterruptedAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(w *worldtest.World, v answer.Visit) error
	}{
		{"opening", func(w *worldtest.World, v answer.Visit) error { return w.Answer.Open(t.Context(), v) }},
		{"asking for a document", func(w *worldtest.World, v answer.Visit) error {
			docs, err := v.Handle.Documents(t.Context(), v.Convocation.ID)
			if err == nil {
				_, err = w.Answer.Download(t.Context(), v, docs[0].ID)
			}
			return err
		}},
		{"asking for all documents", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Zip(t.Context(), v)
			return err
		}},
		{"saving", func(w *worldtest.World, v answer.Visit) error { return w.Answer.SaveText(t.Context(), v, "Absent") }},
		{"removing a document", func(w *worldtest.World, v answer.Visit) error {
			docs, err := v.Handle.ReplyDocuments(t.Context(), v.Ref())
			if err == nil && len(docs) > 0 {
				err = w.Answer.RemoveDocument(t.Context(), v, docs[0].ID)
			}
			return err
		}},
		{"sending", func(w *worldtest.World, v answer.Visit) error {
			_, err := w.Answer.Validate(t.Context(), v, 2)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				id := sent(t, w)
				v := visit(t, w, "a0@x.fr")
				attach(t, w, v, "%PDF-1.4 pouvoir")
				if revision := save(t, w, v, "Présent"); revision != 2 {
					t.Fatalf("revision %d", revision)
				}
				return worldtest.Flow{
					Run: func() error {
						v, err := w.Visit("a0@x.fr")
						if err != nil {
							return err
						}
						return c.run(w, v)
					},
					State: func() any { return state(t, w, id) },
				}
			})
		})
	}
}

// state is what the élu and the secretary see.
func state(t *testing.T, w *worldtest.World, id convocation.ID) any {
	t.Helper()
	w.Pass(1, time.Minute)
	list, err := w.Follow.List(t.Context(), w.Handle, followAll)
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, w, "a0@x.fr")
	p := page(t, w, v)
	var docs []string
	for _, d := range p.DraftDocuments {
		docs = append(docs, d.Name)
	}
	r := w.Recipients(id)["a0@x.fr"]
	return []any{
		p.Begun, p.Draft.Text, docs, replies(t, w, v), r.OpenedAt, r.StartedAt, r.FirstReply, r.RepliedAt, r.DocumentsAt,
		r.Standing(w.Clock).Status, list.Lines[0].ChangedAt, list.Lines[0].State,
	}
}

package upload_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/files/filestest"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// replied are the documents of the reply's draft: « document-1.pdf pending pending ».
func replied(t *testing.T, w *worldtest.World, v answer.Visit) (lines []string) {
	t.Helper()
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		lines = append(lines, d.Name+" "+standing(d))
	}
	return lines
}

// validated presses « Envoyer » and gives the documents that went with the reply; an error where none went.
func validated(t *testing.T, w *worldtest.World, v answer.Visit) ([]convocation.Document, error) {
	t.Helper()
	if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: "Absent"}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision)
	return reply.Documents, err
}

// No reply goes with a document but one that is stored: the secretary downloads those of replies only.
func TestScanOfADocumentOfAReply(t *testing.T) {
	for _, c := range verdicts {
		t.Run(c.name, func(t *testing.T) {
			w, a := scanned(t)
			c.set(a)
			v, key := elu(t, w)
			postNamed(t, w, key, "pouvoir.pdf", c.content)
			name := "pouvoir.pdf "
			if got := replied(t, w, v); len(got) != 1 || got[0] != name+c.want {
				t.Fatalf("got %q", got)
			}
			kept := keptFiles(t, w, v)[0]
			if there(t, w, key) || there(t, w, kept) == strings.HasPrefix(c.want, "refused") {
				t.Errorf("what the form brought stays: %v, the file is kept: %v", there(t, w, key), there(t, w, kept))
			}
			sent, err := validated(t, w, v)
			switch stored := strings.HasPrefix(c.want, "stored"); {
			case stored && (err != nil || len(sent) != 1 || sent[0].Key != kept):
				t.Errorf("sent %v, %v", sent, err)
			case !stored && len(sent) != 0:
				t.Errorf("sent with the reply: %v", sent)
			case errors.Is(err, convocation.ErrDocumentScanning) != strings.HasPrefix(c.want, "pending"):
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReplyDocumentThatWaits(t *testing.T) {
	for content, want := range map[string]string{"%PDF-1.4": "stored clean ", filestest.InfectedPDF(): "refused  document_infected"} {
		t.Run(want, func(t *testing.T) {
			w, a := scanned(t)
			v, key := elu(t, w)
			postNamed(t, w, key, "avant.pdf", "%PDF-1.4 avant")
			a.away = true
			again := form(t, w, v)
			for range 2 { // the event may come twice, here with the file still there
				postNamed(t, w, again, "pouvoir.pdf", content)
			}
			a.away = false
			postNamed(t, w, form(t, w, v), "pouvoir.pdf", "%PDF-1.4 après")
			before := []string{"avant.pdf stored clean ", "pouvoir.pdf pending pending ", "pouvoir (2).pdf stored clean "}
			if got := replied(t, w, v); !slices.Equal(got, before) {
				t.Errorf("while it waits: got %q", got)
			}
			w.Pass(2, 2*time.Second)
			after := []string{"avant.pdf stored clean ", "pouvoir.pdf " + want, "pouvoir (2).pdf stored clean "}
			if got := replied(t, w, v); !slices.Equal(got, after) {
				t.Errorf("after the verdict: got %q, want %q", got, after)
			}
			if kept := keptFiles(t, w, v)[1]; there(t, w, kept) != strings.HasPrefix(want, "stored") {
				t.Errorf("its file is there: %v", there(t, w, kept))
			}
			draft, err := w.Handle.Draft(t.Context(), v.Ref())
			if taken := strings.Count(fmt.Sprint(after), "stored"); err != nil || draft.Uploads != taken {
				t.Errorf("%d documents count, %d were taken (%v)", draft.Uploads, taken, err)
			}
			asked := len(a.asked)
			w.Pass(3, time.Hour)
			if len(a.asked) != asked || !slices.Equal(replied(t, w, v), after) {
				t.Errorf("asked %d times more, now %q", len(a.asked)-asked, replied(t, w, v))
			}
		})
	}
}

// The same file by the same form, after the verdict and once more: it is one document.
func TestReplyDocumentThatComesAgainAfterItHasWaited(t *testing.T) {
	w, a := scanned(t)
	v, key := elu(t, w)
	a.slow = true
	post(t, w, key, "%PDF-1.4")
	a.slow = false
	for range 2 {
		post(t, w, key, "%PDF-1.4")
		if got := replied(t, w, v); !slices.Equal(got, []string{"document-1.pdf stored clean "}) {
			t.Errorf("got %q", got)
		}
	}
	w.Pass(1, 2*time.Hour)
	if kept := keptFiles(t, w, v); len(kept) != 1 || !there(t, w, kept[0]) || there(t, w, key) {
		t.Errorf("%q: its file is gone, or what the form brought stays", kept)
	}
}

// What the élu takes out while the antivirus looks does not come back with its verdict, and its file goes at once:
// whoever holds a link could else fill the disk.
func TestReplyDocumentTakenOutWhileItWaits(t *testing.T) {
	for _, content := range []string{"%PDF-1.4", filestest.InfectedPDF()} {
		w, a := scanned(t)
		v, key := elu(t, w)
		a.slow = true
		post(t, w, key, content)
		docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Answer.RemoveDocument(t.Context(), v, docs[0].ID); err != nil {
			t.Fatal(err)
		}
		a.slow = false
		w.Pass(1, 2*time.Second)
		if got := replied(t, w, v); len(got) != 0 || there(t, w, docs[0].Key) {
			t.Errorf("it is back: %q, or its file stays: %v", got, there(t, w, docs[0].Key))
		}
	}
}

// The élu takes a document out at the very moment of its verdict.
func TestReplyDocumentTakenOutDuringItsVerdict(t *testing.T) {
	w, a := scanned(t)
	v, key := elu(t, w)
	a.slow = true
	post(t, w, key, "%PDF-1.4")
	a.slow = false
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	w.Meanwhile("transact", func() {
		if err := w.Answer.RemoveDocument(t.Context(), v, docs[0].ID); err != nil {
			t.Error(err)
		}
	})
	w.Pass(1, 2*time.Second)
	if got := replied(t, w, v); len(got) != 0 || there(t, w, docs[0].Key) {
		t.Errorf("it is back: %q, or its file stays: %v", got, there(t, w, docs[0].Key))
	}
}

// Those that wait take their places among the five.
func TestReplyDocumentsThatWaitAreCounted(t *testing.T) {
	w, a := scanned(t)
	v, _ := elu(t, w)
	a.slow = true
	for n := range convocation.MaxReplyFiles + 1 {
		post(t, w, form(t, w, v), fmt.Sprint("%PDF-1.4 ", n))
	}
	want := slices.Repeat([]string{"pending"}, convocation.MaxReplyFiles)
	if got := states(t, w, v); !slices.Equal(got, append(want, "refused")) {
		t.Errorf("while they wait: got %q", got)
	}
	a.slow = false
	w.Pass(1, 2*time.Second)
	want = slices.Repeat([]string{"stored"}, convocation.MaxReplyFiles)
	if got := states(t, w, v); !slices.Equal(got, append(want, "refused")) {
		t.Errorf("after the verdict: got %q", got)
	}
}

func states(t *testing.T, w *worldtest.World, v answer.Visit) (all []string) {
	t.Helper()
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		all = append(all, string(d.State))
	}
	return all
}

// However full of refusals the draft is, what was seen to wait does not vanish without a word.
func TestRefusalOfADocumentThatHasWaitedIsShown(t *testing.T) {
	w, a := scanned(t)
	v, key := elu(t, w)
	a.slow = true
	postNamed(t, w, key, "pouvoir.pdf", filestest.InfectedPDF())
	for range convocation.MaxReplyFiles {
		post(t, w, form(t, w, v), "<html>")
	}
	a.slow = false
	w.Pass(1, 2*time.Second)
	if got := replied(t, w, v); len(got) != 1+convocation.MaxReplyFiles || got[0] != "pouvoir.pdf refused  document_infected" {
		t.Errorf("got %q", got)
	}
}

// The program was killed between the agenda and the draft: what the form brought is still there, and goes on from there.
func TestReplyDocumentThatWasNotedInTheAgendaOnly(t *testing.T) {
	w, a := scanned(t)
	v, key := elu(t, w)
	a.slow = true
	post(t, w, key, "%PDF-1.4")
	docs, err := w.Handle.ReplyDocuments(t.Context(), v.Ref())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Handle.DeleteReplyDocument(t.Context(), v.Ref(), docs[0].ID, w.Clock); err != nil {
		t.Fatal(err)
	}
	w.Store(key, "%PDF-1.4")
	a.slow = false
	w.Pass(1, 2*time.Second)
	if got := replied(t, w, v); !slices.Equal(got, []string{"document-1.pdf stored clean "}) || there(t, w, key) {
		t.Errorf("got %q, what the form brought stays: %v", got, there(t, w, key))
	}
}

func TestInterruptedScan(t *testing.T) {
	slow := func(w *worldtest.World) *antivirus {
		a := &antivirus{w: w, slow: true}
		w.Uploads.Scanner = a
		return a
	}
	for name, content := range map[string]string{"clean": "%PDF-1.4", "infected": filestest.InfectedPDF()} {
		t.Run("a document that begins to wait, "+name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				a := slow(w)
				id := w.Draft(1).ID
				d, err := announce(t, w, id, "ordre.pdf", 10)
				if err != nil {
					t.Fatal(err)
				}
				info := w.Store(formKey(d), content)
				return worldtest.Flow{
					Run: func() error { return w.Uploads.Stored(t.Context(), files.Key(formKey(d)), info) },
					State: func() any {
						before := standing(document(t, w, id, d.ID))
						a.slow = false
						w.Pass(2, 2*time.Minute)
						return []any{before, standing(document(t, w, id, d.ID)), there(t, w, d.Key), there(t, w, formKey(d))}
					},
				}
			})
		})
		t.Run("a document of a reply that begins to wait, "+name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				a := slow(w)
				v, key := elu(t, w)
				info := w.Store(key, content)
				return worldtest.Flow{
					Run: func() error { return w.Uploads.Stored(t.Context(), files.Key(key), info) },
					State: func() any {
						before := replied(t, w, v)
						a.slow = false
						w.Pass(2, 2*time.Minute)
						return []any{before, replied(t, w, v), there(t, w, keptFiles(t, w, v)[0]), there(t, w, key)}
					},
				}
			})
		})
		t.Run("the verdict on a document of a reply, "+name, func(t *testing.T) {
			worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
				a := slow(w)
				v, key := elu(t, w)
				post(t, w, key, content)
				a.slow = false
				entries, err := w.Tables.AgendaHandle().Due(t.Context(), w.Clock.Add(time.Minute), 10)
				i := slices.IndexFunc(entries, func(e store.AgendaEntry) bool { return e.What == store.DueUpload })
				if err != nil || i < 0 {
					t.Fatalf("in the agenda: %v, %v", entries, err)
				}
				return worldtest.Flow{
					Run: func() error {
						_, err := w.Uploads.Due(t.Context(), entries[i])
						return err
					},
					State: func() any { return []any{replied(t, w, v), there(t, w, keptFiles(t, w, v)[0])} },
				}
			})
		})
	}
}

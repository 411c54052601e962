package upload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/files/filestest"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// antivirus finds EICAR in the files of a town, when it answers. It fails the test when it is asked about a file that a
// form can still change.
type antivirus struct {
	w     *worldtest.World
	slow  bool // it has not looked yet
	away  bool
	blind bool // it looks at nothing
	asked []time.Time
}

func scanned(t *testing.T) (*worldtest.World, *antivirus) {
	t.Helper()
	w := worldtest.New(t)
	a := &antivirus{w: w}
	w.Uploads.Scanner = a
	return w, a
}

func (a *antivirus) Scan(ctx context.Context, key files.Key) (files.Report, error) {
	a.asked = append(a.asked, a.w.Clock)
	if !strings.Contains(string(key), "/kept/") {
		a.w.T.Errorf("asked about %s, which may be another file a moment later", key)
	}
	r, err := a.w.Files.Open(ctx, key)
	if err != nil {
		return files.Report{}, err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	switch {
	case a.away:
		return files.Report{}, files.ErrUnavailable
	case err != nil:
		return files.Report{}, err
	case a.slow:
		return files.Report{Verdict: files.Pending}, nil
	case a.blind:
		return files.Report{Verdict: files.Unscanned, Said: "too large"}, nil
	case strings.Contains(string(raw), filestest.EICAR()):
		return files.Report{Verdict: files.Infected, Said: "EICAR"}, nil
	}
	return files.Report{Verdict: files.Clean}, nil
}

// verdicts are what an antivirus may say of a document, and what becomes of it.
var verdicts = []struct {
	name    string
	content string
	set     func(*antivirus)
	want    string // « state scan reason »
}{
	{"clean", "%PDF-1.4", func(*antivirus) {}, "stored clean "},
	{"infected", filestest.InfectedPDF(), func(*antivirus) {}, "refused  document_infected"},
	{"not looked at yet", filestest.InfectedPDF(), func(a *antivirus) { a.slow = true }, "pending pending "},
	{"away", filestest.InfectedPDF(), func(a *antivirus) { a.away = true }, "pending pending "},
	{"it will not look", "%PDF-1.4", func(a *antivirus) { a.blind = true }, "stored  "},
	{"none is there", "%PDF-1.4", func(a *antivirus) { a.w.Uploads.Scanner = nil }, "stored  "},
	{"of a kind that is not taken: nobody is asked", "<html>", func(a *antivirus) { a.away = true }, "refused  document_kind_refused"},
}

func standing(d convocation.Document) string { return fmt.Sprint(d.State, " ", d.Scan, " ", d.Reason) }

// Nobody gets a document of a convocation but one that is stored: not the secretary, no recipient, nor is it sent.
func TestScanOfADocument(t *testing.T) {
	for _, c := range verdicts {
		t.Run(c.name, func(t *testing.T) {
			w, a := scanned(t)
			c.set(a)
			draft := w.Draft(1)
			d := posted(t, w, draft.ID, c.content)
			if got := standing(d); got != c.want {
				t.Fatalf("got %q", got)
			}
			to, err := w.Compose.Download(t.Context(), w.Handle, draft.ID, d.ID)
			if d.State == convocation.DocumentStored {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, convocation.ErrDocumentUnknown) {
				t.Errorf("it can be downloaded: %q, %v", to, err)
			}
			if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", draft.ID, draft.Version, time.Time{}); err == nil {
				t.Error("it was sent")
			}
			if kept := there(t, w, d.Key); kept != (d.State == convocation.DocumentPending) || there(t, w, formKey(d)) {
				t.Errorf("its file is kept: %v; what the form brought stays: %v", kept, there(t, w, formKey(d)))
			}
		})
	}
}

// posted is a document of a draft that has come by its form.
func posted(t *testing.T, w *worldtest.World, id convocation.ID, content string) convocation.Document {
	t.Helper()
	d, err := announce(t, w, id, "ordre.pdf", int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	arrived(t, w, d, content)
	return document(t, w, id, d.ID)
}

// A document that waits is settled soon after the antivirus answers, and then nothing more is asked.
func TestAntivirusThatAnswersLater(t *testing.T) {
	for name, set := range map[string]func(a *antivirus, late bool){
		"it was slow": func(a *antivirus, late bool) { a.slow = late },
		"it was away": func(a *antivirus, late bool) { a.away = late },
	} {
		for content, want := range map[string]string{"%PDF-1.4": "stored clean ", filestest.InfectedPDF(): "refused  document_infected"} {
			t.Run(name+", "+want, func(t *testing.T) {
				w, a := scanned(t)
				set(a, true)
				id := w.Draft(1).ID
				d := posted(t, w, id, content)
				w.Pass(10, time.Second)
				if got := standing(document(t, w, id, d.ID)); got != "pending pending " {
					t.Errorf("before it answers: got %q", got)
				}
				set(a, false)
				w.Pass(6, time.Second)
				got := document(t, w, id, d.ID)
				if standing(got) != want || there(t, w, d.Key) != (got.State == convocation.DocumentStored) {
					t.Errorf("got %q, its file is there: %v", standing(got), there(t, w, d.Key))
				}
				asked := len(a.asked)
				w.Pass(3, time.Hour)
				if len(a.asked) != asked || len(agenda(t, w)) != 0 {
					t.Errorf("asked %d times more, left %v", len(a.asked)-asked, agenda(t, w))
				}
			})
		}
	}
}

// agenda is what is due of documents at some time.
func agenda(t *testing.T, w *worldtest.World) (orders []string) {
	t.Helper()
	entries, err := w.Tables.AgendaHandle().Due(t.Context(), w.Clock.Add(1_000*time.Hour), 1_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.What == store.DueUpload {
			orders = append(orders, string(e.Order))
		}
	}
	return orders
}

// It is asked at once, then ever more rarely; after three days the document is refused and its file goes.
func TestPatienceWithAnAntivirus(t *testing.T) {
	w, a := scanned(t)
	a.away = true
	id := w.Draft(1).ID
	start := w.Clock
	d := posted(t, w, id, "%PDF-1.4")
	arrived(t, w, d, "%PDF-1.4") // the event may come twice
	w.Pass(2*60, time.Second)
	var at []time.Duration
	for _, asked := range a.asked[2:] {
		at = append(at, asked.Sub(start)/time.Second)
	}
	if want := []time.Duration{2, 4, 6, 9, 14, 21, 31, 46, 69, 103}; !slices.Equal(at, want) { // 13.5 s is 14 to a pass of each second
		t.Errorf("asked after %d seconds, want %d", at, want)
	}
	before := len(a.asked)
	w.Pass(60, time.Minute)
	if n := len(a.asked) - before; n < 8 || n > 20 {
		t.Errorf("asked %d times in an hour", n)
	}
	w.Clock = start.Add(72*time.Hour - time.Second)
	w.Pass(1, 0)
	if got := standing(document(t, w, id, d.ID)); got != "pending pending " {
		t.Errorf("a second before three days: got %q", got)
	}
	w.Pass(1, 10*time.Minute)
	if got := standing(document(t, w, id, d.ID)); got != "refused  scan_unanswered" || there(t, w, d.Key) || len(agenda(t, w)) != 0 {
		t.Errorf("after three days: got %q, its file is there: %v, left %v", got, there(t, w, d.Key), agenda(t, w))
	}
}

// The clean file is what stays: what the form brings after it, or while the antivirus looks, is nobody's document.
func TestInfectedFileByTheFormOfACleanOne(t *testing.T) {
	for name, slow := range map[string]bool{"after the verdict": false, "before it": true} {
		t.Run(name, func(t *testing.T) {
			w, a := scanned(t)
			a.slow = slow
			id := w.Draft(1).ID
			d := posted(t, w, id, "%PDF-1.4 propre")
			arrived(t, w, d, filestest.InfectedPDF())
			a.slow = false
			w.Pass(2, 2*time.Second)
			if got := standing(document(t, w, id, d.ID)); got != "stored clean " || content(t, w, d.Key) != "%PDF-1.4 propre" {
				t.Errorf("got %q, it holds %q", got, content(t, w, d.Key))
			}
		})
	}
}

// A store may tell of the copy too: that is one more look, and changes nothing that is decided.
func TestEventOfACopy(t *testing.T) {
	w, a := scanned(t)
	a.slow = true
	id := w.Draft(1).ID
	d := posted(t, w, id, "%PDF-1.4")
	a.slow = false
	for range 2 {
		if err := w.Uploads.Stored(t.Context(), files.Key(d.Key), files.Info{}); err != nil {
			t.Fatal(err)
		}
		if got := document(t, w, id, d.ID); standing(got) != "stored clean " || !there(t, w, d.Key) {
			t.Errorf("got %q", standing(got))
		}
	}
}

func TestDocumentTakenAwayWhileItWaits(t *testing.T) {
	w, a := scanned(t)
	a.slow = true
	id := w.Draft(1).ID
	d := posted(t, w, id, "%PDF-1.4")
	if err := w.Compose.RemoveDocument(t.Context(), w.Handle, id, d.ID); err != nil {
		t.Fatal(err)
	}
	a.slow = false
	w.Pass(1, 2*time.Second)
	if docs, err := w.Handle.Documents(t.Context(), id); err != nil || len(docs) != 0 || there(t, w, d.Key) {
		t.Errorf("it is back: %v, or its file stays: %v (%v)", docs, there(t, w, d.Key), err)
	}
}

// What an operator should know of is told, and nothing else.
func TestWatchedScanner(t *testing.T) {
	w, a := scanned(t)
	var told []string
	w.Uploads.Scanner = files.Watched(a, func(_ files.Key, code, said string) { told = append(told, code+": "+said) })
	id := w.Draft(1).ID
	for _, set := range []func(){func() {}, func() { a.slow = true }, func() { a.away = true }} {
		set()
		posted(t, w, id, "%PDF-1.4")
	}
	a.slow, a.away = false, false
	posted(t, w, id, filestest.InfectedPDF())
	a.blind = true
	posted(t, w, id, "%PDF-1.4")
	want := []string{"unavailable: files: unavailable", "infected: EICAR", "unscanned: too large"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

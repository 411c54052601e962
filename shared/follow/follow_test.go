package follow_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

const by = "secretaire"

// draft makes a draft of that subject to these addresses, a second after the one before.
func draft(t *testing.T, w *worldtest.World, subject string, to ...string) compose.Draft {
	t.Helper()
	w.Clock = w.Clock.Add(time.Second)
	d, err := w.Compose.Create(t.Context(), w.Handle, by)
	if err != nil {
		t.Fatal(err)
	}
	text := compose.Text{Subject: subject}
	for _, address := range to {
		text.To = append(text.To, compose.Entry{Address: address})
	}
	if d, err = w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text); err != nil {
		t.Fatal(err)
	}
	return d
}

func list(t *testing.T, w *worldtest.World, f follow.Filter) follow.List {
	t.Helper()
	got, err := w.Follow.List(t.Context(), w.Handle, f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func subjects(l follow.List) []string {
	var all []string
	for _, line := range l.Lines {
		all = append(all, line.Subject)
	}
	return all
}

func open(t *testing.T, w *worldtest.World, address string) {
	t.Helper()
	v, err := w.Visit(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
}

func TestListFiltersByTitle(t *testing.T) {
	w := worldtest.New(t)
	for _, subject := range []string{"Conseil municipal", "Bureau", "CONSEIL D’ÉCOLE", ""} {
		draft(t, w, subject)
	}
	for _, c := range []struct {
		name, title string
		want        []string
	}{
		{"nothing", "", []string{"", "CONSEIL D’ÉCOLE", "Bureau", "Conseil municipal"}},
		{"a beginning in other letters", "conseil", []string{"CONSEIL D’ÉCOLE", "Conseil municipal"}},
		{"the middle of a word, without its accent", "COLE", []string{"CONSEIL D’ÉCOLE"}},
		{"spaces around", "  bureau ", []string{"Bureau"}},
		{"none", "commission", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := list(t, w, follow.Filter{Title: c.title})
			if !slices.Equal(subjects(got), c.want) || got.Total != len(c.want) {
				t.Errorf("got %q of %d", subjects(got), got.Total)
			}
		})
	}
}

func TestListFiltersByState(t *testing.T) {
	w := worldtest.New(t)
	draft(t, w, "Brouillon")
	w.Deaf = true
	w.Send(draft(t, w, "En cours", "a@x.fr"))
	w.Deaf = false
	w.Send(draft(t, w, "Transmise", "b@x.fr"))
	w.Send(draft(t, w, "Ouverte par un", "c@x.fr", "d@x.fr"))
	open(t, w, "c@x.fr")
	w.Send(draft(t, w, "Ouverte par tous", "e@x.fr"))
	open(t, w, "e@x.fr")
	closed := draft(t, w, "Fermée", "f@x.fr")
	w.Send(closed)
	if _, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, by, closed.ID); err != nil {
		t.Fatal(err)
	}
	for state, want := range map[convocation.State]string{
		convocation.StateDraft: "Brouillon", convocation.StateSending: "En cours", convocation.StateSent: "Transmise",
		convocation.StateOpenedPartly: "Ouverte par un", convocation.StateOpenedAll: "Ouverte par tous",
		convocation.StateClosed: "Fermée",
	} {
		got := list(t, w, follow.Filter{State: state})
		if !slices.Equal(subjects(got), []string{want}) || got.Total != 1 || got.Lines[0].State != state {
			t.Errorf("%s: got %q of %d", state, subjects(got), got.Total)
		}
	}
	if got := list(t, w, follow.Filter{State: convocation.StateDraft, Title: "transmise"}); got.Total != 0 {
		t.Errorf("both: got %q", subjects(got))
	}
}

func TestNewestChangeComesFirst(t *testing.T) {
	w := worldtest.New(t)
	first := draft(t, w, "Première", "a@x.fr")
	second := draft(t, w, "Seconde", "b@x.fr")
	for _, step := range []struct {
		name string
		act  func()
		want string
	}{
		{"created last", func() {}, "Seconde"},
		{"saved", func() {
			var err error
			text := compose.Text{Subject: "Première", To: []compose.Entry{{Address: "a@x.fr"}}}
			first, err = w.Compose.Save(t.Context(), w.Handle, by, first.ID, first.Version, text)
			if err != nil {
				t.Fatal(err)
			}
		}, "Première"},
		{"sent", func() { w.Send(second) }, "Seconde"},
		{"sent later", func() { w.Send(first) }, "Première"},
		{"opened", func() { open(t, w, "b@x.fr") }, "Seconde"},
		{"closed", func() {
			if _, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, by, first.ID); err != nil {
				t.Fatal(err)
			}
		}, "Première"},
	} {
		w.Clock = w.Clock.Add(time.Minute)
		changed := w.Clock
		step.act()
		w.Pass(1, 15*time.Second)
		got := list(t, w, follow.Filter{})
		if subjects(got)[0] != step.want {
			t.Errorf("%s: got %q first", step.name, subjects(got)[0])
		}
		if step.name != "created last" && !got.Lines[0].ChangedAt.Equal(changed) {
			t.Errorf("%s: changed at %s, want %s", step.name, got.Lines[0].ChangedAt, changed)
		}
	}
}

func TestListLeavesOutADraftThatIsDeletedMeanwhile(t *testing.T) {
	for _, f := range []follow.Filter{{}, {State: convocation.StateDraft}} {
		w := worldtest.New(t)
		d := draft(t, w, "Supprimée")
		draft(t, w, "Gardée")
		w.Meanwhile("get", func() {
			if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); err != nil {
				t.Error(err)
			}
		})
		if got := list(t, w, f); !slices.Equal(subjects(got), []string{"Gardée"}) {
			t.Errorf("%+v: got %q", f, subjects(got))
		}
	}
}

func TestDetail(t *testing.T) {
	w := worldtest.New(t)
	d := draft(t, w, "Conseil")
	w.Put(d.ID, "a.pdf", "%PDF-1.4")
	d, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, compose.Text{
		Subject: "Conseil",
		To:      []compose.Entry{{Address: "Zoé <z@x.fr>"}, {Address: "Éric <e@x.fr>"}, {Address: "b@x.fr"}, {Address: "a@x.fr"}},
		Cc:      []compose.Entry{{Address: "Anne <c@x.fr>"}}, Bcc: []compose.Entry{{Address: "Alice <d@x.fr>"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	open(t, w, "c@x.fr")
	before := w.Counts().Writes
	got, err := w.Follow.Detail(t.Context(), w.Handle, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range got.Recipients {
		order = append(order, string(r.Address))
	}
	if want := "a@x.fr b@x.fr e@x.fr z@x.fr c@x.fr d@x.fr"; strings.Join(order, " ") != want {
		t.Errorf("got %q, want %q", order, want)
	}
	n := got.Counts
	n.ChangedAt = time.Time{}
	if want := (convocation.Counts{Recipients: 6, Transmitted: 6, Read: 1}); n != want || got.State != convocation.StateOpenedPartly {
		t.Errorf("got %+v, %s", n, got.State)
	}
	if len(got.Documents) != 1 || !got.At.Equal(w.Clock) || w.Counts().Writes != before {
		t.Errorf("%d documents, at %s, %d writes", len(got.Documents), got.At, w.Counts().Writes-before)
	}
	if _, err := w.Follow.Detail(t.Context(), w.Handle, "cnv_aaaaaaaaaaaaaaaa"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("of nothing: got %v", err)
	}
}

// replied makes a@x.fr answer twice, each time with a document more.
func replied(t *testing.T, w *worldtest.World) (convocation.ID, convocation.RecipientID, []convocation.Document) {
	t.Helper()
	d := draft(t, w, "Conseil", "a@x.fr", "b@x.fr")
	w.Send(d)
	open(t, w, "a@x.fr")
	var docs []convocation.Document
	for _, text := range []string{"Présent", "Absent"} {
		v, err := w.Visit("a@x.fr")
		if err != nil {
			t.Fatal(err)
		}
		form, err := w.Answer.UploadForm(t.Context(), v, "")
		if err != nil {
			t.Fatal(err)
		}
		key := form.Fields[0].Value
		if err := w.Uploads.Stored(t.Context(), files.Key(key), w.Store(key, "%PDF-1.4 "+text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Answer.Save(t.Context(), v, answer.Typed{Text: text}); err != nil {
			t.Fatal(err)
		}
		p, err := w.Answer.Page(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := w.Answer.Validate(t.Context(), v, p.Draft.Revision)
		if err != nil {
			t.Fatal(err)
		}
		docs = reply.Documents
		w.Clock = w.Clock.Add(time.Minute)
	}
	return d.ID, w.Recipients(d.ID)["a@x.fr"].ID, docs
}

func TestReplies(t *testing.T) {
	w := worldtest.New(t)
	id, who, docs := replied(t, w)
	r, got, err := w.Follow.Replies(t.Context(), w.Handle, id, who)
	if err != nil || r.Address != "a@x.fr" || len(got) != 2 {
		t.Fatalf("got %s, %v, %v", r.Address, got, err)
	}
	for n, want := range []string{"2 Absent 2", "1 Présent 1"} {
		if p := got[n]; fmt.Sprint(p.Version, " ", p.Text, " ", len(p.Documents)) != want {
			t.Errorf("got %+v, want %q", p, want)
		}
	}
	other := w.Recipients(id)["b@x.fr"].ID
	if _, got, err := w.Follow.Replies(t.Context(), w.Handle, id, other); err != nil || len(got) != 0 {
		t.Errorf("who has not answered: %v, %v", got, err)
	}
	for _, d := range docs {
		if to, err := w.Follow.Download(t.Context(), w.Handle, id, who, d.ID); err != nil || !strings.HasSuffix(to, "/"+url.PathEscape("a@x.fr – "+d.Name)) {
			t.Errorf("%s is at %q, %v", d.Name, to, err)
		}
	}
	if _, err := w.Follow.Download(t.Context(), w.Handle, id, other, docs[0].ID); !errors.Is(err, convocation.ErrDocumentUnknown) {
		t.Errorf("a document of somebody else's reply: got %v", err)
	}
	if _, err := w.Follow.Download(t.Context(), w.Handle, id, who, "doc_aaaaaaaaaaaaaaaa"); !errors.Is(err, convocation.ErrDocumentUnknown) {
		t.Errorf("no document: got %v", err)
	}
}

func TestRepliesOfNobody(t *testing.T) {
	w := worldtest.New(t)
	id, who, docs := replied(t, w)
	for _, c := range []struct {
		name string
		id   convocation.ID
		who  convocation.RecipientID
	}{
		{"no convocation", "cnv_aaaaaaaaaaaaaaaa", who},
		{"no recipient", id, "rcp_aaaaaaaaaaaaaaaa"},
		{"a draft", draft(t, w, "Brouillon", "a@x.fr").ID, who},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := w.Follow.Replies(t.Context(), w.Handle, c.id, c.who); !errors.Is(err, errs.ErrNotFound) {
				t.Errorf("replies: got %v", err)
			}
			if _, err := w.Follow.Download(t.Context(), w.Handle, c.id, c.who, docs[0].ID); !errors.Is(err, errs.ErrNotFound) {
				t.Errorf("a document: got %v", err)
			}
		})
	}
}

func due(w *worldtest.World, id convocation.ID) store.AgendaEntry {
	return store.AgendaEntry{Due: w.Clock, Collectivity: w.Handle.ID, Convocation: id, What: store.DueList, Order: store.NoOrder}
}

func TestListIsPutInOrderOnce(t *testing.T) {
	w := worldtest.New(t)
	old := draft(t, w, "Ancienne", "a@x.fr")
	w.Send(old)
	w.Send(draft(t, w, "Nouvelle", "b@x.fr"))
	w.Pass(1, time.Minute)
	open(t, w, "a@x.fr")
	w.Meanwhile("transact", func() { // another sweeper
		if next, err := w.Follow.Due(t.Context(), due(w, old.ID)); err != nil || !next.IsZero() {
			t.Errorf("the other one: next %s, %v", next, err)
		}
	})
	next, err := w.Follow.Due(t.Context(), due(w, old.ID))
	if err != nil || !next.Equal(w.Clock.Add(time.Second)) {
		t.Errorf("got next %s, %v", next, err)
	}
	before := w.Counts().Writes
	if next, err := w.Follow.Due(t.Context(), due(w, old.ID)); err != nil || !next.IsZero() || w.Counts().Writes != before {
		t.Errorf("looked at again: next %s, %v, %d writes", next, err, w.Counts().Writes-before)
	}
	if got := subjects(list(t, w, follow.Filter{})); !slices.Equal(got, []string{"Ancienne", "Nouvelle"}) {
		t.Errorf("got %q", got)
	}
	if next, err := w.Follow.Due(t.Context(), due(w, "cnv_aaaaaaaaaaaaaaaa")); err != nil || !next.IsZero() {
		t.Errorf("of nothing: next %s, %v", next, err)
	}
}

func TestInterruptedListing(t *testing.T) {
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		old := draft(t, w, "Ancienne", "a@x.fr")
		w.Send(old)
		w.Send(draft(t, w, "Nouvelle", "b@x.fr"))
		w.Pass(1, time.Minute)
		open(t, w, "a@x.fr")
		return worldtest.Flow{
			Run: func() error {
				_, err := w.Follow.Due(t.Context(), due(w, old.ID))
				return err
			},
			State: func() any { return subjects(list(t, w, follow.Filter{})) },
		}
	})
}

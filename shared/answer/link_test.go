package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/link"
	"convoc/shared/mail"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// sent is a town that has sent a convocation to a0@x.fr and a1@x.fr, with copy@x.fr in copy and two documents.
func sent(t *testing.T, w *worldtest.World) convocation.ID {
	t.Helper()
	d := w.Draft(0)
	w.Put(d.ID, "ordre.pdf", "%PDF-1.4 ordre")
	w.Put(d.ID, "note.pdf", "%PDF-1.4 note")
	d, err := w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, compose.Text{
		Subject: "Conseil", Message: "Bonjour", To: []compose.Entry{{Address: "a0@x.fr"}, {Address: "a1@x.fr"}},
		Cc: []compose.Entry{{Address: "copie@x.fr"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Send(d)
	w.Pass(1, time.Minute)
	return d.ID
}

func visit(t *testing.T, w *worldtest.World, address string) answer.Visit {
	t.Helper()
	v, err := w.Visit(address)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func open(t *testing.T, w *worldtest.World, address string) answer.Visit {
	t.Helper()
	if _, err := w.Answer.Open(t.Context(), visit(t, w, address), convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	return visit(t, w, address)
}

// resend sends once more to one recipient.
func resend(t *testing.T, w *worldtest.World, id convocation.ID, address string) {
	t.Helper()
	who := []convocation.RecipientID{w.Recipients(id)[address].ID}
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", id, store.WhoChosen, who); n != 1 || err != nil {
		t.Fatalf("resent to %d, %v", n, err)
	}
	w.Heed()
	w.Pass(1, time.Minute)
}

func TestLinkThatOpensNothing(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	right := worldtest.Token(t, w.Mail.Links["a0@x.fr"][0])
	other := worldtest.Token(t, w.Mail.Links["a1@x.fr"][0])
	for _, c := range []struct {
		name   string
		change func(*link.Token)
	}{
		{"wrong secret", func(k *link.Token) { k.Secret = strings.Repeat("A", len(k.Secret)) }},
		{"empty secret", func(k *link.Token) { k.Secret = "" }},
		{"the secret of another recipient", func(k *link.Token) { k.Secret = other.Secret }},
		{"unknown recipient", func(k *link.Token) { k.Recipient = "rcp_aaaaaaaaaaaaaaaa" }},
		{"another partition", func(k *link.Token) { k.Shard = 1 }},
		{"unknown convocation", func(k *link.Token) { k.Convocation = "cnv_aaaaaaaaaaaaaaaa" }},
		{"another collectivité", func(k *link.Token) { k.Collectivity = "212700017" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := right
			c.change(&token)
			before := w.Counts()
			v, err := w.Answer.Visit(t.Context(), token)
			after := w.Counts()
			if !errors.Is(err, convocation.ErrLinkUnknown) || v.Handle != nil || v.Recipient.ID != "" || v.Convocation.ID != "" {
				t.Errorf("got %+v, %v", v.Recipient, err)
			}
			if after.Reads-before.Reads != 1 || after.Writes != before.Writes {
				t.Errorf("%d reads, %d writes, want one read", after.Reads-before.Reads, after.Writes-before.Writes)
			}
		})
	}
	if v, err := w.Answer.Visit(t.Context(), right); err != nil || v.Convocation.ID != id {
		t.Errorf("the right one: got %+v, %v", v.Convocation.ID, err)
	}
}

func TestClosedLinkSaysWhomToCall(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	if n, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", id); n != 3 || err != nil {
		t.Fatalf("closed %d, %v", n, err)
	}
	token := worldtest.Token(t, w.Mail.Links["a0@x.fr"][0])
	v, err := w.Answer.Visit(t.Context(), token)
	if !errors.Is(err, convocation.ErrLinkClosed) || v.Convocation.Frozen.SenderName != "Saint-Aubin" {
		t.Errorf("got %+v, %v", v.Convocation.Frozen, err)
	}
	token.Secret = strings.Repeat("A", len(token.Secret))
	if _, err := w.Answer.Visit(t.Context(), token); !errors.Is(err, convocation.ErrLinkUnknown) {
		t.Errorf("with a wrong secret: got %v", err)
	}
}

func TestEightNewestLinksLive(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	for range 9 {
		resend(t, w, id, "a0@x.fr")
	}
	links := w.Mail.Links["a0@x.fr"]
	if len(links) != 10 {
		t.Fatalf("%d mails", len(links))
	}
	for n, address := range links {
		v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, address))
		if n < 2 {
			if !errors.Is(err, convocation.ErrLinkUnknown) {
				t.Errorf("link %d: got %v", n+1, err)
			}
		} else if err != nil || v.Attempt != n+1 {
			t.Errorf("link %d: attempt %d, %v", n+1, v.Attempt, err)
		}
	}
}

func TestOpeningProvesTheMailItCameFrom(t *testing.T) {
	w := worldtest.New(t)
	w.Mail.Decide = func(mail.Envelope) mail.Result { return mail.Result{Outcome: mail.Unknown} }
	d := w.Draft(1)
	w.Send(d)
	w.Pass(17, time.Minute) // tried again after a quarter of an hour
	links := w.Mail.Links["a0@x.fr"]
	if len(links) != 2 {
		t.Fatalf("%d mails", len(links))
	}
	v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, links[1]))
	if err != nil {
		t.Fatal(err)
	}
	opened := w.Clock
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Clock = w.Clock.Add(time.Hour)
	for range 2 { // the page again, and the same visit again
		if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
			t.Fatal(err)
		}
		v = visit(t, w, "a0@x.fr")
	}
	r := w.Recipients(d.ID)["a0@x.fr"]
	if !r.OpenedAt.Equal(opened) || r.Standing(w.Clock).Status != convocation.Sent {
		t.Errorf("opened at %s, want %s; %s", r.OpenedAt, opened, r.Standing(w.Clock).Status)
	}
	if !r.Attempts[0].ProvedAt.IsZero() || !r.Attempts[1].ProvedAt.Equal(opened) {
		t.Errorf("the first mail proved at %s, the second at %s", r.Attempts[0].ProvedAt, r.Attempts[1].ProvedAt)
	}
}

func TestOpenedAfterTheLinksWereClosed(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := visit(t, w, "a0@x.fr") // the page has been open for a while
	if _, err := w.Dispatch.CloseUnread(t.Context(), w.Handle, "secretaire", id); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("got %v", err)
	}
	if r := w.Recipients(id)["a0@x.fr"]; !r.OpenedAt.IsZero() {
		t.Errorf("opened at %s", r.OpenedAt)
	}
}

func TestLookingWritesNothing(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	for _, address := range []string{"a0@x.fr", "copie@x.fr"} {
		for _, v := range []answer.Visit{visit(t, w, address), open(t, w, address)} {
			before := w.Counts().Writes
			again := visit(t, w, address)
			if _, err := w.Answer.Page(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if v.CanReply() {
				if _, err := w.Answer.UploadForm(t.Context(), again, ""); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.Counts().Writes; got != before {
				t.Errorf("%s: %d writes", address, got-before)
			}
		}
	}
}

func TestCopyReadsOnly(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := open(t, w, "copie@x.fr")
	before := w.Counts().Writes
	_, form := w.Answer.UploadForm(t.Context(), v, "")
	_, validate := w.Answer.Validate(t.Context(), v, 1)
	for what, err := range map[string]error{
		"saving": w.Answer.Save(t.Context(), v, answer.Typed{Text: "Présent"}), "attaching": form, "sending": validate,
		"removing": w.Answer.RemoveDocument(t.Context(), v, "doc_aaaaaaaaaaaaaaaa"),
	} {
		if !errors.Is(err, convocation.ErrReplyNotTheirs) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil || len(p.Convocation.Frozen.Documents) != 2 {
		t.Errorf("got %d documents, %v", len(p.Convocation.Frozen.Documents), err)
	}
	if r := w.Recipients(id)["copie@x.fr"]; r.OpenedAt.IsZero() {
		t.Error("a copy that was opened is not read")
	}
}

func TestDocuments(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := open(t, w, "a0@x.fr")
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	first := w.Clock
	for _, d := range p.Convocation.Frozen.Documents {
		to, err := w.Answer.Download(t.Context(), v, d.ID)
		if err != nil || !strings.HasSuffix(to, "/"+d.Name) {
			t.Errorf("%s is at %q, %v", d.Name, to, err)
		}
		w.Clock = w.Clock.Add(time.Hour)
	}
	if to, err := w.Answer.Zip(t.Context(), v); err != nil || !strings.HasSuffix(to, "/Conseil.zip") {
		t.Errorf("all are at %q, %v", to, err)
	}
	if r := w.Recipients(id)["a0@x.fr"]; !r.DocumentsAt.Equal(first) {
		t.Errorf("asked for at %s, want %s", r.DocumentsAt, first)
	}
	if r := w.Recipients(id)["a1@x.fr"]; !r.DocumentsAt.IsZero() {
		t.Errorf("the other one asked for them at %s", r.DocumentsAt)
	}
}

func TestDocumentThatIsNotThere(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	alone := w.Draft(1)
	w.Put(alone.ID, "seul.pdf", "%PDF-1.4 seul")
	mine := w.Mail.Links["a0@x.fr"][0]
	w.Send(alone)
	theirs := visit(t, w, "a0@x.fr")
	v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, mine))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Answer.Page(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	before := w.Counts().Writes
	for name, doc := range map[string]convocation.DocumentID{
		"nothing": "doc_aaaaaaaaaaaaaaaa", "one of another convocation": p.Convocation.Frozen.Documents[0].ID,
	} {
		if to, err := w.Answer.Download(t.Context(), v, doc); !errors.Is(err, convocation.ErrDocumentUnknown) {
			t.Errorf("%s: got %q, %v", name, to, err)
		}
	}
	if to, err := w.Answer.Zip(t.Context(), theirs); !errors.Is(err, convocation.ErrDocumentUnknown) {
		t.Errorf("all of a single one: got %q, %v", to, err)
	}
	if got := w.Counts().Writes; got != before {
		t.Errorf("%d writes", got-before)
	}
}

func TestOpeningMovesTheConvocationUpInTheList(t *testing.T) {
	w := worldtest.New(t)
	older := sent(t, w)
	old := w.Mail.Links["a0@x.fr"][0]
	w.Clock = w.Clock.Add(time.Hour)
	newer := sent(t, w)
	w.Clock = w.Clock.Add(time.Hour)
	v, err := w.Answer.Visit(t.Context(), worldtest.Token(t, old))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil {
		t.Fatal(err)
	}
	w.Pass(1, 11*time.Second)
	list, err := w.Follow.List(t.Context(), w.Handle, followAll)
	if err != nil {
		t.Fatal(err)
	}
	var got []convocation.ID
	for _, l := range list.Lines {
		got = append(got, l.ID)
	}
	if diff := cmp.Diff([]convocation.ID{older, newer}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWallBetweenCollectivities(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	const other collectivity.ID = "212700017"
	token := worldtest.Token(t, w.Mail.Links["a0@x.fr"][0])
	token.Collectivity = other
	h := w.Tables.Collectivity(other)
	if err := h.PutCollectivity(t.Context(), collectivity.Collectivity{ID: other, Name: "Autre"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Visit(t.Context(), token); !errors.Is(err, convocation.ErrLinkUnknown) {
		t.Errorf("got %v", err)
	}
}

// The new mail has left and nobody knows it; the old link was opened before. Opening the new one proves the new mail.
func TestNewLinkProvesItsAttemptAlthoughAnOlderOneWasOpened(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	first := open(t, w, "a0@x.fr").Recipient.OpenedAt
	w.Mail.Decide = func(mail.Envelope) mail.Result { return mail.Result{Outcome: mail.Unknown} }
	resend(t, w, id, "a0@x.fr")
	if got := w.Status(id, "a0@x.fr"); got != convocation.Unknown {
		t.Fatalf("before: %s", got)
	}
	v := open(t, w, "a0@x.fr")
	if v.Attempt != 2 || !v.Recipient.OpenedAt.Equal(first) {
		t.Errorf("attempt %d, opened at %s and not at %s", v.Attempt, v.Recipient.OpenedAt, first)
	}
	if got := w.Status(id, "a0@x.fr"); got != convocation.Sent {
		t.Errorf("after: %s", got)
	}
	before := w.Counts().Writes
	if _, err := w.Answer.Open(t.Context(), v, convocation.Signals{}); err != nil || w.Counts().Writes != before {
		t.Errorf("opened again: %v, %d writes", err, w.Counts().Writes-before)
	}
}

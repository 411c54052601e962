package answer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/follow"
	"convoc/shared/worldtest"
)

var followAll = follow.Filter{}

// save keeps what was typed; a presence where a meeting asks for one.
func save(t *testing.T, w *worldtest.World, v answer.Visit, text string, presence ...convocation.Presence) (revision int64) {
	t.Helper()
	typed := answer.Typed{Text: text}
	if len(presence) > 0 {
		typed.Choice.Presence = presence[0]
	}
	if err := w.Answer.Save(t.Context(), v, typed); err != nil {
		t.Fatal(err)
	}
	return page(t, w, v).Draft.Revision
}

func page(t *testing.T, w *worldtest.World, v answer.Visit) answer.Page {
	t.Helper()
	p, err := w.Answer.Page(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// replies are the versions that the secretary sees, the newest first: « 2. Présent (document-1.pdf) ».
func replies(t *testing.T, w *worldtest.World, v answer.Visit) []string {
	t.Helper()
	return versions(t, w, v.Convocation.ID, v.Recipient.ID)
}

func versions(t *testing.T, w *worldtest.World, id convocation.ID, who convocation.RecipientID) []string {
	t.Helper()
	_, all, err := w.Follow.Replies(t.Context(), w.Handle, id, who)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range all {
		line := fmt.Sprintf("%d. %s", r.Version, r.Text)
		for _, d := range r.Documents {
			line += " (" + d.Name + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestReplyIsADraftUntilItIsValidated(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := open(t, w, "a0@x.fr")
	revision := save(t, w, v, "  Présent\r\n ")
	p := page(t, w, v)
	if !p.Begun || p.Draft.Text != "Présent" || p.Last.Version != 0 || len(replies(t, w, v)) != 0 {
		t.Fatalf("before: %+v", p.Draft)
	}
	if r := w.Recipients(id)["a0@x.fr"]; r.StartedAt.IsZero() || r.Replies != 0 {
		t.Errorf("before: started %s, %d replies", r.StartedAt, r.Replies)
	}
	w.Clock = w.Clock.Add(time.Minute)
	first := w.Clock
	reply, err := w.Answer.Validate(t.Context(), visit(t, w, "a0@x.fr"), revision)
	if err != nil || reply.Version != 1 || reply.Text != "Présent" || !reply.At.Equal(first) {
		t.Fatalf("got %+v, %v", reply, err)
	}
	v = visit(t, w, "a0@x.fr")
	if p := page(t, w, v); p.Begun || p.Draft.Text != "Présent" || p.Last.Text != "Présent" {
		t.Errorf("after: begun %v, %q, last %q", p.Begun, p.Draft.Text, p.Last.Text)
	}
	w.Clock = w.Clock.Add(time.Minute)
	if _, err := w.Answer.Validate(t.Context(), v, save(t, w, v, "Absent")); err != nil {
		t.Fatal(err)
	}
	if got := replies(t, w, v); !slices.Equal(got, []string{"2. Absent", "1. Présent"}) {
		t.Errorf("got %q", got)
	}
	r := w.Recipients(id)["a0@x.fr"]
	if r.Replies != 2 || !r.FirstReply.Equal(first) || !r.RepliedAt.Equal(w.Clock) {
		t.Errorf("got %d replies, the first at %s, the last at %s", r.Replies, r.FirstReply, r.RepliedAt)
	}
}

func TestReplyText(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	v := open(t, w, "a0@x.fr")
	for _, c := range []struct {
		name, typed, want string
		err               *errs.Error
	}{
		{"empty", "", "", convocation.ErrReplyEmpty},
		{"only spaces and lines", " \r\n\t\u00a0", "", convocation.ErrReplyEmpty},
		{"one character", "O", "O", nil},
		{"4,999 characters", strings.Repeat("é", 4_999), strings.Repeat("é", 4_999), nil},
		{"5,000 characters", strings.Repeat("é", 5_000), strings.Repeat("é", 5_000), nil},
		{"5,000 and spaces around", " " + strings.Repeat("é", 5_000) + "\n", strings.Repeat("é", 5_000), nil},
		{"5,001 characters", strings.Repeat("é", 5_001), "", convocation.ErrReplyTooLong},
		{"lines as browsers send them", "Oui\r\nmais\ravec\tretard", "Oui\nmais\navec\tretard", nil},
		{"control characters", "Ou\x00i\x1b[31m", "Oui[31m", nil},
		{"broken UTF-8", "Oui\xff", "Oui\uFFFD", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := page(t, w, v).Draft
			err := w.Answer.Save(t.Context(), v, answer.Typed{Text: c.typed})
			got := page(t, w, v).Draft
			if c.err != nil {
				if refusal, _ := errs.As(err); !errors.Is(err, c.err) || refusal.Field != "text" {
					t.Errorf("got %v, want %v", err, c.err)
				}
				if got != before {
					t.Errorf("the draft was %+v, is %+v", before, got)
				}
				return
			}
			if err != nil || got.Text != c.want || got.Revision <= before.Revision {
				t.Errorf("got %q at revision %d after %d, %v", got.Text, got.Revision, before.Revision, err)
			}
		})
	}
}

func TestValidateIsRefused(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := open(t, w, "a0@x.fr")
	validate := func(revision int64) error {
		_, err := w.Answer.Validate(t.Context(), visit(t, w, "a0@x.fr"), revision)
		return err
	}
	if err := validate(0); !errors.Is(err, convocation.ErrReplyNotBegun) {
		t.Errorf("nothing was written: got %v", err)
	}
	if err := validate(7); !errors.Is(err, convocation.ErrReplyChanged) {
		t.Errorf("a revision that never was: got %v", err)
	}
	attach(t, w, v, "%PDF-1.4 pouvoir")
	if err := validate(page(t, w, v).Draft.Revision); !errors.Is(err, convocation.ErrReplyEmpty) {
		t.Errorf("a document and no text: got %v", err)
	}
	shown := save(t, w, v, "Présent")
	changed := save(t, w, v, "Absent")
	if err := validate(shown); !errors.Is(err, convocation.ErrReplyChanged) {
		t.Errorf("changed since it was shown: got %v", err)
	}
	attach(t, w, v, "%PDF-1.4 autre")
	if err := validate(changed); !errors.Is(err, convocation.ErrReplyChanged) {
		t.Errorf("a document has come since it was shown: got %v", err)
	}
	if got := replies(t, w, v); len(got) != 0 {
		t.Fatalf("sent all the same: %q", got)
	}
	last := page(t, w, v).Draft.Revision
	for range 2 { // a double click
		if err := validate(last); err != nil {
			t.Fatal(err)
		}
	}
	if err := validate(shown); !errors.Is(err, convocation.ErrReplyChanged) {
		t.Errorf("an older revision, later: got %v", err)
	}
	if got := replies(t, w, v); !slices.Equal(got, []string{"1. Absent (document-1.pdf) (document-2.pdf)"}) {
		t.Errorf("got %q", got)
	}
	if r := w.Recipients(id)["a0@x.fr"]; r.Replies != 1 {
		t.Errorf("%d replies", r.Replies)
	}
}

func TestValidatedAfterTheLinksWereClosed(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := visit(t, w, "a0@x.fr")
	revision := save(t, w, v, "Présent")
	if err := w.Dispatch.Revoke(t.Context(), w.Handle, "secretaire", id, v.Recipient.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer.Validate(t.Context(), v, revision); !errors.Is(err, convocation.ErrLinkClosed) {
		t.Errorf("got %v", err)
	}
	if got := replies(t, w, v); len(got) != 0 {
		t.Errorf("sent all the same: %q", got)
	}
}

func TestValidatedByManyAtOnceIsOneReply(t *testing.T) {
	w := worldtest.New(t)
	sent(t, w)
	v := open(t, w, "a0@x.fr")
	revision := save(t, w, v, "Présent")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if reply, err := w.Answer.Validate(t.Context(), v, revision); err != nil || reply.Version != 1 {
				t.Errorf("got %+v, %v", reply, err)
			}
		})
	}
	all.Wait()
	if got := replies(t, w, v); !slices.Equal(got, []string{"1. Présent"}) {
		t.Errorf("got %q", got)
	}
}

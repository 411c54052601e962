package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// refusal is a write that comes too late, or for nothing that is there.
type refusal struct {
	name  string
	given func(*town)
	do    func(context.Context, *town) error
}

func askedFor(w *town) {
	w.must(w.h.AskSend(w.ctx(), draft, minute(3), "secretaire", Order{ID: ord2}, told(journal.SendAsked)))
}

func shut(w *town) { w.must(w.h.RevokeLinks(w.ctx(), toJean, minute(8), told(journal.LinksRevoked))) }

// refused are all writes whose condition does not hold: nothing of them may be written.
var refused = slices.Concat(refusedChanges, refusedSteering, refusedActs, refusedReplies, refusedPumps)

var refusedChanges = []refusal{
	{"a draft saved by somebody else meanwhile", func(w *town) {
		c := draft
		c.Version, c.ChangedAt = 2, minute(1)
		w.must(w.h.SaveConvocation(w.ctx(), c, saved))
	}, saveDraft},
	{"a draft that was sent meanwhile", askedFor, saveDraft},
	{"a draft that was sent meanwhile is not deleted", askedFor, func(ctx context.Context, w *town) error {
		return w.h.DeleteConvocation(ctx, draft, nil, saved)
	}},
	{"an older version is not deleted", nil, func(ctx context.Context, w *town) error {
		c := draft
		c.Version = 7
		return w.h.DeleteConvocation(ctx, c, nil, saved)
	}},
	{"an older version is not sent", nil, func(ctx context.Context, w *town) error {
		c := draft
		c.Version = 7
		return w.h.AskSend(ctx, c, minute(4), "x", Order{ID: ord2}, saved)
	}},
	{"what is sent is not sent again", nil, func(ctx context.Context, w *town) error {
		return w.h.AskSend(ctx, sending, minute(4), "x", Order{ID: ord2}, saved)
	}},
	{"a draft is not given back", nil, func(ctx context.Context, w *town) error { return w.h.RefuseSend(ctx, cnv2, ord2, "x", "", saved) }},
	{"what is frozen is not given back", nil, func(ctx context.Context, w *town) error { return w.h.RefuseSend(ctx, cnv, ord, "x", "", saved) }},
	{"a draft is not frozen", nil, func(ctx context.Context, w *town) error {
		c := frozen()
		c.ID = cnv2
		return w.h.Freeze(ctx, c, nil)
	}},
	{"what is frozen stays as it is", nil, func(ctx context.Context, w *town) error {
		c := frozen()
		c.Frozen.Count = 99
		return w.h.Freeze(ctx, c, []convocation.Document{stored})
	}},
	{"a document of what was sent", nil, func(ctx context.Context, w *town) error { return w.h.PutDocument(ctx, cnv, pending) }},
	{"a document of nothing", nil, func(ctx context.Context, w *town) error { return w.h.PutDocument(ctx, "cnv_none", pending) }},
	{"documents of what was sent, in another order", nil, func(ctx context.Context, w *town) error {
		return w.h.ReplaceDocuments(ctx, cnv, []convocation.Document{stored})
	}},
	{"documents in another order, one is gone", nil, func(ctx context.Context, w *town) error {
		return w.h.ReplaceDocuments(ctx, cnv2, []convocation.Document{{ID: doc2, Position: 9}, {ID: "doc_gone", Position: 8}})
	}},
	{"a document of what was sent is not deleted", nil, func(ctx context.Context, w *town) error { return w.h.DeleteDocument(ctx, cnv, doc) }},
	{"an upload of a document that was taken away", nil, func(ctx context.Context, w *town) error {
		d := pending
		d.ID, d.StoredAt = "doc_gone", noon
		return w.h.SettleDocument(ctx, cnv2, pending, d)
	}},
	{"an upload after the copy was made", func(w *town) {
		askedFor(w)
		c, d := frozen(), pending
		c.ID, d.FrozenKey = cnv2, "copy"
		w.must(w.h.Freeze(w.ctx(), c, []convocation.Document{d}))
	}, func(ctx context.Context, w *town) error {
		d := pending
		d.Size, d.StoredAt = 99, noon
		return w.h.SettleDocument(ctx, cnv2, pending, d)
	}},
	{"nothing is sent", nil, func(ctx context.Context, w *town) error { return w.h.MarkSent(ctx, "cnv_none", noon) }},
	{"nothing is closed", nil, func(ctx context.Context, w *town) error { return w.h.MarkClosed(ctx, "cnv_none", noon, saved) }},
	{"no order is ready", nil, func(ctx context.Context, w *town) error { return w.h.MarkReady(ctx, cnv, ord2, noon) }},
	{"no order is done", nil, func(ctx context.Context, w *town) error { return w.h.MarkDone(ctx, cnv, ord2, noon) }},
	{"an order that is there", nil, func(ctx context.Context, w *town) error {
		return w.h.CreateOrder(ctx, cnv, Order{ID: ord, By: "x"}, saved)
	}},
	{"a cursor that another dispatcher has moved", nil, func(ctx context.Context, w *town) error { return w.h.MoveCursor(ctx, cnv, ord, 5, 9) }},
	{"an assembly that is there already", nil, func(ctx context.Context, w *town) error {
		return w.h.SaveAssembly(ctx, bureau, saved)
	}},
	{"an assembly that somebody else has changed meanwhile", func(w *town) {
		w.must(w.h.SaveAssembly(w.ctx(), enlarged(), saved))
	}, func(ctx context.Context, w *town) error { return w.h.SaveAssembly(ctx, enlarged(), saved) }},
	{"an assembly that was deleted meanwhile", func(w *town) {
		w.must(w.h.DeleteAssembly(w.ctx(), asm, saved))
	}, func(ctx context.Context, w *town) error { return w.h.SaveAssembly(ctx, enlarged(), saved) }},
	{"a login that is taken", nil, func(ctx context.Context, w *town) error {
		return w.accounts.CreateUser(ctx, User{Login: "secretaire", Name: "Autre"})
	}},
	{"a try at the same moment as another", func(w *town) {
		w.must(w.accounts.ChangeTries(w.ctx(), "LOGIN a", Tries{}, Tries{Until: minute(1)}))
	}, func(ctx context.Context, w *town) error {
		return w.accounts.ChangeTries(ctx, "LOGIN a", Tries{}, Tries{Until: minute(2)})
	}},
	{"a try at the same moment as a right password", func(w *town) {
		w.must(w.accounts.ChangeTries(w.ctx(), "LOGIN a", Tries{}, Tries{Right: true}))
	}, func(ctx context.Context, w *town) error {
		return w.accounts.ChangeTries(ctx, "LOGIN a", Tries{}, Tries{Until: minute(2)})
	}},
	{"tries that were forgotten meanwhile", nil, func(ctx context.Context, w *town) error {
		return w.accounts.ChangeTries(ctx, "LOGIN a", Tries{Until: minute(1)}, Tries{Until: minute(2)})
	}},
	{"a session that has ended", func(w *town) { w.must(w.accounts.EndSession(w.ctx(), "digest")) }, func(ctx context.Context, w *town) error {
		return w.accounts.TouchSession(ctx, "digest", minute(9))
	}},
	{"another invitation", nil, func(ctx context.Context, w *town) error {
		return w.accounts.UseInvitation(ctx, []byte("guess"), User{Login: "x"}, noon)
	}},
	{"an older invitation", func(w *town) {
		w.must(w.accounts.PutInvitation(w.ctx(), []byte("newer"), minute(1)))
	}, func(ctx context.Context, w *town) error {
		return w.accounts.UseInvitation(ctx, []byte("digest"), User{Login: "x"}, noon)
	}},
	{"an invitation to a demonstration", func(w *town) { w.must(w.accounts.BeginDemo(w.ctx(), noon)) }, func(ctx context.Context, w *town) error {
		return w.accounts.UseInvitation(ctx, []byte("digest"), User{Login: "x"}, noon)
	}},
	{"a new invitation to a demonstration", func(w *town) { w.must(w.accounts.BeginDemo(w.ctx(), noon)) }, func(ctx context.Context, w *town) error {
		return w.accounts.PutInvitation(ctx, []byte("newer"), minute(1))
	}},
	{"a demonstration where there is an administrator", func(w *town) {
		w.must(w.accounts.UseInvitation(w.ctx(), []byte("digest"), User{Login: "maire"}, noon))
	}, func(ctx context.Context, w *town) error { return w.accounts.BeginDemo(ctx, minute(1)) }},
	{"an invitation for a login that is taken", nil, func(ctx context.Context, w *town) error {
		return w.accounts.UseInvitation(ctx, []byte("digest"), User{Login: "secretaire"}, noon)
	}},
	{"an invitation once there is an administrator", func(w *town) {
		w.must(w.accounts.UseInvitation(w.ctx(), []byte("digest"), User{Login: "maire"}, noon))
	}, func(ctx context.Context, w *town) error {
		return w.accounts.PutInvitation(ctx, []byte("newer"), minute(1))
	}},
	{"an import that was applied already", func(w *town) {
		done := upload
		done.AppliedAt = minute(1)
		w.must(w.h.StepImport(w.ctx(), upload, done, saved))
	}, func(ctx context.Context, w *town) error {
		done := upload
		done.AppliedAt, done.New = minute(2), 99
		return w.h.StepImport(ctx, upload, done, saved)
	}},
	{"choices of an import that has begun", func(w *town) {
		begun := upload
		begun.BegunAt = minute(1)
		w.must(w.h.StepImport(w.ctx(), upload, begun))
	}, func(ctx context.Context, w *town) error {
		return w.h.ChooseImport(ctx, upload, []ImportLine{{Line: 2, Out: true}})
	}},
	{"choices of an import that there is not", nil, func(ctx context.Context, w *town) error {
		return w.h.ChooseImport(ctx, Import{ID: "imp_cccccccccccccccc"}, nil)
	}},
	{"a group whose name another has", nil, func(ctx context.Context, w *town) error {
		return w.h.CreateGroups(ctx, []directory.Group{{ID: "grp_cccccccccccccccc", Name: council.Name}})
	}},
	{"removing a group that has another name by now", nil, func(ctx context.Context, w *town) error {
		g := council
		g.Name = "Autre"
		return w.h.RemoveGroup(ctx, g)
	}},
}

func saveDraft(ctx context.Context, w *town) error {
	c := draft
	c.Version, c.Subject, c.ChangedAt = 2, "Autre", minute(5)
	return w.h.SaveConvocation(ctx, c, saved)
}

func written(w *town) {
	w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, minute(5)))
}

func validate(ctx context.Context, w *town) error {
	return w.h.Validate(ctx, cnv, person(rcp), 1, Answer{Reply: draftReply})
}

func TestRefusedWritesWriteNothing(t *testing.T) {
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			w := newTown(t)
			if r.given != nil {
				r.given(w)
			}
			before := w.state()
			if err := r.do(w.ctx(), w); !errors.Is(err, table.ErrCondition) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
				t.Errorf("something was written\n%s", diff)
			}
		})
	}
}

// What happened first stays, whatever comes later.
func TestFirstTimesStay(t *testing.T) {
	w := newTown(t)
	arrived(w)
	for _, at := range []time.Time{minute(9), minute(10)} {
		w.must(w.h.MarkSent(w.ctx(), cnv, at))
		w.must(w.h.MarkReady(w.ctx(), cnv, ord, at))
		w.must(w.h.MarkDone(w.ctx(), cnv, ord, at))
		for _, signals := range []convocation.Signals{{NoUser: true, Age: at.Sub(noon)}, {}} {
			_, err := w.h.MarkOpened(w.ctx(), w.jeanNow(), cnv, 1, signals, at)
			w.must(err)
		}
		w.must(w.h.MarkDocuments(w.ctx(), toJean, []convocation.DocumentID{doc}, at))
		w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, at))
		d, err := w.h.Draft(w.ctx(), toJean)
		w.must(err)
		r := w.jeanNow()
		w.must(w.h.Validate(w.ctx(), cnv, r, d.Revision, Answer{Reply: convocation.Reply{Version: r.Replies + 1, At: at, Text: d.Text}}))
		w.must(w.h.Accept(w.ctx(), toJean, 1, "owner", fmt.Sprint("id ", at), at))
	}
	c, err := w.h.Convocation(w.ctx(), cnv)
	w.must(err)
	o, err := w.h.Order(w.ctx(), cnv, ord)
	w.must(err)
	r := w.jeanNow()
	for name, got := range map[string]time.Time{
		"sent": c.SentAt, "ready": o.Ready, "done": o.DoneAt, "documents": r.DocumentsAt, "begun": r.StartedAt, "opened": r.OpenedAt,
		"doubted": r.DoubtedAt, "document": r.Documents[doc], "proved": r.Attempts[0].ProvedAt, "first reply": r.FirstReply,
	} {
		if !got.Equal(minute(9)) {
			t.Errorf("%s at %s", name, got)
		}
	}
	if !r.Attempts[0].AcceptedAt.Equal(minute(4)) || r.Attempts[0].MessageID != "id" {
		t.Errorf("accepted at %s as %q", r.Attempts[0].AcceptedAt, r.Attempts[0].MessageID)
	}
	if r.Signals != "no-user,age=540s" {
		t.Errorf("opened by %q", r.Signals)
	}
	if !r.RepliedAt.Equal(minute(10)) || r.Replies != 2 {
		t.Errorf("the last reply is %d, at %s", r.Replies, r.RepliedAt)
	}
}

// Two at once draw a secret: both get the same, and it never changes.
func TestSecretIsDrawnOnce(t *testing.T) {
	w := newTown(t)
	ask := func(random string) string {
		got, err := w.accounts.Secret(w.ctx(), "files", strings.NewReader(strings.Repeat(random, 32)))
		w.must(err)
		return string(got)
	}
	calls := 0
	w.fault = func() table.Fault {
		if calls++; calls == 2 { // we have found none, and are about to write ours
			w.fault = nil
			ask("a")
		}
		return table.FaultNone
	}
	if got := ask("b"); got != strings.Repeat("a", 32) {
		t.Errorf("the second has %q", got)
	}
	if got := ask("c"); got != strings.Repeat("a", 32) {
		t.Errorf("later it is %q", got)
	}
	if got, err := w.accounts.Secret(w.ctx(), "links", strings.NewReader("too short")); err == nil {
		t.Errorf("of too little randomness: %q", got)
	}
}

func TestSignInsAreListedTheNewestFirst(t *testing.T) {
	w := newTown(t)
	for i, browser := range []string{"Firefox", "Edge", "Safari"} {
		w.must(w.accounts.See(w.ctx(), "secretaire", Seen{At: minute(i / 2), Success: i == 1, Browser: browser}))
	}
	w.must(w.accounts.See(w.ctx(), "maire", Seen{At: minute(9), Browser: "Chrome"}))
	got, err := w.accounts.Sightings(w.ctx(), "secretaire", 10)
	w.must(err)
	want := []Seen{{At: minute(1), Browser: "Safari"}, {At: noon.Add(time.Millisecond), Success: true, Browser: "Edge"}, {At: noon, Browser: "Firefox"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sign-ins (-want +got)\n%s", diff)
	}
	if got, err := w.accounts.Sightings(w.ctx(), "secretaire", 2); err != nil || len(got) != 2 || got[0].Browser != "Safari" {
		t.Errorf("two of them: %+v, %v", got, err)
	}
}

func TestInvitationSaysWhoUsedIt(t *testing.T) {
	w := newTown(t)
	if by, err := w.accounts.Invited(w.ctx(), []byte("digest")); by != "" || err != nil {
		t.Errorf("unused: %q, %v", by, err)
	}
	if _, err := w.accounts.Invited(w.ctx(), []byte("guess")); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("a guess: %v", err)
	}
	w.must(w.accounts.UseInvitation(w.ctx(), []byte("digest"), User{Login: "maire", CreatedAt: noon}, minute(1)))
	if by, err := w.accounts.Invited(w.ctx(), []byte("digest")); by != "maire" || err != nil {
		t.Errorf("used: %q, %v", by, err)
	}
}

func TestDirectoryOfNobodyIsEmpty(t *testing.T) {
	w := newTown(t)
	w.h = Tables{Data: w.data}.Collectivity("234400034")
	for name, err := range map[string]error{
		"collectivité": second(w.h.Collectivity(w.ctx())), "contact": second(w.h.Contact(w.ctx(), ctc)),
		"group": second(w.h.Group(w.ctx(), grp)), "convocation": second(w.h.Convocation(w.ctx(), cnv)),
		"recipient": second(w.h.Recipient(w.ctx(), toJean)), "order": second(w.h.Order(w.ctx(), cnv, ord)),
	} {
		if !errors.Is(err, table.ErrNotFound) {
			t.Errorf("the neighbour reads a %s: %v", name, err)
		}
	}
	var ids []directory.ContactID
	w.must(w.h.Rows(w.ctx(), ByName, "", func(r Row) bool { ids = append(ids, r.ID); return true }))
	if len(ids) > 0 {
		t.Errorf("the neighbour lists %q", ids)
	}
}

func second[V any](_ V, err error) error { return err }

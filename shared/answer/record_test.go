package answer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/worldtest"
)

var byPhone = convocation.Behalf{By: "secretaire", Way: convocation.ByPhone, Reason: "Élu 0 a appelé à 10 h"}

// record writes down what an élu said on the phone.
func record(w *worldtest.World, id convocation.ID, address string, after int, typed answer.Typed) (convocation.Reply, error) {
	w.T.Helper()
	return w.Answer.Record(w.T.Context(), w.Handle, id, w.Recipients(id)[address].ID, after, typed, byPhone)
}

func TestRecordedReplyIsNeverTheElus(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 2)
	typed := answer.Typed{Text: "Merci", Choice: proxyTo(person(w, id, "e1@x.fr"))}
	reply, err := record(w, id, "e0@x.fr", 0, typed)
	want := convocation.Reply{
		Version: 1, At: w.Clock, Text: "Merci", Choice: typed.Choice, Holder: "Élu 1", Behalf: &byPhone,
	}
	if diff := cmp.Diff(want, reply); err != nil || diff != "" {
		t.Fatalf("%v (-want +got)\n%s", err, diff)
	}
	r := w.Recipients(id)["e0@x.fr"]
	if !r.OnBehalf || !r.OpenedAt.IsZero() || !r.StartedAt.IsZero() || r.Replies != 1 || !r.RepliedAt.Equal(reply.At) {
		t.Errorf("on behalf %v, opened %s, begun %s, %d replies at %s", r.OnBehalf, r.OpenedAt, r.StartedAt, r.Replies, r.RepliedAt)
	}
	if got := register(t, w, id); !cmp.Equal(got, map[string]string{"Élu 0": "proxy to Élu 1"}) {
		t.Errorf("the register has %v", got)
	}
	if got := told(w, 0); !slices.Equal(got, []string{"e0@x.fr: receipt", "e1@x.fr: proxy_held Élu 0"}) {
		t.Errorf("told %q", got)
	}
	events, err := w.Handle.Events(t.Context(), 1)
	if e := events[0]; err != nil || e.What != journal.ReplyRecorded || e.Who != "secretaire" || e.Subject != string(r.ID) || !e.At.Equal(reply.At) {
		t.Errorf("the journal says %+v, %v", events, err)
	}
	if got := page(t, w, visit(t, w, "e0@x.fr")); got.Begun || got.Last.Behalf == nil || *got.Last.Behalf != byPhone {
		t.Errorf("the élu reads %+v, begun %v", got.Last, got.Begun)
	}
	mustChoose(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	r = w.Recipients(id)["e0@x.fr"]
	if r.OnBehalf || r.Replies != 2 || r.OpenedAt.IsZero() || page(t, w, visit(t, w, "e0@x.fr")).Last.Behalf != nil {
		t.Errorf("her own answer: on behalf %v, %d replies, opened %s", r.OnBehalf, r.Replies, r.OpenedAt)
	}
}

func TestRecordedTwiceIsOne(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 3)
	typed := answer.Typed{Text: " Merci ", Choice: proxyTo(person(w, id, "e1@x.fr"))}
	for range 2 {
		if reply, err := record(w, id, "e0@x.fr", 0, typed); err != nil || reply.Version != 1 {
			t.Fatalf("got %d, %v", reply.Version, err)
		}
		w.Clock = w.Clock.Add(time.Second)
	}
	other := typed
	other.Text = "Rien"
	holder := typed
	holder.Choice.Holder = person(w, id, "e2@x.fr")
	for _, c := range []struct {
		name  string
		after int
		typed answer.Typed
	}{
		{"another word", 0, other}, {"another holder", 0, holder},
		{"another presence", 0, answer.Typed{Text: "Merci", Choice: convocation.Choice{Presence: convocation.Absent}}},
		{"a version that is not there yet", 2, typed}, {"a version that never was", -1, typed},
	} {
		if reply, err := record(w, id, "e0@x.fr", c.after, c.typed); !errors.Is(err, errs.ErrChangedMeanwhile) {
			t.Errorf("%s: got %+v, %v", c.name, reply, err)
		}
	}
	elsewhere := byPhone
	elsewhere.Way = convocation.ByPaper
	_, err := w.Answer.Record(t.Context(), w.Handle, id, w.Recipients(id)["e0@x.fr"].ID, 0, typed, elsewhere)
	if !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("another way: got %v", err)
	}
	if n := w.Journal()[journal.ReplyRecorded]; n != 1 || w.Recipients(id)["e0@x.fr"].Replies != 1 {
		t.Errorf("%d events, %d replies", n, w.Recipients(id)["e0@x.fr"].Replies)
	}
	if reply, err := record(w, id, "e0@x.fr", 1, other); err != nil || reply.Version != 2 {
		t.Errorf("the next one: %d, %v", reply.Version, err)
	}
	plain := sent(t, w)
	for range 2 { // a presence says nothing where no meeting asks for one
		reply, err := record(w, plain, "a0@x.fr", 0, answer.Typed{Text: "Vu", Choice: convocation.Choice{Presence: convocation.Present}})
		if err != nil || reply.Version != 1 || reply.Choice != (convocation.Choice{}) {
			t.Errorf("a plain mail: %+v, %v", reply, err)
		}
	}
}

func TestRecordIsRefused(t *testing.T) {
	w := worldtest.New(t)
	plain := sent(t, w)
	id := convened(t, w, 1)
	c := w.Council(1)
	present := answer.Typed{Choice: convocation.Choice{Presence: convocation.Present}}
	behalf := func(way convocation.Way, reason string) convocation.Behalf {
		return convocation.Behalf{By: "secretaire", Way: way, Reason: reason}
	}
	elu, addressee, copied := w.Recipients(id)["e0@x.fr"].ID, w.Recipients(plain)["a0@x.fr"].ID, w.Recipients(plain)["copie@x.fr"].ID
	for _, c := range []struct {
		name  string
		id    convocation.ID
		who   convocation.RecipientID
		typed answer.Typed
		b     convocation.Behalf
		want  *errs.Error
	}{
		{"no way", id, elu, present, behalf("", "Elle a appelé"), convocation.ErrBehalfWay},
		{"a way that is none", id, elu, present, behalf("pigeon", "Elle a appelé"), convocation.ErrBehalfWay},
		{"no reason", id, elu, present, behalf(convocation.ByPhone, " \n\t"), convocation.ErrBehalfReason},
		{"a reason of 501 characters", id, elu, present, behalf(convocation.ByPhone, strings.Repeat("é", 501)), convocation.ErrBehalfReason},
		{"no presence", id, elu, answer.Typed{Text: "Oui"}, byPhone, convocation.ErrPresenceMissing},
		{"a presence that is not offered", id, elu, answer.Typed{Choice: convocation.Choice{Presence: convocation.Remote}}, byPhone, convocation.ErrPresenceInvalid},
		{"her own proxy", id, elu, answer.Typed{Choice: proxyTo(person(w, id, "e0@x.fr"))}, byPhone, convocation.ErrProxySelf},
		{"a word of 5,001 characters", id, elu, answer.Typed{Text: strings.Repeat("é", 5_001), Choice: present.Choice}, byPhone, convocation.ErrReplyTooLong},
		{"nothing where no meeting asks", plain, addressee, answer.Typed{Text: " "}, byPhone, convocation.ErrReplyEmpty},
		{"a copy", plain, copied, answer.Typed{Text: "Vu"}, byPhone, convocation.ErrReplyNotTheirs},
		{"nobody", id, "rcp_aaaaaaaaaaaaaaaa", present, byPhone, errs.ErrNotFound},
		{"one of another convocation", id, addressee, present, byPhone, errs.ErrNotFound},
		{"no convocation", "cnv_aaaaaaaaaaaaaaaa", elu, present, byPhone, errs.ErrNotFound},
		{"a draft", c.Draft.ID, elu, present, byPhone, errs.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.Counts().Writes
			reply, err := w.Answer.Record(t.Context(), w.Handle, c.id, c.who, 0, c.typed, c.b)
			if !errors.Is(err, c.want) || w.Counts().Writes != before {
				t.Errorf("got %+v, %v after %d writes", reply, err, w.Counts().Writes-before)
			}
		})
	}
	for n, way := range convocation.Ways() {
		reply, err := w.Answer.Record(t.Context(), w.Handle, id, elu, n, present, behalf(way, strings.Repeat("é", 500)))
		if err != nil || reply.Behalf.Way != way {
			t.Errorf("%s, a reason of 500 characters: %v", way, err)
		}
	}
}

// What an élu is writing stays as it is, and closed replies are closed to the élus only: the secretary still notes calls.
func TestRecordedBesideTheElusDraft(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1)
	send := written(t, w, "e0@x.fr", convocation.Choice{Presence: convocation.Present})
	absent := answer.Typed{Choice: convocation.Choice{Presence: convocation.Absent}}
	if _, err := record(w, id, "e0@x.fr", 0, absent); err != nil {
		t.Fatal(err)
	}
	p := page(t, w, visit(t, w, "e0@x.fr"))
	if !p.Begun || p.Draft.Choice.Presence != convocation.Present || p.Last.Choice.Presence != convocation.Absent {
		t.Errorf("begun %v, %+v, last %+v", p.Begun, p.Draft, p.Last)
	}
	if err := send(); err != nil {
		t.Errorf("she sends hers: %v", err)
	}
	w.Clock = worldtest.Meeting.Add(time.Hour)
	if _, err := record(w, id, "e0@x.fr", 2, absent); err != nil {
		t.Errorf("after the meeting: %v", err)
	}
	if got := register(t, w, id); got["Élu 0"] != "absent" {
		t.Errorf("got %v", got)
	}
}

// Pressing « Envoyer » where nothing was written sends nothing, whatever was recorded meanwhile.
func TestRecordedReplyIsNoDraft(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1)
	if _, err := record(w, id, "e0@x.fr", 0, answer.Typed{Choice: convocation.Choice{Presence: convocation.Absent}}); err != nil {
		t.Fatal(err)
	}
	if reply, err := w.Answer.Validate(t.Context(), visit(t, w, "e0@x.fr"), 0); !errors.Is(err, convocation.ErrReplyNotBegun) {
		t.Errorf("got %+v, %v", reply, err)
	}
}

func TestRecordMeetsAnotherReply(t *testing.T) {
	absent := answer.Typed{Choice: convocation.Choice{Presence: convocation.Absent}}
	for _, c := range []struct {
		name    string
		address string // who answers at the same moment
		want    *errs.Error
	}{
		{"the élu's own", "e0@x.fr", errs.ErrChangedMeanwhile},
		{"another's", "e1@x.fr", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			id := convened(t, w, 2)
			who := w.Recipients(id)["e0@x.fr"].ID
			send := written(t, w, c.address, convocation.Choice{Presence: convocation.Present})
			w.Meanwhile("transact", func() {
				if err := send(); err != nil {
					t.Error(err)
				}
			})
			_, err := w.Answer.Record(t.Context(), w.Handle, id, who, 0, absent, byPhone)
			if !is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := w.Recipients(id)["e0@x.fr"]; got.Replies != 1 || got.OnBehalf != (c.want == nil) {
				t.Errorf("%d replies, on behalf %v", got.Replies, got.OnBehalf)
			}
		})
	}
}

// Who is convened on paper answers on paper: it is recorded, and no mail is tried.
func TestCouncillorOnPaper(t *testing.T) {
	w := worldtest.New(t)
	var paper directory.ContactID
	c := w.Council(1, func(text *compose.Text) {
		e, err := w.Contacts.Create(t.Context(), w.Handle, "secretaire", contacts.Fields{
			Name: "Marthe", Groups: []directory.GroupID{text.Meeting.Assembly.Group},
		})
		if err != nil {
			t.Fatal(err)
		}
		paper = e.ID
	})
	id := w.Convene(c)
	marthe := w.Recipients(id)[""]
	if marthe.Contact != paper || marthe.Standing(w.Clock).Status != convocation.Paper || w.Mail.Calls != 1 {
		t.Fatalf("%s is %s after %d mails", marthe.Name, marthe.Standing(w.Clock).Status, w.Mail.Calls)
	}
	b := convocation.Behalf{By: "secretaire", Way: convocation.ByPaper, Reason: "Lettre du 2 décembre"}
	_, err := w.Answer.Record(t.Context(), w.Handle, id, marthe.ID, 0, answer.Typed{Choice: proxyTo(person(w, id, "e0@x.fr"))}, b)
	if err != nil {
		t.Fatal(err)
	}
	if got := told(w, 0); !slices.Equal(got, []string{"e0@x.fr: proxy_held Marthe"}) {
		t.Errorf("told %q", got)
	}
	if got := register(t, w, id); got["Marthe"] != "proxy to Élu 0" {
		t.Errorf("got %v", got)
	}
}

package store

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
)

// filled is a value of which every field says something, each something else: whatever is not stored is missed when it
// is read again, a field that is added later too.
func filled[V any](t *testing.T) V {
	t.Helper()
	var v V
	n := 0
	fill(t, reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(minute(*n).Add(time.Duration(*n) * time.Millisecond)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes(fmt.Appendf(nil, "bytes %d", *n))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprintf("é%d", *n))
	case v.CanInt():
		v.SetInt(int64(*n))
	case v.CanFloat():
		v.SetFloat(float64(*n) + 0.125)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case v.Kind() == reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n)
		fill(t, value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		t.Fatalf("this test cannot fill a %s", v.Type())
	}
}

// empty lists the fields, at any depth, that say nothing.
func empty(v reflect.Value, path string) []string {
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
		var all []string
		for i := range v.NumField() {
			all = append(all, empty(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
		return all
	}
	if v.IsZero() || (v.Kind() == reflect.Slice && v.Len() == 0) {
		return []string{path}
	}
	if v.Kind() == reflect.Pointer {
		return empty(v.Elem(), path)
	}
	return nil
}

// kept is what stays of documents inside another item: what a reader needs.
func kept(docs []convocation.Document) []convocation.Document {
	docs = slices.Clone(docs)
	for i := range docs {
		d := &docs[i]
		d.State, d.Position, d.Reason, d.AskedAt, d.StoredAt = convocation.DocumentStored, i+1, "", time.Time{}, time.Time{}
	}
	return docs
}

// whole checks that what was read is what was written, and that it was whole.
func whole[V any](t *testing.T, got, want V) {
	t.Helper()
	if fields := empty(reflect.ValueOf(want), ""); len(fields) > 0 {
		t.Errorf("this test leaves out %q", fields)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T read again (-want +got)\n%s", want, diff)
	}
}

func TestEveryFieldIsStored(t *testing.T) {
	e := told("x")
	for name, roundTrip := range map[string]func(*testing.T, *town){
		"collectivité": func(t *testing.T, w *town) {
			want := filled[collectivity.Collectivity](t)
			want.ID = siren
			w.must(w.h.PutCollectivity(w.ctx(), want))
			got, err := w.h.Collectivity(w.ctx())
			w.must(err)
			whole(t, got, want)
		},
		"contact": func(t *testing.T, w *town) {
			want := filled[directory.Contact](t)
			w.must(w.h.SaveContact(w.ctx(), directory.Contact{}, want, nil, nil))
			got, err := w.h.Contact(w.ctx(), want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"group": func(t *testing.T, w *town) {
			want := filled[directory.Group](t)
			w.must(w.h.CreateGroup(w.ctx(), want, e))
			got, err := w.h.GroupNamed(w.ctx(), want.Name)
			w.must(err)
			whole(t, got, want)
		},
		"convocation": func(t *testing.T, w *town) {
			want := filled[convocation.Convocation](t)
			want.Frozen.Documents = kept(want.Frozen.Documents)
			w.must(w.h.CreateConvocation(w.ctx(), want, e))
			got, err := w.h.Convocation(w.ctx(), want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"what « Envoyer » fixed": func(t *testing.T, w *town) {
			f := filled[convocation.Convocation](t)
			f.Frozen.Documents = kept(f.Frozen.Documents)
			want := sending
			want.ID, want.Audience, want.Frozen, want.Shards = cnv2, f.Audience, f.Frozen, f.Shards
			d := filled[convocation.Document](t)
			w.must(w.h.AskSend(w.ctx(), draft, minute(3), "secretaire", Order{ID: ord2}, e))
			w.must(w.h.Freeze(w.ctx(), want, []convocation.Document{d}))
			got, err := w.h.Convocation(w.ctx(), cnv2)
			w.must(err)
			whole(t, got.Frozen, want.Frozen)
			whole(t, got.Audience, want.Audience)
			if got.Shards != want.Shards {
				t.Errorf("got %d partitions, want %d", got.Shards, want.Shards)
			}
			copied, err := w.h.Document(w.ctx(), cnv2, d.ID)
			w.must(err)
			whole(t, copied, d)
		},
		"document": func(t *testing.T, w *town) {
			want := filled[convocation.Document](t)
			w.must(w.h.PutDocument(w.ctx(), cnv2, want))
			got, err := w.h.Document(w.ctx(), cnv2, want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"what became of an upload": func(t *testing.T, w *town) {
			f := filled[convocation.Document](t)
			want := pending
			want.State, want.Reason, want.Size, want.Media, want.StoredAt, want.Scan = f.State, f.Reason, f.Size, f.Media, f.StoredAt, f.Scan
			w.must(w.h.SettleDocument(w.ctx(), cnv2, pending, want))
			got, err := w.h.Document(w.ctx(), cnv2, doc2)
			w.must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settled (-want +got)\n%s", diff)
			}
		},
		"order": func(t *testing.T, w *town) {
			want := filled[Order](t)
			w.must(w.h.CreateOrder(w.ctx(), cnv, want, e))
			got, err := w.h.Order(w.ctx(), cnv, want.ID)
			w.must(err)
			if got.Walk != (Walk{}) { // nobody has walked through what is new
				t.Errorf("a new order was walked through to %+v", got.Walk)
			}
			w.must(w.h.MoveWalk(w.ctx(), cnv, want.ID, want.Walk))
			got, err = w.h.Order(w.ctx(), cnv, want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"import": func(t *testing.T, w *town) {
			want := filled[Import](t)
			w.must(w.h.PutImport(w.ctx(), Import{ID: want.ID}))
			w.must(w.h.StepImport(w.ctx(), Import{ID: want.ID}, want, e))
			got, err := w.h.Import(w.ctx(), want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"event": func(t *testing.T, w *town) {
			want := filled[journal.Event](t)
			want.At = minute(1000)
			w.must(w.h.MarkClosed(w.ctx(), cnv, noon, want))
			got, err := w.h.Events(w.ctx(), 1)
			w.must(err)
			whole(t, got[0], want)
		},
		"document of a reply": func(t *testing.T, w *town) {
			want := filled[convocation.Document](t)
			w.must(w.h.AddReplyDocument(w.ctx(), toJean, want, 0, noon))
			got, err := w.h.ReplyDocuments(w.ctx(), toJean)
			w.must(err)
			whole(t, got[0], want)
		},
		"draft of a reply": func(t *testing.T, w *town) {
			choice := filled[convocation.Choice](t)
			w.must(w.h.SaveDraft(w.ctx(), toJean, "Pouvoir", choice, minute(3)))
			w.must(w.h.AddReplyDocument(w.ctx(), toJean, stored, 1, minute(4)))
			got, err := w.h.Draft(w.ctx(), toJean)
			w.must(err)
			whole(t, got, convocation.ReplyDraft{Revision: 2, Text: "Pouvoir", Choice: choice, ChangedAt: minute(4), Uploads: 1})
		},
		"assembly": func(t *testing.T, w *town) {
			want := filled[convocation.Assembly](t)
			want.Version = 1
			w.must(w.h.SaveAssembly(w.ctx(), want, e))
			got, err := w.h.Assembly(w.ctx(), want.ID)
			w.must(err)
			whole(t, got, want)
		},
		"register": func(t *testing.T, w *town) {
			want := filled[convocation.Register](t)
			w.must(w.h.Record(w.ctx(), cnv, person(rcp), Answer{Reply: draftReply, Next: want, Event: &e}))
			got, err := w.h.Register(w.ctx(), cnv)
			w.must(err)
			whole(t, got, want)
			for _, entered := range got.Entries {
				whole(t, entered, entered)
			}
		},
		"session": func(t *testing.T, w *town) {
			want := filled[Session](t)
			w.must(w.accounts.CreateSession(w.ctx(), "other", want))
			got, err := w.accounts.Session(w.ctx(), "other")
			w.must(err)
			whole(t, got, want)
		},
		"sign-in": func(t *testing.T, w *town) {
			want := filled[Seen](t)
			w.must(w.accounts.See(w.ctx(), "secretaire", want))
			got, err := w.accounts.Sightings(w.ctx(), "secretaire", 1)
			w.must(err)
			whole(t, got[0], want)
		},
		"user": func(t *testing.T, w *town) {
			want := filled[User](t)
			want.Memberships = want.With(want.Memberships[0]) // sorted
			w.must(w.accounts.CreateUser(w.ctx(), want))
			got, err := w.accounts.User(w.ctx(), want.Login)
			w.must(err)
			whole(t, got, want)
		},
		"collectivity of the registry": func(t *testing.T, w *town) {
			want := filled[collectivity.Entry](t)
			want.ID, want.Above[0] = "234400034", siren
			w.must(w.accounts.Commit(w.ctx(), Entered(want)))
			got, err := w.accounts.Entry(w.ctx(), want.ID)
			w.must(err)
			whole(t, got, want)
			all, err := w.accounts.Registry(w.ctx())
			w.must(err)
			if len(all) != 2 || all[0].ID != siren && all[1].ID != siren || !all[0].Parent || !all[1].Parent {
				t.Errorf("the registry is %+v", all)
			}
		},
		"ticket": func(t *testing.T, w *town) {
			want := filled[Ticket](t)
			w.must(w.accounts.Commit(w.ctx(), TicketMade("other", want)))
			got, err := w.accounts.Ticket(w.ctx(), "other")
			w.must(err)
			whole(t, got, want)
		},
		"invitation": func(t *testing.T, w *town) {
			all, err := w.accounts.Invitations(w.ctx(), siren)
			w.must(err)
			if diff := cmp.Diff(map[string]Ticket{"ticket": guest}, all); diff != "" {
				t.Error(diff)
			}
			w.must(w.accounts.Commit(w.ctx(), TicketUsed("ticket", guest, "maire")))
			if all, err = w.accounts.Invitations(w.ctx(), siren); err != nil || len(all) > 0 {
				t.Errorf("used: %+v, %v", all, err)
			}
			if got, err := w.accounts.Ticket(w.ctx(), "ticket"); err != nil || got.UsedBy != "maire" {
				t.Errorf("used: %+v, %v", got, err)
			}
		},
		"event of a user": func(t *testing.T, w *town) {
			want := filled[journal.Event](t)
			want.At = minute(1000)
			w.must(w.accounts.Commit(w.ctx(), Told(siren, want), Told(siren, told(journal.RoleGiven))))
			got, err := w.accounts.UserEvents(w.ctx(), siren, "", 1)
			w.must(err)
			whole(t, got[0], want)
			if got, err = w.accounts.UserEvents(w.ctx(), siren, EventPlace(want), 5); err != nil || len(got) != 1 || got[0].What != journal.RoleGiven {
				t.Errorf("before it: %+v, %v", got, err)
			}
		},
		"tries": func(t *testing.T, w *town) {
			want := filled[Tries](t)
			w.must(w.accounts.ChangeTries(w.ctx(), "LOGIN a", Tries{}, want))
			got, err := w.accounts.Tries(w.ctx(), "LOGIN a")
			w.must(err)
			whole(t, got, want)
			w.must(w.accounts.ChangeTries(w.ctx(), "LOGIN a", want, Tries{}))
			if got, err := w.accounts.Tries(w.ctx(), "LOGIN a"); err != nil || got != (Tries{}) {
				t.Errorf("forgotten: got %+v, %v", got, err)
			}
		},
		"agenda entry": func(t *testing.T, w *town) {
			want := filled[AgendaEntry](t)
			want.Due = noon.Add(-time.Millisecond)
			w.must(w.agenda.Put(w.ctx(), want))
			got, err := w.agenda.Due(w.ctx(), noon, 1)
			w.must(err)
			whole(t, got[0], want)
		},
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, newTown(t)) })
	}
}

// A version of a reply keeps of its documents what a reader needs.
func TestEveryFieldOfAReplyIsStored(t *testing.T) {
	w := newTown(t)
	w.must(w.h.SaveDraft(w.ctx(), toJean, "Présent", convocation.Choice{}, minute(3)))
	want := filled[convocation.Reply](t)
	want.Version = 1
	w.must(w.h.Validate(w.ctx(), cnv, person(rcp), 1, Answer{Reply: want}))
	want.Documents = kept(want.Documents)
	if fields := empty(reflect.ValueOf(want), ""); len(fields) > 0 {
		t.Errorf("this test leaves out %q", fields)
	}
	got, err := w.h.Reply(w.ctx(), toJean, 1)
	w.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reply read again (-want +got)\n%s", diff)
	}
}

// A recipient is made of what « Envoyer » knew and of the facts that came since: after a long story, no field of it is
// empty, nor of its attempts taken together.
func TestEveryFieldOfARecipientIsStored(t *testing.T) {
	w := newTown(t)
	first := filled[convocation.Recipient](t)
	want := convocation.Recipient{
		ID: first.ID, Contact: first.Contact, Person: first.Person, Name: first.Name, Address: first.Address, Type: first.Type,
		SubstituteOf: first.SubstituteOf, Order: ord, OrderAt: first.OrderAt, Orders: first.Orders,
	}
	w.must(w.h.Materialise(w.ctx(), cnv, []convocation.Recipient{want}))
	jean := w.jeanNow()
	if diff := cmp.Diff(person(rcp), jean); diff != "" {
		t.Errorf("a recipient nobody has written to (-want +got)\n%s", diff)
	}
	ref := convocation.RecipientRef{Convocation: cnv, Recipient: first.ID}
	got, err := w.h.Recipient(w.ctx(), ref)
	w.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("as it was materialised (-want +got)\n%s", diff)
	}
	w.longStory(ref)
	got, err = w.h.Recipient(w.ctx(), ref)
	w.must(err)
	got.Shard, got.Notice = 1, first.Notice // told by where it is kept
	if fields := empty(reflect.ValueOf(got), ""); len(fields) > 0 {
		t.Errorf("after all that can happen, these say nothing: %q", fields)
	}
	for field := range reflect.TypeFor[convocation.Attempt]().NumField() {
		said := false
		for _, a := range got.Attempts {
			said = said || !reflect.ValueOf(a).Field(field).IsZero()
		}
		if !said {
			t.Errorf("no attempt says its %s", reflect.TypeFor[convocation.Attempt]().Field(field).Name)
		}
	}
}

// longStory makes happen to a recipient all that can.
func (w *town) longStory(ref convocation.RecipientRef) {
	read := func() convocation.Recipient {
		r, err := w.h.Recipient(w.ctx(), ref)
		w.must(err)
		return r
	}
	claim := func() int {
		r := read()
		a := attemptBy("owner", r.LastN()+1)
		a.Order, a.Why = r.Order, r.Why
		_, err := w.h.Claim(w.ctx(), cnv, r, a)
		w.must(err)
		return a.N
	}
	lose := func(n int) { w.must(w.h.Lose(w.ctx(), ref, n, "owner", "timeout", minute(8), minute(9))) }
	refuse := func(n int, good bool) {
		w.must(w.h.Refuse(w.ctx(), ref, n, "owner", "mailbox_full", good, minute(8), minute(9)))
	}
	w.must(w.h.CorrectAddress(w.ctx(), cnv, read(), corrected("autre@x.fr", minute(2)), told(journal.AddressCorrected)))
	w.must(w.h.Accept(w.ctx(), ref, claim(), "owner", "id", minute(5)))
	w.must(hears(ref, 1, FactDelivered, 6, "")(w.ctx(), w))
	w.must(w.h.CloseLinks(w.ctx(), ref, minute(6)))
	w.must(w.h.NewOrder(w.ctx(), cnv, read(), Order{ID: ord2, At: minute(7), Why: convocation.WhyReminder}))
	lose(claim())
	refuse(claim(), false)
	lose(claim())
	refuse(claim(), true)
	late := claim()
	lose(late)
	for range convocation.MaxAttempts - 3 {
		lose(claim())
	}
	w.must(w.h.GiveBack(w.ctx(), ref, claim(), "owner", minute(20), "connection"))
	w.must(w.h.Accept(w.ctx(), ref, late, "owner", "id", minute(21)))
	w.must(w.h.Prove(w.ctx(), ref, late, minute(22)))
	for f := range noted {
		w.must(hears(ref, late, f, 23, whyOf(f))(w.ctx(), w))
	}
	for _, signals := range []convocation.Signals{{NoUser: true}, {}} {
		_, err := w.h.MarkOpened(w.ctx(), read(), cnv, late, signals, minute(22))
		w.must(err)
	}
	w.must(w.h.MarkPassword(w.ctx(), read(), cnv, 5, minute(37)))
	w.must(w.h.MarkDocuments(w.ctx(), ref, []convocation.DocumentID{doc}, minute(23)))
	w.must(w.h.SaveDraft(w.ctx(), ref, "Présent", convocation.Choice{Presence: convocation.Present}, minute(24)))
	for _, act := range []func() error{
		func() error { return w.h.Stop(w.ctx(), ref, minute(24)) }, func() error { return w.h.Misgive(w.ctx(), ref, minute(24)) },
		func() error { return w.h.Vouch(w.ctx(), cnv, read(), minute(25), told(journal.ReviewDecided)) },
	} {
		w.must(act())
	}
	w.must(w.h.Validate(w.ctx(), cnv, read(), 2, Answer{Reply: convocation.Reply{Version: 1, At: minute(25), Text: "Présent"}})) // the correction emptied the draft
	e, choice := told(journal.ReplyRecorded), convocation.Choice{Presence: convocation.Represented, Holder: "prs_a"}
	w.must(w.h.Record(w.ctx(), cnv, read(), Answer{Event: &e, Reply: convocation.Reply{
		Version: 2, At: minute(26), Choice: choice, Behalf: &convocation.Behalf{Way: convocation.ByPhone},
	}}))
}

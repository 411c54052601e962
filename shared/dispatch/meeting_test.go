package dispatch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// lastSending is the last instant that leaves three clear days before the councils of a town meet: the 11th of December at
// 23:59:59 in Paris.
var lastSending = time.Date(2026, 12, 11, 22, 59, 59, 0, time.UTC)

const urgency = "La digue a cédé cette nuit" // long enough

func TestMeetingIsRefusedWhenItIsSent(t *testing.T) {
	meeting := func(change func(*convocation.Meeting)) func(*compose.Text) {
		return func(text *compose.Text) { change(text.Meeting) }
	}
	urgent := func(reason string) func(*compose.Text) {
		return meeting(func(m *convocation.Meeting) { m.Urgent = reason })
	}
	until := func(at time.Time) func(*compose.Text) { return func(text *compose.Text) { text.RepliesUntil = at } }
	nothing := func(*compose.Text) {}
	late := lastSending.Add(time.Second)
	for _, c := range []struct {
		name   string
		change func(*compose.Text)
		now    time.Time // zero: the 1st of December
		want   *errs.Error
		field  string
	}{
		{"all is there", nothing, time.Time{}, nil, ""},
		{"the last legal second", nothing, lastSending, nil, ""},
		{"a second later", nothing, late, convocation.ErrDelayTooShort, "at"},
		{"a second later, in urgency", urgent(urgency), late, nil, ""},
		{"the last second of an urgency", urgent(urgency), lastSending.Add(48 * time.Hour), nil, ""},
		{"too late for any urgency", urgent(urgency), late.Add(48 * time.Hour), convocation.ErrDelayTooShort, "at"},
		{"an urgency of 19 characters", urgent(strings.Repeat("é", 19)), late, law.ErrUrgencyShort, "urgent"},
		{"an urgency of 19 characters that is not needed", urgent(strings.Repeat("é", 19)), time.Time{}, law.ErrUrgencyShort, "urgent"},
		{"an urgency of 20 characters", urgent(strings.Repeat("é", 20)), late, nil, ""},
		{"no date", meeting(func(m *convocation.Meeting) { m.At = time.Time{} }), time.Time{}, convocation.ErrMeetingDate, "at"},
		{"no place", meeting(func(m *convocation.Meeting) { m.Place = " " }), time.Time{}, convocation.ErrMeetingPlace, "place"},
		{"it has begun", nothing, worldtest.Meeting, convocation.ErrMeetingPast, "at"},
		{"it is over", nothing, worldtest.Meeting.Add(time.Hour), convocation.ErrMeetingPast, "at"},
		{"366 days ahead", nothing, worldtest.Meeting.Add(-366 * 24 * time.Hour), nil, ""},
		{"over 366 days ahead", nothing, worldtest.Meeting.Add(-366*24*time.Hour - time.Second), convocation.ErrMeetingFar, "at"},
		{"nobody of the assembly", func(text *compose.Text) { text.To = []compose.Entry{{Address: "prefet@x.fr"}} }, time.Time{}, convocation.ErrNoCouncillor, "to"},
		{"the assembly in copy only", func(text *compose.Text) {
			text.To, text.Cc = []compose.Entry{{Address: "prefet@x.fr"}}, text.To
		}, time.Time{}, convocation.ErrNoCouncillor, "to"},
		{"replies until the meeting", until(worldtest.Meeting), time.Time{}, nil, ""},
		{"replies until after it", until(worldtest.Meeting.Add(time.Second)), time.Time{}, convocation.ErrRepliesUntil, "replies_until"},
		{"replies until now", until(lastSending), lastSending, convocation.ErrRepliesUntil, "replies_until"},
		{"replies until now, of a plain mail", func(text *compose.Text) {
			text.Meeting, text.RepliesUntil = nil, lastSending
		}, lastSending, convocation.ErrRepliesUntil, "replies_until"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			d := w.Council(2, c.change).Draft
			if !c.now.IsZero() {
				w.Clock = c.now
			}
			err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{})
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field {
				t.Errorf("got %v", err)
			}
			w.Heed()
			if got, err := w.Handle.Convocation(t.Context(), d.ID); err != nil || !got.Draft() || w.Mail.Calls != 0 {
				t.Errorf("it is no draft any more, after %d mails, %v", w.Mail.Calls, err)
			}
		})
	}
}

// No assembly is larger than 500: whoever convenes more has convened others.
func TestMoreCouncillorsThanAnAssemblyHas(t *testing.T) {
	for n, want := range map[int]error{500: nil, 501: convocation.ErrTooManyMembers} {
		w := worldtest.New(t)
		c := w.Council(1, func(text *compose.Text) {
			a := text.Meeting.Assembly
			a.Group = ""
			if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, "secretaire", a); err != nil {
				t.Fatal(err)
			}
			text.To = nil
			for i := range n {
				text.To = append(text.To, compose.Entry{Address: fmt.Sprintf("a%d@x.fr", i)})
			}
		})
		err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", c.Draft.ID, c.Draft.Version, time.Time{})
		if !errors.Is(err, want) {
			t.Errorf("%d: got %v", n, err)
		}
	}
}

// The delay is counted in the collectivité's own zone: in Saint-Denis midnight comes three hours before that of Paris.
func TestDelayIsThatOfTheCollectivitysZone(t *testing.T) {
	for zone, last := range map[string]time.Time{
		"Europe/Paris": lastSending, "Indian/Reunion": lastSending.Add(-3 * time.Hour), "America/Martinique": lastSending.Add(5 * time.Hour),
	} {
		w := worldtest.New(t)
		who, err := w.Handle.Collectivity(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		who.TimeZone = zone
		if err := w.Handle.PutCollectivity(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		c := w.Council(1)
		w.Clock = last.Add(time.Second)
		if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", c.Draft.ID, c.Draft.Version, time.Time{}); !errors.Is(err, convocation.ErrDelayTooShort) {
			t.Errorf("%s, the second after: got %v", zone, err)
		}
		w.Clock = last
		w.Send(c.Draft)
		if n := w.Mail.Calls; n != 1 {
			t.Errorf("%s, the last second: %d mails", zone, n)
		}
	}
}

// What was right when « Envoyer » was pressed is looked at again when it is fixed: nothing leaves too late, or to nobody.
func TestMeetingIsLookedAtAgainWhenItIsFrozen(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(w *worldtest.World, member directory.ContactID)
		want      *errs.Error
	}{
		{"midnight came", func(w *worldtest.World, _ directory.ContactID) { w.Clock = lastSending.Add(time.Second) }, convocation.ErrDelayTooShort},
		{"the meeting began", func(w *worldtest.World, _ directory.ContactID) { w.Clock = worldtest.Meeting }, convocation.ErrMeetingPast},
		{"its only member left the assembly", func(w *worldtest.World, member directory.ContactID) {
			left := contacts.Fields{Name: "Élu 0", Addresses: []string{"e0@x.fr"}}
			if _, err := w.Contacts.Change(t.Context(), w.Handle, "secretaire", member, 1, left); err != nil {
				t.Fatal(err)
			}
		}, convocation.ErrNoCouncillor},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			var member directory.ContactID
			d := w.Council(1, func(text *compose.Text) {
				members, err := w.Handle.Members(t.Context(), text.Meeting.Assembly.Group)
				if err != nil {
					t.Fatal(err)
				}
				member = members[0]
				text.To = []compose.Entry{{Contact: member}}
			}).Draft
			w.Clock = lastSending
			w.Deaf = true
			w.Send(d)
			w.Deaf = false
			c.meanwhile(w, member)
			w.Pass(1, 0)
			got, err := w.Handle.Convocation(t.Context(), d.ID)
			if err != nil || !got.Draft() || got.Refused != c.want.Code || w.Mail.Calls != 0 {
				t.Errorf("draft %v, refused as %q, %d mails, %v", got.Draft(), got.Refused, w.Mail.Calls, err)
			}
			if n := w.Journal()[journal.SendRefused]; n != 1 {
				t.Errorf("%d lines of the journal", n)
			}
		})
	}
}

// Who counts at a meeting: the addressees who are members of the assembly, each once; with their places on paper, and
// without guests and copies.
func TestWhoCounts(t *testing.T) {
	for _, c := range []struct {
		name   string
		group  bool // the assembly has one
		change func(*compose.Text)
		want   []string
	}{
		{"members", true, func(*compose.Text) {}, []string{"Anne (2)", "Élu 0 (1)", "Marthe (1)"}},
		{"no guest", true, func(text *compose.Text) {
			text.To = append(text.To, compose.Entry{Address: "Préfet <prefet@x.fr>"})
		}, []string{"Anne (2)", "Élu 0 (1)", "Marthe (1)"}},
		{"no copy", true, func(text *compose.Text) {
			text.Cc = append(text.Cc, compose.Entry{Address: "Presse <presse@x.fr>"})
		}, []string{"Anne (2)", "Élu 0 (1)", "Marthe (1)"}},
		{"all addressees, of an assembly without a group", false, func(text *compose.Text) {
			text.To = append(text.To, compose.Entry{Address: "Préfet <prefet@x.fr>"}, compose.Entry{Address: "seul@x.fr"})
			text.Bcc = []compose.Entry{{Address: "presse@x.fr"}}
		}, []string{"Anne (2)", "Élu 0 (1)", "Marthe (1)", "Préfet (1)", "seul@x.fr (1)"}},
		{"nobody, without a meeting", true, func(text *compose.Text) { text.Meeting = nil }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			council := w.Council(1, func(text *compose.Text) {
				w.Member(text.Meeting.Assembly.Group, "Marthe") // on paper
				w.Member(text.Meeting.Assembly.Group, "Anne", "anne@x.fr", "anne@mairie.fr")
				if a := text.Meeting.Assembly; !c.group {
					a.Group = ""
					if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, "secretaire", a); err != nil {
						t.Fatal(err)
					}
				}
				c.change(text)
			})
			planned, err := w.Dispatch.Councillors(t.Context(), w.Handle, council.Draft.Convocation)
			if err != nil {
				t.Fatal(err)
			}
			id := w.Convene(council)
			w.Member(council.Group, "Tard venue", "tard@x.fr")
			got, err := w.Handle.Convocation(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, bench(got.Frozen.Councillors)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(planned, got.Frozen.Councillors); diff != "" {
				t.Errorf("(-as the draft is looked at +as it was sent)\n%s", diff)
			}
			for _, r := range w.Recipients(id) {
				_, counts := got.Frozen.Councillor(r.Person)
				if named := slices.ContainsFunc(c.want, func(s string) bool { return strings.HasPrefix(s, r.Name+" (") }); counts != named && r.Name != "" {
					t.Errorf("%s counts: %v", r.Name, counts)
				}
			}
		})
	}
}

// bench names councillors with how many mailboxes they have.
func bench(list []convocation.Councillor) []string {
	var names []string
	for _, c := range list {
		names = append(names, fmt.Sprintf("%s (%d)", c.Name, len(c.Recipients)))
	}
	return names
}

// Whoever has no address is convened on paper: kept account of, mailed nothing, and no reason to wait.
func TestPaperCouncillorKeepsNobodyWaiting(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2, func(text *compose.Text) { w.Member(text.Meeting.Assembly.Group, "Marthe") })
	id := w.Convene(c)
	w.Pass(3, time.Minute)
	d, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	if n := d.Counts; n.Paper != 1 || n.Recipients != 3 || n.Transmitted != 2 || n.Waiting != 0 || n.Failed != 0 || w.Mail.Calls != 2 {
		t.Errorf("%+v after %d mails", n, w.Mail.Calls)
	}
	if d.SentAt.IsZero() || d.State != convocation.StateSent {
		t.Errorf("sent at %s, %s", d.SentAt, d.State)
	}
	w.Clock = w.Clock.Add(time.Hour)
	if n, err := w.Dispatch.Resend(t.Context(), w.Handle, "secretaire", id, store.WhoUnread, nil); n != 2 || err != nil {
		t.Errorf("sent again to %d, %v", n, err)
	}
}

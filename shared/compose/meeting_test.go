package compose_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/worldtest"
)

// council is an assembly as a secretary types it.
func council(name string) convocation.Assembly {
	return convocation.Assembly{Name: name, Body: law.CommuneSmall, Members: 11, Place: "Mairie", Signatory: "Le maire"}
}

func saveAssembly(t *testing.T, w *worldtest.World, a convocation.Assembly) convocation.Assembly {
	t.Helper()
	a, err := w.Compose.SaveAssembly(t.Context(), w.Handle, by, a)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// assemblies are those of the collectivité: « Conseil v1 ».
func assemblies(t *testing.T, w *worldtest.World) []string {
	t.Helper()
	list, err := w.Compose.Assemblies(t.Context(), w.Handle)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, a := range list {
		said = append(said, fmt.Sprintf("%s v%d", a.Name, a.Version))
	}
	return said
}

func TestAssemblies(t *testing.T) {
	w := worldtest.New(t)
	group := w.Group("Conseil", "a@x.fr")
	typed := council("  École \t du  bourg ")
	typed.Group, typed.ClearDays, typed.ProxiesPerHolder, typed.Body = group, 10, 2, law.Own
	school := saveAssembly(t, w, typed)
	want := typed
	want.Name, want.ID, want.Version = "École du bourg", school.ID, 1
	if diff := cmp.Diff(want, school); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	saveAssembly(t, w, council("Conseil"))
	bureau := saveAssembly(t, w, council("Bureau"))
	if diff := cmp.Diff([]string{"Bureau v1", "Conseil v1", "École du bourg v1"}, assemblies(t, w)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	school.Name = "Écoles"
	if got := saveAssembly(t, w, school); got.Version != 2 || got.ID != school.ID {
		t.Errorf("changed: %+v", got)
	}
	for range 2 { // a double click
		if err := w.Compose.DeleteAssembly(t.Context(), w.Handle, by, bureau.ID); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Conseil v1", "Écoles v2"}, assemblies(t, w)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if log := w.Journal(); log[journal.AssemblySaved] != 4 || log[journal.AssemblyDeleted] != 1 {
		t.Errorf("the journal has %v", log)
	}
	events, err := w.Handle.Events(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.What == journal.AssemblyDeleted && (e.Subject != string(bureau.ID) || e.Who != by) {
			t.Errorf("the journal says %+v", e)
		}
	}
}

func TestAssemblyAtItsLimits(t *testing.T) {
	w := worldtest.New(t)
	saveAssembly(t, w, council("Conseil d'école"))
	for n, c := range []struct {
		name   string
		change func(*convocation.Assembly)
		want   *errs.Error
		field  string
	}{
		{"a name of 120 characters", func(a *convocation.Assembly) { a.Name = strings.Repeat("é", 120) }, nil, ""},
		{"a name of 121", func(a *convocation.Assembly) { a.Name = strings.Repeat("é", 121) }, convocation.ErrAssemblyName, "name"},
		{"no name", func(a *convocation.Assembly) { a.Name = " \n" }, convocation.ErrAssemblyName, "name"},
		{"the name of another, in other letters", func(a *convocation.Assembly) { a.Name = "CONSEIL D'ECOLE" }, convocation.ErrAssemblyTaken, "name"},
		{"no kind", func(a *convocation.Assembly) { a.Body = "" }, convocation.ErrBodyUnknown, "body"},
		{"a kind that is none", func(a *convocation.Assembly) { a.Body = "sénat" }, convocation.ErrBodyUnknown, "body"},
		{"0 members", func(a *convocation.Assembly) { a.Members = 0 }, convocation.ErrMembers, "members"},
		{"1 member", func(a *convocation.Assembly) { a.Members = 1 }, nil, ""},
		{"500 members", func(a *convocation.Assembly) { a.Members = 500 }, nil, ""},
		{"501 members", func(a *convocation.Assembly) { a.Members = 501 }, convocation.ErrMembers, "members"},
		{"-1 days", func(a *convocation.Assembly) { a.ClearDays = -1 }, convocation.ErrRuleInvalid, "clear_days"},
		{"60 days", func(a *convocation.Assembly) { a.ClearDays = 60 }, nil, ""},
		{"61 days", func(a *convocation.Assembly) { a.ClearDays = 61 }, convocation.ErrRuleInvalid, "clear_days"},
		{"-1 proxies", func(a *convocation.Assembly) { a.ProxiesPerHolder = -1 }, convocation.ErrRuleInvalid, "proxies_per_holder"},
		{"5 proxies by statutes", func(a *convocation.Assembly) { a.ProxiesPerHolder, a.Body = 5, law.Own }, nil, ""},
		{"2 proxies against the law", func(a *convocation.Assembly) { a.ProxiesPerHolder = 2 }, convocation.ErrRuleInvalid, "proxies_per_holder"},
		{"6 proxies", func(a *convocation.Assembly) { a.ProxiesPerHolder = 6 }, convocation.ErrRuleInvalid, "proxies_per_holder"},
		{"a place of 300 characters", func(a *convocation.Assembly) { a.Place = strings.Repeat("é", 300) }, nil, ""},
		{"a place of 301", func(a *convocation.Assembly) { a.Place = strings.Repeat("é", 301) }, convocation.ErrPlaceTooLong, "place"},
		{"a signatory of 200 characters", func(a *convocation.Assembly) { a.Signatory = strings.Repeat("é", 200) }, nil, ""},
		{"a signatory of 201", func(a *convocation.Assembly) { a.Signatory = strings.Repeat("é", 201) }, convocation.ErrSignatoryTooLong, "signatory"},
		{"an unknown group", func(a *convocation.Assembly) { a.Group = "grp_aaaaaaaaaaaaaaaa" }, convocation.ErrGroupUnknown, "group"},
		{"no group at all", func(a *convocation.Assembly) { a.Group = "x#y" }, convocation.ErrGroupUnknown, "group"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := council(fmt.Sprint("Conseil ", n))
			c.change(&a)
			before := len(assemblies(t, w))
			_, err := w.Compose.SaveAssembly(t.Context(), w.Handle, by, a)
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field || len(assemblies(t, w)) != before {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTwoWindowsOfAnAssembly(t *testing.T) {
	w := worldtest.New(t)
	read := saveAssembly(t, w, council("Conseil"))
	if again := saveAssembly(t, w, council("Conseil")); again.ID != read.ID || len(assemblies(t, w)) != 1 {
		t.Errorf("made twice: %v", assemblies(t, w))
	}
	mine, theirs := read, read
	mine.Members, theirs.Members = 15, 19
	saveAssembly(t, w, mine)
	if again := saveAssembly(t, w, mine); again.Version != 2 {
		t.Errorf("the same again, after a lost answer: version %d", again.Version)
	}
	other := council("Conseil")
	other.Members = 27
	gone := mine
	gone.ID = "asm_aaaaaaaaaaaaaaaa"
	gone.Name = "Disparu"
	for _, c := range []struct {
		name string
		a    convocation.Assembly
		want *errs.Error
	}{
		{"another change of the same version", theirs, errs.ErrChangedMeanwhile},
		{"another one of the same name", other, convocation.ErrAssemblyTaken},
		{"one that is gone", gone, errs.ErrNotFound},
	} {
		if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, by, c.a); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	theirs.Version = 2
	w.Meanwhile("transact", func() { mine.Version = 2; mine.Members = 23; saveAssembly(t, w, mine) })
	if _, err := w.Compose.SaveAssembly(t.Context(), w.Handle, by, theirs); !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("at the same moment: got %v", err)
	}
	if n := w.Journal()[journal.AssemblySaved]; n != 3 {
		t.Errorf("%d lines of the journal", n)
	}
}

func TestMeetingIsReadAsItWasSaved(t *testing.T) {
	w := worldtest.New(t)
	c := w.Council(2)
	typed := convocation.Meeting{
		Assembly: convocation.Assembly{ID: c.Assembly.ID, Name: "Un autre nom", Members: 99}, // of an ordinary occasion
		At:       worldtest.Meeting.In(time.FixedZone("", 3600)), Place: " Salle \r\n des fêtes ", Agenda: []string{" Budget\tprimitif ", "", " ", "Divers"},
		Signatory: " Le maire ", Remote: true, Substitutes: true, Urgent: " La digue \u200b a cédé ",
	}
	text := compose.Text{Subject: "Conseil", Meeting: &typed, RepliesUntil: worldtest.Meeting, LinkDays: 30}
	d := save(t, w, create(t, w), text)
	want := convocation.Meeting{
		Assembly: c.Assembly, Occasion: law.Ordinary, At: worldtest.Meeting, Place: "Salle des fêtes",
		Agenda: []string{"Budget primitif", "Divers"}, Signatory: "Le maire", Urgent: "La digue a cédé", // à distance is not for a commune
	}
	got := read(t, w, d.ID)
	if diff := cmp.Diff(&want, got.Meeting); diff != "" {
		t.Errorf("read again (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(d.Meeting, got.Meeting); diff != "" {
		t.Errorf("(-saved +read again)\n%s", diff)
	}
	if !got.RepliesUntil.Equal(worldtest.Meeting) || got.LinkDays != 30 {
		t.Errorf("replies until %s, links for %d days", got.RepliesUntil, got.LinkDays)
	}
	renamed := c.Assembly
	renamed.Name = "Conseil renouvelé"
	saveAssembly(t, w, renamed)
	d = save(t, w, d, text)
	if d.Meeting.Assembly.Name != "Conseil renouvelé" {
		t.Errorf("saved again, its assembly is called %q", d.Meeting.Assembly.Name)
	}
	if d = save(t, w, d, compose.Text{Subject: "Conseil"}); read(t, w, d.ID).Meeting != nil || !read(t, w, d.ID).RepliesUntil.IsZero() {
		t.Error("a plain mail still has a meeting")
	}
	if err := w.Compose.DeleteAssembly(t.Context(), w.Handle, by, c.Assembly.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []convocation.AssemblyID{c.Assembly.ID, "asm_aaaaaaaaaaaaaaaa", "x#y", ""} {
		typed.Assembly.ID = id
		_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
		if refusal, _ := errs.As(err); !errors.Is(err, convocation.ErrAssemblyUnknown) || refusal.Field != "assembly" {
			t.Errorf("the assembly %q: got %v", id, err)
		}
	}
	if kept := read(t, w, c.Draft.ID).Meeting; kept == nil || kept.Assembly != c.Assembly {
		t.Errorf("the draft of an assembly that is gone has %+v", kept)
	}
}

func TestMeetingOfAnEPCIOffersMore(t *testing.T) {
	w := worldtest.New(t)
	a := council("Communauté")
	a.Body = law.EPCISmall
	a = saveAssembly(t, w, a)
	for _, offered := range []bool{true, false} {
		m := convocation.Meeting{Assembly: a, Remote: offered, Substitutes: offered, Occasion: law.SecondCall}
		got := save(t, w, create(t, w), compose.Text{Meeting: &m}).Meeting
		if got.Remote != offered || got.Substitutes != offered || got.Occasion != law.SecondCall || !got.At.IsZero() {
			t.Errorf("got %+v", got)
		}
	}
}

func TestMeetingAtItsLimits(t *testing.T) {
	w := worldtest.New(t)
	a := saveAssembly(t, w, council("Conseil"))
	items := func(n, long int) (all []string) {
		for range n {
			all = append(all, strings.Repeat("é", long))
		}
		return all
	}
	meeting := func(change func(*convocation.Meeting)) compose.Text {
		m := convocation.Meeting{Assembly: a}
		change(&m)
		return compose.Text{Meeting: &m}
	}
	for _, c := range []struct {
		name  string
		text  compose.Text
		want  *errs.Error
		field string
	}{
		{"nothing yet", meeting(func(*convocation.Meeting) {}), nil, ""},
		{"a place of 300 characters", meeting(func(m *convocation.Meeting) { m.Place = strings.Repeat("é", 300) }), nil, ""},
		{"a place of 301", meeting(func(m *convocation.Meeting) { m.Place = strings.Repeat("é", 301) }), convocation.ErrPlaceTooLong, "place"},
		{"a signatory of 200", meeting(func(m *convocation.Meeting) { m.Signatory = strings.Repeat("é", 200) }), nil, ""},
		{"a signatory of 201", meeting(func(m *convocation.Meeting) { m.Signatory = strings.Repeat("é", 201) }), convocation.ErrSignatoryTooLong, "signatory"},
		{"100 items", meeting(func(m *convocation.Meeting) { m.Agenda = items(100, 10) }), nil, ""},
		{"101 items", meeting(func(m *convocation.Meeting) { m.Agenda = items(101, 10) }), convocation.ErrAgendaTooLong, "agenda"},
		{"101 items, one of them empty", meeting(func(m *convocation.Meeting) { m.Agenda = append(items(100, 10), " ") }), nil, ""},
		{"an item of 500 characters", meeting(func(m *convocation.Meeting) { m.Agenda = items(1, 500) }), nil, ""},
		{"an item of 501", meeting(func(m *convocation.Meeting) { m.Agenda = items(1, 501) }), convocation.ErrAgendaTooLong, "agenda"},
		{"20,000 characters of items", meeting(func(m *convocation.Meeting) { m.Agenda = items(40, 500) }), nil, ""},
		{"20,001", meeting(func(m *convocation.Meeting) { m.Agenda = append(items(40, 500), "é") }), convocation.ErrAgendaTooLong, "agenda"},
		{"a reason of urgency that is begun", meeting(func(m *convocation.Meeting) { m.Urgent = "La" }), nil, ""},
		{"a reason of 500 characters", meeting(func(m *convocation.Meeting) { m.Urgent = strings.Repeat("é", 500) }), nil, ""},
		{"a reason of 501", meeting(func(m *convocation.Meeting) { m.Urgent = strings.Repeat("é", 501) }), law.ErrUrgencyLong, "urgent"},
		{"links for 7 days", compose.Text{LinkDays: 7}, nil, ""},
		{"links for 6 days", compose.Text{LinkDays: 6}, convocation.ErrLinkDays, "link_days"},
		{"links for 400 days", compose.Text{LinkDays: 400}, nil, ""},
		{"links for 401 days", compose.Text{LinkDays: 401}, convocation.ErrLinkDays, "link_days"},
		{"links for -1 days", compose.Text{LinkDays: -1}, convocation.ErrLinkDays, "link_days"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := create(t, w)
			_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, c.text)
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field || read(t, w, d.ID).Version != d.Version {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The same text given again after a lost answer is taken again, with its meeting and its password; another is not.
func TestMeetingSavedTwice(t *testing.T) {
	w := worldtest.New(t)
	a := saveAssembly(t, w, council("Conseil"))
	other := saveAssembly(t, w, council("Bureau"))
	text := func(change func(*compose.Text)) compose.Text {
		password := "les tilleuls"
		text := compose.Text{
			Subject: "Conseil", RepliesUntil: worldtest.Meeting, LinkDays: 30, Password: &password,
			Meeting: &convocation.Meeting{Assembly: a, At: worldtest.Meeting, Place: "Mairie", Agenda: []string{"Budget", ""}, Remote: true},
		}
		change(&text)
		return text
	}
	d := create(t, w)
	save(t, w, d, text(func(*compose.Text) {}))
	if again := save(t, w, d, text(func(*compose.Text) {})); again.Version != 2 {
		t.Errorf("the same again: version %d", again.Version)
	}
	if again := save(t, w, d, text(func(text *compose.Text) { text.Password = nil })); again.Version != 2 || again.Password == "" {
		t.Errorf("the same again, nothing said of the password: version %d", again.Version)
	}
	for name, change := range map[string]func(*compose.Text){
		"no meeting":          func(text *compose.Text) { text.Meeting = nil },
		"another assembly":    func(text *compose.Text) { text.Meeting.Assembly = other },
		"another date":        func(text *compose.Text) { text.Meeting.At = worldtest.Meeting.Add(time.Minute) },
		"another place":       func(text *compose.Text) { text.Meeting.Place = "École" },
		"another agenda":      func(text *compose.Text) { text.Meeting.Agenda = []string{"Budget", "Divers"} },
		"another signatory":   func(text *compose.Text) { text.Meeting.Signatory = "Le premier adjoint" },
		"another occasion":    func(text *compose.Text) { text.Meeting.Occasion = law.SecondCall },
		"an urgency":          func(text *compose.Text) { text.Meeting.Urgent = "La digue a cédé cette nuit" },
		"another term":        func(text *compose.Text) { text.RepliesUntil = time.Time{} },
		"links for longer":    func(text *compose.Text) { text.LinkDays = 31 },
		"another password":    func(text *compose.Text) { p := "les platanes"; text.Password = &p },
		"no password":         func(text *compose.Text) { p := ""; text.Password = &p },
		"a password too weak": func(text *compose.Text) { p := "abc"; text.Password = &p },
	} {
		if _, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text(change)); !errors.Is(err, errs.ErrChangedMeanwhile) {
			t.Errorf("%s at an older version: got %v", name, err)
		}
	}
}

package convocation

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a bare machine may not know the zones
	"unicode"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/errs"
	"convoc/shared/law"
)

func in(t *testing.T, zone string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// council is a meeting of a small commune, with everything that convening needs.
func council(at time.Time) Meeting {
	return Meeting{
		Assembly: Assembly{ID: "asm_a", Name: "Conseil municipal", Body: law.CommuneSmall, Members: 11},
		Occasion: law.Ordinary, At: at, Place: "Salle du conseil",
	}
}

// changed is a meeting with a change.
func changed(m Meeting, change func(*Meeting)) Meeting {
	change(&m)
	return m
}

// refusal checks an error and the field that it names.
func refusal(t *testing.T, err, want error, field string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
		return
	}
	if r, refused := errs.As(err); refused && r.Field != field {
		t.Errorf("the refusal names the field %q, want %q", r.Field, field)
	}
}

// It is Tuesday 1 December 2026, nine o'clock UTC.
func TestWhatStandsInTheWayOfConvening(t *testing.T) {
	day := func(d, hour int) time.Time { return time.Date(2026, 12, d, hour, 0, 0, 0, time.UTC) }
	whenever := func(at time.Time) Meeting { // no delay is asked: only the calendar counts
		return changed(council(at), func(m *Meeting) { m.Assembly.Body = law.Own })
	}
	urgent := func(m Meeting, characters int) Meeting {
		return changed(m, func(m *Meeting) { m.Urgent = strings.Repeat("é", characters) })
	}
	own := func(m Meeting, days int) Meeting { return changed(m, func(m *Meeting) { m.Assembly.ClearDays = days }) }
	for _, c := range []struct {
		name  string
		m     Meeting
		want  error
		field string
	}{
		{"in time", council(day(8, 19)), nil, ""},
		{"no date", council(time.Time{}), ErrMeetingDate, "at"},
		{"neither date nor place: the date first", Meeting{}, ErrMeetingDate, "at"},
		{"a millisecond ago", whenever(start.Add(-time.Millisecond)), ErrMeetingPast, "at"},
		{"now", whenever(start), ErrMeetingPast, "at"},
		{"in a millisecond", whenever(start.Add(time.Millisecond)), nil, ""},
		{"a year from now, less a millisecond", whenever(start.Add(MaxAhead - time.Millisecond)), nil, ""},
		{"a year from now", whenever(start.Add(MaxAhead)), nil, ""},
		{"a year from now, and a millisecond", whenever(start.Add(MaxAhead + time.Millisecond)), ErrMeetingFar, "at"},
		{"no place", changed(council(day(8, 19)), func(m *Meeting) { m.Place = "" }), ErrMeetingPlace, "place"},

		{"three clear days: Wednesday, Thursday, Friday", council(day(5, 0)), nil, ""},
		{"two clear days", council(day(4, 23)), ErrDelayTooShort, "at"},
		{"no day between", council(day(1, 23)), ErrDelayTooShort, "at"},
		{"five of the assembly's own", own(council(day(7, 9)), 5), nil, ""},
		{"four, where the assembly asks five", own(council(day(6, 9)), 5), ErrDelayTooShort, "at"},
		{"own rules never shorten the law's", own(council(day(4, 23)), 2), ErrDelayTooShort, "at"},
		{"own rules of a bureau", own(whenever(day(3, 9)), 2), ErrDelayTooShort, "at"},

		{"urgent: one clear day", urgent(council(day(3, 9)), 20), nil, ""},
		{"urgent: no day between", urgent(council(day(2, 23)), 20), ErrDelayTooShort, "at"},
		{"urgent, in 19 characters", urgent(council(day(3, 9)), 19), law.ErrUrgencyShort, "urgent"},
		{"urgent, in 500", urgent(council(day(3, 9)), 500), nil, ""},
		{"urgent, in 501", urgent(council(day(3, 9)), 501), law.ErrUrgencyLong, "urgent"},
	} {
		t.Run(c.name, func(t *testing.T) { refusal(t, c.m.Check(start, time.UTC), c.want, c.field) })
	}
}

// Days are those of the collectivité's own zone.
func TestDelayIsCountedInTheCollectivitysZone(t *testing.T) {
	at := time.Date(2026, 12, 25, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		zone string
		sent time.Time
		want error
	}{
		{"Europe/Paris", time.Date(2026, 12, 21, 22, 59, 0, 0, time.UTC), nil},
		{"Europe/Paris", time.Date(2026, 12, 21, 23, 1, 0, 0, time.UTC), ErrDelayTooShort}, // Tuesday already
		{"America/Guadeloupe", time.Date(2026, 12, 22, 3, 59, 0, 0, time.UTC), nil},        // Monday still
		{"Indian/Reunion", time.Date(2026, 12, 21, 20, 1, 0, 0, time.UTC), ErrDelayTooShort},
	} {
		refusal(t, council(at).Check(c.sent, in(t, c.zone)), c.want, "at")
		if v := council(at).Judge(c.sent, in(t, c.zone)); (v.Level == law.Red) != (c.want != nil) {
			t.Errorf("%s, %s: %s", c.zone, c.sent, v.Level)
		}
	}
}

func TestQuorumOfAMeeting(t *testing.T) {
	of := func(b law.Body, o law.Occasion, members int, urgent string) Meeting {
		return Meeting{Assembly: Assembly{Body: b, Members: members}, Occasion: o, Urgent: urgent}
	}
	for _, c := range []struct {
		name string
		m    Meeting
		want int
	}{
		{"11 in office", of(law.CommuneSmall, law.Ordinary, 11, ""), 6},
		{"8 in office", of(law.CommuneSmall, law.Ordinary, 8, ""), 5},
		{"one in office", of(law.Own, law.Ordinary, 1, ""), 1},
		{"urgency asks no more and no less", of(law.CommuneSmall, law.Ordinary, 11, "la toiture de la mairie a cédé"), 6},
		{"second call: whoever comes", of(law.CommuneSmall, law.SecondCall, 11, ""), 0},
		{"second call, urgent: again", of(law.CommuneSmall, law.SecondCall, 11, "la toiture de la mairie a cédé"), 6},
		{"a département elects its president", of(law.Departement, law.FirstAfterRenewal, 29, ""), 20},
	} {
		if got := c.m.Quorum(); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestProxiesThatOneMayHold(t *testing.T) {
	for _, c := range []struct {
		body law.Body
		own  int
		want int
	}{{law.CommuneSmall, 0, 1}, {law.Region, 0, 1}, {law.Own, 0, 1}, {law.Own, 1, 1}, {law.Own, 5, 5}, {"", 0, 1}} {
		m := Meeting{Assembly: Assembly{Body: c.body, ProxiesPerHolder: c.own}}
		if got := m.ProxyLimit(); got != c.want {
			t.Errorf("%q with %d of its own: %d, want %d", c.body, c.own, got, c.want)
		}
	}
}

func TestPresencesThatAMeetingOffers(t *testing.T) {
	offered := func(m Meeting) string {
		var all []string
		for _, p := range []Presence{Present, Absent, Represented, Undecided, Remote, Substituted, "", "late"} {
			if m.Offers(p) {
				all = append(all, string(p))
			}
		}
		return strings.Join(all, " ")
	}
	const plain = "present absent proxy undecided"
	for _, c := range []struct {
		name                string
		body                law.Body
		remote, substitutes bool
		want                string
	}{
		{"nothing more is asked for", law.EPCISmall, false, false, plain},
		{"an EPCI, both", law.EPCISmall, true, true, plain + " remote substitute"},
		{"an EPCI, à distance", law.EPCILarge, true, false, plain + " remote"},
		{"an EPCI, substitutes", law.EPCILarge, false, true, plain + " substitute"},
		{"never in a commune", law.CommuneSmall, true, true, plain},
		{"nor in a large one", law.CommuneLarge, true, true, plain},
		{"a département knows no substitutes", law.Departement, true, true, plain + " remote"},
		{"a bureau, as its rules say", law.Own, true, true, plain + " remote substitute"},
	} {
		m := Meeting{Assembly: Assembly{Body: c.body}, Occasion: law.Ordinary, Remote: c.remote, Substitutes: c.substitutes}
		if got := offered(m); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAssembly(t *testing.T) {
	whole := Assembly{
		ID: "asm_a", Version: 3, Name: "Conseil municipal", Body: law.CommuneSmall, Members: 11, Group: "grp_abcdefghijklmnop",
		Place: "Mairie", Signatory: "Le maire",
	}
	for _, c := range []struct {
		name   string
		change func(*Assembly)
		want   error
		field  string
	}{
		{"as it is", func(*Assembly) {}, nil, ""},
		{"no name", func(a *Assembly) { a.Name = "" }, ErrAssemblyName, "name"},
		{"a name nobody sees", func(a *Assembly) { a.Name = " \u200b\u00ad\u202e\n" }, ErrAssemblyName, "name"},
		{"a name of one character", func(a *Assembly) { a.Name = "é" }, nil, ""},
		{"a name of 119", func(a *Assembly) { a.Name = strings.Repeat("é", MaxAssemblyName-1) }, nil, ""},
		{"a name of 120", func(a *Assembly) { a.Name = strings.Repeat("é", MaxAssemblyName) }, nil, ""},
		{"a name of 121", func(a *Assembly) { a.Name = strings.Repeat("é", MaxAssemblyName+1) }, ErrAssemblyName, "name"},
		{"no kind", func(a *Assembly) { a.Body = "" }, ErrBodyUnknown, "body"},
		{"a kind nobody knows", func(a *Assembly) { a.Body = "senate" }, ErrBodyUnknown, "body"},
		{"nobody in office", func(a *Assembly) { a.Members = 0 }, ErrMembers, "members"},
		{"fewer than nobody", func(a *Assembly) { a.Members = -1 }, ErrMembers, "members"},
		{"one in office", func(a *Assembly) { a.Members = 1 }, nil, ""},
		{"499 in office", func(a *Assembly) { a.Members = MaxMembers - 1 }, nil, ""},
		{"500 in office", func(a *Assembly) { a.Members = MaxMembers }, nil, ""},
		{"501 in office", func(a *Assembly) { a.Members = MaxMembers + 1 }, ErrMembers, "members"},
		{"a delay below none", func(a *Assembly) { a.ClearDays = -1 }, ErrRuleInvalid, "clear_days"},
		{"a delay of 59 days", func(a *Assembly) { a.ClearDays = 59 }, nil, ""},
		{"a delay of 60 days", func(a *Assembly) { a.ClearDays = 60 }, nil, ""},
		{"a delay of 61 days", func(a *Assembly) { a.ClearDays = 61 }, ErrRuleInvalid, "clear_days"},
		{"proxies below none", func(a *Assembly) { a.ProxiesPerHolder = -1 }, ErrRuleInvalid, "proxies_per_holder"},
		{"one proxy", func(a *Assembly) { a.ProxiesPerHolder = 1 }, nil, ""},
		{"two proxies, against the law", func(a *Assembly) { a.ProxiesPerHolder = 2 }, ErrRuleInvalid, "proxies_per_holder"},
		{"five proxies, by statutes", func(a *Assembly) { a.ProxiesPerHolder, a.Body = 5, law.Own }, nil, ""},
		{"six proxies, by statutes", func(a *Assembly) { a.ProxiesPerHolder, a.Body = 6, law.Own }, ErrRuleInvalid, "proxies_per_holder"},
		{"six proxies", func(a *Assembly) { a.ProxiesPerHolder = 6 }, ErrRuleInvalid, "proxies_per_holder"},
		{"no group", func(a *Assembly) { a.Group = "" }, nil, ""},
		{"a group that is none", func(a *Assembly) { a.Group = "ctc_abcdefghijklmnop" }, ErrGroupUnknown, "group"},
		{"a group of another shape", func(a *Assembly) { a.Group = "grp_x#y" }, ErrGroupUnknown, "group"},
		{"a place of 299", func(a *Assembly) { a.Place = strings.Repeat("é", MaxPlace-1) }, nil, ""},
		{"a place of 300", func(a *Assembly) { a.Place = strings.Repeat("é", MaxPlace) }, nil, ""},
		{"a place of 301", func(a *Assembly) { a.Place = strings.Repeat("é", MaxPlace+1) }, ErrPlaceTooLong, "place"},
		{"a signatory of 199", func(a *Assembly) { a.Signatory = strings.Repeat("é", MaxSignatory-1) }, nil, ""},
		{"a signatory of 200", func(a *Assembly) { a.Signatory = strings.Repeat("é", MaxSignatory) }, nil, ""},
		{"a signatory of 201", func(a *Assembly) { a.Signatory = strings.Repeat("é", MaxSignatory+1) }, ErrSignatoryTooLong, "signatory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := whole
			c.change(&a)
			got, err := CheckAssembly(a)
			refusal(t, err, c.want, c.field)
			if c.want == nil && got != a {
				t.Errorf("got %+v, want %+v", got, a)
			}
		})
	}
	typed := whole
	typed.Name, typed.Place, typed.Signatory = "  Conseil\u00a0\n municipal\u200b ", "\tMairie\r\n", "Le \u202emaire\xff"
	got, err := CheckAssembly(typed)
	if want := whole; err != nil || got.Name != want.Name || got.Place != want.Place || got.Signatory != "Le maire\uFFFD" {
		t.Errorf("tidied: %q, %q, %q, %v", got.Name, got.Place, got.Signatory, err)
	}
}

func items(n, characters int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Repeat("é", characters)
	}
	return list
}

func TestMeetingAsTyped(t *testing.T) {
	for _, c := range []struct {
		name  string
		m     Meeting
		want  error
		field string
	}{
		{"nothing: a draft", Meeting{}, nil, ""},
		{"a place of 299", Meeting{Place: strings.Repeat("é", MaxPlace-1)}, nil, ""},
		{"a place of 300", Meeting{Place: strings.Repeat("é", MaxPlace)}, nil, ""},
		{"a place of 301", Meeting{Place: strings.Repeat("é", MaxPlace+1)}, ErrPlaceTooLong, "place"},
		{"a signatory of 199", Meeting{Signatory: strings.Repeat("é", MaxSignatory-1)}, nil, ""},
		{"a signatory of 200", Meeting{Signatory: strings.Repeat("é", MaxSignatory)}, nil, ""},
		{"a signatory of 201", Meeting{Signatory: strings.Repeat("é", MaxSignatory+1)}, ErrSignatoryTooLong, "signatory"},
		{"99 items", Meeting{Agenda: items(MaxAgendaItems-1, 1)}, nil, ""},
		{"100 items", Meeting{Agenda: items(MaxAgendaItems, 1)}, nil, ""},
		{"101 items", Meeting{Agenda: items(MaxAgendaItems+1, 1)}, ErrAgendaTooLong, "agenda"},
		{"an item of 499", Meeting{Agenda: items(1, MaxAgendaItem-1)}, nil, ""},
		{"an item of 500", Meeting{Agenda: items(1, MaxAgendaItem)}, nil, ""},
		{"an item of 501", Meeting{Agenda: items(1, MaxAgendaItem+1)}, ErrAgendaTooLong, "agenda"},
		{"19,999 in all", Meeting{Agenda: append(items(39, MaxAgendaItem), items(1, MaxAgendaItem-1)...)}, nil, ""},
		{"20,000 in all", Meeting{Agenda: items(MaxAgenda/MaxAgendaItem, MaxAgendaItem)}, nil, ""},
		{"20,001 in all", Meeting{Agenda: append(items(MaxAgenda/MaxAgendaItem, MaxAgendaItem), "é")}, ErrAgendaTooLong, "agenda"},
		{"a short reason of an urgency: still a draft", Meeting{Urgent: "vite"}, nil, ""},
		{"a reason of 499", Meeting{Urgent: strings.Repeat("é", law.MaxUrgencyReason-1)}, nil, ""},
		{"a reason of 500", Meeting{Urgent: strings.Repeat("é", law.MaxUrgencyReason)}, nil, ""},
		{"a reason of 501", Meeting{Urgent: strings.Repeat("é", law.MaxUrgencyReason+1)}, law.ErrUrgencyLong, "urgent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CheckMeeting(c.m)
			refusal(t, err, c.want, c.field)
			if diff := cmp.Diff(c.m, got); c.want == nil && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestMeetingIsTidied(t *testing.T) {
	blanks := items(MaxAgendaItems, 1)
	for range 50 { // lines left empty are no items
		blanks = append([]string{" \t"}, blanks...)
	}
	if got, err := CheckMeeting(Meeting{Agenda: blanks}); err != nil || len(got.Agenda) != MaxAgendaItems {
		t.Errorf("blank lines: %d items, %v", len(got.Agenda), err)
	}
	got, err := CheckMeeting(Meeting{
		Place: " Salle\ndes fêtes ", Signatory: "Le\tmaire", Urgent: "  parce\r\nque ", Remote: true, At: start,
		Agenda: []string{"", " Budget  2027 ", "\u200b", "Questions\ndiverses", "\n"},
	})
	want := Meeting{
		Place: "Salle des fêtes", Signatory: "Le maire", Urgent: "parce que", Remote: true, At: start,
		Agenda: []string{"Budget 2027", "Questions diverses"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// What a field of one line keeps is one line of visible characters, and stays as it is when it is typed again.
func FuzzLine(f *testing.F) {
	f.Add(" Salle\u00a0des\u2028fêtes\u200b ")
	f.Add("a\xff\u202eb\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got := line(s)
		hidden := func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || (r != ' ' && unicode.IsSpace(r))
		}
		if strings.ContainsFunc(got, hidden) || strings.TrimSpace(got) != got || strings.Contains(got, "  ") || line(got) != got {
			t.Errorf("%q is kept as %q, and then as %q", s, got, line(got))
		}
	})
}

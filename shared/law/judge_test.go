package law

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"convoc/shared/errs"
)

// Sent at nine, met at half past six.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name          string
		body          Body
		occasion      Occasion
		urgent        bool
		sent, meeting string
		want          Level
		days, working int
		urgency       bool
	}{
		{"three clear days in the week", CommuneSmall, Ordinary, false, "2026-12-14", "2026-12-18", Green, 3, 3, false},
		{"two", CommuneSmall, Ordinary, false, "2026-12-14", "2026-12-17", Red, 2, 2, true},
		{"one", CommuneSmall, Ordinary, false, "2026-12-14", "2026-12-16", Red, 1, 1, true},
		{"the day before", CommuneSmall, Ordinary, false, "2026-12-14", "2026-12-15", Red, 0, 0, false},
		{"the same day", CommuneSmall, Ordinary, false, "2026-12-14", "2026-12-14", Red, 0, 0, false},
		{"after the meeting", CommuneSmall, Ordinary, false, "2026-12-24", "2026-12-14", Red, 0, 0, false},
		{"over a weekend, one working day left", CommuneSmall, Ordinary, false, "2026-12-11", "2026-12-15", Amber, 3, 1, false},
		{"over a weekend with a day more", CommuneSmall, Ordinary, false, "2026-12-10", "2026-12-15", Green, 4, 2, false},
		{"over Christmas and its weekend, none left", CommuneSmall, Ordinary, false, "2026-12-24", "2026-12-28", Amber, 3, 0, false},
		{"CE 13 October 1993, 141677", CommuneSmall, Ordinary, false, "1989-12-21", "1989-12-26", Amber, 4, 1, false},
		{"five with a weekend are an ordinary week", CommuneLarge, Ordinary, false, "2026-12-10", "2026-12-16", Green, 5, 3, false},
		{"five with a weekend and Christmas", CommuneLarge, Ordinary, false, "2026-12-22", "2026-12-28", Amber, 5, 2, false},
		{"five asked, four given", CommuneLarge, Ordinary, false, "2026-12-23", "2026-12-28", Red, 4, 1, true},
		{"four are enough at the first meeting after renewal", CommuneLarge, FirstAfterRenewal, false, "2026-03-16", "2026-03-21", Green, 4, 4, false},
		{"and for a second call", EPCILarge, SecondCall, false, "2026-12-14", "2026-12-18", Green, 3, 3, false},
		{"but not of an EPCI after renewal", EPCILarge, FirstAfterRenewal, false, "2026-04-13", "2026-04-17", Red, 3, 3, true},
		{"twelve over the year's end", Departement, Ordinary, false, "2026-12-15", "2026-12-28", Green, 12, 7, false},
		{"twelve of which half are working days", Departement, Ordinary, false, "2026-12-23", "2027-01-05", Green, 12, 6, false},
		{"eleven", Departement, Ordinary, false, "2026-12-16", "2026-12-28", Red, 11, 6, true},
		{"a département's second call asks no delay", Departement, SecondCall, false, "2026-12-14", "2026-12-14", Green, 0, 0, false},
		{"statutes that say nothing", Own, Ordinary, false, "2026-12-14", "2026-12-14", Green, 0, 0, false},
		{"nothing asked, but over already", Own, Ordinary, false, "2026-12-15", "2026-12-14", Red, 0, 0, false},

		{"urgency with one day", CommuneLarge, Ordinary, true, "2026-12-14", "2026-12-16", Green, 1, 1, false},
		{"urgency with a Saturday", CommuneSmall, Ordinary, true, "2026-12-11", "2026-12-13", Amber, 1, 0, false},
		{"urgency without a day between", CommuneSmall, Ordinary, true, "2026-12-14", "2026-12-15", Red, 0, 0, false},
		{"the day before is enough in Alsace-Moselle", CommuneAlsaceMoselle, Ordinary, true, "2026-12-14", "2026-12-15", Green, 0, 0, false},
		{"and is offered there", CommuneAlsaceMoselle, Ordinary, false, "2026-12-14", "2026-12-15", Red, 0, 0, true},
		{"the same day is not", CommuneAlsaceMoselle, Ordinary, true, "2026-12-14", "2026-12-14", Red, 0, 0, false},
		{"nor offered", CommuneAlsaceMoselle, Ordinary, false, "2026-12-14", "2026-12-14", Red, 0, 0, false},
		{"a CCAS knows no urgency", CCAS, Ordinary, true, "2026-12-14", "2026-12-16", Red, 1, 1, false},
		{"nor is it offered one", CCAS, Ordinary, false, "2026-12-14", "2026-12-16", Red, 1, 1, false},

		{"Good Friday works", CommuneSmall, Ordinary, false, "2026-04-01", "2026-04-05", Green, 3, 2, false},
		{"but not in Alsace-Moselle", CommuneAlsaceMoselle, Ordinary, false, "2026-04-01", "2026-04-05", Amber, 3, 1, false},
	} {
		paris := zone(t, "Europe/Paris")
		sent, meeting := moment(t, c.sent+" 09:00", paris), moment(t, c.meeting+" 18:30", paris)
		got := Judge(RuleFor(c.body, c.occasion, meeting), sent, meeting, c.urgent, paris)
		got.Last = time.Time{}
		if want := (Verdict{Level: c.want, Days: c.days, WorkingDays: c.working, UrgencyPossible: c.urgency}); got != want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, want)
		}
	}
}

func TestJudgeNamesTheLastLegalSending(t *testing.T) {
	paris := zone(t, "Europe/Paris")
	meeting := moment(t, "2026-12-28 18:30", paris)
	for _, c := range []struct {
		name   string
		rule   Rule
		urgent bool
		want   string
	}{
		{"three days", RuleFor(CommuneSmall, Ordinary, meeting), false, "2026-12-24 23:59:59"},
		{"five", RuleFor(CommuneLarge, Ordinary, meeting), false, "2026-12-22 23:59:59"},
		{"twelve", RuleFor(Region, Ordinary, meeting), false, "2026-12-15 23:59:59"},
		{"lengthened to seven", RuleFor(CommuneLarge, Ordinary, meeting).Lengthened(7), false, "2026-12-20 23:59:59"},
		{"urgency", RuleFor(CommuneLarge, Ordinary, meeting), true, "2026-12-26 23:59:59"},
		{"urgency over a lengthened delay", RuleFor(CommuneLarge, Ordinary, meeting).Lengthened(7), true, "2026-12-26 23:59:59"},
		{"urgency where none is known", RuleFor(CCAS, Ordinary, meeting), true, "2026-12-24 23:59:59"},
		{"urgency of Alsace-Moselle", RuleFor(CommuneAlsaceMoselle, Ordinary, meeting), true, "2026-12-27 23:59:59"},
		{"no delay asked: the meeting itself", RuleFor(Own, Ordinary, meeting), false, "2026-12-28 18:30:00"},
	} {
		last := Judge(c.rule, meeting.AddDate(0, 0, -30), meeting, c.urgent, paris).Last
		if got := last.In(paris).Format(time.DateTime); got != c.want {
			t.Errorf("%s: got %s", c.name, got)
		}
		if v := Judge(c.rule, last.Add(-time.Second), meeting, c.urgent, paris); v.Level == Red {
			t.Errorf("%s: red just before its last instant", c.name)
		}
		if v := Judge(c.rule, last.Add(time.Second), meeting, c.urgent, paris); v.Level != Red {
			t.Errorf("%s: %s just after its last instant", c.name, v.Level)
		}
	}
}

// 22:30Z and 23:30Z of one day are different legal days in Paris, and the last half second of a day still is that day.
func TestSendingIsJudgedByItsOwnDay(t *testing.T) {
	for _, c := range []struct {
		name, zone, sent string
		want             Level
	}{
		{"Friday still in Paris", "Europe/Paris", "2026-12-18T22:30:00Z", Amber},
		{"the last half second of Friday", "Europe/Paris", "2026-12-18T22:59:59.5Z", Amber},
		{"Saturday already", "Europe/Paris", "2026-12-18T23:00:00Z", Red},
		{"Friday still in Cayenne", "America/Cayenne", "2026-12-18T23:30:00Z", Amber},
		{"Saturday already in Nouméa", "Pacific/Noumea", "2026-12-18T13:30:00Z", Red},
	} {
		loc := zone(t, c.zone)
		meeting := moment(t, "2026-12-22 18:30", loc)
		r := RuleFor(CommuneSmall, Ordinary, meeting)
		if got := Judge(r, moment(t, c.sent, loc), meeting, false, loc); got.Level != c.want {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

func TestCheckUrgency(t *testing.T) {
	long := strings.Repeat("é", MaxUrgencyReason)
	for _, c := range []struct {
		name, reason, want string
		err                *errs.Error
	}{
		{"a reason", "Effondrement du toit de l’école", "Effondrement du toit de l’école", nil},
		{"twenty characters", "Rupture du barrage !", "Rupture du barrage !", nil},
		{"nineteen", "Rupture du barrage!", "Rupture du barrage!", ErrUrgencyShort},
		{"none", "", "", ErrUrgencyShort},
		{"spaces only", strings.Repeat("\u00a0 ", 40), "", ErrUrgencyShort},
		{"invisible characters only", strings.Repeat("\u200b", 40), "", ErrUrgencyShort},
		{"padded to length", "Rupture" + strings.Repeat(" ", 20) + "du barrage!", "Rupture du barrage!", ErrUrgencyShort},
		{"on several lines", "\tEffondrement\r\ndu toit\n\nde l’école ", "Effondrement du toit de l’école", nil},
		{"with text that runs backwards", "Effondrement du toit\u202ede l’école", "Effondrement du toitde l’école", nil},
		{"with a byte that is no text", "Effondrement du toit\xff !", "Effondrement du toit\uFFFD !", nil},
		{"the longest", long, long, nil},
		{"one more", long + "é", long + "é", ErrUrgencyLong},
	} {
		got, err := CheckUrgency(c.reason)
		if got != c.want || (c.err == nil) != (err == nil) || (c.err != nil && !errors.Is(err, c.err)) {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
		if e, ok := errs.As(err); ok && (e.Field != "urgent" || e.About != "") {
			t.Errorf("%s: got %+v", c.name, e)
		}
	}
}

func FuzzCheckUrgency(f *testing.F) {
	f.Add("Effondrement du toit de l’école")
	f.Add("\u202e\xff\x00 a\u0301")
	f.Fuzz(func(t *testing.T, reason string) {
		tidy, err := CheckUrgency(reason)
		again, err2 := CheckUrgency(tidy)
		if again != tidy || (err == nil) != (err2 == nil) {
			t.Errorf("%q becomes %q, then %q: %v, %v", reason, tidy, again, err, err2)
		}
		n := utf8.RuneCountInString(tidy)
		if err == nil && (n < MinUrgencyReason || n > MaxUrgencyReason || !utf8.ValidString(tidy)) {
			t.Errorf("%q is taken", tidy)
		}
	})
}

package law

import (
	"testing"
	"time"
	_ "time/tzdata" // a bare machine may not know overseas zones
)

// zones of France, overseas included.
var zones = []string{
	"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Miquelon", "America/Marigot",
	"America/St_Barthelemy", "Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea", "Pacific/Wallis", "Pacific/Tahiti",
	"Pacific/Marquesas", "Pacific/Gambier",
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func moment(t testing.TB, s string, loc *time.Location) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if m, err := time.ParseInLocation(layout, s, loc); err == nil {
			return m
		}
	}
	t.Fatalf("no time: %q", s)
	return time.Time{}
}

func TestEarliestMeeting(t *testing.T) {
	for _, c := range []struct {
		name, zone, sent string
		days             int
		want             string
	}{
		{"Monday, three days: Christmas Day", "Europe/Paris", "2026-12-21 09:00", 3, "Fri 2026-12-25"},
		{"the last minute of Friday", "Europe/Paris", "2026-12-18 23:59", 5, "Thu 2026-12-24"},
		{"the first minute of Saturday", "Europe/Paris", "2026-12-19 00:01", 5, "Fri 2026-12-25"},
		{"22:30Z is Friday still in Paris", "Europe/Paris", "2026-12-18T22:30:00Z", 5, "Thu 2026-12-24"},
		{"23:30Z is Saturday already", "Europe/Paris", "2026-12-18T23:30:00Z", 5, "Fri 2026-12-25"},
		{"23:30Z is Friday still in Cayenne", "America/Cayenne", "2026-12-18T23:30:00Z", 5, "Thu 2026-12-24"},
		{"13:30Z is Saturday already in Nouméa", "Pacific/Noumea", "2026-12-18T13:30:00Z", 5, "Fri 2026-12-25"},
		{"12:30Z is Friday still in Nouméa", "Pacific/Noumea", "2026-12-18T12:30:00Z", 5, "Thu 2026-12-24"},
		{"20:30Z is Saturday already in La Réunion", "Indian/Reunion", "2026-12-18T20:30:00Z", 5, "Fri 2026-12-25"},
		{"over 29 February", "Europe/Paris", "2028-02-24 10:00", 5, "Wed 2028-03-01"},
		{"without one", "Europe/Paris", "2027-02-24 10:00", 5, "Tue 2027-03-02"},
		{"2100 is no leap year", "Europe/Paris", "2100-02-24 10:00", 5, "Tue 2100-03-02"},
		{"urgency: one day between", "Europe/Paris", "2026-12-21 09:00", 1, "Wed 2026-12-23"},
		{"the day after", "Europe/Paris", "2026-12-21 09:00", 0, "Tue 2026-12-22"},
		{"over the night that has no two o'clock", "Europe/Paris", "2027-03-26 23:59", 3, "Tue 2027-03-30"},
		{"over the night that has it twice", "Europe/Paris", "2026-10-24 00:00", 1, "Mon 2026-10-26"},
		{"second call, the evening of the meeting that lacked its quorum", "Europe/Paris", "2026-12-14 19:00", 3, "Fri 2026-12-18"},
	} {
		loc := zone(t, c.zone)
		got := EarliestMeeting(moment(t, c.sent, loc), c.days, loc)
		if s := got.In(loc).Format("Mon 2006-01-02 15:04:05"); s != c.want+" 00:00:00" || got.Location() != time.UTC {
			t.Errorf("%s: got %s in %s, want %s", c.name, s, got.Location(), c.want)
		}
	}
}

func TestLastSending(t *testing.T) {
	for _, c := range []struct {
		name, zone, meeting string
		days                int
		want                string
	}{
		{"three days before a Monday", "Europe/Paris", "2026-12-28 18:30", 3, "2026-12-24T22:59:59Z"},
		{"five", "Europe/Paris", "2026-12-28 18:30", 5, "2026-12-22T22:59:59Z"},
		{"twelve", "Europe/Paris", "2026-12-28 18:30", 12, "2026-12-15T22:59:59Z"},
		{"the hour of the meeting does not count", "Europe/Paris", "2026-12-28 00:00", 3, "2026-12-24T22:59:59Z"},
		{"to its last minute", "Europe/Paris", "2026-12-28 23:59:59", 3, "2026-12-24T22:59:59Z"},
		{"in summer", "Europe/Paris", "2026-07-06 20:00", 3, "2026-07-02T21:59:59Z"},
		{"on the day before summer time", "Europe/Paris", "2027-03-29 20:00", 1, "2027-03-27T22:59:59Z"},
		{"on the day that has 23 hours", "Europe/Paris", "2027-03-30 20:00", 1, "2027-03-28T21:59:59Z"},
		{"on the day that has 25 hours", "Europe/Paris", "2026-10-27 20:00", 1, "2026-10-25T22:59:59Z"},
		{"in Saint-Pierre on its day of 23 hours", "America/Miquelon", "2027-03-16 20:00", 1, "2027-03-15T01:59:59Z"},
		{"in Nouméa", "Pacific/Noumea", "2026-12-28 18:30", 3, "2026-12-24T12:59:59Z"},
		{"in Cayenne", "America/Cayenne", "2026-12-28 18:30", 3, "2026-12-25T02:59:59Z"},
		{"in La Réunion", "Indian/Reunion", "2026-12-28 18:30", 3, "2026-12-24T19:59:59Z"},
		{"over 29 February", "Europe/Paris", "2028-03-01 18:30", 5, "2028-02-24T22:59:59Z"},
		{"over New Year", "Europe/Paris", "2027-01-04 18:30", 5, "2026-12-29T22:59:59Z"},
	} {
		loc := zone(t, c.zone)
		got := LastSending(moment(t, c.meeting, loc), c.days, loc)
		if s := got.Format(time.RFC3339); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}

// What days rest on. A zone that changes its clocks at midnight would have a day with no midnight, or with two.
func TestEachDayOfFranceHasOneMidnight(t *testing.T) {
	for _, name := range zones {
		loc := zone(t, name)
		for d := dayOn(2000, 1, 1); d <= dayOn(2050, 1, 1); d++ {
			start, end := d.start(loc), d.end(loc)
			if dayOf(start, loc) != d || dayOf(start.Add(-1), loc) != d-1 ||
				dayOf(end, loc) != d || dayOf(end.Add(time.Second), loc) != d+1 {
				t.Fatalf("%s: %s runs from %v to %v", name, d.utc().Format(time.DateOnly), start, end)
			}
			if h := end.Sub(start).Round(time.Hour); h < 23*time.Hour || h > 25*time.Hour {
				t.Fatalf("%s: %s has %v", name, d.utc().Format(time.DateOnly), h)
			}
		}
	}
}

// Sent at the last instant, the earliest meeting is the meeting's day; meeting at the earliest, the last instant is the end
// of the day of sending. One second more is a day more.
func TestLastSendingAndEarliestMeetingUndoEachOther(t *testing.T) {
	for _, name := range zones {
		loc := zone(t, name)
		for d := dayOn(2026, 1, 1); d <= dayOn(2029, 1, 1); d++ {
			noon := d.start(loc).Add(12 * time.Hour)
			for _, n := range []int{0, 1, 3, 5, 12} {
				last, first := LastSending(noon, n, loc), EarliestMeeting(noon, n, loc)
				if got := EarliestMeeting(last, n, loc); !got.Equal(d.start(loc)) {
					t.Fatalf("%s, %d days: sent at the last instant before %v, met from %v", name, n, noon, got)
				}
				if got := EarliestMeeting(last.Add(time.Second), n, loc); !got.Equal((d + 1).start(loc)) {
					t.Fatalf("%s, %d days: sent a second late before %v, met from %v", name, n, noon, got)
				}
				if got := LastSending(first, n, loc); !got.Equal(d.end(loc)) {
					t.Fatalf("%s, %d days: met at the earliest after %v, sent until %v", name, n, noon, got)
				}
				if got := LastSending(first.Add(-time.Second), n, loc); !got.Equal((d - 1).end(loc)) {
					t.Fatalf("%s, %d days: met a second early after %v, sent until %v", name, n, noon, got)
				}
			}
		}
	}
}

func TestLaterIsNeverSooner(t *testing.T) {
	for _, name := range []string{"Europe/Paris", "America/Miquelon", "Pacific/Noumea"} {
		loc := zone(t, name)
		was := time.Date(2027, time.March, 1, 0, 0, 0, 0, loc)
		for now := was.Add(17 * time.Minute); now.Year() == 2027; now = now.Add(47 * time.Minute) {
			earliest, last := EarliestMeeting(now, 3, loc), LastSending(now, 3, loc)
			if earliest.Before(EarliestMeeting(was, 3, loc)) || last.Before(LastSending(was, 3, loc)) {
				t.Fatalf("%s: %v gives less than %v", name, now, was)
			}
			if !EarliestMeeting(now, 4, loc).After(earliest) || !LastSending(now, 4, loc).Before(last) {
				t.Fatalf("%s: at %v a day more asks no more", name, now)
			}
			was = now
		}
	}
}

func FuzzClearDays(f *testing.F) {
	f.Add(int64(1_797_633_000), int64(1_798_000_000), uint8(5), uint8(0)) // 18 December 2026, 22:30Z
	f.Add(int64(1_834_000_000), int64(1_834_000_000), uint8(0), uint8(9))
	f.Add(int64(-1), int64(1<<40), uint8(255), uint8(4))
	f.Fuzz(func(t *testing.T, sentAt, meetingAt int64, n, z uint8) {
		const years = 30_000_000_000 // about 950 years around 1970
		loc := zone(t, zones[int(z)%len(zones)])
		sent, meeting := time.Unix(sentAt%years, 0), time.Unix(meetingAt%years, 0)
		kept := !sent.After(LastSending(meeting, int(n), loc))
		if other := !meeting.Before(EarliestMeeting(sent, int(n), loc)); other != kept {
			t.Errorf("sent %v, met %v, %d days: by the sending %v, by the meeting %v", sent, meeting, n, kept, other)
		}
		v := Judge(Rule{Body: CommuneSmall, ClearDays: int(n) + 1, UrgencyClearDays: NoUrgency}, sent, meeting, false, loc)
		if held := !sent.After(LastSending(meeting, int(n)+1, loc)); held != (v.Level != Red) || (held && v.Days < int(n)+1) {
			t.Errorf("sent %v, met %v, %d days: got %+v", sent, meeting, n+1, v)
		}
		if v.WorkingDays < 0 || v.WorkingDays > v.Days {
			t.Errorf("sent %v, met %v: got %+v", sent, meeting, v)
		}
	})
}

package law

import (
	"slices"
	"testing"
	"time"
)

func TestEaster(t *testing.T) {
	for _, want := range []string{
		"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "1989-03-26", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20",
		"2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2038-04-25", "2049-04-18", "2285-03-22",
	} {
		date := moment(t, want+" 00:00", time.UTC)
		if got := easter(date.Year()).utc().Format(time.DateOnly); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for year := 1583; year < 4000; year++ {
		e := easter(year)
		if e.utc().Weekday() != time.Sunday || e < dayOn(year, time.March, 22) || e > dayOn(year, time.April, 25) {
			t.Errorf("%d: %v", year, e.utc())
		}
	}
}

func TestHolidays(t *testing.T) {
	for _, c := range []struct {
		name          string
		year          int
		alsaceMoselle bool
		want          []string
	}{
		{"2026", 2026, false, []string{
			"01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"}},
		{"2026 in Alsace-Moselle: Good Friday and Saint Stephen's", 2026, true, []string{
			"01-01", "04-03", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25", "12-26"}},
		{"2008: Ascension Day is 1 May", 2008, false, []string{
			"01-01", "03-24", "05-01", "05-08", "05-12", "07-14", "08-15", "11-01", "11-11", "12-25"}},
	} {
		var got []string
		for _, d := range holidays(c.year, c.alsaceMoselle) {
			got = append(got, d.utc().Format("01-02"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

// A day at a time, as one counts on a calendar.
func countedOneByOne(first, last day, alsaceMoselle bool) int {
	n := 0
	for d := first; d <= last; d++ {
		if !d.weekend() && !slices.Contains(holidays(d.utc().Year(), alsaceMoselle), d) {
			n++
		}
	}
	return n
}

func TestWorkingDaysAreThoseOfTheCalendar(t *testing.T) {
	for first := dayOn(2007, time.November, 1); first < dayOn(2009, time.February, 1); first++ {
		for _, days := range []day{-3, 0, 1, 2, 3, 5, 12, 60, 400} {
			for _, alsaceMoselle := range []bool{false, true} {
				last := first + days - 1
				if got, want := workingDays(first, last, alsaceMoselle), countedOneByOne(first, last, alsaceMoselle); got != want {
					t.Fatalf("%d days from %v, Alsace-Moselle %v: got %d, want %d", days, first.utc(), alsaceMoselle, got, want)
				}
			}
		}
	}
}

// A year mistyped must not be a way to keep a function busy.
func TestFarAwayMeetingIsCountedToo(t *testing.T) {
	first, last := dayOn(2026, time.December, 21), dayOn(9999, time.December, 31)
	if got := workingDays(first, last, false); got < 250*7973 || got > 254*7974 {
		t.Errorf("got %d", got)
	}
}

package law

import (
	"slices"
	"time"
)

// workingDays counts the days from first to last, both included, that are neither Saturday, Sunday nor holiday.
func workingDays(first, last day, alsaceMoselle bool) int {
	if last < first {
		return 0
	}
	n := weekdaysBefore(last+1) - weekdaysBefore(first)
	for y := first.utc().Year(); y <= last.utc().Year(); y++ {
		for _, h := range holidays(y, alsaceMoselle) {
			if first <= h && h <= last && !h.weekend() {
				n--
			}
		}
	}
	return n
}

// weekdaysBefore counts the days from Monday to Friday between a Monday long ago and d, which is not counted. It is for
// differences: a date mistyped into the year 9999 must not cost three million steps.
func weekdaysBefore(d day) int {
	const monday = -719_162 // 1 January of the year 1
	n := int(d - monday)
	return n/7*5 + min(n%7, 5)
}

// holidays are the public holidays of a year (Code du travail L3133-1), each once: Ascension Day falls on 1 or 8 May at
// times. Alsace-Moselle has two more (L3134-13); overseas collectivités have days of their own, which are not known here.
func holidays(year int, alsaceMoselle bool) []day {
	e := easter(year)
	all := []day{
		dayOn(year, time.January, 1), e + 1, dayOn(year, time.May, 1), dayOn(year, time.May, 8), e + 39, e + 50,
		dayOn(year, time.July, 14), dayOn(year, time.August, 15), dayOn(year, time.November, 1), dayOn(year, time.November, 11),
		dayOn(year, time.December, 25),
	}
	if alsaceMoselle {
		all = append(all, e-2, dayOn(year, time.December, 26))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// easter is Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's algorithm; Nature, 20 April 1876).
func easter(year int) day {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return dayOn(year, time.Month(n/31), n%31+1)
}

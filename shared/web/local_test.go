package web

import (
	"errors"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestLocalTimes(t *testing.T) {
	for _, c := range []struct {
		name, zone, typed string
		want              string // UTC; empty: refused
	}{
		{"in winter", "Europe/Paris", "2026-12-15T18:30", "2026-12-15T17:30"},
		{"in summer", "Europe/Paris", "2026-07-15T18:30", "2026-07-15T16:30"},
		{"the minute before the clock is put forward", "Europe/Paris", "2027-03-28T01:59", "2027-03-28T00:59"},
		{"an hour that the clock never shows", "Europe/Paris", "2027-03-28T02:30", ""},
		{"its first minute", "Europe/Paris", "2027-03-28T02:00", ""},
		{"the first minute after it", "Europe/Paris", "2027-03-28T03:00", "2027-03-28T01:00"},
		{"the same hour where no clock is changed", "Indian/Reunion", "2027-03-28T02:30", "2027-03-27T22:30"},
		{"in Martinique", "America/Martinique", "2026-12-15T18:30", "2026-12-15T22:30"},
		{"in Guyane", "America/Cayenne", "2026-12-15T23:30", "2026-12-16T02:30"},
		{"in Mayotte", "Indian/Mayotte", "2026-12-15T01:30", "2026-12-14T22:30"},
		{"in Polynésie", "Pacific/Tahiti", "2026-12-15T18:30", "2026-12-16T04:30"},
		{"in Nouvelle-Calédonie", "Pacific/Noumea", "2026-12-15T18:30", "2026-12-15T07:30"},
		{"in Saint-Pierre, whose clock is changed on another day", "America/Miquelon", "2027-03-14T02:30", ""},
		{"midnight", "Europe/Paris", "2026-12-15T00:00", "2026-12-14T23:00"},
		{"29 February", "Europe/Paris", "2028-02-29T18:30", "2028-02-29T17:30"},
		{"29 February of another year", "Europe/Paris", "2027-02-29T18:30", ""},
		{"31 June", "Europe/Paris", "2026-06-31T18:30", ""},
		{"24:00", "Europe/Paris", "2026-12-15T24:00", ""},
		{"with seconds", "Europe/Paris", "2026-12-15T18:30:00", ""},
		{"with a zone", "Europe/Paris", "2026-12-15T18:30Z", ""},
		{"with a space", "Europe/Paris", "2026-12-15 18:30", ""},
		{"a day without its zero", "Europe/Paris", "2026-12-5T18:30", ""},
		{"a date alone", "Europe/Paris", "2026-12-15", ""},
		{"a French date", "Europe/Paris", "15/12/2026 18:30", ""},
		{"words", "Europe/Paris", "demain", ""},
		{"a year before all", "Europe/Paris", "1999-12-15T18:30", ""},
		{"a year after all", "Europe/Paris", "2201-12-15T18:30", ""},
		{"a year of six figures, as browsers let type", "Europe/Paris", "202612-12-15T18:30", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			loc := zone(t, c.zone)
			got, err := localIn("at", c.typed, loc)
			if c.want == "" {
				refusal, _ := errs.As(err)
				if !errors.Is(err, convocation.ErrDateInvalid) || refusal.Field != "at" || refusal.About != c.typed || !got.IsZero() {
					t.Errorf("got %s, %v", got, err)
				}
				return
			}
			if err != nil || got.Format(localTime) != c.want || got.Location() != time.UTC {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
			if back := localOut(got, loc); back != c.typed {
				t.Errorf("it is shown as %s", back)
			}
		})
	}
	if got, err := localIn("at", "", time.UTC); !got.IsZero() || err != nil || localOut(got, time.UTC) != "" {
		t.Errorf("nothing: got %s, %v", got, err)
	}
}

// Whatever is typed, it is refused or read as it is shown; an hour that the clock shows twice is one of the two.
func FuzzLocalTime(f *testing.F) {
	for _, s := range []string{"", "2026-12-15T18:30", "2027-03-28T02:30", "2026-10-25T02:30", "0000-00-00T00:00", "2026-12-15T18:30\n"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, overseas bool) {
		loc := zone(t, "Europe/Paris")
		if overseas {
			loc = zone(t, "America/Miquelon")
		}
		got, err := localIn("at", s, loc)
		if err == nil && localOut(got, loc) != s {
			t.Errorf("%q is shown as %q", s, localOut(got, loc))
		}
		if err != nil && !got.IsZero() {
			t.Errorf("%q is refused and is %s", s, got)
		}
	})
}

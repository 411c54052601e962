package law

import "time"

// day is a date of the calendar: days since 1 January 1970.
type day int64

// secondsADay of UTC, in which dates are counted: in the collectivité's own zone a day may have 23 hours or 25.
const secondsADay = 24 * 60 * 60

func dayOf(t time.Time, loc *time.Location) day { return dayOn(t.In(loc).Date()) }

func dayOn(y int, m time.Month, d int) day {
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

func (d day) utc() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

func (d day) weekend() bool {
	w := d.utc().Weekday()
	return w == time.Saturday || w == time.Sunday
}

// start is the midnight with which a day begins. No zone of France changes its clocks at midnight, so there is exactly one;
// a test holds the zones to it.
func (d day) start(loc *time.Location) time.Time {
	y, m, dd := d.utc().Date()
	return time.Date(y, m, dd, 0, 0, 0, 0, loc).UTC()
}

// end is the last second of a day. What is sent within that second is still sent on that day: compare days, not instants.
func (d day) end(loc *time.Location) time.Time { return (d + 1).start(loc).Add(-time.Second) }

// LastSending is the last instant, to the second, at which a sending leaves clearDays clear days before a meeting: 23:59:59
// of a day in the collectivité's zone, given in UTC.
func LastSending(meeting time.Time, clearDays int, loc *time.Location) time.Time {
	return (dayOf(meeting, loc) - day(clearDays) - 1).end(loc)
}

// EarliestMeeting is the midnight that begins the first day on which a meeting has clearDays clear days after a sending, in
// the collectivité's zone, given in UTC.
func EarliestMeeting(sent time.Time, clearDays int, loc *time.Location) time.Time {
	return (dayOf(sent, loc) + day(clearDays) + 1).start(loc)
}

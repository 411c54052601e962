package dispatch

import "time"

// slots are what is left to give out of the time until the next pass. The zero rate has no pace: all slots are now.
type slots struct {
	now, end   time.Time
	rate       float64 // a second
	left       int     // at most so many
	main, kept lane
}

// lane is a part of the rate.
type lane struct {
	spent time.Time // slots before it are given out
	rate  float64   // a second
}

// next gives out a slot, and says how long it is until then; false when there is none. Who comes in between two passes may
// have one of those that are kept.
func (s *slots) next(between bool) (time.Duration, bool) {
	if s.left <= 0 {
		return 0, false
	}
	if s.rate <= 0 {
		s.left--
		return 0, true
	}
	in, ok := s.main.next(s.now, s.end)
	if !ok && between {
		in, ok = s.kept.next(s.now, s.end)
	}
	if ok {
		s.left--
	}
	return in, ok
}

func (l *lane) next(now, end time.Time) (time.Duration, bool) {
	at, gap := l.spent, time.Duration(float64(time.Second)/l.rate)
	if at.Before(now) || at.Sub(end) > gap+Skew { // written by a clock that has been set back since
		at = now
	}
	if !at.Before(end) {
		return 0, false
	}
	l.spent = at.Add(gap)
	return at.Sub(now), true
}

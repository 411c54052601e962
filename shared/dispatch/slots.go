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
	l := &s.main
	if between && s.kept.at(s).Before(s.main.at(s)) {
		l = &s.kept
	}
	at := l.at(s)
	if !at.Before(s.end) {
		return 0, false
	}
	l.spent = at.Add(l.gap())
	s.left--
	return at.Sub(s.now), true
}

// at is the lane's next slot. One further ahead than any was given out by a clock that has been set back since.
func (l *lane) at(s *slots) time.Time {
	if l.spent.Before(s.now) || l.spent.Sub(s.end) > l.gap()+Skew {
		return s.now
	}
	return l.spent
}

// gap is how far two slots lie apart.
func (l *lane) gap() time.Duration { return time.Duration(float64(time.Second) / l.rate) }

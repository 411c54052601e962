package law

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"convoc/shared/errs"
)

// Level is what a sending comes to.
type Level string

// The levels.
const (
	Green Level = "green"
	Amber Level = "amber" // legal, but weekends and holidays take most of the delay
	Red   Level = "red"   // too late: it would void the deliberations
)

// Verdict is a sending judged.
type Verdict struct {
	Level           Level
	Last            time.Time // last legal sending, to the second, UTC; the meeting itself where no delay is asked
	Days            int       // clear days that there really are
	WorkingDays     int       // those of them that are neither Saturday, Sunday nor holiday
	UrgencyPossible bool      // red, but the delay of urgency would be kept
}

// Judge says whether a sending keeps the delay of a rule, in urgency or not. A rule that knows no urgency is not shortened
// by it. All is counted in dates of the collectivité's zone.
//
// Amber is when fewer than half of the days asked are working days. To want all of them would be amber at every sending on
// the last day of five or twelve, and nobody reads what is always there; half makes it one working day of three (a Friday
// for the Tuesday after), two of five (a holiday in the week), five of twelve.
func Judge(r Rule, sent, meeting time.Time, urgent bool, loc *time.Location) Verdict {
	first, last := dayOf(sent, loc)+1, dayOf(meeting, loc)-1
	days := int(last - first + 1) // -1 on the day of the meeting
	working := workingDays(first, last, r.Body == CommuneAlsaceMoselle)
	v := Verdict{Level: Green, Last: meeting.UTC(), Days: max(days, 0), WorkingDays: working}
	if r.ClearDays == 0 {
		if !sent.Before(meeting) {
			v.Level = Red
		}
		return v
	}
	asked := r.ClearDays
	if urgent && r.UrgencyClearDays != NoUrgency {
		asked = min(asked, r.UrgencyClearDays)
	}
	v.Last = LastSending(meeting, asked, loc)
	switch {
	case days < asked:
		v.Level = Red
		v.UrgencyPossible = r.UrgencyClearDays != NoUrgency && days >= r.UrgencyClearDays
	case 2*working < asked:
		v.Level = Amber
	}
	return v
}

// Limits of the reason of an urgency, in characters. The council hears it at the opening and decides on it.
const (
	MinUrgencyReason = 20
	MaxUrgencyReason = 500
)

// The refusals of a reason.
var (
	ErrUrgencyShort = errs.Define(errs.Invalid, "urgency_reason_short", "the reason of an urgency is under 20 characters")
	ErrUrgencyLong  = errs.Define(errs.Invalid, "urgency_reason_long", "the reason of an urgency is over 500 characters")
)

// CheckUrgency tidies the reason of an urgency (« motif ») into one line without invisible characters.
// Errors: [ErrUrgencyShort], [ErrUrgencyLong].
func CheckUrgency(reason string) (string, error) {
	reason = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // would fill a reason with nothing, or turn it round
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, "\uFFFD"))
	reason = strings.Join(strings.Fields(reason), " ")
	switch n := utf8.RuneCountInString(reason); {
	case n < MinUrgencyReason:
		return reason, ErrUrgencyShort.At("urgent", "")
	case n > MaxUrgencyReason:
		return reason, ErrUrgencyLong.At("urgent", "")
	}
	return reason, nil
}

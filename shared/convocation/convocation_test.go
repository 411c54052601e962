package convocation

import (
	"strings"
	"testing"
	"time"
)

func TestHowLongLinksOpen(t *testing.T) {
	const day = 24 * time.Hour
	meets := func(at time.Time) *Meeting { return &Meeting{At: at} }
	for _, c := range []struct {
		name    string
		c       Convocation
		claimed time.Time
		want    time.Time
	}{
		{"a plain mail: 60 days after it left", Convocation{}, start, start.Add(60 * day)},
		{"as many days as were asked for", Convocation{LinkDays: MinLinkDays}, start, start.Add(7 * day)},
		{"the most", Convocation{LinkDays: MaxLinkDays}, start, start.Add(400 * day)},
		{"a meeting: 60 days after it", Convocation{Meeting: meets(start.Add(10 * day))}, start, start.Add(70 * day)},
		{"a meeting, and days", Convocation{Meeting: meets(start.Add(10 * day)), LinkDays: 30}, start, start.Add(40 * day)},
		{"sent again after the meeting: counted from the mail", Convocation{Meeting: meets(start)}, start.Add(5 * day), start.Add(65 * day)},
		{"sent at the hour of the meeting", Convocation{Meeting: meets(start)}, start, start.Add(60 * day)},
		{"a meeting whose date is not known", Convocation{Meeting: meets(time.Time{})}, start, start.Add(60 * day)},
		{"when replies end is nothing to it", Convocation{RepliesUntil: start.Add(day)}, start, start.Add(60 * day)},
	} {
		if got := c.c.LinkUntil(Attempt{ClaimedAt: c.claimed}); !got.Equal(c.want) {
			t.Errorf("%s: until %s, want %s", c.name, got, c.want)
		}
	}
	if DefaultLinkDays < MinLinkDays || DefaultLinkDays > MaxLinkDays {
		t.Errorf("by default %d days", DefaultLinkDays)
	}
}

func TestWhenRepliesEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Convocation
		want time.Time
	}{
		{"a plain mail: as long as links open", Convocation{}, time.Time{}},
		{"at the meeting", Convocation{Meeting: &Meeting{At: m(90)}}, m(90)},
		{"when the secretary says", Convocation{RepliesUntil: m(30)}, m(30)},
		{"when she says, before the meeting", Convocation{RepliesUntil: m(30), Meeting: &Meeting{At: m(90)}}, m(30)},
		{"the date of the meeting is not known", Convocation{Meeting: &Meeting{}}, time.Time{}},
	} {
		if got := c.c.ReplyUntil(); !got.Equal(c.want) {
			t.Errorf("%s: until %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCouncillorsOfWhatWasFixed(t *testing.T) {
	f := Frozen{Councillors: benchOf(anne, bruno)}
	if c, found := f.Councillor(bruno); !found || c.ID != bruno {
		t.Errorf("Bruno: %+v, %v", c, found)
	}
	for _, id := range []PersonID{gil, ""} {
		if c, found := f.Councillor(id); found || c.ID != "" {
			t.Errorf("%q: %+v, %v", id, c, found)
		}
	}
}

func words[S ~string](list ...S) string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = string(s)
	}
	return strings.Join(all, " ")
}

// Words that are stored for years, or stand in mails that wait: another one would not be understood.
func TestWordsThatAreStored(t *testing.T) {
	for want, got := range map[string]string{
		"present absent proxy undecided remote substitute": words(Present, Absent, Represented, Undecided, Remote, Substituted),
		"phone paper mail mouth":                           words(Ways()...),
		"receipt proxy_held proxy_ended proxy_back proxy_fell proxy_lost": words(
			NoticeReceipt, NoticeProxyHeld, NoticeProxyEnded, NoticeProxyBack, NoticeProxyFell, NoticeProxyLost),
		" link_asked unfinished corrected": words(WhySent, WhyLinkAsked, WhyUnfinished, WhyCorrected),
		" pending clean":                   words(ScanNone, ScanPending, ScanClean),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

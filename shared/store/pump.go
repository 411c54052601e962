package store

import (
	"context"
	"math"
	"slices"
	"time"

	"convoc/shared/mail"
	"convoc/shared/table"
)

// Pump is what is remembered of how fast mails leave, for the whole installation. The zero Pump: nothing has left, and
// nothing limits it.
type Pump struct {
	Owner string // who decides; empty while nobody does

	Spent    time.Time // slots of the rate before it are given out
	Reserved time.Time // likewise of the part that is kept for small sendings

	Allowance  mail.Allowance // as the service last said
	MeasuredAt time.Time      // when; zero: never
	Since      int            // bells released since then
	Before     int            // bells released between the time before that and then: the service may not count them yet
	Day        []Released     // what was released in the last 24 hours, where the service does not count

	Open     int // recipients that waited, at the last look
	Sendings int // collectivités that they were of

	Why       mail.Reason // why nothing leaves; empty while mails do
	StoppedAt time.Time   // since when
	StopUntil time.Time   // when it is tried again
	Trying    bool        // one mail was let go to see whether the service works again

	RestoredAt time.Time // the data are a backup's, which was put in place then; zero: never
	Places     Places    // where the tables were in use
}

// Released is how many bells were released in one hour.
type Released struct {
	Hour int64 `json:"h"` // since 1970 UTC
	N    int   `json:"n"`
}

// Stopped tells whether nothing may leave at the time now.
func (p Pump) Stopped(now time.Time) bool { return p.Why != "" && now.Before(p.StopUntil) }

func pumpOf(a table.Attrs) Pump {
	return Pump{
		Owner: a.Text("owner"), Spent: timeOf(a, "spent"), Reserved: timeOf(a, "reserved"),
		Allowance: mail.Allowance{
			Rate: float64(a.Int("rate")) / 1000, Daily: int(a.Int("daily")), Sent: int(a.Int("sent")), Paused: a.Bool("paused"),
		},
		MeasuredAt: timeOf(a, "measured"), Since: int(a.Int("since")), Before: int(a.Int("before")),
		Day: valueOf[[]Released](a.Text("day")), Open: int(a.Int("open")), Sendings: int(a.Int("sendings")),
		Why: mail.Reason(a.Text("why")), StoppedAt: timeOf(a, "stopped"), StopUntil: timeOf(a, "stop_until"), Trying: a.Bool("trying"),
		RestoredAt: timeOf(a, "restored"), Places: valueOf[Places](a.Text("places")),
	}
}

// Pump reads what is remembered; the zero Pump where nothing is.
func (g *Agenda) Pump(ctx context.Context) (Pump, error) {
	item, err := g.table.Get(ctx, pumpKey())
	if isNotFound(err) {
		return Pump{}, nil
	}
	return pumpOf(item.Attrs), err
}

// maxSkew is what clocks of several processes differ by at most.
const maxSkew = 2 * time.Minute

// TakePump makes the caller the one who decides who is rung, until a time. Who dies meanwhile is waited for so long; a time
// further ahead was written by a clock that has been set back since. Errors: table.ErrCondition while another one decides.
func (g *Agenda) TakePump(ctx context.Context, owner string, now, until time.Time) (Pump, error) {
	item, err := g.table.Write(ctx, table.Update(pumpKey(), []table.Change{
		table.Set("v", table.Int(version)), table.Set("owner", table.Text(owner)), table.Set("lease", timeValue(until)),
	}, table.Or(table.Absent("owner"), table.Equals("owner", table.Text(owner)),
		table.Less("lease", timeValue(now.Add(time.Millisecond))), table.Not(table.Less("lease", timeValue(until.Add(maxSkew)))))))
	return pumpOf(item.Attrs), err
}

// SavePump writes what the one who took it has decided so far; it stays hers. Errors: table.ErrCondition when another one
// has taken it since.
func (g *Agenda) SavePump(ctx context.Context, owner string, p Pump) error {
	changes := []table.Change{
		setTime("spent", p.Spent), setTime("reserved", p.Reserved), setTime("measured", p.MeasuredAt),
		table.Set("rate", table.Int(int64(math.Round(p.Allowance.Rate*1000)))), table.Set("daily", table.Int(int64(p.Allowance.Daily))),
		table.Set("sent", table.Int(int64(p.Allowance.Sent))), table.Set("paused", table.Bool(p.Allowance.Paused)),
		table.Set("since", table.Int(int64(p.Since))), table.Set("before", table.Int(int64(p.Before))),
		setText("day", jsonValue(p.Day)), table.Set("open", table.Int(int64(p.Open))),
		table.Set("sendings", table.Int(int64(p.Sendings))),
	}
	_, err := g.table.Write(ctx, table.Update(pumpKey(), changes, table.Equals("owner", table.Text(owner))))
	return err
}

// FreePump lets another one take it at once. It is no error when another one has.
func (g *Agenda) FreePump(ctx context.Context, owner string) error {
	_, err := g.table.Write(ctx, table.Update(pumpKey(), []table.Change{table.Remove("owner"), table.Remove("lease")},
		table.Equals("owner", table.Text(owner))))
	if isCondition(err) {
		return nil
	}
	return err
}

// StopPump notes why nothing leaves, and until when nothing is tried. The time since when stays.
func (g *Agenda) StopPump(ctx context.Context, why mail.Reason, now, until time.Time) error {
	_, err := g.table.Write(ctx, table.Update(pumpKey(), []table.Change{
		table.Set("v", table.Int(version)), table.Set("why", table.Text(string(why))), table.SetIfAbsent("stopped", timeValue(now)),
		table.Set("stop_until", timeValue(until)), table.Remove("trying"),
	}))
	return err
}

// TryPump notes that one mail is let go, which shows until a time whether the service works again, while nobody has stopped
// it anew since p was read. Errors: table.ErrCondition.
func (g *Agenda) TryPump(ctx context.Context, p Pump, until time.Time) error {
	return g.unstop(ctx, p, table.Set("stop_until", timeValue(until)), table.Set("trying", table.Bool(true)))
}

// StartPump notes that mails leave again, unless somebody has stopped them anew since p was read.
// Errors: table.ErrCondition.
func (g *Agenda) StartPump(ctx context.Context, p Pump) error {
	return g.unstop(ctx, p, table.Remove("why"), table.Remove("stopped"), table.Remove("stop_until"), table.Remove("trying"))
}

func (g *Agenda) unstop(ctx context.Context, p Pump, changes ...table.Change) error {
	_, err := g.table.Write(ctx, table.Update(pumpKey(), changes, table.Equals("stop_until", timeValue(p.StopUntil))))
	return err
}

// MarkRestored notes that the data are a backup's. What was ordered before then is not sent: it may have left.
func (g *Agenda) MarkRestored(ctx context.Context, at time.Time) error {
	_, err := g.table.Write(ctx, table.Update(pumpKey(), []table.Change{
		table.Set("v", table.Int(version)), table.Set("restored", timeValue(at)),
	}))
	return err
}

// Places are the names of where the tables were last in use, the newest first; none before the first use.
type Places []string

// Has tells whether tables that were last in use at these places may be those of a place. Those that never were anywhere may.
func (p Places) Has(name string) bool { return len(p) == 0 || slices.Contains(p, name) }

// MovePlace notes that the tables are in use at a new place from now on; the one before is kept, in case the new name does
// not come to be written there.
func (g *Agenda) MovePlace(ctx context.Context, from Places, to string) error {
	places := append(Places{to}, from[:min(len(from), 1)]...)
	_, err := g.table.Write(ctx, table.Update(pumpKey(), []table.Change{
		table.Set("v", table.Int(version)), table.Set("places", table.Text(jsonValue(places))),
	}))
	return err
}

// setText sets a text, or removes it where it is empty.
func setText(attr, s string) table.Change {
	if s == "" {
		return table.Remove(attr)
	}
	return table.Set(attr, table.Text(s))
}

// setTime sets a time, or removes it where it is zero.
func setTime(attr string, t time.Time) table.Change {
	if t.IsZero() {
		return table.Remove(attr)
	}
	return table.Set(attr, timeValue(t))
}

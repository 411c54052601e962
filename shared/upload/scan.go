package upload

import (
	"context"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/store"
)

// A document that would be taken waits, « pending », until the antivirus has answered: nobody downloads it, no reply and
// no convocation goes with it. One that does not answer at once (GuardDuty marks a file seconds after it came, clamd may
// be restarted) is asked again from the agenda, ever more rarely.

// Patience with an antivirus that does not answer: a weekend. Then the document is refused and its file goes: letting it
// through would let in whatever waits long enough, and who sent it has it still and reads why.
const Patience = 72 * time.Hour

// ReasonUnanswered: the antivirus has not answered in all that time.
const ReasonUnanswered = "scan_unanswered"

// The pauses between two questions: half of the time that the document has waited, within these.
const (
	minPause = 2 * time.Second
	maxPause = 10 * time.Minute
)

// nextLook is when to ask about a document that waits since a time. It is one of the same times for everybody: two
// entries of the agenda for one document (its event came twice) become one.
func nextLook(since, now time.Time) time.Time {
	at := since.Add(minPause)
	for !at.After(now) {
		at = at.Add(min(max(at.Sub(since)/2, minPause), maxPause))
	}
	return at
}

// scan asks the antivirus about a document that would be taken, and says when to ask again; the zero time when it is
// settled. An error of the scanner is as good as no answer: whoever opened it watches it (files.Watched).
func (s *Service) scan(ctx context.Context, h *store.Handle, d *convocation.Document) time.Time {
	if s.Scanner == nil || d.State != convocation.DocumentStored {
		return time.Time{}
	}
	report, err := s.Files.Scanner(h.ID, s.Scanner).Scan(ctx, files.Key(d.Key))
	if err != nil {
		report.Verdict = files.Pending
	}
	switch report.Verdict {
	case files.Unscanned:
		return time.Time{}
	case files.Clean:
		d.Scan = convocation.ScanClean
		return time.Time{}
	case files.Infected:
		refuse(d, convocation.ReasonInfected)
		return time.Time{}
	}
	now := s.Now()
	if now.Sub(d.StoredAt) >= Patience {
		refuse(d, ReasonUnanswered)
		return time.Time{}
	}
	d.State, d.Scan = convocation.DocumentPending, convocation.ScanPending
	return nextLook(d.StoredAt, now)
}

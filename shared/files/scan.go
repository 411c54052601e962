package files

import "context"

// Verdict is what an antivirus says of a file.
type Verdict string

// The verdicts.
const (
	Clean     Verdict = "clean"
	Infected  Verdict = "infected"
	Pending   Verdict = "pending"   // it has not looked yet: to be asked again
	Unscanned Verdict = "unscanned" // it will not look: too large, encrypted, not allowed to read it
)

// Report is a verdict, with what goes into the operator's log.
type Report struct {
	Verdict Verdict
	Said    string // the scanner's own words: the name of what it found, or why it does not look; may be empty
}

// Scanner asks an antivirus about files of a store.
type Scanner interface {
	// Scan tells what the antivirus says of a file as it is now. Where a form can still write, the file may be another one
	// at the next moment: what is asked about has to lie elsewhere. A call ends by itself after half a minute at most.
	// Errors: [ErrNotFound], [ErrInvalid], [ErrUnavailable] (no verdict: to be asked again).
	Scan(ctx context.Context, key Key) (Report, error)
}

// Watched is the same scanner, and tells of each answer that an operator should know of: a find, a file at which it will
// not look, and that it does not answer (code "unavailable").
func Watched(s Scanner, tell func(key Key, code, said string)) Scanner { return watched{s, tell} }

type watched struct {
	Scanner
	tell func(key Key, code, said string)
}

func (w watched) Scan(ctx context.Context, key Key) (Report, error) {
	r, err := w.Scanner.Scan(ctx, key)
	switch {
	case err != nil:
		w.tell(key, "unavailable", err.Error())
	case r.Verdict == Infected || r.Verdict == Unscanned:
		w.tell(key, string(r.Verdict), r.Said)
	}
	return r, err
}

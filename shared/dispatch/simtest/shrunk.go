package simtest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"convoc/shared/convocation"
)

// shrunk says which fact of a recipient is gone, or later than it was; nothing when none is (I5). An address that was
// corrected takes what a stranger did with it; an attempt that was given back never was; the oldest of many is summed up.
func shrunk(prev, next convocation.Recipient) string {
	for _, a := range prev.Attempts {
		i := slices.IndexFunc(next.Attempts, func(b convocation.Attempt) bool { return b.N == a.N })
		switch {
		case i < 0:
			summed := a.N == prev.Attempts[0].N && len(prev.Attempts) == convocation.MaxAttempts
			if back := a.N == prev.LastN() && outcomeless(a); !back && !summed {
				return fmt.Sprintf("I5: attempt %d of %s is gone", a.N, prev.ID)
			}
		case !bytes.Equal(a.Digest, next.Attempts[i].Digest):
			return fmt.Sprintf("I5: attempt %d of %s is another one", a.N, prev.ID)
		default:
			if fact := lost(factsOf(a), factsOf(next.Attempts[i])); fact != "" {
				return fmt.Sprintf("I5: attempt %d of %s was %s", a.N, prev.ID, fact)
			}
			if b := next.Attempts[i]; !a.UnknownAt.IsZero() && b.UnknownAt.IsZero() && b.RefusedAt.IsZero() {
				return fmt.Sprintf("I5: attempt %d of %s is not unknown any more", a.N, prev.ID)
			}
		}
	}
	if next.Orders < prev.Orders || next.Replies < prev.Replies {
		return fmt.Sprintf("I5: %s has fewer orders or replies", prev.ID)
	}
	if !prev.AddressAt.Equal(next.AddressAt) {
		return ""
	}
	if fact := lost(deedsOf(prev), deedsOf(next)); fact != "" {
		return fmt.Sprintf("I5: %s was %s", prev.ID, fact)
	}
	return ""
}

func outcomeless(a convocation.Attempt) bool {
	return a.Sent().IsZero() && a.RefusedAt.IsZero() && a.UnknownAt.IsZero()
}

// fact is something with its time.
type fact struct {
	name string
	at   time.Time
}

func factsOf(a convocation.Attempt) []fact {
	return []fact{
		{"claimed", a.ClaimedAt}, {"accepted", a.AcceptedAt}, {"proved", a.ProvedAt}, {"refused", a.RefusedAt}, {"heard of", a.HeardAt},
		{"delivered", a.DeliveredAt}, {"delayed", a.DelayedAt}, {"bounced", a.BouncedAt}, {"answered by a machine", a.AutoRepliedAt},
		{"complained of", a.ComplainedAt},
	}
}

func deedsOf(r convocation.Recipient) []fact {
	return []fact{
		{"opened", r.OpenedAt}, {"doubted", r.DoubtedAt}, {"started", r.StartedAt}, {"answered", r.FirstReply}, {"shown documents", r.DocumentsAt},
	}
}

// lost names the first fact that is gone or later than it was.
func lost(prev, next []fact) string {
	for i, f := range prev {
		if !f.at.IsZero() && (next[i].at.IsZero() || next[i].at.After(f.at)) {
			return f.name
		}
	}
	return ""
}

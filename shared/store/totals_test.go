package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two who count at once: what was counted later stays, whoever writes last.
func TestTotalsAreTheNewest(t *testing.T) {
	w := newTown(t)
	read := func() Totals {
		got, err := w.h.Totals(w.ctx(), cnv)
		w.must(err)
		return got
	}
	if got := read(); !got.At.IsZero() {
		t.Errorf("counted at %s before all", got.At)
	}
	want := filled[Totals](t)
	w.must(w.h.PutTotals(w.ctx(), cnv, want))
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("read again (-want +got)\n%s", diff)
	}
	whole(t, want, want)
	late := Totals{At: want.At.Add(-1e6)}
	w.must(w.h.PutTotals(w.ctx(), cnv, late))
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("an older count came later (-want +got)\n%s", diff)
	}
	later := Totals{At: want.At.Add(1e6)}
	w.must(w.h.PutTotals(w.ctx(), cnv, later))
	if diff := cmp.Diff(later, read()); diff != "" {
		t.Errorf("counted later (-want +got)\n%s", diff)
	}
}

// Parts go on where the one before ended, over shards that are empty, and end.
func TestRecipientsInParts(t *testing.T) {
	for _, counts := range [][]int{{250, 0, 130}, {0, 0, 0}, {100}, {0, 1}, {300, 300, 1}} {
		w := newTown(t)
		want := crowded(t, w, counts...)
		slices.Sort(want)
		for _, limit := range []int{100, 200} {
			got := want[:0:0]
			for after, parts := "", 0; ; parts++ {
				part, next, err := w.h.RecipientsPart(w.ctx(), cnv2, len(counts), after, limit)
				w.must(err)
				if len(part) > limit+pumpPage || parts > 20 {
					t.Fatalf("part %d has %d", parts, len(part))
				}
				for _, r := range part {
					got = append(got, r.ID)
				}
				if after = next; next == "" {
					break
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v in parts of %d (-want +got)\n%s", counts, limit, diff)
			}
		}
		for _, strange := range []string{"-1.x", "99.", "x.y", "0.rcp#zz"} {
			if part, next, err := w.h.RecipientsPart(w.ctx(), cnv2, len(counts), strange, 100); err != nil || (strange == "99." && len(part)+len(next) > 0) {
				t.Errorf("%q: %d, %q, %v", strange, len(part), next, err)
			}
		}
	}
}

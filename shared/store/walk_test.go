package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
)

// crowded gives a convocation so many recipients in each of its shards, with what else is kept beside them.
func crowded(t *testing.T, w *town, counts ...int) (all []convocation.RecipientID) {
	t.Helper()
	for shard, count := range counts {
		var some []convocation.Recipient
		for n := range count {
			r := person(convocation.RecipientID(fmt.Sprintf("rcp_%d_%04d", shard, n)))
			r.Shard = shard
			some = append(some, r)
			all = append(all, r.ID)
			if len(some) == 100 || n == count-1 {
				w.must(w.h.Materialise(w.ctx(), cnv2, some))
				some = nil
			}
		}
		beside := person(convocation.RecipientID(fmt.Sprintf("rcp_%d_0000", shard)))
		beside.Shard, beside.Notice = shard, convocation.Notice{ID: ntc, Kind: convocation.NoticeReceipt}
		w.must(w.h.Materialise(w.ctx(), cnv2, []convocation.Recipient{beside}))
		beside.Notice = convocation.Notice{}
		if count == 0 {
			continue
		}
		w.must(w.h.SaveDraft(w.ctx(), beside.Ref(cnv2), "Présent", convocation.Choice{}, minute(3)))
	}
	return all
}

// walkFrom reads the recipients after a place page by page, shard after shard, and counts the calls.
func walkFrom(w *town, p Place, shards int) (all []convocation.RecipientID, calls int) {
	w.t.Helper()
	for p.Shard < shards {
		page, next, err := w.h.RecipientsAfter(w.ctx(), cnv2, p)
		w.must(err)
		calls++
		for _, r := range page {
			if r.Shard != p.Shard || r.Notice.ID != "" {
				w.t.Fatalf("in shard %d: %+v", p.Shard, r)
			}
			if at := PlaceOf(r); !p.Before(at) || at.Before(p) || at.Before(at) {
				w.t.Fatalf("%+v does not come after %+v", at, p)
			}
			p = PlaceOf(r)
			all = append(all, r.ID)
		}
		if p.After = next; next == "" {
			after := Place{Shard: p.Shard + 1}
			if !p.Before(after) || after.Before(p) {
				w.t.Fatalf("shard %d does not come after %+v", after.Shard, p)
			}
			p = after
		}
	}
	return all, calls
}

// A walk finds each recipient once and nothing else, whatever the sizes of the shards, and from any place on those that
// come after it.
func TestWalkThroughTheRecipients(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts []int
		calls  int
	}{
		{"nobody", []int{0}, 1},
		{"one shard of one page", []int{3}, 1},
		{"a page that is just full", []int{pumpPage}, 1},
		{"one more", []int{pumpPage + 1}, 2},
		{"shards of several pages, and an empty one between", []int{2*pumpPage + 50, 0, pumpPage, 7}, 6},
		{"empty ones at both ends", []int{0, 5, 0}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			want := crowded(t, w, c.counts...)
			got, calls := walkFrom(w, Place{}, len(c.counts))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("from the beginning (-want +got)\n%s", diff)
			}
			if calls != c.calls {
				t.Errorf("%d calls, want %d", calls, c.calls)
			}
			for _, i := range []int{0, len(want) / 3, len(want) - 1} {
				if len(want) == 0 {
					break
				}
				var shard int
				if _, err := fmt.Sscanf(string(want[i]), "rcp_%d", &shard); err != nil {
					t.Fatal(err)
				}
				got, _ := walkFrom(w, PlaceOf(convocation.Recipient{ID: want[i], Shard: shard}), len(c.counts))
				if diff := cmp.Diff(want[i+1:], got, cmp.Transformer("", func(ids []convocation.RecipientID) string { return fmt.Sprint(ids) })); diff != "" {
					t.Errorf("after %s (-want +got)\n%s", want[i], diff)
				}
			}
		})
	}
}

// Between two looks a recipient may be gone: a place that nobody stands at is a place all the same.
func TestPlaceThatNobodyStandsAt(t *testing.T) {
	w := newTown(t)
	all := crowded(t, w, 4)
	got, _ := walkFrom(w, PlaceOf(convocation.Recipient{ID: all[1] + "_"}), 1)
	if diff := cmp.Diff(all[2:], got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPlacesAreInOrder(t *testing.T) {
	places := []Place{{}, {0, "rcp#a"}, {0, "rcp#b"}, {1, ""}, {1, "rcp#a"}, {2, ""}, {10, ""}}
	for i, a := range places {
		for j, b := range places {
			if got := a.Before(b); got != (i < j) {
				t.Errorf("%+v before %+v: %v", a, b, got)
			}
		}
	}
}

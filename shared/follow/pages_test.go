package follow_test

import (
	"fmt"
	"slices"
	"testing"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/follow"
	"convoc/shared/worldtest"
)

func TestPagesOfTheList(t *testing.T) {
	w := worldtest.New(t)
	if got := list(t, w, follow.Filter{}); got.Total != 0 || got.First != 0 || got.Next != "" || len(got.Lines) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	var want []string
	for n := range 41 {
		want = append(want, fmt.Sprintf("Séance %02d", n))
		draft(t, w, want[n])
	}
	slices.Reverse(want)
	var f follow.Filter
	var all []string
	for n, size := range []int{20, 20, 1} {
		got := list(t, w, f)
		if len(got.Lines) != size || got.Total != 41 || got.First != 20*n+1 || (got.Next != "") != (n < 2) {
			t.Fatalf("page %d: %d lines of %d from %d, more %v", n, len(got.Lines), got.Total, got.First, got.Next != "")
		}
		all = append(all, subjects(got)...)
		f.After = got.Next
	}
	if !slices.Equal(all, want) {
		t.Errorf("got %q", all)
	}
	if got := list(t, w, follow.Filter{After: "at"}); len(got.Lines) != 0 || got.First != 0 || got.Total != 41 {
		t.Errorf("after the last one: %+v", got)
	}
}

// Between two pages drafts are deleted, changed and made: the second goes on behind the place where the first ended.
func TestPagesOfAListThatChanges(t *testing.T) {
	w := worldtest.New(t)
	var drafts []compose.Draft
	for n := range 25 {
		drafts = append(drafts, draft(t, w, fmt.Sprintf("Séance %02d", n)))
	}
	for _, c := range []struct {
		name  string
		state convocation.State
		act   func(last compose.Draft) error
		want  []string
	}{
		{"the last of the page before is deleted", "", func(last compose.Draft) error {
			return w.Compose.Delete(t.Context(), w.Handle, by, last.ID)
		}, []string{"Séance 04", "Séance 03", "Séance 02", "Séance 01", "Séance 00"}},
		{"the last of the page before is changed", convocation.StateDraft, func(last compose.Draft) error {
			_, err := w.Compose.Save(t.Context(), w.Handle, by, last.ID, last.Version, compose.Text{Subject: "Changée"})
			draft(t, w, "Nouvelle")
			return err
		}, []string{"Séance 03", "Séance 02", "Séance 01", "Séance 00"}},
	} {
		f := follow.Filter{State: c.state}
		first := list(t, w, f)
		last := first.Lines[len(first.Lines)-1].ID
		i := slices.IndexFunc(drafts, func(d compose.Draft) bool { return d.ID == last })
		if err := c.act(drafts[i]); err != nil {
			t.Fatal(err)
		}
		f.After = first.Next
		if got := list(t, w, f); !slices.Equal(subjects(got), c.want) || got.First == 1 {
			t.Errorf("%s: got %q from %d, want %q", c.name, subjects(got), got.First, c.want)
		}
	}
}

package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/worldtest"
)

// The one PDF of all shows those that could be merged: they count as asked for, and no other does.
func TestMergedDocuments(t *testing.T) {
	w := worldtest.New(t)
	id := sent(t, w)
	v := visit(t, w, "a0@x.fr")
	v.Convocation.Frozen.Merged = "" // as where there is nothing to merge
	before := w.Counts().Writes
	if to, err := w.Answer.Merged(t.Context(), v); !errors.Is(err, convocation.ErrDocumentUnknown) || w.Counts().Writes != before {
		t.Errorf("none: got %q, %v after %d writes", to, err, w.Counts().Writes-before)
	}
	v.Convocation.Frozen.Merged = "000000000/tout.pdf"
	for _, d := range v.Convocation.Frozen.Documents {
		if d.Name == "note.pdf" {
			v.Convocation.Frozen.MergedLeftOut = []convocation.DocumentID{d.ID}
		}
	}
	first := w.Clock
	for range 2 {
		if to, err := w.Answer.Merged(t.Context(), v); err != nil || !strings.HasSuffix(to, "/Conseil.pdf") {
			t.Errorf("it is at %q, %v", to, err)
		}
		w.Clock = w.Clock.Add(time.Hour)
	}
	r := w.Recipients(id)["a0@x.fr"]
	docs := v.Convocation.Frozen.Documents
	if len(r.Documents) != 1 || !r.Documents[docs[0].ID].Equal(first) || docs[0].Name != "ordre.pdf" || !r.OpenedAt.Equal(first) {
		t.Errorf("asked for %v, opened at %s", r.Documents, r.OpenedAt)
	}
}

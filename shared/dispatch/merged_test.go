package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// binder is a merger that writes the titles and what the documents say. It cannot merge what is locked.
type binder struct {
	t    *testing.T
	fail func(parts int) error // what becomes of so many documents; nil: they are merged
}

func (b binder) Merge(ctx context.Context, w io.Writer, parts []files.Part) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, p := range parts {
		raw, err := b.read(p)
		if err != nil {
			return err
		}
		if strings.Contains(raw, "locked") {
			return files.ErrUnmergeable
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", p.Title, raw); err != nil {
			return err
		}
	}
	if b.fail != nil {
		return b.fail(len(parts))
	}
	return nil
}

func (b binder) read(p files.Part) (string, error) {
	r, err := p.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if int64(len(raw)) != p.Size && err == nil {
		b.t.Errorf("%s has %d bytes, not %d", p.Title, len(raw), p.Size)
	}
	return string(raw), err
}

// frozenAs is what was fixed of a convocation that has left to one person.
func frozenAs(t *testing.T, w *worldtest.World, id convocation.ID) convocation.Frozen {
	t.Helper()
	if got := w.Status(id, "a0@x.fr"); got != convocation.Sent {
		t.Errorf("it is %s", got)
	}
	c, err := w.Handle.Convocation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Frozen
}

// leftOut names the documents that the merged file lacks.
func leftOut(f convocation.Frozen) []string {
	var names []string
	for _, d := range f.Documents {
		if slices.Contains(f.MergedLeftOut, d.ID) {
			names = append(names, d.Name)
		}
	}
	return names
}

func TestPDFsBecomeOneFile(t *testing.T) {
	w := worldtest.New(t)
	w.Dispatch.Merger = binder{t: t}
	d := w.Draft(1)
	w.Put(d.ID, "Note de synthèse.v2.pdf", "%PDF-1.7 note")
	w.Put(d.ID, "Plan.png", "\x89PNG\r\n\x1a\n")
	w.Put(d.ID, "Budget.pdf", "%PDF-1.7 locked")
	w.Put(d.ID, "Annexe.PDF", "%PDF-1.7 annexe")
	w.Send(d)
	f := frozenAs(t, w, d.ID)
	if diff := cmp.Diff([]string{"Plan.png", "Budget.pdf"}, leftOut(f)); diff != "" {
		t.Errorf("left out (-want +got)\n%s", diff)
	}
	r, err := w.Files.Open(t.Context(), files.Key(f.Merged))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if want := "Note de synthèse.v2: %PDF-1.7 note\nAnnexe: %PDF-1.7 annexe\n"; string(got) != want || err != nil || f.MergedSize != int64(len(want)) {
		t.Errorf("got %q of %d bytes, %v", got, f.MergedSize, err)
	}
}

func TestNoMergedFileKeepsNobodyWaiting(t *testing.T) {
	several := func(parts int) error {
		if parts > 1 {
			return files.ErrUnmergeable
		}
		return nil
	}
	large := "%PDF-1.7 " + strings.Repeat(" ", files.MaxMerge/2)
	for name, c := range map[string]struct {
		merger files.Merger
		pdfs   []string
	}{
		"one PDF":                           {binder{t: t}, []string{"a"}},
		"one PDF, and one that is locked":   {binder{t: t}, []string{"a", "locked"}},
		"PDFs that do not go together":      {binder{t: t, fail: several}, []string{"a", "b"}},
		"PDFs that are too large together":  {binder{t: t}, []string{large, large}},
		"a process that merges nothing":     {nil, []string{"a", "b"}},
		"no document":                       {binder{t: t}, nil},
		"PDFs of which none can be merged":  {binder{t: t}, []string{"locked", "locked too"}},
		"a merger that merges nothing ever": {binder{t: t, fail: func(int) error { return files.ErrUnmergeable }}, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := worldtest.New(t)
			w.Dispatch.Merger = c.merger
			d := w.Draft(1)
			for i, content := range c.pdfs {
				w.Put(d.ID, fmt.Sprintf("%d.pdf", i), "%PDF-1.7 "+content)
			}
			w.Put(d.ID, "plan.png", "\x89PNG\r\n\x1a\n")
			w.Send(d)
			if f := frozenAs(t, w, d.ID); f.Merged != "" || f.MergedSize != 0 || len(f.MergedLeftOut) > 0 {
				t.Errorf("got %q of %d bytes without %q", f.Merged, f.MergedSize, f.MergedLeftOut)
			}
		})
	}
}

// Each run is ended while it merges: by its deadline, or with its process.
func TestMergingThatEndsEachRunIsGivenUp(t *testing.T) {
	w := worldtest.New(t)
	w.Dispatch.Merger = binder{t: t, fail: func(parts int) error { return context.DeadlineExceeded }}
	d := w.Draft(1)
	w.Put(d.ID, "a.pdf", "%PDF-1.7 a")
	w.Put(d.ID, "b.pdf", "%PDF-1.7 b")
	w.Send(d)
	w.Pass(9, time.Minute)
	if got := w.Mail.Calls; got != 0 {
		t.Fatalf("%d mails left before", got)
	}
	w.Pass(3, time.Minute)
	if f := frozenAs(t, w, d.ID); f.Merged != "" {
		t.Errorf("merged as %q", f.Merged)
	}
}

// What was merged before that is found, however late the run that needs it.
func TestMergedFileIsFoundLate(t *testing.T) {
	w := worldtest.New(t)
	w.Dispatch.Merger = binder{t: t}
	d := w.Draft(1)
	w.Put(d.ID, "a.pdf", "%PDF-1.7 a")
	w.Put(d.ID, "b.pdf", "%PDF-1.7 b")
	w.Put(d.ID, "c.pdf", "%PDF-1.7 locked")
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	untold(w) // nor is the convocation frozen
	w.Heed()
	w.Fault = nil
	w.Clock = w.Clock.Add(time.Hour)
	w.Dispatch.Merger = binder{t: t, fail: func(int) error { t.Error("merged again"); return nil }}
	w.Pass(2, time.Minute)
	if f := frozenAs(t, w, d.ID); f.Merged == "" || !cmp.Equal(leftOut(f), []string{"c.pdf"}) {
		t.Errorf("merged as %q without %q", f.Merged, f.MergedLeftOut)
	}
}

// cutting is a store of which one call fails, before it has done anything or after. It counts what it creates, by the
// last part of its key.
type cutting struct {
	files.Store
	fault table.Fault
	calls int // until the one that fails
	hit   bool
	made  map[string]int
}

// call does one call, or fails.
func (c *cutting) call(do func() error) error {
	c.calls--
	if c.calls == -1 {
		c.hit = true
		if c.fault == table.FaultBefore {
			return files.ErrUnavailable
		}
	}
	err := do()
	if c.calls == -1 && err == nil {
		return files.ErrUnavailable
	}
	return err
}

func (c *cutting) Stat(ctx context.Context, key files.Key) (info files.Info, err error) {
	err = c.call(func() error { info, err = c.Store.Stat(ctx, key); return err })
	return info, err
}

func (c *cutting) Open(ctx context.Context, key files.Key) (r io.ReadCloser, err error) {
	err = c.call(func() error { r, err = c.Store.Open(ctx, key); return err })
	return r, err
}

func (c *cutting) Create(ctx context.Context, key files.Key, body io.Reader) (info files.Info, err error) {
	err = c.call(func() error {
		if info, err = c.Store.Create(ctx, key, body); err == nil {
			c.made[path.Base(string(key))]++
		}
		return err
	})
	return info, err
}

// mergedOnce is a draft with documents to merge, and what is there of it once it has left: the same whatever was cut.
func mergedOnce(t *testing.T, w *worldtest.World) (compose.Draft, *cutting, func() []any) {
	store := &cutting{Store: w.Files, calls: -2, made: map[string]int{}}
	w.Dispatch.Files, w.Dispatch.Merger = files.Shared(store), binder{t: t}
	d := w.Draft(1)
	w.Put(d.ID, "a.pdf", "%PDF-1.7 a")
	w.Put(d.ID, "b.pdf", "%PDF-1.7 locked")
	w.Put(d.ID, "c.pdf", "%PDF-1.7 c")
	return d, store, func() []any {
		w.Pass(3, time.Minute)
		c, err := w.Handle.Convocation(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		return []any{path.Base(c.Frozen.Merged), c.Frozen.MergedSize, c.Frozen.MergedLeftOut, store.made}
	}
}

func TestMergedOnceWhateverIsCut(t *testing.T) {
	t.Run("a call to a table", func(t *testing.T) {
		worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
			d, _, state := mergedOnce(t, w)
			return worldtest.Flow{State: func() any { return state() }, Run: func() error {
				err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{})
				w.Heed()
				return err
			}}
		})
	})
	t.Run("a call to the store", func(t *testing.T) {
		undisturbed := worldtest.New(t)
		d, store, state := mergedOnce(t, undisturbed)
		undisturbed.Send(d)
		want := state()
		if store.made["all.pdf"] != 1 || want[0] != "all.pdf" {
			t.Fatalf("undisturbed: %v", want)
		}
		for _, fault := range []table.Fault{table.FaultBefore, table.FaultAfter} {
			for call, hit := 0, true; hit; call++ {
				w := worldtest.New(t)
				d, store, state := mergedOnce(t, w)
				store.fault, store.calls = fault, call
				w.Send(d)
				hit = store.hit
				if diff := cmp.Diff(want, state()); diff != "" {
					t.Errorf("fault %d of call %d: (-undisturbed +cut)\n%s", fault, call, diff)
				}
			}
		}
	})
}

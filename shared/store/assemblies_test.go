package store

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/convocation"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/table"
)

// enlarged is the bureau with a member more.
func enlarged() convocation.Assembly {
	a := bureau
	a.Version, a.Members = 2, 9
	return a
}

var assemblyOps = []op{
	{method: "Handle.SaveAssembly", how: "a new one", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.SaveAssembly(ctx, convocation.Assembly{ID: asm2, Version: 1, Name: "Conseil"}, told(journal.AssemblySaved))
	}},
	{method: "Handle.SaveAssembly", how: "a member more", again: table.ErrCondition, do: func(ctx context.Context, w *town) error {
		return w.h.SaveAssembly(ctx, enlarged(), told(journal.AssemblySaved))
	}},
	{method: "Handle.DeleteAssembly", do: func(ctx context.Context, w *town) error {
		return w.h.DeleteAssembly(ctx, asm, told(journal.AssemblyDeleted))
	}},
}

func TestAssemblies(t *testing.T) {
	w := newTown(t)
	check := func(what string, want ...convocation.Assembly) {
		t.Helper()
		got, err := w.h.Assemblies(w.ctx())
		w.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	check("one", bureau)
	council := convocation.Assembly{ID: asm2, Version: 1, Name: "Conseil", Body: law.CommuneSmall, Members: 11}
	w.must(w.h.SaveAssembly(w.ctx(), council, saved))
	check("two, and the collectivité beside them", bureau, council)
	w.must(w.h.SaveAssembly(w.ctx(), enlarged(), saved))
	check("one has changed", enlarged(), council)
	w.must(w.h.DeleteAssembly(w.ctx(), asm, saved))
	check("one was deleted", council)
	if _, err := w.h.Assembly(w.ctx(), asm); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("the one that was deleted: %v", err)
	}
}

// One that is gone is deleted once: no event tells of a second time.
func TestDeletingAnAssemblyThatIsGoneIsNoEvent(t *testing.T) {
	w := newTown(t)
	w.must(w.h.DeleteAssembly(w.ctx(), asm, told(journal.AssemblyDeleted)))
	before := w.state()
	e := told(journal.AssemblyDeleted)
	e.ID = "evt_second"
	w.must(w.h.DeleteAssembly(w.ctx(), asm, e))
	if diff := cmp.Diff(before, w.state(), cmp.AllowUnexported(table.Value{})); diff != "" {
		t.Errorf("something has changed\n%s", diff)
	}
}

// A convocation convenes by the rules that it was saved with.
func TestConvocationsKeepTheirAssembly(t *testing.T) {
	w := newTown(t)
	c := draft
	c.Version, c.Meeting = 2, &convocation.Meeting{Assembly: bureau}
	w.must(w.h.SaveConvocation(w.ctx(), c, saved))
	w.must(w.h.SaveAssembly(w.ctx(), enlarged(), saved))
	w.must(w.h.DeleteAssembly(w.ctx(), asm, saved))
	got, err := w.h.Convocation(w.ctx(), cnv2)
	w.must(err)
	if diff := cmp.Diff(&convocation.Meeting{Assembly: bureau}, got.Meeting); diff != "" {
		t.Errorf("meeting (-want +got)\n%s", diff)
	}
	c.Version, c.Meeting = 3, nil
	w.must(w.h.SaveConvocation(w.ctx(), c, saved))
	if got, err := w.h.Convocation(w.ctx(), cnv2); err != nil || got.Meeting != nil {
		t.Errorf("without a meeting after all: %+v, %v", got.Meeting, err)
	}
}

package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// addressed is a draft to those entries.
func addressed(t *testing.T, w *worldtest.World, to ...compose.Entry) compose.Draft {
	t.Helper()
	d, err := w.Compose.Create(t.Context(), w.Handle, "secretaire")
	if err != nil {
		t.Fatal(err)
	}
	d, err = w.Compose.Save(t.Context(), w.Handle, "secretaire", d.ID, d.Version, compose.Text{Subject: "Conseil", To: to})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sentTo are the recipients of a convocation by name, each with its state.
func sentTo(t *testing.T, w *worldtest.World, id convocation.ID) map[string]convocation.Status {
	t.Helper()
	detail, err := w.Follow.Detail(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]convocation.Status{}
	for _, r := range detail.Recipients {
		all[fmt.Sprintf("%s %s", r.Name, r.ID[:4])] = r.Standing(w.Clock).Status
	}
	return all
}

func TestTwoNamesAtOneFreeAddressAreTwoRecipients(t *testing.T) {
	w := worldtest.New(t)
	d := addressed(t, w,
		compose.Entry{Address: "Jean Dupont <mairie@x.fr>"}, compose.Entry{Address: "Marie Martin <mairie@x.fr>"},
		compose.Entry{Address: "JEAN DUPONT <mairie@x.fr>"})
	w.Send(d)
	w.Pass(2, time.Minute)
	want := map[string]convocation.Status{"Jean Dupont rcp_": convocation.Sent, "Marie Martin rcp_": convocation.Sent}
	if diff := cmp.Diff(want, sentTo(t, w, d.ID)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := len(w.Mail.Links["mairie@x.fr"]); got != 2 {
		t.Errorf("%d mails", got)
	}
}

// creations counts what is uploaded, by the last part of its key.
type creations struct {
	files.Store
	of map[string]int
}

func (c creations) Create(ctx context.Context, key files.Key, r io.Reader) (files.Info, error) {
	c.of[path.Base(string(key))]++
	return c.Store.Create(ctx, key, r)
}

// The process ends after all files were written, before the convocation knows of them.
func TestFreezingThatBeginsAgainUploadsNothingAgain(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(2)
	a, b := w.Put(d.ID, "a.pdf", "%PDF-1.4 a"), w.Put(d.ID, "b.pdf", "%PDF-1.4 b")
	uploads := creations{w.Files, map[string]int{}}
	w.Dispatch.Files = files.Shared(uploads)
	if err := w.Dispatch.Send(t.Context(), w.Handle, "secretaire", d.ID, d.Version, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			return table.FaultBefore
		}
		return table.FaultNone
	}
	w.Pass(3, time.Minute)
	w.Fault = nil
	if c, err := w.Handle.Convocation(t.Context(), d.ID); err != nil || !c.Frozen.At.IsZero() {
		t.Fatalf("frozen: %+v, %v", c.Frozen, err)
	}
	w.Pass(3, time.Minute)
	want := map[string]int{"recipients.jsonl": 1, string(a.ID): 1, string(b.ID): 1, "all.zip": 1}
	if diff := cmp.Diff(want, uploads.of); diff != "" {
		t.Errorf("uploads (-want +got)\n%s", diff)
	}
	if sent, mails := accepted(w, d.ID); sent != 2 || mails != 2 {
		t.Errorf("%d sent, %d mails", sent, mails)
	}
}

// rival lets another run create each file first, after it was looked for.
type rival struct{ files.Store }

func (r rival) Create(ctx context.Context, key files.Key, body io.Reader) (files.Info, error) {
	if _, err := r.Store.Create(ctx, key, body); err != nil {
		return files.Info{}, err
	}
	return files.Info{}, files.ErrExists
}

func TestFilesThatAnotherRunFreezesAtTheSameMoment(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(2)
	w.Put(d.ID, "a.pdf", "%PDF-1.4 a")
	w.Put(d.ID, "b.pdf", "%PDF-1.4 b")
	w.Dispatch.Files = files.Shared(rival{w.Files})
	w.Send(d)
	if sent, mails := accepted(w, d.ID); sent != 2 || mails != 2 {
		t.Errorf("%d sent, %d mails", sent, mails)
	}
}

// away is a store that does not answer.
type away struct{ files.Store }

func (away) Stat(context.Context, files.Key) (files.Info, error) {
	return files.Info{}, files.ErrUnavailable
}

func TestFreezingWhileTheStoreIsAway(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	here := w.Files
	w.Dispatch.Files = files.Shared(away{here})
	w.Send(d)
	if err := w.Sweep.Pass(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	w.Dispatch.Files = files.Shared(here)
	w.Pass(2, time.Minute)
	if sent, mails := accepted(w, d.ID); sent != 1 || mails != 1 {
		t.Errorf("later: %d sent, %d mails", sent, mails)
	}
}

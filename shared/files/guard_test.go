package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/files"
)

// counted is a store that counts what reaches it.
type counted struct{ calls int }

func (c *counted) SignUpload(context.Context, files.Upload) (files.Form, error) {
	c.calls++
	return files.Form{}, nil
}

func (c *counted) SignDownload(context.Context, files.Download) (string, error) {
	c.calls++
	return "", nil
}

func (c *counted) Stat(context.Context, files.Key) (files.Info, error) {
	c.calls++
	return files.Info{}, nil
}

func (c *counted) Open(context.Context, files.Key) (io.ReadCloser, error) {
	c.calls++
	return io.NopCloser(strings.NewReader("")), nil
}

func (c *counted) ReadAt(context.Context, files.Key, []byte, int64) (int, error) {
	c.calls++
	return 0, io.EOF
}

func (c *counted) Create(context.Context, files.Key, io.Reader) (files.Info, error) {
	c.calls++
	return files.Info{}, nil
}

func (c *counted) Delete(context.Context, files.Key) error { c.calls++; return nil }

func (c *counted) Scan(context.Context, files.Key) (files.Report, error) {
	c.calls++
	return files.Report{}, nil
}

// asked makes each kind of call for a key.
func asked(ctx context.Context, s files.Store, scanner files.Scanner, key files.Key) map[string]error {
	_, upload := s.SignUpload(ctx, files.Upload{Key: key, MaxSize: 1, Expiry: time.Minute})
	_, download := s.SignDownload(ctx, files.ToSee(key, "a.pdf", files.PDF))
	_, stat := s.Stat(ctx, key)
	_, open := s.Open(ctx, key)
	_, read := s.ReadAt(ctx, key, make([]byte, 1), 0)
	_, create := s.Create(ctx, key, strings.NewReader("x"))
	_, scan := scanner.Scan(ctx, key)
	return map[string]error{
		"sign upload": upload, "sign download": download, "stat": stat, "open": open, "read": read, "create": create,
		"delete": s.Delete(ctx, key), "scan": scan,
	}
}

func TestGuardRefusesTheNeighbour(t *testing.T) {
	for _, key := range []files.Key{"200/a", "1000/a", "10/a", "100-/a", "imports/100"} {
		inner, seen := &counted{}, map[string]int{}
		shelves := files.Shared(inner)
		shelves.Watch = func(op string, k files.Key) { seen[op+" "+string(k)]++ }
		want := map[string]int{}
		for op, err := range asked(t.Context(), shelves.For("100"), shelves.Scanner("100", inner), key) {
			want[op+" "+string(key)]++
			if !errors.Is(err, files.ErrForeign) {
				t.Errorf("%s of %q: got %v", op, key, err)
			}
		}
		if inner.calls > 0 {
			t.Errorf("%q: %d calls reached the store", key, inner.calls)
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("the watch (-asked +seen)\n%s", diff)
		}
	}
}

func TestGuardLetsItsOwnThrough(t *testing.T) {
	inner := &counted{}
	shelves := files.Shared(inner)
	all := asked(t.Context(), shelves.For("100"), shelves.Scanner("100", inner), "100/a")
	for op, err := range all {
		if err != nil && err != io.EOF {
			t.Errorf("%s: got %v", op, err)
		}
	}
	if inner.calls != len(all) {
		t.Errorf("%d calls reached the store, of %d", inner.calls, len(all))
	}
}

func TestGuardOfNobodyRefusesEverything(t *testing.T) {
	inner := &counted{}
	shelves := files.Shared(inner)
	for op, err := range asked(t.Context(), shelves.For(""), shelves.Scanner("", inner), "100/a") {
		if !errors.Is(err, files.ErrForeign) {
			t.Errorf("%s: got %v", op, err)
		}
	}
}

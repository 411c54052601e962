package pdfmerger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"convoc/shared/files"
)

// zeros never ends.
type zeros struct{ read int64 }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += int64(len(p))
	return len(p), nil
}

func TestWhatTakesTooMuchEndsTheProcessOnly(t *testing.T) {
	for name, c := range map[string]struct {
		document []byte
		time     time.Duration
		want     int
	}{
		"a chain of objects":                     {chainOf(1_000), maxTime, merged},
		"a chain that is longer than the stack":  {chainOf(60_000), maxTime, 2},
		"little that becomes 20 MB":              {bomb(1), maxTime, merged},
		"little that becomes more than there is": {bomb(10), maxTime, exceeded},
		"a number that is counted up to":         {rewritten(told("a", 1, ""), "1 0 obj", "8888888888888 0 obj\n<<>>\nendobj\n1 0 obj"), 200 * time.Millisecond, exceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &Merger{merger.program, c.time}
			ctx, cancel := context.WithTimeout(t.Context(), maxTime) // it ends itself before
			defer cancel()
			err := m.Merge(ctx, io.Discard, []files.Part{part("A", c.document)})
			got := 0
			if ended, is := errors.AsType[*exec.ExitError](err); is && errors.Is(err, files.ErrUnmergeable) {
				got = ended.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("ended with %d, want %d", got, c.want)
			}
		})
	}
}

// chainOf is a page with a chain of so many objects, each known from the one before only.
func chainOf(n int) []byte {
	objects := make([]string, n)
	for i := range objects {
		objects[i] = fmt.Sprintf("<</A %d 0 R>>", 6+i)
	}
	return rewritten(told("a", 1, "", append(objects, "<<>>")...), "/Resources<<>>", "/Resources<</Properties<</M 5 0 R>>>>")
}

// bomb is a page with so many texts of 20 MB, each in 20 KB.
func bomb(n int) []byte {
	var list strings.Builder
	texts := make([]string, n)
	for i := range n {
		fmt.Fprintf(&list, "/X%d %d 0 R", i, 4+i)
		texts[i] = "<</A(" + strings.Repeat("a", 20_000_000) + ")>>"
	}
	return packed([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Properties<<" + list.String() + ">>>>>>",
	}, texts...)
}

func TestMoreThanIsMerged(t *testing.T) {
	var from zeros
	large := files.Part{Title: "A", Size: files.MaxMerge + 1, Open: func() (io.ReadCloser, error) { return io.NopCloser(&from), nil }}
	if err := merger.Merge(t.Context(), io.Discard, []files.Part{large}); !errors.Is(err, files.ErrUnmergeable) {
		t.Errorf("got %v", err)
	}
	if from.read > 1<<20 {
		t.Errorf("%d bytes of it were read", from.read)
	}
}

func TestNothingIsMerged(t *testing.T) {
	if err := merger.Merge(t.Context(), io.Discard, nil); !errors.Is(err, files.ErrUnmergeable) {
		t.Errorf("got %v", err)
	}
}

// failing gives a part of a document, then an error.
type failing struct {
	r   io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestErrorsOfOthersAreTheirs(t *testing.T) {
	mine := errors.New("mine")
	good := told("a", 1, "")
	unopened, cut, short := part("A", good), part("A", good), part("A", good)
	unopened.Open = func() (io.ReadCloser, error) { return nil, mine }
	cut.Open = func() (io.ReadCloser, error) { return io.NopCloser(failing{bytes.NewReader(good[:9]), mine}), nil }
	short.Size++
	for name, c := range map[string]struct {
		parts []files.Part
		w     io.Writer
		want  error
	}{
		"a document that cannot be opened": {[]files.Part{part("A", good), unopened}, io.Discard, mine},
		"a document that breaks off":       {[]files.Part{cut}, io.Discard, mine},
		"nowhere to write":                 {[]files.Part{part("A", good)}, failing{err: mine}, mine},
	} {
		if err := merger.Merge(t.Context(), c.w, c.parts); !errors.Is(err, c.want) || errors.Is(err, files.ErrUnmergeable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := merger.Merge(t.Context(), io.Discard, []files.Part{short}); err == nil || errors.Is(err, files.ErrUnmergeable) {
		t.Errorf("a document that is shorter than it was said: got %v", err)
	}
}

func TestMergingThatIsBrokenOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := files.Part{Title: "A", Size: files.MaxMerge, Open: func() (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(&zeros{}), nil
	}}
	for range 2 { // before it has begun, the second time
		if err := merger.Merge(ctx, io.Discard, []files.Part{endless}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestProgramThatCannotBeStarted(t *testing.T) {
	gone := &Merger{program: t.TempDir() + "/gone", time: time.Second}
	if err := gone.Merge(t.Context(), io.Discard, []files.Part{part("A", told("a", 1, ""))}); !errors.Is(err, files.ErrUnmergeable) {
		t.Errorf("got %v", err)
	}
}

// pdfcpu would put a configuration, fonts and certificates into the home directory.
func TestNothingIsLeftOnTheDisk(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "TMPDIR"} {
		t.Setenv(name, home)
	}
	var in bytes.Buffer
	for _, document := range [][]byte{chapters(), told("a", 1, "")} {
		line, err := json.Marshal(heading{"A", int64(len(document))})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(append(line, '\n'), document...))
	}
	if err := merge(&in, io.Discard); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// Whatever a document holds, it is merged or refused, and what comes out lacks no page, where pdfcpu can read it: it is
// stricter when it reads than when it writes.
func FuzzDocument(f *testing.F) {
	for _, document := range [][]byte{
		told("a", 2, ""), chapters(), linked("a", "/Names<</Dests<</Names[(p)8 0 R]>>>>", "/Dest(p)"),
		told("a", 1, "/OCProperties<</OCGs[5 0 R]/D<</OFF[5 0 R]>>>>", "<</Type/OCG/Name(a)>>"),
		packed([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"}, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"),
	} {
		f.Add(document)
	}
	impatient := &Merger{merger.program, 500 * time.Millisecond} // a few documents have no end
	f.Fuzz(func(t *testing.T, document []byte) {
		var out bytes.Buffer
		err := impatient.Merge(t.Context(), &out, []files.Part{part("A", told("a", 1, "")), part("B", document)})
		if errors.Is(err, files.ErrUnmergeable) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		_, pages, err := read(document)
		if err != nil {
			t.Fatalf("merged, but %v", err)
		}
		whole, err := api.ReadAndValidate(bytes.NewReader(out.Bytes()), configuration())
		if err == nil && whole.PageCount != 1+len(pages) {
			t.Errorf("%d pages of 1 and %d", whole.PageCount, len(pages))
		}
	})
}

// Package pdfmerger puts PDFs into one, with pdfcpu, in a process of its own.
//
// Documents come from outside, and what reads them can be made to take more than there is: one PDF of 4 MB makes pdfcpu
// v0.15.0 take 8 GB, one of 35 MB 3 GB, of which the most is stack, and one of 500 bytes hours. A stack that overflows
// ends a program whatever it recovers from. So the program starts itself once more to merge, with limits of memory, stack
// and time, and without an environment: there are no credentials where documents are read. Nothing is written to a disk.
//
// The process reads on its standard input, for each document, a line of JSON, {"title":"…","size":1}, and so many
// bytes. On its standard output it writes the merged PDF; only its ending with 0 says that it is whole.
package pdfmerger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"convoc/shared/files"
)

// role is the name under which the program is started to merge, in place of its own: operators see it, and nobody calls
// a program so.
const role = "convoc: merging documents"

// Merger is a files.Merger; made by New.
type Merger struct {
	program string        // empty: it cannot be told, and nothing is merged
	time    time.Duration // that the process has
}

// New must be the first call of main, with nothing before it: in the process that was started to merge it does not
// return.
func New() *Merger {
	if os.Args[0] == role {
		os.Exit(run(os.Args[1], os.Stdin, os.Stdout))
	}
	program, err := os.Executable()
	if err != nil {
		program = ""
	}
	return &Merger{program, maxTime}
}

// Merge merges.
func (m *Merger) Merge(ctx context.Context, w io.Writer, parts []files.Part) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &output{w: w}
	process := exec.CommandContext(ctx, m.program)
	process.Args, process.Env, process.Stdout = []string{role, m.time.String()}, []string{}, out
	in, err := process.StdinPipe()
	if err != nil {
		return unmergeable(err)
	}
	if err := process.Start(); err != nil {
		return cmp.Or(ctx.Err(), unmergeable(err))
	}
	unread := feed(in, parts)
	if unread != nil {
		cancel()
	}
	ended := process.Wait()
	switch {
	case unread != nil:
		return unread
	case out.err != nil:
		return out.err
	case ctx.Err() != nil:
		return ctx.Err()
	case ended != nil:
		return unmergeable(ended)
	}
	return nil
}

func unmergeable(why error) error { return fmt.Errorf("%w: %w", files.ErrUnmergeable, why) }

// feed gives the process its documents. The error is that of a document: of a process that takes no more, its end tells.
func feed(in io.WriteCloser, parts []files.Part) error {
	defer in.Close()
	for _, p := range parts {
		line, err := json.Marshal(heading{p.Title, p.Size})
		if err != nil {
			return err
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			return nil
		}
		if taken, err := feedPart(in, p); !taken || err != nil {
			return err
		}
	}
	return nil
}

func feedPart(in io.Writer, p files.Part) (taken bool, err error) {
	r, err := p.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	from := &input{r: r}
	n, err := io.Copy(in, from)
	switch {
	case from.err != nil:
		return false, from.err
	case err != nil:
		return false, nil
	case n != p.Size:
		return false, fmt.Errorf("a document of %d bytes had %d", p.Size, n)
	}
	return true, nil
}

// input and output keep the errors of what is read and written apart from those of the process.
type input struct {
	r   io.Reader
	err error
}

func (i *input) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if err != nil && err != io.EOF { // as io.Copy compares it
		i.err = err
	}
	return n, err
}

type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

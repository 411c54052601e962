// Command local runs the whole product on one machine: `go run ./infra/local`.
//
// It keeps everything in one directory: the database, the documents, the mails of a trial. It may be killed at any
// moment: started again, it goes on with what was being sent. Asked to stop, it takes nothing new, lets the calls to the
// mail service that have begun come to their answer, and gives requests ten seconds to end.
//
// The data of a demonstration, whose password everybody knows, are a directory of their own: the program refuses to
// start on them for real, and to demonstrate on those of a collectivité.
//
// A clock that is set back stops nothing: what lies further ahead than anything waits is looked at, at the start and
// once a minute.
//
// `go run ./infra/local check-csv FILE` starts nothing: it says what an import of a file would do.
//
// Without -public only this machine can come, and only under a name of its own: a page of another site that has given
// itself our address is refused.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // a machine may have no zones: legal days are counted in the collectivité's own

	"convoc/shared/files"
	"convoc/shared/files/pdfmerger"
)

func main() {
	merger := pdfmerger.New()
	err := run(merger, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "convoc :", err)
		os.Exit(1)
	}
}

// undo is how long « Envoyer » can be taken back where -undo does not say it.
const undo = 30 * time.Second

// now is the clock: UTC, in the milliseconds that the database keeps.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// after is a time of the machine's own clock, which nobody sets, for what has to end by then.
func after(d time.Duration) time.Time { return time.Now().Add(d) }

func run(merger files.Merger, args []string, out, log io.Writer) error {
	if len(args) > 0 && args[0] == "check-csv" {
		return checkCSV(args[1:], out)
	}
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	o.Merger, o.Now, o.Random, o.Log, o.Undo = merger, now, rand.Reader, log, cmp.Or(o.Undo, undo)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	m, err := start(o)
	if err != nil {
		return err
	}
	m.greet(out)
	<-ctx.Done()
	return m.stop()
}

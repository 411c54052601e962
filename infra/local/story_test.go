package main

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"convoc/infra/story"
)

// The stories of the users are the files testdata/*.txtar.
func TestStories(t *testing.T) {
	story.Run(t, "testdata/*.txtar", func(_ testing.TB, dir string) story.Target { return &oneMachine{dir: dir} })
}

// Those about a sending as it is in use: it can be taken back, and may be slow.
func TestStoriesOfSending(t *testing.T) {
	story.Run(t, "testdata/envoi/*.txtar", func(_ testing.TB, dir string) story.Target { return &oneMachine{dir: dir, undo: undo} })
}

// oneMachine is the product on one machine, under a story.
type oneMachine struct {
	dir  string
	undo time.Duration
	*machine
	ahead atomic.Int64 // of the clock, in nanoseconds
}

// Later moves its clock.
func (o *oneMachine) Later(d time.Duration) { o.ahead.Add(int64(d)) }

// now is what its clock shows.
func (o *oneMachine) now() time.Time { return now().Add(time.Duration(o.ahead.Load())) }

// Start starts the machine, or starts it again with the same data.
func (o *oneMachine) Start(args []string) (string, error) {
	if err := o.Stop(); err != nil {
		return "", err
	}
	log, err := os.OpenFile(filepath.Join(o.dir, "journal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	opts, err := parse(append([]string{"-addr", "127.0.0.1:0", "-data", filepath.Join(o.dir, "données")}, args...), log)
	if err != nil {
		return "", err
	}
	opts.Now, opts.Random, opts.Log, opts.Undo = o.now, rand.Reader, log, o.undo
	if o.machine, err = start(opts); err != nil {
		return "", err
	}
	var greeting bytes.Buffer
	o.greet(&greeting)
	return greeting.String(), nil
}

// Stop stops it; it may not run.
func (o *oneMachine) Stop() error {
	if o.machine == nil {
		return nil
	}
	err := o.machine.stop()
	o.machine = nil
	return err
}

// Origin is its address.
func (o *oneMachine) Origin() string { return o.origin }

// Vars holds the token that the greeting shows.
func (o *oneMachine) Vars() map[string]string { return map[string]string{"INVITATION": o.invite} }

// Transport is the ordinary one.
func (o *oneMachine) Transport() http.RoundTripper { return nil }

// Mails are those of the inbox.
func (o *oneMachine) Mails() ([][]byte, error) {
	list, err := o.inbox.List()
	if err != nil {
		return nil, err
	}
	mails := make([][]byte, len(list))
	for i, f := range list {
		if mails[i], err = o.inbox.Read(f.Name); err != nil {
			return nil, err
		}
	}
	return mails, nil
}

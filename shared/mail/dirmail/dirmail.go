// Package dirmail is a mail service that keeps every message as a file in a directory: for trying out, and for tests
// that read what was sent.
//
// A file is named <collectivité>.<convocation>.<recipient>.<attempt>.eml, so that one attempt is one file however often
// it is made, and the directory itself tells for certain which attempts were accepted. No tag holds a dot.
package dirmail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"convoc/shared/mail"
)

// Dir is a directory of messages. Make it with Open.
type Dir struct {
	path string
	sync func(dir string) error // a field, so that a test can make it fail
}

// Open makes the directory if need be.
func Open(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("dirmail: %w", err)
	}
	return &Dir{path, syncDir}, nil
}

// name is the file of an attempt; "" when the tags are not fit for one.
func name(t mail.Tags) string {
	if !t.Valid() {
		return ""
	}
	who := t.Recipient
	if t.Notice != "" {
		who += "." + t.Notice
	}
	return fmt.Sprintf("%s.%s.%s.%d.eml", t.Collectivity, t.Convocation, who, t.Attempt)
}

// Send keeps a message. A directory that cannot be written (a full disk) refuses for now, and nothing is left behind.
func (d *Dir) Send(ctx context.Context, m mail.Envelope) mail.Result {
	file := name(m.Tags)
	if ctx.Err() != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonTimeout}
	}
	if file == "" {
		return mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonContent, Detail: "tags cannot name a file"}
	}
	if err := write(d.path, file, m.Raw); err != nil {
		return mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonStorage, Detail: "directory cannot be written"}
	}
	if err := d.sync(d.path); err != nil { // the file is there, and a power cut may take it away
		return mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonStorage, Detail: "directory cannot be synced"}
	}
	return mail.Result{Outcome: mail.Accepted, MessageID: file}
}

// write puts a whole file in its place, or nothing. Its name lasts once the directory is synced.
func write(dir, file string, raw []byte) error {
	tmp, err := os.CreateTemp(dir, ".eml-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(raw)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, file))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// syncDir makes a rename last through a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Proof tells whether the attempt's file is there: mail.Prover. A directory that is not there proves nothing.
func (d *Dir) Proof(_ context.Context, t mail.Tags) (accepted, known bool, err error) {
	if _, err := os.Stat(d.path); err != nil {
		return false, false, fmt.Errorf("dirmail: %w", err)
	}
	file := name(t)
	if file == "" {
		return false, true, nil // Send refuses it
	}
	switch _, err := os.Stat(filepath.Join(d.path, file)); {
	case errors.Is(err, fs.ErrNotExist):
		return false, true, nil
	case err != nil:
		return false, false, fmt.Errorf("dirmail: %w", err)
	}
	return true, true, nil
}

// File is one message of the directory.
type File struct {
	Name string
	At   time.Time // when it was kept
}

// List names the messages, the newest first.
func (d *Dir) List() ([]File, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("dirmail: %w", err)
	}
	var files []File
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(e.Name(), ".eml") {
			continue
		}
		files = append(files, File{e.Name(), info.ModTime()})
	}
	slices.SortFunc(files, func(a, b File) int {
		if n := b.At.Compare(a.At); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return files, nil
}

// Read gives one message as it was sent. Errors: fs.ErrNotExist for a name that is not in the directory.
func (d *Dir) Read(name string) ([]byte, error) {
	if name != filepath.Base(name) || !strings.HasSuffix(name, ".eml") {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(d.path, name))
}

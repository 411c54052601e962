package dirmail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/mail"
	"convoc/shared/mail/mailtest"
)

func open(t *testing.T) *Dir {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "a", "courriels"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) mailtest.Subject {
		d, gone := open(t), open(t)
		if err := os.Remove(gone.path); err != nil {
			t.Fatal(err)
		}
		return mailtest.Subject{Sender: d, Nowhere: gone, Received: func(t *testing.T) []mailtest.Received {
			var all []mailtest.Received
			for _, name := range names(t, d) {
				raw, err := d.Read(name)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, mailtest.Received{Raw: raw})
			}
			return all
		}}
	})
}

func names(t *testing.T, d *Dir) []string {
	t.Helper()
	list, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range list {
		all = append(all, f.Name)
	}
	return all
}

func message(attempt int, text string) mail.Envelope {
	return mail.Envelope{
		From: "mairie@exemple.fr", To: "elu@exemple.fr", Raw: []byte("Subject: a\r\n\r\n" + text),
		Tags: mail.Tags{Collectivity: "000000000", Convocation: "cnv_a", Recipient: "rcp_b", Attempt: attempt},
	}
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestOneAttemptIsOneFile(t *testing.T) {
	d := open(t)
	for _, m := range []mail.Envelope{message(1, "first"), message(2, "second"), message(1, "first again")} {
		got := d.Send(t.Context(), m)
		want := fmt.Sprintf("000000000.cnv_a.rcp_b.%d.eml", m.Tags.Attempt)
		if got != (mail.Result{Outcome: mail.Accepted, MessageID: want}) {
			t.Errorf("got %+v", got)
		}
		raw, err := os.ReadFile(filepath.Join(d.path, want))
		if err != nil || string(raw) != string(m.Raw) {
			t.Errorf("got %q, %v", raw, err)
		}
		if info, err := os.Stat(filepath.Join(d.path, want)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others may read it: %v, %v", info.Mode(), err)
		}
	}
	check(t, "files", len(names(t, d)), 2)
	entries, err := os.ReadDir(d.path)
	if err != nil || len(entries) != 2 {
		t.Errorf("something was left behind: %v, %v", entries, err)
	}
}

// Two attempts never share a file, whatever their tags.
func TestTagsNameOneFile(t *testing.T) {
	d := open(t)
	sent := 0
	for _, tags := range []mail.Tags{
		{Collectivity: "a-b", Convocation: "c", Recipient: "d", Attempt: 1},
		{Collectivity: "a", Convocation: "b-c", Recipient: "d", Attempt: 1},
		{Collectivity: "a", Convocation: "b", Recipient: "c-d", Attempt: 1},
		{Collectivity: "a", Convocation: "b", Recipient: "c", Attempt: 11},
		{Collectivity: "a", Convocation: "b", Recipient: "c-1", Attempt: 1},
		{Collectivity: "A", Convocation: "b", Recipient: "c", Attempt: 11},
	} {
		m := message(1, "x")
		m.Tags = tags
		if got := d.Send(t.Context(), m); got.Outcome != mail.Accepted {
			t.Errorf("%+v: got %+v", tags, got)
		}
		sent++
	}
	check(t, "files", len(names(t, d)), sent)
	long := strings.Repeat("x", 64)
	for _, tags := range []mail.Tags{
		{}, {Collectivity: "a", Convocation: "b"}, {Collectivity: "../a", Convocation: "b", Recipient: "c"},
		{Collectivity: "a", Convocation: "b/c", Recipient: "c"}, {Collectivity: "a", Convocation: "b.c", Recipient: "d"},
		{Collectivity: "a", Convocation: "b", Recipient: "Jean Dupont"}, {Collectivity: "a\n", Convocation: "b", Recipient: "c"},
		{Collectivity: long + "x", Convocation: "b", Recipient: "c"}, {Collectivity: "é", Convocation: "b", Recipient: "c"},
	} {
		m := message(1, "x")
		m.Tags = tags
		if got := d.Send(t.Context(), m); got.Outcome != mail.RefusedForGood || got.Reason != mail.ReasonContent {
			t.Errorf("%+v: got %+v", tags, got)
		}
		if accepted, known, err := d.Proof(t.Context(), tags); accepted || !known || err != nil {
			t.Errorf("%+v: proof of what was never taken: %v %v %v", tags, accepted, known, err)
		}
	}
	check(t, "files after what was refused", len(names(t, d)), sent)
}

func TestListIsNewestFirst(t *testing.T) {
	d := open(t)
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.Local)
	for attempt, age := range map[int]time.Duration{1: 2 * time.Hour, 2: 0, 3: time.Hour, 4: time.Hour} {
		m := message(attempt, "x")
		file := d.Send(t.Context(), m).MessageID
		if err := os.Chtimes(filepath.Join(d.path, file), noon, noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	file := func(attempt int, age time.Duration) File {
		return File{fmt.Sprintf("000000000.cnv_a.rcp_b.%d.eml", attempt), noon.Add(-age)}
	}
	check(t, "list", list, []File{file(2, 0), file(3, time.Hour), file(4, time.Hour), file(1, 2*time.Hour)})
}

// What somebody else left in the directory neither stops the list nor is in it.
func TestListGoesOnBesideWhatIsNoMail(t *testing.T) {
	d := open(t)
	check(t, "an empty directory", names(t, d), []string(nil))
	kept := d.Send(t.Context(), message(1, "x")).MessageID
	for _, err := range []error{
		os.Mkdir(filepath.Join(d.path, "folder.eml"), 0o700),
		os.Symlink(filepath.Join(d.path, "nothing"), filepath.Join(d.path, "broken.eml")),
		os.WriteFile(filepath.Join(d.path, ".eml-123"), []byte("half of a killed process"), 0o600),
		os.WriteFile(filepath.Join(d.path, "notes.txt"), nil, 0o600),
		os.WriteFile(filepath.Join(d.path, "no mail at all.eml"), []byte("\x00\xff"), 0o000),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	list := names(t, d)
	if len(list) != 2 || (list[0] != kept && list[1] != kept) {
		t.Errorf("got %q, want the mail and the file that is named like one", list)
	}
}

func TestReadStaysInTheDirectory(t *testing.T) {
	d := open(t)
	if err := os.WriteFile(filepath.Join(d.path, "..", "secret.eml"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.path, "notes.txt"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"../secret.eml", "..", ".", "", "/", "a/../../secret.eml", "./../secret.eml", "notes.txt", "missing.eml", d.path + "/../secret.eml",
	} {
		if raw, err := d.Read(name); !errors.Is(err, fs.ErrNotExist) || raw != nil {
			t.Errorf("%q: got %q, %v", name, raw, err)
		}
	}
}

// A directory that is not there (a volume that is not mounted) neither takes mails nor proves that none was taken.
func TestDirectoryThatIsGone(t *testing.T) {
	d := open(t)
	m := message(1, "x")
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	if got := d.Send(t.Context(), m); got.Outcome != mail.RefusedForNow || got.Reason != mail.ReasonStorage {
		t.Errorf("got %+v", got)
	}
	if accepted, known, err := d.Proof(t.Context(), m.Tags); accepted || known || err == nil {
		t.Errorf("proof: %v %v %v", accepted, known, err)
	}
	if list, err := d.List(); err == nil {
		t.Errorf("listed %v", list)
	}
}

// A file in its place that may not last is neither accepted nor refused; the proof tells.
func TestNotSyncedIsUnknown(t *testing.T) {
	d := open(t)
	d.sync = func(string) error { return errors.New("the disk is gone") }
	m := message(1, "x")
	if got := d.Send(t.Context(), m); got.Outcome != mail.Unknown || got.Reason != mail.ReasonStorage {
		t.Errorf("got %+v", got)
	}
	if accepted, known, err := d.Proof(t.Context(), m.Tags); !accepted || !known || err != nil {
		t.Errorf("proof: %v %v %v", accepted, known, err)
	}
}

func TestEndedContextLeavesNothing(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := d.Send(ctx, message(1, "x")); got != (mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonTimeout}) {
		t.Errorf("got %+v", got)
	}
	check(t, "files", names(t, d), []string(nil))
}

func TestOpenWhereNoDirectoryCanBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(path, "courriels")); err == nil {
		t.Error("opened below a file")
	}
}

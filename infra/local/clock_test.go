package main

import (
	"crypto/rand"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noRelay is the address of a relay where nobody listens.
func noRelay(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "smtp://" + l.Addr().String() + "?tls=none"
}

// ordered is a machine that was told to send one mail, with what its operator reads.
func ordered(t *testing.T, data, mail string, clock func() time.Time) (w *town, path string) {
	t.Helper()
	w = &town{t: t, log: &buffer{}, client: cookieClient(t)}
	w.open(data, mail, clock)
	path = "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	w.api("PUT", path, map[string]any{
		"version": 1, "subject": "Convocation", "message": "", "cc": []any{}, "bcc": []any{},
		"to": []any{map[string]any{"kind": "address", "address": "claire@exemple.fr"}},
	})
	w.api("POST", path+"/send", map[string]any{"version": 2})
	return w, path
}

// open starts the machine and signs in.
func (w *town) open(data, mail string, clock func() time.Time) {
	w.t.Helper()
	o, err := parse([]string{"-demo", "-addr", "127.0.0.1:0", "-data", data, "-mail", mail, "-from", "convocations@exemple.fr"}, io.Discard)
	if err != nil {
		w.t.Fatal(err)
	}
	o.Random, o.Log, o.Now = rand.Reader, w.log, clock
	if w.machine, err = start(o); err != nil {
		w.t.Fatal(err)
	}
	w.client = cookieClient(w.t)
	w.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
}

// recipient is the one of a convocation, as the page of the follow-up has it; nil before there is one.
func (w *town) recipient(path string) map[string]any {
	w.t.Helper()
	all := w.api("GET", path+"/follow", nil)["recipients"].([]any)
	if len(all) == 0 {
		return nil
	}
	return all[0].(map[string]any)
}

// The clock was hours ahead when an order was given, and is right at the next start: what is due by it is due now.
func TestClockThatWasSetBackStopsNoSending(t *testing.T) {
	data := t.TempDir()
	w, path := ordered(t, data, noRelay(t), func() time.Time { return now().Add(5 * time.Hour) })
	waitFor(t, "its recipient", func() bool { return w.recipient(path) != nil })
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.open(data, "dir:"+filepath.Join(data, "courriels"), now)
	defer w.stop()
	waitFor(t, "the mail", func() bool { return w.recipient(path)["state"] == "sent" })
	if got := inboxOf(t, data); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if !strings.Contains(w.log.String(), `"code":"clock_set_back"`) {
		t.Errorf("the operator reads\n%s", w.log)
	}
}

// A relay that is away: the secretary reads why nothing leaves, and that it will; the operator reads it once.
func TestRelayThatIsAway(t *testing.T) {
	w, path := ordered(t, t.TempDir(), noRelay(t), now)
	defer w.stop()
	why := func() string { why, _ := w.recipient(path)["reason"].(string); return why }
	waitFor(t, "why it waits", func() bool { return why() != "" })
	if got := why(); got != "Le serveur de courriel ne répond pas. L’envoi sera tenté à nouveau." || w.recipient(path)["state"] != "pending" {
		t.Errorf("got %q, %v", got, w.recipient(path)["state"])
	}
	if n := strings.Count(w.log.String(), `"level":"ERROR","msg":"relay","code":"connection"`); n != 1 {
		t.Errorf("the operator reads it %d times\n%s", n, w.log)
	}
}

package dirfiles

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/files"
	"convoc/shared/files/filestest"
)

var (
	noon   = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	secret = []byte("0123456789abcdef0123456789abcdef")
)

// open makes a store in a new directory; with changes its configuration.
func open(t testing.TB, with func(*Config)) *Store {
	t.Helper()
	cfg := Config{
		Dir: filepath.Join(t.TempDir(), "documents"), BaseURL: "http://files", Secret: secret, Now: func() time.Time { return noon },
	}
	if with != nil {
		with(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) { conformance(t, func(s files.Store) files.Store { return s }) }

// A store that is bound to whoever has the suite's keys is like any other.
func TestGuardKeepsTheContract(t *testing.T) {
	conformance(t, func(s files.Store) files.Store { return files.Shared(s).For("filestest") })
}

func conformance(t *testing.T, as func(files.Store) files.Store) {
	filestest.Run(t, func(t *testing.T) filestest.Subject {
		var handler http.Handler
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		s := open(t, func(c *Config) { c.BaseURL = server.URL })
		handler = s
		return filestest.Subject{Store: as(s), Past: func(late time.Duration) files.Store {
			past := *s
			past.cfg.Now = func() time.Time { return noon.Add(-late) }
			return as(&past)
		}}
	})
}

// tree lists all files below a directory, folders left out.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// The files of a version are found by the next one: a key is a path, and nobody else may read it.
func TestNamesOnDisk(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "000000000/cnv_a/up/doc_1", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	upload(t, s, files.Upload{Key: "000000000/imports/imp_1", MaxSize: 9, Expiry: time.Minute}, "y")
	check(t, "files", tree(t, s.cfg.Dir), []string{"000000000/cnv_a/up/doc_1", "000000000/imports/imp_1"})
	err := filepath.WalkDir(s.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may use it: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	again, err := New(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := again.Stat(t.Context(), "000000000/imports/imp_1"); err != nil || info.Size != 1 {
		t.Errorf("after a restart: got %+v, %v", info, err)
	}
}

// A power cut keeps a name only if its folder was synced, and that folder only if the one above was.
func TestEveryFolderOfANameIsSynced(t *testing.T) {
	s := open(t, nil)
	var synced []string
	s.sync = func(dir string) error {
		relative, err := filepath.Rel(s.cfg.Dir, dir)
		synced = append(synced, filepath.ToSlash(relative))
		return errors.Join(err, syncDir(dir))
	}
	want := []string{"a/b/c", "a/b", "a", "."}
	if _, err := s.Create(t.Context(), "a/b/c/d", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	check(t, "created", synced, want)
	synced = nil
	upload(t, s, files.Upload{Key: "a/b/c/e", MaxSize: 9, Expiry: time.Minute}, "y")
	check(t, "uploaded", synced, want)
	s.sync = func(string) error { return errors.New("the disk is gone") }
	if _, err := s.Create(t.Context(), "a/b/c/f", strings.NewReader("x")); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("not synced: got %v, want %v", err, files.ErrUnavailable)
	}
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b/c/g", MaxSize: 9, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	check(t, "an upload not synced", send(t, s, form, "y").Code, http.StatusServiceUnavailable)
}

func TestStartRemovesWhatKilledUploadsLeft(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"up-old": leftover + time.Minute, "up-running": leftover - time.Minute} {
		path := filepath.Join(s.temp(), name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, noon.Add(-age), noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := New(s.cfg); err != nil {
		t.Fatal(err)
	}
	check(t, "files", tree(t, s.cfg.Dir), []string{".uploads/up-running", "a/b"})
}

func TestWhatFailsLeavesNothing(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("y")); !errors.Is(err, files.ErrExists) {
		t.Fatalf("got %v", err)
	}
	source := errors.New("broken source")
	if _, err := s.Create(t.Context(), "a/c", &failing{left: 100_000, err: source}); err != source {
		t.Errorf("got %v, want the error of the source as it is", err)
	}
	check(t, "files", tree(t, s.cfg.Dir), []string{"a/b"})
}

// failing gives zeros, then an error.
type failing struct {
	left int
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, f.err
	}
	n := min(len(p), f.left)
	clear(p[:n])
	f.left -= n
	return n, nil
}

// A directory that went away is the store's fault, and never « no such file » for a write.
func TestStoreThatCannotBeWritten(t *testing.T) {
	s := open(t, nil)
	if err := os.Remove(s.temp()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("x")); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, files.ErrUnavailable)
	}
	form, err := s.SignUpload(t.Context(), files.Upload{Key: "a/b", MaxSize: 9, Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	w := send(t, s, form, "x")
	if w.Code != http.StatusServiceUnavailable || strings.TrimSpace(w.Body.String()) != "unavailable" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if _, err := New(Config{Dir: filepath.Join(s.cfg.Dir, "no\x00name"), Now: s.cfg.Now}); err == nil {
		t.Error("a directory that cannot be made was opened")
	}
}

// No key and no address leads out of the directory, even signed by ourselves.
func TestNothingOutsideIsReached(t *testing.T) {
	s := open(t, nil)
	parent := filepath.Dir(s.cfg.Dir)
	if err := os.WriteFile(filepath.Join(parent, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []files.Key{
		"../secret", "a/../../secret", "./secret", "a/../../../secret", `..\secret`, "/secret", ".uploads/x", "a/b\x00",
	} {
		encoded, signature := s.sign("download", grant{Key: key, Name: "n", Type: "text/plain", Until: noon.Add(time.Hour).Unix()})
		w := get(s, http.MethodGet, "/"+encoded+"."+signature+"/n")
		if w.Code < 400 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%q: got %d %q", key, w.Code, w.Body)
		}
		encoded, signature = s.sign("upload", policy{Key: key, Max: 9, Until: noon.Add(time.Hour).Unix()})
		w = send(t, s, files.Form{Fields: fields("key", string(key), "policy", encoded, "signature", signature)}, "written")
		if w.Code < 400 {
			t.Errorf("%q: written, %d", key, w.Code)
		}
	}
	for _, path := range []string{"/", "/../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret", "/a/b", "/.uploads/"} {
		if w := get(s, http.MethodGet, path); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: got %d %q", path, w.Code, w.Body)
		}
	}
	check(t, "files", tree(t, parent), []string{"secret"})
}

// A signature is for one purpose and one secret.
func TestSignaturesDoNotPassForOneAnother(t *testing.T) {
	s := open(t, nil)
	if _, err := s.Create(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	until := noon.Add(time.Hour).Unix()
	allowed, asPolicy := s.sign("upload", policy{Key: "a/b", Max: 9, Until: until})
	given, asGrant := s.sign("download", grant{Key: "a/b", Type: "text/plain", Until: until})
	stranger := open(t, func(c *Config) { c.Secret = slices.Concat(secret[:31], []byte("F")) })
	_, ofStranger := stranger.sign("upload", policy{Key: "a/b", Max: 9, Until: until})
	_, ofStrangerToo := stranger.sign("download", grant{Key: "a/b", Type: "text/plain", Until: until})
	for what, signed := range map[string][2]string{
		"a grant": {given, asGrant}, "a stranger's signature": {allowed, ofStranger}, "no signature": {allowed, ""},
		"another's object": {given, asPolicy}, "a signature and a line break": {allowed, asPolicy + "\n"},
	} {
		w := send(t, s, files.Form{Fields: fields("key", "a/b", "policy", signed[0], "signature", signed[1])}, "y")
		check(t, "a form with "+what, w.Code, http.StatusForbidden)
	}
	for what, signed := range map[string]string{
		"a policy": allowed + "." + asPolicy, "a stranger's signature": given + "." + ofStrangerToo, "no signature": given + ".",
		"a signature and a line break": given + "." + asGrant + "%0A",
	} {
		check(t, "an address with "+what, get(s, http.MethodGet, "/"+signed+"/n").Code, http.StatusForbidden)
	}
	check(t, "an address as it was signed", get(s, http.MethodGet, "/"+given+"."+asGrant+"/n").Code, http.StatusOK)
	check(t, "an address without its name", get(s, http.MethodGet, "/"+given+"."+asGrant).Code, http.StatusForbidden)
}

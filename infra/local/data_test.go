package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// begin starts a machine with these arguments and gives what the operator reads: its greeting, or why it does not start.
func begin(t *testing.T, args ...string) (*machine, string) {
	t.Helper()
	t.Setenv("CONVOC_MAIL", "")
	o, err := parse(append([]string{"-addr", "127.0.0.1:0"}, args...), io.Discard)
	if err != nil {
		return nil, err.Error()
	}
	o.Now, o.Random, o.Log = now, rand.Reader, io.Discard
	m, err := start(o)
	if err != nil {
		return nil, err.Error()
	}
	t.Cleanup(func() {
		if m.db != nil {
			end(t, m)
		}
	})
	var greeting bytes.Buffer
	m.greet(&greeting)
	return m, greeting.String()
}

// end stops a machine, once.
func end(t *testing.T, m *machine) {
	t.Helper()
	if err := m.stop(); err != nil {
		t.Error(err)
	}
	m.db = nil
}

// Everybody knows the password of the demonstration: it never opens the data of a collectivité, whichever came first.
func TestDemonstrationAndRealDataStayApart(t *testing.T) {
	data := t.TempDir()
	m, said := begin(t, "-demo", "-data", data)
	if m == nil {
		t.Fatal(said)
	}
	end(t, m)
	if m, said := begin(t, "-data", data); m != nil || !strings.Contains(said, "celles d'une démonstration") {
		t.Errorf("for real on the data of a demonstration: %s", said)
	}
	if m, said := begin(t, "-demo", "-data", data); m == nil {
		t.Errorf("demonstrated again: %s", said)
	}

	data = t.TempDir()
	m, said = begin(t, "-data", data)
	if m == nil || m.invite == "" {
		t.Fatalf("the first start: %s", said)
	}
	w := &town{machine: m, t: t, client: cookieClient(t)}
	w.api("POST", "/api/invitation", map[string]any{
		"token": m.invite, "collectivity_name": "Commune de Saint-Aubin", "siren": "000000000", "name": "Claire Bon", "login": "mairie",
		"mail": "", "phone": "", "password": "les tilleuls de la place",
	})
	end(t, m)
	if m, said := begin(t, "-demo", "-data", data); m != nil || !strings.Contains(said, "celles d'une collectivité") {
		t.Errorf("a demonstration on the data of a collectivité: %s", said)
	}
	m, said = begin(t, "-data", data)
	if m == nil || m.invite != "" {
		t.Fatalf("started again: %s", said)
	}
	w = &town{machine: m, t: t, client: cookieClient(t)}
	if got := w.api("POST", "/api/session", map[string]any{"login": "mairie", "password": "les tilleuls de la place"}); got["collectivity"].(map[string]any)["name"] != "Commune de Saint-Aubin" {
		t.Errorf("the collectivité is now %v", got["collectivity"])
	}
}

// What keeps the program from starting is said in French, names what is concerned, and never a password.
func TestWhyItDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "fichier")
	broken := filepath.Join(dir, "abîmée")
	for path, content := range map[string]string{
		file: "x", filepath.Join(broken, "convoc.db"): strings.Repeat("garbage", 10_000),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	used, said := begin(t, "-demo", "-data", filepath.Join(dir, "données"))
	if used == nil {
		t.Fatal(said)
	}
	taken := strings.TrimPrefix(used.origin, "http://")
	from := []string{"-from", "convocations@exemple.fr"}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"the data are a file", []string{"-data", file}, "pas un répertoire"},
		{"the data are below a file", []string{"-data", filepath.Join(file, "a")}, "est un fichier"},
		{"the data are where nothing can be", []string{"-data", "/proc/convoc"}, "répertoire des données /proc/convoc"},
		{"the database is none", []string{"-data", broken}, "n'est pas une base de Convoc"},
		{"the data are in use", []string{"-demo", "-data", used.Data}, "déjà utilisées"},
		{"the address is taken", []string{"-addr", taken, "-data", t.TempDir()}, "déjà prise"},
		{"the address is another machine's", []string{"-addr", "192.0.2.1:8080", "-public", pages, "-files-public", documents, "-mail", "dir:" + dir, "-data", t.TempDir()}, "pas une adresse de cette machine"},
		{"the mails have no directory", []string{"-mail", "dir:", "-data", t.TempDir()}, "écrivez dir:RÉPERTOIRE"},
		{"the mails' directory is a file", []string{"-mail", "dir:" + file, "-data", t.TempDir()}, "répertoire des courriels"},
		{"no known way for the mails", append(from, "-mail", "http://relais", "-data", t.TempDir()), "écrivez dir:RÉPERTOIRE"},
		{"a relay without a host", append(from, "-mail", "smtp://", "-data", t.TempDir()), "adresse du relais"},
		{"a relay with an option that is none", append(from, "-mail", "smtps://moi:secretpw@relais?tls=none", "-data", t.TempDir()), "adresse du relais"},
		{"a relay with a port that is none", append(from, "-mail", "smtp://moi:secretpw@relais:99999999", "-data", t.TempDir()), "adresse du relais"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, said := begin(t, c.args...)
			if m != nil || !strings.Contains(said, c.want) {
				t.Errorf("started: %v; said %q", m != nil, said)
			}
			for _, foreign := range []string{"secretpw", "smtpmail", "bolttable", "dirmail", "mkdir", "denied", "not a directory", "invalid", "cannot"} {
				if strings.Contains(said, foreign) {
					t.Errorf("%q is in %q", foreign, said)
				}
			}
		})
	}
}

func TestWhatTheSystemRefusesIsSaidInFrench(t *testing.T) {
	for cause, want := range map[error]string{
		syscall.EROFS: "lecture seule", syscall.EACCES: "accès refusé", syscall.EPERM: "accès refusé", syscall.ENOSPC: "disque est plein",
		syscall.ENOENT: "n'existe pas", &net.DNSError{Err: "no such host", Name: "nulle.part"}: "nom est inconnu",
	} {
		err := fmt.Errorf("opening: %w", &fs.PathError{Op: "open", Path: "/data/convoc.db", Err: cause})
		if got := inWords(err, "autre chose"); !strings.Contains(got, want) {
			t.Errorf("%v: got %q", cause, got)
		}
	}
	if got := inWords(errors.New("invalid database"), "autre chose"); got != "autre chose" {
		t.Errorf("got %q", got)
	}
}

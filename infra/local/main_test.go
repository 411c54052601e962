package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

const (
	pages     = "https://convoc.exemple.fr"
	documents = "https://documents.exemple.fr"
	away      = "dir:/tmp/courriels" // a way for the mails that needs no relay
)

func TestOptions(t *testing.T) {
	t.Setenv("CONVOC_MAIL", "")
	public := func(pages, documents string) []string {
		return []string{"-public", pages, "-files-public", documents, "-mail", away}
	}
	relayed := []string{"-mail", "smtp://relais.exemple.fr", "-from", "convocations@exemple.fr"}
	for _, c := range []struct {
		name string
		args []string
		want string // in the error; empty: accepted
	}{
		{"nothing at all", nil, ""},
		{"a demonstration", []string{"-demo"}, ""},
		{"a demonstration on IPv6", []string{"-demo", "-addr", "[::1]:9000"}, ""},
		{"a demonstration for the whole network", []string{"-demo", "-addr", "0.0.0.0:8080"}, "mot de passe connu"},
		{"a demonstration on every interface", []string{"-demo", "-addr", ":8080"}, "mot de passe connu"},
		{"a demonstration behind a proxy", []string{"-demo", "-public", pages}, "mot de passe connu"},
		{"a demonstration whose documents are for the network", []string{"-demo", "-files-addr", "0.0.0.0:8081"}, "mot de passe connu"},
		{"a demonstration whose documents are on every interface", []string{"-demo", "-files-addr", ":8081"}, "mot de passe connu"},
		{"documents on the network, and no way for the mails to leave", []string{"-files-addr", "192.0.2.1:8081"}, "ouverte au réseau"},

		{"public, and no way for the mails to leave", []string{"-public", pages, "-files-public", documents}, "aucun courriel ne partirait"},
		{"on the network, and no address for the links", []string{"-addr", "192.0.2.1:8080", "-mail", away}, "ouverte au réseau"},
		{"on every interface, and no address for the links", []string{"-addr", ":8080", "-mail", away}, "ouverte au réseau"},
		{"public, for a trial that says so", public(pages, documents), ""},
		{"public pages, and no address for the documents", []string{"-public", pages, "-mail", away}, "vont ensemble"},
		{"public documents, and no address for the pages", []string{"-files-public", documents}, "vont ensemble"},
		{"one address for both", public(pages, pages), "différentes"},
		{"one address for both, written in two ways", public(pages, "https://Convoc.exemple.fr:443/"), "différentes"},
		{"two ports of one host", public(pages, pages+":8443"), ""},
		{"an address without its scheme", public("convoc.exemple.fr", documents), "-public convoc.exemple.fr"},
		{"an address with a path", public(pages+"/app", documents), "sans chemin"},
		{"an address with a query", public(pages, documents+"?a=b"), "-files-public"},
		{"an address with a fragment", public(pages+"#a", documents), "sans chemin"},
		{"an address with a user", public("https://moi@convoc.exemple.fr", documents), "sans chemin"},
		{"an address of nothing", public("https://", documents), "sans chemin"},
		{"an address for another protocol", public("ftp://convoc.exemple.fr", documents), "sans chemin"},
		{"an address with a space", public("https://convoc exemple.fr", documents), "sans chemin"},
		{"an address that ends a header", public("https://convoc.exemple.fr;script-src", documents), "sans chemin"},
		{"an address with half a port", public(pages+":", documents), "sans chemin"},
		{"an address with a port that is none", public(pages+":99999", documents), "sans chemin"},

		{"an address without a port", []string{"-addr", "127.0.0.1"}, "-addr 127.0.0.1 : écrivez HÔTE:PORT"},
		{"a port that is none", []string{"-addr", "127.0.0.1:http2"}, "écrivez HÔTE:PORT"},
		{"a port that is too great", []string{"-addr", "127.0.0.1:99999"}, "écrivez HÔTE:PORT"},
		{"documents without a port", []string{"-files-addr", "127.0.0.1"}, "-files-addr 127.0.0.1 : écrivez HÔTE:PORT"},
		{"the last port, and none after it", []string{"-addr", "127.0.0.1:65535"}, "indiquez -files-addr"},
		{"the last port, and another one for the documents", []string{"-addr", "127.0.0.1:65535", "-files-addr", "127.0.0.1:8081"}, ""},

		{"a relay, and nobody who writes", []string{"-mail", "smtp://relais.exemple.fr"}, "-from : indiquez"},
		{"a relay, and somebody who writes", []string{"-mail", "smtp://relais.exemple.fr", "-from", "convocations@exemple.fr"}, ""},
		{"a directory, and a writer who is none", []string{"-from", "pas une adresse"}, "-from : indiquez"},
		{"a demonstration, and a writer who is none", []string{"-demo", "-from", "pas une adresse"}, "-from : indiquez"},

		{"returned mail", append(relayed, "-retours", "imaps://retours@exemple.fr:secret@imap.exemple.fr/Retours"), ""},
		{"returned mail without a password", append(relayed, "-retours", "imaps://retours@imap.exemple.fr"), "écrivez imaps://"},
		{"returned mail by another protocol", append(relayed, "-retours", "pop3://retours:secret@imap.exemple.fr"), "écrivez imaps://"},
		{"returned mail where none leaves", []string{"-retours", "imaps://retours:secret@imap.exemple.fr"}, "va avec un relais"},

		{"an antivirus on this machine", []string{"-scan", "unix:/run/clamav/clamd.ctl"}, ""},
		{"an antivirus on another one", []string{"-scan", "tcp:192.0.2.1:3310"}, ""},
		{"an antivirus by its program", []string{"-scan", "clamd"}, "-scan clamd : écrivez unix:"},
		{"an antivirus by a path alone", []string{"-scan", "/run/clamav/clamd.ctl"}, "écrivez unix:"},
		{"an antivirus in a directory that depends on where one stands", []string{"-scan", "unix:clamd.ctl"}, "écrivez unix:"},
		{"an antivirus without a port", []string{"-scan", "tcp:127.0.0.1"}, "écrivez unix:"},
		{"an antivirus on any port", []string{"-scan", "tcp:127.0.0.1:0"}, "écrivez unix:"},
		{"an antivirus on no machine", []string{"-scan", "tcp::3310"}, "écrivez unix:"},

		{"a word too many", []string{"demo"}, "argument inconnu : demo"},
		{"an option that is none", []string{"-port", "80"}, "option inconnue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.args, io.Discard)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

// An origin is kept as browsers write it: it is compared with what they send.
func TestOriginsAreWrittenAsBrowsersDo(t *testing.T) {
	for given, want := range map[string]string{
		"https://convoc.exemple.fr": "https://convoc.exemple.fr", "https://convoc.exemple.fr/": "https://convoc.exemple.fr",
		"HTTPS://Convoc.Exemple.FR:443": "https://convoc.exemple.fr", "https://convoc.exemple.fr:8443": "https://convoc.exemple.fr:8443",
		"http://convoc.exemple.fr:80": "http://convoc.exemple.fr", "http://[2001:DB8::1]:8080": "http://[2001:db8::1]:8080",
		"http://192.0.2.1:443": "http://192.0.2.1:443",
	} {
		if got, err := origin("-public", given); got != want || err != nil {
			t.Errorf("%s: got %q, %v", given, got, err)
		}
	}
}

// The demonstration has data of its own: whoever tries the program and then uses it begins with nothing.
func TestDataOfADemonstrationAreApart(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	t.Setenv("CONVOC_MAIL", "")
	for name, want := range map[string]string{"-demo=false": "convoc", "-demo": "convoc-demo"} {
		o, err := parse([]string{name}, io.Discard)
		if err != nil || o.Data != filepath.Join(home, want) || o.Mail != "dir:"+filepath.Join(home, want, "courriels") {
			t.Errorf("%s: got %s, mails in %s, %v", name, o.Data, o.Mail, err)
		}
	}
}

func TestHelpIsInFrenchAndNoError(t *testing.T) {
	var said bytes.Buffer
	if _, err := parse([]string{"-h"}, &said); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"Options :", "-demo", "-files-public", "par défaut"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	if strings.Contains(said.String(), "default") {
		t.Errorf("the help speaks English:\n%s", said.String())
	}
}

// The page of the trial's mails shows every link: only this machine may see it.
func TestMailsOfATrialAreShownOnThisMachineOnly(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want bool
	}{
		{"only this machine", nil, true},
		{"behind a proxy", []string{"-public", pages, "-files-public", documents, "-mail", "dir:" + t.TempDir()}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &oneMachine{dir: t.TempDir()}
			greeting, err := m.Start(c.args)
			if err != nil {
				t.Fatal(err)
			}
			if shown := m.inbox != nil; shown != c.want || strings.Contains(greeting, "/essai/") != c.want {
				t.Errorf("shown: %v\n%s", shown, greeting)
			}
			if !c.want && !strings.Contains(greeting, "ATTENTION, les courriels ne partent pas") {
				t.Errorf("no warning:\n%s", greeting)
			}
			if err := m.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAddressThatIsTakenIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listenOn(l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "déjà prise") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

// Command local runs the whole product on one machine: `go run ./infra/local`.
//
// It keeps everything in one directory: the database, the documents, the mails of a trial. It may be killed at any
// moment: started again, it goes on with what was being sent.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "convoc :", err)
		os.Exit(1)
	}
}

// now is the clock: UTC, in the milliseconds that the database keeps.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func run(args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	o.Now, o.Random, o.Log = now, rand.Reader, log
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

// parse reads the command line.
func parse(args []string, log io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "adresse d'écoute")
	flags.StringVar(&o.FilesAddr, "files-addr", "", "adresse d'écoute des documents (par défaut : le port suivant)")
	flags.StringVar(&o.Data, "data", "", "répertoire des données (par défaut : dans le dossier de l'utilisateur)")
	flags.StringVar(&o.Mail, "mail", "", "dir:RÉPERTOIRE, ou smtp://utilisateur:mot-de-passe@serveur:port (par défaut : la variable CONVOC_MAIL, sinon dir: dans les données)")
	flags.StringVar(&o.From, "from", "", "adresse d'expédition des courriels (nécessaire avec smtp:)")
	flags.StringVar(&o.Public, "public", "", "adresse publique, derrière un proxy : https://convoc.exemple.fr")
	flags.StringVar(&o.FilesPublic, "files-public", "", "adresse publique des documents : https://documents.exemple.fr")
	flags.BoolVar(&o.Demo, "demo", false, "collectivité de démonstration, avec un mot de passe connu ; sur cette machine seulement")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("argument inconnu : %s", flags.Arg(0))
	}
	return o, o.complete()
}

// complete fills in what was not said.
func (o *options) complete() error {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("-addr %s : %w", o.Addr, err)
	}
	if o.Demo && !loopback(host) {
		return fmt.Errorf("-demo a un mot de passe connu de tous : seulement sur 127.0.0.1, pas sur %s", o.Addr)
	}
	if o.FilesAddr == "" {
		n, err := net.LookupPort("tcp", port)
		if err != nil {
			return fmt.Errorf("-addr %s : %w", o.Addr, err)
		}
		next := 0
		if n != 0 {
			next = n + 1
		}
		o.FilesAddr = net.JoinHostPort(host, fmt.Sprint(next))
	}
	if o.Data == "" {
		home, err := dataHome()
		if err != nil {
			return err
		}
		o.Data = filepath.Join(home, "convoc")
	}
	if o.Mail == "" {
		o.Mail = os.Getenv("CONVOC_MAIL") // where no other user of the machine sees the relay's password
	}
	if o.Mail == "" {
		o.Mail = "dir:" + filepath.Join(o.Data, "courriels")
	}
	return nil
}

// dataHome is where programs keep their data: XDG_DATA_HOME, else what the system has for it.
func dataHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("dites où garder les données avec -data : %w", err)
	}
	return filepath.Join(home, ".local", "share"), nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

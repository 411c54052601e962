package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/mail/imapmail"
)

// options are what the command line says, completed.
type options struct {
	Addr, FilesAddr     string        // where to listen
	Public, FilesPublic string        // origins as browsers see them; empty: http:// and where it listens
	Data                string        // directory
	Mail                string        // dir:… or smtp://…
	From                string        // sender's address of all mails
	Rate                float64       // mails a second that the relay takes; 0: no limit
	Daily               int           // mails a day that it takes; 0: no limit
	Undo                time.Duration // « Envoyer » can be taken back for so long
	Scan                string        // where the antivirus listens: unix:… or tcp:…; empty: there is none
	Returns             string        // where mails come back to: imaps://…; empty: nobody reads them
	ReturnsEvery        time.Duration
	Demo                bool
	Private             bool         // only this machine can reach it: trying out
	Merger              files.Merger // nil: documents are not merged
	Now                 func() time.Time
	Random              io.Reader
	Log                 io.Writer

	scanNetwork, scanAddress string          // what Scan says
	returns                  imapmail.Config // what Returns says
}

// parse reads the command line.
func parse(args []string, log io.Writer) (options, error) {
	o := options{ReturnsEvery: returnsEvery}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the package speaks English
	flags.StringVar(&o.Addr, "addr", "", "adresse d'écoute (par défaut : 127.0.0.1:8080)")
	flags.StringVar(&o.FilesAddr, "files-addr", "", "adresse d'écoute des documents (par défaut : le port suivant)")
	flags.StringVar(&o.Data, "data", "", "répertoire des données (par défaut : dans le dossier de l'utilisateur)")
	flags.StringVar(&o.Mail, "mail", "", "dir:RÉPERTOIRE, ou smtp://utilisateur:mot-de-passe@serveur:port (par défaut : la variable CONVOC_MAIL, sinon dir: dans les données)")
	flags.StringVar(&o.From, "from", "", "adresse d'expédition des courriels (nécessaire avec smtp:)")
	flags.Float64Var(&o.Rate, "rate", 0, "courriels par seconde que le relais accepte (par défaut : sans limite)")
	flags.DurationVar(&o.Undo, "undo", 0, "durée pendant laquelle un envoi peut être repris, par exemple 1m (par défaut : 30s)")
	flags.IntVar(&o.Daily, "daily", 0, "courriels par jour que le relais accepte (par défaut : sans limite)")
	flags.StringVar(&o.Scan, "scan", "", "antivirus clamd : unix:/run/clamav/clamd.ctl ou tcp:127.0.0.1:3310 (par défaut : aucun, les documents sont « non analysés »)")
	flags.StringVar(&o.Returns, "retours", "", "boîte où reviennent les courriels : imaps://utilisateur:mot-de-passe@serveur:993/Dossier (par défaut : la variable CONVOC_RETOURS, sinon aucune)")
	flags.StringVar(&o.Public, "public", "", "adresse publique, derrière un proxy : https://convoc.exemple.fr")
	flags.StringVar(&o.FilesPublic, "files-public", "", "adresse publique des documents : https://documents.exemple.fr")
	flags.BoolVar(&o.Demo, "demo", false, "collectivité de démonstration, avec un mot de passe connu ; sur cette machine seulement, et dans des données à elle")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(log, flags)
		return o, err
	case err != nil:
		return o, fmt.Errorf("option inconnue ou mal écrite (%w) ; convoc -h les montre toutes", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("argument inconnu : %s", flags.Arg(0))
	}
	return o, o.complete()
}

func usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintln(w, "Convoc sur une machine. « check-csv FICHIER » dit ce que ferait l’import d’un fichier, sans rien démarrer. Options :")
	flags.VisitAll(func(f *flag.Flag) { fmt.Fprintf(w, "  -%-14s %s\n", f.Name, f.Usage) })
}

// complete checks what was said, and fills in what was not.
func (o *options) complete() error {
	if err := o.completeAddresses(); err != nil {
		return err
	}
	if o.Demo && !o.Private {
		return errors.New("-demo a un mot de passe connu de tous : seulement sur 127.0.0.1, pour -addr comme pour -files-addr, et sans -public")
	}
	if err := o.completeOrigins(); err != nil {
		return err
	}
	if o.Data == "" {
		home, err := dataHome()
		if err != nil {
			return err
		}
		o.Data = filepath.Join(home, "convoc")
		if o.Demo { // its password is known: its data are never a collectivité's
			o.Data += "-demo"
		}
	}
	if o.Scan != "" {
		var err error
		if o.scanNetwork, o.scanAddress, err = scanAt(o.Scan); err != nil {
			return err
		}
	}
	return o.completeMail()
}

// completeAddresses settles where to listen, and whether only this machine can come.
func (o *options) completeAddresses() error {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:8080")
	host, port, err := address("-addr", o.Addr)
	if err != nil {
		return err
	}
	if o.FilesAddr == "" && port == 65_535 {
		return errors.New("-addr : il n'y a pas de port après 65535 pour les documents ; indiquez -files-addr")
	}
	if o.FilesAddr == "" {
		next := 0
		if port != 0 {
			next = port + 1
		}
		o.FilesAddr = net.JoinHostPort(host, fmt.Sprint(next))
	}
	filesHost, _, err := address("-files-addr", o.FilesAddr)
	o.Private = loopback(host) && loopback(filesHost) && o.Public == ""
	return err
}

func address(name, value string) (host string, port int, err error) {
	host, service, err := net.SplitHostPort(value)
	if err == nil {
		port, err = net.LookupPort("tcp", service)
	}
	if err != nil {
		return "", 0, fmt.Errorf("%s %s : écrivez HÔTE:PORT, par exemple 127.0.0.1:8080", name, value)
	}
	return host, port, nil
}

// completeOrigins checks the public addresses. Documents come from outside: they have an origin of their own.
func (o *options) completeOrigins() error {
	if (o.Public == "") != (o.FilesPublic == "") {
		return errors.New("-public et -files-public vont ensemble : les pages et les documents ont chacun leur adresse publique")
	}
	if o.Public == "" && !o.Private {
		return errors.New("cette machine serait ouverte au réseau : indiquez -public et -files-public, les adresses que les liens des courriels porteront")
	}
	if o.Public == "" {
		return nil
	}
	var err error
	if o.Public, err = origin("-public", o.Public); err != nil {
		return err
	}
	if o.FilesPublic, err = origin("-files-public", o.FilesPublic); err != nil {
		return err
	}
	if o.Public == o.FilesPublic {
		return errors.New("-public et -files-public doivent être deux adresses différentes : un document venu de l'extérieur ne partage pas celle des pages")
	}
	return nil
}

// origin reads an address as browsers name an origin: scheme, host, and a port that is not the scheme's own.
func origin(name, value string) (string, error) {
	refused := fmt.Errorf("%s %s : écrivez une adresse sans chemin, par exemple https://convoc.exemple.fr", name, value)
	u, err := url.Parse(value)
	if err != nil || u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", refused
	}
	own, known := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	host := strings.ToLower(u.Hostname())
	if !known || host == "" || strings.ContainsFunc(host, foreignToHosts) || (u.Port() == "" && strings.HasSuffix(u.Host, ":")) {
		return "", refused
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != own {
		if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
			return "", refused
		}
		host += ":" + port
	}
	return u.Scheme + "://" + host, nil
}

// foreignToHosts tells what is in no name of a host, nor in an address: a name with accents is written xn--….
func foreignToHosts(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != ':'
}

// completeMail settles how mails leave, and from whom.
func (o *options) completeMail() error {
	o.Mail = cmp.Or(o.Mail, os.Getenv("CONVOC_MAIL")) // where no other user of the machine sees the relay's password
	if o.Mail == "" && !o.Private {
		return errors.New("sans relais, aucun courriel ne partirait : indiquez CONVOC_MAIL=smtp://serveur:port (ou, pour un essai, -mail dir:RÉPERTOIRE)")
	}
	o.Mail = cmp.Or(o.Mail, "dir:"+filepath.Join(o.Data, "courriels"))
	kept := strings.HasPrefix(o.Mail, "dir:")
	if kept && o.From == "" {
		o.From = "convocations@convoc.invalid"
	}
	from, err := directory.ParseAddress(o.From)
	if err != nil {
		return errors.New("-from : indiquez l'adresse d'expédition des courriels, par exemple convocations@exemple.fr")
	}
	o.From = string(from)
	return o.completeReturns(kept)
}

// completeReturns settles where mails come back to: only those come back that leave.
func (o *options) completeReturns(kept bool) error {
	o.Returns = cmp.Or(o.Returns, os.Getenv("CONVOC_RETOURS")) // where no other user sees its password
	if o.Returns == "" {
		return nil
	}
	if kept {
		return errors.New("-retours (ou CONVOC_RETOURS) va avec un relais (smtp://…) : sans lui aucun courriel ne part, ni ne revient")
	}
	var err error
	o.returns, err = returnsAt(o.Returns)
	return err
}

// dataHome is where programs keep their data: XDG_DATA_HOME, else what the system has for it.
func dataHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("le dossier de l'utilisateur est inconnu : dites où garder les données avec -data")
	}
	return filepath.Join(home, ".local", "share"), nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

package imapmail

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// TLS says how the connection is protected.
type TLS string

// The ways.
const (
	Implicit TLS = "implicit" // from the first byte (imaps, port 993)
	StartTLS TLS = "starttls" // STARTTLS or nothing
	None     TLS = "none"     // a server on this machine or its own network
)

// Config says which mailbox. All but RootCAs and Limit are needed.
type Config struct {
	Host, Port         string
	Username, Password string
	Folder             string
	TLS                TLS
	RootCAs            *x509.CertPool // nil: those of the system
	Limit              int64          // bytes of a message that are read; 0: 256 KiB
}

// ErrURL: the address of the mailbox cannot be read. The error never holds the password.
var ErrURL = errors.New("imapmail: write imaps://user:password@host:port/folder or imap://…")

// Parse reads imaps://user:password@host:993/folder, or imap://… (port 143: STARTTLS is required, unless ?tls=none says
// otherwise). Without a folder it is INBOX. What is not known is refused: an option that is misspelt would be one that
// protects nobody. Errors: [ErrURL].
func Parse(address string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Fragment != "" || u.User.Username() == "" {
		return Config{}, ErrURL
	}
	c := Config{Host: u.Hostname(), Username: u.User.Username(), Folder: cmp.Or(strings.TrimPrefix(u.Path, "/"), "INBOX")}
	c.Password, _ = u.User.Password()
	port := "993"
	switch {
	case u.Scheme == "imaps" && u.RawQuery == "":
		c.TLS = Implicit
	case u.Scheme == "imap" && u.RawQuery == "":
		c.TLS, port = StartTLS, "143"
	case u.Scheme == "imap" && u.RawQuery == "tls=none":
		c.TLS, port = None, "143"
	default:
		return Config{}, ErrURL
	}
	c.Port = cmp.Or(u.Port(), port)
	if n, err := strconv.Atoi(c.Port); err != nil || n < 1 || n > 65_535 || c.Password == "" {
		return Config{}, ErrURL
	}
	return c, nil
}

// Key names the mailbox and does not say which it is: a position is of one mailbox.
func (c Config) Key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Host, c.Port, c.Username, c.Folder}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

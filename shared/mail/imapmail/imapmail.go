// Package imapmail reads a mailbox over IMAP: the one to which mails come back that left through a relay.
//
// A person may read that mailbox too. So it is opened for reading only (EXAMINE): nothing is marked, moved or deleted,
// and what was unread stays so, also on servers that know no flags but their own. How far it was read is a [Position],
// which the caller keeps where it keeps what it learned from the messages; what is heard twice must be harmless.
//
// One connection reads what is new, in its order, and ends. An error holds no password, no address and nothing that the
// server says.
package imapmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Why a mailbox cannot be read.
var (
	ErrUnreachable = errors.New("imapmail: no connection to the server, or it was cut")
	ErrCertificate = errors.New("imapmail: the server's certificate is not valid for its name")
	ErrSignIn      = errors.New("imapmail: the server refuses the name or the password")
	ErrFolder      = errors.New("imapmail: the server has no such folder")
)

// Position is how far a mailbox was read. The zero Position: not at all.
type Position struct {
	Validity uint32 // of the numbers (UIDVALIDITY): they begin anew when it changes
	UID      uint32 // of the last message that was read
}

// Message is one as it stands in the mailbox.
type Message struct {
	Raw        []byte    // the beginning, as much as the limit allows
	ReceivedAt time.Time // by the server's clock (INTERNALDATE); zero when it has none
}

// Box is a mailbox on a server.
type Box struct{ cfg Config }

// New makes a mailbox; nothing is dialled.
func New(cfg Config) *Box {
	if cfg.Limit == 0 {
		cfg.Limit = 256 << 10
	}
	return &Box{cfg}
}

// Ping tells whether the mailbox can be read. Errors: [ErrUnreachable], [ErrCertificate], [ErrSignIn], [ErrFolder].
func (b *Box) Ping(ctx context.Context) error {
	_, _, end, err := b.open(ctx)
	end()
	return err
}

// Read hands each message that came after a position to a function, the oldest first, with the position to keep when it
// has returned nil; its error ends the reading and is returned. Where the position says nothing, what came before the day
// since is left out. Errors: also those of [Box.Ping].
func (b *Box) Read(ctx context.Context, from Position, since time.Time, each func(context.Context, Message, Position) error) error {
	client, box, end, err := b.open(ctx)
	defer end()
	if err != nil {
		return err
	}
	criteria := &imap.SearchCriteria{}
	if from.Validity == box.UIDValidity {
		criteria.UID = []imap.UIDSet{{imap.UIDRange{Start: imap.UID(from.UID) + 1}}} // up to « * »
	} else {
		from, criteria.Since = Position{Validity: box.UIDValidity}, since
	}
	found, err := client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return ErrUnreachable
	}
	uids := found.AllUIDs()
	slices.Sort(uids)
	for _, uid := range uids {
		if uint32(uid) <= from.UID { // « n:* » is the last message where there is none from n on
			continue
		}
		m, there, err := b.fetch(client, uid)
		if err != nil {
			return ErrUnreachable
		}
		if !there {
			continue
		}
		from.UID = uint32(uid)
		if err := each(ctx, m, from); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads the beginning of a message; it may have been deleted meanwhile.
func (b *Box) fetch(client *imapclient.Client, uid imap.UID) (m Message, there bool, err error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: b.cfg.Limit}}
	asked := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{
		InternalDate: true, BodySection: []*imap.FetchItemBodySection{section},
	})
	for data := asked.Next(); data != nil; data = asked.Next() {
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataInternalDate:
				m.ReceivedAt = item.Time
			case imapclient.FetchItemDataBodySection:
				if m.Raw, err = b.beginning(item.Literal); err != nil {
					return Message{}, false, err // and nothing more of it: the library would read again what has ended
				}
				there = true
			}
		}
	}
	return m, there, asked.Close()
}

// beginning reads a literal, all that was promised of it.
func (b *Box) beginning(literal imap.LiteralReader) ([]byte, error) {
	if literal == nil { // NIL: an empty message
		return nil, nil
	}
	raw, err := io.ReadAll(io.LimitReader(literal, b.cfg.Limit))
	if err == nil && int64(len(raw)) < min(literal.Size(), b.cfg.Limit) {
		err = io.ErrUnexpectedEOF
	}
	return raw, err
}

// open signs in and opens the folder. Its end is always to be called; a context that has ended ends it too.
func (b *Box) open(ctx context.Context) (*imapclient.Client, *imap.SelectData, func(), error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(b.cfg.Host, b.cfg.Port))
	if err != nil {
		return nil, nil, func() {}, ErrUnreachable
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // wakes whatever reads or writes
	end := func() { stop(); conn.Close() }
	client, err := b.greet(ctx, conn)
	if err != nil {
		return nil, nil, end, unreachable(err)
	}
	end = func() { stop(); client.Close() } // waits for what reads
	// the way that every server must have (RFC 3501, 11.1), and that says how accents are written
	if err := client.Authenticate(sasl.NewPlainClient("", b.cfg.Username, b.cfg.Password)); err != nil {
		return nil, nil, end, refused(err, ErrSignIn)
	}
	box, err := client.Select(b.cfg.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return nil, nil, end, refused(err, ErrFolder)
	}
	return client, box, end, nil
}

// greet waits for the server's greeting, protected as the configuration asks.
func (b *Box) greet(ctx context.Context, conn net.Conn) (*imapclient.Client, error) {
	secure := &tls.Config{ServerName: b.cfg.Host, RootCAs: b.cfg.RootCAs, MinVersion: tls.VersionTLS12}
	switch b.cfg.TLS {
	case StartTLS:
		return imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: secure})
	case Implicit:
		wrapped := tls.Client(conn, secure)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = wrapped
	}
	client := imapclient.New(conn, nil)
	if err := client.WaitGreeting(); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// unreachable tells a certificate from all else.
func unreachable(err error) error {
	var certificate *tls.CertificateVerificationError
	var name x509.HostnameError
	if errors.As(err, &certificate) || errors.As(err, &name) {
		return ErrCertificate
	}
	return ErrUnreachable
}

// refused tells what the server said no to from a connection that was cut. It may be away for a while all the same.
func refused(err, what error) error {
	var answer *imap.Error
	if !errors.As(err, &answer) || answer.Code == imap.ResponseCodeUnavailable || answer.Type == imap.StatusResponseTypeBye {
		return ErrUnreachable
	}
	return what
}

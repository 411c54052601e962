// Package clamdscan asks ClamAV's daemon about files of a store. It sends them over the daemon's socket, which therefore
// needs no right to read them where they lie, and may be on another machine.
//
// The conversation is clamd(8)'s INSTREAM, one connection for one file: « zINSTREAM\0 », then the file in chunks, each
// after its length in four bytes, the most significant first, then a chunk without length. clamd answers with a line
// that ends with a zero byte, and closes.
//
// clamd says OK of a file longer than its MaxFileSize without having looked, unless AlertExceedsMax is set. Debian's
// configuration has StreamMaxLength at the same 25 MB, which makes it say so: whoever raises one raises the other.
package clamdscan

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"convoc/shared/files"
)

// DefaultTimeout of one conversation.
const DefaultTimeout = 25 * time.Second

const (
	chunk    = 64 << 10
	maxReply = 4 << 10 // bytes of an answer: one line with the name of a signature
)

// Scanner asks one daemon.
type Scanner struct {
	Network, Address string // as net.Dial takes them: unix and a path, tcp and host:port
	Files            files.Store
	Timeout          time.Duration // of one conversation; zero: DefaultTimeout
}

// Ping tells whether the daemon answers. Errors: files.ErrUnavailable.
func (s *Scanner) Ping(ctx context.Context) error {
	said, err := s.converse(ctx, "PING", nil)
	if err == nil && said != "PONG" {
		err = fmt.Errorf("%w: clamd said %q", files.ErrUnavailable, said)
	}
	return err
}

// Scan sends a file and reads the verdict: never files.Pending.
func (s *Scanner) Scan(ctx context.Context, key files.Key) (files.Report, error) {
	content, err := s.Files.Open(ctx, key)
	if err != nil {
		return files.Report{}, err
	}
	defer content.Close()
	said, err := s.converse(ctx, "INSTREAM", content)
	if err != nil {
		return files.Report{}, err
	}
	return verdict(said)
}

// converse gives one command, what goes with it unless that is nil, and reads the answer.
func (s *Scanner) converse(ctx context.Context, command string, content io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, DefaultTimeout))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, s.Network, s.Address)
	if err != nil {
		return "", away(ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	source := &remember{r: content}
	_, failed := io.WriteString(conn, "z"+command+"\x00")
	if failed == nil && content != nil {
		failed = send(conn, source)
	}
	if source.err != nil { // clamd waits for the rest, and hears that there is none: it says nothing of half a file
		return "", source.err
	}
	// a daemon that has had enough answers, and takes no more
	said, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadString(0)
	if err != nil {
		return "", away(ctx, cmp.Or(failed, err))
	}
	return strings.TrimSuffix(said, "\x00"), nil
}

// send writes the chunks.
func send(w io.Writer, content io.Reader) error {
	part := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(content, part[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(part, uint32(n))
			if _, err := w.Write(part[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			_, err = w.Write(make([]byte, 4))
			return err
		case err != nil:
			return err
		}
	}
}

// remember keeps the error of a file apart from those of the socket.
type remember struct {
	r   io.Reader
	err error
}

func (m *remember) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF { // as io.ReadFull compares it: a wrapped one is no end
		m.err = err
	}
	return n, err
}

// away is no verdict: the daemon is not there, does not answer, or the time has run out.
func away(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		err = ended
	}
	return fmt.Errorf("%w: clamd: %w", files.ErrUnavailable, err)
}

// verdict reads an answer to INSTREAM. Errors: files.ErrUnavailable when it holds no verdict.
func verdict(said string) (files.Report, error) {
	if said == "INSTREAM size limit exceeded. ERROR" {
		return files.Report{Verdict: files.Unscanned, Said: "over StreamMaxLength"}, nil
	}
	about, _ := strings.CutPrefix(said, "stream: ")
	found, is := strings.CutSuffix(about, " FOUND")
	switch {
	case about == "OK" && said != about:
		return files.Report{Verdict: files.Clean}, nil
	case is && strings.HasPrefix(found, "Heuristics.Limits.Exceeded"): // AlertExceedsMax: it has looked at a part of it
		return files.Report{Verdict: files.Unscanned, Said: found}, nil
	case is:
		return files.Report{Verdict: files.Infected, Said: found}, nil
	}
	return files.Report{}, fmt.Errorf("%w: clamd said %q", files.ErrUnavailable, said)
}

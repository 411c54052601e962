package clamdscan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/infra/referee"
	"convoc/shared/files"
	"convoc/shared/files/dirfiles"
	"convoc/shared/files/filestest"
)

func directory(t *testing.T) files.Store {
	t.Helper()
	s, err := dirfiles.New(dirfiles.Config{
		Dir: t.TempDir(), BaseURL: "http://files", Secret: make([]byte, 32), Now: func() time.Time { return time.Time{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const key files.Key = "000000000/kept/doc"

func store(t *testing.T, s files.Store, content io.Reader) {
	t.Helper()
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), key, content); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	daemon := referee.NewClamd(t, filestest.EICAR()).Start()
	for network, address := range map[string]string{"unix": daemon.Unix, "tcp": daemon.TCP} {
		t.Run(network, func(t *testing.T) {
			s := directory(t)
			filestest.RunScanner(t, filestest.ScanSubject{Store: s, Scanner: &Scanner{Network: network, Address: address, Files: s}})
		})
	}
}

// zeros gives so many bytes.
func zeros(n int64) io.Reader { return io.LimitReader(nothing{}, n) }

type nothing struct{}

func (nothing) Read(p []byte) (int, error) { return len(p), nil }

func TestFileOverTheLimitsOfTheDaemonIsUnscanned(t *testing.T) {
	daemon := referee.NewClamd(t, filestest.EICAR(), "StreamMaxLength 3M", "MaxFileSize 2M", "AlertExceedsMax yes").Start()
	s := directory(t)
	for _, c := range []struct {
		size int64
		want files.Report
	}{
		{1 << 20, files.Report{Verdict: files.Clean}},
		{3<<20 - 1, files.Report{Verdict: files.Unscanned, Said: "Heuristics.Limits.Exceeded.MaxFileSize"}},
		{3<<20 + 1, files.Report{Verdict: files.Unscanned, Said: "over StreamMaxLength"}},
		{100 << 20, files.Report{Verdict: files.Unscanned, Said: "over StreamMaxLength"}},
	} {
		store(t, s, zeros(c.size))
		for network, address := range map[string]string{"unix": daemon.Unix, "tcp": daemon.TCP} {
			scanner := &Scanner{Network: network, Address: address, Files: s}
			if got, err := scanner.Scan(t.Context(), key); got != c.want || err != nil {
				t.Errorf("%d bytes over %s: got %+v, %v", c.size, network, got, err)
			}
		}
	}
}

func TestDaemonThatIsAwayAndBack(t *testing.T) {
	daemon := referee.NewClamd(t, filestest.EICAR()).Start()
	s := directory(t)
	store(t, s, strings.NewReader(filestest.EICAR()))
	scanner := &Scanner{Network: "unix", Address: daemon.Unix, Files: s}
	look := func(want files.Verdict, failure error) {
		t.Helper()
		got, err := scanner.Scan(t.Context(), key)
		if got.Verdict != want || !errors.Is(err, failure) {
			t.Errorf("got %+v, %v", got, err)
		}
		if err := scanner.Ping(t.Context()); !errors.Is(err, failure) {
			t.Errorf("ping: %v", err)
		}
	}
	look(files.Infected, nil)
	daemon.Stop()
	look("", files.ErrUnavailable)
	daemon.Start()
	look(files.Infected, nil)
}

func TestManyAtOnce(t *testing.T) {
	daemon := referee.NewClamd(t, filestest.EICAR()).Start()
	s := directory(t)
	scanner := &Scanner{Network: "tcp", Address: daemon.TCP, Files: s}
	var crowd sync.WaitGroup
	for n := range 40 {
		crowd.Go(func() {
			content, want := "Bonjour", files.Clean
			if n%2 == 0 {
				content, want = filestest.InfectedPDF(), files.Infected
			}
			key := files.Key(fmt.Sprint("000000000/kept/doc-", n))
			if _, err := s.Create(t.Context(), key, strings.NewReader(content)); err != nil {
				t.Error(err)
			}
			if got, err := scanner.Scan(t.Context(), key); got.Verdict != want || err != nil {
				t.Errorf("%d: got %+v, %v", n, got, err)
			}
		})
	}
	crowd.Wait()
}

// scripted is a daemon that does what a test says with each connection. It gives its address.
func scripted(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	address := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			answer(conn)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
	})
	return address
}

func TestDaemonThatGivesNoVerdict(t *testing.T) {
	s := directory(t)
	store(t, s, zeros(1<<20))
	for name, answer := range map[string]func(net.Conn){
		"it closes at once": func(net.Conn) {},
		"it reads, and says nothing": func(c net.Conn) {
			_, _ = io.CopyN(io.Discard, c, 1<<20)
		},
		"it never answers":               func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"half an answer":                 func(c net.Conn) { _, _ = io.WriteString(c, "stream: OK") },
		"an answer to another question":  func(c net.Conn) { _, _ = io.WriteString(c, "PONG\x00") },
		"an error":                       func(c net.Conn) { _, _ = io.WriteString(c, "stream: Can't allocate memory ERROR\x00") },
		"an answer that does not end":    func(c net.Conn) { _, _ = io.Copy(c, zeros(1<<20)) },
		"no verdict, in many characters": func(c net.Conn) { _, _ = io.WriteString(c, strings.Repeat("x", maxReply)+"\x00") },
	} {
		t.Run(name, func(t *testing.T) {
			scanner := &Scanner{Network: "unix", Address: scripted(t, answer), Files: s, Timeout: 200 * time.Millisecond}
			if got, err := scanner.Scan(t.Context(), key); !errors.Is(err, files.ErrUnavailable) || got != (files.Report{}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// cut is a store whose files end with an error after a while.
type cut struct {
	files.Store
	err error
}

func (s cut) Open(context.Context, files.Key) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader("half of it"), failing{s.err})), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The daemon must not be told that half a file is all of it.
func TestFileThatCannotBeReadToItsEnd(t *testing.T) {
	daemon := referee.NewClamd(t, filestest.EICAR()).Start()
	for _, err := range []error{files.ErrUnavailable, io.ErrUnexpectedEOF, fmt.Errorf("wrapped: %w", io.EOF)} {
		scanner := &Scanner{Network: "unix", Address: daemon.Unix, Files: cut{err: err}}
		if got, failed := scanner.Scan(t.Context(), key); !errors.Is(failed, err) || got != (files.Report{}) {
			t.Errorf("%v: got %+v, %v", err, got, failed)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for said, want := range map[string]files.Report{
		"stream: OK":                         {Verdict: files.Clean},
		"stream: Win.Test.EICAR_HDB-1 FOUND": {Verdict: files.Infected, Said: "Win.Test.EICAR_HDB-1"},
		"stream: Eicar-Signature(44d88612fea8a8f36de82e1278abb02f:68) FOUND": {Verdict: files.Infected, Said: "Eicar-Signature(44d88612fea8a8f36de82e1278abb02f:68)"},
		"stream: OK FOUND": {Verdict: files.Infected, Said: "OK"},
		"stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND": {Verdict: files.Unscanned, Said: "Heuristics.Limits.Exceeded.MaxScanTime"},
		"stream: Heuristics.Encrypted.PDF FOUND":               {Verdict: files.Infected, Said: "Heuristics.Encrypted.PDF"},
		"INSTREAM size limit exceeded. ERROR":                  {Verdict: files.Unscanned, Said: "over StreamMaxLength"},
		"OK":                                                   {}, "": {}, "stream: ": {}, "stream: OK ": {}, "stream: FOUND": {}, "COMMAND READ TIMED OUT": {}, "stream: OK ERROR": {},
	} {
		if got, err := verdict(said); got != want || errors.Is(err, files.ErrUnavailable) != (want.Verdict == "") {
			t.Errorf("%q: got %+v, %v", said, got, err)
		}
	}
}

// Whatever a daemon says, a file is clean by one answer only.
func FuzzVerdict(f *testing.F) {
	for _, said := range []string{"stream: OK", "stream: X FOUND", "INSTREAM size limit exceeded. ERROR", "stream: OK\x00", "stream: OK FOUND"} {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		got, err := verdict(said)
		if (err == nil) == (got.Verdict == "") || (got.Verdict == files.Clean) != (said == "stream: OK") {
			t.Errorf("%q: got %+v, %v", said, got, err)
		}
	})
}

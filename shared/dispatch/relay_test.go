package dispatch_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/mail/smtpmail"
	"convoc/shared/worldtest"
)

// relay is an SMTP server that says the lines, each after the next command, to whoever comes.
func relay(t *testing.T, lines ...string) *smtpmail.Sender {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(conn)
			for _, line := range lines {
				_, _ = io.WriteString(conn, line+"\r\n")
				_, _ = in.ReadString('\n')
			}
			conn.Close()
		}
	}()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	return smtpmail.New(smtpmail.Config{Host: host, Port: port, TLS: smtpmail.None})
}

// A first installation forgets the credentials, or its relay stops for a night: once that is mended, all mails leave.
func TestRelayThatIsMendedFailsNobody(t *testing.T) {
	for _, c := range []struct {
		name, why string
		lines     []string
	}{
		{"it does not greet us", "connection", []string{"554 5.7.1 no"}},
		{"it does not relay for us", "credentials", []string{"220 a", "250 a", "250 ok", "554 5.7.1 Relay access denied"}},
		{"its disk is full", "connection", []string{"220 a", "250 a", "452 4.3.1 Insufficient system storage"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			w.Dispatch.Mail = relay(t, c.lines...)
			d := w.Draft(3)
			w.Send(d)
			w.Pass(60, time.Minute)
			if got := w.Status(d.ID, "a0@x.fr"); got != convocation.Pending {
				t.Errorf("for an hour: got %s", got)
			}
			p, err := w.Tables.AgendaHandle().Pump(t.Context())
			if err != nil || string(p.Why) != c.why || w.Clock.Sub(p.StoppedAt) < 59*time.Minute {
				t.Errorf("stopped since %s because of %q, %v", p.StoppedAt, p.Why, err)
			}
			w.Dispatch.Mail = w.Mail
			w.Pass(4, time.Minute) // one goes ahead
			if sent, mails := accepted(w, d.ID); sent != 3 || mails != 3 {
				t.Errorf("mended: got %d sent, %d mails", sent, mails)
			}
		})
	}
}

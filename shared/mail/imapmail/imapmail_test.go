package imapmail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"
)

var day = time.Date(2026, 12, 1, 9, 5, 7, 0, time.UTC)

// reader keeps what it heard, and how far.
type reader struct {
	Box
	heard []string
	at    Position
	times []time.Time
}

func (s *server) reader() *reader { return &reader{Box: *New(s.cfg)} }

func (r *reader) read(ctx context.Context) error {
	return r.Read(ctx, r.at, day.Add(-24*time.Hour), func(_ context.Context, m Message, p Position) error {
		r.heard, r.times, r.at = append(r.heard, string(m.Raw)), append(r.times, m.ReceivedAt.UTC()), p
		return nil
	})
}

func (r *reader) want(t *testing.T, want ...string) {
	t.Helper()
	if err := r.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, texts(r.heard)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What is new is heard once, in its order, and the mailbox is as it was: unread stays unread.
func TestWhatIsNewIsReadOnce(t *testing.T) {
	for _, protection := range []TLS{Implicit, StartTLS, None} {
		for _, caps := range [][]imap.Cap{nil, {imap.CapIMAP4rev2}} {
			t.Run(fmt.Sprint(protection, caps), func(t *testing.T) {
				s := serve(t, protection, caps...)
				r := s.reader()
				r.want(t)
				s.put("INBOX", day, "un", "deux")
				r.want(t, "un", "deux")
				r.want(t, "un", "deux")
				s.put("INBOX", day.Add(time.Hour), "trois")
				r.want(t, "un", "deux", "trois")
				if diff := cmp.Diff([]time.Time{day, day, day.Add(time.Hour)}, r.times); diff != "" {
					t.Errorf("times (-want +got)\n%s", diff)
				}
				if n := s.unseen("INBOX"); n != 3 {
					t.Errorf("%d are unread", n)
				}
				if err := r.Ping(t.Context()); err != nil {
					t.Errorf("ping: %v", err)
				}
				said := s.said()
				for _, never := range []string{" SELECT ", " STORE ", "BODY[]", " EXPUNGE"} {
					if strings.Contains(strings.ReplaceAll(said, "BODY[]<0>", ""), never) {
						t.Errorf("it said %q\n%s", never, said)
					}
				}
			})
		}
	}
}

// What was there long before is left out at first; what came since the last time never is, however long ago.
func TestOldMailIsLeftOutAtFirst(t *testing.T) {
	s := serve(t, None)
	s.put("INBOX", day.Add(-72*time.Hour), "ancien")
	s.put("INBOX", day, "un")
	r := s.reader()
	r.want(t, "un")
	s.put("INBOX", day.Add(-72*time.Hour), "en retard")
	r.want(t, "un", "en retard")
}

// The numbers of another mailbox, or of one that was made anew, say nothing of this one.
func TestNumbersThatBeginAnew(t *testing.T) {
	s := serve(t, None)
	s.create("Retours reçus")
	s.cfg.Folder = "Retours reçus"
	s.put(s.cfg.Folder, day, "un", "deux", "trois")
	r := s.reader()
	r.want(t, "un", "deux", "trois")
	before := r.at
	if err := s.user.Delete(s.cfg.Folder); err != nil {
		t.Fatal(err)
	}
	s.create(s.cfg.Folder)
	s.put(s.cfg.Folder, day, "quatre")
	r.want(t, "un", "deux", "trois", "quatre")
	if r.at.Validity == before.Validity || r.at.UID != 1 {
		t.Errorf("at %+v, before %+v", r.at, before)
	}
}

// A message whose hearing failed is heard again, and those behind it wait.
func TestNothingIsLostWhenHearingFails(t *testing.T) {
	s := serve(t, None)
	s.put("INBOX", day, "un", "deux", "trois")
	r, away := s.reader(), errors.New("away")
	for n, failing := range []string{"un", "deux", "deux", "trois"} {
		err := r.Read(t.Context(), r.at, day, func(_ context.Context, m Message, p Position) error {
			if strings.HasSuffix(string(m.Raw), failing) {
				return away
			}
			r.heard, r.at = append(r.heard, string(m.Raw)), p
			return nil
		})
		if !errors.Is(err, away) {
			t.Errorf("try %d: %v", n, err)
		}
	}
	r.want(t, "un", "deux", "trois")
}

// Wherever the connection is cut, all are heard, once and in their order.
func TestNothingIsLostWhereverTheConnectionIsCut(t *testing.T) {
	s := serve(t, None)
	want := []string{"un", "deux", strings.Repeat("trois ", 20)}
	s.put("INBOX", day, want...)
	cuts := 0
	for bytes := int64(0); ; bytes += 17 {
		cfg, cut := s.cutting(bytes)
		r := &reader{Box: *New(cfg)}
		err := r.read(t.Context())
		if err == nil && !cut.Load() && len(r.heard) == len(want) {
			break
		}
		if err != nil && !errors.Is(err, ErrUnreachable) {
			t.Errorf("cut after %d bytes: %v", bytes, err)
		}
		cuts++
		r.Box = *New(s.cfg)
		r.want(t, want...)
	}
	if cuts < 20 {
		t.Errorf("cut %d times", cuts)
	}
}

func TestOnlyTheBeginningOfALongMessageIsRead(t *testing.T) {
	s := serve(t, None)
	s.cfg.Limit = 100
	for _, n := range []int{99, 100, 101, 100_000} {
		s.put("INBOX", day, strings.Repeat("x", n-len("Subject: x\r\n\r\n")))
	}
	r := s.reader()
	if err := r.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, m := range r.heard {
		sizes = append(sizes, len(m))
	}
	if said := s.said(); !slices.Equal(sizes, []int{99, 100, 100, 100}) || len(said) > 10_000 {
		t.Errorf("read %v bytes of %d that came", sizes, len(said))
	}
}

// Each error says what to look at, and repeats nothing.
func TestMailboxesThatCannotBeRead(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody greets
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, port, _ := net.SplitHostPort(silent.Addr().String())
	for _, c := range []struct {
		name   string
		serves TLS
		change func(*Config)
		want   error
	}{
		{"another password", Implicit, func(c *Config) { c.Password = "autre" }, ErrSignIn},
		{"another name", StartTLS, func(c *Config) { c.Username = "autre" }, ErrSignIn},
		{"no such folder", Implicit, func(c *Config) { c.Folder = "Retours" }, ErrFolder},
		{"a certificate that nobody knows", Implicit, func(c *Config) { c.RootCAs = nil }, ErrCertificate},
		{"a certificate that nobody knows, after STARTTLS", StartTLS, func(c *Config) { c.RootCAs = nil }, ErrCertificate},
		{"a certificate of another name", Implicit, func(c *Config) { c.Host = "localhost" }, ErrCertificate},
		{"no STARTTLS where it is required", None, func(c *Config) { c.TLS = StartTLS }, ErrUnreachable},
		{"no TLS where it is required", None, func(c *Config) { c.TLS = Implicit }, ErrUnreachable},
		{"signing in in clear, where the server wants none", StartTLS, func(c *Config) { c.TLS = None }, ErrSignIn},
		{"nobody listens", Implicit, func(c *Config) { c.Port = "1" }, ErrUnreachable},
		{"nobody answers", None, func(c *Config) { c.Port = port }, ErrUnreachable},
		{"no such machine", None, func(c *Config) { c.Host = "mairie.invalid" }, ErrUnreachable},
	} {
		s := serve(t, c.serves)
		c.change(&s.cfg)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		for what, err := range map[string]error{"ping": New(s.cfg).Ping(ctx), "read": s.reader().read(ctx)} {
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: got %v, want %v", c.name, what, err, c.want)
			}
			if err != nil && (strings.ContainsAny(err.Error(), "@é") || strings.Contains(err.Error(), s.cfg.Host)) {
				t.Errorf("%s: the error repeats something: %v", c.name, err)
			}
		}
		cancel()
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		address string
		want    Config
	}{
		{"imaps://moi:secret@imap.exemple.fr", Config{Host: "imap.exemple.fr", Port: "993", Username: "moi", Password: "secret", Folder: "INBOX", TLS: Implicit}},
		{"imaps://retours@exemple.fr:p%40ss%2F@imap.exemple.fr:1993/", Config{Host: "imap.exemple.fr", Port: "1993", Username: "retours@exemple.fr", Password: "p@ss/", Folder: "INBOX", TLS: Implicit}},
		{"imap://retours%40exemple.fr:x@[::1]/Courriels%20revenus/2026", Config{Host: "::1", Port: "143", Username: "retours@exemple.fr", Password: "x", Folder: "Courriels revenus/2026", TLS: StartTLS}},
		{"imap://moi:x@127.0.0.1:1143?tls=none", Config{Host: "127.0.0.1", Port: "1143", Username: "moi", Password: "x", Folder: "INBOX", TLS: None}},
		{"", Config{}}, {"imaps://", Config{}}, {"imaps://imap.exemple.fr", Config{}}, {"imaps://moi@imap.exemple.fr", Config{}},
		{"imaps://:secret@imap.exemple.fr", Config{}}, {"imaps://moi:secret@imap.exemple.fr?tls=none", Config{}},
		{"imap://moi:secret@imap.exemple.fr?tls=nonne", Config{}}, {"imap://moi:secret@imap.exemple.fr?tls=none&x=y", Config{}},
		{"imaps://moi:secret@imap.exemple.fr#x", Config{}}, {"pop3://moi:secret@imap.exemple.fr", Config{}},
		{"imaps://moi:secret@imap.exemple.fr:0", Config{}}, {"imaps://moi:secret@imap.exemple.fr:65536", Config{}},
		{"imaps://moi:secret@imap.exemple.fr:secret", Config{}}, {"imaps://moi:se%zz@imap.exemple.fr", Config{}},
	} {
		got, err := Parse(c.address)
		if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want.Host != "") || err != nil && !errors.Is(err, ErrURL) {
			t.Errorf("%s: %v (-want +got)\n%s", c.address, err, diff)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
	one, _ := Parse("imaps://moi:secret@imap.exemple.fr")
	two, _ := Parse("imaps://moi:secret@imap.exemple.fr/Retours")
	if again, _ := Parse("imaps://moi:autre@imap.exemple.fr"); one.Key() == two.Key() || one.Key() != again.Key() || len(one.Key()) != 32 {
		t.Errorf("keys %s, %s, %s", one.Key(), two.Key(), again.Key())
	}
}

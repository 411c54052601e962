package sesmail

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"convoc/shared/mail"
)

func TestAllowance(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         mail.Allowance
	}{
		{"a limit of both", `{"SendingEnabled":true,"SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":1234}}`, mail.Allowance{Rate: 14, Daily: 50_000, Sent: 1234}},
		{"the sandbox", `{"SendingEnabled":true,"ProductionAccessEnabled":false,"SendQuota":{"Max24HourSend":200.0,"MaxSendRate":1.0,"SentLast24Hours":0.0}}`, mail.Allowance{Rate: 1, Daily: 200}},
		{"no limit of the day", `{"SendingEnabled":true,"SendQuota":{"Max24HourSend":-1,"MaxSendRate":90.5,"SentLast24Hours":7}}`, mail.Allowance{Rate: 90.5, Sent: 7}},
		{"paused", `{"SendingEnabled":false,"EnforcementStatus":"SHUTDOWN","SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":200}}`, mail.Allowance{Rate: 1, Daily: 200, Sent: 200, Paused: true}},
		{"more sent than may be", `{"SendingEnabled":true,"SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":212}}`, mail.Allowance{Rate: 1, Daily: 200, Sent: 212}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, asked := answering(t, http.StatusOK, "", c.answer)
			got, err := s.Allowance(t.Context())
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			if *asked != "GET /v2/email/account " {
				t.Errorf("asked %q", *asked)
			}
		})
	}
}

func TestUnblock(t *testing.T) {
	for address, path := range map[string]string{
		"anne@exemple.fr":       "/v2/email/suppression/addresses/anne@exemple.fr",
		"anne+a/b?c@exemple.fr": "/v2/email/suppression/addresses/anne+a/b?c@exemple.fr",
		"élu@commune.fr":        "/v2/email/suppression/addresses/élu@commune.fr",
	} {
		s, asked := answering(t, http.StatusOK, "", "{}")
		if err := s.Unblock(t.Context(), address); err != nil || *asked != "DELETE "+path+" " {
			t.Errorf("%s: got %v, asked %q", address, err, *asked)
		}
	}
}

func TestUnblockingAnAddressThatIsNotBlockedIsNoError(t *testing.T) {
	s, _ := answering(t, http.StatusNotFound, "NotFoundException", `{"message":"Email address anne@exemple.fr does not exist on your suppression list."}`)
	if err := s.Unblock(t.Context(), "anne@exemple.fr"); err != nil {
		t.Errorf("got %v", err)
	}
}

const answersNothing = "no answer"

// failures are answers after which nothing is known, and what is told of each.
var failures = []struct {
	name   string
	status int
	kind   string
	body   string
	told   string
}{
	{"no right to", 403, "AccessDeniedException", `{"message":"User anne@exemple.fr is not authorized"}`, "AccessDeniedException"},
	{"the session has ended", 403, "ExpiredTokenException", `{"message":"expired"}`, "ExpiredTokenException"},
	{"too often", 429, "TooManyRequestsException", `{"message":"slow down"}`, "TooManyRequestsException"},
	{"the request is refused", 400, "BadRequestException", `{"message":"Invalid address <anne@exemple.fr>"}`, "BadRequestException"},
	{"a fault of the service", 500, "InternalFailure", `{"message":"anne@exemple.fr"}`, "InternalFailure"},
	{"a service that is not there", 503, "", "", "UnknownError"},
	{"a page on the way that knows the address", 502, "", "<html>DELETE anne@exemple.fr</html>", answersNothing},
	{"a kind that is an address", 400, "anne@exemple.fr", `{"message":"no"}`, "…"},
	{"not found, but not by the service", 404, "", `{"message":"no such path"}`, "UnknownError"},
	{"led elsewhere", 302, "", "", "UnknownError"},
}

func TestFailuresAreToldWithoutAnAddress(t *testing.T) {
	for _, c := range failures {
		t.Run(c.name, func(t *testing.T) {
			s, _ := answering(t, c.status, c.kind, c.body)
			a, err := s.Allowance(t.Context())
			tells(t, err, c.told)
			if a != (mail.Allowance{}) {
				t.Errorf("with an error: %+v", a)
			}
			tells(t, s.Unblock(t.Context(), "anne@exemple.fr"), c.told)
		})
	}
}

// tells holds an error to what it tells, and to no address.
func tells(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.HasSuffix(err.Error(), ": "+want) || strings.Contains(err.Error(), "exemple") {
		t.Errorf("got %v, want … %s", err, want)
	}
}

func TestAnswersWithoutAQuotaAreNoAllowance(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":              "",
		"an empty answer":      "{}",
		"no quota":             `{"SendingEnabled":true}`,
		"an empty quota":       `{"SendingEnabled":true,"SendQuota":{}}`,
		"a page":               "<html>Bienvenue</html>",
		"cut short":            `{"SendingEnabled":true,"SendQuota":{"Max24Hour`,
		"a quota that is none": `{"SendingEnabled":true,"SendQuota":{"Max24HourSend":"beaucoup"}}`,
	} {
		s, _ := answering(t, http.StatusOK, "", body)
		if a, err := s.Allowance(t.Context()); err == nil || a != (mail.Allowance{}) {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
}

// Nobody answers, or not in time: that is told, once, and after one request.
func TestAccountThatDoesNotAnswer(t *testing.T) {
	for name, do := range map[string]func(net.Conn) bool{
		"silence": func(net.Conn) bool { return true },
		"cut":     func(net.Conn) bool { return false },
		"reset":   func(c net.Conn) bool { reset(c); return false },
		"later": func(c net.Conn) bool {
			_, _ = c.Write([]byte("HTTP/1.1 503 \r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"))
			return true
		},
	} {
		for call, ask := range map[string]func(context.Context, *Sender) error{
			"quota":   func(ctx context.Context, s *Sender) error { _, err := s.Allowance(ctx); return err },
			"unblock": func(ctx context.Context, s *Sender) error { return s.Unblock(ctx, "anne@exemple.fr") },
		} {
			t.Run(call+", "+name, func(t *testing.T) {
				t.Parallel()
				w := listen(t, func(_ int64, _ *http.Request, c net.Conn) bool { return do(c) })
				s := sender(w)
				s.timeout = 300 * time.Millisecond // one of the endings is none
				want := answersNothing
				if name == "later" {
					want = "UnknownError"
				}
				tells(t, ask(t.Context(), s), want)
				if n := w.requests.Load(); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
	nowhere := Open(Client(configuration(deaf(t))), "")
	_, err := nowhere.Allowance(t.Context())
	tells(t, err, answersNothing)
	tells(t, nowhere.Unblock(t.Context(), "anne@exemple.fr"), answersNothing)
}

package smtpmail

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/mail"
)

const whole = " MAIL RCPT DATA ."

// numbered are messages that can be told apart.
func numbered(mark string) mail.Envelope {
	m := envelope
	m.Raw = []byte("Subject: " + mark + "\r\n\r\nBonjour\r\n")
	return m
}

func send(t *testing.T, s *Sender, mark string, want mail.Outcome, reason mail.Reason) {
	t.Helper()
	got := s.Send(t.Context(), numbered(mark))
	if got.Outcome != want || got.Reason != reason || strings.Contains(got.Detail, "@") {
		t.Errorf("%s: got %s %q (%s), want %s %q", mark, got.Outcome, got.Reason, got.Detail, want, reason)
	}
}

// dialogue holds what each connection was told, once the sender is closed.
func (r *scripted) dialogue(t *testing.T, s *Sender, want ...string) {
	t.Helper()
	s.Close()
	synctest.Wait()
	if diff := cmp.Diff(want, r.heard); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

// Whatever ends a connection that was kept before the data of the next message begin, that message leaves once, by a
// new one, and nothing is said of it that was not about it.
func TestConnectionThatEndsUnderTheNextMessageIsReplacedOnce(t *testing.T) {
	for name, then := range map[string][]string{
		"closed while nobody used it":                  {"later cut"},
		"farewell while nobody used it":                {"later 421 4.4.2 idle"},
		"farewell together with the acceptance":        {"250 queued\r\n421 4.3.2 enough"},
		"an answer too many with the acceptance":       {"250 queued\r\n250 queued"},
		"an answer too many later":                     {"later 250 queued"},
		"no answer that SMTP knows, later":             {"later hello"},
		"closed at MAIL":                               {"cut"},
		"farewell at MAIL":                             {"421 4.4.2 closing"},
		"enough messages, says MAIL for now":           {"451 4.5.0 too many on this connection"},
		"enough messages, says MAIL for good":          {"554 5.5.0 start anew"},
		"an answer too many to MAIL":                   {"250 ok\r\n250 ok"},
		"closed at RCPT":                               {"250 ok", "cut"},
		"farewell at RCPT":                             {"250 ok", "421 4.3.2 enough"},
		"too fast at RCPT":                             {"250 ok", "450 4.7.1 too many recipients on this connection"},
		"no relaying any more":                         {"250 ok", "554 5.7.1 Relay access denied"},
		"the disk is full":                             {"250 ok", "452 4.3.1 Insufficient system storage"},
		"closed at DATA":                               {"250 ok", "250 ok", "cut"},
		"farewell at DATA":                             {"250 ok", "250 ok", "421 4.3.2 enough"},
		"what answers DATA is no answer to it":         {"250 ok", "250 ok", "250 ok"},
		"MAIL's refusal in the place of RCPT's":        {"250 ok", "554 5.1.0 no", "503 5.5.1 no MAIL"},
		"RCPT's refusal in the place of DATA's":        {"250 ok", "250 ok", "550 5.1.1 unknown", "503 5.5.1 no RCPT"},
		"closed after a refusal that nobody can prove": {"250 ok", "550 5.1.1 unknown", "cut"},
		"silent after one":                             {"250 ok", "550 5.1.1 unknown", "hang"},
		"an answer too many to RSET":                   {"250 ok", "550 5.1.1 unknown", "250 ok\r\n250 ok"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := carried(then...)
				if strings.HasPrefix(then[0], "250 queued") {
					first = append(carried()[:3], then...)
				}
				s, r := relayed(t, first, carried())
				send(t, s, "un", mail.Accepted, "")
				time.Sleep(2 * time.Second)
				synctest.Wait()
				send(t, s, "deux", mail.Accepted, "")
				s.Close()
				got := []string{}
				for _, m := range r.messages() {
					got = append(got, strings.Fields(m)[1])
				}
				if !slices.Equal(got, []string{"un", "deux"}) || len(r.marks) != 2 || len(r.marks[1]) != 1 {
					t.Errorf("got %q on %d connections, want each once on its own", got, r.connections())
				}
			})
		})
	}
}

// What a relay has said or done unasked is seen before the connection is used, however soon that is.
func TestConnectionThatIsOutOfStepIsToldNothingMore(t *testing.T) {
	for _, end := range []string{"250 queued\r\n250 queued", "250 queued\r\n421 4.3.2 enough", "250 queued\r\nhello"} {
		synctest.Test(t, func(t *testing.T) {
			s, r := relayed(t, append(carried()[:3], end), carried())
			send(t, s, "un", mail.Accepted, "")
			send(t, s, "deux", mail.Accepted, "")
			r.dialogue(t, s, "EHLO"+whole, "EHLO"+whole+" QUIT")
		})
	}
}

// The new connection's answer is the one that counts, and there is no third.
func TestNewConnectionTellsTheResult(t *testing.T) {
	for _, c := range []struct {
		name   string
		second []string // nil: the relay is away
		want   mail.Outcome
		reason mail.Reason
	}{
		{"the relay is away", nil, mail.RefusedForNow, mail.ReasonConnection},
		{"the new one is cut as well", []string{"cut"}, mail.RefusedForNow, mail.ReasonConnection},
		{"the new one bids farewell as well", []string{"421 4.3.2 closing"}, mail.RefusedForNow, mail.ReasonConnection},
		{"the relay is too busy", []string{"450 4.7.1 too many"}, mail.RefusedForNow, mail.ReasonThrottled},
		{"our address is refused", []string{"554 5.7.1 no"}, mail.RefusedForNow, mail.ReasonCredentials},
		{"there is no such mailbox", []string{"250 ok", "550 5.1.1 unknown"}, mail.RefusedForGood, mail.ReasonNoMailbox},
		{"nor a relay that says more", []string{"250 ok", "550 5.1.1 unknown", "cut"}, mail.RefusedForGood, mail.ReasonNoMailbox},
		{"it is cut after the final dot", []string{"250 ok", "250 ok", "354 go", "cut"}, mail.Unknown, mail.ReasonTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				scripts := [][]string{carried("cut"), c.second, carried()}
				if c.second == nil {
					scripts = scripts[:1]
				}
				s, r := relayed(t, scripts...)
				send(t, s, "un", mail.Accepted, "")
				send(t, s, "deux", c.want, c.reason)
				if r.connections() > 2 {
					t.Errorf("%d connections", r.connections())
				}
			})
		})
	}
}

// Once the relay has asked for the data, nothing is tried again, on a used connection no more than on a new one.
func TestNothingIsTriedAgainOnceDataHaveBegun(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    []string // after RCPT
		want   mail.Outcome
		reason mail.Reason
		kept   bool // the connection is used for the next message
	}{
		{"cut in mid-message", []string{"354 go", "later cut"}, mail.RefusedForNow, mail.ReasonConnection, false},
		{"out of turn in mid-message", []string{"354 go\r\n250 queued", "hang"}, mail.RefusedForNow, mail.ReasonConnection, false},
		{"cut after the final dot", []string{"354 go", "cut"}, mail.Unknown, mail.ReasonTimeout, false},
		{"silence after the final dot", []string{"354 go", "hang"}, mail.Unknown, mail.ReasonTimeout, false},
		{"no SMTP after the final dot", []string{"354 go", "hello"}, mail.Unknown, mail.ReasonTimeout, false},
		{"an answer to something else", []string{"354 go", "354 go"}, mail.Unknown, mail.ReasonTimeout, false},
		{"another yes than the one to a message", []string{"354 go", "220 relay"}, mail.Unknown, mail.ReasonTimeout, false},
		{"farewell after the final dot", []string{"354 go", "421 4.3.2 closing"}, mail.RefusedForNow, mail.ReasonConnection, false},
		{"the disk is full", []string{"354 go", "452 4.3.1 no space"}, mail.RefusedForNow, mail.ReasonConnection, false},
		{"refused after the final dot", []string{"354 go", "554 5.6.0 content"}, mail.RefusedForGood, mail.ReasonContent, true},
		{"refused, and cut at RSET", []string{"354 go", "554 5.6.0 content", "cut"}, mail.RefusedForGood, mail.ReasonContent, false},
		{"refused, and out of step at RSET", []string{"354 go", "554 5.6.0 content", "554 5.6.0 content"}, mail.RefusedForGood, mail.ReasonContent, false},
	} {
		for used, before := range map[string][]string{"new": nil, "used": carried()} {
			t.Run(c.name+", "+used, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					first := slices.Concat(before, []string{"250 ok", "250 ok"}, c.end)
					if c.kept {
						first = append(first, "250 ok")
					}
					first = append(first, carried()...)
					s, r := relayed(t, first, carried())
					if before != nil {
						send(t, s, "un", mail.Accepted, "")
					}
					m := numbered("deux")
					if c.end[len(c.end)-1] == "later cut" { // more than is read ahead: the relay reads no more
						m.Raw = append(m.Raw, strings.Repeat("x\r\n", 10_000)...)
					}
					got := s.Send(t.Context(), m)
					if got.Outcome != c.want || got.Reason != c.reason {
						t.Errorf("got %+v, want %s %s", got, c.want, c.reason)
					}
					if r.connections() != 1 {
						t.Errorf("it went to %d connections", r.connections())
					}
					send(t, s, "trois", mail.Accepted, "")
					if n := r.connections(); (n == 1) != c.kept {
						t.Errorf("the next one: %d connections", n)
					}
				})
			})
		}
	}
}

func TestRefusedRecipientLeavesTheConnectionUsable(t *testing.T) {
	refused := []string{"250 ok", "550 5.1.1 unknown", "250 reset"}
	full := []string{"250 ok", "452 4.2.2 mailbox full", "250 reset"}
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, slices.Concat(refused, carried(), full, carried()))
		send(t, s, "un", mail.RefusedForGood, mail.ReasonNoMailbox)
		send(t, s, "deux", mail.Accepted, "")
		send(t, s, "trois", mail.RefusedForNow, mail.ReasonMailboxFull)
		send(t, s, "quatre", mail.Accepted, "")
		r.dialogue(t, s, "EHLO MAIL RCPT RSET"+whole+" MAIL RCPT RSET"+whole+" QUIT")
	})
}

func TestRelayHasEnoughOfRefusalsInARow(t *testing.T) {
	refused := []string{"250 ok", "550 5.1.1 unknown", "250 reset"}
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, slices.Concat(refused, carried(), slices.Repeat(refused, mostRefusals)), carried())
		send(t, s, "un", mail.RefusedForGood, mail.ReasonNoMailbox)
		send(t, s, "deux", mail.Accepted, "")
		for range mostRefusals {
			send(t, s, "trois", mail.RefusedForGood, mail.ReasonNoMailbox)
		}
		send(t, s, "quatre", mail.Accepted, "")
		no := " MAIL RCPT RSET"
		r.dialogue(t, s, "EHLO"+no+whole+strings.Repeat(no, mostRefusals)+" QUIT", "EHLO"+whole+" QUIT")
	})
}

func TestSoManyMessagesAndNoMoreOnOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, slices.Repeat(carried(), mostMessages), carried())
		for range mostMessages + 1 {
			send(t, s, "un", mail.Accepted, "")
		}
		r.dialogue(t, s, "EHLO"+strings.Repeat(whole, mostMessages)+" QUIT", "EHLO"+whole+" QUIT")
	})
}

func TestIdleConnectionTakesLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, slices.Repeat(carried(), 2), carried())
		send(t, s, "un", mail.Accepted, "")
		time.Sleep(idleFor - time.Millisecond)
		send(t, s, "deux", mail.Accepted, "") // and the time begins again
		time.Sleep(idleFor - time.Millisecond)
		if got := r.told(0); strings.Contains(got, "QUIT") {
			t.Errorf("before its time: %s", got)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if got := r.told(0); !strings.HasSuffix(got, " QUIT") {
			t.Errorf("after its time: %s", got)
		}
		send(t, s, "trois", mail.Accepted, "")
		r.dialogue(t, s, "EHLO"+whole+whole+" QUIT", "EHLO"+whole+" QUIT")
	})
}

// A dozen together: as many connections, of which so many are kept.
func TestKeptConnectionsAreFew(t *testing.T) {
	const together = 12
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, slices.Repeat([][]string{carried()}, together)...)
		r.answers = time.Second
		var crowd sync.WaitGroup
		for range together {
			crowd.Go(func() { send(t, s, "un", mail.Accepted, "") })
		}
		crowd.Wait()
		synctest.Wait()
		left := 0
		for n := range together {
			if strings.HasSuffix(r.told(n), " QUIT") {
				left++
			}
		}
		if left != together-mostIdle {
			t.Errorf("%d of %d took leave, want all but %d", left, together, mostIdle)
		}
		r.dialogue(t, s, slices.Repeat([]string{"EHLO" + whole + " QUIT"}, together)...)
	})
}

func TestClosedSenderKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, carried(), carried())
		send(t, s, "un", mail.Accepted, "")
		s.Close()
		send(t, s, "deux", mail.Accepted, "")
		synctest.Wait()
		if got := r.told(1); !strings.HasSuffix(got, " QUIT") {
			t.Errorf("the second one was told %s", got)
		}
		r.dialogue(t, s, "EHLO"+whole+" QUIT", "EHLO"+whole+" QUIT")
	})
}

// A relay that says nothing any more keeps nobody from stopping.
func TestCloseDoesNotWaitForTheRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := relayed(t, carried("hang"))
		send(t, s, "un", mail.Accepted, "")
		before := time.Now()
		s.Close()
		if d := time.Since(before); d != tidying {
			t.Errorf("closed after %s, want %s", d, tidying)
		}
	})
}

func TestEndedContextUsesNoKeptConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := relayed(t, carried(carried()...))
		send(t, s, "un", mail.Accepted, "")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := s.Send(ctx, numbered("deux")); got.Outcome != mail.RefusedForNow || got.Reason != mail.ReasonConnection {
			t.Errorf("got %+v", got)
		}
		send(t, s, "trois", mail.Accepted, "")
		r.dialogue(t, s, "EHLO"+whole+whole+" QUIT")
	})
}

// A context that ends in the middle of a message on a kept connection ends the connection, and the result is its own.
func TestContextThatEndsOnAKeptConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		then []string
		want mail.Outcome
	}{
		{"at MAIL", []string{"hang"}, mail.RefusedForNow},
		{"at RCPT", []string{"250 ok", "hang"}, mail.RefusedForNow},
		{"at DATA", []string{"250 ok", "250 ok", "hang"}, mail.RefusedForNow},
		{"after the final dot", []string{"250 ok", "250 ok", "354 go", "hang"}, mail.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := relayed(t, carried(c.then...), carried())
				send(t, s, "un", mail.Accepted, "")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if got := s.Send(ctx, numbered("deux")); got.Outcome != c.want {
					t.Errorf("got %+v, want %s", got, c.want)
				}
				if r.connections() != 1 {
					t.Error("it was tried again")
				}
				send(t, s, "trois", mail.Accepted, "")
			})
		})
	}
}

package convocation

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOpening(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Signals
		want Opening
		said string
	}{
		{"an old browser that says nothing", Signals{}, OpenedByPerson, ""},
		{"a person who reads first", Signals{Age: 3 * time.Second, SinceSent: time.Hour}, OpenedByPerson, "age=3s"},
		{"after a week, on a tablet that keeps its tabs", Signals{Age: 7 * 24 * time.Hour}, OpenedByPerson, "age=604800s"},

		{"the decoy", Signals{Decoy: true}, OpenedByProgram, "decoy"},
		{"the decoy, slowly", Signals{Decoy: true, Age: time.Minute}, OpenedByProgram, "decoy,age=60s"},
		{"fetched ahead", Signals{Prefetch: true}, OpenedByProgram, "prefetch"},
		{"a millisecond", Signals{Age: time.Millisecond}, OpenedByProgram, "quick,age=0s"},
		{"799 ms: no person", Signals{Age: 799 * time.Millisecond}, OpenedByProgram, "quick,age=0s"},
		{"800 ms: a quick person", Signals{Age: 800 * time.Millisecond}, OpenedByPerson, "age=0s"},
		{"801 ms", Signals{Age: 801 * time.Millisecond}, OpenedByPerson, "age=0s"},

		{"nobody pressed, says the browser", Signals{NoUser: true}, OpenedDoubtful, "no-user"},
		{"nobody pressed, and slowly", Signals{NoUser: true, Age: 9 * time.Second}, OpenedDoubtful, "no-user,age=9s"},
		{"a scanner's network, a second after", Signals{Scanner: true, SinceSent: time.Second}, OpenedDoubtful, "scanner"},
		{"a scanner's network, 59.999 s after", Signals{Scanner: true, SinceSent: time.Minute - time.Millisecond}, OpenedDoubtful, "scanner"},
		{"a scanner's network, a minute after", Signals{Scanner: true, SinceSent: time.Minute}, OpenedByPerson, ""},
		{"a scanner's network, nobody knows when it was sent", Signals{Scanner: true}, OpenedByPerson, ""},
		{"another network, a second after", Signals{SinceSent: time.Second}, OpenedByPerson, ""},

		{"fetched ahead, and nobody pressed: a program", Signals{Prefetch: true, NoUser: true}, OpenedByProgram, "prefetch,no-user"},
		{"quick, from a scanner's network: a program", Signals{Age: 1, Scanner: true, SinceSent: 1}, OpenedByProgram, "quick,scanner,age=0s"},
		{"all of them", Signals{true, true, 500 * time.Millisecond, true, true, time.Second}, OpenedByProgram,
			"decoy,prefetch,quick,no-user,scanner,age=0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.s.Opening(); got != c.want {
				t.Errorf("opened by %s, want %s", got, c.want)
			}
			if got := c.s.String(); got != c.said {
				t.Errorf("kept as %q, want %q", got, c.said)
			}
		})
	}
}

// The rows of programs come before those of doubt: what is certain is not doubted.
func TestCertainRowsComeFirst(t *testing.T) {
	doubt := false
	for _, row := range openings {
		if doubt = doubt || row.is == OpenedDoubtful; doubt && row.is == OpenedByProgram {
			t.Errorf("%q comes after a doubt", row.name)
		}
	}
}

func drawSignals(rt *rapid.T) Signals {
	span := func(label string) time.Duration {
		return rapid.SampledFrom([]time.Duration{0, 1, 799, 800, 59_999, 60_000, 1 << 30}).Draw(rt, label) * time.Millisecond
	}
	return Signals{
		rapid.Bool().Draw(rt, "decoy"), rapid.Bool().Draw(rt, "prefetch"), span("age"), rapid.Bool().Draw(rt, "no user"),
		rapid.Bool().Draw(rt, "scanner"), span("since"),
	}
}

// What is kept names nobody and no device: rows of the table, and an age in seconds.
func TestSignalsNameNobody(t *testing.T) {
	shape := regexp.MustCompile(`^(decoy|prefetch|quick|no-user|scanner|age=[0-9]+s|,)*$`)
	seen := map[Opening]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSignals(rt)
		if got := s.String(); !shape.MatchString(got) || len(got) > 80 {
			rt.Fatalf("%+v is kept as %q", s, got)
		}
		o := s.Opening()
		seen[o] = true
		if !slices.Contains([]Opening{OpenedByPerson, OpenedDoubtful, OpenedByProgram}, o) {
			rt.Fatalf("%+v opens as %q", s, o)
		}
	})
	if len(seen) != 3 {
		t.Errorf("only %v were seen", seen)
	}
}

// More that speaks for a program never makes it less of one.
func TestMoreSignalsNeverSpeakForAPerson(t *testing.T) {
	weight := map[Opening]int{OpenedByPerson: 0, OpenedDoubtful: 1, OpenedByProgram: 2}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSignals(rt)
		for name, add := range map[string]func(*Signals){
			"decoy": func(s *Signals) { s.Decoy = true }, "prefetch": func(s *Signals) { s.Prefetch = true },
			"no user": func(s *Signals) { s.NoUser = true }, "scanner": func(s *Signals) { s.Scanner = true },
		} {
			more := s
			add(&more)
			if weight[more.Opening()] < weight[s.Opening()] {
				rt.Fatalf("%+v opens as %s, and with %s as %s", s, s.Opening(), name, more.Opening())
			}
		}
	})
}

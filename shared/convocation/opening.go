package convocation

import (
	"strconv"
	"strings"
	"time"
)

// Opening is what a press on « Ouvrir la convocation » counts for.
type Opening string

// The openings: a person's; one that counts once a stronger act follows, a document or an answer (« ouverture à
// vérifier »); a program's, which only the journal keeps (« ouverture automatique ignorée »).
const (
	OpenedByPerson  Opening = "person"
	OpenedDoubtful  Opening = "doubtful"
	OpenedByProgram Opening = "program"
)

// Signals are what is known of a press. The zero value is an old browser that says nothing of itself, slow enough.
type Signals struct {
	Decoy     bool          // the button that no person sees was pressed
	Prefetch  bool          // the browser fetched ahead (Sec-Purpose: prefetch)
	Age       time.Duration // since the page was drawn; 0: unknown
	NoUser    bool          // no Sec-Fetch-User from a browser that sends it with what a person presses
	Scanner   bool          // from the network of a known mail scanner
	SinceSent time.Duration // since the mail was accepted; 0: unknown
}

const (
	tooQuick    = 800 * time.Millisecond // no person finds and presses the button in less
	justArrived = 60 * time.Second       // scanners follow links as the mail comes in
)

// openings is the table of signals, the first row that holds decides. A missing header alone never counts against a
// person who uses an old browser.
var openings = []struct {
	name  string
	holds func(Signals) bool
	is    Opening
}{
	{"decoy", func(s Signals) bool { return s.Decoy }, OpenedByProgram},
	{"prefetch", func(s Signals) bool { return s.Prefetch }, OpenedByProgram},
	{"quick", func(s Signals) bool { return s.Age > 0 && s.Age < tooQuick }, OpenedByProgram},
	{"no-user", func(s Signals) bool { return s.NoUser }, OpenedDoubtful},
	{"scanner", func(s Signals) bool { return s.Scanner && s.SinceSent > 0 && s.SinceSent < justArrived }, OpenedDoubtful},
}

// Opening says what the press counts for.
func (s Signals) Opening() Opening {
	for _, row := range openings {
		if row.holds(s) {
			return row.is
		}
	}
	return OpenedByPerson
}

// String is what is kept of the signals: « no-user,age=3s ». It names nobody and no device.
func (s Signals) String() string {
	var said []string
	for _, row := range openings {
		if row.holds(s) {
			said = append(said, row.name)
		}
	}
	if s.Age > 0 {
		said = append(said, "age="+strconv.FormatInt(int64(s.Age/time.Second), 10)+"s")
	}
	return strings.Join(said, ",")
}

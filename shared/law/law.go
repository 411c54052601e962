// Package law holds what the texts ask of a convocation: the delay before a meeting, its shortening by urgency, the note
// that goes with it, the quorum, how many proxies one may hold. It counts clear days (« jours francs ») and judges a
// sending by them.
//
// The rules are data, in table.go: a row for each kind of assembly and occasion, with its article, its source and the
// dates between which it holds. A collectivité may lengthen a delay, never shorten it.
//
// Texts change, and the table was written by programmers: a lawyer confirms it before production. Where a text is silent
// or says « days » only, the row takes the reading that protects the deliberation, and says so.
//
// Clear days: neither the day of sending nor the day of the meeting counts; Saturdays, Sundays and holidays do; nothing is
// put off to the next working day. Days are those of the collectivité's own zone. None of it proves that anybody received
// anything: that is a fact of each recipient.
package law

import (
	"slices"
	"time"
)

// Body is a kind of assembly in law (« type d'organe »).
type Body string

// The kinds of assemblies. A commune of Alsace-Moselle with 3,500 inhabitants or more is a [CommuneLarge]: L2541-1 sends
// it to L2121-12.
const (
	CommuneSmall         Body = "commune_small"          // under 3,500 inhabitants
	CommuneLarge         Body = "commune_large"          // 3,500 and more
	CommuneAlsaceMoselle Body = "commune_alsace_moselle" // under 3,500 inhabitants, in Moselle, Bas-Rhin or Haut-Rhin
	EPCISmall            Body = "epci_small"             // EPCI or syndicat of communes all under 3,500 inhabitants
	EPCILarge            Body = "epci_large"             // with one of 3,500 and more
	Departement          Body = "departement"
	Region               Body = "region"
	CCAS                 Body = "ccas"
	Own                  Body = "own" // syndicat mixte ouvert, commission, bureau: statutes or rules of its own
)

// Bodies lists the kinds of assemblies, in the order in which a page shows them.
func Bodies() []Body {
	return []Body{CommuneSmall, CommuneLarge, CommuneAlsaceMoselle, EPCISmall, EPCILarge, Departement, Region, CCAS, Own}
}

// ParseBody checks a kind of assembly from outside.
func ParseBody(s string) (Body, bool) { return Body(s), slices.Contains(Bodies(), Body(s)) }

// Occasion is why an assembly meets.
type Occasion string

// The occasions.
const (
	Ordinary          Occasion = "ordinary"
	FirstAfterRenewal Occasion = "first_after_renewal" // after the general elections (« renouvellement général »)
	SecondCall        Occasion = "second_call"         // the same agenda, after a meeting that lacked its quorum
)

// Occasions lists the occasions.
func Occasions() []Occasion { return []Occasion{Ordinary, FirstAfterRenewal, SecondCall} }

// ParseOccasion checks an occasion from outside.
func ParseOccasion(s string) (Occasion, bool) {
	return Occasion(s), slices.Contains(Occasions(), Occasion(s))
}

// NoteRule says whether an explanatory note (« note de synthèse ») goes with the convocation.
type NoteRule string

// The rules of notes.
const (
	NoteNone         NoteRule = "none"
	NoteIfClassified NoteRule = "if_classified" // when an item is about a classified installation
	NoteIfLarge      NoteRule = "if_large"      // when the commune has 3,500 inhabitants or more
	NoteAlways       NoteRule = "always"
	NoteReport       NoteRule = "report" // a report on each item of the agenda
)

// NoUrgency stands for a delay that no urgency shortens.
const NoUrgency = -1

// Rule is what the texts ask of a convocation.
type Rule struct {
	Body     Body
	Occasion Occasion
	From     time.Time // midnight UTC of the first date on which it holds; zero: it always did, as far as we look back
	Until    time.Time // midnight UTC of the first date on which it does not; zero: it still holds

	ClearDays        int  // between the day of sending and the day of the meeting; 0: nothing is asked
	UrgencyClearDays int  // the same in urgency; 0: the day before will do; [NoUrgency]
	Prudence         bool // the text says « days »: counted as clear days by prudence

	// OfRight: the law itself sets when it meets (« de plein droit »), so that no rule of the collectivité's own
	// lengthens the delay: it could not be kept.
	OfRight   bool
	AfterDays int // OfRight: it meets so many days after the meeting that lacked its quorum; 0: the text sets it otherwise

	Note       NoteRule
	NoQuorum   bool // whoever comes can decide, unless urgency shortened the delay: ask [Rule.Quorum]
	TwoThirds  bool // the quorum is two thirds of the members: the president is elected
	MustRecall bool // the convocation recalls that no quorum will be needed

	Remote           bool // à distance may be offered
	Substitutes      bool // a member may have a substitute (« suppléant »), who is convened too
	ProxiesPerHolder int  // proxies (« pouvoirs ») that one member may hold

	Article string // the article that sets the delay or the date, as cited: « L2121-11 »; empty: none does
	Source  string // all that the row rests on; decisions of the Conseil d'État by date and number
}

// RuleFor is the rule in force for a meeting held on a date, read in at's own location: the collectivité's. While the date
// is not known (zero) it is the rule that has no end. An occasion on which the texts say nothing special has the ordinary
// rule, whose Occasion says so. For an unknown kind of assembly it is the most that any text asks.
func RuleFor(b Body, o Occasion, at time.Time) Rule { return ruleIn(table, b, o, at) }

func ruleIn(rows []Rule, b Body, o Occasion, at time.Time) Rule {
	for _, occasion := range []Occasion{o, Ordinary} {
		for _, r := range rows {
			if r.Body == b && r.Occasion == occasion && r.inForce(at) {
				return r
			}
		}
	}
	return Rule{Body: b, Occasion: Ordinary, ClearDays: 12, UrgencyClearDays: NoUrgency, Note: NoteReport, ProxiesPerHolder: 1}
}

func (r Rule) inForce(at time.Time) bool {
	if at.IsZero() {
		return r.Until.IsZero()
	}
	y, m, d := at.Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return !date.Before(r.From) && (r.Until.IsZero() || date.Before(r.Until))
}

// Lengthened is the rule with the delay of the collectivité's own rules, where that one is longer. For [Own] it is the
// only delay there is.
func (r Rule) Lengthened(days int) Rule {
	if !r.OfRight {
		r.ClearDays = max(r.ClearDays, days)
	}
	return r
}

// Quorum is how many of the members in office must be present; 0: whoever comes can decide. A second call that urgency
// shortened needs the ordinary quorum again (CE 1997-06-16, 142691).
func (r Rule) Quorum(membersInOffice int, urgent bool) int {
	switch {
	case r.NoQuorum && !urgent:
		return 0
	case r.TwoThirds:
		return (2*max(membersInOffice, 0) + 2) / 3
	}
	return Quorum(membersInOffice)
}

// Quorum is more than half of the members in office (CGCT L2121-17). Those present count, never a proxy. With nobody in
// office it is 0, and nothing can be decided: whoever compares must not take that for a quorum that is reached.
func Quorum(membersInOffice int) int {
	if membersInOffice <= 0 {
		return 0
	}
	return membersInOffice/2 + 1
}

package convocation

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/law"
)

// AssemblyID names an assembly (« assemblée ») : « asm_ » and 16 characters.
type AssemblyID string

// AssemblyPrefix begins it.
const AssemblyPrefix = "asm_"

// Assembly is a council, a bureau, a committee (« conseil, bureau, commission »): who meets, and the rules it meets by.
type Assembly struct {
	ID               AssemblyID
	Version          int64             // grows by one at each change
	Name             string            // « Conseil municipal »; 1 to MaxAssemblyName characters
	Body             law.Body          // which texts apply
	Members          int               // in office (« membres en exercice »), by which the quorum is counted; 1 to MaxMembers
	Group            directory.GroupID // its councillors: who is convened beside them is a guest; empty: all addressees are
	ClearDays        int               // of its own rules: longer than the law's, or the only ones; 0: the law's
	ProxiesPerHolder int               // of its own rules; 0: the law's
	Place            string            // where it usually meets; may be empty
	Signatory        string            // who convenes: « Le maire, Jean Martin »; may be empty
}

// Meeting is what a convocation convenes to (« séance »).
type Meeting struct {
	Assembly    Assembly // as it was when the draft was last saved
	Occasion    law.Occasion
	At          time.Time // zero while it is not known
	Place       string
	Agenda      []string // the items in their order (« ordre du jour »)
	Signatory   string   // who convenes; may be empty
	Remote      bool     // à distance is offered, where the law lets it be
	Substitutes bool     // a suppléant may come instead, where the law lets them
	Urgent      string   // the reason of an urgency; empty: none
}

// Limits of a meeting.
const (
	MaxAssemblyName = 120 // characters
	MaxMembers      = 500 // in office; the largest French assembly has 209
	MaxPlace        = 300 // characters
	MaxSignatory    = 200 // characters
	MaxAgendaItems  = 100
	MaxAgendaItem   = 500                  // characters
	MaxAgenda       = 20_000               // characters of all items
	MaxAhead        = 366 * 24 * time.Hour // a meeting further away is a mistyped year
)

// The refusals of a meeting.
var (
	ErrAssemblyUnknown  = errs.Define(errs.Invalid, "assembly_unknown", "the assembly does not exist any more")
	ErrAssemblyName     = errs.Define(errs.Invalid, "assembly_name_invalid", "an assembly needs a name of 1 to 120 characters")
	ErrAssemblyTaken    = errs.Define(errs.Conflict, "assembly_name_taken", "an assembly of that name exists")
	ErrBodyUnknown      = errs.Define(errs.Invalid, "body_unknown", "no such kind of assembly")
	ErrOccasionUnknown  = errs.Define(errs.Invalid, "occasion_unknown", "no such occasion")
	ErrMembers          = errs.Define(errs.Invalid, "members_invalid", "members in office are 1 to 500")
	ErrRuleInvalid      = errs.Define(errs.Invalid, "rule_invalid", "a delay is 0 to 60 days, proxies 0 to 5 a holder")
	ErrPlaceTooLong     = errs.Define(errs.Invalid, "place_too_long", "the place is over 300 characters")
	ErrSignatoryTooLong = errs.Define(errs.Invalid, "signatory_too_long", "the signatory is over 200 characters")
	ErrAgendaTooLong    = errs.Define(errs.Invalid, "agenda_too_long", "over 100 items, an item over 500 characters, or over 20,000 in all")
	ErrMeetingDate      = errs.Define(errs.Invalid, "meeting_date_missing", "a meeting needs its date and time to be convened")
	ErrMeetingPlace     = errs.Define(errs.Invalid, "meeting_place_missing", "a meeting needs its place to be convened")
	ErrMeetingPast      = errs.Define(errs.Invalid, "meeting_past", "the meeting is past")
	ErrMeetingFar       = errs.Define(errs.Invalid, "meeting_too_far", "the meeting is over a year away")
	ErrNoCouncillor     = errs.Define(errs.Invalid, "no_councillor", "nobody convened is of the assembly")
	ErrTooManyMembers   = errs.Define(errs.Invalid, "too_many_councillors", "over 500 addressees would count as members of the assembly")
	ErrDelayTooShort    = errs.Define(errs.Invalid, "delay_too_short", "the legal delay before the meeting has passed")
	ErrDateInvalid      = errs.Define(errs.Invalid, "date_invalid", "no such date and time in that zone")
	ErrRepliesUntil     = errs.Define(errs.Invalid, "replies_until_invalid", "replies would close after the meeting, or before now")
	ErrLinkDays         = errs.Define(errs.Invalid, "link_days_invalid", "links live 7 to 400 days")
)

// Quorum is how many must attend; 0: whoever comes can decide.
func (m Meeting) Quorum() int { return m.Rule().Quorum(m.Assembly.Members, m.IsUrgent()) }

// Rule is what the texts ask of the convocation to this meeting, lengthened by the assembly's own rules.
func (m Meeting) Rule() law.Rule {
	return law.RuleFor(m.Assembly.Body, m.Occasion, m.At).Lengthened(m.Assembly.ClearDays)
}

// Judge says whether a convocation that leaves at a time keeps the delay, counted in the collectivité's zone.
func (m Meeting) Judge(sent time.Time, loc *time.Location) law.Verdict {
	return law.Judge(m.Rule(), sent, m.At, m.IsUrgent(), loc)
}

// IsUrgent tells whether an urgency has the reason that it needs, where the texts know one.
func (m Meeting) IsUrgent() bool {
	_, err := law.CheckUrgency(m.Urgent)
	return err == nil && m.Rule().UrgencyClearDays != law.NoUrgency
}

// Check says what stands in the way of convening to it now. Errors: [ErrMeetingDate], [ErrMeetingPast], [ErrMeetingFar],
// [ErrMeetingPlace], law.ErrUrgencyShort, law.ErrUrgencyLong, [ErrDelayTooShort].
func (m Meeting) Check(now time.Time, loc *time.Location) error {
	switch {
	case m.At.IsZero():
		return ErrMeetingDate.At("at", "")
	case !m.At.After(now):
		return ErrMeetingPast.At("at", "")
	case m.At.Sub(now) > MaxAhead:
		return ErrMeetingFar.At("at", "")
	case m.Place == "":
		return ErrMeetingPlace.At("place", "")
	}
	if m.Urgent != "" {
		if _, err := law.CheckUrgency(m.Urgent); err != nil {
			return err
		}
	}
	if m.Judge(now, loc).Level == law.Red {
		return ErrDelayTooShort.At("at", "")
	}
	return nil
}

// ProxyLimit is how many proxies one holder may have.
func (m Meeting) ProxyLimit() int {
	if m.Assembly.ProxiesPerHolder > 0 {
		return m.Assembly.ProxiesPerHolder
	}
	return max(m.Rule().ProxiesPerHolder, 1)
}

// Offers tells whether a presence may be chosen at this meeting.
func (m Meeting) Offers(p Presence) bool {
	switch p {
	case Remote:
		return m.Remote && m.Rule().Remote
	case Substituted:
		return m.Substitutes && m.Rule().Substitutes
	case Present, Absent, Represented, Undecided:
		return true
	}
	return false
}

// CheckAssembly tidies an assembly. Errors: [ErrAssemblyName], [ErrBodyUnknown], [ErrMembers], [ErrRuleInvalid],
// [ErrPlaceTooLong], [ErrSignatoryTooLong].
func CheckAssembly(a Assembly) (Assembly, error) {
	a.Name, a.Place, a.Signatory = line(a.Name), line(a.Place), line(a.Signatory)
	_, known := law.ParseBody(string(a.Body))
	switch {
	case a.Name == "" || utf8.RuneCountInString(a.Name) > MaxAssemblyName:
		return a, ErrAssemblyName.At("name", "")
	case !known:
		return a, ErrBodyUnknown.At("body", "")
	case a.Members < 1 || a.Members > MaxMembers:
		return a, ErrMembers.At("members", "")
	case a.ClearDays < 0 || a.ClearDays > 60:
		return a, ErrRuleInvalid.At("clear_days", "")
	case a.ProxiesPerHolder < 0 || a.ProxiesPerHolder > 5 || (a.ProxiesPerHolder > 1 && a.Body != law.Own):
		return a, ErrRuleInvalid.At("proxies_per_holder", "") // one a holder wherever a text says so
	case a.Group != "" && !ident.Valid("grp_", string(a.Group)):
		return a, ErrGroupUnknown.At("group", "")
	}
	return a, checkPlaces(a.Place, a.Signatory)
}

// CheckMeeting tidies what was typed of a meeting; what is missing is fine for a draft.
// Errors: [ErrPlaceTooLong], [ErrSignatoryTooLong], [ErrAgendaTooLong], law.ErrUrgencyLong.
func CheckMeeting(m Meeting) (Meeting, error) {
	m.Place, m.Signatory = line(m.Place), line(m.Signatory)
	reason, err := law.CheckUrgency(m.Urgent)
	if m.Urgent = reason; errors.Is(err, law.ErrUrgencyLong) {
		return m, err
	}
	var agenda []string
	total := 0
	for _, item := range m.Agenda {
		if item = line(item); item == "" {
			continue
		}
		n := utf8.RuneCountInString(item)
		if total += n; n > MaxAgendaItem || total > MaxAgenda {
			return m, ErrAgendaTooLong.At("agenda", "")
		}
		agenda = append(agenda, item)
	}
	if m.Agenda = agenda; len(agenda) > MaxAgendaItems {
		return m, ErrAgendaTooLong.At("agenda", "")
	}
	return m, checkPlaces(m.Place, m.Signatory)
}

func checkPlaces(place, signatory string) error {
	switch {
	case utf8.RuneCountInString(place) > MaxPlace:
		return ErrPlaceTooLong.At("place", "")
	case utf8.RuneCountInString(signatory) > MaxSignatory:
		return ErrSignatoryTooLong.At("signatory", "")
	}
	return nil
}

// line makes one line of what was typed in a field of one. Invisible characters go: they would fill a field with nothing,
// or turn it round.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// PersonID names somebody convened, however many addresses she has: « prs_ » and 16 characters derived from the
// convocation's key and the contact, or the free address with its name.
type PersonID string

// PersonPrefix begins it.
const PersonPrefix = "prs_"

// ParsePersonID checks an identifier from outside.
func ParsePersonID(s string) (PersonID, bool) { return PersonID(s), ident.Valid(PersonPrefix, s) }

// Councillor is a member of the assembly who is convened (« conseiller »): who counts, gives and holds proxies.
type Councillor struct {
	ID         PersonID
	Name       string        // the address where there is no name
	Recipients []RecipientID // one for each of her addresses; one without address when she has none
}

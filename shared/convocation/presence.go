package convocation

import (
	"maps"
	"slices"
	"time"

	"convoc/shared/errs"
)

// Presence is an answer to « serez-vous là ? ».
type Presence string

// The presences. Represented: absent, and a proxy (« pouvoir ») is given.
const (
	Present     Presence = "present"
	Absent      Presence = "absent"
	Represented Presence = "proxy"
	Undecided   Presence = "undecided"  // je ne sais pas encore
	Remote      Presence = "remote"     // à distance
	Substituted Presence = "substitute" // the suppléant comes instead
)

// Attends tells whether somebody will be there, or her substitute: who counts for the quorum.
func (p Presence) Attends() bool { return p == Present || p == Remote || p == Substituted }

// Choice is what an élu chose.
type Choice struct {
	Presence Presence // empty where no meeting asks
	Holder   PersonID // Represented: who holds the proxy (« mandataire »)
}

// The refusals of a presence.
var (
	ErrPresenceMissing = errs.Define(errs.Invalid, "presence_missing", "no presence was chosen")
	ErrPresenceInvalid = errs.Define(errs.Invalid, "presence_invalid", "a presence that this meeting does not offer")
	ErrProxyMissing    = errs.Define(errs.Invalid, "proxy_holder_missing", "nobody was chosen to hold the proxy")
	ErrProxyHolder     = errs.Define(errs.Invalid, "proxy_holder_unknown", "the holder is no councillor of this meeting")
	ErrProxySelf       = errs.Define(errs.Invalid, "proxy_self", "nobody holds her own proxy")
	ErrProxyGuest      = errs.Define(errs.Invalid, "proxy_guest", "a guest gives no proxy")
	ErrProxyTaken      = errs.Define(errs.Invalid, "proxy_taken", "the holder has as many proxies as one may hold")
	ErrProxyAbsent     = errs.Define(errs.Invalid, "proxy_holder_absent", "the holder will not be there")
	ErrRepliesClosed   = errs.Define(errs.Gone, "replies_closed", "replies are not taken any more")
)

// Entered is what the register says of one person.
type Entered struct {
	Presence Presence
	Holder   PersonID  // Represented only
	At       time.Time // of the answer
	// Withdrawn is the holder of a proxy that fell because she will not be there herself; empty once answered again.
	Withdrawn PersonID
}

// Register is who comes to a meeting, and who holds whose proxy. The zero value is one in which nobody has answered.
//
// One proxy a holder (CGCT L2121-20), or as many as the assembly's own rules say; always revocable: it falls when its
// giver comes after all, or when its holder will not be there.
type Register struct {
	Revision int64 // grows with each answer
	Entries  map[PersonID]Entered
}

// Withdrawal is a proxy that fell by somebody's answer.
type Withdrawal struct{ Giver, Holder PersonID }

// Givers lists who has given a proxy to a holder, in the order of their names' identifiers.
func (r Register) Givers(holder PersonID) []PersonID {
	var givers []PersonID
	for id, e := range r.Entries {
		if e.Presence == Represented && e.Holder == holder {
			givers = append(givers, id)
		}
	}
	slices.Sort(givers)
	return givers
}

// Hinders says why somebody cannot hold a proxy of giver's at this meeting: [ErrProxyHolder], [ErrProxySelf],
// [ErrProxyAbsent], [ErrProxyTaken], or nil when she can.
func (r Register) Hinders(m Meeting, councillors []Councillor, giver, holder PersonID) error {
	held := r.Givers(holder)
	e := r.Entries[holder]
	switch {
	case holder == giver:
		return ErrProxySelf
	case !slices.ContainsFunc(councillors, thatPerson(holder)):
		return ErrProxyHolder
	case e.Presence == Absent || e.Presence == Represented || e.Presence == Substituted:
		return ErrProxyAbsent
	case !slices.Contains(held, giver) && len(held) >= m.ProxyLimit():
		return ErrProxyTaken
	}
	return nil
}

// Check says whether a choice can be made now, the register left as it is. Errors: [ErrPresenceMissing],
// [ErrPresenceInvalid], [ErrProxyMissing], [ErrProxyGuest], and those of [Register.Hinders].
func (r Register) Check(m Meeting, councillors []Councillor, who PersonID, c Choice) error {
	switch {
	case c.Presence == "":
		return ErrPresenceMissing
	case !m.Offers(c.Presence):
		return ErrPresenceInvalid
	case c.Presence != Represented:
		return nil
	case c.Holder == "":
		return ErrProxyMissing
	case !slices.ContainsFunc(councillors, thatPerson(who)):
		return ErrProxyGuest
	}
	return r.Hinders(m, councillors, who, c.Holder)
}

// Answered is the register after somebody's answer, which of a guest says nothing, with the proxies that fell by it: her own, when it is given to
// somebody else or she comes after all; those she held, when she will not be there. The register itself is not changed.
// Errors: those of [Register.Check].
func (r Register) Answered(m Meeting, councillors []Councillor, who PersonID, c Choice, at time.Time) (Register, []Withdrawal, error) {
	if err := r.Check(m, councillors, who, c); err != nil {
		return r, nil, err
	}
	if !slices.ContainsFunc(councillors, thatPerson(who)) {
		return r, nil, nil
	}
	if c.Presence != Represented {
		c.Holder = "" // left over from what was chosen before
	}
	next := Register{Revision: r.Revision + 1, Entries: maps.Clone(r.Entries)}
	if next.Entries == nil {
		next.Entries = map[PersonID]Entered{}
	}
	var fell []Withdrawal
	if old := r.Entries[who]; old.Presence == Represented && old.Holder != c.Holder {
		fell = append(fell, Withdrawal{who, old.Holder})
	}
	next.Entries[who] = Entered{Presence: c.Presence, Holder: c.Holder, At: at}
	if c.Presence == Absent || c.Presence == Represented || c.Presence == Substituted {
		for _, giver := range r.Givers(who) {
			fell = append(fell, Withdrawal{giver, who})
			next.Entries[giver] = Entered{Presence: Absent, At: next.Entries[giver].At, Withdrawn: who}
		}
	}
	return next, fell, nil
}

// Tally is what a register comes to for the councillors of a meeting; guests do not count.
type Tally struct {
	Present, Remote, Substituted, Absent, Represented, Undecided int
	Silent                                                       int // who has not answered
}

// Tally counts.
func (r Register) Tally(councillors []Councillor) Tally {
	var t Tally
	for _, c := range councillors {
		switch r.Entries[c.ID].Presence {
		case Present:
			t.Present++
		case Remote:
			t.Remote++
		case Substituted:
			t.Substituted++
		case Absent:
			t.Absent++
		case Represented:
			t.Represented++
		case Undecided:
			t.Undecided++
		default:
			t.Silent++
		}
	}
	return t
}

// Attending is who will be there: proxies do not count for the quorum (CGCT L2121-17).
func (t Tally) Attending() int { return t.Present + t.Remote + t.Substituted }

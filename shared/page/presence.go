package page

import (
	"convoc/shared/french"
	"io"
	"slices"
	"time"
)

// Meeting is what a page says of the meeting (« séance »). Empty texts and a zero At leave their line out.
type Meeting struct {
	Assembly     string // « Conseil municipal »
	At           time.Time
	Place        string
	Agenda       []string // its items, in order
	Signatory    string   // who convenes: « Le maire, Jean Martin »
	Urgent       string   // the reason of an urgency; empty: none
	CalendarLink string   // GET « Ajouter à mon agenda »: a calendar file
}

// Choice is an answer about presence. Presence is present, absent, proxy, undecided, remote or substitute; empty where no
// meeting asks.
type Choice struct {
	Presence string
	Holder   string // name of who holds the proxy (« pouvoir »); empty when none is given
}

// Presence is what a page asks about presence, and what it knows already.
type Presence struct {
	Offered  []string // presences that may be chosen, in order; « proxy » is left out for a guest, and without holders
	Chosen   string   // presence; empty: none
	Holders  []Holder // who might hold the proxy (« mandataire »), in the order shown
	HolderID string   // of the holder chosen; empty: none
	Guest    bool     // convened without being of the assembly: gives no proxy
	HeldFor  []string // names of those whose proxy the recipient holds
	Fell     string   // name of the holder who will not be there after all: the recipient must choose again
}

// Holder is somebody who might hold a proxy.
type Holder struct {
	ID       string
	Name     string
	Hindered string // proxy_taken or proxy_holder_absent: cannot be chosen; empty: can be
}

// ProxyView is for [Pages.Proxy].
type ProxyView struct {
	Sender        Sender
	Giver, Holder string // names
	Meeting       Meeting
	At            time.Time // when the reply that gives it was sent
	Number        int       // of that reply
	BackLink      string
	Revoked       bool // withdrawn, or another reply took its place
}

// Proxy writes the written proxy (CGCT L2121-20: « pouvoir écrit »), to be printed on one sheet and signed where the
// original is asked for.
func (p *Pages) Proxy(w io.Writer, v ProxyView) error {
	f := frame{Title: "Pouvoir", Heading: "Pouvoir", Sender: v.Sender, View: v}
	if v.Revoked {
		f.Title, f.Heading = "Ancien pouvoir", "Ancien pouvoir"
	}
	return p.write(w, "proxy", f)
}

// presenceWords are what an élu says of a presence, and what the secretary notes of it. A name follows those of « proxy ».
func presenceWords(presence string) (said, noted string) {
	switch presence {
	case "present":
		return "Je serai présent(e)", "Présence"
	case "remote":
		return "Je participerai à distance", "Participation à distance"
	case "substitute":
		return "Mon suppléant ou ma suppléante me remplacera", "Suppléance"
	case "absent":
		return "Je serai absent(e)", "Absence"
	case "proxy":
		return "Je serai absent(e) et je donne pouvoir à", "Absence, avec pouvoir à"
	case "undecided":
		return "Je ne sais pas encore", "Ne sait pas encore"
	}
	return "", ""
}

func said(presence string) string {
	s, _ := presenceWords(presence)
	return s
}

func noted(presence string) string {
	_, s := presenceWords(presence)
	return s
}

// offered are the presences that a page lets choose.
func offered(p Presence) []string {
	var out []string
	for _, presence := range p.Offered {
		if said(presence) == "" || (presence == "proxy" && (p.Guest || len(p.Holders) == 0)) {
			continue
		}
		out = append(out, presence)
	}
	return out
}

// Hindrance is why somebody in the list of holders cannot be chosen; empty when nothing is in the way.
func Hindrance(code string) string {
	switch code {
	case "":
		return ""
	case "proxy_taken":
		return "a déjà reçu un pouvoir"
	case "proxy_holder_absent":
		return "absence annoncée"
	default:
		return "ne peut pas recevoir de pouvoir"
	}
}

// way is how a reply came that the secretary recorded.
func way(code string) string {
	switch code {
	case "phone":
		return "téléphone"
	case "paper":
		return "papier"
	case "mail":
		return "courriel"
	case "mouth":
		return "de vive voix"
	default:
		return "autre moyen"
	}
}

// field is the part of the form for a reply that a refusal is about; empty when it is about none.
func field(code string) string {
	switch code {
	case "reply_empty", "reply_too_long":
		return "text"
	case "presence_missing", "presence_invalid", "proxy_guest":
		return "presence"
	case "proxy_holder_missing", "proxy_holder_unknown", "proxy_self", "proxy_taken", "proxy_holder_absent":
		return "mandataire"
	default:
		return ""
	}
}

// anchor is the id of where on the page a refused reply is to be mended.
func anchor(v ReadView) string {
	var choices []string
	if v.Presence != nil {
		choices = offered(*v.Presence)
	}
	switch wrong := field(v.Refused); {
	case wrong == "text", wrong == "mandataire" && slices.Contains(choices, "proxy"):
		return wrong
	case wrong == "presence" && len(choices) > 0:
		return "presence-" + choices[0]
	default:
		return "reponse"
	}
}

// refusedHolder is the name of whom a refusal is about, so that a list which cannot show a choice loses none.
func refusedHolder(p Presence) string {
	for _, h := range p.Holders {
		if h.ID == p.HolderID && h.Hindered != "" {
			return h.Name
		}
	}
	return ""
}

// named is a name in an enumeration with « de »: « de Mme X, de M. Y et d’Anne Z ».
type named struct {
	Before string // what joins it to the one before, and « de » or « d’ »
	Name   string
}

// people enumerates names. Unlike [french.Of], it takes no name for a place: « de Le Goff ».
func people(names []string) []named {
	out := make([]named, len(names))
	for i, name := range names {
		before := ""
		switch {
		case i > 0 && i == len(names)-1:
			before = " et "
		case i > 0:
			before = ", "
		}
		out[i] = named{before + french.From(name), name}
	}
	return out
}

// nextMinute is the first whole minute from which something that ends at t has ended: a page shows no seconds.
func nextMinute(t time.Time) time.Time {
	if whole := t.Truncate(time.Minute); !whole.Equal(t) {
		return whole.Add(time.Minute)
	}
	return t
}

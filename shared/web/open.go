package web

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/page"
)

// The first page (R1): whose convocation it is, a password where there is one, and one button.

func (s Recipients) open(w http.ResponseWriter, v visitor) error {
	return render(w, http.StatusOK, s.Pages.Open, s.openView(v))
}

func (s Recipients) openView(v visitor) page.OpenView {
	view := page.OpenView{
		Sender: v.sender(), Name: v.Recipient.Name, Address: string(v.Recipient.Address), Subject: v.Convocation.Subject,
		Action: v.to("/ouvrir"), OpenedAt: in(v.Recipient.OpenedAt, v.loc()), Moment: s.Answer.Moment(v.Visit),
		Password: v.Convocation.Password != "",
	}
	if s.Now().Before(v.Recipient.LockedUntil) {
		view.LockedUntil = v.Recipient.LockedUntil.In(v.loc())
	}
	return view
}

// Fields of the form of the first page.
const (
	fieldMoment   = "moment"
	fieldPassword = "mot_de_passe"
	fieldDecoy    = "autre" // the button that no person sees
)

func (s Recipients) doOpen(w http.ResponseWriter, v visitor) error {
	fields, err := form(w, v.Request)
	if err != nil {
		return err
	}
	age, fresh := s.Answer.Age(v.Visit, fields.Get(fieldMoment))
	if !fresh { // an old tab: never an error
		return s.openAgain(w, v, http.StatusOK, func(view *page.OpenView) { view.Stale = true })
	}
	signals := s.signals(v.Request, fields)
	signals.Age = age
	if signals.Opening() != convocation.OpenedByProgram {
		kept, err := s.Answer.Unlock(v.Context(), v.Visit, fields.Get(fieldPassword))
		if refusal, ok := errs.As(err); ok && passwordRefusal(refusal) {
			return s.refusePassword(w, v, refusal)
		}
		if err != nil {
			return err
		}
		if kept != "" {
			http.SetCookie(w, s.passCookie(v, kept))
		}
	}
	opening, err := s.Answer.Open(v.Context(), v.Visit, signals)
	if err != nil {
		return err
	}
	if opening == convocation.OpenedByProgram {
		return s.openAgain(w, v, http.StatusOK, func(view *page.OpenView) { view.Stale = true })
	}
	return see(w, v.to("/lire"))
}

func passwordRefusal(e *errs.Error) bool {
	return errors.Is(e, convocation.ErrPasswordNeeded) || errors.Is(e, convocation.ErrPasswordWrong) || errors.Is(e, convocation.ErrPasswordLocked)
}

func (s Recipients) refusePassword(w http.ResponseWriter, v visitor, refusal *errs.Error) error {
	if r, err := v.Handle.Recipient(v.Context(), v.Ref()); err == nil { // since when it is locked
		v.Recipient = r
	}
	note(w, refusal.Code, nil)
	return s.openAgain(w, v, statusOf(refusal.Kind), func(view *page.OpenView) { view.Refused = refusal.Code })
}

func (s Recipients) openAgain(w http.ResponseWriter, v visitor, status int, change func(*page.OpenView)) error {
	view := s.openView(v)
	change(&view)
	return render(w, status, s.Pages.Open, view)
}

// signals are what a press shows of who pressed. Its age is the caller's to tell.
func (s Recipients) signals(r *http.Request, fields url.Values) convocation.Signals {
	return convocation.Signals{
		Decoy:    fields.Get(fieldDecoy) != "",
		Prefetch: strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch"),
		NoUser:   r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-User") == "" && sendsFetchUser(r.UserAgent()),
		Scanner:  knownScanner(s.Client(r)),
	}
}

// sendsFetchUser tells browsers that send Sec-Fetch-User with what a person presses: Chromium since 76, Firefox since 90,
// both long before they stopped to be patched. Safari sends the other Sec-Fetch headers since 16.4, and never this one
// (mdn/browser-compat-data #27928): all tablets of Apple would be doubted.
func sendsFetchUser(agent string) bool {
	return strings.Contains(agent, "Chrome/") || strings.Contains(agent, "Firefox/")
}

// scannerNetworks are where mail scanners follow links from, as their makers publish them for the filters of their
// customers: Microsoft (Exchange Online Protection), Proofpoint, Mimecast, Barracuda, Vade. A person behind one of them is only
// doubted in the first minute, until she opens a document or answers.
var scannerNetworks = prefixes(
	"40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17", "2a01:111:f400::/48", "2a01:111:f403::/48",
	"67.231.144.0/20", "148.163.128.0/19", "185.132.180.0/22", "185.183.28.0/22",
	"91.220.42.0/24", "146.101.78.0/24", "195.130.217.0/24", "207.211.30.0/24", "207.211.31.0/24",
	"64.235.144.0/20", "209.222.80.0/21", "35.157.190.224/27",
	"91.208.32.0/24", "163.172.55.208/28",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

func knownScanner(client string) bool {
	addr, err := netip.ParseAddr(client)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	for _, p := range scannerNetworks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// doAskLink sends a new link to the address on file: for a link that has expired, and for any that still opens.
func (s Recipients) doAskLink() http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visiting(r)
		if err == nil || errors.Is(err, convocation.ErrLinkExpired) {
			err = s.Answer.AskLink(r.Context(), v.Visit)
		}
		if err == nil {
			err = render(w, http.StatusOK, s.Pages.LinkSent, page.LinkSentView{Sender: v.sender(), Address: string(v.Recipient.Address)})
		}
		if err != nil {
			s.problem(w, v, err)
		}
	}))
}

package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"convoc/shared/account"
	"convoc/shared/rights"
)

// sessionAnswer tells the pages who is signed in, for which collectivité, and what to offer.
type sessionAnswer struct {
	User struct {
		Login string `json:"login"`
		Name  string `json:"name"`
	} `json:"user"`
	Collectivity struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		TimeZone string `json:"time_zone"`
		Mail     string `json:"mail"`
		Phone    string `json:"phone"`
	} `json:"collectivity"`
	Role        string          `json:"role"`
	Several     bool            `json:"several"` // there are other collectivités to choose from
	Factor      bool            `json:"factor"`  // the user has a second factor
	Rights      []rights.Action `json:"rights"`
	FilesOrigin string          `json:"files_origin"`
}

type signInRequest struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code"` // of the second factor; empty: it will be asked for
}

type invitationRequest struct {
	Token        string `json:"token"`
	Collectivity string `json:"collectivity_name"`
	SIREN        string `json:"siren"`
	Name         string `json:"name"`
	Login        string `json:"login"`
	Mail         string `json:"mail"`
	Phone        string `json:"phone"`
	Password     string `json:"password"`
}

// invitationAnswer is what an invitation is to: to set the installation up, or to a role in a collectivité.
type invitationAnswer struct {
	First        bool   `json:"first"`
	Collectivity string `json:"collectivity_name"`
	Name         string `json:"name"`
	Mail         string `json:"mail"`
	Role         string `json:"role"`
}

type connection struct {
	At      string `json:"at"`
	Success bool   `json:"success"`
	Address string `json:"address"`
	Browser string `json:"browser"`
}

type connectionsAnswer struct {
	Connections []connection `json:"connections"`
}

// AccountAPI lists the routes of the function account-api: signing in, one's own access, and who works for which
// collectivité.
func AccountAPI(a Accounts) []Route {
	own := rights.SessionOwn
	return slices.Concat([]Route{
		{"GET /api/session", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.session)},
		{"POST /api/session", "", a.api(a.signIn)},
		{"DELETE /api/session", "", a.api(a.signOut)},
		{"POST /api/session/touch", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.touch)},
		{"POST /api/session/connections", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.connections)},
		{"POST /api/invitation", "", a.api(a.accept)},
		{"POST /api/invitation/check", "", endpoint(a.Site, a.Account, "", http.StatusOK, a.checkInvitation)},
		{"POST /api/invitation/join", "", a.api(a.join)},
		{"/api/", "", a.missingAPI()},
	}, a.ownRoutes(), a.keeping())
}

func (a Accounts) session(ctx context.Context, c call, _ none) (sessionAnswer, error) {
	return a.describe(ctx, c.session)
}

// homeZone is that of times which are no collectivité's.
const homeZone = "Europe/Paris"

// describe is what the pages learn of a session.
func (a Accounts) describe(ctx context.Context, s account.Session) (sessionAnswer, error) {
	var out sessionAnswer
	out.User.Login, out.User.Name, out.Role, out.Rights = s.Login, s.Name, string(s.Role), s.Rights()
	out.Several, out.Factor, out.FilesOrigin = s.Several, s.Factor, a.FilesOrigin
	if s.Collectivity == "" {
		out.Collectivity.TimeZone = homeZone
		return out, nil
	}
	who, err := a.Tables.Collectivity(s.Collectivity).Collectivity(ctx)
	if err != nil {
		return out, err
	}
	out.Collectivity.ID, out.Collectivity.Name, out.Collectivity.TimeZone = string(who.ID), who.Name, who.TimeZone
	out.Collectivity.Mail, out.Collectivity.Phone = who.Mail, who.Phone
	return out, nil
}

func (a Accounts) signIn(w http.ResponseWriter, r *http.Request) error {
	var req signInRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	token, session, err := a.Account.SignInWithCode(r.Context(), req.Login, req.Password, req.Code, a.from(r))
	if err != nil {
		return err
	}
	return a.begin(w, r, token, session)
}

// begin gives the browser its session and says what it is. The one that it had before ends.
func (a Accounts) begin(w http.ResponseWriter, r *http.Request, token string, s account.Session) error {
	body, err := a.describe(r.Context(), s)
	if err != nil {
		return err
	}
	if err := a.Account.SignOut(r.Context(), a.sessionToken(r)); err != nil {
		return err
	}
	a.setSession(w, token)
	return encode(w, http.StatusOK, body)
}

func (a Accounts) from(r *http.Request) account.From {
	return account.From{Address: a.Client(r), Browser: browser(r.UserAgent())}
}

func (a Accounts) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := a.Account.SignOut(r.Context(), a.sessionToken(r)); err != nil {
		return err
	}
	a.setSession(w, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a Accounts) touch(ctx context.Context, c call, _ empty) (none, error) {
	return none{}, a.Account.Touch(ctx, a.sessionToken(c.Request))
}

func (a Accounts) connections(ctx context.Context, c call, _ empty) (connectionsAnswer, error) {
	seen, err := a.Account.Connections(ctx, c.session.Login)
	out := connectionsAnswer{Connections: []connection{}}
	for _, s := range seen {
		out.Connections = append(out.Connections, connection{instant(s.At), s.Success, s.Address, s.Browser})
	}
	return out, err
}

func (a Accounts) accept(w http.ResponseWriter, r *http.Request) error {
	var req invitationRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	token, session, err := a.Account.Accept(r.Context(), req.Token, account.Acceptance{
		CollectivityName: req.Collectivity, SIREN: req.SIREN, Name: req.Name, Login: req.Login, Mail: req.Mail,
		Phone: req.Phone, Password: req.Password,
	})
	if err != nil {
		return err
	}
	return a.begin(w, r, token, session)
}

// checkInvitation tells whether an invitation can still be used, and to what, before anybody fills in the form.
func (a Accounts) checkInvitation(ctx context.Context, _ call, req tokenRequest) (invitationAnswer, error) {
	first := a.Account.Invited(ctx, req.Token)
	if first == nil {
		return invitationAnswer{First: true}, nil
	}
	if !errors.Is(first, account.ErrInvitationUnknown) {
		return invitationAnswer{}, first
	}
	to, err := a.Account.Welcomed(ctx, req.Token)
	return invitationAnswer{Collectivity: to.Collectivity, Name: to.Name, Mail: to.Mail, Role: string(to.Role)}, err
}

// instant is how a time crosses the API: RFC 3339 UTC with milliseconds, or "" for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// browser names a browser and its system in a few words, for « Mes dernières connexions ».
func browser(agent string) string {
	pick := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	name := pick("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("Windows", "Windows", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Mac OS", "Mac", "Linux", "Linux")
	switch {
	case name == "":
		return "Autre navigateur"
	case system == "":
		return name
	default:
		return name + ", " + system
	}
}

package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/rights"
)

// One's own session and access: for which collectivité, password, second factor.

type choice struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Above string `json:"above"` // the name of the one it is below, where the user may work for that too
	Role  string `json:"role"`
}

type choicesAnswer struct {
	Collectivities []choice `json:"collectivities"`
}

type chooseRequest struct {
	ID string `json:"id"`
}

type passwordRequest struct {
	Present  string `json:"present"`
	Password string `json:"password"`
}

type mailRequest struct {
	Present string `json:"present"`
	Mail    string `json:"mail"`
}

type mailAnswer struct {
	Mail string `json:"mail"`
}

type factorRequest struct {
	Password string `json:"password"`
	Code     string `json:"code"`
}

type factorAnswer struct {
	Secret   string   `json:"secret"`
	Address  string   `json:"address"` // otpauth:
	Picture  string   `json:"picture"` // of the address, as data:
	Recovery []string `json:"recovery"`
}

type codeRequest struct {
	Code string `json:"code"`
}

type loginRequest struct {
	Login string `json:"login"`
}

type tokenRequest struct {
	Token string `json:"token"`
}

type resetAnswer struct {
	Shortest int `json:"shortest"`
}

type resetRequest struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// ownRoutes are those of one's own access.
func (a Accounts) ownRoutes() []Route {
	own := rights.SessionOwn
	return []Route{
		{"GET /api/session/collectivities", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.choices)},
		{"POST /api/session/collectivity", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.choose)},
		{"POST /api/session/everywhere", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.everywhere)},
		{"POST /api/password", own, a.signedIn(own, a.changePassword)},
		{"GET /api/mail", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.mail)},
		{"POST /api/mail", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.changeMail)},
		{"POST /api/factor", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.beginFactor)},
		{"POST /api/factor/confirm", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.confirmFactor)},
		{"POST /api/factor/remove", own, endpoint(a.Site, a.Account, own, http.StatusOK, a.removeFactor)},
		{"POST /api/reset", "", a.api(a.askReset)},
		{"POST /api/reset/check", "", endpoint(a.Site, a.Account, "", http.StatusOK, a.checkReset)},
		{"POST /api/reset/finish", "", endpoint(a.Site, a.Account, "", http.StatusOK, a.reset)},
	}
}

// signedIn is a handler that answers by itself, for whoever may.
func (a Accounts) signedIn(action rights.Action, do func(http.ResponseWriter, call) error) http.Handler {
	return a.api(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.identify(a.Account, action, r)
		if err != nil {
			return err
		}
		return do(w, c)
	})
}

func (a Accounts) choices(ctx context.Context, c call, _ none) (choicesAnswer, error) {
	all, err := a.Account.Choices(ctx, c.session.Login)
	names := map[collectivity.ID]string{}
	for _, it := range all {
		names[it.ID] = it.Name
	}
	out := choicesAnswer{Collectivities: []choice{}}
	for _, it := range all {
		above := ""
		for _, id := range it.Above {
			if above == "" {
				above = names[id]
			}
		}
		out.Collectivities = append(out.Collectivities, choice{string(it.ID), it.Name, above, string(it.Role)})
	}
	return out, err
}

func (a Accounts) choose(ctx context.Context, c call, req chooseRequest) (sessionAnswer, error) {
	session, err := a.Account.Choose(ctx, a.sessionToken(c.Request), collectivity.ID(key(req.ID)))
	if err != nil {
		return sessionAnswer{}, err
	}
	return a.describe(ctx, session)
}

// key is what was given as a SIREN, or one that no collectivité has: parts of keys are never what somebody typed.
func key(siren string) string {
	id, err := collectivity.ParseID(siren)
	if err != nil {
		return "0"
	}
	return string(id)
}

func (a Accounts) everywhere(ctx context.Context, c call, _ empty) (none, error) {
	return none{}, a.Account.SignOutEverywhere(ctx, a.sessionToken(c.Request))
}

func (a Accounts) changePassword(w http.ResponseWriter, c call) error {
	var req passwordRequest
	if err := decode(w, c.Request, &req); err != nil {
		return err
	}
	token, session, err := a.Account.ChangePassword(c.Context(), a.sessionToken(c.Request), req.Present, req.Password, a.from(c.Request))
	if err != nil {
		return err
	}
	body, err := a.describe(c.Context(), session)
	if err != nil {
		return err
	}
	a.setSession(w, token)
	return encode(w, http.StatusOK, body)
}

// mail is where the mails about one's own account go.
func (a Accounts) mail(ctx context.Context, c call, _ none) (mailAnswer, error) {
	u, err := a.Tables.AccountsHandle().User(ctx, c.session.Login)
	return mailAnswer{u.Mail}, err
}

func (a Accounts) changeMail(ctx context.Context, c call, req mailRequest) (none, error) {
	return none{}, a.Account.ChangeMail(ctx, a.sessionToken(c.Request), req.Present, req.Mail, a.from(c.Request))
}

func (a Accounts) beginFactor(ctx context.Context, c call, req factorRequest) (factorAnswer, error) {
	f, err := a.Account.BeginFactor(ctx, a.sessionToken(c.Request), req.Password, a.from(c.Request))
	if err != nil {
		return factorAnswer{}, err
	}
	address := (&url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/Convoc:" + c.session.Login,
		RawQuery: strings.ReplaceAll(url.Values{"secret": {f.Secret}, "issuer": {"Convoc"}}.Encode(), "+", "%20"),
	}).String()
	picture, err := square(address)
	return factorAnswer{f.Secret, address, picture, f.Recovery}, err
}

// pictureSize is that of a square to be photographed, in pixels.
const pictureSize = 240

// square writes a text as a picture that a telephone reads (QR), as a data: address.
func square(text string) (string, error) {
	k, err := otp.NewKeyFromURL(text)
	if err != nil {
		return "", err
	}
	img, err := k.Image(pictureSize, pictureSize)
	if err != nil {
		return "", err
	}
	var raw bytes.Buffer
	err = png.Encode(&raw, img)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(raw.Bytes()), err
}

func (a Accounts) confirmFactor(ctx context.Context, c call, req codeRequest) (none, error) {
	return none{}, a.Account.ConfirmFactor(ctx, a.sessionToken(c.Request), req.Code)
}

func (a Accounts) removeFactor(ctx context.Context, c call, req factorRequest) (none, error) {
	return none{}, a.Account.RemoveFactor(ctx, a.sessionToken(c.Request), req.Password, req.Code, a.from(c.Request))
}

// askReset answers alike, and as late, whoever asks: where there is a login, a mail leaves meanwhile.
func (a Accounts) askReset(w http.ResponseWriter, r *http.Request) error {
	var req loginRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	done := time.NewTimer(a.ResetTakes)
	defer done.Stop()
	if err := a.Account.AskReset(r.Context(), req.Login, a.from(r)); err != nil {
		return err
	}
	select {
	case <-done.C:
	case <-r.Context().Done():
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a Accounts) checkReset(ctx context.Context, _ call, req tokenRequest) (resetAnswer, error) {
	shortest, err := a.Account.CheckReset(ctx, req.Token)
	return resetAnswer{shortest}, err
}

func (a Accounts) reset(ctx context.Context, c call, req resetRequest) (none, error) {
	return none{}, a.Account.Reset(ctx, req.Token, req.Password, a.from(c.Request))
}

// join accepts an invitation: as somebody new, or as somebody who is there.
type joinRequest struct {
	Token    string `json:"token"`
	Existing bool   `json:"existing"`
	Name     string `json:"name"`
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

func (a Accounts) join(w http.ResponseWriter, r *http.Request) error {
	var req joinRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	var token string
	var session account.Session
	var err error
	if req.Existing {
		token, session, err = a.Account.JoinAs(r.Context(), req.Token, req.Login, req.Password, req.Code, a.from(r))
	} else {
		token, session, err = a.Account.Join(r.Context(), req.Token, req.Name, req.Login, req.Password, a.from(r))
	}
	if err != nil {
		return err
	}
	return a.begin(w, r, token, session)
}

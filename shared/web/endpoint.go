package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"convoc/shared/account"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Limits of a JSON body.
const (
	maxBody  = 256 << 10
	maxDepth = 16
)

// What HTTP itself can get wrong.
var (
	errType   = errs.Define(errs.Invalid, "content_type", "the body is no JSON")
	errBody   = errs.Define(errs.Invalid, "body_invalid", "the body cannot be read as this request")
	errTooBig = errs.Define(errs.TooLarge, "body_too_large", "the body is over 256 KB")
)

// call is who asks for what.
type call struct {
	*http.Request
	session account.Session
	h       *store.Handle // of the session's collectivité
}

// none is a request without body, or an answer without content.
type none struct{}

// empty is a request without fields: `{}` or nothing.
type empty struct{}

// endpoint owns decoding, identity, rights, errors and headers; do is what is left. A none as answer is 204.
func endpoint[Req, Res any](s Site, accounts *account.Service, action rights.Action, status int, do func(context.Context, call, Req) (Res, error)) http.Handler {
	return s.api(func(w http.ResponseWriter, r *http.Request) error {
		c := call{Request: r}
		if action != "" {
			var err error
			if c, err = s.identify(accounts, action, r); err != nil {
				return err
			}
		}
		var req Req
		if _, nothing := any(req).(none); !nothing {
			if err := decode(w, r, &req); err != nil {
				return err
			}
		}
		res, err := do(r.Context(), c, req)
		if err != nil {
			return err
		}
		if _, nothing := any(res).(none); nothing {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return encode(w, status, res)
	})
}

// api gives a handler the headers of /api, its protection against foreign pages, and answers its errors.
func (s Site) api(do func(http.ResponseWriter, *http.Request) error) http.Handler {
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(s.Origin); err != nil {
		panic("web: public origin: " + err.Error())
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, errs.ErrDenied)
	}))
	return withHeaders(s.apiHeaders, cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			s.refuse(w, err)
		}
	})))
}

// identify finds the session of a request and asks the table of rights.
func (s Site) identify(accounts *account.Service, action rights.Action, r *http.Request) (call, error) {
	session, err := accounts.Session(r.Context(), s.sessionToken(r))
	if err != nil {
		return call{}, err
	}
	if !rights.May(session.Role, action) {
		return call{}, errs.ErrDenied
	}
	return call{r, session, s.Tables.Collectivity(session.Collectivity)}, nil
}

// decode reads the JSON body strictly: unknown and duplicate keys, a second value, too many bytes or levels are refused.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return errType
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return errTooBig
	case err != nil:
		return errBody
	case len(bytes.TrimSpace(raw)) == 0:
		raw = []byte("{}")
	}
	if err := wellFormed(raw); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil {
		return errBody
	}
	return nil
}

// wellFormed refuses what encoding/json would let pass: duplicate keys, deep nesting, a second value. Errors: errBody.
func wellFormed(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := walkValue(d, 0); err != nil {
		return errBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errBody
	}
	return nil
}

func walkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return errBody
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return walkObject(d, depth)
	case json.Delim('['):
		for d.More() {
			if err := walkValue(d, depth+1); err != nil {
				return err
			}
		}
		_, err := d.Token()
		return err
	}
	return nil
}

func walkObject(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok || seen[key] {
			return errBody
		}
		seen[key] = true
		if err := walkValue(d, depth+1); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func encode(w http.ResponseWriter, status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	write(w, append(raw, '\n'))
	return nil
}

// problem is how an error crosses HTTP.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

// refuse answers an error of /api.
func (s Site) refuse(w http.ResponseWriter, err error) {
	refusal, fault := asRefusal(err)
	note(w, refusal.Code, fault)
	if refusal.Kind == errs.TooMany {
		w.Header().Set("Retry-After", "30")
	}
	body := problem{refusal.Code, say(refusal), refusal.Field}
	if err := encode(w, statusOf(refusal.Kind), body); err != nil {
		note(w, refusal.Code, err)
	}
}

// errFault is what a person reads of a fault of ours.
var errFault = errs.Define("", "fault", "a fault of ours")

// asRefusal turns any error into a refusal, with the cause for the operator when it is a fault.
func asRefusal(err error) (refusal *errs.Error, fault error) {
	if e, ok := errs.As(err); ok {
		return e, nil
	}
	switch {
	case errors.Is(err, table.ErrUnavailable), errors.Is(err, files.ErrUnavailable), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, context.Canceled):
		return errs.ErrUnavailable, err
	case errors.Is(err, table.ErrNotFound), errors.Is(err, files.ErrNotFound):
		return errs.ErrNotFound, nil
	case errors.Is(err, table.ErrCondition):
		return errs.ErrChangedMeanwhile, nil
	default:
		return errFault, err
	}
}

// statusOf is the HTTP status of a kind.
func statusOf(k errs.Kind) int {
	switch k {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.SignedOut:
		return http.StatusUnauthorized
	case errs.Denied:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Gone:
		return http.StatusGone
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.TooMany:
		return http.StatusTooManyRequests
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// sessionCookie is the name of the cookie. Over plain HTTP (this machine only) browsers refuse the __Host- prefix.
func (s Site) sessionCookie() string {
	if s.Secure {
		return "__Host-convoc"
	}
	return "convoc"
}

func (s Site) sessionToken(r *http.Request) string {
	c, err := r.Cookie(s.sessionCookie())
	if err != nil {
		return ""
	}
	return c.Value
}

// setSession gives the browser the session; an empty token takes it away.
func (s Site) setSession(w http.ResponseWriter, token string) {
	c := &http.Cookie{
		Name: s.sessionCookie(), Value: token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

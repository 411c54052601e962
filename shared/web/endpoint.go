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
	"os"
	"strconv"
	"strings"
	"time"

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

// The kinds of refusal that only HTTP knows.
const (
	kindMethod errs.Kind = "method"
	kindType   errs.Kind = "type"
	kindSlow   errs.Kind = "slow"
)

// What HTTP itself can get wrong.
var (
	errMethod  = errs.Define(kindMethod, "method", "the path has other methods")
	errForeign = errs.Define(errs.Denied, "foreign_page", "a page of another origin asks")
	errType    = errs.Define(kindType, "content_type", "the body is no JSON")
	errSlow    = errs.Define(kindSlow, "body_slow", "the body did not come in time")
	errBody    = errs.Define(errs.Invalid, "body_invalid", "the body cannot be read as this request")
	errOther   = errs.Define(errs.Conflict, "other_collectivity", "the session is for another collectivité than the page")
	errTooBig  = errs.Define(errs.TooLarge, "body_too_large", "the body is over 256 KB, or over 1 MB for a draft")
)

// call is who asks for what.
type call struct {
	*http.Request
	session account.Session
	h       *store.Handle // of the session's collectivité; nil without one
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
		s.refuse(w, errForeign)
	}))
	return withHeaders(s.apiHeaders, cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			s.refuse(w, err)
		}
	})))
}

// CollectivityHeader says for which collectivité a page was opened. It gives nothing: the session alone says whose data are
// reached. But whoever has chosen another one in another window is told so, and does not write into the wrong directory.
const CollectivityHeader = "Convoc-Collectivity"

// identify finds the session of a request and asks the table of rights.
func (s Site) identify(accounts *account.Service, action rights.Action, r *http.Request) (call, error) {
	session, err := accounts.Session(r.Context(), s.sessionToken(r))
	if err != nil {
		return call{}, err
	}
	if !session.May(action) {
		return call{}, errs.ErrDenied
	}
	if meant := r.Header.Get(CollectivityHeader); meant != "" && meant != string(session.Collectivity) {
		return call{}, errOther
	}
	if session.Collectivity == "" {
		return call{r, session, nil}, nil
	}
	return call{r, session, s.Tables.Collectivity(session.Collectivity)}, nil
}

// decode reads the JSON body strictly: unknown and duplicate keys, a second value, too many bytes or levels are refused.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return errType
	}
	limit := int64(maxBody)
	if wide, ok := into.(interface{ maxBody() int64 }); ok {
		limit = wide.maxBody()
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return unread(err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
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

// unread tells why a body could not be read: errTooBig, errSlow, or errBody for a browser that went away.
func unread(err error) error {
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return errTooBig
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	}
	return errBody
}

// wellFormed refuses what encoding/json would let pass: keys that differ from a field's by case only, duplicate keys,
// deep nesting, a second value. Errors: errBody.
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

// walkValue walks a value that lies inside so many objects and lists.
func walkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if _, opens := t.(json.Delim); !opens {
		return nil
	}
	if depth == maxDepth {
		return errBody
	}
	seen := map[string]bool{}
	for d.More() {
		if t == json.Delim('{') {
			if err := walkKey(d, seen); err != nil {
				return err
			}
		}
		if err := walkValue(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// walkKey takes a key that was not seen and is written as all keys of the API are: encoding/json would take « LOGIN »
// for « login ».
func walkKey(d *json.Decoder, seen map[string]bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	key, ok := t.(string)
	foreign := func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	if !ok || seen[key] || strings.ContainsFunc(key, foreign) {
		return errBody
	}
	seen[key] = true
	return nil
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
	var waiting account.Waiting
	if errors.As(err, &waiting) {
		seconds := int((waiting.For + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		refusal = refusal.At("", duration(seconds))
	}
	body := problem{refusal.Code, say(refusal), refusal.Field}
	if err := encode(w, statusOf(refusal.Kind), body); err != nil {
		note(w, refusal.Code, err)
	}
}

// errFault is what a person reads of a fault of ours.
var errFault = errs.Define("", "fault", "a fault of ours")

// errWall is the fault of ours that no other is as bad as: the operator finds it by its code.
var errWall = errs.Define("", "wall", "a key of another collectivity was asked for, and refused")

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
	case errors.Is(err, table.ErrForeign), errors.Is(err, files.ErrForeign):
		return errWall, err
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
	case kindMethod:
		return http.StatusMethodNotAllowed
	case kindType:
		return http.StatusUnsupportedMediaType
	case kindSlow:
		return http.StatusRequestTimeout
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

// Package web is the HTTP edge: routes, identity, errors, headers. It alone knows HTTP statuses, and with page, letter
// and static/ it alone speaks French.
//
// Each function of the wiring table has its routes here: [AccountAPI], [AdminAPI], [ImportContacts],
// [ViewConvocation], [AttachDocument], [AnswerConvocation]. A route says which action it needs; package rights says who may.
//
// Every answer has the security headers, also those that no route gives: paths that nobody serves, methods that a path
// does not have (405), paths written in a way that a browser would be led away from.
package web

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"convoc/shared/account"
	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/contactfile"
	"convoc/shared/contacts"
	"convoc/shared/csvimport"
	"convoc/shared/dispatch"
	"convoc/shared/follow"
	"convoc/shared/page"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/upload"
)

// Site is what every route needs to know of the installation.
type Site struct {
	Tables      store.Tables
	Origin      string // public origin without a slash at the end: « https://convoc.example »
	FilesOrigin string // origin of the files' own host
	Secure      bool   // the public origin is https: cookies are __Host- ones, HSTS is sent
	CursorKey   []byte // signs the cursors of lists; the same in all processes
	Log         *slog.Logger
	Now         func() time.Time
	// Client tells the address a request comes from; behind a proxy it is not the connection's.
	Client func(*http.Request) string
	Pages  *page.Pages
}

// Route is one method and path with what answers it.
type Route struct {
	Pattern string        // as http.ServeMux takes it
	Action  rights.Action // what it does; empty for a route without session
	Handler http.Handler
}

// ResetTakes is how long asking for a new password takes: longer than a mail service needs to take a mail.
const ResetTakes = 2 * time.Second

// Accounts is what account-api needs.
type Accounts struct {
	Site
	Account    *account.Service
	ResetTakes time.Duration // how long an answer to « Réinitialiser » takes, whoever asks; zero: as long as it takes
}

// Admin is what admin-api needs.
type Admin struct {
	Site
	Account  *account.Service
	Contacts *contacts.Service
	Compose  *compose.Service
	Uploads  *upload.Service
	Dispatch *dispatch.Service
	Follow   *follow.Service
	Answer   *answer.Service
	Letters  dispatch.Letters
}

// Imports is what import-contacts needs.
type Imports struct {
	Site
	Account  *account.Service
	Import   *csvimport.Service
	Contacts *contacts.Service
	Workbook func(to io.Writer, name string) (contactfile.Writer, error) // begins one of a sheet of that name
}

// Recipients is what view-convocation and answer-convocation need.
type Recipients struct {
	Site
	Answer *answer.Service
}

// observe writes the one line of the log that a request has: the pattern of the route, never its path. A fault of ours
// makes it an error, with its cause; a panic, with where it was.
func (s Site) observe(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		s.caught(seen, r, next)
		log := s.Log.With("route", pattern, "status", seen.status, "bytes", seen.bytes,
			"ms", s.Now().Sub(start).Milliseconds(), "code", seen.code)
		if seen.err != nil {
			log.Error("request", "err", seen.err.Error())
			return
		}
		log.Info("request")
	})
}

// caught answers a panic of ours like any other fault; whoever went away in the middle is let go.
func (s Site) caught(w *recorder, r *http.Request, next http.Handler) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.refusing(fmt.Errorf("panic: %T\n%s", p, debug.Stack())).ServeHTTP(w, r) // the value may hold what was asked: its type is enough
	}()
	next.ServeHTTP(w, r)
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	code   string // of the refusal
	err    error  // of a fault of ours, for the operator
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// note tells the recorder behind w why a request was refused.
func note(w http.ResponseWriter, code string, err error) {
	if r, ok := w.(*recorder); ok {
		r.code, r.err = code, err
	}
}

// write sends a body; an élu who has gone away is no error of ours.
func write(w io.Writer, body []byte) { _, _ = w.Write(body) }

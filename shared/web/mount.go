package web

import (
	"net/http"
	"path"
	"strings"

	"convoc/shared/errs"
)

// Mount makes one handler of routes, with the headers and answers that all of them share. A path that is there for
// other methods is answered 405, with those.
func (s Site) Mount(routes ...Route) http.Handler {
	mux, known := http.NewServeMux(), http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern, s.observe(r.Pattern, r.Handler))
		if strings.Contains(r.Pattern, " ") { // the others take any method
			known.Handle(r.Pattern, http.NotFoundHandler())
		}
	}
	return s.Front(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allow := otherMethods(known, r); allow != "" {
			s.WrongMethod(allow).ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// otherMethods lists those that a path has when it has not the one that is asked; empty otherwise.
func otherMethods(known *http.ServeMux, r *http.Request) string {
	h, pattern := known.Handler(r)
	if pattern != "" {
		return ""
	}
	said := header{}
	h.ServeHTTP(said, r)
	return http.Header(said).Get("Allow")
}

// header is all that is kept of an answer that nobody is given.
type header http.Header

func (h header) Header() http.Header         { return http.Header(h) }
func (h header) Write(b []byte) (int, error) { return len(b), nil }
func (h header) WriteHeader(int)             {}

// Front stands before a mux. It gives the headers that even an answer of the mux itself must have, and answers paths from
// which a mux leads away (« //c/… »): the address that it would lead to may be somebody's link.
func (s Site) Front(next http.Handler) http.Handler {
	return withHeaders(s.apiHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.EscapedPath(); p == clean(p) {
			next.ServeHTTP(w, r)
			return
		}
		s.observe("(unclean path)", s.refusing(errs.ErrNotFound)).ServeHTTP(w, r)
	}))
}

// clean is a path as http.ServeMux wants it.
func clean(p string) string {
	cleaned := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && cleaned != "/" {
		cleaned += "/"
	}
	return cleaned
}

// WrongMethod answers what a path does not do, and says what it does.
func (s Site) WrongMethod(allow string) http.Handler {
	return s.observe("(wrong method)", withHeaders(func(h http.Header) { h.Set("Allow", allow) }, s.refusing(errMethod)))
}

// refusing answers a refusal where no route does: JSON in /api, a page elsewhere.
func (s Site) refusing(refusal error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(path.Clean(r.URL.Path), "/api/") {
			s.apiHeaders(w.Header())
			s.refuse(w, refusal)
			return
		}
		s.recipientHeaders(w.Header())
		Recipients{Site: s}.problem(w, visitor{}, refusal)
	})
}

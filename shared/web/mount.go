package web

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"convoc/shared/errs"
)

// Mount makes one handler of routes, with the headers and answers that all of them share. A path that is there for
// other methods is answered 405, with those. Where an identifier may stand beside a word (« /contacts/{contact} »,
// « /contacts/export »), the word is never taken for one: the path has the word's methods alone.
func (s Site) Mount(routes ...Route) http.Handler {
	mux, paths, allowed := http.NewServeMux(), http.NewServeMux(), map[string][]string{}
	for _, r := range routes {
		mux.Handle(r.Pattern, s.observe(r.Pattern, r.Handler))
		method, path, found := strings.Cut(r.Pattern, " ")
		if !found { // it takes any method
			continue
		}
		if allowed[path] == nil {
			paths.Handle(path, http.NotFoundHandler())
		}
		allowed[path] = append(allowed[path], method)
		if method == http.MethodGet {
			allowed[path] = append(allowed[path], http.MethodHead)
		}
		slices.Sort(allowed[path])
	}
	return s.Front(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path := paths.Handler(r)
		if has := allowed[path]; has != nil && !slices.Contains(has, r.Method) {
			s.WrongMethod(strings.Join(has, ", ")).ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

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

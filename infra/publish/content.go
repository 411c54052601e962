package main

import (
	"bytes"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"convoc/infra/stack/hosts"
	"convoc/shared/page"
	"convoc/shared/web"
	"convoc/static"
)

// object is one file of the bucket of pages.
type object struct {
	key, kind string // its name, and its media type
	body      []byte
}

// content is all that the bucket holds. Pages come last, so that none is there before what it refers to.
func content(origin string) ([]object, error) {
	all, err := staticPages(origin)
	if err != nil {
		return nil, err
	}
	pages := page.New()
	for status, code := range hosts.ErrorPages {
		var body bytes.Buffer
		if err := pages.Problem(&body, page.ProblemView{Code: code, Origin: origin}); err != nil {
			return nil, err
		}
		all = append(all, object{hosts.ErrorPage(status), "text/html; charset=utf-8", body.Bytes()})
	}
	slices.SortFunc(all, func(a, b object) int {
		if html(a) != html(b) {
			if html(b) {
				return -1
			}
			return 1
		}
		return strings.Compare(a.key, b.key)
	})
	return all, nil
}

func html(o object) bool { return strings.HasSuffix(o.key, ".html") }

// staticPages are answered as package web does on one machine, which knows their media types.
func staticPages(origin string) ([]object, error) {
	var all []object
	site := web.Site{Origin: origin}.Static(static.Files())
	err := fs.WalkDir(static.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		r, err := http.NewRequest(http.MethodGet, "/"+name, nil)
		if err != nil {
			return err
		}
		answer := recorder{header: http.Header{}}
		site.ServeHTTP(&answer, r)
		all = append(all, object{name, answer.header.Get("Content-Type"), answer.body.Bytes()})
		return nil
	})
	return all, err
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(int)             {}

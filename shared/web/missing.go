package web

import (
	"bytes"
	"net/http"

	"convoc/shared/errs"
	"convoc/shared/page"
)

// missingAPI answers what no route of /api does: JSON like all of /api.
func (s Site) missingAPI() http.Handler {
	return s.api(func(http.ResponseWriter, *http.Request) error { return errs.ErrNotFound })
}

// missingPage answers what no route of /c does: a page like all of /c.
func (s Site) missingPage() http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Recipients{Site: s}.problem(w, visitor{}, errs.ErrNotFound)
	}))
}

// fileProblems name the page for each refusal of the files' host.
var fileProblems = map[string]string{
	"upload_too_large": "document_too_large", "upload_empty": "document_empty", "upload_without_file": "document_empty",
	"upload_expired": "upload_expired", "upload_refused": "upload_expired", "upload_malformed": "upload_expired",
	"upload_type": "document_kind_refused", "download_expired": "download_expired",
	"not_found": "document_unknown", "unavailable": "files_unavailable",
}

// FilesProblem answers a refusal of the files' host as a page: a form without script leads there.
func (s Site) FilesProblem(w http.ResponseWriter, _ *http.Request, status int, code string) {
	if known, ok := fileProblems[code]; ok {
		code = known
	}
	s.Log.Info("request", "route", "files", "status", status, "code", code)
	var body bytes.Buffer
	if err := s.Pages.Problem(&body, page.ProblemView{Code: code, Origin: s.Origin}); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src "+s.Origin+
		"; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	write(w, body.Bytes())
}

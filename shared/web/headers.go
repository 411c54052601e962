package web

import "net/http"

// The security headers, on every answer, errors included.

// common sets what all answers have.
func (s Site) common(h http.Header) {
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if s.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

// apiHeaders are those of /api: data, never a page.
func (s Site) apiHeaders(h http.Header) {
	s.common(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
}

// recipientHeaders are those of /c: pages without any script. Forms go to ourselves and to the files' host, to which a
// form may also be led by a 303.
func (s Site) recipientHeaders(h http.Header) {
	s.common(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' "+
		s.FilesOrigin+"; base-uri 'none'; frame-ancestors 'none'")
}

// staticHeaders are those of the secretary's pages.
func (s Site) staticHeaders(h http.Header) {
	s.common(h)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self' "+s.FilesOrigin+"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "+
		"require-trusted-types-for 'script'; trusted-types 'none'")
}

// withHeaders sets headers before a handler.
func withHeaders(set func(http.Header), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set(w.Header())
		next.ServeHTTP(w, r)
	})
}

// PlainHeaders are those of a page of the local runner: no script, nothing to post.
func (s Site) PlainHeaders(h http.Header) {
	s.common(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
}

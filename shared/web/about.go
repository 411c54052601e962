package web

import (
	"errors"
	"io"
	"net/http"

	"convoc/shared/convocation"
	"convoc/shared/letter"
	"convoc/shared/link"
	"convoc/shared/page"
)

func (s Recipients) style() http.Handler {
	return withHeaders(s.staticHeaders, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // the files' host shows pages of ours: FilesProblem
		write(w, page.Style())
	}))
}

// letterStyle is what a preview needs beside the style of all pages.
func (s Recipients) letterStyle() http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		write(w, letter.Sheet())
	}))
}

// about answers a page about the service. Behind a link it names whoever sent it, even when the link is closed or has
// expired: that is when somebody wants to call.
func (s Recipients) about(draw func(io.Writer, page.Sender) error) http.Handler {
	return withHeaders(s.recipientHeaders, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sender, err := s.senderOf(r)
		if err == nil {
			err = render(w, http.StatusOK, draw, sender)
		}
		if err != nil {
			s.problem(w, visitor{}, err)
		}
	}))
}

// senderOf finds who sent the link that a request is behind; the zero Sender where it is behind none.
func (s Recipients) senderOf(r *http.Request) (page.Sender, error) {
	raw := r.PathValue("token")
	if raw == "" {
		return page.Sender{}, nil
	}
	token, err := link.Parse(raw)
	if err != nil {
		return page.Sender{}, convocation.ErrLinkUnknown
	}
	visit, err := s.Answer.Visit(r.Context(), token)
	if err != nil && !errors.Is(err, convocation.ErrLinkClosed) && !errors.Is(err, convocation.ErrLinkExpired) {
		return page.Sender{}, err
	}
	return visitor{r, visit, "/c/" + raw}.sender(), nil
}

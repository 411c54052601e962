package returned

import (
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message/charset"

	"convoc/shared/directory"
)

// absence is how the subjects of automatic answers begin; folded.
var absence = regexp.MustCompile(`^(reponse automatique|automatic reply|auto(matic)?[- ]?(reply|response)|out of (the )?office|` +
	`message d'absence|notification d'absence|avis d'absence|reponse d'absence|absen(ce|t|te) du bureau|vacation|automatische antwort)\b`)

// automatic tells an answer that a program gave. RFC 3834 has one field for that; the others are older programs' own.
// « bulk » alone is said of mailing lists too.
func (l *letter) automatic() bool {
	said, _, _ := strings.Cut(strings.ToLower(l.header.Get("Auto-Submitted")), ";")
	if said = strings.TrimSpace(said); said != "" && said != "no" {
		return true
	}
	if slices.ContainsFunc([]string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Auto-Response-Suppress"}, l.header.Has) {
		return true
	}
	return strings.EqualFold(strings.TrimSpace(l.header.Get("Precedence")), "auto_reply") || absence.MatchString(directory.Fold(l.subject()))
}

// subject is decoded, or as it stands.
func (l *letter) subject() string {
	raw := l.header.Get("Subject")
	if decoded, err := (&mime.WordDecoder{CharsetReader: charset.Reader}).DecodeHeader(raw); err == nil {
		return decoded
	}
	return raw
}

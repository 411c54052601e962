package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// ErrHeader: a one-line field holds a line break or another control character. Nothing was built.
var ErrHeader = errors.New("mail: a header field with a control character")

// Message is what [Compose] makes a MIME message from.
type Message struct {
	FromName, FromAddress string // « Mairie de X », convocations@…
	ToName, ToAddress     string // ToName may be empty
	ReplyTo               string // the secretary's address; may be empty
	Subject               string // one line
	Text, HTML            string // both always there
	MessageID             string // local part and domain, without brackets; stable for one attempt
}

// Compose builds the message as RFC 5322 with CRLF lines: a text part and an HTML part, no attachment, no tracking. The
// same message at the same time gives the same bytes. Errors: [ErrHeader], an address that is none.
func Compose(m Message, at time.Time) ([]byte, error) {
	for _, line := range []string{m.FromName, m.FromAddress, m.ToName, m.ToAddress, m.ReplyTo, m.Subject, m.MessageID} {
		if strings.ContainsFunc(line, unicode.IsControl) {
			return nil, ErrHeader
		}
	}
	sum := sha256.Sum256([]byte(m.MessageID))
	built := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary("convoc-"+hex.EncodeToString(sum[:12])),
	)
	if err := addresses(built, m); err != nil {
		return nil, fmt.Errorf("addressing: %w", err)
	}
	built.Subject(m.Subject)
	built.SetDateWithValue(at)
	built.SetMessageIDWithValue(m.MessageID)
	built.SetGenHeader("Auto-Submitted", "auto-generated")
	built.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	built.SetBodyString(gomail.TypeTextPlain, m.Text)
	built.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	var raw bytes.Buffer
	if _, err := built.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("building: %w", err)
	}
	return raw.Bytes(), nil
}

func addresses(built *gomail.Msg, m Message) error {
	if err := built.FromFormat(m.FromName, m.FromAddress); err != nil {
		return err
	}
	to := built.AddToFormat(m.ToName, m.ToAddress)
	if m.ToName == "" {
		to = built.To(m.ToAddress)
	}
	if to != nil {
		return to
	}
	if m.ReplyTo == "" {
		return nil
	}
	return built.ReplyTo(m.ReplyTo)
}

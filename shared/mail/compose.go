package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

var (
	// ErrHeader: a one-line field holds a line break or another control character, or is not UTF-8. Nothing was built.
	ErrHeader = errors.New("mail: a header field with a control character")
	// ErrAddress: an address that is none, or not plain ASCII, or with a name in it. Nothing was built. The error does not
	// name it.
	ErrAddress = errors.New("mail: an address that is none")
)

// Message is what [Compose] makes a MIME message from.
type Message struct {
	FromName, FromAddress string // « Mairie de X », convocations@…; a name may be empty
	ToName, ToAddress     string // of a name, runs of spaces are written as one
	ReplyTo               string // the secretary's address; may be empty
	Subject               string // one line
	Text, HTML            string // both always there
	MessageID             string // local part and domain, without brackets; of one attempt: see [Seal]
	Attachments           []Attachment
}

// lines are what must stay on the line of a header.
func (m Message) lines() []string {
	all := []string{m.FromName, m.FromAddress, m.ToName, m.ToAddress, m.ReplyTo, m.Subject, m.MessageID}
	for _, a := range m.Attachments {
		all = append(all, a.Name, a.Type)
	}
	return all
}

// Compose builds the message as RFC 5322 with CRLF lines: a text part, an HTML part and the attachments; no tracking.
// The same message at the same time gives the same bytes. Errors: [ErrHeader], [ErrAddress], [ErrAttachment].
func Compose(m Message, at time.Time) ([]byte, error) {
	for _, line := range m.lines() {
		if strings.ContainsFunc(line, unicode.IsControl) || !utf8.ValidString(line) {
			return nil, ErrHeader
		}
	}
	sum := sha256.Sum256([]byte(m.MessageID))
	unique := hex.EncodeToString(sum[:12])
	built := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary("convoc-"+unique),
	)
	if err := addresses(built, m); err != nil {
		return nil, err
	}
	built.Subject(words(m.Subject))
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
	if len(m.Attachments) == 0 {
		return raw.Bytes(), nil
	}
	return attach(raw.Bytes(), m.Attachments, "convoc-mixed-"+unique)
}

func addresses(built *gomail.Msg, m Message) error {
	from, errFrom := mailbox(m.FromName, m.FromAddress)
	to, errTo := mailbox(m.ToName, m.ToAddress)
	if err := errors.Join(errFrom, errTo); err != nil {
		return err
	}
	if !asEncoded(built, "From", from) {
		built.FromMailAddress(from)
	}
	if !asEncoded(built, "To", to) {
		built.ToMailAddress(to)
	}
	if m.ReplyTo == "" {
		return nil
	}
	back, err := mailbox("", m.ReplyTo)
	if err == nil {
		built.ReplyToMailAddress(back)
	}
	return err
}

// mailbox is a name with its address. The name is quoted or encoded whatever it holds: it is never parsed.
func mailbox(name, address string) (*netmail.Address, error) {
	parsed, err := netmail.ParseAddress(address)
	beyond := strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII })
	if err != nil || parsed.Address != address || beyond {
		return nil, ErrAddress
	}
	return &netmail.Address{Name: strings.Join(strings.Fields(name), " "), Address: address}, nil
}

// asEncoded writes a mailbox whose plain name looks encoded: in quotes, where the library would leave it as it stands,
// many programs decode it all the same.
func asEncoded(built *gomail.Msg, field gomail.Header, a *netmail.Address) bool {
	if !strings.Contains(a.Name, encodedMark) || mime.QEncoding.Encode("utf-8", a.Name) != a.Name {
		return false
	}
	built.SetGenHeader(field, words(a.Name)+" "+(&netmail.Address{Address: a.Address}).String())
	return true
}

// encodedMark begins a word that is encoded (RFC 2047).
const encodedMark = "=?"

// longWord is how long a word of a header may be without being encoded: one that is longer could not be folded.
const longWord = 60

// words writes a line so that it is read back as it was: as it stands when it is plain words with one space between
// them, in encoded words (RFC 2047) otherwise.
func words(line string) string {
	if encoded := mime.QEncoding.Encode("utf-8", line); encoded != line {
		return encoded
	}
	plain := line == strings.Join(strings.Fields(line), " ") && !strings.Contains(line, encodedMark)
	for word := range strings.FieldsSeq(line) {
		plain = plain && len(word) <= longWord
	}
	if plain {
		return line
	}
	var encoded []string
	for len(line) > 0 {
		n := min(len(line), longWord*3/4) // ASCII: cut anywhere
		encoded = append(encoded, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(line[:n]))+"?=")
		line = line[n:]
	}
	return strings.Join(encoded, " ")
}

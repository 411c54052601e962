package returned

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // texts in windows-1252, as Outlook writes them
	"github.com/emersion/go-message/textproto"
)

// Bounds of what is looked at.
const (
	maxDepth = 4  // of parts in parts
	maxParts = 20 // of all
)

// letter is what matters of a message.
type letter struct {
	header    message.Header
	text      string             // its first text
	status    []textproto.Header // of a report: what it says of each address
	complaint string             // the type of a complaint
	notified  bool               // it is a reading notification (RFC 8098): of no reading that we know of
	original  string             // the header of the mail that it is about, with LF lines
	cut       bool               // its end is missing

	parts int
}

// read takes in a part and what it holds. A message in a message is not looked into: what a person forwards says nothing.
func (l *letter) read(e *message.Entity, depth int) {
	l.parts++
	kind, _, _ := e.Header.ContentType()
	if inside := e.MultipartReader(); inside != nil {
		for depth < maxDepth && l.parts < maxParts {
			part, err := inside.NextPart()
			if part == nil {
				l.cut = l.cut || !errors.Is(err, io.EOF)
				return
			}
			l.read(part, depth+1)
		}
		return
	}
	switch strings.ToLower(kind) {
	case "text/plain", "":
		if l.text == "" {
			l.text = body(e)
		}
	case "message/delivery-status", "message/global-delivery-status":
		if l.status == nil {
			l.status = groups(body(e))
		}
	case "message/feedback-report":
		for _, g := range groups(body(e)) {
			l.complaint = g.Get("Feedback-Type")
		}
	case "message/disposition-notification", "message/global-disposition-notification":
		l.notified = true
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		if l.original == "" {
			l.original, _, _ = strings.Cut(strings.TrimLeft(body(e), "\n"), "\n\n")
		}
	}
}

// body is the text of a part, or as much of it as can be read, with LF lines.
func body(e *message.Entity) string {
	raw, _ := io.ReadAll(io.LimitReader(e.Body, MaxSize))
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\ufffd"), "\r\n", "\n")
}

// groups reads the fields of a report: groups with an empty line between them. A line that is none ends its group.
func groups(text string) []textproto.Header {
	var all []textproto.Header
	for group := range strings.SplitSeq(text, "\n\n") {
		fields, _ := textproto.ReadHeader(bufio.NewReader(strings.NewReader(strings.TrimLeft(group, "\n") + "\n\n")))
		if fields.Len() > 0 {
			all = append(all, fields)
		}
	}
	return all
}

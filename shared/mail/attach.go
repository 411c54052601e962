package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"slices"
)

// ErrAttachment: an attachment whose media type is none or endless, or whose name is empty or over 255 bytes. Nothing was
// built.
var ErrAttachment = errors.New("mail: an attachment that is none")

// Attachment is a file that goes with a message.
type Attachment struct {
	Name string // under which it is saved, one line
	Type string // media type with its parameters: « text/calendar; charset=utf-8; method=PUBLISH »
	Data []byte // arrives as it is, byte for byte
}

const (
	maxName   = 255 // bytes, as file systems have it; in a header each may take three (RFC 2231)
	maxHeader = 900 // bytes: a line has 998 at most (RFC 5322, 2.1.1)
)

// headers of the part that an attachment becomes.
func (a Attachment) headers() (textproto.MIMEHeader, error) {
	media, params, err := mime.ParseMediaType(a.Type)
	if err != nil || a.Name == "" || len(a.Name) > maxName {
		return nil, ErrAttachment
	}
	params["name"] = a.Name // by which older programs call it
	kind := mime.FormatMediaType(media, params)
	if kind == "" || len(kind) > maxHeader {
		return nil, ErrAttachment
	}
	return textproto.MIMEHeader{
		"Content-Type":              {kind},
		"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": a.Name})},
		"Content-Transfer-Encoding": {"base64"},
	}, nil
}

const contentType = "\r\nContent-Type: "

// attach puts a message as it was built into a multipart/mixed with its attachments. The library would give both
// multiparts the boundary that it was given (go-mail #414), and without one takes random ones.
func attach(raw []byte, all []Attachment, boundary string) ([]byte, error) {
	header, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	at := bytes.LastIndex(header, []byte(contentType))
	if at < 0 {
		return nil, errors.New("mail: a message without a type")
	}
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	if err := parts.SetBoundary(boundary); err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "%s%smultipart/mixed;\r\n boundary=%s\r\n\r\n", header[:at], contentType, boundary)
	texts, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {string(header[at+len(contentType):])}})
	if err != nil {
		return nil, err
	}
	if _, err := texts.Write(body); err != nil {
		return nil, err
	}
	for _, a := range all {
		if err := a.write(parts); err != nil {
			return nil, err
		}
	}
	err = parts.Close()
	return out.Bytes(), err
}

// base64Line is how long a line may be (RFC 2045, 6.8).
const base64Line = 76

func (a Attachment) write(parts *multipart.Writer) error {
	headers, err := a.headers()
	if err != nil {
		return err
	}
	part, err := parts.CreatePart(headers)
	if err != nil {
		return err
	}
	encoded := base64.StdEncoding.AppendEncode(nil, a.Data)
	for line := range slices.Chunk(encoded, base64Line) {
		if _, err := io.WriteString(part, string(line)+"\r\n"); err != nil {
			return err
		}
	}
	return nil
}

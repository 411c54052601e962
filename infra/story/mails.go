package story

import (
	"bytes"
	"fmt"
	"mime"
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	gomail "github.com/wneessen/go-mail"
)

func (s *story) list(ts *testscript.TestScript) [][]byte {
	mails, err := s.target.Mails()
	ts.Check(err)
	return mails
}

func (s *story) mails(ts *testscript.TestScript, args []string) string {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	until(ts, args[0]+" mails", func() bool { return len(s.list(ts)) >= want })
	var out strings.Builder
	all := s.list(ts)
	for _, raw := range all {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		ts.Check(err)
		fmt.Fprintf(&out, "%s | %s | %s\n", header(m, "To"), header(m, "Subject"), header(m, "From"))
	}
	return fmt.Sprintf("%d courriels\n%s", len(all), out.String())
}

var mailLink = regexp.MustCompile(`(?m)^http\S+(/c/|\.html#)\S+$`)

func Link(raw []byte) (string, error) {
	m, err := gomail.EMLToMsgFromReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	for _, part := range m.GetParts() {
		if part.GetContentType() == gomail.TypeTextPlain {
			content, err := part.GetContent()
			return mailLink.FindString(strings.ReplaceAll(string(content), "\r", "")), err
		}
	}
	return "", nil
}

func header(m *mail.Message, name string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		return m.Header.Get(name)
	}
	return text
}

func (s *story) address(ts *testscript.TestScript, args []string) string {
	for _, raw := range s.list(ts) {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		ts.Check(err)
		if !strings.Contains(m.Header.Get("To"), args[1]) {
			continue
		}
		link, err := Link(raw)
		ts.Check(err)
		if link == "" { // a notice
			continue
		}
		if page, token, found := strings.Cut(link, ".html#"); found && !strings.Contains(page, "/c/") {
			link = token
		}
		ts.Setenv(args[0], link)
		return ""
	}
	ts.Fatalf("no mail to %s", args[1])
	return ""
}

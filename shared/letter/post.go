package letter

import (
	"fmt"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/mail"
)

// Post writes letters for package dispatch.
type Post struct {
	From string // address from which the mails leave
}

// Letter writes the mail of one attempt.
func (p Post) Letter(l dispatch.Letter) (mail.Message, error) {
	c := l.Convocation
	subject, text, html, err := Convocation(viewOf(l))
	if err != nil {
		return mail.Message{}, err
	}
	_, domain, _ := strings.Cut(p.From, "@")
	return mail.Message{
		FromName: oneLine(c.Frozen.SenderName), FromAddress: p.From,
		ToName: oneLine(l.Recipient.Name), ToAddress: string(l.Recipient.Address),
		ReplyTo: c.Frozen.SenderMail, Subject: subject, Text: text, HTML: html,
		MessageID: fmt.Sprintf("%s.%s.%d@%s", c.ID, l.Recipient.ID, l.Attempt, domain),
	}, nil
}

func viewOf(l dispatch.Letter) View {
	c := l.Convocation
	v := View{
		Sender: c.Frozen.SenderName, Phone: c.Frozen.Phone, Mail: c.Frozen.SenderMail, Name: l.Recipient.Name,
		Subject: c.Subject, Message: c.Message, Link: l.Link, Copy: l.Recipient.Type != convocation.To, Resent: l.Again,
	}
	for _, d := range l.Documents {
		v.Documents = append(v.Documents, Document{d.Name, d.Size})
	}
	if first := l.Recipient.FirstSentAt(); l.Again && !first.IsZero() {
		loc, err := time.LoadLocation(c.Frozen.TimeZone)
		if err != nil {
			loc = time.UTC
		}
		v.FirstAt = first.In(loc)
	}
	return v
}

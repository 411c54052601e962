package letter

import (
	"errors"
	"time"

	"convoc/shared/calendar"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/law"
	"convoc/shared/mail"
)

// Post writes letters for package dispatch.
type Post struct {
	From string // address from which the mails leave
}

// Letter writes the mail of one attempt: the convocation, or a notice about an answer.
func (p Post) Letter(l dispatch.Letter) (mail.Message, error) {
	if l.Recipient.Notice.ID != "" {
		return p.notice(l)
	}
	subject, text, html, err := Convocation(viewOf(l))
	if err != nil {
		return mail.Message{}, err
	}
	return p.message(l, subject, text, html), nil
}

func (p Post) notice(l dispatch.Letter) (mail.Message, error) {
	v, err := noticeOf(l)
	if err != nil {
		return mail.Message{}, err
	}
	subject, text, html, err := Notice(v)
	if err != nil {
		return mail.Message{}, err
	}
	m := p.message(l, subject, text, html)
	if v.Attached {
		m.Attachments = []mail.Attachment{
			{Name: calendar.Name, Type: calendar.Type, Data: calendar.File(calendar.Of(l.Convocation))},
		}
	}
	return m, nil
}

func (p Post) message(l dispatch.Letter, subject, text, html string) mail.Message {
	c := l.Convocation
	return mail.Message{
		FromName: oneLine(c.Frozen.SenderName), FromAddress: p.From,
		ToName: oneLine(l.Recipient.Name), ToAddress: string(l.Recipient.Address),
		ReplyTo: c.Frozen.SenderMail, Subject: subject, Text: text, HTML: html,
	}
}

func viewOf(l dispatch.Letter) View {
	c, r := l.Convocation, l.Recipient
	_, member := c.Frozen.Councillor(r.Person)
	v := View{
		Sender: c.Frozen.SenderName, Phone: c.Frozen.Phone, Mail: c.Frozen.SenderMail, Name: r.Name,
		Subject: c.Subject, Message: c.Message, Documents: documentsOf(l.Documents), Link: l.Link,
		Copy: r.Type != convocation.To, Password: c.Password != "", Meeting: meetingOf(c),
		Proxy: member || len(c.Frozen.Councillors) == 0, // a draft that is looked at has nobody yet
		Why:   r.Why, Resent: l.Again && (r.Why == convocation.WhySent || r.Why == convocation.WhyUnblocked),
	}
	reminds := r.Why == convocation.WhyReminder
	switch {
	case v.Copy:
	case reminds:
		v.Until = local(c, c.ReplyUntil())
	default:
		v.Until = local(c, c.RepliesUntil)
	}
	if v.Resent || reminds {
		v.FirstAt = local(c, r.ReachedAt())
	}
	return v
}

func noticeOf(l dispatch.Letter) (NoticeView, error) {
	c, n := l.Convocation, l.Recipient.Notice
	v := NoticeView{
		Sender: c.Frozen.SenderName, Phone: c.Frozen.Phone, Mail: c.Frozen.SenderMail, Name: l.Recipient.Name,
		Subject: c.Subject, SentAt: local(c, c.Frozen.At), Kind: n.Kind, Other: n.Other, Meeting: meetingOf(c),
		Until: local(c, c.ReplyUntil()),
	}
	if n.Kind != convocation.NoticeReceipt {
		return v, nil
	}
	choice, errChoice := choiceWords(l.Reply.Choice, l.Reply.Holder)
	way, errWay := wayWords(l.Reply.Behalf)
	v.Receipt = Receipt{
		Number: l.Reply.Version, At: local(c, l.Reply.At), Choice: choice, Text: l.Reply.Text,
		Documents: documentsOf(l.Reply.Documents), Way: way,
	}
	comes := l.Reply.Choice.Presence == convocation.Present || l.Reply.Choice.Presence == convocation.Remote
	v.Attached = comes && c.Meeting != nil
	return v, errors.Join(errChoice, errWay)
}

func documentsOf(all []convocation.Document) []Document {
	var docs []Document
	for _, d := range all {
		docs = append(docs, Document{d.Name, d.Size})
	}
	return docs
}

// meetingOf is what the mail says of the meeting; nil where there is none.
func meetingOf(c convocation.Convocation) *Meeting {
	m := c.Meeting
	if m == nil {
		return nil
	}
	return &Meeting{
		Assembly: m.Assembly.Name, At: local(c, m.At), Place: m.Place, Signatory: m.Signatory, Agenda: m.Agenda,
		Remote: m.Offers(convocation.Remote), Urgent: m.Urgent, NoQuorum: m.Rule().NoQuorum && m.Urgent == "",
		Who: who(m.Assembly.Body),
	}
}

// who decides: the texts call it « conseil » everywhere but in an EPCI or a syndicat, and statutes as they like.
func who(b law.Body) string {
	switch b {
	case law.EPCISmall, law.EPCILarge, law.Own:
		return "L’assemblée"
	}
	return "Le conseil"
}

// local is a time in the collectivité's zone; zero stays zero.
func local(c convocation.Convocation, t time.Time) time.Time {
	if t.IsZero() {
		return t.UTC()
	}
	return t.In(c.Frozen.Location())
}

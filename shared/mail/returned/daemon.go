package returned

import (
	"regexp"
	"strings"

	"convoc/shared/directory"
	"convoc/shared/mail"
)

// daemons are programs that report in sentences of their own (qmail always, Exim and sendmail of old), or whose report a
// gateway has made flat. Folded: one space between words.
var daemons = []struct {
	begins  string
	failed  string
	delayed string
	copied  string // what stands before the copy of the mail, whose text is nobody's words; empty: it is a part
}{
	{"hi. this is the qmail-send program at ", "this is a permanent error", "", "--- "},
	{"this message was created automatically by mail delivery software", "this is a permanent error", "has not yet been delivered", "------ "},
	{"this is the mail system at host ", "could not be delivered to one or more recipients", "could not be delivered for more than", ""},
	{"----- the following addresses had permanent fatal errors -----", "permanent fatal errors", "", "original message follows"},
	{"your message did not reach some or all of the intended recipients", "did not reach some or all of the intended recipients", "", ""},
}

// opening is how far into a text a program's own sentence begins.
const opening = 400

var postmaster = regexp.MustCompile(`(?i)\b(mailer-daemon|postmaster)\b`)

// byDaemon tells whether a program for mail wrote it: its sender is named so, or it is one to which nothing comes back.
func (l *letter) byDaemon() bool {
	return postmaster.MatchString(l.header.Get("From")) || strings.TrimSpace(l.header.Get("Return-Path")) == "<>" && l.known()
}

// known tells whether the text begins as that of a program that is known.
func (l *letter) known() bool {
	said := directory.Fold(l.text[:min(len(l.text), 2*opening)])
	for _, d := range daemons {
		if at := strings.Index(said, d.begins); at >= 0 && at < opening {
			return true
		}
	}
	return false
}

// bounce reads what a program says of a mail in its own words.
func bounce(text string) (verdict, bool) {
	said := directory.Fold(text)
	for _, d := range daemons {
		at := strings.Index(said, d.begins)
		if at < 0 || at >= opening {
			continue
		}
		own := said[at:]
		if copied := strings.Index(own[len(d.begins):], d.copied); d.copied != "" && copied >= 0 {
			own = own[:len(d.begins)+copied]
		}
		switch {
		case strings.Contains(own, d.failed):
			return verdict{mail.EventBounced, reasonOf("", own)}, true
		case d.delayed != "" && strings.Contains(own, d.delayed):
			return verdict{mail.EventDelayed, reasonOf("", own)}, true
		}
	}
	return verdict{}, false
}

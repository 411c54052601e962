package mail

import (
	"crypto/subtle"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"convoc/shared/ident"
)

// Seal names mails so that whatever is said of one in its name can be believed: a secret of the installation. A mail that
// comes back is known by its Message-ID, and anybody may write to the mailbox where it comes. Whoever holds the mail
// knows its name, and can say of that one mail that it came back; nobody else can say it of any.
//
// A name is <collectivité>.<convocation>.<recipient>[.<notice>].<attempt>.<seconds since 1970>.<mark>@<domain>: identifiers,
// never personal data, and a mark of 80 bits (ident.Derive) over all of them. With the zero Seal, where the service names
// mails itself (SES), the mark is missing and no name is believed.
type Seal []byte

// MessageID names attempt t of a mail that was written at that time, to be sent from an address of a domain.
func (s Seal) MessageID(t Tags, at time.Time, from string) string {
	parts := []string{t.Collectivity, t.Convocation, t.Recipient}
	if t.Notice != "" {
		parts = append(parts, t.Notice)
	}
	seconds := at.Unix()
	parts = append(parts, strconv.Itoa(t.Attempt), strconv.FormatInt(seconds, 10))
	if len(s) > 0 {
		parts = append(parts, s.mark(t, seconds))
	}
	_, domain, _ := strings.Cut(from, "@")
	return fmt.Sprintf("%s@%s", strings.Join(parts, "."), domain)
}

func (s Seal) mark(t Tags, seconds int64) string {
	return ident.Derive("", s, "message-id", t.Collectivity, t.Convocation, t.Recipient, t.Notice, strconv.Itoa(t.Attempt),
		strconv.FormatInt(seconds, 10))
}

const tag = `([A-Za-z0-9_-]{1,64})`

var name = regexp.MustCompile(`\b` + tag + `\.` + tag + `\.` + tag + `(?:\.` + tag + `)?\.(\d{1,9})\.(\d{1,12})\.([` + ident.Alphabet + `]{16})@`)

// Find gives the one mail of ours that a text names, and when it was written. A text that names none, or more than one,
// names nothing.
func (s Seal) Find(text string) (t Tags, at time.Time, ok bool) {
	for _, m := range name.FindAllStringSubmatch(text, maxNames) {
		found, seconds, believed := s.read(m)
		switch {
		case !believed:
		case ok && found != t:
			return Tags{}, time.Time{}, false
		default:
			t, at, ok = found, time.Unix(seconds, 0).UTC(), true
		}
	}
	return t, at, ok
}

// maxNames in one text are looked at: each costs a hash.
const maxNames = 100

func (s Seal) read(m []string) (t Tags, seconds int64, believed bool) {
	attempt, errAttempt := strconv.Atoi(m[5])
	seconds, errSeconds := strconv.ParseInt(m[6], 10, 64)
	if len(s) == 0 || errAttempt != nil || errSeconds != nil {
		return Tags{}, 0, false
	}
	t = Tags{Collectivity: m[1], Convocation: m[2], Recipient: m[3], Notice: m[4], Attempt: attempt}
	return t, seconds, subtle.ConstantTimeCompare([]byte(s.mark(t, seconds)), []byte(m[7])) == 1
}

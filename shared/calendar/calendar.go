// Package calendar writes a meeting as a file that calendars take (iCalendar, RFC 5545).
//
// A file has one VCALENDAR with one VEVENT. It is UTF-8 with CRLF line ends; a line has at most 75 octets and is folded
// between characters. Times are UTC. Texts hold no control character but line breaks, written as « \n ».
//
// What is published is no invitation: with an ATTENDEE or an ORGANIZER, Outlook asks whether one accepts, an answer that
// would reach nobody, and Apple's calendar refuses the file (civicrm-core #28954, frab #231). RFC 5546, 3.2.1 wants an
// organizer of what is published; RFC 5545, 3.8.4.3 forbids one on what is in a single person's calendar.
//
// It is written by hand: golang-ical 0.3.4 lets carriage returns and control characters through and brings 2 MB into every
// function, go-ical folds no line.
package calendar

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Type is the media type of a file, Name how it is called where it is saved.
const (
	Type = "text/calendar; charset=utf-8; method=PUBLISH"
	Name = "convocation.ics"
)

// Event is what a file says of a meeting. Empty texts leave their line out, but UID and Summary are always there.
type Event struct {
	UID         string    // « cnv_…@domain »: the same in every file about the meeting, so that a newer one replaces it
	Stamp       time.Time // when what the file says was fixed
	Sequence    int       // grows with each change of the meeting
	Start       time.Time
	Summary     string
	Location    string
	Description string // LF line ends
}

// duration is a guess, for nobody knows when a meeting ends: without one an event has no length at all (RFC 5545,
// 3.6.1), and calendars draw it as a line or lay it over another.
const duration = "PT2H"

// File writes the file. The same event gives the same bytes.
func File(e Event) []byte {
	var f file
	f.line("BEGIN", "VCALENDAR")
	f.line("VERSION", "2.0")
	f.line("PRODID", "-//Convoc//Convoc//FR")
	f.line("METHOD", "PUBLISH")
	f.line("BEGIN", "VEVENT")
	f.line("UID", text(e.UID))
	f.line("DTSTAMP", instant(e.Stamp))
	f.line("SEQUENCE", strconv.Itoa(e.Sequence))
	f.line("DTSTART", instant(e.Start))
	f.line("DURATION", duration)
	f.line("SUMMARY", text(e.Summary))
	if e.Location != "" {
		f.line("LOCATION", text(e.Location))
	}
	if e.Description != "" {
		f.line("DESCRIPTION", text(e.Description))
	}
	f.line("STATUS", "CONFIRMED")
	f.line("TRANSP", "OPAQUE")
	f.line("END", "VEVENT")
	f.line("END", "VCALENDAR")
	return f.Bytes()
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

type file struct{ bytes.Buffer }

// maxLine is in octets, without the line end (RFC 5545, 3.1).
const maxLine = 75

// line writes « name:value », folded: a line that begins with a space goes on with the one before it.
func (f *file) line(name, value string) {
	rest, room := name+":"+value, maxLine
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		f.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], maxLine-1
	}
	f.WriteString(rest + "\r\n")
}

var (
	lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ")
	escapes  = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)
)

// text escapes a value of type TEXT (RFC 5545, 3.3.11).
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, lineEnds.Replace(strings.ToValidUTF8(s, "\uFFFD")))
	return escapes.Replace(s)
}

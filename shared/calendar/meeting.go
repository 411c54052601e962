package calendar

import (
	"fmt"
	"strings"

	"convoc/shared/convocation"
)

// Of is the meeting of a convocation that was sent: the same in a mail and on a page. Nothing in it is one recipient's own.
func Of(c convocation.Convocation) Event {
	m := c.Meeting
	var lines []string
	if m.Signatory != "" {
		lines = append(lines, "Convocation faite par\u00a0: "+oneLine(m.Signatory), "")
	}
	if len(m.Agenda) > 0 {
		lines = append(lines, "Ordre du jour")
	}
	for i, item := range m.Agenda {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, oneLine(item)))
	}
	return Event{
		UID: string(c.ID) + "@convoc", Stamp: c.Frozen.At, Sequence: int(c.Version), Start: m.At,
		Summary: oneLine(m.Assembly.Name + " – " + c.Frozen.SenderName), Location: oneLine(m.Place),
		Description: strings.TrimSpace(strings.Join(lines, "\n")),
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

package mail

import (
	"strings"
	"testing"
)

// Tags come back from the service as they were sent, or not at all: what it would refuse or change is not sent.
func TestTagsThatAServiceGivesBack(t *testing.T) {
	fields := map[string]func(*Tags) *string{
		"collectivity": func(t *Tags) *string { return &t.Collectivity },
		"convocation":  func(t *Tags) *string { return &t.Convocation },
		"recipient":    func(t *Tags) *string { return &t.Recipient },
		"notice":       func(t *Tags) *string { return &t.Notice },
	}
	whole := Tags{Collectivity: "000000000", Convocation: "cnv_abcdefghijklmnop", Recipient: "rcp_qrstuvwxyz234567", Attempt: 1}
	if !whole.Valid() {
		t.Errorf("%+v are refused", whole)
	}
	for _, c := range []struct {
		name, tag string
		want      bool
	}{
		{"an identifier", "ntc_abcdefghijklmnop", true},
		{"all that may be", "azAZ09_-", true},
		{"one character", "-", true},
		{"63 characters", strings.Repeat("a", 63), true},
		{"64 characters", strings.Repeat("a", 64), true},
		{"65 characters", strings.Repeat("a", 65), false},
		{"a dot: two attempts might share a file", "a.b", false},
		{"a folder", "../a", false},
		{"a space", "a b", false},
		{"a letter with an accent", "é", false},
		{"a wide digit", "\uff11", false},
		{"an address", "jean@x.fr", false},
		{"a line end: another header would follow", "a\nb", false},
		{"a NUL", "a\x00", false},
		{"bytes that are no text", "a\xff", false},
		{"before the digits", "/", false}, {"behind the digits", ":", false},
		{"before the capitals", "@", false}, {"behind the capitals", "[", false},
		{"before the small letters", "`", false}, {"behind the small letters", "{", false},
	} {
		for field, of := range fields {
			tags := whole
			*of(&tags) = c.tag
			if got := tags.Valid(); got != c.want {
				t.Errorf("%s as the %s: %v", c.name, field, got)
			}
		}
	}
	for field, of := range fields {
		tags := whole
		if *of(&tags) = ""; tags.Valid() != (field == "notice") { // the convocation itself has none
			t.Errorf("an empty %s: %v", field, tags.Valid())
		}
	}
}

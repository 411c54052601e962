// Package french writes dates, counts, sizes and lists as people read them in French. It is for the edges: pages, mails
// and reports.
//
// Dates are in the zone that is given, the collectivité's own. The pages of the secretary write the same ones with a
// script; static/assets/dates.vectors.json holds both to it. Spaces at which a line must not break are U+00A0, and
// U+202F between thousands, as browsers write them. A zero time is an empty text everywhere.
package french

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	noBreak       = "\u00a0"
	narrowNoBreak = "\u202f"
)

// weekday and month are functions so that nothing global can change.
func weekday(d time.Weekday) string {
	return [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}[d]
}

func month(m time.Month) string {
	return [...]string{
		"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
		"décembre",
	}[m-1]
}

// Long is « jeudi 10 décembre 2026 à 18 h 30 »; seconds are cut.
func Long(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(loc)
	return fmt.Sprintf("%s %d à %d"+noBreak+"h"+noBreak+"%02d", Day(t, loc), t.Year(), t.Hour(), t.Minute())
}

// Day is « mardi 1er décembre ».
func Day(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(loc)
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return weekday(t.Weekday()) + " " + day + noBreak + month(t.Month())
}

// Table is « 10/12/2026 à 18:30 », for columns.
func Table(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(loc).Format("02/01/2006 à 15:04")
}

// Seconds is « 13/07/2023 à 11:16:37 », for times that are proof.
func Seconds(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(loc).Format("02/01/2006 à 15:04:05")
}

// Number is « 1 234 ».
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + narrowNoBreak + digits[i:]
	}
	return sign + digits
}

// Count is « 1 destinataire », « 4 destinataires »: 0 and 1 are singular.
func Count(n int, one, many string) string {
	if n >= 2 {
		one = many
	}
	return Number(int64(n)) + noBreak + one
}

// Size is « 3,4 Mo », « 820 Ko », « 12 octets »: thousands of bytes, as devices show them.
func Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return Count(int(bytes), "octet", "octets")
	case bytes < 999_500:
		return Number((bytes+500)/1000) + noBreak + "Ko"
	}
	tenths := (bytes + 50_000) / 100_000
	whole := Number(tenths / 10)
	if tenths%10 != 0 {
		whole += "," + strconv.FormatInt(tenths%10, 10)
	}
	return whole + noBreak + "Mo"
}

// List is « a », « a et b », « a, b et c ».
func List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " et " + items[last]
}

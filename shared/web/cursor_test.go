package web

import (
	"errors"
	"net/http/httptest"
	"testing"

	"convoc/shared/collectivity"
	"convoc/shared/store"
)

// listed is a call for a list of a collectivité.
func listed(id collectivity.ID, target string) call {
	return call{Request: httptest.NewRequest("GET", target, nil), h: store.Tables{}.Collectivity(id)}
}

func TestCursorGoesOnWithItsListOnly(t *testing.T) {
	s := Site{CursorKey: []byte("key")}
	cursor := s.next(listed("100000009", "/api/contacts?q=a&group=b"), "roux#ctc_a")
	for name, c := range map[string]struct {
		id     collectivity.ID
		target string
		want   string // empty: refused
	}{
		"the next page":                    {"100000009", "/api/contacts?q=a&group=b&cursor=" + cursor, "roux#ctc_a"},
		"the query written another way":    {"100000009", "/api/contacts?cursor=" + cursor + "&group=b&q=a", "roux#ctc_a"},
		"another query":                    {"100000009", "/api/contacts?q=b&group=b&cursor=" + cursor, ""},
		"a part of the query less":         {"100000009", "/api/contacts?q=a&cursor=" + cursor, ""},
		"another list":                     {"100000009", "/api/convocations?q=a&group=b&cursor=" + cursor, ""},
		"another collectivité":             {"200000008", "/api/contacts?q=a&group=b&cursor=" + cursor, ""},
		"a place of one's own":             {"100000009", "/api/contacts?q=a&group=b&cursor=" + cursor + "AA", ""},
		"no signature":                     {"100000009", "/api/contacts?q=a&group=b&cursor=cm91eA", ""},
		"a signature of nothing":           {"100000009", "/api/contacts?q=a&group=b&cursor=" + cursor[:21], ""},
		"what a cursor was, a plain place": {"100000009", "/api/contacts?q=a&group=b&cursor=roux%23ctc_a", ""},
	} {
		got, err := s.after(listed(c.id, c.target))
		if got != c.want || (c.want == "") != errors.Is(err, errCursor) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := (Site{CursorKey: []byte("another")}).after(listed("100000009", "/api/contacts?q=a&group=b&cursor="+cursor)); err == nil {
		t.Errorf("with another key: %q", got)
	}
	if got, err := s.after(listed("100000009", "/api/contacts?q=a")); got != "" || err != nil {
		t.Errorf("the first page: %q, %v", got, err)
	}
	if got := s.next(listed("100000009", "/api/contacts"), ""); got != "" {
		t.Errorf("after the last page: %q", got)
	}
}

func FuzzCursor(f *testing.F) {
	s := Site{CursorKey: []byte("key")}
	f.Add("roux#ctc_a", "AAAA")
	f.Fuzz(func(t *testing.T, place, guess string) {
		c := listed("100000009", "/api/contacts")
		c.URL.RawQuery = "cursor=" + s.next(c, place)
		if got, err := s.after(c); err != nil || got != place {
			t.Errorf("%q came back as %q, %v", place, got, err)
		}
		c.URL.RawQuery = "cursor=" + guess
		if got, err := s.after(c); got != "" && err == nil && "cursor="+s.next(listed("100000009", "/api/contacts"), got) != c.URL.RawQuery {
			t.Errorf("%q is taken for %q", guess, got)
		}
	})
}

package queue

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	dispatch = Bell{Kind: Dispatch, Collectivity: "000000000", Convocation: "cnv_a", Order: "ord_b"}
	deliver  = Bell{Kind: Deliver, Collectivity: "000000000", Convocation: "cnv_a", Order: "ord_b", Recipient: "rcp_c"}
	notice   = Bell{Kind: Deliver, Collectivity: "000000000", Convocation: "cnv_a", Order: "ntc_d", Recipient: "rcp_c", Notice: "ntc_d"}
)

// What is on its way while a new version is deployed is read by it: a change of these bytes needs a new version number,
// and a reader of both. The first two are as they were before there were notices.
func TestBellsOnTheWay(t *testing.T) {
	for want, b := range map[string]Bell{
		`{"v":1,"kind":"dispatch","collectivity":"000000000","convocation":"cnv_a","order":"ord_b"}`:                                          dispatch,
		`{"v":1,"kind":"deliver-mail","collectivity":"000000000","convocation":"cnv_a","order":"ord_b","recipient":"rcp_c"}`:                  deliver,
		`{"v":1,"kind":"deliver-mail","collectivity":"000000000","convocation":"cnv_a","order":"ntc_d","recipient":"rcp_c","notice":"ntc_d"}`: notice,
	} {
		if got := string(b.Encode()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, err := Decode([]byte(want)); got != b || err != nil {
			t.Errorf("%s: got %+v, %v", want, got, err)
		}
	}
}

// How long a bell is kept back is the queue's to know: it is told apart, and whoever answers sees the same bell.
func TestDelayDoesNotTravel(t *testing.T) {
	for _, delay := range []time.Duration{time.Second, MaxDelay, 24 * time.Hour, -time.Second} {
		for _, b := range []Bell{dispatch, deliver, notice} {
			kept := b
			kept.Delay = delay
			if string(kept.Encode()) != string(b.Encode()) {
				t.Errorf("kept back for %s it travels as %s", delay, kept.Encode())
			}
			if got, err := Decode(kept.Encode()); got != b || err != nil {
				t.Errorf("kept back for %s it arrives as %+v, %v", delay, got, err)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	const whole = `{"v":1,"kind":"deliver-mail","collectivity":"0","convocation":"c","order":"o","recipient":"r"}`
	without := func(part string) string {
		if !strings.Contains(whole, part) {
			t.Fatalf("no %s", part)
		}
		return strings.Replace(whole, part, "", 1)
	}
	for _, c := range []struct {
		name, raw string
		ok        bool
	}{
		{"whole", whole, true},
		{"with spaces around", " " + whole + "\n", true},
		{"with a field that a later version of ours added", strings.Replace(whole, `"v":1`, `"v":1,"more":true`, 1), true},
		{"with a delay, which is nobody's to see", strings.Replace(whole, `"v":1`, `"v":1,"delay":9,"Delay":9`, 1), true},
		{"another version", strings.Replace(whole, `"v":1`, `"v":2`, 1), false},
		{"no version", without(`"v":1,`), false},
		{"a kind that nobody knows", strings.Replace(whole, "deliver-mail", "remind", 1), false},
		{"no kind", without(`"kind":"deliver-mail",`), false},
		{"no collectivité", without(`"collectivity":"0",`), false},
		{"no convocation", without(`"convocation":"c",`), false},
		{"no order", without(`"order":"o",`), false},
		{"no recipient, where there must be one", without(`,"recipient":"r"`), false},
		{"a notice to a recipient", strings.Replace(whole, `"r"`, `"r","notice":"n"`, 1), true},
		{"an empty notice is none", strings.Replace(whole, `"r"`, `"r","notice":""`, 1), true},
		{"a notice to nobody", strings.Replace(whole, `"recipient":"r"`, `"notice":"n"`, 1), false},
		{"a notice that is no text", strings.Replace(whole, `"r"`, `"r","notice":1`, 1), false},
		{"a notice that is to be dispatched", strings.Replace(strings.Replace(whole, "deliver-mail", "dispatch", 1), `"r"`, `"r","notice":"n"`, 1), false},
		{"cut", whole[:len(whole)-1], false},
		{"twice", whole + whole, false},
		{"a list", "[" + whole + "]", false},
		{"null", "null", false},
		{"empty", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.raw))
			if c.ok && (err != nil || got.Recipient != "r" || got.Delay != 0) {
				t.Errorf("got %+v, %v", got, err)
			}
			if !c.ok && (!errors.Is(err, ErrMalformed) || got != Bell{}) {
				t.Errorf("got %+v, %v, want %v", got, err, ErrMalformed)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(dispatch.Encode())
	f.Add(deliver.Encode())
	f.Add(notice.Encode())
	f.Add([]byte(`{"V":1,"KIND":"dispatch","collectivity":"\ud800","convocation":"<","order":"\u0000"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := Decode(raw)
		if err != nil {
			if b != (Bell{}) || !errors.Is(err, ErrMalformed) {
				t.Errorf("got %+v, %v", b, err)
			}
			return
		}
		if again, err := Decode(b.Encode()); again != b || err != nil {
			t.Errorf("got %+v, %v, want %+v", again, err, b)
		}
	})
}

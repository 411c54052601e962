package ident

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// example is 80 bits written once by hand: 00000 00001 … in base32.
const example = "abcdefghijklmnop"

var exampleRaw = [Size]byte{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}

func TestRoundTrip(t *testing.T) {
	if got := FromRaw("cnv_", exampleRaw); got != "cnv_"+example {
		t.Errorf("got %q", got)
	}
	if raw, ok := Raw("cnv_", "cnv_"+example); !ok || raw != exampleRaw {
		t.Errorf("got %x, %v", raw, ok)
	}
	random := rand.NewChaCha8([32]byte{1})
	seen := map[string]bool{}
	for range 1_000 {
		id := New("rcp_", random)
		raw, ok := Raw("rcp_", id)
		if !ok || FromRaw("rcp_", raw) != id || seen[id] {
			t.Fatalf("%q: %v, %x", id, ok, raw)
		}
		seen[id] = true
	}
}

func TestMalformed(t *testing.T) {
	for name, s := range map[string]string{
		"empty":                "",
		"the prefix alone":     "cnv_",
		"no prefix":            example,
		"another prefix":       "rcp_" + example,
		"prefix in capitals":   "CNV_" + example,
		"one character less":   "cnv_" + example[1:],
		"one character more":   "cnv_" + example + "a",
		"capitals":             "cnv_" + strings.ToUpper(example),
		"a digit outside":      "cnv_" + example[1:] + "1",
		"padding":              "cnv_" + example[1:] + "=",
		"a line end inside":    "cnv_" + example[:8] + "\n" + example[9:],
		"a line end more":      "cnv_" + example + "\n",
		"two line ends inside": "cnv_" + example[:8] + "\r\n" + example[8:],
		"a separator of keys":  "cnv_" + example[1:] + "#",
		"an accent":            "cnv_" + example[2:] + "é",
		"a NUL":                "cnv_" + example[1:] + "\x00",
	} {
		if raw, ok := Raw("cnv_", s); ok {
			t.Errorf("%s: %q is taken for %x", name, s, raw)
		}
		if Valid("cnv_", s) {
			t.Errorf("%s: %q is valid", name, s)
		}
	}
	if !Valid("cnv_", "cnv_"+example) {
		t.Error("the example is not valid: this tests nothing")
	}
}

func TestNewTakesAllItsRandomness(t *testing.T) {
	if got := New("x_", iotest.OneByteReader(bytes.NewReader(exampleRaw[:]))); got != "x_"+example {
		t.Errorf("from a reader that gives one byte at a time: got %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("an identifier was made of too little randomness")
		}
	}()
	New("x_", bytes.NewReader(exampleRaw[:Size-1]))
}

func TestDerive(t *testing.T) {
	key := []byte("key")
	first := Derive("rcp_", key, "contact", "ctc_a")
	if first != "rcp_saaefzfatqlcogxn" { // stored everywhere: it never changes
		t.Errorf("got %q", first)
	}
	if !Valid("rcp_", first) || Derive("rcp_", key, "contact", "ctc_a") != first {
		t.Errorf("%q is not an identifier that stays", first)
	}
	for name, other := range map[string]string{
		"another key":                        Derive("rcp_", []byte("kez"), "contact", "ctc_a"),
		"no key":                             Derive("rcp_", nil, "contact", "ctc_a"),
		"another part":                       Derive("rcp_", key, "contact", "ctc_b"),
		"a part less":                        Derive("rcp_", key, "contact"),
		"an empty part more":                 Derive("rcp_", key, "contact", "ctc_a", ""),
		"parts in one":                       Derive("rcp_", key, "contactctc_a"),
		"the same letters, parted elsewhere": Derive("rcp_", key, "contactc", "tc_a"),
		"the other way round":                Derive("rcp_", key, "ctc_a", "contact"),
	} {
		if other == first {
			t.Errorf("%s: the same identifier", name)
		}
	}
	if a, b := Derive("a_", key, "x"), Derive("b_", key, "x"); a[2:] != b[2:] {
		t.Errorf("the prefix is no part: %q, %q", a, b)
	}
}

func FuzzRaw(f *testing.F) {
	f.Add("cnv_", "cnv_"+example)
	f.Add("", example)
	f.Add("rcp_", "rcp_aaaaaaa\naaaaaaaa")
	f.Fuzz(func(t *testing.T, prefix, s string) {
		raw, ok := Raw(prefix, s)
		if ok != Valid(prefix, s) {
			t.Errorf("%q: valid or not?", s)
		}
		if ok && FromRaw(prefix, raw) != s { // one identifier has one text
			t.Errorf("%q is written %q", s, FromRaw(prefix, raw))
		}
	})
}

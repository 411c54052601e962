package phc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// cheap is the smallest cost there is.
var cheap = Cost{Memory: 8, Time: 1, Threads: 1}

// counting is randomness that goes up, so that two salts differ.
type counting byte

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(*c)
		*c++
	}
	return len(p), nil
}

func hashed(t *testing.T, password string, c Cost, random io.Reader) Hash {
	t.Helper()
	h, err := New(password, c, random)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Hashes of the reference implementation (P-H-C/phc-winner-argon2, src/test.c), for « password » with the salt
// « somesalt ».
func TestHashesOfOthersMatch(t *testing.T) {
	for _, stored := range []string{
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
	} {
		h, err := Parse(stored)
		if err != nil {
			t.Fatal(err)
		}
		if !h.Matches("password") {
			t.Errorf("%s does not match", stored)
		}
		for _, wrong := range []string{"", "passwor", "Password", "password ", "differentpassword"} {
			if h.Matches(wrong) {
				t.Errorf("%s matches %q", stored, wrong)
			}
		}
	}
}

func TestHashOfEachPasswordMatchesItAlone(t *testing.T) {
	var random counting
	passwords := []string{"", " ", "a", "é", "e\u0301", "mot de passe", "mot de passe ", strings.Repeat("é", 256), "a\x00b", "a\x00c", "\xff"}
	for _, p := range passwords {
		h, err := Parse(hashed(t, p, cheap, &random).String())
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range passwords {
			if h.Matches(other) != (p == other) {
				t.Errorf("the hash of %q matches %q: %v", p, other, p != other)
			}
		}
	}
}

// What is stored for years is read for years.
func TestHashAsItIsStored(t *testing.T) {
	var random counting
	const want = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$qMZvYZFmrZw+0IIfxBUuTLpBvLTQt+w0t8OeMFAFfrA"
	got := hashed(t, "mot de passe", cheap, &random)
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := Parse(want)
	if err != nil || again.Cost != cheap || !bytes.Equal(again.Salt, got.Salt) || !bytes.Equal(again.Sum, got.Sum) {
		t.Errorf("read again: %+v, %v", again, err)
	}
}

// Two who have the same password do not have the same hash.
func TestSaltIsNewEachTime(t *testing.T) {
	var random counting
	a, b := hashed(t, "mot de passe", cheap, &random), hashed(t, "mot de passe", cheap, &random)
	if bytes.Equal(a.Salt, b.Salt) || bytes.Equal(a.Sum, b.Sum) || len(a.Salt) != 16 || len(a.Sum) != 32 {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestTooLittleRandomnessMakesNoHash(t *testing.T) {
	h, err := New("mot de passe", cheap, strings.NewReader("fifteen bytes.."))
	if !errors.Is(err, io.ErrUnexpectedEOF) || h.Sum != nil {
		t.Errorf("got %s, %v", h, err)
	}
}

// A hash that names a higher cost than today's is checked at its own.
func TestHashIsCheckedAtItsOwnCost(t *testing.T) {
	var random counting
	for _, c := range []Cost{cheap, {Memory: 64, Time: 3, Threads: 2}} {
		h, err := Parse(hashed(t, "mot de passe", c, &random).String())
		if err != nil || h.Cost != c || !h.Matches("mot de passe") {
			t.Errorf("%+v: got %+v, %v", c, h.Cost, err)
		}
		if h.Time++; h.Matches("mot de passe") {
			t.Errorf("%+v: the cost is nothing to it", c)
		}
	}
}

func TestDefaultCostIsTheRecommendedOne(t *testing.T) {
	if got, want := DefaultCost(), (Cost{Memory: 19 * 1024, Time: 2, Threads: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Checking against nobody takes as long, and matches nothing; it is no hash that a password has.
func TestNobody(t *testing.T) {
	h := Nobody(cheap)
	if h.Cost != cheap || len(h.Salt) != saltSize || len(h.Sum) != hashSize {
		t.Errorf("got %+v", h)
	}
	for _, p := range []string{"", "mot de passe", strings.Repeat("\x00", 32)} {
		if h.Matches(p) {
			t.Errorf("%q is nobody's password", p)
		}
	}
	if again, err := Parse(h.String()); err != nil || again.String() != h.String() {
		t.Errorf("read again: %s, %v", again, err)
	}
}

func TestMalformedHashes(t *testing.T) {
	const salt, sum = "AAECAwQFBgcICQoLDA0ODw", "qMZvYZFmrZw+0IIfxBUuTLpBvLTQt+w0t8OeMFAFfrA"
	for name, stored := range map[string]string{
		"nothing":                    "",
		"a password":                 "mot de passe",
		"bcrypt":                     "$2b$12$abcdefghijklmnopqrstuv",
		"argon2i":                    "$argon2i$v=19$m=8,t=1,p=1$" + salt + "$" + sum,
		"an older version of argon2": "$argon2id$v=16$m=8,t=1,p=1$" + salt + "$" + sum,
		"no version":                 "$argon2id$m=8,t=1,p=1$" + salt + "$" + sum,
		"something before it":        "x$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + sum,
		"something behind it":        "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + sum + "$",
		"a line end behind it":       "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + sum + "\n",
		"no hash":                    "$argon2id$v=19$m=8,t=1,p=1$" + salt,
		"an empty hash":              "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$",
		"a cost that is no number":   "$argon2id$v=19$m=x,t=1,p=1$" + salt + "$" + sum,
		"a cost below none":          "$argon2id$v=19$m=-8,t=1,p=1$" + salt + "$" + sum,
		"costs in another order":     "$argon2id$v=19$t=1,m=8,p=1$" + salt + "$" + sum,
		"more than costs":            "$argon2id$v=19$m=8,t=1,p=1,x=1$" + salt + "$" + sum,
		"no pass":                    "$argon2id$v=19$m=8,t=0,p=1$" + salt + "$" + sum,
		"no thread":                  "$argon2id$v=19$m=8,t=1,p=0$" + salt + "$" + sum,
		"too many threads":           "$argon2id$v=19$m=8,t=1,p=256$" + salt + "$" + sum,
		"a salt that is no base64":   "$argon2id$v=19$m=8,t=1,p=1$!$" + sum,
		"padded base64":              "$argon2id$v=19$m=8,t=1,p=1$" + salt + "==$" + sum + "=",
		"bits left over":             "$argon2id$v=19$m=8,t=1,p=1$" + salt[:21] + "x$" + sum,
	} {
		if h, err := Parse(stored); !errors.Is(err, ErrMalformed) || h.Sum != nil {
			t.Errorf("%s: got %s, %v", name, h, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Nobody(DefaultCost()).String())
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=+8,t=01,p=1 $AAAA$AAAA")
	f.Fuzz(func(t *testing.T, stored string) {
		h, err := Parse(stored)
		switch {
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Errorf("%q: %v", stored, err)
		case err == nil && (h.String() != stored || h.Time == 0 || h.Threads == 0 || len(h.Sum) == 0):
			t.Errorf("%q is read as %s", stored, h)
		}
	})
}

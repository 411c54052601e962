package link

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
)

// example is a token as it stands in mails that have left: it must be read for ever.
const (
	exampleLocator = "bt5v27aaiqzbjr2cks3dltylqrstuvwxyz234567"
	exampleSecret  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	example        = exampleLocator + "." + exampleSecret
)

var exampleToken = Token{
	Locator: Locator{
		Collectivity: "217800060", Convocation: "cnv_abcdefghijklmnop", Shard: 11, Recipient: "rcp_qrstuvwxyz234567",
	},
	Secret: exampleSecret,
}

func TestTokenOfOldMailsIsRead(t *testing.T) {
	got, err := Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleToken, got); diff != "" {
		t.Errorf("token (-want +got)\n%s", diff)
	}
	if got.String() != example {
		t.Errorf("written again: %q", got.String())
	}
	d := DigestOf(exampleSecret)
	if got := hex.EncodeToString(d[:]); got != "d6ec6898de87ddac6e5b3611708a7aa1c2d298293349cc1a6c299a1db7149d38" {
		t.Errorf("its digest is %s", got)
	}
}

func TestRoundTrip(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	for _, siren := range []collectivity.ID{"000000000", "000000001", "217800060", "999999999"} {
		for shard := range convocation.MaxShards {
			want := exampleToken
			want.Collectivity, want.Shard, want.Secret = siren, shard, NewSecret(random)
			got, err := Parse(want.String())
			if got != want || err != nil {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	raw, err := encoding.DecodeString(exampleLocator)
	if err != nil {
		t.Fatal(err)
	}
	// changed is the locator with some of its bytes replaced.
	changed := func(at int, with ...byte) string {
		b := bytes.Clone(raw)
		copy(b[at:], with)
		return encoding.EncodeToString(b)
	}
	for name, s := range map[string]string{
		"empty":                        "",
		"a dot":                        ".",
		"no dot":                       exampleLocator + exampleSecret,
		"no secret":                    exampleLocator + ".",
		"no locator":                   "." + exampleSecret,
		"the other way round":          exampleSecret + "." + exampleLocator,
		"secret of 25":                 exampleLocator + "." + exampleSecret[1:],
		"secret of 27":                 example + "A",
		"locator of 39":                exampleLocator[1:] + "." + exampleSecret,
		"locator of 41":                "a" + example,
		"two dots":                     exampleLocator + ".." + exampleSecret,
		"a second secret":              example + "." + exampleSecret,
		"secret in lower case":         strings.ToLower(example),
		"locator in capitals":          strings.ToUpper(example),
		"a zero in the secret":         exampleLocator + "." + exampleSecret[:25] + "0",
		"a line end in the secret":     exampleLocator + "." + exampleSecret[:25] + "\n",
		"an accent in the secret":      exampleLocator + "." + exampleSecret[:24] + "é",
		"a line end in the locator":    exampleLocator[:20] + "\n" + exampleLocator[21:] + "." + exampleSecret,
		"a line end more":              example + "\n",
		"an escaped dot":               exampleLocator + "%2E" + exampleSecret,
		"a slash behind":               example + "/",
		"a bracket that a mail put on": example + ">",
		"a SIREN of ten digits":        changed(0, 0x3b, 0x9a, 0xca, 0x00) + "." + exampleSecret, // 1,000,000,000
		"the greatest number":          changed(0, 0xff, 0xff, 0xff, 0xff) + "." + exampleSecret,
		"shard 16":                     changed(14, 16) + "." + exampleSecret,
		"shard 255":                    changed(14, 255) + "." + exampleSecret,
	} {
		if got, err := Parse(s); !errors.Is(err, ErrMalformed) || got != (Token{}) {
			t.Errorf("%s: %q: got %+v, %v", name, s, got, err)
		}
	}
	if _, err := Parse(changed(0, 0x3b, 0x9a, 0xc9, 0xff) + "." + exampleSecret); err != nil { // 999,999,999
		t.Errorf("the last SIREN: %v", err)
	}
	if _, err := Parse(changed(14, 15) + "." + exampleSecret); err != nil {
		t.Errorf("the last shard: %v", err)
	}
}

// changes are all texts that differ from s by one character: another one, one less, one more, two swapped.
func changes(s string) []string {
	var all []string
	for i := range len(s) {
		for b := range 256 {
			if byte(b) != s[i] {
				all = append(all, s[:i]+string([]byte{byte(b)})+s[i+1:])
			}
			all = append(all, s[:i]+string([]byte{byte(b)})+s[i:])
		}
		all = append(all, s[:i]+s[i+1:])
		if i > 0 && s[i-1] != s[i] {
			all = append(all, s[:i-1]+s[i:i+1]+s[i-1:i]+s[i+1:])
		}
	}
	return all
}

// Whoever mistypes or tries a link opens nobody's: neither the same door by another text, nor a neighbour's, although
// here each locator that one change leads to belongs to somebody.
func TestOneCharacterChangedOpensNobodysLink(t *testing.T) {
	random := rand.NewChaCha8([32]byte{2})
	digests := map[Locator]Digest{exampleToken.Locator: DigestOf(exampleToken.Secret)}
	var parsed []Token
	for _, s := range changes(example) {
		token, err := Parse(s)
		if err != nil {
			continue
		}
		if token.String() != s {
			t.Errorf("%q is another text of %q", s, token)
		}
		if sameDoor, sameSecret := token.Locator == exampleToken.Locator, token.Secret == exampleSecret; sameDoor == sameSecret {
			t.Errorf("%q: same locator %v, same secret %v", s, sameDoor, sameSecret)
		}
		if _, known := digests[token.Locator]; !known {
			digests[token.Locator] = DigestOf(NewSecret(random))
		}
		parsed = append(parsed, token)
	}
	for _, token := range parsed {
		if digests[token.Locator] == DigestOf(token.Secret) {
			t.Errorf("%q opens the link of %+v", token, token.Locator)
		}
	}
	if len(parsed) < 1_500 || len(digests) < 700 {
		t.Errorf("only %d texts of %d locators were read: this tests little", len(parsed), len(digests))
	}
}

func TestSecretsAreDrawnFromAllTheirCharacters(t *testing.T) {
	random := rand.NewChaCha8([32]byte{3})
	counts := map[rune]int{}
	seen := map[string]bool{}
	for range 1_000 {
		s := NewSecret(random)
		if len(s) != secretLen || seen[s] {
			t.Fatalf("%q is short, or was there", s)
		}
		seen[s] = true
		for _, r := range s {
			counts[r]++
		}
	}
	for _, r := range secretAlphabet {
		if n := counts[r]; n < 650 || n > 975 { // 812.5 expected, 28 the standard deviation
			t.Errorf("%c was drawn %d times of 26,000", r, n)
		}
	}
	if len(counts) != 32 {
		t.Errorf("%d characters were drawn", len(counts))
	}
}

func TestSecretOfTooLittleRandomnessIsNone(t *testing.T) {
	if got := NewSecret(iotest.OneByteReader(strings.NewReader(strings.Repeat("\x00", secretLen)))); len(got) != secretLen {
		t.Errorf("from a reader that gives one byte at a time: got %q", got)
	}
	panics(t, "25 bytes", func() { NewSecret(strings.NewReader(strings.Repeat("x", secretLen-1))) })
}

func TestLocatorOfMalformedIdentifiersIsNotWritten(t *testing.T) {
	for name, change := range map[string]func(*Token){
		"no collectivité":              func(k *Token) { k.Collectivity = "" },
		"eight digits":                 func(k *Token) { k.Collectivity = "21780006" },
		"ten digits":                   func(k *Token) { k.Collectivity = "2178000600" },
		"letters":                      func(k *Token) { k.Collectivity = "21780006A" },
		"a sign":                       func(k *Token) { k.Collectivity = "+21780006" },
		"no convocation":               func(k *Token) { k.Convocation = "" },
		"a recipient as a convocation": func(k *Token) { k.Convocation = "rcp_abcdefghijklmnop" },
		"no recipient":                 func(k *Token) { k.Recipient = "" },
		"a contact as a recipient":     func(k *Token) { k.Recipient = "ctc_qrstuvwxyz234567" },
		"shard -1":                     func(k *Token) { k.Shard = -1 },
		"shard 16":                     func(k *Token) { k.Shard = convocation.MaxShards },
	} {
		token := exampleToken
		change(&token)
		panics(t, name, func() { _ = token.String() })
	}
}

func panics(t *testing.T, name string, do func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	do()
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("aaaaaaaaiqzbjr2cks3dltylqrstuvwxyz234567.22222222222222222222222222")
	f.Add(exampleLocator + "\n." + exampleSecret)
	f.Fuzz(func(t *testing.T, s string) {
		token, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || token != (Token{}) {
				t.Errorf("%q: got %+v, %v", s, token, err)
			}
			return
		}
		if token.String() != s { // one token has one text, and what is read can be written
			t.Errorf("%q is written %q", s, token)
		}
		if _, ok := convocation.ParseID(string(token.Convocation)); !ok {
			t.Errorf("%q: convocation %q", s, token.Convocation)
		}
		if _, ok := convocation.ParseRecipientID(string(token.Recipient)); !ok {
			t.Errorf("%q: recipient %q", s, token.Recipient)
		}
	})
}

// Package link makes and reads the personal links that recipients receive by mail.
//
// A token is <locator>.<secret>, and the link is https://host/c/<token>. The locator is 40 characters of lower-case
// base32 that hold 25 bytes: the SIREN as a big-endian uint32, the 10 bytes of the convocation's identifier, the shard,
// the 10 bytes of the recipient's identifier. It is not secret: it lets a function take narrow rights before its first
// read, and needs no index. The secret is 26 characters of upper-case base32 (130 random bits, as crypto/rand.Text draws
// them), new for each attempt of sending. Only its SHA-256 is kept.
//
// Holding a token proves that someone had access to the mailbox. It does not prove that a person read anything: mail
// gateways follow links.
package link

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/ident"
)

// ErrMalformed: the text has not the shape of a token. Whoever answers it must not say more than for a wrong secret.
var ErrMalformed = errors.New("link: malformed token")

// Locator says whose link it is.
type Locator struct {
	Collectivity collectivity.ID
	Convocation  convocation.ID
	Shard        int // 0 to 15
	Recipient    convocation.RecipientID
}

// Token is a locator with the secret of one attempt.
type Token struct {
	Locator
	Secret string
}

// Digest is the SHA-256 of a secret: all that is stored of it.
type Digest [sha256.Size]byte

const (
	locatorBytes = 4 + ident.Size + 1 + ident.Size
	secretLen    = 26

	secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

var encoding = base32.NewEncoding(ident.Alphabet).WithPadding(base32.NoPadding)

// NewSecret draws a secret. It panics when random fails: crypto/rand never does.
func NewSecret(random io.Reader) string {
	var raw [secretLen]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		panic("link: random source ended: " + err.Error())
	}
	for i := range raw {
		raw[i] = secretAlphabet[raw[i]%32]
	}
	return string(raw[:])
}

// DigestOf hashes a secret.
func DigestOf(secret string) Digest { return sha256.Sum256([]byte(secret)) }

// String writes the token. It panics on a locator of malformed identifiers, which would be a bug of ours.
func (t Token) String() string {
	siren, err := strconv.ParseUint(string(t.Collectivity), 10, 32)
	cnv, okC := ident.Raw(convocation.Prefix, string(t.Convocation))
	rcp, okR := ident.Raw(convocation.RecipientPrefix, string(t.Recipient))
	if err != nil || len(t.Collectivity) != 9 || !okC || !okR || t.Shard < 0 || t.Shard >= convocation.MaxShards {
		panic(fmt.Sprintf("link: locator %q/%q/%d/%q cannot be written", t.Collectivity, t.Convocation, t.Shard, t.Recipient))
	}
	raw := make([]byte, 0, locatorBytes)
	raw = binary.BigEndian.AppendUint32(raw, uint32(siren))
	raw = append(raw, cnv[:]...)
	raw = append(raw, byte(t.Shard))
	raw = append(raw, rcp[:]...)
	return encoding.EncodeToString(raw) + "." + t.Secret
}

// Parse reads a token. Errors: [ErrMalformed].
func Parse(s string) (Token, error) {
	locator, secret, found := strings.Cut(s, ".")
	if !found || len(secret) != secretLen || len(locator) != encoding.EncodedLen(locatorBytes) || !base32Upper(secret) {
		return Token{}, ErrMalformed
	}
	raw, err := encoding.DecodeString(locator)
	if err != nil || len(raw) != locatorBytes {
		return Token{}, ErrMalformed
	}
	siren := binary.BigEndian.Uint32(raw)
	shard := int(raw[4+ident.Size])
	if siren > 999_999_999 || shard >= convocation.MaxShards {
		return Token{}, ErrMalformed
	}
	cnv := [ident.Size]byte(raw[4 : 4+ident.Size])
	rcp := [ident.Size]byte(raw[5+ident.Size:])
	return Token{
		Locator: Locator{
			Collectivity: collectivity.ID(fmt.Sprintf("%09d", siren)),
			Convocation:  convocation.ID(ident.FromRaw(convocation.Prefix, cnv)),
			Shard:        shard,
			Recipient:    convocation.RecipientID(ident.FromRaw(convocation.RecipientPrefix, rcp)),
		},
		Secret: secret,
	}, nil
}

// base32Upper tells whether s has only the characters of rand.Text.
func base32Upper(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

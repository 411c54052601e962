package account

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"convoc/shared/directory"
	"convoc/shared/errs"
)

// Cost is what checking one password takes (argon2id).
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultCost is the smallest that OWASP's password storage guidance names for argon2id: 19 MiB, two passes, one thread.
func DefaultCost() Cost { return Cost{Memory: 19 << 10, Time: 2, Threads: 1} }

// Bounds of a password. Any character is taken; there is no rule of composition and no expiry.
const (
	minPassword = 15 // characters, without a second factor
	maxPassword = 256
	maxLogin    = 100
	saltSize    = 16
	hashSize    = 32
)

// The refusals of a new password.
var (
	ErrPasswordTooShort = errs.Define(errs.Invalid, "password_too_short", "the password has less than 15 characters")
	ErrPasswordTooLong  = errs.Define(errs.Invalid, "password_too_long", "the password has over 256 characters")
	ErrPasswordGuessed  = errs.Define(errs.Invalid, "password_guessed", "the password is easy to guess")
)

// guessed are parts that a guesser tries first; a password made of little else is refused.
var guessed = []string{"motdepasse", "password", "azertyuiop", "qwertyuiop", "123456789", "987654321", "abcdefgh", "mairie", "convocation", "bonjour", "administrateur", "secretaire"}

// checkPassword refuses a new password that is short, long, or easy to guess for somebody who knows the person.
func checkPassword(password string, known ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return ErrPasswordTooShort.At("password", "")
	case n > maxPassword:
		return ErrPasswordTooLong.At("password", "")
	}
	rest := strings.ReplaceAll(directory.Fold(password), " ", "")
	for _, part := range append(known, guessed...) {
		if part = strings.ReplaceAll(directory.Fold(part), " ", ""); len(part) > 3 {
			rest = strings.ReplaceAll(rest, part, "")
		}
	}
	if distinct(rest) < 5 {
		return ErrPasswordGuessed.At("password", "")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// hash makes the PHC string of a password: $argon2id$v=19$m=…,t=…,p=…$salt$hash, base64 without padding.
func hash(password string, c Cost, random io.Reader) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	return phc(c, salt, argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, hashSize)), nil
}

func phc(c Cost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		b.EncodeToString(salt), b.EncodeToString(sum))
}

// nobody is the hash of no password: checking against it takes as long as against a real one.
func nobody(c Cost) string { return phc(c, make([]byte, saltSize), make([]byte, hashSize)) }

var errHash = errors.New("account: a stored password hash is malformed")

// matches tells whether the password is the one of the hash, at the cost that the hash names.
func matches(stored, password string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	var c Cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return false, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 || c.Time == 0 || c.Threads == 0 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
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
var guessed = []string{
	"motdepasse", "password", "passw0rd", "mairie", "commune", "convocation", "convoc", "bonjour", "bienvenue", "welcome",
	"administrateur", "administrator", "admin", "secretaire", "secretariat", "1q2w3e4r5t", "1qaz2wsx3edc",
	"soleil", "jetaime", "iloveyou", "doudou", "loulou", "chouchou", "chocolat", "princesse", "football", "marseille",
}

// rows are runs of keys and letters: what goes on along one, either way and round its end, is no surprise.
var rows = []string{
	"abcdefghijklmnopqrstuvwxyz", "1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm",
}

// leastSurprises of a password: different characters that neither a list nor the one before gives away.
const leastSurprises = 5

// checkPassword refuses a new password that is short, long, or easy to guess for somebody who knows the person.
func checkPassword(password string, known ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return ErrPasswordTooShort.At("password", "")
	case n > maxPassword:
		return ErrPasswordTooLong.At("password", "")
	}
	rest := strings.ReplaceAll(directory.Fold(password), " ", "")
	for _, part := range parts(known) {
		rest = strings.ReplaceAll(rest, part, "")
	}
	if surprises(rest) < leastSurprises {
		return ErrPasswordGuessed.At("password", "")
	}
	return nil
}

// parts are what a guesser puts together: what is known of a person, whole and in words, and what many choose; the
// longest first.
func parts(known []string) []string {
	all := slices.Clone(guessed)
	for _, k := range known {
		all = append(all, strings.ReplaceAll(directory.Fold(k), " ", ""))
		all = append(all, directory.Words(k)...)
	}
	all = slices.DeleteFunc(all, func(p string) bool { return len(p) < 4 })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

func surprises(s string) int {
	seen := map[rune]bool{}
	var before rune
	for _, r := range s {
		if !follows(before, r) {
			seen[r] = true
		}
		before = r
	}
	return len(seen)
}

// follows tells whether r is the same as the one before, or its neighbour.
func follows(before, r rune) bool {
	return before == r || slices.ContainsFunc(rows, func(row string) bool {
		i, j := strings.IndexRune(row, before), strings.IndexRune(row, r)
		n := len(row)
		return i >= 0 && j >= 0 && ((i+1)%n == j || (j+1)%n == i)
	})
}

// hash makes the PHC string of a password: $argon2id$v=19$m=…,t=…,p=…$salt$hash, base64 without padding.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(s.Random, salt); err != nil {
		return "", err
	}
	sum, err := s.derive(ctx, password, salt, s.Cost, hashSize)
	return phc(s.Cost, salt, sum), err
}

// derive is the slow part, and takes the memory that the cost names: few are at it together.
// Errors: errs.ErrUnavailable when too many wait already.
func (s *Service) derive(ctx context.Context, password string, salt []byte, c Cost, size int) ([]byte, error) {
	leave, err := s.desk.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if s.hashing != nil {
		s.hashing(c)
	}
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, uint32(size)), nil
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
// Errors: errs.ErrUnavailable when too many wait already.
func (s *Service) matches(ctx context.Context, stored, password string) (bool, error) {
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
	got, err := s.derive(ctx, password, salt, c, len(want))
	return subtle.ConstantTimeCompare(got, want) == 1, err
}

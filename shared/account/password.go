package account

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/phc"
)

// Cost is what checking one password takes (argon2id).
type Cost = phc.Cost

// DefaultCost is that of real passwords.
func DefaultCost() Cost { return phc.DefaultCost() }

// Bounds of a password. Any character is taken; there is no rule of composition and no expiry.
const (
	minPassword = 15 // characters, without a second factor
	minWithCode = 12 // with one
	maxPassword = 256
	maxLogin    = 100
)

// The refusals of a new password.
var (
	ErrPasswordTooShort = errs.Define(errs.Invalid, "password_too_short", "the password has too few characters")
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

// shortestFor is how many characters a password has at least.
func shortestFor(factor bool) int {
	if factor {
		return minWithCode
	}
	return minPassword
}

func checkLength(password string, factor bool) error {
	switch n, least := utf8.RuneCountInString(password), shortestFor(factor); {
	case n < least:
		return ErrPasswordTooShort.At("password", strconv.Itoa(least))
	case n > maxPassword:
		return ErrPasswordTooLong.At("password", "")
	}
	return nil
}

// checkPassword refuses a new password that is short, long, or easy to guess for somebody who knows the person.
func checkPassword(password string, factor bool, known ...string) error {
	if err := checkLength(password, factor); err != nil {
		return err
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

// hash makes the stored hash of a password.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	var h phc.Hash
	err := s.slowly(ctx, s.Cost, func() error {
		var err error
		h, err = phc.New(password, s.Cost, s.Random)
		return err
	})
	return h.String(), err
}

// slowly does what takes the memory that the cost names: few are at it together.
// Errors: errs.ErrUnavailable when too many wait already.
func (s *Service) slowly(ctx context.Context, c Cost, do func() error) error {
	leave, err := s.desk.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if s.hashing != nil {
		s.hashing(c)
	}
	return do()
}

// nobody is the hash of no password.
func nobody(c Cost) string { return phc.Nobody(c).String() }

// matches tells whether the password is the one of the hash. Errors: phc.ErrMalformed, errs.ErrUnavailable when too many
// wait already.
func (s *Service) matches(ctx context.Context, stored, password string) (bool, error) {
	h, err := phc.Parse(stored)
	if err != nil {
		return false, err
	}
	right := false
	err = s.slowly(ctx, h.Cost, func() error {
		right = h.Matches(password)
		return nil
	})
	return right, err
}

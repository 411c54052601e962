// Package phc writes and checks password hashes as argon2id in the PHC string format:
// $argon2id$v=19$m=<KiB>,t=<passes>,p=<threads>$<salt>$<hash>, both base64 without padding.
//
// Checking one takes the memory and the time that its cost names: whoever lets strangers ask bounds how many do at a time.
package phc

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what checking one password takes.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultCost is the smallest that OWASP's password storage guidance names for argon2id: 19 MiB, two passes, one thread.
func DefaultCost() Cost { return Cost{Memory: 19 << 10, Time: 2, Threads: 1} }

const (
	saltSize = 16 // bytes
	hashSize = 32
)

// ErrMalformed: a stored hash is not one of ours.
var ErrMalformed = errors.New("phc: malformed password hash")

// Hash is one password's.
type Hash struct {
	Cost
	Salt, Sum []byte
}

// New hashes a password with a salt drawn from random. Errors: those of random.
func New(password string, c Cost, random io.Reader) (Hash, error) {
	h := Hash{Cost: c, Salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(random, h.Salt); err != nil {
		return Hash{}, err
	}
	h.Sum = h.derive(password, hashSize)
	return h, nil
}

// Nobody is the hash of no password: checking against it takes as long as against a real one.
func Nobody(c Cost) Hash { return Hash{c, make([]byte, saltSize), make([]byte, hashSize)} }

// Parse reads a stored hash. Errors: [ErrMalformed].
func Parse(stored string) (Hash, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 {
		return Hash{}, ErrMalformed
	}
	var h Hash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil {
		return Hash{}, ErrMalformed
	}
	var err1, err2 error
	h.Salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.Sum, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.Sum) == 0 || h.Time == 0 || h.Threads == 0 || h.String() != stored {
		return Hash{}, ErrMalformed // written otherwise, by another version of argon2 or not by us, it would match nothing
	}
	return h, nil
}

// String writes the hash as it is stored.
func (h Hash) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.Memory, h.Time, h.Threads,
		b.EncodeToString(h.Salt), b.EncodeToString(h.Sum))
}

// Matches tells whether the password is the one of the hash, at the cost that the hash names.
func (h Hash) Matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.Sum)), h.Sum) == 1
}

func (h Hash) derive(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.Salt, h.Time, h.Memory, h.Threads, uint32(size))
}

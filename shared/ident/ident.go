// Package ident makes identifiers: a prefix that says what is named (« cnv_ », « rcp_ »…) and 16 characters of
// lower-case base32 that hold 80 bits, drawn at random or derived from a key.
//
// An identifier is not a secret; 80 bits are there so that two never meet and a guess finds nothing.
package ident

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"strings"
)

// Size is how many bytes an identifier holds.
const Size = 10

// Alphabet is how they are written: RFC 4648 base32 in lower case.
const Alphabet = "abcdefghijklmnopqrstuvwxyz234567"

var encoding = base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding)

// New draws an identifier from random. It panics when random fails: crypto/rand never does.
func New(prefix string, random io.Reader) string {
	var raw [Size]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		panic("ident: random source ended: " + err.Error())
	}
	return prefix + encoding.EncodeToString(raw[:])
}

// Derive makes the identifier that the key gives to these parts: the same each time, and of no use to somebody who
// lacks the key. Parts are kept apart by their lengths' marks, so that ("a","bc") and ("ab","c") differ.
func Derive(prefix string, key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		var n [4]byte
		n[0], n[1], n[2], n[3] = byte(len(p)>>24), byte(len(p)>>16), byte(len(p)>>8), byte(len(p))
		mac.Write(n[:])
		mac.Write([]byte(p))
	}
	return prefix + encoding.EncodeToString(mac.Sum(nil)[:Size])
}

// Valid tells whether s is an identifier with that prefix.
func Valid(prefix, s string) bool {
	_, ok := Raw(prefix, s)
	return ok
}

// Raw gives the 10 bytes of an identifier.
func Raw(prefix, s string) ([Size]byte, bool) {
	var raw [Size]byte
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != encoding.EncodedLen(Size) {
		return raw, false
	}
	n, err := encoding.Decode(raw[:], []byte(rest))
	return raw, err == nil && n == Size
}

// FromRaw writes 10 bytes as an identifier.
func FromRaw(prefix string, raw [Size]byte) string {
	return prefix + encoding.EncodeToString(raw[:])
}

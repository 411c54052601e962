// Package errs defines what can go wrong for a person of the product: a kind (what sort of refusal), a stable code
// (what the pages and the API name it) and an English sentence for the operator. Only package web turns kinds into HTTP
// statuses and codes into French.
package errs

import "errors"

// Kind says what sort of refusal an error is. The zero Kind is a fault of ours.
type Kind string

// The kinds.
const (
	Invalid     Kind = "invalid"     // what was given cannot be taken
	SignedOut   Kind = "signed_out"  // no session
	Denied      Kind = "denied"      // not allowed to this person
	NotFound    Kind = "not_found"   // no such thing, or not for this person
	Conflict    Kind = "conflict"    // the thing has changed, or is taken
	Gone        Kind = "gone"        // it was there and is closed
	TooLarge    Kind = "too_large"   // over a limit of size
	TooMany     Kind = "too_many"    // over a limit of rate
	Unavailable Kind = "unavailable" // a store did not answer; nothing half done
)

// Error is a refusal. Two errors with the same code match with errors.Is.
type Error struct {
	Kind  Kind
	Code  string // snake case, stable: part of the API
	Field string // the field of the request concerned; empty when none is
	About string // what the message must name (a group, an address): for the person only, never logged

	text string
}

// Define makes an error; once, as a package variable.
func Define(kind Kind, code, text string) *Error {
	return &Error{Kind: kind, Code: code, text: text}
}

// Error gives the English sentence, without About.
func (e *Error) Error() string { return e.text }

// Is matches errors of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// At returns a copy that concerns a field and names a thing.
func (e *Error) At(field, about string) *Error {
	c := *e
	c.Field, c.About = field, about
	return &c
}

// As returns the refusal inside err, if there is one.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Errors that many packages share.
var (
	ErrNotFound         = Define(NotFound, "not_found", "no such thing")
	ErrDenied           = Define(Denied, "denied", "this person may not do that")
	ErrSignedOut        = Define(SignedOut, "signed_out", "no valid session")
	ErrChangedMeanwhile = Define(Conflict, "changed_meanwhile", "somebody else has changed it since it was read")
	ErrUnavailable      = Define(Unavailable, "unavailable", "a store did not answer")
)

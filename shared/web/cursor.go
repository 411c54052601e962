package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"convoc/shared/errs"
)

// A cursor is the place where a page of a list ended: 16 bytes of HMAC-SHA-256 over the collectivité, the path, the query
// and the place, then the place, in base64url. It goes on with the list that it is of, and with no other.

// errCursor: the cursor is not one that this list gave out.
var errCursor = errs.Define(errs.Conflict, "cursor_invalid", "the cursor is of another list, or was changed")

const cursorMAC = 16

// next writes the cursor of a place in the list that c asks for; empty at its end.
func (s Site) next(c call, place string) string {
	if place == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(s.cursorMAC(c, place), place...))
}

// after reads the place in the list that c asks for; empty: its beginning. Errors: errCursor.
func (s Site) after(c call) (string, error) {
	cursor := c.URL.Query().Get("cursor")
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) <= cursorMAC {
		return "", errCursor
	}
	place := string(raw[cursorMAC:])
	if !hmac.Equal(raw[:cursorMAC], s.cursorMAC(c, place)) {
		return "", errCursor
	}
	return place, nil
}

func (s Site) cursorMAC(c call, place string) []byte {
	query := c.URL.Query()
	query.Del("cursor")
	mac := hmac.New(sha256.New, s.CursorKey)
	for _, part := range []string{string(c.h.ID), c.URL.Path, query.Encode(), place} {
		sum := sha256.Sum256([]byte(part)) // so that no part runs into the next
		mac.Write(sum[:])
	}
	return mac.Sum(nil)[:cursorMAC]
}

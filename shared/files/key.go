package files

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var segment = regexp.MustCompile(`^[a-z0-9_-][a-z0-9._-]{0,79}$`)

// Check refuses a key of another shape. Errors: [ErrInvalid].
func (k Key) Check() error {
	parts := strings.Split(string(k), "/")
	if len(parts) < 2 || len(parts) > 8 {
		return fmt.Errorf("%w: key of %d segments", ErrInvalid, len(parts))
	}
	for _, p := range parts {
		if !segment.MatchString(p) {
			return fmt.Errorf("%w: key segment", ErrInvalid)
		}
	}
	return nil
}

// Check refuses an upload that cannot be allowed. Errors: [ErrInvalid].
func (u Upload) Check() error {
	if u.MinSize < 0 || u.MaxSize < 1 || u.MaxSize < u.MinSize {
		return fmt.Errorf("%w: size range", ErrInvalid)
	}
	return checkExpiry(u.Key, u.Expiry)
}

// Check refuses a download that cannot be allowed. Errors: [ErrInvalid].
func (d Download) Check() error {
	if d.Type == "" {
		return fmt.Errorf("%w: download without a type", ErrInvalid) // what the upload said would be sent instead
	}
	return checkExpiry(d.Key, d.Expiry)
}

func checkExpiry(k Key, expiry time.Duration) error {
	if expiry <= 0 || expiry > 24*time.Hour {
		return fmt.Errorf("%w: expiry", ErrInvalid)
	}
	return k.Check()
}

package answer

import (
	"context"
	"crypto/hmac"
	"errors"
	"strconv"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/phc"
	"convoc/shared/table"
)

// A password that opens a convocation is never mailed. Whoever has the link may try: five wrong ones lock this
// recipient's link for a while, and each further one for twice as long.
const (
	freeTries = 5
	firstLock = 15 * time.Minute
	lastLock  = 24 * time.Hour
)

// Unlocked is how long a right password opens a link on one device: a couple shares a tablet.
const Unlocked = 12 * time.Hour

// lockFor is how long the n-th wrong password in a row locks.
func lockFor(n int) time.Duration {
	if n < freeTries {
		return 0
	}
	return min(firstLock<<min(n-freeTries, 10), lastLock)
}

// Unlock checks the password of a convocation and gives what the browser keeps for [Unlocked]; empty where there is no
// password. Each try is written down as a wrong one before it is looked at, so that many at once are no more than
// five. Errors: convocation.ErrPasswordNeeded, ErrPasswordWrong, ErrPasswordLocked.
func (s *Service) Unlock(ctx context.Context, v Visit, password string) (string, error) {
	if v.Convocation.Password == "" {
		return "", nil
	}
	for range freeTries { // another try at this very moment goes first; this one is the next
		kept, err := s.unlock(ctx, v, password)
		if !errors.Is(err, table.ErrCondition) {
			return kept, err
		}
		if v.Recipient, err = v.Handle.Recipient(ctx, v.Ref()); err != nil {
			return "", err
		}
	}
	return "", errs.ErrChangedMeanwhile
}

// unlock is one try. Errors: also table.ErrCondition when another try was faster.
func (s *Service) unlock(ctx context.Context, v Visit, password string) (string, error) {
	now, r := s.Now(), v.Recipient
	switch {
	case now.Before(r.LockedUntil):
		return "", convocation.ErrPasswordLocked
	case password == "":
		return "", convocation.ErrPasswordNeeded
	}
	wrong := r.WrongPasswords + 1
	var until time.Time
	if lock := lockFor(wrong); lock > 0 {
		until = now.Add(lock)
	}
	if err := v.Handle.MarkPassword(ctx, r, v.Convocation.ID, wrong, until); err != nil {
		return "", err
	}
	hash, err := phc.Parse(v.Convocation.Password)
	switch {
	case err != nil:
		return "", err
	case hash.Matches(password):
	case !until.IsZero():
		return "", convocation.ErrPasswordLocked
	default:
		return "", convocation.ErrPasswordWrong
	}
	r.WrongPasswords = wrong
	if err := v.Handle.MarkPassword(ctx, r, v.Convocation.ID, 0, time.Time{}); err != nil && !errors.Is(err, table.ErrCondition) {
		return "", err
	}
	return s.pass(v, now.Add(Unlocked)), nil
}

// pass is what a browser shows of a right password: « <unix seconds in base 36>.<mac> », for this link and this password.
func (s *Service) pass(v Visit, until time.Time) string {
	end := strconv.FormatInt(until.Unix(), 36)
	return end + "." + s.mac(v, "pass", end, v.Convocation.Password)
}

// Passes tells whether a link opens with what the browser has kept, or without.
func (s *Service) Passes(v Visit, kept string) bool {
	if v.Convocation.Password == "" {
		return true
	}
	end, mac, _ := strings.Cut(kept, ".")
	until, err := strconv.ParseInt(end, 36, 64)
	return err == nil && hmac.Equal([]byte(mac), []byte(s.mac(v, "pass", end, v.Convocation.Password))) &&
		s.Now().Before(time.Unix(until, 0))
}

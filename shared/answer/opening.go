package answer

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/table"
)

// stale is when a first page is too old to be pressed: it is drawn again, never refused, because tablets keep tabs for
// weeks.
const stale = 24 * time.Hour

// Moment is when the first page was drawn, signed for this link: « <ms in base 36>.<mac> ». Pressing it again is harmless.
func (s *Service) Moment(v Visit) string {
	at := strconv.FormatInt(s.Now().UnixMilli(), 36)
	return at + "." + s.mac(v, "moment", at)
}

// mac signs something for one link.
func (s *Service) mac(v Visit, parts ...string) string {
	a, _ := attempt(v.Recipient, v.Attempt)
	mac := hmac.New(sha256.New, v.Convocation.Key)
	for _, p := range append(parts, string(v.Recipient.ID), string(a.Digest)) {
		mac.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Age reads a moment: how long ago the page was drawn. It is false for one that is broken, too old, or another link's.
func (s *Service) Age(v Visit, moment string) (time.Duration, bool) {
	at, mac, _ := strings.Cut(moment, ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if err != nil || !hmac.Equal([]byte(mac), []byte(s.mac(v, "moment", at))) {
		return 0, false
	}
	age := s.Now().Sub(time.UnixMilli(ms))
	return max(age, time.Millisecond), age < stale // clocks of two servers differ: never before it was drawn
}

// Open notes a press on « Ouvrir la convocation »: by what the signals say, the convocation is read, maybe read, or only
// the journal knows. It proves that the attempt of this link arrived, unless a program pressed. Opening again through the
// same link changes nothing. It returns what the press counted for. Errors: convocation.ErrLinkClosed.
func (s *Service) Open(ctx context.Context, v Visit, signals convocation.Signals) (convocation.Opening, error) {
	now := s.Now()
	a, found := attempt(v.Recipient, v.Attempt)
	if sent := a.Sent(); !sent.IsZero() {
		signals.SinceSent = now.Sub(sent)
	}
	opening := signals.Opening()
	if opening == convocation.OpenedByProgram {
		return opening, s.ignored(ctx, v, now)
	}
	known := !v.Recipient.OpenedAt.IsZero() || (opening == convocation.OpenedDoubtful && !v.Recipient.DoubtedAt.IsZero())
	if found && known && !a.ProvedAt.IsZero() {
		return opening, nil
	}
	if err := s.act(ctx, v.Handle, v.Convocation.ID, now); err != nil {
		return opening, err
	}
	_, err := v.Handle.MarkOpened(ctx, v.Recipient, v.Convocation.ID, v.Attempt, signals, now)
	if errors.Is(err, table.ErrCondition) {
		return opening, convocation.ErrLinkClosed
	}
	return opening, err
}

// ignored tells the journal of a program's press, once for each minute: a scanner that insists fills no journal.
func (s *Service) ignored(ctx context.Context, v Visit, now time.Time) error {
	minute := strconv.FormatInt(now.Unix()/60, 10)
	return v.Handle.Note(ctx, journal.Event{
		ID: ident.Derive("evt_", v.Convocation.Key, "ignored", string(v.Recipient.ID), minute),
		At: now.Truncate(time.Minute), What: journal.OpeningIgnored, Subject: string(v.Recipient.ID),
	})
}

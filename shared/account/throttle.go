package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"convoc/shared/errs"
	"convoc/shared/store"
	"convoc/shared/table"
)

// limit lets so many tries through at once, and one more each while: a vessel that leaks. What is kept of it is the time
// at which it will be empty.
type limit struct {
	free  int
	every time.Duration
}

// The limits of wrong passwords; right ones do not count. A place is a login from an address. Only places where the login
// was never right are counted together: those of an address, of which there are more because a whole mairie may be behind
// it, and those for a login, which slows down guessing from a thousand addresses. So whoever works where they always do
// waits for nobody's guesses but those at their own login from there.
var (
	ofPlace   = limit{5, 5 * time.Minute}
	ofAddress = limit{20, time.Minute}
	ofLogin   = limit{50, time.Minute}
)

// changeTries is how often a count is tried again when others count at the same moment.
const changeTries = 200

// Waiting is [ErrTooManyTries] and for how long.
type Waiting struct{ For time.Duration }

func (w Waiting) Error() string { return fmt.Sprintf("%v: another try in %s", ErrTooManyTries, w.For) }

// Unwrap gives ErrTooManyTries.
func (w Waiting) Unwrap() error { return ErrTooManyTries }

// count adds a try. Errors: ErrTooManyTries, as a Waiting.
func (l limit) count(t store.Tries, now time.Time) (store.Tries, error) {
	full := time.Duration(l.free) * l.every
	switch {
	case t.Until.Before(now):
		t.Until = now
	case t.Until.After(now.Add(full)): // a clock wrote that which has been set back since: one try brings it in order
		t.Until = now.Add(full - l.every)
	}
	t.Until = t.Until.Add(l.every)
	if wait := t.Until.Sub(now) - full; wait > 0 {
		return t, Waiting{wait}
	}
	return t, nil
}

// less takes a try away.
func (l limit) less(t store.Tries, now time.Time) store.Tries {
	if t.Until = t.Until.Add(-l.every); !t.Until.After(now) {
		t.Until = time.Time{}
	}
	return t
}

// Tries are kept under names that no login can have (a folded login has no capitals) and that do not say what was typed:
// it may have been a password. A login that nobody has is counted like another, by the same reads and writes, so that
// nothing tells one from the other.
//
// nobodySeen is under which name the tries for a login that nobody has are recorded.
const nobodySeen = "NOBODY"

// counter is a limit of somebody.
type counter struct {
	name string
	limit
}

func placeCounter(login, address string) counter {
	return counter{"PLACE " + digest(login+"\n"+around(address)), ofPlace}
}

// around is what of an address one person has: whoever has an IPv6 address has the /64 around it. It is empty when the
// address is unknown.
func around(address string) string {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// admit counts a try before its password is looked at, so that tries at the same moment cannot pass together, and returns
// where it was counted, the place first. A try that is not admitted counts nowhere.
// Errors: ErrTooManyTries, as a Waiting.
func (s *Service) admit(ctx context.Context, login, address string) ([]counter, error) {
	place := placeCounter(login, address)
	here, err := s.change(ctx, place, limit.count)
	if err != nil {
		return nil, err
	}
	counted := []counter{place}
	if here.Right {
		return counted, nil
	}
	for _, c := range strangersCounters(login, address) {
		if _, err := s.change(ctx, c, limit.count); err != nil {
			return nil, errors.Join(err, s.takeBack(ctx, counted...))
		}
		counted = append(counted, c)
	}
	return counted, nil
}

// strangersCounters are those of a place where the login was never right.
func strangersCounters(login, address string) []counter {
	all := []counter{{"LOGIN " + digest(login), ofLogin}}
	if from := around(address); from != "" {
		all = append(all, counter{"ADDRESS " + digest(from), ofAddress})
	}
	return all
}

// takeBack makes a try one that never was.
func (s *Service) takeBack(ctx context.Context, counted ...counter) error {
	for _, c := range counted {
		_, err := s.change(ctx, c, func(l limit, t store.Tries, now time.Time) (store.Tries, error) { return l.less(t, now), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// welcome notes a right password where its try was counted: the place has nothing to be forgiven any more, and elsewhere
// it does not count. The wrong ones of other places do: one's own password would let one guess at others' for ever.
func (s *Service) welcome(ctx context.Context, counted []counter) error {
	_, err := s.change(ctx, counted[0], func(limit, store.Tries, time.Time) (store.Tries, error) {
		return store.Tries{Right: true}, nil
	})
	if err != nil {
		return err
	}
	return s.takeBack(ctx, counted[1:]...)
}

// change changes what is kept of tries, and again when somebody else was faster. Errors: those of how.
func (s *Service) change(ctx context.Context, c counter, how func(limit, store.Tries, time.Time) (store.Tries, error)) (store.Tries, error) {
	accounts := s.Tables.AccountsHandle()
	for range changeTries {
		before, err := accounts.Tries(ctx, c.name)
		if err != nil {
			return before, err
		}
		after, err := how(c.limit, before, s.Now())
		if err != nil {
			return after, err
		}
		if err = accounts.ChangeTries(ctx, c.name, before, after); !errors.Is(err, table.ErrCondition) {
			return after, err
		}
	}
	return store.Tries{}, errs.ErrUnavailable
}

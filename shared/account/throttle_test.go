package account_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// try signs in and tells the code of the refusal; "" when there is none.
func try(t testing.TB, w *worldtest.World, login, password, address string) string {
	t.Helper()
	_, _, err := w.Account.SignIn(t.Context(), login, password, account.From{Address: address})
	refusal, is := errs.As(err)
	if err != nil && !is {
		t.Fatal(err)
	}
	if err == nil {
		return ""
	}
	return refusal.Code
}

const wrong, waiting = "wrong_credentials", "too_many_tries"

// wait tells for how long somebody is told to wait.
func wait(t *testing.T, w *worldtest.World, login, password, address string) time.Duration {
	t.Helper()
	_, _, err := w.Account.SignIn(t.Context(), login, password, account.From{Address: address})
	var told account.Waiting
	if !errors.As(err, &told) || !errors.Is(err, account.ErrTooManyTries) {
		t.Fatalf("got %v", err)
	}
	return told.For
}

func TestWrongPasswordsMakeAPlaceWait(t *testing.T) {
	w := installed(t)
	for n := range 5 {
		if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != wrong {
			t.Fatalf("wrong password %d: got %q", n+1, got)
		}
	}
	for range 20 { // one more try each five minutes, told to the second
		if got := wait(t, w, "MAIRIE", password, mairie.Address); got != 5*time.Minute {
			t.Fatalf("told to wait %s", got)
		}
		w.Clock = w.Clock.Add(5*time.Minute - time.Millisecond)
		if got := wait(t, w, "mairie", password, mairie.Address); got != time.Millisecond {
			t.Fatalf("a moment too early: told to wait %s", got)
		}
		w.Clock = w.Clock.Add(time.Millisecond)
		if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != wrong {
			t.Fatalf("in time: got %q", got)
		}
	}
	w.Clock = w.Clock.Add(5 * time.Minute)
	if got := try(t, w, "mairie", password, mairie.Address); got != "" {
		t.Fatalf("the right password: got %q", got)
	}
	for n := range 5 { // and all is forgotten
		if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != wrong {
			t.Errorf("wrong password %d after the right one: got %q", n+1, got)
		}
	}
}

// Somebody who guesses from elsewhere keeps nobody out who works where they always do.
func TestStrangersDoNotLockAnybodyOut(t *testing.T) {
	w := installed(t)
	signIn(t, w)
	for hour := range 24 {
		for n := range 300 { // a thousand addresses and as many guesses as they get
			try(t, w, "mairie", "pas le bon", fmt.Sprintf("203.0.%d.%d", hour, n%250))
		}
		if got := try(t, w, "mairie", password, mairie.Address); got != "" {
			t.Fatalf("after %d hours: got %q", hour, got)
		}
		w.Clock = w.Clock.Add(time.Hour)
	}
}

func TestGuessesFromAThousandAddressesAreSlowedDown(t *testing.T) {
	w := installed(t)
	looked := 0
	w.Account.OnHash(func(account.Cost) { looked++ })
	for minute := range 60 {
		for n := range 100 {
			try(t, w, "mairie", "pas le bon", fmt.Sprintf("203.0.%d.%d", minute, n))
		}
		w.Clock = w.Clock.Add(time.Minute)
	}
	if looked != 50+59 {
		t.Errorf("%d guesses were looked at in an hour, want 50 and one each minute", looked)
	}
	try(t, w, "mairie", "pas le bon", "198.51.100.1")
	if got := wait(t, w, "mairie", password, "198.51.100.2"); got != time.Minute {
		t.Errorf("from a new place: told to wait %s", got)
	}
}

// Whoever is refused presses again, and should not pay for it elsewhere.
func TestTryThatIsNotLookedAtCountsNowhere(t *testing.T) {
	w := installed(t)
	for range 5 {
		try(t, w, "mairie", "pas le bon", mairie.Address)
	}
	for range 100 {
		if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != waiting {
			t.Fatalf("got %q", got)
		}
	}
	for n := range 15 { // of the twenty of the address
		if got := try(t, w, fmt.Sprint("login", n), "pas le bon", mairie.Address); got != wrong {
			t.Fatalf("a colleague, try %d: got %q", n+1, got)
		}
	}
	for range 100 { // the address waits: its places do not
		if got := try(t, w, "accueil", "pas le bon", mairie.Address); got != waiting {
			t.Fatalf("got %q", got)
		}
	}
	w.Clock = w.Clock.Add(15 * time.Minute)
	for n := range 5 {
		if got := try(t, w, "accueil", "pas le bon", mairie.Address); got != wrong {
			t.Errorf("later, try %d: got %q", n+1, got)
		}
	}
}

func TestClockThatIsSetBackLocksNobodyOut(t *testing.T) {
	w := installed(t)
	for range 5 {
		try(t, w, "mairie", "pas le bon", mairie.Address)
	}
	w.Clock = w.Clock.Add(-48 * time.Hour)
	if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != wrong {
		t.Errorf("got %q", got)
	}
	if got := wait(t, w, "mairie", password, mairie.Address); got != 5*time.Minute {
		t.Errorf("told to wait %s", got)
	}
	w.Clock = w.Clock.Add(5 * time.Minute)
	if got := try(t, w, "mairie", password, mairie.Address); got != "" {
		t.Errorf("then: got %q", got)
	}
}

// effort is what signing in took.
type effort struct {
	Answer string
	Hashes []account.Cost
	Calls  table.Counts
}

func TestUnknownLoginIsAnsweredLikeAKnownOne(t *testing.T) {
	script := func(login string) []effort {
		w := installed(t)
		var all []effort
		for n := range 60 {
			w.Clock = w.Clock.Add(time.Duration(n) * time.Second)
			var e effort
			w.Account.OnHash(func(c account.Cost) { e.Hashes = append(e.Hashes, c) })
			before := w.Counts()
			e.Answer = try(t, w, login, "pas le bon", "192.0.2.7")
			after := w.Counts()
			e.Calls = table.Counts{Reads: after.Reads - before.Reads, Writes: after.Writes - before.Writes}
			all = append(all, e)
		}
		return all
	}
	known, unknown := script("mairie"), script("personne")
	if diff := cmp.Diff(known, unknown); diff != "" {
		t.Errorf("(-known +unknown)\n%s", diff)
	}
	if len(known[0].Hashes) != 1 || known[0].Answer != wrong {
		t.Errorf("the first try: got %+v", known[0])
	}
	if known[6].Answer != waiting || len(known[6].Hashes) != 0 {
		t.Errorf("the seventh try: got %+v", known[6])
	}
}

func TestWrongPasswordsMakeAnAddressWait(t *testing.T) {
	for _, c := range []struct{ name, from, same, other string }{
		{"IPv4", "192.0.2.7", "192.0.2.7", "192.0.2.8"},
		{"IPv4 written as IPv6", "192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.8"},
		{"IPv6: whoever has one has those around it", "2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := installed(t)
			for n := range 20 {
				if got := try(t, w, fmt.Sprint("login", n), "pas le bon", c.from); got != wrong {
					t.Fatalf("wrong password %d: got %q", n+1, got)
				}
			}
			if got := try(t, w, "mairie", password, c.same); got != waiting {
				t.Errorf("the right password from there: got %q", got)
			}
			if got := try(t, w, "mairie", password, c.other); got != "" {
				t.Errorf("from elsewhere: got %q", got)
			}
			if got := wait(t, w, "mairie", password, c.same); got != time.Minute {
				t.Errorf("told to wait %s", got)
			}
			w.Clock = w.Clock.Add(time.Minute)
			if got := try(t, w, "mairie", password, c.same); got != "" {
				t.Errorf("after the wait: got %q", got)
			}
			if got := try(t, w, "login0", "pas le bon", c.same); got != wrong {
				t.Errorf("one more: got %q", got)
			}
			if got := try(t, w, "login1", "pas le bon", c.same); got != waiting {
				t.Errorf("and another one: got %q", got)
			}
		})
	}
}

func TestOnesOwnPasswordDoesNotLetOneGuessAtOthers(t *testing.T) {
	w := installed(t)
	for n := range 20 {
		if got := try(t, w, fmt.Sprint("login", n), "pas le bon", "192.0.2.7"); got != wrong {
			t.Fatalf("wrong password %d: got %q", n+1, got)
		}
		if got := try(t, w, "mairie", password, "192.0.2.7"); got != "" {
			t.Fatalf("the own one after %d: got %q", n+1, got)
		}
	}
	if got := try(t, w, "login20", "pas le bon", "192.0.2.7"); got != waiting {
		t.Errorf("one guess more: got %q", got)
	}
	if got := try(t, w, "mairie", password, "192.0.2.7"); got != "" {
		t.Errorf("the own one at last: got %q", got)
	}
}

// Somebody in the same house who guesses at everybody's login is in nobody's way who works there.
func TestGuessesFromTheSameAddressKeepNobodyOut(t *testing.T) {
	w := installed(t)
	signIn(t, w)
	for n := range 100 {
		try(t, w, fmt.Sprint("login", n), "pas le bon", mairie.Address)
	}
	if got := try(t, w, "mairie", password, mairie.Address); got != "" {
		t.Errorf("got %q", got)
	}
	for n := range 5 {
		if got := try(t, w, "mairie", "pas le bon", mairie.Address); got != wrong {
			t.Errorf("a guess at a login that is known there, %d: got %q", n+1, got)
		}
	}
	if got := try(t, w, "mairie", password, mairie.Address); got != waiting {
		t.Errorf("after five of them: got %q", got)
	}
}

func TestRightPasswordsNeverMakeAnAddressWait(t *testing.T) {
	w := installed(t)
	for n := range 50 {
		if got := try(t, w, "mairie", password, "192.0.2.7"); got != "" {
			t.Fatalf("sign-in %d: got %q", n+1, got)
		}
	}
}

func TestQuietAddressBeginsAnew(t *testing.T) {
	w := installed(t)
	for round := range 3 {
		for n := range 20 {
			if got := try(t, w, fmt.Sprint("login", round, "-", n), "pas le bon", "192.0.2.7"); got != wrong {
				t.Fatalf("round %d, wrong password %d: got %q", round, n+1, got)
			}
		}
		if got := try(t, w, "autre", "pas le bon", "192.0.2.7"); got != waiting {
			t.Fatalf("round %d: got %q", round, got)
		}
		w.Clock = w.Clock.Add(20 * time.Minute)
	}
}

func TestAddressThatIsUnknownMakesNobodyWait(t *testing.T) {
	w := installed(t)
	for n := range 40 {
		if got := try(t, w, fmt.Sprint("login", n), "pas le bon", "unknown"); got != wrong {
			t.Fatalf("wrong password %d: got %q", n+1, got)
		}
	}
}

func TestGuessesAtTheSameMomentDoNotPassTogether(t *testing.T) {
	w := installed(t)
	var mu sync.Mutex
	hashes := 0
	w.Account.OnHash(func(account.Cost) {
		mu.Lock()
		defer mu.Unlock()
		hashes++
	})
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() { try(t, w, "mairie", fmt.Sprint("essai numéro ", n), "192.0.2.7") })
	}
	all.Wait()
	if hashes < 1 || hashes > 5 {
		t.Errorf("%d guesses were looked at, want 1 to 5", hashes)
	}
}

func TestGuessesAtManyLoginsAtTheSameMomentCount(t *testing.T) {
	w := installed(t)
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() { try(t, w, fmt.Sprint("login", n), "pas le bon", "192.0.2.7") })
	}
	all.Wait()
	if got := try(t, w, "mairie", password, "192.0.2.7"); got != waiting {
		t.Errorf("got %q", got)
	}
}

func TestTwoWrongPasswordsFromOneAddressAtTheSameMomentAreTwo(t *testing.T) {
	w := installed(t)
	for n := range 18 {
		try(t, w, fmt.Sprint("login", n), "pas le bon", "192.0.2.7")
	}
	w.Fault = func(op string, key table.Key) table.Fault {
		if op == "write" && strings.Contains(key.Partition, "ADDRESS") { // while the first one counts
			w.Fault = nil
			try(t, w, "autre", "pas le bon", "192.0.2.7")
		}
		return table.FaultNone
	}
	if got := try(t, w, "mairie", "pas le bon", "192.0.2.7"); got != wrong || w.Fault != nil {
		t.Fatalf("got %q", got)
	}
	if got := try(t, w, "mairie", password, "192.0.2.7"); got != waiting {
		t.Errorf("after 20 wrong ones: got %q", got)
	}
}

// Two windows, or two people of one mairie: each is looked at.
func TestTwoRightPasswordsAtTheSameMoment(t *testing.T) {
	w := installed(t)
	other := "not tried"
	w.Meanwhile("write", func() { other = try(t, w, "mairie", password, mairie.Address) })
	if got := try(t, w, "mairie", password, mairie.Address); got != "" || other != "" {
		t.Errorf("got %q, the other %q", got, other)
	}
}

// BenchmarkSignIn shows what a wrong password costs for a login that somebody has and for one that nobody has, at the
// cost of real passwords: one cannot be told from the other. A row of either differs more than the two do.
func BenchmarkSignIn(b *testing.B) {
	for _, login := range []string{"mairie", "personne", "mairie", "personne"} {
		b.Run(login, func(b *testing.B) {
			w := worldtest.New(b)
			w.Account.Cost = account.DefaultCost()
			err := w.Account.CreateDemo(b.Context(), collectivity.Collectivity{ID: worldtest.SIREN, Name: "Saint-Aubin"},
				store.User{Login: "mairie"}, rights.Administrator, password)
			if err != nil {
				b.Fatal(err)
			}
			for n := 0; b.Loop(); n++ {
				w.Clock = w.Clock.Add(time.Hour) // nobody waits
				if got := try(b, w, login, "pas le bon", fmt.Sprintf("10.0.%d.%d", n/250, n%250)); got != wrong {
					b.Fatal(got)
				}
			}
		})
	}
}

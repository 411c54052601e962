package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/worldtest"
)

// Of a thousand guesses, one a second, few are looked at, wherever they come from.
func TestOfAThousandGuessesFewAreLookedAt(t *testing.T) {
	const guesses = 1_000 // in 16 minutes and 40 seconds
	for name, c := range map[string]struct {
		login, from func(n int) string
		looked      int
	}{
		"one login from one address: 5, and one each five minutes": {
			func(int) string { return "mairie" }, func(int) string { return "203.0.113.1" }, 5 + 3,
		},
		"a login that nobody has, as well": {
			func(int) string { return "personne" }, func(int) string { return "203.0.113.1" }, 5 + 3,
		},
		"many logins from one address: 20, and one each minute": {
			func(n int) string { return fmt.Sprint("login", n) }, func(int) string { return "203.0.113.1" }, 20 + 16,
		},
		"one login from many addresses: 50, and one each minute": {
			func(int) string { return "mairie" }, func(n int) string { return fmt.Sprintf("203.0.%d.%d", n/250, n%250) }, 50 + 16,
		},
		"many logins from one network of IPv6": {
			func(n int) string { return fmt.Sprint("login", n) }, func(n int) string { return fmt.Sprintf("2001:db8::%x", n+1) }, 20 + 16,
		},
	} {
		w := installed(t)
		looked := 0
		w.Account.OnHash(func(account.Cost) { looked++ })
		for n := range guesses {
			try(t, w, c.login(n), "pas le bon", c.from(n))
			w.Clock = w.Clock.Add(time.Second)
		}
		if looked != c.looked {
			t.Errorf("%s: %d were looked at, want %d", name, looked, c.looked)
		}
	}
}

// BenchmarkSignInOfKnownAndUnknown tries wrong passwords for a login that somebody has and for one that nobody has, in
// turn, at the cost of the product. « unknown/known » is the ratio of their medians: 1 tells nothing of who there is.
func BenchmarkSignInOfKnownAndUnknown(b *testing.B) {
	w := worldtest.New(b)
	w.Account.Cost = account.DefaultCost()
	invitation, err := w.Account.Invite(b.Context())
	if err == nil {
		_, _, err = w.Account.Accept(b.Context(), invitation, acceptance())
	}
	if err != nil {
		b.Fatal(err)
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for _, login := range []string{"mairie", "personne"} {
			w.Clock = w.Clock.Add(time.Hour) // nobody has to wait
			begin := time.Now()
			if _, _, err := w.Account.SignIn(b.Context(), login, "pas le bon", mairie); err == nil {
				b.Fatal("a wrong password was right")
			}
			took[login] = append(took[login], time.Since(begin))
		}
	}
	known, unknown := median(took["mairie"]), median(took["personne"])
	b.ReportMetric(float64(known.Microseconds()), "known-µs")
	b.ReportMetric(float64(unknown.Microseconds()), "unknown-µs")
	b.ReportMetric(float64(unknown)/float64(known), "unknown/known")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

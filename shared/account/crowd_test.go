package account_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"convoc/shared/account"
)

// Passwords take memory to look at. A crowd, from as many addresses, is looked at a few at a time, and who cannot even
// wait is sent away and has spent no try.
func TestCrowdIsLookedAtAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := installed(t)
		var mu sync.Mutex
		inside, most := 0, 0
		open := make(chan struct{})
		w.Account.OnHash(func(account.Cost) {
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			<-open
			mu.Lock()
			inside--
			mu.Unlock()
		})
		once := func(n int) string {
			return try(t, w, fmt.Sprint("login", n), "pas le bon", fmt.Sprintf("192.0.2.%d", n))
		}
		var answers [200]string
		var all sync.WaitGroup
		for n := range answers {
			all.Go(func() { answers[n] = once(n) })
		}
		synctest.Wait()
		close(open)
		all.Wait()
		looked := 0
		for n, answer := range answers {
			free := 5
			if answer == wrong {
				looked++
				free--
			} else if answer != "unavailable" {
				t.Errorf("login%d: got %q", n, answer)
			}
			for range free { // who was sent away has spent nothing
				if got := once(n); got != wrong {
					t.Errorf("login%d, later: got %q", n, got)
				}
			}
			if got := once(n); got != waiting {
				t.Errorf("login%d, at last: got %q", n, got)
			}
		}
		if looked != 64 || most > 4 {
			t.Errorf("%d were looked at, %d together", looked, most)
		}
	})
}

// A try that waits in line for a browser that has gone away leaves the line.
func TestWhoGoesAwayLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := installed(t)
		open := make(chan struct{})
		w.Account.OnHash(func(account.Cost) { <-open })
		var all sync.WaitGroup
		for n := range 4 {
			all.Go(func() { try(t, w, fmt.Sprint("login", n), "pas le bon", fmt.Sprintf("192.0.2.%d", n)) })
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, _, err := w.Account.SignIn(ctx, "mairie", password, mairie)
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(open)
		all.Wait()
	})
}

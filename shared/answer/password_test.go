package answer_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/worldtest"
)

const password = "les tilleuls"

// withPassword lets a convocation open with the password.
func withPassword(text *compose.Text) {
	p := password
	text.Password = &p
}

// unlock tries a password from the newest link of an address.
func unlock(t *testing.T, w *worldtest.World, address, typed string) (string, error) {
	t.Helper()
	return w.Answer.Unlock(t.Context(), visit(t, w, address), typed)
}

func TestPassword(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1, withPassword)
	for _, c := range []struct {
		name, typed string
		want        *errs.Error
	}{
		{"none", "", convocation.ErrPasswordNeeded},
		{"another", "les platanes", convocation.ErrPasswordWrong},
		{"in capitals", strings.ToUpper(password), convocation.ErrPasswordWrong},
		{"with a space behind", password + " ", convocation.ErrPasswordWrong},
		{"the right one", password, nil},
	} {
		before := w.Counts().Writes
		kept, err := unlock(t, w, "e0@x.fr", c.typed)
		if !is(err, c.want) || (kept != "") != (c.want == nil) {
			t.Errorf("%s: got %q, %v", c.name, kept, err)
		}
		if opens := w.Answer.Passes(visit(t, w, "e0@x.fr"), kept); opens != (c.want == nil) {
			t.Errorf("%s: it opens: %v", c.name, opens)
		}
		if c.typed == "" && w.Counts().Writes != before {
			t.Errorf("%s: %d writes", c.name, w.Counts().Writes-before)
		}
	}
	if r := w.Recipients(id)["e0@x.fr"]; r.WrongPasswords != 0 || !r.LockedUntil.IsZero() { // the right one forgets the wrong ones
		t.Errorf("%d wrong ones, locked until %s", r.WrongPasswords, r.LockedUntil)
	}
}

func TestConvocationWithoutPassword(t *testing.T) {
	w := worldtest.New(t)
	convened(t, w, 1)
	before := w.Counts().Writes
	for _, typed := range []string{"", "x"} {
		if kept, err := unlock(t, w, "e0@x.fr", typed); kept != "" || err != nil || w.Counts().Writes != before {
			t.Errorf("%q: got %q, %v, %d writes", typed, kept, err, w.Counts().Writes-before)
		}
	}
	if !w.Answer.Passes(visit(t, w, "e0@x.fr"), "") {
		t.Error("it does not open")
	}
}

// The fifth wrong password in a row locks for a quarter of an hour, each one after it for twice as long, up to a day; and
// only this recipient's links.
func TestWrongPasswordsLock(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 2, withPassword)
	for n := 1; n <= 14; n++ {
		locks := time.Duration(0)
		if n >= 5 {
			locks = min(15*time.Minute<<(n-5), 24*time.Hour)
		}
		want := convocation.ErrPasswordWrong
		if locks > 0 {
			want = convocation.ErrPasswordLocked
		}
		if _, err := unlock(t, w, "e0@x.fr", "faux"); !errors.Is(err, want) {
			t.Errorf("wrong one %d: got %v", n, err)
		}
		r := w.Recipients(id)["e0@x.fr"]
		if r.WrongPasswords != n || (locks > 0 && !r.LockedUntil.Equal(w.Clock.Add(locks))) || (locks == 0 && !r.LockedUntil.IsZero()) {
			t.Errorf("after %d: %d are counted, locked for %s, want %s", n, r.WrongPasswords, r.LockedUntil.Sub(w.Clock), locks)
		}
		if locks == 0 {
			continue
		}
		w.Clock = r.LockedUntil.Add(-time.Millisecond)
		before := w.Counts().Writes
		if _, err := unlock(t, w, "e0@x.fr", password); !errors.Is(err, convocation.ErrPasswordLocked) || w.Counts().Writes != before {
			t.Errorf("locked, the right one: got %v after %d writes", err, w.Counts().Writes-before)
		}
		w.Clock = r.LockedUntil
	}
	if _, err := unlock(t, w, "e1@x.fr", password); err != nil {
		t.Errorf("another recipient: %v", err)
	}
	if _, err := unlock(t, w, "e0@x.fr", password); err != nil {
		t.Errorf("the right one, no longer locked: %v", err)
	}
	for n := range 4 {
		if _, err := unlock(t, w, "e0@x.fr", "faux"); !errors.Is(err, convocation.ErrPasswordWrong) {
			t.Errorf("wrong one %d after a right one: got %v", n+1, err)
		}
	}
}

func TestWhatABrowserKeepsOfAPassword(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 2, withPassword)
	kept, err := unlock(t, w, "e0@x.fr", password)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := unlock(t, w, "e1@x.fr", password)
	if err != nil {
		t.Fatal(err)
	}
	right := w.Clock
	mine := visit(t, w, "e0@x.fr")
	changed := mine
	changed.Convocation.Password = "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"
	w.Clock = w.Clock.Add(time.Minute)
	resend(t, w, id, "e0@x.fr")
	end, mac, _ := strings.Cut(kept, ".")
	for _, c := range []struct {
		name, kept string
		visit      answer.Visit
		after      time.Duration
		want       bool
	}{
		{"its own", kept, mine, 0, true},
		{"just under 12 hours later", kept, mine, answer.Unlocked - time.Second, true},
		{"12 hours later", kept, mine, answer.Unlocked, false},
		{"nothing", "", mine, 0, false},
		{"another recipient's", theirs, mine, 0, false},
		{"that of an older link", kept, visit(t, w, "e0@x.fr"), 0, false},
		{"after the password has changed", kept, changed, 0, false},
		{"with a later end", "z" + end[1:] + "." + mac, mine, 0, false},
		{"without its mac", end + ".", mine, 0, false},
		{"the moment of the page", w.Answer.Moment(mine), mine, 0, false},
	} {
		w.Clock = right.Add(c.after)
		if got := w.Answer.Passes(c.visit, c.kept); got != c.want {
			t.Errorf("%s: opens %v", c.name, got)
		}
	}
}

// Each try is counted before it is looked at: of many at the same moment one is, so that nobody guesses more than five.
func TestPasswordsTriedAtOnce(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 1, withPassword)
	v := visit(t, w, "e0@x.fr")
	w.Meanwhile("write", func() {
		if _, err := w.Answer.Unlock(t.Context(), v, "faux"); !errors.Is(err, convocation.ErrPasswordWrong) {
			t.Errorf("the faster one: got %v", err)
		}
	})
	if kept, err := w.Answer.Unlock(t.Context(), v, password); kept == "" || err != nil { // it is the next one, not a wrong one
		t.Errorf("the slower one: %q, %v", kept, err)
	}
	if r := w.Recipients(id)["e0@x.fr"]; r.WrongPasswords != 0 {
		t.Errorf("%d are counted after a right one", r.WrongPasswords)
	}
	for range 10 { // each reads the count anew
		v := visit(t, w, "e0@x.fr")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if kept, _ := w.Answer.Unlock(t.Context(), v, "faux"); kept != "" {
					t.Error("a wrong one opens")
				}
			})
		}
		all.Wait()
	}
	if r := w.Recipients(id)["e0@x.fr"]; r.WrongPasswords != 5 || r.LockedUntil.IsZero() {
		t.Errorf("%d were looked at, locked until %s", r.WrongPasswords, r.LockedUntil)
	}
}

package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"convoc/shared/account"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/worldtest"
)

// code is what the application shows so much later.
func code(t *testing.T, w *worldtest.World, secret string, later time.Duration) string {
	t.Helper()
	c, err := totp.GenerateCode(secret, w.Clock.Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// guarded is a town whose administrator has a second factor, whose first code was taken a while ago.
func guarded(t *testing.T) (*worldtest.World, account.NewFactor) {
	t.Helper()
	w := installed(t)
	token := signIn(t, w)
	f, err := w.Account.BeginFactor(t.Context(), token, password, mairie)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Account.ConfirmFactor(t.Context(), token, code(t, w, f.Secret, 0)); err != nil {
		t.Fatal(err)
	}
	w.Clock = w.Clock.Add(10 * time.Minute)
	return w, f
}

func enter(t *testing.T, w *worldtest.World, code string) error {
	t.Helper()
	token, _, err := w.Account.SignInWithCode(t.Context(), "mairie", password, code, mairie)
	if (err == nil) != (token != "") {
		t.Errorf("the code %q: a session %q with %v", code, token, err)
	}
	return err
}

func TestSecondFactorIsAskedFor(t *testing.T) {
	w, f := guarded(t)
	if err := enter(t, w, ""); !errors.Is(err, account.ErrCodeNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, _, err := w.Account.SignInWithCode(t.Context(), "mairie", "pas le bon", code(t, w, f.Secret, 0), mairie); !errors.Is(err, account.ErrWrongCredentials) {
		t.Errorf("a wrong password tells of the code: %v", err)
	}
	if err := enter(t, w, code(t, w, f.Secret, 0)); err != nil {
		t.Errorf("with its code: %v", err)
	}
	w.Letter(account.LetterFactorAdded)
}

func TestCodesThatAreTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		later time.Duration
		write func(string) string
		taken bool
	}{
		{"of now", 0, nil, true},
		{"of the moment before", -30 * time.Second, nil, true},
		{"of the moment after", 30 * time.Second, nil, true},
		{"of two moments before", -60 * time.Second, nil, false},
		{"of two moments after", 60 * time.Second, nil, false},
		{"with a space, as applications show it", 0, func(c string) string { return c[:3] + " " + c[3:] }, true},
		{"with a no-break space", 0, func(c string) string { return c[:3] + "\u00a0" + c[3:] }, true},
		{"five figures", 0, func(c string) string { return c[:5] }, false},
		{"seven figures", 0, func(c string) string { return c + "0" }, false},
		{"other figures", 0, func(c string) string { return c[3:] + c[:3] }, false},
		{"no figures", 0, func(string) string { return "abcdef" }, false},
		{"longer than any", 0, func(string) string { return strings.Repeat("0", 65) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, f := guarded(t)
			given := code(t, w, f.Secret, c.later)
			if c.write != nil {
				given = c.write(given)
			}
			if err := enter(t, w, given); (err == nil) != c.taken || err != nil && !errors.Is(err, account.ErrCodeWrong) && !errors.Is(err, account.ErrWrongCredentials) {
				t.Errorf("%q: got %v", given, err)
			}
		})
	}
}

// A code that somebody has seen over a shoulder is of no use.
func TestNoCodeCountsTwice(t *testing.T) {
	w, f := guarded(t)
	now, next := code(t, w, f.Secret, 0), code(t, w, f.Secret, 30*time.Second)
	for _, c := range []struct {
		name, code string
		want       error
	}{
		{"the first time", now, nil}, {"again", now, account.ErrCodeWrong}, {"the next one", next, nil},
		{"one before the last that was taken", now, account.ErrCodeWrong},
		{"a recovery code", f.Recovery[3], nil}, {"the same again", f.Recovery[3], account.ErrCodeWrong},
		{"another, in capitals and without dashes", strings.ToUpper(strings.ReplaceAll(f.Recovery[9], "-", "")), nil},
	} {
		if err := enter(t, w, c.code); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestOneOfTwoWithTheSameCodeAtTheSameMoment(t *testing.T) {
	w, f := guarded(t)
	c := code(t, w, f.Secret, 0)
	var other error
	w.Meanwhile("transact", func() { other = enter(t, w, c) })
	if err := enter(t, w, c); !errors.Is(err, account.ErrCodeWrong) || other != nil {
		t.Errorf("got %v, the other %v", err, other)
	}
}

func TestGuessesAtACodeWait(t *testing.T) {
	w, f := guarded(t)
	for n := range 20 { // a right password alone is no try
		if err := enter(t, w, ""); !errors.Is(err, account.ErrCodeNeeded) {
			t.Fatalf("sign-in %d: %v", n+1, err)
		}
	}
	for n := range 5 {
		if err := enter(t, w, "abcdef"); !errors.Is(err, account.ErrCodeWrong) {
			t.Fatalf("guess %d: %v", n+1, err)
		}
	}
	if err := enter(t, w, code(t, w, f.Secret, 0)); !errors.Is(err, account.ErrTooManyTries) {
		t.Errorf("the right one after five: %v", err)
	}
}

// Guesses from ever new places wait all the same: a right password without a code makes no place a known one.
func TestPasswordWithoutItsCodeMakesNoPlaceKnown(t *testing.T) {
	w, _ := guarded(t)
	looked := 0
	for n := range 200 {
		from := account.From{Address: fmt.Sprintf("10.0.%d.1", n)}
		for _, guess := range []string{"", "abcdef"} {
			_, _, err := w.Account.SignInWithCode(t.Context(), "mairie", password, guess, from)
			if errors.Is(err, account.ErrCodeWrong) {
				looked++
			}
		}
	}
	if looked < 5 || looked > 50 {
		t.Errorf("%d of two hundred guesses were looked at", looked)
	}
}

func TestNewPasswordByMailIsNoWayAroundTheCode(t *testing.T) {
	w, f := guarded(t)
	token := asked(t, w)
	if shortest, err := w.Account.CheckReset(t.Context(), token); shortest != 12 || err != nil {
		t.Errorf("checked: %d, %v", shortest, err)
	}
	if err := w.Account.Reset(t.Context(), token, newPassword, mairie); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", newPassword, mairie); !errors.Is(err, account.ErrCodeNeeded) {
		t.Errorf("got %v", err)
	}
	if _, _, err := w.Account.SignInWithCode(t.Context(), "mairie", newPassword, code(t, w, f.Secret, 0), mairie); err != nil {
		t.Errorf("with the code: %v", err)
	}
}

func TestLeastLengthOfAPassword(t *testing.T) {
	twelve, fourteen, fifteen := "le vieux lac", "le vieux lac d", "le vieux lac de"
	w := installed(t)
	token := signIn(t, w)
	if _, _, err := w.Account.ChangePassword(t.Context(), token, password, fourteen, mairie); !errors.Is(err, account.ErrPasswordTooShort) {
		t.Errorf("fourteen without a second factor: %v", err)
	}
	if _, _, err := w.Account.ChangePassword(t.Context(), token, password, fifteen, mairie); err != nil {
		t.Errorf("fifteen without: %v", err)
	}
	w, f := guarded(t)
	token, _, err := w.Account.SignInWithCode(t.Context(), "mairie", password, code(t, w, f.Secret, 0), mairie)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Account.ChangePassword(t.Context(), token, password, twelve[:11], mairie); !errors.Is(err, account.ErrPasswordTooShort) {
		t.Errorf("eleven with one: %v", err)
	}
	token, _, err = w.Account.ChangePassword(t.Context(), token, password, twelve, mairie)
	if err != nil {
		t.Fatalf("twelve with one: %v", err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	if err := w.Account.RemoveFactor(t.Context(), token, twelve, code(t, w, f.Secret, 0), mairie); !errors.Is(err, account.ErrPasswordTooShort) {
		t.Errorf("twelve would be left without one: %v", err)
	}
}

func TestFactorIsRemoved(t *testing.T) {
	w, f := guarded(t)
	token, s, err := w.Account.SignInWithCode(t.Context(), "mairie", password, code(t, w, f.Secret, 0), mairie)
	if err != nil || !s.Factor {
		t.Fatal(s, err)
	}
	w.Clock = w.Clock.Add(time.Minute)
	for _, c := range []struct {
		name, password, code string
		kind                 errs.Kind
	}{
		{"a wrong password", "pas le bon", code(t, w, f.Secret, 0), errs.Invalid},
		{"a wrong code", password, "abcdef", errs.Invalid}, {"no code", password, "", errs.Invalid},
	} {
		err := w.Account.RemoveFactor(t.Context(), token, c.password, c.code, mairie)
		if refusal, is := errs.As(err); !is || refusal.Kind != c.kind {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if err := w.Account.RemoveFactor(t.Context(), token, password, f.Recovery[0], mairie); err != nil {
		t.Fatal(err)
	}
	w.Letter(account.LetterFactorRemoved)
	if err := enter(t, w, ""); err != nil {
		t.Errorf("signing in: %v", err)
	}
	if err := w.Account.RemoveFactor(t.Context(), token, password, "", mairie); err != nil {
		t.Errorf("removed again: %v", err)
	}
}

// A factor counts once a code of it was seen: whoever loses the page in between is not shut out.
func TestFactorThatWasOnlyBegunCountsForNothing(t *testing.T) {
	w := installed(t)
	token := signIn(t, w)
	if err := w.Account.ConfirmFactor(t.Context(), token, "123456"); !errors.Is(err, account.ErrFactorOff) {
		t.Errorf("none was begun: %v", err)
	}
	first, err := w.Account.BeginFactor(t.Context(), token, password, mairie)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Account.BeginFactor(t.Context(), token, password, mairie)
	if err != nil || first.Secret == second.Secret || len(second.Recovery) != 10 {
		t.Fatal(second, err)
	}
	if err := enter(t, w, ""); err != nil {
		t.Errorf("signing in meanwhile: %v", err)
	}
	if err := w.Account.ConfirmFactor(t.Context(), token, code(t, w, first.Secret, 0)); err == nil {
		t.Error("a code of the first one, which is void, was taken")
	}
	if err := w.Account.ConfirmFactor(t.Context(), token, code(t, w, second.Secret, 0)); err != nil {
		t.Error(err)
	}
	if _, err := w.Account.BeginFactor(t.Context(), token, password, mairie); !errors.Is(err, account.ErrFactorOn) {
		t.Errorf("another one: %v", err)
	}
}

// What opens something is nowhere on the disk: tokens of links and recovery codes are there as digests.
func TestLinksAndRecoveryCodesAreNotStored(t *testing.T) {
	w, by := settled(t)
	accounts := &recorder{Table: w.Tables.Accounts}
	w.Account.Tables.Accounts = accounts
	session := joined(t, w, by, worldtest.SIREN, rights.Reader)
	reset := asked(t, w)
	f, err := w.Account.BeginFactor(t.Context(), session, guestPassword, mairie)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Account.ConfirmFactor(t.Context(), session, code(t, w, f.Secret, 0)); err != nil {
		t.Fatal(err)
	}
	secrets := append([]string{session, reset, w.Letter(account.LetterInvitation).Token, guestPassword}, f.Recovery...)
	for _, code := range f.Recovery {
		secrets = append(secrets, strings.ReplaceAll(code, "-", ""))
	}
	for _, secret := range secrets {
		if slices.ContainsFunc(accounts.written, func(s string) bool { return strings.Contains(s, secret) }) {
			t.Errorf("%q was written", secret)
		}
	}
}

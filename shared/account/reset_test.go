package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/worldtest"
)

const newPassword = "les platanes du canal"

// asked asks for a new password and gives the token of the letter.
func asked(t *testing.T, w *worldtest.World) string {
	t.Helper()
	if err := w.Account.AskReset(t.Context(), "Mairie", mairie); err != nil {
		t.Fatal(err)
	}
	return w.Letter(account.LetterReset).Token
}

func TestForgottenPasswordIsReset(t *testing.T) {
	w := installed(t)
	open := signIn(t, w)
	token := asked(t, w)
	l := w.Letter(account.LetterReset)
	if l.To != "mairie@saint-aubin.fr" || l.Login != "mairie" || l.Collectivity.Name != "Commune de Saint-Aubin" || !l.Until.Equal(w.Clock.Add(time.Hour)) {
		t.Errorf("the letter is %+v", l)
	}
	if shortest, err := w.Account.CheckReset(t.Context(), token); shortest != 15 || err != nil {
		t.Errorf("checked: %d, %v", shortest, err)
	}
	if err := w.Account.Reset(t.Context(), token, newPassword, mairie); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Account.Session(t.Context(), open); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("a session from before: %v", err)
	}
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", password, mairie); !errors.Is(err, account.ErrWrongCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", newPassword, mairie); err != nil {
		t.Errorf("the new one: %v", err)
	}
	if l := w.Letter(account.LetterPasswordChanged); l.To != "mairie@saint-aubin.fr" || l.Token != "" {
		t.Errorf("the user is told %+v", l)
	}
	page, _, err := w.Account.Journal(t.Context(), worldtest.SIREN, "", journal.PasswordReset)
	if err != nil || len(page) != 1 || page[0].Who != "mairie" {
		t.Errorf("the journal: %+v, %v", page, err)
	}
}

func TestLinkForAPasswordIsGoodOnceAndForAnHour(t *testing.T) {
	w := installed(t)
	token, older := "", asked(t, w)
	token = asked(t, w)
	for _, wrong := range []string{"", "x", token + "x"} {
		if err := w.Account.Reset(t.Context(), wrong, newPassword, mairie); !errors.Is(err, account.ErrLinkOver) {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
	if err := w.Account.Reset(t.Context(), token, "court", mairie); !errors.Is(err, account.ErrPasswordTooShort) {
		t.Errorf("too short: %v", err)
	}
	if err := w.Account.Reset(t.Context(), token, newPassword, mairie); err != nil {
		t.Fatal(err)
	}
	for _, used := range []string{token, older} {
		if err := w.Account.Reset(t.Context(), used, "les marronniers du parc", mairie); !errors.Is(err, account.ErrLinkOver) {
			t.Errorf("after it was used: %v", err)
		}
		if _, err := w.Account.CheckReset(t.Context(), used); !errors.Is(err, account.ErrLinkOver) {
			t.Errorf("checked after it was used: %v", err)
		}
	}
	w.Clock = w.Clock.Add(time.Hour)
	late := asked(t, w)
	w.Clock = w.Clock.Add(time.Hour - time.Millisecond)
	if _, err := w.Account.CheckReset(t.Context(), late); err != nil {
		t.Errorf("just in time: %v", err)
	}
	w.Clock = w.Clock.Add(time.Millisecond)
	if err := w.Account.Reset(t.Context(), late, newPassword, mairie); !errors.Is(err, account.ErrLinkOver) {
		t.Errorf("after an hour: %v", err)
	}
	if err := w.Account.Reset(t.Context(), invited(t, w, chiefWith(t, w, newPassword), worldtest.SIREN, rights.Reader), newPassword, mairie); !errors.Is(err, account.ErrLinkOver) {
		t.Errorf("an invitation: %v", err)
	}
}

func chiefWith(t *testing.T, w *worldtest.World, password string) account.Session {
	t.Helper()
	_, s, err := w.Account.SignIn(t.Context(), "mairie", password, mairie)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Asked about anybody, it answers alike: who has no account, no address, no access, and who has asked often.
func TestAskingForAPasswordTellsNothing(t *testing.T) {
	w, by := settled(t)
	joined(t, w, by, below, rights.Reader)
	if err := w.Account.SetClosed(t.Context(), by, below, false); err != nil {
		t.Fatal(err)
	}
	_, err := w.Account.Choose(t.Context(), signIn(t, w), below)
	if err != nil {
		t.Fatal(err)
	}
	inBelow := by
	inBelow.Collectivity = below
	if err := w.Account.SetRole(t.Context(), inBelow, "paul", rights.Reader, true); err != nil {
		t.Fatal(err)
	}
	before := len(w.Post.Letters)
	for _, login := range []string{"personne", "", "#", "NOBODY", strings.Repeat("m", 101), "paul"} {
		if err := w.Account.AskReset(t.Context(), login, account.From{}); err != nil {
			t.Errorf("%q: got %v", login, err)
		}
	}
	if n := len(w.Post.Letters) - before; n > 0 {
		t.Errorf("%d letters have left", n)
	}
	w.Post.Away = true
	told := 0
	w.Account.Unsent = func(err error) {
		if strings.Contains(err.Error(), "mairie") {
			t.Errorf("the operator reads whose mail it is: %v", err)
		}
		told++
	}
	if err := w.Account.AskReset(t.Context(), "mairie", account.From{}); err != nil || told != 1 {
		t.Errorf("a relay that is away: %v, told %d times", err, told)
	}
}

func TestAskingOftenSendsFewLetters(t *testing.T) {
	w := installed(t)
	for n := range 100 {
		if err := w.Account.AskReset(t.Context(), "mairie", account.From{Address: "192.0.2." + string(rune('0'+n%10))}); err != nil {
			t.Fatal(n, err)
		}
	}
	if n := len(w.Post.Letters); n != 3 {
		t.Errorf("%d letters have left, want 3", n)
	}
	w.Clock = w.Clock.Add(time.Hour)
	asked(t, w)
	var err error
	for range 20 {
		err = errors.Join(err, w.Account.AskReset(t.Context(), "autre", mairie))
	}
	if !errors.Is(err, account.ErrTooManyTries) {
		t.Errorf("twenty from one place: %v", err)
	}
}

func TestPasswordIsChanged(t *testing.T) {
	w := installed(t)
	here, elsewhere := signIn(t, w), signIn(t, w)
	for _, c := range []struct {
		name, present, password string
		want                    *errs.Error
	}{
		{"the present one is wrong", "pas le bon", newPassword, account.ErrPasswordWrong},
		{"too short", password, "les platanes d", account.ErrPasswordTooShort},
		{"easy to guess", password, "claire bon mairie", account.ErrPasswordGuessed},
	} {
		if _, _, err := w.Account.ChangePassword(t.Context(), here, c.present, c.password, mairie); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	next, s, err := w.Account.ChangePassword(t.Context(), here, password, newPassword, mairie)
	if err != nil || next == here || s.Collectivity != worldtest.SIREN {
		t.Fatalf("got %+v, %v", s, err)
	}
	for _, over := range []string{here, elsewhere} {
		if _, err := w.Account.Session(t.Context(), over); !errors.Is(err, errs.ErrSignedOut) {
			t.Errorf("a session from before: %v", err)
		}
	}
	if _, err := w.Account.Session(t.Context(), next); err != nil {
		t.Errorf("the new session: %v", err)
	}
	w.Letter(account.LetterPasswordChanged)
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", newPassword, mairie); err != nil {
		t.Error(err)
	}
	if _, _, err := w.Account.ChangePassword(t.Context(), here, newPassword, password, mairie); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("with a session that has ended: %v", err)
	}
}

// A session that somebody left open is no way to guess at the password behind it.
func TestGuessesAtThePresentPasswordWait(t *testing.T) {
	w := installed(t)
	token := signIn(t, w)
	for n := range 5 {
		if _, _, err := w.Account.ChangePassword(t.Context(), token, "pas le bon", newPassword, mairie); !errors.Is(err, account.ErrPasswordWrong) {
			t.Fatalf("guess %d: %v", n+1, err)
		}
	}
	if _, _, err := w.Account.ChangePassword(t.Context(), token, password, newPassword, mairie); !errors.Is(err, account.ErrTooManyTries) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Account.BeginFactor(t.Context(), token, password, mairie); !errors.Is(err, account.ErrTooManyTries) {
		t.Errorf("a second factor: got %v", err)
	}
}

func TestSignedOutEverywhere(t *testing.T) {
	w, by := settled(t)
	paul := joined(t, w, by, worldtest.SIREN, rights.Reader)
	all := []string{signIn(t, w), signIn(t, w), signIn(t, w)}
	if err := w.Account.SignOutEverywhere(t.Context(), all[1]); err != nil {
		t.Fatal(err)
	}
	for _, token := range all {
		if _, err := w.Account.Session(t.Context(), token); !errors.Is(err, errs.ErrSignedOut) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := w.Account.Session(t.Context(), paul); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	signIn(t, w)
}

func TestUnusualSignInIsToldByMail(t *testing.T) {
	home := account.From{Address: "198.51.100.9", Browser: "Safari, iPad"}
	for _, c := range []struct {
		name   string
		before []account.From
		from   account.From
		told   bool
	}{
		{"the first of all", nil, home, false},
		{"as always", []account.From{mairie}, mairie, false},
		{"another address of the same network", []account.From{mairie}, account.From{Address: "192.0.2.99", Browser: mairie.Browser}, false},
		{"another browser", []account.From{mairie}, account.From{Address: mairie.Address, Browser: "Edge, Windows"}, true},
		{"from elsewhere", []account.From{mairie}, account.From{Address: home.Address, Browser: mairie.Browser}, true},
		{"at home again", []account.From{mairie, home, mairie}, home, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := installed(t)
			for _, from := range append(c.before, c.from) {
				w.Post.Letters = nil
				if _, _, err := w.Account.SignIn(t.Context(), "mairie", password, from); err != nil {
					t.Fatal(err)
				}
			}
			if told := len(w.Post.Letters) == 1 && w.Post.Letters[0].Kind == account.LetterSignIn; told != c.told {
				t.Errorf("told: %v (%+v)", told, w.Post.Letters)
			}
		})
	}
}

// A mail that does not leave keeps nobody out.
func TestSignInWithoutItsMail(t *testing.T) {
	w := installed(t)
	signIn(t, w)
	w.Post.Away = true
	if _, _, err := w.Account.SignIn(t.Context(), "mairie", password, account.From{Browser: "Edge, Windows"}); err != nil {
		t.Error(err)
	}
}

func TestAddressOfAUserIsChanged(t *testing.T) {
	w := installed(t)
	here, elsewhere := signIn(t, w), signIn(t, w)
	link := asked(t, w)
	for _, c := range []struct {
		name, present, mail string
		want                *errs.Error
	}{
		{"a wrong password", "pas le bon", "claire@x.fr", account.ErrPasswordWrong},
		{"no address", password, "claire", account.ErrMailInvalid},
	} {
		if err := w.Account.ChangeMail(t.Context(), here, c.present, c.mail, mairie); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	for range 2 { // the second changes nothing
		if err := w.Account.ChangeMail(t.Context(), here, password, " Claire@x.fr ", mairie); err != nil {
			t.Fatal(err)
		}
	}
	if l := w.Letter(account.LetterMailChanged); l.To != "mairie@saint-aubin.fr" {
		t.Errorf("told %+v", l)
	}
	if _, err := w.Account.Session(t.Context(), here); err != nil {
		t.Errorf("this session: %v", err)
	}
	if _, err := w.Account.Session(t.Context(), elsewhere); !errors.Is(err, errs.ErrSignedOut) {
		t.Errorf("another session: %v", err)
	}
	if err := w.Account.Reset(t.Context(), link, newPassword, mairie); !errors.Is(err, account.ErrLinkOver) {
		t.Errorf("a link on its way to the old address: %v", err)
	}
	asked(t, w)
	if l := w.Letter(account.LetterReset); !strings.EqualFold(l.To, "claire@x.fr") {
		t.Errorf("the next one goes to %s", l.To)
	}
	page, _, err := w.Account.Journal(t.Context(), worldtest.SIREN, "", journal.MailChanged)
	if err != nil || len(page) != 1 {
		t.Errorf("the journal: %+v, %v", page, err)
	}
}

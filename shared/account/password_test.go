package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"convoc/shared/account"
	"convoc/shared/errs"
	"convoc/shared/phc"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// long is a password of n characters, two bytes each.
func long(n int) string {
	return string([]rune(strings.Repeat("éñøüàßčř", n))[:n])
}

func TestNewPassword(t *testing.T) {
	for _, c := range []struct {
		name, password string
		want           *errs.Error
	}{
		{"14 characters", long(14), account.ErrPasswordTooShort},
		{"15 characters", long(15), nil},
		{"256 characters", long(256), nil},
		{"257 characters", long(257), account.ErrPasswordTooLong},
		{"a sentence", "les tilleuls de la place", nil},
		{"with spaces around", "  tilleuls place  ", nil},
		{"emoji and symbols", "🌳🌲🏛️📜✉️🗳️🖋️🕯️🔔⚖️🧾📎🗂️", nil},
		{"a common word in a sentence", "la mairie dort sous la pluie", nil},
		{"one letter", strings.Repeat("a", 20), account.ErrPasswordGuessed},
		{"the digits", "123456789012345", account.ErrPasswordGuessed},
		{"the digits backwards", "098765432109876", account.ErrPasswordGuessed},
		{"the alphabet", "abcdefghijklmno", account.ErrPasswordGuessed},
		{"a French keyboard", "azertyuiopqsdfghjklm", account.ErrPasswordGuessed},
		{"an English keyboard", "QwertyuiopAsdfghjkl", account.ErrPasswordGuessed},
		{"« mot de passe » and digits", "Mot de passe 123456789", account.ErrPasswordGuessed},
		{"« motdepasse » twice", "motdepasseMotDePasse", account.ErrPasswordGuessed},
		{"password", "passwordpassword", account.ErrPasswordGuessed},
		{"a common word and a year", "secretariat20262026", account.ErrPasswordGuessed},
		{"the login", "accueilaccueil12", account.ErrPasswordGuessed},
		{"one's name", "Dupontel Geoffroy 2026", account.ErrPasswordGuessed},
		{"the collectivité", "Saint-Aubin-des-Bois", account.ErrPasswordGuessed},
		{"the mail address", "g.dupontel@saint-aubin.fr", account.ErrPasswordGuessed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			a := acceptance()
			a.Login, a.Name, a.CollectivityName = "accueil", "Geoffroy Dupontel", "Saint-Aubin-des-Bois"
			a.Mail, a.Password = "g.dupontel@saint-aubin.fr", c.password
			_, _, err := w.Account.Accept(t.Context(), invite(t, w), a)
			if c.want != nil {
				if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != "password" {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Account.SignIn(t.Context(), "accueil", c.password, mairie); err != nil {
				t.Error(err)
			}
			if got := try(t, w, "accueil", c.password[:len(c.password)-1], ""); got != wrong {
				t.Errorf("less its end: got %q", got)
			}
		})
	}
}

func TestPasswordIsCheckedAtTheCostOfItsHash(t *testing.T) {
	w := installed(t)
	before, after := w.Account.Cost, account.Cost{Memory: 16, Time: 2, Threads: 1}
	w.Account.Cost = after // raised since
	var costs []account.Cost
	w.Account.OnHash(func(c account.Cost) { costs = append(costs, c) })
	signIn(t, w)
	try(t, w, "personne", password, "")
	if want := []account.Cost{before, after}; fmt.Sprint(costs) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", costs, want)
	}
}

func TestDefaultCostIsTheRecommendedOne(t *testing.T) {
	if got, want := account.DefaultCost(), phc.DefaultCost(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBrokenHashIsAFaultOfOurs(t *testing.T) {
	for _, hash := range []string{"", "plain", "$2b$12$abc", "$argon2id$v=19$m=8,t=0,p=1$AAAA$AAAA"} {
		w := worldtest.New(t)
		if err := w.Tables.AccountsHandle().CreateUser(t.Context(), store.User{Login: "mairie", Hash: hash}); err != nil {
			t.Fatal(err)
		}
		_, _, err := w.Account.SignIn(t.Context(), "mairie", "", mairie)
		if _, refused := errs.As(err); !errors.Is(err, phc.ErrMalformed) || refused {
			t.Errorf("%q: got %v", hash, err)
		}
	}
}
